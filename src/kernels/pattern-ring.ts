import { realloc, stateAlloc } from './allocator';
import { freeList } from './pattern-memory';
import { put, putCopy, putZeros } from './page-marks';

/**
 * Rings of entries of one width, which come behind the last and go at the head. Not among the exports.
 *
 * ```
 * ring      u32 address, u32 head, u32 count, u32 capacity (a power of two)
 * ```
 */
const ringHeadAt = 4;
export const ringCountAt = 8;
const ringCapacityAt = 12;
const ringBytes: u32 = 16;

// @ts-ignore: decorator
@inline
export function ringHead(ring: usize, width: u32): usize {
  return <usize>load<u32>(ring) + load<u32>(ring, ringHeadAt) * width;
}

/** The entry so many behind the head. */
// @ts-ignore: decorator
@inline
export function ringEntry(ring: usize, at: u32, width: u32): usize {
  const place = (load<u32>(ring, ringHeadAt) + at) & (load<u32>(ring, ringCapacityAt) - 1);
  return <usize>load<u32>(ring) + place * width;
}

// @ts-ignore: decorator
@inline
export function ringPop(ring: usize): void {
  put<u32>(ring, (load<u32>(ring, ringHeadAt) + 1) & (load<u32>(ring, ringCapacityAt) - 1), ringHeadAt);
  put<u32>(ring, load<u32>(ring, ringCountAt) - 1, ringCountAt);
}

/** Room for an entry behind the last. */
export function ringPush(ring: usize, width: u32): usize {
  const count = load<u32>(ring, ringCountAt);
  const capacity = load<u32>(ring, ringCapacityAt);
  if (count == capacity) {
    // What is before the head goes behind what was the end.
    const wider = max<u32>(16, capacity << 1);
    const old = <usize>load<u32>(ring);
    const entries = old == 0 ? stateAlloc(wider * width) : realloc(old, wider * width);
    putCopy(entries + capacity * width, entries, load<u32>(ring, ringHeadAt) * width);
    put<u32>(ring, <u32>entries);
    put<u32>(ring, wider, ringCapacityAt);
  }
  put<u32>(ring, count + 1, ringCountAt);
  return ringEntry(ring, count, width);
}

export function trimRing(ring: usize): void {
  if (load<u32>(ring, ringCountAt) != 0) return;
  freeList(ring);
  putZeros(ring, ringBytes);
}
