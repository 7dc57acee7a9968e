import { closeSync, linkSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summary } from '../src/diagnostics/diagnostic.ts';
import { SourceText } from '../src/diagnostics/source-text.ts';
import { Engine } from '../src/engine.ts';
import type { CheckpointReport } from '../src/runtime/checkpoints.ts';
import type { Job } from '../src/runtime/job.ts';
import { type Bench, type BenchResult, median } from './harness.ts';

/** Of a file. */
const events = 10_000_000;
const rounds = 3;

/** By keys, how often the file is read, so that a run takes some seconds: a checkpoint is made each second. */
const readings: readonly (readonly [keys: number, times: number])[] = [
  [1e3, 10],
  [1e5, 5],
  [1e6, 4],
  [1e7, 3],
];

/** How a job ran. */
interface Run {
  readonly ms: number;
  /** Changes that were sent: the same wherever batches are. */
  readonly rowsOut: number;
  readonly reports: readonly CheckpointReport[];
}

/** What checkpoints each second cost, by the number of keys; and how soon a job is back. */
export const checkpoint: Bench = {
  name: 'checkpoint',
  title:
    'GROUP BY over 30 to 100 M events with a checkpoint each second against none; its pause, its size, and the way back',
  async run() {
    const results: BenchResult[] = [];
    for (const [keys, times] of readings) results.push(await ofKeys(keys, times));
    return results;
  },
};

async function ofKeys(keys: number, times: number): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  try {
    mkdirSync(join(folder, 'events'));
    const path = join(folder, 'events', '0.json');
    writeEvents(path, keys);
    for (let copy = 1; copy < times; copy++) linkSync(path, join(folder, 'events', `${copy}.json`));
    const [with_, without]: [Run[], Run[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      without.push(await run(folder, 0));
      with_.push(await run(folder, 1000));
    }
    const sent = new Set([...with_, ...without].map(({ rowsOut }) => rowsOut));
    if (sent.size !== 1) throw new Error(`the runs sent ${[...sent].join(', ')} changes`);
    const ratio = median(without.map(({ ms }) => ms)) / median(with_.map(({ ms }) => ms));
    const reports = with_.flatMap((each) => each.reports);
    const pauses = reports.map(({ pauseMs }) => pauseMs);
    const back = await wayBack(folder, events * times);
    console.log(
      `  ${keys.toLocaleString('en')} keys: ${ratio.toFixed(2)} of the rate without; ${reports.length} checkpoints, ` +
        `pause at most ${Math.max(0, ...pauses).toFixed(1)} ms, ${(Math.max(0, ...reports.map(({ bytes }) => bytes)) / 1e6).toFixed(1)} MB at most; ` +
        `back in ${back.toFixed(0)} ms   (checked: ${[...sent][0]} changes)`,
    );
    const rate = (events * times) / (median(with_.map(({ ms }) => ms)) / 1000);
    return {
      bench: `checkpoint-${keys}`,
      eventsPerSecond: Math.round(rate),
      peer: 'without checkpoints',
      peerEventsPerSecond: Math.round(rate / ratio),
      ratio: Number(ratio.toFixed(2)),
      checked: true,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the job to its end, or until it has read so many rows. */
async function run(folder: string, intervalMs: number, untilRows = Number.POSITIVE_INFINITY): Promise<Run> {
  const engine = new Engine({ streamsFolder: join(folder, 'streams') });
  const reports = new Map<number, CheckpointReport>();
  let current: Job | null = null;
  const watch = setInterval(() => {
    const report = current?.lastCheckpoint ?? null;
    if (report !== null) reports.set(report.epoch, report);
    if ((current?.progress().events ?? 0) >= untilRows) engine.cancel();
  }, 5);
  const start = performance.now();
  try {
    const onJob = (job: Job): void => {
      current = job;
    };
    for await (const event of engine.run(new SourceText('bench', scriptOf(folder, intervalMs)), { onJob })) {
      if (event.kind === 'refused') throw new Error(event.diagnostics.map(summary).join('\n'));
    }
    const rowsOut = jobOf(current).metrics()[0]?.rowsOut ?? 0;
    return { ms: performance.now() - start, rowsOut, reports: [...reports.values()] };
  } finally {
    clearInterval(watch);
    engine.close();
  }
}

/** Typed anew: a callback has set it. */
function jobOf(job: Job | null): Job {
  if (job === null) throw new Error('no job has run');
  return job;
}

/** Stops a job near its end, and gives how long the next run takes to its first row, in ms. */
async function wayBack(folder: string, count: number): Promise<number> {
  await run(folder, 3_600_000, count * 0.9);
  const engine = new Engine({ streamsFolder: join(folder, 'streams') });
  const start = performance.now();
  let [before, ms, last] = [0, 0, 0];
  try {
    const onJob = (job: Job): void => {
      const look = (): void => {
        last = job.progress().events;
        if (before === 0) before = last;
        if (ms === 0 && before > 0 && last > before) ms = performance.now() - start;
        if (last < count) setImmediate(look);
      };
      look();
    };
    for await (const event of engine.run(new SourceText('bench', scriptOf(folder, 3_600_000)), { onJob })) {
      if (event.kind === 'refused') throw new Error(event.diagnostics.map(summary).join('\n'));
    }
    if (before < count / 2) throw new Error(`the job began anew, at ${before} rows`);
    return ms;
  } finally {
    engine.close();
  }
}

function scriptOf(folder: string, intervalMs: number): string {
  return `
    SET 'execution.checkpointing.interval' = '${intervalMs} ms';
    CREATE TABLE events (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/events', 'format' = 'json');
    CREATE TABLE nowhere (k INT, n BIGINT, s BIGINT, m BIGINT) WITH ('connector' = 'blackhole');
    INSERT INTO nowhere SELECT k, COUNT(*), SUM(v), MAX(v) FROM events GROUP BY k;`;
}

/** As many keys as there are events come in another order: the multiplier has no factor in common with their number. */
const keyOf = (index: number, keys: number): number =>
  keys === events ? (index * 48271) % keys : ((index * 48271) % 2147483647) % keys;

function writeEvents(path: string, keys: number): void {
  const file = openSync(path, 'w');
  for (let from = 0; from < events; from += 100_000) {
    const lines = Array.from({ length: 100_000 }, (_, at) => {
      const index = from + at;
      return `{"k":${keyOf(index, keys)},"v":${(index * 69621) % 2147483647}}\n`;
    });
    writeSync(file, lines.join(''));
  }
  closeSync(file);
}
