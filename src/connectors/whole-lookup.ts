import type { Batch } from '../memory/batch.ts';
import type { LookupSource, Source } from './connector.ts';

/** A bounded table that is read whole when its rows are asked for. */
export class WholeLookup implements LookupSource {
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  open(): Promise<void> {
    return this.#source.open();
  }

  async *rows(): AsyncGenerator<Batch> {
    for (const shard of await this.#source.shards()) {
      try {
        for (;;) {
          const read = await shard.read();
          if (read.kind === 'end') break;
          if (read.kind === 'batch') yield read.batch;
        }
      } finally {
        await shard.close();
      }
    }
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
