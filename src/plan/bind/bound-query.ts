import type { OrderItem } from '../../sql/ast.ts';
import type { Schema } from '../../types/column.ts';
import type { LogicalNode, SortKey } from '../logical.ts';
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

/** The rows of a bound query. @throws DiagnosticError B033, B050 for a ranking that needs a filter and has none */
export function settled({ node, ranking }: BoundQuery): LogicalNode {
  const rows = node ?? ranking?.unbounded();
  if (rows === undefined) throw new Error('a query has rows or a ranking');
  return rows;
}
