import type { Columns, InputOf, InputRow, ValueOf } from './row-types.ts';

/**
 * The SQL types of a function's parameters: `['STRING', 'INT']`, one behind the other; or by their names,
 * `{ text: 'STRING', width: 'INT' }`, then the callback takes one object, and SQL may write `f(width => 3, text => x)`.
 */
export type FunctionParameters = readonly string[] | Columns;

/** An argument: of a function that sees no NULL, never null. */
type ArgumentOf<T, Nulls> = T extends string
  ? unknown extends ValueOf<T>
    ? unknown
    : Nulls extends 'pass'
      ? ValueOf<T>
      : Exclude<ValueOf<T>, null>
  : never;

/** What a callback is called with. */
export type ArgumentsOf<P extends FunctionParameters, Nulls> = P extends readonly string[]
  ? { -readonly [I in keyof P]: ArgumentOf<P[I], Nulls> }
  : [{ readonly [K in keyof P]: ArgumentOf<P[K], Nulls> }];

/** A scalar function: one value for the arguments of a row. */
export interface ScalarFunctionDefinition<
  P extends FunctionParameters = FunctionParameters,
  R extends string = string,
  Nulls extends 'propagate' | 'pass' = 'propagate' | 'pass',
> {
  /** The SQL types of what it takes. */
  readonly parameters: P;
  /** The SQL type of the result. With NOT NULL behind it, it is never null where no argument may be. */
  readonly returns: R;
  /**
   * `propagate` (the default): the result is NULL where an argument is, and the callback is not called. `pass`: the
   * callback sees NULL as null.
   */
  readonly nulls?: Nulls | undefined;
  /**
   * Whether it gives the same for the same arguments, as by default. Such a call over constants is made once, before the
   * query runs, and equal calls of a row are made once; another is made for each row and place.
   */
  readonly deterministic?: boolean | undefined;
  /** Synchronous. What it throws ends the query with F017, which names the call in the SQL and the row. */
  readonly call: (...args: ArgumentsOf<P, Nulls>) => InputOf<R>;
}

/** An accumulator as callbacks see it; they may change it, and give it back. */
export type Accumulator<A extends Columns> = { -readonly [K in keyof A]: ValueOf<A[K]> };

/**
 * An aggregate function: one value for the rows of a group.
 *
 * The accumulator is a row of SQL values. It stands in the engine's memory with its group, and is freed with it; each
 * callback gets it as an object, which is not to be kept, and gives what it is then. Keep it small: it is read and
 * written with each row.
 */
export interface AggregateFunctionDefinition<
  P extends FunctionParameters = FunctionParameters,
  R extends string = string,
  A extends Columns = Columns,
  Nulls extends 'skip' | 'pass' = 'skip' | 'pass',
> {
  /** The SQL types of what it takes of a row. */
  readonly parameters: P;
  /** The SQL type of the result. */
  readonly returns: R;
  /** What is kept of a group: names and SQL types. */
  readonly accumulator: A;
  /** `skip` (the default): a row with a NULL among the arguments does not come to `add`. `pass`: it does, as null. */
  readonly nulls?: Nulls | undefined;
  /** The accumulator of a group that no row has come to. */
  readonly init: () => InputRow<A>;
  /** Takes a row in. */
  readonly add: (accumulator: Accumulator<A>, ...args: ArgumentsOf<P, Nulls>) => InputRow<A>;
  /**
   * Undoes `add`. Needed where rows are taken back: over an input that is updated, and in an OVER with a frame that rows
   * leave. Without it such a query is refused (B032).
   */
  readonly retract?: ((accumulator: Accumulator<A>, ...args: ArgumentsOf<P, Nulls>) => InputRow<A>) | undefined;
  /**
   * Adds the accumulator of newer rows. Needed in HOP, CUMULATE and SESSION windows, whose rows are aggregated once, in
   * slices. Without it such a query is refused (B011).
   */
  readonly merge?: ((accumulator: Accumulator<A>, newer: Accumulator<A>) => InputRow<A>) | undefined;
  /** The value of the group so far; may be asked for often. */
  readonly result: (accumulator: Accumulator<A>) => InputOf<R>;
}

/** A table function: rows for the arguments of a row, `FROM t, LATERAL TABLE(f(t.x)) AS r (a, b)`. */
export interface TableFunctionDefinition<
  P extends FunctionParameters = FunctionParameters,
  C extends Columns = Columns,
  Nulls extends 'skip' | 'pass' = 'skip' | 'pass',
> {
  /** The SQL types of what it takes. */
  readonly parameters: P;
  /** The columns of its rows: names and SQL types. */
  readonly columns: C;
  /** `skip` (the default): there are no rows where an argument is NULL. `pass`: the callback sees NULL as null. */
  readonly nulls?: Nulls | undefined;
  /** As of a scalar function. */
  readonly deterministic?: boolean | undefined;
  /** A generator, or what gives an array. The rows of one call are held together: a million at most. */
  readonly rows: (...args: ArgumentsOf<P, Nulls>) => Iterable<InputRow<C>>;
}

/** What definitions of the three kinds have in common, whatever their types. */
export type AnyFunction = {
  readonly parameters: FunctionParameters;
  readonly nulls?: 'propagate' | 'skip' | 'pass' | undefined;
};

/** A `ScalarFunctionDefinition` whatever its types: for a list of several signatures. */
export type AnyScalarFunction = AnyFunction & {
  readonly returns: string;
  readonly deterministic?: boolean | undefined;
  readonly call: AnyCallback;
};

/** An `AggregateFunctionDefinition` whatever its types. */
export type AnyAggregateFunction = AnyFunction & {
  readonly returns: string;
  readonly accumulator: Columns;
  readonly init: AnyCallback;
  readonly add: AnyCallback;
  readonly retract?: AnyCallback | undefined;
  readonly merge?: AnyCallback | undefined;
  readonly result: AnyCallback;
};

/** A `TableFunctionDefinition` whatever its types. */
export type AnyTableFunction = AnyFunction & {
  readonly columns: Columns;
  readonly deterministic?: boolean | undefined;
  readonly rows: AnyCallback;
};

type AnyCallback = (...args: never[]) => unknown;

/**
 * A scalar function by itself, with its types checked: one of several signatures, or for another module.
 *
 * @example
 * tide.function('area', [
 *   scalarFunction({ parameters: ['DOUBLE'], returns: 'DOUBLE', call: (radius) => Math.PI * radius ** 2 }),
 *   scalarFunction({ parameters: ['DOUBLE', 'DOUBLE'], returns: 'DOUBLE', call: (width, height) => width * height }),
 * ]);
 */
export function scalarFunction<
  const P extends FunctionParameters,
  const R extends string,
  Nulls extends 'propagate' | 'pass' = 'propagate',
>(definition: ScalarFunctionDefinition<P, R, Nulls>): ScalarFunctionDefinition<P, R, Nulls> {
  return definition;
}

/** An aggregate function by itself, with its types checked: see `scalarFunction`. */
export function aggregateFunction<
  const P extends FunctionParameters,
  const R extends string,
  const A extends Columns,
  Nulls extends 'skip' | 'pass' = 'skip',
>(definition: AggregateFunctionDefinition<P, R, A, Nulls>): AggregateFunctionDefinition<P, R, A, Nulls> {
  return definition;
}

/** A table function by itself, with its types checked: see `scalarFunction`. */
export function tableFunction<
  const P extends FunctionParameters,
  const C extends Columns,
  Nulls extends 'skip' | 'pass' = 'skip',
>(definition: TableFunctionDefinition<P, C, Nulls>): TableFunctionDefinition<P, C, Nulls> {
  return definition;
}
