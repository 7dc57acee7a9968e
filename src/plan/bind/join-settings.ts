import type { FunctionLookup } from '../../functions/lookup.ts';
import type { Scope } from './scope.ts';

/** What the session and the hints of a SELECT say about the joins of its FROM. */
export interface JoinSettings {
  readonly functions: FunctionLookup;
  /** How long the rows of a side are kept, in ms; 0: for ever. */
  readonly stateTtlMs: (side: Scope) => number;
  /** Of the query around a subquery. */
  readonly outer: Scope | null;
}
