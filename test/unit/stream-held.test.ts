import { beforeEach, describe, expect, test } from 'vitest';
import { commitHeld, HeldProducer, type HeldToken } from '../../src/streams/held-producer.ts';
import { recordData } from '../../src/streams/segment-format.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { shardId } from '../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';
import { type Fault, type Operation, SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';

const dayMs = 86_400_000;

let random = new Random(1);
let time = { nowMs: 0 };
let disk = new SimulatedDisk(random);
let pid = 0;
beforeEach(() => {
  random = new Random(1);
  time = { nowMs: 1_700_000_000_000 };
  disk = new SimulatedDisk(random);
  pid = 0;
});

/** The next process; the one before was killed. */
function nextProcess(fault: (operation: Operation) => Fault = () => 'none'): StreamStore {
  disk = disk.afterKill(fault);
  pid++;
  return new StreamStore('/s', {}, new SimulatedMachine({ files: disk, random, time, pid, alive: new Set([pid]) }));
}

async function newStream(shards = 1): Promise<Stream> {
  return nextProcess().createStream('out', shards);
}

const record = (text: string) => ({ data: Buffer.from(text), partitionKey: text.slice(0, 9) });

/** Holds records as one epoch, of which a checkpoint knows. */
async function hold(stream: Stream, ...texts: string[]): Promise<HeldToken> {
  await stream.startWriting();
  const producer = new HeldProducer(stream, 'job');
  for (const text of texts) await producer.put([record(text)]);
  return producer.prepare();
}

async function resume(stream: Stream, token: HeldToken): Promise<void> {
  const producer = new HeldProducer(stream, 'job');
  await producer.resume(token);
  await commitHeld(stream, token);
  await producer.prepare();
}

/** What is seen, shard by shard. */
function seen(stream: Stream): string[] {
  return stream.metadata.shards.flatMap(({ index }) => {
    const texts: string[] = [];
    const cursor = stream.cursor(shardId(index), { type: 'TRIM_HORIZON' });
    for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
      for (const { frame, from, to } of read.frames)
        for (let at = from; at < to; at++) texts.push(recordData(frame, at).toString());
    }
    return texts;
  });
}

const heldFiles = (): string[] => disk.paths().filter((path) => path.includes('/held/'));

/** The power is not cut, but the process ends, at the n-th write of a segment. */
function atAppend(count: number): (operation: Operation) => Fault {
  let left = count;
  return ({ kind, path }) => (kind === 'write' && path.includes('/shardId-') && left-- === 0 ? 'crash' : 'none');
}

describe('held records', () => {
  test('are not seen before they are committed, and are gone from their place then', async () => {
    const stream = await newStream();
    const token = await hold(stream, 'a', 'b');
    await stream.putRecord(record('other'));
    expect(seen(stream)).toEqual(['other']);
    await resume(stream, token);
    await resume(stream, token);
    expect(seen(stream)).toEqual(['other', 'a', 'b']);
    expect(heldFiles()).toEqual([]);
  });

  test('that are many are put in several turns, each once, also where the process ends between two', async () => {
    const texts = Array.from({ length: 60 }, (_, n) => `${n} ${'x'.repeat(100_000)}`);
    const numbers = texts.map((_, n) => `${n}`);
    const shown = (stream: Stream): string[] => seen(stream).map((text) => text.slice(0, text.indexOf(' ')));
    const token = await hold(await newStream(), ...texts);
    // The first write is the segment's header.
    const dying = nextProcess(atAppend(2)).stream('out');
    await expect(resume(dying, token)).rejects.toThrow('crash at write');
    const some = shown(nextProcess().stream('out'));
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThan(texts.length);
    expect(some).toEqual(numbers.slice(0, some.length));
    const stream = nextProcess().stream('out');
    await resume(stream, token);
    expect(shown(stream)).toEqual(numbers);
  });

  test('whose commit was begun are put by who writes the stream next, and before what that one puts', async () => {
    const token = await hold(await newStream(), 'a', 'b');
    const dying = nextProcess(atAppend(0)).stream('out');
    await expect(resume(dying, token)).rejects.toThrow();
    const other = nextProcess().stream('out');
    await other.putRecord(record('other'));
    expect(seen(other)).toEqual(['a', 'b', 'other']);
    expect(heldFiles()).toEqual([]);
  });

  test('whose commit was not begun wait for their job, for months, and go to the shards that are open then', async () => {
    const token = await hold(await newStream(), ...Array.from({ length: 20 }, (_, n) => `${n}`));
    time.nowMs += 60 * dayMs;
    const other = nextProcess().stream('out');
    await other.putRecord(record('other'));
    await other.splitShard('0', 1n << 127n);
    expect(seen(other)).toEqual(['other']);
    const stream = nextProcess().stream('out');
    await resume(stream, token);
    const [closed, ...open] = stream.metadata.shards.map((shard) => stream.presentEnd(shard) - 1);
    expect(closed).toBe(1);
    expect(open.every((count) => count > 0)).toBe(true);
    expect(seen(stream).length).toBe(21);
  });

  test('of a job that never came again are taken away after a year', async () => {
    await hold(await newStream(), 'a');
    time.nowMs += 364 * dayMs;
    await nextProcess().stream('out').startWriting();
    expect(heldFiles().length).toBe(1);
    time.nowMs += 2 * dayMs;
    await nextProcess().stream('out').startWriting();
    expect(heldFiles()).toEqual([]);
  });

  test('beyond the checkpoint are dropped, those of others are not', async () => {
    const stream = await newStream();
    const first = await hold(stream, 'a');
    const producer = new HeldProducer(stream, 'job');
    await producer.resume(first);
    await producer.put([record('beyond')]);
    await producer.prepare();
    const other = new HeldProducer(stream, 'job2');
    await other.put([record('of another')]);
    const others = await other.prepare();
    await resume(stream, first);
    await commitHeld(stream, others);
    expect(seen(stream)).toEqual(['a', 'of another']);
    expect(heldFiles()).toEqual([]);
  });

  test('of an epoch whose checkpoint came to nothing are seen with the next, in their order', async () => {
    const stream = await newStream();
    const token = await hold(stream, 'a');
    const producer = new HeldProducer(stream, 'job');
    await producer.resume(token);
    await producer.put([record('b')]);
    producer.withdraw(await producer.prepare());
    producer.withdraw(await producer.prepare());
    await producer.put([record('c')]);
    const next = await producer.prepare();
    expect(seen(stream)).toEqual([]);
    await commitHeld(stream, token);
    await resume(nextProcess().stream('out'), next);
    expect(seen(nextProcess().stream('out'))).toEqual(['a', 'b', 'c']);
    expect(heldFiles()).toEqual([]);
  });

  test('that are damaged are refused, and nothing of them is seen', async () => {
    const token = await hold(await newStream(), 'a', 'b');
    disk.damage(heldFiles()[0]!, 100);
    const stream = nextProcess().stream('out');
    await expect(resume(stream, token)).rejects.toThrow('the checksum does not fit');
    // The stream is as before for everybody else.
    await stream.putRecord(record('other'));
    expect(seen(stream)).toEqual(['other']);
  });

  test('are refused when a record of them could not be put', async () => {
    const stream = await newStream();
    const producer = new HeldProducer(stream, 'job');
    expect(() => producer.put([{ data: Buffer.alloc(2 << 20), partitionKey: 'k' }])).toThrow('1 MiB is the most');
  });

  test('have other puts wait while they are put, and splits', async () => {
    const stream = await newStream();
    const token = await hold(stream, 'a', 'b');
    await Promise.all([
      commitHeld(stream, token),
      stream.putRecord(record('other')),
      stream.splitShard('0', 1n << 127n),
      commitHeld(stream, token),
    ]);
    expect(seen(stream).toSorted()).toEqual(['a', 'b', 'other']);
  });
});
