import { copyBytes } from './bytes';
import { arrayFixedBytes, arraySetNull, arrayStart, nestedPut } from './nested';
import { textReserve } from './table-heap';

/**
 * A list that grows: what ARRAY_AGG keeps of a group, a text in the table's heap. In the order of their coming:
 *
 * ```
 * u8 1 where the value is NULL | the value, `width` bytes, zero for NULL
 *                              | or with width 0: u32 length | the bytes
 * ```
 */
const headerBytes: u32 = 5;

/** Adds a value of `width` bytes, given as 16 (an i128's halves, or one in `low`). */
export function listAddFixed(table: usize, slotAddress: usize, isNull: bool, low: u64, high: u64, width: u32): void {
  const at = textReserve(table, slotAddress, 1 + width);
  store<u8>(at, u8(isNull));
  if (isNull) {
    memory.fill(at + 1, 0, width);
    return;
  }
  switch (width) {
    case 1:
      store<u8>(at, <u8>low, 1);
      break;
    case 2:
      store<u16>(at, <u16>low, 1);
      break;
    case 4:
      store<u32>(at, <u32>low, 1);
      break;
    default:
      store<u64>(at, low, 1);
      if (width == 16) store<u64>(at, high, 9);
  }
}

export function listAddBytes(table: usize, slotAddress: usize, isNull: bool, address: usize, length: u32): void {
  const bytes: u32 = isNull ? 0 : length;
  assert(bytes < 0xfff00000);
  const at = textReserve(table, slotAddress, headerBytes + bytes);
  store<u8>(at, u8(isNull));
  store<u32>(at, bytes, 1);
  copyBytes(at + headerBytes, address, bytes);
}

/** Bytes of the ARRAY that a list of `count` values makes. */
export function listArrayBytes(length: u32, count: u32, width: u32): u32 {
  return width == 0 ? arrayFixedBytes(count, 8) + length - count * headerBytes : arrayFixedBytes(count, width);
}

/** Writes a list as an ARRAY (see src/memory/nested.ts). */
export function listToArray(to: usize, list: usize, count: u32, width: u32): void {
  const slotBytes: u32 = width == 0 ? 8 : width;
  let end = arrayStart(to, count, slotBytes);
  let slot = to + end - count * slotBytes;
  let at = list;
  for (let index: u32 = 0; index < count; index++) {
    const isNull = load<u8>(at) != 0;
    if (isNull) arraySetNull(to, index);
    if (width == 0) {
      const length = load<u32>(at, 1);
      if (!isNull) end = nestedPut(to, slot, end, at + headerBytes, length);
      at += headerBytes + length;
    } else {
      memory.copy(slot, at + 1, width);
      at += 1 + width;
    }
    slot += slotBytes;
  }
}
