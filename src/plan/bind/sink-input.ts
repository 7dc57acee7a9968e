import type { Session } from '../../catalog/session.ts';
import type { Table, TableColumn } from '../../catalog/table.ts';
import { error, fail } from '../../diagnostics/diagnostic.ts';
import { ErrorCollector } from '../../diagnostics/error-collector.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { castsImplicitly } from '../../functions/coercion.ts';
import { type Column, columnTypeText } from '../../types/column.ts';
import { lengthMax, type SqlType, sameType, typeText, withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import type { LogicalNode } from '../logical.ts';
import { filterNode, projectNode } from '../nodes.ts';
import { call, castTo } from './calls.ts';
import { nullLiteral } from './literals.ts';
import type { TableTraitsOf } from './table-traits.ts';

/** A column that is written. */
type StoredColumn = Exclude<TableColumn, { readonly kind: 'computed' }>;

/** Which of the table's columns a column of the query is for, and where that is said. */
export interface WrittenColumn {
  readonly name: string;
  readonly span: Span;
}

/** How a query's rows go into a table. */
export interface SinkOptions {
  /** The columns that the query's are for, in its order. */
  readonly columns: readonly WrittenColumn[];
  /** The values of columns that the query has not: those of PARTITION (...). */
  readonly constants: ReadonlyMap<string, Expression>;
  readonly session: Session;
  readonly traits: TableTraitsOf;
  readonly span: Span;
  readonly querySpan: Span;
  readonly tableSpan: Span;
}

/** Computed columns and virtual metadata are not stored. */
export function storedColumns(table: Table): readonly StoredColumn[] {
  return table.columns.filter(
    (column): column is StoredColumn => column.kind === 'physical' || (column.kind === 'metadata' && !column.virtual),
  );
}

/**
 * The query's columns as the table's: cast to their types, NULL where the query has none, and kept to NOT NULL and to the
 * lengths of the types as `table.exec.sink.*` asks.
 * @throws DiagnosticError B019, B030 for columns that do not fit
 */
export function sinkInput(query: LogicalNode, table: Table, options: SinkOptions): LogicalNode {
  const targets = storedColumns(table);
  return withNotNull(toColumns(query, table, targets, options), targets, options.session);
}

function toColumns(
  query: LogicalNode,
  table: Table,
  targets: readonly StoredColumn[],
  { columns, constants, session, span, querySpan, tableSpan }: SinkOptions,
): LogicalNode {
  if (columns.length !== query.schema.length) {
    const shown = `"${table.path.name}" takes ${columns.length} columns, and the query has ${query.schema.length}`;
    const taken = columns.flatMap(({ name }) => targets.find((target) => target.name === name) ?? []);
    fail('B019', querySpan, shown, {
      notes: [
        { message: `the query: ${schemaText(query.schema)}`, span: null },
        { message: `the table: ${schemaText(taken)}`, span: null },
      ],
    });
  }
  const errors = new ErrorCollector();
  const enforcer = session.settings.get('table.exec.sink.type-length-enforcer')?.toUpperCase() ?? 'IGNORE';
  const projected = targets.map((target) => {
    const at = columns.findIndex(({ name }) => name === target.name);
    const source = query.schema[at];
    const constant = constants.get(target.name);
    if (constant !== undefined) return { expression: constant, name: target.name };
    if (source === undefined) {
      if (!target.type.nullable)
        errors.add(error('B030', tableSpan, `column "${target.name}" is NOT NULL and gets no value`));
      return { expression: nullLiteral(target.type, span) as Expression, name: target.name };
    }
    if (!sameType(source.type, target.type) && !castsImplicitly(source.type, target.type)) {
      const shown = `column ${at + 1} of the query is ${columnTypeText(source)}, and "${target.name}" of "${table.path.name}" is ${typeText(target.type)}`;
      errors.add(
        error('B030', querySpan, shown, {
          notes: [{ message: `"${target.name}" is declared here`, span: target.span }],
          help: `CAST it to ${typeText(withNullable(target.type, true))}`,
        }),
      );
    }
    const column: Expression = { kind: 'column', index: at, type: source.type, span: querySpan };
    const cast = castTo(column, target.type);
    if (cast.kind !== 'cast') return { expression: ofLength(cast, target, enforcer), name: target.name };
    // A DECIMAL that does not fit becomes NULL.
    const type = target.type.nullable ? withNullable(cast.type, true) : cast.type;
    return { expression: { ...cast, type }, name: target.name };
  });
  errors.throwIfAny();
  return projectNode(query, projected, span);
}

/** A value that needs no cast may be longer than its type says: `table.exec.sink.type-length-enforcer`. */
function ofLength(value: Expression, target: StoredColumn, enforcer: string): Expression {
  if (enforcer === 'IGNORE' || !hasLength(value.type)) return value;
  return call(enforcer === 'ERROR' ? '$CHECK_LENGTH' : '$TRIM_PAD', [value], target.span);
}

function hasLength(type: SqlType): boolean {
  switch (type.kind) {
    case 'CHAR':
    case 'BINARY':
      return true;
    case 'VARCHAR':
    case 'VARBINARY':
      return type.length < lengthMax;
    default:
      return false;
  }
}

/** A NULL for a NOT NULL column fails at its row, or the row is left out: `table.exec.sink.not-null-enforcer`. */
function withNotNull(input: LogicalNode, targets: readonly StoredColumn[], session: Session): LogicalNode {
  const { span } = input;
  const column = (index: number): Expression => ({
    kind: 'column',
    index,
    type: input.schema[index]?.type ?? targets[index]!.type,
    span: targets[index]?.span ?? span,
  });
  const open = targets.flatMap(({ type }, at) => (!type.nullable && column(at).type.nullable ? [at] : []));
  if (open.length === 0) return input;
  if (session.settings.get('table.exec.sink.not-null-enforcer')?.toUpperCase() === 'DROP') {
    const tests = open.map((at) => call('IS NOT NULL', [column(at)], span));
    return filterNode(
      input,
      tests.reduce((all, test) => call('AND', [all, test], span)),
      span,
    );
  }
  const columns = targets.map(({ name }, at) => ({
    name,
    expression: open.includes(at)
      ? { kind: 'cast' as const, input: column(at), type: withNullable(column(at).type, false), safe: false, span }
      : column(at),
  }));
  return projectNode(input, columns, span);
}

function schemaText(schema: readonly Pick<Column, 'name' | 'type'>[]): string {
  return schema.map(({ name, type }) => `${name} ${typeText(type)}`).join(', ');
}
