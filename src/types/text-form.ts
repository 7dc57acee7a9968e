import { civilOfDays } from './civil.ts';
import { javaFloatText } from './java-float-text.ts';
import { timestampUnitsPerSecond } from './physical.ts';
import type { SqlType, TimeType } from './sql-type.ts';
import { zoneNamed, zoneOffsetAt } from './zone.ts';

/** A value as JavaScript holds it, nested ones as lists (see `memory/nested.ts`). */
export type TextValue = boolean | number | bigint | string | Uint8Array | null | readonly TextValue[];

/** How bytes are written: `x'0a'` as the client shows them, or the text that they are, as in a CAST to STRING. */
export interface TextFormOptions {
  readonly bytes: 'hex' | 'text';
  /** As Flink wrote before 1.15: NULL, TRUE and FALSE in small letters, fields without a blank between them. */
  readonly legacy?: boolean;
}

/** A value in the text form of Flink's SQL client. Within nested values NULL is `NULL` and BOOLEAN is written the same. */
export function textForm(
  value: TextValue,
  type: SqlType,
  timeZone: string,
  options: TextFormOptions = { bytes: 'hex' },
): string {
  const small = options.legacy === true;
  if (value === null) return small ? 'null' : 'NULL';
  const part = (held: TextValue, heldType: SqlType): string => textForm(held, heldType, timeZone, options);
  switch (type.kind) {
    case 'BOOLEAN':
      return small ? String(value === true || value === 1) : value === true || value === 1 ? 'TRUE' : 'FALSE';
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
      return javaFloatText(Number(value), true);
    case 'DOUBLE':
      return javaFloatText(Number(value), false);
    case 'DECIMAL':
      return decimalText(BigInt(value as bigint), type.scale);
    case 'BINARY':
    case 'VARBINARY':
      if (options.bytes === 'text') return Buffer.from(value as Uint8Array).toString('utf8');
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
        .map((element) => part(element, type.element))
        .join(', ')}]`;
    case 'ROW': {
      const fields = type.fields.map((field, at) => {
        const text = part(list(value)[at] ?? null, field.type);
        return type.className === undefined ? text : `${field.name}=${text}`;
      });
      return `(${fields.join(small ? ',' : ', ')})`;
    }
    case 'MAP':
      return entries(value, (key, held) => `${part(key, type.key)}=${part(held, type.value)}`);
    case 'MULTISET':
      return entries(value, (element, count) => `${part(element, type.element)}=${String(count)}`);
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

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function dateText(days: number): string {
  const { year, month, day } = civilOfDays(days);
  return `${String(year)
    .padStart(4, '0')
    .replace(/^\d+(?=\d{4})/, '')}-${two(month)}-${two(day)}`;
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
