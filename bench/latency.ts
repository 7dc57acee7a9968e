import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SourceText } from '../src/diagnostics/source-text.ts';
import { Engine } from '../src/engine.ts';
import type { Durability } from '../src/streams/shard-log.ts';
import type { Stream } from '../src/streams/stream.ts';
import type { Bench, BenchResult } from './harness.ts';
import { eventsTable, withStream } from './live-streams.ts';

/** What the issue of the embedded stream asks for, at the 99th percentile. */
const latencyMaxMs = 5;
const windowMs = 100;
/** Rates that are tried, each twice the one before. */
const rateMin = 20_000;
const rateMax = 640_000;
const triedMs = 3_000;
/** What keeps up with a rate has half of its windows within this time. */
const keepsUpMs = 50;
const measuredMs = 20_000;
const warmUpMs = 2_000;
const batchEveryMs = 5;
const batchRecordsMax = 500;
/** What a record takes on the disk. */
const recordBytes = 40;

/** From the put of the record that closes a window to the window's row, in the same process. */
export const latency: Bench = {
  name: 'latency',
  title:
    'a live stream, put at half the rate that one process sustains on the disk: from the put that closes a window to its result',
  async run() {
    const eventsPerSecond = (await sustainedRate()) / 2;
    return [await measureLatency(eventsPerSecond, 'disk'), await measureLatency(eventsPerSecond, 'system')];
  },
};

/** Windows of the stream as they close. */
class Windows {
  readonly #engine = new Engine();
  readonly #ended: Promise<void>;
  /** Records in the windows that have closed. */
  counted = 0;

  constructor(folder: string, onWindow: (endMs: number) => void = () => {}) {
    this.#ended = this.#run(folder, onWindow);
  }

  /** Waits for all records but the last, whose window stays open. */
  async close(put: number): Promise<void> {
    for (let tries = 0; this.counted < put && tries < 4000; tries++) await pause(5);
    this.#engine.cancel();
    await this.#ended;
    if (this.counted !== put) throw new Error(`latency: ${put} records were put, the windows have ${this.counted}`);
  }

  async #run(folder: string, onWindow: (endMs: number) => void): Promise<void> {
    const sql = `${eventsTable(folder)} SELECT COUNT(*) AS n, MAX(ts) AS last FROM TUMBLE(TABLE events, DESCRIPTOR(t), INTERVAL '0.100' SECOND)
      GROUP BY window_start, window_end;`;
    for await (const event of this.#engine.run(new SourceText('latency', sql))) {
      if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
      if (event.kind !== 'rows') continue;
      for (const { values } of event.rows) {
        this.counted += Number(values[0]);
        onWindow((Math.floor(Number(values[1]) / windowMs) + 1) * windowMs);
      }
    }
  }
}

function recordsAt(ts: number, first: number, count: number): { data: Uint8Array; partitionKey: string }[] {
  return Array.from({ length: count }, (_, at) => ({
    data: Buffer.from(`{"k":${(first + at) % 100},"ts":${ts}}`),
    partitionKey: 'k',
  }));
}

/** The highest rate of those tried that the process keeps up with, putting and counting. */
async function sustainedRate(): Promise<number> {
  let sustained = rateMin;
  for (let rate = rateMin; rate <= rateMax; rate *= 2) {
    const { delays } = await withStream((folder, stream) => load({ folder, stream, rate, ms: triedMs }, 'disk'));
    const half = quantile(delays, 0.5);
    console.log(`  at ${rate.toLocaleString('en')} records/s: half within ${half.toFixed(2)} ms`);
    if (half > keepsUpMs) break;
    sustained = rate;
  }
  return sustained;
}

interface Load {
  readonly put: number;
  /** From the put that closes a window to its result. */
  readonly delays: readonly number[];
  /** From that put's acknowledgement on: what is not the disk's. */
  readonly behindDisk: readonly number[];
}

interface LoadRequest {
  readonly folder: string;
  readonly stream: Stream;
  /** Records per second. */
  readonly rate: number;
  readonly ms: number;
}

/** Puts records at a rate, as they become due, for so long; checks that the windows have all of them. */
async function load({ folder, stream, rate, ms }: LoadRequest, durability: Durability): Promise<Load> {
  /** When the first record behind a window's end was put, and acknowledged, by that end. */
  const closing = new Map<number, { readonly putMs: number; ackMs: number }>();
  const delays: number[] = [];
  const behindDisk: number[] = [];
  const startMs = performance.now();
  const windows = new Windows(folder, (endMs) => {
    const nowMs = performance.now();
    const closed = closing.get(endMs);
    closing.delete(endMs);
    if (closed === undefined || nowMs - startMs < warmUpMs) return;
    delays.push(nowMs - closed.putMs);
    behindDisk.push(Math.max(0, nowMs - closed.ackMs));
  });
  let put = 0;
  let window = 0;
  while (performance.now() - startMs < warmUpMs + ms) {
    const due = Math.floor(((performance.now() - startMs) * rate) / 1000);
    while (put < due) {
      const ts = Date.now();
      const begins = Math.floor(ts / windowMs) * windowMs;
      const count = Math.min(batchRecordsMax, due - put);
      const closed = { putMs: performance.now(), ackMs: Number.POSITIVE_INFINITY };
      const request = stream.putRecords(recordsAt(ts, put, count), durability);
      if (begins > window) {
        window = begins;
        closing.set(begins, closed);
        void request.then(() => {
          closed.ackMs = performance.now();
        });
      }
      put += count;
    }
    await pause(batchEveryMs);
  }
  // One record more, so that what was put before it is in windows that have closed.
  await stream.putRecords(recordsAt(Date.now() + windowMs, 0, 1));
  await windows.close(put);
  return { put, delays, behindDisk };
}

async function measureLatency(eventsPerSecond: number, durability: Durability): Promise<BenchResult> {
  const isSynced = durability === 'disk';
  const { put, delays, behindDisk, disk } = await withStream(async (folder, stream) => {
    const measured = await load({ folder, stream, rate: eventsPerSecond, ms: measuredMs }, durability);
    const bytes = Math.ceil((recordBytes * eventsPerSecond * batchEveryMs) / 1000);
    return { ...measured, disk: await diskDelays(folder, measured.delays.length, bytes, isSynced) };
  });
  const p99 = quantile(delays, 0.99);
  const holds = p99 <= latencyMaxMs ? 'within' : 'NOT WITHIN';
  const rate = `${eventsPerSecond.toLocaleString('en')} records/s ${isSynced ? 'on the disk' : 'without fsync'}`;
  console.log(
    `  at half of that, ${rate}: ${delays.length} windows, ${within(delays)}: ${holds} ${latencyMaxMs} ms   (checked: ${put} records)`,
  );
  console.log(`  from the acknowledgement on: ${within(behindDisk)}`);
  console.log(
    `  the same bytes to a file${isSynced ? ' and on the disk' : ''}, and nothing else: ${within(disk)}, at most ${quantile(disk, 1).toFixed(2)} ms`,
  );
  return {
    bench: isSynced ? 'latency' : 'latency-relaxed',
    eventsPerSecond,
    peer: `${latencyMaxMs} ms at p99`,
    peerEventsPerSecond: eventsPerSecond,
    ratio: Number((latencyMaxMs / p99).toFixed(2)),
    checked: true,
  };
}

function within(delays: readonly number[]): string {
  return `half within ${quantile(delays, 0.5).toFixed(2)} ms, 99 % within ${quantile(delays, 0.99).toFixed(2)} ms`;
}

/** How long a commit's bytes take to the disk without anything of ours. */
async function diskDelays(folder: string, count: number, byteCount: number, isSynced: boolean): Promise<number[]> {
  const file = await open(join(folder, 'raw'), 'w');
  const bytes = Buffer.alloc(byteCount, 'x');
  const delays: number[] = [];
  for (let round = 0; round < count; round++) {
    const start = performance.now();
    await file.write(bytes);
    if (isSynced) await file.datasync();
    delays.push(performance.now() - start);
    await pause(batchEveryMs);
  }
  await file.close();
  return delays;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
