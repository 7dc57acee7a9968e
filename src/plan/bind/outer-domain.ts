import type { Span } from '../../diagnostics/source-text.ts';
import type { Query } from '../../sql/ast.ts';
import type { ColumnExpression, Expression } from '../expression.ts';
import type { LogicalNode } from '../logical.ts';
import { aggregateNode, projectNode } from '../nodes.ts';
import { mapColumns } from '../same-expression.ts';
import { type BoundFrom, type BoundQuery, ofNode, openRows, withConditions } from './bound-query.ts';
import { call } from './calls.ts';
import { hasOuter, outerAt } from './correlation.ts';
import { joinOn } from './join-condition.ts';
import type { Scope } from './scope.ts';

/** Binds a query within an expression; names that it does not know are those of `outer`, or of the rows of a domain. */
export type BindSubquery = (query: Query, outer: Scope, domain: OuterDomain | null) => BoundQuery;

/** The different values of what a subquery looks at in the rows around it: one row each. */
export interface OuterDomain {
  readonly node: LogicalNode;
  /** Which columns of the row around they are. */
  readonly columns: readonly number[];
  /** Is told every column that is looked at. */
  readonly onUse: (index: number) => void;
}

/**
 * Binds a subquery beside the values that it looks at in the rows around it: its rows are made for each of them, and what
 * is left to ask of a pair of rows is that these values are equal. So a subquery may look at them wherever it likes, and
 * those within it at what is two levels up.
 *
 * `columnOf` makes a column of the row around of the rows at hand, `rows`.
 * Source: Neumann and Kemper 2015, "Unnesting arbitrary queries".
 */
export function bindBeside(
  bind: BindSubquery,
  query: Query,
  outer: Scope,
  around: {
    readonly rows: LogicalNode;
    readonly columnOf: (index: number, column: ColumnExpression) => Expression;
    readonly stateTtlMs: number;
    readonly span: Span;
  },
): BoundQuery {
  const { stateTtlMs, span } = around;
  const domainOf = (columns: readonly number[], onUse: (index: number) => void): OuterDomain => {
    const values = columns.map((index) => {
      const { name, type } = outer.schema[index]!;
      return { expression: around.columnOf(index, { kind: 'column', index, type, span }), name };
    });
    const input = projectNode(around.rows, values, span);
    const node = aggregateNode(input, [...columns.keys()], [], { stateTtlMs, miniBatch: null }, span);
    return { node, columns, onUse };
  };
  // Once to learn what it looks at.
  const used = new Set<number>();
  const all = outer.schema.flatMap((column, index) => (isShown(column.name) ? [index] : []));
  bind(
    query,
    outer,
    domainOf(all, (index) => used.add(index)),
  );
  if (used.size === 0) return bind(query, outer, null);
  const columns = [...used].sort((a, b) => a - b);
  return bind(
    query,
    outer,
    domainOf(columns, () => {}),
  );
}

/** Those of marks and joined subqueries are nobody's to name. */
function isShown(name: string): boolean {
  return !name.startsWith('$');
}

/** The rows of FROM, each beside each row of a domain, whose columns stand behind the own ones and are called as outer ones. */
export function besideDomain(from: BoundFrom, { node, columns, onUse }: OuterDomain, span: Span): BoundFrom {
  const { node: rows, conditions } = openRows(from);
  const method = { kind: 'regular' as const, stateTtlMs: { left: 0, right: 0 } };
  const outerPlace = (index: number): number => {
    const at = columns.indexOf(index);
    // What is further out still is.
    if (at < 0) return index + outerAt;
    onUse(index);
    return rows.schema.length + at;
  };
  const own = conditions.map((condition) =>
    mapColumns(condition, (index, column) =>
      index >= outerAt ? { ...column, index: outerPlace(index - outerAt) } : column,
    ),
  );
  const join = joinOn(
    rows,
    node,
    { type: 'inner', method },
    own.filter((condition) => !hasOuter(condition)),
    span,
  );
  const bound = withConditions(ofNode(join), own.filter(hasOuter));
  return { bound, scope: { ...from.scope, schema: join.schema, outerPlace } };
}

/** What is asked of a row beside a domain and the row around it. */
export function domainConditions({ node, columns }: OuterDomain, from: BoundFrom, span: Span): readonly Expression[] {
  const first = from.scope.schema.length - columns.length;
  return columns.map((index, at) => {
    const { type } = node.schema[at]!;
    const own: Expression = { kind: 'column', index: first + at, type, span };
    const around: Expression = { kind: 'column', index: outerAt + index, type, span };
    return call('IS NOT DISTINCT FROM', [own, around], span);
  });
}
