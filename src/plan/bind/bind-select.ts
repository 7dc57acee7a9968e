import { fail } from '../../diagnostics/diagnostic.ts';
import { ErrorCollector } from '../../diagnostics/error-collector.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { FunctionCall, Select } from '../../sql/ast.ts';
import type { Column, Schema } from '../../types/column.ts';
import { BIGINT } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import { appendOnly, type LogicalNode } from '../logical.ts';
import { aggregateNode, filterNode, projectNode } from '../nodes.ts';
import { conjuncts } from '../same-expression.ts';
import { isAggregateCall } from './bind-aggregate.ts';
import { bindExpression, type ExpressionContext } from './bind-expression.ts';
import { bindGroups } from './bind-groups.ts';
import {
  bindOverCall,
  isOverCall,
  isRankName,
  type OverCall,
  overCallsOf,
  overCallText,
  overRows,
  type RankName,
  withColumns,
} from './bind-over.ts';
import { type BoundFrom, type BoundQuery, ofNode, settled, sortKeyOf } from './bound-query.ts';
import { condition, isConstant } from './calls.ts';
import { chosenJoins } from './choose-join.ts';
import { joinsUnder } from './join-condition.ts';
import { type Ranking, topNOf } from './ranking.ts';
import { emptyScope } from './scope.ts';
import { type SelectedColumn, type SelectRows, type SelectSettings, selectedColumns } from './select-list.ts';
import { type Syntax, someNode, withNodes } from './syntax.ts';

/** One SELECT, with its groups, its ranking and its DISTINCT. @throws DiagnosticError with every independent mistake */
export function bindSelect(select: Select, from: BoundFrom | null, settings: SelectSettings): BoundQuery {
  const errors = new ErrorCollector();
  const before: ExpressionContext = { scope: from?.scope ?? emptyScope, timeZone: settings.timeZone };
  const where = select.where === null ? null : errors.attempt(() => whereCondition(select.where as Syntax, before));
  if (where === undefined) {
    // The SELECT list may have mistakes of its own.
    errors.attempt(() => selectedColumns(select.items, before));
    errors.throwIfAny();
  }
  const filtered = filteredRows(from?.bound ?? oneRow(select.span), where ?? null, select.span, settings.isDescribed);
  // A join may make plain columns of time attributes.
  const schema = before.scope.schema.map((column, at) => withAttribute(column, filtered.schema[at]));
  const plain: ExpressionContext = { ...before, scope: { ...before.scope, schema } };
  const isGrouped =
    select.groupBy !== null ||
    select.having !== null ||
    select.items.some(({ value }) => someNode(value, isAggregateCall));
  if (!isGrouped) {
    const rows: SelectRows = { node: filtered, context: plain };
    return distinct(projected(select, rows, null), select, settings);
  }
  return distinct(
    bindGroups(select, filtered, plain, settings, (rows, columns) => projected(select, rows, columns)),
    select,
    settings,
  );
}

function whereCondition(node: Syntax, context: ExpressionContext): Expression {
  const aggregate: ExpressionContext = {
    ...context,
    intercept: (child) => {
      if (isAggregateCall(child))
        fail('B011', child.span, 'WHERE is computed before groups are made: no aggregate may stand here', {
          help: 'use HAVING',
        });
      return null;
    },
  };
  return condition(bindExpression(node, aggregate), 'WHERE');
}

/** SELECT without FROM: one row of no columns. */
function oneRow(span: Span): BoundQuery {
  return ofNode({ kind: 'values', rows: [[]], schema: [], changes: appendOnly, uniqueKeys: [], span });
}

function filteredRows(bound: BoundQuery, where: Expression | null, span: Span, isDescribed = false): LogicalNode {
  if (bound.ranking !== null && where !== null) {
    const topN = topNOf(bound.ranking, where);
    if (topN === null) return filterNode(settled(bound), where, where.span);
    return topN.rest === null ? topN.node : filterNode(topN.node, topN.rest, where.span);
  }
  const joined = joinsUnder(settled(bound), where === null ? [] : conjuncts(where), where?.span ?? span);
  return chosenJoins(joined, isDescribed);
}

function withAttribute({ name, type }: Column, { timeAttribute }: Partial<Column> = {}): Column {
  return timeAttribute === undefined ? { name, type } : { name, type, timeAttribute };
}

/** The SELECT list over its rows; one with ROW_NUMBER() OVER waits for its filter, or has it in QUALIFY. */
function projected(select: Select, rows: SelectRows, columns: readonly SelectedColumn[] | null): BoundQuery {
  const calls = overCallsOf(select);
  const [call] = calls;
  if (
    call === undefined ||
    (select.qualify !== null && !someNode(withAliases(select.qualify, select, rows), isOverCall))
  ) {
    if (select.qualify !== null)
      fail('B039', select.qualify.span, 'QUALIFY filters by a window function, and there is none in it');
    return ofNode(projectNode(rows.node, columns ?? selectedColumns(select.items, rows.context), select.span));
  }
  const bound = calls.map((node) => bindOverCall(node, rows.context, select.windows));
  const [first] = bound;
  const isOne = new Set(bound.map(overCallText)).size === 1;
  if (first !== undefined && isOne && isRankName(first.name)) return ranked(select, rows, first, first.name);
  return ofNode(withOver(select, rows, bound));
}

/** The SELECT list over rows with the results of window functions. */
function withOver(select: Select, rows: SelectRows, calls: readonly OverCall[]): LogicalNode {
  const { node, column } = overRows(rows, calls, calls[0]?.node.span ?? select.span);
  const context = overContext(rows.context, (child) =>
    column(overCallText(bindOverCall(child, rows.context, select.windows))),
  );
  const columns = selectedColumns(select.items, context);
  const kept = select.qualify === null ? node : filtered(node, qualifyCondition(select, rows, context));
  return projectNode(kept, columns, select.span);
}

/** The context in which a window function stands for a column. */
function overContext(context: ExpressionContext, stand: (node: FunctionCall) => Expression): ExpressionContext {
  return {
    ...context,
    intercept: (node) => (isOverCall(node) ? stand(node) : (context.intercept?.(node) ?? null)),
  };
}

function filtered(node: LogicalNode, where: Expression): LogicalNode {
  return filterNode(node, where, where.span);
}

/** QUALIFY may call results by their aliases. */
function qualifyCondition(select: Select, rows: SelectRows, context: ExpressionContext): Expression {
  if (select.qualify === null) throw new Error('there is a QUALIFY');
  return condition(bindExpression(withAliases(select.qualify, select, rows), context), 'QUALIFY');
}

/** The aliases of a SELECT list as what they stand for, where they are no columns of the rows. */
function withAliases(node: Syntax, select: Select, { context }: SelectRows): Syntax {
  const isColumn = (name: string): boolean => context.scope.schema.some((column) => column.name === name);
  return withNodes(node, (child) => {
    if (child.kind !== 'columnReference' || child.name.parts.length !== 1) return null;
    const name = child.name.parts[0]?.name ?? '';
    return isColumn(name) ? null : (select.items.find(({ alias }) => alias?.name === name)?.value ?? null);
  });
}

/** Rows with their rank, which waits for its bound; one in QUALIFY bounds it at once. */
function ranked(select: Select, rows: SelectRows, over: OverCall, name: RankName): BoundQuery {
  const { span } = over.node;
  if (over.order.length === 0) fail('B033', span, `${name}() needs an ORDER BY in its OVER`);
  if (over.order.every(({ value }) => isConstant(value)))
    fail('B033', span, `${name}() is ordered by columns, and this is a constant`);
  const { input, columnOf } = withColumns(rows.node, [...over.partition, ...over.order.map(({ value }) => value)]);
  const rank: Expression = { kind: 'column', index: input.schema.length, type: BIGINT(false), span };
  const context = overContext(rows.context, () => rank);
  const columns = selectedColumns(select.items, context);
  const ranking: Ranking = {
    name,
    input,
    partition: over.partition.map((value) => columnOf(value).index),
    order: over.order.map(({ value, item }) => sortKeyOf(item, columnOf(value).index)),
    columns,
    span,
    unbounded: () => withOver(select, rows, [over]),
  };
  const schema: Schema = [...input.schema, { name: '$rank', type: BIGINT(false) }];
  if (select.qualify === null)
    return { schema: projectNode({ ...input, schema }, columns, select.span).schema, node: null, ranking };
  const all = schema.map(({ name: column, type }, index) => ({
    expression: { kind: 'column' as const, index, type, span },
    name: column,
  }));
  const topN = topNOf({ ...ranking, columns: all }, qualifyCondition(select, rows, context));
  if (topN === null) return ofNode(ranking.unbounded());
  return ofNode(projectNode(topN.rest === null ? topN.node : filtered(topN.node, topN.rest), columns, select.span));
}

function distinct(bound: BoundQuery, select: Select, settings: SelectSettings): BoundQuery {
  if (select.quantifier !== 'DISTINCT') return bound;
  const node = settled(bound);
  const keys = node.schema.map((_, at) => at);
  return ofNode(aggregateNode(node, keys, [], settings.stateTtlMs, select.span));
}
