import type { OptionSpec, OptionValues } from '../catalog/options.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Batch } from '../memory/batch.ts';
import type { Memory } from '../memory/memory.ts';
import type { ScanColumn, ScanFilter } from '../plan/logical.ts';
import type { Schema } from '../types/column.ts';
import type { SqlType } from '../types/sql-type.ts';

/** A format: bytes to columns and back. One folder or file each; `formats/index.ts` is the list. */
export interface Format {
  readonly name: string;
  /** Without the `json.` prefix. */
  readonly options: readonly OptionSpec[];
  /** Changes that decoded rows may carry; null: only +I. */
  readonly changes: 'append' | 'all';
  /** Metadata columns that the format itself offers (debezium). */
  readonly metadata: ReadonlyMap<string, SqlType>;
  /** Whether a decoder can read a part of a row (`ScanColumn.path`) without the rest. */
  readonly nestedPaths: boolean;
  /** What a line feed within a record is: white space (json), part of a line's syntax (csv), or part of the value (raw). */
  readonly lineFeeds: 'blank' | 'syntax' | 'value';
  /** Whether a decoder leaves values unread by `DecoderRequest.filter`. */
  readonly earlyFilter: boolean;
  /** Decoders of one request object may share what they learn of the records. */
  decoder(request: DecoderRequest): Decoder;
  /** Gives back what the decoders of a request share, when all are closed. */
  release?(request: DecoderRequest): void;
  encoder?(request: EncoderRequest): Encoder;
}

export interface DecoderRequest {
  readonly memory: Memory;
  readonly options: OptionValues;
  /** The full physical row of the table, for what a text format needs to know by position (csv). */
  readonly tableColumns: Schema;
  /** What to produce, in this order; metadata columns of the connector are not among them. */
  readonly columns: readonly ScanColumn[];
  /** Which of `columns` a decoder may leave unread in which rows; null: none. */
  readonly filter: ScanFilter | null;
  readonly timeZone: string;
  /** What is decoded at a time is one record, whatever line feeds it has; the last byte is the one behind it. */
  readonly isWholeRecord?: boolean;
  /** Rows a batch holds at most. */
  readonly rowsMax: number;
}

/**
 * Parses bytes straight into columns. Synchronous. Bytes stay where they are: a text column may point into them, so
 * the batch is valid until the caller reuses the chunk or calls `decode` again.
 */
export interface Decoder {
  /**
   * Decodes records from `[from, to)` of the linear memory until `rowsMax` rows or the bytes are used up. Unless
   * `atEnd`, a record without its end (newline) is left for the next call. Behind `to` are 64 bytes of the caller's
   * that may be read, and written for the time of the call.
   * A malformed record: `DecodeFailure` thrown with its byte range, unless errors are ignored; then it is counted.
   */
  decode(from: number, to: number, atEnd: boolean): Decoded;
  /** Byte offset (address) at which the record of a row of the last batch starts. */
  recordAddress(rowIndex: number): number;
  /**
   * Where a batch goes out in several: the rows that went out already of what begins at the `next` of the last call. 0
   * where all of it is out.
   */
  readonly partRows: number;
  /** Whether that can be. */
  readonly isSplitting: boolean;
  /** Records that `ignore-parse-errors` left out, or read with NULL for what it could not read. */
  readonly malformedRecords: number;
  close(): void;
}

export interface Decoded {
  readonly batch: Batch;
  /** Address behind the last byte used. */
  readonly next: number;
}

export type DecodeFailureDetails = Pick<Diagnostic, 'code' | 'message' | 'help'>;

/** What a decoder throws; the source adds shard and offset and makes it a diagnostic. */
export class DecodeFailure extends Error {
  /** Address range of the record, and of the text that could not be read within it. */
  readonly record: { readonly from: number; readonly to: number };
  readonly field: { readonly from: number; readonly to: number } | null;
  readonly column: string | null;
  readonly details: DecodeFailureDetails;

  constructor(parts: {
    readonly record: { readonly from: number; readonly to: number };
    readonly field: { readonly from: number; readonly to: number } | null;
    readonly column: string | null;
    readonly details: DecodeFailureDetails;
  }) {
    super(parts.details.message);
    this.record = parts.record;
    this.field = parts.field;
    this.column = parts.column;
    this.details = parts.details;
  }
}

export interface EncoderRequest {
  readonly memory: Memory;
  readonly options: OptionValues;
  /** The columns that are written. */
  readonly schema: Schema;
  /** Where those stand in the batches; left out: as in the schema. */
  readonly positions?: readonly number[];
  readonly timeZone: string;
}

/** Rows to bytes; one record a row, with its line end where the format has one. */
export interface Encoder {
  /** The returned bytes are valid until the next call. Rows of every change kind are encoded; what a sink refuses it refuses before. */
  encode(batch: Batch): Uint8Array;
  /** Where each record of the last `encode` ends, behind its line feed: for sinks of single records. */
  readonly recordEnds: readonly number[];
  close(): void;
}
