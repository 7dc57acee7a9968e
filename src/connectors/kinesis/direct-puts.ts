import type { SavedValue } from '../../memory/operator-state.ts';
import { type PutEntry, putRecordsMax } from '../../streams/put-request.ts';
import type { Stream } from '../../streams/stream.ts';
import type { RecordTarget } from './record-target.ts';

/** Less than a request may have, so that a batch of long records is several. */
const requestBytesMax = 4 * 1024 * 1024;

/**
 * Puts records as they come: at once they are seen. What comes while others are on their way to the disk goes there
 * together: waiting for more would gain nothing.
 */
export class DirectPuts implements RecordTarget {
  readonly #stream: Stream;
  readonly #batchMax: number;
  readonly #inFlightMax: number;
  /** Whether a checkpoint waits until all that was put before it is on the disk. */
  readonly #isAwaited: boolean;
  readonly #inFlight = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;

  constructor(
    stream: Stream,
    options: { readonly batchMax: number; readonly inFlightMax: number; readonly isAwaited: boolean },
  ) {
    this.#stream = stream;
    this.#batchMax = Math.min(options.batchMax, putRecordsMax);
    this.#inFlightMax = options.inFlightMax;
    this.#isAwaited = options.isAwaited;
  }

  put(records: readonly PutEntry[]): void | Promise<void> {
    this.#check();
    let from = 0;
    while (from < records.length) {
      let to = from;
      for (let bytes = 0; to < records.length && to - from < this.#batchMax && bytes < requestBytesMax; to++)
        bytes += records[to]?.data.length ?? 0;
      this.#request(records.slice(from, to));
      from = to;
    }
    if (this.#inFlight.size >= this.#inFlightMax) return this.#waitFor(this.#inFlightMax - 1);
  }

  async prepare(): Promise<SavedValue> {
    if (this.#isAwaited) await Promise.all(this.#inFlight);
    this.#check();
    return null;
  }

  /** It is seen already. */
  withdraw(): void {}

  /** What was put behind the checkpoint comes again. */
  async resume(): Promise<void> {}

  async finish(): Promise<void> {
    await this.#waitFor(0);
  }

  /** What was put stays: a stream takes nothing back. */
  async abort(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
  }

  #request(records: readonly PutEntry[]): void {
    const put = this.#stream
      .putRecords(records)
      .then(({ failure }) => {
        if (failure !== null) throw failure;
      })
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#inFlight.delete(put));
    this.#inFlight.add(put);
  }

  async #waitFor(inFlightMax: number): Promise<void> {
    while (this.#inFlight.size > inFlightMax) await Promise.race(this.#inFlight);
    this.#check();
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
