import type { CodeWriter, RowScope } from '../codegen/expression-writer.ts';
import { type RowChain, RowStore } from '../codegen/row-store.ts';
import type { StateField } from '../functions/aggregate-function.ts';
import type { Memory } from '../memory/memory.ts';
import type { OperatorState } from '../memory/operator-state.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type I32, i32, i64, type Local } from '../wasm/code.ts';
import { type Held, table } from './state-size.ts';

/** i64 rows that have come; u32 first and u32 last of the spent rows. */
const cells = { arrivals: 0, spentFirst: 8, spentLast: 12, bytes: 16 } as const;

/**
 * Rows that an operator keeps in a table of their own.
 *
 * A row that was sent is not erased at once, since the output batch shows its texts where they lie: it is `spend`t, and
 * erased by `sweep` when the batch has gone.
 */
export class KeptRows {
  readonly rows: RowStore;
  protected readonly memory: Memory;
  readonly #table: number;
  readonly #cells: number;

  /** `areFound`: by a hash of their columns, for which the table has an index. */
  constructor(state: OperatorState, types: readonly SqlType[], extra: readonly StateField[] = [], areFound = false) {
    this.rows = new RowStore(types, extra);
    this.memory = state.memory;
    this.#table = areFound ? state.table('rows', this.rows.layout) : state.plainTable('rows', this.rows.layout);
    this.#cells = state.cells('cells', cells.bytes);
  }

  get held(): readonly Held[] {
    return [table(this.#table)];
  }

  /** The table of rows. */
  get table(): number {
    return this.#table;
  }

  /** The table of rows, for the code of a function. */
  open({ f }: CodeWriter): Local<'i32'> {
    return f.local('i32', i32.const(this.#table));
  }

  /** Takes a row in that nobody looks for. */
  keep(
    writer: CodeWriter,
    table: Local<'i32'>,
    scope: RowScope,
  ): { readonly row: Local<'i32'>; readonly arrival: Local<'i64'> } {
    const arrival = this.nextArrival(writer);
    return { row: this.rows.add(writer, table, scope, this.spread(arrival)), arrival };
  }

  /** Numbers rows as they come. */
  nextArrival({ f }: CodeWriter): Local<'i64'> {
    const cell = i32.const(this.#cells + cells.arrivals);
    const arrival = f.local('i64', i64.add(i64.load(cell), i64.const(1n)));
    f.do(i64.store(cell, arrival));
    return arrival;
  }

  /** A hash for rows that nobody looks for, but beside others that are. */
  spread(arrival: Local<'i64'>): I32 {
    return i32.or(i32.mul(i32.wrapI64(arrival), i32.const(0x9e37_79b1)), i32.const(1));
  }

  /** Lets a row go, by its number + 1, with the next sweep. */
  spend(writer: CodeWriter, table: Local<'i32'>, number: Local<'i32'>): void {
    this.rows.append(writer, table, this.#spent, number);
  }

  /** Lets all rows of a chain go. */
  spendAll(writer: CodeWriter, table: Local<'i32'>, chain: RowChain): void {
    this.rows.appendAll(writer, table, this.#spent, chain);
  }

  /** Erases the rows that were spent: nothing shows them any more. */
  sweep(writer: CodeWriter, table: Local<'i32'>): void {
    this.rows.eraseAll(writer, table, this.#spent);
  }

  get #spent(): RowChain {
    return { first: i32.const(this.#cells + cells.spentFirst), last: i32.const(this.#cells + cells.spentLast) };
  }

  close(): void {
    this.memory.kernels.tableDrop(this.#table);
    this.memory.free(this.#cells);
  }
}
