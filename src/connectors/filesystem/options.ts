import type { OptionSpec } from '../../catalog/options.ts';
import { sinkParallelism, watermarkOptions } from '../common-options.ts';

/** The options of `filesystem`, by Flink's names. */
export const filesystemOptions: readonly OptionSpec[] = [
  {
    name: 'path',
    type: 'string',
    required: true,
    doc: 'A file, or a folder whose files are read in the order of their names.',
  },
  {
    name: 'source.monitor-interval',
    type: 'duration',
    doc: 'The folder is looked at again this often, and new files are read; without it the table ends with the files there are.',
  },
  {
    name: 'source.path.regex-pattern',
    type: 'string',
    doc: 'Only files whose whole path matches this regular expression are read.',
  },
  {
    name: 'lookup.cache',
    type: 'enum',
    values: ['NONE', 'FULL'],
    default: 'NONE',
    doc: 'FULL: the table can be joined as of a processing time; it is read whole before the first row, and kept. Flink has none.',
  },
  {
    name: 'source.report-statistics',
    type: 'enum',
    values: ['NONE', 'ALL'],
    default: 'ALL',
    doc: 'Accepted, without effect.',
  },
  {
    name: 'partition.default-name',
    type: 'string',
    default: '__DEFAULT_PARTITION__',
    doc: "The folder's name for a partition column that is NULL or empty.",
  },
  { name: 'partition.time-extractor.kind', type: 'string', default: 'default', doc: 'Accepted, without effect.' },
  { name: 'partition.time-extractor.class', type: 'string', doc: 'Accepted, without effect.' },
  { name: 'partition.time-extractor.timestamp-pattern', type: 'string', doc: 'Accepted, without effect.' },
  { name: 'partition.time-extractor.timestamp-formatter', type: 'string', doc: 'Accepted, without effect.' },
  {
    name: 'sink.rolling-policy.file-size',
    type: 'memory',
    default: '128 mb',
    doc: 'A part file that has grown so far is closed, and the next one begun.',
  },
  {
    name: 'sink.rolling-policy.rollover-interval',
    type: 'duration',
    default: '30 min',
    doc: 'A part file is closed so long after it was begun.',
  },
  {
    name: 'sink.rolling-policy.inactivity-interval',
    type: 'duration',
    default: '30 min',
    doc: 'A part file is closed when nothing has come for so long.',
  },
  {
    name: 'sink.rolling-policy.check-interval',
    type: 'duration',
    default: '1 min',
    doc: 'How often the times of part files are looked at.',
  },
  {
    name: 'sink.partition-commit.trigger',
    type: 'enum',
    values: ['process-time', 'partition-time'],
    default: 'process-time',
    doc: 'Accepted: partitions are committed when the job ends.',
  },
  { name: 'sink.partition-commit.delay', type: 'duration', default: '0 s', doc: 'Accepted, without effect.' },
  {
    name: 'sink.partition-commit.watermark-time-zone',
    type: 'string',
    default: 'UTC',
    doc: 'Accepted, without effect.',
  },
  {
    name: 'sink.partition-commit.policy.kind',
    type: 'string',
    doc: "'success-file': an empty file is put into each partition that was written, when the job ends.",
  },
  { name: 'sink.partition-commit.policy.class', type: 'string', doc: 'Accepted, without effect.' },
  { name: 'sink.partition-commit.policy.class.parameters', type: 'string', doc: 'Accepted, without effect.' },
  {
    name: 'sink.partition-commit.success-file.name',
    type: 'string',
    default: '_SUCCESS',
    doc: 'The name of the file that the success-file policy makes.',
  },
  { name: 'sink.shuffle-by-partition.enable', type: 'boolean', default: 'false', doc: 'Accepted, without effect.' },
  { name: 'auto-compaction', type: 'boolean', default: 'false', doc: 'Accepted: files are not split by checkpoints.' },
  { name: 'compaction.file-size', type: 'memory', doc: 'Accepted, without effect.' },
  sinkParallelism,
  ...watermarkOptions,
];
