import { bytesEqual, copyBytes } from './bytes';

/**
 * Access to encoded ROW, ARRAY, MAP and MULTISET values; their layout is drawn in src/memory/nested.ts.
 *
 * A slot's address is read as a column's value would be (a ROW's integers are sign extended to 8 bytes). The slot of
 * bytes holds a u32 offset from the start of its ROW or ARRAY and a u32 length: `nestedText` gives the address.
 */

/** Whether field `index` of a ROW is NULL. */
export function rowIsNull(row: usize, index: u32): bool {
  return ((load<u8>(row + (index >> 3)) >> (index & 7)) & 1) != 0;
}

/** The address of the bytes that a slot points to; their length is the slot's second word. */
export function nestedText(value: usize, slot: usize): usize {
  return value + load<u32>(slot);
}

export function arrayCount(array: usize): u32 {
  return load<u32>(array);
}

export function arrayIsNull(array: usize, index: u32): bool {
  return ((load<u8>(array + 4 + (index >> 3)) >> (index & 7)) & 1) != 0;
}

/** The address of element `index` of an ARRAY whose elements have `width` bytes. */
export function arraySlot(array: usize, width: u32, index: u32): usize {
  return array + slotsAt(load<u32>(array)) + index * width;
}

// @ts-ignore: decorator
@inline
function slotsAt(count: u32): usize {
  return 4 + (((count + 31) >> 5) << 2);
}

/** The index of the first element with these bytes, -1 for none; for arrays of text, binary or nested values. */
export function arrayFindText(array: usize, address: usize, length: u32): i32 {
  const count = load<u32>(array);
  let slot = array + slotsAt(count);
  for (let index: u32 = 0; index < count; index++) {
    if (load<u32>(slot, 4) == length && !arrayIsNull(array, index) && bytesEqual(array + load<u32>(slot), address, length)) {
      return index;
    }
    slot += 8;
  }
  return -1;
}

/**
 * The index of the first element with this value, -1 for none; for elements of 1, 2, 4 or 8 bytes, compared by their
 * low `width` bytes (so also for FLOAT and DOUBLE by their bits).
 */
export function arrayFindI64(array: usize, width: u32, value: i64): i32 {
  const count = load<u32>(array);
  const mask: u64 = width == 8 ? ~0 : (<u64>1 << (<u64>width << 3)) - 1;
  const wanted = <u64>value & mask;
  let slot = array + slotsAt(count);
  for (let index: u32 = 0; index < count; index++) {
    if ((load<u64>(slot) & mask) == wanted && !arrayIsNull(array, index)) return index;
    slot += width;
  }
  return -1;
}

/** The index of the first element with this 16-byte value, -1 for none. */
export function arrayFindI128(array: usize, low: i64, high: i64): i32 {
  const count = load<u32>(array);
  let slot = array + slotsAt(count);
  for (let index: u32 = 0; index < count; index++) {
    if (load<i64>(slot) == low && load<i64>(slot, 8) == high && !arrayIsNull(array, index)) return index;
    slot += 16;
  }
  return -1;
}

/** The index of the first NULL element, -1 for none. */
export function arrayFindNull(array: usize): i32 {
  const count = load<u32>(array);
  for (let index: u32 = 0; index < count; index++) if (arrayIsNull(array, index)) return index;
  return -1;
}

/** The ARRAY of a MAP's keys or a MULTISET's elements. */
export function mapKeys(map: usize): usize {
  return map + 4;
}

export function mapKeysLength(map: usize): u32 {
  return load<u32>(map);
}

/** The ARRAY of a MAP's values or a MULTISET's counts. */
export function mapValues(map: usize): usize {
  return map + 4 + load<u32>(map);
}

/** The number of a MAP's entries. */
export function mapCount(map: usize): u32 {
  return load<u32>(map, 4);
}

/** Bytes of an ARRAY's count, null bits and slots; its var parts follow. */
export function arrayFixedBytes(count: u32, width: u32): u32 {
  return <u32>slotsAt(count) + count * width;
}

/** Starts an ARRAY of so many elements at an address: count, no NULLs, zero slots. Gives the offset of its var parts. */
export function arrayStart(to: usize, count: u32, width: u32): u32 {
  const bytes = arrayFixedBytes(count, width);
  memory.fill(to, 0, bytes);
  store<u32>(to, count);
  return bytes;
}

export function arraySetNull(array: usize, index: u32): void {
  const at = array + 4 + (index >> 3);
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(index & 7)));
}

/** Starts a ROW at an address: no NULLs, zero slots; `fixedBytes` as its layout says. */
export function rowStart(to: usize, fixedBytes: u32): void {
  memory.fill(to, 0, fixedBytes);
}

export function rowSetNull(row: usize, index: u32): void {
  const at = row + (index >> 3);
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(index & 7)));
}

/** Copies bytes to offset `end` of a ROW or ARRAY and points a slot at them. Gives the offset behind them. */
export function nestedPut(value: usize, slot: usize, end: u32, from: usize, length: u32): u32 {
  store<u32>(slot, end);
  store<u32>(slot, length, 4);
  copyBytes(value + end, from, length);
  return end + length;
}

/**
 * Writes an ARRAY of elements that wait in entries of 24 bytes: u32 1 for NULL, at +8 the 16 bytes of the value or u32
 * address, u32 length. `width` 0 for bytes.
 */
export function arrayBuild(to: usize, entries: usize, count: u32, width: u32): void {
  const slotBytes: u32 = width == 0 ? 8 : width;
  let end = arrayStart(to, count, slotBytes);
  let slot = to + end - count * slotBytes;
  let entry = entries;
  for (let index: u32 = 0; index < count; index++) {
    if (load<u32>(entry) != 0) arraySetNull(to, index);
    else if (width == 0) end = nestedPut(to, slot, end, load<u32>(entry, 8), load<u32>(entry, 12));
    else memory.copy(slot, entry + 8, width);
    slot += slotBytes;
    entry += 24;
  }
}
