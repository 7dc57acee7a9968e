import { alloc, free } from './allocator';
import { bytesCompare } from './bytes';

/**
 * Sorts row numbers by keys: byte strings (see sort-key.ts), compared by their first 8 bytes where these differ.
 * Stable. A merge sort from runs of 8; parts that are in order already are not compared again. O(n log n) time,
 * 32 bytes a row while it runs.
 */

/** Bytes of an item: u64 prefix, u32 row. */
const itemBytes: u32 = 16;
const rowAt = 8;
const runLength: u32 = 8;

/** Sorts `count` u32 row numbers in place; `keys` has a u32 address and a u32 length for each row, by its number. */
export function sortRows(rows: usize, count: u32, keys: usize): void {
  if (count < 2) return;
  assert(count < 0x08000000);
  let from = alloc(count * itemBytes);
  let to = alloc(count * itemBytes);
  for (let index: u32 = 0; index < count; index++) {
    const row = load<u32>(rows + (index << 2));
    const view = keys + (row << 3);
    const item = from + (index << 4);
    store<u64>(item, prefixOf(load<u32>(view), load<u32>(view, 4)));
    store<u32>(item, row, rowAt);
  }
  for (let start: u32 = 0; start < count; start += runLength) insertionSort(from, start, min(start + runLength, count), keys);
  for (let width = runLength; width < count; width <<= 1) {
    for (let start: u32 = 0; start < count; start += width << 1) {
      merge(from, to, start, min(start + width, count), min(start + (width << 1), count), keys);
    }
    const other = from;
    from = to;
    to = other;
  }
  for (let index: u32 = 0; index < count; index++) store<u32>(rows + (index << 2), load<u32>(from + (index << 4), rowAt));
  free(from);
  free(to);
}

// @ts-ignore: decorator
@inline
function prefixOf(key: usize, length: u32): u64 {
  if (length >= 8) return bswap(load<u64>(key));
  return bswap(load<u64>(key) & (((<u64>1) << (<u64>length << 3)) - 1));
}

/** Whether item b must come before item a, which came before it. */
// @ts-ignore: decorator
@inline
function isLess(b: usize, a: usize, keys: usize): bool {
  const x = load<u64>(b);
  const y = load<u64>(a);
  if (x != y) return x < y;
  return isLessBehindPrefix(load<u32>(b, rowAt), load<u32>(a, rowAt), keys);
}

function isLessBehindPrefix(b: u32, a: u32, keys: usize): bool {
  const x = keys + (b << 3);
  const y = keys + (a << 3);
  return bytesCompare(load<u32>(x), load<u32>(x, 4), load<u32>(y), load<u32>(y, 4)) < 0;
}

function insertionSort(items: usize, start: u32, end: u32, keys: usize): void {
  for (let index = start + 1; index < end; index++) {
    let at = items + (index << 4);
    if (!isLess(at, at - itemBytes, keys)) continue;
    const item = v128.load(at);
    const hole = items + (start << 4);
    // The item is kept in its old place until all that is greater has moved up, so it is compared from a copy.
    v128.store(spare, item);
    do {
      v128.store(at, v128.load(at - itemBytes));
      at -= itemBytes;
    } while (at > hole && isLess(spare, at - itemBytes, keys));
    v128.store(at, item);
  }
}

const spare: usize = memory.data(16, 16);

function merge(from: usize, to: usize, start: u32, middle: u32, end: u32, keys: usize): void {
  let left = from + (start << 4);
  const leftEnd = from + (middle << 4);
  let right = leftEnd;
  const rightEnd = from + (end << 4);
  let out = to + (start << 4);
  if (right < rightEnd && isLess(right, right - itemBytes, keys)) {
    while (left < leftEnd && right < rightEnd) {
      const takesRight = isLess(right, left, keys);
      v128.store(out, v128.load(select<usize>(right, left, takesRight)));
      right += usize(takesRight) << 4;
      left += usize(!takesRight) << 4;
      out += itemBytes;
    }
  }
  memory.copy(out, left, leftEnd - left);
  out += leftEnd - left;
  memory.copy(out, right, rightEnd - right);
}
