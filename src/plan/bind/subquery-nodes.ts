import type { ColumnExpression, Expression } from '../expression.ts';
import type { LogicalNode } from '../logical.ts';
import type { ExpressionContext } from './bind-expression.ts';
import { type Syntax, someNode } from './syntax.ts';

export type SubqueryNode = Extract<
  Syntax,
  { readonly kind: 'subquery' | 'inQuery' | 'exists' | 'quantifiedComparison' }
>;

/** Whether an expression has a subquery among its parts. */
export function hasSubquery(node: Syntax): boolean {
  return someNode(node, isSubquery);
}

export function isSubquery(node: Syntax): node is SubqueryNode {
  if (node.kind === 'quantifiedComparison') return 'kind' in node.range;
  return node.kind === 'subquery' || node.kind === 'inQuery' || node.kind === 'exists';
}

/** What a column of the row around a subquery is among the rows at hand. */
export type OuterColumn = (index: number, column: ColumnExpression) => Expression;

/** Subqueries that are joined to rows: `SubqueryJoins`, as a join in FROM sees it. */
export interface JoinedSubqueries {
  /** The rows with all joins so far. */
  readonly node: LogicalNode;
  /** Joins every subquery in an expression. */
  bindAll(node: Syntax, context: ExpressionContext): void;
  /** The value of a subquery that is joined already. */
  readonly knownValue: (node: Syntax) => Expression;
}
