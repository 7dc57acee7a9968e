import { Arena } from '../../memory/arena.ts';
import { writeBatch } from '../../memory/batch-writer.ts';
import type { ReadResult, RowPlace, ShardReader, SourceRequest } from '../connector.ts';
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
    const first = this.progress.rows;
    const cells = rows.map((row, at) => this.#cells.of(row, first + at));
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
}
