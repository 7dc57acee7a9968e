import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementaryConstants } from '../../src/functions/scalar/elementary-constants.ts';
import { reducedLargeAngle } from '../../src/functions/scalar/large-angle.ts';
import { Memory } from '../../src/memory/memory.ts';

const memory = Memory.create();
const constants = memory.alloc(elementaryConstants().length);
memory.u8.set(elementaryConstants(), constants);
const kernels = memory.exports as unknown as Record<string, (...args: number[]) => number>;
const of = (name: string, ...args: readonly number[]): number =>
  kernels[`elementary${name}`]?.(...args, constants) ?? Number.NaN;

const bits = 1200n;
const one = 1n << bits;
const seed = 7;
const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 2000) / 10;

/** The exact value of a DOUBLE, times 2^1200. */
function fixed(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const word = view.getBigUint64(0);
  const exponent = Number((word >> 52n) & 0x7ffn);
  const mantissa = (word & ((1n << 52n) - 1n)) | (exponent === 0 ? 0n : 1n << 52n);
  const shift = bits - 1074n + BigInt(Math.max(exponent, 1) - 1);
  const size = shift >= 0n ? mantissa << shift : mantissa >> -shift;
  return word >> 63n === 1n ? -size : size;
}

/** How far a DOUBLE is from the exact value, in units of its last place. */
function error(value: number, exact: bigint): number {
  const there = fixed(value);
  const size = Math.abs(value);
  const last = fixed(2 ** (Math.floor(Math.log2(size)) - 52));
  return Number(((there - exact) * 1_000_000n) / last) / 1e6;
}

function series(first: bigint, next: (term: bigint, index: bigint) => bigint): bigint {
  let sum = 0n;
  for (let [term, index] = [first, 1n]; term !== 0n && term !== -1n; index++) {
    sum += term;
    term = next(term, index);
  }
  return sum;
}

const exponential = (x: bigint): bigint => series(one, (term, index) => ((term * x) >> bits) / index);
const sine = (x: bigint): bigint =>
  series(x, (term, index) => -((((term * x) >> bits) * x) >> bits) / (2n * index * (2n * index + 1n)));
const cosine = (x: bigint): bigint =>
  series(one, (term, index) => -((((term * x) >> bits) * x) >> bits) / ((2n * index - 1n) * (2n * index)));

/** Nearest but where the exact value is all but in the middle between two. */
const nearest = 0.5001;

describe('elementary functions give the nearest DOUBLE', () => {
  const check = (range: fc.Arbitrary<number>, holds: (x: number) => number): void =>
    fc.assert(
      fc.property(range, (x) => {
        expect(Math.abs(holds(x))).toBeLessThan(nearest);
      }),
      { seed, numRuns },
    );
  // A tiny number's last digit has no room in the numbers that this is checked with.
  const double = (min: number, max: number) => fc.double({ min, max, noNaN: true }).filter((x) => Math.abs(x) > 1e-200);

  test('e^x', () => {
    check(fc.oneof(double(-30, 30), double(-0.01, 0.01)), (x) => error(of('Exp', x), exponential(fixed(x))));
  });

  test('ln x: e^y is x within what the last digit of y may differ', () => {
    check(fc.oneof(double(0.5, 2), double(1e-9, 1e9), double(0.999, 1.001)), (x) => {
      const y = of('Log', x);
      if (x === 1) return y;
      // ln x - y = ln(x / e^y), which is that number less 1.
      const ratio = (fixed(x) * one) / exponential(fixed(y)) - one;
      return error(y, fixed(y) + ratio);
    });
  });

  test('sin x and cos x', () => {
    const angles = fc.oneof(
      double(-7, 7),
      double(-0.02, 0.02),
      fc.integer({ min: -20, max: 20 }).map((n) => (n * Math.PI) / 2),
    );
    check(angles, (x) => (x === 0 ? 0 : error(of('Sin', x), sine(fixed(x)))));
    check(angles, (x) => error(of('Cos', x), cosine(fixed(x))));
  });

  test('a large angle is reduced by JavaScript as the kernel reduces it', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e6, max: 9e7, noNaN: true }), fc.constantFrom(-1, 1), (size, sign) => {
        const { high, low, quadrant } = reducedLargeAngle(sign * size);
        kernels.elementaryReduced?.(high, low, quadrant);
        expect(of('SinOfReduced')).toBe(of('Sin', sign * size));
        expect(of('CosOfReduced')).toBe(of('Cos', sign * size));
        expect(of('TanOfReduced')).toBe(of('Tan', sign * size));
      }),
      { seed, numRuns },
    );
  });

  test('tan x is their quotient', () => {
    check(fc.oneof(double(-4, 4), double(-0.02, 0.02)), (x) =>
      x === 0 ? 0 : error(of('Tan', x), (sine(fixed(x)) * one) / cosine(fixed(x))),
    );
  });

  test('whole powers', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 1, max: 30 }), (n, y) => {
        expect(of('Pow', n / 8, y)).toBe(Number(BigInt(n) ** BigInt(y)) / 8 ** y);
        expect(of('Pow', 2, y - 15)).toBe(2 ** (y - 15));
      }),
      { seed, numRuns },
    );
    expect([10, 23, 100, 308].map((y) => of('Pow', 10, y))).toEqual([1e10, 1e23, 1e100, 1e308]);
  });

  test('logarithms to ten of powers of ten are whole', () => {
    for (let power = -300; power <= 300; power++) expect(of('Log10', Number(`1e${power}`))).toBe(power);
  });
});

test('infinities, zeros, NaN and what is beyond the range are as in JavaScript', () => {
  const edges = [0, -0, 1, -1, 0.5, -2, 3, -3, 2.5, 1e300, -1e300, 5e-324, 1e-310, 710, -746, Infinity, -Infinity, NaN];
  for (const x of edges) {
    const near = (name: string, there: number, here: number): void => {
      // Subnormal results and the last digit aside.
      if (Number.isFinite(here) && here !== 0) expect(there / here, `${name} ${x}`).toBeCloseTo(1, 12);
      else expect(there, `${name} ${x}`).toBe(here);
    };
    near('Exp', of('Exp', x), Math.exp(x));
    near('Log', of('Log', x), Math.log(x));
    near('Log10', of('Log10', x), Math.log10(x));
    for (const y of [...edges, 2 ** 53, 2 ** 53 + 2, -7, 1075]) near(`Pow ${y}`, of('Pow', x, y), x ** y);
  }
  expect([of('Sin', -0), of('Tan', -0)]).toEqual([-0, -0]);
});
