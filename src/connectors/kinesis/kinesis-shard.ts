import type { Table } from '../../catalog/table.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { DecodeFailure, type Decoder } from '../../formats/format.ts';
import type { Batch } from '../../memory/batch.ts';
import type { Memory } from '../../memory/memory.ts';
import type { ScanColumn } from '../../plan/logical.ts';
import { recordKey } from '../../streams/segment-format.ts';
import { sequenceNumber } from '../../streams/sequence-number.ts';
import type { ShardCursor } from '../../streams/shard-cursor.ts';
import { type ShardMetadata, shardId } from '../../streams/stream-metadata.ts';
import type { Schema } from '../../types/column.ts';
import { AddedColumns } from '../added-columns.ts';
import type { MalformedRecord, ReadProgress, ReadResult, RowPlace, ShardReader, SourceRecord } from '../connector.ts';
import { malformedRecord, malformedRow } from '../malformed-row.ts';
import { type RecordAt, RecordChunk } from './record-chunk.ts';
import { keptMetadata, RecordMetadata } from './record-metadata.ts';
import { failAtStream } from './stream-of-table.ts';

export interface KinesisShardParts {
  readonly memory: Memory;
  readonly table: Table;
  readonly shard: ShardMetadata;
  readonly parents: readonly ShardReader[];
  readonly openCursor: () => ShardCursor;
  /** The record that it begins with, where that is known. */
  readonly fromIndex: number | null;
  readonly columns: readonly ScanColumn[];
  readonly schema: Schema;
  /** Rows of a batch when there is much to read. */
  readonly rowsMax: number;
  /** What a line feed within a record is to the format. */
  readonly lineFeeds: 'blank' | 'syntax' | 'value';
  readonly makeDecoder: (rowsMax: number, isWholeRecord: boolean) => Decoder;
  /** Whether another process may write the stream: then it is looked at from time to time. */
  readonly isWatched: () => boolean;
  /** Whether the shard has been succeeded by others. */
  readonly hasChildren: () => boolean;
  readonly span: Span | null;
  /** Takes records that cannot be decoded; null: they fail the job. */
  readonly onMalformed: ((record: MalformedRecord) => void) | null;
  readonly onEnd: () => void;
}

/** A shard that has so little is read in small batches, whose memory is a fraction: a thousand jobs may wake together. */
const fewRows = [16, 512];

/** Watches may fail, and some file systems have none; so often is looked without them. */
const lookAgainMs = 5000;

/** A shard that this process writes says itself when there is more. */
const neverMs = Number.POSITIVE_INFINITY;

/** What is held only while there is something to decode: a shard that waits costs next to nothing. */
interface Work {
  readonly rowsMax: number;
  readonly isWholeRecord: boolean;
  readonly decoder: Decoder;
  readonly metadata: RecordMetadata;
  readonly columns: AddedColumns;
}

/** One shard of a stream as a table's rows. */
export class KinesisShard implements ShardReader {
  readonly name: string;
  readonly #parts: KinesisShardParts;
  readonly #chunk: RecordChunk;
  #cursor: ShardCursor | null = null;
  #work: Work | null = null;
  #hasEnded = false;
  /** Decoding goes on here. */
  #next = 0;
  /** Of the batch that was given last. */
  #lastRow = -1;
  /** Where what the decoder gives in several batches begins. */
  #splitFrom: number | null = null;
  #rows = 0;
  #bytes = 0;
  #malformedRecords = 0;

  constructor(parts: KinesisShardParts) {
    this.#parts = parts;
    this.name = shardId(parts.shard.index);
    this.#chunk = new RecordChunk(parts.memory);
  }

  get parents(): readonly ShardReader[] {
    return this.#parts.parents;
  }

  /** The index of the record behind the last that was given; null where nothing was read yet. */
  position(): number | null {
    if (this.partRows > 0) return this.#splitFrom;
    if (this.#next >= this.#chunk.to || this.#lastRow < 0) return this.#cursor?.nextIndex ?? this.#parts.fromIndex;
    const { frame, record } = this.#chunk.recordAt(this.#opened().decoder.recordAddress(this.#lastRow));
    return frame.firstIndex + record + 1;
  }

  get partRows(): number {
    return this.#work?.decoder.partRows ?? 0;
  }

  get progress(): ReadProgress {
    return {
      bytesRead: this.#bytes,
      bytesTotal: null,
      rows: this.#rows,
      malformedRecords: this.#malformedRecords + (this.#work?.decoder.malformedRecords ?? 0),
    };
  }

  read(): ReadResult {
    if (this.#hasEnded) return { kind: 'end' };
    for (;;) {
      while (this.#next < this.#chunk.to) {
        const batch = this.#decode();
        if (batch === null || batch.rowCount === 0) continue;
        this.#rows += batch.rowCount;
        this.#lastRow = batch.rowCount - 1;
        return { kind: 'batch', batch: this.#complete(batch) };
      }
      const result = this.#fill();
      if (result !== null) return result;
    }
  }

  place(rowIndex: number): RowPlace {
    const address = this.#work?.decoder.recordAddress(rowIndex);
    if (address === undefined) return { shard: this.name, offset: null, line: null, text: null };
    const at = this.#chunk.recordAt(address);
    const text = this.#parts.memory.text(at.address, at.end - at.address);
    return { shard: `${this.name}, sequence number ${this.#numberOf(at)}`, offset: null, line: null, text };
  }

  record(rowIndex: number): SourceRecord {
    const { decoder } = this.#opened();
    const from = decoder.recordAddress(rowIndex);
    let row = 0;
    while (row < rowIndex && decoder.recordAddress(rowIndex - row - 1) === from) row++;
    return this.#sourceRecord(this.#chunk.recordAt(from), row);
  }

  #sourceRecord(at: RecordAt, row: number): SourceRecord {
    const { isWholeRecord } = this.#opened();
    const { memory, table, lineFeeds } = this.#parts;
    return {
      shard: this.name,
      offset: this.#numberOf(at),
      raw: memory.copyOut(at.address, at.end - at.address),
      isWhole: isWholeRecord || lineFeeds === 'value',
      row,
      values: keptMetadata(table, this.#parts.shard.index, this.#numberOf(at), at.frame.arrivalMs),
      isReadAgain: true,
    };
  }

  /** What was read stays, whatever happens to who wrote it. */
  async settle(): Promise<void> {
    await this.#cursor?.sync();
  }

  async close(): Promise<void> {
    this.#release();
    this.#cursor?.close();
    this.#cursor = null;
    this.#hasEnded = true;
  }

  /** Reads on; null: there are records to decode. */
  #fill(): ReadResult | null {
    const { lineFeeds, isWatched, hasChildren, span, onEnd } = this.#parts;
    try {
      this.#cursor ??= this.#parts.openCursor();
      const read = this.#cursor.read();
      switch (read.kind) {
        case 'idle':
          this.#release();
          return { kind: 'idle', waitMs: isWatched() ? lookAgainMs : neverMs };
        case 'end':
          void this.close();
          onEnd();
          return { kind: 'end', hasChildren: hasChildren() };
        case 'frames':
          this.#chunk.fill(read.frames, lineFeeds === 'blank');
          this.#next = this.#chunk.from;
          this.#lastRow = -1;
          this.#bytes += this.#chunk.to - this.#chunk.from;
          this.#prepare(lineFeeds !== 'blank' && this.#chunk.hasOddRecords);
          return null;
      }
    } catch (error) {
      return failAtStream('F013', error, span);
    }
  }

  #prepare(isWholeRecord: boolean): void {
    const { memory, columns, schema, shard, makeDecoder } = this.#parts;
    const { recordCount } = this.#chunk;
    const rowsMax = Math.min(this.#parts.rowsMax, fewRows.find((rows) => recordCount <= rows) ?? this.#parts.rowsMax);
    const work = this.#work;
    if (work !== null && work.rowsMax >= rowsMax && work.isWholeRecord === isWholeRecord) return;
    this.#closeWork();
    const metadata = new RecordMetadata(memory, columns, shard, rowsMax);
    this.#work = {
      rowsMax,
      isWholeRecord,
      decoder: makeDecoder(rowsMax, isWholeRecord),
      metadata,
      columns: new AddedColumns(memory, schema, metadata.columns),
    };
  }

  #decode(): Batch | null {
    const { decoder, isWholeRecord } = this.#opened();
    if (decoder.isSplitting && decoder.partRows === 0) this.#splitFrom = this.position();
    const { from, to, behind } = isWholeRecord
      ? this.#nextRecord()
      : { from: this.#next, to: this.#chunk.to, behind: this.#chunk.to };
    try {
      const { batch, next } = decoder.decode(from, to, true);
      // Behind the last record nothing is left, though a decoder may stop before its line feed.
      const isDone = next >= to || (batch.rowCount === 0 && next === from);
      this.#next = isDone ? behind : next;
      return batch;
    } catch (error) {
      if (!(error instanceof DecodeFailure)) throw error;
      const { memory, table, onMalformed } = this.#parts;
      const record = this.#chunk.recordAt(error.record.from);
      if (onMalformed !== null) {
        onMalformed(malformedRecord(error, table, this.#sourceRecord(record, 0), null));
        this.#malformedRecords++;
        this.#next = isWholeRecord ? behind : record.end + 1;
        return null;
      }
      const note = `sequence number ${this.#numberOf(record)}, partition key "${recordKey(record.frame, record.record)}"`;
      throw malformedRow(error, { memory, table, shard: this.name, line: 1, note });
    }
  }

  /** Where the next record lies, and where the one behind it begins. The line ends of a line (csv) are not of its text. */
  #nextRecord(): { from: number; to: number; behind: number } {
    const record = this.#chunk.recordAt(this.#next);
    const behind = record.end + 1;
    if (this.#parts.lineFeeds === 'value') return { from: this.#next, to: behind, behind };
    const to = this.#chunk.trim(record);
    // Of an empty record there is nothing to read.
    return to === record.address + 1 ? { from: behind, to: behind, behind } : { from: this.#next, to, behind };
  }

  #complete(batch: Batch): Batch {
    const { decoder, metadata, columns } = this.#opened();
    if (metadata.isNeeded) {
      metadata.fill(batch.rowCount, (row) => this.#chunk.recordAt(decoder.recordAddress(row)));
    }
    return columns.complete(batch);
  }

  #opened(): Work {
    if (this.#work === null) throw new Error('nothing is being decoded');
    return this.#work;
  }

  #numberOf({ frame, record }: RecordAt): string {
    return sequenceNumber(this.#parts.shard, frame.firstIndex + record, frame.arrivalMs);
  }

  #closeWork(): void {
    const work = this.#work;
    if (work === null) return;
    this.#work = null;
    this.#malformedRecords += work.decoder.malformedRecords;
    work.decoder.close();
    work.metadata.close();
    work.columns.close();
  }

  #release(): void {
    this.#closeWork();
    this.#chunk.release();
    this.#next = 0;
  }
}
