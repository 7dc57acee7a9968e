import { join } from 'node:path';
import type { OptionValues } from '../../catalog/options.ts';
import { placedAt } from '../../diagnostics/diagnostic.ts';
import { dropHeldOf } from '../../streams/held-folder.ts';
import { machine } from '../../streams/machine.ts';
import type { Connector, SinkGuarantee } from '../connector.ts';
import { KinesisSink } from './kinesis-sink.ts';
import { KinesisSource } from './kinesis-source.ts';
import { kinesisOptions } from './options.ts';
import { recordMetadata } from './record-metadata.ts';
import { streamPlace } from './stream-of-table.ts';

/** `kinesis`: the records of an embedded stream, a row each. Each shard of the stream is one of the table. */
export const kinesisConnector: Connector = {
  name: 'kinesis',
  options: kinesisOptions,
  format: 'required',
  metadata: recordMetadata,
  source: (request) => withPlace(request, () => new KinesisSource(request)),
  restart: { kind: 'goes-on', how: 'each shard is read on behind the last record that the checkpoint has' },
  sink: (request) => withPlace(request, () => new KinesisSink(request)),
  discard: async (request) => {
    const { name, folder } = streamPlace(request);
    await dropHeldOf((request.streamEnvironment ?? machine).files, join(folder, name), request.writer);
  },
  guarantee: (options) => guaranteeOf(options),
};

function guaranteeOf(options: OptionValues): SinkGuarantee {
  switch (options.string('sink.delivery-guarantee')) {
    case 'at-least-once':
      return { kind: 'at-least-once', how: 'records are seen at once, and those behind the last checkpoint again' };
    case 'none':
      return { kind: 'none', how: 'records are seen at once; behind a crash some may come again, and some be lost' };
    default:
      return { kind: 'exactly-once', how: 'records are held, and seen with the checkpoint that has them' };
  }
}

/** What a format refuses without a place, such as a column's type, is shown at the option that chose the format. */
function withPlace<T>({ options }: { readonly options: OptionValues }, make: () => T): T {
  return placedAt(options.span('format'), make);
}
