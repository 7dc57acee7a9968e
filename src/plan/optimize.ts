import type { Table } from '../catalog/table.ts';
import type { LogicalSink } from './logical.ts';
import { dropEmpty } from './rules/drop-empty.ts';
import { filterScans } from './rules/filter-scans.ts';
import { type Fold, foldConstants } from './rules/fold-constants.ts';
import { mergeProjects } from './rules/merge-projects.ts';
import { pruneColumns } from './rules/prune-columns.ts';
import { pushFilters } from './rules/push-filters.ts';
import { readFields } from './rules/read-fields.ts';
import { sharePlans } from './rules/share-plans.ts';

export interface OptimizeOptions {
  /** Only the rules that a plan cannot run without. */
  readonly isOff: boolean;
  /** The engine's own code for expressions, which lies above the planner. */
  readonly fold: Fold;
  /** What a table's decoder can do: connectors and formats lie above the planner too. */
  readonly decoderOf: (table: Table) => DecoderTraits;
}

export interface DecoderTraits {
  /** Reads a part of a row without the rest. */
  readonly nestedPaths: boolean;
  /** Leaves values unread in rows that a filter throws away. */
  readonly earlyFilter: boolean;
}

interface NamedRule {
  readonly rule: (sinks: readonly LogicalSink[], options: OptimizeOptions) => readonly LogicalSink[];
  /** Kept when the optimizer is off: results do not depend on it, but plans are only executable after it. */
  readonly isNeeded: boolean;
}

/** In this order. */
const rules: readonly NamedRule[] = [
  // First: other rules look at literals.
  { rule: (sinks, { fold }) => foldConstants(sinks, fold), isNeeded: false },
  // Behind it: it finds filters that have become TRUE or FALSE.
  { rule: dropEmpty, isNeeded: false },
  // Before filters move: they stay above what several read.
  { rule: sharePlans, isNeeded: false },
  { rule: pushFilters, isNeeded: false },
  // Behind the filters, which stand between projections.
  { rule: mergeProjects, isNeeded: false },
  // Behind all that makes plans alike, and before columns are left out, which readers have in common.
  { rule: sharePlans, isNeeded: false },
  // Behind all that could read a ROW; `pruneColumns` then leaves the ROW out.
  { rule: (sinks, { decoderOf }) => readFields(sinks, (table) => decoderOf(table).nestedPaths), isNeeded: false },
  // When no other rule reads a column any more. Needed: a rank that is kept up changes what is sent.
  { rule: pruneColumns, isNeeded: true },
  // Once more: a projection that only left columns out has nothing left to do.
  { rule: mergeProjects, isNeeded: false },
  // The columns of scans have their places now.
  { rule: (sinks, { decoderOf }) => filterScans(sinks, (table) => decoderOf(table).earlyFilter), isNeeded: false },
];

/** Rewrites a bound plan into one that does less for the same rows. */
export function optimize(sinks: readonly LogicalSink[], options: OptimizeOptions): readonly LogicalSink[] {
  return rules
    .filter(({ isNeeded }) => isNeeded || !options.isOff)
    .reduce((plan, { rule }) => rule(plan, options), sinks);
}
