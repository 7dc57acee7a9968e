import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { pathText } from '../catalog/object-path.ts';
import type { PhysicalGraph } from '../physical/graph.ts';

/** Names a sink among all that write: the same whenever its job, whose folder this is, goes on. */
export function writerName({ sinks }: PhysicalGraph, id: string, folder: string): string {
  const paths = sinks.map(({ table }) => (table === null ? '' : pathText(table.path)));
  return writerOf(
    paths,
    sinks.findIndex((sink) => sink.id === id),
    folder,
  );
}

/** As `writerName`, by the tables of the sinks. */
export function writerOf(paths: readonly string[], at: number, folder: string): string {
  const place = paths.slice(0, at).filter((path) => path === paths[at]).length;
  return createHash('sha256')
    .update(JSON.stringify([resolve(folder), paths[at], place]))
    .digest('hex')
    .slice(0, 16);
}
