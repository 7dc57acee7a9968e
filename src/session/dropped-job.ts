import { pathText } from '../catalog/object-path.ts';
import type { Session } from '../catalog/session.ts';
import type { Table } from '../catalog/table.ts';
import { discardLeft } from '../connectors/index.ts';
import { SourceText } from '../diagnostics/source-text.ts';
import { parseScript } from '../sql/parse.ts';
import type { JobScript, Manifest } from '../state/manifest.ts';
import type { SessionContext } from './session-context.ts';
import { writerOf } from './writer-name.ts';

/**
 * Takes away what the sinks of a job hold that nobody has seen: of one that is dropped, and whose tables are declared in
 * the session. `folder`: of its checkpoints.
 * @throws DiagnosticError, and what the file system says
 */
export async function discardHeld(
  { job, sinks }: Manifest,
  folder: string,
  { session, streamsFolder, streamEnvironment }: SessionContext,
): Promise<void> {
  const tables = tablesOf(job, session);
  const ids = Object.keys(sinks);
  const paths = ids.map((id) => job.tables[id]?.path ?? '');
  for (const [at, id] of ids.entries()) {
    const table = tables.get(paths[at] ?? '');
    if (table === undefined) continue;
    const token = sinks[id] ?? null;
    await discardLeft(table, { streamsFolder, streamEnvironment, token, writer: writerOf(paths, at, folder) });
  }
}

/** By their paths. */
function tablesOf({ objects }: JobScript, session: Session): ReadonlyMap<string, Table> {
  const tables = new Map<string, Table>();
  for (const [name, text] of Object.entries(objects)) {
    for (const statement of parseScript(new SourceText(name, text)).statements) {
      if (statement.kind !== 'createTable') continue;
      const object = session.find(session.path(statement.name));
      if (object?.kind === 'table') tables.set(pathText(object.table.path), object.table);
    }
  }
  return tables;
}
