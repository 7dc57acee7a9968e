import type { Clock } from './clock.ts';

/** Of real time: so fast time goes while the wall clock is behind it. */
const catchUpPace = 0.5;

/**
 * The wall clock as a job sees it: it never goes back. Where the wall clock does, time goes on from where it was at half the
 * pace until the wall clock has caught up: no row comes before one that was there, nothing that waits for a time waits more
 * than twice as long, and an hour that was set back is made good in two.
 *
 * ```
 * wall clock    12:00:00   12:00:10 │ 11:59:20   11:59:40   12:00:00   12:00:50   12:01:00
 * this clock    12:00:00   12:00:10 │ 12:00:10   12:00:20   12:00:30   12:00:55   12:01:00
 * ```
 */
export class SteadyClock implements Clock {
  readonly #clock: Clock;
  #nowMs: number;
  #elapsedMs: number;

  /** `reachedMs`: how far time has come already: of the checkpoint that the job goes on from. */
  constructor(clock: Clock, reachedMs = Number.NEGATIVE_INFINITY) {
    this.#clock = clock;
    this.#nowMs = Math.max(clock.nowMs(), reachedMs);
    this.#elapsedMs = clock.elapsedMs();
  }

  nowMs(): number {
    const elapsedMs = this.#clock.elapsedMs();
    const slowMs = this.#nowMs + (elapsedMs - this.#elapsedMs) * catchUpPace;
    this.#nowMs = Math.max(this.#clock.nowMs(), slowMs);
    this.#elapsedMs = elapsedMs;
    return Math.floor(this.#nowMs);
  }

  elapsedMs(): number {
    return this.#clock.elapsedMs();
  }

  giveTurn(): Promise<void> {
    return this.#clock.giveTurn();
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return this.#clock.wait(ms, signal);
  }
}
