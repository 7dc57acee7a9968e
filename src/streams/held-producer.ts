import type { FrameRecord } from './frame-builder.ts';
import type { Held } from './held-folder.ts';
import type { HeldRecords } from './held-records.ts';
import type { Stream } from './stream.ts';

/** What a checkpoint holds of a producer. */
export type HeldToken = {
  readonly producer: string;
  readonly epoch: number;
  /** Null: there was nothing. */
  readonly held: Held | null;
};

/**
 * Who puts records into a stream by epochs. What is put of an epoch is held until the epoch is committed, and is then
 * seen once, however often it is committed and whatever happens in between.
 */
export class HeldProducer {
  readonly #stream: Stream;
  readonly #producer: string;
  #epoch = 1;
  #records: HeldRecords | null = null;

  /** `producer`: a name that no other has, nor had. */
  constructor(stream: Stream, producer: string) {
    this.#stream = stream;
    this.#producer = producer;
  }

  /** Takes copies. A promise asks to wait before the next. @throws StreamError */
  put(records: readonly FrameRecord[]): void | Promise<void> {
    this.#records ??= this.#stream.holdRecords(this.#producer, this.#epoch);
    return this.#records.add(records);
  }

  /** What was put since the last call is an epoch; resolves when the disk has it. */
  async prepare(): Promise<HeldToken> {
    const [producer, epoch, records] = [this.#producer, this.#epoch++, this.#records];
    this.#records = null;
    return { producer, epoch, held: (await records?.complete()) ?? null };
  }

  async commit({ held }: HeldToken): Promise<void> {
    if (held !== null) await this.#stream.commitHeld(held);
  }

  /**
   * Goes on behind an epoch: what its producer held later is dropped. The name stays this one's own: two may go on from
   * one savepoint.
   */
  async resume({ producer, epoch, held }: HeldToken): Promise<void> {
    this.#epoch = epoch + 1;
    await this.#stream.dropHeld(producer, held?.name ?? null);
  }

  /** What is of no complete epoch is dropped. */
  async abort(): Promise<void> {
    await this.#records?.drop();
    this.#records = null;
  }
}
