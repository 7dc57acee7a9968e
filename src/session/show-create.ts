import type { Catalog } from '../catalog/session.ts';
import type { Table, TableColumn } from '../catalog/table.ts';
import type { View } from '../catalog/view.ts';
import type { Distribution } from '../sql/ast.ts';
import { formatLongQuery } from '../sql/format.ts';
import { typeText } from '../types/sql-type.ts';
import { expressionText } from './expression-text.ts';

/** The statement that makes a table again, as Flink prints it. */
export function createTableText(table: Table): string {
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
    `CREATE ${table.temporary ? 'TEMPORARY ' : ''}TABLE ${fullName(table)} (`,
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

/** The statement that makes a view again. */
export function createViewText(view: View): string {
  const columns = view.columns.map(({ name }) => `  ${quoted(name)}`).join(',\n');
  const comment = view.comment === null ? '' : `COMMENT ${text(view.comment)}\n`;
  return `CREATE ${view.temporary ? 'TEMPORARY ' : ''}VIEW ${fullName(view)} (\n${columns}\n)\n${comment}AS ${formatLongQuery(view.query)}\n`;
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

function fullName({ path }: Pick<Table, 'path'>): string {
  return [path.catalog, path.database, path.name].map(quoted).join('.');
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
