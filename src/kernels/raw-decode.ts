import {
  cell,
  kindBigint,
  kindBinary,
  kindBoolean,
  kindDouble,
  kindFloat,
  kindInt,
  kindSmallint,
  kindText,
  kindTinyint,
  storeCell,
} from './field';
import { findLineFeed, sequenceWidth } from './json-scan';

/**
 * Lines as the values of one column: text, bytes, or a number in its binary form. The struct has the places of
 * `formats/record-struct.ts`; its root is the field, or 0 where nothing is read.
 */
const rootAt: usize = 0;
const baseAt: usize = 8;
const scratchEndAt: usize = 16;
const scratchTopAt: usize = 20;
const nextAt: usize = 24;
const statusAt: usize = 28;
const problemAt: usize = 44;
const problemFieldAt: usize = 48;
const problemFromAt: usize = 52;
const problemToAt: usize = 56;
const recordFromAt: usize = 60;
const recordToAt: usize = 64;
const recordsAt: usize = 72;

const statusDone: u32 = 0;
const statusFailed: u32 = 1;
const statusNoRoom: u32 = 2;
const problemSize: u32 = 15;

const readOk: i32 = 0;
const readBad: i32 = 1;
const readNoRoom: i32 = 2;

let scratchTop: usize = 0;
let scratchEnd: usize = 0;

/** Numbers have their lowest byte first. */
const optionLittle: i32 = 1;
/** All of the bytes but the last are one record. */
const optionWhole: i32 = 2;

/** As `jsonDecode`, with those options. */
export function rawDecode(owner: usize, from: usize, end: usize, row: u32, rowsMax: u32, options: i32): u32 {
  const isLittle = (options & optionLittle) != 0;
  const isWhole = (options & optionWhole) != 0;
  const field = <usize>load<u32>(owner, rootAt);
  const base = <usize>load<u32>(owner, baseAt);
  scratchTop = load<u32>(owner, scratchTopAt);
  scratchEnd = load<u32>(owner, scratchEndAt);
  let p = from;
  let rows = row;
  let status = statusDone;
  while (p < end && rows < rowsMax) {
    const lineFeed = isWhole ? end - 1 : findLineFeed(p, end);
    const to = !isWhole && lineFeed > p && load<u8>(lineFeed - 1) == 0x0d ? lineFeed - 1 : lineFeed;
    if (field != 0) {
      const read = readLine(field, p, to, isLittle);
      if (read != readOk) {
        store<u32>(owner, problemSize, problemAt);
        store<u32>(owner, <u32>field, problemFieldAt);
        store<u32>(owner, <u32>p, problemFromAt);
        store<u32>(owner, <u32>to, problemToAt);
        store<u32>(owner, <u32>p, recordFromAt);
        store<u32>(owner, <u32>lineFeed, recordToAt);
        status = read == readBad ? statusFailed : statusNoRoom;
        break;
      }
      storeCell(field, base, rows);
    }
    store<u32>(base + load<u32>(owner, recordsAt) + (<usize>rows << 2), <u32>p);
    rows++;
    p = lineFeed + 1;
  }
  store<u32>(owner, <u32>p, nextAt);
  store<u32>(owner, status, statusAt);
  store<u32>(owner, <u32>scratchTop, scratchTopAt);
  return rows;
}

function readLine(field: usize, from: usize, to: usize, isLittle: bool): i32 {
  const length = <u32>(to - from);
  switch (load<u32>(field)) {
    case kindText:
      return readText(from, to);
    case kindBinary:
      store<u32>(cell, <u32>from);
      store<u32>(cell, length, 4);
      return readOk;
    case kindBoolean:
      if (length != 1) return readBad;
      store<i64>(cell, i64(load<u8>(from) != 0));
      return readOk;
    case kindTinyint:
      if (length != 1) return readBad;
      store<i64>(cell, <i64>load<i8>(from));
      return readOk;
    case kindSmallint:
      if (length != 2) return readBad;
      store<i64>(cell, <i64>(isLittle ? load<i16>(from) : bswap<i16>(load<i16>(from))));
      return readOk;
    case kindInt:
    case kindFloat: {
      if (length != 4) return readBad;
      const word = load<i32>(from);
      store<i64>(cell, <i64>(isLittle ? word : bswap<i32>(word)));
      return readOk;
    }
    case kindBigint:
    case kindDouble: {
      if (length != 8) return readBad;
      const word = load<i64>(from);
      store<i64>(cell, isLittle ? word : bswap<i64>(word));
      return readOk;
    }
    default:
      return readBad;
  }
}

/** A text as it stands, or with each byte that is not UTF-8 replaced by U+FFFD. */
function readText(from: usize, to: usize): i32 {
  let p = from;
  while (p < to) {
    if (load<u8>(p) < 0x80) {
      p++;
      continue;
    }
    const width = sequenceWidth(p);
    if (width == 0 || p + width > to) return replaceMalformed(from, to);
    p += width;
  }
  store<u32>(cell, <u32>from);
  store<u32>(cell, <u32>(to - from), 4);
  return readOk;
}

function replaceMalformed(from: usize, to: usize): i32 {
  if (scratchTop + 3 * (to - from) + 16 > scratchEnd) return readNoRoom;
  let out = scratchTop;
  let p = from;
  while (p < to) {
    const width: u32 = load<u8>(p) < 0x80 ? 1 : sequenceWidth(p);
    if (width == 0 || p + width > to) {
      store<u32>(out, 0xbdbfef);
      out += 3;
      p++;
      continue;
    }
    for (let i: u32 = 0; i < width; i++) store<u8>(out++, load<u8>(p++));
  }
  store<u32>(cell, <u32>scratchTop);
  store<u32>(cell, <u32>(out - scratchTop), 4);
  scratchTop = out;
  return readOk;
}
