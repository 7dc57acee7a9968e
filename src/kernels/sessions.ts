import { free, realloc, stateAlloc } from './allocator';
import { tableInsert } from './table';
import { put, putZeros } from './page-marks';

/**
 * The open sessions of many keys. A session is a row of a keyed table (its accumulators), found from its key by a
 * chain, newest first; two sessions of a key are always more than the gap apart. A heap tells which ends first.
 *
 * A session grows with every row, so its entry in the heap stands at an end that it once had: it is put right when it
 * comes to the top (`sessionsNext`). What was merged into another leaves its entry behind, which is dropped there.
 *
 * ```
 * sessions  +0 table, +4 rowBytes
 *           +8 start, +12 end, +16 next, +20 key, +24 made       offsets of the fields below in a row
 *          +28 heap, +32 entries, +36 capacity
 *          +40 made       sessions ever made
 *          +44 before     what the last search found: the session newer than the place (0 = none: the chain's head),
 *          +48 later      the newest that the rows touch, 0 for none,
 *          +52 earlier    and the one behind it that they touch too
 *          +56 merged     address of the session whose accumulators must go to the one that was joined, 0 for none
 * row       i64 start, i64 end, u32 next (row number + 1), u32 key (row number of the key), u32 made
 * entry     i64 end, u32 made, u32 row number + 1
 * ```
 *
 * Cost: O(1) for a row of the newest session, O(open sessions of the key) for others; O(log open sessions) for each
 * gap that passes and for each session that ends.
 */
const rowBytesAt = 4;
const startField = 8;
const endField = 12;
const nextField = 16;
const keyField = 20;
const madeField = 24;
const heapAt = 28;
const entriesAt = 32;
const capacityAt = 36;
const madeAt = 40;
const beforeAt = 44;
const laterAt = 48;
const earlierAt = 52;
const mergedAt = 56;
const structBytes: u32 = 64;

const entryBytes: u32 = 16;
const capacityFirst: u32 = 16;

/** Sessions whose rows lie in `table`; the offsets of their fields are the caller's to fill in. */
export function sessionsNew(table: usize, rowBytes: u32): usize {
  const sessions = stateAlloc(structBytes);
  putZeros(sessions, structBytes);
  put<u32>(sessions, <u32>table);
  put<u32>(sessions, rowBytes, rowBytesAt);
  put<u32>(sessions, <u32>stateAlloc(capacityFirst * entryBytes), heapAt);
  put<u32>(sessions, capacityFirst, capacityAt);
  return sessions;
}

/** Gives the memory back, but for the table. */
export function sessionsDrop(sessions: usize): void {
  free(load<u32>(sessions, heapAt));
  free(sessions);
}

// @ts-ignore: decorator
@inline
function rowOf(sessions: usize, number: u32): usize {
  const rows = <usize>load<u32>(<usize>load<u32>(sessions), 8);
  return rows + (number - 1) * load<u32>(sessions, rowBytesAt);
}

// @ts-ignore: decorator
@inline
function startOf(sessions: usize, row: usize): i64 {
  return load<i64>(row + load<u32>(sessions, startField));
}

// @ts-ignore: decorator
@inline
function endOf(sessions: usize, row: usize): i64 {
  return load<i64>(row + load<u32>(sessions, endField));
}

// @ts-ignore: decorator
@inline
function nextOf(sessions: usize, row: usize): u32 {
  return load<u32>(row + load<u32>(sessions, nextField));
}

/**
 * Where the rows `[at, end)` belong in the chain that begins with the session `head` (row number + 1, 0 for none):
 * the end of the session that they would make with what they touch. Nothing is changed.
 */
export function sessionsFind(sessions: usize, head: u32, at: i64, end: i64): i64 {
  let before: u32 = 0;
  let later = head;
  while (later != 0) {
    const row = rowOf(sessions, later);
    if (startOf(sessions, row) <= end) break;
    before = later;
    later = nextOf(sessions, row);
  }
  let earlier: u32 = 0;
  let last = end;
  if (later != 0) {
    const row = rowOf(sessions, later);
    const itsEnd = endOf(sessions, row);
    if (itsEnd < at) {
      later = 0;
    } else {
      last = max(last, itsEnd);
      const next = nextOf(sessions, row);
      if (next != 0 && endOf(sessions, rowOf(sessions, next)) >= at) earlier = next;
    }
  }
  put<u32>(sessions, before, beforeAt);
  put<u32>(sessions, later, laterAt);
  put<u32>(sessions, earlier, earlierAt);
  return last;
}

/**
 * Makes what `sessionsFind` has just found: a new session, a wider one, or one of two, whose accumulators the caller
 * must then add up (`merged`). `headAddress` holds the chain's head; it is not in the table. @returns the session's row
 */
export function sessionsJoin(sessions: usize, headAddress: usize, key: u32, at: i64, end: i64): usize {
  const later = load<u32>(sessions, laterAt);
  const earlier = load<u32>(sessions, earlierAt);
  put<u32>(sessions, 0, mergedAt);
  if (later == 0) return newSession(sessions, headAddress, key, at, end);
  let row = rowOf(sessions, later);
  const last = max(endOf(sessions, row), end);
  if (earlier != 0) {
    put<u32>(sessions, <u32>row, mergedAt);
    link(sessions, headAddress, earlier);
    row = rowOf(sessions, earlier);
  }
  put<i64>(row + load<u32>(sessions, startField), min(startOf(sessions, row), at));
  put<i64>(row + load<u32>(sessions, endField), last);
  return row;
}

function newSession(sessions: usize, headAddress: usize, key: u32, at: i64, end: i64): usize {
  const made = load<u32>(sessions, madeAt) + 1;
  put<u32>(sessions, made, madeAt);
  const table = <usize>load<u32>(sessions);
  // Nobody looks a session up by its hash: any will do that spreads.
  const row = tableInsert(table, (made * 0x9e3779b1) | 1);
  const number = <u32>(row - <usize>load<u32>(table, 8)) / load<u32>(sessions, rowBytesAt) + 1;
  const before = load<u32>(sessions, beforeAt);
  const next = before == 0 ? load<u32>(headAddress) : nextOf(sessions, rowOf(sessions, before));
  put<i64>(row + load<u32>(sessions, startField), at);
  put<i64>(row + load<u32>(sessions, endField), end);
  put<u32>(row + load<u32>(sessions, nextField), next);
  put<u32>(row + load<u32>(sessions, keyField), key);
  put<u32>(row + load<u32>(sessions, madeField), made);
  link(sessions, headAddress, number);
  push(sessions, end, made, number);
  return row;
}

/** Lets the place that was found lead to another session. */
function link(sessions: usize, headAddress: usize, number: u32): void {
  const before = load<u32>(sessions, beforeAt);
  const from = before == 0 ? headAddress : rowOf(sessions, before) + load<u32>(sessions, nextField);
  put<u32>(from, number);
}

/** The session that ends first, as row number + 1; 0 when none is open. Of equal ends, the one that was made first. */
export function sessionsNext(sessions: usize): u32 {
  while (load<u32>(sessions, entriesAt) != 0) {
    const top = <usize>load<u32>(sessions, heapAt);
    const number = load<u32>(top, 12);
    const row = rowOf(sessions, number);
    // Row 0 of the table's free list, or another session in its place: this one was merged.
    if (load<u32>(row) == 0 || load<u32>(row + load<u32>(sessions, madeField)) != load<u32>(top, 8)) {
      pop(sessions);
      continue;
    }
    const end = endOf(sessions, row);
    if (end == load<i64>(top)) return number;
    put<i64>(top, end);
    sink(sessions);
  }
  return 0;
}

/** When the session that ends first ends, in ms; infinity when none is open. */
export function sessionsNextEnd(sessions: usize): f64 {
  const number = sessionsNext(sessions);
  return number == 0 ? Infinity : <f64>endOf(sessions, rowOf(sessions, number));
}

/** Takes the session of `sessionsNext` out of its chain; its row is the caller's to erase. @returns the chain's head */
export function sessionsTake(sessions: usize, headAddress: usize): u32 {
  const number = load<u32>(<usize>load<u32>(sessions, heapAt), 12);
  pop(sessions);
  const row = rowOf(sessions, number);
  let from = headAddress;
  while (load<u32>(from) != number) from = rowOf(sessions, load<u32>(from)) + load<u32>(sessions, nextField);
  put<u32>(from, nextOf(sessions, row));
  return load<u32>(headAddress);
}

/** Gives the room of the heap back where no session is open, but for that of the first ones. */
export function sessionsTrim(sessions: usize): void {
  if (load<u32>(sessions, entriesAt) != 0 || load<u32>(sessions, capacityAt) == capacityFirst) return;
  free(load<u32>(sessions, heapAt));
  put<u32>(sessions, <u32>stateAlloc(capacityFirst * entryBytes), heapAt);
  put<u32>(sessions, capacityFirst, capacityAt);
}

/** Bytes held, but for the table. */
export function sessionsBytes(sessions: usize): u32 {
  return structBytes + load<u32>(sessions, capacityAt) * entryBytes;
}

// @ts-ignore: decorator
@inline
function isBefore(a: usize, b: usize): bool {
  const end = load<i64>(a);
  const other = load<i64>(b);
  return end != other ? end < other : load<u32>(a, 8) < load<u32>(b, 8);
}

// @ts-ignore: decorator
@inline
function copyEntry(to: usize, from: usize): void {
  put<u64>(to, load<u64>(from));
  put<u64>(to, load<u64>(from, 8), 8);
}

function push(sessions: usize, end: i64, made: u32, number: u32): void {
  const entries = load<u32>(sessions, entriesAt);
  const capacity = load<u32>(sessions, capacityAt);
  if (entries == capacity) {
    const wider = capacity << 1;
    put<u32>(sessions, <u32>realloc(load<u32>(sessions, heapAt), wider * entryBytes), heapAt);
    put<u32>(sessions, wider, capacityAt);
  }
  const heap = <usize>load<u32>(sessions, heapAt);
  put<u32>(sessions, entries + 1, entriesAt);
  let place = entries;
  const own = heap + place * entryBytes;
  put<i64>(own, end);
  put<u32>(own, made, 8);
  put<u32>(own, number, 12);
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = heap + parent * entryBytes;
    const here = heap + place * entryBytes;
    if (!isBefore(here, above)) break;
    swapEntries(here, above);
    place = parent;
  }
}

function pop(sessions: usize): void {
  const heap = <usize>load<u32>(sessions, heapAt);
  const entries = load<u32>(sessions, entriesAt) - 1;
  put<u32>(sessions, entries, entriesAt);
  if (entries == 0) return;
  copyEntry(heap, heap + entries * entryBytes);
  sink(sessions);
}

/** Puts the top where it belongs. */
function sink(sessions: usize): void {
  const heap = <usize>load<u32>(sessions, heapAt);
  const entries = load<u32>(sessions, entriesAt);
  let place: u32 = 0;
  while (true) {
    let child = (place << 1) + 1;
    if (child >= entries) return;
    let below = heap + child * entryBytes;
    if (child + 1 < entries && isBefore(below + entryBytes, below)) {
      child++;
      below += entryBytes;
    }
    const here = heap + place * entryBytes;
    if (!isBefore(below, here)) return;
    swapEntries(here, below);
    place = child;
  }
}

function swapEntries(a: usize, b: usize): void {
  const first = load<u64>(a);
  const second = load<u64>(a, 8);
  copyEntry(a, b);
  put<u64>(b, first);
  put<u64>(b, second, 8);
}
