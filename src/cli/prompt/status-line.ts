import type { JobProgress, JobSummary } from '../../runtime/job.ts';
import { cutToWidth } from '../display-width.ts';
import { count, rate, seconds, short, timeText, whole } from '../summary-line.ts';

/** A watermark that is further behind than this is that of old data: how far says nothing. */
const behindMaxMs = 3_600_000;

export interface LiveState {
  readonly progress: JobProgress;
  readonly eventsPerSecond: number;
  readonly nowMs: number;
  readonly isStopping: boolean;
}

/**
 * `live   1.2 M events   310 k/s   watermark 2024-03-01 12:04:31   0.8 s behind   late 17   ctrl-c to stop`
 *
 * Where the width does not suffice, the last that is told of the job is left out, and not how it is stopped.
 */
export function liveLine({ progress, eventsPerSecond, nowMs, isStopping }: LiveState, width: number): string {
  const { watermarkMs, lateRows, malformedRecords } = progress;
  const parts = [`${short(progress.events)} events`, `${short(eventsPerSecond)}/s`];
  if (watermarkMs !== null) {
    const behindMs = nowMs - watermarkMs;
    parts.push(`watermark ${timeText(watermarkMs)}`);
    if (behindMs >= 0 && behindMs < behindMaxMs) parts.push(`${seconds(behindMs)} s behind`);
  }
  if (lateRows > 0) parts.push(`late ${whole(lateRows)}`);
  if (malformedRecords > 0) parts.push(`malformed ${whole(malformedRecords)}`);
  for (;;) {
    const line = ['live', ...parts, isStopping ? 'stopping ...' : 'ctrl-c to stop'].join('   ');
    if (line.length <= width || parts.pop() === undefined) return cutToWidth(line, width);
  }
}

export interface StatementEnd {
  readonly isStopped: boolean;
  /** Of its answer, as it stands after all changes; null: it had none. */
  readonly rows: number | null;
  readonly elapsedMs: number;
  /** Null: it ran no job. */
  readonly summary: JobSummary | null;
}

/** `24 rows   0.21 s   10,000 events (48 k/s)   watermark 2015-05-20 21:04:59   late 0`; `ok   0.01 s` */
export function endLine({ isStopped, rows, elapsedMs, summary }: StatementEnd): string {
  const parts = [isStopped ? 'stopped' : rows === null ? 'ok' : null, rows === null ? null : count(rows, 'row')];
  parts.push(`${seconds(elapsedMs)} s`);
  if (summary !== null && summary.shards > 0) {
    parts.push(`${count(summary.events, 'event')} (${rate(summary.events, summary.elapsedMs)})`);
    if (summary.watermarkMs !== null)
      parts.push(`watermark ${timeText(summary.watermarkMs)}`, `late ${whole(summary.lateRows)}`);
    if (summary.nullTimeRows > 0) parts.push(`without a time ${whole(summary.nullTimeRows)}`);
    if (summary.malformedRecords > 0) parts.push(`malformed ${whole(summary.malformedRecords)}`);
  }
  return parts.filter((part) => part !== null).join('   ');
}
