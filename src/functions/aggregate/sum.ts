import { physicalOf } from '../../types/physical.ts';
import { DECIMAL, type SqlType, withNullable } from '../../types/sql-type.ts';
import { f32, f64, type I32, i32, i64 } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction, StateAccess } from '../aggregate-function.ts';
import { resultHalves } from '../decimal-value.ts';
import { numeric } from '../parameters.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { narrowed } from './narrow.ts';
import { addToField, countField, countValue, nullWithoutValues, wideInteger } from './state.ts';

/**
 * SUM in the argument's own type: integers wrap as Java's do, a DECIMAL is exact to 38 digits and NULL beyond.
 * State: the sum, and a count where the argument may be NULL.
 */
function sumCode(argument: SqlType, type: SqlType): AggregateCode {
  const field = sumField(argument);
  return {
    state: [{ name: 'sum', physical: field }, ...countField(argument)],
    accumulate(w, state, [value]) {
      if (value !== undefined) addSum(w, state, value, false);
      countValue(w, state, argument, 1n);
    },
    retract(w, state, [value]) {
      if (value !== undefined) addSum(w, state, value, true);
      countValue(w, state, argument, -1n);
    },
    merge(w, state, other) {
      addSum(w, state, other.read('sum', sumType(argument)), false);
      if (argument.nullable) addToField(w, state, 'count', other.get('count', 'i64'));
    },
    result: (w, state) => sumResult(w, state, argument, type),
  };
}

/** Sums of integers are kept in 64 bits: what wraps at the end wraps the same. */
function sumField(argument: SqlType): 'i64' | 'i128' | 'f32' | 'f64' {
  const physical = physicalOf(argument);
  if (physical === 'i128' || physical === 'f32' || physical === 'f64') return physical;
  return 'i64';
}

function sumType(argument: SqlType): SqlType {
  switch (sumField(argument)) {
    case 'i128':
      return argument.kind === 'DECIMAL' ? DECIMAL(38, argument.scale, false) : argument;
    case 'f32':
      return { kind: 'FLOAT', nullable: false };
    case 'f64':
      return { kind: 'DOUBLE', nullable: false };
    default:
      return { kind: 'BIGINT', nullable: false };
  }
}

/** Adds to the field `sum`, or takes away. */
export function addSum(w: ExpressionWriter, state: StateAccess, value: Value, negative: boolean): void {
  const { f } = w;
  switch (value.physical) {
    case 'i128':
      addHalves(w, state, value, negative);
      return;
    case 'f32':
      f.do(state.set('sum', (negative ? f32.sub : f32.add)(state.get('sum', 'f32'), w.f32(value))));
      return;
    case 'f64':
      f.do(state.set('sum', (negative ? f64.sub : f64.add)(state.get('sum', 'f64'), w.f64(value))));
      return;
    default: {
      const whole = wideInteger(w, value);
      f.do(state.set('sum', (negative ? i64.sub : i64.add)(state.get('sum', 'i64'), whole)));
    }
  }
}

function addHalves(w: ExpressionWriter, state: StateAccess, value: Value, negative: boolean): void {
  const [low, high] = w.i128(value);
  const [sumLow, sumHigh] = w.i128(state.read('sum', { ...DECIMAL(38, 0, false) }));
  const nextLow = w.f.local('i64', (negative ? i64.sub : i64.add)(sumLow, low));
  // A carry shows as a sum below, a borrow as a difference above.
  const carry: I32 = negative ? i64.ltU(sumLow, low) : i64.ltU(nextLow, low);
  const step = negative ? i64.sub : i64.add;
  const nextHigh = step(step(sumHigh, high), i64.extendI32U(carry));
  state.write('sum', w.value(DECIMAL(38, 0, false), null, nextLow, nextHigh));
}

function sumResult(w: ExpressionWriter, state: StateAccess, argument: SqlType, type: SqlType): Value {
  const isNull = nullWithoutValues(state, argument);
  const sum = state.read('sum', sumType(argument));
  if (sum.physical === 'i64') return w.value(type, isNull, narrowed(w.i64(sum), type));
  if (sum.physical !== 'i128') return w.value(type, isNull, ...sum.parts);
  const fits = w.f.local(
    'i32',
    w.kernel('decimalRescale', 'i32', ...w.i128(sum), i32.const(0), i32.const(0), i32.const(38), w.resultAddress),
  );
  const overflow = i32.eqz(fits);
  return w.value(type, isNull === null ? overflow : i32.or(isNull, overflow), ...resultHalves(w));
}

export const sum: AggregateFunction = {
  name: 'SUM',
  summary: 'The sum of the values that are not NULL, in their own type; NULL without any.',
  overloads: [
    {
      params: [numeric('value')],
      returns: ([value]) => sumReturns(value),
      code: ([value], type) => sumCode(value ?? type, type),
    },
  ],
  examples: [{ sql: 'SUM(x) FROM (VALUES (1), (2)) AS t(x)', result: '3' }],
};

/** What Flink itself sums counts by. */
export const sum0: AggregateFunction = {
  name: '$SUM0',
  summary: 'The sum of the values that are not NULL, in their own type; 0 without any.',
  nullableIf: 'never',
  overloads: [
    {
      params: [numeric('value')],
      returns: ([value]) => withNullable(sumReturns(value), false),
      code: ([value], type) => sumCode(withNullable(value ?? type, false), type),
    },
  ],
  examples: [{ sql: '$SUM0(x) FROM (VALUES (CAST(NULL AS INT))) AS t(x)', result: '0' }],
};

function sumReturns(value: SqlType | undefined): SqlType {
  if (value === undefined) throw new Error('SUM has an argument');
  return value.kind === 'DECIMAL' ? DECIMAL(38, value.scale, value.nullable) : value;
}
