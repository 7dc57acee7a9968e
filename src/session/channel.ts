/**
 * Brings what one side sends to who iterates on the other. When enough waits, a push is a promise, and the sender goes
 * on when the reader has caught up.
 */
export class Channel<T> implements AsyncIterable<T> {
  readonly #weightMax: number;
  readonly #weightOf: (item: T) => number;
  #waiting: T[] = [];
  #weight = 0;
  #isDiscarded = false;
  #end: { readonly error: unknown } | 'done' | null = null;
  #readerWakes: (() => void) | null = null;
  #writerWakes: (() => void)[] = [];

  /** From a weight of `weightMax` on, a push waits for the reader. */
  constructor(weightMax: number, weightOf: (item: T) => number) {
    this.#weightMax = weightMax;
    this.#weightOf = weightOf;
  }

  push(item: T): void | Promise<void> {
    if (this.#isDiscarded) return;
    this.#waiting.push(item);
    this.#weight += this.#weightOf(item);
    this.#wakeReader();
    if (this.#weight >= this.#weightMax) return new Promise((resolve) => this.#writerWakes.push(resolve));
  }

  /** As `push`, in the place of what waits: for who wants to know how things stand, and not how they stood. */
  replace(item: T): void {
    this.#waiting = [];
    this.#weight = 0;
    void this.push(item);
  }

  /** The reader is gone: who waits for it goes on. */
  discard(): void {
    this.#isDiscarded = true;
    for (const wake of this.#writerWakes.splice(0)) wake();
  }

  /** Nothing follows. */
  end(): void {
    this.#end ??= 'done';
    this.#wakeReader();
  }

  /** The reader gets the error behind what was pushed. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wakeReader();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const items = this.#waiting;
      this.#waiting = [];
      this.#weight = 0;
      yield* items;
      // Only now: the reader has taken them.
      for (const wake of this.#writerWakes.splice(0)) wake();
      if (this.#waiting.length > 0) continue;
      if (this.#end !== null) {
        if (this.#end !== 'done') throw this.#end.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#readerWakes = resolve;
      });
    }
  }

  #wakeReader(): void {
    this.#readerWakes?.();
    this.#readerWakes = null;
  }
}
