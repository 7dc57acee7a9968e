import type { LookupSource, Sink, Source } from '../connectors/connector.ts';
import { keptBounds } from '../connectors/kept/kept-options.ts';
import { type Diagnostic, DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SessionSettings } from '../functions/value.ts';
import type { Memory } from '../memory/memory.ts';
import { LateRowScan } from '../operators/late-row-scan.ts';
import type { Operator } from '../operators/operator.ts';
import { noState } from '../operators/state-size.ts';
import type { PhysicalGraph, PhysicalSource } from '../physical/graph.ts';
import type { Manifest } from '../state/manifest.ts';
import type { StopRequest } from '../state/stop-request.ts';
import { type CheckpointReport, type CheckpointSettings, Checkpoints, type LastCheckpoint } from './checkpoints.ts';
import type { Clock } from './clock.ts';
import { type WiredGraph, wireGraph } from './graph.ts';
import { lateRowCuts } from './late-row-cuts.ts';
import { LookupRun } from './lookup-run.ts';
import { memoryFailure } from './memory-failure.ts';
import type { KeptCount, RowKeeper } from './row-keeper.ts';
import { Scheduler } from './scheduler.ts';
import { type SourceProgress, SourceRun } from './source-run.ts';

/** After so long without a pause the event loop gets a turn: for Ctrl-C, timers and the network. */
const turnAfterMs = 20;

/** And sooner where a source is fed by this very process: what it puts waits for the turn. */
const liveTurnAfterMs = 2;

const progressEveryMs = 500;

/** Rows that are kept wait for the disk so long at most while others come. */
const keepEveryMs = 1000;

/** What a job is made of: the plan and, by the ids in it, what runs. The job opens and closes all of it. */
export interface JobParts {
  readonly graph: PhysicalGraph;
  readonly memory: Memory;
  readonly session: SessionSettings;
  readonly clock: Clock;
  readonly sources: ReadonlyMap<string, Source>;
  /** Tables that are looked up. */
  readonly lookups: ReadonlyMap<string, LookupSource>;
  readonly operators: ReadonlyMap<string, Operator>;
  readonly sinks: ReadonlyMap<string, Sink>;
  /** `table.exec.source.idle-timeout`; 0: never idle. */
  readonly idleTimeoutMs: number;
  /** Told the processing time before anything happens at it: it stands still while a batch is processed. */
  readonly onTime?: (nowMs: number) => void;
  /** Null: it makes none. */
  readonly checkpoints?: CheckpointSettings | null;
  /** Told twice a second where the job stands. */
  readonly onProgress?: (progress: JobProgress) => void;
  /** Told what goes wrong and does not stop it. */
  readonly onWarning?: (diagnostics: readonly Diagnostic[]) => void;
  /** Keeps the rows that would be lost. */
  readonly keeper?: RowKeeper;
  /** How often the job has run before, and failed. */
  readonly restarts?: number;
}

/** Where a job stands; the same at its end. */
export interface JobProgress {
  /** Rows read. */
  readonly events: number;
  /** Rows given to the sinks, or to who asked: each change of a result is one. */
  readonly rowsOut: number;
  /** Shards that are read: files, parts of a stream. */
  readonly shards: number;
  /** The lowest of the sources' watermarks; null where there is none yet, or no event time. */
  readonly watermarkMs: number | null;
  /** Rows dropped since their windows were closed. */
  readonly lateRows: number;
  /** Of the rows that would have been lost: how many were kept, and in which table. */
  readonly kept: readonly KeptCount[];
  /** Rows left out since their event time is NULL. */
  readonly nullTimeRows: number;
  /** Records that could not be read, where the table says that they are left out. */
  readonly malformedRecords: number;
  /** Memory that the operators' state takes, in bytes; 0 when the job has ended. */
  readonly stateBytes: number;
  /** How often the job has failed, and gone on from its last checkpoint. */
  readonly restarts: number;
  /** Since the start. */
  readonly elapsedMs: number;
  /** Of the input, as it stands there. */
  readonly bytesRead: number;
  /** Null where it is not known. */
  readonly bytesTotal: number | null;
}

/** What an operator of a job has done so far. */
export interface JobMetrics {
  /** The operator's id in the plan, as EXPLAIN shows it: `window-aggregate-1`. */
  readonly operator: string;
  /** Rows that came to it. */
  readonly rowsIn: number;
  /** Rows that it sent. */
  readonly rowsOut: number;
  /** Rows dropped since their windows were closed. */
  readonly lateRows: number;
  /** Rows left out since their event time is NULL. */
  readonly nullTimeRows: number;
  /** Bytes of memory that its state takes now; 0 when the job has ended. */
  readonly stateBytes: number;
  /** Keys, groups and rows that its state holds now; 0 when the job has ended. */
  readonly stateRows: number;
}

/** How a job has ended, with its last counters. */
export interface JobSummary extends JobProgress {
  /**
   * `finished`: its input has ended. `stopped`: another process has asked for it. `suspended`: it is to go on from its
   * checkpoint at once.
   */
  readonly outcome: 'finished' | 'cancelled' | 'stopped' | 'suspended';
}

/** Why waiting ends. Without a reason the machine makes an error with its stack each time. */
const woken = 'woken';

/** A running statement: reads the sources, feeds the operators, waits for the sinks. Asynchronous only at these edges. */
export class Job {
  readonly #parts: JobParts;
  readonly #sources: readonly SourceRun[];
  readonly #lookups: readonly LookupRun[];
  readonly #scheduler: Scheduler;
  /** The last that is done; null: none yet. */
  lastCheckpoint: CheckpointReport | null = null;
  readonly #checkpoints: Checkpoints | null = null;
  readonly #stop = new AbortController();
  /** Of another process; null: none has come. */
  #request: StopRequest | null = null;
  /** Aborted when a source wakes the job or the job is stopped; anew for each time of waiting. */
  #waiting = new AbortController();
  readonly #startMs: number;
  #hasEnded = false;
  #hasBegun = false;

  constructor(parts: JobParts) {
    this.#parts = parts;
    this.#startMs = parts.clock.elapsedMs();
    const isKept = ({ scan }: PhysicalSource): boolean => scan.table.kept?.kind === 'late';
    const byTurn = [...parts.graph.sources.filter(isKept), ...parts.graph.sources.filter((each) => !isKept(each))];
    this.#sources = byTurn.map((each) => {
      const { id, scan } = each;
      const cuts = lateRowCuts(parts.graph, id);
      const source = parts.sources.get(id);
      if (source === undefined) throw new Error(`no source "${id}"`);
      return new SourceRun({
        id,
        source,
        memory: parts.memory,
        columnCount: scan.columns.length,
        isKept: isKept(each),
        scan:
          cuts === null
            ? null
            : new LateRowScan(parts.memory, parts.session, scan.schema, cuts.steps, {
                ...cuts,
                keepsFailures: keptBounds(scan.table, 'errors') !== null,
              }),
        marksSuffice: cuts?.marksSuffice ?? true,
        isOnlySource: parts.graph.sources.length === 1,
        idleTimeoutMs: parts.idleTimeoutMs,
        wakeJob: () => this.#wake(),
        nowMs: () => parts.clock.nowMs(),
        isTracked: (parts.checkpoints ?? null) !== null,
        saved: parts.checkpoints?.restored?.sources[id] ?? null,
      });
    });
    this.#lookups = parts.graph.lookups.map(({ id }) => {
      const source = parts.lookups.get(id);
      const reader = parts.graph.operators.find(({ inputs }) => inputs[1] === id);
      const operator = parts.operators.get(reader?.id ?? '');
      if (source === undefined || operator === undefined) throw new Error(`nobody looks up "${id}"`);
      return new LookupRun(id, source, operator);
    });
    this.#scheduler = new Scheduler(this.#sources);
    const { checkpoints, memory, clock, sinks } = parts;
    if (checkpoints !== undefined && checkpoints !== null) {
      this.#checkpoints = new Checkpoints(checkpoints, {
        memory,
        clock,
        sinks,
        settleSources: async () => {
          for (const source of this.#sources) await source.settle();
        },
        sizeOf: (id) => parts.operators.get(id)?.stateSize,
        onDone: (report) => {
          this.lastCheckpoint = report;
        },
        onFailed: (diagnostics) => this.#warn(diagnostics),
        wakeJob: () => this.#wake(),
      });
    }
  }

  /**
   * Runs to the end of the input, or until it is cancelled: what was sent by then is kept.
   * @throws DiagnosticError at the first failure; the sinks are told then to drop what is pending
   */
  async run(): Promise<JobSummary> {
    const { graph, operators, sinks, checkpoints } = this.#parts;
    const restored = checkpoints?.restored ?? null;
    const wired = wireGraph(graph, {
      sources: new Map([...this.#sources, ...this.#lookups].map(({ id, elements }) => [id, elements])),
      operators,
      sinks,
      ...(this.#parts.keeper === undefined ? {} : { keeper: this.#parts.keeper }),
      saved: new Map(Object.entries(restored?.operators ?? {}).map(([id, { running }]) => [id, running])),
    });
    const opened: Sink[] = [];
    let summary: JobSummary;
    try {
      summary = await this.#runToEnd(wired, opened);
    } catch (error) {
      const told = memoryFailure(error, this.#parts);
      await this.#checkpoints?.settle().catch(() => {});
      // What it has failed with is told, whatever else fails at its end.
      await this.#closeAll(wired, opened, this.#comesAgain).catch(() => {});
      throw told;
    }
    try {
      await this.#closeAll(wired, [], false);
    } catch (error) {
      // All that it has to show is shown: it has not failed, and must not run again.
      if (!(error instanceof DiagnosticError)) throw error;
      this.#warn(error.diagnostics);
    }
    return summary;
  }

  #warn(diagnostics: readonly Diagnostic[]): void {
    this.#parts.onWarning?.(diagnostics.map((each) => ({ ...each, severity: 'warning' })));
  }

  async #runToEnd(wired: WiredGraph, opened: Sink[]): Promise<JobSummary> {
    const { sinks, checkpoints } = this.#parts;
    const restored = checkpoints?.restored ?? null;
    await this.#checkpoints?.open();
    if (checkpoints?.stopsAtEach !== true) this.#checkpoints?.watch((request) => this.stop(request));
    for (const source of this.#sources) await source.open();
    for (const lookup of this.#lookups) await lookup.open();
    for (const sink of sinks.values()) {
      opened.push(sink);
      await sink.open();
    }
    await this.#checkpoints?.resume();
    await this.#parts.keeper?.begin();
    if (restored !== null) this.#scheduler.load(restored.scheduler);
    this.#hasBegun = true;
    const isCancelled = await this.#runOn(wired, restored);
    if (isCancelled === null) {
      for (const sink of opened) await sink.abort();
      return { ...this.progress(), outcome: 'suspended' };
    }
    for (const sink of opened) await sink.finish();
    if (!isCancelled) await this.#checkpoints?.end();
    const word = this.#request === null ? 'cancelled' : 'stopped';
    return { ...this.progress(), outcome: isCancelled ? word : 'finished' };
  }

  /** Whether a job that has failed begins from its start when it is run again, with the same rows. */
  get #comesAgain(): boolean {
    return this.#checkpoints !== null && this.checkpointEpoch === null && this.sourceReadOnce === null;
  }

  /** Closes all there is, also where one of them cannot be closed as it should. @throws what the first failed with */
  async #closeAll(wired: WiredGraph, aborted: readonly Sink[], comesAgain: boolean): Promise<void> {
    const { keeper } = this.#parts;
    const failures: unknown[] = [];
    const close = async (work: () => Promise<void> | void): Promise<void> => {
      try {
        await work();
      } catch (error) {
        failures.push(error);
      }
    };
    for (const sink of aborted) await close(() => sink.abort());
    await close(() => wired.unsubscribe());
    for (const source of [...this.#sources, ...this.#lookups]) await close(() => source.close());
    await close(() => this.#checkpoints?.close());
    this.#hasEnded = true;
    await close(() => keeper?.close(comesAgain));
    await close(() => this.#release());
    if (failures.length > 0) throw failures[0];
  }

  /** Gives the memory back: not one that has ended, of which perhaps nothing is whole. */
  #release(): void {
    const { operators, keeper, memory } = this.#parts;
    if (memory.isExhausted) return;
    for (const operator of operators.values()) operator.close();
    for (const source of this.#sources) source.release();
    keeper?.release();
  }

  /** Until its input has ended, or it was cancelled; null: it is to go on from its checkpoint at once. */
  async #runOn(wired: WiredGraph, restored: Manifest | null): Promise<boolean | null> {
    // With its last checkpoint the job had shown all that came of it.
    if (restored?.hasEnded === true) return false;
    if ((await this.#feed(wired)) === 'suspended') return null;
    const isCancelled = this.#stop.signal.aborted;
    if (this.#request?.drains === true) await this.#drain(wired);
    await this.#flushKept();
    await this.#lastCheckpoint(wired, isCancelled ? 'stopped' : 'ended');
    return isCancelled;
  }

  /** Whether its input has an end. */
  get isBounded(): boolean {
    return [...this.#parts.sources.values()].every(({ bounded }) => bounded);
  }

  /** All that it reads and writes has been opened. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** The checkpoint that a restart goes on from; null: none yet, or the job makes none. */
  get checkpointEpoch(): number | null {
    return this.lastCheckpoint?.epoch ?? this.#parts.checkpoints?.restored?.epoch ?? null;
  }

  /** A table whose rows cannot be read a second time from where a checkpoint was; null: none is. */
  get sourceReadOnce(): string | null {
    const { graph, sources } = this.#parts;
    return graph.sources.find(({ id }) => sources.get(id)?.save === undefined)?.scan.table.path.name ?? null;
  }

  /** Stops after the batch at hand. */
  cancel(): void {
    this.#stop.abort();
    this.#wake();
  }

  /** As `cancel`, for who has asked from elsewhere. */
  stop(request: StopRequest): void {
    this.#request ??= request;
    this.cancel();
  }

  /** How it was asked from elsewhere to stop; null: it was not. */
  get asked(): StopRequest | null {
    return this.#request;
  }

  #wake(): void {
    this.#waiting.abort(woken);
  }

  progress(): JobProgress {
    const sources = this.#sources.map((source) => source.progress);
    const sum = (of: (progress: SourceProgress) => number) => sources.reduce((total, each) => total + of(each), 0);
    const metrics = [...this.#parts.operators.values()].map((operator) => operator.metrics);
    const timed = this.#sources.filter(({ hasTime, reachedMs }) => hasTime && reachedMs > Number.NEGATIVE_INFINITY);
    const watermarkMs = Math.min(...timed.map(({ reachedMs }) => reachedMs));
    return {
      events: sum(({ rows }) => rows),
      rowsOut: this.#rowsOut(),
      shards: sum(({ shards }) => shards),
      watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs : null,
      lateRows: metrics.reduce((total, { lateRows }) => total + lateRows, 0),
      kept: this.#parts.keeper?.counts ?? [],
      nullTimeRows: metrics.reduce((total, { nullTimeRows }) => total + nullTimeRows, 0),
      malformedRecords: sum(({ malformedRecords }) => malformedRecords),
      stateBytes: this.metrics().reduce((total, { stateBytes }) => total + stateBytes, 0),
      restarts: this.#parts.restarts ?? 0,
      elapsedMs: this.#parts.clock.elapsedMs() - this.#startMs,
      bytesRead: sum(({ bytesRead }) => bytesRead),
      bytesTotal: sources.some(({ bytesTotal }) => bytesTotal === null)
        ? null
        : sum(({ bytesTotal }) => bytesTotal ?? 0),
    };
  }

  /** Counters of each operator, in the order of the plan. */
  metrics(): readonly JobMetrics[] {
    const isGone = this.#hasEnded || this.#parts.memory.isExhausted;
    return [...this.#parts.operators].map(([id, operator]) => {
      const { rowsIn, rowsOut, lateRows, nullTimeRows } = operator.metrics;
      const { bytes: stateBytes, rows: stateRows } = isGone ? noState : operator.stateSize;
      return { operator: id, rowsIn, rowsOut, lateRows, nullTimeRows, stateBytes, stateRows };
    });
  }

  #rowsRead(): number {
    return this.#sources.reduce((total, { progress }) => total + progress.rows, 0);
  }

  #rowsOut(): number {
    const { graph, operators } = this.#parts;
    const sent = (id: string): number =>
      operators.get(id)?.metrics.rowsOut ?? this.#sources.find((source) => source.id === id)?.progress.rows ?? 0;
    return graph.sinks.reduce((total, { input }) => total + sent(input), 0);
  }

  /** The loop: one batch of one shard, then what the sinks want to be waited for, then perhaps a turn for others. */
  async #feed(wired: WiredGraph): Promise<'ended' | 'suspended'> {
    const { clock, onTime, onProgress, checkpoints } = this.#parts;
    const stopsAtEach = checkpoints?.stopsAtEach === true;
    // What cannot be read from where it was would be read for ever.
    const isReplayable = this.sourceReadOnce === null;
    const mayStop = (): boolean => !stopsAtEach || (isReplayable && this.#rowsRead() > rowsAtStart);
    const { signal } = this.#stop;
    onTime?.(clock.nowMs());
    wired.start.next({ kind: 'watermark', watermarkMs: Number.POSITIVE_INFINITY });
    wired.start.next({ kind: 'end' });
    await this.#settle(wired);
    const isLive = [...this.#parts.sources.values()].some(({ listen }) => listen !== undefined);
    const turnMaxMs = isLive ? liveTurnAfterMs : turnAfterMs;
    let turnMs = clock.elapsedMs();
    let progressMs = turnMs;
    let keptMs = turnMs;
    const rowsAtStart = this.#rowsRead();
    while (!signal.aborted) {
      const nowMs = clock.nowMs();
      onTime?.(nowMs);
      this.#fireTimers(nowMs);
      for (const source of this.#sources) {
        if (!source.hasEnded) await source.discover(nowMs);
        source.leaveOutIdle(nowMs);
        source.endIfDone();
      }
      await this.#settle(wired);
      if (this.#sources.every(({ hasEnded }) => hasEnded)) return 'ended';
      if (this.#checkpoints?.isDue() === true && mayStop()) {
        // What a checkpoint says has happened is kept by then.
        await this.#flushKept();
        this.#sendBarrier(wired, this.#checkpoints);
        await this.#settle(wired);
        if (stopsAtEach) {
          await this.#checkpoints.settle();
          return 'suspended';
        }
      }
      // What wakes the job from here on is not missed: it then does not wait.
      if (this.#waiting.signal.aborted && !signal.aborted) this.#waiting = new AbortController();
      const didWork = await this.#step(nowMs);
      await this.#settle(wired);
      if (onProgress !== undefined && clock.elapsedMs() - progressMs >= progressEveryMs) {
        progressMs = clock.elapsedMs();
        onProgress(this.progress());
        this.#checkpoints?.look();
      }
      if (!didWork || this.#parts.keeper?.isFull === true || clock.elapsedMs() - keptMs >= keepEveryMs) {
        keptMs = clock.elapsedMs();
        await this.#flushKept();
      }
      if (!didWork) {
        await this.#waitForMore(nowMs);
        turnMs = clock.elapsedMs();
      } else if (clock.elapsedMs() - turnMs >= (this.#checkpoints?.isWriting === true ? liveTurnAfterMs : turnMaxMs)) {
        await clock.giveTurn();
        turnMs = clock.elapsedMs();
      }
    }
    return 'ended';
  }

  /**
   * Writes the rows that are kept. Not before the first checkpoint is written: by it, those that come again behind a crash
   * are known.
   */
  async #flushKept(): Promise<void> {
    const { keeper } = this.#parts;
    if (keeper?.hasPending !== true) return;
    if (this.checkpointEpoch === null) await this.#checkpoints?.settle();
    await keeper.flush();
  }

  #sendBarrier(wired: WiredGraph, checkpoints: Checkpoints, last: LastCheckpoint | null = null): void {
    checkpoints.begin(
      (barrier) => {
        wired.start.next({ kind: 'barrier', barrier });
        for (const { elements } of this.#sources) elements.next({ kind: 'barrier', barrier });
        wired.check();
      },
      (epoch) => ({
        sources: Object.fromEntries(this.#sources.map((source) => [source.id, source.save()])),
        scheduler: this.#scheduler.save(),
        keeper: this.#parts.keeper?.save(epoch) ?? null,
      }),
      last,
    );
  }

  /** Sends what waits for time to pass, as if the input had ended here. */
  async #drain(wired: WiredGraph): Promise<void> {
    for (const source of this.#sources) if (!source.hasEnded) source.drain();
    await this.#settle(wired);
  }

  /** Of all that has happened: what the sinks have is committed with it. */
  async #lastCheckpoint(wired: WiredGraph, last: LastCheckpoint): Promise<void> {
    if (this.#checkpoints === null) return;
    await (last === 'ended' ? this.#checkpoints.overtake() : this.#checkpoints.settle());
    this.#sendBarrier(wired, this.#checkpoints, last);
    await this.#settle(wired);
    await this.#checkpoints.settle();
  }

  /** Reads or sends one batch; false where no shard has anything. */
  async #step(nowMs: number): Promise<boolean> {
    const turn = this.#scheduler.next(nowMs);
    if (turn === null) return false;
    const { source, shard } = turn;
    if (shard.held === null && !(await source.read(shard, nowMs))) {
      if (shard.hasEnded || shard.askAgainMs !== null) this.#scheduler.endTurn();
      return true;
    }
    const sent = source.send(shard, (watermarkMs) => this.#scheduler.waitsFor(watermarkMs, nowMs));
    if (!sent) this.#scheduler.endTurn();
    return true;
  }

  /**
   * The back pressure: nothing is read until the sinks have taken what came of the last batch, and rows that wait for a
   * table that is looked up have gone on.
   */
  async #settle(wired: WiredGraph): Promise<void> {
    for (;;) {
      wired.check();
      const pending = wired.takePending();
      if (pending.length > 0) await Promise.all(pending);
      let hasAnswered = false;
      for (const lookup of this.#lookups) {
        if (!this.#stop.signal.aborted && (await lookup.answer(this.#stop.signal))) hasAnswered = true;
      }
      if (!hasAnswered) return;
    }
  }

  #fireTimers(nowMs: number): void {
    const dueMs = this.#timerMs();
    if (dueMs === null || dueMs > nowMs) return;
    for (const { elements, hasEnded } of this.#sources) if (!hasEnded) elements.next({ kind: 'clock', nowMs });
  }

  #timerMs(): number | null {
    let earliest: number | null = null;
    for (const operator of this.#parts.operators.values()) {
      const timerMs = operator.processingTimerMs ?? null;
      if (timerMs !== null && (earliest === null || timerMs < earliest)) earliest = timerMs;
    }
    return earliest;
  }

  /** Waits until a shard may have rows, a timer is due, a shard becomes idle, or new shards may have appeared. */
  async #waitForMore(nowMs: number): Promise<void> {
    const checkpointInMs = this.#checkpoints?.dueInMs() ?? Number.POSITIVE_INFINITY;
    const due = [this.#timerMs(), nowMs + checkpointInMs];
    for (const source of this.#sources) {
      if (source.hasEnded) continue;
      due.push(source.discoverAtMs, source.idleAtMs);
      for (const { hasEnded, askAgainMs } of source.shards) if (!hasEnded) due.push(askAgainMs);
    }
    // Nothing is due where all sources wake the job by themselves.
    const next = Math.min(...due.filter((dueMs) => dueMs !== null));
    await this.#parts.clock.wait(Math.max(1, next - nowMs), this.#waiting.signal);
  }
}
