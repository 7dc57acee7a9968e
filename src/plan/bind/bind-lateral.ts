import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { DerivedTable, Join } from '../../sql/ast.ts';
import type { Expression } from '../expression.ts';
import { allChanges, type LogicalNode, type SortKey } from '../logical.ts';
import { aggregateNode, projectNode } from '../nodes.ts';
import { columnsOf, mapColumns } from '../same-expression.ts';
import { uniqueKeysOf } from '../unique-keys.ts';
import { notYet } from './bind-expression.ts';
import { bindJoin } from './bind-join.ts';
import { type BoundFrom, type BoundQuery, ofNode, withConditions } from './bound-query.ts';
import { call } from './calls.ts';
import { type Correlation, hasOuter, outerAt, outerEquality } from './correlation.ts';
import { conditionsOf, joinOn } from './join-condition.ts';
import type { JoinSettings } from './join-settings.ts';

/** A query in FROM that looks at the rows on its left: its own rows, and what it asks of a pair of them. */
export interface LateralRows {
  /** What it selects, then what `conditions` look at. */
  readonly node: LogicalNode;
  /** How many of the columns it selects. */
  readonly width: number;
  readonly conditions: readonly Expression[];
}

/**
 * The rows of a correlated query with their values computed, so that what a left join pads is NULL.
 * @throws DiagnosticError W003 for values that look at the row on the left
 */
export function lateralRows(bound: BoundQuery, correlation: Correlation, stateTtlMs: number, span: Span): LateralRows {
  const { node, schema } = bound;
  if (node === null) throw new Error('a correlated query has rows');
  const values = correlation.values.map((expression, at) => {
    if (hasOuter(expression)) notYet('W003', expression.span, 'a value that LATERAL takes from the row on its left');
    return { expression, name: schema[at]?.name ?? '' };
  });
  const hidden: Expression[] = [];
  const hide = (expression: Expression): Expression => {
    hidden.push(expression);
    const index = values.length + hidden.length - 1;
    return { kind: 'column', index, type: expression.type, span: expression.span };
  };
  const conditions = correlation.conditions.map((condition) => {
    const equality = outerEquality(condition);
    if (equality !== null) {
      const { inner, outer, nullsMeet } = equality;
      return call(nullsMeet ? 'IS NOT DISTINCT FROM' : '=', [hide(inner), outer], condition.span);
    }
    if (correlation.isDistinct) notYet('W003', condition.span, 'SELECT DISTINCT in LATERAL that is correlated so');
    return mapColumns(condition, (index, column) => (index >= outerAt ? column : hide(column)));
  });
  const columns = [...values, ...hidden.map((expression, at) => ({ expression, name: `$${at}` }))];
  const rows = projectNode(node, columns, span);
  const all = rows.schema.map((_, at) => at);
  return {
    node: correlation.isDistinct ? aggregateNode(rows, all, [], { stateTtlMs, miniBatch: null }, span) : rows,
    width: values.length,
    conditions,
  };
}

/** Whether no two rows on the left ask the same. As in Flink, a Top-N is only made for such. */
export function isDistinctBeside({ conditions }: LateralRows, left: LogicalNode): boolean {
  const outer = new Set(conditions.flatMap((condition) => [...columnsOf(condition)]));
  return uniqueKeysOf(left).some((key) => key.every((at) => outer.has(at + outerAt)));
}

/** Of each row on the left, the first rows in an order: a Top-N by what is equal to something of that row. */
export function lateralTopN(
  rows: LateralRows,
  order: readonly SortKey[],
  ranks: { readonly start: number; readonly end: number },
  stateTtlMs: number,
  span: Span,
): LateralRows {
  const { node, width } = rows;
  const hidden = node.schema.length - width;
  if (rows.conditions.length !== hidden || rows.conditions.some((condition) => outerEquality(condition) === null)) {
    notYet('W003', span, 'LIMIT in LATERAL that is correlated by more than equalities');
  }
  const { schema } = node;
  const partition = schema.map((_, at) => at).slice(width);
  const topN: LogicalNode = {
    kind: 'top-n',
    input: node,
    partition,
    order,
    rankStart: ranks.start,
    rankEnd: ranks.end,
    outputRank: false,
    window: null,
    stateTtlMs,
    schema,
    changes: allChanges,
    span,
  };
  return { ...rows, node: topN };
}

/**
 * A join with a query that looks at the rows on its left.
 * @throws DiagnosticError B019, B045, W003 for a left join that looks further out
 */
export function bindLateralJoin(
  node: Join & { readonly right: DerivedTable },
  left: BoundFrom,
  rows: LateralRows,
  settings: JoinSettings,
): BoundFrom {
  const { type, right, span } = node;
  if (type === 'RIGHT' || type === 'FULL') {
    fail('B045', right.span, `${type} JOIN with LATERAL: there are no rows of it without one on the left`, {
      help: 'use LEFT JOIN or CROSS JOIN',
    });
  }
  const { bound, scope } = bindJoin(node, left, lateralFrom(rows, right), settings);
  const { node: join } = bound;
  if (join === null || join.kind !== 'join') throw new Error('a join is bound as one');
  const leftCount = join.left.schema.length;
  const conditions = rows.conditions.map((condition) => toPair(condition, leftCount));
  const far = conditions.find(hasOuter);
  // What is asked of a row that is padded is asked before.
  if (far !== undefined && join.type !== 'inner')
    notYet('W003', far.span, 'LEFT JOIN with LATERAL that looks further out');
  const own = conditions.filter((condition) => !hasOuter(condition));
  const parts = { type: join.type, method: join.method };
  const joined = ofNode(joinOn(join.left, join.right, parts, [...conditionsOf(join), ...own], span));
  return { bound: withConditions(joined, conditions.filter(hasOuter)), scope };
}

/**
 * A query in the FROM of a subquery that looks at the row around that one: what it asks of it is left to the subquery.
 * @throws DiagnosticError B019
 */
export function correlatedFrom(rows: LateralRows, table: DerivedTable): BoundFrom {
  const { bound, scope } = lateralFrom(rows, table);
  return { bound: withConditions(bound, rows.conditions), scope };
}

/** The columns that it selects, under their names; those behind have none. */
function lateralFrom({ node, width }: LateralRows, { alias, span }: DerivedTable): BoundFrom {
  const names = alias?.columns ?? null;
  if (names !== null && names.length !== width) {
    fail('B019', alias?.span ?? span, `${names.length} names for ${width} columns`);
  }
  const schema = node.schema.map((column, at) => ({ ...column, name: names?.[at]?.name ?? column.name }));
  const relation = { alias: alias?.name.name ?? null, path: null, start: 0, count: width };
  return { bound: ofNode({ ...node, schema }), scope: { schema, relations: [relation] } };
}

/** Over pairs of rows: the outer columns are those on the left; what is further out is then of the row around the pair. */
function toPair(condition: Expression, leftCount: number): Expression {
  return mapColumns(condition, (index, column) => ({
    ...column,
    index: index >= outerAt ? index - outerAt : index + leftCount,
  }));
}
