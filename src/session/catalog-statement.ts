import { declareTable } from '../catalog/declare-table.ts';
import { pathText } from '../catalog/object-path.ts';
import { type CatalogObject, newCatalog, newDatabase, type Session } from '../catalog/session.ts';
import type { ObjectPath } from '../catalog/table.ts';
import { DiagnosticError, fail, unsupported } from '../diagnostics/diagnostic.ts';
import type { CreateView, Drop, Property, QualifiedName, Statement, Use } from '../sql/ast.ts';
import { databasePath } from './database-path.ts';
import { describeObject, showObject } from './show.ts';
import type { TableSchemas } from './table-schemas.ts';
import { answerTexts, type TextAnswer } from './text-answer.ts';

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
      const table = declareTable(session, statement);
      const object: CatalogObject = { kind: 'table', table };
      schemas.tableSchema(object);
      add(session, object, { ...statement, isReplace: statement.form !== 'create' });
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

function add(
  session: Session,
  object: CatalogObject,
  statement: {
    readonly name: QualifiedName;
    readonly ifNotExists: boolean;
    readonly isReplace: boolean;
    readonly isTemporary: boolean;
  },
): void {
  const { path } = object.kind === 'table' ? object.table : object.view;
  const objects = statement.isTemporary ? session.temporary : session.database(path, statement.name).objects;
  const key = statement.isTemporary ? pathText(path) : path.name;
  if (objects.has(key) && !statement.isReplace) {
    if (statement.ifNotExists) return;
    fail('B015', statement.name.span, `"${path.name}" exists already`, {
      help: 'DROP it first, or write IF NOT EXISTS',
    });
  }
  objects.set(key, object);
}

function createView(session: Session, statement: CreateView, schemas: TableSchemas): void {
  const path = session.path(statement.name);
  const columns = schemas.viewColumns(statement);
  const view = {
    path,
    temporary: statement.isTemporary,
    query: statement.query,
    columns,
    comment: statement.comment?.value ?? null,
    home: session.home,
    span: statement.name.span,
  };
  add(session, { kind: 'view', view }, statement);
}

function createCatalog(session: Session, statement: Extract<Statement, { readonly kind: 'createCatalog' }>): void {
  const { name } = statement.name;
  const options = optionTexts(statement.options);
  const type = statement.options.find(({ key }) => key.value === 'type');
  if (type === undefined || type.value.value !== 'generic_in_memory') {
    throw new DiagnosticError([
      unsupported('W001', type?.value.span ?? statement.name.span, `a catalog of type '${type?.value.value ?? ''}'`, {
        help: "there is 'type' = 'generic_in_memory'",
      }),
    ]);
  }
  if (session.catalogs.has(name)) {
    if (statement.ifNotExists) return;
    fail('B015', statement.name.span, `catalog "${name}" exists already`);
  }
  const database = options.get('default-database') ?? 'default';
  session.catalogs.set(name, newCatalog(name, statement.comment?.value ?? null, options, database));
}

function createDatabase(session: Session, statement: Extract<Statement, { readonly kind: 'createDatabase' }>): void {
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
      if (database.objects.size > 0 && statement.behavior !== 'CASCADE') {
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
    throw new DiagnosticError([unsupported('W001', statement.span, 'USE MODULES')]);
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
