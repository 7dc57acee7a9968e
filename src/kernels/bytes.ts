/**
 * Hash, equality and order of byte strings. (What a key of other types hashes to, `codegen/key-table.ts` writes.)
 *
 * Loads may read up to 15 bytes beyond a string's end; the allocator leaves room for that behind the last block.
 * No hash is ever 0: state rows mark an erased row with it.
 */

const k0: u64 = 0x9e3779b97f4a7c15;
const k1: u64 = 0xff51afd7ed558ccd;
const k2: u64 = 0xc4ceb9fe1a85ec53;

/** Mixes 8 bytes more into a hash state: a bijection of either argument while the other stands. */
// @ts-ignore: decorator
@inline
function absorb(state: u64, word: u64): u64 {
  const mixed = (state ^ word) * k1;
  return mixed ^ (mixed >> 32);
}

// @ts-ignore: decorator
@inline
function finish(state: u64): u32 {
  const mixed = (state ^ (state >> 29)) * k2;
  const hash = <u32>(mixed >> 32);
  return hash + u32(hash == 0);
}

/** The low `count` bytes (0..7) of the word at an address. */
// @ts-ignore: decorator
@inline
function lowBytes(address: usize, count: u32): u64 {
  return load<u64>(address) & (((<u64>1) << (<u64>count << 3)) - 1);
}

/** A hash of a byte string, never 0. About 5 bytes a nanosecond; two strings of different lengths differ by it. */
export function bytesHash(address: usize, length: u32): u32 {
  let state = k0 ^ ((<u64>length) * k2);
  let at = address;
  let left = length;
  while (left >= 8) {
    state = absorb(state, load<u64>(at));
    at += 8;
    left -= 8;
  }
  if (left != 0) state = absorb(state, lowBytes(at, left));
  return finish(state);
}

/** Whether two byte strings of one length are equal. */
export function bytesEqual(a: usize, b: usize, length: u32): bool {
  let left = length;
  let p = a;
  let q = b;
  while (left >= 8) {
    if (load<u64>(p) != load<u64>(q)) return false;
    p += 8;
    q += 8;
    left -= 8;
  }
  if (left == 0) return true;
  // The bytes beyond the end are shifted out. (left is 1..7)
  return (load<u64>(p) ^ load<u64>(q)) << (<u64>(8 - left) << 3) == 0;
}

/** -1, 0 or 1: the order of two byte strings, bytes unsigned, a prefix first. */
export function bytesCompare(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  let left = min(aLength, bLength);
  let p = a;
  let q = b;
  while (left >= 8) {
    const x = load<u64>(p);
    const y = load<u64>(q);
    if (x != y) return bswap(x) < bswap(y) ? -1 : 1;
    p += 8;
    q += 8;
    left -= 8;
  }
  if (left != 0) {
    const shift = <u64>(8 - left) << 3;
    const x = bswap(load<u64>(p) << shift);
    const y = bswap(load<u64>(q) << shift);
    if (x != y) return x < y ? -1 : 1;
  }
  return i32(aLength > bLength) - i32(aLength < bLength);
}

/** Copies bytes between rooms that do not overlap, in a few wide steps for the short ones that rows are full of. */
export function copyBytes(to: usize, from: usize, length: u32): void {
  if (length >= 16) {
    if (length > 128) {
      memory.copy(to, from, length);
      return;
    }
    // The last step covers the end, and part of the step before again.
    const last = length - 16;
    for (let at: u32 = 0; at < last; at += 16) v128.store(to + at, v128.load(from + at));
    v128.store(to + last, v128.load(from + last));
  } else if (length >= 8) {
    store<u64>(to, load<u64>(from));
    store<u64>(to + length - 8, load<u64>(from + length - 8));
  } else if (length >= 4) {
    store<u32>(to, load<u32>(from));
    store<u32>(to + length - 4, load<u32>(from + length - 4));
  } else if (length != 0) {
    store<u8>(to, load<u8>(from));
    store<u8>(to + (length >> 1), load<u8>(from + (length >> 1)));
    store<u8>(to + length - 1, load<u8>(from + length - 1));
  }
}
