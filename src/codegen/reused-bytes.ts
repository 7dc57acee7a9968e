import type { Memory } from '../memory/memory.ts';

/** Kernels copy up to 16 bytes beyond the end of what they copy. */
const spareBytes = 16;

/** Room for one value at a time: the next takes the place of the last. It is as big as the biggest was. */
export class ReusedBytes {
  readonly #memory: Memory;
  #address = 0;
  #capacity = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  alloc(bytes: number): number {
    if (bytes > this.#capacity || this.#address === 0) {
      this.release();
      this.#capacity = Math.max(64, bytes * 2);
      this.#address = this.#memory.alloc(this.#capacity + spareBytes);
    }
    return this.#address;
  }

  /** Gives it back. */
  release(): void {
    if (this.#address !== 0) this.#memory.free(this.#address);
    this.#address = 0;
    this.#capacity = 0;
  }
}
