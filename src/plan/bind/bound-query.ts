import { DiagnosticError, unsupported } from '../../diagnostics/diagnostic.ts';
import type { OrderItem } from '../../sql/ast.ts';
import type { Schema } from '../../types/column.ts';
import type { Expression } from '../expression.ts';
import type { LogicalNode, SortKey } from '../logical.ts';
import type { Correlation } from './correlation.ts';
import { type Ranking, rankedRows } from './ranking.ts';
import type { Scope } from './scope.ts';

/** A bound query; one whose rows are ranked (`ROW_NUMBER() OVER`) waits for the filter that makes it a Top-N. */
export interface BoundQuery {
  readonly schema: Schema;
  readonly node: LogicalNode | null;
  readonly ranking: Ranking | null;
  /** Of a subquery that looks at the row around it: then `node` has its rows, and the selected values are not computed yet. */
  readonly correlation?: Correlation;
  /** There is one row, whatever the input: an aggregate without keys. */
  readonly isOneRow?: boolean;
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

/** The same rows, of which something is still to be asked of the row around them. */
export function withConditions(bound: BoundQuery, conditions: readonly Expression[]): BoundQuery {
  const { node } = bound;
  if (node === null || conditions.length === 0) return bound;
  const values = node.schema.map(({ type }, index): Expression => ({ kind: 'column', index, type, span: node.span }));
  return { ...bound, correlation: { values, conditions, isDistinct: false } };
}

/** The rows of a table of FROM, and what is asked of the row around its query: as much as `settled`, but for that. */
export function openRows({ bound }: BoundFrom): {
  readonly node: LogicalNode;
  readonly conditions: readonly Expression[];
} {
  const { node, correlation } = bound;
  if (node === null || correlation === undefined || bound.isOneRow === true)
    return { node: settled(bound), conditions: [] };
  return { node, conditions: correlation.conditions };
}

/** The rows of a bound query. @throws DiagnosticError W003 */
export function settled({ node, ranking, correlation }: BoundQuery): LogicalNode {
  const rows = node ?? (ranking === null ? null : rankedRows(ranking));
  if (rows === null) throw new Error('a query has rows or a ranking');
  if (correlation === undefined) return rows;
  const [condition] = [...correlation.conditions, ...correlation.values];
  throw new DiagnosticError([unsupported('W003', condition?.span ?? rows.span, 'a correlated subquery here')]);
}
