import type { SavedValue } from '../../memory/operator-state.ts';
import { HeldProducer, type HeldToken } from '../../streams/held-producer.ts';
import type { PutEntry } from '../../streams/put-request.ts';
import type { Stream } from '../../streams/stream.ts';
import type { RecordTarget } from './record-target.ts';

/** Holds records until the checkpoint is complete that has them: each is seen once, whatever happens. */
export class HeldPuts implements RecordTarget {
  /** What was held for it is an epoch of its own. */
  readonly canWithdraw = false;
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

  async commit(token: SavedValue): Promise<void> {
    await this.#producer.commit(token as HeldToken);
  }

  async resume(token: SavedValue): Promise<void> {
    await this.#producer.resume(isHeld(token) ? token : null);
  }

  /** The last checkpoint has all. */
  async finish(): Promise<void> {}

  async abort(): Promise<void> {
    await this.#producer.abort();
  }
}

/** Not null, nor what a sink has saved whose guarantee was another then. */
function isHeld(token: SavedValue): token is HeldToken {
  return token !== null && typeof token === 'object' && 'held' in token;
}
