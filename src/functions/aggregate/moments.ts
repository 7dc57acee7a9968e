import type { Physical } from '../../types/physical.ts';
import { BIGINT } from '../../types/sql-type.ts';
import { i64, type Local, select } from '../../wasm/code.ts';
import type { AggregateCode, StateAccess } from '../aggregate-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { addToField } from './state.ts';

/** The fields of the state that are sums: of the values, and of their squares. */
export type MomentField = 'sum' | 'squares';

/** How the numbers of one type are summed; a `Term` is a number in parts that may be read more than once. */
export interface MomentArithmetic<Term> {
  readonly physical: Physical;
  /** What a value adds to the two sums. */
  terms(w: ExpressionWriter, value: Value): Readonly<Record<MomentField, Term>>;
  read(w: ExpressionWriter, state: StateAccess, field: MomentField): Term;
  /** Adds a term to a sum, or takes it away. */
  add(w: ExpressionWriter, state: StateAccess, field: MomentField, term: Term, isRetraction: boolean): void;
  /** The variance or its root, from the sums. */
  result(w: ExpressionWriter, state: StateAccess, counted: Counted): Value;
}

/** What a variance is divided by. */
export interface Counted {
  readonly count: Local<'i64'>;
  readonly divisor: Local<'i64'>;
  readonly isNull: Local<'i32'>;
}

const fields: readonly MomentField[] = ['sum', 'squares'];

/** An accumulator of how many values came, their sum and the sum of their squares. */
export function momentsCode<Term>(arithmetic: MomentArithmetic<Term>, isSample: boolean): AggregateCode {
  const update = (w: ExpressionWriter, state: StateAccess, value: Value | undefined, isRetraction: boolean): void => {
    if (value === undefined) return;
    const terms = arithmetic.terms(w, value);
    for (const field of fields) arithmetic.add(w, state, field, terms[field], isRetraction);
    addToField(w, state, 'count', i64.const(isRetraction ? -1n : 1n));
  };
  return {
    state: [...fields.map((name) => ({ name, physical: arithmetic.physical })), { name: 'count', physical: 'i64' }],
    resendsWith: (w, state) => w.value(BIGINT(false), null, state.get('count', 'i64')),
    accumulate: (w, state, [value]) => update(w, state, value, false),
    retract: (w, state, [value]) => update(w, state, value, true),
    merge(w, state, other) {
      for (const field of fields) arithmetic.add(w, state, field, arithmetic.read(w, other, field), false);
      addToField(w, state, 'count', other.get('count', 'i64'));
    },
    result: (w, state) => arithmetic.result(w, state, counted(w, state, isSample)),
  };
}

function counted(w: ExpressionWriter, state: StateAccess, isSample: boolean): Counted {
  const { f } = w;
  const count = f.local('i64', state.get('count', 'i64'));
  const divisor = f.local('i64', isSample ? i64.sub(count, i64.const(1n)) : count);
  const isNull = f.local('i32', i64.leS(divisor, i64.const(0n)));
  // A NULL's parts are not looked at, but must not trap.
  f.set(count, select(i64.eqz(count), i64.const(1n), count));
  f.set(divisor, select(isNull, i64.const(1n), divisor));
  return { count, divisor, isNull };
}
