import { fail } from '../../diagnostics/diagnostic.ts';
import { ErrorCollector } from '../../diagnostics/error-collector.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { FunctionCall, Select, WindowSpecification } from '../../sql/ast.ts';
import type { Column, Schema } from '../../types/column.ts';
import { BIGINT } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import { appendOnly, type LogicalNode } from '../logical.ts';
import { aggregateNode, filterNode, projectNode } from '../nodes.ts';
import { conjuncts } from '../same-expression.ts';
import { isAggregateCall } from './bind-aggregate.ts';
import { bindExpression, type ExpressionContext, notYet } from './bind-expression.ts';
import { bindGroups } from './bind-groups.ts';
import { type BoundFrom, type BoundQuery, ofNode, settled, sortKeyOf } from './bound-query.ts';
import { condition } from './calls.ts';
import { chosenJoins } from './choose-join.ts';
import { joinsUnder } from './join-condition.ts';
import { type Ranking, topNOf } from './ranking.ts';
import { emptyScope } from './scope.ts';
import { type SelectedColumn, type SelectRows, type SelectSettings, selectedColumns } from './select-list.ts';
import { type Syntax, someNode } from './syntax.ts';
import { scopeOf } from './table-source.ts';

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
    if (topN === null) return settled(bound, span);
    return topN.rest === null ? topN.node : filterNode(topN.node, topN.rest, where.span);
  }
  const joined = joinsUnder(settled(bound, span), where === null ? [] : conjuncts(where), where?.span ?? span);
  return chosenJoins(joined, isDescribed);
}

function withAttribute({ name, type }: Column, { timeAttribute }: Partial<Column> = {}): Column {
  return timeAttribute === undefined ? { name, type } : { name, type, timeAttribute };
}

/** The SELECT list over its rows; one with ROW_NUMBER() OVER waits for its filter, or has it in QUALIFY. */
function projected(select: Select, rows: SelectRows, columns: readonly SelectedColumn[] | null): BoundQuery {
  const over = overCalls(select);
  if (over.length === 0) {
    if (select.qualify !== null)
      fail('B039', select.qualify.span, 'QUALIFY filters by a window function, and there is none here');
    return ofNode(projectNode(rows.node, columns ?? selectedColumns(select.items, rows.context), select.span));
  }
  return ranked(select, rows, over);
}

function overCalls(select: Select): readonly FunctionCall[] {
  const calls: FunctionCall[] = [];
  const collect = (node: Syntax): boolean => {
    if (node.kind === 'functionCall' && node.over !== null) calls.push(node);
    return false;
  };
  for (const { value } of select.items) someNode(value, collect);
  if (select.qualify !== null) someNode(select.qualify, collect);
  return calls;
}

function ranked(select: Select, rows: SelectRows, over: readonly FunctionCall[]): BoundQuery {
  const [first] = over;
  if (first === undefined) throw new Error('a ranking has a call');
  for (const call of over) {
    const name = call.name.parts
      .map((part) => part.name)
      .join('.')
      .toUpperCase();
    if (name === 'RANK' || name === 'DENSE_RANK') {
      fail('B033', call.span, `${name}() cannot be kept up to date on a stream`, { help: 'use ROW_NUMBER()' });
    }
    if (name !== 'ROW_NUMBER') notYet('W003', call.span, `${name} ... OVER`);
  }
  const window = windowOf(first, select);
  if (window.frame !== null) fail('B033', window.frame.span, 'ROW_NUMBER() takes no frame');
  if (window.orderBy.length === 0) fail('B033', first.span, 'ROW_NUMBER() needs an ORDER BY in its OVER');
  // The columns that are partitioned and ordered by stand behind those of the rows.
  const extra: Expression[] = [];
  const base = rows.node.schema.length;
  const columnOf = (node: Syntax): number => {
    const bound = bindExpression(node, rows.context);
    if (bound.kind === 'column') return bound.index;
    extra.push(bound);
    return base + extra.length - 1;
  };
  const partition = window.partitionBy.map(columnOf);
  const order = window.orderBy.map((item) => sortKeyOf(item, columnOf(item.value)));
  const own = rows.node.schema.map(({ name, type }, index) => ({
    expression: { kind: 'column' as const, index, type, span: select.span },
    name,
  }));
  const input =
    extra.length === 0
      ? rows.node
      : projectNode(
          rows.node,
          [...own, ...extra.map((expression, at) => ({ expression, name: `$${at}` }))],
          select.span,
        );
  const rank: Expression = { kind: 'column', index: input.schema.length, type: BIGINT(false), span: first.span };
  const context: ExpressionContext = {
    ...rows.context,
    intercept: (node) =>
      node.kind === 'functionCall' && node.over !== null ? rank : (rows.context.intercept?.(node) ?? null),
  };
  const columns = selectedColumns(select.items, context);
  const ranking: Ranking = { input, partition, order, columns, span: first.span };
  const schema = projectNode(
    { ...input, schema: [...input.schema, { name: '$rank', type: BIGINT(false) }] },
    columns,
    select.span,
  ).schema;
  const bound: BoundQuery = { schema, node: null, ranking };
  return select.qualify === null ? bound : qualified(select.qualify, bound, ranking, rank, rows.context.timeZone);
}

/** QUALIFY: the rank may be selected or not, called by its alias or written again. */
function qualified(
  qualify: Syntax,
  bound: BoundQuery,
  ranking: Ranking,
  rank: Expression,
  timeZone: string,
): BoundQuery {
  const hidden = { ...ranking, columns: [...ranking.columns, { expression: rank, name: '$qualify' }] };
  const schema: Schema = [...bound.schema, { name: '$qualify', type: BIGINT(false) }];
  const at = schema.length - 1;
  const where = condition(
    bindExpression(qualify, {
      scope: scopeOf(schema),
      timeZone,
      intercept: (node) =>
        node.kind === 'functionCall' && node.over !== null
          ? { kind: 'column', index: at, type: BIGINT(false), span: node.span }
          : null,
    }),
    'QUALIFY',
  );
  const node = filteredRows({ schema, node: null, ranking: hidden }, where, qualify.span);
  const kept = bound.schema.map(({ name, type }, index) => ({
    expression: { kind: 'column' as const, index, type, span: qualify.span },
    name,
  }));
  return ofNode(projectNode(node, kept, qualify.span));
}

function windowOf(call: FunctionCall, select: Select): WindowSpecification {
  const { over } = call;
  if (over === null) throw new Error('a window function has a window');
  if (over.kind === 'windowSpecification') return over;
  const found = select.windows.find(({ name }) => name.name === over.name);
  return (
    found?.window ??
    fail('B003', over.span, `unknown window "${over.name}"`, {
      help: 'declare it: WINDOW w AS (PARTITION BY ... ORDER BY ...)',
    })
  );
}

function distinct(bound: BoundQuery, select: Select, settings: SelectSettings): BoundQuery {
  if (select.quantifier !== 'DISTINCT') return bound;
  const node = settled(bound, select.span);
  const keys = node.schema.map((_, at) => at);
  return ofNode(aggregateNode(node, keys, [], settings.stateTtlMs, select.span));
}
