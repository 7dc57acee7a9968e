import type { Memory } from './memory.ts';

/** What a snapshot holds of an operator beside the pages: plain values, as in JSON but for infinities. */
export type SavedValue =
  | null
  | boolean
  | number
  | string
  | readonly SavedValue[]
  | { readonly [name: string]: SavedValue };

/** A structure of the state: where it stands, and how its rows are laid out, where there are rows. */
export interface SavedPlace {
  readonly address: number;
  readonly layout: string;
}

/** An operator in a snapshot. Its places are in the pages of the state. */
export interface SavedOperator {
  readonly places: Readonly<Record<string, SavedPlace>>;
  readonly values: Readonly<Record<string, SavedValue>>;
}

/** The rows of a table as the state keeps them: their width, and for later versions what is where. */
export interface RowLayout {
  readonly rowBytes: number;
  readonly text: string;
}

/** A structure of a saved state is not laid out as the operator's is: its query has changed. */
export class StateMismatch extends Error {
  constructor(place: string, saved: string, wanted: string) {
    super(`"${place}" holds ${saved}, and the query now wants ${wanted}`);
    this.name = 'StateMismatch';
  }
}

/** What all parts of an operator's state share. */
interface Registry {
  readonly saved: SavedOperator | null;
  readonly places: Map<string, SavedPlace>;
  /** Those that JavaScript writes, or code at constant addresses, where no mark is set. */
  readonly cells: Map<string, { readonly address: number; readonly bytes: number }>;
  readonly values: Map<string, () => SavedValue>;
}

/**
 * Where an operator gets what it keeps, by name: new, or as a snapshot has it. State lies at the same addresses after
 * a restart, so what points from one structure to another still does.
 *
 * What an operator keeps outside of the linear memory it `keeps` by a pair of functions.
 */
export class OperatorState {
  readonly memory: Memory;
  readonly #registry: Registry;
  readonly #prefix: string;

  private constructor(memory: Memory, registry: Registry, prefix: string) {
    this.memory = memory;
    this.#registry = registry;
    this.#prefix = prefix;
  }

  /** `saved`: of a snapshot whose pages are back in the memory. */
  static of(memory: Memory, saved: SavedOperator | null = null): OperatorState {
    return new OperatorState(memory, { saved, places: new Map(), cells: new Map(), values: new Map() }, '');
  }

  /** The state of a part of the operator, with names of its own. */
  part(name: string): OperatorState {
    return new OperatorState(this.memory, this.#registry, `${this.#prefix}${name}.`);
  }

  /** Whether a snapshot has a structure of this name. */
  has(name: string): boolean {
    return this.#registry.saved?.places[this.#prefix + name] !== undefined;
  }

  /** Zeroed bytes for numbers of the operator's own; they are given back by `memory.free`. */
  cells(name: string, bytes: number): number {
    const address = this.#place(name, `${bytes} bytes`, () => this.memory.stateAlloc(bytes));
    this.#registry.cells.set(this.#prefix + name, { address, bytes });
    return address;
  }

  /** A keyed table. */
  table(name: string, layout: RowLayout, expectedRows = 16): number {
    return this.#place(name, layout.text, () => this.memory.kernels.tableNew(layout.rowBytes, expectedRows));
  }

  /** A table whose rows are known by their numbers alone. */
  plainTable(name: string, layout: RowLayout): number {
    return this.#place(name, layout.text, () => this.memory.kernels.tableNewPlain(layout.rowBytes, 16));
  }

  /** An ordered map with values of so many bytes. */
  map(name: string, valueBytes: number): number {
    return this.#place(name, `map of ${valueBytes} bytes`, () => this.memory.kernels.orderedNew(valueBytes));
  }

  queue(name: string): number {
    return this.#place(name, 'queue', () => this.memory.kernels.queueNew());
  }

  /** A structure that the caller makes; `kind` is what it must be after a restart. */
  structure(name: string, kind: string, make: () => number): number {
    return this.#place(name, kind, make);
  }

  /** Values outside of the memory: `load` is called at once where a snapshot has them, `save` whenever one is made. */
  keeps<T extends SavedValue>(name: string, save: () => T, load: (saved: T) => void): void {
    const { saved, values } = this.#registry;
    const known = saved?.values[this.#prefix + name];
    if (known !== undefined) load(known as T);
    values.set(this.#prefix + name, save);
  }

  /** What is written without a mark being set. */
  get unmarked(): Iterable<{ readonly address: number; readonly bytes: number }> {
    return this.#registry.cells.values();
  }

  /** What a snapshot holds of it, but for the pages. Between batches. */
  save(): SavedOperator {
    const { places, values } = this.#registry;
    return {
      places: Object.fromEntries(places),
      values: Object.fromEntries([...values].map(([name, save]) => [name, save()])),
    };
  }

  #place(name: string, layout: string, make: () => number): number {
    const { saved, places } = this.#registry;
    const full = this.#prefix + name;
    if (places.has(full)) throw new Error(`two structures of the state are called "${full}"`);
    const known = saved?.places[full];
    if (known !== undefined && known.layout !== layout) throw new StateMismatch(full, known.layout, layout);
    const address = known?.address ?? make() >>> 0;
    places.set(full, { address, layout });
    return address;
  }
}
