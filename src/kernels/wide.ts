// Unsigned arithmetic wider than 64 bits. Results beyond the first 64 bits are left in the module's globals, because
// a function has one result: read them before the next call.
import { powerHigh, powerLow } from './powers-of-ten';

/** Bits 64..127 of the last result. */
export let high: u64 = 0;
/** Bits 128..255 of the last 256-bit result. */
export let upperLow: u64 = 0;
export let upperHigh: u64 = 0;

/** Remainder of the last division. */
export let remainderLow: u64 = 0;
export let remainderHigh: u64 = 0;

/** a * b: the low 64 bits; the others in `high`. */
// @ts-ignore: decorator
@inline
export function multiply64(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const low = a0 * b0;
  const middle = a1 * b0 + (low >> 32);
  const other = a0 * b1 + (middle & 0xffffffff);
  high = a1 * b1 + (middle >> 32) + (other >> 32);
  return a * b;
}

/** Bits 64..127 of a * b. */
// @ts-ignore: decorator
@inline
export function multiplyHigh(a: u64, b: u64): u64 {
  multiply64(a, b);
  return high;
}

/** (aHigh:aLow) * (bHigh:bLow): 256 bits, in the result, `high`, `upperLow`, `upperHigh`. */
export function multiply128(aLow: u64, aHigh: u64, bLow: u64, bHigh: u64): u64 {
  const p0 = multiply64(aLow, bLow);
  let r1 = high;
  if ((aHigh | bHigh) == 0) {
    upperLow = 0;
    upperHigh = 0;
    return p0;
  }
  const p1 = multiply64(aLow, bHigh);
  const p1High = high;
  const p2 = multiply64(aHigh, bLow);
  const p2High = high;
  const p3 = multiply64(aHigh, bHigh);
  let r3 = high;

  r1 += p1;
  let carry: u64 = u64(r1 < p1);
  r1 += p2;
  carry += u64(r1 < p2);
  let r2 = p1High + carry;
  let carry2: u64 = u64(r2 < carry);
  r2 += p2High;
  carry2 += u64(r2 < p2High);
  r2 += p3;
  carry2 += u64(r2 < p3);
  r3 += carry2;

  high = r1;
  upperLow = r2;
  upperHigh = r3;
  return p0;
}

/** Limbs of a division: dividend (9 x u32), divisor (4), quotient (8). Not re-entrant; a kernel never is. */
const limbs: usize = memory.data(128);
const dividend: usize = limbs;
const divisor: usize = limbs + 40;
const quotient: usize = limbs + 64;

/**
 * The 256-bit (n3:n2:n1:n0) divided by the 128-bit (dHigh:dLow), not 0: the quotient in the result, `high`,
 * `upperLow`, `upperHigh`; the remainder in `remainderLow`, `remainderHigh`.
 * Source: Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D, with digits of 32 bits.
 */
export function divide256(n0: u64, n1: u64, n2: u64, n3: u64, dLow: u64, dHigh: u64): u64 {
  upperLow = 0;
  upperHigh = 0;
  if ((n1 | n2 | n3 | dHigh) == 0) {
    high = 0;
    remainderHigh = 0;
    remainderLow = n0 % dLow;
    return n0 / dLow;
  }
  if ((n2 | n3) == 0 && (n1 < dHigh || (n1 == dHigh && n0 < dLow))) {
    high = 0;
    remainderLow = n0;
    remainderHigh = n1;
    return 0;
  }

  let divisorLimbs = dHigh == 0 ? (dLow >> 32 == 0 ? 1 : 2) : dHigh >> 32 == 0 ? 3 : 4;
  store<u64>(quotient, 0);
  store<u64>(quotient, 0, 8);
  store<u64>(quotient, 0, 16);
  store<u64>(quotient, 0, 24);

  if (divisorLimbs == 1) {
    store<u64>(dividend, n0);
    store<u64>(dividend, n1, 8);
    store<u64>(dividend, n2, 16);
    store<u64>(dividend, n3, 24);
    let rest: u64 = 0;
    for (let i = 7; i >= 0; i--) {
      const part = (rest << 32) | <u64>load<u32>(dividend + (<usize>i << 2));
      store<u32>(quotient + (<usize>i << 2), <u32>(part / dLow));
      rest = part % dLow;
    }
    remainderLow = rest;
    remainderHigh = 0;
    high = load<u64>(quotient, 8);
    upperLow = load<u64>(quotient, 16);
    upperHigh = load<u64>(quotient, 24);
    return load<u64>(quotient);
  }

  // D1: shift both so that the divisor's top limb has its highest bit set.
  const top = divisorLimbs == 2 ? dLow >> 32 : divisorLimbs == 3 ? dHigh : dHigh >> 32;
  const shift: u64 = clz<u64>(top) - 32;
  const back: u64 = 64 - shift;
  if (shift == 0) {
    store<u64>(divisor, dLow);
    store<u64>(divisor, dHigh, 8);
    store<u64>(dividend, n0);
    store<u64>(dividend, n1, 8);
    store<u64>(dividend, n2, 16);
    store<u64>(dividend, n3, 24);
    store<u32>(dividend, 0, 32);
  } else {
    store<u64>(divisor, dLow << shift);
    store<u64>(divisor, (dHigh << shift) | (dLow >> back), 8);
    store<u64>(dividend, n0 << shift);
    store<u64>(dividend, (n1 << shift) | (n0 >> back), 8);
    store<u64>(dividend, (n2 << shift) | (n1 >> back), 16);
    store<u64>(dividend, (n3 << shift) | (n2 >> back), 24);
    store<u32>(dividend, <u32>(n3 >> back), 32);
  }

  const v1: u64 = load<u32>(divisor + (<usize>(divisorLimbs - 1) << 2));
  const v2: u64 = load<u32>(divisor + (<usize>(divisorLimbs - 2) << 2));
  for (let j = 8 - divisorLimbs; j >= 0; j--) {
    const at = dividend + (<usize>j << 2);
    const head = at + (<usize>divisorLimbs << 2);
    const u0: u64 = load<u32>(head);
    const u1: u64 = load<u32>(head - 4);
    const u2: u64 = load<u32>(head - 8);
    // D3: estimate a digit; it is at most two too large, and corrected with the second limb.
    const two = (u0 << 32) | u1;
    let digit = two / v1;
    let rest = two % v1;
    while (digit >> 32 != 0 || digit * v2 > ((rest << 32) | u2)) {
      digit--;
      rest += v1;
      if (rest >> 32 != 0) break;
    }
    // D4: multiply and subtract.
    let borrow: i64 = 0;
    let carry: u64 = 0;
    for (let i = 0; i < divisorLimbs; i++) {
      const place = at + (<usize>i << 2);
      const product = digit * <u64>load<u32>(divisor + (<usize>i << 2)) + carry;
      carry = product >> 32;
      const difference = <i64>load<u32>(place) - borrow - <i64>(product & 0xffffffff);
      store<u32>(place, <u32>difference);
      borrow = difference < 0 ? 1 : 0;
    }
    const last = <i64>u0 - borrow - <i64>carry;
    store<u32>(head, <u32>last);
    if (last < 0) {
      // D6: the estimate was one too large after all; add the divisor back.
      digit--;
      let over: u64 = 0;
      for (let i = 0; i < divisorLimbs; i++) {
        const place = at + (<usize>i << 2);
        const sum = <u64>load<u32>(place) + <u64>load<u32>(divisor + (<usize>i << 2)) + over;
        store<u32>(place, <u32>sum);
        over = sum >> 32;
      }
      store<u32>(head, <u32>(<u64>load<u32>(head) + over));
    }
    store<u32>(quotient + (<usize>j << 2), <u32>digit);
  }

  // D8: the remainder, shifted back.
  let r0 = load<u64>(dividend);
  let r1 = load<u64>(dividend, 8);
  if (shift != 0) {
    r0 = (r0 >> shift) | (r1 << back);
    // A remainder of up to 128 bits, shifted left, may have spilt into the fifth limb.
    r1 = (r1 >> shift) | (<u64>load<u32>(dividend, 16) << back);
  }
  if (divisorLimbs == 2) r1 = 0;
  remainderLow = r0;
  remainderHigh = r1;
  high = load<u64>(quotient, 8);
  upperLow = load<u64>(quotient, 16);
  upperHigh = load<u64>(quotient, 24);
  return load<u64>(quotient);
}

/** (aHigh:aLow) * 10^k, k 0..76; 256 bits. False where it does not fit. */
export let scaled0: u64 = 0;
export let scaled1: u64 = 0;
export let scaled2: u64 = 0;
export let scaled3: u64 = 0;
export function scaleUp(aLow: u64, aHigh: u64, k: i32): bool {
  if (k == 0) {
    scaled0 = aLow;
    scaled1 = aHigh;
    scaled2 = 0;
    scaled3 = 0;
    return true;
  }
  const first = min(k, 38);
  scaled0 = multiply128(aLow, aHigh, powerLow(first), powerHigh(first));
  scaled1 = high;
  scaled2 = upperLow;
  scaled3 = upperHigh;
  const second = k - first;
  if (second == 0) return true;
  // (upper:lower) * p: the upper half times p must fit 128 bits and take the lower half's carry.
  const pLow = powerLow(second);
  const pHigh = powerHigh(second);
  const lower2 = scaled2;
  const lower3 = scaled3;
  scaled0 = multiply128(scaled0, scaled1, pLow, pHigh);
  scaled1 = high;
  const carryLow = upperLow;
  const carryHigh = upperHigh;
  scaled2 = multiply128(lower2, lower3, pLow, pHigh);
  scaled3 = high;
  if ((upperLow | upperHigh) != 0) return false;
  scaled2 += carryLow;
  const carry = u64(scaled2 < carryLow);
  scaled3 += carryHigh;
  let over = scaled3 < carryHigh;
  scaled3 += carry;
  if (scaled3 < carry) over = true;
  return !over;
}
