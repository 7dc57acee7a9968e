// Whole numbers and text: parsing and writing 64-bit integers.
import { digitCount, writeDigits } from './digits';

/** [sign] digits, nothing else. @returns 1 (value at `result`), 0 where it is no whole number, 2 where it leaves 64 bits */
export function numberParseI64(address: usize, length: i32, result: usize): i32 {
  let at = address;
  const end = address + length;
  if (at == end) return 0;
  const sign = load<u8>(at);
  const negative = sign == 0x2d;
  if (negative || sign == 0x2b) at++;
  if (at == end) return 0;
  // Up to 18 digits cannot overflow.
  const safe = min(end, at + 18);
  let value: u64 = 0;
  while (at < safe) {
    const digit = <u64>load<u8>(at) - 0x30;
    if (digit > 9) return 0;
    value = value * 10 + digit;
    at++;
  }
  while (at < end) {
    const digit = <u64>load<u8>(at) - 0x30;
    if (digit > 9) return 0;
    if (value > 922337203685477580) return onlyDigits(at, end) ? 2 : 0;
    value = value * 10 + digit;
    // One more on the negative side.
    if (value > <u64>i64.MAX_VALUE + u64(negative)) return onlyDigits(at, end) ? 2 : 0;
    at++;
  }
  store<i64>(result, negative ? 0 - value : value);
  return 1;
}

function onlyDigits(from: usize, end: usize): bool {
  for (let at = from; at < end; at++) {
    if (<u32>load<u8>(at) - 0x30 > 9) return false;
  }
  return true;
}

/**
 * The text of a CAST to a whole number: spaces around are ignored, a fraction of digits is dropped.
 * @returns 1 (value at `result`), 0 where it is no number, 2 empty, 3 only a sign, 4 outside `least`..`most`
 */
export function numberCastI64(address: usize, length: i32, least: i64, most: i64, result: usize): i32 {
  let at = address;
  let end = address + length;
  while (at < end && load<u8>(at) == 0x20) at++;
  while (at < end && load<u8>(end - 1) == 0x20) end--;
  if (at == end) return 2;
  const sign = load<u8>(at);
  const negative = sign == 0x2d;
  if (negative || sign == 0x2b) {
    at++;
    if (at == end) return 3;
  }
  const limit = negative ? 0 - <u64>least : <u64>most;
  let value: u64 = 0;
  let over = false;
  while (at < end) {
    const byte = load<u8>(at);
    at++;
    if (byte == 0x2e) {
      if (!onlyDigits(at, end)) return 0;
      break;
    }
    const digit = <u64>byte - 0x30;
    if (digit > 9) return 0;
    if (value > 922337203685477580) over = true;
    value = value * 10 + digit;
    if (value > limit) over = true;
  }
  if (over) return 4;
  store<i64>(result, negative ? 0 - value : value);
  return 1;
}

/** Decimal text, at most 20 bytes. @returns the length */
export function numberFormatI64(address: usize, value: i64): i32 {
  let at = address;
  let rest: u64 = value;
  if (value < 0) {
    store<u8>(at, 0x2d);
    at++;
    rest = 0 - rest;
  }
  const count = digitCount(rest);
  writeDigits(at, rest, count);
  return <i32>(at - address) + count;
}
