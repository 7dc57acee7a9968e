import type { Session } from '../../catalog/session.ts';
import type { Table, TableColumn } from '../../catalog/table.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { columnTypeText, type Schema } from '../../types/column.ts';
import { typeText } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import { allChanges, appendOnly, type LogicalNode, type LogicalScan, type ScanColumn } from '../logical.ts';
import { projectNode, watermarkNode } from '../nodes.ts';
import { bindExpression } from './bind-expression.ts';
import type { Scope } from './scope.ts';

/** What the planner must know of a table's connector. */
export type ChangesOf = (table: Table) => 'append' | 'all';

/**
 * A table as a query reads it: the scan of physical and metadata columns, the computed columns, the watermark.
 * @throws DiagnosticError B035, B038 for a watermark or computed column that cannot be
 */
export function tableSource(table: Table, session: Session, changesOf: ChangesOf, span: Span): LogicalNode {
  const read = table.columns.filter((column) => column.kind !== 'computed');
  const columns = read.map(
    (column): ScanColumn => ({
      name: column.name,
      type: column.type,
      path: [column.kind === 'metadata' ? column.key : column.name],
      metadata: column.kind === 'metadata',
    }),
  );
  const changes = changesOf(table) === 'append' ? appendOnly : allChanges;
  const keys =
    table.primaryKey === null
      ? []
      : [table.primaryKey.columns.map((name) => columns.findIndex((column) => column.name === name))];
  const scan: LogicalScan = {
    kind: 'scan',
    table,
    columns,
    filter: null,
    schema: columns.map(({ name, type }) => ({ name, type })),
    changes,
    uniqueKeys: keys,
    span,
  };
  let node: LogicalNode = scan;
  if (read.length < table.columns.length) node = withComputed(node, table, session);
  return table.watermark === null ? node : withWatermark(node, table, session);
}

function withComputed(scan: LogicalNode, table: Table, session: Session): LogicalNode {
  const scope = scopeOf(scan.schema);
  const column = (declared: TableColumn): Expression => {
    if (declared.kind === 'computed')
      return bindExpression(declared.expression, { scope, timeZone: session.settings.timeZone });
    const index = scan.schema.findIndex(({ name }) => name === declared.name);
    return { kind: 'column', index, type: declared.type, span: declared.span };
  };
  const columns = table.columns.map((declared) => ({ expression: column(declared), name: declared.name }));
  return projectNode(scan, columns, table.span);
}

function withWatermark(node: LogicalNode, table: Table, session: Session): LogicalNode {
  const { watermark } = table;
  if (watermark === null) return node;
  const at = node.schema.findIndex(({ name }) => name === watermark.column);
  const column = node.schema[at];
  if (column === undefined) {
    fail('B035', watermark.span, `the watermark names "${watermark.column}", which is no column of the table`, {
      help: watermark.column.includes('.')
        ? 'a field cannot be a time attribute: make it a computed column'
        : `columns: ${node.schema.map(({ name }) => name).join(', ')}`,
    });
  }
  if (column.timeAttribute === 'proctime') {
    fail('B035', watermark.span, `"${column.name}" is a processing time, which needs no watermark`);
  }
  const isTime =
    (column.type.kind === 'TIMESTAMP' || column.type.kind === 'TIMESTAMP_LTZ') && column.type.precision <= 3;
  if (!isTime) {
    fail(
      'B035',
      watermark.span,
      `an event time is TIMESTAMP(3) or TIMESTAMP_LTZ(3), and "${column.name}" is ${typeText(column.type)}`,
      {
        help: column.type.kind === 'BIGINT' ? `add a column AS TO_TIMESTAMP_LTZ(${column.name}, 3)` : undefined,
      },
    );
  }
  const expression = bindExpression(watermark.expression, {
    scope: scopeOf(node.schema),
    timeZone: session.settings.timeZone,
  });
  if (
    (expression.type.kind !== 'TIMESTAMP' && expression.type.kind !== 'TIMESTAMP_LTZ') ||
    expression.type.precision > 3
  ) {
    fail(
      'B035',
      watermark.expression.span,
      `a watermark is TIMESTAMP(3) or TIMESTAMP_LTZ(3), and this is ${typeText(expression.type)}`,
    );
  }
  if (expression.type.kind !== column.type.kind) {
    fail(
      'B035',
      watermark.expression.span,
      `the watermark is ${expression.type.kind}, and its column is ${columnTypeText(column)}`,
    );
  }
  return watermarkNode(node, at, expression, watermark.span);
}

/** A scope over one nameless relation. */
export function scopeOf(schema: Schema, alias: string | null = null): Scope {
  return { schema, relations: [{ alias, path: null, start: 0, count: schema.length }] };
}
