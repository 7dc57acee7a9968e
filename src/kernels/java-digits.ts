// The digits that Java's Double.toString and Float.toString write up to JDK 18. Flink 2.2 runs on Java 11 and 17, so
// these are its digits: nearly always the shortest that read back, at times one more (2.0E-3 is, 2.0E23 is not).
// Source: Steele and White 1990, "How to print floating-point numbers accurately", with a symmetric stopping test.

/** The number that was last asked for is digits * 10^power. */
export let javaDigits: u64 = 0;
export let javaPower: i32 = 0;

/** Bits of 5^0 .. 5^26. */
const bitsOfFive: usize = memory.data<u8>([
  0, 3, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28, 31, 33, 35, 38, 40, 42, 45, 47, 49, 52, 54, 56, 59, 61,
]);

/** Digits that 2^n holds beyond a number's precision: those are not written. */
const insignificantDigits: usize = memory.data<u8>([
  0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 9, 10, 10, 10, 11,
  11, 11, 12, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15, 15, 16, 16, 16, 17, 17, 17, 18, 18, 18, 19,
]);

// @ts-ignore: decorator
@inline
function fiveBits(power: i32): i32 {
  return power < 27 ? <i32>load<u8>(bitsOfFive + power) : power * 3;
}

function fiveTo(power: i32): u64 {
  let value: u64 = 1;
  for (let left = power; left > 0; left--) value *= 5;
  return value;
}

/** For a DOUBLE that is neither zero, infinite nor NaN; its sign does not count. */
export function javaDigitsOfF64(bits: u64): void {
  const fraction = bits & 0xfffffffffffff;
  const exponent = <i32>((bits >> 52) & 0x7ff);
  if (exponent != 0) {
    digitsOf(fraction | 0x10000000000000, exponent - 1023, 53);
    return;
  }
  const leadingZeros = <i32>clz<u64>(fraction);
  const shift = leadingZeros - 11;
  digitsOf(fraction << shift, 1 - shift - 1023, 64 - leadingZeros);
}

/** As `javaDigitsOfF64`, for a FLOAT. */
export function javaDigitsOfF32(bits: u32): void {
  const fraction = bits & 0x7fffff;
  const exponent = <i32>((bits >> 23) & 0xff);
  if (exponent != 0) {
    digitsOf(<u64>(fraction | 0x800000) << 29, exponent - 127, 24);
    return;
  }
  const leadingZeros = <i32>clz<u32>(fraction);
  const shift = leadingZeros - 8;
  digitsOf(<u64>(fraction << shift) << 29, 1 - shift - 127, 32 - leadingZeros);
}

/** For f / 2^52 * 2^exponent, of which so many bits are the number's own. f has bit 52 set. */
function digitsOf(f: u64, exponent: i32, ownBits: i32): void {
  const tailZeros = <i32>ctz<u64>(f);
  const bits = 53 - tailZeros;
  // Bits behind the point.
  const behind = max(0, bits - exponent - 1);
  if (behind == 0 && exponent <= 62) {
    writeWhole(exponent >= 52 ? f << (exponent - 52) : f >> (52 - exponent), exponent - ownBits - 1);
    return;
  }

  // The number is B / S * 10^k with 1 <= B / S < 10 (k may be one too high), and M half of its last bit. Each of the
  // three is a power of five times a power of two, B times the bits.
  const mantissa = reinterpret<f64>(0x3ff0000000000000 | (f & 0xfffffffffffff));
  const k = <i32>Math.floor((mantissa - 1.5) * 0.289529654 + 0.176091259 + <f64>exponent * 0.301029995663981);
  const b5 = max(0, -k);
  const s5 = max(0, k);
  let b2 = b5 + behind + exponent;
  let s2 = s5 + behind;
  let m2 = b2 - ownBits;
  b2 -= bits - 1;
  const common = min(b2, s2);
  b2 -= common;
  s2 -= common;
  m2 -= common;
  // Below a power of two the numbers lie half as far apart.
  if (bits == 1) m2--;
  if (m2 < 0) {
    b2 -= m2;
    s2 -= m2;
    m2 = 0;
  }
  const significand = f >> tailZeros;
  const most = max(bits + b2 + fiveBits(b5), s2 + 1 + fiveBits(s5 + 1));
  if (most < 64) {
    writeNarrow(k, (significand * fiveTo(b5)) << b2, fiveTo(s5) << s2, fiveTo(b5) << m2, most < 32);
  } else {
    writeWide(k, significand, b5, b2, s5, s2, m2);
  }
}

/** A whole number below 2^63, without the digits that it has by accident. */
function writeWhole(value: u64, excessBits: i32): void {
  javaPower = excessBits > 1 ? <i32>load<u8>(insignificantDigits + excessBits) : 0;
  javaDigits = value;
  if (javaPower == 0) return;
  const unit = fiveTo(javaPower) << javaPower;
  javaDigits = value / unit + u64(value % unit >= unit >> 1);
}

/** As Java's arithmetic with `int` or `long` has it: M, and a sum with it, may leave the bits. */
// @ts-ignore: decorator
@inline
function wrapped(value: i64, short: bool): i64 {
  return short ? <i64>(<i32>value) : value;
}

/** Where all but M fits 64 bits, or (`short`) 32. */
function writeNarrow(k: i32, from: i64, s: i64, half: i64, short: bool): void {
  const tens = s * 10;
  let b = from;
  let m = wrapped(half, short);
  let q = b / s;
  b = 10 * (b % s);
  m = wrapped(m * 10, short);
  let low = b < m;
  let high = wrapped(b + m, short) > tens;
  let power = k;
  let count = 0;
  javaDigits = 0;
  if (q == 0 && !high) {
    power--;
  } else {
    javaDigits = q;
    count = 1;
  }
  // The form with an exponent has two digits at least.
  if (power < -3 || power >= 8) {
    low = false;
    high = false;
  }
  while (!low && !high) {
    q = b / s;
    b = 10 * (b % s);
    m = wrapped(m * 10, short);
    // An M that became negative is beyond all others.
    low = m <= 0 || b < m;
    high = m <= 0 || wrapped(b + m, short) > tens;
    javaDigits = javaDigits * 10 + q;
    count++;
  }
  const rest = wrapped((b << 1) - tens, short);
  finish(power, count, low, high, rest > 0 ? 1 : rest < 0 ? -1 : 0);
}

/** The last digit goes up where the rest is nearer to the next; a tie goes to an even one. */
function finish(power: i32, count: i32, low: bool, high: bool, rest: i32): void {
  javaPower = power + 1 - count;
  if (high && (!low || rest > 0 || (rest == 0 && (javaDigits & 1) != 0))) javaDigits++;
}

// Numbers of up to 1,280 bits, 32 at a time, the low ones first.
const limbs: i32 = 40;
const bigB: usize = memory.data(160);
const bigS: usize = memory.data(160);
const bigM: usize = memory.data(160);
const bigTens: usize = memory.data(160);
const bigSum: usize = memory.data(160);

function writeWide(k: i32, significand: u64, b5: i32, b2: i32, s5: i32, s2: i32, m2: i32): void {
  setBig(bigB, significand, b5, b2);
  setBig(bigS, 1, s5, s2);
  setBig(bigTens, 1, s5 + 1, s2 + 1);
  setBig(bigM, 1, b5 + 1, m2 + 1);
  let power = k;
  let count = 0;
  javaDigits = 0;
  let q = nextDigit();
  let low = compareBig(bigB, bigM) < 0;
  let high = reachesTens();
  if (q == 0 && !high) {
    power--;
  } else {
    javaDigits = q;
    count = 1;
  }
  if (power < -3 || power >= 8) {
    low = false;
    high = false;
  }
  while (!low && !high) {
    q = nextDigit();
    multiplyBig(bigM, 10);
    low = compareBig(bigB, bigM) < 0;
    high = reachesTens();
    javaDigits = javaDigits * 10 + q;
    count++;
  }
  let rest = 0;
  if (high && low) {
    multiplyBig(bigB, 2);
    rest = compareBig(bigB, bigTens);
  }
  finish(power, count, low, high, rest);
}

/** value * 5^fives * 2^twos */
function setBig(address: usize, value: u64, fives: i32, twos: i32): void {
  memory.fill(address, 0, limbs * 4);
  store<u64>(address, value);
  let left = fives;
  for (; left >= 13; left -= 13) multiplyBig(address, 1220703125);
  if (left > 0) multiplyBig(address, <u32>fiveTo(left));
  const whole = twos >> 5;
  const rest = twos & 31;
  if (rest != 0) multiplyBig(address, <u32>1 << rest);
  if (whole == 0) return;
  memory.copy(address + (whole << 2), address, (limbs - whole) * 4);
  memory.fill(address, 0, whole << 2);
}

function multiplyBig(address: usize, factor: u32): void {
  let carry: u64 = 0;
  for (let at: usize = 0; at < <usize>limbs * 4; at += 4) {
    carry += <u64>load<u32>(address + at) * factor;
    store<u32>(address + at, <u32>carry);
    carry >>= 32;
  }
}

function compareBig(a: usize, b: usize): i32 {
  for (let at: i32 = limbs * 4 - 4; at >= 0; at -= 4) {
    const x = load<u32>(a + at);
    const y = load<u32>(b + at);
    if (x != y) return x > y ? 1 : -1;
  }
  return 0;
}

/** The whole part of B / S, below 10; ten times the remainder stays in B. */
function nextDigit(): u64 {
  let q: u64 = 0;
  while (compareBig(bigB, bigS) >= 0) {
    let borrow: i64 = 0;
    for (let at: usize = 0; at < <usize>limbs * 4; at += 4) {
      borrow += <i64>load<u32>(bigB + at) - <i64>load<u32>(bigS + at);
      store<u32>(bigB + at, <u32>borrow);
      borrow >>= 32;
    }
    q++;
  }
  multiplyBig(bigB, 10);
  return q;
}

/** Whether B + M is 10 S or more. */
function reachesTens(): bool {
  let carry: u64 = 0;
  for (let at: usize = 0; at < <usize>limbs * 4; at += 4) {
    carry += <u64>load<u32>(bigB + at) + <u64>load<u32>(bigM + at);
    store<u32>(bigSum + at, <u32>carry);
    carry >>= 32;
  }
  return compareBig(bigSum, bigTens) >= 0;
}
