import type { OptionValues } from '../../catalog/options.ts';
import { placedAt } from '../../diagnostics/diagnostic.ts';
import type { Connector } from '../connector.ts';
import { KinesisSink } from './kinesis-sink.ts';
import { KinesisSource } from './kinesis-source.ts';
import { kinesisOptions } from './options.ts';
import { recordMetadata } from './record-metadata.ts';

/** `kinesis`: the records of an embedded stream, a row each. Each shard of the stream is one of the table. */
export const kinesisConnector: Connector = {
  name: 'kinesis',
  options: kinesisOptions,
  format: 'required',
  metadata: recordMetadata,
  source: (request) => withPlace(request, () => new KinesisSource(request)),
  sink: (request) => withPlace(request, () => new KinesisSink(request)),
};

/** What a format refuses without a place, such as a column's type, is shown at the option that chose the format. */
function withPlace<T>({ options }: { readonly options: OptionValues }, make: () => T): T {
  return placedAt(options.span('format'), make);
}
