import type { SavedValue } from '../../memory/operator-state.ts';
import { HeldProducer, type HeldToken } from '../../streams/held-producer.ts';
import type { PutEntry } from '../../streams/put-request.ts';
import type { Stream } from '../../streams/stream.ts';
import type { RecordTarget } from './record-target.ts';

/** Holds records until the checkpoint is complete that has them: each is seen once, whatever happens. */
export class HeldPuts implements RecordTarget {
  readonly #producer: HeldProducer;

  constructor(stream: Stream, writer: string) {
    this.#producer = new HeldProducer(stream, writer);
  }

  put(records: readonly PutEntry[]): void | Promise<void> {
    return this.#producer.put(records);
  }

  prepare(): Promise<SavedValue> {
    return this.#producer.prepare();
  }

  withdraw(token: SavedValue): void {
    if (isHeldToken(token)) this.#producer.withdraw(token);
  }

  async resume(token: SavedValue): Promise<void> {
    await this.#producer.resume(isHeldToken(token) ? token : null);
  }

  /** The last checkpoint has all. */
  async finish(): Promise<void> {}

  async abort(): Promise<void> {
    await this.#producer.abort();
  }
}

/** Not null, nor what a sink has saved whose guarantee was another then. */
export function isHeldToken(token: SavedValue): token is HeldToken {
  return token !== null && typeof token === 'object' && 'held' in token;
}
