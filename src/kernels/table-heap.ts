import { allocRoom, free, stateAlloc } from './allocator';
import { copyBytes } from './bytes';
import { put, putBytes, putCopy, putZeros } from './page-marks';
import { touchPages } from './pages';

/**
 * A table's own heap: the texts of its rows. All of it goes with the table, so a closed window frees no text by itself.
 *
 * Rooms are cut from chunks one behind the other; freed ones are used again within their size class (steps of 8 bytes
 * up to 128, then four steps a doubling). Above 64 KiB a room is a block of the allocator's, in a list of its own.
 *
 * ```
 * heap    +0 next    of the chunk in work
 *         +4 end
 *         +8 chunk   the chunk in work; older ones behind it
 *        +12 bytes   held in chunks and large rooms
 *        +16 large   the first large room
 *        +20 spare   chunks kept by `heapClear`
 *        +24 heads   of the lists of free rooms, a u32 a class
 * chunk   +0 next chunk, +4 bytes, +8 rooms
 * large   +0 next, +4 previous, +8 bytes, +16 the room
 *
 * text in a row   +0 u32 address, +4 u32 length; address 0 where there never was a byte
 * its room        u32 capacity | the bytes      (the address points behind the capacity)
 * ```
 */
const heapInTable = 36;

const nextAt = 0;
const endAt = 4;
const chunkAt = 8;
const bytesAt = 12;
const largeAt = 16;
const spareAt = 20;
const headsAt: usize = 24;
const classes: u32 = 52;
const heapStructBytes: u32 = 24 + 52 * 4;

const chunkHeaderBytes: u32 = 8;
const largeHeaderBytes: u32 = 16;
const chunkBytesFirst: u32 = 1024;
const chunkBytesMax: u32 = 1 << 18;
const roomBytesMax: u32 = 1 << 16;

// @ts-ignore: decorator
@inline
function classOf(bytes: u32): u32 {
  if (bytes <= 128) return max<u32>(bytes + 7, 8) / 8 - 1;
  const below = bytes - 1;
  const log = 31 - clz(below);
  return 16 + ((log - 7) << 2) + ((below >> (log - 2)) & 3);
}

// @ts-ignore: decorator
@inline
function bytesOfClass(number: u32): u32 {
  if (number < 16) return (number + 1) << 3;
  const log = 7 + ((number - 16) >> 2);
  return (5 + ((number - 16) & 3)) << (log - 2);
}

function heapOf(table: usize): usize {
  let heap = <usize>load<u32>(table, heapInTable);
  if (heap == 0) {
    heap = stateAlloc(heapStructBytes);
    putZeros(heap, heapStructBytes);
    put<u32>(table, <u32>heap, heapInTable);
  }
  return heap;
}

/** A room of at least so many bytes in the table's heap, 8-byte aligned, not zeroed. */
export function heapAlloc(table: usize, bytes: u32): usize {
  const heap = heapOf(table);
  if (bytes > roomBytesMax) return allocLarge(heap, bytes);
  const number = classOf(bytes);
  const head = heap + headsAt + (number << 2);
  const room = load<u32>(head);
  if (room != 0) {
    put<u32>(head, load<u32>(room));
    return room;
  }
  const size = bytesOfClass(number);
  const next = load<u32>(heap, nextAt);
  if (load<u32>(heap, endAt) - next >= size) {
    put<u32>(heap, next + size, nextAt);
    return next;
  }
  return allocInNextChunk(heap, size);
}

/** Gives a room back; `bytes` as it was asked for. */
export function heapFree(table: usize, address: usize, bytes: u32): void {
  const heap = <usize>load<u32>(table, heapInTable);
  if (bytes > roomBytesMax) {
    freeLarge(heap, address);
    return;
  }
  const head = heap + headsAt + (classOf(bytes) << 2);
  put<u32>(address, load<u32>(head));
  put<u32>(head, <u32>address);
}

function allocInNextChunk(heap: usize, size: u32): usize {
  const last = <usize>load<u32>(heap, chunkAt);
  const lastBytes: u32 = last == 0 ? 0 : load<u32>(last, 4) + 4;
  let chunk = <usize>load<u32>(heap, spareAt);
  if (chunk != 0 && load<u32>(chunk, 4) - chunkHeaderBytes >= size) {
    put<u32>(heap, load<u32>(chunk), spareAt);
  } else {
    let bytes = max(chunkBytesFirst, min(lastBytes << 1, chunkBytesMax));
    while (bytes - chunkHeaderBytes < size) bytes <<= 1;
    chunk = stateAlloc(bytes - 4);
    put<u32>(chunk, bytes - 4, 4);
    put<u32>(heap, load<u32>(heap, bytesAt) + bytes, bytesAt);
  }
  put<u32>(chunk, <u32>last);
  put<u32>(heap, <u32>chunk, chunkAt);
  const room = chunk + chunkHeaderBytes;
  put<u32>(heap, <u32>room + size, nextAt);
  put<u32>(heap, <u32>chunk + load<u32>(chunk, 4), endAt);
  return room;
}

function allocLarge(heap: usize, bytes: u32): usize {
  assert(bytes < 0xffff0000);
  const large = stateAlloc(bytes + largeHeaderBytes);
  const next = load<u32>(heap, largeAt);
  put<u32>(large, next);
  put<u32>(large, 0, 4);
  if (next != 0) put<u32>(next, <u32>large, 4);
  put<u32>(heap, <u32>large, largeAt);
  const held = allocRoom(large);
  put<u32>(large, held, 8);
  put<u32>(heap, load<u32>(heap, bytesAt) + held, bytesAt);
  return large + largeHeaderBytes;
}

function freeLarge(heap: usize, address: usize): void {
  const large = address - largeHeaderBytes;
  const next = load<u32>(large);
  const previous = load<u32>(large, 4);
  if (next != 0) put<u32>(next, previous, 4);
  if (previous != 0) put<u32>(previous, next);
  else put<u32>(heap, next, largeAt);
  put<u32>(heap, load<u32>(heap, bytesAt) - load<u32>(large, 8), bytesAt);
  free(large);
}

/** Everything is free again; the chunks stay. */
export function heapClear(heap: usize): void {
  while (load<u32>(heap, largeAt) != 0) freeLarge(heap, <usize>load<u32>(heap, largeAt) + largeHeaderBytes);
  let chunk = <usize>load<u32>(heap, chunkAt);
  while (chunk != 0) {
    // The list runs from the newest, so the oldest and smallest comes first again.
    const older = <usize>load<u32>(chunk);
    put<u32>(chunk, load<u32>(heap, spareAt));
    put<u32>(heap, <u32>chunk, spareAt);
    chunk = older;
  }
  put<u32>(heap, 0, nextAt);
  put<u32>(heap, 0, endAt);
  put<u32>(heap, 0, chunkAt);
  putZeros(heap + headsAt, classes << 2);
}

/** Gives the heap's memory back. */
export function heapDrop(heap: usize): void {
  while (load<u32>(heap, largeAt) != 0) freeLarge(heap, <usize>load<u32>(heap, largeAt) + largeHeaderBytes);
  dropChunks(load<u32>(heap, chunkAt));
  dropChunks(load<u32>(heap, spareAt));
  free(heap);
}

function dropChunks(first: usize): void {
  let chunk = first;
  while (chunk != 0) {
    const next = <usize>load<u32>(chunk);
    free(chunk);
    chunk = next;
  }
}

/** Bytes held, used or not. */
export function heapBytes(heap: usize): u32 {
  return allocRoom(heap) + load<u32>(heap, bytesAt);
}

/** Copies bytes into the table's heap; gives where they are, 0 for none. With their length, a text of a row. */
export function heapPut(table: usize, from: usize, length: u32): usize {
  if (length == 0) return 0;
  const address = allocText(table, length);
  putBytes(address, from, length);
  return address;
}

/** A room for a text, with all that its size class gives as capacity. */
function allocText(table: usize, length: u32): usize {
  assert(length < 0xfffe0000);
  const wanted = length + 4;
  const size = wanted > roomBytesMax ? wanted : bytesOfClass(classOf(wanted));
  const room = heapAlloc(table, size);
  put<u32>(room, size - 4);
  return room + 4;
}

// @ts-ignore: decorator
@inline
function freeText(table: usize, address: usize): void {
  if (address != 0) heapFree(table, address - 4, load<u32>(address - 4) + 4);
}

/** Makes the text at `slotAddress` these bytes, in its present room where they fit. They may be part of it. */
export function textAssign(table: usize, slotAddress: usize, from: usize, length: u32): void {
  const address = <usize>load<u32>(slotAddress);
  if (length != 0) {
    if (address != 0 && load<u32>(address - 4) >= length) {
      touchPages(address, length);
      // Only bytes of the text itself can overlap with its room.
      if (from + length <= address || from >= address + length) copyBytes(address, from, length);
      else memory.copy(address, from, length);
    } else {
      const wider = heapPut(table, from, length);
      freeText(table, address);
      put<u32>(slotAddress, <u32>wider);
    }
  }
  put<u32>(slotAddress, length, 4);
}

/** Adds bytes to the end of the text at `slotAddress`; its room doubles when they do not fit. They may be part of it. */
export function textAppend(table: usize, slotAddress: usize, from: usize, length: u32): void {
  if (length == 0) return;
  const address = <usize>load<u32>(slotAddress);
  const before = load<u32>(slotAddress, 4);
  const total = before + length;
  assert(total >= before);
  const capacity: u32 = address == 0 ? 0 : load<u32>(address - 4);
  if (total <= capacity) {
    putBytes(address + before, from, length);
  } else {
    const doubled = capacity < 0x7fff0000 ? capacity << 1 : total;
    const wider = allocText(table, max<u32>(max(total, doubled), 28));
    putBytes(wider, address, before);
    putBytes(wider + before, from, length);
    freeText(table, address);
    put<u32>(slotAddress, <u32>wider);
  }
  put<u32>(slotAddress, total, 4);
}

/** Makes the text at `slotAddress` longer by so many bytes; the address of the first, for the caller to write. */
export function textReserve(table: usize, slotAddress: usize, bytes: u32): usize {
  const before = load<u32>(slotAddress, 4);
  const total = before + bytes;
  assert(total >= before);
  let address = <usize>load<u32>(slotAddress);
  const capacity: u32 = address == 0 ? 0 : load<u32>(address - 4);
  if (total > capacity) {
    const doubled = capacity < 0x7fff0000 ? capacity << 1 : total;
    const wider = allocText(table, max<u32>(max(total, doubled), 28));
    putBytes(wider, address, before);
    freeText(table, address);
    put<u32>(slotAddress, <u32>wider);
    address = wider;
  }
  put<u32>(slotAddress, total, 4);
  touchPages(address + before, bytes);
  return address + before;
}

/** Gives the room of the text at `slotAddress` back and empties it. */
export function textFree(table: usize, slotAddress: usize): void {
  freeText(table, load<u32>(slotAddress));
  put<u64>(slotAddress, 0);
}
