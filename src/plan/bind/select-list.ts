import { fail } from '../../diagnostics/diagnostic.ts';
import { ErrorCollector } from '../../diagnostics/error-collector.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { FunctionLookup } from '../../functions/lookup.ts';
import type { Identifier, SelectItem } from '../../sql/ast.ts';
import type { Schema } from '../../types/column.ts';
import type { Expression } from '../expression.ts';
import type { LogicalNode, MiniBatch } from '../logical.ts';
import { bindExpression, type ExpressionContext } from './bind-expression.ts';
import type { OuterDomain } from './outer-domain.ts';
import {
  ambiguous,
  fieldOf,
  relationsNamed,
  resolveColumn,
  type Scope,
  shownColumns,
  shownExpression,
} from './scope.ts';
import type { SubquerySettings } from './subqueries.ts';
import type { Syntax } from './syntax.ts';
import type { EmitSettings } from './window-emit.ts';

/** What a SELECT is bound with. */
export interface SelectSettings {
  readonly functions: FunctionLookup;
  readonly stateTtlMs: number;
  /** `table.exec.state.ttl` alone: STATE_TTL hints are for joins and groups. */
  readonly unhintedTtlMs: number;
  readonly miniBatch: MiniBatch | null;
  readonly emit: EmitSettings;
  /** Only the columns are asked for, as of a view: not how the query runs. */
  readonly isDescribed: boolean;
  /** Of the query around a subquery. */
  readonly outer: Scope | null;
  /** What a subquery looks at in the rows around it, if these are among its own. */
  readonly domain: OuterDomain | null;
  readonly subqueries: SubquerySettings;
}

/** A column of a SELECT list. */
export interface SelectedColumn {
  readonly expression: Expression;
  readonly name: string;
}

/** The rows behind FROM, WHERE and GROUP BY, and what the expressions of the SELECT list mean over them. */
export interface SelectRows {
  readonly node: LogicalNode;
  readonly context: ExpressionContext;
  readonly isGrouped?: boolean;
}

/**
 * The columns that the SELECT list names, stars spread. One without a name has that of its place; over groups, as in
 * Flink, names that come twice are counted once: `k, k0, EXPR$1`.
 */
export function selectedColumns(
  items: readonly SelectItem[],
  context: ExpressionContext,
  isGrouped = false,
): readonly SelectedColumn[] {
  const columns: SelectedColumn[] = [];
  const names = new Set<string>();
  const errors = new ErrorCollector();
  for (const item of items) {
    const place = isGrouped ? names.size : columns.length;
    const added = errors.attempt(() => itemColumns(item, context, place)) ?? [];
    for (const column of added) {
      const name = item.value.kind === 'star' ? freeName(column.name, names) : column.name;
      columns.push({ ...column, name });
      names.add(name);
    }
  }
  errors.throwIfAny();
  return columns;
}

/** As in Flink, a star gives a name that is taken a digit: `k`, `k0`, `k1`. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let digit = 0; taken.has(free); digit++) free = `${name}${digit}`;
  return free;
}

function itemColumns(
  { value, alias }: SelectItem,
  context: ExpressionContext,
  position: number,
): readonly SelectedColumn[] {
  const { scope } = context;
  if (value.kind === 'star') return starColumns(value.qualifier?.parts ?? null, scope, value.span, context);
  if (value.kind === 'fieldStar') {
    const row = bindExpression(value.value, context);
    if (row.type.kind !== 'ROW') return fail('B005', value.span, '.* takes the fields of a ROW');
    return row.type.fields.map(({ name }) => ({
      expression: fieldOf(row, { kind: 'identifier', name, isQuoted: true, span: value.span }),
      name,
    }));
  }
  refuseBareNull(value);
  return [{ expression: bindExpression(value, context), name: alias?.name ?? nameOf(value) ?? `EXPR$${position}` }];
}

/** As in Flink: a column of no type could be read by nobody. @throws DiagnosticError B005 */
export function refuseBareNull(value: Syntax): void {
  if (value.kind === 'nullLiteral') {
    fail('B005', value.span, 'NULL alone has no type', { help: 'give it one: CAST(NULL AS STRING)' });
  }
}

function nameOf(value: Syntax): string | null {
  if (value.kind === 'columnReference') return value.name.parts.at(-1)?.name ?? null;
  return value.kind === 'fieldAccess' ? value.field.name : null;
}

/** As in Flink, a star takes no subquery with two columns of one name. @throws DiagnosticError B004 */
function refuseTwice(columns: Schema, span: Span): void {
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name)) ambiguous({ name, span });
    names.add(name);
  }
}

function starColumns(
  qualifier: readonly Identifier[] | null,
  scope: Scope,
  span: Span,
  context: ExpressionContext,
): readonly SelectedColumn[] {
  const relations = qualifier === null ? scope.relations : relationsNamed(scope, qualifier);
  if (qualifier === null && relations.length === 0) return fail('B003', span, 'a star needs a FROM');
  if (relations.length === 0 && qualifier !== null) {
    const row = resolveColumn(scope, { kind: 'qualifiedName', parts: qualifier, span });
    if (row.type.kind !== 'ROW') return fail('B005', span, '.* takes the fields of a ROW');
    return row.type.fields.map(({ name }) => ({
      expression: fieldOf(row, { kind: 'identifier', name, isQuoted: true, span }),
      name,
    }));
  }
  for (const { start, count } of relations) refuseTwice(scope.schema.slice(start, start + count), span);
  const shown = shownColumns(qualifier === null ? scope : { schema: scope.schema, relations });
  return shown.map((column) => {
    const identifier = { kind: 'identifier' as const, name: column.name, isQuoted: true, span };
    const reference = {
      kind: 'columnReference' as const,
      name: { kind: 'qualifiedName' as const, parts: [identifier], span },
      span,
    };
    // A star over groups names columns that may not be grouped.
    const stand = context.intercept?.(reference) ?? null;
    return { expression: stand ?? shownExpression(scope, column, span), name: column.name };
  });
}
