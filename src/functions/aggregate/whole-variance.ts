import { DECIMAL, type SqlType } from '../../types/sql-type.ts';
import { f64, i32, i64 } from '../../wasm/code.ts';
import { resultHalves } from '../decimal-value.ts';
import { addHalves, keptHalves, type WideTerm } from './halves.ts';
import type { MomentArithmetic } from './moments.ts';
import { narrowed } from './narrow.ts';
import { wideInteger } from './state.ts';

/** A sum as a value with two halves. */
const sumType = DECIMAL(38, 0, false);

/**
 * Of integers, in 128 bits with divisions that cut, as Flink divides, but without its overflow; a root is cut to the
 * argument's type.
 */
export function wholeVariance(type: SqlType, isDeviation: boolean): MomentArithmetic<WideTerm> {
  return {
    physical: 'i128',
    terms(w, value) {
      const whole = w.f.local('i64', wideInteger(w, value));
      const sum: WideTerm = [whole, w.f.local('i64', i64.shrS(whole, i64.const(63n)))];
      w.f.drop(w.kernel('decimalMultiply', 'i32', ...sum, ...sum, i32.const(0), i32.const(38), w.resultAddress));
      return { sum, squares: keptHalves(w, resultHalves(w)) };
    },
    read: (w, state, field) => w.i128(state.read(field, sumType)),
    add: (w, state, field, term, isRetraction) =>
      addHalves(w, state, { name: field, type: sumType }, term, isRetraction),
    result(w, state, { count, divisor, isNull }) {
      const [sum, squares] = [w.i128(state.read('sum', sumType)), w.i128(state.read('squares', sumType))];
      w.f.drop(w.kernel('integerVariance', 'i32', ...sum, ...squares, count, divisor, w.resultAddress));
      const variance = w.f.local('i64', i64.load(w.resultAddress));
      const value = isDeviation ? i64.truncSatF64S(f64.sqrt(f64.convertI64S(variance))) : variance;
      return w.value(type, isNull, narrowed(value, type));
    },
  };
}
