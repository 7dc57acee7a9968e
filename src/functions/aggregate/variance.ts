import { DECIMAL, type SqlType, withNullable } from '../../types/sql-type.ts';
import { f32, f64, type I64, i32, i64, select } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction, StateAccess } from '../aggregate-function.ts';
import { resultHalves } from '../decimal-value.ts';
import { numeric } from '../parameters.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { averageReturns } from './average.ts';
import { type Counted, decimalVariance } from './decimal-variance.ts';
import { narrowed } from './narrow.ts';
import { addToField, isWhole, wideInteger } from './state.ts';

interface Variance {
  /** Divides by n - 1, and is NULL for one value. */
  readonly sample: boolean;
  /** The square root of it. */
  readonly deviation: boolean;
}

/**
 * The variance from sums: (sum(x^2) - sum(x)^2 / n) / n, or / (n - 1) for a sample.
 *
 * Of integers in 128 bits with divisions that cut, as Flink divides, but without its overflow; a root of it is cut
 * to the argument's type. Of others in their own type.
 */
function varianceCode(argument: SqlType, type: SqlType, kind: Variance): AggregateCode {
  if (isWhole(argument)) return wholeCode(type, kind);
  const { deviation } = kind;
  if (argument.kind === 'DECIMAL') {
    return decimalVariance(argument, type, { deviation, counted: (w, state) => counted(w, state, kind) });
  }
  return argument.kind === 'FLOAT' ? floatCode(type, kind) : doubleCode(type, kind);
}

const halvesType = DECIMAL(38, 0, false);

function wholeCode(type: SqlType, kind: Variance): AggregateCode {
  const add = (
    w: ExpressionWriter,
    state: StateAccess,
    field: string,
    low: I64,
    high: I64,
    negative: boolean,
  ): void => {
    const [haveLow, haveHigh] = w.i128(state.read(field, halvesType));
    const step = negative ? i64.sub : i64.add;
    const nextLow = w.f.local('i64', step(haveLow, low));
    const carry = i64.extendI32U(negative ? i64.ltU(haveLow, low) : i64.ltU(nextLow, haveLow));
    state.write(field, w.value(halvesType, null, nextLow, step(step(haveHigh, high), carry)));
  };
  const update = (w: ExpressionWriter, state: StateAccess, value: Value, negative: boolean): void => {
    const whole = w.f.local('i64', wideInteger(w, value));
    const sign = w.f.local('i64', i64.shrS(whole, i64.const(63n)));
    add(w, state, 'sum', whole, sign, negative);
    w.f.drop(
      w.kernel('decimalMultiply', 'i32', whole, sign, whole, sign, i32.const(0), i32.const(38), w.resultAddress),
    );
    const [low, high] = resultHalves(w);
    add(w, state, 'squares', w.f.local('i64', low), w.f.local('i64', high), negative);
    addToField(w, state, 'count', i64.const(negative ? -1n : 1n));
  };
  return {
    state: [
      { name: 'sum', physical: 'i128' },
      { name: 'squares', physical: 'i128' },
      { name: 'count', physical: 'i64' },
    ],
    accumulate(w, state, [value]) {
      if (value !== undefined) update(w, state, value, false);
    },
    retract(w, state, [value]) {
      if (value !== undefined) update(w, state, value, true);
    },
    merge(w, state, other) {
      for (const field of ['sum', 'squares']) {
        const [low, high] = w.i128(other.read(field, halvesType));
        add(w, state, field, low, high, false);
      }
      addToField(w, state, 'count', other.get('count', 'i64'));
    },
    result(w, state) {
      const { count, divisor, isNull } = counted(w, state, kind);
      w.f.drop(
        w.kernel(
          'integerVariance',
          'i32',
          ...w.i128(state.read('sum', halvesType)),
          ...w.i128(state.read('squares', halvesType)),
          count,
          divisor,
          w.resultAddress,
        ),
      );
      const variance = w.f.local('i64', i64.load(w.resultAddress));
      const value = kind.deviation ? i64.truncSatF64S(f64.sqrt(f64.convertI64S(variance))) : variance;
      return w.value(type, isNull, narrowed(value, type));
    },
  };
}

function doubleCode(type: SqlType, kind: Variance): AggregateCode {
  const add = (w: ExpressionWriter, state: StateAccess, field: string, value: ReturnType<typeof f64.const>): void =>
    w.f.do(state.set(field, f64.add(state.get(field, 'f64'), value)));
  const update = (w: ExpressionWriter, state: StateAccess, value: Value, negative: boolean): void => {
    const x = w.f64(value);
    const square = f64.mul(x, x);
    add(w, state, 'sum', negative ? f64.neg(x) : x);
    add(w, state, 'squares', negative ? f64.neg(square) : square);
    addToField(w, state, 'count', i64.const(negative ? -1n : 1n));
  };
  return {
    state: [
      { name: 'sum', physical: 'f64' },
      { name: 'squares', physical: 'f64' },
      { name: 'count', physical: 'i64' },
    ],
    accumulate(w, state, [value]) {
      if (value !== undefined) update(w, state, value, false);
    },
    retract(w, state, [value]) {
      if (value !== undefined) update(w, state, value, true);
    },
    merge(w, state, other) {
      add(w, state, 'sum', other.get('sum', 'f64'));
      add(w, state, 'squares', other.get('squares', 'f64'));
      addToField(w, state, 'count', other.get('count', 'i64'));
    },
    result(w, state) {
      const { count, divisor, isNull } = counted(w, state, kind);
      const sum = w.f.local('f64', state.get('sum', 'f64'));
      const squares = state.get('squares', 'f64');
      const mean = f64.div(f64.mul(sum, sum), f64.convertI64S(count));
      const variance = f64.div(f64.sub(squares, mean), f64.convertI64S(divisor));
      return w.value(type, isNull, kind.deviation ? f64.sqrt(variance) : variance);
    },
  };
}

function counted(w: ExpressionWriter, state: StateAccess, kind: Variance): Counted {
  const { f } = w;
  const count = f.local('i64', state.get('count', 'i64'));
  const divisor = f.local('i64', kind.sample ? i64.sub(count, i64.const(1n)) : count);
  const isNull = f.local('i32', i64.leS(divisor, i64.const(0n)));
  // A NULL's parts are not looked at, but must not trap.
  f.set(count, select(i64.eqz(count), i64.const(1n), count));
  f.set(divisor, select(isNull, i64.const(1n), divisor));
  return { count, divisor, isNull };
}

function floatCode(type: SqlType, kind: Variance): AggregateCode {
  const add = (w: ExpressionWriter, state: StateAccess, field: string, value: ReturnType<typeof f32.const>): void =>
    w.f.do(state.set(field, f32.add(state.get(field, 'f32'), value)));
  const update = (w: ExpressionWriter, state: StateAccess, value: Value, negative: boolean): void => {
    const x = w.f32(value);
    const square = f32.mul(x, x);
    add(w, state, 'sum', negative ? f32.neg(x) : x);
    add(w, state, 'squares', negative ? f32.neg(square) : square);
    addToField(w, state, 'count', i64.const(negative ? -1n : 1n));
  };
  return {
    state: [
      { name: 'sum', physical: 'f32' },
      { name: 'squares', physical: 'f32' },
      { name: 'count', physical: 'i64' },
    ],
    accumulate(w, state, [value]) {
      if (value !== undefined) update(w, state, value, false);
    },
    retract(w, state, [value]) {
      if (value !== undefined) update(w, state, value, true);
    },
    merge(w, state, other) {
      add(w, state, 'sum', other.get('sum', 'f32'));
      add(w, state, 'squares', other.get('squares', 'f32'));
      addToField(w, state, 'count', other.get('count', 'i64'));
    },
    result(w, state) {
      const { count, divisor, isNull } = counted(w, state, kind);
      const sum = w.f.local('f32', state.get('sum', 'f32'));
      const mean = f32.div(f32.mul(sum, sum), f32.convertI64S(count));
      const variance = f32.div(f32.sub(state.get('squares', 'f32'), mean), f32.convertI64S(divisor));
      const root = f32.demoteF64(f64.sqrt(f64.promoteF32(variance)));
      return w.value(type, isNull, kind.deviation ? root : variance);
    },
  };
}

function variance(
  name: string,
  kind: Variance,
  summary: string,
  result: string,
  aliases: readonly string[] = [],
): AggregateFunction {
  return {
    name,
    aliases,
    summary,
    overloads: [
      {
        params: [numeric('value')],
        returns: ([value]) => withNullable(averageReturns(value), kind.sample || averageReturns(value).nullable),
        code: ([value], type) => varianceCode(value ?? type, type, kind),
      },
    ],
    examples: [{ sql: `${name}(x) FROM (VALUES (1e0), (3e0)) AS t(x)`, result }],
  };
}

const population = { sample: false, deviation: false };
const sample = { sample: true, deviation: false };

export const varPop = variance('VAR_POP', population, 'The variance of the values.', '1.0');
export const varSamp = variance('VAR_SAMP', sample, 'The variance of a sample; NULL for one value.', '2.0', [
  'VARIANCE',
]);
export const stddevPop = variance('STDDEV_POP', { ...population, deviation: true }, 'The standard deviation.', '1.0');
export const stddevSamp = variance(
  'STDDEV_SAMP',
  { ...sample, deviation: true },
  'The standard deviation of a sample; NULL for one value.',
  '1.4142135623730951',
  ['STDDEV'],
);
