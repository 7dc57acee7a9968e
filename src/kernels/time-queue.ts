import { allocRoom, free, realloc, stateAlloc } from './allocator';
import { put, putCopy, putZeros } from './page-marks';

/**
 * Numbers that are due at a time, the earliest first; of one time, those that came in order come in order.
 *
 * Times come nearly in order, so most go to the end of a ring; one that is earlier than the last goes to a heap. The
 * earlier of both fronts is next. Cost: O(1) in order, O(log n) of those that are not.
 *
 * ```
 * queue  +0 ring        entries; the capacity is a power of two
 *        +4 ringMask    capacity - 1
 *        +8 ringFirst   number of the front entry, counted since ever
 *       +12 ringEnd
 *       +16 heap, +20 heapCount, +24 heapCapacity
 * entry  +0 i64 time, +8 u32 number
 * ```
 */
const ringMaskAt = 4;
const ringFirstAt = 8;
const ringEndAt = 12;
const heapAt = 16;
const heapCountAt = 20;
const heapCapacityAt = 24;
const structBytes: u32 = 32;

const entryBytes: u32 = 16;
const capacityFirst: u32 = 16;

export function queueNew(): usize {
  const queue = stateAlloc(structBytes);
  putZeros(queue, structBytes);
  put<u32>(queue, <u32>stateAlloc(capacityFirst * entryBytes));
  put<u32>(queue, capacityFirst - 1, ringMaskAt);
  return queue;
}

export function queueDrop(queue: usize): void {
  free(load<u32>(queue));
  free(load<u32>(queue, heapAt));
  free(queue);
}

/** Bytes that the queue holds, used or not. */
export function queueBytes(queue: usize): u32 {
  const heap = <usize>load<u32>(queue, heapAt);
  return allocRoom(queue) + allocRoom(load<u32>(queue)) + (heap == 0 ? 0 : allocRoom(heap));
}

/** Gives the room of an empty queue back, but for that of the first entries. */
export function queueTrim(queue: usize): void {
  assert(queueCount(queue) == 0);
  free(load<u32>(queue, heapAt));
  put<u32>(queue, 0, heapAt);
  put<u32>(queue, 0, heapCapacityAt);
  if (load<u32>(queue, ringMaskAt) < capacityFirst) return;
  free(load<u32>(queue));
  put<u32>(queue, <u32>stateAlloc(capacityFirst * entryBytes));
  put<u32>(queue, capacityFirst - 1, ringMaskAt);
}

export function queueCount(queue: usize): u32 {
  return load<u32>(queue, ringEndAt) - load<u32>(queue, ringFirstAt) + load<u32>(queue, heapCountAt);
}

// @ts-ignore: decorator
@inline
function ringEntry(queue: usize, number: u32): usize {
  return <usize>load<u32>(queue) + (number & load<u32>(queue, ringMaskAt)) * entryBytes;
}

export function queuePush(queue: usize, time: i64, number: u32): void {
  const first = load<u32>(queue, ringFirstAt);
  const end = load<u32>(queue, ringEndAt);
  if (first != end && load<i64>(ringEntry(queue, end - 1)) > time) {
    heapPush(queue, time, number);
    return;
  }
  if (end - first > load<u32>(queue, ringMaskAt)) growRing(queue);
  // Growing numbers the entries anew.
  const behind = load<u32>(queue, ringEndAt);
  const entry = ringEntry(queue, behind);
  put<i64>(entry, time);
  put<u32>(entry, number, 8);
  put<u32>(queue, behind + 1, ringEndAt);
}

/** The earliest time; the highest i64 where nothing waits. */
export function queueFirst(queue: usize): i64 {
  const ring = ringTime(queue);
  if (load<u32>(queue, heapCountAt) == 0) return ring;
  return min(ring, load<i64>(<usize>load<u32>(queue, heapAt)));
}

/** Takes out the number of the earliest time. Something must be waiting. */
export function queuePop(queue: usize): u32 {
  if (load<u32>(queue, heapCountAt) != 0 && load<i64>(<usize>load<u32>(queue, heapAt)) < ringTime(queue)) {
    return heapPop(queue);
  }
  const first = load<u32>(queue, ringFirstAt);
  assert(first != load<u32>(queue, ringEndAt));
  put<u32>(queue, first + 1, ringFirstAt);
  return load<u32>(ringEntry(queue, first), 8);
}

function ringTime(queue: usize): i64 {
  const first = load<u32>(queue, ringFirstAt);
  return first == load<u32>(queue, ringEndAt) ? i64.MAX_VALUE : load<i64>(ringEntry(queue, first));
}

function growRing(queue: usize): void {
  const mask = load<u32>(queue, ringMaskAt);
  const wider = stateAlloc((mask + 1) * 2 * entryBytes);
  const first = load<u32>(queue, ringFirstAt);
  const count = load<u32>(queue, ringEndAt) - first;
  for (let at: u32 = 0; at < count; at++) putCopy(wider + at * entryBytes, ringEntry(queue, first + at), entryBytes);
  free(load<u32>(queue));
  put<u32>(queue, <u32>wider);
  put<u32>(queue, mask * 2 + 1, ringMaskAt);
  put<u32>(queue, 0, ringFirstAt);
  put<u32>(queue, count, ringEndAt);
}

function heapPush(queue: usize, time: i64, number: u32): void {
  const count = load<u32>(queue, heapCountAt);
  const capacity = load<u32>(queue, heapCapacityAt);
  if (count == capacity) {
    const wider = max(capacityFirst, capacity * 2);
    const held = <usize>load<u32>(queue, heapAt);
    const room = wider * entryBytes;
    put<u32>(queue, <u32>(held == 0 ? stateAlloc(room) : realloc(held, room)), heapAt);
    put<u32>(queue, wider, heapCapacityAt);
  }
  put<u32>(queue, count + 1, heapCountAt);
  const heap = <usize>load<u32>(queue, heapAt);
  let at = count;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap + parent * entryBytes;
    if (load<i64>(above) <= time) break;
    putCopy(heap + at * entryBytes, above, entryBytes);
    at = parent;
  }
  put<i64>(heap + at * entryBytes, time);
  put<u32>(heap + at * entryBytes, number, 8);
}

function heapPop(queue: usize): u32 {
  const heap = <usize>load<u32>(queue, heapAt);
  const taken = load<u32>(heap, 8);
  const count = load<u32>(queue, heapCountAt) - 1;
  put<u32>(queue, count, heapCountAt);
  const last = heap + count * entryBytes;
  const time = load<i64>(last);
  let at: u32 = 0;
  while (true) {
    let child = at * 2 + 1;
    if (child >= count) break;
    if (child + 1 < count && load<i64>(heap + (child + 1) * entryBytes) < load<i64>(heap + child * entryBytes)) child++;
    const below = heap + child * entryBytes;
    if (load<i64>(below) >= time) break;
    putCopy(heap + at * entryBytes, below, entryBytes);
    at = child;
  }
  putCopy(heap + at * entryBytes, last, entryBytes);
  return taken;
}
