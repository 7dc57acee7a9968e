import { textOf } from '../diagnostics/source-text.ts';
import type { Engine } from '../engine.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Job, JobMetrics, JobProgress, JobSummary } from '../runtime/job.ts';
import { type Observable, observableOf } from '../runtime/observable.ts';
import { Channel } from '../session/channel.ts';
import type { Statement } from '../sql/ast.ts';

/** A job's counters at a time, and how fast they grew since the reading before (the first: since the start). */
export interface JobReading extends JobProgress {
  /** Rows read in a second. */
  readonly eventsPerSecond: number;
  /** Rows given out in a second. */
  readonly rowsOutPerSecond: number;
  /** Each operator's own counters, in the order of the plan. */
  readonly operators: readonly JobMetrics[];
}

const readingEveryMs = 1000;

/**
 * An INSERT or a statement set that runs while the program does other things. With `await using` it is cancelled where
 * its scope ends.
 */
export class BackgroundJob implements AsyncDisposable {
  /** The statement's text. */
  readonly sql: string;
  /** Settles when the job has ended: with its summary, or with the `DiagnosticError` that ended it. */
  readonly done: Promise<JobSummary>;
  /** Another one each time it runs again. */
  #job: Job;
  readonly #clock: Clock;
  readonly #stop: AbortController;
  /** Aborted when the job has ended. */
  readonly #ended = new AbortController();
  readonly #watchers = new Set<Channel<JobProgress>>();

  private constructor(parts: {
    readonly sql: string;
    readonly job: Job;
    readonly clock: Clock;
    readonly stop: AbortController;
    readonly done: Promise<JobSummary>;
  }) {
    this.sql = parts.sql;
    this.#job = parts.job;
    this.#clock = parts.clock;
    this.#stop = parts.stop;
    this.done = parts.done;
  }

  /** @internal Starts a statement; null when it was executed and needs no job. @throws DiagnosticError when it is refused */
  static async start(engine: Engine, clock: Clock, statement: Statement): Promise<BackgroundJob | null> {
    const stop = new AbortController();
    let background: BackgroundJob | null = null;
    const begun = Promise.withResolvers<Job>();
    const begin = (job: Job): void => {
      begun.resolve(job);
      if (background !== null) background.#job = job;
    };
    const tell = (progress: JobProgress): void => {
      if (background !== null) background.#tell(progress);
    };
    const run = async (): Promise<JobSummary | null> => {
      let summary: JobSummary | null = null;
      for await (const event of engine.execute(statement, { signal: stop.signal, onJob: begin })) {
        if (event.kind === 'summary') summary = event.summary;
        else if (event.kind === 'progress') tell(event.progress);
      }
      if (summary !== null) tell(summary);
      return summary;
    };
    const ended = run();
    const job = await Promise.race([begun.promise, ended.then(() => null)]);
    if (job === null) return null;
    const done = ended.then((summary) => summary ?? { ...job.progress(), outcome: 'cancelled' as const });
    // Who does not look at `done` is not to be ended by it.
    done.catch(() => {});
    background = new BackgroundJob({ sql: textOf(statement.span), job, clock, stop, done });
    const started = background;
    void done.then(
      () => started.#end(),
      () => started.#end(),
    );
    return background;
  }

  /** Stops the job after the batch at hand: what was written by then is kept. Resolves when it has ended. @throws never */
  async cancel(): Promise<void> {
    this.#stop.abort();
    await this.done.catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }

  /** Where the job stands now. */
  get progress(): JobProgress {
    return this.#job.progress();
  }

  /** Counters of each operator now, in the order of the plan. */
  get metrics(): readonly JobMetrics[] {
    return this.#job.metrics();
  }

  /** Where the job stands, about twice a second while it reads, and once more at its end; who is slow is told the last. */
  get progress$(): Observable<JobProgress> {
    return observableOf((signal) => this.#watch(signal));
  }

  /**
   * The job's counters and rates: at once, then every second, also while nothing comes, and once more at its end. It
   * completes with the job, however that ends; `done` tells a failure.
   */
  get metrics$(): Observable<JobReading> {
    return observableOf((signal) => this.#readings(signal));
  }

  #tell(progress: JobProgress): void {
    for (const watcher of this.#watchers) watcher.replace(progress);
  }

  #watch(signal: AbortSignal): AsyncIterable<JobProgress> {
    const channel = new Channel<JobProgress>(Number.POSITIVE_INFINITY, () => 1);
    if (this.#ended.signal.aborted) {
      channel.end();
      return channel;
    }
    this.#watchers.add(channel);
    const leave = (): void => {
      this.#watchers.delete(channel);
      channel.end();
    };
    signal.addEventListener('abort', leave, { once: true });
    return channel;
  }

  async *#readings(signal: AbortSignal): AsyncGenerator<JobReading> {
    let before: JobProgress | null = null;
    const wakes = AbortSignal.any([signal, this.#ended.signal]);
    while (!signal.aborted) {
      const isLast = this.#ended.signal.aborted;
      const now = this.#job.progress();
      yield { ...now, ...ratesOf(now, before), operators: this.#job.metrics() };
      if (isLast) return;
      before = now;
      await this.#clock.wait(readingEveryMs, wakes);
    }
  }

  #end(): void {
    this.#ended.abort();
    for (const watcher of this.#watchers) watcher.end();
    this.#watchers.clear();
  }
}

function ratesOf(
  now: JobProgress,
  before: JobProgress | null,
): Pick<JobReading, 'eventsPerSecond' | 'rowsOutPerSecond'> {
  const seconds = (now.elapsedMs - (before?.elapsedMs ?? 0)) / 1000;
  const rate = (count: number): number => (seconds > 0 ? count / seconds : 0);
  return {
    eventsPerSecond: rate(now.events - (before?.events ?? 0)),
    rowsOutPerSecond: rate(now.rowsOut - (before?.rowsOut ?? 0)),
  };
}
