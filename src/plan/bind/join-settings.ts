import type { Table } from '../../catalog/table.ts';
import type { FunctionLookup } from '../../functions/lookup.ts';
import type { LogicalNode, TableLookup } from '../logical.ts';
import type { LookupHint } from './lookup-hint.ts';
import type { LookupDefaults } from './lookup-join.ts';
import type { Scope } from './scope.ts';
import type { JoinedSubqueries, OuterColumn } from './subquery-nodes.ts';

/** What the session and the hints of a SELECT say about the joins of its FROM. */
export interface JoinSettings {
  readonly functions: FunctionLookup;
  /** How long the rows of a side are kept, in ms; 0: for ever. */
  readonly stateTtlMs: (side: Scope) => number;
  /** How a table is looked up; null: not at all. */
  readonly lookup: (table: Table) => TableLookup | null;
  readonly lookupHint: (side: Scope) => LookupHint | null;
  readonly lookupDefaults: LookupDefaults;
  /** Of the query around a subquery. */
  readonly outer: Scope | null;
  /** What joins the subqueries in ON to the rows of a side. */
  readonly subqueriesOver: (node: LogicalNode, outerColumn: OuterColumn) => JoinedSubqueries;
}
