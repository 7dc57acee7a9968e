import type { Sink } from '../connectors/connector.ts';
import type { Batch } from '../memory/batch.ts';
import type { Memory } from '../memory/memory.ts';
import type { EventChannel } from './event-channel.ts';
import { resultRows } from './result-rows.ts';

/** Where the rows of a SELECT go: out of the memory, into the statement's events. */
export class ResultSink implements Sink {
  readonly accepts = 'all';
  readonly #memory: Memory;
  readonly #channel: EventChannel;

  constructor(memory: Memory, channel: EventChannel) {
    this.#memory = memory;
    this.#channel = channel;
  }

  async open(): Promise<void> {}

  write(batch: Batch): void | Promise<void> {
    return this.#channel.push({ kind: 'rows', rows: resultRows(this.#memory, batch) });
  }

  async finish(): Promise<void> {}

  async abort(): Promise<void> {}
}

/** Lends batches to a caller who reads them where they lie: for benches and for formats that take columns. */
export class BatchSink implements Sink {
  readonly accepts = 'all';
  readonly #take: (batch: Batch) => void | Promise<void>;

  constructor(take: (batch: Batch) => void | Promise<void>) {
    this.#take = take;
  }

  async open(): Promise<void> {}

  write(batch: Batch): void | Promise<void> {
    return this.#take(batch);
  }

  async finish(): Promise<void> {}

  async abort(): Promise<void> {}
}
