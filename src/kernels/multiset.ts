import { alloc, free } from './allocator';
import { arrayFixedBytes, arrayStart, nestedPut } from './nested';

/**
 * MULTISET values in the order in which Java's HashMap would give its keys: what a user of Flink sees. Elements of one
 * bucket stand in the order of their arrival.
 *
 * ```
 * entry   +0 u32 Java's hash of the element, +4 u32 how often, +8 u64 when it came,
 *         +16 the element: 16 bytes as in a column, or u32 address, u32 length
 * ```
 * Cost: O(n log n), for a bucket may hold all.
 */
const countAt = 4;
const arrivalAt = 8;
const elementAt = 16;
const entryBytes: u32 = 32;

/** Bytes of the MULTISET of so many entries; `varBytes` those of its texts. */
export function multisetBytes(count: u32, width: u32, varBytes: u32): u32 {
  return 4 + arrayFixedBytes(count, width == 0 ? 8 : width) + varBytes + arrayFixedBytes(count, 4);
}

/** Writes entries as a MULTISET (see src/memory/nested.ts); `width` 0 for texts. */
export function multisetBuild(to: usize, entries: usize, count: u32, width: u32): void {
  const spare = alloc((count << 2) + 4);
  const order = alloc((count << 2) + 4);
  for (let index: u32 = 0; index < count; index++) store<u32>(order + (index << 2), <u32>entries + index * entryBytes);
  sortEntries(order, spare, count, bucketCount(count) - 1);
  const slotBytes: u32 = width == 0 ? 8 : width;
  const keys = to + 4;
  let end = arrayStart(keys, count, slotBytes);
  let slot = keys + end - count * slotBytes;
  for (let index: u32 = 0; index < count; index++) {
    const entry = <usize>load<u32>(order + (index << 2));
    if (width == 0) end = nestedPut(keys, slot, end, load<u32>(entry, elementAt), load<u32>(entry, elementAt + 4));
    else memory.copy(slot, entry + elementAt, width);
    slot += slotBytes;
  }
  store<u32>(to, end);
  const counts = keys + end;
  slot = counts + arrayStart(counts, count, 4) - (count << 2);
  for (let index: u32 = 0; index < count; index++) {
    store<u32>(slot + (index << 2), load<u32>(load<u32>(order + (index << 2)), countAt));
  }
  free(order);
  free(spare);
}

/** Sorts addresses of entries by bucket, then by arrival: a merge sort from runs of one. */
function sortEntries(order: usize, spare: usize, count: u32, mask: u32): void {
  let from = order;
  let to = spare;
  for (let width: u32 = 1; width < count; width <<= 1) {
    for (let start: u32 = 0; start < count; start += width << 1) {
      const middle = min(start + width, count);
      const stop = min(middle + width, count);
      let left = start;
      let right = middle;
      for (let at = start; at < stop; at++) {
        const takesRight =
          left == middle ||
          (right < stop && isBefore(load<u32>(from + (right << 2)), load<u32>(from + (left << 2)), mask));
        store<u32>(to + (at << 2), load<u32>(from + ((takesRight ? right : left) << 2)));
        if (takesRight) right++;
        else left++;
      }
    }
    const other = from;
    from = to;
    to = other;
  }
  if (from != order) memory.copy(order, from, count << 2);
}

// @ts-ignore: decorator
@inline
function isBefore(a: usize, b: usize, mask: u32): bool {
  const bucket = bucketOf(load<u32>(a), mask);
  const other = bucketOf(load<u32>(b), mask);
  return bucket != other ? bucket < other : load<u64>(a, arrivalAt) < load<u64>(b, arrivalAt);
}

// @ts-ignore: decorator
@inline
function bucketOf(hash: u32, mask: u32): u32 {
  return (hash ^ (hash >> 16)) & mask;
}

/** The size of the HashMap's table: at least 16, doubled when it is three quarters full. */
function bucketCount(count: u32): u32 {
  let buckets: u32 = 16;
  while (count > buckets - (buckets >> 2)) buckets <<= 1;
  return buckets;
}

/** Java's hash of a text as Flink keeps it: Murmur3 over words of 4 bytes, then over the bytes that are left. */
export function javaHashBytes(address: usize, length: u32): u32 {
  let hash: u32 = 42;
  const words = length & ~3;
  for (let at: u32 = 0; at < words; at += 4) hash = mixHash(hash, load<u32>(address + at));
  for (let at = words; at < length; at++) hash = mixHash(hash, <u32>load<i8>(address + at));
  hash ^= length;
  hash ^= hash >> 16;
  hash *= 0x85ebca6b;
  hash ^= hash >> 13;
  hash *= 0xc2b2ae35;
  return hash ^ (hash >> 16);
}

// @ts-ignore: decorator
@inline
function mixHash(hash: u32, word: u32): u32 {
  const mixed = rotl<u32>(word * 0xcc9e2d51, 15) * 0x1b873593;
  return rotl<u32>(hash ^ mixed, 13) * 5 + 0xe6546b64;
}

/** Java's hash of a String: over its UTF-16 units. */
export function javaHashString(address: usize, length: u32): u32 {
  let hash: u32 = 0;
  const end = address + length;
  while (address < end) {
    const byte = <u32>load<u8>(address);
    if (byte < 0x80) {
      hash = hash * 31 + byte;
      address += 1;
    } else if (byte < 0xe0) {
      hash = hash * 31 + (((byte & 0x1f) << 6) | tail(address + 1));
      address += 2;
    } else if (byte < 0xf0) {
      hash = hash * 31 + (((byte & 0x0f) << 12) | (tail(address + 1) << 6) | tail(address + 2));
      address += 3;
    } else {
      const above =
        (((byte & 0x07) << 18) | (tail(address + 1) << 12) | (tail(address + 2) << 6) | tail(address + 3)) - 0x10000;
      hash = (hash * 31 + (0xd800 | (above >> 10))) * 31 + (0xdc00 | (above & 0x3ff));
      address += 4;
    }
  }
  return hash;
}

// @ts-ignore: decorator
@inline
function tail(address: usize): u32 {
  return <u32>load<u8>(address) & 0x3f;
}

/** Java's hash of a DECIMAL: of its unscaled value, then of its scale. */
export function javaHashDecimal(low: i64, high: i64, scale: u32): u32 {
  const isNegative = high < 0;
  let words0 = <u64>low;
  let words1 = <u64>high;
  if (isNegative) {
    words0 = ~words0 + 1;
    words1 = ~words1 + u64(words0 == 0);
  }
  // Leading zero words change nothing.
  let hash = <u32>(words1 >> 32);
  hash = hash * 31 + <u32>words1;
  hash = hash * 31 + <u32>(words0 >> 32);
  hash = hash * 31 + <u32>words0;
  return 31 * (isNegative ? 0 - hash : hash) + scale;
}

/**
 * The order in which Java's HashMap gives the entries of a map. An entry has 8 bytes: u32 Java's hash of its key, u32 the
 * number of the entry that gives its value + 1, 0 where a later one of the same key has it. Writes u32 the number of the
 * key, u32 that of the value for each. @returns how many entries are left
 */
export function mapHashOrder(order: usize, entries: usize, count: u32): u32 {
  let left: u32 = 0;
  for (let index: u32 = 0; index < count; index++) left += u32(load<u32>(entries + (index << 3), 4) != 0);
  const mask = bucketCount(left) - 1;
  // The place behind the entries of each bucket, then of its first.
  const places = alloc((mask + 2) << 2);
  memory.fill(places, 0, (mask + 2) << 2);
  for (let index: u32 = 0; index < count; index++) {
    const entry = entries + (index << 3);
    if (load<u32>(entry, 4) == 0) continue;
    const place = places + ((bucketOf(load<u32>(entry), mask) + 1) << 2);
    store<u32>(place, load<u32>(place) + 1);
  }
  for (let bucket: u32 = 1; bucket <= mask; bucket++) {
    const place = places + (bucket << 2);
    store<u32>(place, load<u32>(place) + load<u32>(place - 4));
  }
  for (let index: u32 = 0; index < count; index++) {
    const entry = entries + (index << 3);
    if (load<u32>(entry, 4) == 0) continue;
    const place = places + (bucketOf(load<u32>(entry), mask) << 2);
    const at = load<u32>(place);
    store<u32>(place, at + 1);
    store<u32>(order + (at << 3), index);
    store<u32>(order + (at << 3), load<u32>(entry, 4) - 1, 4);
  }
  free(places);
  return left;
}
