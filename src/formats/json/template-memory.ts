import type { Memory } from '../../memory/memory.ts';

/**
 * What emitted decoders keep in memory. Powers of ten. Vectors of 16 equal bytes: one that is a constant of the code is
 * put together anew by V8 wherever it is used, in a loop each time round; one that is loaded at the function's start
 * stays in a register. And how long numbers were when they were met last.
 */
export const templateMemory = {
  /** 10^0 .. 10^7 as i64s. */
  powers: 0,
  /** The vectors of `findQuote`. */
  turnedBit: 64,
  textStops: 80,
  backslash: 96,
  /** A u32 a number. */
  lengths: 112,
  bytes: 112 + 4 * 256,
} as const;

/** Numbers beyond these are not guessed. */
export const lengthsMax = 256;

const vectors = [
  [templateMemory.turnedBit, 0x02],
  [templateMemory.textStops, 0x21],
  [templateMemory.backslash, 0x5c],
] as const;

/** Gives the address; the caller frees it. */
export function allocTemplateMemory(memory: Memory): number {
  const address = memory.alloc(templateMemory.bytes);
  const { i64, u8 } = memory;
  for (let power = 0; power < 8; power++) i64[((address + templateMemory.powers) >>> 3) + power] = 10n ** BigInt(power);
  for (const [at, byte] of vectors) u8.fill(byte, address + at, address + at + 16);
  u8.fill(0, address + templateMemory.lengths, address + templateMemory.bytes);
  return address;
}
