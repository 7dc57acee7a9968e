import { bytesEqual, copyBytes } from './bytes';

/**
 * UTF-8 text, counted in code points: what most functions of strings are made of. Nothing here becomes a JavaScript string.
 *
 * A piece of a text is a view on it, returned as one u64: the address in the low half, the length in the high half.
 */

/** A view as one value. */
// @ts-ignore: decorator
@inline
function view(address: usize, length: u32): u64 {
  return <u64>address | (<u64>length << 32);
}

/** Bytes of the code point that starts with `first`; 1 for a stray byte. */
// @ts-ignore: decorator
@inline
function sequenceLength(first: u8): u32 {
  return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** A bit for each of 16 bytes that continues a code point: as signed bytes, 0x80..0xbf are the numbers below -64. */
// @ts-ignore: decorator
@inline
function continuations(p: usize): i32 {
  return i8x16.bitmask(i8x16.lt_s(v128.load(p), i8x16.splat(-64)));
}

/** Of the bits of 16 bytes, those of the first `count` (0 to 15); the others are of what lies behind the text. */
// @ts-ignore: decorator
@inline
function firstBits(bits: i32, count: usize): i32 {
  return bits & ((1 << <i32>count) - 1);
}

/** How many code points: the bytes that do not continue one. */
export function textLength(address: usize, length: u32): i32 {
  let continued: i32 = 0;
  let p = address;
  const end = address + length;
  while (p + 16 <= end) {
    continued += popcnt(continuations(p));
    p += 16;
  }
  if (p < end) continued += popcnt(firstBits(continuations(p), end - p));
  return <i32>length - continued;
}

/** How many UTF-16 units: a code point of four bytes has two. */
export function textUnits(address: usize, length: u32): i32 {
  let count = textLength(address, length);
  for (let at: u32 = 0; at < length; at++) count += i32(load<u8>(address + at) >= 0xf0);
  return count;
}

/** The byte at which the code point `index` (from 0) starts; `length` where the text has no more. */
export function textOffset(address: usize, length: u32, index: i32): u32 {
  let left = index;
  let p = address;
  const end = address + length;
  if (left <= 0) return 0;
  while (p < end) {
    const continued = continuations(p);
    // Without any, what is wanted is so many bytes further.
    if (continued == 0 && left < 16) return min<u32>(<u32>(p - address) + left, length);
    const starts = 16 - popcnt(continued);
    if (starts > left) {
      let bits = ~continued & 0xffff;
      for (; left > 0; left--) bits &= bits - 1;
      return min<u32>(<u32>(p - address) + ctz(bits), length);
    }
    left -= starts;
    p += 16;
  }
  return length;
}

/**
 * SUBSTRING: `count` code points from `start`; 1 is the first, 0 the same, -1 the last. A start before the text gives
 * the empty text, whatever the count.
 */
export function textSlice(address: usize, length: u32, start: i32, count: i32): u64 {
  if (count <= 0) return view(address, 0);
  let from: i32 = start - 1;
  if (start < 0) {
    const total = textLength(address, length);
    if (total + start < 0) return view(address, 0);
    from = total + start;
  } else if (start == 0) from = 0;
  const begin = textOffset(address, length, from);
  return view(address + begin, textOffset(address + begin, length - begin, count));
}

/** RIGHT: the last `count` code points. */
export function textRight(address: usize, length: u32, count: i32): u64 {
  if (count <= 0) return view(address, 0);
  const total = textLength(address, length);
  if (count >= total) return view(address, length);
  const begin = textOffset(address, length, total - count);
  return view(address + begin, length - begin);
}

/** Whether the set of code points has the one of `size` bytes at `p`. */
function setHas(set: usize, setLength: u32, p: usize, size: u32): bool {
  const end = set + setLength;
  let q = set;
  while (q < end) {
    const width = sequenceLength(load<u8>(q));
    if (width == size && bytesEqual(p, q, size)) return true;
    q += width;
  }
  return false;
}

/** TRIM: drops code points of a set from the front (`sides` & 1) and the back (`sides` & 2). */
export function textTrim(address: usize, length: u32, set: usize, setLength: u32, sides: u32): u64 {
  let p = address;
  let end = address + length;
  if (setLength == 1) {
    const byte = load<u8>(set);
    if (sides & 1) while (p < end && load<u8>(p) == byte) p++;
    if (sides & 2) while (end > p && load<u8>(end - 1) == byte) end--;
    return view(p, <u32>(end - p));
  }
  if (sides & 1) {
    while (p < end) {
      const size = sequenceLength(load<u8>(p));
      if (p + size > end || !setHas(set, setLength, p, size)) break;
      p += size;
    }
  }
  if (sides & 2) {
    while (end > p) {
      let last = end - 1;
      while (last > p && (load<u8>(last) & 0xc0) == 0x80) last--;
      if (!setHas(set, setLength, last, <u32>(end - last))) break;
      end = last;
    }
  }
  return view(p, <u32>(end - p));
}

/** Whether all bytes are below 0x80. */
export function textIsAscii(address: usize, length: u32): bool {
  let p = address;
  const end = address + length;
  while (p + 16 <= end) {
    if (i8x16.bitmask(v128.load(p)) != 0) return false;
    p += 16;
  }
  return p >= end || firstBits(i8x16.bitmask(v128.load(p)), end - p) == 0;
}

/** 16 bytes with the letters from `first` on (26 of them) in the other case. */
// @ts-ignore: decorator
@inline
function flipped(bytes: v128, first: i8): v128 {
  const letters = v128.and(i8x16.gt_s(bytes, i8x16.splat(first - 1)), i8x16.lt_s(bytes, i8x16.splat(first + 26)));
  return v128.xor(bytes, v128.and(letters, i8x16.splat(0x20)));
}

/** Turns letters to the other case; other bytes stay. The room at `to` has `length` bytes. */
// @ts-ignore: decorator
@inline
function flipCase(address: usize, length: u32, first: i8, to: usize): void {
  if (length < 16) {
    // Loads may run past the text's end, stores must not.
    let bytes = flipped(v128.load(address), first);
    let at = to;
    if ((length & 8) != 0) {
      v128.store64_lane(at, bytes, 0);
      bytes = i8x16.shuffle(bytes, bytes, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
      at += 8;
    }
    if ((length & 4) != 0) {
      v128.store32_lane(at, bytes, 0);
      bytes = i8x16.shuffle(bytes, bytes, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7);
      at += 4;
    }
    if ((length & 2) != 0) {
      v128.store16_lane(at, bytes, 0);
      bytes = i8x16.shuffle(bytes, bytes, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3);
      at += 2;
    }
    if ((length & 1) != 0) v128.store8_lane(at, bytes, 0);
    return;
  }
  // The last step covers the end, and part of the step before again.
  const last = length - 16;
  for (let at: u32 = 0; at < last; at += 16) v128.store(to + at, flipped(v128.load(address + at), first));
  v128.store(to + last, flipped(v128.load(address + last), first));
}

/** a-z to A-Z. */
export function textUpperAscii(address: usize, length: u32, to: usize): void {
  flipCase(address, length, 0x61, to);
}

/** A-Z to a-z. */
export function textLowerAscii(address: usize, length: u32, to: usize): void {
  flipCase(address, length, 0x41, to);
}

/** INITCAP: the first of each run of ASCII letters and digits in upper case, the rest in lower case; other bytes end a word. */
export function textInitcap(address: usize, length: u32, to: usize): void {
  let isInside = false;
  for (let at: u32 = 0; at < length; at++) {
    const byte = load<u8>(address + at);
    const isLower = <u8>(byte - 0x61) < 26;
    const isUpper = <u8>(byte - 0x41) < 26;
    store<u8>(to + at, (isInside && isUpper) || (!isInside && isLower) ? byte ^ 0x20 : byte);
    isInside = isLower || isUpper || <u8>(byte - 0x30) < 10;
  }
}

/** REVERSE: the code points from last to first, in as many bytes. */
export function textReverse(address: usize, length: u32, to: usize): void {
  let at: u32 = 0;
  while (at < length) {
    // Eight characters of ASCII are turned at once.
    while (length - at >= 8 && (load<u64>(address + at) & 0x8080808080808080) == 0) {
      at += 8;
      store<u64>(to + length - at, bswap(load<u64>(address + at - 8)));
    }
    if (at == length) return;
    const size = min(sequenceLength(load<u8>(address + at)), length - at);
    for (let i: u32 = 0; i < size; i++) store<u8>(to + length - at - size + i, load<u8>(address + at + i));
    at += size;
  }
}

/** REPEAT: the text so many times. */
export function textRepeat(address: usize, length: u32, times: u32, to: usize): void {
  for (let i: u32 = 0; i < times; i++) copyBytes(to + i * length, address, length);
}

/**
 * LPAD and RPAD: bytes of the result for a width in code points; 0 bytes for a width of 0. The padding is not empty
 * unless the text is wide enough.
 */
export function textPaddedLength(address: usize, length: u32, width: i32, pad: usize, padLength: u32): i64 {
  const missing = width - textLength(address, length);
  if (missing <= 0) return <i64>textOffset(address, length, width);
  const padWidth = textLength(pad, padLength);
  return <i64>length + <i64>(missing / padWidth) * padLength + textOffset(pad, padLength, missing % padWidth);
}

/** Writes what `textPaddedLength` measured: `total` bytes, the padding before the text (`isLeft`) or behind it. */
export function textPad(
  address: usize,
  length: u32,
  pad: usize,
  padLength: u32,
  total: u32,
  isLeft: bool,
  to: usize,
): void {
  if (total <= length) {
    copyBytes(to, address, total);
    return;
  }
  copyBytes(isLeft ? to + (total - length) : to, address, length);
  let p = isLeft ? to : to + length;
  let left = total - length;
  while (left > 0) {
    const size = min(left, padLength);
    copyBytes(p, pad, size);
    p += size;
    left -= size;
  }
}
