import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * Pages of the state in a file of a checkpoint, a block of some at a time.
 *
 * ```
 * block   "TPG1" | crc32 | count u32 | page number u32 a page | the pages, 4 KiB each
 * ```
 *
 * packed  "TPZ1" | crc32 | bytes u32 | a block from its count on, compressed by zstd
 *
 * The checksum is of all that follows it in the block. Savepoints have packed blocks.
 */
const magic = 0x31475054;
const packedMagic = 0x315a5054;
const headerBytes = 12;

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
    block.writeUInt32LE(magic, 0);
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

/** What is wrong with a file of pages. */
export class DamagedPages extends Error {}

/**
 * Reads the blocks of a file; `take` is given each page's number, and where it begins in the bytes.
 * @throws DamagedPages, with the block's place
 */
export function readPages(
  read: (target: Uint8Array, position: number) => number,
  size: number,
  take: (page: number, bytes: Uint8Array, from: number) => void,
): void {
  const buffer = Buffer.allocUnsafeSlow(Math.min(size, headerBytes + blockPagesMax * (4 + pageBytes)));
  let at = 0;
  while (at < size) {
    const have = read(buffer.subarray(0, Math.min(buffer.length, size - at)), at);
    const found = have < headerBytes ? null : blockIn(buffer.subarray(0, have));
    if (found === null) throw new DamagedPages(`the block at byte ${at} is damaged`);
    const { body, bytes } = found;
    const count = body.readUInt32LE(0);
    const pagesAt = 4 + count * 4;
    for (let index = 0; index < count; index++) {
      take(body.readUInt32LE(4 + index * 4), body, pagesAt + index * pageBytes);
    }
    at += bytes;
  }
}

/** The block that some bytes begin with, from its count on, and how many bytes it takes there; null: it is damaged. */
function blockIn(bytes: Buffer): { readonly body: Buffer; readonly bytes: number } | null {
  const isPacked = bytes.readUInt32LE(0) === packedMagic;
  if (!isPacked && bytes.readUInt32LE(0) !== magic) return null;
  const end = isPacked ? headerBytes + bytes.readUInt32LE(8) : headerBytes + bytes.readUInt32LE(8) * (4 + pageBytes);
  if (end > bytes.length || crc32(bytes.subarray(8, end)) !== bytes.readUInt32LE(4)) return null;
  const body = isPacked ? zstdDecompressSync(bytes.subarray(headerBytes, end)) : bytes.subarray(8, end);
  return body.readUInt32LE(0) <= blockPagesMax ? { body, bytes: end } : null;
}
