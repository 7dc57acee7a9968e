import type { StorePart } from '../codegen/aggregate-state.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { Memory } from '../memory/memory.ts';

/** Closed stores kept for the windows to come: one filling and one being sent, and those that HOP merges in. */
const pooledMax = 16;

/**
 * Makes and reuses group stores: the tables and maps of one window slice (see `codegen/aggregate-state.ts`).
 *
 * A closed store is emptied and kept with its room, so that a steady stream of windows allocates nothing.
 */
export class GroupStores {
  readonly #memory: Memory;
  readonly #parts: readonly StorePart[];
  readonly #pool: number[] = [];
  /** Those that are in use. */
  readonly #taken = new Set<number>();
  /** Groups of the last store that was given back: what the next one will need. */
  #expectedRows = 16;

  constructor(memory: Memory, parts: readonly StorePart[]) {
    this.#memory = memory;
    this.#parts = parts;
  }

  /** An empty store; the address of its parts' addresses. */
  take(): number {
    const store = this.#pool.pop() ?? this.#make();
    this.#taken.add(store);
    return store;
  }

  #make(): number {
    const memory = this.#memory;
    const store = memory.alloc(Math.max(8, this.#parts.length * 4));
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
    this.#taken.delete(store);
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

  /** Of all stores, those among them that wait for a window. */
  get allBytes(): number {
    return [...this.#taken, ...this.#pool].reduce((sum, store) => sum + this.bytes(store), 0);
  }

  bytes(store: number): number {
    let sum = 0;
    const { kernels } = this.#memory;
    const add = (size: (address: number) => number) => (address: number) => {
      sum += size(address) >>> 0;
    };
    this.#each(store, add(kernels.tableBytes), add(kernels.orderedBytes));
    return sum;
  }

  close(): void {
    for (const store of this.#pool) this.#drop(store);
    this.#pool.length = 0;
  }

  /** Gives the memory of a store back that is not pooled. */
  #drop(store: number): void {
    const { kernels } = this.#memory;
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
