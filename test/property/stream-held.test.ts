import { describe, expect, test } from 'vitest';
import { commitHeld, HeldProducer, type HeldToken } from '../../src/streams/held-producer.ts';
import { recordData, recordKey } from '../../src/streams/segment-format.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { StreamError } from '../../src/streams/stream-error.ts';
import { shardId } from '../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';
import { type Fault, type Operation, SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';

/** Of each kind. */
const runs = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 150 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 20;

/** The job fails by itself. */
class JobFailure extends Error {}

/** A job that counts: what it has put by its last checkpoint, which is kept apart from the disk, as a whole. */
class CountingJob {
  readonly name: string;
  checkpoint: { readonly next: number; readonly token: HeldToken } | null = null;
  #next = 0;
  #stream: Stream | null = null;
  #producer: HeldProducer | null = null;

  constructor(name: string) {
    this.name = name;
  }

  /** Goes on from the last checkpoint, in a process of its own. */
  async resume(stream: Stream): Promise<void> {
    this.#stream = stream;
    this.#producer = new HeldProducer(stream, this.name);
    this.#next = this.checkpoint?.next ?? 0;
    await this.#producer.resume(this.checkpoint?.token ?? null);
    if (this.checkpoint !== null) await commitHeld(stream, this.checkpoint.token);
  }

  async run(random: Random): Promise<void> {
    const producer = this.#producer!;
    for (let batches = random.int(3); batches > 0; batches--) {
      const records = Array.from({ length: 1 + random.int(6) }, () => {
        const text = `${this.name} ${this.#next} ${'x'.repeat(random.chance(0.05) ? random.int(700) : 5)}`;
        return { data: Buffer.from(text), partitionKey: `key ${this.#next++ % 7}` };
      });
      await producer.put(records);
    }
    const next = this.#next;
    const token = await producer.prepare();
    // The checkpoint came to nothing, which is tolerated.
    if (random.chance(0.1)) {
      producer.withdraw(token);
      return;
    }
    if (random.chance(0.05)) throw new JobFailure('before the checkpoint');
    this.checkpoint = { next, token };
    if (random.chance(0.05)) throw new JobFailure('between the checkpoint and its commit');
    for (let times = random.pick([1, 1, 2]); times > 0; times--) await commitHeld(this.#stream!, token);
  }

  /** A checkpoint of nothing. */
  async rest(): Promise<void> {
    await this.#producer?.prepare();
  }

  async abort(): Promise<void> {
    await this.#producer?.abort();
  }

  /** Its records are there once, those of a key in their order, and none that no checkpoint has. */
  check(records: ReadonlyMap<string, readonly string[]>, isComplete: boolean): void {
    const seen = new Set<number>();
    const last = new Map<string, number>();
    for (const [key, texts] of records) {
      for (const text of texts) {
        if (!text.startsWith(`${this.name} `)) continue;
        const number = Number(text.split(' ')[1]);
        if (seen.has(number)) throw new Error(`"${text}" is there twice`);
        if (number >= (this.checkpoint?.next ?? 0)) throw new Error(`"${text}" is seen before its checkpoint`);
        if (number < (last.get(key) ?? -1)) throw new Error(`"${text}" is behind a later one`);
        seen.add(number);
        last.set(key, number);
      }
    }
    if (isComplete) expect(seen.size).toBe(this.checkpoint?.next ?? 0);
  }
}

/** What can be read by key: of each key from parents to children. */
function readAll(stream: Stream): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  for (const { index } of stream.metadata.shards) {
    const cursor = stream.cursor(shardId(index), { type: 'TRIM_HORIZON' });
    for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
      for (const { frame, from, to } of read.frames) {
        for (let at = from; at < to; at++) {
          const key = recordKey(frame, at);
          const known = texts.get(key) ?? [];
          texts.set(key, known);
          known.push(recordData(frame, at).toString());
        }
      }
    }
    cursor.close();
  }
  return texts;
}

/** Others that put, split and merge at the same time. */
class Others {
  readonly acknowledged = new Set<string>();
  #count = 0;

  async work(stream: Stream, random: Random): Promise<void> {
    const open = stream.metadata.shards.filter(({ closed }) => closed === null);
    const choice = random.int(8);
    if (choice === 0 && open.length < 6) {
      const { index, startingHashKey, endingHashKey } = random.pick(open);
      await stream.splitShard(shardId(index), (startingHashKey + endingHashKey) / 2n);
    } else if (choice === 1 && open.length > 1) {
      const sorted = open.toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1));
      await stream.mergeShards(shardId(sorted[0]!.index), shardId(sorted[1]!.index));
    } else {
      const text = `other ${this.#count++}`;
      await stream.putRecord({ data: Buffer.from(text), partitionKey: `key ${random.int(7)}` });
      this.acknowledged.add(text);
    }
  }

  check(records: ReadonlyMap<string, readonly string[]>): void {
    const texts = [...records.values()].flat().filter((text) => text.startsWith('other'));
    expect(texts.length).toBe(new Set(texts).size);
    const found = new Set(texts);
    expect([...this.acknowledged].filter((text) => !found.has(text))).toEqual([]);
  }
}

/** Two jobs and others over several lives of the machine; each life ends as `faults` or chance will have it. */
async function live(seed: number, faults: (random: Random) => (operation: Operation) => Fault): Promise<void> {
  const random = new Random(seed);
  const time = { nowMs: 1_700_000_000_000 };
  const jobs = [new CountingJob('a'), new CountingJob('b')];
  const others = new Others();
  let disk = new SimulatedDisk(random);
  const start = (pid: number) =>
    new StreamStore(
      '/s',
      { segmentBytesMax: 1500 },
      new SimulatedMachine({ files: disk, random, time, pid, alive: new Set([pid]) }),
    );
  const first = start(1);
  await first.createStream('out', 1 + random.int(3));
  await first.close();
  const lives = 2 + random.int(3);
  for (let life = 2; life < 2 + lives; life++) {
    disk = disk.afterKill(faults(random));
    // Where the disk fails and the machine does not, the process begins again by itself.
    for (let attempt = 0; attempt < 3 && !disk.hasCrashed; attempt++) {
      const store = start(life);
      try {
        const stream = store.stream('out');
        await stream.startWriting();
        const running = jobs.filter(() => random.chance(0.8));
        for (const job of running) await job.resume(stream);
        for (let step = 2 + random.int(4); step > 0; step--) {
          time.nowMs += random.int(1000);
          const work = [...running.map((job) => job.run(random)), others.work(stream, random)];
          const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
          if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
        }
        break;
      } catch (error) {
        const isDisk = error instanceof StreamError || 'code' in (error as Error) || disk.hasCrashed;
        if (!(error instanceof JobFailure) && !isDisk) throw error;
        for (const job of jobs) await job.abort().catch(() => {});
        if (random.chance(0.5)) await store.close().catch(() => {});
      }
    }
    disk = disk.hasCrashed || random.chance(0.5) ? disk.afterCrash() : disk.afterKill();
    const seen = readAll(start(100).stream('out'));
    for (const job of jobs) job.check(seen, false);
    others.check(seen);
  }
  disk = disk.afterKill();
  const last = start(99);
  const stream = last.stream('out');
  await stream.startWriting();
  for (const job of jobs) {
    await job.resume(stream);
    await job.rest();
  }
  const seen = readAll(stream);
  for (const job of jobs) job.check(seen, true);
  others.check(seen);
  // Nothing is left of what came to nothing.
  expect(disk.paths().filter((path) => path.includes('/held/'))).toEqual([]);
  await last.close();
}

describe('what a job puts is seen once, with the checkpoint that has it', () => {
  test(`when the power is cut at any operation: seeds 0 to ${runs - 1}`, { timeout: 3_600_000 }, async () => {
    for (let seed = 0; seed < runs; seed++) {
      await live(seed, (random) => {
        let left = random.int(120);
        return () => (left-- === 0 ? 'crash' : 'none');
      }).catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      });
    }
  });

  test(`when the disk is full, or fails: seeds 0 to ${runs - 1}`, { timeout: 3_600_000 }, async () => {
    for (let seed = 0; seed < runs; seed++) {
      await live(seed + 1_000_000, (random) => {
        let left = random.int(150);
        const rate = random.pick([0.01, 0.05, 0.2]);
        return ({ kind }) => {
          if (left-- === 0) return 'crash';
          if (!random.chance(rate)) return 'none';
          return kind === 'sync' || kind === 'sync folder' ? 'error' : random.pick(['no space', 'error'] as const);
        };
      }).catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      });
    }
  });
});
