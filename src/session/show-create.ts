import type { Table, TableColumn } from '../catalog/table.ts';
import type { View } from '../catalog/view.ts';
import { formatQuery } from '../sql/format.ts';
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
  const options = [...table.options].map(([key, { value }]) => `  ${text(key)} = ${text(value)}`).sort();
  return [
    `CREATE ${table.temporary ? 'TEMPORARY ' : ''}TABLE ${fullName(table)} (`,
    lines.map((line) => `  ${line}`).join(',\n'),
    ')',
    ...(table.comment === null ? [] : [`COMMENT ${text(table.comment)}`]),
    ...(table.partitionedBy.length === 0 ? [] : [`PARTITIONED BY (${table.partitionedBy.map(quoted).join(', ')})`]),
    ...(options.length === 0 ? [] : ['WITH (', options.join(',\n'), ')']),
    '',
  ].join('\n');
}

/** The statement that makes a view again. */
export function createViewText(view: View): string {
  const columns = view.columns.map((name) => `  ${quoted(name)}`).join(',\n');
  const comment = view.comment === null ? '' : `COMMENT ${text(view.comment)}\n`;
  return `CREATE ${view.temporary ? 'TEMPORARY ' : ''}VIEW ${fullName(view)} (\n${columns}\n)\n${comment}AS ${formatQuery(view.query)}\n`;
}

function columnText(column: TableColumn): string {
  const comment = column.comment === null ? '' : ` COMMENT ${text(column.comment)}`;
  const name = quoted(column.name);
  switch (column.kind) {
    case 'physical':
      return `${name} ${declaredTypeText(column)}${comment}`;
    case 'metadata': {
      const from = column.key === column.name ? '' : ` FROM ${text(column.key)}`;
      return `${name} ${declaredTypeText(column)} METADATA${from}${column.virtual ? ' VIRTUAL' : ''}${comment}`;
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

/** The types of a table's text in SHOW CREATE. */
function declaredTypeText(column: Extract<TableColumn, { readonly kind: 'physical' | 'metadata' }>): string {
  return typeText(column.type)
    .replace(/\bSTRING\b/g, 'VARCHAR(2147483647)')
    .replace(/\bBYTES\b/g, 'VARBINARY(2147483647)');
}
