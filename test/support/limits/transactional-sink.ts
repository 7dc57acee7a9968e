import type { Sink, SinkRequest } from '../../../src/connectors/connector.ts';
import type { Batch } from '../../../src/memory/batch.ts';
import { columnReaders } from '../../../src/memory/batch-reader.ts';
import type { SavedValue } from '../../../src/memory/operator-state.ts';

/** What a transactional sink is asked to do. */
export type SinkCall = 'open' | 'write' | 'prepare' | 'commit' | 'finish';

/** Where the rows of a program's table go: they are seen with their checkpoint, over all runs of the job once each. */
export class TransactionalTable {
  /** Rows that are seen: their values as texts. */
  readonly rows: string[] = [];
  /** Called before each operation: throws, or waits. */
  before: (call: SinkCall) => void | Promise<void> = () => {};
  #committed = 0;
  #token = 0;
  readonly #prepared = new Map<number, readonly string[]>();

  sink(request: SinkRequest): Sink {
    let pending: string[] = [];
    let isShownAtOnce = false;
    const take = (batch: Batch): void => {
      const readers = columnReaders(request.memory, batch);
      const rows = Array.from({ length: batch.rowCount }, (_, row) =>
        readers.map((read) => String(read(row))).join(' '),
      );
      if (isShownAtOnce) this.rows.push(...rows);
      else pending.push(...rows);
    };
    return {
      accepts: 'append',
      open: async () => {
        isShownAtOnce = !request.commitsAtCheckpoints;
        await this.before('open');
      },
      write: (batch) => {
        const waiting = this.before('write');
        if (!(waiting instanceof Promise)) return take(batch);
        // A batch is borrowed until the promise is kept.
        return waiting.then(() => take(batch));
      },
      prepare: async () => {
        const rows = pending;
        pending = [];
        const token = ++this.#token;
        this.#prepared.set(token, rows);
        await this.before('prepare');
        return token;
      },
      withdraw: (token) => {
        pending = [...(this.#prepared.get(token as number) ?? []), ...pending];
      },
      commit: async (token) => {
        await this.before('commit');
        this.#commit(token);
      },
      resume: async () => {
        pending = [];
      },
      finish: async () => {
        await this.before('finish');
      },
      abort: async () => {
        pending = [];
      },
    };
  }

  #commit(token: SavedValue): void {
    const at = token as number;
    if (at <= this.#committed) return;
    this.#committed = at;
    this.rows.push(...(this.#prepared.get(at) ?? []));
  }
}
