import type { ProgramRow, ProgramTable, RowFeed } from '../connectors/program/program-table.ts';
import { DiagnosticError, error } from '../diagnostics/diagnostic.ts';
import { RowQueue } from './row-queue.ts';

/** What has `subscribe`, as the Observables of RxJS do. */
export interface Subscribable<T> {
  /** Calls the observer until it has completed, failed, or was unsubscribed. */
  subscribe(observer: { next(value: T): void; error(error: unknown): void; complete(): void }): { unsubscribe(): void };
}

/** Where a table's rows come from; each job that reads the table reads them from the start. */
export type RowSource<Row> =
  /** Pulled as the job goes on. */
  | Iterable<Row>
  /** Pulled as the job goes on; an item may be several rows. */
  | AsyncIterable<Row | readonly Row[]>
  /** Subscribed to by each job. It cannot be slowed down: when more rows wait than the table's buffer holds, the job fails. */
  | Subscribable<Row>;

/** A program's table over such a source. `rowsMax` rows may wait for a job. */
export function programTable(name: string, source: RowSource<ProgramRow>, rowsMax: number): ProgramTable {
  if (Symbol.asyncIterator in source) return { open: (wake) => pulled(source, rowsMax, wake) };
  if (Symbol.iterator in source) return { open: () => iterated(source) };
  return { open: (wake) => subscribed(name, source, rowsMax, wake) };
}

function iterated(source: Iterable<ProgramRow>): RowFeed {
  const iterator = source[Symbol.iterator]();
  let hasEnded = false;
  return {
    take(rowsMax) {
      const rows: ProgramRow[] = [];
      while (rows.length < rowsMax && !hasEnded) {
        const next = iterator.next();
        if (next.done === true) hasEnded = true;
        else rows.push(next.value);
      }
      return rows;
    },
    get hasEnded() {
      return hasEnded;
    },
    close: () => {
      if (!hasEnded) iterator.return?.();
    },
  };
}

function pulled(source: AsyncIterable<ProgramRow | readonly ProgramRow[]>, rowsMax: number, wake: () => void): RowFeed {
  let isClosed = false;
  const queue = new RowQueue(rowsMax, wake, () => {
    isClosed = true;
  });
  const pull = async (): Promise<void> => {
    // Leaving the loop tells the iterator that no more is wanted.
    for await (const item of source) {
      if (isClosed) return;
      queue.push(isList(item) ? item : [item]);
      await queue.room();
      if (isClosed) return;
    }
    queue.end();
  };
  pull().catch((thrown: unknown) => queue.fail(thrown));
  return queue;
}

function isList(item: ProgramRow | readonly ProgramRow[]): item is readonly ProgramRow[] {
  return Array.isArray(item);
}

function subscribed(name: string, source: Subscribable<ProgramRow>, rowsMax: number, wake: () => void): RowFeed {
  let unsubscribe = (): void => {};
  const queue = new RowQueue(rowsMax, wake, () => unsubscribe());
  const subscription = source.subscribe({
    next: (row) => {
      if (queue.isFull) {
        queue.fail(overrun(name, rowsMax));
        unsubscribe();
      } else queue.push([row]);
    },
    error: (thrown) => queue.fail(thrown),
    complete: () => queue.end(),
  });
  unsubscribe = () => subscription.unsubscribe();
  return queue;
}

function overrun(name: string, rowsMax: number): DiagnosticError {
  const help = 'an Observable cannot wait: give more bufferRows, or push the rows and await each push';
  return new DiagnosticError([
    error('F016', null, `more than ${rowsMax.toLocaleString('en')} rows of "${name}" wait for the query`, { help }),
  ]);
}
