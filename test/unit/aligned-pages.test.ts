import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AlignedBlock, alignedBlockBytes } from '../../src/state/aligned-block.ts';
import { DirectFile } from '../../src/state/direct-file.ts';
import { blockPagesMax, pageBytes } from '../../src/state/page-blob.ts';
import { DamagedPages, readPages } from '../../src/state/page-reader.ts';
import { Random } from '../support/streams/random.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-aligned-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Random pages from 2 MiB on, in a memory with a block at 64 KiB. */
class Pages {
  readonly #memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
  readonly #bytes = Buffer.from(this.#memory.buffer);
  readonly block = new AlignedBlock(this.#memory, 65_536);

  constructor() {
    const random = new Random(5);
    for (let at = 2 ** 21; at < this.#bytes.length; at += 4) this.#bytes.writeInt32LE(random.int(0x7fff_ffff), at);
  }

  address(index: number): number {
    return 2 ** 21 + index * pageBytes;
  }

  content(index: number): Buffer {
    return Buffer.copyBytesFrom(this.#bytes, this.address(index), pageBytes);
  }
}

/** The pages that are in a file, as bytes. */
function pagesIn(file: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  readPages(
    (target, position) => file.copy(target, 0, position),
    file.length,
    (page, bytes, from) => found.set(page, Buffer.copyBytesFrom(bytes, from, pageBytes)),
  );
  return found;
}

/** A file of two blocks, the second not full. */
function twoBlocks(): { readonly pages: Pages; readonly file: Buffer } {
  const pages = new Pages();
  const parts: Buffer[] = [];
  for (let index = 0; index < blockPagesMax + 3; index++) {
    pages.block.add(7000 + index * 2, pages.address(index));
    if (pages.block.isFull) parts.push(Buffer.from(pages.block.take()));
  }
  parts.push(Buffer.from(pages.block.take()));
  expect(parts.map(({ length }) => length)).toEqual([alignedBlockBytes, 4 * pageBytes]);
  return { pages, file: Buffer.concat(parts) };
}

test('what aligned blocks hold is read as it was', () => {
  const { pages, file } = twoBlocks();
  const found = pagesIn(file);
  expect([...found.keys()]).toEqual(Array.from({ length: blockPagesMax + 3 }, (_, index) => 7000 + index * 2));
  for (const [page, bytes] of found) expect(bytes.equals(pages.content((page - 7000) / 2))).toBe(true);
});

test('a block with a changed bit, with pages in another order or cut short is refused, with its place', () => {
  const { file } = twoBlocks();
  const random = new Random(9);
  for (let run = 0; run < 400; run++) {
    // The head of the first block, its pages, the second block.
    const at =
      [random.int(1100), random.int(alignedBlockBytes), alignedBlockBytes + random.int(4 * pageBytes)][run % 3] ?? 0;
    const changed = Buffer.from(file);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.int(8));
    const place = at < alignedBlockBytes ? 0 : alignedBlockBytes;
    expect(() => pagesIn(changed)).toThrow(new DamagedPages(`the block at byte ${place} is damaged`));
  }
  const swapped = Buffer.concat([
    file.subarray(0, pageBytes),
    file.subarray(2 * pageBytes, 3 * pageBytes),
    file.subarray(pageBytes, 2 * pageBytes),
    file.subarray(3 * pageBytes),
  ]);
  expect(() => pagesIn(swapped)).toThrow(DamagedPages);
  expect(() => pagesIn(file.subarray(0, file.length - 1))).toThrow(DamagedPages);
});

test('a file that may not go past the cache of the system goes through it', () => {
  const path = join(folder, 'unaligned');
  const file = new DirectFile(path);
  // No disk takes that directly.
  const bytes = Buffer.from('a few bytes, from an address of their own').subarray(3);
  file.write(bytes, 0);
  file.write(bytes, bytes.length);
  file.sync();
  file.close();
  expect(readFileSync(path).equals(Buffer.concat([bytes, bytes]))).toBe(true);
  expect(() => new DirectFile(path)).toThrow('EEXIST');
});

test('and whole pages are what the disk has', () => {
  const path = join(folder, 'aligned');
  const { file: expected } = twoBlocks();
  const pages = new Pages();
  const file = new DirectFile(path);
  let written = 0;
  for (let index = 0; index < blockPagesMax + 3; index++) {
    pages.block.add(7000 + index * 2, pages.address(index));
    if (!pages.block.isFull && index < blockPagesMax + 2) continue;
    const block = pages.block.take();
    file.write(block, written);
    written += block.length;
  }
  file.sync();
  file.close();
  const read = openSync(path, 'r');
  const bytes = Buffer.alloc(expected.length + 1);
  expect(readSync(read, bytes, 0, bytes.length, 0)).toBe(expected.length);
  closeSync(read);
  expect(bytes.subarray(0, expected.length).equals(expected)).toBe(true);
});
