import type { Physical } from '../types/physical.ts';
import type { ArrayType, SqlType } from '../types/sql-type.ts';
import type { Code, I32, I64, Local, ValueType } from '../wasm/code.ts';
import type { Parameter } from './scalar-function.ts';
import type { ExpressionWriter, Value } from './value.ts';

/** A built-in aggregate function: one entry. */
export interface AggregateFunction {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /**
   * Where there may be no value the result is nullable even for a NOT NULL argument: without keys or with FILTER
   * (`empty`, the default), with FILTER only, or `never`, as for COUNT.
   */
  readonly nullableIf?: 'empty' | 'filtered' | 'never';
  readonly overloads: readonly AggregateOverload[];
  /** What it is with IGNORE NULLS, where that is another function; absent: the clause is refused. */
  readonly ignoringNulls?: AggregateFunction;
  readonly examples?: readonly { readonly sql: string; readonly result: string | null }[];
}

export interface AggregateOverload {
  /** Of a function of the program's: who has written it can give it what it lacks. */
  readonly isProgram?: boolean;
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
  /** Adds a value, which may be NULL, to the list that a `bytes` field is (see kernels/value-list.ts). */
  listAdd(name: string, value: Value): void;
  /** Adds the values of another state's list. */
  listAddAll(name: string, other: StateAccess): void;
  /** The list of a field as an ARRAY of so many values, in memory that lives as long as the batch. */
  list(name: string, type: ArrayType, count: I32): Value;
}

/** What an accumulator keeps beside its state row: values in their order, with how often each is there. */
export interface KeptShape {
  /** The parts of a value; kept and given as NOT NULL. */
  readonly types: readonly SqlType[];
  /** Values with equal first parts are one, whose other parts are those of the first that came. Default: all parts. */
  readonly keyParts?: number;
  /** Runs where a value comes that is there already, for values that may be there once only. */
  readonly repeated?: (w: ExpressionWriter, values: readonly Value[]) => void;
}

/** The values that a group keeps; for an accumulator without `keeps` there are none to ask for. */
export interface KeptValues {
  add(values: readonly Value[], times: I64): void;
  /** Takes a value away so often; one that is not there is not missed. */
  remove(values: readonly Value[], times: I64): void;
  /** Runs `body` for each value, in the order of their first parts. */
  each(body: (values: readonly Value[], times: Local<'i64'>) => void): void;
}

const noneKept = (): never => {
  throw new Error('this accumulator keeps no values');
};

/** For accumulators without `keeps`. */
export const noValues: KeptValues = { add: noneKept, remove: noneKept, each: noneKept };

/**
 * How an accumulator lives in a state row. NULL inputs do not reach `accumulate` unless `seesNulls`; FILTER and
 * DISTINCT are handled around it (DISTINCT by a keyed table of (group, value) with counts).
 */
export interface AggregateCode {
  readonly state: readonly StateField[];
  readonly seesNulls?: boolean;
  /** The result depends on the order in which states are merged (LISTAGG). */
  readonly isOrdered?: boolean;
  /** Values kept in ordered maps beside the row, whatever the input: they merge by themselves. */
  readonly keeps?: KeptShape;
  /** An ARRAY with a NULL in it is sent again though it is the same, as Flink does. */
  readonly resendsNulls?: boolean;
  /** A BIGINT: where it is another, an equal result is sent again, as Flink does for what it computes from sums. */
  readonly resendsWith?: (w: ExpressionWriter, state: StateAccess) => Value;
  accumulate(w: ExpressionWriter, state: StateAccess, args: readonly Value[], kept: KeptValues): void;
  /** Adds a row of no matter which values where the condition is 1, and nothing where it is 0. */
  readonly countIf?: (w: ExpressionWriter, state: StateAccess, condition: I32) => void;
  /** The inverse, where one exists on this state. */
  readonly retract?: (w: ExpressionWriter, state: StateAccess, args: readonly Value[], kept: KeptValues) => void;
  /**
   * Without an inverse, what the accumulator is made of anew when a row was taken back: of the values that are left, in
   * this order, the first, the last or all. Absent too: the function is refused over an updating input.
   */
  readonly remadeOf?: { readonly order: 'value' | 'arrival'; readonly values: 'first' | 'last' | 'all' };
  /** Adds `other` (a newer slice's or session's state) to `state`; absent: refused in HOP, CUMULATE and SESSION as Flink does. */
  readonly merge?: (w: ExpressionWriter, state: StateAccess, other: StateAccess) => void;
  /** The value of the accumulator. */
  result(w: ExpressionWriter, state: StateAccess, kept: KeptValues): Value;
}
