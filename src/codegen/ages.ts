import type { StateField } from '../functions/aggregate-function.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { Memory } from '../memory/memory.ts';
import type { OperatorState } from '../memory/operator-state.ts';
import { type I32, i32, i64, type Local } from '../wasm/code.ts';
import { scaled } from './batch-scope.ts';
import type { CodeWriter } from './expression-writer.ts';
import type { StateLayout } from './state-layout.ts';
import { rowNumber } from './table-rows.ts';

/** How long what is kept lives after it was written, and the clock that says so. */
export interface TimeToLive {
  readonly ms: number;
  readonly nowMs: () => number;
}

/** What a row needs that has an age: its neighbours by their numbers + 1 (0: none), and when it was last written. */
export const ageFields: readonly StateField[] = [
  { name: 'older', physical: 'i32' },
  { name: 'newer', physical: 'i32' },
  { name: 'written', physical: 'i64' },
];

/** i64 processing time, u32 number + 1 of the oldest row, u32 of the newest. */
const cells = { now: 0, oldest: 8, newest: 12, bytes: 16 } as const;

/**
 * The rows of a table in the order in which they were last written, so that those whose time is over are found at once.
 * Cost: O(1) for a row that is written or goes.
 */
export class Ages {
  readonly #memory: Memory;
  readonly #ttl: TimeToLive;
  readonly #table: number;
  readonly #layout: StateLayout;
  readonly #cells: number;

  /** `layout` has `ageFields`. */
  constructor(state: OperatorState, ttl: TimeToLive, table: number, layout: StateLayout) {
    this.#memory = state.memory;
    this.#ttl = ttl;
    this.#table = table;
    this.#layout = layout;
    this.#cells = state.cells('cells', cells.bytes);
  }

  /** Reads the clock; it never goes back. Whether a row's time is over. */
  tick(): boolean {
    const { i64: words } = this.#memory;
    const at = (this.#cells + cells.now) >>> 3;
    const nowMs = Math.max(Number(words[at] ?? 0n), Math.floor(this.#ttl.nowMs()));
    words[at] = BigInt(nowMs);
    const dueMs = this.dueMs();
    return dueMs !== null && dueMs <= nowMs;
  }

  /** When the time of the oldest row is over; null where there are none. */
  dueMs(): number | null {
    const { u32, i64: words } = this.#memory;
    const oldest = u32[(this.#cells + cells.oldest) >>> 2] ?? 0;
    if (oldest === 0) return null;
    const rows = u32[(this.#table + tableLayout.rows) >>> 2] ?? 0;
    const row = rows + (oldest - 1) * this.#layout.rowBytes;
    return Number(words[(row + this.#offset('written')) >>> 3] ?? 0n) + this.#ttl.ms;
  }

  /** A row is written, and so the newest. */
  write(writer: CodeWriter, row: Local<'i32'>): void {
    const { f } = writer;
    this.remove(writer, row);
    const number = f.local('i32', this.#numberOf(row));
    const newest = f.local('i32', i32.load(this.#newest));
    f.do(
      i32.store(row, newest, { offset: this.#offset('older') }),
      i32.store(row, i32.const(0), { offset: this.#offset('newer') }),
      i64.store(row, i64.load(i32.const(this.#cells + cells.now)), { offset: this.#offset('written') }),
    );
    this.#link(writer, newest, 'newer', this.#oldest, number);
    f.do(i32.store(this.#newest, number));
  }

  /** A row has no age any more; one that has none is left alone. */
  remove(writer: CodeWriter, row: Local<'i32'>): void {
    const { f } = writer;
    const older = f.local('i32', i32.load(row, { offset: this.#offset('older') }));
    const newer = f.local('i32', i32.load(row, { offset: this.#offset('newer') }));
    const isOldest = i32.eq(i32.load(this.#oldest), this.#numberOf(row));
    f.if(i32.or(older, isOldest), () => {
      this.#link(writer, older, 'newer', this.#oldest, newer);
      this.#link(writer, newer, 'older', this.#newest, older);
      f.do(
        i32.store(row, i32.const(0), { offset: this.#offset('older') }),
        i32.store(row, i32.const(0), { offset: this.#offset('newer') }),
      );
    });
  }

  /** Runs `body` for each row whose time is over, oldest first. It erases the row, or writes it. */
  expire(writer: CodeWriter, body: (row: Local<'i32'>) => void): void {
    const { f } = writer;
    const now = i64.load(i32.const(this.#cells + cells.now));
    const last = f.local('i64', i64.sub(now, i64.const(BigInt(this.#ttl.ms))));
    const row = f.local('i32');
    f.block((done) => {
      f.loop((again) => {
        const number = f.local('i32', i32.load(this.#oldest));
        f.brIf(done, i32.eqz(number));
        f.set(row, this.#at(number));
        f.brIf(done, i64.gtS(i64.load(row, { offset: this.#offset('written') }), last));
        body(row);
        f.br(again);
      });
    });
  }

  close(): void {
    this.#memory.free(this.#cells);
  }

  /** Sets a neighbour of a row (its number + 1), or the end of the list where there is no such row. */
  #link({ f }: CodeWriter, number: Local<'i32'>, field: 'older' | 'newer', end: I32, neighbour: Local<'i32'>): void {
    f.if(
      number,
      () => f.do(i32.store(this.#at(number), neighbour, { offset: this.#offset(field) })),
      () => f.do(i32.store(end, neighbour)),
    );
  }

  get #oldest(): I32 {
    return i32.const(this.#cells + cells.oldest);
  }

  get #newest(): I32 {
    return i32.const(this.#cells + cells.newest);
  }

  #rows(): I32 {
    return i32.load(i32.const(this.#table), { offset: tableLayout.rows });
  }

  #at(number: Local<'i32'>): I32 {
    return i32.add(this.#rows(), scaled(i32.sub(number, i32.const(1)), this.#layout.rowBytes));
  }

  #numberOf(row: Local<'i32'>): I32 {
    return i32.add(rowNumber(row, this.#rows(), this.#layout.rowBytes), i32.const(1));
  }

  #offset(field: 'older' | 'newer' | 'written'): number {
    return this.#layout.field(field).offset;
  }
}
