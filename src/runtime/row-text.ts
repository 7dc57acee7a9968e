import { optionValues } from '../catalog/read-options.ts';
import type { Encoder } from '../formats/format.ts';
import { jsonFormat } from '../formats/json/json-format.ts';
import type { Batch } from '../memory/batch.ts';
import { BatchSlice } from '../memory/batch-slice.ts';
import type { Memory } from '../memory/memory.ts';
import type { Schema } from '../types/column.ts';

/** Shows single rows as JSON. */
export class RowText {
  readonly #slice: BatchSlice;
  readonly #encoder: Encoder | null;

  constructor(memory: Memory, schema: Schema, timeZone: string) {
    this.#slice = new BatchSlice(memory, schema.length);
    const options = optionValues(new Map(), jsonFormat.options);
    this.#encoder = jsonFormat.encoder?.({ memory, options, schema, timeZone }) ?? null;
  }

  of(batch: Batch, rowIndex: number): string {
    const bytes = this.#encoder?.encode(this.#slice.of(batch, rowIndex, rowIndex + 1)) ?? new Uint8Array();
    return Buffer.from(bytes).toString().trimEnd();
  }

  close(): void {
    this.#encoder?.close();
    this.#slice.close();
  }
}
