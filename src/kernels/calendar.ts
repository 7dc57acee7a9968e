import { floorDivide, floorModulo } from './floor-division';

/**
 * The proleptic Gregorian calendar: days since 1970-01-01 to year, month and day and back; fields, floors and steps.
 *
 * Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (eras of 400 years that start in March).
 * Timestamps are counts since 1970 in units of `unitsPerSecond` (10^3 or 10^6); all divisions go down.
 *
 * The time units have numbers; `functions/scalar/time-unit.ts` has the same.
 */
const unitMillennium: i32 = 0;
const unitCentury: i32 = 1;
const unitDecade: i32 = 2;
const unitYear: i32 = 3;
const unitQuarter: i32 = 4;
const unitMonth: i32 = 5;
const unitWeek: i32 = 6;
const unitDay: i32 = 7;
const unitHour: i32 = 8;
const unitMinute: i32 = 9;
const unitSecond: i32 = 10;
const unitMillisecond: i32 = 11;
const unitMicrosecond: i32 = 12;
const unitNanosecond: i32 = 13;
const unitDayOfWeek: i32 = 14;
const unitIsoDayOfWeek: i32 = 15;
const unitIsoYear: i32 = 16;
const unitDayOfYear: i32 = 17;
const unitEpoch: i32 = 18;

const secondsPerDay: i64 = 86400;

/** Days since 1970-01-01 of a date; month 1..12, day 1..31 (a day beyond the month's end runs on). */
export function daysFromCivil(year: i32, month: i32, day: i32): i32 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/**
 * The date of a day: `year << 16 | month << 8 | day`. Of the years from -32,768 to 2,9 million by multiplications.
 * Source: Neri and Schneider 2022, "Euclidean affine functions and their application to calendar algorithms".
 */
export function civilFromDays(days: i32): i64 {
  if (days >= -12699422 && days <= 1061042401) {
    const ofEras = 4 * <u32>(days + 12699422) + 3;
    const century = ofEras / 146097;
    const ofCentury = 4 * ((ofEras % 146097) / 4) + 3;
    const product = <u64>2939745 * ofCentury;
    const ofYear = <u32>product / 2939745 / 4;
    const shiftedMonth = 2141 * ofYear + 197913;
    const month = shiftedMonth >> 16;
    const day = (shiftedMonth & 0xffff) / 2141 + 1;
    const runsOn = ofYear >= 306;
    const year = <i64>(100 * century + <u32>(product >> 32)) - 32800 + i64(runsOn);
    return (year << 16) | <i64>(((runsOn ? month - 12 : month) << 8) | day);
  }
  const z: i64 = <i64>days + 719468;
  const era: i64 = floorDivide(z, 146097);
  const dayOfEra: i32 = <i32>(z - era * 146097);
  const yearOfEra: i32 = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear: i32 = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const shifted: i32 = (5 * dayOfYear + 2) / 153;
  const day: i32 = dayOfYear - (153 * shifted + 2) / 5 + 1;
  const month: i32 = shifted < 10 ? shifted + 3 : shifted - 9;
  const year: i64 = <i64>yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return (year << 16) | <i64>((month << 8) | day);
}

// @ts-ignore: decorator
@inline
export function civilYear(civil: i64): i32 {
  return <i32>(civil >> 16);
}

// @ts-ignore: decorator
@inline
export function civilMonth(civil: i64): i32 {
  return <i32>((civil >> 8) & 0xff);
}

// @ts-ignore: decorator
@inline
export function civilDay(civil: i64): i32 {
  return <i32>(civil & 0xff);
}

export function isLeapYear(year: i32): bool {
  return (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);
}

/** Days of a month, 28..31. */
export function daysInMonth(year: i32, month: i32): i32 {
  if (month == 2) return isLeapYear(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** The same day so many months on; a day that the month lacks becomes its last. */
export function dateAddMonths(days: i32, months: i32): i32 {
  const civil = civilFromDays(days);
  const total: i64 = <i64>civilYear(civil) * 12 + civilMonth(civil) - 1 + months;
  const year: i32 = <i32>floorDivide(total, 12);
  const month: i32 = <i32>floorModulo(total, 12) + 1;
  const last = daysInMonth(year, month);
  const day = civilDay(civil);
  return daysFromCivil(year, month, day < last ? day : last);
}

/** As `dateAddMonths`, keeping the time of day. */
export function timestampAddMonths(value: i64, months: i32, unitsPerSecond: i64): i64 {
  const perDay = unitsPerSecond * secondsPerDay;
  const days = floorDivide(value, perDay);
  return <i64>dateAddMonths(<i32>days, months) * perDay + (value - days * perDay);
}

/** Months from one day to a later one: the most that can be added to the first without passing the second. */
function wholeMonths(from: i32, to: i32): i32 {
  // No month has more than 31 days, so the estimate is never too high.
  let months = (to - from) / 31;
  while (dateAddMonths(from, months) < to && dateAddMonths(from, months + 1) <= to) months++;
  return months;
}

/**
 * Whole months from one time to another, negative when `to` is earlier. As in Flink: counted by days, and one less when
 * the months end on the day of `to` but its time of day is earlier.
 */
export function timestampMonthsBetween(from: i64, to: i64, unitsPerSecond: i64): i32 {
  const perDay = unitsPerSecond * secondsPerDay;
  const fromDays = <i32>floorDivide(from, perDay);
  const toDays = <i32>floorDivide(to, perDay);
  const months = toDays < fromDays ? -wholeMonths(toDays, fromDays) : wholeMonths(fromDays, toDays);
  const isEarlierInDay = floorModulo(to, perDay) < floorModulo(from, perDay);
  return isEarlierInDay && dateAddMonths(fromDays, months) == toDays ? months - 1 : months;
}

/** 0 Sunday to 6 Saturday. */
// @ts-ignore: decorator
@inline
function weekday(days: i32): i32 {
  return <i32>floorModulo(<i64>days + 4, 7);
}

function dayOfYear(days: i32, year: i32): i32 {
  return days - daysFromCivil(year, 1, 1) + 1;
}

/** The year of the ISO week's Thursday, in the high half, and the week 1..53 in the low. */
function isoWeek(days: i32): i64 {
  const isoDay = weekday(days) == 0 ? 7 : weekday(days);
  const thursday = days - isoDay + 4;
  const year = civilYear(civilFromDays(thursday));
  const week = (thursday - daysFromCivil(year, 1, 1)) / 7 + 1;
  return (<i64>year << 32) | <i64>week;
}

/** Centuries and millennia count from year 1: 2000 is in the 20th century. */
function ordinalOf(year: i32, size: i32): i32 {
  return year > 0 ? (year + size - 1) / size : (year - size + 1) / size;
}

/** A field of a date; fields of the time of day are 0. */
export function dateExtract(days: i32, unit: i32): i64 {
  const civil = civilFromDays(days);
  const year = civilYear(civil);
  switch (unit) {
    case unitMillennium:
      return <i64>ordinalOf(year, 1000);
    case unitCentury:
      return <i64>ordinalOf(year, 100);
    case unitDecade:
      return floorDivide(<i64>year, 10);
    case unitYear:
      return <i64>year;
    case unitQuarter:
      return <i64>((civilMonth(civil) + 2) / 3);
    case unitMonth:
      return <i64>civilMonth(civil);
    case unitWeek:
      return isoWeek(days) & 0xffffffff;
    case unitDay:
      return <i64>civilDay(civil);
    case unitDayOfWeek:
      return <i64>(weekday(days) + 1);
    case unitIsoDayOfWeek:
      return weekday(days) == 0 ? 7 : <i64>weekday(days);
    case unitIsoYear:
      return isoWeek(days) >> 32;
    case unitDayOfYear:
      return <i64>dayOfYear(days, year);
    case unitEpoch:
      return <i64>days * secondsPerDay;
    default:
      return 0;
  }
}

/** A field of a time of day in ms: HOUR, MINUTE, SECOND (without its fraction), MILLISECOND and finer (of the second). */
export function timeExtract(millis: i32, unit: i32): i64 {
  switch (unit) {
    case unitHour:
      return <i64>(millis / 3600000);
    case unitMinute:
      return <i64>((millis / 60000) % 60);
    case unitSecond:
      return <i64>((millis / 1000) % 60);
    case unitMillisecond:
      return <i64>(millis % 1000);
    case unitMicrosecond:
      return <i64>(millis % 1000) * 1000;
    case unitNanosecond:
      return <i64>(millis % 1000) * 1000000;
    default:
      return 0;
  }
}

/** The first day of the period that holds a day. Weeks start on Sunday; units below a day leave it. */
export function dateFloor(days: i32, unit: i32): i32 {
  if (unit >= unitDay) return days;
  if (unit == unitWeek) return days - weekday(days);
  const civil = civilFromDays(days);
  const year = civilYear(civil);
  switch (unit) {
    case unitMillennium:
      return daysFromCivil(<i32>floorDivide(<i64>(year - 1), 1000) * 1000 + 1, 1, 1);
    case unitCentury:
      return daysFromCivil(<i32>floorDivide(<i64>(year - 1), 100) * 100 + 1, 1, 1);
    case unitDecade:
      return daysFromCivil(<i32>floorDivide(<i64>year, 10) * 10, 1, 1);
    case unitYear:
      return daysFromCivil(year, 1, 1);
    case unitQuarter:
      return daysFromCivil(year, ((civilMonth(civil) - 1) / 3) * 3 + 1, 1);
    default:
      return daysFromCivil(year, civilMonth(civil), 1);
  }
}

/** The first day of the period after the one that holds a day. */
function dateNext(days: i32, unit: i32): i32 {
  const start = dateFloor(days, unit);
  switch (unit) {
    case unitMillennium:
      return dateAddMonths(start, 12000);
    case unitCentury:
      return dateAddMonths(start, 1200);
    case unitDecade:
      return dateAddMonths(start, 120);
    case unitYear:
      return dateAddMonths(start, 12);
    case unitQuarter:
      return dateAddMonths(start, 3);
    case unitMonth:
      return dateAddMonths(start, 1);
    case unitWeek:
      return start + 7;
    default:
      return start + 1;
  }
}

/**
 * The next start of a period, or the day itself where it is one. As in Flink, a quarter's first day goes on to the
 * next quarter and a day to the next day.
 */
export function dateCeil(days: i32, unit: i32): i32 {
  if (unit > unitDay) return days;
  if (unit == unitQuarter || unit == unitDay) return dateNext(days, unit);
  return dateFloor(days, unit) == days ? days : dateNext(days, unit);
}

/** Units of a timestamp's count in a period of fixed length, from DAY down. At least 1. */
function fixedPeriod(unit: i32, unitsPerSecond: i64): i64 {
  switch (unit) {
    case unitDay:
      return unitsPerSecond * secondsPerDay;
    case unitHour:
      return unitsPerSecond * 3600;
    case unitMinute:
      return unitsPerSecond * 60;
    case unitSecond:
      return unitsPerSecond;
    case unitMillisecond:
      return unitsPerSecond >= 1000 ? unitsPerSecond / 1000 : 1;
    case unitMicrosecond:
      return unitsPerSecond >= 1000000 ? unitsPerSecond / 1000000 : 1;
    default:
      return 1;
  }
}

/** The start of the period that holds a time; works for a TIME (ms) too. */
export function timestampFloor(value: i64, unit: i32, unitsPerSecond: i64): i64 {
  if (unit >= unitDay) {
    const period = fixedPeriod(unit, unitsPerSecond);
    return floorDivide(value, period) * period;
  }
  const perDay = unitsPerSecond * secondsPerDay;
  return <i64>dateFloor(<i32>floorDivide(value, perDay), unit) * perDay;
}

/** The next start of a period, or the time itself where it is one (but for QUARTER: see `dateCeil`). */
export function timestampCeil(value: i64, unit: i32, unitsPerSecond: i64): i64 {
  const floor = timestampFloor(value, unit, unitsPerSecond);
  if (floor == value && unit != unitQuarter) return value;
  if (unit >= unitDay) return floor + fixedPeriod(unit, unitsPerSecond);
  const perDay = unitsPerSecond * secondsPerDay;
  return <i64>dateNext(<i32>floorDivide(floor, perDay), unit) * perDay;
}
