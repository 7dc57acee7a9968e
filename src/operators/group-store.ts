import type { StorePart } from '../codegen/aggregate-state.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { Memory } from '../memory/memory.ts';
import type { OperatorState } from '../memory/operator-state.ts';
import { type Held, map, sizeOf, table } from './state-size.ts';

/** Closed stores kept for the windows to come: one filling and one being sent, and those that HOP merges in. */
const pooledMax = 16;

/**
 * Makes and reuses group stores: the tables and maps of one window slice (see `codegen/aggregate-state.ts`).
 *
 * A closed store is emptied and kept with its room, so that a steady stream of windows allocates nothing.
 */
export class GroupStores {
  readonly #memory: Memory;
  readonly #state: OperatorState;
  readonly #parts: readonly StorePart[];
  readonly #pool: number[] = [];
  readonly #made = new Set<number>();
  /** Groups of the last store that was given back: what the next one will need. */
  #expectedRows = 16;

  constructor(state: OperatorState, parts: readonly StorePart[]) {
    this.#memory = state.memory;
    this.#state = state;
    this.#parts = parts;
    state.keeps(
      'stores',
      () => ({ made: [...this.#made], pool: [...this.#pool], expectedRows: this.#expectedRows }),
      ({ made, pool, expectedRows }) => {
        for (const store of made) this.#made.add(store);
        this.#pool.push(...pool);
        this.#expectedRows = expectedRows;
      },
    );
  }

  /** The store of an operator that has one for all time: after a restart the same. */
  lasting(): number {
    const kind = this.#parts.map((part) => (part.kind === 'table' ? part.layout : `map of ${part.valueBytes} bytes`));
    return this.#state.structure('lasting', kind.join('; '), () => this.take());
  }

  /** An empty store; the address of its parts' addresses. */
  take(): number {
    return this.#pool.pop() ?? this.#make();
  }

  #make(): number {
    const memory = this.#memory;
    const store = memory.stateAlloc(Math.max(8, this.#parts.length * 4));
    this.#made.add(store);
    const { kernels } = memory;
    for (const [at, part] of this.#parts.entries()) {
      memory.u32[(store >>> 2) + at] =
        part.kind === 'table'
          ? kernels.tableNew(part.rowBytes, this.#expectedRows)
          : kernels.orderedNew(part.valueBytes);
    }
    return store;
  }

  /** Gives a store's room back; nothing may refer to its rows any more. */
  give(store: number): void {
    const groups = this.table(store);
    this.#expectedRows = Math.max(16, this.#memory.u32[(groups + tableLayout.count) >>> 2] ?? 0);
    if (this.#pool.length >= pooledMax) {
      this.#drop(store);
      return;
    }
    const { kernels } = this.#memory;
    this.#each(store, kernels.tableClear, kernels.orderedClear);
    this.#pool.push(store);
  }

  /** The table of groups. */
  table(store: number): number {
    return this.#memory.u32[store >>> 2] ?? 0;
  }

  /** Groups in a store. */
  rowCount(store: number): number {
    return this.#memory.u32[(this.table(store) + tableLayout.count) >>> 2] ?? 0;
  }

  /** What a store consists of. */
  held(store: number): readonly Held[] {
    const at = (part: number): number => this.#memory.u32[(store >>> 2) + part] ?? 0;
    return this.#parts.map(({ kind }, part) => (kind === 'table' ? table(at(part)) : map(at(part))));
  }

  bytes(store: number): number {
    return sizeOf(this.#memory, this.held(store)).bytes;
  }

  /** All stores that there are, those that wait for their next use among them. */
  get all(): readonly Held[] {
    return [...this.#made].flatMap((store) => this.held(store));
  }

  /** Drops the stores that wait for their next use. */
  drain(): void {
    for (const store of this.#pool) this.#drop(store);
    this.#pool.length = 0;
    this.#expectedRows = 16;
  }

  close(): void {
    this.drain();
  }

  /** Gives the memory of a store back that is not pooled. */
  #drop(store: number): void {
    const { kernels } = this.#memory;
    this.#made.delete(store);
    this.#each(store, kernels.tableDrop, kernels.orderedDrop);
    this.#memory.free(store);
  }

  #each(store: number, table: (address: number) => void, map: (address: number) => void): void {
    for (const [at, { kind }] of this.#parts.entries()) {
      const address = this.#memory.u32[(store >>> 2) + at] ?? 0;
      if (kind === 'table') table(address);
      else map(address);
    }
  }
}
