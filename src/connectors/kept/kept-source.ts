import { errorColumns, lateColumns } from '../../catalog/kept-table.ts';
import type { OptionValues } from '../../catalog/options.ts';
import type { Table } from '../../catalog/table.ts';
import { DecodeFailure, type Decoder, type DecoderRequest, type Format } from '../../formats/format.ts';
import { Arena } from '../../memory/arena.ts';
import { columnReaders } from '../../memory/batch-reader.ts';
import { writeBatch } from '../../memory/batch-writer.ts';
import type { CellValue } from '../../memory/cell-value.ts';
import type { Memory } from '../../memory/memory.ts';
import type { ScanColumn } from '../../plan/logical.ts';
import type { Schema } from '../../types/column.ts';
import { withNullable } from '../../types/sql-type.ts';
import type { ProcessingClock, ReadResult, RowPlace, ShardReader, Source } from '../connector.ts';
import type { KeptRecord } from './kept-record.ts';
import type { KeptRows } from './kept-rows.ts';

/** Bytes behind a record that decoders may read and write. */
const slackBytes = 64;

export interface KeptSourceRequest {
  readonly memory: Memory;
  readonly table: Table;
  readonly columns: readonly ScanColumn[];
  readonly timeZone: string;
  readonly rowsMax: number;
  readonly clock: ProcessingClock;
  readonly keptRows: KeptRows;
  /** Of the table whose rows were kept: how its bytes are read; null where its rows are no bytes. */
  readonly format: Format | null;
  readonly options: OptionValues;
  readonly tableColumns: Schema;
}

/** `t$late` and `t$errors`: what is kept at the time of asking, decoded again with the table's own format. */
export class KeptSource implements Source {
  readonly bounded = true;
  readonly #request: KeptSourceRequest;
  #shard: KeptShard | null = null;

  constructor(request: KeptSourceRequest) {
    this.#request = request;
  }

  async open(): Promise<void> {
    const { table, keptRows, clock } = this.#request;
    if (table.kept === undefined) throw new Error('nothing is kept of it');
    const { base, kind } = table.kept;
    const records = await keptRows.records(base, kind, clock.nowMs());
    this.#shard = new KeptShard(this.#request, records);
  }

  async shards(): Promise<readonly ShardReader[]> {
    return this.#shard === null ? [] : [this.#shard];
  }

  async close(): Promise<void> {
    await this.#shard?.close();
  }
}

class KeptShard implements ShardReader {
  readonly name: string;
  readonly progress = { bytesRead: 0, bytesTotal: null, rows: 0, malformedRecords: 0 };
  readonly #request: KeptSourceRequest;
  readonly #arena: Arena;
  readonly #cells: readonly ((record: KeptRecord, decoded: DecodedRow) => CellValue)[];
  readonly #decoding: RecordDecoding | null;
  #records: readonly KeptRecord[];
  #next = 0;
  #isClosed = false;

  constructor(request: KeptSourceRequest, records: readonly KeptRecord[]) {
    const { memory, table, columns, format } = request;
    this.name = table.path.name;
    this.#request = request;
    this.#records = records;
    this.#arena = new Arena(memory, 1 << 16);
    const facts = factsOf(table);
    const inRecord = columns.filter(({ name, metadata }) => !metadata && !facts.has(name));
    this.#decoding = format === null || inRecord.length === 0 ? null : new RecordDecoding(request, format, inRecord);
    this.#cells = columns.map(({ name }) => {
      const fact = facts.get(name);
      return fact ?? ((record, decoded) => record.values[name] ?? decoded.get(name) ?? null);
    });
  }

  read(): ReadResult {
    const { memory, columns, rowsMax } = this.#request;
    const records = this.#records.slice(this.#next, this.#next + rowsMax);
    this.#next += records.length;
    if (records.length === 0) return { kind: 'end' };
    const rows = records.map((record) => {
      const decoded = this.#decoding?.row(record) ?? noColumns;
      // What cannot be read any more is shown as it was read.
      const isLost = this.#decoding !== null && decoded === noColumns && record.raw !== null;
      const row = isLost ? { ...record, shown: Buffer.from(record.raw ?? []).toString() } : record;
      return this.#cells.map((cell) => cell(row, decoded));
    });
    this.progress.rows += rows.length;
    this.#arena.reset();
    return { kind: 'batch', batch: writeBatch(memory, this.#arena, columns, rows) };
  }

  place(rowIndex: number): RowPlace {
    const record = this.#records[this.#next - 1 - rowIndex];
    return { shard: this.name, offset: null, line: null, text: record?.shown ?? null };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#records = [];
    this.#decoding?.close();
    this.#arena.release();
  }
}

type DecodedRow = ReadonlyMap<string, CellValue>;

const noColumns: DecodedRow = new Map();

/** Reads single records again, as the table's source has read them. */
class RecordDecoding {
  readonly #memory: Memory;
  readonly #format: Format;
  readonly #columns: readonly ScanColumn[];
  readonly #request: (isWholeRecord: boolean) => DecoderRequest;
  readonly #decoders = new Map<boolean, { readonly request: DecoderRequest; readonly decoder: Decoder }>();
  #buffer = 0;
  #bufferBytes = 0;

  constructor(request: KeptSourceRequest, format: Format, columns: readonly ScanColumn[]) {
    const { memory, options, tableColumns, table, timeZone } = request;
    const partition = table.kept?.base.partitionedBy ?? [];
    this.#memory = memory;
    this.#format = format;
    this.#columns = columns.filter(({ name }) => !partition.includes(name));
    this.#request = (isWholeRecord) => ({
      memory,
      options: options.under(`${format.name}.`),
      tableColumns: tableColumns.filter(({ name }) => !partition.includes(name)),
      columns: this.#columns.map((column) => ({ ...column, type: withNullable(column.type, true) })),
      filter: null,
      timeZone,
      isWholeRecord,
      // A record of a change format may be several rows.
      rowsMax: 64,
    });
  }

  /** The values of the row; none where it cannot be read any more: the table was declared otherwise then. */
  row({ raw, isWhole, row }: KeptRecord): DecodedRow {
    if (raw === null) return noColumns;
    const decoder = this.#decoder(isWhole);
    const end = this.#put(raw, this.#format.lineFeeds === 'blank');
    try {
      const { batch } = decoder.decode(this.#buffer, end, true);
      if (row >= batch.rowCount) return noColumns;
      const values = columnReaders(this.#memory, batch).map((read) => read(row));
      return new Map(this.#columns.map(({ name }, at) => [name, values[at] ?? null]));
    } catch (error) {
      if (!(error instanceof DecodeFailure)) throw error;
      return noColumns;
    }
  }

  close(): void {
    for (const { request, decoder } of this.#decoders.values()) {
      decoder.close();
      this.#format.release?.(request);
    }
    this.#decoders.clear();
    if (this.#buffer !== 0) this.#memory.free(this.#buffer);
    this.#buffer = 0;
  }

  #decoder(isWhole: boolean): Decoder {
    let known = this.#decoders.get(isWhole);
    if (known === undefined) {
      const request = this.#request(isWhole);
      known = { request, decoder: this.#format.decoder(request) };
      this.#decoders.set(isWhole, known);
    }
    return known.decoder;
  }

  /** Puts a record with a line feed behind it; gives the place behind that. */
  #put(raw: Uint8Array, blankLineFeeds: boolean): number {
    if (raw.length + 1 > this.#bufferBytes) {
      if (this.#buffer !== 0) this.#memory.free(this.#buffer);
      this.#bufferBytes = Math.max(4096, 2 * raw.length);
      this.#buffer = this.#memory.alloc(this.#bufferBytes + slackBytes);
    }
    const { u8 } = this.#memory;
    u8.set(raw, this.#buffer);
    const end = this.#buffer + raw.length;
    if (blankLineFeeds) for (let at = this.#buffer; at < end; at++) if (u8[at] === 10) u8[at] = 32;
    u8[end] = 10;
    return end + 1;
  }
}

type Fact = (record: KeptRecord) => CellValue;

const lateFacts: readonly Fact[] = [
  ({ late }) => wholeOf(late?.watermarkMs),
  ({ late }) => (late === undefined || late.timeMs === null ? null : wholeOf(late.watermarkMs - late.timeMs)),
  ({ operator }) => operator,
  ({ job }) => job,
  ({ shard }) => shard,
  ({ offset }) => offset,
  ({ atMs }) => BigInt(atMs),
  ({ shown }) => shown,
];

const errorFacts: readonly Fact[] = [
  ({ error }) => error?.code ?? null,
  ({ error }) => error?.message ?? null,
  ({ error }) => error?.place ?? null,
  ({ error }) => error?.column ?? null,
  ({ raw }) => raw,
  ({ operator }) => operator,
  ({ job }) => job,
  ({ shard }) => shard,
  ({ offset }) => offset,
  ({ error }) => error?.line ?? null,
  ({ atMs }) => BigInt(atMs),
  ({ shown }) => shown,
];

function wholeOf(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(value);
}

/** What is known of a record, by the names of the columns: those behind the row's. */
function factsOf({ kept, columns }: Table): ReadonlyMap<string, Fact> {
  const [facts, count] = kept?.kind === 'errors' ? [errorFacts, errorColumns.size] : [lateFacts, lateColumns.size];
  return new Map(columns.slice(-count).map(({ name }, at) => [name, facts[at] ?? (() => null)]));
}
