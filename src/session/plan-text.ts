import type { CatalogObject } from '../catalog/catalog.ts';
import { createTableText, createViewText } from '../catalog/create-text.ts';
import { pathText } from '../catalog/object-path.ts';
import type { Session } from '../catalog/session.ts';
import type { ObjectPath } from '../catalog/table.ts';
import { expandQuery, type QueryNames } from '../plan/bind/expand-query.ts';
import type { CreateTable, Insert, QualifiedName, StatementSet } from '../sql/ast.ts';
import { format } from '../sql/format.ts';

/** A statement that runs a job, as SQL that means the same in any session. */
export interface PlanText {
  /** With the full paths of tables. */
  readonly statement: string;
  /** CREATE statements of the tables and views that it names, those first that others read; by path. */
  readonly objects: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
}

/** Of CREATE TABLE AS it is the INSERT, once the table is there. `names`: collected while the statement was bound. */
export function planText(
  statement: Insert | StatementSet | CreateTable,
  session: Session,
  names: QueryNames,
): PlanText {
  const inserts = insertsOf(statement);
  const objects = new Map<string, string>();
  for (const path of [...names.paths(), ...inserts.map(({ table }) => session.path(table))]) {
    const object = session.find(path);
    // `t$late` is there with `t`.
    const base = object?.kind === 'table' ? object.table.kept?.base : undefined;
    if (base !== undefined) objects.set(pathText(base.path), createTableText(base));
    else if (object !== undefined) objects.set(pathText(path), createText(object));
  }
  return {
    statement: writtenOut(statement.kind === 'statementSet' ? statement : inserts[0]!, session, names),
    objects: Object.fromEntries(objects),
    settings: Object.fromEntries(session.settings.entries()),
  };
}

/** The statement that makes a table or a view again. */
export function createText(object: CatalogObject): string {
  return object.kind === 'table' ? createTableText(object.table) : createViewText(object.view);
}

function insertsOf(statement: Insert | StatementSet | CreateTable): readonly Insert[] {
  if (statement.kind === 'statementSet') return statement.inserts;
  if (statement.kind === 'insert') return [statement];
  const { name, query, span } = statement;
  if (query === null) throw new Error('CREATE TABLE without AS runs no job');
  const parts = { hints: [], partition: null, columns: null } as const;
  return [{ kind: 'insert', span, hasExecute: false, form: 'INSERT INTO', table: name, query, ...parts }];
}

/** The statement as it means the same in any database. */
function writtenOut(statement: Insert | StatementSet, session: Session, names: QueryNames): string {
  const insert = (each: Insert): Insert => ({
    ...each,
    hasExecute: false,
    table: fullName(each.table, session),
    query: expandQuery(each.query, names, 'plan'),
  });
  if (statement.kind === 'insert') return format(insert(statement));
  return format({ ...statement, hasExecute: true, inserts: statement.inserts.map(insert) });
}

function fullName(name: QualifiedName, session: Session): QualifiedName {
  const { catalog, database, name: last }: ObjectPath = session.path(name);
  const parts = [catalog, database, last].map((part) => ({
    kind: 'identifier' as const,
    name: part,
    isQuoted: true,
    span: name.span,
  }));
  return { ...name, parts };
}
