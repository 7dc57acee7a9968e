import type { Physical } from '../types/physical.ts';
import type { CellValue } from './cell-value.ts';
import type { Memory } from './memory.ts';

/**
 * Memcomparable keys: the columns of a key appended one behind the other, so that comparing the bytes (a prefix first)
 * compares the rows. Emitted code and this file write them with the same kernels (kernels/sort-key.ts).
 *
 * ```
 * NULL            00 where NULLs come first, FF where they come last; in either direction
 * whole numbers   80 + n, then the n bytes of a number >= 0, highest first, without leading zeroes
 *                 7F - n, then the low n bytes of a number < 0, without leading FFs
 *                   0: 80      5: 81 05      300: 82 01 2C      -1: 7F      -2: 7E FE      NULL: 00
 * FLOAT, DOUBLE   80, then the bits, highest first, the sign turned over (all bits where it is negative):
 *                   -Infinity ... -0.0, 0.0 ... Infinity, NaN, as Java's Double.compareTo
 * text, binary    80, then the bytes with 00 written as 00 FF, then 00 00
 *                   'a': 80 61 00 00
 * descending      all bits turned over, but those of NULL
 * ```
 *
 * Whole numbers of every width (also BOOLEAN, DATE, TIMESTAMP, DECIMALs of one scale) have one form. They take few
 * bytes where they are small, so the first 8 bytes of a key, which an ordered map and a sort look at first, tell most.
 * FLOATs and DOUBLEs have different lengths: a column is one or the other.
 */
export interface KeyOrder {
  readonly descending: boolean;
  readonly nullsLast: boolean;
}

/** The flags that the kernels take. */
export function sortKeyFlags(order: KeyOrder): number {
  return (order.descending ? 1 : 0) | (order.nullsLast ? 2 : 0);
}

/** The kernel that appends a value of each class: (to, parts of the value, flags) -> address behind. */
export const sortKeyKernel = {
  bool: 'sortKeyI64',
  i8: 'sortKeyI64',
  i16: 'sortKeyI64',
  i32: 'sortKeyI64',
  i64: 'sortKeyI64',
  i128: 'sortKeyI128',
  f32: 'sortKeyF32',
  f64: 'sortKeyF64',
  bytes: 'sortKeyText',
} as const satisfies Record<Physical, string>;

/** Bytes that a column's value takes at most; text takes `sortKeyTextBytes(length)`. A buffer has 8 bytes more. */
export const sortKeyBytesMax: Readonly<Record<Exclude<Physical, 'bytes'>, number>> = {
  bool: 2,
  i8: 2,
  i16: 3,
  i32: 5,
  i64: 9,
  i128: 17,
  f32: 5,
  f64: 9,
};

export function sortKeyTextBytes(length: number): number {
  return length * 2 + 3;
}

/** Appends a value at `to` in the memory and gives the address behind it. */
export function appendSortKey(
  memory: Memory,
  to: number,
  physical: Physical,
  value: CellValue,
  order: KeyOrder,
): number {
  return append(memory, to, physical, value, sortKeyFlags(order)) >>> 0;
}

function append(memory: Memory, to: number, physical: Physical, value: CellValue, flags: number): number {
  const { kernels } = memory;
  if (value === null) return kernels.sortKeyNull(to, flags);
  if (value instanceof Uint8Array || typeof value === 'string') {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    const at = memory.alloc(bytes.length);
    memory.u8.set(bytes, at);
    const end = kernels.sortKeyText(to, at, bytes.length, flags);
    memory.free(at);
    return end;
  }
  switch (physical) {
    case 'f32':
      return kernels.sortKeyF32(to, Number(value), flags);
    case 'f64':
      return kernels.sortKeyF64(to, Number(value), flags);
    case 'i128': {
      const whole = BigInt(value);
      return kernels.sortKeyI128(to, BigInt.asIntN(64, whole), BigInt.asIntN(64, whole >> 64n), flags);
    }
    default:
      return kernels.sortKeyI64(to, BigInt(value), flags);
  }
}
