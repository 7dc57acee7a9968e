import { i32, i64, select } from '../../wasm/code.ts';
import { isTimestamp } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { ScalarOverload } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { floorDivided, fromWallClock, wallClockOf } from './temporal-value.ts';
import { literalUnit, type TimeUnit, timeUnits, unitOf } from './time-unit.ts';

/**
 * `FLOOR(t TO u)` and `CEIL(t TO u)`: overloads of the numeric FLOOR and CEIL. Weeks start on Sunday; a TIMESTAMP_LTZ is
 * cut on the session zone's wall clock (where Flink is an hour off across a change of the clock).
 */
const timeOfDayUnits: readonly TimeUnit[] = [
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
  'MILLISECOND',
];
const timestampUnits: readonly TimeUnit[] = [...timeOfDayUnits, 'MICROSECOND', 'NANOSECOND'];
/** Flink takes any field of a DATE, which has nothing below a day. */
const dateUnits = Object.keys(timeUnits) as TimeUnit[];

type Direction = 'Floor' | 'Ceil';

function writeRounded(w: ExpressionWriter, value: Value, unit: TimeUnit, direction: Direction): Value {
  const code = i32.const(timeUnits[unit]);
  const { type } = value;
  if (type.kind === 'DATE') {
    if (timeUnits[unit] > timeUnits.DAY) return value;
    return w.value(type, null, w.kernel(`date${direction}`, 'i32', w.i32(value), code));
  }
  const kernel = `timestamp${direction}`;
  if (type.kind === 'TIME') {
    if (timeUnits[unit] <= timeUnits.DAY) return value;
    const millis = i64.extendI32S(w.i32(value));
    return w.value(type, null, i32.wrapI64(w.kernel(kernel, 'i64', millis, code, i64.const(1000n))));
  }
  const clock = wallClockOf(w, value);
  if (clock.nanoOfMilli === null) {
    const period = direction === 'Floor' ? fixedPeriod(unit, clock.unitsPerSecond) : null;
    if (period !== null) {
      const units = i64.mul(floorDivided(w, clock.units, period), i64.const(period));
      return fromWallClock(w, type, units, clock);
    }
    const units = w.kernel(kernel, 'i64', clock.units, code, i64.const(clock.unitsPerSecond));
    return fromWallClock(w, type, units, clock);
  }
  if (timeUnits[unit] > timeUnits.MILLISECOND) return writeFineRounded(w, value, unit, direction);
  // Anything beyond the millisecond is on the way to the next one.
  const beyond = i64.extendI32U(i32.ne(clock.nanoOfMilli, i32.const(0)));
  const from = direction === 'Ceil' ? i64.add(clock.units, beyond) : clock.units;
  const none = { ...clock, nanoOfMilli: w.f.local('i32', i32.const(0)) };
  return fromWallClock(w, type, w.kernel(kernel, 'i64', from, code, i64.const(1000n)), none);
}

/** The units of a count in a period whose length is always the same; null for the others. */
function fixedPeriod(unit: TimeUnit, unitsPerSecond: bigint): bigint | null {
  switch (unit) {
    case 'DAY':
      return 86_400n * unitsPerSecond;
    case 'HOUR':
      return 3600n * unitsPerSecond;
    case 'MINUTE':
      return 60n * unitsPerSecond;
    case 'SECOND':
      return unitsPerSecond;
    default:
      return null;
  }
}

/** Precision 7 to 9 to the microsecond: within the millisecond, or up to the next. */
function writeFineRounded(w: ExpressionWriter, value: Value, unit: TimeUnit, direction: Direction): Value {
  if (unit === 'NANOSECOND') return value;
  const clock = wallClockOf(w, value);
  const nano = clock.nanoOfMilli!;
  const up = i32.add(nano, i32.const(direction === 'Ceil' ? 999 : 0));
  const rounded = w.f.local('i32', i32.sub(up, i32.remU(up, i32.const(1000))));
  const isNext = w.f.local('i32', i32.geU(rounded, i32.const(1_000_000)));
  const units = i64.add(clock.units, i64.extendI32U(isNext));
  w.f.set(rounded, select(isNext, i32.const(0), rounded));
  return fromWallClock(w, value.type, units, { ...clock, nanoOfMilli: rounded });
}

function overloads(direction: Direction): readonly ScalarOverload[] {
  const code: ScalarOverload['code'] = {
    kind: 'wasm',
    write: (w, [value, unit]) => writeRounded(w, value!, literalUnit(unit!), direction),
  };
  const returns: ScalarOverload['returns'] = ([value]) => value!;
  return [
    { params: [parameter('value', 'TIMESTAMP', isTimestamp), unitOf(timestampUnits)], returns, code },
    { params: [parameter('value', 'DATE', ({ kind }) => kind === 'DATE'), unitOf(dateUnits)], returns, code },
    { params: [parameter('value', 'TIME', ({ kind }) => kind === 'TIME'), unitOf(timeOfDayUnits)], returns, code },
  ];
}

export const temporalFloorOverloads = overloads('Floor');
export const temporalCeilOverloads = overloads('Ceil');
