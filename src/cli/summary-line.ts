import type { JobProgress } from '../runtime/job.ts';
import type { KeptCount } from '../runtime/row-keeper.ts';

/** What several jobs have done together: counts add up, time is that of the latest. */
export interface Totals {
  readonly jobs: number;
  readonly events: number;
  readonly shards: number;
  readonly watermarkMs: number | null;
  readonly lateRows: number;
  readonly nullTimeRows: number;
  readonly malformedRecords: number;
  readonly restarts: number;
  readonly kept: readonly KeptCount[];
}

/** What a line of progress tells. */
export type ProgressFigures = Pick<
  JobProgress,
  'events' | 'elapsedMs' | 'watermarkMs' | 'lateRows' | 'bytesRead' | 'bytesTotal'
>;

export const noTotals: Totals = {
  jobs: 0,
  events: 0,
  shards: 0,
  watermarkMs: null,
  lateRows: 0,
  nullTimeRows: 0,
  malformedRecords: 0,
  restarts: 0,
  kept: [],
};

export function addTotals(totals: Totals, job: JobProgress): Totals {
  const watermarks = [totals.watermarkMs, job.watermarkMs].filter((watermarkMs) => watermarkMs !== null);
  return {
    jobs: totals.jobs + 1,
    events: totals.events + job.events,
    shards: Math.max(totals.shards, job.shards),
    watermarkMs: watermarks.length === 0 ? null : Math.max(...watermarks),
    lateRows: totals.lateRows + job.lateRows,
    nullTimeRows: totals.nullTimeRows + job.nullTimeRows,
    malformedRecords: totals.malformedRecords + job.malformedRecords,
    restarts: totals.restarts + job.restarts,
    kept: addKept(totals.kept, job.kept),
  };
}

/** Counts of several jobs, by table. */
function addKept(kept: readonly KeptCount[], more: readonly KeptCount[]): readonly KeptCount[] {
  const sums = new Map(kept.map((each) => [each.table, each]));
  for (const each of more) {
    const known = sums.get(each.table);
    sums.set(each.table, known === undefined ? each : { ...each, rows: known.rows + each.rows });
  }
  return [...sums.values()];
}

/**
 * `done in 0.21 s   50,000 events (238 k/s)   4 shards   watermark 2015-05-20 21:04:59   late 0   malformed 0`
 *
 * Events per second count the whole time, with the start of the process where `elapsedMs` does.
 */
export function summaryLine(word: 'done' | 'stopped' | 'failed', totals: Totals, elapsedMs: number): string {
  const parts = [`${word} in ${seconds(elapsedMs)} s`];
  if (totals.jobs > 0) {
    parts.push(
      `${count(totals.events, 'event')} (${rate(totals.events, elapsedMs)} incl. start)`,
      count(totals.shards, 'shard'),
    );
    if (totals.watermarkMs !== null) parts.push(`watermark ${timeText(totals.watermarkMs)}`);
    parts.push(`late ${whole(totals.lateRows)}`);
    if (totals.nullTimeRows > 0) parts.push(`without a time ${whole(totals.nullTimeRows)}`);
    parts.push(`malformed ${whole(totals.malformedRecords)}`);
    if (totals.restarts > 0) parts.push(`restarts ${whole(totals.restarts)}`);
  }
  return parts.join('   ');
}

/** How far jobs are that run at once. */
export function progressOfAll(jobs: readonly JobProgress[]): ProgressFigures {
  const sum = (of: (job: JobProgress) => number): number => jobs.reduce((total, job) => total + of(job), 0);
  const watermarks = jobs.flatMap(({ watermarkMs }) => watermarkMs ?? []);
  return {
    events: sum(({ events }) => events),
    elapsedMs: Math.max(...jobs.map(({ elapsedMs }) => elapsedMs)),
    watermarkMs: watermarks.length === 0 ? null : Math.min(...watermarks),
    lateRows: sum(({ lateRows }) => lateRows),
    bytesRead: sum(({ bytesRead }) => bytesRead),
    bytesTotal: jobs.some(({ bytesTotal }) => bytesTotal === null) ? null : sum(({ bytesTotal }) => bytesTotal ?? 0),
  };
}

/** `1.2 M events   310 k/s   watermark 12:04:31   late 17   45 %` */
export function progressLine(progress: ProgressFigures): string {
  const parts = [`${short(progress.events)} events`, rate(progress.events, progress.elapsedMs)];
  if (progress.watermarkMs !== null) parts.push(`watermark ${timeText(progress.watermarkMs)}`);
  parts.push(`late ${whole(progress.lateRows)}`);
  if (progress.bytesTotal !== null && progress.bytesTotal > 0) {
    parts.push(`${Math.floor((100 * progress.bytesRead) / progress.bytesTotal)} %`);
  }
  return parts.join('   ');
}

export function count(value: number, noun: string, nouns = `${noun}s`): string {
  return `${whole(value)} ${value === 1 ? noun : nouns}`;
}

export function whole(value: number): string {
  return value.toLocaleString('en');
}

export function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 9_950 ? 2 : 1);
}

export function rate(events: number, elapsedMs: number): string {
  return `${short((events * 1000) / Math.max(elapsedMs, 1))}/s`;
}

/** `310`, `48 k`, `1.2 M` */
export function short(value: number): string {
  if (value < 1000) return String(Math.round(value));
  const [size, unit] = value < 999_500 ? [1e3, 'k'] : value < 999_500_000 ? [1e6, 'M'] : [1e9, 'G'];
  const scaled = value / size;
  return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)} ${unit}`;
}

/** `2015-05-20 21:04:59`, in UTC; outside of the calendar the milliseconds. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString().slice(0, 19).replace('T', ' ');
}
