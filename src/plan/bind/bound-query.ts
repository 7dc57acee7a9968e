import type { Span } from '../../diagnostics/source-text.ts';
import type { OrderItem } from '../../sql/ast.ts';
import type { Schema } from '../../types/column.ts';
import type { LogicalNode, SortKey } from '../logical.ts';
import { notYet } from './bind-expression.ts';
import type { Ranking } from './ranking.ts';
import type { Scope } from './scope.ts';

/** A bound query; one whose rows are ranked (`ROW_NUMBER() OVER`) waits for the filter that makes it a Top-N. */
export interface BoundQuery {
  readonly schema: Schema;
  readonly node: LogicalNode | null;
  readonly ranking: Ranking | null;
}

/** What FROM gives: the rows, and the names by which their columns are called. */
export interface BoundFrom {
  readonly bound: BoundQuery;
  readonly scope: Scope;
}

/** NULLs are the smallest values unless it says otherwise, as in Flink. */
export function sortKeyOf(item: OrderItem, column: number): SortKey {
  const descending = item.direction === 'DESC';
  return { column, descending, nullsFirst: item.nulls === null ? !descending : item.nulls === 'FIRST' };
}

export function ofNode(node: LogicalNode): BoundQuery {
  return { schema: node.schema, node, ranking: null };
}

/** The rows of a bound query. @throws DiagnosticError W003 for a ranking that no filter bounds */
export function settled({ node, ranking }: BoundQuery, span: Span): LogicalNode {
  if (node !== null) return node;
  return notYet('W003', ranking?.span ?? span, 'ROW_NUMBER() without a filter such as WHERE rn <= 10');
}
