/**
 * The allocator of the linear memory.
 *
 * Small cells (up to 508 bytes) come from one free list a size, carved from chunks of 64 KiB and never merged:
 * state's cells are freed and taken again in the same sizes. Bigger blocks are kept in two-level segregated lists
 * and merged with their free neighbours, so what a closed window gives back serves any later need.
 *
 * ```
 * block     | u32 header | payload, 16-byte aligned ...                                        |
 * header    bytes of the block, header included (a multiple of 16) | flags
 * free big  | u32 header | u32 previous | u32 next | ...                      | u32 block      |  <- the last word
 * free cell | u32 header | u32 next                                                                leads back
 * ```
 *
 * The memory grows by 1 MiB, an eighth of its size, or what is asked for, whichever is most; up to 65,535 pages, so
 * that every end fits in 32 bits. 64 bytes behind the last block stay unused: loads may read beyond a value's end.
 *
 * Source: Masmano et al. 2004, "TLSF: a new dynamic memory allocator for real-time systems".
 */

const flagFree: u32 = 1;
const flagLeftFree: u32 = 2;
const flagCell: u32 = 4;
const sizeMask: u32 = ~15;

const pagesMax: u32 = 65535;
const slackBytes: u32 = 64;
const cellBytesMax: u32 = 512;
const chunkBytes: u32 = 65536 - 16;
/** A rest smaller than this stays with its block. */
const splitBytesMin: u32 = 64;

/** Lists by (log2 of the size, the next four bits); the sizes start at 2^4. */
const levelShift: u32 = 4;
const levelLists: u32 = 16;

/** Heads of the lists of big blocks: 28 levels of 16. */
const heads: usize = memory.data(28 * 16 * 4, 16);
/** A bit a list that is not empty, a word a level. */
const listMaps: usize = memory.data(28 * 4, 16);
/** Heads of the lists of cells, by bytes / 16. */
const cellHeads: usize = memory.data(33 * 4, 16);

/** A bit a level that has a list that is not empty. */
let levelMap: u32 = 0;
/** The header behind the last block: of size 0 and never free. 0 before the first use. */
let sentinel: usize = 0;
let chunkNext: usize = 0;
let chunkEnd: usize = 0;
let usedBytes: u64 = 0;
let failedBytes: u32 = 0;

/** The memory's size, by which JavaScript sees that it has grown: asking for its buffer takes twenty times as long. */
export function memoryPages(): u32 {
  return <u32>memory.size();
}

/** Memory for so many bytes, 16-byte aligned, not zeroed. Traps when 4 GiB are used up (`allocFailedBytes` tells). */
export function alloc(bytes: u32): usize {
  if (bytes > 0xffff0000) return fail(bytes);
  const size = (bytes + 4 + 15) & sizeMask;
  usedBytes += size;
  if (size > cellBytesMax) return allocBlock(size) + 4;
  const head = cellHeads + ((size >> 4) << 2);
  const cell = <usize>load<u32>(head);
  if (cell != 0) {
    store<u32>(head, load<u32>(cell + 4));
    store<u32>(cell, size | flagCell);
    return cell + 4;
  }
  return carveCell(size) + 4;
}

/** Gives memory from `alloc` back; 0 is allowed. Traps when it was given back before. */
export function free(address: usize): void {
  if (address == 0) return;
  const block = address - 4;
  const header = load<u32>(block);
  assert((header & flagFree) == 0);
  const size = header & sizeMask;
  usedBytes -= size;
  if (header & flagCell) {
    const head = cellHeads + ((size >> 4) << 2);
    store<u32>(block, header | flagFree);
    store<u32>(block + 4, load<u32>(head));
    store<u32>(head, <u32>block);
  } else {
    freeBlock(block, size);
  }
}

/** The same bytes in a room of another size, moved where needed; `realloc(0, n)` is `alloc(n)`. */
export function realloc(address: usize, bytes: u32): usize {
  if (address == 0) return alloc(bytes);
  if (bytes > 0xffff0000) return fail(bytes);
  const block = address - 4;
  const header = load<u32>(block);
  const size = header & sizeMask;
  const wanted = (bytes + 4 + 15) & sizeMask;
  if (wanted == size) return address;
  if ((header & flagCell) == 0 && wanted > cellBytesMax) {
    let room = size;
    if (wanted > size) {
      const right = block + size;
      const rightHeader = load<u32>(right);
      const both = <u64>size + (rightHeader & sizeMask);
      if (rightHeader & flagFree && both >= wanted) {
        takeOut(right, rightHeader & sizeMask);
        room = <u32>both;
      }
    }
    if (room >= wanted) {
      usedBytes += <u64>wanted - size;
      const kept = use(block, room, wanted, header & flagLeftFree);
      usedBytes += kept - wanted;
      return address;
    }
  }
  const target = alloc(bytes);
  memory.copy(target, address, min(size, wanted) - 4);
  free(address);
  return target;
}

/** Bytes in use, headers and roundings included. */
export function allocatedBytes(): u64 {
  return usedBytes;
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
function carveCell(size: u32): usize {
  if (chunkEnd - chunkNext < size) {
    const rest = <u32>(chunkEnd - chunkNext);
    if (rest > 0) {
      const head = cellHeads + ((rest >> 4) << 2);
      store<u32>(chunkNext, rest | flagCell | flagFree);
      store<u32>(chunkNext + 4, load<u32>(head));
      store<u32>(head, <u32>chunkNext);
    }
    // Cells start where the chunk's own header and the first 12 bytes end, and so are aligned as blocks are.
    chunkNext = allocBlock(chunkBytes) + 16;
    chunkEnd = chunkNext + chunkBytes - 16;
  }
  const cell = chunkNext;
  chunkNext = cell + size;
  store<u32>(cell, size | flagCell);
  return cell;
}

function allocBlock(size: u32): usize {
  let block = find(size);
  if (block == 0) {
    grow(size);
    block = find(size);
    if (block == 0) return fail(size);
  }
  const header = load<u32>(block);
  takeOut(block, header & sizeMask);
  const kept = use(block, header & sizeMask, size, header & flagLeftFree);
  usedBytes += kept - size;
  return block;
}

/** Marks a block that is in no list as used, after cutting off what is too much. Gives the size that it keeps. */
function use(block: usize, room: u32, size: u32, leftFree: u32): u32 {
  const rest = room - size;
  if (rest >= splitBytesMin) {
    store<u32>(block, size | leftFree);
    store<u32>(block + size, rest);
    freeBlock(block + size, rest);
    return size;
  }
  store<u32>(block, room | leftFree);
  const right = block + room;
  store<u32>(right, load<u32>(right) & ~flagLeftFree);
  return room;
}

/** Puts a block with a valid header into its list, merged with the free blocks at its sides. */
function freeBlock(start: usize, bytes: u32): void {
  let block = start;
  let size = bytes;
  const right = block + size;
  const rightHeader = load<u32>(right);
  if (rightHeader & flagFree) {
    takeOut(right, rightHeader & sizeMask);
    size += rightHeader & sizeMask;
  }
  if (load<u32>(block) & flagLeftFree) {
    const left = <usize>load<u32>(block - 4);
    const leftSize = load<u32>(left) & sizeMask;
    takeOut(left, leftSize);
    block = left;
    size += leftSize;
  }
  // Free blocks never touch, so the left neighbour is in use.
  store<u32>(block, size | flagFree);
  const end = block + size;
  store<u32>(end - 4, <u32>block);
  store<u32>(end, load<u32>(end) | flagLeftFree);
  putIn(block, size);
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
function headOf(level: u32, list: u32): usize {
  return heads + (((level << 4) | list) << 2);
}

/** A free block of at least so many bytes, 0 when there is none; it stays in its list. */
function find(size: u32): usize {
  let level = levelOf(size);
  let list = listOf(size, level);
  // The list of the size itself also holds smaller ones; but sizes repeat, so its first is often right.
  const first = <usize>load<u32>(headOf(level, list));
  if (first != 0 && (load<u32>(first) & sizeMask) >= size) return first;
  if (++list == levelLists) {
    list = 0;
    level++;
  }
  let lists = level < 28 ? load<u32>(listMaps + (level << 2)) & (~0 << list) : 0;
  if (lists == 0) {
    const levels = level < 27 ? levelMap & (~0 << (level + 1)) : 0;
    if (levels == 0) return 0;
    level = ctz(levels);
    lists = load<u32>(listMaps + (level << 2));
  }
  return <usize>load<u32>(headOf(level, ctz(lists)));
}

function putIn(block: usize, size: u32): void {
  const level = levelOf(size);
  const list = listOf(size, level);
  const head = headOf(level, list);
  const next = load<u32>(head);
  store<u32>(block + 4, 0);
  store<u32>(block + 8, next);
  if (next != 0) store<u32>(<usize>next + 4, <u32>block);
  store<u32>(head, <u32>block);
  levelMap |= 1 << level;
  const map = listMaps + (level << 2);
  store<u32>(map, load<u32>(map) | (1 << list));
}

function takeOut(block: usize, size: u32): void {
  const previous = load<u32>(block + 4);
  const next = load<u32>(block + 8);
  if (next != 0) store<u32>(<usize>next + 4, previous);
  if (previous != 0) {
    store<u32>(<usize>previous + 8, next);
    return;
  }
  const level = levelOf(size);
  const list = listOf(size, level);
  store<u32>(headOf(level, list), next);
  if (next != 0) return;
  const map = listMaps + (level << 2);
  const lists = load<u32>(map) & ~(1 << list);
  store<u32>(map, lists);
  if (lists == 0) levelMap &= ~(1 << level);
}

/** Adds memory at the end, enough for a block of so many bytes. */
function grow(size: u32): void {
  if (sentinel == 0) {
    sentinel = (((__heap_base + 4 + 15) & ~15) - 4) as usize;
    store<u32>(sentinel, 0);
    extend(<u32>memory.size());
    if (find(size) != 0) return;
  }
  const pages = <u32>memory.size();
  const needed = <u32>((<u64>size + 65535) >> 16);
  const wanted = max<u32>(max<u32>(needed, 16), pages >> 3);
  const room = pagesMax - min(pages, pagesMax);
  if (room < needed) {
    fail(size);
    return;
  }
  if (memory.grow(<i32>min(wanted, room)) < 0 && memory.grow(<i32>needed) < 0) {
    fail(size);
    return;
  }
  extend(<u32>memory.size());
}

/** Makes a free block of what lies between the old end and the end of so many pages. */
function extend(pages: u32): void {
  const end = (<usize>min(pages, pagesMax) << 16) - slackBytes + 12;
  const block = sentinel;
  const size = <u32>(end - block);
  store<u32>(block, size | (load<u32>(block) & flagLeftFree));
  sentinel = end;
  store<u32>(end, 0);
  freeBlock(block, size);
}
