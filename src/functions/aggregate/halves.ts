import type { DecimalType } from '../../types/sql-type.ts';
import { i64, type Local } from '../../wasm/code.ts';
import type { StateAccess } from '../aggregate-function.ts';
import type { Halves } from '../decimal-value.ts';
import type { ExpressionWriter } from '../value.ts';

/** A number of 128 bits in two locals, the low half first. */
export type WideTerm = readonly [low: Local<'i64'>, high: Local<'i64'>];

export function keptHalves(w: ExpressionWriter, [low, high]: Halves): WideTerm {
  return [w.f.local('i64', low), w.f.local('i64', high)];
}

export function negatedHalves(w: ExpressionWriter, [low, high]: WideTerm): WideTerm {
  const borrow = i64.extendI32U(i64.ne(low, i64.const(0n)));
  return keptHalves(w, [i64.sub(i64.const(0n), low), i64.sub(i64.sub(i64.const(0n), high), borrow)]);
}

/** Adds to a field of 128 bits, or takes away; it wraps. */
export function addHalves(
  w: ExpressionWriter,
  state: StateAccess,
  field: { readonly name: string; readonly type: DecimalType },
  [low, high]: WideTerm,
  isRetraction: boolean,
): void {
  const [haveLow, haveHigh] = w.i128(state.read(field.name, field.type));
  const step = isRetraction ? i64.sub : i64.add;
  const nextLow = w.f.local('i64', step(haveLow, low));
  const carry = i64.extendI32U(isRetraction ? i64.ltU(haveLow, low) : i64.ltU(nextLow, haveLow));
  state.write(field.name, w.value(field.type, null, nextLow, step(step(haveHigh, high), carry)));
}
