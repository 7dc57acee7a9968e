import {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  daysFromCivil,
  daysInMonth,
} from './calendar';
import { floorDivide } from './floor-division';
import { nanosFromMillis, nanosOfMilli, nanosToMillis } from './nanoseconds';

/**
 * DATE, TIME and TIMESTAMP from and to text.
 *
 * Results go to `resultAddress`: DATE and TIME an i32; TIMESTAMP an i64 (ms up to precision 3, us up to 6) or an i128
 * (ns). Digits of a fraction beyond the precision are dropped. A parser answers 0, or why it refused.
 */
const parseOk: i32 = 0;
const parseMalformed: i32 = 1;
const parseOutOfRange: i32 = 2;

// What the readers below found; the end of what they took is in `at`.
let at: usize = 0;
let number: i32 = 0;
let nanos: i32 = 0;

// @ts-ignore: decorator
@inline
function isDigit(byte: u32): bool {
  return byte - 48 < 10;
}

/** Reads `least` to `most` digits into `number`. */
function readDigits(end: usize, least: i32, most: i32): bool {
  let value: i32 = 0;
  let count: i32 = 0;
  let p = at;
  while (count < most && p < end && isDigit(load<u8>(p))) {
    value = value * 10 + (<i32>load<u8>(p) - 48);
    p++;
    count++;
  }
  if (count < least) return false;
  at = p;
  number = value;
  return true;
}

// @ts-ignore: decorator
@inline
function readByte(end: usize, byte: u8): bool {
  if (at >= end || load<u8>(at) != byte) return false;
  at++;
  return true;
}

/** After the point: 0 to 9 digits into `nanos`. */
function readFraction(end: usize): void {
  let value: i32 = 0;
  let count: i32 = 0;
  while (count < 9 && at < end && isDigit(load<u8>(at))) {
    value = value * 10 + (<i32>load<u8>(at) - 48);
    at++;
    count++;
  }
  for (; count < 9; count++) value *= 10;
  nanos = value;
}

// @ts-ignore: decorator
@inline
function powerOfTen(exponent: i32): i32 {
  let power: i32 = 1;
  for (let i = 0; i < exponent; i++) power *= 10;
  return power;
}

/** Stores seconds and nanoseconds as a timestamp of the precision. */
function storeTimestamp(seconds: i64, nano: i32, precision: i32, resultAddress: usize): void {
  if (precision < 9) {
    const step = powerOfTen(9 - precision);
    nano = nano / step * step;
  }
  if (precision <= 3) store<i64>(resultAddress, seconds * 1000 + <i64>(nano / 1000000));
  else if (precision <= 6) store<i64>(resultAddress, seconds * 1000000 + <i64>(nano / 1000));
  else nanosFromMillis(seconds * 1000 + <i64>(nano / 1000000), nano % 1000000, resultAddress);
}

/**
 * `yyyy-M?M-d?d[ H?H:m?m:s?s[.f{0..9}]]`: what CAST takes for a TIMESTAMP. A day that the month lacks becomes its last
 * (up to 31), 24:00:00 the next midnight. No blanks around, no zone.
 */
export function timestampParse(address: usize, length: i32, precision: i32, resultAddress: usize): i32 {
  at = address;
  const end = address + length;
  if (!readDigits(end, 4, 4)) return parseMalformed;
  const year = number;
  if (!readByte(end, 0x2d) || !readDigits(end, 1, 2)) return parseMalformed;
  const month = number;
  if (!readByte(end, 0x2d) || !readDigits(end, 1, 2)) return parseMalformed;
  const day = number;
  nanos = 0;
  let second: i64 = 0;
  let isRange = true;
  if (at < end) {
    if (!readByte(end, 0x20)) return parseMalformed;
    if (!readTime(end, 1)) return parseMalformed;
    second = timeSeconds;
    isRange = timeIsInRange;
  }
  if (at != end) return parseMalformed;
  if (!isRange || month < 1 || month > 12 || day < 1 || day > 31) return parseOutOfRange;
  const last = daysInMonth(year, month);
  storeTimestamp(<i64>daysFromCivil(year, month, day < last ? day : last) * 86400 + second, nanos, precision, resultAddress);
  return parseOk;
}

let timeSeconds: i64 = 0;
let timeIsInRange: bool = false;

/** `HH:mm:ss[.f{0..9}]` with at least `least` digits a number; into `timeSeconds` and `nanos`. */
function readTime(end: usize, least: i32): bool {
  if (!readDigits(end, least, 2)) return false;
  const hour = number;
  if (!readByte(end, 0x3a) || !readDigits(end, least, 2)) return false;
  const minute = number;
  if (!readByte(end, 0x3a) || !readDigits(end, least, 2)) return false;
  const second = number;
  if (readByte(end, 0x2e)) readFraction(end);
  else nanos = 0;
  timeSeconds = <i64>(hour * 3600 + minute * 60 + second);
  timeIsInRange = minute < 60 && second < 60 && (hour < 24 || (hour == 24 && minute == 0 && second == 0 && nanos == 0));
  return true;
}

// The day that `timestampParseFast` read last: its ten bytes and the day's number.
let rememberedLow: u64 = 0;
let rememberedHigh: u32 = 0;
let rememberedDays: i64 = 0;

/**
 * `yyyy-MM-dd HH:mm:ss[.f{0..9}]` with exactly as many digits, as JSON and CSV hold it: `separator` is 0x20 (SQL) or
 * 0x54 (ISO-8601, where the seconds may be missing); with `zulu` a `Z` must follow. The day is remembered, so that rows
 * of one day cost a comparison.
 */
export function timestampParseFast(
  address: usize,
  length: i32,
  precision: i32,
  separator: i32,
  zulu: i32,
  resultAddress: usize,
): i32 {
  if (length < 16 + zulu || load<u8>(address, 10) != <u8>separator) return parseMalformed;
  const low = load<u64>(address);
  const high = <u32>load<u16>(address, 8);
  if (low != rememberedLow || high != rememberedHigh) {
    const status = readDay(address);
    if (status != parseOk) return status;
    rememberedLow = low;
    rememberedHigh = high;
  }
  // HH:mm:ss as eight bytes: digits at 0 1 3 4 6 7, colons at 2 and 5.
  const end = address + length;
  if (length >= 19) {
    const clock = load<u64>(address, 11);
    const digits = clock - 0x30303a30303a3030;
    // A digit's byte is 0..9 and a colon's 0: no byte has a high nibble, and adding 6 makes none.
    if (((digits | (digits + 0x0606000606000606)) & 0xf0f0f0f0f0f0f0f0) == 0 && (digits & 0x0000ff0000ff0000) == 0) {
      const hour = <i32>(digits & 15) * 10 + <i32>((digits >> 8) & 15);
      const minute = <i32>((digits >> 24) & 15) * 10 + <i32>((digits >> 32) & 15);
      const second = <i32>((digits >> 48) & 15) * 10 + <i32>((digits >> 56) & 15);
      if (hour < 24 && minute < 60 && second < 60) {
        const total: i64 = rememberedDays * 86400 + <i64>(hour * 3600 + minute * 60 + second);
        const rest = length - 19 - zulu;
        if (rest == 0) {
          if (zulu && load<u8>(address, 19) != 0x5a) return parseMalformed;
          if (precision <= 3) store<i64>(resultAddress, total * 1000);
          else storeTimestamp(total, 0, precision, resultAddress);
          return parseOk;
        }
        if (rest > 0 && rest <= 10 && load<u8>(address, 19) == 0x2e) {
          at = address + 20;
          readFraction(end);
          if (zulu && !readByte(end, 0x5a)) return parseMalformed;
          if (at != end) return parseMalformed;
          storeTimestamp(total, nanos, precision, resultAddress);
          return parseOk;
        }
        return parseMalformed;
      }
    }
  }
  return parseClockSlowly(address, length, precision, separator, zulu, resultAddress);
}

function readDay(address: usize): i32 {
  at = address;
  const end = address + 10;
  if (!readDigits(end, 4, 4)) return parseMalformed;
  const year = number;
  if (!readByte(end, 0x2d) || !readDigits(end, 2, 2)) return parseMalformed;
  const month = number;
  if (!readByte(end, 0x2d) || !readDigits(end, 2, 2)) return parseMalformed;
  const day = number;
  if (month < 1 || month > 12 || day < 1 || day > 31) return parseOutOfRange;
  const last = daysInMonth(year, month);
  rememberedDays = <i64>daysFromCivil(year, month, day < last ? day : last);
  return parseOk;
}

/** 24:00:00, an ISO time without seconds, and what is wrong. */
function parseClockSlowly(
  address: usize,
  length: i32,
  precision: i32,
  separator: i32,
  zulu: i32,
  resultAddress: usize,
): i32 {
  const end = address + length;
  at = address + 11;
  nanos = 0;
  if (!readDigits(end, 2, 2)) return parseMalformed;
  const hour = number;
  if (!readByte(end, 0x3a) || !readDigits(end, 2, 2)) return parseMalformed;
  const minute = number;
  let second: i32 = 0;
  if (readByte(end, 0x3a)) {
    if (!readDigits(end, 2, 2)) return parseMalformed;
    second = number;
    if (readByte(end, 0x2e)) readFraction(end);
  } else if (separator != 0x54) return parseMalformed;
  if (zulu && !readByte(end, 0x5a)) return parseMalformed;
  if (at != end) return parseMalformed;
  if (minute > 59 || second > 59 || hour > 24 || (hour == 24 && (minute | second | nanos) != 0)) return parseOutOfRange;
  storeTimestamp(rememberedDays * 86400 + <i64>(hour * 3600 + minute * 60 + second), nanos, precision, resultAddress);
  return parseOk;
}

/** Exactly `yyyy-MM-dd`, as JSON and CSV hold a DATE. */
export function dateParseFast(address: usize, length: i32, resultAddress: usize): i32 {
  if (length != 10) return parseMalformed;
  rememberedLow = 0;
  const status = readDay(address);
  if (status == parseOk) store<i32>(resultAddress, <i32>rememberedDays);
  return status;
}

/** Exactly `HH:mm:ss[.f{0..9}]`, as JSON and CSV hold a TIME; the result is ms of the day, cut to the precision. */
export function timeParseFast(address: usize, length: i32, precision: i32, resultAddress: usize): i32 {
  at = address;
  const end = address + length;
  if (!readTime(end, 2) || at != end) return parseMalformed;
  if (!timeIsInRange || timeSeconds >= 86400) return parseOutOfRange;
  storeTime(<i32>timeSeconds * 1000 + nanos / 1000000, precision, resultAddress);
  return parseOk;
}

function storeTime(millis: i32, precision: i32, resultAddress: usize): void {
  const step = precision >= 3 ? 1 : powerOfTen(3 - precision);
  store<i32>(resultAddress, millis / step * step);
}

/**
 * What CAST takes for a DATE: `y{1..4}[-M?M[-d?d]]`, blanks around and anything after an inner blank dropped; a month or
 * day that is not there is refused.
 */
export function dateParse(address: usize, length: i32, resultAddress: usize): i32 {
  let start = address;
  let end = address + length;
  while (start < end && load<u8>(start) <= 0x20) start++;
  while (end > start && load<u8>(end - 1) <= 0x20) end--;
  for (let p = start; p < end; p++) {
    if (load<u8>(p) == 0x20) {
      end = p;
      break;
    }
  }
  at = start;
  // Numbers may have more digits than they need: 0002024-1-1 is a date, 10000-01-01 is out of range.
  if (!readDigits(end, 1, 9)) return parseMalformed;
  const year = number;
  let month: i32 = 1;
  let day: i32 = 1;
  if (at < end) {
    if (!readByte(end, 0x2d) || !readDigits(end, 1, 9)) return parseMalformed;
    month = number;
    if (at < end) {
      if (!readByte(end, 0x2d) || !readDigits(end, 1, 9)) return parseMalformed;
      day = number;
    }
  }
  if (at != end) return parseMalformed;
  if (year > 9999 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return parseOutOfRange;
  store<i32>(resultAddress, daysFromCivil(year, month, day));
  return parseOk;
}

/** What CAST takes for a TIME: `H?H[:m?m[:s?s[.f]]]`, blanks around, with an offset `+hh[:mm]` that is added. */
export function timeParse(address: usize, length: i32, precision: i32, resultAddress: usize): i32 {
  let start = address;
  let end = address + length;
  while (start < end && load<u8>(start) <= 0x20) start++;
  while (end > start && load<u8>(end - 1) <= 0x20) end--;
  at = start;
  // Zeros may stand before the hour.
  if (!readDigits(end, 1, 9)) return parseMalformed;
  const hour = number;
  let minute: i32 = 0;
  let second: i32 = 0;
  nanos = 0;
  if (readByte(end, 0x3a)) {
    if (!readDigits(end, 1, 2)) return parseMalformed;
    minute = number;
    if (readByte(end, 0x3a)) {
      if (!readDigits(end, 1, 2)) return parseMalformed;
      second = number;
      if (readByte(end, 0x2e)) {
        readFraction(end);
        while (at < end && isDigit(load<u8>(at))) at++;
      }
    }
  }
  let offset: i32 = 0;
  if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) {
    const sign: i32 = load<u8>(at) == 0x2b ? 60000 : -60000;
    at++;
    if (!readDigits(end, 1, 2)) return parseMalformed;
    let minutes = number * 60;
    if (readByte(end, 0x3a)) {
      if (!readDigits(end, 1, 2)) return parseMalformed;
      minutes += number;
    }
    offset = sign * minutes;
  }
  if (at != end) return parseMalformed;
  if (hour > 23 || minute > 59 || second > 59) return parseOutOfRange;
  const millis = (hour * 3600 + minute * 60 + second) * 1000 + nanos / 1000000 + offset;
  if (millis < 0 || millis >= 86400000) return parseOutOfRange;
  storeTime(millis, precision, resultAddress);
  return parseOk;
}

/** Two decimal digits at `address`. */
// @ts-ignore: decorator
@inline
function writeTwo(address: usize, value: i32): void {
  store<u8>(address, <u8>(48 + value / 10));
  store<u8>(address, <u8>(48 + value % 10), 1);
}

/** A year of at least four digits, with its sign where it is negative; the bytes written. */
function writeYear(address: usize, year: i32): i32 {
  let p = address;
  let rest = year;
  if (rest < 0) {
    store<u8>(p, 0x2d);
    p++;
    rest = -rest;
  }
  const digits: i32 = 4;
  for (let i = digits - 1; i >= 0; i--) {
    store<u8>(p + i, <u8>(48 + rest % 10));
    rest /= 10;
  }
  return <i32>(p - address) + digits;
}

/** `yyyy-MM-dd`; returns the length. */
export function dateFormat(days: i32, address: usize): i32 {
  const civil = civilFromDays(days);
  const width = writeYear(address, civilYear(civil));
  const p = address + width;
  store<u8>(p, 0x2d);
  writeTwo(p + 1, civilMonth(civil));
  store<u8>(p, 0x2d, 3);
  writeTwo(p + 4, civilDay(civil));
  return width + 6;
}

// @ts-ignore: decorator
@inline
function writeClock(address: usize, second: i32): void {
  writeTwo(address, second / 3600);
  store<u8>(address, 0x3a, 2);
  writeTwo(address + 3, (second / 60) % 60);
  store<u8>(address, 0x3a, 5);
  writeTwo(address + 6, second % 60);
}

/** `.` and exactly `precision` digits of a fraction in ns; nothing for 0. */
function writeFraction(address: usize, nano: i32, precision: i32): i32 {
  if (precision <= 0) return 0;
  store<u8>(address, 0x2e);
  let rest = nano / powerOfTen(9 - precision);
  for (let i = precision; i > 0; i--) {
    store<u8>(address + i, <u8>(48 + rest % 10));
    rest /= 10;
  }
  return precision + 1;
}

/** `HH:mm:ss[.fff]` of ms of the day; `precision` 0..3 (more are zeros). */
export function timeFormat(millis: i32, precision: i32, address: usize): i32 {
  writeClock(address, millis / 1000);
  return 8 + writeFraction(address + 8, (millis % 1000) * 1000000, precision);
}

/** `yyyy-MM-dd HH:mm:ss` and exactly `precision` digits; at most 40 bytes. */
function writeTimestamp(seconds: i64, nano: i32, precision: i32, address: usize): i32 {
  const days = floorDivide(seconds, 86400);
  const width = dateFormat(<i32>days, address);
  store<u8>(address + width, 0x20);
  writeClock(address + width + 1, <i32>(seconds - days * 86400));
  return width + 9 + writeFraction(address + width + 9, nano, precision);
}

/** As `writeTimestamp`, of a count of ms (precision 0..3) or us (4..6). */
export function timestampFormat(value: i64, precision: i32, address: usize): i32 {
  const unitsPerSecond: i64 = precision <= 3 ? 1000 : 1000000;
  const seconds = floorDivide(value, unitsPerSecond);
  const fraction = <i32>(value - seconds * unitsPerSecond);
  return writeTimestamp(seconds, fraction * (precision <= 3 ? 1000000 : 1000), precision, address);
}

/** As `writeTimestamp`, of a count of ns (precision 7..9). */
export function timestampFormatNanos(low: i64, high: i64, precision: i32, address: usize): i32 {
  const millis = nanosToMillis(low, high);
  const seconds = floorDivide(millis, 1000);
  const nano = <i32>(millis - seconds * 1000) * 1000000 + nanosOfMilli(low, high);
  return writeTimestamp(seconds, nano, precision, address);
}
