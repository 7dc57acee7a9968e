import { createHash } from 'node:crypto';
import { pathText } from '../catalog/object-path.ts';
import type { Table } from '../catalog/table.ts';
import type { Sink } from '../connectors/connector.ts';
import { tableWarnings } from '../connectors/index.ts';
import { DiagnosticError, warning } from '../diagnostics/diagnostic.ts';
import type { Batch } from '../memory/batch.ts';
import type { Memory } from '../memory/memory.ts';
import type { PhysicalGraph } from '../physical/graph.ts';
import { planPhysically } from '../physical/plan.ts';
import type { LogicalSink } from '../plan/logical.ts';
import { printPlan } from '../plan/print.ts';
import type { Job, JobProgress, JobSummary } from '../runtime/job.ts';
import type { UnreadableCheckpoint } from '../state/checkpoint-folder.ts';
import { eventChannel } from './event-channel.ts';
import { makeJob } from './make-job.ts';
import { BatchSink, ResultSink } from './result-sink.ts';
import { rowOrder } from './row-order.ts';
import type { SessionContext } from './session-context.ts';
import type { SessionJob } from './session-jobs.ts';
import type { AnswerHeader, StatementEvent } from './statement-event.ts';

/** How a job's rows are taken and the job itself is reached while it runs. */
export interface JobHooks {
  /** Takes an answer's batches where they lie, instead of rows among the events. */
  readonly onBatch: ((batch: Batch, header: AnswerHeader) => void | Promise<void>) | null;
  /** Told the job before it reads its first row, and how SHOW JOBS tells it. */
  readonly onJob: ((job: Job, entry: SessionJob) => void) | null;
  /** Aborted: the job stops after the batch at hand. */
  readonly signal: AbortSignal;
}

/**
 * Runs a query, an INSERT or a statement set as one job, to the end of its input or until it is cancelled.
 * @throws DiagnosticError: before the first event for what is wrong with the plan; behind rows for a failing one
 */
export async function* runJob(
  sinks: readonly LogicalSink[],
  context: SessionContext,
  hooks: JobHooks,
  statement: () => string,
): AsyncGenerator<StatementEvent> {
  const graph = planPhysically(sinks, { replacedRows: true });
  const channel = eventChannel();
  const { timeZone } = context.session.settings;
  const answer = graph.sinks.find(({ table }) => table === null);
  const order = rowOrder(sinks);
  const header = answer === undefined ? null : { columns: answer.schema, changes: answer.changes, timeZone, order };
  const answerSink = (memory: Memory): Sink => {
    const { onBatch } = hooks;
    if (onBatch === null || header === null) return new ResultSink(memory, channel);
    return new BatchSink((batch) => onBatch(batch, header));
  };
  const identity = { name: context.session.settings.get('pipeline.name') ?? null, statement };
  const answering = {
    sink: answerSink,
    onProgress: (progress: JobProgress) => void channel.push({ kind: 'progress', progress }),
    jobName: () => jobName(sinks, context),
    onUnreadable: (checkpoints: readonly UnreadableCheckpoint[], isRestored: boolean): void => {
      const goesOn = isRestored ? 'the job goes on from the one before' : 'the job starts anew';
      const diagnostics = checkpoints.map(({ name, reason }) =>
        warning('F021', null, `the checkpoint "${name}" cannot be used: ${reason}`, { help: goesOn }),
      );
      void channel.push({ kind: 'warnings', diagnostics });
    },
  };
  const newJob = (): Job => makeJob(graph, context, answering, identity);
  let job = newJob();
  const warnings = tablesOf(graph).flatMap(tableWarnings);
  if (warnings.length > 0) yield { kind: 'warnings', diagnostics: warnings };
  if (header !== null) yield { kind: 'answer', header };
  const stop = (): void => job.cancel();
  const entry = context.jobs.begin({
    name: shownName(graph, context),
    startMs: context.clock.nowMs(),
    cancel: () => stop(),
  });
  hooks.onJob?.(job, entry);
  hooks.signal.addEventListener('abort', stop, { once: true });
  if (hooks.signal.aborted) stop();
  const ended = runToEnd().then(
    (summary) => {
      entry.end(summary.outcome === 'cancelled' ? 'CANCELED' : 'FINISHED');
      void channel.push({ kind: 'summary', summary });
      channel.end();
    },
    (error: unknown) => {
      entry.end('FAILED');
      channel.fail(error);
    },
  );
  async function runToEnd(): Promise<JobSummary> {
    for (;;) {
      const summary = await job.run();
      if (summary.outcome !== 'suspended') return summary;
      job = newJob();
      if (hooks.signal.aborted) stop();
    }
  }
  try {
    yield* channel;
  } catch (error) {
    throw error instanceof DiagnosticError ? new JobFailure(error) : error;
  } finally {
    // Also when the reader has stopped reading: nothing runs on behind its back.
    job.cancel();
    channel.discard();
    await ended;
    hooks.signal.removeEventListener('abort', stop);
  }
}

/** `pipeline.name`; else the same for the same plan, and another for another. */
function jobName(sinks: readonly LogicalSink[], { session }: SessionContext): string {
  const name = session.settings.get('pipeline.name');
  if (name !== undefined && name !== '') return name;
  const digest = createHash('sha256')
    .update(printPlan(sinks, { types: true }))
    .digest('hex');
  return `job-${digest.slice(0, 8)}`;
}

/** `pipeline.name`; else Flink's word for it. */
function shownName({ sinks }: PhysicalGraph, { session }: SessionContext): string {
  const name = session.settings.get('pipeline.name');
  if (name !== undefined && name !== '') return name;
  const tables = sinks.flatMap(({ table }) => (table === null ? [] : pathText(table.path)));
  return tables.length === 0 ? 'collect' : `insert-into_${tables.join(',')}`;
}

/** Each table that is read or written, once. */
function tablesOf({ sources, lookups, sinks }: PhysicalGraph): readonly Table[] {
  const read = [...sources, ...lookups].map(({ scan }) => scan.table);
  return [...new Set([...read, ...sinks.flatMap(({ table }) => table ?? [])])];
}

/** A job that was refused while it ran, not before. */
export class JobFailure extends DiagnosticError {
  constructor(cause: DiagnosticError) {
    super(cause.diagnostics, cause.cause);
    this.name = 'JobFailure';
  }
}
