import { daysOf, isLeap, monthLength, monthNames, weekdayNames, weekdayOf } from './calendar-fields.ts';
import { datePattern, type PatternToken } from './date-pattern.ts';

/** A wall-clock time that was read: missing fields are those of 1970-01-01 00:00:00. */
export interface ParsedClock {
  readonly days: number;
  /** Of the day. */
  readonly nanos: bigint;
}

/** What does not match; caught within this folder. */
class Mismatch extends Error {}

/**
 * Reads a text by a pattern, as java.time.format.DateTimeFormatter does in English with its SMART resolution: numbers as
 * wide as the pattern says, names by case, a day beyond the month's end becomes its last, 24:00 the next midnight.
 *
 * @returns null where the text does not match @throws Error for a malformed pattern
 */
export function parseClock(text: string, pattern: string): ParsedClock | null {
  const tokens = datePattern(pattern);
  try {
    const reader = new FieldReader(text);
    reader.sequence(tokens);
    if (reader.at !== text.length) return null;
    return resolve(reader.fields);
  } catch (error) {
    if (error instanceof Mismatch) return null;
    throw error;
  }
}

type Fields = Map<string, number>;

/** Letters that are written as numbers, with digits at least and at most for a count. */
function numberWidths(letter: string, count: number): readonly [least: number, most: number] | null {
  switch (letter) {
    case 'y':
    case 'u':
    case 'Y':
      return count === 2 ? [2, 2] : [count, 19];
    case 'M':
    case 'L':
    case 'Q':
    case 'q':
    case 'e':
    case 'c':
      if (count > 2) return null;
      return count === 1 ? [1, 19] : [2, 2];
    case 'd':
    case 'h':
    case 'H':
    case 'k':
    case 'K':
    case 'm':
    case 's':
    case 'w':
      return count === 1 ? [1, 19] : [2, 2];
    case 'D':
      return count === 1 ? [1, 19] : count === 2 ? [2, 3] : [3, 3];
    case 'F':
    case 'W':
      return [1, 19];
    case 'S':
      return [count, count];
    case 'A':
    case 'n':
    case 'N':
      return [count, 19];
    default:
      return null;
  }
}

class FieldReader {
  readonly fields: Fields = new Map();
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  sequence(tokens: readonly PatternToken[]): void {
    for (const [index, token] of tokens.entries()) {
      switch (token.kind) {
        case 'text':
          if (!this.#text.startsWith(token.text, this.at)) throw new Mismatch();
          this.at += token.text.length;
          break;
        case 'field':
          this.#field(token.letter, token.count, tokens.slice(index + 1));
          break;
        case 'pad':
          this.#padded(token);
          break;
        case 'optional':
          this.#optional(token.tokens);
          break;
      }
    }
  }

  #optional(tokens: readonly PatternToken[]): void {
    const start = this.at;
    const before = new Map(this.fields);
    try {
      this.sequence(tokens);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      this.at = start;
      this.fields.clear();
      for (const [letter, value] of before) this.fields.set(letter, value);
    }
  }

  #padded({ width, token }: { readonly width: number; readonly token: PatternToken }): void {
    const end = this.at + width;
    if (end > this.#text.length) throw new Mismatch();
    while (this.at < end && this.#text[this.at] === ' ') this.at++;
    this.sequence([token]);
    if (this.at !== end) throw new Mismatch();
  }

  #field(letter: string, count: number, following: readonly PatternToken[]): void {
    const widths = numberWidths(letter, count);
    if (widths !== null) {
      this.#number(letter, count, widths, following);
      return;
    }
    switch (letter) {
      case 'M':
      case 'L':
        this.#set('M', this.#name(monthNames, count) + 1);
        return;
      case 'E':
      case 'e':
      case 'c':
        this.#set('E', this.#name(weekdayNames, count));
        return;
      case 'a':
        this.#set('a', this.#oneOf(['AM', 'PM']));
        return;
      case 'G':
        this.#set('G', 1 - this.#oneOf(count === 4 ? ['Anno Domini', 'Before Christ'] : ['AD', 'BC']));
        return;
      case 'Q':
      case 'q':
        this.#set(
          'Q',
          this.#oneOf(
            count === 3 ? ['Q1', 'Q2', 'Q3', 'Q4'] : ['1st quarter', '2nd quarter', '3rd quarter', '4th quarter'],
          ) + 1,
        );
        return;
      default:
        this.#zone(letter, count);
    }
  }

  /** Fields of one instant that is dropped: an offset or a zone is read, and the wall clock stays as it is written. */
  #zone(letter: string, count: number): void {
    const forms: Readonly<Record<string, RegExp>> = {
      X: [/Z|[+-]\d\d(?:\d\d)?/y, /Z|[+-]\d{4}/y, /Z|[+-]\d\d:\d\d/y][Math.min(count, 3) - 1] as RegExp,
      x: [/[+-]\d\d(?:\d\d)?/y, /[+-]\d{4}/y, /[+-]\d\d:\d\d/y][Math.min(count, 3) - 1] as RegExp,
      Z: count < 4 ? /[+-]\d{4}/y : count === 4 ? /GMT(?:[+-]\d\d:\d\d)?/y : /Z|[+-]\d\d:\d\d/y,
      O: /GMT(?:[+-]\d{1,2}(?::\d\d)?)?/y,
      V: /[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*|Z|[+-]\d\d:\d\d/y,
      z: /[A-Za-z][A-Za-z0-9_]*(?:\/[A-Za-z0-9_+-]+)*(?:[+-]\d\d:\d\d)?/y,
    };
    const form = forms[letter];
    if (form === undefined) throw new Mismatch();
    form.lastIndex = this.at;
    const match = form.exec(this.#text);
    if (match === null) throw new Mismatch();
    this.at += match[0].length;
  }

  #number(letter: string, count: number, widths: readonly [number, number], following: readonly PatternToken[]): void {
    const [least, most] = widths;
    let sign = 1;
    const isYear = letter === 'y' || letter === 'u' || letter === 'Y';
    const first = this.#text[this.at];
    const hasSign = (first === '-' && most > 2 && letter === 'u') || (first === '+' && isYear && count >= 4);
    if (hasSign) {
      sign = first === '-' ? -1 : 1;
      this.at++;
    }
    let digits = 0;
    while (digits < most && /^[0-9]$/.test(this.#text[this.at + digits] ?? '')) digits++;
    // Digits that fixed fields behind need are left to them.
    const reserved = least === most ? 0 : fixedDigits(following);
    if (reserved > 0) digits = Math.max(digits - reserved, least);
    if (digits < least) throw new Mismatch();
    // More digits than the pattern has letters need a sign.
    if (isYear && count >= 4 && digits > count && !(hasSign && first === '+') && reserved === 0) throw new Mismatch();
    const text = this.#text.slice(this.at, this.at + digits);
    if (text.length < digits || !/^[0-9]*$/.test(text)) throw new Mismatch();
    this.at += digits;
    if (letter === 'S') this.#set('S', Number(text.padEnd(9, '0')));
    else if (isYear && count === 2) this.#set(letter, 2000 + Number(text));
    else this.#set(letter === 'L' ? 'M' : letter, sign * Number(text));
  }

  #name(names: readonly string[], count: number): number {
    return this.#oneOf(names.map((name) => (count === 4 ? name : name.slice(0, count === 5 ? 1 : 3))));
  }

  /** The longest that stands here. */
  #oneOf(texts: readonly string[]): number {
    let best = -1;
    for (const [at, text] of texts.entries()) {
      if (this.#text.startsWith(text, this.at) && (best < 0 || text.length > (texts[best] as string).length)) best = at;
    }
    if (best < 0) throw new Mismatch();
    this.at += (texts[best] as string).length;
    return best;
  }

  #set(letter: string, value: number): void {
    const before = this.fields.get(letter);
    if (before !== undefined && before !== value) throw new Mismatch();
    this.fields.set(letter, value);
  }
}

/** Digits of the fields of fixed width that follow at once. */
function fixedDigits(following: readonly PatternToken[]): number {
  let digits = 0;
  for (const token of following) {
    if (token.kind !== 'field') break;
    const widths = numberWidths(token.letter, token.count);
    if (widths === null || widths[0] !== widths[1]) break;
    digits += widths[0];
  }
  return digits;
}

function within(value: number, low: number, high: number): number {
  if (value < low || value > high) throw new Mismatch();
  return value;
}

function resolve(fields: Fields): ParsedClock {
  const { nanos, isNextDay } = resolveTime(fields);
  return { days: resolveDate(fields) + (isNextDay ? 1 : 0), nanos };
}

/** Without a year the day of the year is lost; without a month the day of the month is taken all the same. */
function resolveDate(fields: Fields): number {
  const yearOfEra = fields.get('y');
  const isBefore = fields.get('G') === 0;
  const year = fields.get('u') ?? (yearOfEra === undefined ? undefined : isBefore ? 1 - yearOfEra : yearOfEra);
  const dayOfYear = fields.get('D');
  if (dayOfYear !== undefined) within(dayOfYear, 1, 366);
  const month = fields.get('M');
  const day = fields.get('d');
  if (month !== undefined) within(month, 1, 12);
  if (day !== undefined) within(day, 1, 31);
  let days: number;
  if (year !== undefined && dayOfYear !== undefined && month === undefined) {
    if (dayOfYear === 366 && !isLeap(year)) throw new Mismatch();
    days = daysOf(year, 1, dayOfYear);
  } else {
    const y = year ?? 1970;
    const m = month ?? 1;
    const d = day ?? 1;
    const isWhole = year !== undefined && month !== undefined && day !== undefined;
    if (!isWhole && d > monthLength(y, m)) throw new Mismatch();
    days = daysOf(y, m, Math.min(d, monthLength(y, m)));
    const weekday = fields.get('E');
    if (isWhole && weekday !== undefined && weekday !== weekdayOf(days)) throw new Mismatch();
  }
  return days;
}

function resolveTime(fields: Fields): { readonly nanos: bigint; readonly isNextDay: boolean } {
  const millisOfDay = fields.get('A');
  const nanosOfDay = fields.get('N');
  if (millisOfDay !== undefined)
    return { nanos: BigInt(within(millisOfDay, 0, 86_399_999)) * 1_000_000n, isNextDay: false };
  if (nanosOfDay !== undefined) return { nanos: BigInt(nanosOfDay), isNextDay: false };
  const minute = within(fields.get('m') ?? 0, 0, 59);
  const second = within(fields.get('s') ?? 0, 0, 59);
  const nano = fields.get('S') ?? fields.get('n') ?? 0;
  const hour = resolveHour(fields);
  if (hour === 24) {
    if (minute !== 0 || second !== 0 || nano !== 0) throw new Mismatch();
    return { nanos: 0n, isNextDay: true };
  }
  return { nanos: BigInt(hour * 3600 + minute * 60 + second) * 1_000_000_000n + BigInt(nano), isNextDay: false };
}

/** 12 hours without AM or PM are no hour of the day: 0. */
function resolveHour(fields: Fields): number {
  const clockHour = fields.get('h');
  const halfHour = clockHour === undefined ? fields.get('K') : within(clockHour, 1, 12) % 12;
  if (halfHour !== undefined) within(halfHour, 0, 11);
  const half = fields.get('a');
  const hour = fields.get('H');
  if (hour !== undefined) return within(hour, 0, 24);
  const clock24 = fields.get('k');
  if (clock24 !== undefined) return within(clock24, 1, 24) % 24;
  return halfHour !== undefined && half !== undefined ? half * 12 + halfHour : 0;
}
