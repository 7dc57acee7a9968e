import type { Batch } from '../src/memory/batch.ts';
import { columnAddresses } from '../src/memory/batch-reader.ts';
import type { Memory } from '../src/memory/memory.ts';

/** Adds up pairs: how many, and their two BIGINT columns. */
export class PairsChecksum {
  #rows = 0;
  readonly #sums = [0n, 0n];

  add(memory: Memory, batch: Batch): void {
    this.#rows += batch.rowCount;
    for (const at of [0, 1]) {
      const values = columnAddresses(memory, batch, at).values >>> 3;
      for (let row = 0; row < batch.rowCount; row++)
        this.#sums[at] = (this.#sums[at] ?? 0n) + (memory.i64[values + row] ?? 0n);
    }
  }

  get text(): string {
    return [this.#rows, ...this.#sums].join(' ');
  }
}
