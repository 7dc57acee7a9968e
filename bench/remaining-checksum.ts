import { type Batch, changeKind } from '../src/memory/batch.ts';
import { columnAddresses, kindReader } from '../src/memory/batch-reader.ts';
import type { Memory } from '../src/memory/memory.ts';

/** Adds up what remains of an updating result: rows and the three BIGINT columns behind the keys. */
export class RemainingChecksum {
  #rows = 0;
  readonly #sums = [0n, 0n, 0n];
  readonly #keys: number;

  constructor({ keys }: { readonly keys: number } = { keys: 1 }) {
    this.#keys = keys;
  }

  add(memory: Memory, batch: Batch): void {
    const kindOf = kindReader(memory, batch);
    const columns = this.#sums.map((_, at) => columnAddresses(memory, batch, this.#keys + at).values >>> 3);
    for (let row = 0; row < batch.rowCount; row++) {
      const kind = kindOf(row);
      const sign = kind === changeKind.updateBefore || kind === changeKind.delete ? -1 : 1;
      this.#rows += sign;
      for (const [at, column] of columns.entries()) {
        this.#sums[at] = (this.#sums[at] ?? 0n) + BigInt(sign) * (memory.i64[column + row] ?? 0n);
      }
    }
  }

  get text(): string {
    return [this.#rows, ...this.#sums].join(' ');
  }
}
