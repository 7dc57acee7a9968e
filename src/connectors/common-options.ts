import type { OptionSpec } from '../catalog/options.ts';

/** What any table takes, whatever its connector. */
export const commonOptions: readonly OptionSpec[] = [
  { name: 'connector', type: 'string', required: true, doc: 'What the table reads from or writes to.' },
  { name: 'property-version', type: 'int', default: '1', doc: 'Version of the options; there is one.' },
];

/** How a source's watermarks are sent: taken over from Flink's scripts. Here a watermark follows each row by definition. */
export const watermarkOptions: readonly OptionSpec[] = [
  {
    name: 'scan.watermark.emit.strategy',
    type: 'enum',
    values: ['on-periodic', 'on-event'],
    default: 'on-periodic',
    doc: 'Accepted, without effect: the watermark is always taken after every row.',
  },
  {
    name: 'scan.watermark.idle-timeout',
    type: 'duration',
    doc: 'A shard without rows for so long is left out of the watermark.',
  },
  {
    name: 'scan.watermark.alignment.group',
    type: 'string',
    doc: 'Accepted, without effect: the shard furthest behind is read first.',
  },
  { name: 'scan.watermark.alignment.max-drift', type: 'duration', doc: 'Accepted, without effect.' },
  {
    name: 'scan.watermark.alignment.update-interval',
    type: 'duration',
    default: '1 s',
    doc: 'Accepted, without effect.',
  },
];

export const sinkParallelism: OptionSpec = {
  name: 'sink.parallelism',
  type: 'int',
  min: 1,
  doc: 'Accepted, without effect: a sink is written by one thread.',
};

export const scanParallelism: OptionSpec = {
  name: 'scan.parallelism',
  type: 'int',
  min: 1,
  doc: 'Accepted, without effect: shards are read by one thread.',
};
