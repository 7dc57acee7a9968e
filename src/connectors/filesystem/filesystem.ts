import { resolve } from 'node:path';
import type { OptionValues } from '../../catalog/options.ts';
import { fail, placedAt } from '../../diagnostics/diagnostic.ts';
import type { Connector } from '../connector.ts';
import { fileMetadata } from './constant-columns.ts';
import { localPath } from './file-list.ts';
import { discardParts, FilesystemSink } from './filesystem-sink.ts';
import { FilesystemSource } from './filesystem-source.ts';
import { filesystemOptions } from './options.ts';

/** `filesystem`: files in a folder. Each is a shard of the table; as a sink, files that appear when they are complete. */
export const filesystemConnector: Connector = {
  name: 'filesystem',
  options: filesystemOptions,
  format: 'required',
  metadata: fileMetadata,
  source: (request) => withPlace(request, () => new FilesystemSource(request)),
  restart: { kind: 'goes-on', how: 'each file is read on behind the last record that the checkpoint has' },
  lookup(options) {
    if (options.string('lookup.cache')?.toUpperCase() !== 'FULL') return null;
    if (options.names.includes('source.monitor-interval')) {
      fail('O003', options.span('lookup.cache'), 'a table that is read whole must have an end', {
        help: "leave out 'source.monitor-interval'",
      });
    }
    return { keys: null, cache: null };
  },
  sink: (request) => withPlace(request, () => new FilesystemSink(request)),
  discard: (request) => discardParts(resolve(localPath(request.options.string('path') ?? '')), request),
  guarantee: () => ({ kind: 'exactly-once', how: 'a file is seen with the checkpoint that has its last row' }),
};

/** What a format refuses without a place, such as a column's type, is shown at the option that chose the format. */
function withPlace<T>({ options }: { readonly options: OptionValues }, make: () => T): T {
  return placedAt(options.span('format'), make);
}
