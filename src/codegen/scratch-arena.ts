import type { Memory } from '../memory/memory.ts';

/** Chunks double up to this size; a larger request gets a chunk of its own. */
const chunkBytesMax = 1 << 20;

/**
 * Short-lived bytes (a CONCAT's result): bump allocation, all given back at once when a batch is done.
 *
 * The emitted code takes from the current chunk by itself: `address` holds u32 top and u32 end. Only when a chunk is
 * full does it call `more`.
 */
export class ScratchArena {
  /** Where `top` (offset 0) and `end` (offset 4) stand. */
  readonly address: number;
  readonly #memory: Memory;
  readonly #chunks: { readonly address: number; readonly bytes: number }[] = [];
  #current = -1;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.address = memory.alloc(8);
    this.#set(0, 0);
  }

  /** Room for `bytes`, 8-byte aligned. */
  take(bytes: number): number {
    const top = this.#memory.u32[this.address >> 2] ?? 0;
    const end = this.#memory.u32[(this.address >> 2) + 1] ?? 0;
    const taken = (bytes + 7) & ~7;
    if (top + taken > end) return this.more(bytes);
    this.#memory.u32[this.address >> 2] = top + taken;
    return top;
  }

  /** As `take`, when the current chunk has no room. */
  more(bytes: number): number {
    const taken = (bytes + 7) & ~7;
    while (++this.#current < this.#chunks.length) {
      const chunk = this.#chunks[this.#current];
      if (chunk !== undefined && chunk.bytes >= taken) {
        this.#set(chunk.address + taken, chunk.address + chunk.bytes);
        return chunk.address;
      }
    }
    const size = Math.max(taken, Math.min(chunkBytesMax, 4096 << this.#chunks.length));
    const chunk = { address: this.#memory.alloc(size), bytes: size };
    this.#chunks.push(chunk);
    this.#current = this.#chunks.length - 1;
    this.#set(chunk.address + taken, chunk.address + size);
    return chunk.address;
  }

  /** Everything taken is free again. Chunks above the usual size are given back. */
  reset(): void {
    for (let at = this.#chunks.length - 1; at >= 0; at--) {
      const chunk = this.#chunks[at];
      if (chunk !== undefined && chunk.bytes > chunkBytesMax) {
        this.#memory.free(chunk.address);
        this.#chunks.splice(at, 1);
      }
    }
    const first = this.#chunks[0];
    this.#current = first === undefined ? -1 : 0;
    this.#set(first?.address ?? 0, first === undefined ? 0 : first.address + first.bytes);
  }

  close(): void {
    for (const chunk of this.#chunks) this.#memory.free(chunk.address);
    this.#chunks.length = 0;
    this.#memory.free(this.address);
  }

  #set(top: number, end: number): void {
    const { u32 } = this.#memory;
    u32[this.address >> 2] = top;
    u32[(this.address >> 2) + 1] = end;
  }
}
