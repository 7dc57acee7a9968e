import { lowPart, quickSum, twoProduct, twoSum } from './double-double';

/**
 * Exponentials, logarithms, powers, sine, cosine and tangent, as a rule the DOUBLE that is nearest: they are computed
 * with some 70 bits. Java's own are nearer than V8's, and so mostly the same as these.
 *
 * `constants` is what `functions/scalar/elementary-constants.ts` makes, and says how it is laid out.
 */
const ln2Of128At: usize = 0;
const ln2At: usize = 16;
const byLn10At: usize = 32;
const halfPiAt: usize = 48;
const powersAt: usize = 80;
const logarithmsAt: usize = 2128;
const anglesAt: usize = 5200;

/** e^(x + low), where low is what x is short of. */
function exponential(x: f64, low: f64, constants: usize): f64 {
  if (x > 709.8) return Infinity;
  if (x < -745.2) return 0;
  // x = n ln 2 / 128 + r, and so e^x = 2^k 2^(j / 128) e^r.
  const n = nearest<f64>(x * 184.6649652337873);
  const left = x - n * load<f64>(constants, ln2Of128At);
  const taken = n * load<f64>(constants, ln2Of128At + 8);
  const r = left - taken;
  const rLow = left - r - taken + low;
  const square = twoProduct(r, r);
  const squareLow = lowPart;
  const rest = r * square * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720 + r * (1.0 / 5040)))));
  let p = twoSum(r, 0.5 * square);
  let pLow = lowPart + (0.5 * squareLow + (rLow + rLow * r) + rest);
  p = quickSum(p, pLow);
  pLow = lowPart;
  const whole = <i32>n;
  const entry = constants + powersAt + (<usize>(whole & 127) << 4);
  const power = load<f64>(entry);
  const powerLow = load<f64>(entry, 8);
  const product = twoProduct(power, p);
  const productLow = lowPart + power * pLow + powerLow * p + powerLow;
  const sum = quickSum(power, product);
  const value = sum + (lowPart + productLow);
  const k = whole >> 7;
  if (k > 1000) return value * powerOf2(k - 1000) * powerOf2(1000);
  return k < -1000 ? value * powerOf2(k + 1000) * powerOf2(-1000) : value * powerOf2(k);
}

// @ts-ignore: decorator
@inline
function powerOf2(k: i32): f64 {
  return reinterpret<f64>(<i64>(k + 1023) << 52);
}

/** ln x of a positive finite x; what it is short of in `lowPart`. */
function logarithm(x: f64, constants: usize): f64 {
  let e: i32 = 0;
  let bits = reinterpret<u64>(x);
  if (bits >> 52 == 0) {
    bits = reinterpret<u64>(x * 18014398509481984);
    e = -54;
  }
  e += <i32>(bits >> 52) - 1023;
  const m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  const j = <i32>(bits >> 45) & 127;
  // Around 1 nothing is added to ln m, so that it keeps its digits.
  if (j >= 53) e++;
  const entry = constants + logarithmsAt + <usize>j * 24;
  const product = twoProduct(m, load<f64>(entry));
  const r = twoSum(product - 1, lowPart);
  const rLow = lowPart;
  const square = twoProduct(r, r);
  const squareLow = lowPart;
  const rest =
    r * square *
    (1.0 / 3 - r * (1.0 / 4 - r * (1.0 / 5 - r * (1.0 / 6 - r * (1.0 / 7 - r * (1.0 / 8 - r * (1.0 / 9 - r * 0.1)))))));
  const h = twoSum(r, -0.5 * square);
  const hLow = lowPart - 0.5 * squareLow + (rLow - r * rLow) + rest;
  const scale = <f64>e;
  const t = twoSum(scale * load<f64>(constants, ln2At), load<f64>(entry, 8));
  const tLow = lowPart + (load<f64>(entry, 16) + scale * load<f64>(constants, ln2At + 8));
  const sum = twoSum(t, h);
  return quickSum(sum, lowPart + (hLow + tLow));
}

export function elementaryExp(x: f64, constants: usize): f64 {
  return x != x ? x : exponential(x, 0, constants);
}

export function elementaryLog(x: f64, constants: usize): f64 {
  if (!(x > 0 && x < Infinity)) return logarithmOfEdge(x);
  return logarithm(x, constants);
}

export function elementaryLog10(x: f64, constants: usize): f64 {
  if (!(x > 0 && x < Infinity)) return logarithmOfEdge(x);
  const high = logarithm(x, constants);
  const low = lowPart;
  const product = twoProduct(high, load<f64>(constants, byLn10At));
  return product + (lowPart + (high * load<f64>(constants, byLn10At + 8) + low * load<f64>(constants, byLn10At)));
}

function logarithmOfEdge(x: f64): f64 {
  if (x == 0) return -Infinity;
  return x > 0 ? x : NaN;
}

/** x^y, with the special cases of Java's Math.pow. */
export function elementaryPow(x: f64, y: f64, constants: usize): f64 {
  if (y == 0) return 1;
  if (x != x || y != y) return NaN;
  const size = Math.abs(x);
  if (Math.abs(y) == Infinity) {
    if (size == 1) return NaN;
    return size > 1 == y > 0 ? Infinity : 0;
  }
  const isWhole = nearest<f64>(y) == y;
  const isOdd = isWhole && Math.abs(y) < 9007199254740992 && (<i64>y & 1) != 0;
  const isNegative = reinterpret<i64>(x) < 0 && isOdd;
  let value: f64;
  if (size == 0 || size == Infinity) value = (size == 0) == y < 0 ? Infinity : 0;
  else if (x < 0 && !isWhole) return NaN;
  else if (size == 1) value = 1;
  else if (isWhole && Math.abs(y) <= wholeMax && isMiddling(size, y)) value = wholePower(size, <i32>y);
  else {
    const high = logarithm(size, constants);
    const low = lowPart;
    const estimate = high * y;
    if (estimate > 710) value = Infinity;
    else if (estimate < -746) value = 0;
    else {
      // A huge y goes with a tiny logarithm: beyond these bounds the result is 0 or infinite, or 1.
      const product = twoProduct(high, y);
      value = exponential(product, lowPart + low * y, constants);
    }
  }
  return isNegative ? -value : value;
}

/** A power may lie exactly between two DOUBLEs, as 10^23 does: up to the 34th of 3, whose bits are all there. */
const wholeMax: f64 = 40;

/** Whether no product on the way to the power comes near the bounds of DOUBLE. */
function isMiddling(x: f64, y: f64): bool {
  const exponent = <f64>(<i32>(reinterpret<u64>(x) >> 52) - 1023);
  return (Math.abs(exponent) + 1) * Math.abs(y) * 2 < 900;
}

/** x^y by products of 106 bits. */
function wholePower(x: f64, y: i32): f64 {
  let value: f64 = 1;
  let valueLow: f64 = 0;
  let base = x;
  let baseLow: f64 = 0;
  for (let left = abs<i32>(y); left > 0; left >>= 1) {
    if ((left & 1) != 0) {
      const product = twoProduct(value, base);
      value = quickSum(product, lowPart + (value * baseLow + valueLow * base));
      valueLow = lowPart;
    }
    const square = twoProduct(base, base);
    base = quickSum(square, lowPart + 2 * base * baseLow);
    baseLow = lowPart;
  }
  if (y > 0) return value;
  const quotient = 1 / value;
  const back = twoProduct(quotient, value);
  return quotient + (1 - back - lowPart - quotient * valueLow) / value;
}

/** Of the angle at hand: what is left of it beside multiples of pi / 2, and of which one it is. */
let angle: f64 = 0;
let angleLow: f64 = 0;
let quadrant: i32 = 0;

/** |x| < 1e8. */
function reduce(x: f64, constants: usize): void {
  const n = nearest<f64>(x * 0.6366197723675814);
  quadrant = <i32>n;
  let high = twoSum(x, -n * load<f64>(constants, halfPiAt));
  let low = lowPart;
  high = twoSum(high, -n * load<f64>(constants, halfPiAt + 8));
  low += lowPart;
  high = twoSum(high, -n * load<f64>(constants, halfPiAt + 16));
  low += lowPart;
  angle = twoSum(high, low - n * load<f64>(constants, halfPiAt + 24));
  angleLow = lowPart;
}

/** sin or cos of the angle at hand; what it is short of in `lowPart`. */
function sineOrCosine(isCosine: bool, constants: usize): f64 {
  const isNegative = angle < 0;
  const size = isNegative ? -angle : angle;
  const j = nearest<f64>(size * 64);
  const entry = constants + anglesAt + (<usize>j << 5);
  const s = twoSum(size - j * 0.015625, isNegative ? -angleLow : angleLow);
  const sLow = lowPart;
  const square = twoProduct(s, s);
  const squareLow = lowPart;
  // sin s = s + sinRest, cos s = 1 - square / 2 + cosRest
  const sinRest = s * square * (-1.0 / 6 + square * (1.0 / 120 - square * (1.0 / 5040)));
  const cosRest = square * square * (1.0 / 24 - square * (1.0 / 720)) - 0.5 * squareLow - s * sLow;
  const main = load<f64>(entry, 0) * f64(!isCosine) + load<f64>(entry, 16) * f64(isCosine);
  const mainLow = load<f64>(entry, 8) * f64(!isCosine) + load<f64>(entry, 24) * f64(isCosine);
  const other = isCosine ? -load<f64>(entry, 0) : load<f64>(entry, 16);
  const otherLow = isCosine ? -load<f64>(entry, 8) : load<f64>(entry, 24);
  // main cos s + other sin s
  const first = twoProduct(other, s);
  let low = lowPart + otherLow * s + other * (sLow + sinRest) + main * cosRest;
  const second = twoProduct(main, -0.5 * square);
  low += lowPart + mainLow;
  let sum = twoSum(main, first);
  low += lowPart;
  sum = twoSum(sum, second);
  low += lowPart;
  return isNegative && !isCosine ? quickSum(-sum, -low) : quickSum(sum, low);
}

/** Sets the angle at hand, for the three `...OfReduced`. */
export function elementaryReduced(high: f64, low: f64, multiple: i32): void {
  angle = high;
  angleLow = low;
  quadrant = multiple;
}

export function elementarySin(x: f64, constants: usize): f64 {
  if (x == 0) return x;
  reduce(x, constants);
  return elementarySinOfReduced(constants);
}

export function elementarySinOfReduced(constants: usize): f64 {
  if (angle != angle) return NaN;
  const value = sineOrCosine((quadrant & 1) != 0, constants);
  return (quadrant & 2) != 0 ? -value : value;
}

export function elementaryCos(x: f64, constants: usize): f64 {
  reduce(x, constants);
  return elementaryCosOfReduced(constants);
}

export function elementaryCosOfReduced(constants: usize): f64 {
  if (angle != angle) return NaN;
  const value = sineOrCosine((quadrant & 1) == 0, constants);
  return ((quadrant + 1) & 2) != 0 ? -value : value;
}

export function elementaryTan(x: f64, constants: usize): f64 {
  if (x == 0) return x;
  reduce(x, constants);
  return elementaryTanOfReduced(constants);
}

export function elementaryTanOfReduced(constants: usize): f64 {
  if (angle != angle) return NaN;
  const sin = sineOrCosine(false, constants);
  const sinLow = lowPart;
  const cos = sineOrCosine(true, constants);
  const cosLow = lowPart;
  // An odd quadrant has -cot.
  const isOdd = (quadrant & 1) != 0;
  const above = isOdd ? -cos : sin;
  const aboveLow = isOdd ? -cosLow : sinLow;
  const below = isOdd ? sin : cos;
  const belowLow = isOdd ? sinLow : cosLow;
  const quotient = above / below;
  const product = twoProduct(quotient, below);
  return quotient + (above - product - lowPart + aboveLow - quotient * belowLow) / below;
}
