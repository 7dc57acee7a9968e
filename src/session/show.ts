import { partitionText, partitionValueText, requirePartitioned } from '../catalog/alter-partitions.ts';
import type { CatalogObject } from '../catalog/catalog.ts';
import { createCatalogText, createTableText, createViewText } from '../catalog/create-text.ts';
import { expressionText } from '../catalog/expression-text.ts';
import type { Session } from '../catalog/session.ts';
import type { Table, TableColumn, TablePartition } from '../catalog/table.ts';
import { didYouMean } from '../diagnostics/candidates.ts';
import { DiagnosticError, fail, unsupported } from '../diagnostics/diagnostic.ts';
import { catalogNames } from '../functions/catalog-names.ts';
import type { ProgramFunction } from '../functions/program/program-function.ts';
import { functionNames } from '../functions/registry.ts';
import { signatures } from '../functions/resolve.ts';
import type { Describe, QualifiedName, Show, ShowLike } from '../sql/ast.ts';
import { type Column, columnTypeText } from '../types/column.ts';
import { BOOLEAN, withNullable } from '../types/sql-type.ts';
import { databasePath } from './database-path.ts';
import type { TableSchemas } from './table-schemas.ts';
import { answerTexts, type TextAnswer } from './text-answer.ts';

/** Answers SHOW with Flink's columns. */
export function showObject(statement: Show, session: Session, schemas: TableSchemas): TextAnswer {
  const { like: written } = statement;
  if (written?.operator === 'ILIKE' && !ilikeObjects.includes(statement.object))
    fail('B039', written.span, `SHOW ${statement.object} takes LIKE, and no ILIKE`, { help: 'write LIKE' });
  const like = matcher(written);
  const list = (column: string, names: Iterable<string>): TextAnswer =>
    answerTexts(
      [column],
      [...names]
        .filter(like)
        .sort()
        .map((name) => [name]),
    );
  switch (statement.object) {
    case 'CATALOGS':
      return list('catalog name', session.catalogs.names());
    case 'CURRENT CATALOG':
      return answerTexts(['current catalog name'], [[session.currentCatalog]]);
    case 'DATABASES': {
      const name = statement.name?.parts[0]?.name ?? session.currentCatalog;
      return list('database name', session.catalog(name, statement.name ?? statement).databases.keys());
    }
    case 'CURRENT DATABASE':
      return answerTexts(['current database name'], [[session.currentDatabase]]);
    case 'TABLES':
    case 'VIEWS': {
      const { catalog, name } =
        statement.name === null
          ? { catalog: session.currentCatalog, name: session.currentDatabase }
          : databasePath(session, statement.name);
      if (statement.name !== null) session.database({ catalog, database: name }, statement.name);
      const kind = statement.object === 'VIEWS' ? 'view' : 'any';
      return list(kind === 'view' ? 'view name' : 'table name', session.names(catalog, name, kind));
    }
    case 'COLUMNS': {
      const object = session.get(required(statement));
      const described = describeColumns(object, schemas);
      return { ...described, rows: described.rows.filter(([name]) => like(name ?? '')) };
    }
    case 'CREATE TABLE':
    case 'CREATE VIEW':
      return showCreate(required(statement), session, statement.object);
    case 'FUNCTIONS':
    case 'USER FUNCTIONS': {
      const own = userFunctions(statement, session);
      return list('function name', statement.object === 'FUNCTIONS' ? [...catalogNames, ...own] : own);
    }
    case 'MODULES':
      return answerTexts(['module name'], [['core']]);
    case 'FULL MODULES':
      return answerTexts(['module name', ['used', BOOLEAN()]], [['core', 'TRUE']]);
    case 'JARS':
      return answerTexts(['jars'], []);
    case 'MODELS':
      return list('model name', []);
    case 'MATERIALIZED TABLES':
      return list('materialized table', []);
    case 'PARTITIONS':
      return showPartitions(statement, session);
    case 'CREATE CATALOG': {
      const name = required(statement);
      return answerTexts(['result'], [[createCatalogText(session.catalog(name.parts[0]?.name ?? '', name))]]);
    }
    default:
      throw new DiagnosticError([unsupported('W001', statement.span, `SHOW ${statement.object}`)]);
  }
}

/** As in Flink. */
const ilikeObjects: readonly Show['object'][] = ['CATALOGS', 'DATABASES', 'FUNCTIONS', 'USER FUNCTIONS', 'PROCEDURES'];

function userFunctions({ name }: Show, session: Session): readonly string[] {
  const path = name === null ? null : databasePath(session, name);
  const { catalog, database } = path === null ? session.home : { catalog: path.catalog, database: path.name };
  if (name !== null) session.database({ catalog, database }, name);
  const { functions } = session.catalogs.get(catalog)?.databases.get(database) ?? {};
  const declared = [...(functions?.values() ?? [])].map((each) => each.name.toLowerCase());
  return [...new Set([...session.programFunctions.keys(), ...declared])];
}

/** The partitions that ALTER TABLE has told of, or those of them that a partial PARTITION (...) names. */
function showPartitions(statement: Show, session: Session): TextAnswer {
  const name = required(statement);
  const object = session.get(name);
  if (object.kind !== 'table') fail('B017', name.span, `"${object.view.path.name}" is a view, and has no partitions`);
  const { table } = object;
  requirePartitioned(table, name.span);
  const wanted = statement.partition?.values ?? [];
  for (const { column } of wanted) {
    if (!table.partitionedBy.includes(column.name))
      fail('B003', column.span, `"${column.name}" is no partition key`, { help: table.partitionedBy.join(', ') });
  }
  const matches = ({ values }: TablePartition): boolean =>
    wanted.every((value) => values[table.partitionedBy.indexOf(value.column.name)] === partitionValueText(value));
  return answerTexts(
    ['partition name'],
    table.partitions.filter(matches).map(({ values }) => [partitionText(table, values)]),
  );
}

function required({ name, span }: Show): QualifiedName {
  return name ?? fail('B001', span, 'which table?');
}

function showCreate(name: QualifiedName, session: Session, object: 'CREATE TABLE' | 'CREATE VIEW'): TextAnswer {
  const found = session.get(name);
  const wanted = object === 'CREATE TABLE' ? 'table' : 'view';
  if (found.kind !== wanted) {
    fail('B017', name.span, `"${name.parts.at(-1)?.name}" is a ${found.kind}`, {
      help: `write SHOW CREATE ${found.kind.toUpperCase()}`,
    });
  }
  return answerTexts(
    ['result'],
    [[found.kind === 'table' ? createTableText(found.table) : createViewText(found.view)]],
  );
}

/** Answers DESCRIBE with Flink's columns. */
export function describeObject(statement: Describe, session: Session, schemas: TableSchemas): TextAnswer {
  const { name } = statement;
  if (statement.object === 'TABLE' && 'parts' in name) return describeColumns(session.get(name), schemas);
  if ('parts' in name && statement.object === 'DATABASE') {
    const path = databasePath(session, name);
    const database = session.database({ catalog: path.catalog, database: path.name }, name);
    const rows = [
      ['catalog_name', path.catalog],
      ['database_name', database.name],
      ['comment', database.comment ?? ''],
    ];
    return answerTexts(
      ['info name', 'info value'],
      statement.isExtended ? [...rows, ...properties(database.options)] : rows,
    );
  }
  if ('parts' in name && statement.object === 'CATALOG') {
    const catalog = session.catalog(name.parts[0]?.name ?? '', name);
    const rows = [
      ['name', catalog.name],
      ['type', catalog.options.get('type') ?? 'generic_in_memory'],
      ['comment', catalog.comment],
    ];
    const options = [...catalog.options].flatMap(([key, value]) => (key === 'type' ? [] : [[`option:${key}`, value]]));
    return answerTexts(['info name', 'info value'], statement.isExtended ? [...rows, ...options] : rows);
  }
  if ('parts' in name && statement.object === 'FUNCTION') {
    const written = name.parts.map((part) => part.name).join('.');
    const program = session.programFunctions.get(written.toLowerCase());
    if (program !== undefined) return describeProgramFunction(program, statement.isExtended);
    if (!functionNames().includes(written.toUpperCase())) {
      fail('B002', name.span, `unknown function "${written}"`, {
        help: didYouMean(written.toUpperCase(), session.functions.names()),
      });
    }
    return answerTexts(
      ['info name', 'info value'],
      [
        ['is system function', 'true'],
        ['is temporary', 'false'],
      ],
    );
  }
  throw new DiagnosticError([unsupported('W001', statement.span, `DESCRIBE ${statement.object}`)]);
}

function describeProgramFunction({ kind, entry }: ProgramFunction, isExtended: boolean): TextAnswer {
  const rows = [
    ['is system function', 'true'],
    ['is temporary', 'true'],
    ['function language', 'JAVASCRIPT'],
  ];
  const isDeterministic = entry.overloads.every((overload) => !('deterministic' in overload) || overload.deterministic);
  const more = [
    ['kind', kind.toUpperCase()],
    ['requirements', '[]'],
    ['is deterministic', String(isDeterministic)],
    ['supports constant folding', String(kind === 'scalar' && isDeterministic)],
    ['signature', signatures(entry).join(', ')],
  ];
  return answerTexts(['info name', 'info value'], isExtended ? [...rows, ...more] : rows);
}

function properties(options: ReadonlyMap<string, string>): readonly (readonly string[])[] {
  if (options.size === 0) return [];
  return [['properties', `(${[...options].map(([key, value]) => `(${key},${value})`).join(', ')})`]];
}

/** A row a column: name, type, null, key, extras, watermark, and where some column has one, comment. */
function describeColumns(object: CatalogObject, schemas: TableSchemas): TextAnswer {
  const schema = schemas.tableSchema(object);
  const table = object.kind === 'table' ? object.table : null;
  const comments = table?.columns.some(({ comment }) => comment !== null) === true;
  const rows = schema.map((column) => {
    const declared = table?.columns.find(({ name }) => name === column.name) ?? null;
    const row = [
      column.name,
      typeOf(column),
      column.type.nullable ? 'TRUE' : 'FALSE',
      keyText(table, column.name),
      extrasText(declared),
      table?.watermark?.column === column.name ? expressionText(table.watermark.expression) : null,
    ];
    return comments ? [...row, declared?.comment ?? null] : row;
  });
  const names = ['name', 'type', ['null', BOOLEAN()] as const, 'key', 'extras', 'watermark'];
  return answerTexts(comments ? [...names, 'comment'] : names, rows);
}

/** The type without its NOT NULL, which has a column of its own. */
function typeOf(column: Column): string {
  return columnTypeText({ ...column, type: withNullable(column.type, true) });
}

function keyText(table: Table | null, name: string): string | null {
  const key = table?.primaryKey;
  return key?.columns.includes(name) === true ? `PRI(${key.columns.join(', ')})` : null;
}

function extrasText(column: TableColumn | null): string | null {
  if (column?.kind === 'computed') return `AS ${expressionText(column.expression)}`;
  if (column?.kind !== 'metadata') return null;
  const from = column.key === column.name ? '' : ` FROM '${column.key}'`;
  return `METADATA${from}${column.virtual ? ' VIRTUAL' : ''}`;
}

/** LIKE of SHOW: `%` and `_`, with a backslash before them for themselves. */
function matcher(like: ShowLike | null): (name: string) => boolean {
  if (like === null) return () => true;
  let source = '';
  const text = like.pattern.value;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\' && at + 1 < text.length) source += text.charAt(++at).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    else if (character === '%') source += '.*';
    else if (character === '_') source += '.';
    else source += character.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  }
  const pattern = new RegExp(`^${source}$`, like.operator === 'ILIKE' ? 'isu' : 'su');
  return (name) => pattern.test(name) !== like.isNegated;
}
