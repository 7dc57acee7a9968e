import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { KeptKind, Table } from '../../catalog/table.ts';
import { localPath } from '../filesystem/file-list.ts';

/** What makes another table of a name: where its rows come from, and in which format. */
const tellingOptions = ['connector', 'path', 'stream.arn', 'aws.endpoint', 'table', 'batches', 'format'];

/** The name under which a table's rows are kept: the same for each session that declares it over the same data. */
export function keptName({ path, options }: Table, kind: KeptKind): string {
  const told = tellingOptions.map((name) => {
    const value = options.get(name)?.value ?? '';
    return name === 'path' && value !== '' ? resolve(localPath(value)) : value;
  });
  const digest = createHash('sha256')
    .update(JSON.stringify([path.catalog, path.database, path.name, ...told]))
    .digest('hex');
  return `${path.name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, 60)}-${kind}-${digest.slice(0, 12)}`;
}
