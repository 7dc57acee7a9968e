import type { AggregateFunction } from './aggregate-function.ts';
import { aggregateFunction, functionNames, scalarFunction } from './registry.ts';
import type { ScalarFunction } from './scalar-function.ts';

/** What names of functions mean in a session; case does not count. */
export interface FunctionLookup {
  scalar(name: string): ScalarFunction | undefined;
  aggregate(name: string): AggregateFunction | undefined;
  /** A function whose value is rows, for LATERAL TABLE: it gives an ARRAY of ROWs. */
  table(name: string): ScalarFunction | undefined;
  /** All that a user can write in a call, sorted: for "did you mean". */
  names(): readonly string[];
}

/** Where a call can only be of a built-in. */
export const builtInFunctions: FunctionLookup = {
  scalar: scalarFunction,
  aggregate: aggregateFunction,
  table: () => undefined,
  names: functionNames,
};
