import { basename } from 'node:path';
import type { LookupSource, Sink, Source } from '../connectors/connector.ts';
import { connectorLookup, connectorSink, connectorSource } from '../connectors/index.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { boundedRows } from '../memory/batch.ts';
import type { Memory } from '../memory/memory.ts';
import { OperatorState } from '../memory/operator-state.ts';
import { createOperator } from '../operators/create.ts';
import type { Operator } from '../operators/operator.ts';
import type { PhysicalGraph } from '../physical/graph.ts';
import { dropsLateRows } from '../physical/late-rows.ts';
import { Job, type JobProgress } from '../runtime/job.ts';
import { memoryFailure } from '../runtime/memory-failure.ts';
import { RowKeeper } from '../runtime/row-keeper.ts';
import { SteadyClock } from '../runtime/steady-clock.ts';
import type { UnreadableCheckpoint } from '../state/checkpoint-folder.ts';
import type { JobScript } from '../state/manifest.ts';
import { isTrackedJob, type JobIdentity, type JobState, jobState, memoryBudget, takingOver } from './job-state.ts';
import { type SessionContext, sessionZone } from './session-context.ts';
import { writerName } from './writer-name.ts';

/** Makes what a plan names: sources and sinks by their connectors, operators with their code. The job owns them. */
export function makeJob(
  graph: PhysicalGraph,
  context: SessionContext,
  answer: {
    readonly sink: (memory: Memory) => Sink;
    readonly onProgress: (progress: JobProgress) => void;
    readonly onWarning: (diagnostics: readonly Diagnostic[]) => void;
    readonly jobName: () => string;
    /** See `RowKeeperParts.run`. */
    readonly keptRun: string;
    /** What runs the job again. */
    readonly script: () => JobScript;
    /** Told of checkpoints that are damaged. */
    readonly onUnreadable: (checkpoints: readonly UnreadableCheckpoint[]) => void;
    /** Told what it goes on from. */
    readonly onRestored: (from: JobState['from']) => void;
    /** How often it has run again. */
    readonly restarts: number;
  },
  identity: JobIdentity,
): Job {
  const { session, recordBatches, programTables, streamsFolder, streamEnvironment, programSinks } = context;
  const { settings } = session;
  const batchRows = settings.int('tidemark.batch-size');
  const { timeZone, legacyCasts, dropsNulls } = settings;
  const isTracked = isTrackedJob(graph, context);
  const kept = isTracked ? jobState(graph, { ...identity, script: answer.script }, context) : null;
  if (kept !== null && kept.unreadable.length > 0) answer.onUnreadable(kept.unreadable);
  answer.onRestored(kept?.from ?? null);
  const clock = new SteadyClock(context.clock, kept?.checkpoints.restored?.atMs);
  let processingTimeMs = clock.nowMs();
  const memory = kept?.memory ?? context.memory;
  if (kept === null) memory.limit(memoryBudget(settings));
  const zone = sessionZone(memory, timeZone);
  const times = {
    timeZone,
    database: session.currentDatabase,
    legacyCasts,
    dropsNulls,
    zoneAddress: zone.address,
    processingTimeMs: () => processingTimeMs,
  };
  const keeper = new RowKeeper({
    graph,
    memory,
    timeZone,
    keptRows: context.keptRows,
    nowMs: () => clock.nowMs(),
    jobName: answer.jobName,
    run: answer.keptRun,
    saved: kept?.checkpoints.restored?.keeper ?? null,
    since:
      kept === null
        ? null
        : { state: basename(kept.checkpoints.folder.path), epoch: kept.checkpoints.restored?.epoch ?? 0 },
  });
  const operators = new Map<string, Operator>();
  try {
    for (const node of graph.operators) {
      const keepsLateRows =
        dropsLateRows(node.work) && node.inputs.some((_, input) => keeper.keeps('late', node.id, input));
      const keepsOrigins = graph.operators.some(({ inputs }) => inputs.includes(node.id)) && keeper.keepsAny(node);
      const keepsFailedRows = node.inputs.some((_, input) => keeper.keeps('errors', node.id, input));
      const state = kept?.checkpoints.operators.get(node.id)?.state ?? OperatorState.of(memory);
      const given = { memory, state, session: times, batchRows, zone: zone.clock };
      operators.set(
        node.id,
        takingOver(node, () => createOperator(node, { ...given, keepsOrigins, keepsLateRows, keepsFailedRows })),
      );
    }
    const streams = { streamsFolder, streamEnvironment };
    const given = { memory, timeZone, clock, recordBatches, programTables, ...streams, keptRows: context.keptRows };
    const sources = new Map<string, Source>();
    for (const { id, scan } of graph.sources) {
      const onMalformed = keeper.malformed(id);
      sources.set(id, connectorSource({ ...given, scan, rowsMax: boundedRows(scan.schema, batchRows), onMalformed }));
    }
    const lookups = new Map<string, LookupSource>();
    for (const { id, scan, method } of graph.lookups) {
      lookups.set(id, connectorLookup({ ...given, scan, rowsMax: boundedRows(scan.schema, batchRows) }, method));
    }
    const sinks = new Map<string, Sink>();
    for (const { id, table, schema } of graph.sinks) {
      const { standardOutput, standardError } = context;
      sinks.set(
        id,
        table === null
          ? answer.sink(memory)
          : connectorSink({
              memory,
              table,
              schema,
              timeZone,
              ...streams,
              clock,
              programSinks,
              commitsAtCheckpoints: isTracked,
              ...(kept === null ? {} : { writer: writerName(graph, id, kept.checkpoints.folder.path) }),
              standardOutput,
              standardError,
            }),
      );
    }
    return new Job({
      graph,
      memory,
      session: times,
      clock,
      sources,
      lookups,
      operators,
      sinks,
      idleTimeoutMs: settings.durationMs('table.exec.source.idle-timeout'),
      onTime: (nowMs) => {
        processingTimeMs = nowMs;
      },
      checkpoints: kept?.checkpoints ?? null,
      onProgress: answer.onProgress,
      onWarning: answer.onWarning,
      restarts: answer.restarts,
      keeper,
    });
  } catch (error) {
    for (const operator of operators.values()) operator.close();
    throw memoryFailure(error, { memory, graph, operators });
  }
}
