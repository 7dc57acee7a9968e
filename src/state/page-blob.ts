import { crc32, zstdCompressSync } from 'node:zlib';

/**
 * Pages of the state in a file of a checkpoint, a block of some at a time.
 *
 * ```
 * block   "TPG1" | crc32 | count u32 | page number u32 a page | the pages, 4 KiB each
 * packed  "TPZ1" | crc32 | bytes u32 | a block from its count on, compressed by zstd
 * ```
 *
 * The checksum is of all that follows it in the block. Savepoints have packed blocks, and what another thread writes has
 * blocks that are aligned (aligned-block.ts).
 */
export const blockMagic = 0x31475054;
export const packedMagic = 0x315a5054;
export const headerBytes = 12;

export const pageBytes = 4096;

/** Pages of a block at most: a megabyte is written at once. */
export const blockPagesMax = 255;

/** Collects the pages of one block. */
export class PageBlock {
  readonly #bytes: Buffer;
  readonly #pagesMax: number;
  #count = 0;

  /** `pages`: no more than so many will come. */
  constructor(pages = blockPagesMax) {
    this.#pagesMax = Math.max(1, Math.min(blockPagesMax, pages));
    this.#bytes = Buffer.allocUnsafeSlow(headerBytes + this.#pagesMax * (4 + pageBytes));
  }

  /** Pages that it takes before it is full. */
  get room(): number {
    return this.#pagesMax - this.#count;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Copies pages in that lie one behind the other, no more than there is room for. */
  add(page: number, count: number, bytes: Uint8Array, from: number): void {
    for (let index = 0; index < count; index++) {
      this.#bytes.writeUInt32LE(page + index, headerBytes + (this.#count + index) * 4);
    }
    const to = headerBytes + this.#pagesMax * 4 + this.#count * pageBytes;
    this.#bytes.set(bytes.subarray(from, from + count * pageBytes), to);
    this.#count += count;
  }

  /** The block as it is written, and an empty one from here on. Valid until the next `add`. */
  take(): Uint8Array {
    const tableEnd = headerBytes + this.#count * 4;
    // The pages of a block that is not full move up to its table.
    if (this.room > 0) {
      const pagesAt = headerBytes + this.#pagesMax * 4;
      this.#bytes.copyWithin(tableEnd, pagesAt, pagesAt + this.#count * pageBytes);
    }
    const block = this.#bytes.subarray(0, tableEnd + this.#count * pageBytes);
    block.writeUInt32LE(blockMagic, 0);
    block.writeUInt32LE(this.#count, 8);
    block.writeUInt32LE(crc32(block.subarray(8)), 4);
    this.#count = 0;
    return block;
  }
}

/** Pages of a block of copies that writes have put aside (kernels/pages.ts), and where each copy begins. */
export function* copiesIn(memory: Uint8Array, address: number): Generator<{ page: number; from: number }> {
  const words = new Uint32Array(memory.buffer, address, 2 + blockPagesMax);
  const count = words[1] ?? 0;
  for (let index = 0; index < count; index++) {
    yield { page: words[2 + index] ?? 0, from: address + (index + 1) * pageBytes };
  }
}

/** A block as `take` gives it, compressed. */
export function packedBlock(block: Uint8Array): Uint8Array {
  const body = zstdCompressSync(block.subarray(8));
  const packed = Buffer.alloc(headerBytes + body.length);
  packed.writeUInt32LE(packedMagic, 0);
  packed.writeUInt32LE(body.length, 8);
  packed.set(body, headerBytes);
  packed.writeUInt32LE(crc32(packed.subarray(8)), 4);
  return packed;
}
