import type { Sink, SinkRequest } from '../../src/connectors/connector.ts';
import { fail } from '../../src/diagnostics/diagnostic.ts';
import type { Batch } from '../../src/memory/batch.ts';
import type { SavedValue } from '../../src/memory/operator-state.ts';
import { resultRows } from '../../src/session/result-rows.ts';

/** A change of a result as it is compared: its kind, and its values. */
export interface WrittenRow {
  readonly kind: string;
  readonly text: string;
}

/** What happens to the calls of a sink. */
export interface SinkWeather {
  /** Waits as long as the call takes. */
  delay(): Promise<void>;
  /** Whether the call fails. */
  fails(): boolean;
  /** Whether what was prepared is taken back when its checkpoint has failed. */
  readonly withdraws: boolean;
  /** The process of the sink is gone: nothing of it reaches the store any more. */
  isDead(): boolean;
}

/** Where the rows of a world go that do not go into a stream. */
export class Stores {
  readonly written = new SinkStore();
  readonly keyed = new KeyedStore();
  /** Of the query that is added. */
  readonly added = new SinkStore();
  /** Who has written files that are seen, in the order in which that was found. */
  readonly runs: string[] = [];

  get broken(): readonly string[] {
    return [...this.written.broken, ...this.added.broken];
  }
}

/** The other side of a transactional sink, as a database would be: what it was told outlives the process that told it. */
export class SinkStore {
  /** What everybody sees. */
  readonly rows: WrittenRow[] = [];
  /** What of a sink's contract the engine did not keep. */
  readonly broken: string[] = [];
  /** The job has said that it has come to its end. */
  hasFinished = false;
  readonly #prepared = new Map<string, readonly WrittenRow[]>();
  readonly #shown = new Set<string>();
  #transactions = 0;

  prepare(rows: readonly WrittenRow[]): string {
    const id = `transaction ${++this.#transactions}`;
    this.#prepared.set(id, rows);
    return id;
  }

  preparedRows(id: string): readonly WrittenRow[] {
    return this.#prepared.get(id) ?? [];
  }

  commit(id: string): void {
    if (this.#shown.has(id)) return;
    const rows = this.#prepared.get(id);
    if (rows === undefined) {
      this.broken.push(`${id} is committed, which is not prepared`);
      return;
    }
    this.#prepared.delete(id);
    this.#shown.add(id);
    for (const row of rows) this.rows.push(row);
  }

  /** Drops what is prepared, but for one. */
  dropBut(id: string | null): void {
    for (const other of [...this.#prepared.keys()]) if (other !== id) this.#prepared.delete(other);
  }

  sink(request: SinkRequest, weather: SinkWeather): Sink {
    return new StoreSink(this, request, weather);
  }
}

/** The other side of a sink that shows each row at once: of a key the row that was written last. */
export class KeyedStore {
  readonly #rows = new Map<string, WrittenRow>();
  hasFinished = false;

  get rows(): readonly WrittenRow[] {
    return [...this.#rows.values()];
  }

  /** The key is the first columns. */
  sink({ memory }: SinkRequest, keyColumns: number, weather: SinkWeather): Sink {
    const call = (what: string): Promise<void> => callOf(weather, what);
    return {
      accepts: 'all',
      open: () => call('opened'),
      write: (batch) => {
        for (const { kind, values } of resultRows(memory, batch)) {
          const key = textOf(values.slice(0, keyColumns));
          if (kind === '-U' || kind === '-D') this.#rows.delete(key);
          else this.#rows.set(key, { kind: '+I', text: textOf(values) });
        }
        return call('written');
      },
      finish: async () => {
        await call('finished');
        this.hasFinished = true;
      },
      abort: async () => {},
    };
  }
}

function textOf(values: readonly unknown[]): string {
  return JSON.stringify(values, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value instanceof Map ? [...value] : value,
  );
}

async function callOf({ delay, fails, isDead }: SinkWeather, what: string): Promise<void> {
  await delay();
  if (isDead()) await new Promise<void>(() => {});
  if (fails()) fail('F014', null, `the store fails when it is ${what}`);
}

class StoreSink implements Sink {
  readonly accepts = 'all';
  readonly #store: SinkStore;
  readonly #request: SinkRequest;
  readonly #weather: SinkWeather;
  #rows: WrittenRow[] = [];
  #isResumed = false;
  readonly withdraw?: (token: SavedValue) => void;

  constructor(store: SinkStore, request: SinkRequest, weather: SinkWeather) {
    this.#store = store;
    this.#request = request;
    this.#weather = weather;
    if (weather.withdraws) this.withdraw = (token) => this.#withdraw(token);
  }

  async open(): Promise<void> {
    await this.#call('opened');
  }

  write(batch: Batch): void | Promise<void> {
    if (this.#request.commitsAtCheckpoints && !this.#isResumed) this.#store.broken.push('written before it is resumed');
    for (const { kind, values } of resultRows(this.#request.memory, batch)) {
      this.#rows.push({ kind, text: textOf(values) });
    }
    return this.#call('written');
  }

  async prepare(): Promise<SavedValue> {
    const rows = this.#rows;
    this.#rows = [];
    await this.#call('prepared');
    return this.#store.prepare(rows);
  }

  /** Where its checkpoint is found after all, the transaction is still there. */
  #withdraw(token: SavedValue): void {
    this.#rows = [...this.#store.preparedRows(token as string), ...this.#rows];
  }

  async commit(token: SavedValue): Promise<void> {
    await this.#call('committed');
    this.#store.commit(token as string);
    // It may be done, and not be known to be.
    await this.#call('committed');
  }

  async resume(token: SavedValue): Promise<void> {
    await this.#call('resumed');
    this.#isResumed = true;
    this.#store.dropBut(token as string | null);
  }

  async finish(): Promise<void> {
    await this.#call('finished');
    if (this.#request.commitsAtCheckpoints && this.#rows.length > 0)
      this.#store.broken.push(`${this.#rows.length} rows are of no checkpoint`);
    for (const row of this.#rows) this.#store.rows.push(row);
    this.#rows = [];
    this.#store.hasFinished = true;
  }

  async abort(): Promise<void> {
    this.#rows = [];
  }

  #call(what: string): Promise<void> {
    return callOf(this.#weather, what);
  }
}
