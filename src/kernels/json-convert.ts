import { bytesEqual, bytesHash, copyBytes } from './bytes';
import {
  cell,
  convertDecimal,
  convertText,
  decodeBase64,
  fieldChildCount,
  fieldChildren,
  fieldFixedBytes,
  fieldIndex,
  fieldKey,
  fieldKeyLength,
  fieldSlot,
  fieldTable,
  fieldTableMask,
  fieldWidth,
  inRange,
  kindArray,
  kindBinary,
  kindBoolean,
  kindDecimal,
  kindDouble,
  kindFloat,
  kindMap,
  kindRow,
  kindSmallint,
  kindText,
  kindTinyint,
  optionFailOnMissing,
  optionIgnoreErrors,
  optionTree,
  valueBad,
  valueNoRoom,
  valueNull,
  valueOk,
} from './field';
import { floatFormatF64, numberParseF32, numberParseF64 } from './float-text';
import { hexDigits, sequenceWidth, skipColon, skipSpace, skipString, skipValue, stringHasEscape } from './json-scan';
import { arrayFixedBytes, arraySetNull, arrayStart, rowSetNull, rowStart } from './nested';
import { javaHashBytes, mapHashOrder } from './multiset';
import { numberParseI64 } from './number-text';

/**
 * One well-formed JSON value to a value of a field's type, by Flink's rules: text for numbers and numbers for text,
 * objects as text, fractions cut for whole numbers. Not among the exports.
 *
 * Texts with escapes and nested values are made at `scratchTop`, which moves up; positions of parts that are not in
 * order yet are kept at the other end, and dropped.
 */
export let scratchTop: usize = 0;
export let scratchEnd: usize = 0;
let options: u32 = 0;

/** The field and the text that `valueBad` is about, innermost; whether a key is missing. */
export let badField: usize = 0;
export let badFrom: usize = 0;
export let badTo: usize = 0;
export let badIsMissing: bool = false;

/** Whether a bad value became NULL, where errors are ignored. */
export let hasIgnored: bool = false;

export function setHasIgnored(value: bool): void {
  hasIgnored = value;
}

export function startConversions(top: usize, end: usize, decoderOptions: u32): void {
  scratchTop = top;
  scratchEnd = end;
  options = decoderOptions;
}

export function setScratchTop(top: usize): void {
  scratchTop = top;
}

function bad(field: usize, from: usize, to: usize): i32 {
  badField = field;
  badFrom = from;
  badTo = to;
  badIsMissing = false;
  return valueBad;
}

/** Bounds of a string's text, unescaped. */
let textFrom: usize = 0;
let textTo: usize = 0;

/** Converts the value in `[from, to)`. */
export function convertJson(field: usize, from: usize, to: usize): i32 {
  const first = load<u8>(from);
  if (first == 0x6e) return valueNull;
  const kind = load<u32>(field);
  if (kind >= kindRow) {
    const status =
      kind == kindRow ? buildRow(field, from) : kind == kindArray ? buildArray(field, from) : buildMap(field, from);
    return status == valueBad && badFrom == 0 ? bad(field, from, to) : status;
  }
  if (first == 0x22) {
    if (kind == kindText || kind == kindBinary || hasEscape(from + 1, to - 1)) {
      if (!textOf(from, to)) return valueNoRoom;
    } else {
      textFrom = from + 1;
      textTo = to - 1;
    }
    if (kind == kindText) return setBytes(textFrom, textTo);
    if (kind == kindBinary) return convertBinary(field, from, to);
    // A DECIMAL of the tree parser may have no blanks around it.
    if (kind == kindDecimal && (options & optionTree) != 0 && hasOuterBlank(textFrom, textTo)) return bad(field, from, to);
    const status = convertText(field, textFrom, textTo, options);
    return status == valueBad ? bad(field, from, to) : status;
  }
  if (first == 0x7b || first == 0x5b) {
    if (kind == kindText) return copyStructure(from, to);
    if (kind != kindBoolean) return bad(field, from, to);
    store<i64>(cell, 0);
    return valueOk;
  }
  if (kind == kindText) {
    return (options & optionTree) != 0 && first <= 0x39 ? normalNumber(from, to) : setBytes(from, to);
  }
  if (kind == kindBoolean) {
    store<i64>(cell, i64(first == 0x74));
    return valueOk;
  }
  // What is left are numbers, and words for numbers.
  if (first > 0x39 || kind > kindDecimal) return bad(field, from, to);
  return convertNumber(field, kind, from, to);
}

function convertNumber(field: usize, kind: u32, from: usize, to: usize): i32 {
  const length = <i32>(to - from);
  switch (kind) {
    case kindDouble:
      return numberParseF64(from, length, cell) == 1 ? valueOk : bad(field, from, to);
    case kindFloat: {
      if (numberParseF32(from, length, cell) != 1) return bad(field, from, to);
      store<u32>(cell, 0, 4);
      return valueOk;
    }
    case kindDecimal: {
      const status = convertDecimal(field, from, to);
      return status == valueBad ? bad(field, from, to) : status;
    }
    default: {
      const status = numberParseI64(from, length, cell);
      if (status == 1) return inRange(kind, load<i64>(cell)) ? valueOk : bad(field, from, to);
      if (status == 2) return bad(field, from, to);
      // Of the short types the digits are read, of the others the number: a fraction or an exponent is cut toward zero.
      if (kind == kindTinyint || kind == kindSmallint) return bad(field, from, to);
      if (numberParseF64(from, length, cell) != 1) return bad(field, from, to);
      const value = load<f64>(cell);
      if (!(value > -9223372036854775809.0 && value < 9223372036854775808.0)) return bad(field, from, to);
      const whole = <i64>value;
      store<i64>(cell, whole);
      return inRange(kind, whole) ? valueOk : bad(field, from, to);
    }
  }
}

function setBytes(from: usize, to: usize): i32 {
  store<u32>(cell, <u32>from);
  store<u32>(cell, <u32>(to - from), 4);
  return valueOk;
}

function convertBinary(field: usize, from: usize, to: usize): i32 {
  if (scratchTop + (to - from) > scratchEnd) return valueNoRoom;
  const inPlace = textFrom != from + 1;
  const target = inPlace ? textFrom : scratchTop;
  const length = decodeBase64(textFrom, textTo, target);
  if (length < 0) return bad(field, from, to);
  scratchTop = target + length;
  return setBytes(target, target + length);
}

function hasOuterBlank(from: usize, to: usize): bool {
  return from < to && (load<u8>(from) <= 0x20 || load<u8>(to - 1) <= 0x20);
}

function hasEscape(from: usize, to: usize): bool {
  for (let p = from; p < to; p++) if (load<u8>(p) == 0x5c) return true;
  return false;
}

/** Sets `textFrom` and `textTo` for the string in `[from, to)`; what has escapes is copied. False: no room. */
function textOf(from: usize, to: usize): bool {
  textFrom = from + 1;
  textTo = to - 1;
  if (!findEscape(textFrom, textTo)) return true;
  if (scratchTop + (to - from) + 16 > scratchEnd) return false;
  const target = scratchTop;
  scratchTop = unescape(textFrom, textTo, target);
  textFrom = target;
  textTo = scratchTop;
  return true;
}

function findEscape(from: usize, to: usize): bool {
  const backslash = i8x16.splat(0x5c);
  let p = from;
  while (p + 16 <= to) {
    if (v128.any_true(i8x16.eq(v128.load(p), backslash))) return true;
    p += 16;
  }
  return hasEscape(p, to);
}

/** Copies a string's text without its escapes; never longer. Half a surrogate pair becomes a question mark. */
function unescape(from: usize, to: usize, target: usize): usize {
  let p = from;
  let out = target;
  while (p < to) {
    const byte = load<u8>(p);
    if (byte != 0x5c) {
      store<u8>(out++, byte);
      p++;
      continue;
    }
    out = putCodePoint(out, readEscape(p));
    p = escapeEnd;
  }
  return out;
}

let escapeEnd: usize = 0;

/** The code point of the escape at an address; a pair of surrogates is one. */
function readEscape(p: usize): u32 {
  const letter = load<u8>(p, 1);
  escapeEnd = p + 2;
  switch (letter) {
    case 0x62:
      return 8;
    case 0x66:
      return 12;
    case 0x6e:
      return 10;
    case 0x72:
      return 13;
    case 0x74:
      return 9;
    case 0x75: {
      const unit = <u32>hexDigits(p + 2);
      escapeEnd = p + 6;
      if ((unit & 0xf800) != 0xd800) return unit;
      if (unit < 0xdc00 && load<u16>(p, 6) == 0x755c) {
        const low = <u32>hexDigits(p + 8);
        if ((low & 0xfc00) == 0xdc00) {
          escapeEnd = p + 12;
          return 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
        }
      }
      return 0x3f;
    }
    default:
      return letter;
  }
}

function putCodePoint(to: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(to, <u8>code);
    return to + 1;
  }
  if (code < 0x800) {
    store<u8>(to, <u8>(0xc0 | (code >> 6)));
    store<u8>(to, <u8>(0x80 | (code & 63)), 1);
    return to + 2;
  }
  if (code < 0x10000) {
    store<u8>(to, <u8>(0xe0 | (code >> 12)));
    store<u8>(to, <u8>(0x80 | ((code >> 6) & 63)), 1);
    store<u8>(to, <u8>(0x80 | (code & 63)), 2);
    return to + 3;
  }
  store<u8>(to, <u8>(0xf0 | (code >> 18)));
  store<u8>(to, <u8>(0x80 | ((code >> 12) & 63)), 1);
  store<u8>(to, <u8>(0x80 | ((code >> 6) & 63)), 2);
  store<u8>(to, <u8>(0x80 | (code & 63)), 3);
  return to + 4;
}

/** An object or array as text without blanks; numbers with a fraction as Java prints a double. */
function copyStructure(from: usize, to: usize): i32 {
  // A control character takes six bytes for its one; a number such as 1e9 up to 26 for its three.
  if (scratchTop + 10 * (to - from) + 64 > scratchEnd) return valueNoRoom;
  const target = scratchTop;
  let p = from;
  let out = target;
  while (p < to) {
    const byte = load<u8>(p);
    if (byte == 0x22) {
      const end = skipString(p + 1);
      out = copyString(p + 1, end - 1, out);
      p = end;
    } else if (byte == 0x2d || byte - 48 < 10) {
      const end = skipValue(p, 0);
      out = copyNumber(p, end, out);
      p = end;
    } else {
      if (byte > 0x20) store<u8>(out++, byte);
      p++;
    }
  }
  scratchTop = out;
  return setBytes(target, out);
}

const hexLetters: usize = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 65, 66, 67, 68, 69, 70]);

function copyString(from: usize, to: usize, target: usize): usize {
  let out = target;
  store<u8>(out++, 0x22);
  let p = from;
  while (p < to) {
    let code = <u32>load<u8>(p);
    if (code == 0x5c) {
      code = readEscape(p);
      p = escapeEnd;
    } else if (code < 0x80) {
      p++;
    } else {
      const width = sequenceWidth(p);
      copyBytes(out, p, width);
      out += width;
      p += width;
      continue;
    }
    if (code == 0x22 || code == 0x5c) {
      store<u8>(out, 0x5c);
      store<u8>(out, <u8>code, 1);
      out += 2;
    } else if (code >= 0x20) {
      out = putCodePoint(out, code);
    } else {
      out = putControlEscape(out, code);
    }
  }
  store<u8>(out, 0x22);
  return out + 1;
}

/** A control character as JSON writes it: `\n`, `\u0007`. */
export function putControlEscape(to: usize, code: u32): usize {
  store<u8>(to, 0x5c);
  const letter: u32 = code == 8 ? 0x62 : code == 9 ? 0x74 : code == 10 ? 0x6e : code == 12 ? 0x66 : code == 13 ? 0x72 : 0;
  if (letter != 0) {
    store<u8>(to, <u8>letter, 1);
    return to + 2;
  }
  store<u32>(to, 0x30303075, 1);
  store<u8>(to, load<u8>(hexLetters + (code >> 4)), 4);
  store<u8>(to, load<u8>(hexLetters + (code & 15)), 5);
  return to + 6;
}

function isWhole(from: usize, to: usize): bool {
  for (let p = from; p < to; p++) {
    const byte = load<u8>(p);
    if (byte != 0x2d && byte - 48 > 9) return false;
  }
  return true;
}

function copyNumber(from: usize, to: usize, target: usize): usize {
  if (isWhole(from, to)) {
    copyBytes(target, from, <u32>(to - from));
    return target + (to - from);
  }
  numberParseF64(from, <i32>(to - from), cell);
  const value = load<f64>(cell);
  if (isFinite(value)) return target + floatFormatF64(target, value);
  store<u8>(target, 0x22);
  const end = target + 1 + floatFormatF64(target + 1, value);
  store<u8>(end, 0x22);
  return end + 1;
}

/** A number as the tree parser's text. */
function normalNumber(from: usize, to: usize): i32 {
  if (isWhole(from, to)) return setBytes(from, to);
  if (scratchTop + 32 > scratchEnd) return valueNoRoom;
  const target = scratchTop;
  numberParseF64(from, <i32>(to - from), cell);
  scratchTop = target + floatFormatF64(target, load<f64>(cell));
  return setBytes(target, scratchTop);
}

/** The child with a key, 0 for none. */
export function childOf(field: usize, key: usize, length: u32): usize {
  const mask = load<u32>(field, fieldTableMask);
  const table = <usize>load<u32>(field, fieldTable);
  const children = <usize>load<u32>(field, fieldChildren);
  let at = bytesHash(key, length) & mask;
  while (true) {
    const entry = load<u32>(table + (<usize>at << 2));
    if (entry == 0) return 0;
    const child = <usize>load<u32>(children + (<usize>(entry - 1) << 2));
    if (load<u32>(child, fieldKeyLength) == length && bytesEqual(load<u32>(child, fieldKey), key, length)) return child;
    at = (at + 1) & mask;
  }
}

/** The child that the key at `[from, to)` names (quotes left out). Escapes are rare in keys, and have no room: then 0. */
export function childOfKey(field: usize, from: usize, to: usize, isEscaped: bool): usize {
  if (!isEscaped) return childOf(field, from, <u32>(to - from));
  if (scratchTop + (to - from) + 16 > scratchEnd) return 0;
  const end = unescape(from, to, scratchTop);
  return childOf(field, scratchTop, <u32>(end - scratchTop));
}

/**
 * Where the members of an object start and end, by child: two words each at `positions`, 0 where the key is missing.
 * Of equal keys the last counts, but without the tree parser only as many values are read as there are children.
 */
export function findMembers(field: usize, object: usize, positions: usize): void {
  const count = load<u32>(field, fieldChildCount);
  const readMax = (options & optionTree) != 0 ? u32.MAX_VALUE : count;
  let read: u32 = 0;
  memory.fill(positions, 0, count << 3);
  let p = skipSpace(object + 1);
  while (load<u8>(p) == 0x22) {
    const key = p + 1;
    const keyEnd = skipString(key);
    const child = childOfKey(field, key, keyEnd - 1, stringHasEscape);
    const value = skipColon(keyEnd);
    const end = skipValue(value, 0);
    if (child != 0 && read < readMax) {
      read++;
      const position = positions + (<usize>load<u32>(child, fieldIndex) << 3);
      store<u32>(position, <u32>value);
      store<u32>(position, <u32>end, 4);
    }
    p = skipSpace(end);
    if (load<u8>(p) == 0x2c) p = skipSpace(p + 1);
  }
}

/** The same two tests for each part of a nested value: what a NULL and a bad value lead to. */
function settle(field: usize, status: i32): i32 {
  if (status != valueBad || (options & optionIgnoreErrors) == 0) return status;
  hasIgnored = true;
  return valueNull;
}

/** Puts the cell into a slot of a value that starts at `base`; bytes are brought to `mark`, the end of the value so far. */
// @ts-ignore: decorator
@inline
function putBytes(base: usize, slot: usize, mark: usize): bool {
  const from = <usize>load<u32>(cell);
  const length = load<u32>(cell, 4);
  if (mark + length + 16 > scratchEnd) return false;
  if (from != mark) memory.copy(mark, from, length);
  scratchTop = mark + length;
  store<u32>(slot, <u32>(mark - base));
  store<u32>(slot, length, 4);
  return true;
}

// @ts-ignore: decorator
@inline
function isBytes(field: usize): bool {
  const kind = load<u32>(field);
  return kind == kindText || kind == kindBinary || kind >= kindRow;
}

function buildRow(field: usize, from: usize): i32 {
  badFrom = 0;
  if (load<u8>(from) != 0x7b) return valueBad;
  const count = load<u32>(field, fieldChildCount);
  const fixedBytes = load<u32>(field, fieldFixedBytes);
  const base = scratchTop;
  const endBefore = scratchEnd;
  if (base + fixedBytes + (<usize>count << 3) + 64 > scratchEnd) return valueNoRoom;
  const positions = ((scratchEnd - (<usize>count << 3)) & ~7) as usize;
  scratchEnd = positions;
  findMembers(field, from, positions);
  scratchTop = base + fixedBytes;
  rowStart(base, fixedBytes);
  const children = <usize>load<u32>(field, fieldChildren);
  for (let index: u32 = 0; index < count; index++) {
    const child = <usize>load<u32>(children + (<usize>index << 2));
    const position = positions + (<usize>index << 3);
    const value = <usize>load<u32>(position);
    const mark = scratchTop;
    let status = valueNull;
    if (value != 0) status = settle(child, convertJson(child, value, load<u32>(position, 4)));
    else if (options & optionFailOnMissing) {
      bad(child, from, from + 1);
      badIsMissing = true;
      status = valueBad;
    }
    const slot = base + load<u32>(child, fieldSlot);
    if (status == valueOk) {
      if (isBytes(child)) {
        if (!putBytes(base, slot, mark)) status = valueNoRoom;
      } else {
        store<u64>(slot, load<u64>(cell));
        if (load<u32>(child, fieldWidth) == 16) store<u64>(slot, load<u64>(cell, 8), 8);
      }
    } else if (status == valueNull) {
      scratchTop = mark;
      rowSetNull(base, index);
    }
    if (status >= valueBad) {
      scratchEnd = endBefore;
      return status;
    }
  }
  scratchEnd = endBefore;
  return setBytes(base, scratchTop);
}

function buildArray(field: usize, from: usize): i32 {
  badFrom = 0;
  if (load<u8>(from) != 0x5b) return valueBad;
  let count: u32 = 0;
  let p = skipSpace(from + 1);
  while (load<u8>(p) != 0x5d) {
    p = skipSpace(skipValue(p, 0));
    count++;
    if (load<u8>(p) == 0x2c) p = skipSpace(p + 1);
  }
  const element = <usize>load<u32>(load<u32>(field, fieldChildren));
  const base = scratchTop;
  if (!startArray(element, base, count)) return valueNoRoom;
  p = skipSpace(from + 1);
  for (let index: u32 = 0; index < count; index++) {
    const end = skipValue(p, 0);
    const status = putElement(element, base, count, index, p, end);
    if (status >= valueBad) return status;
    p = skipSpace(end);
    if (load<u8>(p) == 0x2c) p = skipSpace(p + 1);
  }
  return setBytes(base, scratchTop);
}

function startArray(element: usize, base: usize, count: u32): bool {
  const width = load<u32>(element, fieldWidth);
  if (<u64>base + <u64>count * (width + 1) + 64 > <u64>scratchEnd) return false;
  scratchTop = base + arrayStart(base, count, width);
  return true;
}

/** Converts `[from, to)` as element `index` of the array that starts at `base` and ends at `scratchTop`. */
function putElement(element: usize, base: usize, count: u32, index: u32, from: usize, to: usize): i32 {
  const mark = scratchTop;
  const status = settle(element, convertJson(element, from, to));
  if (status == valueNull) {
    scratchTop = mark;
    arraySetNull(base, index);
    return valueOk;
  }
  if (status != valueOk) return status;
  const width = load<u32>(element, fieldWidth);
  const slot = base + arrayFixedBytes(count, width) - <usize>(count - index) * width;
  if (isBytes(element)) return putBytes(base, slot, mark) ? valueOk : valueNoRoom;
  memory.copy(slot, cell, width);
  return valueOk;
}

/** An entry of a map in work: key address, key length, value start, value end; the key is 0 once a later one replaced it. */
const entryBytes: usize = 16;

/** `{}` */
const noMembers: usize = memory.data<u8>([0x7b, 0x7d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

function buildMap(field: usize, from: usize): i32 {
  badFrom = 0;
  const isObject = load<u8>(from) == 0x7b;
  // The tree parser asks whatever it is for its members, and finds none.
  if (!isObject && (options & optionTree) == 0) return valueBad;
  const endBefore = scratchEnd;
  const status = buildEntries(field, isObject ? from : noMembers);
  scratchEnd = endBefore;
  return status;
}

function buildEntries(field: usize, from: usize): i32 {
  let count: u32 = 0;
  let entry = (scratchEnd & ~15) as usize;
  const entriesEnd = entry;
  let p = skipSpace(from + 1);
  while (load<u8>(p) == 0x22) {
    const keyEnd = skipString(p + 1);
    const isEscaped = stringHasEscape;
    entry -= entryBytes;
    if (scratchTop + 64 > entry) return valueNoRoom;
    store<u32>(entry, <u32>(p + 1));
    store<u32>(entry, <u32>(keyEnd - p - 2) | (isEscaped ? 0x80000000 : 0), 4);
    const value = skipColon(keyEnd);
    p = skipValue(value, 0);
    store<u32>(entry, <u32>value, 8);
    store<u32>(entry, <u32>p, 12);
    p = skipSpace(p);
    if (load<u8>(p) == 0x2c) p = skipSpace(p + 1);
    count++;
  }
  scratchEnd = entry;
  if (!unescapeKeys(entry, entriesEnd)) return valueNoRoom;
  let kept = count;
  let order: usize = 0;
  if (count > 1) {
    dropReplaced(entry, entriesEnd);
    scratchEnd -= (<usize>count << 4) + 16;
    order = scratchEnd & ~15;
    if (scratchTop + 64 > order) return valueNoRoom;
    kept = orderEntries(order, entriesEnd, count);
  }
  const children = <usize>load<u32>(field, fieldChildren);
  const keyField = <usize>load<u32>(children);
  const valueField = <usize>load<u32>(children, 4);
  const base = scratchTop;
  const keys = base + 4;
  if (!startArray(keyField, keys, kept)) return valueNoRoom;
  for (let index: u32 = 0; index < kept; index++) {
    const at = entryAt(order, entriesEnd, index);
    const slot = keys + arrayFixedBytes(kept, 8) - <usize>(kept - index) * 8;
    setBytes(load<u32>(at), load<u32>(at) + load<u32>(at, 4));
    if (!putBytes(keys, slot, scratchTop)) return valueNoRoom;
  }
  store<u32>(base, <u32>(scratchTop - keys));
  const values = scratchTop;
  if (!startArray(valueField, values, kept)) return valueNoRoom;
  for (let index: u32 = 0; index < kept; index++) {
    const at = entryAt(order, entriesEnd, index);
    const status = putElement(valueField, values, kept, index, load<u32>(at, 8), load<u32>(at, 12));
    if (status >= valueBad) return status;
  }
  return setBytes(base, scratchTop);
}

function unescapeKeys(first: usize, end: usize): bool {
  for (let at = first; at < end; at += entryBytes) {
    const length = load<u32>(at, 4);
    if ((length & 0x80000000) == 0) continue;
    const raw = length & 0x7fffffff;
    scratchEnd -= (raw + 16) & ~15;
    if (scratchTop + 64 > scratchEnd) return false;
    const from = <usize>load<u32>(at);
    store<u32>(at, <u32>scratchEnd);
    store<u32>(at, <u32>(unescape(from, from + raw, scratchEnd) - scratchEnd), 4);
  }
  return true;
}

/** Puts the numbers of the entries that are left at `order`, as Java's HashMap would give them. @returns how many */
function orderEntries(order: usize, entriesEnd: usize, count: u32): u32 {
  const hashes = order + (<usize>count << 3);
  for (let index: u32 = 0; index < count; index++) {
    const at = entriesEnd - entryBytes * (<usize>index + 1);
    const key = <usize>load<u32>(at);
    store<u32>(hashes + (<usize>index << 3), key == 0 ? 0 : javaHashBytes(key, load<u32>(at, 4)));
    store<u32>(hashes + (<usize>index << 3), key == 0 ? 0 : index + 1, 4);
  }
  return mapHashOrder(order, hashes, count);
}

/** The entry at a place of the order; without an order there is one. */
function entryAt(order: usize, entriesEnd: usize, place: u32): usize {
  if (order == 0) return entriesEnd - entryBytes;
  return entriesEnd - entryBytes * (<usize>load<u32>(order + (<usize>place << 3)) + 1);
}

/** Of entries with equal keys the last value counts, at the place of the first. Entries lie in reverse. */
function dropReplaced(first: usize, end: usize): void {
  for (let at = end - entryBytes; at >= first; at -= entryBytes) {
    const key = <usize>load<u32>(at);
    if (key == 0) continue;
    const length = load<u32>(at, 4);
    for (let later = at - entryBytes; later >= first; later -= entryBytes) {
      const other = <usize>load<u32>(later);
      if (other == 0 || load<u32>(later, 4) != length || !bytesEqual(key, other, length)) continue;
      store<u64>(at, load<u64>(later, 8), 8);
      store<u32>(later, 0);
    }
  }
}
