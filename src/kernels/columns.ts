import { copyBytes } from './bytes';

/**
 * Work on whole columns: rows gathered by number, and the two encodings of a column (src/memory/batch.ts) turned
 * into each other.
 */

/** Values of 1 byte (bool, i8, validity, change kinds) of the rows with these numbers. */
export function gather1(to: usize, from: usize, rows: usize, count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    store<u8>(to + index, load<u8>(from + load<u32>(rows + (index << 2))));
  }
}

/** Values of 2 bytes (i16). */
export function gather2(to: usize, from: usize, rows: usize, count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    store<u16>(to + (index << 1), load<u16>(from + (load<u32>(rows + (index << 2)) << 1)));
  }
}

/** Values of 4 bytes (i32, f32). */
export function gather4(to: usize, from: usize, rows: usize, count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    store<u32>(to + (index << 2), load<u32>(from + (load<u32>(rows + (index << 2)) << 2)));
  }
}

/** Values of 8 bytes (i64, f64, text views). */
export function gather8(to: usize, from: usize, rows: usize, count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    store<u64>(to + (index << 3), load<u64>(from + (load<u32>(rows + (index << 2)) << 3)));
  }
}

/** Values of 16 bytes (i128). */
export function gather16(to: usize, from: usize, rows: usize, count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    v128.store(to + (index << 4), v128.load(from + (load<u32>(rows + (index << 2)) << 4)));
  }
}

/** A byte (0 or 1) for each of `count` bits that start with bit number `firstBit`. */
export function bitsToBytes(to: usize, bits: usize, firstBit: u32, count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    const bit = firstBit + index;
    store<u8>(to + index, (load<u8>(bits + (bit >> 3)) >> <u8>(bit & 7)) & 1);
  }
}

/** `count` bits that start with bit number `firstBit`, moved to start with bit 0; the last byte is filled with zeroes. */
export function bitsToBits(to: usize, bits: usize, firstBit: u32, count: u32): void {
  const from = bits + (firstBit >> 3);
  const shift = <u64>(firstBit & 7);
  const bytes = (count + 7) >> 3;
  let index: u32 = 0;
  // Seven bytes of eight are sure to have all their bits after the shift.
  for (; index + 8 <= bytes; index += 7) store<u64>(to + index, load<u64>(from + index) >> shift);
  for (; index < bytes; index++) store<u8>(to + index, <u8>(load<u16>(from + index) >> <u16>shift));
  if (count & 7) store<u8>(to + bytes - 1, load<u8>(to + bytes - 1) & ((<u8>1 << <u8>(count & 7)) - 1));
}

/** A bit for each byte, 1 where it is not 0; the last byte is filled with zeroes. */
export function bytesToBits(to: usize, bytes: usize, count: u32): void {
  let index: u32 = 0;
  for (; index + 16 <= count; index += 16) {
    const set = i8x16.ne(v128.load(bytes + index), i8x16.splat(0));
    store<u16>(to + (index >> 3), <u16>i8x16.bitmask(set));
  }
  for (; index < count; index += 8) {
    let byte: u32 = 0;
    for (let bit: u32 = 0; bit < 8 && index + bit < count; bit++) byte |= u32(load<u8>(bytes + index + bit) != 0) << bit;
    store<u8>(to + (index >> 3), <u8>byte);
  }
}

/** How many of the bytes are 0: the NULLs of a column by its validity. */
export function countZeroBytes(bytes: usize, count: u32): u32 {
  let zeroes: u32 = 0;
  let index: u32 = 0;
  for (; index + 16 <= count; index += 16) {
    zeroes += popcnt(i8x16.bitmask(i8x16.eq(v128.load(bytes + index), i8x16.splat(0))));
  }
  for (; index < count; index++) zeroes += u32(load<u8>(bytes + index) == 0);
  return zeroes;
}

/** A view (u32 address, u32 length) for each text between two of `count + 1` i32 offsets into `bytes`. */
export function offsetsToViews(views: usize, offsets: usize, bytes: usize, count: u32): void {
  let from = load<u32>(offsets);
  for (let index: u32 = 0; index < count; index++) {
    const to = load<u32>(offsets + ((index + 1) << 2));
    store<u32>(views + (index << 3), <u32>bytes + from);
    store<u32>(views + (index << 3), to - from, 4);
    from = to;
  }
}

/** A view for each i32 key into a dictionary of views; NULL's key may be anything (validity as bytes, or 0). */
export function keysToViews(views: usize, keys: usize, dictionary: usize, validity: usize, count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    const isThere = validity == 0 || load<u8>(validity + index) != 0;
    const view: u64 = isThere ? load<u64>(dictionary + (load<u32>(keys + (index << 2)) << 3)) : 0;
    store<u64>(views + (index << 3), view);
  }
}

/** Bytes of all texts together; a NULL (validity as bytes, or 0 for none) has none. */
export function viewsBytes(views: usize, validity: usize, count: u32): u64 {
  let total: u64 = 0;
  for (let index: u32 = 0; index < count; index++) {
    if (validity == 0 || load<u8>(validity + index) != 0) total += load<u32>(views + (index << 3), 4);
  }
  return total;
}

/** Copies all texts one behind the other to `bytes` and writes `count + 1` i32 offsets, from 0; NULLs are empty. */
export function viewsToOffsets(offsets: usize, bytes: usize, views: usize, validity: usize, count: u32): void {
  let at: u32 = 0;
  store<u32>(offsets, 0);
  for (let index: u32 = 0; index < count; index++) {
    if (validity == 0 || load<u8>(validity + index) != 0) {
      const view = views + (index << 3);
      const length = load<u32>(view, 4);
      copyBytes(bytes + at, load<u32>(view), length);
      at += length;
    }
    store<u32>(offsets + ((index + 1) << 2), at);
  }
}
