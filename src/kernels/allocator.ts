import { changed, marks, pageBytes, pageShift, put, putCopy, putZeros, unchanged } from './page-marks';

/**
 * The allocator of the linear memory: two heaps, one for what lasts as long as a job runs, one for its state.
 *
 * Small cells (up to 508 bytes) come from one free list a size, carved from chunks of 64 KiB and never merged:
 * state's cells are freed and taken again in the same sizes. Bigger blocks are kept in two-level segregated lists
 * and merged with their free neighbours, so what a closed window gives back serves any later need.
 *
 * ```
 * heap      heads of the lists of big blocks, their maps, heads of the lists of cells, then (see below) the regions
 * region    blocks one behind the other | u32 0, the sentinel: never free
 * block     | u32 header | payload, 16-byte aligned ...                                        |
 * header    bytes of the block, header included (a multiple of 16) | flags
 * free big  | u32 header | u32 previous | u32 next | ...                      | u32 block      |  <- the last word
 * free cell | u32 header | u32 next                                                                leads back
 * ```
 *
 * The memory grows by 1 MiB, an eighth of its size, or what is asked for, whichever is most; up to 65,535 pages, so
 * that every end fits in 32 bits. What is added belongs to the heap that asked: behind its last region, or as a new
 * one. 64 bytes behind the last block stay unused: loads may read beyond a value's end.
 *
 * The heap of the state begins with its own first region, so that the state's regions are all there is to it: put back
 * at their addresses, they go on (`stateAdopt`).
 *
 * Source: Masmano et al. 2004, "TLSF: a new dynamic memory allocator for real-time systems".
 */

const flagFree: u32 = 1;
const flagLeftFree: u32 = 2;
const flagCell: u32 = 4;
/** The block is of the state. */
const flagState: u32 = 8;
const sizeMask: u32 = ~15;

const pagesMax: u32 = 65535;
/**
 * The state begins no lower: a snapshot's pages go back to their addresses, also where a later version has more static
 * data. What is below belongs to the general heap.
 */
const statePageMin: u32 = 64;
const slackBytes: u32 = 64;
const cellBytesMax: u32 = 512;
const chunkBytes: u32 = 65536 - 16;
/** A rest smaller than this stays with its block. */
const splitBytesMin: u32 = 64;

/** Lists by (log2 of the size, the next four bits); the sizes start at 2^4. */
const levelShift: u32 = 4;
const levelLists: u32 = 16;

/** Places in a heap. 28 levels of 16 lists; a bit a list that is not empty, a word a level; lists of cells by bytes / 16. */
const listMapsAt: usize = 28 * 16 * 4;
const cellHeadsAt: usize = listMapsAt + 28 * 4;
/** A bit a level that has a list that is not empty. */
const levelMapAt: usize = cellHeadsAt + 33 * 4;
/** The chunk that cells are carved from. */
const chunkNextAt: usize = levelMapAt + 4;
const chunkEndAt: usize = chunkNextAt + 4;
/** flagState or 0: what is in the header of each block. */
const tagAt: usize = chunkEndAt + 4;
const usedBytesAt: usize = tagAt + 4;
/** How many regions; then start and end of each, in pages of 64 KiB. */
const regionCountAt: usize = usedBytesAt + 8;
const regionsAt: usize = regionCountAt + 8;
const regionsMax: u32 = 256;
const heapBytes: usize = regionsAt + regionsMax * 8;

const general: usize = memory.data(<i32>heapBytes, 16);
/** 0 before the first use. */
let state: usize = 0;
let failedBytes: u32 = 0;
/** The budget: it does not grow beyond. */
let pagesLimit: u32 = pagesMax;

/** The memory's size, by which JavaScript sees that it has grown: asking for its buffer takes twenty times as long. */
export function memoryPages(): u32 {
  return <u32>memory.size();
}

/** The memory may have so many pages at most, 65,535 where nobody says; what it has already it keeps. */
export function limitMemory(pages: u32): void {
  pagesLimit = min(pages, pagesMax);
}

/** Memory for so many bytes, 16-byte aligned, not zeroed. Traps when the budget is used up (`allocFailedBytes` tells). */
export function alloc(bytes: u32): usize {
  if (load<u32>(general + regionCountAt) == 0) openGeneral();
  return allocIn(general, bytes);
}

/** As `alloc`, for what a snapshot must hold. */
export function stateAlloc(bytes: u32): usize {
  if (state == 0) openState();
  return allocIn(state, bytes);
}

function allocIn(heap: usize, bytes: u32): usize {
  if (bytes > 0xffff0000) return fail(bytes);
  const size = (bytes + 4 + 15) & sizeMask;
  if (size > cellBytesMax) {
    const block = allocBlock(heap, size);
    addUsed(heap, load<u32>(block) & sizeMask);
    return block + 4;
  }
  addUsed(heap, size);
  const head = heap + cellHeadsAt + ((size >> 4) << 2);
  const cell = <usize>load<u32>(head);
  if (cell != 0) {
    put<u32>(head, load<u32>(cell + 4));
    put<u32>(cell, size | flagCell | load<u32>(heap + tagAt));
    return cell + 4;
  }
  return carveCell(heap, size) + 4;
}

// @ts-ignore: decorator
@inline
function addUsed(heap: usize, bytes: u64): void {
  put<u64>(heap + usedBytesAt, load<u64>(heap + usedBytesAt) + bytes);
}

// @ts-ignore: decorator
@inline
function heapOf(header: u32): usize {
  return header & flagState ? state : general;
}

/** Gives memory from `alloc` back; 0 is allowed. Traps when it was given back before. */
export function free(address: usize): void {
  if (address == 0) return;
  const block = address - 4;
  const header = load<u32>(block);
  assert((header & flagFree) == 0);
  const size = header & sizeMask;
  const heap = heapOf(header);
  addUsed(heap, -(<i64>size));
  if (header & flagCell) {
    const head = heap + cellHeadsAt + ((size >> 4) << 2);
    put<u32>(block, header | flagFree);
    put<u32>(block + 4, load<u32>(head));
    put<u32>(head, <u32>block);
  } else {
    freeBlock(heap, block, size);
  }
}

/** The same bytes in a room of another size of the same heap, moved where needed. */
export function realloc(address: usize, bytes: u32): usize {
  if (bytes > 0xffff0000) return fail(bytes);
  const block = address - 4;
  const header = load<u32>(block);
  const size = header & sizeMask;
  const wanted = (bytes + 4 + 15) & sizeMask;
  const heap = heapOf(header);
  if (wanted == size) return address;
  if ((header & flagCell) == 0 && wanted > cellBytesMax) {
    let room = size;
    if (wanted > size) {
      const right = block + size;
      const rightHeader = load<u32>(right);
      const both = <u64>size + (rightHeader & sizeMask);
      if (rightHeader & flagFree && both >= wanted) {
        takeOut(heap, right, rightHeader & sizeMask);
        room = <u32>both;
      }
    }
    if (room >= wanted) {
      const kept = use(heap, block, room, wanted, header & flagLeftFree);
      addUsed(heap, <i64>kept - <i64>size);
      return address;
    }
  }
  const target = allocIn(heap, bytes);
  putCopy(target, address, min(size, wanted) - 4);
  free(address);
  return target;
}

/** Bytes in use, headers and roundings included. */
export function allocatedBytes(): u64 {
  return load<u64>(general + usedBytesAt) + stateBytes();
}

/** Those of the state. */
export function stateBytes(): u64 {
  return state == 0 ? 0 : load<u64>(state + usedBytesAt);
}

/** How many bytes were asked for when the memory was used up; 0 as long as it is not. */
export function allocFailedBytes(): u32 {
  return failedBytes;
}

/** Bytes that a room from `alloc` can really hold. */
export function allocRoom(address: usize): u32 {
  return (load<u32>(address - 4) & sizeMask) - 4;
}

function fail(bytes: u32): usize {
  failedBytes = bytes;
  return unreachable();
}

/** A new cell from the chunk in work; what is left of a used-up chunk becomes a cell too. */
function carveCell(heap: usize, size: u32): usize {
  const tag = load<u32>(heap + tagAt);
  let cell = <usize>load<u32>(heap + chunkNextAt);
  const rest = load<u32>(heap + chunkEndAt) - <u32>cell;
  if (rest < size) {
    if (rest > 0) {
      const head = heap + cellHeadsAt + ((rest >> 4) << 2);
      put<u32>(cell, rest | flagCell | flagFree | tag);
      put<u32>(cell + 4, load<u32>(head));
      put<u32>(head, <u32>cell);
    }
    // Cells start where the chunk's own header and the first 12 bytes end, and so are aligned as blocks are.
    cell = allocBlock(heap, chunkBytes) + 16;
    put<u32>(heap + chunkEndAt, <u32>cell + chunkBytes - 16);
  }
  put<u32>(heap + chunkNextAt, <u32>cell + size);
  put<u32>(cell, size | flagCell | tag);
  return cell;
}

/** A block of at least so many bytes, which the caller counts as used, or not: of a chunk only its cells are. */
function allocBlock(heap: usize, size: u32): usize {
  let block = find(heap, size);
  if (block == 0) {
    grow(heap, size);
    block = find(heap, size);
    if (block == 0) return fail(size);
  }
  const header = load<u32>(block);
  takeOut(heap, block, header & sizeMask);
  use(heap, block, header & sizeMask, size, header & flagLeftFree);
  return block;
}

/** Marks a block that is in no list as used, after cutting off what is too much. Gives the size that it keeps. */
function use(heap: usize, block: usize, room: u32, size: u32, leftFree: u32): u32 {
  const rest = room - size;
  const flags = leftFree | load<u32>(heap + tagAt);
  if (rest >= splitBytesMin) {
    put<u32>(block, size | flags);
    put<u32>(block + size, rest);
    freeBlock(heap, block + size, rest);
    return size;
  }
  put<u32>(block, room | flags);
  const right = block + room;
  put<u32>(right, load<u32>(right) & ~flagLeftFree);
  return room;
}

/** Puts a block with a valid header into its list, merged with the free blocks at its sides. */
function freeBlock(heap: usize, start: usize, bytes: u32): void {
  let block = start;
  let size = bytes;
  const right = block + size;
  const rightHeader = load<u32>(right);
  if (rightHeader & flagFree) {
    takeOut(heap, right, rightHeader & sizeMask);
    size += rightHeader & sizeMask;
  }
  if (load<u32>(block) & flagLeftFree) {
    const left = <usize>load<u32>(block - 4);
    const leftSize = load<u32>(left) & sizeMask;
    takeOut(heap, left, leftSize);
    block = left;
    size += leftSize;
  }
  // Free blocks never touch, so the left neighbour is in use.
  put<u32>(block, size | flagFree | load<u32>(heap + tagAt));
  const end = block + size;
  put<u32>(end - 4, <u32>block);
  put<u32>(end, load<u32>(end) | flagLeftFree);
  putIn(heap, block, size);
}

// @ts-ignore: decorator
@inline
function levelOf(size: u32): u32 {
  return 31 - clz(size) - levelShift;
}

// @ts-ignore: decorator
@inline
function listOf(size: u32, level: u32): u32 {
  return (size >> level) & (levelLists - 1);
}

// @ts-ignore: decorator
@inline
function headOf(heap: usize, level: u32, list: u32): usize {
  return heap + (((level << 4) | list) << 2);
}

/** A free block of at least so many bytes, 0 when there is none; it stays in its list. */
function find(heap: usize, size: u32): usize {
  let level = levelOf(size);
  let list = listOf(size, level);
  // The list of the size itself also holds smaller ones; but sizes repeat, so its first is often right.
  const first = <usize>load<u32>(headOf(heap, level, list));
  if (first != 0 && (load<u32>(first) & sizeMask) >= size) return first;
  if (++list == levelLists) {
    list = 0;
    level++;
  }
  let lists = level < 28 ? load<u32>(heap + listMapsAt + (level << 2)) & (~0 << list) : 0;
  if (lists == 0) {
    const levels = level < 27 ? load<u32>(heap + levelMapAt) & (~0 << (level + 1)) : 0;
    if (levels == 0) return 0;
    level = ctz(levels);
    lists = load<u32>(heap + listMapsAt + (level << 2));
  }
  return <usize>load<u32>(headOf(heap, level, ctz(lists)));
}

function putIn(heap: usize, block: usize, size: u32): void {
  const level = levelOf(size);
  const list = listOf(size, level);
  const head = headOf(heap, level, list);
  const next = load<u32>(head);
  put<u32>(block + 4, 0);
  put<u32>(block + 8, next);
  if (next != 0) put<u32>(<usize>next + 4, <u32>block);
  put<u32>(head, <u32>block);
  put<u32>(heap + levelMapAt, load<u32>(heap + levelMapAt) | (1 << level));
  const map = heap + listMapsAt + (level << 2);
  put<u32>(map, load<u32>(map) | (1 << list));
}

function takeOut(heap: usize, block: usize, size: u32): void {
  const previous = load<u32>(block + 4);
  const next = load<u32>(block + 8);
  if (next != 0) put<u32>(<usize>next + 4, previous);
  if (previous != 0) {
    put<u32>(<usize>previous + 8, next);
    return;
  }
  const level = levelOf(size);
  const list = listOf(size, level);
  put<u32>(headOf(heap, level, list), next);
  if (next != 0) return;
  const map = heap + listMapsAt + (level << 2);
  const lists = load<u32>(map) & ~(1 << list);
  put<u32>(map, lists);
  if (lists == 0) put<u32>(heap + levelMapAt, load<u32>(heap + levelMapAt) & ~(1 << level));
}

/** The general heap begins with what the memory has at first, behind the static data. */
function openGeneral(): void {
  const pages = <u32>memory.size();
  memory.fill(marks, changed, pages << (16 - pageShift));
  addRegion(general, __heap_base, pages);
}

/** The state's heap stands at the start of its first region. */
function openState(): void {
  if (load<u32>(general + regionCountAt) == 0) openGeneral();
  const first = <u32>memory.size();
  if (first < statePageMin && memory.grow(<i32>(statePageMin - first)) >= 0) donatePages(first, statePageMin);
  const before = <u32>memory.size();
  const pages = growMemory(<u32>heapBytes);
  state = <usize>before << 16;
  memory.fill(marks + (before << (16 - pageShift)), unchanged, (pages - before) << (16 - pageShift));
  putZeros(state, <u32>heapBytes);
  put<u32>(state + tagAt, flagState);
  addRegion(state, state + heapBytes, pages);
}

/** Adds memory to a heap, enough for a block of so many bytes. */
function grow(heap: usize, size: u32): void {
  const before = <u32>memory.size();
  const pages = growMemory(size);
  if (pages == 0) return;
  const isState = load<u32>(heap + tagAt) != 0;
  memory.fill(marks + (before << (16 - pageShift)), isState ? unchanged : changed, (pages - before) << (16 - pageShift));
  const count = load<u32>(heap + regionCountAt);
  const last = heap + regionsAt + ((count - 1) << 3);
  if (load<u32>(last + 4) == before) {
    put<u32>(last + 4, pages);
    extend(heap, (<usize>before << 16) - slackBytes + 12, pages);
  } else {
    addRegion(heap, <usize>before << 16, pages);
  }
}

/** Grows the memory for a block of so many bytes; gives its pages, 0 where it has failed. */
function growMemory(size: u32): u32 {
  const pages = <u32>memory.size();
  const needed = <u32>((<u64>size + 512 + 65535) >> 16);
  const wanted = max<u32>(max<u32>(needed, 16), pages >> 3);
  const room = pagesLimit - min(pages, pagesLimit);
  if (room < needed || (memory.grow(<i32>min(wanted, room)) < 0 && memory.grow(<i32>needed) < 0)) {
    fail(size);
    return 0;
  }
  return min(<u32>memory.size(), pagesMax);
}

/** Gives a heap the memory from an address to the end of a page. */
function addRegion(heap: usize, start: usize, pages: u32): void {
  const count = load<u32>(heap + regionCountAt);
  assert(count < regionsMax);
  const region = heap + regionsAt + (count << 3);
  put<u32>(region, <u32>(start >> 16));
  put<u32>(region + 4, pages);
  put<u32>(heap + regionCountAt, count + 1);
  // Payloads are aligned to 16, with the header before.
  const sentinel = ((start + 4 + 15) & ~15) - 4;
  put<u32>(sentinel, 0);
  extend(heap, sentinel, pages);
}

/** Makes a free block of what lies between a region's sentinel and the end of a page. */
function extend(heap: usize, sentinel: usize, pages: u32): void {
  const end = (<usize>pages << 16) - slackBytes + 12;
  const size = <u32>(end - sentinel);
  put<u32>(sentinel, size | (load<u32>(sentinel) & flagLeftFree));
  put<u32>(end, 0);
  freeBlock(heap, sentinel, size);
}

/** The state's heap, 0 for none. It is made when the first state is. */
export function stateHeap(): usize {
  return state;
}

/** Regions of a heap's memory: their number, then the addresses of first and end pages (64 KiB). */
export function stateRegionCount(): u32 {
  return state == 0 ? 0 : load<u32>(state + regionCountAt);
}

export function stateRegions(): usize {
  return state + regionsAt;
}

/** Goes on with a heap that lies in the memory as it once was; nothing is in the state's heap yet. */
export function stateAdopt(heap: usize): void {
  assert(state == 0);
  state = heap;
}

/**
 * Nothing of the state stands in the pages that lie whole in free blocks: they count as unchanged. Writes ranges of such
 * pages, first and end, u32 each, up to `most` of them; others stay as they are. Gives how many.
 */
export function stateSkipFree(to: usize, most: u32): u32 {
  let count: u32 = 0;
  // Smaller blocks hold no whole page.
  for (let level: u32 = pageShift - levelShift; level < 28 && state != 0; level++) {
    let lists = load<u32>(state + listMapsAt + (level << 2));
    for (; lists != 0; lists &= lists - 1) {
      let block = <usize>load<u32>(headOf(state, level, ctz(lists)));
      for (; block != 0 && count < most; block = load<u32>(block + 8)) {
        // What leads from one to the next stands in its first words, and what leads back in the last.
        const first = (block + 12 + pageBytes - 1) >> pageShift;
        const end = (block + (load<u32>(block) & sizeMask) - 4) >> pageShift;
        if (first >= end) continue;
        memory.fill(marks + first, unchanged, end - first);
        store<u32>(to + (count << 3), <u32>first);
        store<u32>(to + (count << 3) + 4, <u32>end);
        count++;
      }
    }
  }
  return count;
}

/** Gives whole pages to the general heap: what lies between the regions of an adopted one. */
export function donatePages(first: u32, end: u32): void {
  if (load<u32>(general + regionCountAt) == 0) openGeneral();
  memory.fill(marks + (first << (16 - pageShift)), changed, (end - first) << (16 - pageShift));
  addRegion(general, <usize>first << 16, end);
}
