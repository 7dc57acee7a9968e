import { Schema as ArrowSchema, Data, RecordBatch, Struct } from 'apache-arrow';
import type { Schema } from '../../types/column.ts';
import { physicalOf, physicalWidth } from '../../types/physical.ts';
import { isNested } from '../../types/sql-type.ts';
import { Arena } from '../arena.ts';
import type { Batch } from '../batch.ts';
import { type ColumnAddresses, columnAddresses, columnReader } from '../batch-reader.ts';
import type { Memory } from '../memory.ts';
import { decodeNested, type NestedValue } from '../nested.ts';
import { arrowField, arrowTypeOf, isDirect } from './arrow-types.ts';
import { arrowOfValues, typedArray } from './arrow-values.ts';

/** The Arrow schema of a result. */
export function arrowSchemaOf(schema: Schema): ArrowSchema {
  return new ArrowSchema(schema.map(({ name, type }) => arrowField(name, type)));
}

/**
 * A batch as an Arrow record batch with buffers of its own, compact, so that it may be kept. Change kinds are not in
 * it. Nested values and nanoseconds are converted one by one; the rest is copied by columns.
 * @throws Error when a time stamp does not fit Arrow's nanoseconds, or a map has NULL as a key
 */
export function exportArrow(memory: Memory, batch: Batch): RecordBatch {
  const arena = new Arena(memory, 1 << 16);
  try {
    const children = batch.schema.map((_, column) => exportColumn(memory, arena, batch, column));
    const schema = arrowSchemaOf(batch.schema);
    return new RecordBatch(schema, new Data(new Struct(schema.fields), 0, batch.rowCount, 0, undefined, children));
  } finally {
    arena.release();
  }
}

function exportColumn(memory: Memory, arena: Arena, batch: Batch, column: number): Data {
  const { type } = batch.schema[column]!;
  const arrowType = arrowTypeOf(type);
  if (!isDirect(arrowType)) return arrowOfValues(type, nestedValues(memory, batch, column));
  const { rowCount, encoding } = batch;
  const own = columnAddresses(memory, batch, column);
  const bits = encoding === 'arrow' ? copyBits : packBytes;
  const nullBitmap = own.validity === 0 ? undefined : bits(memory, arena, own.validity, rowCount);
  const make = (offsets: Int32Array | undefined, values: ArrayBufferView): Data =>
    new Data(arrowType, 0, rowCount, nullBitmap === undefined ? 0 : -1, [offsets, values, nullBitmap] as never);
  const physical = physicalOf(type);
  if (physical === 'bool') return make(undefined, bits(memory, arena, own.values, rowCount));
  if (physical !== 'bytes') {
    return make(
      undefined,
      typedArray(arrowType, memory.copyOut(own.values, rowCount * physicalWidth[physical]).buffer),
    );
  }
  const { offsets, values } =
    encoding === 'arrow' ? copyTexts(memory, own, rowCount) : joinTexts(memory, arena, own, rowCount);
  return make(offsets, values);
}

function nestedValues(memory: Memory, batch: Batch, column: number): NestedValue[] {
  const { type } = batch.schema[column]!;
  const read = columnReader(memory, batch, column);
  return Array.from({ length: batch.rowCount }, (_, row) => {
    const value = read(row);
    return value instanceof Uint8Array && isNested(type) ? decodeNested(type, value) : value;
  });
}

function copyBits(memory: Memory, _arena: Arena, address: number, count: number): Uint8Array {
  return memory.copyOut(address, (count + 7) >> 3);
}

function packBytes(memory: Memory, arena: Arena, address: number, count: number): Uint8Array {
  const bits = arena.alloc((count + 7) >> 3);
  memory.kernels.bytesToBits(bits, address, count);
  return memory.copyOut(bits, (count + 7) >> 3);
}

interface Texts {
  readonly offsets: Int32Array;
  readonly values: Uint8Array;
}

function copyTexts(memory: Memory, own: ColumnAddresses, count: number): Texts {
  const offsets = new Int32Array(memory.copyOut(own.offsets, (count + 1) * 4).buffer);
  const from = offsets[0] ?? 0;
  const values = memory.copyOut(own.values + from, (offsets[count] ?? from) - from);
  if (from !== 0) for (let index = 0; index <= count; index++) offsets[index]! -= from;
  return { offsets, values };
}

function joinTexts(memory: Memory, arena: Arena, own: ColumnAddresses, count: number): Texts {
  const { kernels } = memory;
  // Validity is bytes here; what lies in the view of a NULL is not looked at.
  const total = Number(kernels.viewsBytes(own.values, own.validity, count));
  if (total > 0x7fff_ffff) throw new Error(`${total} bytes of text are too many for one Arrow column`);
  const offsets = arena.alloc((count + 1) * 4);
  const bytes = arena.alloc(total);
  kernels.viewsToOffsets(offsets, bytes, own.values, own.validity, count);
  return {
    offsets: new Int32Array(memory.copyOut(offsets, (count + 1) * 4).buffer),
    values: memory.copyOut(bytes, total),
  };
}
