import type { Clock } from '../../src/runtime/clock.ts';
import type { Random } from '../support/streams/random.ts';

interface Waiter {
  readonly dueMs: number;
  readonly order: number;
  readonly process: number;
  readonly wake: () => void;
}

/**
 * The time of a simulated world. It goes on when all who live in it wait for something, and a little whenever a process
 * looks at it: work takes its time. The wall clock may jump; what is measured from it may not.
 */
export class SimulatedTime {
  /** Of the wall clock. */
  wallMs = Date.UTC(2025, 0, 1);
  elapsedMs = 0;
  readonly #random: Random;
  /** At each look, up to so much. */
  readonly #lookMaxMs: number;
  #waiting: Waiter[] = [];
  #order = 0;
  readonly #ended = new Set<number>();

  constructor(random: Random, lookMaxMs: number) {
    this.#random = random;
    this.#lookMaxMs = lookMaxMs;
  }

  /** The clock of a process. */
  clockOf(process: number): Clock {
    return {
      nowMs: () => Math.floor(this.wallMs),
      elapsedMs: () => {
        this.#pass((this.#random.int(100) / 100) * this.#lookMaxMs);
        return this.elapsedMs;
      },
      giveTurn: () => this.wait(process, 0),
      wait: (ms, signal) => this.wait(process, ms, signal),
    };
  }

  wait(process: number, ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ended.has(process)) return;
      if (signal?.aborted === true) return resolve();
      const waiter = { dueMs: this.elapsedMs + ms, order: this.#order++, process, wake: resolve };
      this.#waiting.push(waiter);
      signal?.addEventListener('abort', () => {
        this.#waiting = this.#waiting.filter((each) => each !== waiter);
        resolve();
      });
    });
  }

  /** The process is gone: nobody of it is woken any more. */
  end(process: number): void {
    this.#ended.add(process);
    this.#waiting = this.#waiting.filter((waiter) => waiter.process !== process);
  }

  /** Goes on to the next that is due, and wakes who waits for it; false: nobody waits for anything that will come. */
  step(): boolean {
    let next: Waiter | null = null;
    for (const waiter of this.#waiting) {
      if (next === null || waiter.dueMs < next.dueMs || (waiter.dueMs === next.dueMs && waiter.order < next.order))
        next = waiter;
    }
    if (next === null || next.dueMs === Number.POSITIVE_INFINITY) return false;
    this.#waiting = this.#waiting.filter((waiter) => waiter !== next);
    if (next.dueMs > this.elapsedMs) this.#pass(next.dueMs - this.elapsedMs);
    next.wake();
    return true;
  }

  #pass(ms: number): void {
    this.elapsedMs += ms;
    this.wallMs += ms;
  }
}
