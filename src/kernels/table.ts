import { allocRoom, free, realloc, stateAlloc } from './allocator';
import { bytesEqual } from './bytes';
import { heapBytes, heapClear, heapDrop } from './table-heap';
import { put, putZeros, touchRow } from './page-marks';

/**
 * The keyed table: state rows of one width, dense in the order of insertion, behind an open-addressing index.
 * Emitted code probes by itself and calls `tableInsert` when it found nothing.
 *
 * ```
 * table  +0 index      address of the slots, a u32 each: 0 = empty, else row number + 1
 *        +4 mask       slots - 1; slots are a power of two
 *        +8 rows       address of row 0; moves when the table grows, so it is read again after every insert
 *       +12 rowBytes   a multiple of 8
 *       +16 count      rows ever appended: the rows are 0 .. count - 1, erased ones included
 *       +20 capacity   rows that fit
 *       +24 limit      count at which it grows: min(capacity, slots / 2)
 *       +28 live       rows that are not erased
 *       +32 freeRow    number + 1 of an erased row to use again, 0 for none
 *       +36 heap       of the rows' texts (see table-heap.ts), 0 before the first
 * row    +0 hash       never 0; 0 marks an erased row, which has the next free row's number + 1 at +4
 *        +4 the owner's
 * ```
 *
 * A plain table has no index (0): its rows are known by their numbers alone.
 *
 * Probing: slot = hash & mask, then the next slot, round the end, until an empty one. Rows of an erased key leave
 * no trace in the index (what follows is shifted back), so the table does not slow down with age.
 */
const indexAt = 0;
const maskAt = 4;
const rowsAt = 8;
const rowBytesAt = 12;
const countAt = 16;
const capacityAt = 20;
const limitAt = 24;
const liveAt = 28;
const freeRowAt = 32;
const heapAt = 36;
const tableStructBytes: u32 = 40;

/** What a detached row's hash differs by. */
const detachMask: u32 = 0x55555555;

const capacityMin: u32 = 8;
/** What a table keeps that has become empty. */
const trimmedCapacity: u32 = 16;
/** Above this size, rows grow by half instead of doubling. */
const rowsBytesToDouble: u32 = 1 << 20;

/** An empty table for rows of so many bytes (at least 8, rounded up to a multiple of 8). */
export function tableNew(rowBytes: u32, expectedRows: u32): usize {
  const table = tableNewPlain(rowBytes, expectedRows);
  buildIndex(table, slotsFor(load<u32>(table, capacityAt)));
  return table;
}

/** As `tableNew`, without an index. */
export function tableNewPlain(rowBytes: u32, expectedRows: u32): usize {
  const table = stateAlloc(tableStructBytes);
  putZeros(table, tableStructBytes);
  const width = max<u32>((rowBytes + 7) & ~7, 8);
  const capacity = max(expectedRows, capacityMin);
  put<u32>(table, width, rowBytesAt);
  put<u32>(table, <u32>stateAlloc(rowsSize(capacity, width)), rowsAt);
  put<u32>(table, capacity, capacityAt);
  put<u32>(table, capacity, limitAt);
  return table;
}

/** Room for more rows, and more slots where they are half full. Rows move; their numbers stay. */
export function tableGrow(table: usize): void {
  const count = load<u32>(table, countAt);
  const capacity = load<u32>(table, capacityAt);
  const slots = load<u32>(table, maskAt) + 1;
  if (count >= capacity) {
    const width = load<u32>(table, rowBytesAt);
    const bytes = capacity * width;
    const wider = bytes < rowsBytesToDouble ? capacity * 2 : capacity + (capacity >> 1);
    put<u32>(table, <u32>realloc(load<u32>(table, rowsAt), rowsSize(wider, width)), rowsAt);
    put<u32>(table, wider, capacityAt);
  }
  if (load<u32>(table, indexAt) == 0) {
    put<u32>(table, load<u32>(table, capacityAt), limitAt);
  } else if (count >= slots >> 1) {
    free(load<u32>(table, indexAt));
    buildIndex(table, slots << 1);
  } else {
    put<u32>(table, min(load<u32>(table, capacityAt), slots >> 1), limitAt);
  }
}

function rowsSize(capacity: u32, width: u32): u32 {
  const bytes = <u64>capacity * width;
  return bytes > 0xffffffff ? 0xffffffff : <u32>bytes;
}

function slotsFor(capacity: u32): u32 {
  return max<u32>(16, <u32>1 << (33 - clz(capacity - 1)));
}

/** A new index over the rows that are there. */
function buildIndex(table: usize, slots: u32): void {
  const index = stateAlloc(rowsSize(slots, 4));
  putZeros(index, slots << 2);
  const mask = slots - 1;
  put<u32>(table, <u32>index, indexAt);
  put<u32>(table, mask, maskAt);
  put<u32>(table, min(load<u32>(table, capacityAt), slots >> 1), limitAt);
  const width = load<u32>(table, rowBytesAt);
  const count = load<u32>(table, countAt);
  let row = <usize>load<u32>(table, rowsAt);
  for (let number: u32 = 1; number <= count; number++) {
    const hash = load<u32>(row);
    if (hash != 0) {
      let slot = hash & mask;
      while (load<u32>(index + (slot << 2)) != 0) slot = (slot + 1) & mask;
      store<u32>(index + (slot << 2), number);
    }
    row += width;
  }
}

/**
 * The address of a new row, zero but for its hash, in the index at once. The caller has probed: the key is not there.
 * Rows may move: read `rows` again. `hash` is not 0.
 */
export function tableInsert(table: usize, hash: u32): usize {
  const number = newRow(table, hash);
  if (load<u32>(table, indexAt) != 0) putInIndex(table, hash, number);
  return <usize>load<u32>(table, rowsAt) + (number - 1) * load<u32>(table, rowBytesAt);
}

/** Leads a hash to a row, by its number + 1. */
function putInIndex(table: usize, hash: u32, number: u32): void {
  const mask = load<u32>(table, maskAt);
  const index = <usize>load<u32>(table, indexAt);
  let slot = hash & mask;
  while (load<u32>(index + (slot << 2)) != 0) slot = (slot + 1) & mask;
  put<u32>(index + (slot << 2), number);
}

/** The address of a new row of a plain table, zero but for its hash, which is 1. Rows may move. */
export function tableAppend(table: usize): usize {
  const number = newRow(table, 1);
  return <usize>load<u32>(table, rowsAt) + (number - 1) * load<u32>(table, rowBytesAt);
}

/** Takes a row out of a plain table; its place is used by a later row. What it has in the heap is the owner's to free before. */
export function tableRemove(table: usize, row: usize): void {
  freeRow(table, row, <u32>(row - <usize>load<u32>(table, rowsAt)) / load<u32>(table, rowBytesAt) + 1);
}

/** The number + 1 of a row in the place of an erased one, or behind all others; not in the index yet. */
function newRow(table: usize, hash: u32): u32 {
  let number = load<u32>(table, freeRowAt);
  const width = load<u32>(table, rowBytesAt);
  let row: usize;
  if (number != 0) {
    row = <usize>load<u32>(table, rowsAt) + (number - 1) * width;
    put<u32>(table, load<u32>(row, 4), freeRowAt);
  } else {
    number = load<u32>(table, countAt);
    if (number >= load<u32>(table, limitAt)) tableGrow(table);
    row = <usize>load<u32>(table, rowsAt) + number * width;
    number++;
    put<u32>(table, number, countAt);
  }
  put<u32>(table, load<u32>(table, liveAt) + 1, liveAt);
  touchRow(row, width);
  store<u64>(row, <u64>hash);
  for (let at: u32 = 8; at < width; at += 8) store<u64>(row + at, 0);
  return number;
}

function freeRow(table: usize, row: usize, number: u32): void {
  put<u32>(row, 0);
  put<u32>(row, load<u32>(table, freeRowAt), 4);
  put<u32>(table, number, freeRowAt);
  put<u32>(table, load<u32>(table, liveAt) - 1, liveAt);
}

/** The first row with this hash, 0 for none. */
export function tableFindFirst(table: usize, hash: u32): usize {
  return findFrom(table, hash, hash & load<u32>(table, maskAt));
}

/** The next row with this hash behind `row`, 0 for none. */
export function tableFindNext(table: usize, hash: u32, row: usize): usize {
  return findFrom(table, hash, (slotOf(table, hash, row) + 1) & load<u32>(table, maskAt));
}

function findFrom(table: usize, hash: u32, start: u32): usize {
  const mask = load<u32>(table, maskAt);
  const index = <usize>load<u32>(table, indexAt);
  const width = load<u32>(table, rowBytesAt);
  const before = <usize>load<u32>(table, rowsAt) - width;
  let slot = start;
  while (true) {
    const number = load<u32>(index + (slot << 2));
    if (number == 0) return 0;
    const row = before + number * width;
    if (load<u32>(row) == hash) return row;
    slot = (slot + 1) & mask;
  }
}

/** The row whose text field at `keyAt` has these bytes, 0 for none. */
export function tableFindText(table: usize, hash: u32, keyAt: u32, address: usize, length: u32): usize {
  let row = tableFindFirst(table, hash);
  while (row != 0) {
    const key = row + keyAt;
    if (load<u32>(key, 4) == length && bytesEqual(load<u32>(key), address, length)) return row;
    row = tableFindNext(table, hash, row);
  }
  return 0;
}

/** The slot that leads to a row. Traps when the row is not in the index. */
function slotOf(table: usize, hash: u32, row: usize): u32 {
  const mask = load<u32>(table, maskAt);
  const index = <usize>load<u32>(table, indexAt);
  const number = <u32>(row - <usize>load<u32>(table, rowsAt)) / load<u32>(table, rowBytesAt) + 1;
  let slot = hash & mask;
  while (true) {
    const entry = load<u32>(index + (slot << 2));
    if (entry == number) return slot;
    assert(entry != 0);
    slot = (slot + 1) & mask;
  }
}

/** Takes a row out; its place is used by a later insert. What it has in the heap is the owner's to free before. */
export function tableErase(table: usize, row: usize): void {
  if (load<u32>(table, indexAt) == 0) {
    tableRemove(table, row);
    return;
  }
  freeRow(table, row, takeFromIndex(table, row));
}

/**
 * Its key finds the row no more, and may be inserted anew; the row stays, until it is erased as any other: it goes on
 * under a hash that its key does not have.
 */
export function tableDetach(table: usize, row: usize): void {
  const hash = load<u32>(row);
  const number = takeFromIndex(table, row);
  const other = hash == detachMask ? hash - 1 : hash ^ detachMask;
  put<u32>(row, other);
  putInIndex(table, other, number);
}

/** Takes a row's entry out of the index, and gives its number + 1. */
function takeFromIndex(table: usize, row: usize): u32 {
  const mask = load<u32>(table, maskAt);
  const index = <usize>load<u32>(table, indexAt);
  const width = load<u32>(table, rowBytesAt);
  const before = <usize>load<u32>(table, rowsAt) - width;
  let hole = slotOf(table, load<u32>(row), row);
  const number = load<u32>(index + (hole << 2));
  let slot = hole;
  while (true) {
    slot = (slot + 1) & mask;
    const entry = load<u32>(index + (slot << 2));
    if (entry == 0) break;
    // An entry may move back into the hole unless its own first slot lies behind the hole.
    const home = load<u32>(before + entry * width) & mask;
    if (((slot - home) & mask) >= ((slot - hole) & mask)) {
      put<u32>(index + (hole << 2), entry);
      hole = slot;
    }
  }
  put<u32>(index + (hole << 2), 0);
  return number;
}

/** Takes all rows and texts out; the memory stays with the table. */
export function tableClear(table: usize): void {
  if (load<u32>(table, countAt) != 0) {
    const index = <usize>load<u32>(table, indexAt);
    if (index != 0) putZeros(index, (load<u32>(table, maskAt) + 1) << 2);
    put<u32>(table, 0, countAt);
    put<u32>(table, 0, liveAt);
    put<u32>(table, 0, freeRowAt);
  }
  const heap = <usize>load<u32>(table, heapAt);
  if (heap != 0) heapClear(heap);
}

/** Gives the room of an empty table back, but for that of the first rows. */
export function tableTrim(table: usize): void {
  assert(load<u32>(table, liveAt) == 0);
  const heap = <usize>load<u32>(table, heapAt);
  if (heap != 0) heapDrop(heap);
  put<u32>(table, 0, heapAt);
  if (load<u32>(table, capacityAt) <= trimmedCapacity) return;
  const hasIndex = load<u32>(table, indexAt) != 0;
  free(load<u32>(table, indexAt));
  free(load<u32>(table, rowsAt));
  put<u32>(table, <u32>stateAlloc(rowsSize(trimmedCapacity, load<u32>(table, rowBytesAt))), rowsAt);
  put<u32>(table, trimmedCapacity, capacityAt);
  put<u32>(table, trimmedCapacity, limitAt);
  put<u32>(table, 0, countAt);
  put<u32>(table, 0, freeRowAt);
  if (hasIndex) buildIndex(table, slotsFor(trimmedCapacity));
}

/** Gives the table's memory back. */
export function tableDrop(table: usize): void {
  const heap = <usize>load<u32>(table, heapAt);
  if (heap != 0) heapDrop(heap);
  free(load<u32>(table, indexAt));
  free(load<u32>(table, rowsAt));
  free(table);
}

/** Bytes that the table holds: index, rows and heap, used or not. */
export function tableBytes(table: usize): u32 {
  const heap = <usize>load<u32>(table, heapAt);
  const index = <usize>load<u32>(table, indexAt);
  return (
    allocRoom(table) +
    (index == 0 ? 0 : allocRoom(index)) +
    allocRoom(load<u32>(table, rowsAt)) +
    (heap == 0 ? 0 : heapBytes(heap))
  );
}
