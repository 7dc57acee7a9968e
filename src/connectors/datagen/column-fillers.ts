import type { Arena } from '../../memory/arena.ts';
import { type CellValue, writeFixed } from '../../memory/cell-value.ts';
import type { Memory } from '../../memory/memory.ts';
import { encodeNested, type NestedValue } from '../../memory/nested.ts';
import { physicalOf, physicalWidth, timestampUnitsPerSecond } from '../../types/physical.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { canBeSequence } from './field-options.ts';
import {
  fractionBounds,
  isSequenceKind,
  lengthOf,
  nullRateOf,
  sequenceOf,
  type WholeRange,
  wholeBounds,
} from './field-settings.ts';
import { type Generator, type GeneratorContext, generatorFor } from './generators.ts';
import type { Random } from './random.ts';
import { fillBytes, fillHexText } from './random-text.ts';

/** Where the values of some rows are put. */
export interface FillTarget {
  readonly memory: Memory;
  /** For the bytes of texts. */
  readonly arena: Arena;
  /** Of the column's values. */
  readonly values: number;
  /** A byte a row, all 1. */
  readonly validity: number;
  /** The first of the rows, among all that were made, and how many they are. */
  readonly row: number;
  readonly count: number;
}

/** Makes the values of one column, straight into its native form. */
export interface ColumnFiller {
  /** Bytes of text that a row takes at most beside its slot; 0 where that is not known before. */
  readonly textBytesMax: number;
  /** True where one of them is NULL. */
  readonly fill: (target: FillTarget) => boolean;
}

/** Fills values alone. */
type Fill = (target: FillTarget) => void;

/** The filler of a column whose options start with `prefix`. @throws DiagnosticError for options that do not fit */
export function fillerFor(type: SqlType, prefix: string, context: GeneratorContext): ColumnFiller {
  const { options, random } = context;
  if (isSequenceKind(options, prefix) && canBeSequence(type)) {
    const fill = sequenceFill(type, sequenceOf(options, prefix, type));
    return fill === null ? anyFiller(type, generatorFor(type, prefix, context)) : withNulls(fill, 0, random);
  }
  const nullRate = nullRateOf(options, prefix, type);
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY': {
      const size = lengthOf(options, prefix, type);
      const isText = type.kind === 'CHAR' || type.kind === 'VARCHAR';
      const fill: Fill = (target) => (isText ? fillHexText : fillBytes)(target, size, random);
      return { ...withNulls(fill, nullRate, random), textBytesMax: size.length };
    }
    default: {
      const fill = fixedFill(type, prefix, context);
      if (fill === null) return anyFiller(type, generatorFor(type, prefix, context));
      return withNulls(fill, nullRate, random);
    }
  }
}

function withNulls(fill: Fill, rate: number, random: Random): ColumnFiller {
  return {
    textBytesMax: 0,
    fill(target) {
      fill(target);
      if (rate <= 0) return false;
      const { memory, validity, count } = target;
      const { u8 } = memory;
      for (let i = 0; i < count; i++) if (random.fraction() < rate) u8[validity + i] = 0;
      return true;
    },
  };
}

/** Values of any type, one by one. */
export function anyFiller(type: SqlType, generate: Generator): ColumnFiller {
  const physical = physicalOf(type);
  const width = physicalWidth[physical];
  return {
    textBytesMax: 0,
    fill({ memory, arena, values, validity, row, count }) {
      let hasNulls = false;
      for (let i = 0; i < count; i++) {
        const value = generate(row + i);
        if (value === null) {
          memory.u8[validity + i] = 0;
          hasNulls = true;
        } else if (physical !== 'bytes') {
          writeFixed[physical](memory.view, values + i * width, value as CellValue);
        } else {
          const bytes = bytesOf(type, value);
          const stored = arena.alloc(bytes.length);
          memory.u8.set(bytes, stored);
          memory.u32[(values >>> 2) + i * 2] = stored;
          memory.u32[(values >>> 2) + i * 2 + 1] = bytes.length;
        }
      }
      return hasNulls;
    },
  };
}

function bytesOf(type: SqlType, value: NestedValue): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  return value instanceof Uint8Array ? value : encodeNested(type, value);
}

/** A sequence of numbers; null for a type that has no fast way. */
function sequenceFill(type: SqlType, { min, max }: WholeRange): Fill | null {
  if (!isExact(min) || !isExact(max)) return null;
  const first = Number(min);
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
      return numberFill(type, (row) => first + row);
    default:
      return null;
  }
}

/** Random values of one width; null for a type, or bounds, that have no fast way. */
function fixedFill(type: SqlType, prefix: string, { options, random, clock }: GeneratorContext): Fill | null {
  switch (type.kind) {
    case 'BOOLEAN':
      return numberFill(type, () => random.next() & 1);
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME': {
      const { min, max } = wholeBounds(options, prefix, type);
      if (max - min === 2n ** 64n - 1n) return anyBitsFill(random);
      if (!isExact(min) || !isExact(max) || !isExact(max - min + 1n)) return null;
      const least = Number(min);
      const count = Number(max - min + 1n);
      return numberFill(type, () => least + Math.floor(random.fraction() * count));
    }
    case 'FLOAT':
    case 'DOUBLE': {
      const { min, max } = fractionBounds(options, prefix, type.kind);
      return numberFill(type, () => random.between(min, max));
    }
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      if (type.precision > 6) return null;
      const maxPastMs = options.durationMs(`${prefix}.max-past`) ?? 0;
      const perMs = timestampUnitsPerSecond(type.precision) / 1000;
      return numberFill(type, () => Math.floor(clock.nowMs() - random.fraction() * maxPastMs) * perMs);
    }
    default:
      return null;
  }
}

/** Is it a whole number that a double holds with its neighbours? */
function isExact(value: bigint): boolean {
  return value >= -(2n ** 53n) && value <= 2n ** 53n;
}

/** All 64 bits are random. */
function anyBitsFill(random: Random): Fill {
  return ({ memory: { u32 }, values, count }) => {
    const from = values >>> 2;
    for (let i = 0; i < count * 2; i++) u32[from + i] = random.next();
  };
}

function numberFill(type: SqlType, make: (row: number) => number): Fill | null {
  switch (physicalOf(type)) {
    case 'bool':
    case 'i8':
      return ({ memory: { u8 }, values, row, count }) => {
        for (let i = 0; i < count; i++) u8[values + i] = make(row + i);
      };
    case 'i16':
      return ({ memory: { u16 }, values, row, count }) => {
        for (let i = 0; i < count; i++) u16[(values >>> 1) + i] = make(row + i);
      };
    case 'i32':
      return ({ memory: { u32 }, values, row, count }) => {
        for (let i = 0; i < count; i++) u32[(values >>> 2) + i] = make(row + i);
      };
    case 'i64':
      return ({ memory: { u32 }, values, row, count }) => {
        const from = values >>> 2;
        for (let i = 0; i < count; i++) {
          const value = make(row + i);
          u32[from + i * 2] = value;
          u32[from + i * 2 + 1] = Math.floor(value / 4_294_967_296);
        }
      };
    case 'f32':
      return ({ memory: { f32 }, values, row, count }) => {
        for (let i = 0; i < count; i++) f32[(values >>> 2) + i] = make(row + i);
      };
    case 'f64':
      return ({ memory: { f64 }, values, row, count }) => {
        for (let i = 0; i < count; i++) f64[(values >>> 3) + i] = make(row + i);
      };
    default:
      return null;
  }
}
