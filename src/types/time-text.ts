import { timestampUnitsPerSecond } from './physical.ts';

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar; null where there is no such day. */
export function parseDays(text: string): number | null {
  const parts = /^(\d{1,4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (parts === null) return null;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return daysOf(year, month, day);
}

/** Milliseconds of the day. A TIME(0) of them keeps the fraction, though it is not shown, as in Flink. */
export function parseTimeMs(text: string): number | null {
  const parts = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d+))?$/.exec(text);
  if (parts === null) return null;
  const ms = secondsOfDay(parts.slice(1, 4).map(Number) as [number, number, number], 1000);
  return ms === null ? null : ms + Number((parts[4] ?? '').slice(0, 3).padEnd(3, '0'));
}

/** A TIMESTAMP's count in the unit of its precision, which is the number of digits of its fraction, 9 at most. */
export function parseTimestamp(text: string): { readonly value: bigint; readonly precision: number } | null {
  const parts = /^(\d{1,4}-\d{1,2}-\d{1,2})(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d*))?)?$/.exec(text.trim());
  const days = parts === null ? null : parseDays(parts[1]!);
  if (parts === null || days === null) return null;
  const seconds = secondsOfDay([Number(parts[2] ?? 0), Number(parts[3] ?? 0), Number(parts[4] ?? 0)], 1);
  if (seconds === null) return null;
  const fraction = (parts[5] ?? '').slice(0, 9);
  const unitsPerSecond = timestampUnitsPerSecond(fraction.length);
  const units = BigInt(fraction.padEnd(Math.round(Math.log10(unitsPerSecond)), '0'));
  const value = (BigInt(days) * 86_400n + BigInt(seconds)) * BigInt(unitsPerSecond) + units;
  return { value, precision: fraction.length };
}

/** Days since 1970-01-01. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days_from_civil. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function secondsOfDay([hour, minute, second]: [number, number, number], scale: number): number | null {
  if (hour > 23 || minute > 59 || second > 59) return null;
  return (hour * 3600 + minute * 60 + second) * scale;
}
