import { civilOfDays } from './civil.ts';
import { timestampUnitsPerSecond } from './physical.ts';
import type { SqlType, TimeType } from './sql-type.ts';
import { zoneNamed, zoneOffsetAt } from './zone.ts';

/** A value as JavaScript holds it, nested ones as lists (see `memory/nested.ts`). */
export type TextValue = boolean | number | bigint | string | Uint8Array | null | readonly TextValue[];

/** A value in the text form of Flink's SQL client. Within nested values NULL is `NULL` and BOOLEAN is written the same. */
export function textForm(value: TextValue, type: SqlType, timeZone: string): string {
  if (value === null) return 'NULL';
  switch (type.kind) {
    case 'BOOLEAN':
      return value === true || value === 1 ? 'TRUE' : 'FALSE';
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'CHAR':
    case 'VARCHAR':
    case 'NULL':
      return String(value);
    case 'VARIANT':
      return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);
    case 'FLOAT':
      return javaFloat(Number(value), true);
    case 'DOUBLE':
      return javaFloat(Number(value), false);
    case 'DECIMAL':
      return decimalText(BigInt(value as bigint), type.scale);
    case 'BINARY':
    case 'VARBINARY':
      return `x'${Buffer.from(value as Uint8Array).toString('hex')}'`;
    case 'DATE':
      return dateText(Number(value));
    case 'TIME':
      return timeText(Number(value), type.precision);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return timestampText(BigInt(value as bigint), type, timeZone);
    case 'INTERVAL_YEAR_MONTH':
      return monthsText(Number(value));
    case 'INTERVAL_DAY_TIME':
      return millisecondsText(BigInt(value as bigint));
    case 'ARRAY':
      return `[${list(value)
        .map((element) => textForm(element, type.element, timeZone))
        .join(', ')}]`;
    case 'ROW':
      return `(${type.fields.map((field, at) => textForm(list(value)[at] ?? null, field.type, timeZone)).join(', ')})`;
    case 'MAP':
      return entries(
        value,
        (key, held) => `${textForm(key, type.key, timeZone)}=${textForm(held, type.value, timeZone)}`,
      );
    case 'MULTISET':
      return entries(value, (element, count) => `${textForm(element, type.element, timeZone)}=${String(count)}`);
  }
}

function list(value: TextValue): readonly TextValue[] {
  if (!Array.isArray(value)) throw new Error('not a nested value');
  return value as readonly TextValue[];
}

function entries(value: TextValue, text: (key: TextValue, held: TextValue) => string): string {
  return `{${list(value)
    .map((entry) => {
      const [key = null, held = null] = list(entry);
      return text(key, held);
    })
    .join(', ')}}`;
}

/** Java's Double.toString and Float.toString: the shortest digits, `1.0`, `1.0E10` from 10^7 and `1.0E-4` below 10^-3. */
function javaFloat(value: number, single: boolean): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const shortest = single ? shortestFloat(value) : value.toExponential();
  const [mantissa = '0', exponentText = '0'] = shortest.split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '');
  const exponent = Number(exponentText);
  if (exponent >= 7 || exponent < -3) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** The fewest digits that read back as the same FLOAT. */
function shortestFloat(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text.replace(/\.?0+e/, 'e');
  }
  return value.toExponential();
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function dateText(days: number): string {
  const { year, month, day } = civilOfDays(days);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

function timeText(ms: number, precision: number): string {
  const seconds = Math.floor(ms / 1000);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return precision === 0
    ? clock
    : `${clock}.${String(ms % 1000)
        .padStart(3, '0')
        .padEnd(precision, '0')
        .slice(0, precision)}`;
}

function timestampText(units: bigint, type: TimeType, timeZone: string): string {
  const perSecond = BigInt(timestampUnitsPerSecond(type.precision));
  const local = type.kind === 'TIMESTAMP_LTZ' ? units + zoneShift(units, perSecond, timeZone) : units;
  const seconds = floorDivide(local, perSecond);
  const fraction = (local - seconds * perSecond).toString().padStart(perSecond.toString().length - 1, '0');
  const days = floorDivide(seconds, 86_400n);
  const text = `${dateText(Number(days))} ${timeText(Number(seconds - days * 86_400n) * 1000, 0)}`;
  return type.precision === 0 ? text : `${text}.${fraction.padEnd(type.precision, '0').slice(0, type.precision)}`;
}

function zoneShift(units: bigint, perSecond: bigint, timeZone: string): bigint {
  const zone = zoneNamed(timeZone);
  if (zone === null) throw new Error(`no time zone "${timeZone}"`);
  const ms = Number(floorDivide(units * 1000n, perSecond));
  return (BigInt(zoneOffsetAt(zone, ms)) * perSecond) / 1000n;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** `+7-00` */
function monthsText(months: number): string {
  const count = Math.abs(months);
  return `${months < 0 ? '-' : '+'}${Math.floor(count / 12)}-${two(count % 12)}`;
}

/** `+1 10:17:36.789` */
function millisecondsText(milliseconds: bigint): string {
  const count = milliseconds < 0n ? -milliseconds : milliseconds;
  const days = count / 86_400_000n;
  return `${milliseconds < 0n ? '-' : '+'}${days} ${timeText(Number(count - days * 86_400_000n), 3)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
