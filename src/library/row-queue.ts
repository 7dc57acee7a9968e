import type { ProgramRow, RowFeed } from '../connectors/program/program-table.ts';

/** Rows that wait in a table for its jobs, unless the program says otherwise: a few batches of the engine's. */
export const bufferRowsDefault = 65_536;

/** A bounded queue of rows between a program and a job. */
export class RowQueue implements RowFeed {
  readonly #rowsMax: number;
  #onClose: () => void;
  #wake: () => void;
  #rows: ProgramRow[] = [];
  #from = 0;
  #isOver = false;
  #failure: { readonly error: unknown } | null = null;
  #whenRoom: (() => void)[] = [];

  constructor(rowsMax: number, wake: () => void = () => {}, onClose: () => void = () => {}) {
    this.#rowsMax = rowsMax;
    this.#wake = wake;
    this.#onClose = onClose;
  }

  /** Gives the queue to the job that reads it from now on. */
  wakes(wake: () => void, onClose: () => void): void {
    this.#wake = wake;
    this.#onClose = onClose;
  }

  get isFull(): boolean {
    return this.#rows.length - this.#from >= this.#rowsMax;
  }

  push(rows: readonly ProgramRow[]): void {
    for (const row of rows) this.#rows.push(row);
    this.#wake();
  }

  /** Resolves when the queue takes rows again, or nobody reads it any more. */
  room(): Promise<void> {
    if (!this.isFull) return Promise.resolve();
    return new Promise((resolve) => this.#whenRoom.push(resolve));
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** The job gets the error behind the rows that wait. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  take(rowsMax: number): readonly ProgramRow[] {
    const rows = this.#rows.slice(this.#from, this.#from + rowsMax);
    this.#from += rows.length;
    if (this.#from === this.#rows.length) {
      this.#rows = [];
      this.#from = 0;
    } else if (this.#from >= this.#rowsMax) {
      this.#rows = this.#rows.slice(this.#from);
      this.#from = 0;
    }
    if (rows.length === 0 && this.#failure !== null) throw this.#failure.error;
    if (!this.isFull) for (const wake of this.#whenRoom.splice(0)) wake();
    return rows;
  }

  get hasEnded(): boolean {
    return this.#isOver && this.#rows.length === this.#from;
  }

  close(): void {
    this.#rows = [];
    this.#from = 0;
    for (const wake of this.#whenRoom.splice(0)) wake();
    this.#onClose();
  }
}
