import { partitionValueText } from '../../catalog/alter-partitions.ts';
import { declareTable } from '../../catalog/declare-table.ts';
import type { Session } from '../../catalog/session.ts';
import type { Table } from '../../catalog/table.ts';
import { didYouMean } from '../../diagnostics/candidates.ts';
import { error, fail } from '../../diagnostics/diagnostic.ts';
import { ErrorCollector } from '../../diagnostics/error-collector.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { CreateTable, Insert, PartitionSpec } from '../../sql/ast.ts';
import { STRING } from '../../types/sql-type.ts';
import { inputsOf } from '../children.ts';
import type { Expression } from '../expression.ts';
import { changesText, isAppendOnly, type LogicalNode, type LogicalSink } from '../logical.ts';
import type { QueryBinder } from './bind-query.ts';
import { explicitCast } from './calls.ts';
import { nullLiteral, stringLiteral } from './literals.ts';
import { withOptionHints } from './option-hints.ts';
import { type SinkOptions, sinkInput, storedColumns, type WrittenColumn } from './sink-input.ts';
import type { TableTraitsOf } from './table-traits.ts';

/** @throws DiagnosticError for a table that cannot be written so, and for a query that does not fit it */
export function bindInsert(insert: Insert, session: Session, binder: QueryBinder, traits: TableTraitsOf): LogicalSink {
  const object = session.get(insert.table);
  if (object.kind === 'view')
    fail('B017', insert.table.span, `"${object.view.path.name}" is a view; INSERT takes a table`);
  const { kept } = object.table;
  if (kept !== undefined)
    fail('O006', insert.table.span, `"${object.table.path.name}" cannot be written`, {
      help: `the jobs that read "${kept.base.path.name}" fill it`,
    });
  if (insert.form === 'INSERT OVERWRITE')
    fail('B039', insert.span, 'a stream has no end at which INSERT OVERWRITE could replace what was there');
  if (insert.form === 'UPSERT INTO') fail('B039', insert.span, 'UPSERT INTO is not supported; write INSERT INTO');
  const table = withOptionHints(object.table, insert.hints, session);
  const constants = insert.partition === null ? new Map() : partitionConstants(table, insert.partition);
  const query = binder.query(insert.query);
  return sinkOf(query, table, {
    columns: writtenColumns(insert, table, constants),
    constants,
    session,
    traits,
    span: insert.span,
    querySpan: insert.query.span,
    tableSpan: insert.table.span,
  });
}

/**
 * CREATE TABLE ... AS: the query's rows into the table that is made of it.
 * @throws DiagnosticError for a table that cannot be declared so, and as for INSERT
 */
export function bindCreateTableAs(
  statement: CreateTable,
  query: LogicalNode,
  session: Session,
  traits: TableTraitsOf,
): LogicalSink {
  const { name, span } = statement;
  if (statement.isTemporary) {
    fail('B039', span, 'CREATE TEMPORARY TABLE ... AS is not supported', {
      help: 'leave TEMPORARY out, and DROP it later',
    });
  }
  const table = declareTable(session, statement, query.schema);
  return sinkOf(query, table, {
    columns: query.schema.map((column) => ({ name: column.name, span: name.span })),
    constants: new Map(),
    session,
    traits,
    span,
    querySpan: statement.query?.span ?? span,
    tableSpan: name.span,
  });
}

/** @throws DiagnosticError B019, B030 for columns that do not fit, B031 for changes that the table does not take */
function sinkOf(query: LogicalNode, table: Table, options: SinkOptions): LogicalSink {
  checkWrittenMetadata(table);
  checkEventTimes(query, options.querySpan);
  const input = sinkInput(query, table, options);
  const accepts = options.traits.accepts(table);
  if (accepts === 'append' && !isAppendOnly(query.changes)) refuseChanges(query, table, options.querySpan);
  const key = table.primaryKey?.columns.map((name) => input.schema.findIndex((column) => column.name === name));
  const { settings } = options.session;
  const materialize = materializeSetting(settings.get('table.exec.sink.upsert-materialize'));
  const stateTtlMs = settings.durationMs('table.exec.state.ttl');
  return { input, table, accepts, key: key ?? null, materialize, stateTtlMs, span: options.span };
}

function materializeSetting(text: string | undefined): LogicalSink['materialize'] {
  const upper = text?.toUpperCase();
  return upper === 'NONE' || upper === 'FORCE' ? upper : 'AUTO';
}

/** @throws DiagnosticError B030: a row that is written has one event time */
function checkEventTimes({ schema }: LogicalNode, span: Span): void {
  const times = schema.filter(({ timeAttribute }) => timeAttribute === 'rowtime').map(({ name }) => `"${name}"`);
  if (times.length < 2) return;
  fail('B030', span, `the query has ${times.length} event times, and a table takes one: ${times.join(', ')}`, {
    help: 'CAST all but one of them to TIMESTAMP(3)',
  });
}

/** The columns that are named, or all that are stored and have no value of PARTITION. @throws DiagnosticError B003, B019 */
function writtenColumns(
  { columns: named, table: { span } }: Insert,
  table: Table,
  constants: ReadonlyMap<string, Expression>,
): readonly WrittenColumn[] {
  const stored = storedColumns(table).filter(({ name }) => !constants.has(name));
  if (named === null) return stored.map(({ name }) => ({ name, span }));
  const errors = new ErrorCollector();
  const names = stored.map(({ name }) => name);
  const columns = named.map((column) => ({
    name: column.parts.map((part) => part.name).join('.'),
    span: column.span,
  }));
  for (const [at, column] of columns.entries()) {
    const { name } = column;
    if (columns.findIndex((each) => each.name === name) < at)
      errors.add(error('B019', column.span, `column "${name}" is named twice`));
    else if (constants.has(name))
      errors.add(error('B019', column.span, `column "${name}" has its value from PARTITION already`));
    else if (!names.includes(name))
      errors.add(error('B003', column.span, `unknown column "${name}"`, { help: didYouMean(name, names) }));
  }
  errors.throwIfAny();
  return columns;
}

/** The values of PARTITION (k = 'v', ...), cast to their columns. @throws DiagnosticError B003, B007, B009, B019 */
function partitionConstants(table: Table, { values, span }: PartitionSpec): ReadonlyMap<string, Expression> {
  const constants = new Map<string, Expression>();
  for (const value of values) {
    const { name, span: nameSpan } = value.column;
    const column = table.columns.find((each) => each.name === name);
    if (column === undefined || column.kind === 'computed' || !table.partitionedBy.includes(name)) {
      const help = table.partitionedBy.length === 0 ? 'the table is not partitioned' : undefined;
      fail('B003', nameSpan, `"${name}" is no partition key of "${table.path.name}"`, {
        help: help ?? didYouMean(name, table.partitionedBy) ?? `its keys: ${table.partitionedBy.join(', ')}`,
      });
    }
    if (constants.has(name)) fail('B019', nameSpan, `partition key "${name}" is given twice`);
    const text = partitionValueText(value);
    const at = value.value?.span ?? span;
    const literal = text === null ? nullLiteral(STRING(), at) : stringLiteral(text, at);
    constants.set(name, explicitCast(literal, column.type, false, at));
  }
  return constants;
}

/** @throws DiagnosticError B038: no connector takes metadata yet, so a column of it is declared VIRTUAL */
function checkWrittenMetadata(table: Table): void {
  const column = table.columns.find((each) => each.kind === 'metadata' && !each.virtual);
  if (column === undefined) return;
  fail('B038', column.span, `metadata column "${column.name}" cannot be written`, {
    help: 'declare it METADATA VIRTUAL: then it is read, and left out of INSERT',
  });
}

function refuseChanges(query: LogicalNode, table: Table, span: Span): never {
  const origin = updatingNode(query);
  fail('B031', origin.span, `"${table.path.name}" takes inserts only, and this sends ${changesText(query.changes)}`, {
    notes: [{ message: 'the query', span }],
    help: 'aggregate by windows, whose results are final, or write to a table that takes updates',
  });
}

/** The deepest node whose rows are updated. */
function updatingNode(node: LogicalNode): LogicalNode {
  const below = inputsOf(node).find((input) => !isAppendOnly(input.changes));
  return below === undefined ? node : updatingNode(below);
}
