import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { zoneBytes, zoneLocalToUtc, zoneNamed, zoneOffsetAt } from '../../src/types/zone.ts';
import { KernelText } from '../support/kernels/kernel-text.ts';

const k = new KernelText();
const msPerDay = 86_400_000;

/** Days of the years 0001 to 9999. */
const day = fc.integer({ min: -719_162, max: 2_932_896 });
const instant = fc.integer({ min: -719_162 * msPerDay, max: 2_932_897 * msPerDay - 1 });
const units = [
  'MILLENNIUM',
  'CENTURY',
  'DECADE',
  'YEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'HOUR',
  'MINUTE',
  'SECOND',
];
const unit = (name: string) => units.indexOf(name);

function formatted(ms: number): string {
  return k.written(k.call('timestampFormat', BigInt(ms), 3, k.output));
}

describe('calendar', () => {
  test('a day has the date that JavaScript gives it, and the way back', () => {
    fc.assert(
      fc.property(day, (days) => {
        const civil = BigInt(k.callWide('civilFromDays', days));
        const date = new Date(days * msPerDay);
        const parts = [Number(civil >> 16n), Number((civil >> 8n) & 0xffn), Number(civil & 0xffn)] as const;
        expect(parts).toEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]);
        expect(k.call('daysFromCivil', ...parts)).toBe(days);
      }),
    );
  });

  test('a month on from the 31st is the last day of the month', () => {
    const moved = (date: string, months: number) => {
      const days = k.call('dateAddMonths', Date.parse(date) / msPerDay, months);
      return new Date(days * msPerDay).toISOString().slice(0, 10);
    };
    expect(moved('2024-01-31', 1)).toBe('2024-02-29');
    expect(moved('2024-03-31', -1)).toBe('2024-02-29');
    expect(moved('2000-02-29', -1200)).toBe('1900-02-28');
    expect(moved('2023-12-15', 1)).toBe('2024-01-15');
  });

  test('the ISO week belongs to the year of its Thursday', () => {
    const week = (date: string) => [6, 16].map((field) => k.call('dateExtract', Date.parse(date) / msPerDay, field));
    expect(week('2021-01-03')).toEqual([53, 2020]);
    expect(week('2018-12-31')).toEqual([1, 2019]);
    expect(week('2016-01-04')).toEqual([1, 2016]);
  });

  test('a floor is not above its time, and the floor of itself; a ceiling is the next floor', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 3, max: 10 }), (ms, at) => {
        const floor = BigInt(k.callWide('timestampFloor', BigInt(ms), at, 1000n));
        const ceil = BigInt(k.callWide('timestampCeil', BigInt(ms), at, 1000n));
        expect(floor <= BigInt(ms) && BigInt(ms) <= ceil).toBe(true);
        expect(k.callWide('timestampFloor', floor, at, 1000n)).toBe(floor);
        expect(k.callWide('timestampFloor', ceil, at, 1000n)).toBe(ceil);
        expect(k.callWide('timestampFloor', ceil - 1n, at, 1000n)).toBe(
          ceil === floor ? BigInt(k.callWide('timestampFloor', floor - 1n, at, 1000n)) : floor,
        );
      }),
    );
  });

  test('weeks start on Sunday; a quarter that starts goes on to the next', () => {
    const at = (text: string) => BigInt(Date.parse(`${text}Z`));
    const back = (value: number | bigint) => new Date(Number(value)).toISOString().slice(0, 10);
    expect(back(k.callWide('timestampFloor', at('2024-03-04T00:00'), unit('WEEK'), 1000n))).toBe('2024-03-03');
    expect(back(k.callWide('timestampCeil', at('2024-04-01T00:00'), unit('QUARTER'), 1000n))).toBe('2024-07-01');
    expect(back(k.callWide('timestampFloor', at('2000-01-01T00:00'), unit('CENTURY'), 1000n))).toBe('1901-01-01');
  });

  test('months between two times are whole ones', () => {
    const between = (from: string, to: string) =>
      k.call('timestampMonthsBetween', BigInt(Date.parse(`${from}Z`)), BigInt(Date.parse(`${to}Z`)), 1000n);
    expect(between('2024-01-31T00:00', '2024-02-29T00:00')).toBe(1);
    expect(between('2024-01-15T10:00', '2024-02-15T09:59')).toBe(0);
    expect(between('2024-02-29T00:00', '2024-01-31T00:00')).toBe(-1);
    expect(between('2000-06-15T00:00', '2024-06-14T00:00')).toBe(287);
  });
});

describe('timestamps as text', () => {
  const parse = (text: string, precision = 3) => k.call('timestampParse', ...k.put(text), precision, k.result);
  const fast = (text: string, separator = 0x20, zulu = 0) =>
    k.call('timestampParseFast', ...k.put(text), 3, separator, zulu, k.result);

  test('what is written is read back, slowly and fast, in every precision', () => {
    fc.assert(
      fc.property(instant, (ms) => {
        const text = formatted(ms);
        expect(text).toBe(new Date(ms).toISOString().replace('T', ' ').replace('Z', ''));
        expect(parse(text)).toBe(0);
        expect(k.resultI64()).toBe(BigInt(ms));
        expect(fast(text)).toBe(0);
        expect(k.resultI64()).toBe(BigInt(ms));
        expect(parse(text, 6)).toBe(0);
        expect(k.resultI64()).toBe(BigInt(ms) * 1000n);
        expect(parse(text, 9)).toBe(0);
        expect(k.resultI128()).toBe(BigInt(ms) * 1_000_000n);
      }),
    );
  });

  test('nanoseconds split into milliseconds and the rest, also before 1970', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: 999_999 }), (ms, nano) => {
        k.call('nanosFromMillis', BigInt(ms), nano, k.result);
        const nanos = k.resultI128();
        expect(nanos).toBe(BigInt(ms) * 1_000_000n + BigInt(nano));
        const halves = [BigInt.asIntN(64, nanos), BigInt.asIntN(64, nanos >> 64n)] as const;
        expect(k.callWide('nanosToMillis', ...halves)).toBe(BigInt(ms));
        expect(k.call('nanosOfMilli', ...halves)).toBe(nano);
      }),
    );
  });

  test('CAST takes short fields, the last day for one that the month lacks, and 24:00:00', () => {
    const read = (text: string) => (parse(text) === 0 ? formatted(Number(k.resultI64())) : null);
    expect(read('2024-2-9 3:4:5')).toBe('2024-02-09 03:04:05.000');
    expect(read('2023-02-29')).toBe('2023-02-28 00:00:00.000');
    expect(read('2024-02-29 24:00:00')).toBe('2024-03-01 00:00:00.000');
    expect(read('2024-01-01 10:20:30.')).toBe('2024-01-01 10:20:30.000');
    for (const bad of [
      '',
      '2024',
      '2024-01-01T10:20:30',
      '2024-01-01 10:20',
      ' 2024-01-01',
      '2024-01-01 10:60:00',
      '2024-01-01 10:20:30.1234567890',
    ]) {
      expect(parse(bad), bad).not.toBe(0);
    }
  });

  test('the fast way takes exactly its form', () => {
    expect(fast('2015-05-17T10:05:03.5Z', 0x54, 1)).toBe(0);
    expect(fast('2015-05-17T10:05Z', 0x54, 1)).toBe(0);
    for (const bad of [
      '2015-05-17 10:05',
      '2015-5-17 10:05:03',
      '2015-05-17 10:0;:03',
      '2015-05-17 1/:00:03',
      '2015-05-17 25:00:03',
      '2015-05-17 10:05:03Z',
      '2015-13-17 10:05:03',
    ]) {
      expect(fast(bad), bad).not.toBe(0);
    }
  });

  test('a refused day is not remembered', () => {
    expect(fast('2015-05-17 00:00:01')).toBe(0);
    expect(fast('2015-05-99 00:00:01')).not.toBe(0);
    expect(fast('2015-05-99 00:00:01')).not.toBe(0);
    expect(fast('2015-05-17 00:00:01')).toBe(0);
    expect(formatted(Number(k.resultI64()))).toBe('2015-05-17 00:00:01.000');
  });

  test('CAST to DATE and TIME is lenient where Flink is', () => {
    const date = (text: string) => {
      if (k.call('dateParse', ...k.put(text), k.result) !== 0) return null;
      return k.written(k.call('dateFormat', k.resultI32(), k.output));
    };
    const time = (text: string) => {
      if (k.call('timeParse', ...k.put(text), 3, k.result) !== 0) return null;
      return k.written(k.call('timeFormat', k.resultI32(), 3, k.output));
    };
    expect([' 2024-2-9 ', '123', '2024-03', '2024-01-01 anything'].map(date)).toEqual([
      '2024-02-09',
      '0123-01-01',
      '2024-03-01',
      '2024-01-01',
    ]);
    expect(['2023-02-29', '10000-01-01', '', '2024/01/01'].map(date)).toEqual([null, null, null, null]);
    expect(['12', '1:2:3', '12:34:56+01:00', ' 10:20:30.5 '].map(time)).toEqual([
      '12:00:00.000',
      '01:02:03.000',
      '13:34:56.000',
      '10:20:30.500',
    ]);
    expect(['24:00:00', '10:60', '', '10:20:30Z'].map(time)).toEqual([null, null, null, null]);
  });
});

describe('time zones', () => {
  const zones = ['America/New_York', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Africa/Casablanca'];

  function table(name: string): number {
    const bytes = zoneBytes(zoneNamed(name)!);
    const address = k.memory.alloc(bytes.length);
    k.memory.u8.set(bytes, address);
    return address;
  }

  test('the kernel and JavaScript agree on every instant and wall clock', () => {
    for (const name of zones) {
      const zone = zoneNamed(name)!;
      const address = table(name);
      fc.assert(
        fc.property(fc.integer({ min: Date.UTC(1840, 0), max: Date.UTC(2110, 0) }), (ms) => {
          expect(k.callWide('zoneToLocal', address, BigInt(ms))).toBe(BigInt(ms + zoneOffsetAt(zone, ms)));
          expect(k.callWide('zoneToUtc', address, BigInt(ms))).toBe(BigInt(zoneLocalToUtc(zone, ms)));
        }),
      );
    }
  });

  test('an hour that the clock leaps over moves on; of one that it shows twice the first counts', () => {
    const address = table('America/New_York');
    const utc = (local: string) =>
      new Date(Number(k.callWide('zoneToUtc', address, BigInt(Date.parse(`${local}Z`))))).toISOString();
    expect(utc('2024-03-10T02:30:00')).toBe('2024-03-10T07:30:00.000Z');
    expect(utc('2024-11-03T01:30:00')).toBe('2024-11-03T05:30:00.000Z');
    expect(utc('2024-11-03T02:00:00')).toBe('2024-11-03T07:00:00.000Z');
  });

  test('names are IANA names and offsets of GMT', () => {
    expect(zoneNamed('Mars/Base')).toBeNull();
    expect(zoneNamed('GMT-08:00')?.offsets).toEqual([-8 * 3_600_000]);
    expect(zoneNamed('UTC')?.transitions).toEqual([]);
  });

  test('Berlin kept its local mean time before 1893', () => {
    expect(zoneOffsetAt(zoneNamed('Europe/Berlin')!, -2_500_000_000_000)).toBe((53 * 60 + 28) * 1000);
  });
});
