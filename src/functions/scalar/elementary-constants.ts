/**
 * The constants of `kernels/elementary.ts`, computed with 192 bits behind the point: as sums of two or more DOUBLEs.
 *
 * ```
 * +0     ln 2 / 128 in two parts, ln 2 in two, 1 / ln 10 in two, pi / 2 in four of 26 bits
 * +80    128 times: 2^(j / 128) in two parts
 * +2128  128 times: a short number near 1 / m for the m from 1 + j / 128 on, and its logarithm's opposite in two parts,
 *        less ln 2 where m is above the root of 2
 * +5200  52 times: sin and cos of j / 64, in two parts each
 * ```
 */
let constants: Uint8Array | null = null;

export function elementaryConstants(): Uint8Array {
  constants ??= new Uint8Array(Float64Array.from(computed()).buffer);
  return constants;
}

const bits = 192n;
const one = 1n << bits;
const scale = 2 ** 192;

function computed(): readonly number[] {
  const ln2 = logarithm(2n * one);
  const half = halfPi();
  const numbers = [...parts(ln2 / 128n, 32), ...parts(ln2, 32), ...parts((one * one) / logarithm(10n * one), 53)];
  let rest = half;
  for (let part = 0; part < 4; part++) {
    const next = part < 3 ? shortened(rest, 26) : Number(rest) / scale;
    numbers.push(next);
    rest -= fixed(next);
  }
  for (let j = 0n; j < 128n; j++) numbers.push(...parts(exponential((ln2 * j) / 128n), 53));
  for (let j = 0; j < 128; j++) {
    const isAbove = j >= 53;
    const near = j === 0 ? 1 : j === 127 ? 0.5 : Math.round(512 / (1 + (j + 0.5) / 128)) / 512;
    numbers.push(near, ...parts(-logarithm(fixed(near)) - (isAbove ? ln2 : 0n), 53));
  }
  for (let j = 0n; j < 52n; j++)
    numbers.push(...parts(sine((one * j) / 64n), 53), ...parts(cosine((one * j) / 64n), 53));
  return numbers;
}

/** A number as a DOUBLE of so many bits, and what is left. */
function parts(value: bigint, bitCount: number): readonly [number, number] {
  const high = bitCount === 53 ? Number(value) / scale : shortened(value, bitCount);
  return [high, Number(value - fixed(high)) / scale];
}

/** The first bits of a positive number. */
function shortened(value: bigint, bitCount: number): number {
  const drop = BigInt(Math.max(0, value.toString(2).length - bitCount));
  return Number((value >> drop) << drop) / scale;
}

function fixed(value: number): bigint {
  return BigInt(value * scale);
}

function times(a: bigint, b: bigint): bigint {
  return (a * b) >> bits;
}

/** The sum of terms, each made of the one before, until they vanish. */
function series(first: bigint, next: (term: bigint, index: bigint) => bigint): bigint {
  let sum = 0n;
  let term = first;
  for (let index = 1n; term !== 0n && term !== -1n; index++) {
    sum += term;
    term = next(term, index);
  }
  return sum;
}

function exponential(x: bigint): bigint {
  return series(one, (term, index) => times(term, x) / index);
}

function sine(x: bigint): bigint {
  const square = times(x, x);
  return series(x, (term, index) => -times(term, square) / (2n * index * (2n * index + 1n)));
}

function cosine(x: bigint): bigint {
  const square = times(x, x);
  return series(one, (term, index) => -times(term, square) / ((2n * index - 1n) * (2n * index)));
}

/** 2 artanh((x - 1) / (x + 1)). */
function logarithm(x: bigint): bigint {
  const ratio = ((x - one) << bits) / (x + one);
  return 2n * oddSeries(ratio, times(ratio, ratio));
}

/** Machin's formula. */
function halfPi(): bigint {
  const arctangent = (n: bigint): bigint => oddSeries(one / n, -one / (n * n));
  return 2n * (4n * arctangent(5n) - arctangent(239n));
}

/** x + x r / 3 + x r^2 / 5 + ... */
function oddSeries(x: bigint, ratio: bigint): bigint {
  let sum = 0n;
  let power = x;
  for (let divisor = 1n; power !== 0n && power !== -1n; divisor += 2n) {
    sum += power / divisor;
    power = times(power, ratio);
  }
  return sum;
}
