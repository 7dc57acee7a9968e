import { Data, DataType, DateUnit, Precision, TimeUnit, Type } from 'apache-arrow';
import { physicalOf, physicalWidth } from '../../types/physical.ts';
import { INT, type SqlType } from '../../types/sql-type.ts';
import { type CellValue, readFixed, writeFixed } from '../cell-value.ts';
import type { NestedValue } from '../nested.ts';
import { arrowTypeOf } from './arrow-types.ts';

/**
 * Arrow columns as values and back, value by value: for the types whose layout is not the engine's. Not for hot paths.
 */

/** The values of a column, NULLs as null; those of a slice where it is one. */
export function valuesOfArrow(data: Data): NestedValue[] {
  const read = readerOf(data);
  const isValid = validityOf(data);
  return Array.from({ length: data.length }, (_, index) => (isValid(index) ? read(index) : null));
}

function validityOf(data: Data): (index: number) => boolean {
  const { nullBitmap, offset } = data;
  if (DataType.isNull(data.type)) return () => false;
  if (data.nullCount === 0 || nullBitmap === undefined) return () => true;
  return (index) => (((nullBitmap[(offset + index) >> 3] ?? 0) >> ((offset + index) & 7)) & 1) === 1;
}

type Reader = (index: number) => NestedValue;

/** Of values that are there. A slice's buffers start with its first value, but for bits and for what offsets lead to. */
function readerOf(data: Data): Reader {
  const type = data.type as DataType;
  if (DataType.isDictionary(type)) {
    const entries = (data.dictionary?.data ?? []).flatMap(valuesOfArrow);
    return (index) => entries[Number(data.values[index])] ?? null;
  }
  if (DataType.isBool(type)) {
    const bits = data.values as Uint8Array;
    return (index) => (((bits[(data.offset + index) >> 3] ?? 0) >> ((data.offset + index) & 7)) & 1) === 1;
  }
  if (DataType.isNull(type)) return () => null;
  return textReader(type, data) ?? nestedReader(type, data) ?? scalarReader(type, data);
}

function textReader(type: DataType, data: Data): Reader | null {
  const { values, valueOffsets } = data;
  const isText = DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);
  const take = (bytes: Uint8Array): CellValue =>
    isText ? Buffer.from(bytes).toString('utf8') : Uint8Array.from(bytes);
  if (DataType.isUtf8View(type) || DataType.isBinaryView(type)) {
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    return (index) => {
      // 16 bytes: i32 length, then up to 12 bytes themselves, or 4 of them, i32 buffer number, i32 offset.
      const length = view.getInt32(index * 16, true);
      if (length <= 12) return take((values as Uint8Array).subarray(index * 16 + 4, index * 16 + 4 + length));
      const from = view.getInt32(index * 16 + 12, true);
      return take(data.variadicBuffers[view.getInt32(index * 16 + 8, true)]!.subarray(from, from + length));
    };
  }
  if (DataType.isFixedSizeBinary(type)) {
    const { byteWidth } = type;
    return (index) => take((values as Uint8Array).subarray(index * byteWidth, (index + 1) * byteWidth));
  }
  if (!isText && !DataType.isBinary(type) && !DataType.isLargeBinary(type)) return null;
  return (index) => take((values as Uint8Array).subarray(Number(valueOffsets[index]), Number(valueOffsets[index + 1])));
}

function nestedReader(type: DataType, data: Data): Reader | null {
  const children = data.children.map(valuesOfArrow);
  const [items = []] = children;
  const { valueOffsets } = data;
  if (DataType.isStruct(type)) return (index) => children.map((values) => values[index] ?? null);
  // The entries of a map are structs, whose values are lists: [key, value].
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isMap(type)) {
    return (index) => items.slice(Number(valueOffsets[index]), Number(valueOffsets[index + 1]));
  }
  if (DataType.isFixedSizeList(type)) return (index) => items.slice(index * type.listSize, (index + 1) * type.listSize);
  return null;
}

function scalarReader(type: DataType, data: Data): Reader {
  const values = data.values as ArrayLike<number | bigint>;
  const whole = (index: number): bigint => BigInt(values[index] ?? 0);
  const number = (index: number): number => Number(values[index] ?? 0);
  if (DataType.isDecimal(type)) {
    const view = new DataView(data.values.buffer, data.values.byteOffset, data.values.byteLength);
    return (index) => readFixed.i128(view, index * 16);
  }
  if (DataType.isFloat(type))
    return type.precision === Precision.HALF ? (index) => halfToNumber(number(index)) : number;
  if (DataType.isInt(type)) return type.bitWidth === 64 || (type.bitWidth === 32 && !type.isSigned) ? whole : number;
  if (DataType.isDate(type)) {
    return type.unit === DateUnit.DAY ? number : (index) => Math.floor(number(index) / 86_400_000);
  }
  if (DataType.isTime(type)) {
    const perMs = 10 ** (type.unit * 3 - 3);
    return (index) => Math.floor(number(index) / perMs);
  }
  if (DataType.isTimestamp(type)) return type.unit === TimeUnit.SECOND ? (index) => whole(index) * 1_000n : whole;
  if (DataType.isDuration(type)) {
    if (type.unit === TimeUnit.SECOND) return (index) => whole(index) * 1_000n;
    const perMs = 10n ** BigInt(type.unit * 3 - 3);
    return (index) => whole(index) / perMs;
  }
  if (DataType.isInterval(type)) return number;
  throw new Error(`no SQL type for Arrow's ${Type[type.typeId]}`);
}

/** IEEE 754 binary16: 1 bit sign, 5 bits exponent, 10 bits fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** A column of an SQL type's Arrow type (`arrowTypeOf`) with these values. */
export function arrowOfValues(type: SqlType, values: readonly NestedValue[]): Data {
  const nullBitmap = packBits(values, (value) => value !== null);
  const nullCount = values.reduce<number>((count, value) => count + Number(value === null), 0);
  const make = (buffers: Buffers, children: Data[] = []): Data =>
    new Data(
      arrowTypeOf(type),
      0,
      values.length,
      nullCount,
      [buffers.offsets, buffers.values, nullCount === 0 ? undefined : nullBitmap] as never,
      children,
    );
  switch (type.kind) {
    case 'NULL':
      return new Data(arrowTypeOf(type), 0, values.length, values.length);
    case 'BOOLEAN':
      return make({ values: packBits(values, (value) => value === true) });
    case 'ROW':
      return make(
        {},
        type.fields.map((field, at) =>
          arrowOfValues(
            field.type,
            values.map((value) => listOf(value)[at] ?? null),
          ),
        ),
      );
    case 'ARRAY':
      return make({ offsets: offsetsOf(values) }, [arrowOfValues(type.element, values.flatMap(listOf))]);
    case 'MAP':
      return make({ offsets: offsetsOf(values) }, [entriesOf(type.key, type.value, values.flatMap(listOf))]);
    case 'MULTISET':
      return make({ offsets: offsetsOf(values) }, [entriesOf(type.element, INT(false), values.flatMap(listOf))]);
    default:
      return make(physicalOf(type) === 'bytes' ? textBuffers(values) : { values: fixedValues(type, values) });
  }
}

interface Buffers {
  readonly offsets?: Int32Array;
  readonly values?: ArrayBufferView;
}

function listOf(value: NestedValue): readonly NestedValue[] {
  return Array.isArray(value) ? value : [];
}

function offsetsOf(values: readonly NestedValue[]): Int32Array {
  const offsets = new Int32Array(values.length + 1);
  for (const [index, value] of values.entries()) offsets[index + 1] = offsets[index]! + listOf(value).length;
  return offsets;
}

function entriesOf(key: SqlType, value: SqlType, pairs: readonly NestedValue[]): Data {
  const keys = pairs.map((pair) => listOf(pair)[0] ?? null);
  if (keys.includes(null)) throw new Error('Arrow has no maps with NULL as a key');
  const { children } = arrowTypeOf({ kind: 'MAP', key, value, nullable: true });
  const parts = [
    arrowOfValues(key, keys),
    arrowOfValues(
      value,
      pairs.map((pair) => listOf(pair)[1] ?? null),
    ),
  ];
  return new Data(children[0]!.type, 0, pairs.length, 0, undefined, parts);
}

function packBits(values: readonly NestedValue[], isSet: (value: NestedValue) => boolean): Uint8Array {
  const bits = new Uint8Array((values.length + 7) >> 3);
  for (const [index, value] of values.entries()) if (isSet(value)) bits[index >> 3]! |= 1 << (index & 7);
  return bits;
}

function textBuffers(values: readonly NestedValue[]): Buffers {
  const parts = values.map((value) =>
    value === null ? new Uint8Array() : typeof value === 'string' ? Buffer.from(value) : (value as Uint8Array),
  );
  const offsets = new Int32Array(values.length + 1);
  for (const [index, part] of parts.entries()) offsets[index + 1] = offsets[index]! + part.length;
  return { offsets, values: new Uint8Array(Buffer.concat(parts)) };
}

function fixedValues(type: SqlType, values: readonly NestedValue[]): ArrayBufferView {
  const own = physicalOf(type);
  // Nanoseconds have 64 bits in Arrow.
  const physical = own === 'i128' && type.kind !== 'DECIMAL' ? 'i64' : own === 'bytes' ? 'bool' : own;
  const width = physicalWidth[physical];
  const bytes = new ArrayBuffer(values.length * width);
  const view = new DataView(bytes);
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    if (physical !== own) assertNanoseconds(value as bigint);
    writeFixed[physical](view, index * width, value as CellValue);
  }
  return typedArray(arrowTypeOf(type), bytes);
}

/** A view of bytes as Arrow has a type's values. */
export function typedArray(type: DataType, bytes: ArrayBuffer): ArrayBufferView {
  const ArrayType = type.ArrayType as new (buffer: ArrayBuffer) => ArrayBufferView;
  return new ArrayType(bytes);
}

/** @throws Error when the time does not fit Arrow's 64 bits: years 1677 to 2262 */
export function assertNanoseconds(value: bigint): void {
  if (BigInt.asIntN(64, value) !== value) {
    throw new Error(`a time stamp of ${value} ns does not fit Arrow's nanoseconds (years 1677 to 2262)`);
  }
}
