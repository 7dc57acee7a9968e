import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { aggregateFunction } from '../../functions/registry.ts';
import type { Exists, InQuery, QuantifiedComparison, Query } from '../../sql/ast.ts';
import { formatExpression } from '../../sql/format.ts';
import { BOOLEAN, withNullable } from '../../types/sql-type.ts';
import type { ColumnExpression, Expression, LiteralExpression } from '../expression.ts';
import type { JoinType, LogicalNode } from '../logical.ts';
import { aggregateNode, projectNode } from '../nodes.ts';
import { columnsOf, conjuncts, mapColumns } from '../same-expression.ts';
import { bindExpression, type ExpressionContext, isNotYet, notYet } from './bind-expression.ts';
import { type BoundQuery, settled } from './bound-query.ts';
import { condition as booleanCondition, call, caseCall } from './calls.ts';
import { chosen } from './choose-join.ts';
import { hasOuter, outerAt, outerEquality } from './correlation.ts';
import { conditionsOf, filtered, joinOn, unpadded } from './join-condition.ts';
import { type BindSubquery, bindBeside } from './outer-domain.ts';
import { isSubquery, type OuterColumn, type SubqueryNode } from './subquery-nodes.ts';
import { type Syntax, someNode } from './syntax.ts';

/** What the subqueries of expressions are bound with. */
export interface SubquerySettings {
  readonly bind: BindSubquery;
  readonly stateTtlMs: number;
  /** Only the columns are asked for: not how the query runs. */
  readonly isDescribed: boolean;
}

/**
 * The subqueries over some rows, as joins with them: IN and EXISTS in WHERE as semi and anti joins, elsewhere as joins that
 * mark the rows; a scalar subquery as a left join with its one row. Each adds its columns behind those of the rows.
 *
 * Source: Neumann and Kemper 2015, "Unnesting arbitrary queries", for the mark join; Kim 1982, "On optimizing an SQL-like
 * nested query".
 */
export class SubqueryJoins {
  #node: LogicalNode;
  readonly #settings: SubquerySettings;
  readonly #outerColumn: OuterColumn;
  #known = new Map<Syntax, Expression>();
  /** Subqueries are bound beside what they look at. */
  #isBeside = false;

  constructor(node: LogicalNode, settings: SubquerySettings, outerColumn: OuterColumn = ownColumn) {
    this.#node = node;
    this.#settings = settings;
    this.#outerColumn = outerColumn;
  }

  /** The rows with all joins so far. */
  get node(): LogicalNode {
    return this.#node;
  }

  /** The value of a subquery for a row. */
  readonly value = (node: Syntax, context: ExpressionContext): Expression => {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    if (!isSubquery(node)) return notYet('W003', node.span, 'a subquery of this kind');
    const value = this.#attempt(() => this.#value(node, context));
    this.#known.set(node, value);
    return value;
  };

  /** Joins every subquery in an expression. */
  bindAll(node: Syntax, context: ExpressionContext): void {
    someNode(node, (child) => {
      if (isSubquery(child)) this.value(child, context);
      return false;
    });
  }

  /** The value of a subquery that is joined already. @throws DiagnosticError W003 for another */
  readonly knownValue = (node: Syntax): Expression =>
    this.#known.get(node) ?? this.#written(node) ?? notYet('W003', node.span, 'a subquery here');

  /** The value of a subquery that is written as this one, as in GROUP BY and in the SELECT list. */
  #written(node: Syntax): Expression | undefined {
    if (!isSubquery(node)) return undefined;
    const text = formatExpression(node);
    return [...this.#known].find(([known]) => isSubquery(known) && formatExpression(known) === text)?.[1];
  }

  /** Keeps the rows for which a condition with subqueries is TRUE. Gives what of it is for the query around. */
  filter(node: Syntax, context: ExpressionContext, clause = 'WHERE'): readonly Expression[] {
    if (this.#attempt(() => this.#filterByJoin(node, context, false))) return [];
    const bound = booleanCondition(bindExpression(node, { ...context, subquery: this.value }), clause);
    const conditions = conjuncts(bound);
    const own = conditions.filter((part) => !hasOuter(part));
    // A scalar subquery that a condition needs to be there is an inner join.
    this.#node = rowsUnder(this.#node, own, bound.span);
    return conditions.filter(hasOuter);
  }

  /** Joins in the simple way; what that cannot do, beside the values that a subquery looks at. */
  #attempt<T>(work: () => T): T {
    if (this.#isBeside) return work();
    const [node, known] = [this.#node, new Map(this.#known)];
    try {
      return work();
    } catch (simply) {
      if (!isNotYet(simply)) throw simply;
      this.#node = node;
      this.#known = known;
      this.#isBeside = true;
      try {
        return work();
      } catch (beside) {
        throw isNotYet(beside) ? simply : beside;
      } finally {
        this.#isBeside = false;
      }
    }
  }

  #bind(query: Query, { scope }: ExpressionContext): BoundQuery {
    const { bind, stateTtlMs } = this.#settings;
    if (!this.#isBeside) return bind(query, scope, null);
    const around = { rows: this.#node, columnOf: this.#outerColumn, stateTtlMs, span: query.span };
    return bindBeside(bind, query, scope, around);
  }

  #filterByJoin(node: Syntax, context: ExpressionContext, isNegated: boolean): boolean {
    switch (node.kind) {
      case 'unary':
        return node.operator === 'NOT' && this.#filterByJoin(node.operand, context, !isNegated);
      case 'exists': {
        if (node.test !== 'EXISTS') return false;
        const rows = this.#exists(node, context);
        if (rows === null) return false;
        this.#join(isNegated ? 'anti' : 'semi', rows, rows.conditions, node.span);
        return true;
      }
      case 'inQuery': {
        const { rows, test } = this.#membership(node, context);
        const negated = node.isNegated !== isNegated;
        const pair = negated ? isNotFalse(test) : test;
        this.#join(negated ? 'anti' : 'semi', rows, [...rows.conditions, pair], node.span);
        return true;
      }
      case 'quantifiedComparison': {
        if (isNegated || !('kind' in node.range)) return false;
        const { rows, test } = this.#comparison(node, context, node.range);
        if (node.quantifier === 'SOME') this.#join('semi', rows, [...rows.conditions, test], node.span);
        else this.#join('anti', rows, [...rows.conditions, call('IS NOT TRUE', [test], node.span)], node.span);
        return true;
      }
      default:
        return false;
    }
  }

  #value(node: SubqueryNode, context: ExpressionContext): Expression {
    const { span } = node;
    switch (node.kind) {
      case 'exists': {
        if (node.test !== 'EXISTS') return notYet('W003', span, node.test);
        const rows = this.#exists(node, context);
        return rows === null ? truth(true, span) : this.#mark(rows, rows.conditions, span);
      }
      case 'inQuery': {
        const { rows, test } = this.#membership(node, context);
        const isIn = this.#some(rows, test, span);
        return node.isNegated ? call('NOT', [isIn], span) : isIn;
      }
      case 'quantifiedComparison': {
        if (!('kind' in node.range)) throw new Error('a comparison with a list is no subquery');
        const { rows, test } = this.#comparison(node, context, node.range);
        if (node.quantifier === 'SOME') return this.#some(rows, test, span);
        return call('NOT', [this.#some(rows, call('NOT', [test], span), span)], span);
      }
      case 'subquery':
        return this.#scalar(node.query, context, span);
    }
  }

  /** Whether the test is TRUE of some row; UNKNOWN if it is that at best. */
  #some(rows: SubqueryRows, test: Expression, span: Span): Expression {
    const holds = this.#mark(rows, [...rows.conditions, test], span);
    if (!test.type.nullable) return holds;
    // The mark stands where the subquery's rows stood: they are behind it now.
    const behind = movedRight(rows.leftCount, this.#node.schema.length);
    const unknown = this.#mark(rows, [...rows.conditions, call('IS UNKNOWN', [test], span)].map(behind), span);
    const nothing: Expression = { kind: 'literal', value: null, type: BOOLEAN(), span };
    return caseCall([holds, truth(true, span), unknown, nothing, truth(false, span)], span);
  }

  /** The rows of EXISTS; null where there always is one, as of an aggregate without keys. */
  #exists(node: Exists, context: ExpressionContext): SubqueryRows | null {
    const { limit, offset } = node.query;
    // A limit changes nothing unless it leaves out all.
    const isPlain =
      offset === null && (limit === null || limit.count?.kind !== 'numberLiteral' || limit.count.text !== '0');
    const query: Query = isPlain ? { ...node.query, orderBy: [], limit: null } : node.query;
    const bound = this.#bind(query, context);
    return bound.isOneRow === true ? null : this.#rows(bound);
  }

  #membership(node: InQuery, context: ExpressionContext): { readonly rows: SubqueryRows; readonly test: Expression } {
    const parts = node.value.kind === 'rowConstructor' ? node.value.fields : [node.value];
    const values = parts.map((value) => bindExpression(value, { ...context, subquery: this.value }));
    const rows = this.#rows(this.#bind(node.query, context));
    checkWidth(rows, values.length, node.span);
    const tests = values.map((value, at) => call('=', [value, rows.values[at] as Expression], node.span));
    return { rows, test: tests.reduce((all: Expression, next: Expression) => call('AND', [all, next], node.span)) };
  }

  #comparison(
    node: QuantifiedComparison,
    context: ExpressionContext,
    query: Query,
  ): { readonly rows: SubqueryRows; readonly test: Expression } {
    const value = bindExpression(node.value, { ...context, subquery: this.value });
    const rows = this.#rows(this.#bind(query, context));
    checkWidth(rows, 1, node.span);
    const args = [value, rows.values[0] as Expression];
    if (node.operator === 'NOT LIKE') return { rows, test: call('NOT', [call('LIKE', args, node.span)], node.span) };
    return { rows, test: call(node.operator, args, node.span) };
  }

  /** The one value of a subquery, NULL where it has no row. */
  #scalar(query: Query, context: ExpressionContext, span: Span): Expression {
    const bound = this.#bind(query, context);
    if (bound.correlation !== undefined && query.limit !== null)
      notYet('W003', query.limit.span, 'LIMIT in a scalar subquery that is correlated');
    if (bound.schema.length !== 1) {
      fail('B019', span, `a subquery that stands for a value has one column, and this has ${bound.schema.length}`);
    }
    const rows = this.#rows(this.#oneRowEach(bound, span));
    this.#join('left', rows, rows.conditions, span);
    const [value] = rows.values;
    if (value === undefined) throw new Error('a subquery selects something');
    const padded = mapColumns(value, (index, column) => {
      const type = this.#node.schema[index]?.type ?? column.type;
      return { ...column, type };
    });
    return { ...padded, type: withNullable(padded.type, true) } as Expression;
  }

  /** A subquery with at most one row for each row around it: a second one fails the job. */
  #oneRowEach(bound: BoundQuery, span: Span): BoundQuery {
    const { correlation } = bound;
    if (bound.isOneRow === true) return bound;
    const node = rowsOf(bound);
    if (correlation === undefined && hasOneRow(node)) return bound;
    const equalities = (correlation?.conditions ?? []).map((condition) => {
      return outerEquality(condition) ?? notYet('W003', condition.span, 'a scalar subquery that is correlated so');
    });
    const [value] = correlation?.values ?? [{ kind: 'column' as const, index: 0, type: node.schema[0]!.type, span }];
    if (value === undefined || hasOuter(value)) return notYet('W003', span, 'a scalar subquery that is correlated so');
    const columns = [...equalities.map(({ inner }) => inner), value];
    const input = projectNode(
      node,
      columns.map((expression, at) => ({ expression, name: `$${at}` })),
      span,
    );
    const overload = aggregateFunction('SINGLE_VALUE')?.overloads[0];
    if (overload === undefined) throw new Error('there is no SINGLE_VALUE');
    const type = withNullable(value.type, true);
    const column = (index: number, of: Expression): ColumnExpression => ({
      kind: 'column',
      index,
      type: of.type,
      span,
    });
    const single = {
      name: 'SINGLE_VALUE',
      overload,
      args: [column(equalities.length, value)],
      distinct: false,
      filter: null,
      type,
      span,
    };
    const keys = equalities.map((_, at) => at);
    const { stateTtlMs } = this.#settings;
    const all = columns.map((_, at) => at);
    const rows =
      correlation?.isDistinct === true ? aggregateNode(input, all, [], { stateTtlMs, miniBatch: null }, span) : input;
    const grouped = aggregateNode(rows, keys, [single], { stateTtlMs, miniBatch: null }, span);
    const result: Expression = { kind: 'column', index: keys.length, type, span };
    if (correlation === undefined) return { ...bound, node: grouped };
    const conditions = equalities.map(({ inner, outer, nullsMeet }, at) =>
      call(nullsMeet ? 'IS NOT DISTINCT FROM' : '=', [column(at, inner), outer], span),
    );
    return { ...bound, node: grouped, correlation: { values: [result], conditions, isDistinct: false } };
  }

  /** A column that says whether a row has a partner. */
  #mark(rows: SubqueryRows, conditions: readonly Expression[], span: Span): Expression {
    this.#join('mark', rows, conditions, span);
    return { kind: 'column', index: this.#node.schema.length - 1, type: BOOLEAN(false), span };
  }

  #join(type: JoinType, rows: SubqueryRows, conditions: readonly Expression[], span: Span): void {
    const far = conditions.find(hasOuter);
    if (far !== undefined) notYet('W003', far.span, 'a subquery that is correlated over two levels');
    const { stateTtlMs } = this.#settings;
    const method = { kind: 'regular' as const, stateTtlMs: { left: stateTtlMs, right: stateTtlMs } };
    const join = joinOn(this.#node, rows.node, { type, method }, conditions, span);
    this.#node = chosen(join, this.#settings.isDescribed);
  }

  #rows(bound: BoundQuery): SubqueryRows {
    return subqueryRows(bound, rowsOf(bound), this.#node.schema.length, this.#outerColumn);
  }
}

/** The rows of a subquery beside those of the query around it. */
interface SubqueryRows {
  readonly node: LogicalNode;
  /** What it selects, over a pair of rows. */
  readonly values: readonly Expression[];
  /** What it asks of a pair. */
  readonly conditions: readonly Expression[];
  /** The columns before those of the subquery. */
  readonly leftCount: number;
}

function subqueryRows(
  { correlation }: Pick<BoundQuery, 'correlation'>,
  node: LogicalNode,
  leftCount: number,
  outerColumn: OuterColumn,
): SubqueryRows {
  const own = node.schema.map(({ type }, index): Expression => ({ kind: 'column', index, type, span: node.span }));
  const toPair = (expression: Expression): Expression =>
    mapColumns(expression, (index, column) =>
      index >= outerAt ? outerColumn(index - outerAt, column) : { ...column, index: index + leftCount },
    );
  return {
    node,
    values: (correlation?.values ?? own).map(toPair),
    conditions: (correlation?.conditions ?? []).map(toPair),
    leftCount,
  };
}

/** An expression over pairs of rows whose left ones have got more columns. */
function movedRight(before: number, now: number): (expression: Expression) => Expression {
  return (expression) =>
    mapColumns(expression, (index, column) => (index < before ? column : { ...column, index: index - before + now }));
}

function rowsOf(bound: BoundQuery): LogicalNode {
  return bound.correlation !== undefined && bound.node !== null ? bound.node : settled(bound);
}

function ownColumn(index: number, column: ColumnExpression): Expression {
  return { ...column, index };
}

/** @throws DiagnosticError B019 */
function checkWidth({ values }: SubqueryRows, wanted: number, span: Span): void {
  if (values.length === wanted) return;
  const columns = wanted === 1 ? 'one value' : `${wanted} values`;
  fail('B019', span, `${columns} cannot be compared with the ${values.length} columns of a subquery`);
}

function isNotFalse(test: Expression): Expression {
  return test.type.nullable ? call('IS NOT FALSE', [test], test.span) : test;
}

function truth(value: boolean, span: Span): LiteralExpression {
  return { kind: 'literal', value, type: BOOLEAN(false), span };
}

/** Whether a node can have no second row. */
function hasOneRow(node: LogicalNode): boolean {
  switch (node.kind) {
    case 'values':
      return node.rows.length <= 1;
    case 'aggregate':
      return node.keys.length === 0;
    case 'limit':
      return node.fetch <= 1;
    case 'top-n':
      return node.partition.length === 0 && node.rankEnd === node.rankStart;
    case 'project':
    case 'filter':
      return hasOneRow(node.input);
    default:
      return false;
  }
}

/**
 * Rows under a condition. A join on top of them that pads no row which passes is an inner one, with the condition among its
 * own where that looks at both sides.
 */
function rowsUnder(node: LogicalNode, conditions: readonly Expression[], span: Span): LogicalNode {
  if (node.kind !== 'join' || node.method.kind !== 'regular') return filtered(node, conditions, span);
  const type = unpadded(node, conditions);
  const leftCount = node.left.schema.length;
  const isOwn = (condition: Expression): boolean => {
    const columns = [...columnsOf(condition)];
    return type === 'inner' && columns.some((at) => at < leftCount) && columns.some((at) => at >= leftCount);
  };
  const own = conditions.filter(isOwn);
  if (type === node.type && own.length === 0) return filtered(node, conditions, span);
  const parts = { type, method: node.method };
  const joined = chosen(joinOn(node.left, node.right, parts, [...conditionsOf(node), ...own], node.span), false);
  return filtered(
    joined,
    conditions.filter((condition) => !isOwn(condition)),
    span,
  );
}
