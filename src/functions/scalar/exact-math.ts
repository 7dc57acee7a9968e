/**
 * Elementary functions rounded from more digits than a double has, as Java's are to all purposes: the machine code that
 * its virtual machine has for them errs by little more than half a unit in the last place. JavaScript's own err by up to
 * one, and so in the last digit of one result in ten.
 *
 * A value is a sum of two doubles, the second below half a unit of the first. What is computed returns the first and
 * leaves the second in `low`: a pair per step would cost more than the step. Sources: Dekker 1971; Hida, Li and Bailey
 * 2001 for the exponential.
 */
let low = 0;

function sum(a: number, b: number): number {
  const high = a + b;
  const of = high - a;
  low = a - (high - of) + (b - of);
  return high;
}

/** A double as two of 26 bits, whose products are exact. */
function upperHalf(value: number): number {
  const scaled = value * 134_217_729;
  return scaled - (scaled - value);
}

function product(a: number, b: number): number {
  const high = a * b;
  const a1 = upperHalf(a);
  const b1 = upperHalf(b);
  const a2 = a - a1;
  const b2 = b - b1;
  low = a1 * b1 - high + a1 * b2 + a2 * b1 + a2 * b2;
  return high;
}

function plus(a: number, aLow: number, b: number, bLow: number): number {
  const high = sum(a, b);
  return sum(high, low + (aLow + bLow));
}

function times(a: number, aLow: number, b: number, bLow: number): number {
  const high = product(a, b);
  return sum(high, low + (a * bLow + aLow * b));
}

function over(a: number, aLow: number, b: number, bLow: number): number {
  const first = a / b;
  const back = product(first, b);
  const rest = a - back - low + aLow - first * bLow;
  return sum(first, rest / b);
}

/** ln 2 in three parts: a whole number of up to 20 bits times the first is exact. */
const ln2First = 0.6931471803691238;
const ln2Second = 1.9082149292705877e-10;
const ln2Last = -1.1612227229362532e-26;
const log10OfELow = 1.098319650216765e-17;

/** e^x is what is returned, and its second part, times 2^exponentOf2. */
let exponentOf2 = 0;

function exponential(x: number, xLow: number): number {
  const k = Math.round(x / Math.LN2);
  exponentOf2 = k;
  // x - k ln 2, and of that a 32nd part, so that few terms are needed.
  const start = sum(x - k * ln2First, -k * ln2Second);
  const tail = low;
  product(k, ln2Second);
  let r = sum(start, tail - low - k * ln2Last + xLow) / 32;
  let rLow = low / 32;
  // e^r - 1: what is beyond the third power needs no second part.
  const square = times(r, rLow, r, rLow);
  const squareLow = low;
  const cube = times(square, squareLow, r, rLow);
  const cubeLow = low;
  const sixth = times(cube, cubeLow, 1 / 6, 9.25185853854297e-18);
  const sixthLow = low;
  const more = square * square * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040 + r * (1 / 40320)))));
  const firsts = plus(square / 2, squareLow / 2, sixth, sixthLow + more);
  r = plus(r, rLow, firsts, low);
  rLow = low;
  // e^2r - 1 = 2 (e^r - 1) + (e^r - 1)^2, five times.
  for (let n = 0; n < 5; n++) {
    const squared = times(r, rLow, r, rLow);
    r = plus(2 * r, 2 * rLow, squared, low);
    rLow = low;
  }
  return plus(1, 0, r, rLow);
}

/** ln x for finite x > 0. */
function logarithm(x: number): number {
  if (Math.abs(x - 1) < 0.01) {
    // ln x = 2 artanh z, z = (x - 1) / (x + 1); what is beyond z^5 needs no second part.
    const divisor = sum(x, 1);
    const z = over(x - 1, 0, divisor, low);
    const zLow = low;
    const square = times(z, zLow, z, zLow);
    const squareLow = low;
    const cube = times(square, squareLow, z, zLow);
    const cubeLow = low;
    const third = times(cube, cubeLow, 1 / 3, 1.850371707708594e-17);
    const thirdLow = low;
    const more = cube * square * (1 / 5 + square * (1 / 7 + square * (1 / 9 + square * (1 / 11 + square / 13))));
    const high = plus(z, zLow, third, thirdLow + more);
    low *= 2;
    return 2 * high;
  }
  // A step of Newton's: y + (x / e^y - 1)
  const y = Math.log(x);
  const inverse = exponential(-y, 0);
  const factor = times(inverse, low, x * 2 ** exponentOf2, 0);
  const error = factor - 1 + low;
  return sum(y, error - (error * error) / 2);
}

/** Beyond these the halves of a product or of a result have not all their bits. */
function isTame(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude > 1e-280 && magnitude < 1e280;
}

export function exp(x: number): number {
  const plain = Math.exp(x);
  return isTame(plain) ? exponential(x, 0) * 2 ** exponentOf2 : plain;
}

export function ln(x: number): number {
  return x > 0 && isTame(x) ? logarithm(x) : Math.log(x);
}

export function log10(x: number): number {
  if (!(x > 0 && isTame(x))) return Math.log10(x);
  const natural = logarithm(x);
  return times(natural, low, Math.LOG10E, log10OfELow);
}

export function power(x: number, y: number): number {
  const plain = x ** y;
  if (!isTame(plain) || !isTame(x) || plain === 1 || y === 1) return plain;
  if (Number.isInteger(y) && Math.abs(y) <= 1024) return wholePower(x, y);
  const natural = logarithm(Math.abs(x));
  const exponent = times(natural, low, y, 0);
  return Math.sign(plain) * exponential(exponent, low) * 2 ** exponentOf2;
}

/** Multiplied out: 10^23 stands in the middle of two doubles, and only what is exact finds the even one. */
function wholePower(x: number, y: number): number {
  let value = 1;
  let valueLow = 0;
  let base = x;
  let baseLow = 0;
  for (let left = Math.abs(y); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      value = times(value, valueLow, base, baseLow);
      valueLow = low;
    }
    if (left === 1) break;
    base = times(base, baseLow, base, baseLow);
    baseLow = low;
  }
  return y < 0 ? over(1, 0, value, valueLow) : value;
}

/** pi/2 in four parts: a whole number of up to 20 bits times each but the last is exact. */
const halfPiFirst = 1.5707963267341256;
const halfPiSecond = 6.077100506303966e-11;
const halfPiThird = 2.0222662487111665e-21;
const halfPiLast = 8.4784276603689e-32;

/** Which multiple of pi/2 was taken away, modulo 4. */
let quadrant = 0;

/** What is left of x when the nearest multiple of pi/2 is taken away. */
function reduced(x: number): number {
  const near = Math.round(x / (Math.PI / 2));
  if (Math.abs(near) >= 2 ** 20) return reducedOfLarge(x);
  quadrant = ((near % 4) + 4) % 4;
  const most = sum(x - near * halfPiFirst, -near * halfPiSecond);
  return plus(most, low, -near * halfPiThird, -near * halfPiLast);
}

/** The bits behind the point of pi/2: the largest double has 1024 before it. */
const piBits = 1200n;
let halfPi: bigint | null = null;

/** Machin 1706: pi / 4 = 4 arctan 1/5 - arctan 1/239 */
function halfPiBits(): bigint {
  const arcTangent = (of: bigint): bigint => {
    let term = (1n << (piBits + 64n)) / of;
    let total = term;
    for (let n = 3n, sign = -1n; term > 0n; n += 2n, sign = -sign) {
      term /= of * of;
      total += (sign * term) / n;
    }
    return total;
  };
  halfPi ??= (2n * (4n * arcTangent(5n) - arcTangent(239n))) >> 64n;
  return halfPi;
}

/** Of 10^6 and more, where a double is a whole number of small fractions: exactly. */
function reducedOfLarge(x: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(x));
  const word = bits.getBigUint64(0);
  const mantissa = (word & 0xf_ffff_ffff_ffffn) | 0x10_0000_0000_0000n;
  const fixed = mantissa << (piBits + (word >> 52n) - 1075n);
  const half = halfPiBits();
  const multiple = (2n * fixed + half) / (2n * half);
  const rest = fixed - multiple * half;
  const sign = x < 0 ? -1 : 1;
  quadrant = (4 + sign * Number(multiple % 4n)) % 4;
  const scale = sign * 2 ** -Number(piBits / 2n);
  const high = Number(rest >> (piBits / 2n - 64n)) * 2 ** -64;
  const lowBits = rest - (BigInt(high * 2 ** 64) << (piBits / 2n - 64n));
  return sum(high * scale, Number(lowBits >> (piBits / 2n - 128n)) * 2 ** -128 * scale);
}

/** The sine of up to pi/4 by its series; what is beyond the cube is short of a 10th of the whole. */
function sineOf(x: number, xLow: number): number {
  return times(x, xLow, series(x, xLow, 1), low);
}

/** 1/n! and what a double lacks of it. */
const factorials = Array.from({ length: 26 }, (_, n) => {
  let value = 1n;
  for (let factor = 2n; factor <= BigInt(n); factor++) value *= factor;
  return value;
});
const inverses = factorials.map((factorial) => 1 / Number(factorial));
const inversesLow = factorials.map((factorial, n) => {
  const of = inverses[n] ?? 0;
  const back = product(of, Number(factorial));
  return (1 - back - low) / Number(factorial);
});

/** The sum of (-1)^n x^2n / (2n + first)! */
function series(x: number, xLow: number, first: 0 | 1): number {
  const square = times(x, xLow, x, xLow);
  const squareLow = low;
  // The high terms are small, and so is what they lack.
  let plain = 0;
  for (let n = 11; n >= 6; n--) plain = (inverses[2 * n + first] ?? 0) - square * plain;
  let total = plain;
  let totalLow = 0;
  for (let n = 5; n >= 0; n--) {
    const product2 = times(total, totalLow, square, squareLow);
    total = plus(inverses[2 * n + first] ?? 0, inversesLow[2 * n + first] ?? 0, -product2, -low);
    totalLow = low;
  }
  low = totalLow;
  return total;
}

export function sin(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) < 1e-8) return Math.sin(x);
  const rest = reduced(x);
  const value = quadrant % 2 === 0 ? sineOf(rest, low) : series(rest, low, 0);
  return quadrant < 2 ? value : -value;
}

export function cos(x: number): number {
  if (!Number.isFinite(x)) return Number.NaN;
  const rest = reduced(x);
  const value = quadrant % 2 === 0 ? series(rest, low, 0) : sineOf(rest, low);
  return quadrant === 1 || quadrant === 2 ? -value : value;
}

export function tan(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) < 1e-8) return Math.tan(x);
  const rest = reduced(x);
  const restLow = low;
  const cosine = series(rest, restLow, 0);
  const cosineLow = low;
  const sine = sineOf(rest, restLow);
  const sineLow = low;
  return quadrant % 2 === 0 ? over(sine, sineLow, cosine, cosineLow) : -over(cosine, cosineLow, sine, sineLow);
}

/** As Java has it: for a y that is beyond x by 2^60 and a negative x, a unit in the last place above pi/2. */
export function atan2(y: number, x: number): number {
  if (x < 0 && Number.isFinite(x) && Number.isFinite(y) && Math.abs(y) > Math.abs(x) * 2 ** 60) {
    return Math.sign(y) * 1.5707963267948968;
  }
  return Math.atan2(y, x);
}
