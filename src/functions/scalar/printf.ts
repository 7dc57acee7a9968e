import { decodeNested } from '../../memory/nested.ts';
import { javaFloatText } from '../../types/java-float-text.ts';
import { type SqlType, STRING } from '../../types/sql-type.ts';
import { textForm } from '../../types/text-form.ts';
import { hostHash } from '../java-hash.ts';
import { character, parameter } from '../parameters.ts';
import type { HostValue, ScalarFunction } from '../scalar-function.ts';
import { FormatError, justified, parseFormat, type Specifier } from './java-format.ts';
import { floatingText, wholeNumberText } from './java-format-number.ts';
import { timeText } from './java-format-time.ts';
import { decimalNumber } from './json-of-value.ts';

/** A value with what Java would have it be. */
interface Printed {
  readonly value: HostValue;
  readonly type: SqlType;
}

/** As java.util.Formatter in English. @throws FormatError */
function formatted(format: string, args: readonly Printed[]): string {
  let ordinary = 0;
  let last = -1;
  let out = '';
  for (const part of parseFormat(format)) {
    if (typeof part === 'string') out += part;
    else if (part.conversion === 'n') out += '\n';
    else if (part.conversion === '%') out += justified('%', part);
    else {
      if (!part.flags.has('<')) last = part.index > 0 ? part.index - 1 : ordinary++;
      const arg = args[last];
      if (arg === undefined) throw new FormatError('an argument is missing');
      out += converted(arg, part);
    }
  }
  return out;
}

function converted({ value, type }: Printed, specifier: Specifier): string {
  const { conversion } = specifier;
  const cut = (text: string): string =>
    justified(specifier.precision === undefined ? text : firstOf(text, specifier.precision), specifier);
  if (conversion === 'b') return cut(value === null ? 'false' : type.kind === 'BOOLEAN' ? String(value) : 'true');
  if (value === null) return cut('null');
  switch (conversion) {
    case 's':
      return cut(text(value, type));
    case 'h':
      return cut((hostHash(value, type) >>> 0).toString(16));
    case 'c':
      return justified(character32(value, type), specifier);
    case 'd':
    case 'x':
    case 'o':
      return wholeNumberText(integer(value, type), bitsOf(type), specifier);
    case 'f':
    case 'e':
    case 'g':
    case 'a':
      // FLOAT and DOUBLE only, as Flink's DECIMAL is no number to Java.
      if (type.kind !== 'DOUBLE' && type.kind !== 'FLOAT') throw new FormatError('no floating point number');
      return floatingText(Number(value), specifier);
    default:
      if (!isLong(type)) throw new FormatError('no milliseconds');
      return timeText(BigInt(value as number | bigint), specifier);
  }
}

/** A character stays whole. */
function firstOf(text: string, count: number): string {
  return [...text].slice(0, count).join('');
}

/** As java.lang.String.valueOf of what Flink hands over: times are their counts. */
function text(value: HostValue, type: SqlType): string {
  switch (type.kind) {
    case 'DECIMAL':
      return decimalNumber(value as bigint, type.scale);
    case 'DOUBLE':
      return javaFloatText(value as number, false);
    case 'FLOAT':
      return javaFloatText(value as number, true);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return localDateTime(textForm(value, { ...type, kind: 'TIMESTAMP', precision: type.precision }, 'UTC'));
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
    case 'ROW':
      return textForm(decodeNested(type, value as Uint8Array), type, 'UTC');
    case 'BINARY':
    case 'VARBINARY':
    case 'VARIANT':
      return textForm(value, type, 'UTC');
    default:
      return String(value);
  }
}

/** As java.time.LocalDateTime prints it: no seconds of 0, and 3, 6 or 9 digits of a fraction. */
function localDateTime(written: string): string {
  const [date, time = '', fraction = ''] = written.split(/[ .]/);
  const digits = fraction.replace(/(000)+$/, '').padEnd(Math.ceil(fraction.replace(/0+$/, '').length / 3) * 3, '0');
  if (Number(fraction) === 0) return `${date}T${time.replace(/:00$/, '')}`;
  return `${date}T${time}.${digits}`;
}

/** What is an int or a long within Flink, times and intervals among it. */
function integer(value: HostValue, type: SqlType): bigint {
  if (!isLong(type) && !isInt(type)) throw new FormatError('no integer');
  return BigInt(value as number | bigint);
}

function isLong(type: SqlType): boolean {
  return type.kind === 'BIGINT' || type.kind === 'INTERVAL_DAY_TIME';
}

function isInt({ kind }: SqlType): boolean {
  return ['TINYINT', 'SMALLINT', 'INT', 'DATE', 'TIME', 'INTERVAL_YEAR_MONTH'].includes(kind);
}

function bitsOf(type: SqlType): number {
  return type.kind === 'TINYINT' ? 8 : type.kind === 'SMALLINT' ? 16 : isLong(type) ? 64 : 32;
}

function character32(value: HostValue, type: SqlType): string {
  const code = Number(value);
  if (!isInt(type) || code < 0 || code > 0x10ffff) throw new FormatError('no character');
  return String.fromCodePoint(code);
}

export const printf: ScalarFunction = {
  name: 'PRINTF',
  category: 'string',
  summary: 'The values by a format of java.util.Formatter; NULL where a value does not fit its conversion.',
  examples: [
    { sql: "PRINTF('%s has %d items', 'cart', 3)", result: 'cart has 3 items' },
    { sql: "PRINTF('%05d|%-5d|', 42, 42)", result: '00042|42   |' },
  ],
  overloads: [
    {
      params: [
        character('format'),
        parameter('value', 'ANY', (type) => type.kind !== 'NULL', { optional: true, variadic: true }),
      ],
      returns: () => STRING(),
      nulls: 'custom',
      code: {
        kind: 'host',
        evaluate: ([format, ...values], { argTypes }) => {
          if (typeof format !== 'string') return null;
          try {
            return formatted(
              format,
              values.map((value, at) => ({ value, type: argTypes[at + 1] as SqlType })),
            );
          } catch (error) {
            if (error instanceof FormatError) return null;
            throw error;
          }
        },
      },
    },
  ],
};

export const printfFunctions: readonly ScalarFunction[] = [printf];
