import { type DecimalType, type SqlType, withNullable } from '../types/sql-type.ts';
import { type F64, type I32, type I64, i32, i64 } from '../wasm/code.ts';
import type { ExpressionWriter, Value } from './value.ts';

/** Digits that no integer of a type exceeds. */
const integerDigits: { readonly [kind in SqlType['kind']]?: number } = { TINYINT: 3, SMALLINT: 5, INT: 10, BIGINT: 19 };

/** The two halves of an unscaled value. */
export type Halves = readonly [low: I64, high: I64];

/** What a decimal kernel left at the result address. */
export function resultHalves(w: ExpressionWriter): Halves {
  return [i64.load(w.resultAddress), i64.load(w.resultAddress, { offset: 8 })];
}

/** A decimal from a kernel's status (0: it has too many digits, and so is NULL) and its result. */
export function decimalResult(w: ExpressionWriter, type: SqlType, status: I32): Value {
  const isNull = w.f.local('i32', i32.eqz(status));
  return w.value(type, isNull, ...resultHalves(w));
}

/** As `decimalResult`, where the kernel says 2 for a division by zero. */
export function decimalQuotient(w: ExpressionWriter, type: SqlType, status: I32): Value {
  const answered = w.f.local('i32', status);
  w.f.if(i32.eq(answered, i32.const(2)), () => w.fail('division by zero'));
  return w.value(type, i32.eqz(answered), ...resultHalves(w));
}

/** An exact number as halves and scale: integers are decimals of scale 0. */
export function exactHalves(w: ExpressionWriter, value: Value): { readonly halves: Halves; readonly scale: number } {
  if (value.type.kind === 'DECIMAL') return { halves: w.i128(value), scale: value.type.scale };
  const whole = w.f.local('i64', value.physical === 'i64' ? w.i64(value) : i64.extendI32S(w.i32(value)));
  return { halves: [whole, i64.shrS(whole, i64.const(63n))], scale: 0 };
}

/** Digits that any BIGINT can have. */
const longDigits = 18;

/** The halves of a value that fits 64 bits. */
function halvesOf(w: ExpressionWriter, value: I64): Halves {
  const low = w.f.local('i64', value);
  return [low, i64.shrS(low, i64.const(63n))];
}

/** `operator` on two exact numbers where neither they nor the result need more than 64 bits; else null. */
export function writeShortDecimal(
  w: ExpressionWriter,
  operator: '+' | '-' | '*',
  a: Value,
  b: Value,
  type: DecimalType,
): Value | null {
  if (type.precision > longDigits) return null;
  const [x, y] = [exactHalves(w, a), exactHalves(w, b)];
  const scale = operator === '*' ? x.scale + y.scale : Math.max(x.scale, y.scale);
  // A result of so few digits has operands of no more.
  if (scale !== type.scale) return null;
  if (operator === '*') return w.value(type, null, ...halvesOf(w, i64.mul(x.halves[0], y.halves[0])));
  const [left, right] = [x, y].map((side) => {
    const power = 10n ** BigInt(scale - side.scale);
    return power === 1n ? side.halves[0] : i64.mul(side.halves[0], i64.const(power));
  }) as [I64, I64];
  return w.value(type, null, ...halvesOf(w, (operator === '+' ? i64.add : i64.sub)(left, right)));
}

/** An exact number (or a BOOLEAN, 0 or 1) as a DECIMAL of another precision and scale: rounded half up, NULL where it does not fit. */
export function writeDecimal(w: ExpressionWriter, value: Value, type: DecimalType): Value {
  const { halves, scale } = exactHalves(w, value);
  const whole = value.type.kind === 'DECIMAL' ? value.type.precision - scale : (integerDigits[value.type.kind] ?? 1);
  const wider = type.scale >= scale && type.precision - type.scale >= whole;
  if (wider && type.scale === scale) return w.value(type, null, ...halves);
  if (wider && type.precision <= longDigits) {
    return w.value(type, null, ...halvesOf(w, i64.mul(halves[0], i64.const(10n ** BigInt(type.scale - scale)))));
  }
  const status = w.kernel(
    'decimalRescale',
    'i32',
    ...halves,
    i32.const(Math.max(0, type.scale - scale)),
    i32.const(Math.max(0, scale - type.scale)),
    i32.const(type.precision),
    w.resultAddress,
  );
  if (!wider) return decimalResult(w, withNullable(type, true), status);
  w.f.drop(status);
  return w.value(type, null, ...resultHalves(w));
}

/** A DOUBLE as a DECIMAL: its shortest text rounded half up; NULL where it does not fit, a failure for NaN and infinity. */
export function writeDecimalOfDouble(w: ExpressionWriter, value: F64, type: DecimalType, shown: Value): Value {
  const status = w.f.local(
    'i32',
    w.kernel('decimalFromF64', 'i32', value, i32.const(type.precision), i32.const(type.scale), w.resultAddress),
  );
  w.f.if(i32.eq(status, i32.const(2)), () => w.fail('{0} is no DECIMAL', shown));
  return w.value(withNullable(type, true), i32.eqz(status), ...resultHalves(w));
}
