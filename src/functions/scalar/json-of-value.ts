import { decodeNested, type NestedValue } from '../../memory/nested.ts';
import { timestampUnitsPerSecond } from '../../types/physical.ts';
import { INT, type SqlType } from '../../types/sql-type.ts';
import { civilOf } from './calendar-fields.ts';
import { decimalText, type Json, parseJson, writeJson } from './json-text.ts';

/** An SQL value as JSON. DATE and TIME, which Flink refuses, are their text. */
export function jsonOf(type: SqlType, value: NestedValue): Json {
  if (value === null) return null;
  switch (type.kind) {
    case 'BOOLEAN':
      return value as boolean;
    case 'CHAR':
    case 'VARCHAR':
      return value as string;
    case 'BINARY':
    case 'VARBINARY':
      return Buffer.from(value as Uint8Array).toString('base64');
    case 'DECIMAL':
      return { number: decimalNumber(value as bigint, type.scale) };
    case 'DOUBLE':
      return { number: decimalText(javaDouble(value as number, String(value))) };
    case 'FLOAT':
      return { number: decimalText(javaDouble(value as number, shortestFloat(value as number))) };
    case 'DATE':
      return dateText(value as number);
    case 'TIME':
      return clockText(BigInt(value as number) * 1_000_000n);
    case 'TIMESTAMP':
      return timestampText(value as bigint, type.precision);
    case 'TIMESTAMP_LTZ':
      return `${timestampText(value as bigint, type.precision)}Z`;
    case 'VARIANT':
      return parseJson(Buffer.from(value as Uint8Array).toString('utf8'));
    case 'ARRAY':
      return list(type, value).map((item) => jsonOf(type.element, item));
    case 'MAP':
      return new Map(entries(type, value).map(([key, its]) => [keyText(type.key, key), jsonOf(type.value, its)]));
    case 'MULTISET':
      return new Map(entries(type, value).map(([key, its]) => [keyText(type.element, key), jsonOf(INT(), its)]));
    case 'ROW': {
      const fields = list(type, value);
      return new Map(type.fields.map((field, at) => [field.name, jsonOf(field.type, fields[at] ?? null)]));
    }
    default:
      return { number: String(value) };
  }
}

function list(type: SqlType, value: NestedValue): readonly NestedValue[] {
  return (value instanceof Uint8Array ? decodeNested(type, value) : value) as readonly NestedValue[];
}

function entries(type: SqlType, value: NestedValue): readonly (readonly [NestedValue, NestedValue])[] {
  return list(type, value) as unknown as readonly (readonly [NestedValue, NestedValue])[];
}

function keyText(type: SqlType, key: NestedValue): string {
  const json = jsonOf(type, key);
  if (typeof json === 'string') return json;
  return writeJson(json);
}

/** An unscaled DECIMAL as java.math.BigDecimal prints it. */
export function decimalNumber(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return `${unscaled < 0n ? '-' : ''}${decimalText(text)}`;
}

/** java.lang.Double.toString of a number whose shortest digits JavaScript gave. */
export function javaDouble(value: number, shortest: string): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', exponent = '0'] = Number(shortest).toExponential().split('e');
  const power = Number(exponent);
  const sign = value < 0 ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`;
    const whole = digits.slice(0, power + 1).padEnd(power + 1, '0');
    return `${sign}${whole}.${digits.slice(power + 1) || '0'}`;
  }
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${power}`;
}

/** The fewest digits that name a 32-bit number. */
export function shortestFloat(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toPrecision(9);
}

function dateText(days: number): string {
  const { year, month, day } = civilOf(days);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `HH:mm:ss` and as many digits of the fraction as it needs. */
function clockText(nanosOfDay: bigint): string {
  const seconds = Number(nanosOfDay / 1_000_000_000n);
  const fraction = String(nanosOfDay % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === '' ? clock : `${clock}.${fraction}`;
}

function timestampText(count: bigint, precision: number): string {
  const nanos = count * (1_000_000_000n / BigInt(timestampUnitsPerSecond(precision)));
  const perDay = 86_400_000_000_000n;
  const ofDay = ((nanos % perDay) + perDay) % perDay;
  return `${dateText(Number((nanos - ofDay) / perDay))}T${clockText(ofDay)}`;
}
