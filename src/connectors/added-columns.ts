import { type Batch, descriptor, descriptorBytes } from '../memory/batch.ts';
import type { Memory } from '../memory/memory.ts';
import type { Schema } from '../types/column.ts';

/** A native column that the connector has, not the format. */
export interface AddedColumn {
  readonly values: number;
  /** 0: none NULL. */
  readonly validity: number;
}

/** Puts columns of the connector among those that a decoder gives; valid until `close`. */
export class AddedColumns {
  readonly #memory: Memory;
  readonly #schema: Schema;
  /** By column; null for one that the decoder gives, in its order. */
  readonly #added: readonly (AddedColumn | null)[];
  readonly #descriptor: number;

  constructor(memory: Memory, schema: Schema, added: readonly (AddedColumn | null)[]) {
    this.#memory = memory;
    this.#schema = schema;
    this.#added = added;
    const isNeeded = added.some((column) => column !== null);
    this.#descriptor = isNeeded ? memory.alloc(descriptorBytes(schema.length)) : 0;
  }

  /** The decoder's batch, or one with the added columns among its own. */
  complete(batch: Batch): Batch {
    if (this.#descriptor === 0) return batch;
    const { u32 } = this.#memory;
    const target = this.#descriptor >>> 2;
    const source = batch.address >>> 2;
    const headWords = descriptor.columns >> 2;
    const columnWords = descriptor.columnBytes >> 2;
    u32.copyWithin(target, source, source + headWords);
    let decoded = source + headWords;
    for (const [index, column] of this.#added.entries()) {
      const at = target + headWords + index * columnWords;
      if (column === null) {
        u32.copyWithin(at, decoded, decoded + columnWords);
        decoded += columnWords;
      } else {
        u32[at] = column.values;
        u32[at + 1] = column.validity;
        u32[at + 2] = 0;
        u32[at + 3] = 0;
      }
    }
    return { schema: this.#schema, rowCount: batch.rowCount, address: this.#descriptor, encoding: 'native' };
  }

  close(): void {
    if (this.#descriptor !== 0) this.#memory.free(this.#descriptor);
  }
}
