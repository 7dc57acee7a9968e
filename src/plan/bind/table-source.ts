import type { Session } from '../../catalog/session.ts';
import type { Table, TableColumn } from '../../catalog/table.ts';
import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { castsExplicitly } from '../../functions/coercion.ts';
import { type Column, columnTypeText, type Schema } from '../../types/column.ts';
import { type SqlType, sameType, typeText } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import {
  allChanges,
  appendOnly,
  type LogicalDeduplicate,
  type LogicalNode,
  type LogicalScan,
  type ScanColumn,
  type TableLookup,
} from '../logical.ts';
import { projectNode, watermarkNode } from '../nodes.ts';
import { bindExpression } from './bind-expression.ts';
import { explicitCast } from './calls.ts';
import type { Scope } from './scope.ts';

/** What the planner must know of a table's connector. */
export interface SourceTraits {
  readonly changes: 'append' | 'all';
  /** Types of the metadata columns that it has, by key. */
  readonly metadata: ReadonlyMap<string, SqlType>;
  /** How it is looked up by a key; null: not at all. */
  readonly lookup: TableLookup | null;
}

/** @throws DiagnosticError O for what is wrong with the table's options */
export type SourceTraitsOf = (table: Table) => SourceTraits;

/** Queries see an event time in milliseconds, though it may be declared with fewer digits. */
function asTimeAttribute(column: Column): Column {
  const { type } = column;
  if (column.timeAttribute !== 'rowtime' || (type.kind !== 'TIMESTAMP' && type.kind !== 'TIMESTAMP_LTZ')) return column;
  return { ...column, type: { ...type, precision: 3 } };
}

type MetadataColumn = Extract<TableColumn, { readonly kind: 'metadata' }>;

/**
 * A table as a query reads it: the scan of physical and metadata columns, the computed columns, the watermark. Without
 * the traits of a connector, as far as its declaration tells.
 * @throws DiagnosticError B035, B038 for a watermark or computed column that cannot be
 */
export function tableSource(table: Table, session: Session, traits: SourceTraits | null, span: Span): LogicalNode {
  if (table.kept?.kind === 'late') return lateRows(table, table.kept.base, session, traits, span);
  return declaredSource(table, session, traits, span);
}

/**
 * `t$late`: its event time is one, and no watermark says how far it is. So no row of it is late, and what it is put
 * together with waits until all of it has been read.
 */
function lateRows(table: Table, base: Table, session: Session, traits: SourceTraits | null, span: Span): LogicalNode {
  const name = base.watermark?.column;
  const time = declaredSource(base, session, null, span).schema.find((column) => column.name === name);
  const precision = { precision: 3, nullable: true };
  const columns = table.columns.map((column, at) =>
    at === base.columns.length && column.kind === 'physical' && time?.type.kind === 'TIMESTAMP_LTZ'
      ? { ...column, type: { kind: time.type.kind, ...precision } }
      : column,
  );
  const node = declaredSource({ ...table, columns }, session, traits, span);
  const asTime = (column: Column): Column =>
    column.name === name ? asTimeAttribute({ ...column, timeAttribute: 'rowtime' }) : column;
  if (node.kind === 'scan')
    return {
      ...node,
      columns: node.columns.map((column) => ({ ...column, ...asTime(column) })),
      schema: node.schema.map(asTime),
    };
  return { ...node, schema: node.schema.map(asTime) };
}

function declaredSource(table: Table, session: Session, traits: SourceTraits | null, span: Span): LogicalNode {
  const read = table.columns.filter((column) => column.kind !== 'computed');
  const columns = read.map(
    (column): ScanColumn => ({
      name: column.name,
      type: traits !== null && column.kind === 'metadata' ? metadataType(column, traits) : column.type,
      path: [column.kind === 'metadata' ? column.key : column.name],
      metadata: column.kind === 'metadata',
    }),
  );
  if (traits !== null) checkMetadataKeys(read);
  const changes = traits?.changes === 'all' ? allChanges : appendOnly;
  const scan: LogicalScan = {
    kind: 'scan',
    table,
    columns,
    filter: null,
    schema: columns.map(({ name, type }) => ({ name, type })),
    changes,
    span,
  };
  let node: LogicalNode = scan;
  const isRead = read.every((column, at) => sameType(column.type, columns[at]?.type ?? column.type, { exact: true }));
  if (read.length < table.columns.length || !isRead) node = withComputed(node, table, session);
  if (table.watermark !== null) {
    const watermarked = withWatermark(node, table, session);
    node = traits === null ? watermarked : { ...watermarked, schema: watermarked.schema.map(asTimeAttribute) };
  }
  const mayRepeat = session.settings.get('table.exec.source.cdc-events-duplicate')?.toLowerCase() === 'true';
  return traits?.changes === 'all' && mayRepeat
    ? normalized(node, table, session.settings.durationMs('table.exec.state.ttl'))
    : node;
}

/** @throws DiagnosticError B038: the connector has no such metadata, or not of a type that can be cast to the column's */
function metadataType(column: MetadataColumn, { metadata }: SourceTraits): SqlType {
  const type = metadata.get(column.key);
  if (type === undefined) {
    const known = [...metadata.keys()];
    return fail('B038', column.span, `unknown metadata key '${column.key}'`, {
      help:
        known.length === 0
          ? 'the connector has no metadata'
          : (didYouMean(column.key, known) ?? `the connector has: ${known.join(', ')}`),
    });
  }
  if (!castsExplicitly(type, column.type)) {
    const shown = `metadata '${column.key}' is ${typeText(type)}, which cannot be cast to ${typeText(column.type)}`;
    fail('B038', column.span, shown);
  }
  return type;
}

/** @throws DiagnosticError B038: two columns of one key */
function checkMetadataKeys(columns: readonly TableColumn[]): void {
  const byKey = new Map<string, MetadataColumn>();
  for (const column of columns) {
    if (column.kind !== 'metadata') continue;
    const first = byKey.get(column.key);
    if (first !== undefined) {
      fail('B038', column.span, `"${first.name}" and "${column.name}" are both metadata '${column.key}'`, {
        help: 'keep one of them, and compute the other from it: name AS expression',
      });
    }
    byKey.set(column.key, column);
  }
}

/**
 * With `table.exec.source.cdc-events-duplicate`, the changes of a source by its key, each once.
 * @throws DiagnosticError B036 without a primary key
 */
function normalized(node: LogicalNode, { primaryKey, path, span }: Table, stateTtlMs: number): LogicalDeduplicate {
  if (primaryKey === null) {
    const setting = "'table.exec.source.cdc-events-duplicate'";
    fail('B036', span, `"${path.name}" has no primary key, and ${setting} needs one`, {
      help: `add PRIMARY KEY (...) NOT ENFORCED, or RESET ${setting}`,
    });
  }
  const keys = primaryKey.columns.map((name) => node.schema.findIndex((column) => column.name === name));
  return {
    kind: 'deduplicate',
    input: node,
    keys,
    timeColumn: keys[0] ?? 0,
    time: 'processing',
    keep: 'current',
    window: null,
    stateTtlMs,
    schema: node.schema,
    changes: allChanges,
    span,
  };
}

function withComputed(scan: LogicalNode, table: Table, session: Session): LogicalNode {
  const scope = scopeOf(scan.schema);
  const column = (declared: TableColumn): Expression => {
    if (declared.kind === 'computed')
      return bindExpression(declared.expression, { scope, functions: session.functions });
    const index = scan.schema.findIndex(({ name }) => name === declared.name);
    const type = scan.schema[index]?.type ?? declared.type;
    const column: Expression = { kind: 'column', index, type, span: declared.span };
    // Nullable as it is declared, whatever the connector promises.
    const cast = sameType(type, declared.type) ? column : explicitCast(column, declared.type, false, declared.span);
    return { ...cast, type: declared.type };
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
    functions: session.functions,
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
