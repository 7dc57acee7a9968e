import { timestampUnitsPerSecond } from './physical.ts';
import type { SqlType, TimeType } from './sql-type.ts';
import { type TextValue, textForm } from './text-form.ts';
import { parseDays, parseTimeMs, parseTimestamp } from './time-text.ts';

/**
 * Values as a program of the user's holds them, and how they become the engine's:
 *
 * | SQL | given by the engine | also taken from a program |
 * |---|---|---|
 * | BOOLEAN | boolean | |
 * | TINYINT, SMALLINT, INT | number | a bigint |
 * | BIGINT | bigint | a whole number up to 2^53 |
 * | FLOAT, DOUBLE | number | a bigint |
 * | DECIMAL | string, `'12.50'`: exact | a number, a bigint; digits beyond the scale are rounded half up |
 * | CHAR, VARCHAR, STRING | string | |
 * | BINARY, VARBINARY, BYTES | Uint8Array | |
 * | DATE | string, `'2024-01-31'` | a Date (its day in UTC) |
 * | TIME | string, `'12:30:00'` | |
 * | TIMESTAMP(p), TIMESTAMP_LTZ(p), p <= 3 | Date; without a zone, the wall clock is its time in UTC | a string, milliseconds since 1970 |
 * | TIMESTAMP(p), TIMESTAMP_LTZ(p), p > 3 | string, `'2024-01-31 12:30:00.123456'`; of LTZ in UTC with a `Z` behind | the same as above |
 * | INTERVAL YEAR TO MONTH, DAY TO SECOND | number: months, milliseconds | |
 * | ARRAY | array | |
 * | MAP | Map | a plain object, where the key is text |
 * | MULTISET | Map from element to count | |
 * | ROW | object with a property a field | an array of its fields |
 * | VARIANT | what JSON.parse gives of it | |
 *
 * NULL is `null`; `undefined` is taken for it.
 */
export type JsValue = unknown;

/** A function that makes the program's value of the engine's. */
export function toJs(type: SqlType): (value: TextValue) => JsValue {
  const present = presentToJs(type);
  return (value) => (value === null ? null : present(value));
}

function presentToJs(type: SqlType): (value: TextValue) => JsValue {
  switch (type.kind) {
    case 'DECIMAL':
    case 'DATE':
    case 'TIME':
      return (value) => textForm(value, type, 'UTC');
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      if (type.precision <= 3) return (value) => new Date(Number(value));
      return (value) => textForm(value, type, 'UTC') + (type.kind === 'TIMESTAMP_LTZ' ? 'Z' : '');
    case 'INTERVAL_DAY_TIME':
      return Number;
    case 'VARIANT':
      return (value) => JSON.parse(textForm(value, type, 'UTC')) as unknown;
    case 'ARRAY': {
      const element = toJs(type.element);
      return (value) => listOf(value).map(element);
    }
    case 'MAP':
      return entriesToJs(toJs(type.key), toJs(type.value));
    case 'MULTISET':
      return entriesToJs(toJs(type.element), Number);
    case 'ROW': {
      const fields = type.fields.map((field) => ({ name: field.name, of: toJs(field.type) }));
      return (value) => {
        const list = listOf(value);
        return Object.fromEntries(fields.map(({ name, of }, at) => [name, of(list[at] ?? null)]));
      };
    }
    default:
      return (value) => value;
  }
}

function entriesToJs(key: (value: TextValue) => JsValue, held: (value: TextValue) => JsValue) {
  return (value: TextValue): JsValue =>
    new Map(
      listOf(value).map((entry) => {
        const [k = null, v = null] = listOf(entry);
        return [key(k), held(v)];
      }),
    );
}

function listOf(value: TextValue): readonly TextValue[] {
  if (!Array.isArray(value)) throw new Error('not a nested value');
  return value as readonly TextValue[];
}

/** What a program gave is no value of the type; `detail` says what is expected. */
export class JsValueError extends Error {
  override readonly name = 'JsValueError';
}

/** A function that makes the engine's value of the program's. @throws JsValueError in it for a value of another kind */
export function fromJs(type: SqlType): (value: JsValue) => TextValue {
  const present = presentFromJs(type);
  return (value) => {
    if (value !== null && value !== undefined) return present(value);
    if (!type.nullable) throw new JsValueError('NULL where none may be');
    return null;
  };
}

function presentFromJs(type: SqlType): (value: JsValue) => TextValue {
  switch (type.kind) {
    case 'BOOLEAN':
      return (value) => (typeof value === 'boolean' ? value : refuse('a boolean'));
    case 'TINYINT':
      return whole(8);
    case 'SMALLINT':
      return whole(16);
    case 'INT':
    case 'INTERVAL_YEAR_MONTH':
      return whole(32);
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return (value) => wholeBigInt(value, 64);
    case 'FLOAT':
    case 'DOUBLE':
      return (value) => (typeof value === 'number' || typeof value === 'bigint' ? Number(value) : refuse('a number'));
    case 'DECIMAL':
      return (value) => decimalFromJs(value, type.precision, type.scale);
    case 'CHAR':
    case 'VARCHAR':
      return (value) => (typeof value === 'string' ? value : refuse('a string'));
    case 'BINARY':
    case 'VARBINARY':
      return (value) => (value instanceof Uint8Array ? value : refuse('a Uint8Array'));
    case 'DATE':
      return dateFromJs;
    case 'TIME':
      return timeFromJs;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return (value) => timestampFromJs(value, type);
    case 'ARRAY': {
      const element = fromJs(type.element);
      return (value) => (Array.isArray(value) ? value.map(element) : refuse('an array'));
    }
    case 'MAP':
      return entriesFromJs(fromJs(type.key), fromJs(type.value));
    case 'MULTISET':
      return entriesFromJs(fromJs(type.element), whole(32));
    case 'ROW': {
      const fields = type.fields.map((field) => ({ name: field.name, of: fromJs(field.type) }));
      return (value) => {
        if (Array.isArray(value)) return fields.map(({ of }, at) => of(value[at]));
        if (typeof value !== 'object' || value === null) return refuse('an object');
        return fields.map(({ name, of }) => of((value as Readonly<Record<string, unknown>>)[name]));
      };
    }
    case 'VARIANT':
      return (value) => Buffer.from(JSON.stringify(value));
    case 'NULL':
      return () => null;
  }
}

function entriesFromJs(key: (value: JsValue) => TextValue, held: (value: JsValue) => TextValue) {
  return (value: JsValue): TextValue => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('a Map');
    const entries: Iterable<readonly [unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
    return Array.from(entries, ([k, v]) => [key(k), held(v)]);
  };
}

function whole(bits: 8 | 16 | 32): (value: JsValue) => number {
  return (value) => Number(wholeBigInt(value, bits));
}

function wholeBigInt(value: JsValue, bits: number): bigint {
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  if (!isWhole) return refuse(bits === 64 ? 'a bigint, or a whole number up to 2^53' : 'a whole number');
  const big = BigInt(value);
  return BigInt.asIntN(bits, big) === big ? big : refuse(`a whole number of ${bits} bits`);
}

function decimalFromJs(value: JsValue, precision: number, scale: number): bigint {
  const expected = `a string of digits for DECIMAL(${precision}, ${scale})`;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return refuse(expected);
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(String(value).trim());
  if (match === null) return refuse(expected);
  const [, sign = '', before = '', after = '', exponent = '0'] = match;
  if (before === '' && after === '') return refuse(expected);
  // Digits are counted from the decimal point, which the exponent moves.
  const shift = scale + Number(exponent) - after.length;
  const digits = BigInt(before + after);
  const unscaled = shift >= 0 ? digits * 10n ** BigInt(shift) : roundedQuotient(digits, 10n ** BigInt(-shift));
  if (unscaled >= 10n ** BigInt(precision)) return refuse(`a number that fits DECIMAL(${precision}, ${scale})`);
  return sign === '-' ? -unscaled : unscaled;
}

/** Half up, of numbers that are not negative. */
function roundedQuotient(a: bigint, b: bigint): bigint {
  return (a + b / 2n) / b;
}

function dateFromJs(value: JsValue): number {
  if (value instanceof Date) return Math.floor(validMs(value) / 86_400_000);
  const days = typeof value === 'string' ? parseDays(value) : null;
  return days ?? refuse("a string such as '2024-01-31', or a Date");
}

function timeFromJs(value: JsValue): number {
  const ms = typeof value === 'string' ? parseTimeMs(value) : null;
  return ms === null ? refuse("a string such as '12:30:00'") : ms - (ms % 1000);
}

/** Counted in the type's unit: milliseconds, microseconds or nanoseconds since 1970. */
function timestampFromJs(value: JsValue, type: TimeType): bigint {
  const perSecond = BigInt(timestampUnitsPerSecond(type.precision));
  if (value instanceof Date) return (BigInt(validMs(value)) * perSecond) / 1000n;
  if (typeof value === 'number' && Number.isFinite(value)) return (BigInt(Math.floor(value)) * perSecond) / 1000n;
  const [, text = '', zone] = (typeof value === 'string' ? /^(.*?)(Z|[+-]\d{2}:\d{2})?$/.exec(value) : null) ?? [];
  const parsed = parseTimestamp(text.replace('T', ' '));
  if (parsed === null) return refuse("a Date, milliseconds since 1970, or a string such as '2024-01-31 12:30:00'");
  const parsedPerSecond = BigInt(timestampUnitsPerSecond(parsed.precision));
  return (parsed.value * perSecond) / parsedPerSecond - zoneSeconds(zone) * perSecond;
}

function zoneSeconds(zone: string | undefined): bigint {
  if (zone === undefined || zone === 'Z') return 0n;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return BigInt(minutes * (zone.startsWith('-') ? -60 : 60));
}

function validMs(date: Date): number {
  const ms = date.getTime();
  return Number.isNaN(ms) ? refuse('a valid Date') : ms;
}

function refuse(expected: string): never {
  throw new JsValueError(`expected ${expected}`);
}
