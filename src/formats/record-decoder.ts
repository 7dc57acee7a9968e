import { BatchSlice } from '../memory/batch-slice.ts';
import type { Memory } from '../memory/memory.ts';
import type { Schema } from '../types/column.ts';
import type { BlockLayout } from './column-block.ts';
import { ColumnBlock } from './column-block.ts';
import type { Decoded, DecodeFailure, Decoder } from './format.ts';
import { recordStatus, recordStruct } from './record-struct.ts';

/** Scratch memory at first, for usual batches and for those of a few rows; it grows with the records that need more. */
const scratchBytes = { max: 64 * 1024, min: 4 * 1024, row: 128 };

/** How the records of a table are read into its columns: what the decoders of all its shards share. */
export interface RecordProgram {
  readonly schema: Schema;
  readonly layout: BlockLayout;
  /** Bits of `decoderOption`. */
  readonly options: number;
  /** Words of the struct that are the program's own, by offset; asked for again when the program has grown. */
  words(): readonly (readonly [offset: number, value: number])[];
  /** Decodes from `[from, end)` into rows from `row` on; the struct says where and why it stopped. Gives the row count. */
  run(struct: number, range: RecordRange): number;
  /** What the struct says of the record that failed. */
  failure(struct: number): DecodeFailure;
  /** Makes a layout of more rows, for records that give many. */
  grow(): void;
}

export interface RecordRange {
  readonly from: number;
  readonly end: number;
  readonly row: number;
  readonly rowsMax: number;
}

/**
 * Decodes one shard's text records, each ended by a line feed. The program is shared by the shards of a table.
 *
 * A record of a change format may give several rows, and a batch must hold them together while it is decoded; where
 * `rowsMax` is smaller, the batch goes out in slices, and `next` stays at the record until the last has gone.
 */
export class RecordDecoder implements Decoder {
  readonly #memory: Memory;
  readonly #program: RecordProgram;
  readonly #struct: number;
  readonly #rowsMax: number;
  readonly #slice: BatchSlice;
  readonly #onClose: () => void;
  #block: ColumnBlock;
  #scratch: number;
  #scratchBytes: number;
  /** Rows of the block that have not gone out yet, and where decoding goes on behind them. */
  #pending = { from: 0, to: 0, next: 0 };
  #sliceFrom = 0;

  constructor(memory: Memory, program: RecordProgram, rowsMax: number, onClose: () => void = () => {}) {
    this.#onClose = onClose;
    this.#memory = memory;
    this.#program = program;
    this.#rowsMax = rowsMax;
    this.#slice = new BatchSlice(memory, program.schema.length);
    this.#block = new ColumnBlock(memory, program.layout);
    this.#scratchBytes = Math.min(scratchBytes.max, Math.max(scratchBytes.min, rowsMax * scratchBytes.row));
    this.#scratch = memory.alloc(this.#scratchBytes);
    this.#struct = memory.alloc(recordStruct.bytes);
    memory.u8.fill(0, this.#struct, this.#struct + recordStruct.bytes);
    this.#put(recordStruct.options, program.options);
    this.#placeBlock();
    this.#placeScratch();
  }

  get malformedRecords(): number {
    return this.#get(recordStruct.malformed);
  }

  decode(from: number, to: number, atEnd: boolean): Decoded {
    if (this.#pending.from < this.#pending.to) return this.#nextSlice(from);
    const { u8 } = this.#memory;
    const isOpen = to > from && u8[to - 1] !== 10;
    let end = to;
    const behind = u8[to] ?? 0;
    if (isOpen && atEnd) {
      // The last record has no line feed; it gets one, in the room behind the bytes.
      u8[to] = 10;
      end = to + 1;
    } else if (isOpen) {
      end = u8.subarray(from, to).lastIndexOf(10) + 1 + from;
    }
    this.#put(recordStruct.atEnd, atEnd ? 1 : 0);
    try {
      return this.#decode(from, end, to);
    } finally {
      if (end > to) this.#memory.u8[to] = behind;
    }
  }

  get partRows(): number {
    const { from, to } = this.#pending;
    return from < to ? from : 0;
  }

  get isSplitting(): boolean {
    return this.#program.layout.capacity > this.#rowsMax;
  }

  recordAddress(rowIndex: number): number {
    return this.#block.recordAddress(this.#sliceFrom + rowIndex);
  }

  close(): void {
    this.#block.close();
    this.#slice.close();
    this.#memory.free(this.#scratch);
    this.#memory.free(this.#struct);
    this.#onClose();
  }

  #decode(from: number, end: number, to: number): Decoded {
    this.#put(recordStruct.scratchTop, this.#scratch);
    this.#block.start();
    let at = from;
    let rows = 0;
    for (;;) {
      rows = this.#program.run(this.#struct, { from: at, end, row: rows, rowsMax: this.#program.layout.capacity });
      at = this.#get(recordStruct.next);
      const status = this.#get(recordStruct.status);
      if (status === recordStatus.done) break;
      if (status === recordStatus.failed) {
        // The rows before go out first; the record fails when it is met again.
        if (rows > 0) break;
        throw this.#program.failure(this.#struct);
      }
      if (rows > 0) break;
      if (status === recordStatus.noRoom) this.#growScratch();
      else this.#growBlock();
    }
    const next = Math.min(at, to);
    if (rows <= this.#rowsMax) {
      this.#sliceFrom = 0;
      return { batch: this.#block.batch(rows), next };
    }
    this.#pending = { from: 0, to: rows, next };
    return this.#nextSlice(from);
  }

  #nextSlice(from: number): Decoded {
    const { to } = this.#pending;
    const first = this.#pending.from;
    const last = Math.min(to, first + this.#rowsMax);
    this.#sliceFrom = first;
    this.#pending.from = last;
    const batch = this.#slice.of(this.#block.batch(to), first, last);
    return { batch, next: last === to ? this.#pending.next : from };
  }

  #growScratch(): void {
    this.#memory.free(this.#scratch);
    this.#scratchBytes *= 4;
    this.#scratch = this.#memory.alloc(this.#scratchBytes);
    this.#placeScratch();
  }

  #growBlock(): void {
    this.#program.grow();
    this.#block.close();
    this.#block = new ColumnBlock(this.#memory, this.#program.layout);
    this.#placeBlock();
  }

  #placeBlock(): void {
    for (const [offset, value] of this.#program.words()) this.#put(offset, value);
    this.#put(recordStruct.base, this.#block.address);
    this.#put(recordStruct.records, this.#program.layout.records);
    this.#put(recordStruct.kinds, this.#program.layout.kinds);
  }

  #placeScratch(): void {
    this.#put(recordStruct.scratch, this.#scratch);
    this.#put(recordStruct.scratchTop, this.#scratch);
    this.#put(recordStruct.scratchEnd, this.#scratch + this.#scratchBytes);
  }

  #put(offset: number, value: number): void {
    this.#memory.u32[(this.#struct + offset) >>> 2] = value;
  }

  #get(offset: number): number {
    return this.#memory.u32[(this.#struct + offset) >>> 2] ?? 0;
  }
}
