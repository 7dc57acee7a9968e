import type { StopRequest } from '../state/stop-request.ts';

/** How a job stands, in Flink's words. */
type JobStatus = 'RUNNING' | 'RESTARTING' | 'FINISHED' | 'CANCELED' | 'FAILED';

/** Of jobs that have ended so many of the last are told. */
const endedMax = 20;

/** A job of a session, as SHOW JOBS tells it. */
export class SessionJob {
  /** Jobs are counted from 1 in their session. */
  readonly id: string;
  /** `pipeline.name`; else as Flink's client calls it. */
  readonly name: string;
  /** Wall time. */
  readonly startMs: number;
  /** The folder of its checkpoints; null: it makes none. */
  readonly stateFolder: string | null;
  readonly #cancel: NewSessionJob['cancel'];
  readonly #ended: Promise<void>;
  #tellEnd: () => void = () => {};
  #status: JobStatus = 'RUNNING';

  constructor(id: string, { name, startMs, stateFolder, cancel }: NewSessionJob) {
    this.id = id;
    this.name = name;
    this.startMs = startMs;
    this.stateFolder = stateFolder;
    this.#cancel = cancel;
    this.#ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
  }

  get status(): JobStatus {
    return this.#status;
  }

  /** Whether it has not ended: it may wait until it runs again. */
  get isRunning(): boolean {
    return this.#status === 'RUNNING' || this.#status === 'RESTARTING';
  }

  /** It has failed, and waits; or the wait is over. */
  restart(status: 'RESTARTING' | 'RUNNING'): void {
    this.#status = status;
  }

  /** Told by who runs it. */
  end(status: Exclude<JobStatus, 'RUNNING' | 'RESTARTING'>): void {
    this.#status = status;
    this.#tellEnd();
  }

  /** Stops it after the batch at hand; resolves when it has ended. `request`: it stops as one that others have asked. */
  async stop(request: StopRequest | null = null): Promise<void> {
    this.#cancel(request);
    await this.#ended;
  }
}

interface NewSessionJob {
  readonly name: string;
  readonly startMs: number;
  readonly stateFolder: string | null;
  readonly cancel: (request: StopRequest | null) => void;
}

/** The jobs of a session: those that run, and the last of those that have ended. */
export class SessionJobs {
  readonly #jobs = new Map<string, SessionJob>();
  #count = 0;

  begin(parts: NewSessionJob): SessionJob {
    const job = new SessionJob(String(++this.#count), parts);
    this.#jobs.set(job.id, job);
    const ended = this.list().filter(({ isRunning }) => !isRunning);
    for (const { id } of ended.slice(0, -endedMax)) this.#jobs.delete(id);
    return job;
  }

  get(id: string): SessionJob | null {
    return this.#jobs.get(id) ?? null;
  }

  /** In the order of their start. */
  list(): readonly SessionJob[] {
    return [...this.#jobs.values()];
  }
}
