import type { FillTarget } from './column-fillers.ts';
import type { Random } from './random.ts';

export interface TextSize {
  readonly length: number;
  /** Each value has 1 to `length` characters or bytes. */
  readonly isVariable: boolean;
}

/** Texts of random hexadecimal digits. */
export function fillHexText(target: FillTarget, size: TextSize, random: Random): void {
  const digits = hexDigits();
  fillTexts(target, size, random, (u32, at, words) => {
    for (let i = 0; i < words; i += 2) {
      const bits = random.next();
      u32[at + i] = digits[bits >>> 16] ?? 0;
      u32[at + i + 1] = digits[bits & 0xffff] ?? 0;
    }
  });
}

export function fillBytes(target: FillTarget, size: TextSize, random: Random): void {
  fillTexts(target, size, random, (u32, at, words) => {
    for (let i = 0; i < words; i++) u32[at + i] = random.next();
  });
}

/** Bytes are made in pieces of two words; what is too much lies behind the value and is not seen. */
function fillTexts(
  { memory, arena, values, count }: FillTarget,
  { length, isVariable }: TextSize,
  random: Random,
  make: (u32: Uint32Array, at: number, words: number) => void,
): void {
  const room = (length + 7) & ~7;
  let at = arena.alloc(room * count);
  const { u32 } = memory;
  const slots = values >>> 2;
  for (let i = 0; i < count; i++) {
    const its = isVariable ? random.count(length) : length;
    u32[slots + i * 2] = at;
    u32[slots + i * 2 + 1] = its;
    make(u32, at >>> 2, ((its + 7) >>> 3) * 2);
    at += room;
  }
}

let digitsMade: Uint32Array | null = null;

/** Four digits for each value of 16 bits. */
function hexDigits(): Uint32Array {
  if (digitsMade !== null) return digitsMade;
  const text = '0123456789abcdef';
  const made = Uint32Array.from({ length: 65_536 }, (_, bits) => {
    const digit = (shift: number): number => text.charCodeAt((bits >>> shift) & 15);
    return digit(12) | (digit(8) << 8) | (digit(4) << 16) | (digit(0) << 24);
  });
  digitsMade = made;
  return made;
}
