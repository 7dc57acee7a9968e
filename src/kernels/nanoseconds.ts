/**
 * Timestamps of precision 7 to 9: nanoseconds since 1970 in 128 bits, to milliseconds and nanoseconds of the
 * millisecond and back. Every year that a timestamp may have fits (10^20 ns are 3,170 years).
 */
const nanosPerMilli: u64 = 1000000;

/** Writes low and high half of `millis * 10^6 + nanoOfMilli` to `address`. */
export function nanosFromMillis(millis: i64, nanoOfMilli: i32, address: usize): void {
  const isNegative = millis < 0;
  const magnitude: u64 = isNegative ? <u64>-millis : <u64>millis;
  // (h * 2^32 + l) * 10^6
  const low = (magnitude & 0xffffffff) * nanosPerMilli;
  const high = (magnitude >> 32) * nanosPerMilli;
  let resultLow: u64 = low + (high << 32);
  let resultHigh: u64 = (high >> 32) + (resultLow < low ? 1 : 0);
  if (isNegative) {
    resultLow = ~resultLow + 1;
    resultHigh = ~resultHigh + (resultLow == 0 ? 1 : 0);
  }
  const sum = resultLow + <u64>nanoOfMilli;
  if (sum < resultLow) resultHigh++;
  store<u64>(address, sum);
  store<u64>(address, resultHigh, 8);
}

/** Milliseconds, rounded down. */
export function nanosToMillis(low: i64, high: i64): i64 {
  const isNegative = high < 0;
  let a: u64 = <u64>low;
  let b: u64 = <u64>high;
  if (isNegative) {
    a = ~a + 1;
    b = ~b + (a == 0 ? 1 : 0);
  }
  // Long division by 10^6 in digits of 32 bits.
  let rest: u64 = b % nanosPerMilli;
  const upper: u64 = (rest << 32) | (a >> 32);
  const quotientUpper: u64 = upper / nanosPerMilli;
  rest = upper % nanosPerMilli;
  const lower: u64 = (rest << 32) | (a & 0xffffffff);
  const quotient: u64 = (quotientUpper << 32) + lower / nanosPerMilli;
  rest = lower % nanosPerMilli;
  if (!isNegative) return <i64>quotient;
  return rest == 0 ? -(<i64>quotient) : -(<i64>quotient) - 1;
}

/** Nanoseconds of the millisecond, 0..999,999: what `nanosToMillis` leaves. */
export function nanosOfMilli(low: i64, high: i64): i32 {
  // Only the low 64 bits of the product matter, since the difference is below 10^6.
  return <i32>(<u64>low - <u64>nanosToMillis(low, high) * nanosPerMilli);
}
