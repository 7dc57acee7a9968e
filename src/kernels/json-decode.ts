import { bytesEqual } from './bytes';
import {
  dayOf,
  fieldAlias,
  fieldChildCount,
  fieldChildren,
  fieldIndex,
  fieldKey,
  fieldKeyLength,
  fieldStamp,
  kindGroup,
  optionFailOnMissing,
  optionIgnoreErrors,
  optionTree,
  storeCell,
  storeNull,
  valueBad,
  valueNoRoom,
  valueNull,
  valueOk,
} from './field';
import {
  badField,
  badFrom,
  badIsMissing,
  badTo,
  childOfKey,
  convertJson,
  findMembers,
  hasIgnored,
  scratchTop,
  setHasIgnored,
  setScratchTop,
  startConversions,
} from './json-convert';
import {
  findLineFeed,
  scanFailedAt,
  scanNotUtf8,
  scanProblem,
  scanTooDeep,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
  stringHasEscape,
} from './json-scan';

/**
 * Newline JSON to columns: the way that takes any record (any order of keys, white space, escapes, nested values).
 * The emitted decoders (`formats/json/emit-template.ts`) take the records that look like the ones before, and call
 * these functions for the rest.
 *
 * The decoder's struct; `formats/json/json-struct.ts` has the same numbers:
 * ```
 *  0 root field     4 options       8 base (of the column block)   12 scratch    16 scratch end   20 scratch top
 * 24 next           28 status       32 malformed records           36 misses     40 last missed record
 * 44 problem        48 problem's field   52 from   56 to           60 record from     64 record to
 * 68 inside an array at the top     72 record addresses (offset in the block)    76 kinds (offset, or 0)
 * 80 envelope       84 envelope's field       88 payload's field (0: none)
 * ```
 */
const rootAt: usize = 0;
const optionsAt: usize = 4;
const baseAt: usize = 8;
const scratchAt: usize = 12;
const scratchEndAt: usize = 16;
const scratchTopAt: usize = 20;
const nextAt: usize = 24;
const statusAt: usize = 28;
const malformedAt: usize = 32;
const missesAt: usize = 36;
const lastMissAt: usize = 40;
const problemAt: usize = 44;
const problemFieldAt: usize = 48;
const problemFromAt: usize = 52;
const problemToAt: usize = 56;
const recordFromAt: usize = 60;
const recordToAt: usize = 64;
const insideArrayAt: usize = 68;
const recordsAt: usize = 72;
const kindsAt: usize = 76;
const envelopeAt: usize = 80;
const envelopeFieldAt: usize = 84;
const payloadFieldAt: usize = 88;

const statusDone: u32 = 0;
const statusFailed: u32 = 1;
const statusNoRoom: u32 = 2;
const statusNoRows: u32 = 3;

const problemMalformed: u32 = 1;
const problemValue: u32 = 2;
const problemMissing: u32 = 3;
const problemNull: u32 = 4;
const problemNotObject: u32 = 5;
const problemTooDeep: u32 = 6;
const problemNotUtf8: u32 = 7;
const problemCorruptChange: u32 = 8;
const problemUnknownChange: u32 = 9;
const problemNoBeforeUpdate: u32 = 10;
const problemNoBeforeDelete: u32 = 11;

const envelopeDebezium: u32 = 1;
const envelopeCanal: u32 = 2;
const envelopeMaxwell: u32 = 3;
const envelopeOgg: u32 = 4;

const kindInsert: u8 = 0;
const kindUpdateBefore: u8 = 1;
const kindUpdateAfter: u8 = 2;
const kindDelete: u8 = 3;

let decoder: usize = 0;
let options: u32 = 0;
let base: usize = 0;
/** Why the functions below gave 0: a status of a value (bad, no room), or a problem that ends the record. */
let hasNoRoom: bool = false;
let problem: u32 = 0;
let problemField: usize = 0;
let problemFrom: usize = 0;
let problemTo: usize = 0;
/** A number for each object that is read, so that its members know whether they were met in it. */
let stamps: u32 = 0;

function enter(owner: usize): void {
  decoder = owner;
  options = load<u32>(owner, optionsAt);
  base = load<u32>(owner, baseAt);
  startConversions(load<u32>(owner, scratchTopAt), load<u32>(owner, scratchEndAt), options);
}

function leave(): void {
  store<u32>(decoder, <u32>scratchTop, scratchTopAt);
}

function fail(what: u32, field: usize, from: usize, to: usize): usize {
  problem = what;
  problemField = field;
  problemFrom = from;
  problemTo = to;
  hasNoRoom = false;
  return 0;
}

function failScan(): usize {
  const what =
    scanProblem == scanTooDeep ? problemTooDeep : scanProblem == scanNotUtf8 ? problemNotUtf8 : problemMalformed;
  return fail(what, 0, scanFailedAt, scanFailedAt + 1);
}

/** NULL for a field, and for all columns inside a group. */
function putNull(field: usize, row: u32, from: usize, to: usize): bool {
  if (load<u32>(field) == kindGroup) {
    const count = load<u32>(field, fieldChildCount);
    const children = <usize>load<u32>(field, fieldChildren);
    for (let i: u32 = 0; i < count; i++) {
      if (!putNull(load<u32>(children + (<usize>i << 2)), row, from, to)) return false;
    }
  } else if (!storeNull(field, base, row)) {
    fail(problemNull, field, from, to);
    return false;
  }
  const alias = <usize>load<u32>(field, fieldAlias);
  return alias == 0 || putNull(alias, row, from, to);
}

/** Reads the value at `from` into the field's columns; behind it, or 0. */
function readValue(field: usize, from: usize, row: u32): usize {
  const end = skipValue(from, 1);
  if (end == 0) return failScan();
  let its = field;
  while (its != 0) {
    if (!readInto(its, from, end, row)) return 0;
    its = load<u32>(its, fieldAlias);
  }
  return end;
}

function readInto(field: usize, from: usize, to: usize, row: u32): bool {
  if (load<u32>(field) == kindGroup && load<u8>(from) == 0x7b) return readObject(field, from, row) != 0;
  const status =
    load<u32>(field) != kindGroup ? convertJson(field, from, to) : load<u8>(from) == 0x6e ? valueNull : valueBad;
  if (status == valueOk) {
    storeCell(field, base, row);
    return true;
  }
  if (status == valueNoRoom) {
    fail(0, 0, 0, 0);
    hasNoRoom = true;
    return false;
  }
  if (status == valueBad && (options & optionIgnoreErrors) == 0) {
    if (load<u32>(field) == kindGroup) fail(problemValue, field, from, to);
    else fail(badIsMissing ? problemMissing : problemValue, badField, badFrom, badTo);
    return false;
  }
  if (status == valueBad) setHasIgnored(true);
  // The field alone: `readValue` goes through the aliases.
  const alias = load<u32>(field, fieldAlias);
  store<u32>(field, 0, fieldAlias);
  const isStored = putNull(field, row, from, to);
  store<u32>(field, alias, fieldAlias);
  return isStored;
}

/** Reads the members of the object at `from` into columns; what is missing is NULL. Behind it, or 0. */
function readObject(field: usize, from: usize, row: u32): usize {
  const stamp = ++stamps;
  const end = readMembers(field, from, row, stamp);
  if (end == 0) return 0;
  return finishObject(field, from, row, stamp) ? end : 0;
}

/** While an old image is filled up from the new one, what the old one names stays. */
let keepsMet: bool = false;

/** Children that were met in the object read last. */
let metCount: u32 = 0;

function finishObject(field: usize, from: usize, row: u32, stamp: u32): bool {
  const count = load<u32>(field, fieldChildCount);
  if (metCount == count) return true;
  const children = <usize>load<u32>(field, fieldChildren);
  for (let i: u32 = 0; i < count; i++) {
    const child = <usize>load<u32>(children + (<usize>i << 2));
    if (load<u32>(child, fieldStamp) == stamp) continue;
    if ((options & optionFailOnMissing) != 0 && !hasReadAll) {
      fail(problemMissing, child, from, from + 1);
      return false;
    }
    if (!putNull(child, row, from, from + 1)) return false;
  }
  return true;
}

/** Whether as many values were read as there are children, be it of one key: then no more are, and none is missing. */
let hasReadAll: bool = false;

/**
 * As `readObject`. Of equal keys the last counts, but only as many values are read as there are children; while an old
 * image is filled up, what has the stamp is left.
 */
function readMembers(field: usize, from: usize, row: u32, stamp: u32): usize {
  const count = load<u32>(field, fieldChildCount);
  const children = <usize>load<u32>(field, fieldChildren);
  const readMax = (options & optionTree) != 0 ? u32.MAX_VALUE : count;
  let read: u32 = 0;
  hasReadAll = false;
  let expected: u32 = 0;
  let met: u32 = 0;
  let p = skipSpace(from + 1);
  if (load<u8>(p) == 0x7d) {
    metCount = 0;
    return p + 1;
  }
  while (true) {
    if (load<u8>(p) != 0x22) return fail(problemMalformed, 0, p, p + 1);
    const key = p + 1;
    let child: usize = 0;
    if (expected < count) {
      const guess = <usize>load<u32>(children + (<usize>expected << 2));
      const length = load<u32>(guess, fieldKeyLength);
      if (load<u8>(key + length) == 0x22 && bytesEqual(load<u32>(guess, fieldKey), key, length)) {
        child = guess;
        p = key + length + 1;
      }
    }
    if (child == 0) {
      p = skipString(key);
      if (p == 0) return failScan();
      child = childOfKey(field, key, p - 1, stringHasEscape);
    }
    p = skipColon(p);
    if (p == 0) return failScan();
    const isFirst = child != 0 && load<u32>(child, fieldStamp) != stamp;
    if (isFirst ? keepsMet || read < readMax : child != 0 && !keepsMet && read < readMax) {
      read++;
      if (isFirst) met++;
      store<u32>(child, stamp, fieldStamp);
      expected = load<u32>(child, fieldIndex) + 1;
      p = readValue(child, p, row);
      if (p == 0) return 0;
    } else {
      p = skipValue(p, 1);
      if (p == 0) return failScan();
    }
    p = skipSpace(p);
    const byte = load<u8>(p);
    if (byte == 0x7d) break;
    if (byte != 0x2c) return fail(problemMalformed, 0, p, p + 1);
    p = skipSpace(p + 1);
  }
  metCount = met;
  hasReadAll = read >= readMax;
  return p + 1;
}

/**
 * Reads the value at `from` for one field of a record that an emitted decoder is reading. Behind it; 0 when the record
 * is to be read by `jsonDecode`, which finds out what is wrong, and counts what is ignored.
 */
export function jsonField(owner: usize, field: usize, from: usize, row: u32): usize {
  enter(owner);
  setHasIgnored(false);
  const end = readValue(field, from, row);
  leave();
  return hasIgnored ? 0 : end;
}

/** Sets bytes of a column's validity: JavaScript fills shared memory byte by byte. */
export function validityFill(address: usize, length: u32): void {
  memory.fill(address, 1, length);
}

/** Behind the value at `from`; 0 when malformed. */
export function jsonSkip(from: usize): usize {
  return skipValue(from, 1);
}

/** See `dayOf`: for emitted decoders, which remember the day that they met last. */
export function jsonDay(address: usize, strict: i32): i32 {
  return dayOf(address, strict);
}

/**
 * Reads up to `recordsMax` records from `[from, end)`, which ends in a line feed, into rows from `row` on. Gives the
 * row count; the struct says where it stopped and why: at the end or limit, at a record that is to fail the job, or at one
 * that needs more scratch memory or more rows than are left.
 */
export function jsonDecode(owner: usize, from: usize, end: usize, row: u32, rowsMax: u32, recordsMax: u32): u32 {
  enter(owner);
  let p = from;
  let rows = row;
  let records: u32 = 0;
  let status = statusDone;
  while (p < end && rows < rowsMax && records < recordsMax) {
    store<u32>(owner, <u32>p, recordFromAt);
    const mark = scratchTop;
    records++;
    recordRows = rows;
    recordRowsMax = rowsMax;
    hasNoRoom = false;
    wantsRows = false;
    const next = readRecord(p);
    if (next != 0) {
      rows = recordRows;
      p = next;
      continue;
    }
    if (hasNoRoom || wantsRows) {
      setScratchTop(mark);
      status = hasNoRoom ? statusNoRoom : statusNoRows;
      break;
    }
    const lineEnd = findLineFeed(p, end);
    if ((options & optionIgnoreErrors) == 0) {
      store<u32>(owner, problem, problemAt);
      store<u32>(owner, <u32>problemField, problemFieldAt);
      store<u32>(owner, <u32>problemFrom, problemFromAt);
      store<u32>(owner, <u32>problemTo, problemToAt);
      store<u32>(owner, <u32>lineEnd, recordToAt);
      rows = recordRows;
      // Rows of an array before the element that fails have gone into the batch; the element is met again alone.
      if (load<u32>(owner, insideArrayAt) != 0) p = elementStart;
      status = statusFailed;
      break;
    }
    // The rows of an array before the element that is malformed stay.
    rows = recordRows;
    store<u32>(owner, load<u32>(owner, malformedAt) + 1, malformedAt);
    store<u32>(owner, 0, insideArrayAt);
    p = lineEnd + 1;
  }
  store<u32>(owner, <u32>p, nextAt);
  store<u32>(owner, status, statusAt);
  leave();
  return rows;
}

/** As `jsonDecode` for one record that an emitted decoder does not know. */
export function jsonMiss(owner: usize, from: usize, end: usize, row: u32, rowsMax: u32): u32 {
  store<u32>(owner, load<u32>(owner, missesAt) + 1, missesAt);
  store<u32>(owner, <u32>from, lastMissAt);
  return jsonDecode(owner, from, end, row, rowsMax, 1);
}

let recordRows: u32 = 0;
let recordRowsMax: u32 = 0;
let wantsRows: bool = false;
let recordStart: usize = 0;
/** In an array at the top: where reading goes on. */
let elementStart: usize = 0;

/** Reads the record at `p` into rows from `recordRows` on. The next record's address, or 0. */
function readRecord(from: usize): usize {
  let p = from;
  recordStart = from;
  if (load<u32>(decoder, insideArrayAt) == 0) {
    if ((load<u32>(p) & 0xffffff) == 0xbfbbef) p += 3;
    // An empty line is no record; one of blanks is malformed.
    if (load<u8>(p) == 0x0a) return p + 1;
    if (load<u8>(p) == 0x0d && load<u8>(p, 1) == 0x0a) return p + 2;
    p = skipSpace(p);
    const first = load<u8>(p);
    if (first == 0x7b) {
      const end = readRow(p);
      return end == 0 ? 0 : findLineFeed(end, ~0) + 1;
    }
    if (first != 0x5b) return notObject(p);
    p = skipSpace(p + 1);
    if (load<u8>(p) == 0x5d) return findLineFeed(p, ~0) + 1;
    store<u32>(decoder, 1, insideArrayAt);
  }
  while (true) {
    elementStart = p;
    if (recordRows >= recordRowsMax) return p;
    if (load<u8>(p) != 0x7b) return notObject(p);
    const end = readRow(p);
    if (end == 0) {
      // What was read of the array stays: the batch goes out, and this element is read again.
      if ((hasNoRoom || wantsRows) && p != recordStart) {
        hasNoRoom = false;
        wantsRows = false;
        recordRowsMax = recordRows;
        return p;
      }
      return 0;
    }
    p = skipSpace(end);
    elementStart = p;
    const byte = load<u8>(p);
    if (byte == 0x5d) {
      store<u32>(decoder, 0, insideArrayAt);
      return findLineFeed(p, ~0) + 1;
    }
    if (byte != 0x2c) return fail(problemMalformed, 0, p, p + 1);
    p = skipSpace(p + 1);
  }
}

function notObject(p: usize): usize {
  const end = skipValue(p, 0);
  if (end == 0) return failScan();
  return fail(problemNotObject, 0, p, end);
}

/** Reads the object at `p` as a row, or as the rows of a change. Behind it, or 0. */
function readRow(p: usize): usize {
  setHasIgnored(false);
  const envelope = load<u32>(decoder, envelopeAt);
  const end = envelope != 0 ? readChange(envelope, p) : readObject(load<u32>(decoder, rootAt), p, recordRows);
  if (end == 0) return 0;
  if (envelope == 0) addRow(kindInsert);
  if (hasIgnored) store<u32>(decoder, load<u32>(decoder, malformedAt) + 1, malformedAt);
  return end;
}

function addRow(kind: u8): void {
  store<u32>(base + load<u32>(decoder, recordsAt) + (<usize>recordRows << 2), <u32>recordStart);
  const kinds = load<u32>(decoder, kindsAt);
  if (kinds != 0) store<u8>(base + kinds + recordRows, kind);
  recordRows++;
}

/** Positions of an envelope's members: data or before, old or after, op or type. */
const members: usize = memory.data(64, 8);
const payload: usize = memory.data(8, 8);

/**
 * Change records: Debezium {before, after, op}, Canal {data: [], old: [], type}, Maxwell {data, old, type},
 * Ogg {before, after, op_type}. The envelope's field has these keys in this order.
 */
function readChange(envelope: u32, from: usize): usize {
  const end = skipValue(from, 0);
  if (end == 0) return failScan();
  let object = from;
  const payloadField = <usize>load<u32>(decoder, payloadFieldAt);
  if (payloadField != 0) {
    findMembers(payloadField, from, payload);
    object = load<u32>(payload);
    if (object == 0 || load<u8>(object) != 0x7b) return fail(problemCorruptChange, 0, from, end);
  }
  findMembers(load<u32>(decoder, envelopeFieldAt), object, members);
  const isRead =
    envelope == envelopeDebezium || envelope == envelopeOgg
      ? readBeforeAfter(envelope, from, end)
      : readDataOld(envelope, from, end);
  return isRead ? end : 0;
}

function memberAt(index: usize): usize {
  const at = <usize>load<u32>(members + (index << 3));
  return at != 0 && load<u8>(at) != 0x6e ? at : 0;
}

/** Whether the string member `index` is this short word. */
function memberIs(index: usize, word: u64, length: usize): bool {
  const at = memberAt(index);
  if (at == 0 || load<u8>(at) != 0x22 || <usize>load<u32>(members + (index << 3) + 4) - at != length + 2) return false;
  const mask = length == 8 ? ~(<u64>0) : (<u64>1 << (<u64>length << 3)) - 1;
  return (load<u64>(at, 1) & mask) == word;
}

function failChange(what: u32, from: usize, to: usize): bool {
  const at = what == problemUnknownChange ? memberAt(2) : 0;
  if (at != 0) fail(what, 0, at, load<u32>(members, 20));
  else fail(what, 0, from, to);
  return false;
}

function hasRows(count: u32): bool {
  if (recordRows + count <= recordRowsMax) return true;
  fail(0, 0, 0, 0);
  wantsRows = true;
  return false;
}

function readImage(object: usize, kind: u8): bool {
  if (load<u8>(object) != 0x7b) {
    fail(problemNotObject, 0, object, object + 1);
    return false;
  }
  if (readObject(load<u32>(decoder, rootAt), object, recordRows) == 0) return false;
  addRow(kind);
  return true;
}

function readBeforeAfter(envelope: u32, from: usize, to: usize): bool {
  const before = memberAt(0);
  const after = memberAt(1);
  if (memberAt(2) == 0) return failChange(problemCorruptChange, from, to);
  const isOgg = envelope == envelopeOgg;
  const isInsert = isOgg ? memberIs(2, 0x49, 1) : memberIs(2, 0x63, 1) || memberIs(2, 0x72, 1);
  if (isInsert) {
    if (after == 0) return failChange(problemCorruptChange, from, to);
    return hasRows(1) && readImage(after, kindInsert);
  }
  const isUpdate = isOgg ? memberIs(2, 0x55, 1) : memberIs(2, 0x75, 1);
  if (isUpdate) {
    if (before == 0) return failChange(problemNoBeforeUpdate, from, to);
    if (after == 0) return failChange(problemCorruptChange, from, to);
    return hasRows(2) && readPair(before, after);
  }
  const isDelete = isOgg ? memberIs(2, 0x44, 1) : memberIs(2, 0x64, 1);
  if (!isDelete) return failChange(problemUnknownChange, from, to);
  if (before == 0) return failChange(problemNoBeforeDelete, from, to);
  return hasRows(1) && readImage(before, kindDelete);
}

/** Both halves of an update or none. */
function readPair(before: usize, after: usize): bool {
  const rows = recordRows;
  if (readImage(before, kindUpdateBefore) && readImage(after, kindUpdateAfter)) return true;
  recordRows = rows;
  return false;
}

function countElements(array: usize): u32 {
  let count: u32 = 0;
  let p = skipSpace(array + 1);
  while (load<u8>(p) != 0x5d) {
    count++;
    p = skipSpace(skipValue(p, 0));
    if (load<u8>(p) == 0x2c) p = skipSpace(p + 1);
  }
  return count;
}

// "INSERT", "UPDATE", "DELETE", "CREATE" and in small letters.
function isWord(upper: u64, lower: u64, envelope: u32): bool {
  return memberIs(2, envelope == envelopeCanal ? upper : lower, 6);
}

function readDataOld(envelope: u32, from: usize, to: usize): bool {
  if (memberAt(2) == 0) return failChange(problemCorruptChange, from, to);
  // Canal tells of a table's creation, which changes no row.
  if (envelope == envelopeCanal && memberIs(2, 0x455441455243, 6)) return true;
  const isInsert = isWord(0x545245534e49, 0x747265736e69, envelope);
  const isUpdate = isWord(0x455441445055, 0x657461647075, envelope);
  const isDelete = isWord(0x4554454c4544, 0x6574656c6564, envelope);
  if (!isInsert && !isUpdate && !isDelete) return failChange(problemUnknownChange, from, to);
  let data = memberAt(0);
  let old = memberAt(1);
  if (data == 0 || (isUpdate && old == 0)) return failChange(problemCorruptChange, from, to);
  const kind = isInsert ? kindInsert : kindDelete;
  if (envelope == envelopeMaxwell) {
    if (!isUpdate) return hasRows(1) && readImage(data, kind);
    return hasRows(2) && readOverlaid(old, data);
  }
  if (load<u8>(data) != 0x5b || (isUpdate && load<u8>(old) != 0x5b)) return failChange(problemCorruptChange, from, to);
  const count = countElements(data);
  if (!hasRows(isUpdate ? count * 2 : count)) return false;
  const rows = recordRows;
  data = skipSpace(data + 1);
  old = isUpdate ? skipSpace(old + 1) : 0;
  for (let i: u32 = 0; i < count; i++) {
    const isRead = isUpdate ? readOverlaid(old, data) : readImage(data, kind);
    if (!isRead) {
      // The rows before it stay where errors are ignored.
      if ((options & optionIgnoreErrors) == 0 || hasNoRoom) recordRows = rows;
      return false;
    }
    data = nextElement(data);
    if (isUpdate) old = nextElement(old);
  }
  return true;
}

function nextElement(from: usize): usize {
  const p = skipSpace(skipValue(from, 0));
  return load<u8>(p) == 0x2c ? skipSpace(p + 1) : p;
}

/** An update whose old image names the changed fields alone: the others are as they are in the new one. */
function readOverlaid(old: usize, data: usize): bool {
  const rows = recordRows;
  if (load<u8>(old) != 0x7b || load<u8>(data) != 0x7b) {
    fail(problemNotObject, 0, old, old + 1);
    return false;
  }
  const root = <usize>load<u32>(decoder, rootAt);
  const stamp = ++stamps;
  if (readMembers(root, old, rows, stamp) == 0) return false;
  const met = metCount;
  keepsMet = true;
  const end = readMembers(root, data, rows, stamp);
  keepsMet = false;
  if (end == 0) return false;
  metCount += met;
  if (!finishObject(root, old, rows, stamp)) return false;
  addRow(kindUpdateBefore);
  if (readImage(data, kindUpdateAfter)) return true;
  recordRows = rows;
  return false;
}
