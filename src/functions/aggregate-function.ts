import type { Physical } from '../types/physical.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Code, ValueType } from '../wasm/code.ts';
import type { Parameter } from './scalar-function.ts';
import type { ExpressionWriter, Value } from './value.ts';

/** A built-in aggregate function: one entry. */
export interface AggregateFunction {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /**
   * Without keys or with FILTER there may be no value: the result is then nullable even for a NOT NULL argument.
   * Default true; never for COUNT, and for LISTAGG only with FILTER, since a group has a row.
   */
  readonly nullableIfEmpty?: boolean | 'filtered';
  readonly overloads: readonly AggregateOverload[];
  readonly examples?: readonly { readonly sql: string; readonly result: string | null }[];
}

export interface AggregateOverload {
  readonly params: readonly Parameter[];
  readonly returns: (args: readonly SqlType[]) => SqlType;
  /** The code for given argument types; an argument behind FILTER comes as nullable. */
  readonly code: (args: readonly SqlType[], type: SqlType) => AggregateCode;
}

/** A field of the accumulator in the group's state row; zero bytes at first. */
export interface StateField {
  readonly name: string;
  readonly physical: Physical;
}

/** Access to an accumulator's fields in a state row, by name. */
export interface StateAccess {
  get<T extends ValueType>(name: string, type: T): Code<T>;
  set(name: string, value: Code<ValueType>): Code<'void'>;
  /** A value with parts; never NULL. */
  read(name: string, type: SqlType): Value;
  /** Bytes are copied into the table's heap, growing the place that the field already has where it can. */
  write(name: string, value: Value): void;
  /** Appends to a `bytes` field in the table's heap, capacity doubling. */
  append(name: string, value: Value): void;
}

/**
 * How an accumulator lives in a state row. NULL inputs do not reach `accumulate` unless `seesNulls`; FILTER and
 * DISTINCT are handled around it (DISTINCT by a keyed table of (group, value) with counts).
 */
export interface AggregateCode {
  readonly state: readonly StateField[];
  readonly seesNulls?: boolean;
  /** The result depends on the order in which states are merged (LISTAGG). */
  readonly isOrdered?: boolean;
  accumulate(w: ExpressionWriter, state: StateAccess, args: readonly Value[]): void;
  /** The inverse, where one exists on this state. */
  readonly retract?: (w: ExpressionWriter, state: StateAccess, args: readonly Value[]) => void;
  /**
   * Without an inverse, what the accumulator is made of anew when a row was taken back: of the values that are left, in
   * this order, the first, the last or all. Absent too: the function is refused over an updating input.
   */
  readonly remadeOf?: { readonly order: 'value' | 'arrival'; readonly values: 'first' | 'last' | 'all' };
  /** Adds `other` (a newer slice's or session's state) to `state`; absent: refused in HOP, CUMULATE and SESSION as Flink does. */
  readonly merge?: (w: ExpressionWriter, state: StateAccess, other: StateAccess) => void;
  /** The value of the accumulator. */
  result(w: ExpressionWriter, state: StateAccess): Value;
}
