/**
 * Memcomparable keys: columns appended one behind the other, so that the order of the bytes is the order of the rows.
 * The forms are described in src/memory/sort-key.ts.
 *
 * Every function writes at `to` and gives the address behind. It may write up to 8 bytes beyond that: a buffer has the
 * bytes that the columns take at most (17 for a whole number, 9 for a float, `sortKeyTextBytes` for text), and 8 more.
 * Flags: bit 0 descending, bit 1 NULLs last.
 */
const descending: u32 = 1;
const nullsLast: u32 = 2;

const present: u8 = 0x80;

// @ts-ignore: decorator
@inline
function maskOf(flags: u32): u64 {
  return 0 - <u64>(flags & descending);
}

export function sortKeyNull(to: usize, flags: u32): usize {
  store<u8>(to, flags & nullsLast ? 0xff : 0);
  return to + 1;
}

// @ts-ignore: decorator
@inline
function bytesOf(magnitude: u64): u32 {
  return <u32>(71 - clz(magnitude)) >> 3;
}

/** The low `count` (0..8) bytes of a word, the highest first. */
// @ts-ignore: decorator
@inline
function storeHighFirst(to: usize, word: u64, count: u32, mask: u64): void {
  store<u64>(to, bswap(word << ((64 - (<u64>count << 3)) & 63)) ^ mask);
}

/** Any whole number up to 64 bits, BOOLEAN as 0 and 1. */
export function sortKeyI64(to: usize, value: i64, flags: u32): usize {
  const mask = maskOf(flags);
  const count = bytesOf(<u64>(value ^ (value >> 63)));
  store<u8>(to, <u8>((value < 0 ? 0x7f - count : 0x80 + count) ^ <u32>mask));
  storeHighFirst(to + 1, <u64>value, count, mask);
  return to + 1 + count;
}

/** A whole number of 128 bits: DECIMALs of one scale, nanoseconds. It has the form of `sortKeyI64`. */
export function sortKeyI128(to: usize, low: i64, high: i64, flags: u32): usize {
  const sign = high >> 63;
  const highCount = bytesOf(<u64>(high ^ sign));
  if (highCount == 0) {
    const count = bytesOf(<u64>(low ^ sign));
    const mask = maskOf(flags);
    store<u8>(to, <u8>((sign < 0 ? 0x7f - count : 0x80 + count) ^ <u32>mask));
    storeHighFirst(to + 1, <u64>low, count, mask);
    return to + 1 + count;
  }
  const mask = maskOf(flags);
  const count = highCount + 8;
  store<u8>(to, <u8>((sign < 0 ? 0x7f - count : 0x80 + count) ^ <u32>mask));
  storeHighFirst(to + 1, <u64>high, highCount, mask);
  storeHighFirst(to + 1 + highCount, <u64>low, 8, mask);
  return to + 1 + count;
}

/** DOUBLE: -0.0 before 0.0, NaN greatest. */
export function sortKeyF64(to: usize, value: f64, flags: u32): usize {
  const mask = maskOf(flags);
  const bits = value != value ? <i64>0x7ff8000000000000 : reinterpret<i64>(value);
  store<u8>(to, present ^ <u8>mask);
  store<u64>(to + 1, bswap(<u64>(bits ^ ((bits >> 63) | i64.MIN_VALUE))) ^ mask);
  return to + 9;
}

/** FLOAT, as DOUBLE. */
export function sortKeyF32(to: usize, value: f32, flags: u32): usize {
  const mask = maskOf(flags);
  const bits = value != value ? <i32>0x7fc00000 : reinterpret<i32>(value);
  store<u8>(to, present ^ <u8>mask);
  store<u32>(to + 1, bswap(<u32>(bits ^ ((bits >> 31) | i32.MIN_VALUE))) ^ <u32>mask);
  return to + 5;
}

/** Bytes that a text of this length takes at most. */
export function sortKeyTextBytes(length: u32): u32 {
  return length * 2 + 3;
}

/** Text and binary: by bytes, a prefix first. */
export function sortKeyText(to: usize, address: usize, length: u32, flags: u32): usize {
  const mask = maskOf(flags);
  store<u8>(to, present ^ <u8>mask);
  let at = to + 1;
  let from = address;
  const end = address + length;
  while (from < end) {
    const word = load<u64>(from);
    // Eight bytes at a time as long as none of them is zero: the classic test for a zero byte in a word.
    if (end - from >= 8 && ((word - 0x0101010101010101) & ~word & 0x8080808080808080) == 0) {
      store<u64>(at, word ^ mask);
      at += 8;
      from += 8;
      continue;
    }
    const byte = <u8>word;
    store<u8>(at++, byte ^ <u8>mask);
    if (byte == 0) store<u8>(at++, 0xff ^ <u8>mask);
    from++;
  }
  store<u16>(at, <u16>mask);
  return at + 2;
}
