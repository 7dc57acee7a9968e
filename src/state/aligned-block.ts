import { blockPagesMax, pageBytes } from './page-blob.ts';
import { type PageSums, pageSums } from './page-sums.ts';

/**
 * A block of pages that another thread fills in the job's own memory: each page is copied and summed at once. All of it
 * lies at multiples of a page, in the memory and in the file, as disks want it.
 *
 * ```
 * "TPG2" | sum | count u32 | page number u32 a page | zeros up to 4 KiB | the pages, 4 KiB each
 * ```
 *
 * The sum (kernels/page-copy.ts) is of the pages, and then of the first 4 KiB with 0 in its place.
 */
export const alignedMagic = 0x32475054;

export const alignedBlockBytes = (1 + blockPagesMax) * pageBytes;

export class AlignedBlock {
  readonly #at: number;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #sums: PageSums;
  #count = 0;
  #sum = 0;

  /** `address`: of `alignedBlockBytes`, a multiple of a page. */
  constructor(memory: WebAssembly.Memory, address: number) {
    this.#at = address;
    this.#bytes = new Uint8Array(memory.buffer, address, alignedBlockBytes);
    this.#words = new Uint32Array(memory.buffer, address, pageBytes / 4);
    this.#sums = pageSums(memory);
  }

  get isFull(): boolean {
    return this.#count === blockPagesMax;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Copies a page in, that begins at the address `from`. */
  add(page: number, from: number): void {
    this.#words[3 + this.#count++] = page;
    this.#sum = this.#sums.copyPageSummed(this.#at + this.#count * pageBytes, from, this.#sum);
  }

  /** The block as it is written, and an empty one from here on. Valid until the next `add`. */
  take(): Uint8Array {
    this.#words.fill(0, 3 + this.#count);
    this.#words.set([alignedMagic, 0, this.#count]);
    this.#words[1] = this.#sums.sumPages(this.#at, 1, this.#sum);
    const block = this.#bytes.subarray(0, (1 + this.#count) * pageBytes);
    this.#count = 0;
    this.#sum = 0;
    return block;
  }
}
