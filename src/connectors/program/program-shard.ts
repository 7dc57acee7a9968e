import type { Table } from '../../catalog/table.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { Arena } from '../../memory/arena.ts';
import { writeBatch } from '../../memory/batch-writer.ts';
import type { CellValue } from '../../memory/cell-value.ts';
import { type SqlType, withNullable } from '../../types/sql-type.ts';
import type { MalformedRecord, ReadResult, RowPlace, ShardReader, SourceRecord, SourceRequest } from '../connector.ts';
import type { ProgramRow, RowFeed } from './program-table.ts';
import { RowCells, rowText } from './row-cells.ts';

/** The feed wakes the job; this is only how long it would sleep without. */
const idleWaitMs = 60_000;

/** Turns a program's rows into batches of the columns that a query reads. */
export class ProgramShard implements ShardReader {
  readonly name: string;
  readonly progress = { bytesRead: 0, bytesTotal: null, rows: 0, malformedRecords: 0 };
  readonly #feed: RowFeed;
  readonly #request: SourceRequest;
  readonly #arena: Arena;
  readonly #cells: RowCells;
  #rows: readonly ProgramRow[] = [];
  /** Of the last batch's rows, where some were left out. */
  #offsets: readonly number[] | null = null;
  /** Rows that the program gave. */
  #given = 0;
  /** Of each column of the table by itself; made when a row is first kept. */
  #allCells: readonly { readonly name: string; readonly cells: RowCells }[] | null = null;

  constructor(name: string, feed: RowFeed, request: SourceRequest) {
    this.name = name;
    this.#feed = feed;
    this.#request = request;
    this.#arena = new Arena(request.memory, 1 << 16);
    this.#cells = new RowCells(request.table, request.columns);
  }

  read(): ReadResult {
    const { memory, columns, rowsMax } = this.#request;
    const rows = this.#feed.take(rowsMax);
    if (rows.length === 0) return this.#feed.hasEnded ? { kind: 'end' } : { kind: 'idle', waitMs: idleWaitMs };
    const first = this.#given;
    this.#given += rows.length;
    const { onMalformed } = this.#request;
    const { cells, taken, offsets } =
      onMalformed == null
        ? { cells: rows.map((row, at) => this.#cells.of(row, first + at)), taken: rows, offsets: null }
        : this.#readable(rows, first, onMalformed);
    this.#rows = taken;
    this.#offsets = offsets;
    this.progress.rows += taken.length;
    this.#arena.reset();
    return { kind: 'batch', batch: writeBatch(memory, this.#arena, columns, cells) };
  }

  place(rowIndex: number): RowPlace {
    const row = this.#rows[rowIndex];
    const offset = this.#offsetOf(rowIndex);
    return { shard: this.name, offset, line: offset + 1, text: row === undefined ? null : rowText(row) };
  }

  /** The whole row, also what the query does not read of it. */
  record(rowIndex: number): SourceRecord {
    const row = this.#rows[rowIndex];
    const { table, tableColumns } = this.#request;
    const known = this.#allCells ?? tableColumns.map(({ name, type }) => cellsOf(table, name, type));
    this.#allCells = known;
    const values: Record<string, CellValue> = {};
    for (const { name, cells } of row === undefined ? [] : known) values[name] = cellOf(cells, row as ProgramRow);
    return {
      shard: this.name,
      offset: String(this.#offsetOf(rowIndex)),
      raw: null,
      isWhole: false,
      row: 0,
      values,
      isReadAgain: false,
    };
  }

  /** The rows of which all values are those of their columns; the others are handed on. */
  #readable(
    rows: readonly ProgramRow[],
    first: number,
    onMalformed: (record: MalformedRecord) => void,
  ): { cells: (readonly CellValue[])[]; taken: ProgramRow[]; offsets: number[] } {
    const readable: { cells: (readonly CellValue[])[]; taken: ProgramRow[]; offsets: number[] } = {
      cells: [],
      taken: [],
      offsets: [],
    };
    for (const [at, row] of rows.entries()) {
      try {
        readable.cells.push(this.#cells.of(row, first + at));
        readable.taken.push(row);
        readable.offsets.push(first + at);
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        onMalformed(this.#malformed(error, row, first + at));
        this.progress.malformedRecords++;
      }
    }
    return readable;
  }

  /** The row's bytes are its JSON. */
  #malformed({ diagnostics }: DiagnosticError, row: ProgramRow, offset: number): MalformedRecord {
    const [first] = diagnostics;
    const raw = Buffer.from(
      JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
    );
    const facts = { shard: this.name, offset: String(offset), isWhole: true, row: 0, values: {}, isReadAgain: false };
    return {
      record: { ...facts, raw },
      code: first?.code ?? '',
      message: first?.message ?? '',
      place: null,
      column: null,
      line: offset + 1,
    };
  }

  /** How many rows the program gave before. */
  #offsetOf(rowIndex: number): number {
    return this.#offsets?.[rowIndex] ?? this.#given - this.#rows.length + rowIndex;
  }

  async close(): Promise<void> {
    this.#feed.close();
    this.#arena.release();
  }
}

/** NULL for what is no value of its column: no query has asked for it yet. */
function cellOf(cells: RowCells, row: ProgramRow): CellValue {
  try {
    return cells.of(row, 0)[0] ?? null;
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return null;
  }
}

function cellsOf(table: Table, name: string, type: SqlType): { readonly name: string; readonly cells: RowCells } {
  const column = { name, type: withNullable(type, true), path: [name], metadata: false };
  return { name, cells: new RowCells(table, [column]) };
}
