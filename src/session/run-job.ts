import { createHash } from 'node:crypto';
import { pathText } from '../catalog/object-path.ts';
import { Session } from '../catalog/session.ts';
import type { Table } from '../catalog/table.ts';
import type { Sink } from '../connectors/connector.ts';
import { sourceRestart, tableWarnings } from '../connectors/index.ts';
import { type Diagnostic, DiagnosticError, warning } from '../diagnostics/diagnostic.ts';
import type { Batch } from '../memory/batch.ts';
import type { Memory } from '../memory/memory.ts';
import type { PhysicalGraph } from '../physical/graph.ts';
import { planPhysically } from '../physical/plan.ts';
import type { LogicalSink } from '../plan/logical.ts';
import { printPlan } from '../plan/print.ts';
import type { Job, JobProgress } from '../runtime/job.ts';
import { newRun } from '../runtime/row-keeper.ts';
import type { UnreadableCheckpoint } from '../state/checkpoint-folder.ts';
import type { JobScript } from '../state/manifest.ts';
import { eventChannel } from './event-channel.ts';
import { jobRestarts } from './job-restarts.ts';
import { checkpointFolder, isTrackedJob, type JobState, settleFolder, stateFolder } from './job-state.ts';
import { makeJob } from './make-job.ts';
import type { PlanText } from './plan-text.ts';
import { BatchSink, ResultSink } from './result-sink.ts';
import { rowOrder } from './row-order.ts';
import { RunningJob } from './running-job.ts';
import type { SessionContext } from './session-context.ts';
import type { SessionJob } from './session-jobs.ts';
import type { AnswerHeader, JobBegin, StatementEvent } from './statement-event.ts';

/** How a job's rows are taken and the job itself is reached while it runs. */
export interface JobHooks {
  /** Takes an answer's batches where they lie, instead of rows among the events. */
  readonly onBatch: ((batch: Batch, header: AnswerHeader, memory: Memory) => void | Promise<void>) | null;
  /** Told the job before it reads its first row, also each time it runs again, and how SHOW JOBS tells it. */
  readonly onJob: ((job: Job, entry: SessionJob) => void) | null;
  /** Aborted: the job stops after the batch at hand. */
  readonly signal: AbortSignal;
}

/** The statement of a job: by its own words it is known where it has no name. */
export interface WrittenJob {
  readonly statement: () => string;
  /** As another session can run it. */
  readonly text: () => PlanText;
}

/**
 * Runs a query, an INSERT or a statement set as one job, to the end of its input or until it is cancelled.
 * @throws DiagnosticError: before the first event for what is wrong with the plan; behind rows for a failing one
 */
export async function* runJob(
  sinks: readonly LogicalSink[],
  context: SessionContext,
  hooks: JobHooks,
  written: WrittenJob,
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
    return new BatchSink((batch) => onBatch(batch, header, memory));
  };
  const isTracked = isTrackedJob(graph, context);
  // Only a job with checkpoints is ever made again.
  const started = isTracked ? asItIs(context) : context;
  const name = context.session.settings.get('pipeline.name') || null;
  const identity = { name, statement: written.statement };
  const answering = {
    sink: answerSink,
    onProgress: (progress: JobProgress) => void channel.push({ kind: 'progress', progress }),
    onWarning: (diagnostics: readonly Diagnostic[]) => void channel.push({ kind: 'warnings', diagnostics }),
    jobName: () => jobName(sinks, context),
    keptRun: newRun(context.clock.nowMs()),
    onRestored: (from: JobState['from']): void => {
      begun = { ...begun, from };
    },
    script: once(() => jobScript(name, written.text(), graph)),
    onUnreadable: (checkpoints: readonly UnreadableCheckpoint[]): void => {
      const diagnostics = checkpoints.map(({ name, reason }) =>
        warning('F021', null, `the checkpoint "${name}" cannot be used: ${reason}`, {
          help: 'the job goes on from the one before: rows that its sinks have shown since come again',
        }),
      );
      void channel.push({ kind: 'warnings', diagnostics });
    },
  };
  const putAside = isTracked ? await settleFolder(identity, started) : null;
  let begun: JobBegin = { name: shownName(graph, context), putAside, from: null };
  const running = new RunningJob({
    make: (restarts) => makeJob(graph, started, { ...answering, restarts }, identity),
    restarts: jobRestarts(graph, started),
    clock: context.clock,
    folder: isTracked ? checkpointFolder(identity, started) : null,
    onJob: (job) => hooks.onJob?.(job, entry),
    onRestart: (diagnostic) => answering.onWarning([diagnostic]),
  });
  const warnings = [...tablesOf(graph).flatMap(tableWarnings), ...restartWarnings(graph, context)];
  if (warnings.length > 0) yield { kind: 'warnings', diagnostics: warnings };
  if (begun.from !== null || begun.putAside !== null) yield { kind: 'begun', begun };
  if (header !== null) yield { kind: 'answer', header };
  const stop = (): void => running.stop();
  const entry = context.jobs.begin({
    name: shownName(graph, context),
    startMs: context.clock.nowMs(),
    stateFolder: isTracked ? stateFolder(identity, started) : null,
    cancel: (request) => running.stop(request),
  });
  hooks.signal.addEventListener('abort', stop, { once: true });
  if (hooks.signal.aborted) stop();
  const ended = running.run(entry).then(
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
  try {
    yield* channel;
  } catch (error) {
    throw error instanceof DiagnosticError ? new JobFailure(error) : error;
  } finally {
    // Also when the reader has stopped reading: nothing runs on behind its back.
    stop();
    channel.discard();
    await ended;
    hooks.signal.removeEventListener('abort', stop);
  }
}

/** As the session is now: what is SET while the job runs is of later statements. */
function asItIs(context: SessionContext): SessionContext {
  const session = new Session(Object.fromEntries(context.session.settings.entries()));
  session.currentCatalog = context.session.currentCatalog;
  session.currentDatabase = context.session.currentDatabase;
  return { ...context, session };
}

/** What runs the job again. */
function jobScript(name: string | null, { statement, objects, settings }: PlanText, graph: PhysicalGraph): JobScript {
  const tables: Record<string, JobScript['tables'][string]> = {};
  const add = (id: string, table: Table): void => {
    tables[id] = { path: pathText(table.path), connector: table.options.get('connector')?.value ?? 'kept rows' };
  };
  for (const { id, scan } of [...graph.sources, ...graph.lookups]) add(id, scan.table);
  for (const { id, table } of graph.sinks) if (table !== null) add(id, table);
  return { name, folder: '', statement, objects, settings, tables };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Of a job that makes checkpoints: the tables that it would read from the beginning behind them. */
function restartWarnings(graph: PhysicalGraph, context: SessionContext): Diagnostic[] {
  if (context.restartsAtCheckpoints || !isTrackedJob(graph, context)) return [];
  const tables = new Set(graph.sources.map(({ scan }) => scan.table));
  return [...tables].flatMap((table) => {
    const { kind, how } = sourceRestart(table);
    if (kind === 'goes-on') return [];
    const message = `"${table.path.name}" begins anew when this job is run again and goes on from its checkpoint`;
    const help = 'a file or an embedded stream is read on from where it was';
    return warning('F024', table.options.get('connector')?.valueSpan ?? table.span, message, { notes: [how], help });
  });
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
