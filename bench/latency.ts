import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SourceText } from '../src/diagnostics/source-text.ts';
import { Engine } from '../src/engine.ts';
import type { Stream } from '../src/streams/stream.ts';
import type { Bench, BenchResult } from './harness.ts';
import { eventsTable, withStream } from './live-streams.ts';

/** What the issue of the embedded stream asks for, at the 99th percentile. */
const latencyMaxMs = 5;
const windowMs = 100;
const eventsPerSecond = 20_000;
const measuredMs = 20_000;
const warmUpMs = 3_000;
const batchEveryMs = 5;

/** From the put of the record that closes a window to the window's row, in the same process. */
export const latency: Bench = {
  name: 'latency',
  title: `a live stream of ${eventsPerSecond.toLocaleString('en')} records/s, put on the disk: from the put that closes a window to its result`,
  run: () => withStream(measureLatency),
};

async function measureLatency(folder: string, stream: Stream): Promise<readonly BenchResult[]> {
  const engine = new Engine();
  /** When the first record behind a window's end was put, by that end. */
  const closedAt = new Map<number, number>();
  const delays: number[] = [];
  let counted = 0;
  const startMs = performance.now();
  const sql = `${eventsTable(folder)} SELECT COUNT(*) AS n, MAX(ts) AS last FROM TUMBLE(TABLE events, DESCRIPTOR(t), INTERVAL '0.100' SECOND)
    GROUP BY window_start, window_end;`;
  const job = (async () => {
    for await (const event of engine.run(new SourceText('latency', sql))) {
      if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
      if (event.kind !== 'rows') continue;
      const nowMs = performance.now();
      for (const { values } of event.rows) {
        counted += Number(values[0]);
        const end = (Math.floor(Number(values[1]) / windowMs) + 1) * windowMs;
        const putMs = closedAt.get(end);
        if (putMs !== undefined && nowMs - startMs > warmUpMs) delays.push(nowMs - putMs);
        closedAt.delete(end);
      }
    }
  })();
  const perBatch = (eventsPerSecond * batchEveryMs) / 1000;
  let put = 0;
  let window = 0;
  while (performance.now() - startMs < warmUpMs + measuredMs) {
    const due = Math.floor(((performance.now() - startMs) * eventsPerSecond) / 1000);
    while (put < due) {
      const ts = Date.now();
      const begins = Math.floor(ts / windowMs) * windowMs;
      if (begins > window) closedAt.set(begins, performance.now());
      window = begins;
      const count = Math.min(perBatch, due - put);
      const entries = Array.from({ length: count }, (_, at) => ({
        data: Buffer.from(`{"k":${(put + at) % 100},"ts":${ts}}`),
        partitionKey: 'k',
      }));
      put += count;
      void stream.putRecords(entries);
    }
    await pause(batchEveryMs);
  }
  // One record more, so that what was put before it is in windows that have closed.
  await stream.putRecord({ data: Buffer.from(`{"k":0,"ts":${Date.now() + windowMs}}`), partitionKey: 'k' });
  for (let tries = 0; counted < put && tries < 1000; tries++) await pause(5);
  engine.cancel();
  await job;
  if (counted !== put) throw new Error(`latency: ${put} records were put, the windows have ${counted}`);
  const disk = await diskDelays(folder, delays.length);
  const p99 = quantile(delays, 0.99);
  console.log(
    `  ${delays.length} windows: half within ${quantile(delays, 0.5).toFixed(2)} ms, 99 % within ${p99.toFixed(2)} ms   (checked: ${counted} records)`,
  );
  console.log(
    `  of that the disk alone: half within ${quantile(disk, 0.5).toFixed(2)} ms, 99 % within ${quantile(disk, 0.99).toFixed(2)} ms`,
  );
  const result = { eventsPerSecond, peer: `${latencyMaxMs} ms at p99`, peerEventsPerSecond: eventsPerSecond };
  return [{ bench: 'latency', ...result, ratio: Number((latencyMaxMs / p99).toFixed(2)), checked: true }];
}

/** How long a commit's bytes take to the disk without anything of ours. */
async function diskDelays(folder: string, count: number): Promise<number[]> {
  const file = await open(join(folder, 'raw'), 'w');
  const bytes = Buffer.alloc(3000, 'x');
  const delays: number[] = [];
  for (let round = 0; round < count; round++) {
    const start = performance.now();
    await file.write(bytes);
    await file.datasync();
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
