import type { StatementEvent } from './statement-event.ts';

/** Rows that wait for the reader before the job does: a screen's worth of batches. */
const waitingRowsMax = 20_000;

/**
 * Brings what a job sends to who iterates over a statement's events. When enough rows wait, a push is a promise, and
 * the job reads on when the reader has caught up.
 */
export class EventChannel implements AsyncIterable<StatementEvent> {
  #waiting: StatementEvent[] = [];
  #waitingRows = 0;
  #isDiscarded = false;
  #end: { readonly error: unknown } | 'done' | null = null;
  #readerWakes: (() => void) | null = null;
  #writerWakes: (() => void)[] = [];

  push(event: StatementEvent): void | Promise<void> {
    if (this.#isDiscarded) return;
    this.#waiting.push(event);
    if (event.kind === 'rows') this.#waitingRows += event.rows.length;
    this.#wakeReader();
    if (this.#waitingRows >= waitingRowsMax) return new Promise((resolve) => this.#writerWakes.push(resolve));
  }

  /** The reader is gone: who waits for it goes on. */
  discard(): void {
    this.#isDiscarded = true;
    for (const wake of this.#writerWakes.splice(0)) wake();
  }

  /** No event follows. */
  end(): void {
    this.#end ??= 'done';
    this.#wakeReader();
  }

  /** The reader gets the error behind what was pushed. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wakeReader();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<StatementEvent> {
    for (;;) {
      const events = this.#waiting;
      this.#waiting = [];
      this.#waitingRows = 0;
      yield* events;
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
