import { decodeNested, type NestedValue } from '../../memory/nested.ts';
import { javaFloatText } from '../../types/java-float-text.ts';
import { timestampUnitsPerSecond } from '../../types/physical.ts';
import { INT, type SqlType } from '../../types/sql-type.ts';
import { civilOf } from './calendar-fields.ts';
import { decimalText, type Json, parseJson, writeJson } from './json-text.ts';

/** An SQL value as JSON: of the types that have a JSON form. */
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
    case 'FLOAT': {
      const text = javaFloatText(value as number, type.kind === 'FLOAT');
      return Number.isFinite(value) ? { number: decimalText(text) } : text;
    }
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
