/**
 * Calendar arithmetic for text patterns, in JavaScript: days since 1970 and their fields in the proleptic Gregorian
 * calendar, and in the one that java.util.GregorianCalendar keeps (Julian before 1582-10-15).
 */
export interface Civil {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  /** 1..31 */
  readonly day: number;
}

/** 1582-10-15, the first Gregorian day. */
const cutover = -141_427;

/** Days of a proleptic Gregorian date; month and day may run over. */
export function daysOf(year: number, month: number, day: number): number {
  const months = year * 12 + month - 1;
  const y = Math.floor(months / 12);
  const m = months - y * 12 + 1;
  const shifted = m <= 2 ? y - 1 : y;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (m > 2 ? m - 3 : m + 9) + 2) / 5);
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468 + day - 1;
}

export function civilOf(days: number): Civil {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  return marchBased(yearOfEra + era * 400, dayOfYear);
}

/** From a year that starts in March and a day in it. */
function marchBased(year: number, dayOfYear: number): Civil {
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: month <= 2 ? year + 1 : year, month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 };
}

/** Days of a date in the calendar with the cutover; month and day may run over. */
export function legacyDaysOf(year: number, month: number, day: number): number {
  const gregorian = daysOf(year, month, day);
  return gregorian >= cutover ? gregorian : julianDaysOf(year, month, day);
}

export function legacyCivilOf(days: number): Civil {
  if (days >= cutover) return civilOf(days);
  const z = days + 719_470;
  const era = Math.floor(z / 1461);
  const dayOfEra = z - era * 1461;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460)) / 365);
  return marchBased(yearOfEra + era * 4, dayOfEra - 365 * yearOfEra);
}

function julianDaysOf(year: number, month: number, day: number): number {
  const months = year * 12 + month - 1;
  const y = Math.floor(months / 12);
  const m = months - y * 12 + 1;
  const shifted = m <= 2 ? y - 1 : y;
  const dayOfYear = Math.floor((153 * (m > 2 ? m - 3 : m + 9) + 2) / 5);
  return shifted * 365 + Math.floor(shifted / 4) + dayOfYear - 719_470 + day - 1;
}

export function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function monthLength(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** 0 Sunday to 6 Saturday. */
export function weekdayOf(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}

/** The week of the year as Java counts it in the USA: weeks start on Sunday, the first holds January 1. */
export function usWeek(days: number, civil: Civil): { readonly year: number; readonly week: number } {
  const start = (year: number) => {
    const first = daysOf(year, 1, 1);
    return first - weekdayOf(first);
  };
  const next = start(civil.year + 1);
  if (days >= next) return { year: civil.year + 1, week: 1 };
  return { year: civil.year, week: Math.floor((days - start(civil.year)) / 7) + 1 };
}

/** The week of the month, from 1: weeks start on Sunday, the first holds the month's first day. */
export function usWeekOfMonth(days: number, civil: Civil): number {
  return Math.floor((civil.day - 1 + weekdayOf(days - civil.day + 1)) / 7) + 1;
}

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export const weekdayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
