import { fail } from '../../diagnostics/diagnostic.ts';
import { ErrorCollector } from '../../diagnostics/error-collector.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { FunctionLookup } from '../../functions/lookup.ts';
import type { FunctionCall, Select } from '../../sql/ast.ts';
import type { Column, Schema } from '../../types/column.ts';
import { BIGINT, withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import { appendOnly, type LogicalNode } from '../logical.ts';
import { aggregateNode, filterNode, projectNode } from '../nodes.ts';
import { conjuncts, mapColumns } from '../same-expression.ts';
import { isAggregateCall } from './bind-aggregate.ts';
import { bindExpression, type ExpressionContext, notYet } from './bind-expression.ts';
import { bindGroups } from './bind-groups.ts';
import {
  bindOverCall,
  isOverCall,
  isRankName,
  type OverCall,
  overCallsOf,
  overCallText,
  overRows,
  withColumns,
} from './bind-over.ts';
import { type BoundFrom, type BoundQuery, ofNode, openRows, settled, sortKeyOf } from './bound-query.ts';
import { call, condition, isConstant } from './calls.ts';
import { chosenJoins } from './choose-join.ts';
import { type Correlation, hasOuter, outerEquality } from './correlation.ts';
import { joinsUnder } from './join-condition.ts';
import { besideDomain, domainConditions } from './outer-domain.ts';
import { type Ranking, topNOf } from './ranking.ts';
import { emptyScope } from './scope.ts';
import { type SelectRows, type SelectSettings, selectedColumns } from './select-list.ts';
import { SubqueryJoins } from './subqueries.ts';
import { hasSubquery } from './subquery-nodes.ts';
import { type Syntax, someNode, withNodes } from './syntax.ts';

/** One SELECT, with its groups, its ranking and its DISTINCT. @throws DiagnosticError with every independent mistake */
export function bindSelect(select: Select, read: BoundFrom | null, settings: SelectSettings): BoundQuery {
  const { domain } = settings;
  const own = read ?? { bound: oneRow(select.span), scope: emptyScope };
  if (domain === null && own.bound.isOneRow === true && own.bound.correlation !== undefined)
    return ofOneRow(select, own, own.bound.correlation, settings);
  const from = domain === null ? read : besideDomain(own, domain, select.span);
  const errors = new ErrorCollector();
  const scope = from?.scope ?? emptyScope;
  const before: ExpressionContext = {
    scope: settings.outer === null ? scope : { ...scope, outer: settings.outer },
    functions: settings.functions,
  };
  const parts = whereParts(select.where);
  const where = errors.attempt(() => parts.plain.map((part) => whereCondition(part, before)));
  if (where === undefined) {
    // The SELECT list may have mistakes of its own.
    errors.attempt(() => selectedColumns(select.items, before));
    errors.throwIfAny();
  }
  const conditions = (where ?? []).flatMap(conjuncts);
  const ownConditions = conditions.filter((condition) => !hasOuter(condition));
  const open = from?.bound.correlation === undefined ? null : openRows(from);
  const rows = open === null ? (from?.bound ?? own.bound) : ofNode(open.node);
  const filtered = filteredRows(rows, ownConditions, select.span, settings.isDescribed);
  // A join may make plain columns of time attributes.
  const schema = scope.schema.map((column, at) => withAttribute(column, filtered.schema[at]));
  const joins = new SubqueryJoins(filtered, settings.subqueries);
  const plain: ExpressionContext = { ...before, scope: { ...before.scope, schema }, subquery: joins.value };
  const correlated = [
    ...(domain === null || from === null ? [] : domainConditions(domain, from, select.span)),
    ...(open?.conditions ?? []),
    ...conditions.filter(hasOuter),
    ...parts.withSubqueries.flatMap((part) => joins.filter(part, withoutAggregates(plain))),
  ];
  const isGrouped =
    select.groupBy !== null ||
    select.having !== null ||
    select.items.some(({ value }) => someNode(value, (node) => isAggregateCall(node, settings.functions)));
  if (!isGrouped) {
    const rows: SelectRows = {
      get node() {
        return joins.node;
      },
      context: plain,
    };
    return distinct(projected(select, rows, correlated, settings), select, settings);
  }
  return distinct(groupedRows(select, joins, plain, settings, correlated), select, settings);
}

/**
 * What selects columns of an aggregate that looks at the row around, and no more, is that aggregate: it too has one row.
 * @throws DiagnosticError W003 for what does more
 */
function ofOneRow(
  select: Select,
  { bound, scope }: BoundFrom,
  correlation: Correlation,
  settings: SelectSettings,
): BoundQuery {
  const { where, groupBy, having, qualify, items } = select;
  const isPlain = [where, groupBy, having, qualify].every((clause) => clause === null);
  const columns =
    isPlain && items.every(({ value }) => value.kind === 'columnReference' || value.kind === 'star')
      ? selectedColumns(items, { scope, functions: settings.functions })
      : [];
  const values = columns.flatMap(({ expression }) =>
    expression.kind === 'column' ? (correlation.values[expression.index] ?? []) : [],
  );
  if (values.length === 0 || values.length !== columns.length) return ofNode(settled(bound));
  const schema = columns.map(({ name, expression }): Column => ({ name, type: expression.type }));
  return { ...bound, schema, correlation: { ...correlation, values } };
}

/** GROUP BY and aggregates: those of a subquery that looks at the row around it are made for each such row. */
function groupedRows(
  select: Select,
  joins: SubqueryJoins,
  context: ExpressionContext,
  settings: SelectSettings,
  correlated: readonly Expression[],
): BoundQuery {
  // What keys and aggregates look at is joined before the groups are made.
  const keys = (select.groupBy?.items ?? []) as readonly Syntax[];
  for (const node of [...keys, ...aggregateCalls(select, settings.functions)]) joins.bindAll(node, context);
  const equalities = correlated.map(
    (condition) => outerEquality(condition) ?? notYet('W003', condition.span, 'an aggregate that is correlated so'),
  );
  const isGlobal = select.groupBy === null;
  const inner = equalities.map((equality) => equality.inner);
  const rowContext = { ...context, subquery: joins.knownValue };
  const bound = bindGroups(select, { input: joins.node, context: rowContext, extraKeys: inner }, settings, (groups) => {
    if (correlated.length === 0) return projected(select, groups, [], settings);
    const conditions = equalities.map(({ outer, nullsMeet, span }, at) =>
      call(nullsMeet ? 'IS NOT DISTINCT FROM' : '=', [groups.extraKeys[at] as Expression, outer], span),
    );
    const grouped = projected(select, groups, conditions, settings);
    // A group that HAVING leaves out has no count either.
    return isGlobal && select.having === null
      ? { ...grouped, correlation: withEmptyCounts(grouped, groups.counts) }
      : grouped;
  });
  return isGlobal && select.having === null ? { ...bound, isOneRow: true } : bound;
}

/** Of a row around for which there is no group, COUNT is 0. */
function withEmptyCounts({ correlation }: BoundQuery, counts: ReadonlySet<number>): Correlation {
  if (correlation === undefined) throw new Error('a correlated query has a correlation');
  const counted = (value: Expression): Expression =>
    mapColumns(value, (index, column) => {
      if (!counts.has(index)) return column;
      const nullable: Expression = { ...column, type: withNullable(column.type, true) };
      return call(
        'COALESCE',
        [nullable, { kind: 'literal', value: 0n, type: BIGINT(false), span: column.span }],
        column.span,
      );
    });
  return { ...correlation, values: correlation.values.map(counted) };
}

function aggregateCalls(select: Select, functions: FunctionLookup): readonly Syntax[] {
  const calls: Syntax[] = [];
  const collect = (node: Syntax): boolean => {
    if (isAggregateCall(node, functions)) calls.push(node);
    return false;
  };
  for (const { value } of select.items) someNode(value, collect);
  for (const node of [select.having, select.qualify]) if (node !== null) someNode(node, collect);
  return calls;
}

/** WHERE, with the conditions apart that have subqueries. */
function whereParts(where: Syntax | null): {
  readonly plain: readonly Syntax[];
  readonly withSubqueries: readonly Syntax[];
} {
  if (where === null) return { plain: [], withSubqueries: [] };
  if (!hasSubquery(where)) return { plain: [where], withSubqueries: [] };
  const parts: Syntax[] = [];
  let rest = where;
  while (rest.kind === 'binary' && rest.operator === 'AND') {
    parts.unshift(rest.right);
    rest = rest.left;
  }
  parts.unshift(rest);
  return { plain: parts.filter((part) => !hasSubquery(part)), withSubqueries: parts.filter(hasSubquery) };
}

function whereCondition(node: Syntax, context: ExpressionContext): Expression {
  return condition(bindExpression(node, withoutAggregates(context)), 'WHERE');
}

function withoutAggregates(context: ExpressionContext): ExpressionContext {
  return {
    ...context,
    intercept: (child) => {
      if (isAggregateCall(child, context.functions))
        fail('B011', child.span, 'WHERE is computed before groups are made: no aggregate may stand here', {
          help: 'use HAVING',
        });
      return null;
    },
  };
}

/** SELECT without FROM: one row of no columns. */
function oneRow(span: Span): BoundQuery {
  return ofNode({ kind: 'values', rows: [[]], schema: [], changes: appendOnly, span });
}

function filteredRows(
  bound: BoundQuery,
  conditions: readonly Expression[],
  span: Span,
  isDescribed: boolean,
): LogicalNode {
  const [first, ...rest] = conditions;
  if (bound.ranking !== null && first !== undefined) {
    const where = rest.reduce((left, right) => call('AND', [left, right], span), first);
    const topN = topNOf(bound.ranking, where);
    if (topN === null) return filterNode(settled(bound), where, where.span);
    return topN.rest === null ? topN.node : filterNode(topN.node, topN.rest, where.span);
  }
  return chosenJoins(joinsUnder(settled(bound), conditions, first?.span ?? span), isDescribed);
}

function withAttribute({ name, type }: Column, { timeAttribute }: Partial<Column> = {}): Column {
  return timeAttribute === undefined ? { name, type } : { name, type, timeAttribute };
}

/** The SELECT list over its rows; one with ROW_NUMBER() OVER waits for its filter, or has it in QUALIFY. */
function projected(
  select: Select,
  rows: SelectRows,
  correlated: readonly Expression[],
  settings: SelectSettings,
): BoundQuery {
  const calls = overCallsOf(select);
  if (
    calls.length === 0 ||
    (select.qualify !== null && !someNode(withAliases(select.qualify, select, rows), isOverCall))
  ) {
    if (select.qualify !== null)
      fail('B039', select.qualify.span, 'QUALIFY filters by a window function, and there is none in it');
    return listed(select, rows, correlated);
  }
  for (const part of correlated) notYet('W003', part.span, 'a window function in a correlated subquery');
  const own: SelectRows = { ...rows, node: rows.node, context: { ...rows.context, subquery: undefined } };
  const bound = calls.map((node) => bindOverCall(node, own.context, select.windows));
  const [first] = bound;
  const isOne = new Set(bound.map(overCallText)).size === 1;
  if (first !== undefined && isOne && isRankName(first.name)) return ranked(select, own, first, settings);
  return ofNode(withOver(select, own, bound, settings));
}

/** The SELECT list over rows; of a query that looks at the row around it, what is still to be computed. */
function listed(select: Select, rows: SelectRows, correlated: readonly Expression[]): BoundQuery {
  const columns = selectedColumns(select.items, rows.context, rows.isGrouped);
  const values = columns.map(({ expression }) => expression);
  // The list may have joined subqueries to the rows.
  const { node } = rows;
  if (correlated.length === 0 && !values.some(hasOuter)) return ofNode(projectNode(node, columns, select.span));
  const schema = columns.map(({ name, expression }): Column => ({ name, type: expression.type }));
  return { schema, node, ranking: null, correlation: { values, conditions: correlated, isDistinct: false } };
}

/** The SELECT list over rows with the results of window functions. */
function withOver(select: Select, rows: SelectRows, calls: readonly OverCall[], settings: SelectSettings): LogicalNode {
  const { node, column } = overRows(rows, calls, settings.unhintedTtlMs, calls[0]?.node.span ?? select.span);
  const context = overContext(rows.context, (child) =>
    column(overCallText(bindOverCall(child, rows.context, select.windows))),
  );
  const columns = selectedColumns(select.items, context, rows.isGrouped);
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
function ranked(select: Select, rows: SelectRows, over: OverCall, settings: SelectSettings): BoundQuery {
  const { name } = over;
  const { span } = over.node;
  if (!isRankName(name)) throw new Error(`${name} is no rank`);
  if (over.order.length === 0) fail('B033', span, `${name}() needs an ORDER BY in its OVER`);
  if (over.order.every(({ value }) => isConstant(value)))
    fail('B033', span, `${name}() is ordered by columns, and this is a constant`);
  const { input, columnOf } = withColumns(rows.node, [...over.partition, ...over.order.map(({ value }) => value)]);
  const rank: Expression = { kind: 'column', index: input.schema.length, type: BIGINT(false), span };
  const context = overContext(rows.context, () => rank);
  const columns = selectedColumns(select.items, context, rows.isGrouped);
  const ranking: Ranking = {
    name,
    input,
    partition: over.partition.map((value) => columnOf(value).index),
    order: over.order.map(({ value, item }) => sortKeyOf(item, columnOf(value).index)),
    columns,
    stateTtlMs: settings.unhintedTtlMs,
    span,
    unbounded: () => withOver(select, rows, [over], settings),
    numbered: () => overRows(rows, [over], settings.unhintedTtlMs, span).node,
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
  if (bound.correlation !== undefined) return { ...bound, correlation: { ...bound.correlation, isDistinct: true } };
  const node = settled(bound);
  const keys = node.schema.map((_, at) => at);
  return ofNode(aggregateNode(node, keys, [], settings, select.span));
}
