import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Job, JobSummary } from '../runtime/job.ts';
import type { CheckpointFolder } from '../state/checkpoint-folder.ts';
import type { StopRequest } from '../state/stop-request.ts';
import type { JobRestarts } from './job-restarts.ts';
import type { SessionJob } from './session-jobs.ts';

export interface RunningJobParts {
  /** Makes the job from its last checkpoint, with memory, sources and sinks of its own. `restarts`: how often it has run again. */
  readonly make: (restarts: number) => Job;
  readonly restarts: JobRestarts;
  readonly clock: Clock;
  /** Of the job's checkpoints; null: it makes none. */
  readonly folder: CheckpointFolder | null;
  /** Told each job that is made, before it reads its first row. */
  readonly onJob: (job: Job) => void;
  readonly onRestart: (warning: Diagnostic) => void;
}

/** A statement's job over its restarts: each is a `Job` of its own. */
export class RunningJob {
  readonly #parts: RunningJobParts;
  readonly #stop = new AbortController();
  /** How it was stopped from elsewhere. */
  #request: StopRequest | null = null;
  /** Null: it could not be made again. */
  #job: Job | null;

  /** @throws DiagnosticError for what is wrong with the plan, or with the state that it would go on from */
  constructor(parts: RunningJobParts) {
    this.#parts = parts;
    this.#job = parts.make(0);
  }

  /** Stops after the batch at hand, or while it waits. */
  stop(request: StopRequest | null = null): void {
    this.#request ??= request;
    this.#stop.abort();
    if (request === null) this.#job?.cancel();
    else this.#job?.stop(request);
  }

  /** Runs to the end of the input, or until it is stopped. @throws what it has failed with for good */
  async run(entry: SessionJob): Promise<JobSummary> {
    const { restarts, clock, onJob, onRestart } = this.#parts;
    let last = this.#job;
    for (;;) {
      try {
        const job = this.#job ?? this.#parts.make(restarts.count);
        last = job;
        this.#job = job;
        onJob(job);
        if (this.#stop.signal.aborted) this.stop(this.#request);
        const summary = await job.run();
        if (summary.outcome !== 'suspended') return summary;
      } catch (error) {
        // Who stops a job that cannot end as it should wants to know.
        if (this.#stop.signal.aborted) throw error;
        const verdict = restarts.after(error, this.#job, clock.elapsedMs());
        if (verdict.kind === 'fail') throw verdict.error;
        // It was asked to stop in that run, and its last checkpoint came to nothing: it stops at the one before.
        const asked = last?.asked ?? null;
        if (asked !== null) this.stop(asked);
        onRestart(verdict.warning);
        entry.restart('RESTARTING');
        await this.#wait(verdict.delayMs);
        const request = this.#request;
        // To send what waits for time to pass it has to run.
        if (this.#stop.signal.aborted && last !== null && request?.drains !== true)
          return { ...last.progress(), outcome: request === null ? 'cancelled' : 'stopped' };
        entry.restart('RUNNING');
      }
      this.#job = null;
    }
  }

  /** Between two runs. The job stays this process's: nobody else runs it meanwhile, and who stops it from elsewhere is heard. */
  async #wait(delayMs: number): Promise<void> {
    const { clock, folder } = this.#parts;
    const look = (): void => {
      const request = folder?.stopRequest() ?? null;
      if (request !== null) this.stop(request);
    };
    // What the job failed with may stand in the way here too.
    await folder?.open().catch(() => {});
    folder?.watch(look);
    look();
    await clock.wait(delayMs, this.#stop.signal);
    await folder?.close().catch(() => {});
  }
}
