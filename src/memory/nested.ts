import { type Physical, physicalOf, physicalWidth } from '../types/physical.ts';
import { INT, type RowType, type SqlType, typeText } from '../types/sql-type.ts';
import { type CellValue, type FixedPhysical, readFixed, writeFixed } from './cell-value.ts';

/**
 * How a ROW, ARRAY, MAP or MULTISET value stands as bytes. Little-endian, without alignment; every offset counts from
 * the start of the value that holds it, so a value can be copied anywhere, and one value lies inside another as it is.
 *
 * ```
 * ROW       | null bits, 8 bytes per 64 fields | slot of field 0 | slot 1 | ... | var parts in field order |
 *             bit i % 8 of byte i / 8 is 1 where field i is NULL; a slot has 8 bytes, 16 for i128:
 *             integers and booleans sign extended to i64; FLOAT in the low 4 bytes; bytes: u32 offset, u32 length
 *
 * ARRAY     | u32 count | null bits, 4 bytes per 32 elements | slots of the element's width | var parts in order |
 *             as in a column: 1 (bool, i8), 2, 4, 8 or 16 bytes; bytes: u32 offset, u32 length
 *
 * MAP       | u32 bytes of the keys | ARRAY of keys | ARRAY of values |
 * MULTISET  as MAP<element, INT NOT NULL>, the INT the element's count
 *
 * ROW(7, NULL, 'hi') of (INT, INT, STRING):
 *   02 00 00 00 00 00 00 00 | 07 0... | 0... | 20 00 00 00 02 00 00 00 | 68 69
 *   null bits                 7         NULL   offset 32   length 2      hi
 * ```
 *
 * A NULL's slot is zero and the var parts are dense, so equal values have equal bytes, but for maps and multisets whose
 * entries stand in different orders (they keep the order of insertion), and -0.0 and 0.0 or NaNs of different bits.
 */
export type NestedValue =
  | CellValue
  /** ROW: its fields. ARRAY: its elements. MAP: [key, value] pairs. MULTISET: [element, count] pairs. */
  | readonly NestedValue[];

/** Places in a ROW's bytes. */
export interface RowLayout {
  /** Bytes of the null bits; the first slot is behind them. */
  readonly nullBytes: number;
  /** Offset of each field's slot. */
  readonly slots: readonly number[];
  /** Offset of the var parts. */
  readonly fixedBytes: number;
}

export function rowLayout(type: RowType): RowLayout {
  const nullBytes = Math.ceil(type.fields.length / 64) * 8;
  const slots: number[] = [];
  let at = nullBytes;
  for (const field of type.fields) {
    slots.push(at);
    at += rowSlotBytes(physicalOf(field.type));
  }
  return { nullBytes, slots, fixedBytes: at };
}

export function rowSlotBytes(physical: Physical): number {
  return physical === 'i128' ? 16 : 8;
}

/** How a value of fixed width is written into a ROW's slot; it is read as what it is. */
export function storedInRow(type: SqlType): FixedPhysical {
  return rowSlotClass(physicalOf(type));
}

/** A ROW's integers fill their slots. */
function rowSlotClass(physical: Physical): FixedPhysical {
  return physical === 'f32' || physical === 'f64' || physical === 'i128' ? physical : 'i64';
}

/** Offset of an ARRAY's first slot. */
export function arraySlotsAt(count: number): number {
  return 4 + Math.ceil(count / 32) * 4;
}

/** Encodes a value of a ROW, ARRAY, MAP or MULTISET type. @throws Error when the value has not the type's shape */
export function encodeNested(type: SqlType, value: NestedValue): Uint8Array<ArrayBuffer> {
  switch (type.kind) {
    case 'ROW': {
      const fields = asList(type, value);
      if (fields.length !== type.fields.length) throw shapeError(type, value);
      const layout = rowLayout(type);
      const parts = type.fields.map((field, index) => ({
        type: field.type,
        value: fields[index] ?? null,
        slot: layout.slots[index] ?? 0,
        stored: storedInRow(field.type),
      }));
      return encodeSlots(parts, { nullsAt: 0, fixedBytes: layout.fixedBytes });
    }
    case 'ARRAY':
      return encodeArray(type.element, asList(type, value));
    case 'MAP':
      return encodeMap(type.key, type.value, asPairs(type, value));
    case 'MULTISET':
      return encodeMap(type.element, multisetCount, asPairs(type, value));
    default:
      throw shapeError(type, value);
  }
}

/** The value that `encodeNested` made these bytes from. */
export function decodeNested(type: SqlType, bytes: Uint8Array): NestedValue {
  switch (type.kind) {
    case 'ROW': {
      const { slots } = rowLayout(type);
      const view = viewOf(bytes);
      return type.fields.map((field, index) =>
        readSlot(field.type, view, bytes, { nullsAt: 0, index, slot: slots[index] ?? 0 }),
      );
    }
    case 'ARRAY':
      return decodeArray(type.element, bytes);
    case 'MAP':
      return decodeMap(type.key, type.value, bytes);
    case 'MULTISET':
      return decodeMap(type.element, multisetCount, bytes);
    default:
      throw shapeError(type, bytes);
  }
}

const multisetCount: SqlType = INT(false);

interface SlotPart {
  readonly type: SqlType;
  readonly value: NestedValue;
  readonly slot: number;
  /** How a value of fixed width is written; not looked at for bytes. */
  readonly stored: FixedPhysical;
}

function encodeArray(element: SqlType, values: readonly NestedValue[]): Uint8Array<ArrayBuffer> {
  const width = physicalWidth[physicalOf(element)];
  const slotsAt = arraySlotsAt(values.length);
  const stored = physicalOf(element) as FixedPhysical;
  const parts = values.map((value, index) => ({ type: element, value, slot: slotsAt + index * width, stored }));
  const bytes = encodeSlots(parts, { nullsAt: 4, fixedBytes: slotsAt + values.length * width });
  new DataView(bytes.buffer).setUint32(0, values.length, true);
  return bytes;
}

function encodeMap(key: SqlType, value: SqlType, pairs: readonly (readonly NestedValue[])[]): Uint8Array<ArrayBuffer> {
  const keys = encodeArray(
    key,
    pairs.map(([its]) => its ?? null),
  );
  const values = encodeArray(
    value,
    pairs.map(([, its]) => its ?? null),
  );
  const bytes = new Uint8Array(4 + keys.length + values.length);
  new DataView(bytes.buffer).setUint32(0, keys.length, true);
  bytes.set(keys, 4);
  bytes.set(values, 4 + keys.length);
  return bytes;
}

function encodeSlots(
  parts: readonly SlotPart[],
  places: { nullsAt: number; fixedBytes: number },
): Uint8Array<ArrayBuffer> {
  const varParts = parts.map(({ type, value }) =>
    physicalOf(type) === 'bytes' && value !== null ? varBytes(type, value) : null,
  );
  const total = varParts.reduce((sum, part) => sum + (part?.length ?? 0), places.fixedBytes);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let end = places.fixedBytes;
  for (const [index, { type, value, slot, stored }] of parts.entries()) {
    const varPart = varParts[index] ?? null;
    if (value === null) {
      const at = places.nullsAt + (index >> 3);
      bytes[at] = (bytes[at] ?? 0) | (1 << (index & 7));
    } else if (varPart !== null) {
      view.setUint32(slot, end, true);
      view.setUint32(slot + 4, varPart.length, true);
      bytes.set(varPart, end);
      end += varPart.length;
    } else {
      writeFixed[stored](view, slot, asCell(type, value));
    }
  }
  return bytes;
}

function varBytes(type: SqlType, value: NestedValue): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  return value instanceof Uint8Array ? value : encodeNested(type, value);
}

function decodeArray(element: SqlType, bytes: Uint8Array): NestedValue[] {
  const view = viewOf(bytes);
  const count = view.getUint32(0, true);
  const slotsAt = arraySlotsAt(count);
  const width = physicalWidth[physicalOf(element)];
  return Array.from({ length: count }, (_, index) =>
    readSlot(element, view, bytes, { nullsAt: 4, index, slot: slotsAt + index * width }),
  );
}

function decodeMap(key: SqlType, value: SqlType, bytes: Uint8Array): NestedValue[] {
  const keyBytes = viewOf(bytes).getUint32(0, true);
  const keys = decodeArray(key, bytes.subarray(4, 4 + keyBytes));
  const values = decodeArray(value, bytes.subarray(4 + keyBytes));
  return keys.map((its, index) => [its, values[index] ?? null]);
}

interface SlotPlace {
  readonly nullsAt: number;
  readonly index: number;
  readonly slot: number;
}

function readSlot(type: SqlType, view: DataView, bytes: Uint8Array, { nullsAt, index, slot }: SlotPlace): NestedValue {
  const nullByte = bytes[nullsAt + (index >> 3)] ?? 0;
  if ((nullByte >> (index & 7)) & 1) return null;
  const physical = physicalOf(type);
  if (physical !== 'bytes') return readFixed[physical](view, slot);
  const offset = view.getUint32(slot, true);
  const part = bytes.subarray(offset, offset + view.getUint32(slot + 4, true));
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return Buffer.from(part.buffer, part.byteOffset, part.length).toString('utf8');
    case 'ROW':
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
      return decodeNested(type, part);
    default:
      return Uint8Array.from(part);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function asCell(type: SqlType, value: NestedValue): CellValue {
  if (Array.isArray(value)) throw shapeError(type, value);
  return value as CellValue;
}

function asList(type: SqlType, value: NestedValue): readonly NestedValue[] {
  if (!Array.isArray(value)) throw shapeError(type, value);
  return value;
}

function asPairs(type: SqlType, value: NestedValue): readonly (readonly NestedValue[])[] {
  return asList(type, value).map((pair) => asList(type, pair));
}

function shapeError(type: SqlType, value: NestedValue): Error {
  return new Error(`not a value of ${typeText(type)}: ${String(value)}`);
}
