import type { OptionValues } from '../../catalog/options.ts';
import { didYouMean } from '../../diagnostics/candidates.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { NestedValue } from '../../memory/nested.ts';
import { timestampUnitsPerSecond } from '../../types/physical.ts';
import { lengthMax, type SqlType, typeText } from '../../types/sql-type.ts';
import type { ProcessingClock } from '../connector.ts';
import { canBeSequence } from './field-options.ts';
import type { Random } from './random.ts';

/** Makes the value of row `row` (from 0). */
export type Generator = (row: number) => NestedValue;

export interface GeneratorContext {
  readonly options: OptionValues;
  readonly random: Random;
  readonly clock: ProcessingClock;
  /** Of the column's declaration. */
  readonly span: Span | null;
  /** Told of each sequence: how many values it has. */
  readonly onSequence: (count: bigint) => void;
}

/** The generator of a field whose options start with `prefix`. @throws DiagnosticError for options that do not fit */
export function generatorFor(type: SqlType, prefix: string, context: GeneratorContext): Generator {
  const { options, random } = context;
  if (isSequenceKind(options, prefix) && canBeSequence(type)) return sequence(type, prefix, context);
  const make = randomGenerator(type, prefix, context);
  const nullRate = options.double(`${prefix}.null-rate`) ?? 0;
  if (nullRate <= 0) return make;
  if (!type.nullable) {
    fail('O003', options.span(`${prefix}.null-rate`), `"${prefix}.null-rate" is above 0, but the field is NOT NULL`);
  }
  return (row) => (random.fraction() < nullRate ? null : make(row));
}

const kinds = ['random', 'sequence'];

function isSequenceKind(options: OptionValues, prefix: string): boolean {
  const kind = options.string(`${prefix}.kind`) ?? 'random';
  if (!kinds.includes(kind)) {
    const help = didYouMean(kind, kinds) ?? "expected 'random' or 'sequence'";
    fail('O003', options.span(`${prefix}.kind`), `"${kind}" is no value for "${prefix}.kind"`, { help });
  }
  return kind === 'sequence';
}

function sequence(type: SqlType, prefix: string, { options, onSequence }: GeneratorContext): Generator {
  const start = wholeOption(options, `${prefix}.start`) ?? 0n;
  const end = wholeOption(options, `${prefix}.end`) ?? 0n;
  if (start > end) {
    fail('O003', options.span(`${prefix}.start`), `the sequence starts at ${start}, after its end ${end}`);
  }
  const range = wholeRange(type);
  if (range !== null) {
    checkRange(options, `${prefix}.start`, start, range);
    checkRange(options, `${prefix}.end`, end, range);
  }
  onSequence(end - start + 1n);
  return (row) => {
    const value = start + BigInt(row);
    switch (type.kind) {
      case 'CHAR':
      case 'VARCHAR':
        return String(value);
      case 'FLOAT':
      case 'DOUBLE':
        return Number(value);
      case 'DECIMAL':
        return value * 10n ** BigInt(type.scale);
      default:
        return value;
    }
  };
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

type WholeRange = readonly [least: bigint, most: bigint];

function wholes(prefix: string, type: SqlType, { options, random }: GeneratorContext, range: WholeRange): () => bigint {
  const min = wholeOption(options, `${prefix}.min`) ?? range[0];
  const max = wholeOption(options, `${prefix}.max`) ?? range[1];
  checkRange(options, `${prefix}.min`, min, range);
  checkRange(options, `${prefix}.max`, max, range);
  checkOrder(options, prefix, { isBelow: min < max, isEqual: min === max, mayBeEqual: type.kind !== 'BIGINT' });
  return () => random.whole(min, max);
}

function checkRange(options: OptionValues, name: string, value: bigint, [least, most]: WholeRange): void {
  if (value < least) fail('O003', options.span(name), `${value} is out of range: the least is ${least}`);
  if (value > most) fail('O003', options.span(name), `${value} is out of range: the greatest is ${most}`);
}

/** As in Flink, the bounds of a BIGINT, a fraction and a decimal may not be equal. */
function checkOrder(
  options: OptionValues,
  prefix: string,
  { isBelow, isEqual, mayBeEqual }: { isBelow: boolean; isEqual: boolean; mayBeEqual: boolean },
): void {
  if (isBelow || (isEqual && mayBeEqual)) return;
  const span = options.span(`${prefix}.min`) ?? options.span(`${prefix}.max`);
  fail('O003', span, `"${prefix}.min" must be less than "${prefix}.max"`);
}

function bits(count: number): WholeRange {
  const half = 1n << BigInt(count - 1);
  return [-half, half - 1n];
}

/** The whole numbers that a type holds; null where it is no number. */
function wholeRange(type: SqlType): WholeRange | null {
  switch (type.kind) {
    case 'TINYINT':
      return bits(8);
    case 'SMALLINT':
      return bits(16);
    case 'INT':
      return bits(32);
    case 'BIGINT':
      return bits(64);
    case 'DECIMAL': {
      const most = 10n ** BigInt(type.precision - type.scale) - 1n;
      return [-most, most];
    }
    default:
      return null;
  }
}

function randomGenerator(type: SqlType, prefix: string, context: GeneratorContext): Generator {
  const { options, random, clock } = context;
  switch (type.kind) {
    case 'BOOLEAN':
      return () => (random.next() & 1) === 1;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return wholes(prefix, type, context, wholeRange(type) ?? bits(64));
    case 'INTERVAL_YEAR_MONTH':
      return wholes(prefix, type, context, [0n, 120_000n]);
    case 'INTERVAL_DAY_TIME':
      return wholes(prefix, type, context, [0n, bits(64)[1]]);
    case 'FLOAT':
    case 'DOUBLE': {
      const most = type.kind === 'FLOAT' ? 3.4028234663852886e38 : Number.MAX_VALUE;
      const min = numberOption(options, `${prefix}.min`) ?? -most;
      const max = numberOption(options, `${prefix}.max`) ?? most;
      checkOrder(options, prefix, { isBelow: min < max, isEqual: false, mayBeEqual: false });
      // Halves, so that the difference does not overflow.
      return () => (min / 2 + random.fraction() * (max / 2 - min / 2)) * 2;
    }
    case 'DECIMAL': {
      const unit = 10 ** type.scale;
      const most = 10n ** BigInt(type.precision) - 1n;
      const min = numberOption(options, `${prefix}.min`);
      const max = numberOption(options, `${prefix}.max`);
      const least = min === undefined ? -most : BigInt(Math.round(min * unit));
      const greatest = max === undefined ? most : BigInt(Math.round(max * unit));
      checkOrder(options, prefix, { isBelow: least < greatest, isEqual: false, mayBeEqual: false });
      return () => random.whole(least, greatest);
    }
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY': {
      const lengthOf = lengths(type, prefix, context);
      const isText = type.kind === 'CHAR' || type.kind === 'VARCHAR';
      return () => (isText ? hexText(random, lengthOf()) : randomBytes(random, lengthOf()));
    }
    case 'DATE':
      return () => Math.floor(clock.nowMs() / 86_400_000);
    case 'TIME':
      return () => clock.nowMs() % 86_400_000;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const maxPastMs = options.durationMs(`${prefix}.max-past`) ?? 0;
      const perMs = BigInt(timestampUnitsPerSecond(type.precision) / 1000);
      return () => BigInt(Math.floor(clock.nowMs() - random.fraction() * maxPastMs)) * perMs;
    }
    case 'ARRAY': {
      const element = generatorFor(type.element, `${prefix}.element`, context);
      const length = elementCount(options, prefix);
      return (row) => Array.from({ length }, () => element(row));
    }
    case 'MULTISET':
    case 'MAP': {
      const isMap = type.kind === 'MAP';
      const key = generatorFor(isMap ? type.key : type.element, `${prefix}.${isMap ? 'key' : 'element'}`, context);
      const value: Generator = isMap
        ? generatorFor(type.value, `${prefix}.value`, context)
        : () => Number(random.whole(0n, 2_147_483_647n));
      const length = elementCount(options, prefix);
      return (row) => Array.from({ length }, () => [key(row), value(row)]);
    }
    case 'ROW': {
      const fields = type.fields.map((field) => generatorFor(field.type, `${prefix}.${field.name}`, context));
      return (row) => fields.map((field) => field(row));
    }
    default:
      return fail('O007', context.span, `datagen cannot make values of type ${typeText(type)}`);
  }
}

function elementCount(options: OptionValues, prefix: string): number {
  const count = options.int(`${prefix}.length`) ?? 3;
  if (count >= 0) return count;
  return fail('O003', options.span(`${prefix}.length`), `the length ${count} is negative`);
}

/** Characters and bytes where neither the type nor an option says how many. */
const lengthDefault = 100;

function lengths(
  type: Extract<SqlType, { length: number }>,
  prefix: string,
  { options, random }: GeneratorContext,
): () => number {
  const given = options.names.includes(`${prefix}.length`) ? options.int(`${prefix}.length`) : undefined;
  const isFixed = type.kind === 'CHAR' || type.kind === 'BINARY';
  if (given !== undefined && isFixed) {
    fail('O003', options.span(`${prefix}.length`), `a ${typeText(type)} has its own length`, {
      help: `leave "${prefix}.length" out`,
    });
  }
  if (given !== undefined && given < 1) {
    fail('O003', options.span(`${prefix}.length`), `the length ${given} is not positive`);
  }
  const isVariable = options.boolean(`${prefix}.var-len`) === true;
  if (isVariable && isFixed) {
    fail('O003', options.span(`${prefix}.var-len`), `a ${typeText(type)} has one length`, {
      help: `leave "${prefix}.var-len" out, or declare the column ${type.kind === 'CHAR' ? 'STRING' : 'BYTES'}`,
    });
  }
  if (given !== undefined && given > type.length) {
    fail('O003', options.span(`${prefix}.length`), `${given} is more than ${typeText(type)} can hold`);
  }
  const length = given ?? (isFixed || type.length < lengthMax ? type.length : lengthDefault);
  if (!isVariable) return () => length;
  return () => Number(random.whole(1n, BigInt(Math.max(1, length))));
}

function hexText(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += random.next().toString(16).padStart(8, '0');
  return text.slice(0, length);
}

function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = random.next() >>> 24;
  return bytes;
}
