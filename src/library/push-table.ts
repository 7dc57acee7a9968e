import type { ProgramRow, ProgramTable, RowFeed } from '../connectors/program/program-table.ts';
import { RowQueue } from './row-queue.ts';

/**
 * A table that a program pushes rows into. Every job that reads it gets the rows that come after it began; rows that
 * come before the first job wait for it.
 *
 * @example
 * const plays = tide.pushTable('plays', { columns: { player: 'STRING', points: 'INT' } });
 * await plays.push({ player: 'noor', points: 40 });
 */
export class PushTable<Row> implements ProgramTable, Disposable {
  /** As SQL calls it. */
  readonly name: string;
  readonly #rowsMax: number;
  readonly #readers = new Set<RowQueue>();
  /** Rows for the first job; null once there was one. */
  #early: RowQueue | null;
  #hasEnded = false;

  /** @internal made by `Tidemark.pushTable` */
  constructor(name: string, rowsMax: number) {
    this.name = name;
    this.#rowsMax = rowsMax;
    this.#early = new RowQueue(rowsMax);
  }

  /**
   * Gives one row, or several in order, to the jobs that read the table.
   * @returns when the slowest of them has room for more: await it, and the table holds no more than its buffer
   * @throws Error after `end`
   */
  async push(rows: Row | readonly Row[]): Promise<void> {
    if (this.#hasEnded) throw new Error(`the table "${this.name}" has ended`);
    const list = (Array.isArray(rows) ? rows : [rows]) as readonly ProgramRow[];
    const queues = this.#queues();
    for (const queue of queues) queue.push(list);
    await Promise.all(queues.map((queue) => queue.room()));
  }

  /** No more rows come: windows that are open close, and the jobs that read the table end. */
  end(): void {
    this.#hasEnded = true;
    for (const queue of this.#queues()) queue.end();
  }

  /** `end`, where its scope ends. */
  [Symbol.dispose](): void {
    this.end();
  }

  /** @internal called by the connector `program` */
  open(wake: () => void): RowFeed {
    const queue = this.#early ?? new RowQueue(this.#rowsMax, wake, () => this.#readers.delete(queue));
    if (queue === this.#early) {
      this.#early = null;
      queue.wakes(wake, () => this.#readers.delete(queue));
    } else if (this.#hasEnded) queue.end();
    this.#readers.add(queue);
    return queue;
  }

  #queues(): readonly RowQueue[] {
    return this.#early === null ? [...this.#readers] : [this.#early];
  }
}
