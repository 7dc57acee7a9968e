import type { JobProgress, JobSummary } from '../../runtime/job.ts';
import { count, rate, seconds, short, timeText, whole } from '../summary-line.ts';

/** A watermark that is further behind than this is that of old data: how far says nothing. */
const behindMaxMs = 3_600_000;

/** `live   1.2 M events   310 k/s   watermark 2024-03-01 12:04:31 (0.8 s behind)   late 17   ctrl-c to stop` */
export function liveLine(progress: JobProgress, eventsPerSecond: number, nowMs: number, isStopping: boolean): string {
  const parts = ['live', `${short(progress.events)} events`, `${short(eventsPerSecond)}/s`];
  const { watermarkMs } = progress;
  if (watermarkMs !== null) {
    const behindMs = nowMs - watermarkMs;
    const behind = behindMs >= 0 && behindMs < behindMaxMs ? ` (${seconds(behindMs)} s behind)` : '';
    parts.push(`watermark ${timeText(watermarkMs)}${behind}`);
  }
  if (progress.lateRows > 0) parts.push(`late ${whole(progress.lateRows)}`);
  if (progress.malformedRecords > 0) parts.push(`malformed ${whole(progress.malformedRecords)}`);
  parts.push(isStopping ? 'stopping ...' : 'ctrl-c to stop');
  return parts.join('   ');
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
