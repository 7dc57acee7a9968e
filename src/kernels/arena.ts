import { alloc, allocRoom, free } from './allocator';

/**
 * Memory that is taken piece by piece and given back at once: what lives as long as one batch.
 *
 * ```
 * arena   +0 u32 next    address of the next piece, 16-byte aligned
 *         +4 u32 end     of the chunk in work
 *         +8 u32 chunk   the chunk in work
 *        +12 u32 first   the first chunk
 *        +16 u32 chunkBytes
 * chunk   +0 u32 next chunk, +4 u32 bytes, +16 the pieces
 * ```
 *
 * Emitted code may take a piece by itself: p = next; if (p + bytes <= end) next = (p + bytes + 15) & ~15, where
 * bytes is not near 2^32; else `arenaAlloc`. A reset keeps the chunks of the usual size and gives bigger ones back.
 */
const nextAt = 0;
const endAt = 4;
const chunkAt = 8;
const firstAt = 12;
const chunkBytesAt = 16;
const headerBytes: u32 = 16;

export function arenaNew(chunkBytes: u32): usize {
  const arena = alloc(20);
  memory.fill(arena, 0, 20);
  store<u32>(arena, chunkBytes, chunkBytesAt);
  return arena;
}

/** So many bytes until the next reset; 16-byte aligned, not zeroed. */
export function arenaAlloc(arena: usize, bytes: u32): usize {
  const next = load<u32>(arena, nextAt);
  if (<u64>next + bytes <= <u64>load<u32>(arena, endAt) && next != 0) {
    store<u32>(arena, (next + bytes + 15) & ~15, nextAt);
    return next;
  }
  return allocInNextChunk(arena, bytes);
}

function allocInNextChunk(arena: usize, bytes: u32): usize {
  const chunk = <usize>load<u32>(arena, chunkAt);
  const following = chunk == 0 ? <usize>load<u32>(arena, firstAt) : <usize>load<u32>(chunk);
  if (following != 0 && load<u32>(following, 4) - headerBytes >= bytes) {
    enter(arena, following);
  } else {
    const wanted = max<u32>(load<u32>(arena, chunkBytesAt), bytes + headerBytes);
    assert(wanted >= bytes);
    const added = alloc(wanted);
    store<u32>(added, <u32>following);
    store<u32>(added, wanted, 4);
    if (chunk == 0) store<u32>(arena, <u32>added, firstAt);
    else store<u32>(chunk, <u32>added);
    enter(arena, added);
  }
  const piece = load<u32>(arena, nextAt);
  store<u32>(arena, (piece + bytes + 15) & ~15, nextAt);
  return piece;
}

function enter(arena: usize, chunk: usize): void {
  store<u32>(arena, <u32>(chunk + headerBytes), nextAt);
  store<u32>(arena, <u32>chunk + load<u32>(chunk, 4), endAt);
  store<u32>(arena, <u32>chunk, chunkAt);
}

/** Ends the life of all pieces. */
export function arenaReset(arena: usize): void {
  const usual = load<u32>(arena, chunkBytesAt);
  let link = arena + firstAt;
  let chunk = <usize>load<u32>(link);
  while (chunk != 0) {
    const next = load<u32>(chunk);
    if (load<u32>(chunk, 4) > usual) {
      free(chunk);
      store<u32>(link, next);
    } else {
      link = chunk;
    }
    chunk = next;
  }
  store<u32>(arena, 0, nextAt);
  store<u32>(arena, 0, endAt);
  store<u32>(arena, 0, chunkAt);
  const first = <usize>load<u32>(arena, firstAt);
  if (first != 0) enter(arena, first);
}

/** Gives everything back. */
export function arenaDrop(arena: usize): void {
  let chunk = <usize>load<u32>(arena, firstAt);
  while (chunk != 0) {
    const next = <usize>load<u32>(chunk);
    free(chunk);
    chunk = next;
  }
  free(arena);
}

/** Bytes that the arena holds, used or not. */
export function arenaBytes(arena: usize): u32 {
  let bytes = allocRoom(arena);
  let chunk = <usize>load<u32>(arena, firstAt);
  while (chunk != 0) {
    bytes += load<u32>(chunk, 4);
    chunk = <usize>load<u32>(chunk);
  }
  return bytes;
}
