import type { Span } from '../diagnostics/source-text.ts';
import type { AggregateOverload } from '../functions/aggregate-function.ts';
import type { ScalarOverload } from '../functions/scalar-function.ts';
import type { SqlType } from '../types/sql-type.ts';

/**
 * A bound scalar expression: names are resolved, every node has its SQL type and the place it came from.
 *
 * Everything that is a function or operator of SQL (also `AND`, `CASE`, `+`) is a `call` of a registry entry;
 * what is left are the leaves, casts and accesses that no argument list can express.
 */
export type Expression = ColumnExpression | LiteralExpression | CallExpression | CastExpression | FieldExpression;

/** A column of the input, by position. */
export interface ColumnExpression {
  readonly kind: 'column';
  readonly index: number;
  readonly type: SqlType;
  readonly span: Span;
}

/**
 * A constant in the form of its physical class: boolean; number (i8 i16 i32 f32 f64); bigint (i64; i128: unscaled
 * DECIMAL, ns of a TIMESTAMP); string (CHAR, VARCHAR); Uint8Array (BINARY and encoded nested values).
 */
export type LiteralValue = boolean | number | bigint | string | Uint8Array | null;

export interface LiteralExpression {
  readonly kind: 'literal';
  readonly value: LiteralValue;
  readonly type: SqlType;
  readonly span: Span;
}

/** A call of a built-in or user-defined function; arguments are already cast to the overload's parameter types. */
export interface CallExpression {
  readonly kind: 'call';
  /** Upper case, as in the registry: `UPPER`, `+`, `AND`, `CASE`. */
  readonly name: string;
  readonly overload: ScalarOverload;
  readonly args: readonly Expression[];
  readonly type: SqlType;
  readonly span: Span;
}

/** CAST; with `safe`, TRY_CAST: a value that cannot be converted is NULL. */
export interface CastExpression {
  readonly kind: 'cast';
  readonly input: Expression;
  readonly type: SqlType;
  readonly safe: boolean;
  readonly span: Span;
}

/** A field of a ROW, by position. NULL when the row is. */
export interface FieldExpression {
  readonly kind: 'field';
  readonly input: Expression;
  readonly index: number;
  readonly type: SqlType;
  readonly span: Span;
}

/** A call of an aggregate function inside an aggregate node. */
export interface AggregateCall {
  readonly name: string;
  readonly overload: AggregateOverload;
  /** Over the aggregate node's input. */
  readonly args: readonly Expression[];
  readonly distinct: boolean;
  /** FILTER (WHERE ...): only rows where it is TRUE count. */
  readonly filter: Expression | null;
  /** Rows that are taken back are not looked at: MAX of what only grows. */
  readonly ignoresRetractions?: boolean;
  readonly type: SqlType;
  readonly span: Span;
}
