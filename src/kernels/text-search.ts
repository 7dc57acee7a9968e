import { bytesEqual, copyBytes } from './bytes';
import { textLength, textOffset } from './utf8';

/** Finding, replacing and cutting at a piece of text, byte by byte: UTF-8 needs no more. */

/** The byte at which `needle` first stands from byte `from` on; -1 where it does not. The empty text stands everywhere. */
export function textFind(address: usize, length: u32, needle: usize, needleLength: u32, from: u32): i32 {
  if (needleLength == 0) return <i32>from;
  if (needleLength > length || from > length - needleLength) return -1;
  const last = address + length - needleLength;
  const first = i8x16.splat(load<i8>(needle));
  // Few places have the right byte at both ends.
  const behind = needleLength - 1;
  const final = i8x16.splat(load<i8>(needle + behind));
  let p = address + from;
  // The loads may run past the text's end, but not past the memory's; what they find there is dropped.
  while (p <= last) {
    const both = v128.and(i8x16.eq(v128.load(p), first), i8x16.eq(v128.load(p + behind), final));
    let hits = i8x16.bitmask(both);
    while (hits != 0) {
      const at = p + ctz(hits);
      if (at > last) return -1;
      if (needleLength <= 2 || bytesEqual(at, needle, needleLength)) return <i32>(at - address);
      hits &= hits - 1;
    }
    p += 16;
  }
  return -1;
}

/** Which of the 16 bytes at an address are this one, a bit each; of a text that ends after `left` bytes. */
// @ts-ignore: decorator
@inline
function hitsIn(address: usize, byte: v128, left: u32): u32 {
  const hits = <u32>i8x16.bitmask(i8x16.eq(v128.load(address), byte));
  return left < 16 ? hits & ((1 << left) - 1) : hits;
}

/** How often a byte stands in a text. */
function byteCount(address: usize, length: u32, byte: i8): u32 {
  const wanted = i8x16.splat(byte);
  let count: u32 = 0;
  for (let at: u32 = 0; at < length; at += 16) count += <u32>popcnt(hitsIn(address + at, wanted, length - at));
  return count;
}

/** POSITION, LOCATE: the code point (from 1) at which `needle` stands, not before code point `from`; 0 where it does not. */
export function textPosition(address: usize, length: u32, needle: usize, needleLength: u32, from: i32): i32 {
  if (needleLength == 0) return 1;
  const start = from > 1 ? textOffset(address, length, from - 1) : 0;
  const found = textFind(address, length, needle, needleLength, start);
  return found < 0 ? 0 : textLength(address, <u32>found) + 1;
}

export function textStartsWith(address: usize, length: u32, prefix: usize, prefixLength: u32): bool {
  return prefixLength <= length && bytesEqual(address, prefix, prefixLength);
}

export function textEndsWith(address: usize, length: u32, suffix: usize, suffixLength: u32): bool {
  return suffixLength <= length && bytesEqual(address + length - suffixLength, suffix, suffixLength);
}

/** REPLACE: bytes of the result. An empty `search` stands between all code points, at the start and at the end. */
export function textReplacedLength(
  address: usize,
  length: u32,
  search: usize,
  searchLength: u32,
  byLength: u32,
): i64 {
  if (searchLength == 0) return <i64>length + <i64>(textLength(address, length) + 1) * byLength;
  const change = <i64>byLength - searchLength;
  if (searchLength == 1) return <i64>length + <i64>byteCount(address, length, load<i8>(search)) * change;
  let count: i64 = 0;
  let found = textFind(address, length, search, searchLength, 0);
  while (found >= 0) {
    count++;
    found = textFind(address, length, search, searchLength, <u32>found + searchLength);
  }
  return <i64>length + count * change;
}

/** Writes what `textReplacedLength` measured. */
export function textReplace(
  address: usize,
  length: u32,
  search: usize,
  searchLength: u32,
  by: usize,
  byLength: u32,
  to: usize,
): void {
  let from: u32 = 0;
  let target = to;
  if (searchLength == 0) {
    while (true) {
      copyBytes(target, by, byLength);
      target += byLength;
      if (from >= length) return;
      const size = textOffset(address + from, length - from, 1);
      copyBytes(target, address + from, size);
      target += size;
      from += size;
    }
  }
  let found = textFind(address, length, search, searchLength, 0);
  while (found >= 0) {
    const size = <u32>found - from;
    copyBytes(target, address + from, size);
    copyBytes(target + size, by, byLength);
    target += size + byLength;
    from = <u32>found + searchLength;
    found = textFind(address, length, search, searchLength, from);
  }
  copyBytes(target, address + from, length - from);
}

/** Blanks as Java's Character.isWhitespace has them below 0x80. */
// @ts-ignore: decorator
@inline
function isBlank(byte: u8): bool {
  return byte == 0x20 || <u8>(byte - 9) < 5 || <u8>(byte - 0x1c) < 4;
}

/**
 * SPLIT_INDEX: the piece `index` (from 0) between separators, as a view (address low, length high); -1 where there is
 * none. The empty text has no piece; an empty separator cuts at each blank.
 */
export function textSplitIndex(address: usize, length: u32, separator: usize, separatorLength: u32, index: i32): i64 {
  if (index < 0 || length == 0) return -1;
  if (separatorLength == 1) return pieceBetween(address, length, load<i8>(separator), index);
  let from: u32 = 0;
  let left = index;
  while (true) {
    let end = <i32>length;
    let width: u32 = separatorLength;
    if (separatorLength == 0) {
      width = 1;
      for (let p = from; p < length; p++) {
        if (isBlank(load<u8>(address + p))) {
          end = <i32>p;
          break;
        }
      }
    } else {
      const found = textFind(address, length, separator, separatorLength, from);
      if (found >= 0) end = found;
    }
    if (left == 0) return viewOf(address + from, <u32>end - from);
    if (end == <i32>length) return -1;
    from = <u32>end + width;
    left--;
  }
}

/** As `textSplitIndex`, of a text that is not empty, between bytes: sixteen are looked at at once. */
function pieceBetween(address: usize, length: u32, separator: i8, index: u32): i64 {
  const wanted = i8x16.splat(separator);
  let from: u32 = 0;
  let left = index;
  for (let at: u32 = 0; at < length; at += 16) {
    let hits = hitsIn(address + at, wanted, length - at);
    if (left != 0) {
      const count = <u32>popcnt(hits);
      if (count < left) {
        left -= count;
        continue;
      }
      for (; left > 1; left--) hits &= hits - 1;
      left = 0;
      from = at + ctz(hits) + 1;
      hits &= hits - 1;
    }
    if (hits != 0) return viewOf(address + from, at + ctz(hits) - from);
  }
  return left != 0 ? -1 : viewOf(address + from, length - from);
}

// @ts-ignore: decorator
@inline
function viewOf(address: usize, length: u32): i64 {
  return <i64>(<u64>address | (<u64>length << 32));
}
