import { javaFloatText } from '../../types/java-float-text.ts';
import { type SqlType, STRING } from '../../types/sql-type.ts';
import { textForm } from '../../types/text-form.ts';
import { character, parameter } from '../parameters.ts';
import type { HostValue, ScalarFunction } from '../scalar-function.ts';
import { decimalNumber } from './json-of-value.ts';

/** A conversion that java.util.Formatter would refuse: the whole call is NULL. */
class FormatError extends Error {}

/** A value with what Java would have it be. */
interface Printed {
  readonly value: HostValue;
  readonly type: SqlType;
}

/** `%[index$][flags][width][.precision]conversion` */
const specifier = /%(?:(\d+)\$)?([-#+ 0,(<]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;

/** As java.util.Formatter in English. @throws FormatError */
function formatted(format: string, args: readonly Printed[]): string {
  let ordinary = 0;
  let last = -1;
  let out = '';
  let from = 0;
  for (const match of format.matchAll(specifier)) {
    out += plainText(format.slice(from, match.index));
    from = match.index + match[0].length;
    const [, index, flags = '', width, precision, conversion = ''] = match;
    if (conversion === 'n') {
      out += '\n';
      continue;
    }
    if (conversion === '%') {
      out += padded('%', flags, width);
      continue;
    }
    let at = ordinary;
    if (flags.includes('<')) at = last;
    else if (index !== undefined) at = Number(index) - 1;
    else ordinary++;
    last = at;
    const arg = args[at];
    if (arg === undefined) throw new FormatError('an argument is missing');
    const digits = precision === undefined ? undefined : Number(precision);
    const text = converted(arg, conversion, flags, width === undefined ? 0 : Number(width), digits);
    out += padded(/[A-Z]/.test(conversion) ? text.toUpperCase() : text, flags, width);
  }
  return out + plainText(format.slice(from));
}

function plainText(text: string): string {
  if (text.includes('%')) throw new FormatError('a conversion is malformed');
  return text;
}

function padded(text: string, flags: string, width: string | undefined): string {
  if (width === undefined) return text;
  return flags.includes('-') ? text.padEnd(Number(width)) : text.padStart(Number(width));
}

function converted(
  { value, type }: Printed,
  conversion: string,
  flags: string,
  width: number,
  precision: number | undefined,
): string {
  const kind = conversion.toLowerCase();
  if (kind === 'b') return cut(value === null ? 'false' : type.kind === 'BOOLEAN' ? String(value) : 'true', precision);
  if (value === null && 'sdoxefgchat'.includes(kind)) return cut('null', kind === 's' ? precision : undefined);
  switch (kind) {
    case 's':
      return cut(text(value, type), precision);
    case 'c':
      return character32(value, type);
    case 'd':
      return grouped(signed(integer(value, type), flags), flags, width);
    case 'x':
    case 'o':
      return unsigned(integer(value, type), type, kind === 'x' ? 16 : 8, flags, width);
    case 'f':
    case 'e':
    case 'g':
      return floating(value, type, kind, flags, width, precision ?? 6);
    default:
      throw new FormatError(`no conversion %${conversion}`);
  }
}

function cut(value: string, precision: number | undefined): string {
  return precision === undefined ? value : value.slice(0, precision);
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

function integer(value: HostValue, type: SqlType): bigint {
  if (!['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'DATE', 'TIME'].includes(type.kind))
    throw new FormatError('no integer');
  return BigInt(value as number | bigint);
}

function character32(value: HostValue, type: SqlType): string {
  if (!['TINYINT', 'SMALLINT', 'INT'].includes(type.kind)) throw new FormatError('no character');
  return String.fromCodePoint(Number(value));
}

/** The digits and, apart, the sign that the flags ask for. */
function signed(
  value: bigint,
  flags: string,
): { readonly sign: string; readonly digits: string; readonly end: string } {
  if (value < 0n && flags.includes('(')) return { sign: '(', digits: String(-value), end: ')' };
  const sign = value < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  return { sign, digits: String(value < 0n ? -value : value), end: '' };
}

function grouped(
  { sign, digits, end }: { readonly sign: string; readonly digits: string; readonly end: string },
  flags: string,
  width: number,
): string {
  const [whole = '', fraction] = digits.split('.');
  const separated = flags.includes(',') ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
  const body = fraction === undefined ? separated : `${separated}.${fraction}`;
  const zeros = flags.includes('0') ? width - sign.length - end.length : 0;
  return `${sign}${body.padStart(zeros, '0')}${end}`;
}

/** Two's complement of the type's width. */
function unsigned(value: bigint, type: SqlType, radix: number, flags: string, width: number): string {
  const bits = { TINYINT: 8, SMALLINT: 16, INT: 32, BIGINT: 64 }[type.kind as 'INT'] ?? 32;
  const digits = BigInt.asUintN(bits, value).toString(radix);
  const prefix = flags.includes('#') ? (radix === 16 ? '0x' : '0') : '';
  return prefix + (flags.includes('0') ? digits.padStart(width - prefix.length, '0') : digits);
}

/** FLOAT and DOUBLE only, as Flink's DECIMAL is no number to Java. */
function floating(
  value: HostValue,
  type: SqlType,
  kind: string,
  flags: string,
  width: number,
  precision: number,
): string {
  if (type.kind !== 'DOUBLE' && type.kind !== 'FLOAT') throw new FormatError('no floating point number');
  const number = Number(value);
  const isNegative = number < 0 || Object.is(number, -0);
  const sign = isNegative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  if (!Number.isFinite(number)) return Number.isNaN(number) ? 'NaN' : `${sign}Infinity`;
  const magnitude = Math.abs(number);
  if (kind === 'e') return sign + scientific(magnitude, precision);
  if (kind === 'g') {
    const digits = Math.max(1, precision);
    const exponent = magnitude === 0 ? 0 : Number(/-?\d+$/.exec(scientific(magnitude, digits - 1))?.[0]);
    if (exponent < -4 || exponent >= digits) return sign + scientific(magnitude, digits - 1);
    return grouped({ sign, digits: halfUp(magnitude, digits - 1 - exponent), end: '' }, flags, width);
  }
  return grouped({ sign, digits: halfUp(magnitude, precision), end: '' }, flags, width);
}

/** One digit before the point; rounded as `halfUp` rounds, which may carry into the exponent. */
function scientific(value: number, precision: number): string {
  const [shortest = '0', power = '0'] = value.toExponential().split('e');
  let exponent = Number(power);
  let digits = halfUp(Number(shortest), precision);
  if (digits.startsWith('10')) {
    digits = halfUp(1, precision);
    exponent++;
  }
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** Rounds the shortest decimal text of a number half up, as Java does, and not its binary value. */
function halfUp(value: number, precision: number): string {
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const scale = digits.length - 1 - Number(exponent);
  let unscaled = BigInt(digits);
  if (scale > precision) {
    const step = 10n ** BigInt(scale - precision);
    unscaled = (unscaled + step / 2n) / step;
  } else unscaled *= 10n ** BigInt(precision - scale);
  const text = String(unscaled).padStart(precision + 1, '0');
  return precision === 0 ? text : `${text.slice(0, -precision)}.${text.slice(-precision)}`;
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
