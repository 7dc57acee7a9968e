import type { Table } from '../../catalog/table.ts';
import { DiagnosticError, error } from '../../diagnostics/diagnostic.ts';
import { placeOf, SourceText } from '../../diagnostics/source-text.ts';
import { Arena } from '../../memory/arena.ts';
import { writeBatch } from '../../memory/batch-writer.ts';
import type { CellValue } from '../../memory/cell-value.ts';
import { encodeNested } from '../../memory/nested.ts';
import type { ScanColumn } from '../../plan/logical.ts';
import { fromJs, JsValueError } from '../../types/js-value.ts';
import { isNested, typeText } from '../../types/sql-type.ts';
import type { ReadResult, RowPlace, ShardReader, SourceRequest } from '../connector.ts';
import type { ProgramRow, RowFeed } from './program-table.ts';

/** The feed wakes the job; this is only how long it would sleep without. */
const idleWaitMs = 60_000;

/** Of a row, so many characters are shown in an error. */
const shownTextMax = 160;

/** Turns a program's rows into batches of the columns that a query reads. */
export class ProgramShard implements ShardReader {
  readonly name: string;
  readonly progress = { bytesRead: 0, bytesTotal: null, rows: 0, malformedRecords: 0 };
  readonly #feed: RowFeed;
  readonly #request: SourceRequest;
  readonly #arena: Arena;
  readonly #cells: readonly ((row: ProgramRow) => CellValue)[];
  #rows: readonly ProgramRow[] = [];

  constructor(name: string, feed: RowFeed, request: SourceRequest) {
    this.name = name;
    this.#feed = feed;
    this.#request = request;
    this.#arena = new Arena(request.memory, 1 << 16);
    this.#cells = request.columns.map(cellOf);
  }

  read(): ReadResult {
    const { memory, columns, rowsMax } = this.#request;
    const rows = this.#feed.take(rowsMax);
    if (rows.length === 0) return this.#feed.hasEnded ? { kind: 'end' } : { kind: 'idle', waitMs: idleWaitMs };
    const first = this.progress.rows;
    const cells = rows.map((row, at) => this.#cells.map((cell, column) => this.#cell(cell, row, column, first + at)));
    this.#rows = rows;
    this.progress.rows += rows.length;
    this.#arena.reset();
    return { kind: 'batch', batch: writeBatch(memory, this.#arena, columns, cells) };
  }

  place(rowIndex: number): RowPlace {
    const row = this.#rows[rowIndex];
    const offset = this.progress.rows - this.#rows.length + rowIndex;
    return { shard: this.name, offset, line: offset + 1, text: row === undefined ? null : rowText(row) };
  }

  async close(): Promise<void> {
    this.#feed.close();
    this.#arena.release();
  }

  #cell(cell: (row: ProgramRow) => CellValue, row: ProgramRow, column: number, offset: number): CellValue {
    try {
      return cell(row);
    } catch (thrown) {
      if (!(thrown instanceof JsValueError)) throw thrown;
      throw malformed(this.#request.table, this.#request.columns[column]!, row, offset, thrown.message);
    }
  }
}

/** The value of a column in a row, as the column's cell. */
function cellOf({ name, path, type }: ScanColumn): (row: ProgramRow) => CellValue {
  const value = fromJs(type);
  const property = path[0] ?? name;
  if (!isNested(type)) return (row) => value(row[property]) as CellValue;
  return (row) => {
    const nested = value(row[property]);
    return nested === null ? null : encodeNested(type, nested);
  };
}

/** The error of a value that is none of its column's type, with the row and the place of the declaration. */
function malformed(
  table: Table,
  { name, type }: ScanColumn,
  row: ProgramRow,
  offset: number,
  expected: string,
): DiagnosticError {
  const text = rowText(row);
  const source = new SourceText(table.path.name, text, offset + 1);
  const at = Math.max(0, text.indexOf(JSON.stringify(name)));
  const declared = table.columns.find((column) => column.name === name);
  const notes = [`row ${(offset + 1).toLocaleString('en')} that the program gave`];
  if (declared !== undefined) notes.push(`column ${name} ${typeText(type)}, declared at ${placeOf(declared.span)}`);
  const span = { source, start: at, end: Math.min(text.length, at + name.length + 2) };
  return new DiagnosticError([
    error('F012', span, `could not take "${name}" as ${typeText(type)}: ${expected}`, { notes }),
  ]);
}

function rowText(row: ProgramRow): string {
  const text = JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return text.length <= shownTextMax ? text : `${text.slice(0, shownTextMax)}...`;
}
