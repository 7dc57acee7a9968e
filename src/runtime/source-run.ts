import { Subject } from 'rxjs';
import type { Source } from '../connectors/connector.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import type { Batch } from '../memory/batch.ts';
import { shardTime } from '../memory/batch.ts';
import type { Memory } from '../memory/memory.ts';
import type { SavedValue } from '../memory/operator-state.ts';
import type { LateRowScan } from '../operators/late-row-scan.ts';
import type { Element } from './element.ts';
import { type Held, type SavedShard, ShardRun } from './shard-run.ts';
import { mergedWatermark, watermarkFromI64, watermarkToI64 } from './watermarks.ts';

/**
 * Rows that a shard may send before another has its turn. A fixed number, so that the order in which the rows of
 * several shards meet does not depend on the size of batches; of the default batch's size, so that a turn is a batch.
 */
export const turnRowsMax = 8192;

/** An unbounded source that does not wake the job is asked for new shards this often. */
const discoverEveryMs = 250;

export interface SourceRunParts {
  readonly id: string;
  readonly source: Source;
  readonly memory: Memory;
  readonly columnCount: number;
  /** The rows of `t$late`: time stands still before them, and so they are read first. */
  readonly isKept: boolean;
  /** Null where no watermark is computed over the source. */
  readonly scan: LateRowScan | null;
  /** With one shard alone, batches need no cut (see `LateRowCuts`). */
  readonly marksSuffice: boolean;
  /** No other source is read in the job. */
  readonly isOnlySource: boolean;
  /** A shard without rows for so long does not hold time back; 0: it does. */
  readonly idleTimeoutMs: number;
  /** Ends the job's waiting. */
  readonly wakeJob: () => void;
  readonly nowMs: () => number;
  /** Checkpoints are made of the job. */
  readonly isTracked: boolean;
  /** Of the checkpoint that the job goes on from; null: it starts anew. */
  readonly saved: SavedValue;
}

/** A source in a checkpoint. */
type SavedSource = {
  readonly source: SavedValue;
  readonly shards: readonly SavedShard[];
  readonly watermarkMs: number;
  readonly hasEnded: boolean;
  readonly isIdle: boolean;
  readonly shardCount: number;
  readonly succeeded: { readonly [Name in keyof SourceProgress]: SourceProgress[Name] };
};

/** A source of a checkpoint, as far as it is the same for all connectors. */
export function savedSource(saved: SavedValue): Pick<SavedSource, 'shards' | 'watermarkMs' | 'hasEnded'> & {
  readonly rows: number;
} {
  const { shards, watermarkMs, hasEnded, succeeded } = saved as SavedSource;
  const rows = shards.reduce((sum, shard) => sum + shard.rows, succeeded.rows);
  return { shards, watermarkMs, hasEnded, rows };
}

/** What a source has done so far. */
export interface SourceProgress {
  readonly rows: number;
  readonly shards: number;
  readonly malformedRecords: number;
  readonly bytesRead: number;
  /** Null where it is not known. */
  readonly bytesTotal: number | null;
}

/** A source while it is read: its shards, their merged time, and the stream of elements that the operators subscribe to. */
export class SourceRun {
  readonly id: string;
  readonly elements = new Subject<Element>();
  readonly hasTime: boolean;
  readonly bounded: boolean;
  shards: readonly ShardRun[] = [];
  /** The watermark that was sent. */
  watermarkMs = Number.NEGATIVE_INFINITY;
  hasEnded = false;
  readonly #parts: SourceRunParts;
  #isIdle = false;
  #discoveredMs = Number.NEGATIVE_INFINITY;
  #mayHaveShards = false;
  #shardCount = 0;
  /** What shards did that ended and were succeeded by others: those are not kept. */
  #succeeded: SourceProgress = { rows: 0, shards: 0, malformedRecords: 0, bytesRead: 0, bytesTotal: 0 };

  constructor(parts: SourceRunParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.hasTime = parts.scan !== null || parts.isKept;
    this.bounded = parts.source.bounded;
  }

  async open(): Promise<void> {
    const { source, saved } = this.#parts;
    source.listen?.(() => this.#wakeUp());
    const known = saved as SavedSource | null;
    if (known?.source !== undefined && known.source !== null) source.resume?.(known.source);
    await source.open();
    if (known !== null) await this.#load(known);
  }

  /** @throws DiagnosticError F013 where a shard is gone that had more to read */
  #refuseGone(saved: readonly SavedShard[]): void {
    const names = new Set(this.shards.map(({ reader }) => reader.name));
    const { lost } = this.#parts.source;
    const gone = saved.find(({ name, hasEnded }) => !hasEnded && !names.has(name) && lost?.has(name) !== true);
    if (gone === undefined) return;
    fail('F013', null, `"${gone.name}" is gone, of which the job had read ${gone.rows.toLocaleString('en')} rows`, {
      help: 'put it back, or start the job anew',
    });
  }

  /** What was read is not lost: before a checkpoint says that it was read. */
  async settle(): Promise<void> {
    await this.#parts.source.settle?.();
  }

  /** For a checkpoint. */
  save(): SavedValue {
    const { source } = this.#parts;
    const positions = new Map(this.shards.map((shard) => [shard.reader, shard.position.position]));
    const saved: SavedSource = {
      source: source.save?.(positions) ?? null,
      shards: this.shards.map((shard) => shard.save()),
      watermarkMs: this.watermarkMs,
      hasEnded: this.hasEnded,
      isIdle: this.#isIdle,
      shardCount: this.#shardCount,
      succeeded: this.#succeeded,
    };
    return saved;
  }

  async #load(saved: SavedSource): Promise<void> {
    this.watermarkMs = saved.watermarkMs;
    this.hasEnded = saved.hasEnded;
    this.#isIdle = saved.isIdle;
    this.#succeeded = saved.succeeded;
    if (this.hasEnded) return;
    // Without a place to go on from, all shards are read as at a start.
    const indices = new Map(saved.source === null ? [] : saved.shards.map(({ name, index }) => [name, index]));
    this.#shardCount = saved.shardCount;
    await this.#takeShards(this.#parts.nowMs(), indices);
    const { lost } = this.#parts.source;
    const kept = saved.shards.filter(({ name }) => lost?.has(name) !== true);
    const shards = new Map(kept.map((shard) => [shard.name, shard]));
    if (saved.source !== null) this.#refuseGone(saved.shards);
    for (const shard of this.shards) {
      const known = shards.get(shard.reader.name);
      if (known !== undefined && saved.source !== null) shard.load(known);
      else shard.watermarkMs = Math.max(shard.watermarkMs, this.watermarkMs);
    }
    this.shards = [...this.shards].sort((a, b) => a.index - b.index);
  }

  /** The source has something new: what waited for a time is ready now, and new shards are looked for. */
  #wakeUp(): void {
    if (!this.bounded && this.#discoveredMs !== Number.NEGATIVE_INFINITY) this.#mayHaveShards = true;
    for (const shard of this.shards) shard.askAgainMs = null;
    this.#parts.wakeJob();
  }

  /** Finds shards: all of a bounded source at once, those that appeared in an unbounded one when it says so, or from time to time. */
  async discover(nowMs: number): Promise<void> {
    const isFirst = this.#discoveredMs === Number.NEGATIVE_INFINITY;
    if (!isFirst && (this.discoverAtMs ?? Number.POSITIVE_INFINITY) > nowMs) return;
    await this.#takeShards(nowMs);
  }

  /** `indices`: of shards that had one before a restart, by their names. */
  async #takeShards(nowMs: number, indices: ReadonlyMap<string, number> = new Map()): Promise<void> {
    this.#discoveredMs = nowMs;
    this.#mayHaveShards = false;
    const readers = await this.#parts.source.shards();
    const known = new Map(this.shards.map((shard) => [shard.reader, shard]));
    const { memory, columnCount, isTracked } = this.#parts;
    for (const reader of readers) {
      if (known.has(reader)) continue;
      const parents = (reader.parents ?? []).flatMap((parent) => known.get(parent) ?? []);
      const index = indices.get(reader.name) ?? this.#shardCount++;
      const shard = new ShardRun({ memory, reader, index, columnCount, nowMs, parents, isTracked });
      known.set(reader, shard);
    }
    if (known.size > this.shards.length) this.shards = [...known.values()];
  }

  /** When `discover` has something to do again; null: never. */
  get discoverAtMs(): number | null {
    if (this.#mayHaveShards) return this.#discoveredMs;
    return this.bounded || this.#parts.source.listen !== undefined ? null : this.#discoveredMs + discoverEveryMs;
  }

  /**
   * Reads the shard's next batch where none is held. False: it had nothing, or has ended.
   * @throws DiagnosticError at a malformed row
   */
  async read(shard: ShardRun, nowMs: number): Promise<boolean> {
    const read = shard.read();
    const result = read instanceof Promise ? await read : read;
    switch (result.kind) {
      case 'batch':
        shard.lastRowsMs = nowMs;
        shard.askAgainMs = null;
        this.#wake(shard);
        if (result.batch.rowCount === 0) return false;
        // A shard that joins in, or comes back, behind the time that was sent takes that time.
        shard.watermarkMs = Math.max(shard.watermarkMs, this.watermarkMs);
        shard.hold(result.batch, this.#lateRows(shard, result.batch));
        return shard.held !== null;
      case 'idle':
        shard.askAgainMs = nowMs + Math.max(1, result.waitMs);
        return false;
      case 'end':
        // The children hold time back before their parent lets it go.
        if (result.hasChildren === true) await this.#takeShards(nowMs);
        shard.hasEnded = true;
        await shard.close();
        for (const child of this.shards) child.parentHasEnded(shard, nowMs);
        this.#advance();
        if (result.hasChildren === true) this.#drop(shard);
        return false;
    }
  }

  /**
   * Sends held rows, up to the first that must wait: for other shards to come to this one's time, or for the next turn.
   * False: already the first row waits. `waitsFor`: whether a shard further behind than a watermark will be read.
   */
  send(shard: ShardRun, waitsFor: (watermarkMs: number) => boolean): boolean {
    const { held } = shard;
    if (held === null) return false;
    const to = this.#cut(held, shard.turnRows, waitsFor);
    if (to === held.from) return false;
    const { memory } = this.#parts;
    const at = shard.timeAddress >> 3;
    const before = watermarkToI64(shard.watermarkMs);
    memory.i64[at + shardTime.before / 8] = before;
    memory.i64[at + shardTime.others / 8] = watermarkToI64(this.#others(shard));
    memory.i64[at + shardTime.after / 8] = before;
    const firstRow = held.from;
    const batch = shard.take(held, to, this.hasTime);
    const { reader } = shard;
    const origin = {
      source: this.#parts.id,
      place: (rowIndex: number) => reader.place(firstRow + rowIndex),
      record: (rowIndex: number) => reader.record?.(firstRow + rowIndex) ?? null,
      // An object of its own, so that the rows of two batches are not taken for each other's.
      batch: { ...batch },
      row: (rowIndex: number) => rowIndex,
    };
    this.elements.next({ kind: 'batch', batch, origin });
    if (this.hasTime) {
      shard.watermarkMs = watermarkFromI64(memory.i64[at + shardTime.after / 8] ?? 0n);
      this.#advance();
    }
    return true;
  }

  /** Leaves shards out that had no rows for the idle timeout. */
  leaveOutIdle(nowMs: number): void {
    const timeoutMs = this.#parts.idleTimeoutMs;
    if (timeoutMs === 0 || !this.hasTime || this.hasEnded) return;
    for (const shard of this.shards) {
      if (
        shard.hasEnded ||
        shard.isIdle ||
        shard.isWaiting ||
        shard.askAgainMs === null ||
        nowMs - shard.lastRowsMs < timeoutMs
      )
        continue;
      shard.isIdle = true;
    }
    this.#advance();
    this.#sendIdle();
  }

  /** When the next shard becomes idle; null: none is about to. */
  get idleAtMs(): number | null {
    const timeoutMs = this.#parts.idleTimeoutMs;
    if (timeoutMs === 0 || !this.hasTime) return null;
    const waiting = this.shards.filter((shard) => !shard.hasEnded && !shard.isIdle && shard.askAgainMs !== null);
    return waiting.length === 0 ? null : Math.min(...waiting.map(({ lastRowsMs }) => lastRowsMs + timeoutMs));
  }

  /** Ends the stream when all shards of a bounded source have ended. */
  endIfDone(): void {
    if (this.hasEnded || !this.bounded || this.shards.some(({ hasEnded }) => !hasEnded)) return;
    this.hasEnded = true;
    this.elements.next({ kind: 'watermark', watermarkMs: Number.POSITIVE_INFINITY });
    this.elements.next({ kind: 'end' });
  }

  /** Time is over, though rows may come later: they are late. */
  drain(): void {
    this.watermarkMs = Number.POSITIVE_INFINITY;
    for (const shard of this.shards) shard.watermarkMs = this.watermarkMs;
    this.elements.next({ kind: 'watermark', watermarkMs: this.watermarkMs });
  }

  /** How far time has come: the watermark, or at the end the highest of the shards'. */
  get reachedMs(): number {
    return this.hasEnded ? Math.max(...this.shards.map(({ watermarkMs }) => watermarkMs)) : this.watermarkMs;
  }

  /** What all shards have done so far. */
  get progress(): SourceProgress {
    let progress = this.#succeeded;
    for (const shard of this.shards) progress = withShard(progress, shard);
    return progress;
  }

  async close(): Promise<void> {
    for (const shard of this.shards) if (!shard.hasEnded) await shard.close();
    await this.#parts.source.close();
  }

  /** Gives the memory back; the operators are closed by then. */
  release(): void {
    for (const shard of this.shards) shard.release();
    this.#parts.scan?.close();
  }

  /** The row before which the held batch is cut. */
  #cut(held: Held, turnRows: number, waitsFor: (watermarkMs: number) => boolean): number {
    const rest = held.batch.rowCount - held.from;
    const end = held.from + (this.#isAlone ? rest : Math.min(rest, turnRowsMax - turnRows));
    for (const { rowIndex, watermarkMs } of held.lateRows) {
      if (rowIndex >= end) break;
      if (waitsFor(watermarkMs)) return rowIndex;
      const isDue = !this.#parts.marksSuffice && watermarkMs > this.watermarkMs;
      if (isDue && rowIndex > held.from) return rowIndex;
    }
    return end;
  }

  /** No other shard's rows come between this one's. */
  get #isAlone(): boolean {
    return this.shards.length === 1 && this.#parts.isOnlySource;
  }

  #lateRows(shard: ShardRun, batch: Batch): ReturnType<LateRowScan['find']> {
    const { scan, marksSuffice } = this.#parts;
    if (scan === null || (this.#isAlone && marksSuffice)) return [];
    return scan.find(batch, watermarkToI64(shard.watermarkMs));
  }

  /** The lowest watermark of the other shards; never below what was sent, for shards that joined in later. */
  #others(shard: ShardRun): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const other of this.shards) {
      if (other !== shard && !other.isIdle && !other.hasEnded && other.watermarkMs < lowest) lowest = other.watermarkMs;
    }
    return Math.max(lowest, this.watermarkMs);
  }

  /** Sends the merged watermark when it has risen. */
  #advance(): void {
    if (!this.hasTime) return;
    const watermarkMs = mergedWatermark(this.shards, this.watermarkMs);
    if (watermarkMs <= this.watermarkMs) return;
    this.watermarkMs = watermarkMs;
    this.elements.next({ kind: 'watermark', watermarkMs });
  }

  /** Forgets a shard that others have succeeded, so that a stream that is split and merged for days stays small. */
  #drop(shard: ShardRun): void {
    this.#succeeded = withShard(this.#succeeded, shard);
    this.shards = this.shards.filter((each) => each !== shard);
    shard.release();
  }

  #wake(shard: ShardRun): void {
    if (!shard.isIdle) return;
    shard.isIdle = false;
    this.#sendIdle();
  }

  #sendIdle(): void {
    const isIdle =
      this.shards.some((shard) => shard.isIdle) &&
      this.shards.every((shard) => shard.isIdle || shard.hasEnded || shard.isWaiting);
    if (isIdle === this.#isIdle) return;
    this.#isIdle = isIdle;
    this.elements.next({ kind: 'idle', isIdle });
  }
}

function withShard(progress: SourceProgress, { rows, reader }: ShardRun): SourceProgress {
  const { malformedRecords, bytesRead, bytesTotal } = reader.progress;
  return {
    rows: progress.rows + rows,
    shards: progress.shards + 1,
    malformedRecords: progress.malformedRecords + malformedRecords,
    bytesRead: progress.bytesRead + bytesRead,
    bytesTotal: progress.bytesTotal === null || bytesTotal === null ? null : progress.bytesTotal + bytesTotal,
  };
}
