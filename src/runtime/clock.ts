import type { ProcessingClock } from '../connectors/connector.ts';

/** Wall time, waiting, and turns for the event loop: all that the runtime knows of the world's time. */
export interface Clock extends ProcessingClock {
  /** Milliseconds since some start, never going back: for durations. */
  elapsedMs(): number;
  /** Lets timers, signals and I/O have their turn. */
  giveTurn(): Promise<void>;
  /** Resolves after so long, or as soon as the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** `setTimeout` takes no longer wait than 2^31 - 1 ms. */
const waitMaxMs = 2_147_483_647;

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  giveTurn: () => new Promise((resolve) => setImmediate(resolve)),
  wait: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const stop = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(
        () => {
          signal.removeEventListener('abort', stop);
          resolve();
        },
        Math.min(ms, waitMaxMs),
      );
      signal.addEventListener('abort', stop, { once: true });
    }),
};

/** A clock that a test owns: it stands still until it is advanced; who waits for it is woken in the order of time. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  #waiting: { readonly dueMs: number; readonly wake: () => void }[] = [];

  /** `nowMs`: the time at which it stands, in milliseconds since 1970. */
  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
    this.#startMs = nowMs;
  }

  /** Milliseconds since 1970. */
  nowMs(): number {
    return this.#nowMs;
  }

  /** Milliseconds since it was made. */
  elapsedMs(): number {
    return this.#nowMs - this.#startMs;
  }

  /** Resolves at once. */
  giveTurn(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves when it was advanced so far, or the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const entry = { dueMs: this.#nowMs + ms, wake: resolve };
      this.#waiting.push(entry);
      const stop = () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        resolve();
      };
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** When the next of those who wait is due; null where nobody waits. */
  get nextDueMs(): number | null {
    return this.#waiting.length === 0 ? null : Math.min(...this.#waiting.map(({ dueMs }) => dueMs));
  }

  /** Moves time on and wakes who is due. */
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#waiting.filter(({ dueMs }) => dueMs <= this.#nowMs).sort((a, b) => a.dueMs - b.dueMs);
    this.#waiting = this.#waiting.filter(({ dueMs }) => dueMs > this.#nowMs);
    for (const { wake } of due) wake();
  }
}
