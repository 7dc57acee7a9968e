import type { OptionSpec } from './options.ts';

const flag = (name: string, value: boolean, doc: string): OptionSpec => ({
  name,
  type: 'boolean',
  default: String(value),
  doc,
});
const duration = (name: string, value: string | undefined, doc: string): OptionSpec => ({
  name,
  type: 'duration',
  ...(value === undefined ? {} : { default: value }),
  doc,
});
const choice = (name: string, values: readonly string[], doc: string): OptionSpec => ({
  name,
  type: 'enum',
  values,
  default: values[0]!,
  doc,
});

/** What Flink takes as well. */
const otherStrategyNames = ['off', 'disable', 'fixeddelay', 'exponentialdelay', 'failurerate'] as const;

/** When a job that has failed runs again (runtime/restart-strategy.ts). */
const restartSettings: readonly OptionSpec[] = [
  {
    name: 'restart-strategy.type',
    type: 'enum',
    values: ['none', 'fixed-delay', 'exponential-delay', 'failure-rate', ...otherStrategyNames],
    doc: 'Whether a job that has failed runs again; by default exponential-delay where it makes checkpoints, else none.',
  },
  {
    name: 'restart-strategy.fixed-delay.attempts',
    type: 'int',
    min: 0,
    default: '1',
    doc: 'How often a job runs again.',
  },
  duration('restart-strategy.fixed-delay.delay', '1 s', 'How long it waits before.'),
  {
    name: 'restart-strategy.failure-rate.max-failures-per-interval',
    type: 'int',
    min: 1,
    default: '1',
    doc: 'With more failures than so many in an interval a job has failed for good.',
  },
  duration('restart-strategy.failure-rate.failure-rate-interval', '1 min', 'The interval.'),
  duration('restart-strategy.failure-rate.delay', '1 s', 'How long it waits before it runs again.'),
  duration('restart-strategy.exponential-delay.initial-backoff', '1 s', 'How long it waits the first time.'),
  duration('restart-strategy.exponential-delay.max-backoff', '1 min', 'How long it waits at most.'),
  {
    name: 'restart-strategy.exponential-delay.backoff-multiplier',
    type: 'double',
    min: 1,
    default: '1.5',
    doc: 'By which each wait is longer than the one before.',
  },
  duration(
    'restart-strategy.exponential-delay.reset-backoff-threshold',
    '1 h',
    'After so long without a failure the waits begin anew.',
  ),
  {
    name: 'restart-strategy.exponential-delay.jitter-factor',
    type: 'double',
    min: 0,
    max: 1,
    default: '0.1',
    doc: 'The part of a wait by which it is longer or shorter at random.',
  },
  {
    name: 'restart-strategy.exponential-delay.attempts-before-reset-backoff',
    type: 'int',
    min: 1,
    doc: 'How often it runs again before the waits begin anew; by default without end.',
  },
];

/**
 * The settings whose values are checked when they are SET. Any other key is stored as it is, as in Flink, so that a
 * script with settings for a cluster runs here too.
 */
export const knownSettings: readonly OptionSpec[] = [
  {
    name: 'table.local-time-zone',
    type: 'string',
    default: 'UTC',
    doc: 'The zone in which TIMESTAMP_LTZ is read, shown and cut into windows.',
  },
  choice(
    'table.catalog-store.kind',
    ['generic_in_memory', 'file'],
    'file: catalogs that are created are there again in the next session.',
  ),
  {
    name: 'table.catalog-store.file.path',
    type: 'string',
    doc: 'The folder of the file catalog store; by default catalogs in the folder of what outlives the process.',
  },
  duration(
    'table.exec.source.idle-timeout',
    '0 ms',
    'A shard without rows for so long no longer holds the watermark back; 0: never.',
  ),
  duration('table.exec.state.ttl', '0 ms', 'State that was not touched for so long may be dropped; 0: kept for ever.'),
  {
    name: 'tidemark.batch-size',
    type: 'int',
    default: '8192',
    doc: 'Rows that a batch holds at most; 1 gives every intermediate update.',
  },
  choice('tidemark.optimizer', ['on', 'off'], 'Off: only the rewrites that execution needs.'),
  flag('table.exec.mini-batch.enabled', false, 'GROUP BY without a window sends its results for bundles of rows.'),
  duration('table.exec.mini-batch.allow-latency', '0 ms', 'How long a bundle may wait for its rows.'),
  {
    name: 'table.exec.mini-batch.size',
    type: 'long',
    default: '-1',
    doc: 'Rows of a bundle.',
  },
  flag('table.exec.emit.early-fire.enabled', false, 'Legacy group windows send results before their end.'),
  duration('table.exec.emit.early-fire.delay', undefined, 'How long changes wait; 0: each row is sent.'),
  flag('table.exec.emit.late-fire.enabled', false, 'Legacy group windows correct results after their end.'),
  duration('table.exec.emit.late-fire.delay', undefined, 'How long changes wait; 0: each row is sent.'),
  duration(
    'table.exec.emit.allow-lateness',
    undefined,
    'How long after its end a legacy group window takes late rows; by default the time to live of state.',
  ),
  choice('table.exec.sink.not-null-enforcer', ['ERROR', 'DROP'], 'What a NULL for a NOT NULL column of a sink does.'),
  choice(
    'table.exec.sink.type-length-enforcer',
    ['IGNORE', 'TRIM_PAD', 'ERROR'],
    'What a text longer than its column of a sink does.',
  ),
  choice(
    'table.exec.sink.upsert-materialize',
    ['AUTO', 'NONE', 'FORCE'],
    'Whether the rows of each primary key are kept before a sink that takes upserts, so that it gets the last of them.',
  ),
  flag(
    'table.exec.source.cdc-events-duplicate',
    false,
    'Change events of a source may repeat and are normalized by the key.',
  ),
  choice(
    'table.exec.legacy-cast-behaviour',
    ['DISABLED', 'ENABLED'],
    'ENABLED: a CAST that fails is NULL, VARCHAR(n) does not cut, and TRUE is written in small letters.',
  ),
  {
    name: 'table.exec.async-lookup.buffer-capacity',
    type: 'int',
    min: 1,
    default: '100',
    doc: 'Keys that a table is asked for at a time, where no LOOKUP hint says otherwise.',
  },
  duration('table.exec.async-lookup.timeout', '3 min', 'How long such an answer may take.'),
  flag('table.dynamic-table-options.enabled', true, 'Whether OPTIONS hints are allowed.'),
  flag(
    'table.dml-sync',
    false,
    'The prompt and a script wait for an INSERT that reads without end, too; else they go on.',
  ),
  choice('table.sql-dialect', ['default', 'hive'], 'Only the default dialect is implemented.'),
  flag('table.optimizer.distinct-agg.split.enabled', false, 'Accepted for Flink.'),
  flag('table.optimizer.reuse-sub-plan-enabled', true, 'Accepted; equal parts of a plan are always shared.'),
  flag('table.optimizer.reuse-source-enabled', true, 'Accepted; equal sources are always shared.'),
  choice(
    'table.optimizer.agg-phase-strategy',
    ['AUTO', 'ONE_PHASE', 'TWO_PHASE'],
    'ONE_PHASE: a bundle counts rows, else first rows and then its keys.',
  ),
  { name: 'table.exec.rank.topn-cache-size', type: 'long', default: '10000', doc: 'Accepted for Flink.' },
  { name: 'parallelism.default', type: 'int', default: '1', doc: 'Accepted; one process works on all shards.' },
  { name: 'pipeline.name', type: 'string', doc: 'How the job is called.' },
  duration('pipeline.auto-watermark-interval', '200 ms', 'Accepted; the watermark is taken after every row.'),
  choice('execution.runtime-mode', ['STREAMING', 'BATCH', 'AUTOMATIC'], 'Only STREAMING is implemented.'),
  duration('execution.checkpointing.interval', '0 ms', 'How often a checkpoint is made; 0: never.'),
  duration('execution.checkpointing.min-pause', '0 ms', 'Between the end of a checkpoint and the start of the next.'),
  {
    name: 'execution.checkpointing.dir',
    type: 'string',
    doc: 'The folder in which each job has one for its checkpoints; by default `jobs` beside the streams.',
  },
  { name: 'execution.checkpointing.num-retained', type: 'int', default: '1', doc: 'Checkpoints that are kept.' },
  {
    name: 'execution.checkpointing.tolerable-failed-checkpoints',
    type: 'int',
    min: 0,
    default: '0',
    doc: 'So many checkpoints in succession may fail to be written before the job does.',
  },
  ...restartSettings,
  {
    name: 'taskmanager.memory.managed.size',
    type: 'memory',
    doc: 'Memory of a job: state, batches and buffers; by default three quarters of what the machine has, 4 GiB at most.',
  },
  {
    name: 'execution.checkpointing.savepoint-dir',
    type: 'string',
    doc: 'The folder in which STOP JOB ... WITH SAVEPOINT makes one for each savepoint; by default `savepoints` beside the streams.',
  },
  {
    name: 'execution.state-recovery.path',
    type: 'string',
    doc: 'A savepoint, or a checkpoint that was kept: jobs begin from it.',
  },
  flag(
    'execution.state-recovery.ignore-unclaimed-state',
    false,
    'A job goes on without the state of operators that its query no longer has.',
  ),
  {
    name: 'sql-client.execution.result-mode',
    type: 'enum',
    values: ['TABLE', 'CHANGELOG', 'TABLEAU'],
    default: 'TABLE',
    doc: 'Of the prompt: TABLE draws a result that changes in place, the others show its changes as they come.',
  },
  {
    name: 'sql-client.execution.max-table-result.rows',
    type: 'int',
    default: '1000000',
    doc: 'Of the prompt: rows that such a table keeps; beyond them the first are forgotten.',
  },
  flag('sql-client.verbose', false, 'Accepted for Flink.'),
];
