import type { SqlType } from '../types/sql-type.ts';
import type { ExpressionWriter, HostCall, HostValue, Value } from './value.ts';

export type { HostCall, HostValue } from './value.ts';

/**
 * A built-in scalar function: one entry, from which come overload resolution, errors with the nearest signature,
 * SHOW FUNCTIONS, the reference page and a test of its example.
 */
export interface ScalarFunction {
  /** Upper case; an operator by its sign: `+`, `||`, `IS NULL`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly category: FunctionCategory;
  readonly overloads: readonly ScalarOverload[];
  /** One sentence: what it gives. */
  readonly summary: string;
  /** SQL and its value in the text form; run as a test. */
  readonly examples: readonly { readonly sql: string; readonly result: string | null }[];
  /** False for RAND, UUID, NOW: never folded, never shared. Default true. */
  readonly deterministic?: boolean;
}

export type FunctionCategory =
  | 'comparison'
  | 'logical'
  | 'arithmetic'
  | 'string'
  | 'temporal'
  | 'conditional'
  | 'conversion'
  | 'collection'
  | 'json'
  | 'value'
  | 'hash'
  | 'grouping'
  | 'aggregate'
  | 'program';

/** One way to call a function. The first overload whose parameters accept the arguments is taken. */
export interface ScalarOverload {
  readonly params: readonly Parameter[];
  /**
   * The result's type from the argument types (after coercion) and the values of those that are literals, undefined for
   * others (`ROUND(x, 2)`). Calls with NULL handling `propagate` become nullable by themselves.
   */
  readonly returns: (args: readonly SqlType[], literals?: readonly (HostValue | undefined)[]) => SqlType;
  /** `propagate` (default): NULL when an argument is; the code sees no NULL. `custom`: the code handles NULL itself. */
  readonly nulls?: 'propagate' | 'custom';
  /** In the place of what the entry says: of functions that are not in the registry. */
  readonly deterministic?: boolean;
  readonly code: ScalarCode;
}

export interface Parameter {
  readonly name: string;
  /** Accepts the argument's type, gives the type it is to be cast to; null where it does not fit. */
  readonly accepts: (type: SqlType, context: ParameterContext) => SqlType | null;
  /** As in a signature: `STRING`, `numeric`. */
  readonly text: string;
  readonly optional?: boolean;
  /** The last parameter may repeat. */
  readonly variadic?: boolean;
  /** Must be a constant. */
  readonly literal?: boolean;
}

export interface ParameterContext {
  /** Types of all arguments, for a parameter whose type follows from the others. */
  readonly args: readonly SqlType[];
  /** Which of them this is. */
  readonly index: number;
  readonly isLiteral: boolean;
  /** The values of arguments that are literals, undefined for others: a unit decides which types it goes with. */
  readonly literals: readonly (HostValue | undefined)[];
}

/** A lazy argument: writes the code that computes it where it is called; call it once on each path. */
export interface Argument {
  (): Value;
  /** It takes a few instructions and never fails: it may be computed where it is not needed. */
  readonly isCheap: boolean;
}

export type ScalarCode =
  /** Written into the pipeline. With `nulls: 'propagate'` the values are never NULL. */
  | { readonly kind: 'wasm'; readonly write: (w: ExpressionWriter, args: readonly Value[], type: SqlType) => Value }
  /** As `wasm`, but evaluates its arguments itself (AND, CASE, COALESCE). Implies `nulls: 'custom'`. */
  | { readonly kind: 'lazy'; readonly write: (w: ExpressionWriter, args: readonly Argument[], type: SqlType) => Value }
  /** The same for all rows: it follows from the types of the arguments, which are not computed, and from literals. */
  | {
      readonly kind: 'typed';
      readonly value: (types: readonly SqlType[], literals: readonly (HostValue | undefined)[]) => HostValue;
    }
  /**
   * A JavaScript function called per row with values in `LiteralValue` form (never null under `propagate`).
   * Throwing an Error fails the row with its message.
   */
  | { readonly kind: 'host'; readonly evaluate: (args: readonly HostValue[], call: HostCall) => HostValue };
