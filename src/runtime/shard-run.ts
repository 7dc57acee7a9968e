import type { ReadResult, ShardReader } from '../connectors/connector.ts';
import { type Batch, descriptor, shardTime } from '../memory/batch.ts';
import { BatchSlice } from '../memory/batch-slice.ts';
import type { Memory } from '../memory/memory.ts';
import type { SavedValue } from '../memory/operator-state.ts';
import type { LateRow } from '../operators/late-row-scan.ts';
import type { WatermarkInput } from './watermarks.ts';

/** What is left of the batch that was read last. */
export interface Held {
  readonly batch: Batch;
  /** The next row to go on. */
  from: number;
  /** Rows behind the shard's watermark, those from `from` on first. */
  lateRows: LateRow[];
}

/** A shard in a checkpoint. */
export type SavedShard = {
  readonly name: string;
  readonly index: number;
  readonly watermarkMs: number;
  readonly isIdle: boolean;
  readonly hasEnded: boolean;
  readonly isWaiting: boolean;
  readonly turnRows: number;
  readonly rows: number;
  /** Where its reader goes on, for people: the source keeps its own. */
  readonly position: SavedValue;
  readonly skip: number;
};

/** A shard while it is read: its time, and the batch of which not all rows have gone on yet. */
export class ShardRun implements WatermarkInput {
  readonly reader: ShardReader;
  /** The place among the source's shards, in the order of their names. */
  readonly index: number;
  watermarkMs = Number.NEGATIVE_INFINITY;
  isIdle = false;
  hasEnded = false;
  /** The shards that this one goes on from; none once it goes on. */
  #parents: readonly ShardRun[];
  /** Nothing to read before this time; null: ready. */
  askAgainMs: number | null = null;
  /** When the shard last had rows. */
  lastRowsMs: number;
  /** Rows that went on since the scheduler chose this shard. */
  turnRows = 0;
  /** Of the `ShardTime` struct in memory. */
  readonly timeAddress: number;
  held: Held | null = null;
  /** Rows to come that had gone on before a restart. */
  #skip = 0;
  /** Checkpoints are made: where each batch was read from is noted. */
  readonly #isTracked: boolean;
  /** Where what is held was read from, where that is asked for. */
  #heldFrom: SavedValue = null;
  /** Rows from there to the front of what is held, or of what is skipped. */
  #heldSkip = 0;
  readonly #memory: Memory;
  readonly #slice: BatchSlice;
  #rowsGone = 0;

  constructor(parts: {
    readonly memory: Memory;
    readonly reader: ShardReader;
    readonly index: number;
    readonly columnCount: number;
    readonly nowMs: number;
    readonly parents: readonly ShardRun[];
    readonly isTracked: boolean;
  }) {
    const { memory, reader, index, columnCount, nowMs, parents, isTracked } = parts;
    this.#memory = memory;
    this.#isTracked = isTracked;
    this.reader = reader;
    this.index = index;
    this.lastRowsMs = nowMs;
    this.#parents = parents.filter(({ hasEnded }) => !hasEnded);
    // Time waits for it from where its parents end on.
    if (this.isWaiting) this.watermarkMs = Number.POSITIVE_INFINITY;
    this.timeAddress = memory.alloc(shardTime.bytes);
    this.#slice = new BatchSlice(memory, columnCount);
  }

  /** Not all of its parents have ended: it is not read yet. */
  get isWaiting(): boolean {
    return this.#parents.length > 0;
  }

  /** A parent has ended: its rows may go on here with any time that is not late there. */
  parentHasEnded(parent: ShardRun, nowMs: number): void {
    if (!this.#parents.includes(parent)) return;
    this.#parents = this.#parents.filter((each) => each !== parent);
    this.watermarkMs = Math.min(this.watermarkMs, parent.watermarkMs);
    this.lastRowsMs = nowMs;
  }

  /** Rows that went on. */
  get rows(): number {
    return this.#rowsGone;
  }

  read(): ReadResult | Promise<ReadResult> {
    if (this.#isTracked && this.#skip === 0) {
      this.#heldFrom = this.reader.position?.() ?? null;
      this.#heldSkip = this.reader.partRows ?? 0;
    }
    return this.reader.read();
  }

  /** Holds a batch, but for rows that had gone on before a restart. */
  hold(batch: Batch, lateRows: LateRow[]): void {
    const from = Math.min(this.#skip, batch.rowCount);
    this.#skip -= from;
    if (from === batch.rowCount) this.#heldSkip += from;
    if (from === batch.rowCount) return;
    this.held = { batch, from, lateRows: lateRows.filter(({ rowIndex }) => rowIndex >= from) };
  }

  /** Where a restart goes on, and how many rows behind that place have gone on already. */
  get position(): { readonly position: SavedValue; readonly skip: number } {
    if (this.held !== null) return { position: this.#heldFrom, skip: this.#heldSkip + this.held.from };
    if (this.#skip > 0) return { position: this.#heldFrom, skip: this.#heldSkip + this.#skip };
    return { position: this.reader.position?.() ?? null, skip: this.reader.partRows ?? 0 };
  }

  save(): SavedShard {
    const { watermarkMs, isIdle, hasEnded, turnRows, index } = this;
    const { position, skip } = this.position;
    return {
      name: this.reader.name,
      index,
      watermarkMs,
      isIdle,
      hasEnded,
      isWaiting: this.isWaiting,
      turnRows,
      rows: this.#rowsGone,
      position,
      skip,
    };
  }

  /** As it was at a checkpoint; its reader stands there already. */
  load({ watermarkMs, isIdle, hasEnded, isWaiting, turnRows, rows, skip }: SavedShard): void {
    this.watermarkMs = watermarkMs;
    this.isIdle = isIdle;
    this.hasEnded = hasEnded;
    if (!isWaiting) this.#parents = [];
    this.turnRows = turnRows;
    this.#rowsGone = rows;
    this.#skip = skip;
    this.#heldFrom = this.reader.position?.() ?? null;
    this.#heldSkip = 0;
  }

  /** Takes rows `[from, to)` of what is held, as the batch that goes on, with the shard's time attached where there is one. */
  take(held: Held, to: number, hasTime: boolean): Batch {
    const { batch, from } = held;
    this.#memory.u32[(batch.address + descriptor.shard) >> 2] = hasTime ? this.timeAddress : 0;
    const taken = from === 0 && to === batch.rowCount ? batch : this.#slice.of(batch, from, to);
    held.from = to;
    while ((held.lateRows[0]?.rowIndex ?? Number.POSITIVE_INFINITY) < to) held.lateRows.shift();
    if (to === batch.rowCount) this.held = null;
    this.#rowsGone += to - from;
    this.turnRows += to - from;
    return taken;
  }

  async close(): Promise<void> {
    this.held = null;
    await this.reader.close();
  }

  /** Gives the memory back. */
  release(): void {
    this.#slice.close();
    this.#memory.free(this.timeAddress);
  }
}
