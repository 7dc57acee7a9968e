import { type Schema as ArrowSchema, type Data, DataType, type RecordBatch } from 'apache-arrow';
import type { Column, Schema } from '../../types/column.ts';
import { physicalOf } from '../../types/physical.ts';
import { Arena } from '../arena.ts';
import type { Batch } from '../batch.ts';
import type { ColumnAddresses } from '../batch-reader.ts';
import { writeColumn, writeDescriptor } from '../batch-writer.ts';
import type { CellValue } from '../cell-value.ts';
import type { Memory } from '../memory.ts';
import { encodeNested, type NestedValue } from '../nested.ts';
import { isDirect, sqlTypeOfArrow } from './arrow-types.ts';
import { valuesOfArrow } from './arrow-values.ts';

/** Bytes of a chunk of copies: some thousand rows of a few columns. */
const chunkBytes = 1 << 20;

/**
 * Arrow record batches of one schema as the engine's batches. A buffer that lies in the engine's memory is used where
 * it is; others are copied as they are. Only types with another layout (unsigned and nested ones, nanoseconds) are
 * converted value by value; dictionaries of text are not: their texts become views into one copy.
 *
 * Loading apache-arrow takes a tenth of a second, so import this file only where a program brings Arrow with it.
 */
export class ArrowImport {
  readonly schema: Schema;
  readonly #memory: Memory;
  readonly #arena: Arena;
  /** All columns as they are: then the batches have encoding `arrow`, else `native`. */
  readonly #isDirect: boolean;

  /** @throws Error when a type has no SQL type */
  constructor(memory: Memory, schema: ArrowSchema) {
    this.#memory = memory;
    this.#arena = new Arena(memory, chunkBytes);
    this.schema = schema.fields.map(({ name, type, nullable }) => ({ name, type: sqlTypeOfArrow(type, nullable) }));
    this.#isDirect = schema.fields.every(({ type }) => isDirect(type));
  }

  /**
   * Valid until the next call, and as long as the record batch is where its buffers lie in the memory. `places` says
   * where in the record batch the columns stand, if there are others too.
   */
  batch(recordBatch: RecordBatch, places?: readonly number[]): Batch {
    this.#arena.reset();
    const rowCount = recordBatch.numRows;
    const columns = this.schema.map((column, index) => {
      const data = recordBatch.data.children[places?.[index] ?? index];
      if (data === undefined || data.length !== rowCount)
        throw new Error(`the record batch has no column ${column.name}`);
      return this.#isDirect ? this.#direct(data) : this.#native(column, data);
    });
    const address = writeDescriptor(this.#memory, this.#arena, { rowCount, kinds: 0, columns });
    return { schema: this.schema, rowCount, address, encoding: this.#isDirect ? 'arrow' : 'native' };
  }

  close(): void {
    this.#arena.release();
  }

  #direct(data: Data): ColumnAddresses {
    const validity = data.nullCount > 0 ? this.#bits(data.nullBitmap, data) : 0;
    if (DataType.isBool(data.type)) return { values: this.#bits(data.values, data), validity, offsets: 0 };
    if (data.valueOffsets === undefined) return { values: this.#place(data.values), validity, offsets: 0 };
    return { ...this.#texts(data), validity };
  }

  /** Values and offsets of text; a slice of foreign buffers brings only its own bytes. */
  #texts(data: Data): { values: number; offsets: number } {
    const { values, valueOffsets, length } = data as { values: Uint8Array; valueOffsets: Int32Array; length: number };
    if (this.#memory.owns(values.buffer)) return { values: values.byteOffset, offsets: this.#place(valueOffsets) };
    const from = valueOffsets[0] ?? 0;
    const copied = this.#place(values.subarray(from, valueOffsets[length] ?? from));
    const offsets = this.#arena.alloc((length + 1) * 4);
    const target = this.#memory.i32.subarray(offsets >>> 2, (offsets >>> 2) + length + 1);
    target.set(valueOffsets.subarray(0, length + 1));
    if (from !== 0) for (let index = 0; index <= length; index++) target[index]! -= from;
    return { values: copied, offsets };
  }

  /** The address of a buffer's bytes: where it is, or of a copy. */
  #place(view: ArrayBufferView): number {
    if (this.#memory.owns(view.buffer)) return view.byteOffset;
    const address = this.#arena.alloc(view.byteLength);
    this.#memory.u8.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), address);
    return address;
  }

  /** The address of bits that start with the data's first row. */
  #bits(bitmap: Uint8Array, { offset, length }: Data): number {
    const first = offset >> 3;
    const address = this.#place(bitmap.subarray(first, (offset + length + 7) >> 3));
    if ((offset & 7) === 0) return address;
    const moved = this.#arena.alloc((length + 7) >> 3);
    this.#memory.kernels.bitsToBits(moved, address, offset & 7, length);
    return moved;
  }

  #native(column: Column, data: Data): ColumnAddresses {
    const { type } = data;
    if (DataType.isDictionary(type) && isDirect(type.dictionary) && physicalOf(column.type) === 'bytes') {
      return this.#dictionary(data);
    }
    if (!isDirect(type))
      return writeColumn(
        this.#memory,
        this.#arena,
        column,
        valuesOfArrow(data).map((value) => cellOf(column, value)),
      );
    const { kernels } = this.#memory;
    const { values, offsets } = this.#direct(data);
    const validity = this.#validity(data);
    if (DataType.isBool(type)) {
      const bytes = this.#arena.alloc(data.length);
      kernels.bitsToBytes(bytes, values, 0, data.length);
      return { values: bytes, validity, offsets: 0 };
    }
    if (offsets === 0) return { values, validity, offsets };
    const views = this.#arena.alloc(data.length * 8);
    kernels.offsetsToViews(views, offsets, values, data.length);
    return { values: views, validity, offsets: 0 };
  }

  /** Validity as bytes, 0 where no value is NULL. */
  #validity(data: Data): number {
    if (data.nullCount === 0) return 0;
    const bytes = this.#arena.alloc(data.length);
    this.#memory.kernels.bitsToBytes(bytes, this.#bits(data.nullBitmap, data), 0, data.length);
    return bytes;
  }

  #dictionary(data: Data): ColumnAddresses {
    const { kernels } = this.#memory;
    const chunks = data.dictionary?.data ?? [];
    const entryCount = chunks.reduce((count, chunk) => count + chunk.length, 0);
    // Arrow's keys of a NULL may be anything; with no entry at all there is nothing to read.
    const entries = this.#arena.alloc((entryCount + 1) * 8);
    this.#memory.u8.fill(0, entries, entries + 8);
    let at = entries;
    for (const chunk of chunks) {
      const { values, offsets } = this.#texts(chunk);
      kernels.offsetsToViews(at, offsets, values, chunk.length);
      at += chunk.length * 8;
    }
    const keys = this.#place(Int32Array.from(data.values as ArrayLike<number>, Number));
    const validity = this.#validity(data);
    const views = this.#arena.alloc(data.length * 8);
    kernels.keysToViews(views, keys, entries, validity, data.length);
    return { values: views, validity, offsets: 0 };
  }
}

/** Nested values as the bytes that a column has. */
function cellOf(column: Column, value: NestedValue): CellValue {
  return Array.isArray(value) ? encodeNested(column.type, value) : (value as CellValue);
}
