import { DECIMAL, type DecimalType, type SqlType, withNullable } from '../../types/sql-type.ts';
import { f32, f64, type I32, i32, i64, type Local, select } from '../../wasm/code.ts';
import { isNumeric } from '../coercion.ts';
import { decimalResult, resultHalves } from '../decimal-value.ts';
import { int, parameter } from '../parameters.ts';
import type { HostValue, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';

/** ROUND (half away from zero, as Java's HALF_UP) and TRUNCATE (toward zero) to so many digits behind the point. */

/**
 * A literal number of digits decides the scale of a DECIMAL; with digits from a row the type stays, and the digits
 * behind are zeros. A literal NULL decides nothing.
 */
function roundedType(type: SqlType, digits: HostValue | undefined): SqlType {
  if (type.kind !== 'DECIMAL' || digits === undefined || digits === null || Number(digits) >= type.scale) return type;
  const { precision, scale } = type;
  const kept = Math.max(0, Number(digits));
  return DECIMAL(Math.min(38, 1 + precision - scale + kept), kept, type.nullable);
}

function rounding(name: 'ROUND' | 'TRUNCATE', summary: string, examples: ScalarFunction['examples']): ScalarFunction {
  const cut = name === 'TRUNCATE';
  return {
    name,
    category: 'arithmetic',
    summary,
    overloads: [
      {
        params: [parameter('value', 'NUMERIC', isNumeric), int('digits', { optional: true })],
        returns: ([value, digits], literals) => roundedType(value as SqlType, digits === undefined ? 0 : literals?.[1]),
        code: {
          kind: 'wasm',
          write: (w, [value, digits], type) => {
            const places = w.f.local('i32', digits === undefined ? i32.const(0) : w.i32(digits));
            return writeRounded(w, value as Value, places, type, cut);
          },
        },
      },
    ],
    examples,
  };
}

function writeRounded(w: ExpressionWriter, value: Value, places: Local<'i32'>, type: SqlType, cut: boolean): Value {
  const mode = i32.const(cut ? 1 : 0);
  switch (value.physical) {
    case 'f64':
      return w.value(type, null, w.kernel('roundF64', 'f64', w.f64(value), places, mode));
    case 'f32': {
      // Flink rounds the FLOAT as the DOUBLE that it is.
      const wide = f64.promoteF32(w.f32(value));
      return w.value(type, null, f32.demoteF64(w.kernel('roundF64', 'f64', wide, places, mode)));
    }
    case 'i128':
      return writeDecimal(w, value, places, type as DecimalType, mode);
    case 'i64':
      return w.value(type, null, w.kernel('roundI64', 'i64', w.i64(value), places, mode));
    default: {
      const rounded = i32.wrapI64(w.kernel('roundI64', 'i64', i64.extendI32S(w.i32(value)), places, mode));
      // What rounds beyond the type wraps around, as in Flink.
      if (type.kind === 'TINYINT') return w.value(type, null, i32.extend8S(rounded));
      return w.value(type, null, type.kind === 'SMALLINT' ? i32.extend16S(rounded) : rounded);
    }
  }
}

/** To `places`, then to the scale of the type; NULL where that has too many digits. */
function writeDecimal(w: ExpressionWriter, value: Value, places: I32, type: DecimalType, mode: I32): Value {
  const { scale } = value.type as DecimalType;
  const status = w.kernel(
    'decimalRound',
    'i32',
    ...w.i128(value),
    i32.const(scale),
    places,
    i32.const(type.scale),
    mode,
    i32.const(type.precision),
    w.resultAddress,
  );
  return decimalResult(w, withNullable(type, true), status);
}

/** -1, 0 or 1 in the value's own type; NaN is itself, and so is a zero with its sign. */
const sign: ScalarFunction = {
  name: 'SIGN',
  category: 'arithmetic',
  summary: '-1, 0 or 1 in the type of the value.',
  overloads: [
    {
      params: [parameter('value', 'NUMERIC', isNumeric)],
      returns: ([value]) => withNullable(value as SqlType, false),
      code: { kind: 'wasm', write: (w, [value], type) => writeSign(w, value as Value, type) },
    },
  ],
  examples: [
    { sql: 'SIGN(-3)', result: '-1' },
    { sql: 'SIGN(-1.5)', result: '-1.0' },
  ],
};

function writeSign(w: ExpressionWriter, value: Value, type: SqlType): Value {
  switch (value.physical) {
    case 'f64': {
      const x = w.f64(value);
      const one = f64.copysign(f64.const(1), x);
      return w.value(type, null, select(i32.or(f64.eq(x, f64.const(0)), f64.ne(x, x)), x, one));
    }
    case 'f32': {
      const x = w.f32(value);
      const one = f32.copysign(f32.const(1), x);
      return w.value(type, null, select(i32.or(f32.eq(x, f32.const(0)), f32.ne(x, x)), x, one));
    }
    case 'i128': {
      const [low, high] = w.i128(value);
      const unit = w.f.local('i64', i64.extendI32S(sign128(low, high)));
      const { scale, precision } = type as DecimalType;
      const status = w.kernel('decimalFromI64', 'i32', unit, i32.const(scale), i32.const(precision), w.resultAddress);
      // A type without a digit before the point holds no 1.
      if (scale === precision) return decimalResult(w, withNullable(type, true), status);
      w.f.drop(status);
      return w.value(type, null, ...resultHalves(w));
    }
    case 'i64': {
      const x = w.i64(value);
      return w.value(type, null, i64.extendI32S(i32.sub(i64.gtS(x, i64.const(0n)), i64.ltS(x, i64.const(0n)))));
    }
    default: {
      const x = w.i32(value);
      return w.value(type, null, i32.sub(i32.gtS(x, i32.const(0)), i32.ltS(x, i32.const(0))));
    }
  }
}

function sign128(low: Local<'i64'>, high: Local<'i64'>): I32 {
  const isZero = i64.eqz(i64.or(low, high));
  return select(isZero, i32.const(0), select(i64.ltS(high, i64.const(0n)), i32.const(-1), i32.const(1)));
}

export const roundingFunctions: readonly ScalarFunction[] = [
  rounding('ROUND', 'The value rounded half up, away from zero, to so many digits behind the point; 0 if not given.', [
    { sql: 'ROUND(2.345, 2)', result: '2.35' },
    { sql: 'ROUND(-1250, -2)', result: '-1300' },
  ]),
  rounding('TRUNCATE', 'The value without the digits behind a place after the point; 0 if not given.', [
    { sql: 'TRUNCATE(42.328, 2)', result: '42.32' },
    { sql: 'TRUNCATE(-4278, -2)', result: '-4200' },
  ]),
  sign,
];
