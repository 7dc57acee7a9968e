import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import { openEngine } from '../support/conformance/engine.ts';
import { Random } from '../support/streams/random.ts';

/** Dates, times and zones against Temporal: a million instants over 40 zones where many runs are asked for. */

const port = await openEngine();
const runs = process.env.TIDEMARK_FUZZ_RUNS;

/** Zones of half hours and quarters, with summers in the south, whose midnights were skipped, and whose day was. */
const zones =
  `America/New_York Australia/Lord_Howe Asia/Kathmandu Pacific/Apia Europe/Berlin America/Sao_Paulo Asia/Kolkata
  Africa/Cairo Europe/London Europe/Dublin Europe/Lisbon Europe/Moscow Europe/Istanbul Africa/Casablanca Africa/Monrovia
  America/Los_Angeles America/St_Johns America/Caracas America/Havana America/Asuncion America/Santiago America/Scoresbysund
  America/Godthab America/Bogota Asia/Tokyo Asia/Shanghai Asia/Tehran Asia/Damascus Asia/Beirut Asia/Amman Asia/Pyongyang
  Australia/Sydney Australia/Adelaide Pacific/Auckland Pacific/Chatham Pacific/Kiritimati Pacific/Kwajalein Antarctica/Troll
  Atlantic/Azores UTC`.split(/\s+/);
const tried = runs === undefined ? zones.slice(0, 3) : zones;
const perZone = runs === undefined ? 200 : Math.ceil((Number(runs) * 10) / zones.length);

/** Instants of the years 1900 to 2300, half of them within hours of a change of clocks. */
function instants(zone: string, count: number): readonly Temporal.Instant[] {
  const random = new Random(zone.length * 1000 + zone.charCodeAt(zone.length - 1));
  const changes: number[] = [];
  for (
    let at = Temporal.Instant.from('1900-01-01T00:00Z').toZonedDateTimeISO(zone).getTimeZoneTransition('next');
    at !== null && at.year < 2100 && changes.length < 500;
    at = at.getTimeZoneTransition('next')
  ) {
    changes.push(at.epochMilliseconds);
  }
  const from = Date.UTC(1900, 0, 1);
  return Array.from({ length: count }, () => {
    const near = changes.length > 0 && random.chance(0.5);
    const ms = near
      ? random.pick(changes) + random.int(14_400_000) - 7_200_000
      : from + Math.floor((random.next32() / 2 ** 32) * 400 * 31_557_600_000);
    // Whole seconds: the clocks of 1900 are told to the second.
    return Temporal.Instant.fromEpochMilliseconds(ms);
  });
}

const text = (time: Temporal.PlainDateTime): string => time.toString({ smallestUnit: 'millisecond' }).replace('T', ' ');

/** Seconds since 1970 as an INT holds them, which wraps. */
const wrapped = (time: Temporal.ZonedDateTime): string => String((time.epochMilliseconds / 1000) | 0);

const startOf: Readonly<Record<string, (time: Temporal.PlainDateTime) => Temporal.PlainDateTime>> = {
  HOUR: (time) => time.with({ minute: 0, second: 0, millisecond: 0 }),
  DAY: (time) => time.toPlainDate().toPlainDateTime(),
  WEEK: (time) =>
    time
      .toPlainDate()
      .subtract({ days: time.dayOfWeek % 7 })
      .toPlainDateTime(),
  MONTH: (time) => time.toPlainDate().with({ day: 1 }).toPlainDateTime(),
  QUARTER: (time) =>
    time
      .toPlainDate()
      .with({ day: 1, month: time.month - ((time.month - 1) % 3) })
      .toPlainDateTime(),
  YEAR: (time) => time.toPlainDate().with({ day: 1, month: 1 }).toPlainDateTime(),
};

const lengths: Readonly<Record<string, Temporal.DurationLike>> = {
  HOUR: { hours: 1 },
  DAY: { days: 1 },
  WEEK: { days: 7 },
  MONTH: { months: 1 },
  QUARTER: { months: 3 },
  YEAR: { years: 1 },
};

/** A column: SQL over the instant `v`, its wall clock `t` and a number `n`, and what Temporal says. */
interface Column {
  readonly sql: string;
  readonly of: (at: { zoned: Temporal.ZonedDateTime; time: Temporal.PlainDateTime; n: number }) => string;
}

const columns: readonly Column[] = [
  { sql: 'CAST(t AS STRING)', of: ({ time }) => text(time) },
  {
    // A time that the clocks skipped is told as much later, one that they showed twice is the first.
    sql: 'TIMESTAMPDIFF(SECOND, TO_TIMESTAMP_LTZ(0, 3), CAST(FLOOR(t TO SECOND) AS TIMESTAMP_LTZ(3)))',
    of: ({ zoned, time }) => {
      const seconds = time.with({ millisecond: 0 });
      return wrapped(seconds.toZonedDateTime(zoned.timeZoneId));
    },
  },
  {
    sql: "TIMESTAMPDIFF(SECOND, TO_TIMESTAMP_LTZ(0, 3), CAST(FLOOR(t TO DAY) + INTERVAL '2' HOUR AS TIMESTAMP_LTZ(3)))",
    of: ({ zoned, time }) => {
      const at = time.toPlainDate().toPlainDateTime({ hour: 2 });
      return wrapped(at.toZonedDateTime(zoned.timeZoneId));
    },
  },
  { sql: 'EXTRACT(YEAR FROM t)', of: ({ time }) => String(time.year) },
  { sql: 'EXTRACT(MONTH FROM t)', of: ({ time }) => String(time.month) },
  { sql: 'EXTRACT(DAY FROM t)', of: ({ time }) => String(time.day) },
  { sql: 'EXTRACT(HOUR FROM v)', of: ({ time }) => String(time.hour) },
  { sql: 'EXTRACT(MINUTE FROM v)', of: ({ time }) => String(time.minute) },
  { sql: 'EXTRACT(MILLISECOND FROM t)', of: ({ time }) => String(time.millisecond) },
  { sql: 'EXTRACT(WEEK FROM t)', of: ({ time }) => String(time.weekOfYear) },
  { sql: 'EXTRACT(ISOYEAR FROM t)', of: ({ time }) => String(time.yearOfWeek) },
  { sql: 'EXTRACT(DOY FROM t)', of: ({ time }) => String(time.dayOfYear) },
  { sql: 'EXTRACT(DOW FROM t)', of: ({ time }) => String((time.dayOfWeek % 7) + 1) },
  { sql: 'CAST(CAST(t AS DATE) AS STRING)', of: ({ time }) => time.toPlainDate().toString() },
  { sql: 'CAST(TIMESTAMPADD(MONTH, n, t) AS STRING)', of: ({ time, n }) => text(time.add({ months: n })) },
  { sql: 'CAST(TIMESTAMPADD(YEAR, n, t) AS STRING)', of: ({ time, n }) => text(time.add({ years: n })) },
  { sql: 'CAST(TIMESTAMPADD(DAY, n, t) AS STRING)', of: ({ time, n }) => text(time.add({ days: n })) },
  {
    sql: 'TIMESTAMPDIFF(DAY, t, TIMESTAMPADD(HOUR, n, t))',
    of: ({ n }) => String(Math.trunc(n / 24)),
  },
  ...Object.keys(startOf).flatMap((unit): Column[] => {
    const start = startOf[unit] as (time: Temporal.PlainDateTime) => Temporal.PlainDateTime;
    const length = lengths[unit] as Temporal.DurationLike;
    return [
      { sql: `CAST(FLOOR(t TO ${unit}) AS STRING)`, of: ({ time }) => text(start(time)) },
      {
        sql: `CAST(CEIL(t TO ${unit}) AS STRING)`,
        of: ({ time }) => {
          const floor = start(time);
          return text(floor.equals(time) ? floor : floor.add(length));
        },
      },
    ];
  }),
];

async function answers(sql: string): Promise<readonly (readonly (string | null)[])[]> {
  for await (const result of port.run(sql, { scriptName: 'calendar', settings: {} })) {
    if ('error' in result) throw new Error(result.error.message);
    return result.rows.map(([, texts]) => texts);
  }
  return [];
}

describe('calendar and clocks are those of Temporal', () => {
  test.each(tried)('%s', async (zone) => {
    const folder = mkdtempSync(join(tmpdir(), 'calendar-'));
    try {
      const given = instants(zone, perZone);
      const lines = given.map((instant, at) => {
        const v = instant.toString({ smallestUnit: 'millisecond' }).replace('T', ' ');
        return `{"v": "${v}", "n": ${(at % 101) - 50}}\n`;
      });
      writeFileSync(join(folder, 't.json'), lines.join(''));
      const found = await answers(`SET 'table.local-time-zone' = '${zone}';
        CREATE TABLE i (v TIMESTAMP_LTZ(3), n INT) WITH ('connector' = 'filesystem', 'path' = '${folder}/t.json', 'format' = 'json');
        CREATE VIEW t AS SELECT v, n, CAST(v AS TIMESTAMP(3)) AS t FROM i;
        SELECT ${columns.map(({ sql }) => sql).join(', ')} FROM t;`);
      const different = given.flatMap((instant, row) => {
        const zoned = instant.toZonedDateTimeISO(zone);
        const at = { zoned, time: zoned.toPlainDateTime(), n: (row % 101) - 50 };
        const texts = found[row] ?? [];
        return columns.flatMap(({ sql, of }, column) => {
          const expected = of(at);
          return texts[column] === expected
            ? []
            : [`${instant.toString()}: ${sql} is ${texts[column]}, not ${expected}`];
        });
      });
      expect(different.slice(0, 5)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
