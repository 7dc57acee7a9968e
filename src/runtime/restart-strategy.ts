import type { Settings } from '../catalog/settings.ts';

/** When a job that has failed runs again: of one job, told of its failures one after the other. Names and defaults are Flink's. */
export interface RestartStrategy {
  /** As `restart-strategy.type` has it. */
  readonly name: string;
  /** The job has failed at a time that never goes back: how long it waits, ms; null: it has failed for good. */
  next(failedMs: number): number | null;
}

/**
 * As the settings have it. Where they say nothing, a job that makes checkpoints runs again and again, after longer and
 * longer waits.
 *
 * @param random01 evenly spread, in `[0, 1)`
 */
export function restartStrategy(
  settings: Settings,
  { hasCheckpoints, random01 }: { readonly hasCheckpoints: boolean; readonly random01: () => number },
): RestartStrategy {
  const type = givenRestartStrategy(settings) ?? (hasCheckpoints ? 'exponential-delay' : 'none');
  const at = (name: string): string => `restart-strategy.${type}.${name}`;
  switch (type) {
    case 'none':
      return { name: type, next: () => null };
    case 'fixed-delay':
      return new FixedDelay(settings.int(at('attempts')), settings.durationMs(at('delay')));
    case 'failure-rate':
      return new FailureRate({
        failuresMax: settings.int(at('max-failures-per-interval')),
        intervalMs: settings.durationMs(at('failure-rate-interval')),
        delayMs: settings.durationMs(at('delay')),
      });
    case 'exponential-delay':
      return new ExponentialDelay({
        initialMs: settings.durationMs(at('initial-backoff')),
        maxMs: settings.durationMs(at('max-backoff')),
        multiplier: settings.double(at('backoff-multiplier')),
        resetMs: settings.durationMs(at('reset-backoff-threshold')),
        jitter: settings.double(at('jitter-factor')),
        attemptsMax: settings.int(at('attempts-before-reset-backoff')) || Number.POSITIVE_INFINITY,
        random01,
      });
  }
}

type StrategyName = 'none' | 'fixed-delay' | 'failure-rate' | 'exponential-delay';

/** `restart-strategy.type`; null: the settings say nothing. */
function givenRestartStrategy(settings: Settings): StrategyName | null {
  switch (settings.get('restart-strategy.type')?.trim().toLowerCase().replaceAll(/[-_]/g, '')) {
    case undefined:
      return null;
    case 'fixeddelay':
      return 'fixed-delay';
    case 'failurerate':
      return 'failure-rate';
    case 'exponentialdelay':
      return 'exponential-delay';
    default:
      return 'none';
  }
}

/** So many times, each after the same wait. */
class FixedDelay implements RestartStrategy {
  readonly name = 'fixed-delay';
  readonly #attemptsMax: number;
  readonly #delayMs: number;
  #attempts = 0;

  constructor(attemptsMax: number, delayMs: number) {
    this.#attemptsMax = attemptsMax;
    this.#delayMs = delayMs;
  }

  next(): number | null {
    return ++this.#attempts <= this.#attemptsMax ? this.#delayMs : null;
  }
}

/** As long as no more failures than so many fall into the interval before the last. */
class FailureRate implements RestartStrategy {
  readonly name = 'failure-rate';
  readonly #parts: { readonly failuresMax: number; readonly intervalMs: number; readonly delayMs: number };
  /** Of the last failures, one more than may fall into an interval. */
  readonly #failedMs: number[] = [];

  constructor(parts: { readonly failuresMax: number; readonly intervalMs: number; readonly delayMs: number }) {
    this.#parts = parts;
  }

  next(failedMs: number): number | null {
    const { failuresMax, intervalMs, delayMs } = this.#parts;
    this.#failedMs.push(failedMs);
    if (this.#failedMs.length <= failuresMax) return delayMs;
    if (this.#failedMs.length > failuresMax + 1) this.#failedMs.shift();
    return failedMs - (this.#failedMs[0] ?? failedMs) > intervalMs ? delayMs : null;
  }
}

interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly multiplier: number;
  /** A job that has run for so long is taken for sound: the waits begin anew. */
  readonly resetMs: number;
  /** Part of a wait by which it may be longer or shorter, so that jobs that failed together do not come back together. */
  readonly jitter: number;
  readonly attemptsMax: number;
  readonly random01: () => number;
}

/** After longer and longer waits: initial * multiplier^(attempt - 1), at most `maxMs`. */
class ExponentialDelay implements RestartStrategy {
  readonly name = 'exponential-delay';
  readonly #backoff: Backoff;
  #attempts = 0;
  /** When the job ran again last. */
  #restartedMs = Number.NEGATIVE_INFINITY;

  constructor(backoff: Backoff) {
    this.#backoff = backoff;
  }

  next(failedMs: number): number | null {
    const { initialMs, maxMs, multiplier, resetMs, jitter, attemptsMax, random01 } = this.#backoff;
    if (failedMs - this.#restartedMs >= resetMs) this.#attempts = 0;
    if (++this.#attempts > attemptsMax) return null;
    const waitMs = initialMs * multiplier ** (this.#attempts - 1);
    const swayMs = waitMs * jitter * (2 * random01() - 1);
    const delayMs = Math.round(Math.max(initialMs, Math.min(waitMs + swayMs, maxMs)));
    this.#restartedMs = failedMs + delayMs;
    return delayMs;
  }
}
