import { textOf } from '../diagnostics/source-text.ts';
import type { Engine } from '../engine.ts';
import type { Job, JobMetrics, JobProgress, JobSummary } from '../runtime/job.ts';
import { type Observable, observableOf } from '../runtime/observable.ts';
import { Channel } from '../session/channel.ts';
import type { Statement } from '../sql/ast.ts';

/** An INSERT or a statement set that runs while the program does other things. */
export class BackgroundJob {
  /** The statement's text. */
  readonly sql: string;
  /** Settles when the job has ended: with its summary, or with the `DiagnosticError` that ended it. */
  readonly done: Promise<JobSummary>;
  readonly #job: Job;
  readonly #stop: AbortController;
  readonly #watchers = new Set<Channel<JobProgress>>();

  private constructor(sql: string, job: Job, stop: AbortController, done: Promise<JobSummary>) {
    this.sql = sql;
    this.#job = job;
    this.#stop = stop;
    this.done = done;
  }

  /** @internal Starts a statement; null when it was executed and needs no job. @throws DiagnosticError when it is refused */
  static async start(engine: Engine, statement: Statement): Promise<BackgroundJob | null> {
    const stop = new AbortController();
    let background: BackgroundJob | null = null;
    let begin: (job: Job) => void = () => {};
    const begun = new Promise<Job>((resolve) => {
      begin = resolve;
    });
    const run = async (): Promise<JobSummary | null> => {
      let summary: JobSummary | null = null;
      for await (const event of engine.execute(statement, { signal: stop.signal, onJob: (job) => begin(job) })) {
        if (event.kind === 'summary') summary = event.summary;
        else if (event.kind === 'progress') background?.tell(event.progress);
      }
      if (summary !== null) background?.tell(summary);
      return summary;
    };
    const ended = run();
    const job = await Promise.race([begun, ended.then(() => null)]);
    if (job === null) return null;
    const done = ended.then((summary) => summary ?? { ...job.progress(), outcome: 'cancelled' as const });
    // Who does not look at `done` is not to be ended by it.
    done.catch(() => {});
    background = new BackgroundJob(textOf(statement.span), job, stop, done);
    const started = background;
    void done.then(
      () => started.#endWatching(),
      () => started.#endWatching(),
    );
    return background;
  }

  /** Stops the job after the batch at hand: what was written by then is kept. Resolves when it has ended. */
  async cancel(): Promise<void> {
    this.#stop.abort();
    await this.done.catch(() => {});
  }

  /** Where the job stands now. */
  get progress(): JobProgress {
    return this.#job.progress();
  }

  /** Counters of each operator now, in the order of the plan. */
  get metrics(): readonly JobMetrics[] {
    return this.#job.metrics();
  }

  /** Where the job stands, about twice a second, and once more at its end. */
  get progress$(): Observable<JobProgress> {
    return observableOf((signal) => this.#watch(signal));
  }

  /** @internal */
  tell(progress: JobProgress): void {
    for (const watcher of this.#watchers) void watcher.push(progress);
  }

  #watch(signal: AbortSignal): AsyncIterable<JobProgress> {
    const channel = new Channel<JobProgress>(Number.POSITIVE_INFINITY, () => 1);
    this.#watchers.add(channel);
    const leave = (): void => {
      this.#watchers.delete(channel);
      channel.end();
    };
    signal.addEventListener('abort', leave, { once: true });
    void this.done.then(leave, leave);
    return channel;
  }

  #endWatching(): void {
    for (const watcher of this.#watchers) watcher.end();
    this.#watchers.clear();
  }
}
