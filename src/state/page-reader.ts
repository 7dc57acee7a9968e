import { crc32, zstdDecompressSync } from 'node:zlib';
import { alignedBlockBytes, alignedMagic } from './aligned-block.ts';
import { blockMagic, blockPagesMax, headerBytes, packedMagic, pageBytes } from './page-blob.ts';
import { type PageSums, pageSums } from './page-sums.ts';

/** What is wrong with a file of pages. */
export class DamagedPages extends Error {}

/** The pages of a block, and how many bytes it takes in its file. */
interface FoundBlock {
  /** Begins with the pages' numbers. */
  readonly body: Buffer;
  readonly count: number;
  /** Where the pages begin in `body`. */
  readonly pagesAt: number;
  readonly bytes: number;
}

/** A page of 64 KiB over what a block takes: one that could not be compressed is longer than what it holds. */
const readPagesMax = alignedBlockBytes / 65_536 + 1;

/** Where blocks are read to: in a memory, as their checksums are made there. */
class ReadBuffer {
  readonly bytes: Buffer;
  readonly sums: PageSums;

  constructor() {
    // As many pages as the module asks for at least (.ci/build/kernels.ts).
    const pages = Math.max(32, readPagesMax);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.bytes = Buffer.from(memory.buffer);
    this.sums = pageSums(memory);
  }
}

let shared: ReadBuffer | null = null;

/**
 * Reads the blocks of a file; `take` is given each page's number, and where it begins in the bytes, which are valid until
 * it returns.
 * @throws DamagedPages, with the block's place
 */
export function readPages(
  read: (target: Uint8Array, position: number) => number,
  size: number,
  take: (page: number, bytes: Uint8Array, from: number) => void,
): void {
  shared ??= new ReadBuffer();
  const { bytes: buffer, sums } = shared;
  let at = 0;
  while (at < size) {
    const have = read(buffer.subarray(0, Math.min(readPagesMax * 65_536, size - at)), at);
    const found = have < headerBytes ? null : blockIn(buffer.subarray(0, have), sums);
    if (found === null) throw new DamagedPages(`the block at byte ${at} is damaged`);
    const { body, count, pagesAt, bytes } = found;
    for (let index = 0; index < count; index++) take(body.readUInt32LE(index * 4), body, pagesAt + index * pageBytes);
    at += bytes;
  }
}

/** The block that some bytes begin with; null: it is damaged. */
function blockIn(bytes: Buffer, sums: PageSums): FoundBlock | null {
  switch (bytes.readUInt32LE(0)) {
    case blockMagic: {
      const end = headerBytes + bytes.readUInt32LE(8) * (4 + pageBytes);
      return isWhole(bytes, end) ? inBody(bytes.subarray(8, end), end) : null;
    }
    case packedMagic: {
      const end = headerBytes + bytes.readUInt32LE(8);
      return isWhole(bytes, end)
        ? inBody(zstdDecompressSync(Buffer.from(bytes.subarray(headerBytes, end))), end)
        : null;
    }
    case alignedMagic:
      return alignedIn(bytes, sums);
    default:
      return null;
  }
}

function isWhole(bytes: Buffer, end: number): boolean {
  return end <= bytes.length && crc32(bytes.subarray(8, end)) === bytes.readUInt32LE(4);
}

/** What follows the checksum of a block: the count, the pages' numbers, the pages. */
function inBody(body: Buffer, bytes: number): FoundBlock | null {
  const count = body.readUInt32LE(0);
  return count <= blockPagesMax ? { body: body.subarray(4), count, pagesAt: count * 4, bytes } : null;
}

/** The bytes begin where their memory does. */
function alignedIn(bytes: Buffer, sums: PageSums): FoundBlock | null {
  const [told, count] = [bytes.readUInt32LE(4), bytes.readUInt32LE(8)];
  const end = (1 + count) * pageBytes;
  if (count > blockPagesMax || end > bytes.length) return null;
  bytes.writeUInt32LE(0, 4);
  const sum = sums.sumPages(0, 1, sums.sumPages(pageBytes, count, 0)) >>> 0;
  return sum === told
    ? { body: bytes.subarray(headerBytes), count, pagesAt: pageBytes - headerBytes, bytes: end }
    : null;
}
