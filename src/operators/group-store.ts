import { tableLayout } from '../memory/kernels.ts';
import type { Memory } from '../memory/memory.ts';

/** Closed stores kept for the windows to come: one filling and one being sent, and those that HOP merges in. */
const pooledMax = 16;

/**
 * Makes and reuses group stores: the keyed tables of one window slice (see `codegen/aggregate-state.ts`).
 *
 * A closed store is emptied and kept with its room, so that a steady stream of windows allocates nothing.
 */
export class GroupStores {
  readonly #memory: Memory;
  readonly #rowBytes: readonly number[];
  readonly #pool: number[] = [];
  /** Groups of the last store that was given back: what the next one will need. */
  #expectedRows = 16;

  constructor(memory: Memory, rowBytes: readonly number[]) {
    this.#memory = memory;
    this.#rowBytes = rowBytes;
  }

  /** An empty store; the address of its tables' addresses. */
  take(): number {
    const pooled = this.#pool.pop();
    if (pooled !== undefined) return pooled;
    const memory = this.#memory;
    const store = memory.alloc(Math.max(8, this.#rowBytes.length * 4));
    for (const [at, rowBytes] of this.#rowBytes.entries()) {
      const table = memory.kernels.tableNew(rowBytes, this.#expectedRows);
      memory.u32[(store >> 2) + at] = table;
    }
    return store;
  }

  /** Gives a store's room back; nothing may refer to its rows any more. */
  give(store: number): void {
    const groups = this.table(store);
    this.#expectedRows = Math.max(16, this.#memory.u32[(groups + tableLayout.count) >> 2] ?? 0);
    if (this.#pool.length >= pooledMax) {
      this.#drop(store);
      return;
    }
    for (const at of this.#rowBytes.keys()) this.#memory.kernels.tableClear(this.#memory.u32[(store >> 2) + at] ?? 0);
    this.#pool.push(store);
  }

  /** The table of groups. */
  table(store: number): number {
    return this.#memory.u32[store >> 2] ?? 0;
  }

  /** Groups in a store. */
  rowCount(store: number): number {
    return this.#memory.u32[(this.table(store) + tableLayout.count) >> 2] ?? 0;
  }

  bytes(store: number): number {
    let sum = 0;
    for (const at of this.#rowBytes.keys())
      sum += this.#memory.kernels.tableBytes(this.#memory.u32[(store >> 2) + at] ?? 0);
    return sum;
  }

  close(): void {
    for (const store of this.#pool) this.#drop(store);
    this.#pool.length = 0;
  }

  /** Gives the memory of a store back that is not pooled. */
  #drop(store: number): void {
    for (const at of this.#rowBytes.keys()) this.#memory.kernels.tableDrop(this.#memory.u32[(store >> 2) + at] ?? 0);
    this.#memory.free(store);
  }
}
