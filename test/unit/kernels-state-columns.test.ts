import { describe, expect, test } from 'vitest';
import { Memory } from '../../src/memory/memory.ts';

const memory = Memory.create();
const { kernels } = memory;

function place(bytes: ArrayLike<number>): number {
  const address = memory.alloc(bytes.length);
  memory.u8.set(bytes, address);
  return address;
}

const words = (values: readonly number[]): number => place(new Uint8Array(Uint32Array.from(values).buffer));

describe('columns', () => {
  test('rows are gathered by number, at every width', () => {
    const rows = [5, 0, 3, 3, 7];
    const at = words(rows);
    const gathers = [
      [1, kernels.gather1],
      [2, kernels.gather2],
      [4, kernels.gather4],
      [8, kernels.gather8],
      [16, kernels.gather16],
    ] as const;
    for (const [width, gather] of gathers) {
      const from = place(Array.from({ length: 8 * width }, (_, index) => index));
      const to = memory.alloc(rows.length * width);
      gather(to, from, at, rows.length);
      const expected = rows.flatMap((row) => Array.from({ length: width }, (_, index) => row * width + index));
      expect([...memory.copyOut(to, rows.length * width)]).toEqual(expected);
    }
  });

  test('bits become bytes, bytes bits, and bits move, at any start and length', () => {
    const pattern = Array.from({ length: 200 }, (_, index) => Number((index * index) % 7 < 3));
    const bits = place(
      Array.from({ length: 25 }, (_, byte) =>
        pattern.slice(byte * 8, byte * 8 + 8).reduce((sum, bit, at) => sum | (bit << at), 0),
      ),
    );
    for (const first of [0, 1, 7, 8, 13]) {
      for (const count of [0, 1, 8, 15, 16, 63, 64, 65, 130, 187]) {
        const expected = pattern.slice(first, first + count);
        const bytes = memory.alloc(count + 1);
        memory.u8[bytes + count] = 9;
        kernels.bitsToBytes(bytes, bits, first, count);
        expect([...memory.copyOut(bytes, count)]).toEqual(expected);
        expect(memory.u8[bytes + count]).toBe(9);
        expect(kernels.countZeroBytes(bytes, count)).toBe(expected.filter((bit) => bit === 0).length);

        const size = (count + 7) >> 3;
        const [packed, moved] = [memory.alloc(size + 1), memory.alloc(size + 1)];
        memory.u8[packed + size] = 9;
        memory.u8[moved + size] = 9;
        kernels.bytesToBits(packed, bytes, count);
        kernels.bitsToBits(moved, bits, first, count);
        const asBytes = expected.reduce<number[]>(
          (all, bit, at) => all.with(at >> 3, (all[at >> 3] ?? 0) | (bit << (at & 7))),
          Array.from({ length: size }, () => 0),
        );
        expect([...memory.copyOut(packed, size + 1)]).toEqual([...asBytes, 9]);
        expect([...memory.copyOut(moved, size + 1)]).toEqual([...asBytes, 9]);
      }
    }
  });

  test('views become offsets and bytes, and these views again', () => {
    const texts = ['alpha', '', 'ignored', 'a text of some length, longer than sixteen bytes', 'z'];
    const stored = texts.map((text) => place(Buffer.from(text)));
    const views = words(texts.flatMap((text, index) => [stored[index]!, text.length]));
    const validity = place([1, 1, 0, 1, 1]);
    const present = texts.with(2, '');
    const total = present.join('').length;
    expect(kernels.viewsBytes(views, validity, 5)).toBe(BigInt(total));
    expect(kernels.viewsBytes(views, 0, 5)).toBe(BigInt(texts.join('').length));
    const offsets = memory.alloc(24);
    const bytes = memory.alloc(total + 1);
    memory.u8[bytes + total] = 9;
    kernels.viewsToOffsets(offsets, bytes, views, validity, 5);
    expect(memory.text(bytes, total)).toBe(present.join(''));
    expect(memory.u8[bytes + total]).toBe(9);
    const again = memory.alloc(40);
    kernels.offsetsToViews(again, offsets, bytes, 5);
    const textAt = (base: number, index: number): string =>
      memory.text(memory.u32[base / 4 + index * 2]!, memory.u32[base / 4 + index * 2 + 1]!);
    expect(present.map((_, index) => textAt(again, index))).toEqual(present);

    const keys = words([4, 0xffff_ffff, 0, 4]);
    const picked = memory.alloc(32);
    kernels.keysToViews(picked, keys, again, place([1, 0, 1, 1]), 4);
    expect([0, 1, 2, 3].map((index) => textAt(picked, index))).toEqual(['z', '', 'alpha', 'z']);
  });
});
