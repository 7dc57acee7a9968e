import { isCharacter } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { Parameter, ParameterContext } from '../scalar-function.ts';
import type { Value } from '../value.ts';

/** Units and fields of time, with the numbers that `kernels/calendar.ts` knows them by. */
export const timeUnits = {
  MILLENNIUM: 0,
  CENTURY: 1,
  DECADE: 2,
  YEAR: 3,
  QUARTER: 4,
  MONTH: 5,
  WEEK: 6,
  DAY: 7,
  HOUR: 8,
  MINUTE: 9,
  SECOND: 10,
  MILLISECOND: 11,
  MICROSECOND: 12,
  NANOSECOND: 13,
  DOW: 14,
  ISODOW: 15,
  ISOYEAR: 16,
  DOY: 17,
  EPOCH: 18,
} as const;

export type TimeUnit = keyof typeof timeUnits;

/** The unit as `SQL_TSI_DAY` and in the plural too. */
export function timeUnitNamed(name: string): TimeUnit | null {
  const bare = name.toUpperCase().replace(/^SQL_TSI_/, '');
  for (const candidate of [bare, bare.replace(/S$/, '')]) if (candidate in timeUnits) return candidate as TimeUnit;
  return null;
}

/** The unit that a literal argument names. @throws Error for none: `unitOf` has refused it before */
export function literalUnit(value: Value): TimeUnit {
  const unit = timeUnitNamed(String(value.constant));
  if (unit === null) throw new Error(`${String(value.constant)} is no unit of time`);
  return unit;
}

/** A literal unit among those given. */
export function unitOf(units: readonly TimeUnit[]): Parameter {
  return parameter(
    'unit',
    'UNIT',
    (type, { literals, index }: ParameterContext) => {
      if (!isCharacter(type)) return false;
      const literal = literals[index];
      if (typeof literal !== 'string') return true;
      const unit = timeUnitNamed(literal);
      return unit !== null && units.includes(unit);
    },
    { literal: true },
  );
}

/** Months in a unit; null for units of fixed length. */
export function monthsIn(unit: TimeUnit): number | null {
  switch (unit) {
    case 'MILLENNIUM':
      return 12_000;
    case 'CENTURY':
      return 1200;
    case 'DECADE':
      return 120;
    case 'YEAR':
      return 12;
    case 'QUARTER':
      return 3;
    case 'MONTH':
      return 1;
    default:
      return null;
  }
}

/** Milliseconds in a unit of fixed length, down to MILLISECOND. */
export function millisecondsIn(unit: TimeUnit): bigint {
  switch (unit) {
    case 'WEEK':
      return 604_800_000n;
    case 'DAY':
      return 86_400_000n;
    case 'HOUR':
      return 3_600_000n;
    case 'MINUTE':
      return 60_000n;
    case 'SECOND':
      return 1000n;
    case 'MILLISECOND':
      return 1n;
    default:
      throw new Error(`${unit} has no fixed length in milliseconds`);
  }
}
