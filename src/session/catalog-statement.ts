import { type CatalogObject, newDatabase } from '../catalog/catalog.ts';
import { catalogSpans } from '../catalog/catalogs.ts';
import { declareTable } from '../catalog/declare-table.ts';
import { pathText } from '../catalog/object-path.ts';
import type { Session } from '../catalog/session.ts';
import type { ObjectPath } from '../catalog/table.ts';
import { DiagnosticError, fail, unsupported } from '../diagnostics/diagnostic.ts';
import type { LogicalSink } from '../plan/logical.ts';
import type {
  CreateCatalog,
  CreateDatabase,
  CreateTable,
  CreateView,
  Drop,
  Property,
  QualifiedName,
  Statement,
  Use,
} from '../sql/ast.ts';
import { executeAlterCatalog, executeAlterDatabase, executeAlterTable, executeAlterView } from './alter-statement.ts';
import { databasePath } from './database-path.ts';
import { alterFunction, createFunction, dropFunction } from './function-statement.ts';
import { describeObject, showObject } from './show.ts';
import type { TableSchemas } from './table-schemas.ts';
import { answerTexts, type TextAnswer } from './text-answer.ts';
import { newView } from './view-statement.ts';

/**
 * Executes a statement that needs no job. Its rows, `null` where it has none to give, or `'other'` for a statement
 * that is not of this kind.
 * @throws DiagnosticError for what is wrong, and for what is not supported yet
 */
export function executeCatalogStatement(
  statement: Statement,
  session: Session,
  schemas: TableSchemas,
): TextAnswer | null | 'other' {
  switch (statement.kind) {
    case 'createTable': {
      if (statement.query !== null) return 'other';
      // As in Flink, OR REPLACE without AS is CREATE: what exists is not replaced.
      const table = declareTable(session, statement);
      const object: CatalogObject = { kind: 'table', table };
      schemas.tableSchema(object);
      add(session, object, statement);
      return null;
    }
    case 'createView':
      createView(session, statement, schemas);
      return null;
    case 'createCatalog':
      createCatalog(session, statement);
      return null;
    case 'createDatabase':
      createDatabase(session, statement);
      return null;
    case 'createFunction':
      createFunction(statement, session);
      return null;
    case 'alterTable':
      executeAlterTable(statement, session, schemas);
      return null;
    case 'alterView':
      executeAlterView(statement, session, schemas);
      return null;
    case 'alterDatabase':
      executeAlterDatabase(statement, session);
      return null;
    case 'alterCatalog':
      executeAlterCatalog(statement, session);
      return null;
    case 'alterFunction':
      alterFunction(statement, session);
      return null;
    case 'drop':
      drop(session, statement);
      return null;
    case 'use':
      use(session, statement);
      return null;
    case 'set':
      if (statement.property === null) {
        return answerTexts(['key', 'value'], session.settings.entries());
      }
      session.settings.set(statement.property.key.value, statement.property.value.value, statement.property.value.span);
      return null;
    case 'reset':
      session.settings.reset(statement.key?.value ?? null);
      return null;
    case 'show':
      return showObject(statement, session, schemas);
    case 'describe':
      return describeObject(statement, session, schemas);
    default:
      return 'other';
  }
}

/**
 * Whether CREATE TABLE IF NOT EXISTS has nothing to do.
 * @throws DiagnosticError B015 for a table that exists and is to be made, B001 for one to be replaced that does not
 */
export function isThereAlready(statement: CreateTable, session: Session): boolean {
  const path = session.path(statement.name);
  const known = statement.isTemporary ? session.temporary.get(pathText(path)) : session.findLasting(path);
  if (known === undefined && statement.form === 'replace') {
    fail('B001', statement.name.span, `unknown table "${path.name}", which is to be replaced`, {
      help: 'write CREATE OR REPLACE TABLE',
    });
  }
  if (known === undefined || (statement.form !== 'create' && statement.query !== null)) return false;
  if (statement.ifNotExists) return true;
  fail('B015', statement.name.span, `"${path.name}" exists already`, {
    help: 'DROP it first, or write IF NOT EXISTS',
  });
}

/** Puts the table of CREATE TABLE AS, or of REPLACE TABLE AS, into its database. */
export function addCreatedTable(session: Session, sinks: readonly LogicalSink[], { name }: CreateTable): void {
  const [sink] = sinks;
  if (sink?.table == null) throw new Error('CREATE TABLE AS has a table');
  const { table } = sink;
  session.database(table.path, name).objects.set(table.path.name, { kind: 'table', table });
}

function add(
  session: Session,
  object: CatalogObject,
  statement: {
    readonly name: QualifiedName;
    readonly ifNotExists: boolean;
    readonly isTemporary: boolean;
  },
): void {
  const { path } = object.kind === 'table' ? object.table : object.view;
  const objects = statement.isTemporary ? session.temporary : session.database(path, statement.name).objects;
  const key = statement.isTemporary ? pathText(path) : path.name;
  if (objects.has(key)) {
    if (statement.ifNotExists) return;
    fail('B015', statement.name.span, `"${path.name}" exists already`, {
      help: 'DROP it first, or write IF NOT EXISTS',
    });
  }
  objects.set(key, object);
}

function createView(session: Session, statement: CreateView, schemas: TableSchemas): void {
  const comment = statement.comment?.value ?? null;
  const view = newView(statement, session, schemas, { temporary: statement.isTemporary, comment });
  if (statement.isReplace && session.find(view.path) !== undefined) {
    fail('B015', statement.name.span, `"${view.path.name}" exists already`, {
      help: `OR REPLACE does not replace a view, as in Flink: write ALTER VIEW ${view.path.name} AS ...`,
    });
  }
  add(session, { kind: 'view', view }, statement);
}

function createCatalog(session: Session, statement: CreateCatalog): void {
  const { name, span } = statement.name;
  if (session.catalogs.has(name)) {
    if (statement.ifNotExists) return;
    fail('B015', span, `catalog "${name}" exists already`, { help: 'write IF NOT EXISTS' });
  }
  session.catalogs.create(
    { name, comment: statement.comment?.value ?? null, options: optionTexts(statement.options) },
    catalogSpans(statement.options, span),
  );
}

function createDatabase(session: Session, statement: CreateDatabase): void {
  const { catalog: catalogName, name } = databasePath(session, statement.name);
  const catalog = session.catalog(catalogName, statement.name);
  if (catalog.databases.has(name)) {
    if (statement.ifNotExists) return;
    fail('B015', statement.name.span, `database "${name}" exists already`);
  }
  catalog.databases.set(name, newDatabase(name, statement.comment?.value ?? null, optionTexts(statement.options)));
}

function optionTexts(options: readonly Property[]): Map<string, string> {
  return new Map(options.map(({ key, value }) => [key.value, value.value]));
}

function drop(session: Session, statement: Drop): void {
  switch (statement.object) {
    case 'TABLE':
    case 'VIEW':
      dropObject(session, statement);
      return;
    case 'DATABASE': {
      const { catalog: catalogName, name } = databasePath(session, statement.name);
      const catalog = session.catalog(catalogName, statement.name);
      const database = catalog.databases.get(name);
      if (database === undefined) {
        if (statement.ifExists) return;
        fail('B014', statement.name.span, `unknown database "${name}"`);
      }
      if (database.objects.size + database.functions.size > 0 && statement.behavior !== 'CASCADE') {
        fail('B018', statement.name.span, `database "${name}" is not empty`, {
          help: 'DROP DATABASE ... CASCADE drops what is in it too',
        });
      }
      if (catalog.name === session.currentCatalog && name === session.currentDatabase) {
        fail('B018', statement.name.span, `"${name}" is the current database`, { help: 'USE another first' });
      }
      catalog.databases.delete(name);
      return;
    }
    case 'CATALOG': {
      const name = statement.name.parts[0]?.name ?? '';
      if (!session.catalogs.has(name)) {
        if (statement.ifExists) return;
        session.catalog(name, statement.name);
      }
      if (name === session.currentCatalog)
        fail('B018', statement.name.span, `"${name}" is the current catalog`, { help: 'USE CATALOG another first' });
      session.catalogs.delete(name);
      return;
    }
    case 'FUNCTION':
      dropFunction(statement, session);
      return;
    default:
      throw new DiagnosticError([unsupported('W001', statement.span, `DROP ${statement.object}`)]);
  }
}

function dropObject(session: Session, statement: Drop): void {
  const path: ObjectPath = session.path(statement.name);
  const kind = statement.object === 'TABLE' ? 'table' : 'view';
  const objects = statement.isTemporary
    ? session.temporary
    : session.catalogs.get(path.catalog)?.databases.get(path.database)?.objects;
  const key = statement.isTemporary ? pathText(path) : path.name;
  const found = objects?.get(key);
  if (found === undefined || found.kind !== kind) {
    const hidden = !statement.isTemporary && session.temporary.get(pathText(path))?.kind === kind;
    if (hidden)
      fail('B018', statement.name.span, `"${path.name}" is temporary`, {
        help: `write DROP TEMPORARY ${statement.object}`,
      });
    if (statement.ifExists) return;
    if (found !== undefined) fail('B017', statement.name.span, `"${path.name}" is a ${found.kind}, not a ${kind}`);
    session.unknown(statement.name, path);
  }
  if (!statement.isTemporary && session.temporary.has(pathText(path))) {
    fail('B018', statement.name.span, `a temporary object hides "${path.name}"`, {
      help: `DROP TEMPORARY ${statement.object} first`,
    });
  }
  objects?.delete(key);
}

function use(session: Session, statement: Use): void {
  const [name] = statement.names;
  if (name === undefined || statement.object === 'MODULES') {
    const unknown = statement.names.find(({ parts }) => parts[0]?.name !== 'core');
    if (unknown !== undefined)
      fail('B014', unknown.span, `unknown module "${unknown.parts[0]?.name ?? ''}"`, { help: 'there is: core' });
    return;
  }
  if (statement.object === 'CATALOG') {
    const catalog = session.catalog(name.parts[0]?.name ?? '', name);
    session.currentCatalog = catalog.name;
    session.currentDatabase = catalog.options.get('default-database') ?? [...catalog.databases.keys()][0] ?? 'default';
    return;
  }
  const { catalog, name: database } = databasePath(session, name);
  session.database({ catalog, database }, name);
  session.currentCatalog = catalog;
  session.currentDatabase = database;
}
