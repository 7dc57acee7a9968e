import type { Value } from '../functions/value.ts';
import { type I64, i64, type Local } from '../wasm/code.ts';
import type { FunctionBuilder } from '../wasm/function-builder.ts';
import type { CodeWriter } from './expression-writer.ts';

/** `floor(value / divisor)` and the multiple of the divisor at or below the value; the divisor is positive. */
export function floorMultiple(
  f: FunctionBuilder,
  value: I64,
  divisor: bigint,
): { readonly quotient: Local<'i64'>; readonly multiple: I64 } {
  const dividend = f.local('i64', value);
  const quotient = f.local('i64', i64.divS(dividend, i64.const(divisor)));
  const remainder = i64.sub(dividend, i64.mul(quotient, i64.const(divisor)));
  // Division truncates: a negative remainder is one too many.
  f.set(quotient, i64.add(quotient, i64.shrS(remainder, i64.const(63n))));
  return { quotient, multiple: i64.mul(quotient, i64.const(divisor)) };
}

/** A time attribute in ms on the clock that windows are cut by: the session zone's for TIMESTAMP_LTZ. */
export function localWallClock(writer: CodeWriter, time: Value): Local<'i64'> {
  const ms = writer.i64(time);
  if (time.type.kind !== 'TIMESTAMP_LTZ' || isUtc(writer.session.timeZone)) return ms;
  return writer.f.local('i64', writer.kernel('zoneToLocal', 'i64', writer.zone, ms));
}

/** Zones whose wall clock is UTC's. */
export function isUtc(timeZone: string): boolean {
  return ['UTC', 'Etc/UTC', 'GMT', 'Z'].includes(timeZone);
}
