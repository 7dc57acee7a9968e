import type { OptionSpec } from '../../catalog/options.ts';
import { defaultStreamsFolder } from '../../streams/default-folder.ts';
import { watermarkOptions } from '../common-options.ts';

const withoutEffect = (name: string, type: OptionSpec['type'], doc = 'Accepted, without effect.'): OptionSpec => ({
  name,
  type,
  doc,
});

const account = 'Accepted, without effect: embedded streams need no account.';

/** The options of `kinesis`, by Flink's names; `source.end.position` is ours. */
export const kinesisOptions: readonly OptionSpec[] = [
  {
    name: 'stream.arn',
    type: 'string',
    required: true,
    doc: 'The stream: arn:aws:kinesis:REGION:ACCOUNT:stream/NAME. Of an embedded stream only the name counts.',
  },
  withoutEffect('aws.region', 'string', account),
  {
    name: 'aws.endpoint',
    type: 'string',
    doc: `The folder of the embedded streams: by default that of the program, or ${defaultStreamsFolder}.`,
  },
  withoutEffect('aws.trust.all.certificates', 'boolean', account),
  ...[
    'provider',
    'basic.accesskeyid',
    'basic.secretkey',
    'profile.path',
    'profile.name',
    'role.arn',
    'role.sessionName',
    'role.externalId',
    'role.stsEndpoint',
    'role.provider',
    'webIdentityToken.file',
    'custom.class',
  ].map((name) => withoutEffect(`aws.credentials.${name}`, 'string', account)),
  {
    name: 'source.init.position',
    type: 'enum',
    values: ['LATEST', 'TRIM_HORIZON', 'AT_TIMESTAMP'],
    default: 'LATEST',
    doc: 'Where reading begins: with what comes from now on, with the oldest record there is, or at a time.',
  },
  {
    name: 'source.init.timestamp',
    type: 'string',
    doc: 'The time at which AT_TIMESTAMP begins: 2024-05-01T12:00:00.000+02:00, or seconds since 1970.',
  },
  {
    name: 'source.init.timestamp.format',
    type: 'string',
    default: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    doc: 'How that time is written; no other than the default is read, beside seconds since 1970.',
  },
  {
    name: 'source.end.position',
    type: 'enum',
    values: ['NEVER', 'LATEST'],
    default: 'NEVER',
    doc: "Tidemark's own: where reading ends. LATEST: with the last record that the stream has when the query starts.",
  },
  {
    name: 'tidemark.on-data-loss',
    type: 'enum',
    values: ['fail', 'skip'],
    default: 'fail',
    doc: 'What a job does that goes on from a checkpoint when records that it had not read are gone: it fails, or goes on with the oldest record that is left.',
  },
  withoutEffect('source.shard.discovery.interval', 'duration', 'Accepted: new shards are seen at once.'),
  withoutEffect('source.reader.type', 'string'),
  withoutEffect('source.shard.get-records.max-record-count', 'int'),
  withoutEffect('source.efo.consumer.name', 'string'),
  withoutEffect('source.efo.lifecycle', 'string'),
  withoutEffect('source.efo.subscription.timeout', 'duration'),
  withoutEffect('source.efo.deregister.timeout', 'duration'),
  withoutEffect('source.efo.describe.retry-strategy.attempts.max', 'int'),
  withoutEffect('source.efo.describe.retry-strategy.delay.min', 'duration'),
  withoutEffect('source.efo.describe.retry-strategy.delay.max', 'duration'),
  {
    name: 'sink.partitioner',
    type: 'string',
    doc: "The partition key of a table without PARTITIONED BY: 'random' (the default), or 'fixed', so that all rows go to one shard.",
  },
  {
    name: 'sink.partitioner-field-delimiter',
    type: 'string',
    default: '|',
    doc: 'What stands between the values of PARTITIONED BY columns in the partition key.',
  },
  {
    name: 'sink.batch.max-size',
    type: 'int',
    min: 1,
    default: '500',
    doc: 'Records that are put together; a stream takes 500 at most.',
  },
  {
    name: 'sink.requests.max-inflight',
    type: 'int',
    min: 1,
    default: '16',
    doc: 'Puts on their way to the disk, before the query waits for them.',
  },
  {
    name: 'sink.delivery-guarantee',
    type: 'enum',
    values: ['exactly-once', 'at-least-once', 'none'],
    default: 'exactly-once',
    doc: "By the name of Flink's Kafka sink. Of a job that makes checkpoints: exactly-once holds rows until the checkpoint is complete that has them; at-least-once puts them as they come, so that some come again behind a crash; none also leaves checkpoints to themselves, so that a power cut may lose some. Without checkpoints rows are put as they come, whatever it says.",
  },
  withoutEffect('sink.requests.max-buffered', 'int', 'Accepted: rows are put as they come, and not buffered.'),
  withoutEffect('sink.flush-buffer.size', 'long', 'Accepted: rows are put as they come, and not buffered.'),
  withoutEffect('sink.flush-buffer.timeout', 'long', 'Accepted: rows are put as they come, and not buffered.'),
  withoutEffect('sink.fail-on-error', 'boolean', 'Accepted: what an embedded stream refuses always fails the query.'),
  withoutEffect('sink.http-client.max-concurrency', 'int'),
  withoutEffect('sink.http-client.read-timeout', 'int'),
  withoutEffect('sink.http-client.protocol.version', 'string'),
  { name: 'sink.producer.#', type: 'string', pattern: true, doc: 'Accepted, without effect: options of the old sink.' },
  ...watermarkOptions,
];
