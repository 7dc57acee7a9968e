import { type Batch, changeKind } from '../../memory/batch.ts';
import { kindReader } from '../../memory/batch-reader.ts';
import type { Memory } from '../../memory/memory.ts';
import { type CellAddress, cellAddresses } from '../encode/batch-cells.ts';
import { ByteSink } from '../encode/byte-sink.ts';
import type { Encoder, EncoderRequest } from '../format.ts';
import { JsonWriter } from './json-writer.ts';

/** What stands before and after a row's object. */
export interface RowFrame {
  readonly before: string;
  readonly after: string;
}

/** Frames by change kind: an update is written as a deletion and an insertion, as in Flink. */
export interface RowFrames {
  readonly insert: RowFrame;
  readonly delete: RowFrame;
}

const bare: RowFrame = { before: '', after: '\n' };
export const plainFrames: RowFrames = { insert: bare, delete: bare };

/** Rows as JSON objects, a line each. */
export class JsonEncoder implements Encoder {
  readonly #memory: Memory;
  readonly #out = new ByteSink();
  readonly #scratch: number;
  readonly #writer: JsonWriter;
  readonly #frames: RowFrames;
  readonly #positions: readonly number[];

  constructor({ memory, schema, options, positions }: EncoderRequest, format: string, frames: RowFrames) {
    this.#memory = memory;
    this.#scratch = memory.alloc(64);
    this.#frames = frames;
    this.#positions = positions ?? schema.map((_, index) => index);
    this.#writer = new JsonWriter({ memory, out: this.#out, scratch: this.#scratch, schema, options, format });
  }

  encode(batch: Batch): Uint8Array {
    const out = this.#out;
    out.reset();
    const cells: CellAddress[] = cellAddresses(this.#memory, batch, this.#positions, this.#scratch);
    const kindOf = kindReader(this.#memory, batch);
    for (let row = 0; row < batch.rowCount; row++) {
      const kind = kindOf(row);
      const isInsert = kind === changeKind.insert || kind === changeKind.updateAfter;
      const { before, after } = isInsert ? this.#frames.insert : this.#frames.delete;
      out.ascii(before);
      this.#writer.row(cells, row);
      out.ascii(after);
      out.endRecord();
    }
    return out.written();
  }

  get recordEnds(): readonly number[] {
    return this.#out.ends;
  }

  close(): void {
    this.#memory.free(this.#scratch);
  }
}
