import { physicalOf } from '../../types/physical.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { type I32, type I64, i64 } from '../../wasm/code.ts';
import type { StateAccess, StateField } from '../aggregate-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';

/** A count of the values that are not NULL, for an argument that may be; none is kept for one that may not. */
export function countField(argument: SqlType | undefined): readonly StateField[] {
  return argument?.nullable === true ? [{ name: 'count', physical: 'i64' }] : [];
}

/** Adds to a field of i64. */
export function addToField(w: ExpressionWriter, state: StateAccess, name: string, value: I64): void {
  w.f.do(state.set(name, i64.add(state.get(name, 'i64'), value)));
}

/** One value more (1n) or less (-1n), where values are counted. */
export function countValue(w: ExpressionWriter, state: StateAccess, argument: SqlType | undefined, by: bigint): void {
  if (argument?.nullable === true) addToField(w, state, 'count', i64.const(by));
}

/** NULL where no value was counted. */
export function nullWithoutValues(state: StateAccess, argument: SqlType | undefined): I32 | null {
  return argument?.nullable === true ? i64.eqz(state.get('count', 'i64')) : null;
}

/** An integer of any width as i64. */
export function wideInteger(w: ExpressionWriter, value: Value): I64 {
  return value.physical === 'i64' ? w.i64(value) : i64.extendI32S(w.i32(value));
}

/** Whether a type is an integer or an interval: kept as a whole number of at most 64 bits. */
export function isWhole(type: SqlType): boolean {
  return ['i8', 'i16', 'i32', 'i64'].includes(physicalOf(type));
}
