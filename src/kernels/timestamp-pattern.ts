import { civilDay, civilFromDays, civilMonth, civilYear } from './calendar';
import { floorDivide } from './floor-division';

/**
 * Timestamps as text by a compiled pattern of digits and constant text (`functions/scalar/clock-pattern.ts` compiles it).
 *
 * The program is a row of steps: an operation, and a number. `opText` is followed by so many bytes that are copied; the
 * others write a field with at least so many digits (years: 2 the last two digits; fractions: exactly so many).
 */
const opText: u8 = 0;
const opYear: u8 = 1;
const opMonth: u8 = 2;
const opDay: u8 = 3;
const opHour: u8 = 4;
const opMinute: u8 = 5;
const opSecond: u8 = 6;
const opFraction: u8 = 7;

function writeNumber(address: usize, value: i32, digitsMin: i32): i32 {
  let digits: i32 = 1;
  for (let bound: i32 = 10; digits < 9 && value >= bound; bound *= 10) digits++;
  if (digits < digitsMin) digits = digitsMin;
  let rest = value;
  for (let i = digits - 1; i >= 0; i--) {
    store<u8>(address + i, <u8>(48 + rest % 10));
    rest /= 10;
  }
  return digits;
}

/**
 * Writes a wall-clock time (count of ms or us, and ns of the millisecond besides) to `to` and returns the length; -1 for
 * a year outside 1..9999, which needs signs. The room: the program's length times 9 is enough.
 */
export function timestampWritePattern(
  value: i64,
  unitsPerSecond: i64,
  nanoOfMilli: i32,
  program: usize,
  programLength: u32,
  to: usize,
): i32 {
  const seconds = floorDivide(value, unitsPerSecond);
  const days = floorDivide(seconds, 86400);
  const civil = civilFromDays(<i32>days);
  const year = civilYear(civil);
  if (year < 1 || year > 9999) return -1;
  const second = <i32>(seconds - days * 86400);
  const fraction = <i32>(value - seconds * unitsPerSecond);
  const nano = fraction * (unitsPerSecond == 1000 ? 1000000 : 1000) + nanoOfMilli;
  let p = to;
  let at = program;
  const end = program + programLength;
  while (at < end) {
    const operation = load<u8>(at);
    const width = <i32>load<u8>(at, 1);
    at += 2;
    if (operation == opText) {
      for (let i = 0; i < width; i++) store<u8>(p + i, load<u8>(at + i));
      p += width;
      at += width;
    } else if (operation == opYear) p += writeNumber(p, width == 2 ? year % 100 : year, width);
    else if (operation == opMonth) p += writeNumber(p, civilMonth(civil), width);
    else if (operation == opDay) p += writeNumber(p, civilDay(civil), width);
    else if (operation == opHour) p += writeNumber(p, second / 3600, width);
    else if (operation == opMinute) p += writeNumber(p, (second / 60) % 60, width);
    else if (operation == opSecond) p += writeNumber(p, second % 60, width);
    else if (operation == opFraction) {
      let rest = nano;
      for (let i = width; i < 9; i++) rest /= 10;
      for (let i = width - 1; i >= 0; i--) {
        store<u8>(p + i, <u8>(48 + rest % 10));
        rest /= 10;
      }
      p += width;
    }
  }
  return <i32>(p - to);
}
