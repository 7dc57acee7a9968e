import { timestampUnitsPerSecond } from '../../types/physical.ts';
import { type SqlType, TIME, type TimeType } from '../../types/sql-type.ts';
import { type I64, i32, i64, type Local } from '../../wasm/code.ts';
import { resultHalves } from '../decimal-value.ts';
import type { ExpressionWriter, Value } from '../value.ts';

const msPerDay = 86_400_000n;

/**
 * DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ among each other. A zoneless time is the session zone's wall clock; a finer
 * fraction is cut off. A TIME becomes a timestamp on 1970-01-01.
 */
export function writeTime(w: ExpressionWriter, value: Value, type: SqlType): Value {
  const from = value.type;
  if (type.kind === 'DATE' || type.kind === 'TIME') {
    if (from.kind === 'DATE') return { ...value, type };
    if (from.kind === 'TIME') return type.kind === 'TIME' ? cutTime(w, value, type) : { ...value, type };
    const local = localMs(w, value);
    if (type.kind === 'DATE') return w.value(type, null, i32.wrapI64(floorDivide(w, local, msPerDay)));
    const ofDay = w.f.local('i64', i64.sub(local, i64.mul(floorDivide(w, local, msPerDay), i64.const(msPerDay))));
    return cutTime(w, w.value(TIME(3, false), null, i32.wrapI64(ofDay)), type as TimeType);
  }
  if (type.kind !== 'TIMESTAMP' && type.kind !== 'TIMESTAMP_LTZ') throw new Error(`no time: ${type.kind}`);
  if (from.kind === 'DATE' || from.kind === 'TIME') {
    const days = i64.extendI32S(w.i32(value));
    const ms = w.f.local('i64', from.kind === 'DATE' ? i64.mul(days, i64.const(msPerDay)) : days);
    const clock = w.value({ ...type, kind: 'TIMESTAMP', precision: 3, nullable: false }, null, ms);
    return writeTime(w, clock, type);
  }
  const cut = cutFraction(w, value, type.precision);
  return from.kind === type.kind ? { ...cut, type } : shiftZone(w, cut, type);
}

/** The wall clock of a timestamp in the session zone, in its own precision. */
export function localTimestamp(w: ExpressionWriter, value: Value): Value {
  if (value.type.kind !== 'TIMESTAMP_LTZ') return value;
  return shiftZone(w, value, { ...value.type, kind: 'TIMESTAMP' });
}

/** The wall clock's milliseconds of a timestamp, without its fraction of a second. */
function localMs(w: ExpressionWriter, value: Value): Local<'i64'> {
  const clock = value.type.kind === 'TIMESTAMP_LTZ' ? shiftZone(w, value, { ...value.type, kind: 'TIMESTAMP' }) : value;
  return w.i64(cutFraction(w, clock, 0));
}

/** Between an instant and the wall clock of the session's zone. */
function shiftZone(w: ExpressionWriter, value: Value, type: TimeType): Value {
  const toUtc = type.kind === 'TIMESTAMP_LTZ';
  if (value.physical === 'i128') {
    const [low, high] = w.i128(value);
    const ms = w.f.local('i64', w.kernel('nanosToMillis', 'i64', low, high));
    const nano = w.f.local('i32', w.kernel('nanosOfMilli', 'i32', low, high));
    const shifted = w.kernel(toUtc ? 'zoneToUtc' : 'zoneToLocal', 'i64', w.zone, ms);
    w.f.do(w.kernel('nanosFromMillis', 'void', shifted, nano, w.resultAddress));
    return w.value(type, null, i64.load(w.resultAddress), i64.load(w.resultAddress, { offset: 8 }));
  }
  const unitsPerMs = BigInt(timestampUnitsPerSecond(type.precision) / 1000);
  const kernel = toUtc ? 'timestampToUtc' : 'timestampToLocal';
  return w.value(type, null, w.kernel(kernel, 'i64', w.zone, w.i64(value), i64.const(unitsPerMs)));
}

/** A timestamp of another precision, stored as that precision is: digits that are too fine are cut off, also before 1970. */
export function cutFraction(w: ExpressionWriter, value: Value, precision: number): Value {
  const from = value.type;
  if (from.kind !== 'TIMESTAMP' && from.kind !== 'TIMESTAMP_LTZ') throw new Error(`no timestamp: ${from.kind}`);
  const type: TimeType = { ...from, precision };
  const fromDigits = storedDigits(from.precision);
  const toDigits = storedDigits(precision);
  if (precision < from.precision) {
    // Down to the digits that stay, and up to those that are stored.
    const drop = fromDigits - precision;
    if (fromDigits < 9) {
      const cut = floorDivide(w, w.i64(value), 10n ** BigInt(drop));
      return w.value(type, null, i64.mul(cut, i64.const(10n ** BigInt(toDigits - precision))));
    }
    const down = i32.const(-1);
    const most = i32.const(38);
    w.f.drop(w.kernel('decimalCut', 'i32', ...w.i128(value), i32.const(drop), down, most, w.resultAddress));
    const [low, high] = resultHalves(w);
    if (toDigits < 9) return w.value(type, null, i64.mul(low, i64.const(10n ** BigInt(toDigits - precision))));
    const up = i32.const(toDigits - precision);
    const cut = [w.f.local('i64', low), w.f.local('i64', high)] as const;
    w.f.drop(w.kernel('decimalRescale', 'i32', ...cut, up, i32.const(0), most, w.resultAddress));
    return w.value(type, null, ...resultHalves(w));
  }
  if (fromDigits === toDigits) return { ...value, type };
  const up = toDigits - fromDigits;
  if (toDigits < 9) return w.value(type, null, i64.mul(w.i64(value), i64.const(10n ** BigInt(up))));
  w.f.drop(w.kernel('decimalFromI64', 'i32', w.i64(value), i32.const(up), i32.const(38), w.resultAddress));
  return w.value(type, null, ...resultHalves(w));
}

/** Digits of the unit in which a timestamp is stored. */
function storedDigits(precision: number): 3 | 6 | 9 {
  return precision <= 3 ? 3 : precision <= 6 ? 6 : 9;
}

function cutTime(w: ExpressionWriter, value: Value, type: TimeType): Value {
  const from = value.type.kind === 'TIME' ? value.type.precision : 3;
  if (type.precision >= Math.min(from, 3)) return { ...value, type };
  const step = 10 ** (3 - type.precision);
  const ms = w.i32(value);
  return w.value(type, null, i32.sub(ms, i32.remS(ms, i32.const(step))));
}

/** floor(a / b) for b > 0. */
export function floorDivide(w: ExpressionWriter, a: I64, b: bigint): Local<'i64'> {
  const dividend = w.f.local('i64', a);
  const quotient = w.f.local('i64', i64.divS(dividend, i64.const(b)));
  const isBelow = i64.ltS(i64.sub(dividend, i64.mul(quotient, i64.const(b))), i64.const(0n));
  w.f.set(quotient, i64.sub(quotient, i64.extendI32U(isBelow)));
  return quotient;
}
