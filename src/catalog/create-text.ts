import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { SourceText } from '../diagnostics/source-text.ts';
import type { Distribution } from '../sql/ast.ts';
import { formatLongQuery } from '../sql/format.ts';
import { parseType } from '../sql/parse.ts';
import { type SqlType, sameType, typeText } from '../types/sql-type.ts';
import type { Catalog, Database, UserFunction } from './catalog.ts';
import { expressionText } from './expression-text.ts';
import type { Table, TableColumn } from './table.ts';
import { typeOf } from './type-of.ts';
import type { View } from './view.ts';

/** How a name is written: in full, or without its catalog, in which the text stands. */
type NameForm = 'catalog' | 'database';

/** The statement that makes a table again, as Flink prints it. */
export function createTableText(table: Table, form: NameForm = 'catalog'): string {
  const lines = table.columns.map(columnText);
  if (table.watermark !== null) {
    lines.push(`WATERMARK FOR ${quoted(table.watermark.column)} AS ${expressionText(table.watermark.expression)}`);
  }
  if (table.primaryKey !== null) {
    const name = table.primaryKey.name ?? `PK_${table.primaryKey.columns.join('_')}`;
    lines.push(
      `CONSTRAINT ${quoted(name)} PRIMARY KEY (${table.primaryKey.columns.map(quoted).join(', ')}) NOT ENFORCED`,
    );
  }
  const options = new Map([...table.options].map(([key, { value }]) => [key, value]));
  return [
    `CREATE ${table.temporary ? 'TEMPORARY ' : ''}TABLE ${fullName(table, form)} (`,
    lines.map((line) => `  ${line}`).join(',\n'),
    ')',
    ...(table.comment === null ? [] : [`COMMENT ${text(table.comment)}`]),
    ...(table.distribution === null ? [] : [distributionText(table.distribution)]),
    ...(table.partitionedBy.length === 0 ? [] : [`PARTITIONED BY (${table.partitionedBy.map(quoted).join(', ')})`]),
    ...withLines(options),
    '',
  ].join('\n');
}

/** The statement that makes a catalog again. */
export function createCatalogText({ name, comment, options }: Catalog): string {
  const commentLines = comment === null ? [] : [`COMMENT ${text(comment)}`];
  return [`CREATE CATALOG ${quoted(name)}`, ...commentLines, ...withLines(options), ''].join('\n');
}

function withLines(options: ReadonlyMap<string, string>): readonly string[] {
  const lines = [...options].map(([key, value]) => `  ${text(key)} = ${text(value)}`).sort();
  return lines.length === 0 ? [] : ['WITH (', lines.join(',\n'), ')'];
}

function distributionText({ method, columns, bucketCount }: Distribution): string {
  const names = columns.map(({ name }) => quoted(name)).join(', ');
  const by = columns.length === 0 ? '' : ` BY ${method ?? ''}(${names})`;
  return `DISTRIBUTED${by}${bucketCount === null ? '' : ` INTO ${bucketCount} BUCKETS`}`;
}

/** The statement that makes a view again. Without its catalog, the types of its columns stand behind them. */
export function createViewText(view: View, form: NameForm = 'catalog'): string {
  const last = view.columns.length - 1;
  const columns = view.columns.map(({ name, type }, at) => {
    const comma = at === last ? '' : ',';
    const declared = form === 'database' && type !== null ? declarableText(type) : null;
    return `  ${quoted(name)}${comma}${declared === null ? '' : ` -- ${declared}`}\n`;
  });
  const comment = view.comment === null ? '' : `COMMENT ${text(view.comment)}\n`;
  const head = `CREATE ${view.temporary ? 'TEMPORARY ' : ''}VIEW ${fullName(view, form)}`;
  return `${head} (\n${columns.join('')})\n${comment}AS ${formatLongQuery(view.query)}\n`;
}

/** Null for a type that only expressions have: an interval, a CHAR of no characters. */
function declarableText(type: SqlType): string | null {
  const written = typeText(type, 'serial');
  try {
    return sameType(typeOf(parseType(new SourceText('type', written))), type) ? written : null;
  } catch (thrown) {
    if (thrown instanceof DiagnosticError) return null;
    throw thrown;
  }
}

/** The statement that makes a database again. */
export function createDatabaseText({ name, comment, options }: Database): string {
  const commentLines = comment === null ? [] : [`COMMENT ${text(comment)}`];
  return [`CREATE DATABASE ${quoted(name)}`, ...commentLines, ...withLines(options)].join('\n');
}

/** The statement that makes a function again. */
export function createFunctionText(database: string, { name, className, language }: UserFunction): string {
  return `CREATE FUNCTION ${quoted(database)}.${quoted(name)} AS ${text(className)} LANGUAGE ${language}`;
}

/** The statements that tell of a table's partitions again. */
export function partitionsText(table: Table): readonly string[] {
  return table.partitions.map(({ values, options }) => {
    const keys = table.partitionedBy.map((key, at) => {
      const value = values[at] ?? null;
      return `${quoted(key)} = ${value === null ? 'NULL' : text(value)}`;
    });
    const own = withLines(new Map([...options].map(([key, { value }]) => [key, value])));
    const partition = [`PARTITION (${keys.join(', ')})`, ...own].join('\n');
    return `ALTER TABLE ${fullName(table, 'database')} ADD ${partition}`;
  });
}

function columnText(column: TableColumn): string {
  const comment = column.comment === null ? '' : ` COMMENT ${text(column.comment)}`;
  const name = quoted(column.name);
  switch (column.kind) {
    case 'physical':
      return `${name} ${typeText(column.type, 'serial')}${comment}`;
    case 'metadata': {
      const from = column.key === column.name ? '' : ` FROM ${text(column.key)}`;
      return `${name} ${typeText(column.type, 'serial')} METADATA${from}${column.virtual ? ' VIRTUAL' : ''}${comment}`;
    }
    case 'computed':
      return `${name} AS ${expressionText(column.expression)}${comment}`;
  }
}

function fullName({ path }: Pick<Table, 'path'>, form: NameForm): string {
  const inCatalog = [path.database, path.name];
  return (form === 'catalog' ? [path.catalog, ...inCatalog] : inCatalog).map(quoted).join('.');
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
