import { join } from 'node:path';
import { summary } from '../src/diagnostics/diagnostic.ts';
import { SourceText } from '../src/diagnostics/source-text.ts';
import { Engine } from '../src/engine.ts';
import type { CheckpointReport } from '../src/runtime/checkpoints.ts';
import type { Job } from '../src/runtime/job.ts';

/** What a process of `checkpoint.ts` is to do with the events in `folder`; its answer is JSON. */
export type Order =
  /** Runs the job to its end. */
  | { readonly kind: 'run'; readonly folder: string; readonly intervalMs: number }
  /** Runs it until it has read nine tenths of `count` events, and stops it there. */
  | { readonly kind: 'stop'; readonly folder: string; readonly count: number }
  /** Goes on from there. */
  | { readonly kind: 'back'; readonly folder: string; readonly count: number };

export type AnswerTo<Kind extends Order['kind']> = Kind extends 'back' ? WayBack : Run;

/** How a job ran. */
export interface Run {
  readonly ms: number;
  /** Changes that were sent: the same wherever batches are. */
  readonly rowsOut: number;
  readonly reports: readonly CheckpointReport[];
}

export interface WayBack {
  /** From the script to the first rows that are read. */
  readonly ms: number;
}

/** No checkpoint but the last one. */
const neverMs = 3_600_000;

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

async function wayBack(folder: string, count: number): Promise<WayBack> {
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
    for await (const event of engine.run(new SourceText('bench', scriptOf(folder, neverMs)), { onJob })) {
      if (event.kind === 'refused') throw new Error(event.diagnostics.map(summary).join('\n'));
    }
    if (before < count / 2) throw new Error(`the job began anew, at ${before} rows`);
    return { ms };
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

function answer(order: Order): Promise<Run | WayBack> {
  switch (order.kind) {
    case 'run':
      return run(order.folder, order.intervalMs);
    case 'stop':
      return run(order.folder, neverMs, order.count * 0.9);
    case 'back':
      return wayBack(order.folder, order.count);
  }
}

console.log(JSON.stringify(await answer(JSON.parse(process.argv[2] ?? '') as Order)));
