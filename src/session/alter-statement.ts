import { alterTable } from '../catalog/alter-table.ts';
import type { Catalog, CatalogObject, Database } from '../catalog/catalog.ts';
import { catalogSpans, checkCatalogOptions } from '../catalog/catalogs.ts';
import { pathText } from '../catalog/object-path.ts';
import type { Session } from '../catalog/session.ts';
import type { ObjectPath } from '../catalog/table.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-text.ts';
import type {
  AlterCatalog,
  AlterDatabase,
  AlterTable,
  AlterView,
  Property,
  QualifiedName,
  RenameTo,
  ResetOptions,
} from '../sql/ast.ts';
import { unreachable } from '../types/unreachable.ts';
import { databasePath } from './database-path.ts';
import type { TableSchemas } from './table-schemas.ts';
import { newView } from './view-statement.ts';

/** @throws DiagnosticError for a table that is not there, is temporary or a view, and for a change that cannot be */
export function executeAlterTable(statement: AlterTable, session: Session, schemas: TableSchemas): void {
  const { action } = statement;
  const found = lastingObject(session, statement.name, 'table', statement.ifExists);
  if (found === null) return;
  const { database, object } = found;
  if (action.kind === 'renameTo') {
    const path = newPath(session, found.path, database, action);
    database.objects.delete(found.path.name);
    database.objects.set(path.name, { kind: 'table', table: { ...object.table, path } });
    return;
  }
  const altered: CatalogObject = { kind: 'table', table: alterTable(object.table, action) };
  schemas.tableSchema(altered);
  database.objects.set(found.path.name, altered);
}

/** @throws DiagnosticError for a view that is not there, is temporary or a table, and for a query that is wrong */
export function executeAlterView(statement: AlterView, session: Session, schemas: TableSchemas): void {
  const { action } = statement;
  const { database, object, path } = lastingObject(session, statement.name, 'view');
  const { view } = object;
  switch (action.kind) {
    case 'renameTo': {
      const renamed = newPath(session, path, database, action);
      database.objects.delete(path.name);
      database.objects.set(renamed.name, { kind: 'view', view: { ...view, path: renamed } });
      return;
    }
    case 'asQuery': {
      const declared = { name: statement.name, columns: null, query: action.query };
      const altered = newView(declared, session, schemas, { temporary: false, comment: view.comment });
      replaceView(database, { kind: 'view', view: altered }, object, schemas);
      return;
    }
    default:
      unreachable(action);
  }
}

/** Puts a view in another's place; the other stays where the new one reads itself. @throws DiagnosticError B039 */
function replaceView(
  { objects }: Database,
  altered: OfKind<'view'>,
  former: OfKind<'view'>,
  schemas: TableSchemas,
): void {
  const { name } = altered.view.path;
  objects.set(name, altered);
  try {
    schemas.tableSchema(altered);
  } catch (error) {
    objects.set(name, former);
    throw error;
  }
}

interface Lasting<O> {
  readonly path: ObjectPath;
  readonly database: Database;
  readonly object: O;
}

type OfKind<K extends CatalogObject['kind']> = Extract<CatalogObject, { readonly kind: K }>;

/** A table or view of a catalog, not a temporary one. @throws DiagnosticError B001, B017, B018 */
function lastingObject<K extends CatalogObject['kind']>(
  session: Session,
  name: QualifiedName,
  kind: K,
): Lasting<OfKind<K>>;
function lastingObject<K extends CatalogObject['kind']>(
  session: Session,
  name: QualifiedName,
  kind: K,
  ifExists: boolean,
): Lasting<OfKind<K>> | null;
function lastingObject<K extends CatalogObject['kind']>(
  session: Session,
  name: QualifiedName,
  kind: K,
  ifExists = false,
): Lasting<OfKind<K>> | null {
  const path = session.path(name);
  if (session.temporary.has(pathText(path))) {
    if (ifExists) return null;
    fail('B018', name.span, `"${path.name}" is temporary, and a temporary ${kind} cannot be altered`, {
      help: `DROP TEMPORARY ${kind.toUpperCase()}, and make it anew`,
    });
  }
  const object = session.findLasting(path);
  if (object === undefined) return ifExists ? null : session.unknown(name, path);
  if (!isOfKind(object, kind)) {
    fail('B017', name.span, `"${path.name}" is a ${object.kind}, not a ${kind}`, {
      help: `write ALTER ${object.kind.toUpperCase()}`,
    });
  }
  return { path, database: session.database(path, name), object };
}

function isOfKind<K extends CatalogObject['kind']>(object: CatalogObject, kind: K): object is OfKind<K> {
  return object.kind === kind;
}

/** Where RENAME TO leads: another name in the same database. @throws DiagnosticError B015, B039 */
function newPath(session: Session, from: ObjectPath, database: Database, { name }: RenameTo): ObjectPath {
  const to = session.path(name, { catalog: from.catalog, database: from.database });
  if (to.catalog !== from.catalog || to.database !== from.database) {
    fail('B039', name.span, `RENAME TO does not move "${from.name}" to another database`, {
      help: 'make it anew there: CREATE TABLE ... LIKE',
    });
  }
  if (database.objects.has(to.name)) fail('B015', name.span, `"${to.name}" exists already`);
  return to;
}

/** @throws DiagnosticError B014 */
export function executeAlterDatabase(statement: AlterDatabase, session: Session): void {
  const { catalog, name } = databasePath(session, statement.name);
  setOptions(session.database({ catalog, database: name }, statement.name).options, statement.action.options);
}

/** @throws DiagnosticError B014, and O004 for a RESET of the type */
export function executeAlterCatalog(statement: AlterCatalog, session: Session): void {
  const { action } = statement;
  const catalog: Catalog = session.catalog(statement.name.parts[0]?.name ?? '', statement.name);
  switch (action.kind) {
    case 'setOptions': {
      const path = action.options.find(({ key }) => key.value === 'path');
      if (path !== undefined) refusePath(catalog, path.key.span);
      const options = new Map(catalog.options);
      setOptions(options, action.options);
      checkCatalogOptions({ name: catalog.name, options }, catalogSpans(action.options, statement.name.span));
      const type = action.options.find(({ key }) => key.value === 'type');
      if (type !== undefined && type.value.value !== catalog.options.get('type'))
        fail('O004', type.value.span, `catalog "${catalog.name}" stays of its type`, {
          help: 'DROP CATALOG, and create it with another type',
        });
      setOptions(catalog.options, action.options);
      break;
    }
    case 'resetOptions':
      resetOptions(catalog, action);
      break;
    case 'setComment':
      catalog.comment = action.comment.value;
      break;
    default:
      unreachable(action);
  }
  session.catalogs.altered(catalog);
}

/** @throws DiagnosticError O004: what is open is not moved */
function refusePath({ name }: Catalog, span: Span): void {
  fail('O004', span, `catalog "${name}" stays in its folder`, {
    help: 'DROP CATALOG, and create it with another path',
  });
}

function setOptions(options: Map<string, string>, written: readonly Property[]): void {
  for (const { key, value } of written) options.set(key.value, value.value);
}

function resetOptions(catalog: Catalog, { keys, span }: ResetOptions): void {
  if (keys.length === 0) fail('O002', span, 'RESET names no option');
  for (const key of keys) {
    if (key.value === 'type') fail('O004', key.span, "RESET cannot take a catalog's type away");
    if (key.value === 'path') refusePath(catalog, key.span);
    catalog.options.delete(key.value);
  }
}
