// FLOAT and DOUBLE and text: exact parsing, and the text that Java writes.
import { exponentMax, exponentMin, powerLow, significandHigh, significandLow } from './powers-of-ten';
import { digitCount, writeDigits } from './digits';
import { productError } from './double-double';
import { javaDigits, javaDigitsOfF32, javaDigitsOfF64, javaPower } from './java-digits';
import { decimalFormat, decimalRescale } from './decimal';
import { high, multiply64, multiplyHigh } from './wide';

/** 10^0 .. 10^22: the powers of ten that are doubles. */
const exactPowers: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);

// What `scan` found: digits * 10^exponent, `cut` where more than 19 digits were there.
let scannedDigits: u64 = 0;
let scannedExponent: i64 = 0;
let scannedNegative: bool = false;
let scannedCut: bool = false;
/** The digits as text, for the exact way: from the first significant digit, and the length up to the exponent. */
let scannedFrom: usize = 0;
let scannedEnd: usize = 0;
let scannedPower: i64 = 0;

/** [sign] digits [. digits] [e [sign] digits], a digit before the exponent at least. */
function scan(address: usize, length: i32): bool {
  let at = address;
  const end = address + length;
  if (at == end) return false;
  const sign = load<u8>(at);
  scannedNegative = sign == 0x2d;
  if (scannedNegative || sign == 0x2b) at++;
  scannedFrom = at;
  let value: u64 = 0;
  let kept = 0;
  let exponent: i64 = 0;
  let seen = false;
  let point = false;
  scannedCut = false;
  while (at < end) {
    const byte = load<u8>(at);
    const digit = <u32>byte - 0x30;
    if (digit > 9) {
      if (byte != 0x2e || point) break;
      point = true;
      at++;
      continue;
    }
    seen = true;
    if (kept < 19) {
      value = value * 10 + digit;
      if (value != 0) kept++;
      if (point) exponent--;
    } else {
      if (digit != 0) scannedCut = true;
      if (!point) exponent++;
    }
    at++;
  }
  if (!seen) return false;
  scannedEnd = at;
  scannedPower = 0;
  if (at < end) {
    if ((load<u8>(at) | 0x20) != 0x65) return false;
    at++;
    if (at == end) return false;
    const powerSign = load<u8>(at);
    const down = powerSign == 0x2d;
    if (down || powerSign == 0x2b) at++;
    if (at == end) return false;
    let power: i64 = 0;
    while (at < end) {
      const digit = <u32>load<u8>(at) - 0x30;
      if (digit > 9) return false;
      if (power < 1000000) power = power * 10 + digit;
      at++;
    }
    scannedPower = down ? -power : power;
    exponent += scannedPower;
  }
  scannedDigits = value;
  scannedExponent = exponent;
  return true;
}

/**
 * A decimal number in text as the nearest DOUBLE, ties to even. @returns 1 (value at `result`), 0 where it is no
 * number. No spaces, no NaN or Infinity: see `numberCastF64`.
 */
export function numberParseF64(address: usize, length: i32, result: usize): i32 {
  if (!scan(address, length)) return 0;
  store<f64>(result, scannedToF64());
  return 1;
}

function scannedToF64(): f64 {
  const value = scannedDigits;
  // Clinger 1990: both operands are exact doubles, so one operation rounds once.
  if (!scannedCut && value >> 53 == 0 && scannedExponent >= -22 && scannedExponent <= 22) {
    const whole = <f64>value;
    const scaled =
      scannedExponent < 0
        ? whole / load<f64>(exactPowers + (<usize>-scannedExponent << 3))
        : whole * load<f64>(exactPowers + (<usize>scannedExponent << 3));
    return scannedNegative ? -scaled : scaled;
  }
  let magnitude = nearest(value, scannedExponent);
  if (scannedCut && !(magnitude != magnitude)) {
    // The digits that were cut lie between value and value + 1: where both round alike they do not matter.
    const next = nearest(value + 1, scannedExponent);
    if (next != magnitude) magnitude = NaN;
  }
  if (magnitude != magnitude) magnitude = exactly(52, -1023, 2047);
  return scannedNegative ? -magnitude : magnitude;
}

/**
 * value * 10^power as the nearest double; NaN where 128 bits do not decide.
 * Source: Lemire 2021, "Number parsing at a gigabyte per second", arXiv:2101.11408.
 */
function nearest(value: u64, power: i64): f64 {
  if (value == 0 || power < exponentMin) return 0;
  if (power > 308) return Infinity;
  const q = <i32>power;
  const leading = <i32>clz<u64>(value);
  const w = value << leading;
  let lower = multiply64(w, significandHigh(q));
  let upper = high;
  if ((upper & 0x1ff) == 0x1ff) {
    const more = multiplyHigh(w, significandLow(q));
    lower += more;
    if (lower < more) upper++;
  }
  if (lower == u64.MAX_VALUE && (q < -27 || q > 55)) return NaN;
  const upperBit = <i32>(upper >> 63);
  let mantissa = upper >> (upperBit + 9);
  // log2(10^q) by a multiplication: 217706 / 2^16.
  let exponent = ((217706 * q) >> 16) + 63 + upperBit - leading + 1023;
  if (exponent <= 0) {
    if (1 - exponent >= 64) return 0;
    mantissa >>= 1 - exponent;
    // A tie cannot happen here, as q would have to be near 0.
    mantissa += mantissa & 1;
    mantissa >>= 1;
    exponent = mantissa < 0x10000000000000 ? 0 : 1;
    return reinterpret<f64>((<u64>exponent << 52) | (mantissa & 0xfffffffffffff));
  }
  if (lower <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << (upperBit + 9) == upper) {
    mantissa &= ~1; // exactly half: to even, down
  }
  mantissa += mantissa & 1;
  mantissa >>= 1;
  if (mantissa >= 0x20000000000000) {
    mantissa = 0x10000000000000;
    exponent++;
  }
  if (exponent >= 2047) return Infinity;
  return reinterpret<f64>((<u64>exponent << 52) | (mantissa & 0xfffffffffffff));
}

/** Digits of the exact way: more than any double's 767 significant ones need. */
const placesMax: i32 = 800;
const places: usize = memory.data(864);
let placeCount: i32 = 0;
/** The point stands before digit number `pointAt`. */
let pointAt: i32 = 0;
let placesCut: bool = false;

/**
 * The number that was scanned, exactly: its decimal digits are halved and doubled until it stands between 1 and 2,
 * then its bits are read off. `bits` of fraction, exponents biased by `-bias`, up to `exponentTop`.
 * Slow (some microseconds), and hardly ever needed. Source: the "simple decimal conversion" of Tao 2020.
 */
function exactly(bits: i32, bias: i32, exponentTop: i32): f64 {
  placeCount = 0;
  placesCut = false;
  let point = false;
  let leading = 0;
  let whole = 0;
  for (let at = scannedFrom; at < scannedEnd; at++) {
    const byte = load<u8>(at);
    if (byte == 0x2e) {
      point = true;
      continue;
    }
    if (!point) whole++;
    if (placeCount == 0 && byte == 0x30) {
      leading++;
      continue;
    }
    if (placeCount < placesMax) {
      store<u8>(places + placeCount, byte - 0x30);
      placeCount++;
    } else if (byte != 0x30) placesCut = true;
  }
  trimPlaces();
  if (placeCount == 0) return 0;
  const position = <i64>whole - leading + scannedPower;
  if (position < -400) return 0;
  if (position > 400) return Infinity;
  pointAt = <i32>position;

  let exponent = 0;
  while (pointAt > 0) {
    const shift = pointAt >= 8 ? 24 : pointAt >= 3 ? 8 : 3;
    shiftRight(shift);
    exponent += shift;
  }
  while (pointAt < 0 || (pointAt == 0 && load<u8>(places) < 5)) {
    const shift = pointAt < -8 ? 24 : pointAt < 0 ? 3 : 1;
    shiftLeft(shift);
    exponent -= shift;
  }
  // Now in [1/2, 1): one more for [1, 2).
  exponent--;
  if (exponent < bias + 1) {
    const shift = bias + 1 - exponent;
    for (let left = shift; left > 0; left -= 24) shiftRight(min(left, 24));
    exponent += shift;
  }
  if (exponent - bias >= exponentTop) return Infinity;
  let left = bits + 1;
  while (left > 0) {
    const step = min(left, 24);
    shiftLeft(step);
    left -= step;
  }
  let mantissa = roundedPlaces();
  if (mantissa == <u64>2 << bits) {
    mantissa >>= 1;
    exponent++;
    if (exponent - bias >= exponentTop) return Infinity;
  }
  // mantissa * 2^(exponent - bits), exact in a double for both formats.
  if (bits == 52) {
    const biased: u64 = (mantissa & ((<u64>1) << 52)) == 0 ? 0 : <u64>(exponent + 1023);
    return reinterpret<f64>((biased << 52) | (mantissa & 0xfffffffffffff));
  }
  return <f64>mantissa * reinterpret<f64>(<u64>(exponent - bits + 1023) << 52);
}

function trimPlaces(): void {
  while (placeCount > 0 && load<u8>(places + placeCount - 1) == 0) placeCount--;
  if (placeCount == 0) pointAt = 0;
}

function shiftRight(shift: i32): void {
  let read = 0;
  let write = 0;
  let value: u64 = 0;
  while (value >> shift == 0) {
    if (read >= placeCount) {
      if (value == 0) {
        placeCount = 0;
        return;
      }
      while (value >> shift == 0) {
        value *= 10;
        read++;
      }
      break;
    }
    value = value * 10 + load<u8>(places + read);
    read++;
  }
  pointAt -= read - 1;
  const mask: u64 = ((<u64>1) << shift) - 1;
  while (read < placeCount) {
    const digit = value >> shift;
    value = (value & mask) * 10 + load<u8>(places + read);
    store<u8>(places + write, <u8>digit);
    write++;
    read++;
  }
  while (value > 0) {
    const digit = value >> shift;
    value = (value & mask) * 10;
    if (write < placesMax) {
      store<u8>(places + write, <u8>digit);
      write++;
    } else if (digit > 0) placesCut = true;
  }
  placeCount = write;
  trimPlaces();
}

function shiftLeft(shift: i32): void {
  // From the right with a carry; what comes out in front is at most 8 digits for 24 bits.
  let carry: u64 = 0;
  for (let at = placeCount - 1; at >= 0; at--) {
    carry += <u64>load<u8>(places + at) << shift;
    store<u8>(places + at, <u8>(carry % 10));
    carry /= 10;
  }
  const more = carry == 0 ? 0 : digitCount(carry);
  memory.copy(places + more, places, placeCount);
  for (let at = more - 1; at >= 0; at--) {
    store<u8>(places + at, <u8>(carry % 10));
    carry /= 10;
  }
  placeCount += more;
  pointAt += more;
  while (placeCount > placesMax) {
    placeCount--;
    if (load<u8>(places + placeCount) != 0) placesCut = true;
  }
  trimPlaces();
}

/** The integer part, rounded half to even. */
function roundedPlaces(): u64 {
  if (pointAt < 0) return 0;
  let value: u64 = 0;
  for (let at = 0; at < pointAt; at++) value = value * 10 + (at < placeCount ? load<u8>(places + at) : 0);
  if (pointAt >= placeCount) return value;
  const next = load<u8>(places + pointAt);
  const tie = next == 5 && pointAt + 1 == placeCount && !placesCut;
  if (tie ? (value & 1) == 1 : next >= 5) value++;
  return value;
}

/** As `numberParseF64`, to the nearest FLOAT. */
export function numberParseF32(address: usize, length: i32, result: usize): i32 {
  if (!scan(address, length)) return 0;
  store<f32>(result, scannedToF32());
  return 1;
}

function scannedToF32(): f32 {
  const wide = scannedToF64();
  const bits = reinterpret<u64>(wide);
  const exponent = <i32>((bits >> 52) & 0x7ff) - 1023;
  // A double rounds to the right float, unless it stands halfway between two (or where floats have fewer bits).
  if ((bits & 0x1fffffff) == 0x10000000 || (exponent < -126 && exponent >= -151)) {
    const magnitude = <f32>exactly(23, -127, 255);
    return scannedNegative ? -magnitude : magnitude;
  }
  return <f32>wide;
}

/**
 * The text of a CAST to DOUBLE (`wide`) or FLOAT: Java's Double.parseDouble. White space around is ignored; NaN,
 * Infinity, hexadecimal numbers and the suffixes d, D, f, F are read. The result is a double's eight bytes for both.
 * @returns 1 (value at `result`), 0 where it is no number, 2 where there is nothing
 */
export function numberCastF64(address: usize, length: i32, wide: i32, result: usize): i32 {
  let at = address;
  let end = address + length;
  while (at < end && load<u8>(at) <= 0x20) at++;
  while (at < end && load<u8>(end - 1) <= 0x20) end--;
  if (at == end) return 2;
  let from = at;
  const sign = load<u8>(from);
  const negative = sign == 0x2d;
  if (negative || sign == 0x2b) from++;
  const left = <i32>(end - from);
  if (left == 3 && load<u8>(from) == 0x4e && load<u8>(from, 1) == 0x61 && load<u8>(from, 2) == 0x4e) {
    store<f64>(result, NaN);
    return 1;
  }
  // "Infinity", as one little-endian word.
  if (left == 8 && load<u64>(from) == 0x7974696e69666e49) {
    store<f64>(result, negative ? -Infinity : Infinity);
    return 1;
  }
  if (left > 2 && load<u8>(from) == 0x30 && (load<u8>(from, 1) | 0x20) == 0x78) {
    return hexadecimal(from + 2, end, negative, wide, result);
  }
  const suffix = load<u8>(end - 1) | 0x20;
  if (suffix == 0x64 || suffix == 0x66) end--;
  if (!scan(at, <i32>(end - at))) return 0;
  store<f64>(result, wide != 0 ? scannedToF64() : <f64>scannedToF32());
  return 1;
}

/** hex digits [. hex digits] p [sign] digits [suffix]: the JLS's HexadecimalFloatingPointLiteral. */
function hexadecimal(from: usize, textEnd: usize, negative: bool, wide: i32, result: usize): i32 {
  let at = from;
  let end = textEnd;
  const suffix = load<u8>(end - 1) | 0x20;
  let mantissa: u64 = 0;
  let exponent: i64 = 0;
  let seen = false;
  let point = false;
  while (at < end) {
    const byte = load<u8>(at);
    let digit: u64 = 16;
    if (byte >= 0x30 && byte <= 0x39) digit = byte - 0x30;
    else if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66) digit = (byte | 0x20) - 0x57;
    if (digit == 16) {
      if (byte != 0x2e || point) break;
      point = true;
      at++;
      continue;
    }
    seen = true;
    if (mantissa >> 58 == 0) {
      mantissa = (mantissa << 4) | digit;
      if (point) exponent -= 4;
    } else {
      // Beyond 58 bits: only whether anything is there matters for rounding.
      if (digit != 0) mantissa |= 1;
      if (!point) exponent += 4;
    }
    at++;
  }
  if (!seen || at == end || (load<u8>(at) | 0x20) != 0x70) return 0;
  at++;
  if (suffix == 0x64 || suffix == 0x66) end--;
  if (at >= end) return 0;
  const powerSign = load<u8>(at);
  if (powerSign == 0x2d || powerSign == 0x2b) at++;
  if (at >= end) return 0;
  let power: i64 = 0;
  while (at < end) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) return 0;
    if (power < 1000000) power = power * 10 + digit;
    at++;
  }
  exponent += powerSign == 0x2d ? -power : power;
  // Up to 62 bits round once on the way to 53 or 24; scaling by powers of two is exact unless the result is subnormal.
  let value: f64 = 0;
  if (mantissa != 0) {
    const top = 63 - <i64>clz<u64>(mantissa) + exponent;
    const least: i64 = wide != 0 ? -1074 : -149;
    const precision: i64 = wide != 0 ? 53 : 24;
    const topMax: i64 = wide != 0 ? 1023 : 127;
    if (top > topMax) value = Infinity;
    else if (top < least - 1) value = 0;
    else {
      const unit = max(top - precision + 1, least);
      const drop = unit - exponent;
      if (drop > 0) {
        const half: u64 = drop >= 64 ? 0 : (<u64>1) << (drop - 1);
        const rest = drop >= 64 ? mantissa : mantissa & ((half << 1) - 1);
        mantissa = drop >= 64 ? 0 : mantissa >> drop;
        if (half != 0 && (rest > half || (rest == half && (mantissa & 1) == 1))) mantissa++;
        exponent = unit;
      }
      value = powerOfTwo(<f64>mantissa, <i32>exponent);
      if (wide == 0 && value > 3.4028234663852886e38) value = Infinity;
    }
  }
  store<f64>(result, negative ? -value : value);
  return 1;
}

/** value * 2^exponent in steps that stay exact. */
function powerOfTwo(value: f64, exponent: i32): f64 {
  let scaled = value;
  let left = exponent;
  while (left > 1000) {
    scaled *= 1.0715086071862673e301; // 2^1000
    left -= 1000;
  }
  while (left < -1000) {
    scaled *= 9.332636185032189e-302; // 2^-1000
    left += 1000;
  }
  return scaled * reinterpret<f64>(<u64>(left + 1023) << 52);
}

/** unscaled / 10^scale as the nearest DOUBLE. */
export function decimalToF64(low: u64, valueHigh: u64, scale: i32): f64 {
  const negative = <i64>valueHigh < 0;
  const magnitudeLow = negative ? 0 - low : low;
  const magnitudeHigh = negative ? ~valueHigh + u64(low == 0) : valueHigh;
  if (magnitudeHigh == 0) {
    if (magnitudeLow >> 53 == 0 && scale <= 22) {
      const quotient = <f64>magnitudeLow / load<f64>(exactPowers + (<usize>scale << 3));
      return negative ? -quotient : quotient;
    }
    const value = nearest(magnitudeLow, -<i64>scale);
    if (!(value != value)) return negative ? -value : value;
  }
  const length = decimalFormat(low, valueHigh, scale, text);
  scan(text, length);
  return scannedToF64();
}

const text: usize = memory.data(64);

/** The text of a DOUBLE as Java's Double.toString (see java-digits.ts), at most 24 bytes. @returns the length */
export function floatFormatF64(address: usize, value: f64): i32 {
  const bits = reinterpret<u64>(value);
  if ((bits & 0x7fffffffffffffff) == 0 || (bits & 0x7ff0000000000000) == 0x7ff0000000000000) {
    return formatSpecial(address, bits >> 63 != 0, (bits & 0x7fffffffffffffff) == 0, value != value);
  }
  javaDigitsOfF64(bits);
  return formatDigits(address, bits >> 63 != 0, javaDigits, javaPower);
}

/** The text of a FLOAT as Java's Float.toString, at most 15 bytes. @returns the length */
export function floatFormatF32(address: usize, value: f32): i32 {
  const bits = reinterpret<u32>(value);
  if ((bits & 0x7fffffff) == 0 || (bits & 0x7f800000) == 0x7f800000) {
    return formatSpecial(address, bits >> 31 != 0, (bits & 0x7fffffff) == 0, value != value);
  }
  javaDigitsOfF32(bits);
  return formatDigits(address, bits >> 31 != 0, javaDigits, javaPower);
}

function formatSpecial(address: usize, negative: bool, zero: bool, nan: bool): i32 {
  if (nan) {
    store<u8>(address, 0x4e);
    store<u8>(address, 0x61, 1);
    store<u8>(address, 0x4e, 2);
    return 3;
  }
  let at = address;
  if (negative) {
    store<u8>(at, 0x2d);
    at++;
  }
  if (zero) {
    store<u8>(at, 0x30);
    store<u8>(at, 0x2e, 1);
    store<u8>(at, 0x30, 2);
    return <i32>(at - address) + 3;
  }
  store<u64>(at, 0x7974696e69666e49); // "Infinity"
  return <i32>(at - address) + 8;
}

/** Plain from 10^-3 up to 10^7, else d.dE+-n; a digit on either side of the point always. */
function formatDigits(address: usize, negative: bool, value: u64, exponent: i32): i32 {
  let digits = value;
  let trailing = exponent;
  while (digits % 10 == 0) {
    digits /= 10;
    trailing++;
  }
  const count = digitCount(digits);
  // The number is 0.ddd * 10^before.
  const before = count + trailing;
  let at = address;
  if (negative) {
    store<u8>(at, 0x2d);
    at++;
  }
  if (before > 0 && before <= 7) {
    if (count <= before) {
      writeDigits(at, digits, count);
      at += count;
      for (let zeros = before - count; zeros > 0; zeros--) {
        store<u8>(at, 0x30);
        at++;
      }
      store<u8>(at, 0x2e);
      store<u8>(at, 0x30, 1);
      return <i32>(at - address) + 2;
    }
    writeDigits(at + 1, digits, count);
    memory.copy(at, at + 1, before);
    store<u8>(at + before, 0x2e);
    return <i32>(at - address) + count + 1;
  }
  if (before <= 0 && before > -3) {
    store<u8>(at, 0x30);
    store<u8>(at, 0x2e, 1);
    at += 2;
    for (let zeros = -before; zeros > 0; zeros--) {
      store<u8>(at, 0x30);
      at++;
    }
    writeDigits(at, digits, count);
    return <i32>(at - address) + count;
  }
  writeDigits(at + 1, digits, count);
  store<u8>(at, load<u8>(at + 1));
  store<u8>(at, 0x2e, 1);
  if (count == 1) {
    store<u8>(at, 0x30, 2);
    at += 3;
  } else {
    at += count + 1;
  }
  store<u8>(at, 0x45);
  at++;
  let power = before - 1;
  if (power < 0) {
    store<u8>(at, 0x2d);
    at++;
    power = -power;
  }
  const powerDigits = digitCount(power);
  writeDigits(at, power, powerDigits);
  return <i32>(at - address) + powerDigits;
}

/**
 * A DOUBLE as a decimal: its text, rounded half up to the scale, as Java's BigDecimal.valueOf.
 * @returns 1, or 0 where it has too many digits, or 2 where it is NaN or infinite
 */
export function decimalFromF64(value: f64, precision: i32, scale: i32, result: usize): i32 {
  const bits = reinterpret<u64>(value);
  if ((bits & 0x7fffffffffffffff) == 0) {
    store<u64>(result, 0);
    store<u64>(result, 0, 8);
    return 1;
  }
  if ((bits & 0x7ff0000000000000) == 0x7ff0000000000000) return 2;
  javaDigitsOfF64(bits);
  const negative = bits >> 63 != 0;
  const low: u64 = negative ? 0 - javaDigits : javaDigits;
  const valueHigh: u64 = negative ? u64.MAX_VALUE : 0;
  const shift = javaPower + scale;
  if (shift > 38) return 0;
  if (shift < -38) {
    store<u64>(result, 0);
    store<u64>(result, 0, 8);
    return 1;
  }
  return decimalRescale(low, valueHigh, max(shift, 0), max(-shift, 0), precision, result);
}

/**
 * value rounded half up (or cut) to so many digits behind the point, by the digits of its text, as Java's
 * BigDecimal.valueOf(value).setScale(places). NaN and infinity are themselves; a zero has no sign.
 */
export function roundF64(value: f64, places: i32, cut: i32): f64 {
  const bits = reinterpret<u64>(value);
  if ((bits & 0x7fffffffffffffff) == 0 || (bits & 0x7ff0000000000000) == 0x7ff0000000000000) return value + 0;
  if (places >= 0 && places <= 12) {
    // Where the scaled number is not near a point at which the answer changes, its last bits do not matter.
    const unit = load<f64>(exactPowers + (<usize>places << 3));
    const scaled = Math.abs(value) * unit;
    if (scaled < 1e11) {
      const whole = Math.floor(scaled);
      const rest = scaled - whole;
      const toEdge = cut != 0 ? min(rest, 1 - rest) : Math.abs(rest - 0.5);
      // Where it is exact, the shortest text is on the same side of the edge, or on it: it is nearer than the edge.
      if (toEdge > 1e-4 || productError(Math.abs(value), unit, scaled) == 0) {
        const kept = (whole + f64(cut == 0 && rest >= 0.5)) / unit;
        return bits >> 63 != 0 && kept != 0 ? -kept : kept;
      }
    }
  }
  javaDigitsOfF64(bits);
  if (places >= -javaPower) return value;
  const drop = -<i64>javaPower - places;
  if (drop > 19) return 0;
  const unit = powerLow(<i32>drop);
  const rest = javaDigits % unit;
  const kept = javaDigits / unit + u64(cut == 0 && rest >= unit - rest);
  if (kept == 0) return 0;
  const count = digitCount(kept);
  writeDigits(text, kept, count);
  store<u8>(text + count, 0x65);
  const power = -places;
  store<u8>(text + count, power < 0 ? 0x2d : 0x2b, 1);
  const magnitude = <u64>abs<i32>(power);
  const powerDigits = digitCount(magnitude);
  writeDigits(text + count + 2, magnitude, powerDigits);
  scan(text, count + 2 + powerDigits);
  const rounded = scannedToF64();
  return bits >> 63 != 0 ? -rounded : rounded;
}
