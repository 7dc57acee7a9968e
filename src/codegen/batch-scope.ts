import type { Value } from '../functions/value.ts';
import { type ColumnEncoding, descriptor } from '../memory/batch.ts';
import type { Column, Schema } from '../types/column.ts';
import { physicalOf, physicalWidth } from '../types/physical.ts';
import { type Code, f32, f64, type I32, i32, i64, type Local, select, type ValueType } from '../wasm/code.ts';
import type { FunctionBuilder } from '../wasm/function-builder.ts';
import type { CodeWriter, RowScope } from './expression-writer.ts';

/** Values of a row that were computed already, each for the region of the code in which it holds. */
export class ComputedColumns implements RowScope {
  readonly #f: FunctionBuilder;
  readonly #compute: (index: number) => Value;
  readonly #known = new Map<number, { readonly value: Value; readonly region: number }>();

  constructor(f: FunctionBuilder, compute: (index: number) => Value) {
    this.#f = f;
    this.#compute = compute;
  }

  column(index: number): Value {
    const known = this.#known.get(index);
    if (known !== undefined && this.#f.isOpen(known.region)) return known.value;
    const value = this.#compute(index);
    this.#known.set(index, { value, region: this.#f.region });
    return value;
  }
}

/** The columns of a batch at the row that `writer.row` numbers. `batch` is the address of the descriptor. */
export function batchScope(
  writer: CodeWriter,
  batch: Local<'i32'>,
  schema: Schema,
  encoding: ColumnEncoding,
): RowScope {
  const readers = new Map<number, () => Value>();
  return new ComputedColumns(writer.f, (index) => {
    const column = schema[index];
    if (column === undefined) throw new Error(`no column ${index} among ${schema.length}`);
    let reader = readers.get(index);
    if (reader === undefined) {
      reader = columnReader(writer, batch, index, column, encoding);
      readers.set(index, reader);
    }
    return reader();
  });
}

function columnReader(
  writer: CodeWriter,
  batch: Local<'i32'>,
  index: number,
  column: Column,
  encoding: ColumnEncoding,
): () => Value {
  const { f, row } = writer;
  const at = descriptor.columns + index * descriptor.columnBytes;
  const values = f.hoisted(i32.load(batch, { offset: at + descriptor.values }));
  const isNull = nullReader(writer, batch, at, column, encoding);
  const physical = physicalOf(column.type);
  const bits = encoding === 'arrow' && physical === 'bool';
  const address = bits
    ? i32.add(values, i32.shrU(row, i32.const(3)))
    : i32.add(values, scaled(row, physicalWidth[physical]));
  let parts: readonly Code<ValueType>[];
  switch (physical) {
    case 'bool':
      parts = [
        bits ? i32.and(i32.shrU(i32.load8U(address), i32.and(row, i32.const(7))), i32.const(1)) : i32.load8U(address),
      ];
      break;
    case 'i8':
      parts = [i32.load8S(address)];
      break;
    case 'i16':
      parts = [i32.load16S(address)];
      break;
    case 'i32':
      parts = [i32.load(address)];
      break;
    case 'i64':
      parts = [i64.load(address)];
      break;
    case 'i128':
      parts = [i64.load(address), i64.load(address, { offset: 8 })];
      break;
    case 'f32':
      parts = [f32.load(address)];
      break;
    case 'f64':
      parts = [f64.load(address)];
      break;
    case 'bytes':
      if (encoding === 'native') parts = [i32.load(address), i32.load(address, { offset: 4 })];
      else {
        const offsets = f.hoisted(i32.load(batch, { offset: at + descriptor.offsets }));
        const entry = i32.add(offsets, scaled(row, 4));
        const from = i32.load(entry);
        parts = [i32.add(values, from), i32.sub(i32.load(entry, { offset: 4 }), from)];
      }
      break;
  }
  return () => writer.value(column.type, isNull, ...parts);
}

/** 1 where the value is NULL; null for a NOT NULL column. A column without a validity buffer reads all ones. */
function nullReader(
  writer: CodeWriter,
  batch: Local<'i32'>,
  at: number,
  column: Column,
  encoding: ColumnEncoding,
): I32 | null {
  if (!column.type.nullable) return null;
  const { f, row } = writer;
  const given = f.hoisted(i32.load(batch, { offset: at + descriptor.validity }));
  const base = f.hoisted(select(given, given, writer.constant(new Uint8Array(8).fill(0xff))));
  const mask = f.hoisted(select(given, i32.const(-1), i32.const(0)));
  const position = i32.and(row, mask);
  if (encoding === 'native') return i32.eqz(i32.load8U(i32.add(base, position)));
  const byte = i32.load8U(i32.add(base, i32.shrU(position, i32.const(3))));
  return i32.eqz(i32.and(i32.shrU(byte, i32.and(position, i32.const(7))), i32.const(1)));
}

/** `count * width`, by a shift where the width is a power of two. */
export function scaled(count: I32, width: number): I32 {
  if (width === 1) return count;
  const shift = Math.log2(width);
  return Number.isInteger(shift) ? i32.shl(count, i32.const(shift)) : i32.mul(count, i32.const(width));
}
