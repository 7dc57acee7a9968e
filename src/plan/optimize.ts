import type { LogicalSink } from './logical.ts';
import { pruneColumns } from './rules/prune-columns.ts';

type Rule = (sinks: readonly LogicalSink[]) => readonly LogicalSink[];

interface NamedRule {
  readonly rule: Rule;
  /** Kept when the optimizer is off: results do not depend on it, but plans are only executable after it. */
  readonly isNeeded: boolean;
}

/** In this order. */
const rules: readonly NamedRule[] = [
  // Last of all, when no other rule reads a column any more. Needed: it turns ranks of 1 into deduplications.
  { rule: pruneColumns, isNeeded: true },
];

/** Rewrites a bound plan into one that does less for the same rows. */
export function optimize(sinks: readonly LogicalSink[], options: { readonly isOff: boolean }): readonly LogicalSink[] {
  return rules.filter(({ isNeeded }) => isNeeded || !options.isOff).reduce((plan, { rule }) => rule(plan), sinks);
}
