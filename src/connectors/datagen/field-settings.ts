import type { OptionValues } from '../../catalog/options.ts';
import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import { lengthMax, type SqlType, typeText } from '../../types/sql-type.ts';

/** The first and the last of a row of whole numbers, both in it. */
export interface WholeRange {
  readonly min: bigint;
  readonly max: bigint;
}

const kinds = ['random', 'sequence'];

/** @throws DiagnosticError O003 for a kind that there is not */
export function isSequenceKind(options: OptionValues, prefix: string): boolean {
  const kind = options.string(`${prefix}.kind`) ?? 'random';
  if (!kinds.includes(kind)) {
    const help = didYouMean(kind, kinds) ?? "expected 'random' or 'sequence'";
    fail('O003', options.span(`${prefix}.kind`), `"${kind}" is no value for "${prefix}.kind"`, { help });
  }
  return kind === 'sequence';
}

/** The share of NULLs. @throws DiagnosticError O003 where there may be none */
export function nullRateOf(options: OptionValues, prefix: string, type: SqlType): number {
  const rate = options.double(`${prefix}.null-rate`) ?? 0;
  if (rate > 0 && !type.nullable) {
    fail('O003', options.span(`${prefix}.null-rate`), `"${prefix}.null-rate" is above 0, but the field is NOT NULL`);
  }
  return rate;
}

/** @throws DiagnosticError O003 for bounds that the type does not hold, or that are in the wrong order */
export function sequenceOf(options: OptionValues, prefix: string, type: SqlType): WholeRange {
  const min = wholeOption(options, `${prefix}.start`) ?? 0n;
  const max = wholeOption(options, `${prefix}.end`) ?? 0n;
  if (min > max) fail('O003', options.span(`${prefix}.start`), `the sequence starts at ${min}, after its end ${max}`);
  const range = rangeOf(type);
  if (range !== null) {
    checkRange(options, `${prefix}.start`, min, range);
    checkRange(options, `${prefix}.end`, max, range);
  }
  return { min, max };
}

/** Bounds of whole numbers. @throws DiagnosticError O003 as `sequenceOf` */
export function wholeBounds(options: OptionValues, prefix: string, type: SqlType): WholeRange {
  const range = rangeOf(type) ?? bits(64);
  const min = wholeOption(options, `${prefix}.min`) ?? range.min;
  const max = wholeOption(options, `${prefix}.max`) ?? range.max;
  checkRange(options, `${prefix}.min`, min, range);
  checkRange(options, `${prefix}.max`, max, range);
  // As in Flink, the bounds of a BIGINT, a fraction and a decimal may not be equal.
  checkOrder(options, prefix, type.kind === 'BIGINT' ? min < max : min <= max);
  return { min, max };
}

/** Bounds of a FLOAT or DOUBLE. */
export function fractionBounds(
  options: OptionValues,
  prefix: string,
  kind: 'FLOAT' | 'DOUBLE',
): { readonly min: number; readonly max: number } {
  const most = kind === 'FLOAT' ? 3.4028234663852886e38 : Number.MAX_VALUE;
  const min = numberOption(options, `${prefix}.min`) ?? -most;
  const max = numberOption(options, `${prefix}.max`) ?? most;
  checkOrder(options, prefix, min < max);
  return { min, max };
}

/** Bounds of a DECIMAL, in its smallest units. */
export function decimalBounds(
  options: OptionValues,
  prefix: string,
  { precision, scale }: { readonly precision: number; readonly scale: number },
): WholeRange {
  const most = 10n ** BigInt(precision) - 1n;
  const unscaled = (value: number | undefined) =>
    value === undefined ? undefined : BigInt(Math.round(value * 10 ** scale));
  const min = unscaled(numberOption(options, `${prefix}.min`)) ?? -most;
  const max = unscaled(numberOption(options, `${prefix}.max`)) ?? most;
  checkOrder(options, prefix, min < max);
  return { min, max };
}

/** Characters and bytes where neither the type nor an option says how many. */
const lengthDefault = 100;

/** Characters or bytes of a random value. @throws DiagnosticError O003 for a length that the type does not hold */
export function lengthOf(
  options: OptionValues,
  prefix: string,
  type: Extract<SqlType, { length: number }>,
): { readonly length: number; readonly isVariable: boolean } {
  const name = `${prefix}.length`;
  const given = options.names.includes(name) ? options.int(name) : undefined;
  const isFixed = type.kind === 'CHAR' || type.kind === 'BINARY';
  if (given !== undefined && isFixed) {
    const help = `leave "${name}" out`;
    fail('O003', options.span(name), `a ${typeText(type)} has its own length`, { help });
  }
  if (given !== undefined && given < 1) fail('O003', options.span(name), `the length ${given} is not positive`);
  if (given !== undefined && given > type.length) {
    fail('O003', options.span(name), `${given} is more than ${typeText(type)} can hold`);
  }
  const isVariable = options.boolean(`${prefix}.var-len`) === true;
  if (isVariable && isFixed) {
    const help = `leave "${prefix}.var-len" out, or declare the column ${type.kind === 'CHAR' ? 'STRING' : 'BYTES'}`;
    fail('O003', options.span(`${prefix}.var-len`), `a ${typeText(type)} has one length`, { help });
  }
  return { length: given ?? (isFixed || type.length < lengthMax ? type.length : lengthDefault), isVariable };
}

/** Elements of a collection. */
export function elementCount(options: OptionValues, prefix: string): number {
  const count = options.int(`${prefix}.length`) ?? 3;
  if (count >= 0) return count;
  return fail('O003', options.span(`${prefix}.length`), `the length ${count} is negative`);
}

function bits(count: number): WholeRange {
  const half = 1n << BigInt(count - 1);
  return { min: -half, max: half - 1n };
}

/** The whole numbers that a type holds, and of intervals those that are made; null where it is no number. */
function rangeOf(type: SqlType): WholeRange | null {
  switch (type.kind) {
    case 'TINYINT':
      return bits(8);
    case 'SMALLINT':
      return bits(16);
    case 'INT':
      return bits(32);
    case 'BIGINT':
      return bits(64);
    case 'INTERVAL_YEAR_MONTH':
      return { min: 0n, max: 120_000n };
    case 'INTERVAL_DAY_TIME':
      return { min: 0n, max: bits(64).max };
    case 'DECIMAL': {
      const max = 10n ** BigInt(type.precision - type.scale) - 1n;
      return { min: -max, max };
    }
    default:
      return null;
  }
}

function checkRange(options: OptionValues, name: string, value: bigint, { min, max }: WholeRange): void {
  if (value < min) fail('O003', options.span(name), `${value} is out of range: the least is ${min}`);
  if (value > max) fail('O003', options.span(name), `${value} is out of range: the greatest is ${max}`);
}

function checkOrder(options: OptionValues, prefix: string, isInOrder: boolean): void {
  if (isInOrder) return;
  const span = options.span(`${prefix}.min`) ?? options.span(`${prefix}.max`);
  fail('O003', span, `"${prefix}.min" must be less than "${prefix}.max"`);
}

function wholeOption(options: OptionValues, name: string): bigint | undefined {
  const text = options.string(name);
  if (text === undefined) return undefined;
  if (/^[+-]?\d+$/.test(text.trim())) return BigInt(text.trim().replace('+', ''));
  return fail('O003', options.span(name), `"${text}" is no value for "${name}"`, { help: 'expected a whole number' });
}

function numberOption(options: OptionValues, name: string): number | undefined {
  const text = options.string(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && !Number.isNaN(value)) return value;
  return fail('O003', options.span(name), `"${text}" is no value for "${name}"`, { help: 'expected a number' });
}
