import {
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  type SqlType,
  TIMESTAMP,
  type TimeType,
} from '../../types/sql-type.ts';
import { type I32, type I64, i32, i64 } from '../../wasm/code.ts';
import { isExactNumeric, isInteger, isTimestamp } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { Parameter, ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { countOf, millisOf, millisPerDay, timestampValue } from './temporal-value.ts';
import { literalUnit, millisecondsIn, monthsIn, type TimeUnit, timeUnitNamed, unitOf } from './time-unit.ts';

/**
 * Times and intervals added, subtracted and counted. Months clamp to the last day of a month; a day is 24 hours, also for
 * TIMESTAMP_LTZ; a DATE moves by whole days, a TIME goes round the clock.
 */
const kind = (name: string, text: string, ...kinds: readonly SqlType['kind'][]): Parameter =>
  parameter(name, text, (type) => kinds.includes(type.kind));

const moment = (name: string) => kind(name, 'DATETIME', 'DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_LTZ');
const duration = (name: string) => kind(name, 'INTERVAL', 'INTERVAL_DAY_TIME', 'INTERVAL_YEAR_MONTH');
const dayTime = (name: string) => kind(name, 'INTERVAL DAY TO SECOND', 'INTERVAL_DAY_TIME');
const yearMonth = (name: string) => kind(name, 'INTERVAL YEAR TO MONTH', 'INTERVAL_YEAR_MONTH');

function writeAddMillis(w: ExpressionWriter, value: Value, millis: I64, type: SqlType): Value {
  switch (value.type.kind) {
    case 'DATE':
      return w.value(type, null, i32.add(w.i32(value), i32.wrapI64(i64.divS(millis, i64.const(millisPerDay)))));
    case 'TIME': {
      // The sum of two remainders, made positive before the last one.
      const moved = i64.add(i64.extendI32S(w.i32(value)), i64.remS(millis, i64.const(millisPerDay)));
      const around = i64.remS(i64.add(moved, i64.const(millisPerDay)), i64.const(millisPerDay));
      return w.value(type, null, i32.wrapI64(around));
    }
    default: {
      const count = countOf(w, value);
      const step = i64.mul(millis, i64.const(count.unitsPerSecond / 1000n));
      return timestampValue(w, type, i64.add(count.units, step), count.nanoOfMilli);
    }
  }
}

function writeAddMonths(w: ExpressionWriter, value: Value, months: I32, type: SqlType): Value {
  switch (value.type.kind) {
    case 'DATE':
      return w.value(type, null, w.kernel('dateAddMonths', 'i32', w.i32(value), months));
    case 'TIME':
      return value;
    default: {
      const count = countOf(w, value);
      const moved = w.kernel('timestampAddMonths', 'i64', count.units, months, i64.const(count.unitsPerSecond));
      return timestampValue(w, type, moved, count.nanoOfMilli);
    }
  }
}

/** A time plus (or minus, for a sign of -1) an interval. */
export function writeMoved(w: ExpressionWriter, value: Value, interval: Value, sign: 1 | -1, type: SqlType): Value {
  if (interval.type.kind === 'INTERVAL_YEAR_MONTH') {
    const months = w.i32(interval);
    return writeAddMonths(w, value, sign === 1 ? months : i32.sub(i32.const(0), months), type);
  }
  const millis = w.i64(interval);
  return writeAddMillis(w, value, sign === 1 ? millis : i64.sub(i64.const(0n), millis), type);
}

const moving = (sign: 1 | -1): ScalarOverload => ({
  params: [moment('time'), duration('interval')],
  returns: ([time]) => time!,
  code: { kind: 'wasm', write: (w, [time, interval], type) => writeMoved(w, time!, interval!, sign, type) },
});

/** Two intervals of one family. */
function combining(operator: 'add' | 'sub'): readonly ScalarOverload[] {
  return [
    {
      params: [dayTime('a'), dayTime('b')],
      returns: ([a]) => a!,
      code: { kind: 'wasm', write: (w, [a, b], type) => w.value(type, null, i64[operator](w.i64(a!), w.i64(b!))) },
    },
    {
      params: [yearMonth('a'), yearMonth('b')],
      returns: ([a]) => a!,
      code: { kind: 'wasm', write: (w, [a, b], type) => w.value(type, null, i32[operator](w.i32(a!), w.i32(b!))) },
    },
  ];
}

/** For `+`: a time and an interval in either order, or two intervals. */
export const temporalPlusOverloads: readonly ScalarOverload[] = [
  moving(1),
  {
    // Flink moves a TIMESTAMP_LTZ on the left only.
    params: [duration('interval'), kind('time', 'DATETIME', 'DATE', 'TIME', 'TIMESTAMP')],
    returns: ([, time]) => time!,
    code: { kind: 'wasm', write: (w, [interval, time], type) => writeMoved(w, time!, interval!, 1, type) },
  },
  ...combining('add'),
];

/** For `-` with two operands: a time less an interval, or two intervals. */
export const temporalMinusOverloads: readonly ScalarOverload[] = [moving(-1), ...combining('sub')];

/** For `-` with one operand: an interval of the other sign. */
export const temporalNegateOverloads: readonly ScalarOverload[] = [
  {
    params: [dayTime('interval')],
    returns: ([a]) => a!,
    code: { kind: 'wasm', write: (w, [a], type) => w.value(type, null, i64.sub(i64.const(0n), w.i64(a!))) },
  },
  {
    params: [yearMonth('interval')],
    returns: ([a]) => a!,
    code: { kind: 'wasm', write: (w, [a], type) => w.value(type, null, i32.sub(i32.const(0), w.i32(a!))) },
  },
];

const whole = parameter('factor', 'INTEGER', (type) =>
  isInteger(type) ? { kind: 'BIGINT', nullable: type.nullable } : null,
);

/** For `*`: an interval and a whole number, in either order. */
export const temporalTimesOverloads: readonly ScalarOverload[] = [dayTime('interval'), yearMonth('interval')].flatMap(
  (interval): ScalarOverload[] => [
    {
      params: [interval, whole],
      returns: ([a]) => a!,
      code: { kind: 'wasm', write: (w, [a, n], type) => writeTimes(w, a!, n!, type) },
    },
    {
      params: [whole, interval],
      returns: ([, a]) => a!,
      code: { kind: 'wasm', write: (w, [n, a], type) => writeTimes(w, a!, n!, type) },
    },
  ],
);

function writeTimes(w: ExpressionWriter, interval: Value, factor: Value, type: SqlType): Value {
  const times = w.i64(factor);
  if (interval.physical === 'i64') return w.value(type, null, i64.mul(w.i64(interval), times));
  return w.value(type, null, i32.mul(w.i32(interval), i32.wrapI64(times)));
}

const unitsOfDate: readonly TimeUnit[] = ['DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR', 'DECADE', 'CENTURY', 'MILLENNIUM'];
const unitsOfClock: readonly TimeUnit[] = ['HOUR', 'MINUTE', 'SECOND', 'MILLISECOND'];
const allUnits = [...unitsOfDate, ...unitsOfClock];

const count = parameter('count', 'INTEGER', (type) =>
  isInteger(type) && isExactNumeric(type) ? { kind: 'BIGINT', nullable: type.nullable } : null,
);

function writeAdd(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [unitValue, n, time] = args as readonly [Value, Value, Value];
  const unit = literalUnit(unitValue);
  const months = monthsIn(unit);
  const times = w.i64(n);
  if (months !== null) {
    return writeAddMonths(w, time, i32.mul(i32.wrapI64(times), i32.const(months)), type);
  }
  const millis = w.f.local('i64', i64.mul(times, i64.const(millisecondsIn(unit))));
  if (time.type.kind === 'DATE' && type.kind === 'TIMESTAMP') {
    const start = millisOf(w, time);
    return w.value(type, null, i64.mul(i64.add(start, millis), i64.const(1000n)));
  }
  return writeAddMillis(w, time, millis, type);
}

export const timestampAdd: ScalarFunction = {
  name: 'TIMESTAMPADD',
  category: 'temporal',
  summary: 'The time so many units on. Hours and less make a DATE a TIMESTAMP(6).',
  examples: [
    { sql: "TIMESTAMPADD(MONTH, 1, DATE '2024-01-31')", result: '2024-02-29' },
    { sql: "TIMESTAMPADD(HOUR, 5, TIME '22:00:00')", result: '03:00:00' },
  ],
  overloads: [
    {
      params: [unitOf(allUnits), count, parameter('time', 'TIMESTAMP', isTimestamp)],
      returns: ([, , time], literals) => {
        const isFine = literals !== undefined && timeUnitNamed(String(literals[0])) === 'MILLISECOND';
        const timestamp = time as TimeType;
        return isFine && timestamp.precision < 3 ? { ...timestamp, precision: 3 } : timestamp;
      },
      code: { kind: 'wasm', write: writeAdd },
    },
    {
      params: [unitOf(unitsOfDate), count, kind('time', 'DATE', 'DATE')],
      returns: ([, , time]) => time!,
      code: { kind: 'wasm', write: writeAdd },
    },
    {
      params: [unitOf(unitsOfClock), count, kind('time', 'DATE', 'DATE')],
      returns: () => TIMESTAMP(6, false),
      code: { kind: 'wasm', write: writeAdd },
    },
    {
      params: [unitOf(allUnits), count, kind('time', 'TIME', 'TIME')],
      returns: ([, , time]) => time!,
      code: { kind: 'wasm', write: writeAdd },
    },
  ],
};

/** Whole units from one time to a later one; an INT that wraps, as in Flink. */
function writeDifference(w: ExpressionWriter, unit: TimeUnit, from: Value, to: Value): I32 {
  const start = millisOf(w, from);
  const end = millisOf(w, to);
  const months = monthsIn(unit);
  if (months !== null) {
    const between = w.kernel('timestampMonthsBetween', 'i32', start, end, i64.const(1000n));
    return months === 1 ? between : i32.divS(between, i32.const(months));
  }
  const millis = i64.sub(end, start);
  if (unit === 'MILLISECOND' || unit === 'MICROSECOND') {
    // Flink counts the seconds, and takes what a second has of the smaller unit.
    const seconds = i64.divS(millis, i64.const(1000n));
    return i32.wrapI64(i64.mul(seconds, i64.const(unit === 'MILLISECOND' ? 1000n : 1_000_000n)));
  }
  return i32.wrapI64(i64.divS(millis, i64.const(millisecondsIn(unit))));
}

const dayOrMoment = (name: string) => kind(name, 'DATE or TIMESTAMP', 'DATE', 'TIMESTAMP');
const instant = (name: string) => kind(name, 'TIMESTAMP_LTZ', 'TIMESTAMP_LTZ');

export const timestampDiff: ScalarFunction = {
  name: 'TIMESTAMPDIFF',
  category: 'temporal',
  summary: 'How many whole units lie from the first time to the second.',
  examples: [
    { sql: "TIMESTAMPDIFF(DAY, DATE '2024-01-01', DATE '2024-12-31')", result: '365' },
    { sql: "TIMESTAMPDIFF(MONTH, TIMESTAMP '2024-01-31 00:00:00', TIMESTAMP '2024-02-29 00:00:00')", result: '1' },
  ],
  overloads: [
    [dayOrMoment('from'), dayOrMoment('to')],
    [instant('from'), instant('to')],
  ].map((times) => ({
    params: [unitOf([...allUnits, 'MICROSECOND']), ...times],
    returns: () => INT(false),
    code: {
      kind: 'wasm',
      write: (w, [unit, from, to], type) => w.value(type, null, writeDifference(w, literalUnit(unit!), from!, to!)),
    },
  })),
};

/** `(a - b) DAY`: the time from b to a, as an interval of the unit's family. */
export const timeDifference: ScalarFunction = {
  name: 'MINUS_DATE',
  category: 'temporal',
  summary: 'What `(a - b) DAY` calls: the interval from the second time to the first, in the family of the unit.',
  examples: [
    {
      sql: "(TIMESTAMP '2024-01-03 00:00:00' - TIMESTAMP '2024-01-01 12:00:00') DAY",
      result: '+1 12:00:00.000',
    },
  ],
  overloads: [
    [kind('a', 'DATE', 'DATE'), kind('b', 'DATE', 'DATE')],
    [kind('a', 'TIMESTAMP', 'TIMESTAMP'), kind('b', 'TIMESTAMP', 'TIMESTAMP')],
    [instant('a'), instant('b')],
  ].flatMap((times): ScalarOverload[] => [
    {
      params: [...times, unitOf(['YEAR', 'QUARTER', 'MONTH'])],
      returns: () => INTERVAL_YEAR_MONTH(false),
      code: {
        kind: 'wasm',
        write: (w, [a, b], type) => w.value(type, null, writeDifference(w, 'MONTH', b!, a!)),
      },
    },
    {
      params: [...times, unitOf(['WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND'])],
      returns: () => INTERVAL_DAY_TIME(false),
      code: {
        kind: 'wasm',
        write: (w, [a, b], type) => w.value(type, null, i64.sub(millisOf(w, a!), millisOf(w, b!))),
      },
    },
  ]),
};

export const temporalArithmeticFunctions: readonly ScalarFunction[] = [timestampAdd, timestampDiff, timeDifference];
