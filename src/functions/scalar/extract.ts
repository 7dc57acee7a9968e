import { BIGINT } from '../../types/sql-type.ts';
import { type I64, i32, i64, type Local } from '../../wasm/code.ts';
import { isTimestamp } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { Parameter, ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { writeCivilDate } from './civil-date.ts';
import { type Count, floorDivided, wallClockOf } from './temporal-value.ts';
import { literalUnit, monthsIn, type TimeUnit, timeUnits, unitOf } from './time-unit.ts';

/**
 * Fields of times, always BIGINT. A TIMESTAMP_LTZ shows those of the session zone's wall clock, EPOCH too, as in Flink.
 * Before 1970 they are right, where Flink divides toward zero.
 */
const all = Object.keys(timeUnits) as TimeUnit[];
const ofTime: readonly TimeUnit[] = ['HOUR', 'MINUTE', 'SECOND', 'MILLISECOND'];
const ofDayInterval: readonly TimeUnit[] = ['DAY', ...ofTime];
const ofMonthInterval: readonly TimeUnit[] = ['MILLENNIUM', 'CENTURY', 'YEAR', 'QUARTER', 'MONTH'];
const ofDate = all.filter((unit) => unit !== 'MICROSECOND' && unit !== 'NANOSECOND');

function writeField(w: ExpressionWriter, unit: TimeUnit, value: Value): Value {
  const type = BIGINT(false);
  switch (value.type.kind) {
    case 'DATE':
      return w.value(type, null, dateField(w, unit, w.i32(value)));
    case 'TIME':
      return w.value(type, null, w.kernel('timeExtract', 'i64', w.i32(value), i32.const(timeUnits[unit])));
    case 'INTERVAL_YEAR_MONTH':
      return w.value(type, null, i64.extendI32S(monthField(unit, w.i32(value))));
    case 'INTERVAL_DAY_TIME':
      return w.value(type, null, dayField(unit, w.i64(value)));
    default: {
      const clock = wallClockOf(w, value);
      const field = timestampField(w, unit, clock);
      if (clock.nanoOfMilli === null || (unit !== 'NANOSECOND' && unit !== 'MICROSECOND')) {
        return w.value(type, null, field);
      }
      const finer = unit === 'NANOSECOND' ? clock.nanoOfMilli : i32.divS(clock.nanoOfMilli, i32.const(1000));
      return w.value(type, null, i64.add(field, i64.extendI32S(finer)));
    }
  }
}

/** A field of a date; fields of the time of day are 0. */
function dateField(w: ExpressionWriter, unit: TimeUnit, days: Local<'i32'>): I64 {
  switch (unit) {
    case 'YEAR':
      return i64.extendI32S(writeCivilDate(w, days).year);
    case 'QUARTER':
      return i64.extendI32S(i32.divU(i32.add(writeCivilDate(w, days).month, i32.const(2)), i32.const(3)));
    case 'MONTH':
      return i64.extendI32S(writeCivilDate(w, days).month);
    case 'DAY':
      return i64.extendI32S(writeCivilDate(w, days).day);
    default:
      return w.kernel('dateExtract', 'i64', days, i32.const(timeUnits[unit]));
  }
}

/** A field of a count of milliseconds or microseconds: divisions by constants. */
function timestampField(w: ExpressionWriter, unit: TimeUnit, { units, unitsPerSecond: second }: Count): I64 {
  /** What is left of the whole periods, in units of another size. */
  const within = (period: bigint, size: bigint): I64 => {
    const rest = i64.sub(units, i64.mul(floorDivided(w, units, period), i64.const(period)));
    return i64.divU(rest, i64.const(size));
  };
  const fraction = (perSecond: bigint): I64 =>
    perSecond < second
      ? within(second, second / perSecond)
      : i64.mul(within(second, 1n), i64.const(perSecond / second));
  switch (unit) {
    case 'EPOCH':
      // A count, and no field of the calendar: its fraction is cut off as in every division.
      return i64.divS(units, i64.const(second));
    case 'HOUR':
      return within(second * 86_400n, second * 3600n);
    case 'MINUTE':
      return within(second * 3600n, second * 60n);
    case 'SECOND':
      return within(second * 60n, second);
    case 'MILLISECOND':
      return fraction(1000n);
    case 'MICROSECOND':
      return fraction(1_000_000n);
    case 'NANOSECOND':
      return fraction(1_000_000_000n);
    default:
      return dateField(w, unit, w.f.local('i32', i32.wrapI64(floorDivided(w, units, second * 86_400n))));
  }
}

/** An interval's fields have its sign. */
function monthField(unit: TimeUnit, months: ReturnType<ExpressionWriter['i32']>) {
  const rest = i32.remS(months, i32.const(12));
  if (unit === 'YEAR' || unit === 'CENTURY' || unit === 'MILLENNIUM') {
    return i32.divS(months, i32.const(monthsIn(unit) ?? 12));
  }
  return unit === 'MONTH' ? rest : i32.add(i32.divS(i32.sub(rest, i32.const(1)), i32.const(3)), i32.const(1));
}

function dayField(unit: TimeUnit, millis: ReturnType<ExpressionWriter['i64']>) {
  const field = (size: bigint, modulo: bigint) => i64.remS(i64.divS(millis, i64.const(size)), i64.const(modulo));
  switch (unit) {
    case 'DAY':
      return i64.divS(millis, i64.const(86_400_000n));
    case 'HOUR':
      return field(3_600_000n, 24n);
    case 'MINUTE':
      return field(60_000n, 60n);
    case 'SECOND':
      return field(1000n, 60n);
    default:
      return i64.remS(millis, i64.const(1000n));
  }
}

const kindOf = (name: string, ...kinds: readonly string[]): Parameter =>
  parameter('value', name, (type) => kinds.includes(type.kind));
const timestampValue = parameter('value', 'TIMESTAMP', isTimestamp);
const dateValue = kindOf('DATE', 'DATE');
/** Of a constant NULL Flink makes no code, which for others it cannot make. */
const noDate = parameter(
  'value',
  'NULL',
  (type, { literals, index }) => type.kind === 'DATE' && literals[index] === null,
);
const timeValue = kindOf('TIME', 'TIME');
const dayInterval = kindOf('INTERVAL DAY TO SECOND', 'INTERVAL_DAY_TIME');
const monthInterval = kindOf('INTERVAL YEAR TO MONTH', 'INTERVAL_YEAR_MONTH');

function extraction(units: readonly TimeUnit[], value: Parameter): ScalarOverload {
  return {
    params: [unitOf(units), value],
    returns: () => BIGINT(false),
    code: { kind: 'wasm', write: (w, [unit, from]) => writeField(w, literalUnit(unit!), from!) },
  };
}

export const extract: ScalarFunction = {
  name: 'EXTRACT',
  category: 'temporal',
  summary: 'A field of a date, a time, a timestamp or an interval.',
  examples: [
    { sql: "EXTRACT(WEEK FROM DATE '2024-12-30')", result: '1' },
    { sql: "EXTRACT(MILLISECOND FROM TIMESTAMP '2023-07-19 21:43:58.123')", result: '123' },
    { sql: "EXTRACT(HOUR FROM INTERVAL '-50' HOUR)", result: '-2' },
  ],
  overloads: [
    extraction(all, timestampValue),
    extraction(ofDate, dateValue),
    extraction(['MICROSECOND', 'NANOSECOND'], noDate),
    extraction(ofTime, timeValue),
    extraction(ofDayInterval, dayInterval),
    extraction(ofMonthInterval, monthInterval),
  ],
};

/** `YEAR(t)` for `EXTRACT(YEAR FROM t)`. */
function named(
  name: string,
  unit: TimeUnit,
  summary: string,
  example: { sql: string; result: string },
): ScalarFunction {
  const from = (value: Parameter): ScalarOverload => ({
    params: [value],
    returns: () => BIGINT(false),
    code: { kind: 'wasm', write: (w, [argument]) => writeField(w, unit, argument!) },
  });
  const overloads = [from(timestampValue), from(dateValue)];
  if (ofTime.includes(unit)) overloads.push(from(timeValue));
  if (ofDayInterval.includes(unit)) overloads.push(from(dayInterval));
  if (ofMonthInterval.includes(unit)) overloads.push(from(monthInterval));
  return { name, category: 'temporal', summary, examples: [example], overloads };
}

const leapDay = "DATE '2024-02-29'";
const moment = "TIMESTAMP '2024-02-29 23:59:58'";

export const year = named('YEAR', 'YEAR', 'The year.', { sql: `YEAR(${leapDay})`, result: '2024' });
export const quarter = named('QUARTER', 'QUARTER', 'The quarter of the year, 1 to 4.', {
  sql: `QUARTER(${leapDay})`,
  result: '1',
});
export const month = named('MONTH', 'MONTH', 'The month, 1 to 12.', { sql: `MONTH(${leapDay})`, result: '2' });
export const week = named('WEEK', 'WEEK', 'The ISO week of the year, 1 to 53: weeks start on Monday.', {
  sql: "WEEK(DATE '2021-01-03')",
  result: '53',
});
export const dayOfYear = named('DAYOFYEAR', 'DOY', 'The day of the year, 1 to 366.', {
  sql: `DAYOFYEAR(${leapDay})`,
  result: '60',
});
export const dayOfMonth = named('DAYOFMONTH', 'DAY', 'The day of the month, 1 to 31.', {
  sql: `DAYOFMONTH(${leapDay})`,
  result: '29',
});
export const dayOfWeek = named('DAYOFWEEK', 'DOW', 'The day of the week: 1 Sunday to 7 Saturday.', {
  sql: `DAYOFWEEK(${leapDay})`,
  result: '5',
});
export const hour = named('HOUR', 'HOUR', 'The hour, 0 to 23.', { sql: `HOUR(${moment})`, result: '23' });
export const minute = named('MINUTE', 'MINUTE', 'The minute, 0 to 59.', { sql: `MINUTE(${moment})`, result: '59' });
export const second = named('SECOND', 'SECOND', 'The second without its fraction, 0 to 59.', {
  sql: `SECOND(${moment})`,
  result: '58',
});

export const extractFunctions: readonly ScalarFunction[] = [
  extract,
  year,
  quarter,
  month,
  week,
  dayOfYear,
  dayOfMonth,
  dayOfWeek,
  hour,
  minute,
  second,
];
