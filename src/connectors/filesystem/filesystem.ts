import type { Connector } from '../connector.ts';
import { fileMetadata } from './constant-columns.ts';
import { FilesystemSource } from './filesystem-source.ts';
import { filesystemOptions } from './options.ts';

/** `filesystem`: files in a folder. Each is a shard of the table; as a sink, files that appear when they are complete. */
export const filesystemConnector: Connector = {
  name: 'filesystem',
  options: filesystemOptions,
  format: 'required',
  metadata: fileMetadata,
  source: (request) => new FilesystemSource(request),
};
