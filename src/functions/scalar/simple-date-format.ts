import { type Zone, zoneLocalToUtc, zoneOffsetAt } from '../../types/zone.ts';
import {
  daysOf,
  legacyCivilOf,
  legacyDaysOf,
  monthNames,
  usWeek,
  usWeekOfMonth,
  weekdayNames,
  weekdayOf,
} from './calendar-fields.ts';
import { zoneAbbreviation, zoneOffsetOfName } from './zone-names.ts';

/**
 * Text of instants as java.text.SimpleDateFormat has it, in English: lenient (a 13th month is next January), blind to
 * what follows the pattern, Julian before 1582, and with the zone's present standard time before 1900.
 */
type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly letter: string; readonly count: number };

const letters = 'GyYMLwWDdFEuaHkKhmsSzZX';
const cache = new Map<string, readonly Token[] | Error>();
const cacheMax = 1000;

/** @throws Error for a malformed pattern, with Java's words */
function tokensOf(pattern: string): readonly Token[] {
  let tokens = cache.get(pattern);
  if (tokens === undefined) {
    try {
      tokens = read(pattern);
    } catch (error) {
      tokens = error as Error;
    }
    if (cache.size >= cacheMax) cache.clear();
    cache.set(pattern, tokens);
  }
  if (tokens instanceof Error) throw new Error(tokens.message);
  return tokens;
}

function read(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  let text = '';
  const flush = () => {
    if (text !== '') tokens.push({ kind: 'text', text });
    text = '';
  };
  let isQuoted = false;
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] as string;
    if (character === "'") {
      if (pattern[at + 1] === "'") {
        text += "'";
        at += 2;
        continue;
      }
      isQuoted = !isQuoted;
      at++;
    } else if (isQuoted || !/[A-Za-z]/.test(character)) {
      text += character;
      at++;
    } else {
      if (!letters.includes(character)) throw new Error(`Illegal pattern character '${character}'`);
      flush();
      const start = at;
      while (pattern[at] === character) at++;
      tokens.push({ kind: 'field', letter: character, count: at - start });
    }
  }
  if (isQuoted) throw new Error('Unterminated quote');
  flush();
  return tokens;
}

/** 1900-01-01: before it java.util.TimeZone knows no transitions. */
const firstTransition = -2_208_988_800_000;

/** What a zone adds to an instant, as java.util.TimeZone has it. */
function legacyOffset(zone: Zone, utcMs: number): number {
  return zoneOffsetAt(zone, utcMs < firstTransition ? standardTime : utcMs);
}

/** A northern winter's day, when no daylight saving is added. */
const standardTime = Date.UTC(2024, 0, 15);

function legacyLocalToUtc(zone: Zone, localMs: number): number {
  if (localMs < firstTransition) return localMs - legacyOffset(zone, localMs);
  return zoneLocalToUtc(zone, localMs, { later: true });
}

/** An instant in a zone by a pattern. */
export function formatInstant(utcMs: number, pattern: string, zone: Zone): string {
  const tokens = tokensOf(pattern);
  const offset = legacyOffset(zone, utcMs);
  const localMs = utcMs + offset;
  const days = Math.floor(localMs / 86_400_000);
  const milli = localMs - days * 86_400_000;
  return tokens
    .map((token) => (token.kind === 'text' ? token.text : fieldText(token, days, milli, utcMs, offset, zone)))
    .join('');
}

function fieldText(
  { letter, count }: Token & { readonly kind: 'field' },
  days: number,
  milli: number,
  utcMs: number,
  offset: number,
  zone: Zone,
): string {
  const civil = legacyCivilOf(days);
  const hour = Math.floor(milli / 3_600_000);
  const padded = (value: number) => String(value).padStart(count, '0');
  switch (letter) {
    case 'G':
      return civil.year > 0 ? 'AD' : 'BC';
    case 'y':
    case 'Y': {
      const year = letter === 'Y' ? usWeek(days, civil).year : civil.year > 0 ? civil.year : 1 - civil.year;
      return count === 2 ? String(year % 100).padStart(2, '0') : padded(year);
    }
    case 'M':
    case 'L': {
      const name = monthNames[civil.month - 1] as string;
      return count >= 4 ? name : count === 3 ? name.slice(0, 3) : padded(civil.month);
    }
    case 'w':
      return padded(usWeek(days, civil).week);
    case 'W':
      return padded(usWeekOfMonth(days, civil));
    case 'D':
      return padded(days - legacyDaysOf(civil.year, 1, 1) + 1);
    case 'd':
      return padded(civil.day);
    case 'F':
      return padded(Math.floor((civil.day - 1) / 7) + 1);
    case 'E': {
      const name = weekdayNames[weekdayOf(days)] as string;
      return count >= 4 ? name : name.slice(0, 3);
    }
    case 'u':
      return padded(weekdayOf(days) || 7);
    case 'a':
      return hour < 12 ? 'AM' : 'PM';
    case 'H':
      return padded(hour);
    case 'k':
      return padded(hour || 24);
    case 'K':
      return padded(hour % 12);
    case 'h':
      return padded(hour % 12 || 12);
    case 'm':
      return padded(Math.floor(milli / 60_000) % 60);
    case 's':
      return padded(Math.floor(milli / 1000) % 60);
    case 'S':
      return padded(milli % 1000);
    case 'z':
      return zoneAbbreviation(zone.name, utcMs, count >= 4);
    default:
      return offsetText(letter, count, offset);
  }
}

/** `Z`: +0100; `X`: +01, +0100, +01:00, or Z for none. */
function offsetText(letter: string, count: number, offset: number): string {
  const minutes = Math.abs(Math.trunc(offset / 60_000));
  const hour = String(Math.floor(minutes / 60)).padStart(2, '0');
  const minute = String(minutes % 60).padStart(2, '0');
  const sign = offset < 0 ? '-' : '+';
  if (letter === 'Z') return `${sign}${hour}${minute}`;
  if (offset === 0) return 'Z';
  if (count > 3) throw new Error(`invalid ISO 8601 format: length=${count}`);
  return count === 1 ? `${sign}${hour}` : count === 2 ? `${sign}${hour}${minute}` : `${sign}${hour}:${minute}`;
}

/** The instant that a text starts with; null where it does not match. */
export function parseInstant(text: string, pattern: string, zone: Zone): number | null {
  const tokens = tokensOf(pattern);
  const fields = new Map<string, number>();
  let at = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'text') {
      if (!text.startsWith(token.text, at)) return null;
      at += token.text.length;
      continue;
    }
    const following = tokens[index + 1];
    const isAbutting = following?.kind === 'field' && isNumeric(following.letter, following.count);
    const end = parseField(text, at, token, isAbutting, fields);
    if (end === null) return null;
    at = end;
  }
  return resolve(fields, zone);
}

function isNumeric(letter: string, count: number): boolean {
  return !/[GEazZX]/.test(letter) && !(/[ML]/.test(letter) && count > 2);
}

/** Reads a field and gives the place behind it; null where it does not match. */
function parseField(
  text: string,
  start: number,
  { letter, count }: Token & { readonly kind: 'field' },
  isAbutting: boolean,
  fields: Map<string, number>,
): number | null {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t') at++;
  if (at >= text.length) return null;
  if (isNumeric(letter, count)) {
    const limited = isAbutting ? text.slice(at, at + count) : text.slice(at);
    const match = /^-?\d+/.exec(limited);
    if (match === null) return null;
    let value = Number(match[0]);
    if ((letter === 'y' || letter === 'Y') && count <= 2 && /^\d\d$/.test(match[0])) value = twoDigitYear(value);
    fields.set(letter === 'L' ? 'M' : letter, value);
    return at + match[0].length;
  }
  const named = (names: readonly string[], key: string, first: number): number | null => {
    for (const length of [Number.POSITIVE_INFINITY, 3]) {
      for (const [index, name] of names.entries()) {
        const short = name.slice(0, length);
        if (text.slice(at, at + short.length).toLowerCase() !== short.toLowerCase()) continue;
        fields.set(key, index + first);
        return at + short.length;
      }
    }
    return null;
  };
  switch (letter) {
    case 'M':
    case 'L':
      return named(monthNames, 'M', 1);
    case 'E':
      return named(weekdayNames, 'E', 0);
    case 'G':
      return named(['BC', 'AD'], 'G', 0);
    case 'a':
      return named(['AM', 'PM'], 'a', 0);
    default: {
      const match = /^(?:(?:GMT)?[+-]\d{1,2}:?\d{2}|[+-]\d{2}|[A-Za-z]+(?:\/[A-Za-z_]+)*)/.exec(text.slice(at)) ?? null;
      const offset = match === null ? null : zoneOffsetOfName(match[0]);
      if (match === null || offset === null) return null;
      fields.set('offset', offset);
      return at + match[0].length;
    }
  }
}

/** Two digits mean a year from 80 years ago to 20 ahead: of the pattern's own time, which is taken as 2024. */
function twoDigitYear(value: number): number {
  return value + (value > 44 ? 1900 : 2000);
}

function resolve(fields: Map<string, number>, zone: Zone): number {
  const get = (letter: string, otherwise: number) => fields.get(letter) ?? otherwise;
  const yearOfEra = get('y', get('Y', 1970));
  const year = fields.get('G') === 0 ? 1 - yearOfEra : yearOfEra;
  let days: number;
  if (fields.has('D') && !fields.has('M') && !fields.has('d')) days = legacyDaysOf(year, 1, 1) + get('D', 1) - 1;
  else days = legacyDaysOf(year, get('M', 1), get('d', 1));
  if (fields.has('w') && !fields.has('M') && !fields.has('D')) {
    const first = daysOf(year, 1, 1);
    days = first - weekdayOf(first) + (get('w', 1) - 1) * 7 + get('E', 0);
  }
  let hour = get('H', fields.has('k') ? get('k', 0) % 24 : 0);
  const half = fields.get('K') ?? (fields.has('h') ? get('h', 0) % 12 : undefined);
  if (half !== undefined && !fields.has('H')) hour = half + 12 * get('a', 0);
  const localMs = days * 86_400_000 + hour * 3_600_000 + get('m', 0) * 60_000 + get('s', 0) * 1000 + get('S', 0);
  const offset = fields.get('offset');
  return offset === undefined ? legacyLocalToUtc(zone, localMs) : localMs - offset;
}
