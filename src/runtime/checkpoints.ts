import type { Sink } from '../connectors/connector.ts';
import { type Diagnostic, DiagnosticError, fail } from '../diagnostics/diagnostic.ts';
import type { Memory } from '../memory/memory.ts';
import type { OperatorState, SavedValue } from '../memory/operator-state.ts';
import { noState, type StateSize } from '../operators/state-size.ts';
import { type CheckpointFolder, type CheckpointWriter, OvertakenCheckpoint } from '../state/checkpoint-folder.ts';
import { checkpointVersion, type JobScript, layoutVersion, type Manifest, type SavedNode } from '../state/manifest.ts';
import { release } from '../state/release.ts';
import type { SavepointRequest } from '../state/savepoint-request.ts';
import { DuePages, stateRegions } from '../state/state-pages.ts';
import type { StopRequest } from '../state/stop-request.ts';
import { StreamError } from '../streams/stream-error.ts';
import { checkpointFailure } from './checkpoint-failure.ts';
import type { Clock } from './clock.ts';
import type { Barrier } from './element.ts';

/** An operator with what its state hangs on. */
export interface TrackedOperator extends Pick<SavedNode, 'fingerprint' | 'lineage'> {
  readonly state: OperatorState;
}

/** How a job makes checkpoints. */
export interface CheckpointSettings {
  readonly folder: CheckpointFolder;
  /** From the start of one to the start of the next. */
  readonly intervalMs: number;
  /** From the end of one to the start of the next, at least. */
  readonly minPauseMs: number;
  /** So many in succession may come to nothing. */
  readonly failuresMax: number;
  /** What the job goes on from; null: it starts anew. */
  readonly restored: Manifest | null;
  /** The job stops at each, to go on in a fresh memory: of tests. */
  readonly stopsAtEach: boolean;
  /** What runs the job again. */
  readonly script: JobScript;
  /** The state of each operator, and what it hangs on. */
  readonly operators: ReadonlyMap<string, TrackedOperator>;
  /** See `Manifest`. */
  readonly began: string | null;
}

/** A checkpoint that is done. */
export interface CheckpointReport {
  readonly epoch: number;
  /** How long no row went on, ms. */
  readonly pauseMs: number;
  /** From the barrier to its commit, ms. */
  readonly durationMs: number;
  /** Written for it. */
  readonly bytes: number;
}

/** The last of a job: it was stopped, to go on another time, or its input has ended. */
export type LastCheckpoint = 'stopped' | 'ended';

/** What helps where a job runs already. */
export const runsElsewhere =
  "stop it there first (tidemark jobs stop NAME); or give this one a 'pipeline.name' of its own";

/** How far a job is, beside its operators. */
type Progress = Pick<Manifest, 'sources' | 'scheduler' | 'keeper'>;

/** What a barrier has met on its way. */
interface Cut {
  readonly epoch: number;
  readonly startMs: number;
  readonly manifest: Omit<Manifest, 'pages' | 'sinks' | 'isLast'>;
  /** The job stops with it, or has come to its end. */
  readonly isLast: boolean;
  readonly prepared: ReadonlyMap<string, Promise<SavedValue>>;
  /** Null where no state is kept. */
  readonly writer: CheckpointWriter | null;
  /** Which of it is made when its rows are shown; null: none. */
  readonly savepoint: SavepointRequest | null;
}

/**
 * Makes the checkpoints of one job. The barrier goes through the graph between two batches, when nothing is on its way;
 * the pages of the state and what the sinks have prepared are written while the job goes on.
 *
 * ```
 * barrier ─► operators saved, sinks cut ─► pages and sinks on the disk ─► manifest renamed ─► sinks commit
 * └── pause ──┘                            └─────────── the job goes on ───────────────────────────────┘
 * ```
 */
export class Checkpoints {
  readonly #settings: CheckpointSettings;
  readonly #memory: Memory;
  readonly #clock: Clock;
  readonly #sinks: ReadonlyMap<string, Sink>;
  readonly #settleSources: () => Promise<void>;
  readonly #sizeOf: (operator: string) => StateSize | undefined;
  readonly #onDone: (report: CheckpointReport) => void;
  readonly #wakeJob: () => void;
  #epoch: number;
  #startedMs: number;
  #endedMs = Number.NEGATIVE_INFINITY;
  /** What is being written. */
  #running: { readonly cut: Cut; readonly done: Promise<void> } | null = null;
  #onAsked: (request: StopRequest) => void = () => {};
  /** One that was asked for, and has not begun. */
  #savepoint: SavepointRequest | null = null;
  /** Which of them was heard last. */
  #heard: string | null = null;
  /** The last one of an input that has ended, when its rows are shown. */
  #ended: Omit<Manifest, 'pages'> | null = null;
  #failure: { readonly error: unknown } | null = null;
  readonly #onFailed: (diagnostics: readonly Diagnostic[]) => void;
  /** In succession. */
  #failures = 0;

  constructor(
    settings: CheckpointSettings,
    parts: {
      readonly memory: Memory;
      readonly clock: Clock;
      readonly sinks: ReadonlyMap<string, Sink>;
      /** What the sources have read by now is not lost any more. */
      readonly settleSources: () => Promise<void>;
      readonly sizeOf: (operator: string) => StateSize | undefined;
      readonly onDone: (report: CheckpointReport) => void;
      /** Ends the job's waiting. */
      readonly wakeJob: () => void;
      /** One came to nothing, and the job goes on. */
      readonly onFailed: (diagnostics: readonly Diagnostic[]) => void;
    },
  ) {
    this.#settings = settings;
    this.#memory = parts.memory;
    this.#clock = parts.clock;
    this.#sinks = parts.sinks;
    this.#settleSources = parts.settleSources;
    this.#sizeOf = parts.sizeOf;
    this.#onDone = parts.onDone;
    this.#wakeJob = parts.wakeJob;
    this.#onFailed = parts.onFailed;
    // The names of a damaged one are not used again: it would be whole with the files of another.
    this.#epoch = Math.max(settings.restored?.epoch ?? 0, settings.folder.newestEpoch);
    // The first of a job says where it began, and is due before it reads.
    this.#startedMs = settings.restored === null ? Number.NEGATIVE_INFINITY : parts.clock.elapsedMs();
  }

  /** @throws DiagnosticError F021 where the job runs already */
  async open(): Promise<void> {
    try {
      await this.#settings.folder.open();
    } catch (error) {
      if (!(error instanceof StreamError)) throw this.#told('the folder of the checkpoints cannot be used', error);
      fail('F021', null, error.message, { help: runsElsewhere });
    }
  }

  /** `onAsked`: another process wants the job to be stopped. It is told of it when the folder changes, and by `look`. */
  watch(onAsked: (request: StopRequest) => void): void {
    this.#onAsked = onAsked;
    this.#settings.folder.watch(() => this.look());
  }

  #lookOnce(): void {
    try {
      this.look();
    } catch (error) {
      // What the job ends with is told, whatever else cannot be read.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }

  look(): void {
    const { folder } = this.#settings;
    const request = folder.stopRequest();
    if (request !== null) this.#onAsked(request);
    const savepoint = folder.savepointRequest();
    if (savepoint === null || savepoint.id === this.#heard) return;
    this.#heard = savepoint.id;
    this.#savepoint = savepoint;
    this.#wakeJob();
  }

  async close(): Promise<void> {
    await this.#running?.done;
    // The request goes with the lock: what was asked by now is known to who makes the job again.
    this.#lookOnce();
    // A lock that stays is known to be nobody's, and who runs the job next takes the rest away.
    await this.#settings.folder.close().catch(() => {});
  }

  /** Shows what the checkpoint holds that the job goes on from, and drops what the sinks have beyond it. */
  async resume(): Promise<void> {
    const { restored } = this.#settings;
    for (const [id, sink] of this.#sinks) {
      const token = restored?.sinks[id] ?? null;
      await sink.resume?.(token);
      if (token !== null) await sink.commit?.(token);
    }
  }

  /** Whether a barrier is due. @throws what the last checkpoint failed with */
  isDue(): boolean {
    this.#check();
    if (this.#running !== null) return false;
    return this.dueInMs() <= 0;
  }

  /** How long until the next barrier, ms; Infinity while a checkpoint is in the making. */
  dueInMs(): number {
    if (this.#running !== null) return Number.POSITIVE_INFINITY;
    if (this.#savepoint !== null) return 0;
    const { intervalMs, minPauseMs } = this.#settings;
    const dueMs = Math.max(this.#startedMs + intervalMs, this.#endedMs + minPauseMs);
    return dueMs - this.#clock.elapsedMs();
  }

  /** Whether one is being written: it wants turns of the event loop. */
  get isWriting(): boolean {
    return this.#running !== null;
  }

  /**
   * A checkpoint of what has happened so far. `send` gives the graph its barrier; nothing may be on its way. Of a job whose
   * input has ended no state is kept: what its sinks have prepared is all there is left to do.
   */
  begin(send: (barrier: Barrier) => void, save: (epoch: number) => Progress, last: LastCheckpoint | null = null): void {
    this.#startedMs = this.#clock.elapsedMs();
    const cut = last === 'ended' ? this.#endingCut(save) : this.#cutNow(send, save, last !== null);
    const pauseMs = this.#clock.elapsedMs() - this.#startedMs;
    const done = this.#finish(cut, pauseMs)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#running = null;
        this.#endedMs = this.#clock.elapsedMs();
        // It may wait for rows that do not come: it knows neither of a failure yet nor when the next is due.
        this.#wakeJob();
      });
    this.#running = { cut, done };
  }

  /**
   * The input has ended: the one in the making is given up where it can be, as the last one is next and has all that it
   * holds. @throws what it failed with
   */
  async overtake(): Promise<void> {
    const cut = this.#running?.cut;
    if (cut !== undefined && cut.savepoint === null) {
      const mayWithdraw = [...cut.prepared.keys()].every((id) => this.#sinks.get(id)?.withdraw !== undefined);
      if (mayWithdraw) cut.writer?.overtake();
    }
    await this.settle();
  }

  /** Waits for the one in the making. @throws what it failed with */
  async settle(): Promise<void> {
    await this.#running?.done;
    this.#check();
  }

  /** The job has come to its end: there is nothing to go on from. */
  async end(): Promise<void> {
    const { folder } = this.#settings;
    // All is written and seen: to fail now would write it again.
    const isClear = await this.#tried('the checkpoints of a job that has ended could not be taken away', () =>
      folder.clear(),
    );
    if (!isClear && this.#ended !== null) await folder.restate(this.#ended).catch(() => {});
  }

  /** Whether it could be done; else it is told, as `failure` says, and the job is not worse for it. */
  async #tried(failure: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const told = this.#told(failure, error);
      if (!(told instanceof DiagnosticError)) throw told;
      this.#onFailed(told.diagnostics);
      return false;
    }
  }

  #cutNow(send: (barrier: Barrier) => void, save: (epoch: number) => Progress, isLast: boolean): Cut {
    const epoch = ++this.#epoch;
    const operators: Record<string, SavedNode> = {};
    send({
      passed: (id, running) => {
        const operator = this.#settings.operators.get(id);
        if (operator === undefined) throw new Error(`no state of "${id}"`);
        const { bytes, rows } = this.#sizeOf(id) ?? noState;
        const size = { bytes, rows };
        const { fingerprint, lineage } = operator;
        operators[id] = { fingerprint, lineage, state: operator.state.save(), running, size };
      },
    });
    const savepoint = this.#savepoint;
    this.#savepoint = null;
    // Who begins from a savepoint begins its files anew: those in work are shown with it.
    const prepared = this.#prepare(isLast || savepoint !== null);
    const { kernels } = this.#memory;
    for (const page of this.#settings.folder.sparsePages()) kernels.pageMark(page);
    const regions = stateRegions(this.#memory);
    const unmarked = [...this.#settings.operators.values()].flatMap(({ state }) => [...state.unmarked]);
    const writer = this.#settings.folder.begin(epoch, new DuePages(this.#memory, regions, unmarked));
    const manifest = { ...this.#heading(epoch), hasEnded: false, regions, operators, ...save(epoch) };
    return { epoch, startMs: this.#startedMs, manifest, isLast, prepared, writer, savepoint };
  }

  #endingCut(save: (epoch: number) => Progress): Cut {
    const epoch = ++this.#epoch;
    const regions = { heap: 0, ranges: [] };
    const manifest = { ...this.#heading(epoch), hasEnded: true, regions, operators: {}, ...save(epoch) };
    const prepared = this.#prepare(true);
    return { epoch, startMs: this.#startedMs, manifest, isLast: true, prepared, writer: null, savepoint: null };
  }

  #heading(epoch: number): Pick<Manifest, 'version' | 'release' | 'layout' | 'epoch' | 'atMs' | 'job' | 'began'> {
    const { script, began } = this.#settings;
    const made = { version: checkpointVersion, release, layout: layoutVersion };
    return { ...made, epoch, atMs: this.#clock.nowMs(), job: script, began };
  }

  #prepare(showsAll: boolean): ReadonlyMap<string, Promise<SavedValue>> {
    const prepared = new Map<string, Promise<SavedValue>>();
    for (const [id, sink] of this.#sinks) {
      const token = sink.prepare?.(showsAll);
      if (token === undefined) continue;
      // It is waited for behind the pages: until then a rejection is nobody's.
      token.catch(() => {});
      prepared.set(id, token);
    }
    return prepared;
  }

  async #finish(cut: Cut, pauseMs: number): Promise<void> {
    const { epoch, startMs, prepared } = cut;
    const sinks: Record<string, SavedValue> = {};
    let bytes = 0;
    try {
      bytes = await this.#write(cut, sinks);
    } catch (error) {
      cut.writer?.undo();
      // Of a job that ends with this nothing goes on.
      await Promise.allSettled(prepared.values());
      // A sink whose rows are not on the disk has failed, whatever else has.
      for (const [id, token] of prepared) sinks[id] = await token;
      if (error instanceof OvertakenCheckpoint) this.#withdraw(sinks);
      else this.#giveUp(error, cut, sinks);
      // With the next one.
      this.#savepoint ??= cut.savepoint;
      return;
    }
    this.#failures = 0;
    for (const [id, token] of Object.entries(sinks)) await this.#sinks.get(id)?.commit?.(token);
    const seen = { ...cut.manifest, sinks, isLast: cut.isLast };
    // From here on nothing of it is left to be shown; where that cannot be said, who goes on from it shows it once more.
    const { folder } = this.#settings;
    if (cut.manifest.hasEnded) this.#ended = seen;
    else if (cut.isLast) await folder.restate(seen).catch(() => {});
    if (cut.savepoint !== null) await this.#answer(cut.savepoint, seen);
    this.#onDone({ epoch, pauseMs, durationMs: this.#clock.elapsedMs() - startMs, bytes });
    // Of a job that has ended all is taken away.
    if (!cut.manifest.hasEnded) await this.#tried('older checkpoints could not be taken away', () => folder.clean());
  }

  /** The job is not worse for a savepoint that fails. */
  async #answer(request: SavepointRequest, seen: Omit<Manifest, 'pages'>): Promise<void> {
    const what = 'who has asked for a savepoint could not be answered';
    await this.#tried(what, () => this.#settings.folder.answerSavepoint(request, seen));
  }

  /** How many bytes it has. `sinks` gets what these have prepared. */
  async #write({ manifest, prepared, writer }: Cut, sinks: Record<string, SavedValue>): Promise<number> {
    const written = (await writer?.write()) ?? { file: null, pages: [], free: [] };
    await this.#settleSources();
    for (const [id, token] of prepared) sinks[id] = await token;
    await this.#settings.folder.publish({ ...manifest, sinks, isLast: false }, written);
    return written.file?.bytes ?? 0;
  }

  /** The job goes on without the checkpoint where that is tolerated. @throws what it failed with */
  #giveUp(failure: unknown, { epoch, isLast }: Cut, sinks: Readonly<Record<string, SavedValue>>): void {
    const told = this.#told(`checkpoint ${epoch} could not be written`, failure);
    // What is no word of the file system is a fault, and tolerated by nobody.
    if (!(told instanceof DiagnosticError) || isLast) throw told;
    if (++this.#failures > this.#settings.failuresMax) throw told;
    if (!this.#withdraw(sinks)) throw told;
    this.#onFailed(told.diagnostics);
  }

  /** What they have prepared belongs to the next checkpoint; false: one of them cannot have that. */
  #withdraw(prepared: Readonly<Record<string, SavedValue>>): boolean {
    for (const [id, token] of Object.entries(prepared)) {
      const sink = this.#sinks.get(id);
      if (sink?.withdraw === undefined) return false;
      sink.withdraw(token);
    }
    return true;
  }

  #told(what: string, failure: unknown): unknown {
    return checkpointFailure(failure, what, this.#settings.folder.path);
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
