import { timestampUnitsPerSecond } from '../../types/physical.ts';
import type { SqlType, TimeType } from '../../types/sql-type.ts';
import { type I64, i64, type Local } from '../../wasm/code.ts';
import type { ExpressionWriter, Value } from '../value.ts';

export const millisPerDay = 86_400_000n;

/**
 * A timestamp as a count that fits an i64: of milliseconds or microseconds; what a precision of 7 to 9 has beyond the
 * millisecond stands beside it.
 */
export interface Count {
  readonly units: Local<'i64'>;
  readonly unitsPerSecond: 1000n | 1_000_000n;
  /** Nanoseconds of the millisecond; null for precisions up to 6. */
  readonly nanoOfMilli: Local<'i32'> | null;
}

/** A TIMESTAMP or TIMESTAMP_LTZ as it is stored: an LTZ as an instant. */
export function countOf(w: ExpressionWriter, value: Value): Count {
  const { precision } = value.type as TimeType;
  if (precision <= 6) {
    return {
      units: w.i64(value),
      unitsPerSecond: timestampUnitsPerSecond(precision) === 1000 ? 1000n : 1_000_000n,
      nanoOfMilli: null,
    };
  }
  const [low, high] = w.i128(value);
  return {
    units: w.f.local('i64', w.kernel('nanosToMillis', 'i64', low, high)),
    unitsPerSecond: 1000n,
    nanoOfMilli: w.f.local('i32', w.kernel('nanosOfMilli', 'i32', low, high)),
  };
}

/** The inverse of `countOf`, with a new count. */
export function timestampValue(
  w: ExpressionWriter,
  type: SqlType,
  units: I64,
  nanoOfMilli: Count['nanoOfMilli'],
): Value {
  if (nanoOfMilli === null) return w.value(type, null, units);
  w.f.do(w.kernel('nanosFromMillis', 'void', units, nanoOfMilli, w.resultAddress));
  return w.value(type, null, i64.load(w.resultAddress), i64.load(w.resultAddress, { offset: 8 }));
}

/** Whether the type is shown in the session zone, and that zone is not UTC. */
function isZoned(w: ExpressionWriter, type: SqlType): boolean {
  return type.kind === 'TIMESTAMP_LTZ' && w.session.timeZone !== 'UTC';
}

/** The wall clock: a TIMESTAMP as it is, a TIMESTAMP_LTZ in the session zone. */
export function wallClockOf(w: ExpressionWriter, value: Value): Count {
  const count = countOf(w, value);
  if (!isZoned(w, value.type)) return count;
  const units = w.kernel('timestampToLocal', 'i64', w.zone, count.units, i64.const(count.unitsPerSecond / 1000n));
  return { ...count, units: w.f.local('i64', units) };
}

/** A wall clock's count as a value of the type: the inverse of `wallClockOf`. */
export function fromWallClock(w: ExpressionWriter, type: SqlType, units: I64, clock: Count): Value {
  const stored = isZoned(w, type)
    ? w.kernel('timestampToUtc', 'i64', w.zone, units, i64.const(clock.unitsPerSecond / 1000n))
    : units;
  return timestampValue(w, type, stored, clock.nanoOfMilli);
}

/** A DATE, TIMESTAMP or TIMESTAMP_LTZ as milliseconds since 1970, as it is stored. */
export function millisOf(w: ExpressionWriter, value: Value): Local<'i64'> {
  if (value.type.kind === 'DATE') {
    return w.f.local('i64', i64.mul(i64.extendI32S(w.i32(value)), i64.const(millisPerDay)));
  }
  const count = countOf(w, value);
  if (count.unitsPerSecond === 1000n) return count.units;
  return floorDivided(w, count.units, 1000n);
}

/** floor(a / b), b > 0. */
export function floorDivided(w: ExpressionWriter, a: I64, b: bigint): Local<'i64'> {
  const dividend = w.f.local('i64', a);
  const quotient = w.f.local('i64', i64.divS(dividend, i64.const(b)));
  const isBelow = i64.ltS(i64.sub(dividend, i64.mul(quotient, i64.const(b))), i64.const(0n));
  w.f.set(quotient, i64.sub(quotient, i64.extendI32U(isBelow)));
  return quotient;
}
