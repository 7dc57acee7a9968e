import { type Physical, physicalOf, physicalWidth } from '../../types/physical.ts';
import { type SqlType, withNullable } from '../../types/sql-type.ts';
import { type Code, f32, f64, type I32, i32, i64, type ValueType } from '../../wasm/code.ts';
import type { ExpressionWriter, Value } from '../value.ts';

/** Reading one value out of an encoded ARRAY, MAP or ROW (see `memory/nested.ts`). */

/** The parts of a value in a slot; text and nested values are views into `holder`. */
function slotParts(w: ExpressionWriter, physical: Physical, holder: I32, slot: I32): readonly Code<ValueType>[] {
  switch (physical) {
    case 'bool':
      return [i32.load8U(slot)];
    case 'i8':
      return [i32.load8S(slot)];
    case 'i16':
      return [i32.load16S(slot)];
    case 'i32':
      return [i32.load(slot)];
    case 'i64':
      return [i64.load(slot)];
    case 'i128':
      return [i64.load(slot), i64.load(slot, { offset: 8 })];
    case 'f32':
      return [f32.load(slot)];
    case 'f64':
      return [f64.load(slot)];
    case 'bytes':
      return [w.kernel('nestedText', 'i32', holder, slot), i32.load(slot, { offset: 4 })];
  }
}

/** Element `index` (from 0, inside) of an ARRAY, put into a variable that may be NULL. */
export function assignElement(w: ExpressionWriter, target: Value, array: I32, index: I32): void {
  const { f } = w;
  const type = withNullable(target.type, false);
  const physical = physicalOf(type);
  f.if(i32.eqz(w.kernel('arrayIsNull', 'i32', array, index)), () => {
    const slot = f.local('i32', w.kernel('arraySlot', 'i32', array, i32.const(physicalWidth[physical]), index));
    w.assign(target, w.value(type, null, ...slotParts(w, physical, array, slot)));
  });
}

/** A field of a ROW, whose slots hold small integers as 8 bytes. */
export function assignField(
  w: ExpressionWriter,
  target: Value,
  row: I32,
  { index, slotAt }: { readonly index: number; readonly slotAt: number },
): void {
  const { f } = w;
  const type = withNullable(target.type, false);
  const physical = physicalOf(type);
  f.if(i32.eqz(w.kernel('rowIsNull', 'i32', row, i32.const(index))), () => {
    const slot = f.local('i32', i32.add(row, i32.const(slotAt)));
    const wide = physical === 'bool' || physical === 'i8' || physical === 'i16' ? 'i32' : physical;
    w.assign(target, w.value(type, null, ...slotParts(w, wide, row, slot)));
  });
}

/** The index in an ARRAY of the first element that equals a value which is not NULL; -1 where none does. */
export function writeFind(w: ExpressionWriter, array: I32, element: SqlType, value: Value): I32 {
  const width = i32.const(physicalWidth[physicalOf(element)]);
  switch (value.physical) {
    case 'bytes':
      return w.kernel('arrayFindText', 'i32', array, ...w.bytes(value));
    case 'i128':
      return w.kernel('arrayFindI128', 'i32', array, ...w.i128(value));
    case 'i64':
      return w.kernel('arrayFindI64', 'i32', array, width, w.i64(value));
    case 'f64':
      return w.kernel('arrayFindI64', 'i32', array, width, i64.reinterpretF64(w.f64(value)));
    case 'f32':
      return w.kernel('arrayFindI64', 'i32', array, width, i64.extendI32U(i32.reinterpretF32(w.f32(value))));
    default:
      return w.kernel('arrayFindI64', 'i32', array, width, i64.extendI32S(w.i32(value)));
  }
}
