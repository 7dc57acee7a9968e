import { FormatError, justified, type Specifier } from './java-format.ts';

const months = 'January February March April May June July August September October November December'.split(' ');
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** `%tY` and its like of milliseconds since 1970, in UTC. @throws FormatError for a number that is no time */
export function timeText(ms: bigint, specifier: Specifier): string {
  const instant = new Date(Number(ms));
  if (Number.isNaN(instant.getTime())) throw new FormatError('out of the years that there are');
  return justified(part(instant, ms, specifier.conversion.slice(1)), specifier);
}

function part(at: Date, ms: bigint, letter: string): string {
  const digits = (value: number, count: number): string => String(value).padStart(count, '0');
  const several = (letters: string): string => letters.replace(/[a-zA-Z]/g, (each) => part(at, ms, each));
  const hour = at.getUTCHours();
  // Before the year 1 Java counts the years before Christ.
  const full = at.getUTCFullYear();
  const year = full > 0 ? full : 1 - full;
  const month = months[at.getUTCMonth()] ?? '';
  const weekday = days[at.getUTCDay()] ?? '';
  switch (letter) {
    case 'H':
      return digits(hour, 2);
    case 'I':
      return digits(hour % 12 || 12, 2);
    case 'k':
      return String(hour);
    case 'l':
      return String(hour % 12 || 12);
    case 'M':
      return digits(at.getUTCMinutes(), 2);
    case 'S':
      return digits(at.getUTCSeconds(), 2);
    case 'L':
      return digits(at.getUTCMilliseconds(), 3);
    case 'N':
      return digits(at.getUTCMilliseconds() * 1_000_000, 9);
    case 'p':
      return hour < 12 ? 'am' : 'pm';
    case 'z':
      return '+0000';
    case 'Z':
      return 'UTC';
    case 's':
      return String(ms / 1000n);
    case 'Q':
      return String(ms);
    case 'B':
      return month;
    case 'b':
    case 'h':
      return month.slice(0, 3);
    case 'A':
      return weekday;
    case 'a':
      return weekday.slice(0, 3);
    case 'C':
      return digits(Math.floor(year / 100), 2);
    case 'Y':
      return digits(year, 4);
    case 'y':
      return digits(year % 100, 2);
    case 'j':
      return digits(Math.floor((at.getTime() - new Date(at).setUTCMonth(0, 1)) / 86_400_000) + 1, 3);
    case 'm':
      return digits(at.getUTCMonth() + 1, 2);
    case 'd':
      return digits(at.getUTCDate(), 2);
    case 'e':
      return String(at.getUTCDate());
    case 'R':
      return several('H:M');
    case 'T':
      return several('H:M:S');
    case 'r':
      return `${several('I:M:S')} ${hour < 12 ? 'AM' : 'PM'}`;
    case 'D':
      return several('m/d/y');
    case 'F':
      return several('Y-m-d');
    case 'c':
      return several('a b d T Z Y');
    default:
      throw new FormatError(`no part %t${letter} of a time`);
  }
}
