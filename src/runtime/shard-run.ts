import type { ReadResult, ShardReader } from '../connectors/connector.ts';
import { type Batch, descriptor, shardTime } from '../memory/batch.ts';
import { BatchSlice } from '../memory/batch-slice.ts';
import type { Memory } from '../memory/memory.ts';
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
  }) {
    const { memory, reader, index, columnCount, nowMs, parents } = parts;
    this.#memory = memory;
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
    return this.reader.read();
  }

  hold(batch: Batch, lateRows: LateRow[]): void {
    this.held = { batch, from: 0, lateRows };
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
