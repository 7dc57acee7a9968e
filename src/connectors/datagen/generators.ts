import type { OptionValues } from '../../catalog/options.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import type { NestedValue } from '../../memory/nested.ts';
import { timestampUnitsPerSecond } from '../../types/physical.ts';
import { type SqlType, typeText } from '../../types/sql-type.ts';
import type { ProcessingClock } from '../connector.ts';
import { canBeSequence } from './field-options.ts';
import {
  decimalBounds,
  elementCount,
  fractionBounds,
  isSequenceKind,
  lengthOf,
  nullRateOf,
  sequenceOf,
  wholeBounds,
} from './field-settings.ts';
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

/**
 * The generator of a field whose options start with `prefix`: for values of any type, one by one. The common types have
 * a faster way (`column-fillers.ts`). @throws DiagnosticError for options that do not fit
 */
export function generatorFor(type: SqlType, prefix: string, context: GeneratorContext): Generator {
  const { options, random } = context;
  if (isSequenceKind(options, prefix) && canBeSequence(type)) return sequence(type, prefix, context);
  const make = randomGenerator(type, prefix, context);
  const nullRate = nullRateOf(options, prefix, type);
  if (nullRate <= 0) return make;
  return (row) => (random.fraction() < nullRate ? null : make(row));
}

function sequence(type: SqlType, prefix: string, { options, onSequence }: GeneratorContext): Generator {
  const { min, max } = sequenceOf(options, prefix, type);
  onSequence(max - min + 1n);
  return (row) => {
    const value = min + BigInt(row);
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

function randomGenerator(type: SqlType, prefix: string, context: GeneratorContext): Generator {
  const { options, random, clock } = context;
  switch (type.kind) {
    case 'BOOLEAN':
      return () => (random.next() & 1) === 1;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME': {
      const { min, max } = wholeBounds(options, prefix, type);
      return () => random.whole(min, max);
    }
    case 'FLOAT':
    case 'DOUBLE': {
      const { min, max } = fractionBounds(options, prefix, type.kind);
      return () => random.between(min, max);
    }
    case 'DECIMAL': {
      const { min, max } = decimalBounds(options, prefix, type);
      return () => random.whole(min, max);
    }
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY': {
      const { length, isVariable } = lengthOf(options, prefix, type);
      const its = () => (isVariable ? random.count(length) : length);
      const isText = type.kind === 'CHAR' || type.kind === 'VARCHAR';
      return () => (isText ? hexText(random, its()) : randomBytes(random, its()));
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
