import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Table } from '../../catalog/table.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { DecodeFailure, type Decoder, type Format } from '../../formats/format.ts';
import type { Batch } from '../../memory/batch.ts';
import type { CellValue } from '../../memory/cell-value.ts';
import type { Memory } from '../../memory/memory.ts';
import type { Schema } from '../../types/column.ts';
import { AddedColumns } from '../added-columns.ts';
import type { MalformedRecord, ReadProgress, ReadResult, RowPlace, ShardReader, SourceRecord } from '../connector.ts';
import { malformedRecord, malformedRow } from '../malformed-row.ts';
import type { ConstantColumn } from './constant-columns.ts';
import { failToRead, type ListedFile } from './file-list.ts';
import { type FileMark, failAtShrunkFile, fileMark } from './file-mark.ts';
import { LineCounter } from './line-counter.ts';

export interface FileShardParts {
  readonly memory: Memory;
  readonly table: Table;
  readonly file: ListedFile;
  /** Where the SQL names the file or its folder. */
  readonly pathSpan: Span | null;
  /** Of the batches: all columns asked for. */
  readonly schema: Schema;
  /** Bytes read at a time; a longer record makes the buffer grow. */
  readonly chunkBytes: number;
  readonly makeDecoder: () => Decoder;
  /** By column: the one value of the file, or null for a column that the decoder gives, in its order. */
  readonly makeConstants: () => readonly (ConstantColumn | null)[];
  /** What a line feed within a record is to the format. */
  readonly lineFeeds: Format['lineFeeds'];
  /** Takes records that cannot be decoded; null: they fail the job. */
  readonly onMalformed: ((record: MalformedRecord) => void) | null;
  /** By column of the table: what the file says of all its rows. */
  readonly makeKeptValues: () => Readonly<Record<string, CellValue>>;
}

/** Bytes behind the buffer's end that decoders may read and write. */
const slackBytes = 64;

/** A batch of a text record is shown with so much of it. */
const recordTextMax = 4096;

/** What a shard holds while it is read. */
interface Open {
  readonly file: number;
  readonly decoder: Decoder;
  readonly constants: readonly (ConstantColumn | null)[];
  readonly columns: AddedColumns;
}

/**
 * One file, read chunk by chunk into the linear memory and decoded in place. The part of a record at a chunk's end is
 * moved to the buffer's front before the next is read. Memory is taken at the first read and given back at the end.
 */
export class FileShard implements ShardReader {
  readonly name: string;
  readonly #parts: FileShardParts;
  readonly #lines: LineCounter;
  #open: Open | null = null;
  #hasEnded = false;
  #buffer = 0;
  #bufferBytes = 0;
  /** Place in the file of the buffer's first byte. */
  #bufferOffset = 0;
  /** Bytes of the buffer that are decoded, and that are read. */
  #used = 0;
  #have = 0;
  #atEnd = false;
  #rows = 0;
  /** Rows of the last batch. */
  #batchRows = 0;
  #malformedRecords = 0;
  /** Of those that were handed on. */
  #keptRecords = 0;

  constructor(parts: FileShardParts) {
    this.#parts = parts;
    this.name = parts.file.name;
    this.#lines = new LineCounter(parts.file.absolutePath);
  }

  /** The place in the file of the first record that was not given. */
  position(): number {
    return this.#bufferOffset + this.#used;
  }

  get partRows(): number {
    return this.#open?.decoder.partRows ?? 0;
  }

  /** Whether all of it has been given. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What stands before a place up to which it was read; null: it is not open. */
  markAt(offset: number): FileMark | null {
    return this.#open === null ? null : fileMark(this.#open.file, offset);
  }

  /** It goes on there, before anything is read. */
  startAt(offset: number): void {
    this.#bufferOffset = offset;
  }

  get progress(): ReadProgress {
    return {
      bytesRead: this.#bufferOffset + this.#used,
      bytesTotal: this.#parts.file.sizeBytes,
      rows: this.#rows,
      malformedRecords: this.#keptRecords + (this.#open?.decoder.malformedRecords ?? this.#malformedRecords),
    };
  }

  read(): ReadResult {
    if (this.#hasEnded) return { kind: 'end' };
    const open = this.#open ?? this.#start();
    for (;;) {
      if (this.#used < this.#have) {
        const { batch, next } = this.#decode(open.decoder);
        const used = next - this.#buffer;
        const isStuck = used === this.#used;
        this.#used = used;
        if (batch !== null && batch.rowCount > 0) {
          this.#rows += batch.rowCount;
          this.#batchRows = batch.rowCount;
          return { kind: 'batch', batch: open.columns.complete(batch) };
        }
        if (!isStuck) continue;
        // At the end all bytes are records; what is left is none.
        if (this.#atEnd) this.#used = this.#have;
      }
      if (this.#atEnd) {
        this.#release();
        return { kind: 'end' };
      }
      this.#fill(open.file);
    }
  }

  place(rowIndex: number): RowPlace {
    const address = this.#open?.decoder.recordAddress(rowIndex) ?? this.#buffer;
    const offset = this.#bufferOffset + address - this.#buffer;
    const { memory } = this.#parts;
    const limit = Math.min(this.#buffer + this.#have, address + recordTextMax);
    const end = memory.u8.subarray(address, limit).indexOf(10);
    const text = memory.text(address, end < 0 ? Math.max(0, limit - address) : end);
    return { shard: this.name, offset, line: this.#lines.lineAt(offset), text: text.replace(/\r$/, '') };
  }

  record(rowIndex: number): SourceRecord {
    const { memory, lineFeeds, makeKeptValues } = this.#parts;
    const decoder = this.#open?.decoder;
    if (decoder === undefined) throw new Error('no batch is at hand');
    const from = decoder.recordAddress(rowIndex);
    let row = 0;
    while (row < rowIndex && decoder.recordAddress(rowIndex - row - 1) === from) row++;
    const end = recordEnd(memory.u8, from, this.#endOf(rowIndex, from), lineFeeds === 'syntax');
    return {
      shard: this.name,
      offset: String(this.#bufferOffset + from - this.#buffer),
      raw: memory.copyOut(from, end - from),
      isWhole: false,
      row,
      values: makeKeptValues(),
      isReadAgain: true,
    };
  }

  async close(): Promise<void> {
    this.#release();
  }

  /** Where the next record begins, or nothing more has been read. */
  #endOf(rowIndex: number, from: number): number {
    const behind = this.#buffer + (this.#used > 0 && this.#buffer + this.#used > from ? this.#used : this.#have);
    for (let next = rowIndex + 1; next < this.#batchRows; next++) {
      const address = this.#open?.decoder.recordAddress(next) ?? from;
      if (address !== from) return address;
    }
    return behind;
  }

  #start(): Open {
    const { memory, file, makeDecoder, makeConstants, schema, chunkBytes } = this.#parts;
    let descriptorOfFile: number;
    try {
      descriptorOfFile = openSync(file.absolutePath, 'r');
    } catch (error) {
      return failToRead(error, file.name, this.#parts.pathSpan);
    }
    this.#bufferBytes = Math.min(chunkBytes, Math.max(4096, file.sizeBytes + 1));
    this.#buffer = memory.alloc(this.#bufferBytes + slackBytes);
    const constants = makeConstants();
    this.#open = {
      file: descriptorOfFile,
      decoder: makeDecoder(),
      constants,
      columns: new AddedColumns(memory, schema, constants),
    };
    return this.#open;
  }

  #decode(decoder: Decoder): { batch: Batch | null; next: number } {
    const from = this.#buffer + this.#used;
    try {
      return decoder.decode(from, this.#buffer + this.#have, this.#atEnd);
    } catch (error) {
      if (!(error instanceof DecodeFailure)) throw error;
      const { memory, table, onMalformed } = this.#parts;
      const offset = this.#bufferOffset + error.record.from - this.#buffer;
      if (onMalformed !== null) return this.#keep(error, offset, onMalformed);
      throw malformedRow(error, {
        memory,
        table,
        shard: this.name,
        line: this.#lines.lineAt(offset),
        note: `the record starts at byte ${offset.toLocaleString('en')}`,
      });
    }
  }

  /** Hands a record on that cannot be decoded, and goes on behind it. */
  #keep(
    failure: DecodeFailure,
    offset: number,
    onMalformed: (record: MalformedRecord) => void,
  ): { batch: Batch | null; next: number } {
    const { memory, table, makeKeptValues } = this.#parts;
    const { from, to } = failure.record;
    const raw = memory.copyOut(from, Math.max(0, to - from));
    const record = {
      shard: this.name,
      offset: String(offset),
      raw,
      isWhole: false,
      row: 0,
      values: makeKeptValues(),
      isReadAgain: true,
    };
    onMalformed(malformedRecord(failure, table, record, this.#lines.lineAt(offset)));
    const limit = this.#buffer + this.#have;
    let next = Math.max(to, from + 1);
    while (next < limit && memory.u8[next] === 13) next++;
    if (next < limit && memory.u8[next] === 10) next++;
    this.#keptRecords++;
    return { batch: null, next: Math.min(next, limit) };
  }

  /** Brings what is not decoded to the front, and reads behind it. */
  #fill(file: number): void {
    const { memory } = this.#parts;
    const rest = this.#have - this.#used;
    if (rest === this.#bufferBytes) {
      // A record longer than the buffer.
      this.#bufferBytes *= 2;
      const grown = memory.alloc(this.#bufferBytes + slackBytes);
      memory.u8.copyWithin(grown, this.#buffer + this.#used, this.#buffer + this.#have);
      memory.free(this.#buffer);
      this.#buffer = grown;
    } else if (rest > 0 && this.#used > 0) {
      memory.u8.copyWithin(this.#buffer, this.#buffer + this.#used, this.#buffer + this.#have);
    }
    this.#bufferOffset += this.#used;
    this.#used = 0;
    this.#have = rest;
    try {
      const count = readSync(file, memory.u8, this.#buffer + rest, this.#bufferBytes - rest, this.#bufferOffset + rest);
      this.#have += count;
      if (count === 0) this.#atEnd = true;
    } catch (error) {
      failToRead(error, this.name, this.#parts.pathSpan);
    }
    if (this.#atEnd) this.#checkSize(file);
  }

  /** A file that was cut while it was read has ended in the middle of something. */
  #checkSize(file: number): void {
    const readBytes = this.#bufferOffset + this.#have;
    const { size } = fstatSync(file);
    if (size < readBytes) failAtShrunkFile({ name: this.name, sizeBytes: size }, readBytes, this.#parts.pathSpan);
  }

  #release(): void {
    this.#hasEnded = true;
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    this.#malformedRecords = open.decoder.malformedRecords;
    closeSync(open.file);
    open.decoder.close();
    for (const constant of open.constants) constant?.close();
    open.columns.close();
    this.#parts.memory.free(this.#buffer);
  }
}

/** The end of a record's text, without its line end; only in a csv it may have line feeds within. */
function recordEnd(u8: Uint8Array, from: number, to: number, hasLineFeeds: boolean): number {
  const lineFeed = hasLineFeeds ? -1 : u8.subarray(from, to).indexOf(10);
  let end = lineFeed < 0 ? to : from + lineFeed;
  while (end > from && (u8[end - 1] === 10 || u8[end - 1] === 13)) end--;
  return end;
}
