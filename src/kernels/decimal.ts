// DECIMAL(p <= 38): exact arithmetic on unscaled 128-bit integers, with 256-bit intermediates.
//
// A decimal is its unscaled value as two halves (low, high), two's complement; its scale is known to the caller.
// Results are rounded half up (away from zero), as Java's HALF_UP, and put at `result` (low, then high half).
// A result of more than `precision` digits is not put: the function then returns 0, else 1.
import { digitCount, writeDigits } from './digits';
import { powerHigh, powerLow } from './powers-of-ten';
import {
  divide256,
  high,
  multiply128,
  remainderHigh,
  remainderLow,
  scaled0,
  scaled1,
  scaled2,
  scaled3,
  scaleUp,
  upperHigh,
  upperLow,
} from './wide';

/** The magnitude of the last `magnitude` call. */
let magnitudeLow: u64 = 0;
let magnitudeHigh: u64 = 0;

/** Leaves |value| in the globals; true for a negative value. */
// @ts-ignore: decorator
@inline
function magnitude(low: u64, valueHigh: u64): bool {
  if (<i64>valueHigh < 0) {
    magnitudeLow = 0 - low;
    magnitudeHigh = ~valueHigh + u64(low == 0);
    return true;
  }
  magnitudeLow = low;
  magnitudeHigh = valueHigh;
  return false;
}

/** Puts +-(vHigh:vLow) where it has at most `precision` digits. */
// @ts-ignore: decorator
@inline
function put(negative: bool, vLow: u64, vHigh: u64, precision: i32, result: usize): i32 {
  const limitHigh = powerHigh(precision);
  if (vHigh > limitHigh || (vHigh == limitHigh && vLow >= powerLow(precision))) return 0;
  if (negative) {
    store<u64>(result, 0 - vLow);
    store<u64>(result, ~vHigh + u64(vLow == 0), 8);
  } else {
    store<u64>(result, vLow);
    store<u64>(result, vHigh, 8);
  }
  return 1;
}

/** (n3:n2:n1:n0) / (dHigh:dLow), rounded half up, put with its sign. */
function putQuotient(negative: bool, n0: u64, n1: u64, n2: u64, n3: u64, dLow: u64, dHigh: u64, precision: i32, result: usize): i32 {
  let qLow = divide256(n0, n1, n2, n3, dLow, dHigh);
  let qHigh = high;
  if ((upperLow | upperHigh) != 0) return 0;
  // Half up: remainder >= divisor - remainder.
  const leftLow = dLow - remainderLow;
  const leftHigh = dHigh - remainderHigh - u64(dLow < remainderLow);
  if (remainderHigh > leftHigh || (remainderHigh == leftHigh && remainderLow >= leftLow)) {
    qLow++;
    if (qLow == 0) {
      qHigh++;
      if (qHigh == 0) return 0;
    }
  }
  return put(negative, qLow, qHigh, precision, result);
}

/** (n3:n2:n1:n0) / 10^drop, drop 0..76, rounded half up once, put with its sign. */
function putScaledDown(negative: bool, n0: u64, n1: u64, n2: u64, n3: u64, drop: i32, precision: i32, result: usize): i32 {
  if (drop == 0) {
    if ((n2 | n3) != 0) return 0;
    return put(negative, n0, n1, precision, result);
  }
  if (drop > 38) {
    // Cut all but 38 of the digits to drop, keeping "half or more" right: what is cut can only turn a tie into more.
    const low = divide256(n0, n1, n2, n3, powerLow(drop - 38), powerHigh(drop - 38));
    return putQuotient(negative, low, high, upperLow, upperHigh, powerLow(38), powerHigh(38), precision, result);
  }
  return putQuotient(negative, n0, n1, n2, n3, powerLow(drop), powerHigh(drop), precision, result);
}

/** a * 10^aUp + b * 10^bUp, without its last `drop` digits. */
export function decimalAdd(
  aLow: u64, aHigh: u64, aUp: i32, bLow: u64, bHigh: u64, bUp: i32, drop: i32, precision: i32, result: usize,
): i32 {
  if ((aUp | bUp | drop) == 0) {
    const low = aLow + bLow;
    const sum = aHigh + bHigh + u64(low < aLow);
    // Two values below 10^38 < 2^127 / 1.7: the sum may leave 127 bits, which shows in its sign.
    if (<i64>((aHigh ^ sum) & (bHigh ^ sum)) < 0) return 0;
    const negative = magnitude(low, sum);
    return put(negative, magnitudeLow, magnitudeHigh, precision, result);
  }
  const aNegative = magnitude(aLow, aHigh);
  if (!scaleUp(magnitudeLow, magnitudeHigh, aUp)) return 0;
  const a0 = scaled0;
  const a1 = scaled1;
  const a2 = scaled2;
  const a3 = scaled3;
  const bNegative = magnitude(bLow, bHigh);
  if (!scaleUp(magnitudeLow, magnitudeHigh, bUp)) return 0;
  let b0 = scaled0;
  let b1 = scaled1;
  let b2 = scaled2;
  let b3 = scaled3;
  if (aNegative == bNegative) {
    const r0 = a0 + b0;
    let carry = u64(r0 < a0);
    let r1 = a1 + carry;
    carry = u64(r1 < carry);
    r1 += b1;
    carry += u64(r1 < b1);
    let r2 = a2 + carry;
    carry = u64(r2 < carry);
    r2 += b2;
    carry += u64(r2 < b2);
    return putScaledDown(aNegative, r0, r1, r2, a3 + b3 + carry, drop, precision, result);
  }
  // Subtract the smaller magnitude from the larger.
  let less = false;
  if (a3 != b3) less = a3 < b3;
  else if (a2 != b2) less = a2 < b2;
  else if (a1 != b1) less = a1 < b1;
  else less = a0 < b0;
  let l0 = a0;
  let l1 = a1;
  let l2 = a2;
  let l3 = a3;
  if (less) {
    l0 = b0;
    l1 = b1;
    l2 = b2;
    l3 = b3;
    b0 = a0;
    b1 = a1;
    b2 = a2;
    b3 = a3;
  }
  const r0 = l0 - b0;
  let borrow = u64(l0 < b0);
  const r1 = l1 - b1 - borrow;
  borrow = u64(l1 < b1 || (l1 == b1 && borrow != 0));
  const r2 = l2 - b2 - borrow;
  borrow = u64(l2 < b2 || (l2 == b2 && borrow != 0));
  return putScaledDown(less ? bNegative : aNegative, r0, r1, r2, l3 - b3 - borrow, drop, precision, result);
}

/** a * b, without its last `drop` digits (0..38). */
export function decimalMultiply(aLow: u64, aHigh: u64, bLow: u64, bHigh: u64, drop: i32, precision: i32, result: usize): i32 {
  const aNegative = magnitude(aLow, aHigh);
  const aMagnitudeLow = magnitudeLow;
  const aMagnitudeHigh = magnitudeHigh;
  const bNegative = magnitude(bLow, bHigh);
  const low = multiply128(aMagnitudeLow, aMagnitudeHigh, magnitudeLow, magnitudeHigh);
  return putScaledDown(aNegative != bNegative, low, high, upperLow, upperHigh, drop, precision, result);
}

/** a * 10^shift / b, shift 0..76. @returns 2 where b is zero */
export function decimalDivide(aLow: u64, aHigh: u64, bLow: u64, bHigh: u64, shift: i32, precision: i32, result: usize): i32 {
  if ((bLow | bHigh) == 0) return 2;
  const aNegative = magnitude(aLow, aHigh);
  // Too large for 256 bits is too large for 38 digits after the division too.
  if (!scaleUp(magnitudeLow, magnitudeHigh, shift)) return 0;
  const bNegative = magnitude(bLow, bHigh);
  return putQuotient(aNegative != bNegative, scaled0, scaled1, scaled2, scaled3, magnitudeLow, magnitudeHigh, precision, result);
}

/** a * 10^aUp % b * 10^bUp, one of aUp and bUp 0; the sign is a's. @returns 2 where b is zero */
export function decimalModulo(aLow: u64, aHigh: u64, aUp: i32, bLow: u64, bHigh: u64, bUp: i32, precision: i32, result: usize): i32 {
  if ((bLow | bHigh) == 0) return 2;
  magnitude(bLow, bHigh);
  scaleUp(magnitudeLow, magnitudeHigh, bUp);
  const dLow = scaled0;
  const dHigh = scaled1;
  const wide = (scaled2 | scaled3) != 0;
  const negative = magnitude(aLow, aHigh);
  if (wide) return put(negative, magnitudeLow, magnitudeHigh, precision, result);
  scaleUp(magnitudeLow, magnitudeHigh, aUp);
  divide256(scaled0, scaled1, scaled2, scaled3, dLow, dHigh);
  return put(negative, remainderLow, remainderHigh, precision, result);
}

/** -1, 0 or 1 as a * 10^aUp is less than, equal to or greater than b * 10^bUp. */
export function decimalCompare(aLow: u64, aHigh: u64, aUp: i32, bLow: u64, bHigh: u64, bUp: i32): i32 {
  if ((aUp | bUp) == 0) {
    if (aHigh != bHigh) return <i64>aHigh < <i64>bHigh ? -1 : 1;
    return aLow == bLow ? 0 : aLow < bLow ? -1 : 1;
  }
  const aNegative = magnitude(aLow, aHigh);
  scaleUp(magnitudeLow, magnitudeHigh, aUp);
  const a0 = scaled0;
  const a1 = scaled1;
  const a2 = scaled2;
  const a3 = scaled3;
  const bNegative = magnitude(bLow, bHigh);
  scaleUp(magnitudeLow, magnitudeHigh, bUp);
  if (aNegative != bNegative) return aNegative ? -1 : 1;
  const more = aNegative ? -1 : 1;
  if (a3 != scaled3) return a3 > scaled3 ? more : -more;
  if (a2 != scaled2) return a2 > scaled2 ? more : -more;
  if (a1 != scaled1) return a1 > scaled1 ? more : -more;
  if (a0 != scaled0) return a0 > scaled0 ? more : -more;
  return 0;
}

/** value * 10^up / 10^drop (one of them 0, both up to 76): a cast to another scale and precision. */
export function decimalRescale(low: u64, valueHigh: u64, up: i32, drop: i32, precision: i32, result: usize): i32 {
  const negative = magnitude(low, valueHigh);
  if (!scaleUp(magnitudeLow, magnitudeHigh, up)) return 0;
  return putScaledDown(negative, scaled0, scaled1, scaled2, scaled3, drop, precision, result);
}

/** value / 10^drop (drop 0..38), rounded down (`mode` -1), up (1) or toward zero (0). */
export function decimalCut(low: u64, valueHigh: u64, drop: i32, mode: i32, precision: i32, result: usize): i32 {
  const negative = magnitude(low, valueHigh);
  let qLow = divide256(magnitudeLow, magnitudeHigh, 0, 0, powerLow(drop), powerHigh(drop));
  let qHigh = high;
  if ((remainderLow | remainderHigh) != 0 && (negative ? mode < 0 : mode > 0)) {
    qLow++;
    if (qLow == 0) qHigh++;
  }
  return put(negative, qLow, qHigh, precision, result);
}

/**
 * ROUND and (`cut`) TRUNCATE of a decimal to so many places behind the point, which may lie before it, put with
 * `toScale` digits behind the point: `scale` of them, or as many as there are places, 0 at least.
 */
export function decimalRound(low: u64, valueHigh: u64, scale: i32, places: i32, toScale: i32, cut: i32, precision: i32, result: usize): i32 {
  const to = min(max(places, -80), 80);
  const drop = scale - to;
  if (drop <= 0) return decimalRescale(low, valueHigh, max(0, toScale - scale), max(0, scale - toScale), precision, result);
  if (drop > (cut != 0 ? 38 : 76)) {
    store<u64>(result, 0);
    store<u64>(result, 0, 8);
    return 1;
  }
  const ok = cut != 0 ? decimalCut(low, valueHigh, drop, 0, 38, result) : decimalRescale(low, valueHigh, 0, drop, 38, result);
  if (ok == 0) return 0;
  return decimalRescale(load<u64>(result), load<u64>(result, 8), toScale - to, 0, precision, result);
}

/** As `decimalRound`, for a whole number; what rounds beyond 64 bits wraps around. */
export function roundI64(value: i64, places: i32, cut: i32): i64 {
  if (places >= 0) return value;
  if (places < -19) return 0;
  const unit = powerLow(-places);
  const negative = value < 0;
  const size = <u64>(negative ? 0 - value : value);
  const rest = size % unit;
  const rounded = size - rest + (cut == 0 && rest >= unit - rest ? unit : 0);
  return negative ? 0 - rounded : rounded;
}

/** The integer part's low 64 bits, as Java's BigDecimal.longValue: toward zero, wrapping. */
export function decimalToI64(low: u64, valueHigh: u64, scale: i32): i64 {
  if (scale == 0) return low;
  const negative = magnitude(low, valueHigh);
  const whole = divide256(magnitudeLow, magnitudeHigh, 0, 0, powerLow(scale), powerHigh(scale));
  return negative ? 0 - whole : whole;
}

/** value * 10^scale. */
export function decimalFromI64(value: i64, scale: i32, precision: i32, result: usize): i32 {
  return decimalRescale(value, value >> 63, scale, 0, precision, result);
}

/**
 * (sq - trunc(sum * sum / count)) / divisor: the variance of `count` integers, from exact sums; divisor > 0.
 * Divisions cut toward zero. @returns 0 where it leaves 128 bits
 */
export function integerVariance(sumLow: u64, sumHigh: u64, squareLow: u64, squareHigh: u64, count: i64, divisor: i64, result: usize): i32 {
  magnitude(sumLow, sumHigh);
  const low = multiply128(magnitudeLow, magnitudeHigh, magnitudeLow, magnitudeHigh);
  const meanLow = divide256(low, high, upperLow, upperHigh, count, 0);
  const meanHigh = high;
  if ((upperLow | upperHigh) != 0) return 0;
  const difference = squareLow - meanLow;
  const quotient = divide256(difference, squareHigh - meanHigh - u64(squareLow < meanLow), 0, 0, divisor, 0);
  store<u64>(result, quotient);
  store<u64>(result, high, 8);
  return 1;
}

/** Decimal text: the digits with a point before the last `scale` (0..38). At most 41 bytes. @returns the length */
export function decimalFormat(low: u64, valueHigh: u64, scale: i32, address: usize): i32 {
  const negative = magnitude(low, valueHigh);
  let to = address;
  if (negative) {
    store<u8>(to, 0x2d);
    to++;
  }
  // Three groups of 18 digits, then as many of the last as there are (one before the point at least).
  const group: u64 = 1000000000000000000;
  let restLow = divide256(magnitudeLow, magnitudeHigh, 0, 0, group, 0);
  const restHigh = high;
  writeDigits(digits + 36, remainderLow, 18);
  let first = 54;
  if ((restLow | restHigh) != 0) {
    restLow = divide256(restLow, restHigh, 0, 0, group, 0);
    writeDigits(digits + 18, remainderLow, 18);
    if (restLow != 0) {
      writeDigits(digits, restLow, 18);
      first = 18 - digitCount(restLow);
    } else {
      first = 36 - digitCount(remainderLow);
    }
  } else {
    first = 54 - digitCount(remainderLow);
  }
  const most = 53 - scale;
  while (first > most) {
    first--;
    store<u8>(digits + first, 0x30);
  }
  const whole = 54 - scale - first;
  memory.copy(to, digits + first, whole);
  to += whole;
  if (scale > 0) {
    store<u8>(to, 0x2e);
    memory.copy(to + 1, digits + 54 - scale, scale);
    to += 1 + scale;
  }
  return <i32>(to - address);
}

const digits: usize = memory.data(56);

/**
 * Decimal text: [sign] digits [. digits] [e [sign] digits], with at least one digit before the exponent.
 * Rounded half up to the scale. @returns 1, or 0 where it has too many digits, or 2 where it is no number
 */
export function decimalParse(address: usize, length: i32, precision: i32, scale: i32, result: usize): i32 {
  let at = address;
  const end = address + length;
  let negative = false;
  if (at < end) {
    const sign = load<u8>(at);
    negative = sign == 0x2d;
    if (sign == 0x2d || sign == 0x2b) at++;
  }
  // The first 38 significant digits, what the next one says about rounding, and the power of ten behind them.
  let low: u64 = 0;
  let valueHigh: u64 = 0;
  let kept = 0;
  let exponent: i64 = 0;
  let dropped: i32 = -1; // the first digit not kept
  let sticky = false;
  let seen = false;
  let point = false;
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == 0x2e) {
      if (point) return 2;
      point = true;
      at++;
      continue;
    }
    const digit = <u32>byte - 0x30;
    if (digit > 9) break;
    seen = true;
    if (kept == 0 && digit == 0) {
      if (point) exponent--;
    } else if (kept < 38) {
      if (kept < 19) {
        low = low * 10 + digit;
      } else {
        low = multiply128(low, valueHigh, 10, 0);
        valueHigh = high;
        low += digit;
        valueHigh += u64(low < <u64>digit);
      }
      kept++;
      if (point) exponent--;
    } else {
      if (dropped < 0) dropped = digit;
      else if (digit != 0) sticky = true;
      if (!point) exponent++;
    }
    at++;
  }
  if (!seen) return 2;
  if (at < end) {
    const byte = load<u8>(at);
    if ((byte | 0x20) != 0x65) return 2;
    at++;
    let down = false;
    if (at < end) {
      const sign = load<u8>(at);
      down = sign == 0x2d;
      if (sign == 0x2d || sign == 0x2b) at++;
    }
    if (at == end) return 2;
    let power: i64 = 0;
    while (at < end) {
      const digit = <u32>load<u8>(at) - 0x30;
      if (digit > 9) return 2;
      if (power < 100000) power = power * 10 + digit;
      at++;
    }
    exponent += down ? -power : power;
  }
  const shift = exponent + scale;
  if ((low | valueHigh) == 0) {
    store<u64>(result, 0);
    store<u64>(result, 0, 8);
    return 1;
  }
  if (shift > 38) return 0;
  if (shift > 0) {
    if (dropped > 0 || kept + <i32>shift > 38) return 0;
    if (!scaleUp(low, valueHigh, <i32>shift)) return 0;
    if ((scaled2 | scaled3) != 0) return 0;
    return put(negative, scaled0, scaled1, precision, result);
  }
  if (shift == 0) {
    if (dropped >= 5) {
      low++;
      if (low == 0) valueHigh++;
    }
    return put(negative, low, valueHigh, precision, result);
  }
  // Digits to drop: those behind the 38 kept can only make a tie more than a half, which rounds up alike.
  if (shift < -38) {
    store<u64>(result, 0);
    store<u64>(result, 0, 8);
    return 1;
  }
  return putScaledDown(negative, low, valueHigh, 0, 0, <i32>-shift, precision, result);
}
