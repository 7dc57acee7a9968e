import { describe, expect, test } from 'vitest';
import { recordData } from '../../src/streams/segment-format.ts';
import { parseSequenceNumber } from '../../src/streams/sequence-number.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { shardId } from '../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';
import { type Fault, type Operation, SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';

const runs = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 60 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 250;

/** What was put and what became of it. */
interface Ledger {
  /** By shard and place: the text that was acknowledged there. */
  readonly acknowledged: Map<string, string>;
  readonly put: Set<string>;
}

/** Shards with the records in their order, the text of each by its place. */
function readAll(stream: Stream): Map<number, Map<number, string>> {
  const shards = new Map<number, Map<number, string>>();
  for (const { index } of stream.metadata.shards) {
    const records = new Map<number, string>();
    const cursor = stream.cursor(shardId(index), { type: 'TRIM_HORIZON' });
    for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
      for (const { frame, from, to } of read.frames) {
        for (let at = from; at < to; at++) records.set(frame.firstIndex + at, recordData(frame, at).toString());
      }
    }
    cursor.close();
    shards.set(index, records);
  }
  return shards;
}

function check(stream: Stream, { acknowledged, put }: Ledger): void {
  const shards = readAll(stream);
  const seen = new Set<string>();
  for (const [shard, records] of shards) {
    // Places follow on one another.
    expect([...records.keys()]).toEqual(Array.from(records, (_, at) => at + 1));
    for (const [place, text] of records) {
      if (!put.has(text)) throw new Error(`"${text}" was never put`);
      if (seen.has(text)) throw new Error(`"${text}" is there twice`);
      seen.add(text);
      const told = acknowledged.get(`${shard}:${place}`);
      if (told !== undefined && told !== text) throw new Error(`"${told}" became "${text}"`);
    }
  }
  for (const [at, text] of acknowledged) {
    const [shard, place] = at.split(':').map(Number);
    if (shards.get(shard ?? -1)?.get(place ?? -1) !== text)
      throw new Error(`the acknowledged "${text}" at ${at} is lost`);
  }
  // Open shards share out all hash keys.
  const open = stream.metadata.shards.filter(({ closed }) => closed === null);
  const ranges = open.map(({ startingHashKey, endingHashKey }) => [startingHashKey, endingHashKey] as const);
  ranges.sort(([a], [b]) => (a < b ? -1 : 1));
  let next = 0n;
  for (const [from, to] of ranges) {
    expect(from).toBe(next);
    next = to + 1n;
  }
  expect(next).toBe(1n << 128n);
}

/** Some puts, splits and merges at the same time; what fails is nobody's loss. */
async function work(stream: Stream, random: Random, ledger: Ledger, time: { nowMs: number }): Promise<void> {
  const jobs: Promise<unknown>[] = [];
  for (let step = 0; step < 12; step++) {
    time.nowMs += random.int(1000);
    const choice = random.int(20);
    const open = stream.metadata.shards.filter(({ closed }) => closed === null);
    if (choice === 0) {
      const { index, startingHashKey, endingHashKey } = random.pick(open);
      const middle = (startingHashKey + endingHashKey) / 2n;
      jobs.push(stream.splitShard(shardId(index), middle).catch(() => {}));
    } else if (choice === 1 && open.length > 1) {
      const sorted = open.toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1));
      const at = random.int(sorted.length - 1);
      const [low, high] = [sorted[at], sorted[at + 1]];
      if (low && high) jobs.push(stream.mergeShards(shardId(low.index), shardId(high.index)).catch(() => {}));
    } else {
      jobs.push(putSome(stream, random, ledger));
    }
    if (random.chance(0.3)) await Promise.all(jobs.splice(0));
  }
  await Promise.all(jobs);
}

async function putSome(stream: Stream, random: Random, { acknowledged, put }: Ledger): Promise<void> {
  const entries = Array.from({ length: 1 + random.int(8) }, () => {
    // Sometimes longer than a sector, sometimes than a segment.
    const text = `${put.size} ${'x'.repeat(random.chance(0.1) ? random.int(900) : random.int(60))}`;
    put.add(text);
    return { data: Buffer.from(text), partitionKey: `key ${random.int(50)}` };
  });
  const result = await stream.putRecords(entries).catch(() => null);
  for (const [at, record] of result?.records.entries() ?? []) {
    if ('errorCode' in record) continue;
    const { index, recordIndex } = parseSequenceNumber(record.sequenceNumber);
    acknowledged.set(`${index}:${recordIndex}`, entries[at]?.data.toString() ?? '');
  }
}

/** Puts, splits and merges over several lives of the machine, each ended by what `end` chooses. */
async function live(seed: number, faults: (random: Random) => (operation: Operation) => Fault): Promise<void> {
  const random = new Random(seed);
  const time = { nowMs: 1_700_000_000_000 };
  const ledger: Ledger = { acknowledged: new Map(), put: new Set() };
  const alive = new Set<number>();
  let disk = new SimulatedDisk(random);
  const start = (pid: number) =>
    new StreamStore('/s', { segmentBytesMax: 600 }, new SimulatedMachine({ files: disk, random, time, pid, alive }));
  const created = start(1);
  await created.createStream('hits', 2);
  await created.close();
  for (let life = 2; life < 7; life++) {
    disk = disk.afterKill(faults(random));
    alive.clear();
    alive.add(life);
    try {
      await work(start(life).stream('hits'), random, ledger, time);
    } catch (error) {
      if (!disk.hasCrashed) throw error;
    }
    disk = random.chance(0.7) || disk.hasCrashed ? disk.afterCrash() : disk.afterKill();
    alive.clear();
    const found = start(100 + life);
    alive.add(100 + life);
    const stream = found.stream('hits');
    // Also without the writer's repairs a reader sees no more and no less.
    check(stream, ledger);
    await stream.startWriting();
    check(stream, ledger);
    await found.close();
  }
}

describe('what was acknowledged is there once and in order, and nothing else is half there', () => {
  test.each(Array.from({ length: runs }, (_, seed) => seed))(
    'when the power is cut at any operation: seed %i',
    async (seed) => {
      await live(seed, (random) => {
        let left = random.int(150);
        return () => (left-- === 0 ? 'crash' : 'none');
      });
    },
  );

  test.each(Array.from({ length: runs }, (_, seed) => seed))(
    'when the disk is full, or fails: seed %i',
    async (seed) => {
      await live(seed + 1_000_000, (random) => {
        let left = random.int(200);
        const rate = random.pick([0.01, 0.05, 0.3]);
        return ({ kind }) => {
          if (left-- === 0) return 'crash';
          if (!random.chance(rate)) return 'none';
          return kind === 'sync' || kind === 'sync folder' ? 'error' : random.pick(['no space', 'error'] as const);
        };
      });
    },
  );
});
