import { physicalOf } from '../../types/physical.ts';
import { DECIMAL, DOUBLE, type SqlType } from '../../types/sql-type.ts';
import { f32, f64, i32, i64, select } from '../../wasm/code.ts';
import type { AggregateCode, AggregateFunction, StateAccess } from '../aggregate-function.ts';
import { resultHalves } from '../decimal-value.ts';
import { numeric } from '../parameters.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { narrowed } from './narrow.ts';
import { addToField } from './state.ts';
import { addSum } from './sum.ts';

/**
 * AVG: integers cut toward zero in their own type, from a sum of 64 bits; DECIMAL(38, max(6, s)) for DECIMAL(p, s),
 * rounded half up. State: the sum and the count.
 */
function averageCode(argument: SqlType, type: SqlType): AggregateCode {
  const summed = summedType(argument);
  const asSummed = (w: ExpressionWriter, value: Value): Value =>
    value.physical === 'f32' ? w.value(DOUBLE(false), null, f64.promoteF32(w.f32(value))) : value;
  return {
    state: [
      { name: 'sum', physical: physicalOf(summed) },
      { name: 'count', physical: 'i64' },
    ],
    accumulate(w, state, [value]) {
      if (value !== undefined) addSum(w, state, asSummed(w, value), false);
      addToField(w, state, 'count', i64.const(1n));
    },
    retract(w, state, [value]) {
      if (value !== undefined) addSum(w, state, asSummed(w, value), true);
      addToField(w, state, 'count', i64.const(-1n));
    },
    merge(w, state, other) {
      addSum(w, state, other.read('sum', summed), false);
      addToField(w, state, 'count', other.get('count', 'i64'));
    },
    result: (w, state) => averageResult(w, state, summed, type),
  };
}

function summedType(argument: SqlType): SqlType {
  switch (physicalOf(argument)) {
    case 'i128':
      return argument.kind === 'DECIMAL' ? DECIMAL(38, argument.scale, false) : argument;
    case 'f32':
    case 'f64':
      return DOUBLE(false);
    default:
      return { kind: 'BIGINT', nullable: false };
  }
}

function averageResult(w: ExpressionWriter, state: StateAccess, summed: SqlType, type: SqlType): Value {
  const { f } = w;
  const count = f.local('i64', state.get('count', 'i64'));
  const none = f.local('i32', i64.eqz(count));
  // No division by zero: a NULL's parts are not looked at.
  f.set(count, select(none, i64.const(1n), count));
  const sum = state.read('sum', summed);
  if (sum.physical === 'i64') return w.value(type, none, narrowed(f.local('i64', i64.divS(w.i64(sum), count)), type));
  if (sum.physical === 'f64') {
    const mean = f64.div(w.f64(sum), f64.convertI64S(count));
    return w.value(type, none, type.kind === 'FLOAT' ? f32.demoteF64(mean) : mean);
  }
  if (summed.kind !== 'DECIMAL' || type.kind !== 'DECIMAL') throw new Error('AVG of a DECIMAL is a DECIMAL');
  const fits = f.local(
    'i32',
    w.kernel(
      'decimalDivide',
      'i32',
      ...w.i128(sum),
      count,
      i64.const(0n),
      i32.const(type.scale - summed.scale),
      i32.const(type.precision),
      w.resultAddress,
    ),
  );
  return w.value(type, i32.or(none, i32.ne(fits, i32.const(1))), ...resultHalves(w));
}

export const average: AggregateFunction = {
  name: 'AVG',
  summary: 'The mean of the values that are not NULL, in their own type; NULL without any.',
  overloads: [
    {
      params: [numeric('value')],
      returns: ([value]) => averageReturns(value),
      code: ([value], type) => averageCode(value ?? type, type),
    },
  ],
  examples: [{ sql: 'AVG(x) FROM (VALUES (1), (2)) AS t(x)', result: '1' }],
};

/** Of AVG, and of the variances. */
export function averageReturns(value: SqlType | undefined): SqlType {
  if (value === undefined) throw new Error('the aggregate has an argument');
  return value.kind === 'DECIMAL' ? DECIMAL(38, Math.max(6, value.scale), value.nullable) : value;
}
