import type { Clock } from '../../../src/runtime/clock.ts';

/** A clock that stands while there is work, and jumps to where somebody waits for. */
export class JumpingClock implements Clock {
  /** Wall time; a test may set it back. */
  wallMs = Date.UTC(2024, 0, 1);
  #elapsedMs = 0;
  /** A jump is no longer: who waits for more finds that it was woken too soon. */
  stepMaxMs = Number.POSITIVE_INFINITY;
  /** How long was to be waited. */
  readonly waitsMs: number[] = [];
  /** Told each wait before the jump. */
  onWait: (ms: number) => void | Promise<void> = () => {};

  nowMs(): number {
    return this.wallMs;
  }

  elapsedMs(): number {
    return this.#elapsedMs;
  }

  async giveTurn(): Promise<void> {
    await turn();
  }

  advance(ms: number): void {
    this.wallMs += ms;
    this.#elapsedMs += ms;
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.waitsMs.push(ms);
    await this.onWait(ms);
    await turn();
    // Without an end: somebody wakes the job.
    const stepMs = Math.min(ms, this.stepMaxMs);
    if (stepMs === Number.POSITIVE_INFINITY) {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } else if (!signal.aborted) this.advance(stepMs);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
