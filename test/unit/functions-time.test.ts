import { describe, expect, test } from 'vitest';
import { legacyCivilOf, legacyDaysOf } from '../../src/functions/scalar/calendar-fields.ts';
import { clockProgram } from '../../src/functions/scalar/clock-pattern.ts';
import { formatClock } from '../../src/functions/scalar/date-pattern-format.ts';
import { parseClock } from '../../src/functions/scalar/date-pattern-parse.ts';
import { formatInstant, parseInstant } from '../../src/functions/scalar/simple-date-format.ts';
import { type Zone, zoneNamed } from '../../src/types/zone.ts';
import { KernelText } from '../support/kernels/kernel-text.ts';

const moment = { millis: Date.parse('2024-03-09T17:05:08.045Z'), nanoOfMilli: 678_912 };
const utc = zoneNamed('UTC') as Zone;
const newYork = zoneNamed('America/New_York') as Zone;

describe('patterns of DateTimeFormatter', () => {
  test('each letter is written as Java writes it', () => {
    const written = (pattern: string) => formatClock(moment, pattern);
    expect(['y', 'yy', 'yyyyy', 'M', 'MMM', 'MMMM', 'MMMMM'].map(written)).toEqual([
      '2024',
      '24',
      '02024',
      '3',
      'Mar',
      'March',
      'M',
    ]);
    expect(['D', 'E', 'EEEE', 'e', 'a', 'h', 'K', 'k', 'Q', 'QQQ', 'QQQQ', 'w', 'W', 'F'].map(written)).toEqual([
      '69',
      'Sat',
      'Saturday',
      '7',
      'PM',
      '5',
      '5',
      '17',
      '1',
      'Q1',
      '1st quarter',
      '10',
      '2',
      '2',
    ]);
    expect(['S', 'SSS', 'SSSSSSSSS', 'n', 'A', 'N'].map(written)).toEqual([
      '0',
      '045',
      '045678912',
      '45678912',
      '61508045',
      '61508045678912',
    ]);
    expect(written("yyyy[-MM]'T'HH 'o''clock' ppppH")).toBe("2024-03T17 o'clock   17");
  });

  test('the week-based year may be the next', () => {
    expect(formatClock({ millis: Date.parse('2024-12-30'), nanoOfMilli: 0 }, 'YYYY-MM-dd')).toBe('2025-12-30');
  });

  test('malformed patterns are named', () => {
    expect(() => formatClock(moment, 'bogus')).toThrow('Unknown pattern letter: b');
    expect(() => formatClock(moment, 'HHH')).toThrow('Too many pattern letters: H');
    expect(() => formatClock(moment, "'open")).toThrow('incomplete string literal');
    expect(() => formatClock(moment, 'yyyy{')).toThrow('reserved character');
    expect(() => formatClock(moment, 'xxx')).toThrow('offset');
  });

  test('the kernel writes what JavaScript writes', () => {
    const k = new KernelText();
    const patterns = ['yyyy-MM-dd HH:mm:ss.SSS', 'yyyyMMdd', "yy/M/d'T'H:m:s", 'SSSSSS', 'yyyy年MM月dd日', ''];
    for (const pattern of patterns) {
      const program = clockProgram(pattern)!;
      const address = k.memory.alloc(Math.max(1, program.length));
      k.memory.u8.set(program, address);
      const length = k.call(
        'timestampWritePattern',
        BigInt(moment.millis),
        1000n,
        moment.nanoOfMilli,
        address,
        program.length,
        k.output,
      );
      expect(k.written(length)).toBe(formatClock(moment, pattern));
    }
    expect(clockProgram('MMM')).toBeNull();
    expect(clockProgram('hh a')).toBeNull();
  });

  test('a text is read by a pattern, or not at all', () => {
    const read = (text: string, pattern: string) => {
      const clock = parseClock(text, pattern);
      if (clock === null) return null;
      return new Date(clock.days * 86_400_000 + Number(clock.nanos / 1_000_000n)).toISOString();
    };
    expect(read('20240229131415678', 'yyyyMMddHHmmssSSS')).toBe('2024-02-29T13:14:15.678Z');
    expect(read('02/29/2024 12:00:00 AM', 'MM/dd/yyyy hh:mm:ss a')).toBe('2024-02-29T00:00:00.000Z');
    expect(read('Thu, 29 Feb 2024', 'EEE, dd MMM yyyy')).toBe('2024-02-29T00:00:00.000Z');
    expect(read('2024-060', 'yyyy-DDD')).toBe('2024-02-29T00:00:00.000Z');
    expect(read('2024-02-29 13:14:15+02:00', 'yyyy-MM-dd HH:mm:ssXXX')).toBe('2024-02-29T13:14:15.000Z');
    expect(read('2023-02-31', 'yyyy-MM-dd')).toBe('2023-02-28T00:00:00.000Z');
    expect(read('13:14:15', 'HH:mm:ss')).toBe('1970-01-01T13:14:15.000Z');
    expect(read('2024-02-29', 'yyyy-MM-dd[ HH:mm]')).toBe('2024-02-29T00:00:00.000Z');
    for (const [text, pattern] of [
      ['Fri, 29 Feb 2024', 'EEE, dd MMM yyyy'],
      ['29-FEB-2024', 'dd-MMM-yyyy'],
      ['2024-02-29 tail', 'yyyy-MM-dd'],
      ['2023-366', 'yyyy-DDD'],
      ['29/02/2024', 'MM/dd/yyyy'],
      ['2024-02-29 25:00:00', 'yyyy-MM-dd HH:mm:ss'],
      ['2024', ''],
    ] as const) {
      expect(read(text, pattern), text).toBeNull();
    }
  });
});

describe('patterns of SimpleDateFormat', () => {
  test('an instant is written in its zone', () => {
    const at = (seconds: number, pattern: string, zone = utc) => formatInstant(seconds * 1000, pattern, zone);
    expect(at(1_700_000_000, 'EEEE, d MMMM yyyy, HH:mm:ss')).toBe('Tuesday, 14 November 2023, 22:13:20');
    expect(at(1_700_000_000, 'D F w W u')).toBe('318 2 46 3 2');
    expect(at(1_720_000_000, 'yyyy-MM-dd HH:mm z', newYork)).toBe('2024-07-03 05:46 EDT');
    expect(at(1_700_000_000, 'Z X XX', newYork)).toBe('-0500 -05 -0500');
    expect(() => at(0, 'bogus')).toThrow("Illegal pattern character 'b'");
  });

  test('before 1582 the calendar is the Julian, before 1900 the clock knows no transitions', () => {
    expect(formatInstant(-62_135_596_800_000, 'yyyy-MM-dd', utc)).toBe('0001-01-03');
    expect(formatInstant(-2_500_000_000_000, 'yyyy-MM-dd HH:mm:ss', zoneNamed('Europe/Berlin') as Zone)).toBe(
      '1890-10-11 20:33:20',
    );
    for (const days of [-719_164, -141_428, -141_427, 0, 19_000]) {
      const { year, month, day } = legacyCivilOf(days);
      expect(legacyDaysOf(year, month, day)).toBe(days);
    }
  });

  test('reading is lenient, and blind to what follows', () => {
    const seconds = (text: string, pattern: string, zone = utc) => {
      const instant = parseInstant(text, pattern, zone);
      return instant === null ? null : instant / 1000;
    };
    expect(seconds('2024-13-45 25:61:61', 'yyyy-MM-dd HH:mm:ss')).toBe(1_739_584_921);
    expect(seconds('2024-02-29 tail', 'yyyy-MM-dd')).toBe(1_709_164_800);
    expect(seconds('2024-02-29 13:14:15 PST', 'yyyy-MM-dd HH:mm:ss z')).toBe(1_709_241_255);
    expect(seconds('2024-02-29T13:14:15+02:00', "yyyy-MM-dd'T'HH:mm:ssXXX")).toBe(1_709_205_255);
    // The later of the two instants at which New York's clock shows half past one.
    expect(seconds('2024-11-03 01:30:00', 'yyyy-MM-dd HH:mm:ss', newYork)).toBe(1_730_615_400);
    expect(seconds('x', 'yyyy')).toBeNull();
  });
});
