import { bytesEqual } from './bytes';
import {
  afterBlanks,
  beforeBlanks,
  cell,
  convertDecimal,
  convertIsoTime,
  convertRollingDate,
  convertText,
  decodeBase64,
  fieldChildCount,
  fieldChildren,
  fieldFixedBytes,
  fieldSlot,
  fieldWidth,
  kindArray,
  kindBinary,
  kindDate,
  kindDecimal,
  kindRow,
  kindText,
  kindTime,
  kindTimestamp,
  kindTimestampLtz,
  optionIgnoreErrors,
  storeCell,
  storeNull,
  valueBad,
  valueNoRoom,
  valueNull,
  valueOk,
} from './field';
import { sequenceWidth } from './json-scan';
import { arrayFixedBytes, arraySetNull, arrayStart, rowSetNull, rowStart } from './nested';

/**
 * CSV to columns, by Flink's rules: RFC 4180 with a delimiter, quote and escape of one byte; white space counts unless
 * it is around a quoted value or a number; arrays and rows inside a value are split at the element delimiter.
 *
 * The struct has the places of `formats/record-struct.ts`.
 */
const optionsAt: usize = 4;
const baseAt: usize = 8;
const scratchEndAt: usize = 16;
const scratchTopAt: usize = 20;
const nextAt: usize = 24;
const statusAt: usize = 28;
const malformedAt: usize = 32;
const problemAt: usize = 44;
const problemFieldAt: usize = 48;
const problemFromAt: usize = 52;
const problemToAt: usize = 56;
const recordFromAt: usize = 60;
const recordToAt: usize = 64;
const recordsAt: usize = 72;
const atEndAt: usize = 92;
const fieldsAt: usize = 96;
const fieldCountAt: usize = 100;
const askedCountAt: usize = 104;
const delimiterAt: usize = 108;
const quoteAt: usize = 112;
const escapeAt: usize = 116;
const nullAt: usize = 120;
const nullLengthAt: usize = 124;
const elementDelimiterAt: usize = 128;
const elementDelimiterLengthAt: usize = 132;
const commentsAt: usize = 136;

const statusDone: u32 = 0;
const statusFailed: u32 = 1;
const statusNoRoom: u32 = 2;

const problemMalformed: u32 = 1;
const problemValue: u32 = 2;
const problemNull: u32 = 4;
const problemNotUtf8: u32 = 7;
const problemTooFew: u32 = 12;
const problemTooMany: u32 = 13;
const problemOpenQuote: u32 = 14;

let struct: usize = 0;
let options: u32 = 0;
let base: usize = 0;
let scratchTop: usize = 0;
let scratchEnd: usize = 0;
let delimiter: u32 = 0;
let quote: u32 = 0;
let escape: u32 = 0;

/** Why `readRecord` gave 0. */
let problem: u32 = 0;
let problemField: usize = 0;
let problemFrom: usize = 0;
let problemTo: usize = 0;
let isIncomplete: bool = false;
let hasNoRoom: bool = false;
/** Whether the record had a bad value that became NULL. */
let hasIgnored: bool = false;

function fail(what: u32, field: usize, from: usize, to: usize): usize {
  problem = what;
  problemField = field;
  problemFrom = from;
  problemTo = to;
  return 0;
}

/** As `jsonDecode`. A record whose quote is open at the bytes' end waits for more, unless the struct says that there is none. */
export function csvDecode(owner: usize, from: usize, end: usize, row: u32, rowsMax: u32): u32 {
  struct = owner;
  options = load<u32>(owner, optionsAt);
  base = load<u32>(owner, baseAt);
  scratchTop = load<u32>(owner, scratchTopAt);
  scratchEnd = load<u32>(owner, scratchEndAt);
  delimiter = load<u32>(owner, delimiterAt);
  quote = load<u32>(owner, quoteAt);
  escape = load<u32>(owner, escapeAt);
  let p = from;
  let rows = row;
  let status = statusDone;
  while (p < end && rows < rowsMax) {
    if (load<u32>(owner, commentsAt) != 0) {
      // With comments, empty lines are none, and blanks before a line are not of it.
      while (p < end && (load<u8>(p) == 0x20 || load<u8>(p) == 0x0a || load<u8>(p) == 0x0d)) p++;
      if (p == end) break;
      if (isComment(p)) {
        p = lineEndFrom(p, end) + 1;
        continue;
      }
    }
    if ((load<u32>(p) & 0xffffff) == 0xbfbbef) p += 3;
    store<u32>(owner, <u32>p, recordFromAt);
    const mark = scratchTop;
    isIncomplete = false;
    hasNoRoom = false;
    hasIgnored = false;
    const next = readRecord(p, end, rows);
    if (next != 0) {
      if (hasIgnored) store<u32>(owner, load<u32>(owner, malformedAt) + 1, malformedAt);
      store<u32>(base + load<u32>(owner, recordsAt) + (<usize>rows << 2), <u32>p);
      rows++;
      p = next;
      continue;
    }
    if (isIncomplete && load<u32>(owner, atEndAt) == 0) break;
    if (hasNoRoom) {
      scratchTop = mark;
      status = statusNoRoom;
      break;
    }
    // An open quote takes all that follows.
    const lineEnd = isIncomplete ? end - 1 : recordEnd(p, end);
    if ((options & optionIgnoreErrors) == 0) {
      store<u32>(owner, problem, problemAt);
      store<u32>(owner, <u32>problemField, problemFieldAt);
      store<u32>(owner, <u32>problemFrom, problemFromAt);
      store<u32>(owner, <u32>problemTo, problemToAt);
      store<u32>(owner, <u32>lineEnd, recordToAt);
      status = statusFailed;
      break;
    }
    store<u32>(owner, load<u32>(owner, malformedAt) + 1, malformedAt);
    p = lineEnd + 1;
  }
  store<u32>(owner, <u32>p, nextAt);
  store<u32>(owner, status, statusAt);
  store<u32>(owner, <u32>scratchTop, scratchTopAt);
  return rows;
}

function isComment(from: usize): bool {
  let p = from;
  while (load<u8>(p) == 0x20 || load<u8>(p) == 9) p++;
  return load<u8>(p) == 0x23;
}

function lineEndFrom(from: usize, end: usize): usize {
  let p = from;
  while (p < end && load<u8>(p) != 0x0a) p++;
  return p;
}

/** The line feed that ends a malformed record: those in its quoted values are passed, as far as they can be told. */
function recordEnd(from: usize, end: usize): usize {
  let p = from;
  while (p < end) {
    if (load<u8>(p) == 0x0a) return p;
    if (load<u8>(p) == quote) {
      const close = closingQuote(p + 1, end);
      if (close == 0) return end - 1;
      p = close + 1;
      while (p < end && load<u8>(p) != delimiter && load<u8>(p) != 0x0a) p++;
    } else {
      p = plainEnd(p, end);
    }
    if (load<u8>(p) == delimiter) p++;
  }
  return end - 1;
}

/** The end of a value without quotes: its delimiter or line feed. */
function plainEnd(from: usize, end: usize): usize {
  let p = from;
  while (p < end) {
    const byte = load<u8>(p);
    if (byte == delimiter || byte == 0x0a) break;
    p += byte == escape && load<u8>(p, 1) != 0x0a ? 2 : 1;
  }
  return p;
}

/** The address of the quote that ends a value, 0 when there is none before `end`. */
function closingQuote(from: usize, end: usize): usize {
  let p = from;
  while (p < end) {
    const byte = load<u8>(p);
    if (byte == quote) {
      if (load<u8>(p, 1) != quote || p + 1 >= end) return p;
      p += 2;
    } else p += byte == escape ? 2 : 1;
  }
  return 0;
}

/** Reads the record at an address into a row. The next record's address, or 0. */
function readRecord(from: usize, end: usize, row: u32): usize {
  const fields = <usize>load<u32>(struct, fieldsAt);
  const count = load<u32>(struct, fieldCountAt);
  let index: u32 = 0;
  let p = from;
  while (true) {
    const start = p;
    let textFrom = p;
    let textTo: usize;
    if (load<u8>(p) == quote) {
      const close = closingQuote(p + 1, end);
      if (close == 0) {
        isIncomplete = true;
        return fail(problemOpenQuote, 0, p, p + 1);
      }
      textFrom = p + 1;
      textTo = close;
      p = close + 1;
      while (load<u8>(p) == 0x20 || load<u8>(p) == 9) p++;
      if (load<u8>(p) == 0x0d && load<u8>(p, 1) == 0x0a) p++;
      if (load<u8>(p) != delimiter && load<u8>(p) != 0x0a) return fail(problemMalformed, 0, p, p + 1);
      if (!clean(textFrom, textTo, true)) return 0;
    } else {
      p = plainEnd(p, end);
      textTo = p;
      if (load<u8>(p) == 0x0a && textTo > textFrom && load<u8>(textTo - 1) == 0x0d) textTo--;
      if (!clean(textFrom, textTo, false)) return 0;
    }
    if (index < count) {
      const field = <usize>load<u32>(fields + (<usize>index << 2));
      if (field != 0 && !readInto(field, cleanFrom, cleanTo, start, p, row)) return 0;
    } else if (index > count || afterBlanks(cleanFrom, cleanTo) != cleanTo || load<u8>(p) != 0x0a) {
      // A delimiter behind the last value is let pass, and blanks behind it.
      return fail(problemTooMany, 0, start, p);
    }
    index++;
    if (load<u8>(p) == 0x0a) break;
    p++;
  }
  if (index < count && !finish(fields, index, count, from, p, row)) return 0;
  return p + 1;
}

/** The columns that a short record lacks are NULL, as long as it has as many values as columns are asked for. */
function finish(fields: usize, have: u32, count: u32, from: usize, to: usize, row: u32): bool {
  if (have < load<u32>(struct, askedCountAt)) {
    if ((options & optionIgnoreErrors) == 0) {
      fail(problemTooFew, 0, from, to);
      return false;
    }
    hasIgnored = true;
  }
  for (let index = have; index < count; index++) {
    const field = <usize>load<u32>(fields + (<usize>index << 2));
    if (field == 0 || storeNull(field, base, row)) continue;
    fail(problemNull, field, from, to);
    return false;
  }
  return true;
}

let cleanFrom: usize = 0;
let cleanTo: usize = 0;

/** Bounds of a value's text without doubled quotes and escapes, which are taken out in the scratch memory. */
function clean(from: usize, to: usize, isQuoted: bool): bool {
  cleanFrom = from;
  cleanTo = to;
  let isPlain = true;
  for (let p = from; p < to; ) {
    const byte = load<u8>(p);
    if (byte >= 0x80) {
      const width = sequenceWidth(p);
      if (width == 0) {
        fail(problemNotUtf8, 0, p, p + 1);
        return false;
      }
      p += width;
      continue;
    }
    if (byte == escape || (isQuoted && byte == quote)) isPlain = false;
    p++;
  }
  if (isPlain) return true;
  if (scratchTop + (to - from) + 16 > scratchEnd) {
    hasNoRoom = true;
    return false;
  }
  let out = scratchTop;
  cleanFrom = out;
  for (let p = from; p < to; p++) {
    let byte = load<u8>(p);
    if (byte == escape && p + 1 < to) byte = escaped(load<u8>(++p));
    else if (isQuoted && byte == quote) p++;
    store<u8>(out++, byte);
  }
  cleanTo = out;
  scratchTop = out;
  return true;
}

function escaped(byte: u8): u8 {
  switch (byte) {
    case 0x6e:
      return 10;
    case 0x72:
      return 13;
    case 0x74:
      return 9;
    case 0x30:
      return 0;
    default:
      return byte;
  }
}

function isNullLiteral(from: usize, to: usize): bool {
  const length = load<u32>(struct, nullLengthAt);
  return <u32>(to - from) == length && bytesEqual(load<u32>(struct, nullAt), from, length);
}

function readInto(field: usize, from: usize, to: usize, shownFrom: usize, shownTo: usize, row: u32): bool {
  const status = convert(field, from, to);
  if (status == valueOk) {
    storeCell(field, base, row);
    return true;
  }
  if (status == valueNoRoom) {
    hasNoRoom = true;
    return false;
  }
  if (status == valueBad) {
    if ((options & optionIgnoreErrors) == 0) {
      fail(problemValue, field, shownFrom, shownTo);
      return false;
    }
    hasIgnored = true;
  }
  if (storeNull(field, base, row)) return true;
  fail(problemNull, field, shownFrom, shownTo);
  return false;
}

/** Converts a value, or an element of one. */
function convert(field: usize, from: usize, to: usize): i32 {
  const kind = load<u32>(field);
  // Of an array or a row it is the only element.
  if (kind < kindRow && isNullLiteral(from, to)) return valueNull;
  switch (kind) {
    case kindText:
      return setBytes(from, to);
    case kindTimestamp:
    case kindTimestampLtz: {
      const start = afterBlanks(from, to);
      return convertText(field, start, beforeBlanks(start, to), 0);
    }
    case kindBinary: {
      if (scratchTop + (to - from) + 16 > scratchEnd) return valueNoRoom;
      const start = afterBlanks(from, to);
      const length = decodeBase64(start, beforeBlanks(start, to), scratchTop);
      if (length < 0) return valueBad;
      setBytes(scratchTop, scratchTop + length);
      scratchTop += length;
      return valueOk;
    }
    case kindDecimal:
      return convertDecimal(field, from, to);
    case kindDate:
      return convertRollingDate(from, to);
    case kindTime:
      return convertIsoTime(from, to);
    case kindArray:
      return buildArray(field, from, to);
    case kindRow:
      return buildRow(field, from, to);
    default:
      return convertText(field, from, to, 0);
  }
}

function setBytes(from: usize, to: usize): i32 {
  store<u32>(cell, <u32>from);
  store<u32>(cell, <u32>(to - from), 4);
  return valueOk;
}

/** The next element delimiter from an address on, or `to`. */
function elementEnd(from: usize, to: usize): usize {
  const length = load<u32>(struct, elementDelimiterLengthAt);
  const text = <usize>load<u32>(struct, elementDelimiterAt);
  for (let p = from; p + length <= to; p++) if (bytesEqual(text, p, length)) return p;
  return to;
}

function countElements(from: usize, to: usize): u32 {
  if (from == to) return 0;
  let count: u32 = 1;
  const length = load<u32>(struct, elementDelimiterLengthAt);
  for (let p = elementEnd(from, to); p < to; p = elementEnd(p + length, to)) count++;
  return count;
}

function settle(status: i32): i32 {
  if (status != valueBad || (options & optionIgnoreErrors) == 0) return status;
  hasIgnored = true;
  return valueNull;
}

function putBytes(start: usize, slot: usize, mark: usize): bool {
  const from = <usize>load<u32>(cell);
  const length = load<u32>(cell, 4);
  if (mark + length + 16 > scratchEnd) return false;
  if (from != mark) memory.copy(mark, from, length);
  scratchTop = mark + length;
  store<u32>(slot, <u32>(mark - start));
  store<u32>(slot, length, 4);
  return true;
}

function isBytes(field: usize): bool {
  const kind = load<u32>(field);
  return kind == kindText || kind == kindBinary || kind >= kindRow;
}

function buildArray(field: usize, from: usize, to: usize): i32 {
  const element = <usize>load<u32>(load<u32>(field, fieldChildren));
  const width = load<u32>(element, fieldWidth);
  const count = countElements(from, to);
  const start = scratchTop;
  if (<u64>start + <u64>count * (width + 1) + 64 > <u64>scratchEnd) return valueNoRoom;
  scratchTop = start + arrayStart(start, count, width);
  const step = load<u32>(struct, elementDelimiterLengthAt);
  let p = from;
  for (let index: u32 = 0; index < count; index++) {
    const end = elementEnd(p, to);
    const mark = scratchTop;
    const status = settle(convert(element, p, end));
    if (status >= valueBad) return status;
    const slot = start + arrayFixedBytes(count, width) - <usize>(count - index) * width;
    if (status == valueNull) {
      scratchTop = mark;
      arraySetNull(start, index);
    } else if (isBytes(element)) {
      if (!putBytes(start, slot, mark)) return valueNoRoom;
    } else {
      memory.copy(slot, cell, width);
    }
    p = end + step;
  }
  return setBytes(start, scratchTop);
}

function buildRow(field: usize, from: usize, to: usize): i32 {
  const count = load<u32>(field, fieldChildCount);
  const fixedBytes = load<u32>(field, fieldFixedBytes);
  const children = <usize>load<u32>(field, fieldChildren);
  const start = scratchTop;
  if (from == to) return valueNull;
  if (start + fixedBytes + 64 > scratchEnd) return valueNoRoom;
  const have = countElements(from, to);
  if (have < count) {
    if ((options & optionIgnoreErrors) == 0) return valueBad;
    hasIgnored = true;
  }
  rowStart(start, fixedBytes);
  scratchTop = start + fixedBytes;
  const step = load<u32>(struct, elementDelimiterLengthAt);
  let p = from;
  for (let index: u32 = 0; index < count; index++) {
    if (index >= have) {
      rowSetNull(start, index);
      continue;
    }
    const child = <usize>load<u32>(children + (<usize>index << 2));
    const end = elementEnd(p, to);
    const mark = scratchTop;
    const status = settle(convert(child, p, end));
    if (status >= valueBad) return status;
    const slot = start + load<u32>(child, fieldSlot);
    if (status == valueNull) {
      scratchTop = mark;
      rowSetNull(start, index);
    } else if (isBytes(child)) {
      if (!putBytes(start, slot, mark)) return valueNoRoom;
    } else {
      store<u64>(slot, load<u64>(cell));
      if (load<u32>(child, fieldWidth) == 16) store<u64>(slot, load<u64>(cell, 8), 8);
    }
    p = end + step;
  }
  return setBytes(start, scratchTop);
}
