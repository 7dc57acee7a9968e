import { decimalParse } from './decimal';
import { daysFromCivil, daysInMonth } from './calendar';
import { numberCastF64 } from './float-text';
import { numberParseI64 } from './number-text';
import { dateParseFast, timeParse, timeParseFast, timestampParseFast } from './timestamp-text';

/**
 * A field that a text format reads: what it is called, its type, and where its values go. `formats/field-tree.ts` lays
 * the fields out and has the same numbers. Not among the exports.
 *
 * ```
 *  0 kind      4 width (bytes of a value in a column)    8 precision   12 scale
 * 16 flags    20 childCount   24 children (u32 addresses)   28 key address   32 key length
 * 36 values   40 validity     44 present     (offsets in the decoder's block; validity 0: NOT NULL)
 * 48 stamp    52 table (u32 indices + 1 by hash)   56 tableMask   60 alias (another field of the same key, or 0)
 * 64 index (among its parent's children)   68 slot   72 fixedBytes (of a ROW's encoding)
 * ```
 */
export const fieldKind: usize = 0;
export const fieldWidth: usize = 4;
export const fieldPrecision: usize = 8;
export const fieldScale: usize = 12;
export const fieldFlags: usize = 16;
export const fieldChildCount: usize = 20;
export const fieldChildren: usize = 24;
export const fieldKey: usize = 28;
export const fieldKeyLength: usize = 32;
export const fieldValues: usize = 36;
export const fieldValidity: usize = 40;
export const fieldNullSeen: usize = 44;
export const fieldStamp: usize = 48;
export const fieldTable: usize = 52;
export const fieldTableMask: usize = 56;
export const fieldAlias: usize = 60;
export const fieldIndex: usize = 64;
export const fieldSlot: usize = 68;
export const fieldFixedBytes: usize = 72;

/** Of the field's flags: a NULL is refused. */
export const flagNotNull: u32 = 1;

/** Several columns inside one object. */
export const kindGroup: u32 = 0;
export const kindBoolean: u32 = 1;
export const kindTinyint: u32 = 2;
export const kindSmallint: u32 = 3;
export const kindInt: u32 = 4;
export const kindBigint: u32 = 5;
export const kindFloat: u32 = 6;
export const kindDouble: u32 = 7;
export const kindDecimal: u32 = 8;
export const kindText: u32 = 9;
export const kindBinary: u32 = 10;
export const kindDate: u32 = 11;
export const kindTime: u32 = 12;
export const kindTimestamp: u32 = 13;
export const kindTimestampLtz: u32 = 14;
export const kindRow: u32 = 15;
export const kindArray: u32 = 16;
export const kindMap: u32 = 17;

/** What a conversion gives. */
export const valueOk: i32 = 0;
export const valueNull: i32 = 1;
/** The text is no value of the field's type. */
export const valueBad: i32 = 2;
/** The scratch memory is too small. */
export const valueNoRoom: i32 = 3;

/** Of a decoder's options. */
export const optionIgnoreErrors: u32 = 1;
export const optionFailOnMissing: u32 = 2;
export const optionIso: u32 = 4;
/** Flink's tree parser: the last of equal keys counts, numbers as text lose how they were written. */
export const optionTree: u32 = 8;

/**
 * The value that was converted last, as it stands in a column; whole numbers are sign extended to 8 bytes.
 * Text, binary and nested values: u32 address, u32 length.
 */
export const cell: usize = memory.data(16, 16);

/** Takes the cell as the value of a row. */
export function storeCell(field: usize, base: usize, row: u32): void {
  const width = load<u32>(field, fieldWidth);
  const values = base + load<u32>(field, fieldValues);
  switch (width) {
    case 8:
      store<u64>(values + (<usize>row << 3), load<u64>(cell));
      break;
    case 4:
      store<u32>(values + (<usize>row << 2), load<u32>(cell));
      break;
    case 16:
      v128.store(values + (<usize>row << 4), v128.load(cell));
      break;
    case 2:
      store<u16>(values + (<usize>row << 1), load<u16>(cell));
      break;
    default:
      store<u8>(values + row, load<u8>(cell));
  }
  const validity = load<u32>(field, fieldValidity);
  if (validity != 0) store<u8>(base + validity + row, 1);
}

/** Makes the value of a row NULL; false where the column is NOT NULL. The value's bytes become 0. */
export function storeNull(field: usize, base: usize, row: u32): bool {
  const validity = load<u32>(field, fieldValidity);
  if (validity == 0) return false;
  const width = load<u32>(field, fieldWidth);
  memory.fill(base + load<u32>(field, fieldValues) + <usize>row * width, 0, width);
  store<u8>(base + validity + row, 0);
  store<u32>(base + load<u32>(field, fieldNullSeen), 1);
  return true;
}

/** Bounds of a text without white space around it, as Java's trim. */
let trimmedFrom: usize = 0;
let trimmedTo: usize = 0;

function trim(from: usize, to: usize): void {
  trimmedFrom = afterBlanks(from, to);
  trimmedTo = beforeBlanks(trimmedFrom, to);
}

/** The first byte that Java's trim leaves, or the end. */
export function afterBlanks(from: usize, to: usize): usize {
  let start = from;
  while (start < to && load<u8>(start) <= 0x20) start++;
  return start;
}

/** Behind the last byte that Java's trim leaves, or the start. */
export function beforeBlanks(from: usize, to: usize): usize {
  let end = to;
  while (end > from && load<u8>(end - 1) <= 0x20) end--;
  return end;
}

/** Whether a whole number fits the field. */
// @ts-ignore: decorator
@inline
export function inRange(kind: u32, value: i64): bool {
  switch (kind) {
    case kindTinyint:
      return value == <i64>(<i8>value);
    case kindSmallint:
      return value == <i64>(<i16>value);
    case kindInt:
      return value == <i64>(<i32>value);
    default:
      return true;
  }
}

/**
 * Converts a text to the field's type into the cell: what JSON strings and CSV fields hold. All kinds but text, nested
 * values and groups. White space around numbers and booleans is ignored, around times it is not.
 */
export function convertText(field: usize, from: usize, to: usize, options: u32): i32 {
  const kind = load<u32>(field);
  switch (kind) {
    case kindBoolean:
      trim(from, to);
      store<i64>(cell, i64(isTrue(trimmedFrom, trimmedTo)));
      return valueOk;
    case kindTinyint:
    case kindSmallint:
    case kindInt:
    case kindBigint:
      trim(from, to);
      if (numberParseI64(trimmedFrom, <i32>(trimmedTo - trimmedFrom), cell) != 1) return valueBad;
      return inRange(kind, load<i64>(cell)) ? valueOk : valueBad;
    case kindFloat:
    case kindDouble:
      if (numberCastF64(from, <i32>(to - from), i32(kind == kindDouble), cell) != 1) return valueBad;
      if (kind == kindFloat) store<u64>(cell, <u64>reinterpret<u32>(<f32>load<f64>(cell)));
      return valueOk;
    case kindDecimal:
      trim(from, to);
      return convertDecimal(field, trimmedFrom, trimmedTo);
    case kindDate:
      return convertDate(from, to);
    case kindTime:
      return convertTime(from, to);
    case kindTimestamp:
    case kindTimestampLtz:
      return convertTimestamp(field, kind, from, to, options);
    default:
      return valueBad;
  }
}

/** A decimal that is too wide for its type is NULL, as in Flink. */
export function convertDecimal(field: usize, from: usize, to: usize): i32 {
  const status = decimalParse(
    from,
    <i32>(to - from),
    load<u32>(field, fieldPrecision),
    load<u32>(field, fieldScale),
    cell,
  );
  return status == 1 ? valueOk : status == 0 ? valueNull : valueBad;
}

function isTrue(from: usize, to: usize): bool {
  return to - from == 4 && (load<u32>(from) | 0x20202020) == 0x65757274;
}

function convertDate(from: usize, to: usize): i32 {
  if (dateParseFast(from, <i32>(to - from), cell) != 0 || !dayExists(from)) return valueBad;
  store<i64>(cell, <i64>load<i32>(cell));
  return valueOk;
}

/** What `dayOf` gives for a text that is no day. */
const noDay: i32 = i32.MIN_VALUE;

/**
 * Days since 1970 of the `yyyy-MM-dd` at an address; the least i32 for another text. A day from 29 to 31 that the month
 * lacks is its last, unless `strict`.
 */
export function dayOf(address: usize, strict: i32): i32 {
  if (dateParseFast(address, 10, cell) != 0 || (strict && !dayExists(address))) return noDay;
  return load<i32>(cell);
}

/** Whether the month of a well-formed `yyyy-MM-dd` has that day. */
function dayExists(date: usize): bool {
  const day = digitsAt(date + 8, 2);
  return day <= 28 || day <= daysInMonth(digitsAt(date, 4), digitsAt(date + 5, 2));
}

function digitsAt(address: usize, count: i32): i32 {
  let value: i32 = 0;
  for (let i = 0; i < count; i++) value = value * 10 + (<i32>load<u8>(address + i) - 48);
  return value;
}

/** TIME keeps no fraction here, whatever its precision: so does Flink. */
function convertTime(from: usize, to: usize): i32 {
  const length = <i32>(to - from);
  if (length == 8 && load<u64>(from) == 0x30303a30303a3432) {
    // 24:00:00 is midnight.
    store<i64>(cell, 0);
    return valueOk;
  }
  if (timeParseFast(from, length, 0, cell) != 0) return valueBad;
  store<i64>(cell, <i64>load<i32>(cell));
  return valueOk;
}

/** As CSV has it, by the ISO standard: two digits each, also without seconds. */
export function convertIsoTime(from: usize, to: usize): i32 {
  const length = <i32>(to - from);
  if (length < 5 || load<u8>(from, 2) != 0x3a || (length > 5 && (length < 8 || load<u8>(from, 5) != 0x3a))) return valueBad;
  if (length > 8 && (length == 9 || load<u8>(from, 8) != 0x2e)) return valueBad;
  if (timeParse(from, length, 0, cell) != 0) return valueBad;
  store<i64>(cell, <i64>load<i32>(cell));
  return valueOk;
}

/** As CSV has it: `yyyy-[m]m-[d]d`, where a day up to 31 that the month lacks is of the next. */
export function convertRollingDate(from: usize, to: usize): i32 {
  if (to - from < 8 || load<u8>(from, 4) != 0x2d) return valueBad;
  const dash = from + (load<u8>(from, 6) == 0x2d ? 6 : 7);
  const dayDigits = <i32>(to - dash) - 1;
  if (load<u8>(dash) != 0x2d || dayDigits < 1 || dayDigits > 2) return valueBad;
  for (let p = from; p < to; p++) {
    const isDash = p == from + 4 || p == dash;
    if (!isDash && (load<u8>(p) < 0x30 || load<u8>(p) > 0x39)) return valueBad;
  }
  const year = digitsAt(from, 4);
  const month = digitsAt(from + 5, <i32>(dash - from) - 5);
  const day = digitsAt(dash + 1, dayDigits);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31) return valueBad;
  store<i64>(cell, <i64>(daysFromCivil(year, month, 1) + day - 1));
  return valueOk;
}

function convertTimestamp(field: usize, kind: u32, from: usize, to: usize, options: u32): i32 {
  const precision = load<u32>(field, fieldPrecision);
  const zulu = i32(kind == kindTimestampLtz);
  let separator = 0x20;
  if (options & optionIso) {
    separator = 0x54;
    if (!zulu) {
      // ISO_LOCAL_DATE_TIME is strict: the day must exist and hour 24 does not.
      if (to - from < 16) return valueBad;
      if (load<u8>(from, 10) == 0x74) separator = 0x74;
      if (timestampParseFast(from, <i32>(to - from), precision, separator, 0, cell) != 0) {
        return valueBad;
      }
      return dayExists(from) && load<u16>(from, 11) != 0x3432 ? valueOk : valueBad;
    }
  }
  return timestampParseFast(from, <i32>(to - from), precision, separator, zulu, cell) == 0 ? valueOk : valueBad;
}

/** Decodes base64 with its padding into bytes at `target` (which may be where the text is); the length, -1 when malformed. */
export function decodeBase64(from: usize, to: usize, target: usize): i32 {
  const length = to - from;
  if ((length & 3) != 0) return -1;
  let out = target;
  let p = from;
  while (p < to) {
    const a = sextet(load<u8>(p));
    const b = sextet(load<u8>(p, 1));
    if ((a | b) < 0) return -1;
    const third = load<u8>(p, 2);
    const fourth = load<u8>(p, 3);
    p += 4;
    store<u8>(out++, <u8>((a << 2) | (b >> 4)));
    if (third == 0x3d) return p == to && fourth == 0x3d ? <i32>(out - target) : -1;
    const c = sextet(third);
    if (c < 0) return -1;
    store<u8>(out++, <u8>((b << 4) | (c >> 2)));
    if (fourth == 0x3d) return p == to ? <i32>(out - target) : -1;
    const d = sextet(fourth);
    if (d < 0) return -1;
    store<u8>(out++, <u8>((c << 6) | d));
  }
  return <i32>(out - target);
}

function sextet(byte: u32): i32 {
  if (byte - 0x41 < 26) return byte - 0x41;
  if (byte - 0x61 < 26) return byte - 0x61 + 26;
  if (byte - 0x30 < 10) return byte - 0x30 + 52;
  return byte == 0x2b ? 62 : byte == 0x2f ? 63 : -1;
}
