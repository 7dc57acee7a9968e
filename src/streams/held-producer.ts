import type { FrameRecord } from './frame-builder.ts';
import type { Held } from './held-folder.ts';
import type { HeldRecords } from './held-records.ts';
import type { Stream } from './stream.ts';

/** What a checkpoint holds of a producer. */
export type HeldToken = {
  readonly epoch: number;
  /** Null: there was nothing. */
  readonly held: Held | null;
  /** What was put before, of epochs whose checkpoints came to nothing. */
  readonly earlier: readonly Held[];
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
  #unwanted: readonly string[] = [];
  #earlier: readonly Held[] = [];

  /** `producer`: a name that no other has, the same whenever it goes on. */
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
    const [epoch, records, earlier, unwanted] = [this.#epoch++, this.#records, this.#earlier, this.#unwanted];
    [this.#records, this.#earlier, this.#unwanted] = [null, [], []];
    const held = (await records?.complete()) ?? null;
    if (unwanted.length > 0) await this.#stream.dropHeld(unwanted);
    return { epoch, held, earlier };
  }

  /** The epoch's checkpoint came to nothing: the next has its records too. */
  withdraw(token: HeldToken): void {
    this.#earlier = [...allOf(token), ...this.#earlier];
  }

  /**
   * Goes on behind an epoch, which may be one of another producer's savepoint; null: anew. What was held later is dropped
   * with the next epoch: another part of the job may have to commit it first.
   */
  async resume(token: HeldToken | null): Promise<void> {
    this.#epoch = (token?.epoch ?? 0) + 1;
    const wanted = new Set(token === null ? [] : allOf(token).map(({ name }) => name));
    this.#unwanted = this.#stream.heldBy(this.#producer).filter((name) => !wanted.has(name));
  }

  /** What is of no complete epoch is dropped. */
  async abort(): Promise<void> {
    await this.#records?.drop();
    this.#records = null;
  }
}

/** Has what an epoch holds seen: once, however often it is asked for. */
export async function commitHeld(stream: Stream, token: HeldToken): Promise<void> {
  for (const held of allOf(token)) await stream.commitHeld(held);
}

/** In the order in which they were put. */
function allOf({ held, earlier }: HeldToken): readonly Held[] {
  return held === null ? earlier : [...earlier, held];
}
