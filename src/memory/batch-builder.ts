import type { Schema } from '../types/column.ts';
import { physicalOf, physicalWidth } from '../types/physical.ts';
import { type Batch, boundedRows, descriptor, descriptorBytes } from './batch.ts';
import type { Memory } from './memory.ts';

/** Where a column's buffers are; `validity` 0 for a NOT NULL column. */
export interface ColumnBuffers {
  readonly values: number;
  readonly validity: number;
}

export interface BatchBuilderOptions {
  /** Rows that fit; fewer where a row is wide. */
  readonly capacity: number;
  /** Room for a change kind a row. */
  readonly kinds?: boolean;
  /** Room for a watermark a row. */
  readonly watermarks?: boolean;
  /** Room for the number of the input's row that a row was made of. */
  readonly origins?: boolean;
}

/**
 * An operator's output batch: native columns with room for `capacity` rows, filled by emitted code (or by hand) and
 * lent out as a `Batch`. The addresses stay, so they are constants in the code that fills them.
 */
export class BatchBuilder {
  readonly schema: Schema;
  readonly capacity: number;
  /** Address of the change kinds; 0 where there are none. */
  readonly kinds: number;
  /** Address of the watermarks; 0 where there are none. */
  readonly watermarks: number;
  /** Address of the numbers of the rows that the rows were made of, u32 each; 0 where there are none. */
  readonly origins: number;
  readonly address: number;
  readonly #memory: Memory;
  readonly #columns: readonly ColumnBuffers[];

  constructor(memory: Memory, schema: Schema, options: BatchBuilderOptions) {
    const capacity = boundedRows(schema, options.capacity);
    this.#memory = memory;
    this.schema = schema;
    this.capacity = capacity;
    this.#columns = schema.map(({ type }) => ({
      values: memory.alloc(Math.max(16, capacity * physicalWidth[physicalOf(type)])),
      validity: type.nullable ? memory.alloc(Math.max(16, capacity)) : 0,
    }));
    this.kinds = options.kinds === true ? memory.alloc(capacity) : 0;
    this.watermarks = options.watermarks === true ? memory.alloc(capacity * 8) : 0;
    this.origins = options.origins === true ? memory.alloc(capacity * 4) : 0;
    this.address = memory.alloc(descriptorBytes(schema.length));
    const words = memory.u32.subarray(this.address >> 2, (this.address + descriptorBytes(schema.length)) >> 2);
    words.fill(0);
    words[descriptor.kinds >> 2] = this.kinds;
    words[descriptor.watermarks >> 2] = this.watermarks;
    for (const [index, { values, validity }] of this.#columns.entries()) {
      const at = (descriptor.columns + index * descriptor.columnBytes) >> 2;
      words[at + (descriptor.values >> 2)] = values;
      words[at + (descriptor.validity >> 2)] = validity;
    }
  }

  column(index: number): ColumnBuffers {
    const column = this.#columns[index];
    if (column === undefined) throw new Error(`no column ${index} among ${this.#columns.length}`);
    return column;
  }

  /** The first rows as a batch, valid until they are written again. */
  batch(rowCount: number): Batch {
    this.#memory.u32[(this.address + descriptor.rowCount) >> 2] = rowCount;
    return { schema: this.schema, rowCount, address: this.address, encoding: 'native' };
  }

  /** Gives the memory back. */
  close(): void {
    for (const { values, validity } of this.#columns) {
      this.#memory.free(values);
      if (validity !== 0) this.#memory.free(validity);
    }
    if (this.kinds !== 0) this.#memory.free(this.kinds);
    if (this.watermarks !== 0) this.#memory.free(this.watermarks);
    if (this.origins !== 0) this.#memory.free(this.origins);
    this.#memory.free(this.address);
  }
}
