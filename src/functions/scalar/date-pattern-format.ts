import {
  type Civil,
  civilOf,
  daysOf,
  monthNames,
  usWeek,
  usWeekOfMonth,
  weekdayNames,
  weekdayOf,
} from './calendar-fields.ts';
import { datePattern, type PatternToken } from './date-pattern.ts';

/** A wall-clock time to be written. */
export interface ClockTime {
  /** Milliseconds since 1970. */
  readonly millis: number;
  readonly nanoOfMilli: number;
}

interface Fields {
  readonly days: number;
  readonly civil: Civil;
  readonly milliOfDay: number;
  /** Of the second. */
  readonly nano: number;
}

/**
 * A wall-clock time by a pattern, as java.time.format.DateTimeFormatter writes it in English.
 * @throws Error for a malformed pattern, and for letters that need a zone
 */
export function formatClock(time: ClockTime, pattern: string): string {
  const days = Math.floor(time.millis / 86_400_000);
  const milliOfDay = time.millis - days * 86_400_000;
  const fields: Fields = {
    days,
    civil: civilOf(days),
    milliOfDay,
    nano: (milliOfDay % 1000) * 1_000_000 + time.nanoOfMilli,
  };
  return datePattern(pattern)
    .map((token) => tokenText(token, fields))
    .join('');
}

function tokenText(token: PatternToken, fields: Fields): string {
  switch (token.kind) {
    case 'text':
      return token.text;
    case 'field':
      return fieldText(token.letter, token.count, fields);
    case 'pad': {
      const text = tokenText(token.token, fields);
      if (text.length > token.width) {
        throw new Error(`Cannot print as output of ${text.length} characters exceeds pad width of ${token.width}`);
      }
      return text.padStart(token.width);
    }
    case 'optional':
      return optionalText(token.tokens, fields);
  }
}

/** Nothing where a field inside cannot be written. */
function optionalText(tokens: readonly PatternToken[], fields: Fields): string {
  try {
    return tokens.map((token) => tokenText(token, fields)).join('');
  } catch {
    return '';
  }
}

function fieldText(letter: string, count: number, fields: Fields): string {
  const { days, civil, milliOfDay, nano } = fields;
  const hour = Math.floor(milliOfDay / 3_600_000);
  switch (letter) {
    case 'G':
      return era(civil.year > 0, count);
    case 'u':
      return year(civil.year, count);
    case 'y':
      return year(civil.year > 0 ? civil.year : 1 - civil.year, count);
    case 'Y':
      return year(usWeek(days, civil).year, count);
    case 'M':
    case 'L':
      return count < 3 ? number(civil.month, count) : name(monthNames[civil.month - 1] as string, count);
    case 'Q':
    case 'q':
      return quarter(Math.ceil(civil.month / 3), count);
    case 'd':
      return number(civil.day, count);
    case 'D':
      return number(days - daysOf(civil.year, 1, 1) + 1, count);
    case 'E':
      return name(weekdayNames[weekdayOf(days)] as string, count);
    case 'e':
    case 'c':
      return count < 3 ? number(weekdayOf(days) + 1, count) : name(weekdayNames[weekdayOf(days)] as string, count);
    case 'w':
      return number(usWeek(days, civil).week, count);
    case 'W':
      return number(usWeekOfMonth(days, civil), count);
    case 'F':
      return number(((civil.day - 1) % 7) + 1, count);
    case 'a':
      return hour < 12 ? 'AM' : 'PM';
    case 'h':
      return number(hour % 12 || 12, count);
    case 'K':
      return number(hour % 12, count);
    case 'k':
      return number(hour || 24, count);
    case 'H':
      return number(hour, count);
    case 'm':
      return number(Math.floor(milliOfDay / 60_000) % 60, count);
    case 's':
      return number(Math.floor(milliOfDay / 1000) % 60, count);
    case 'S':
      return String(nano).padStart(9, '0').slice(0, count);
    case 'A':
      return number(milliOfDay, count);
    case 'n':
      return number(nano, count);
    case 'N':
      return String(BigInt(milliOfDay - (milliOfDay % 1000)) * 1_000_000n + BigInt(nano)).padStart(count, '0');
    case 'X':
    case 'x':
    case 'Z':
    case 'O':
      throw new Error(`the pattern letter ${letter} needs an offset, and a timestamp has none`);
    default:
      throw new Error(`the pattern letter ${letter} needs a time zone, and a timestamp has none`);
  }
}

function number(value: number, digitsMin: number): string {
  return String(value).padStart(digitsMin, '0');
}

/** Two letters: the last two digits. Four and more: a sign where the year needs more digits. */
function year(value: number, count: number): string {
  if (count === 2) return number(Math.abs(value) % 100, 2);
  const digits = number(Math.abs(value), count);
  if (value < 0) return `-${digits}`;
  return count >= 4 && digits.length > count ? `+${digits}` : digits;
}

function name(full: string, count: number): string {
  return count === 4 ? full : full.slice(0, count === 5 ? 1 : 3);
}

function era(isCommon: boolean, count: number): string {
  if (count === 5) return isCommon ? 'A' : 'B';
  if (count === 4) return isCommon ? 'Anno Domini' : 'Before Christ';
  return isCommon ? 'AD' : 'BC';
}

function quarter(value: number, count: number): string {
  if (count === 3) return `Q${value}`;
  if (count === 4) return `${value}${['st', 'nd', 'rd', 'th'][value - 1]} quarter`;
  return count === 5 ? String(value) : number(value, count);
}
