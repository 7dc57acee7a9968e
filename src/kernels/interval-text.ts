// Intervals as text, as the casts to STRING write them.
import { digitCount, writeDigits } from './digits';

/** Months as `+7-00`, `-1-02`. At most 16 bytes. @returns the length */
export function intervalMonthsFormat(months: i32, address: usize): i32 {
  const negative = months < 0;
  const magnitude: u64 = negative ? 0 - <i64>months : <i64>months;
  store<u8>(address, negative ? 0x2d : 0x2b);
  const years = magnitude / 12;
  const count = digitCount(years);
  writeDigits(address + 1, years, count);
  store<u8>(address + 1 + count, 0x2d);
  writeDigits(address + 2 + count, magnitude % 12, 2);
  return count + 4;
}

/** Milliseconds as `+1 10:17:36.789`. At most 32 bytes. @returns the length */
export function intervalMillisFormat(millis: i64, address: usize): i32 {
  const negative = millis < 0;
  const magnitude: u64 = negative ? 0 - millis : millis;
  store<u8>(address, negative ? 0x2d : 0x2b);
  const days = magnitude / 86400000;
  const count = digitCount(days);
  writeDigits(address + 1, days, count);
  let at = address + 1 + count;
  store<u8>(at, 0x20);
  const ofDay = magnitude % 86400000;
  writeDigits(at + 1, ofDay / 3600000, 2);
  store<u8>(at + 3, 0x3a);
  writeDigits(at + 4, (ofDay / 60000) % 60, 2);
  store<u8>(at + 6, 0x3a);
  writeDigits(at + 7, (ofDay / 1000) % 60, 2);
  store<u8>(at + 9, 0x2e);
  writeDigits(at + 10, ofDay % 1000, 3);
  return <i32>(at - address) + 13;
}
