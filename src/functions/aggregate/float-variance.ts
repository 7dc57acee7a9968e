import type { SqlType } from '../../types/sql-type.ts';
import { type Code, f32, f64 } from '../../wasm/code.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import type { MomentArithmetic } from './moments.ts';

/** Of DOUBLE, in doubles. */
export function doubleVariance(type: SqlType, isDeviation: boolean): MomentArithmetic<Code<'f64'>> {
  return floating('f64', f64, (w, value) => w.f64(value), type, isDeviation ? f64.sqrt : (variance) => variance);
}

/** Of FLOAT, in floats; the root alone is a double's. */
export function floatVariance(type: SqlType, isDeviation: boolean): MomentArithmetic<Code<'f32'>> {
  const root = (variance: Code<'f32'>): Code<'f32'> => f32.demoteF64(f64.sqrt(f64.promoteF32(variance)));
  return floating('f32', f32, (w, value) => w.f32(value), type, isDeviation ? root : (variance) => variance);
}

interface Instructions<T extends 'f32' | 'f64'> {
  readonly add: (a: Code<T>, b: Code<T>) => Code<T>;
  readonly sub: (a: Code<T>, b: Code<T>) => Code<T>;
  readonly mul: (a: Code<T>, b: Code<T>) => Code<T>;
  readonly div: (a: Code<T>, b: Code<T>) => Code<T>;
  readonly convertI64S: (a: Code<'i64'>) => Code<T>;
}

function floating<T extends 'f32' | 'f64'>(
  physical: T,
  { add, sub, mul, div, convertI64S }: Instructions<T>,
  read: (w: ExpressionWriter, value: Value) => Code<T>,
  type: SqlType,
  shown: (variance: Code<T>) => Code<T>,
): MomentArithmetic<Code<T>> {
  return {
    physical,
    terms(w, value) {
      const x = w.f.local(physical, read(w, value));
      return { sum: x, squares: mul(x, x) };
    },
    read: (_, state, field) => state.get(field, physical),
    add: (w, state, field, term, isRetraction) =>
      w.f.do(state.set(field, (isRetraction ? sub : add)(state.get(field, physical), term))),
    result(w, state, { count, divisor, isNull }) {
      const sum = w.f.local(physical, state.get('sum', physical));
      const mean = div(mul(sum, sum), convertI64S(count));
      const variance = div(sub(state.get('squares', physical), mean), convertI64S(divisor));
      return w.value(type, isNull, shown(variance));
    },
  };
}
