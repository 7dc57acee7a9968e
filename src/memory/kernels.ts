/**
 * The kernels (src/kernels) that JavaScript calls; emitted code links all of them by name.
 *
 * Addresses come back as WebAssembly's signed i32: above 2 GiB they are negative until `>>> 0`.
 * A kernel that needs more memory than the budget traps; `allocFailedBytes` tells it from other traps.
 */
export interface Kernels {
  memoryPages(): number;
  alloc(bytes: number): number;
  stateAlloc(bytes: number): number;
  free(address: number): void;
  realloc(address: number, bytes: number): number;
  allocatedBytes(): bigint;
  allocFailedBytes(): number;
  limitMemory(pages: number): void;
  stateBytes(): bigint;
  stateHeap(): number;
  stateRegionCount(): number;
  stateRegions(): number;
  stateAdopt(heap: number): void;
  stateSkipFree(to: number, most: number): number;
  donatePages(first: number, end: number): void;

  pageMarks(): number;
  pagesBarrier(first: number, end: number): number;
  pagesNextDue(first: number, end: number): number;
  pagesTaken(first: number, end: number): number;
  pagesUndo(first: number, end: number): void;
  pageMark(page: number): void;
  pagesCopies(): number;
  pagesDropCopies(): void;
  touchPages(address: number, bytes: number): void;

  arenaNew(chunkBytes: number): number;
  arenaAlloc(arena: number, bytes: number): number;
  arenaReset(arena: number): void;
  arenaDrop(arena: number): void;
  arenaBytes(arena: number): number;

  bytesHash(address: number, length: number): number;
  bytesEqual(a: number, b: number, length: number): number;
  bytesCompare(a: number, aLength: number, b: number, bLength: number): number;

  tableNew(rowBytes: number, expectedRows: number): number;
  tableNewPlain(rowBytes: number, expectedRows: number): number;
  tableGrow(table: number): void;
  tableInsert(table: number, hash: number): number;
  tableFindFirst(table: number, hash: number): number;
  tableFindNext(table: number, hash: number, row: number): number;
  tableFindText(table: number, hash: number, keyAt: number, address: number, length: number): number;
  tableErase(table: number, row: number): void;
  tableDetach(table: number, row: number): void;
  tableClear(table: number): void;
  tableDrop(table: number): void;
  tableBytes(table: number): number;
  tableTrim(table: number): void;
  heapAlloc(table: number, bytes: number): number;
  heapFree(table: number, address: number, bytes: number): void;
  heapPut(table: number, from: number, length: number): number;
  textAssign(table: number, slotAddress: number, from: number, length: number): void;
  textAppend(table: number, slotAddress: number, from: number, length: number): void;
  textFree(table: number, slotAddress: number): void;

  sessionsNew(table: number, rowBytes: number): number;
  sessionsDrop(sessions: number): void;
  sessionsNextEnd(sessions: number): number;
  sessionsBytes(sessions: number): number;
  sessionsTrim(sessions: number): void;

  queueNew(): number;
  queuePush(queue: number, time: bigint, number: number): void;
  queueFirst(queue: number): bigint;
  queuePop(queue: number): number;
  queueCount(queue: number): number;
  queueBytes(queue: number): number;
  queueTrim(queue: number): void;
  queueDrop(queue: number): void;
  patternsNew(states: number, start: number, variables: number): number;
  patternsDrop(matcher: number, rows: number, rowCount: number, rowBytes: number, slotOffset: number): void;
  patternsDue(matcher: number): number;
  patternsBytes(matcher: number): number;
  patternsRows(matcher: number): number;
  patternsTrim(matcher: number): void;

  orderedNew(valueBytes: number): number;
  orderedInsert(map: number, key: number, keyLength: number): number;
  orderedInserted(map: number): number;
  orderedFind(map: number, key: number, keyLength: number): number;
  orderedSeek(map: number, key: number, keyLength: number): number;
  orderedSeekBefore(map: number, key: number, keyLength: number): number;
  orderedFirst(map: number): number;
  orderedLast(map: number): number;
  orderedNext(node: number): number;
  orderedPrev(node: number): number;
  orderedKey(map: number, node: number): number;
  orderedKeyLength(node: number): number;
  orderedValue(node: number): number;
  orderedCount(map: number): number;
  orderedBytes(map: number): number;
  orderedErase(map: number, key: number, keyLength: number): number;
  orderedEraseNode(map: number, node: number): void;
  orderedClear(map: number): void;
  orderedDrop(map: number): void;

  sortKeyNull(to: number, flags: number): number;
  sortKeyI64(to: number, value: bigint, flags: number): number;
  sortKeyI128(to: number, low: bigint, high: bigint, flags: number): number;
  sortKeyF32(to: number, value: number, flags: number): number;
  sortKeyF64(to: number, value: number, flags: number): number;
  sortKeyText(to: number, address: number, length: number, flags: number): number;
  sortRows(rows: number, count: number, keys: number): void;

  gather1(to: number, from: number, rows: number, count: number): void;
  gather2(to: number, from: number, rows: number, count: number): void;
  gather4(to: number, from: number, rows: number, count: number): void;
  gather8(to: number, from: number, rows: number, count: number): void;
  gather16(to: number, from: number, rows: number, count: number): void;
  bitsToBytes(to: number, bits: number, firstBit: number, count: number): void;
  bitsToBits(to: number, bits: number, firstBit: number, count: number): void;
  bytesToBits(to: number, bytes: number, count: number): void;
  countZeroBytes(bytes: number, count: number): number;
  offsetsToViews(views: number, offsets: number, bytes: number, count: number): void;
  keysToViews(views: number, keys: number, dictionary: number, validity: number, count: number): void;
  viewsBytes(views: number, validity: number, count: number): bigint;
  viewsToOffsets(offsets: number, bytes: number, views: number, validity: number, count: number): void;
}

/** Offsets in a keyed table's struct, see kernels/table.ts. */
export const tableLayout = {
  index: 0,
  mask: 4,
  rows: 8,
  rowBytes: 12,
  count: 16,
  capacity: 20,
  limit: 24,
  live: 28,
} as const;

/** Offsets in the struct of open sessions, see kernels/sessions.ts. */
export const sessionsLayout = { table: 0, start: 8, end: 12, next: 16, key: 20, made: 24, merged: 56 } as const;

/** Offsets in the struct of running patterns and in what it leads to, see kernels/pattern-layout.ts. */
export const patternsLayout = {
  bytes: 208,
  states: 4,
  skip: 16,
  skipVariable: 20,
  withinMs: 24,
  deadline: 40,
  candidates: 48,
  failure: 60,
  before: 64,
  path: 112,
  groups: 188,
  runBytes: 16,
  run: { node: 0, state: 4 },
  group: { state: 4, last: 8 },
  link: { next: 4, row: 8, variable: 12 },
  node: { previous: 4, row: 8, first: 16, header: 24 },
  row: { partition: 4, time: 8, sequence: 16, header: 24 },
  stateBytes: 24,
  state: { asked: 0, guards: 8, takes: 16, takeCount: 20 },
  takeBytes: 32,
  take: { variable: 0, target: 4, guards: 8, completeUnless: 16, mayComplete: 24 },
} as const;

/** Offsets in an arena's struct, see kernels/arena.ts. */
export const arenaLayout = { next: 0, end: 4 } as const;
