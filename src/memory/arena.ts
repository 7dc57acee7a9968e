import type { Memory } from './memory.ts';

/**
 * Memory that lives until the next `reset`: what belongs to one batch. Emitted code takes pieces from the same arena
 * through `address` (see kernels/arena.ts).
 */
export class Arena {
  /** Of the arena's struct. */
  readonly address: number;
  readonly #memory: Memory;

  /** Chunks of `chunkBytes` are kept over resets; a bigger piece gets its own, given back at the reset. */
  constructor(memory: Memory, chunkBytes: number) {
    this.#memory = memory;
    this.address = memory.kernels.arenaNew(chunkBytes) >>> 0;
  }

  /** 16-byte aligned, not zeroed. */
  alloc(bytes: number): number {
    return this.#memory.kernels.arenaAlloc(this.address, bytes) >>> 0;
  }

  /** Ends the life of all pieces. */
  reset(): void {
    this.#memory.kernels.arenaReset(this.address);
  }

  /** Gives everything back; the arena is not used again. */
  release(): void {
    this.#memory.kernels.arenaDrop(this.address);
  }

  /** Held, used or not. */
  get bytes(): number {
    return this.#memory.kernels.arenaBytes(this.address) >>> 0;
  }
}
