import type { SessionSettings } from '../../../src/functions/value.ts';
import { Arena } from '../../../src/memory/arena.ts';
import { type Batch, descriptor, shardTime } from '../../../src/memory/batch.ts';
import { columnReaders, kindReader } from '../../../src/memory/batch-reader.ts';
import { writeBatch } from '../../../src/memory/batch-writer.ts';
import type { CellValue } from '../../../src/memory/cell-value.ts';
import { Memory } from '../../../src/memory/memory.ts';
import { OperatorState } from '../../../src/memory/operator-state.ts';
import { createOperator } from '../../../src/operators/create.ts';
import type { Operator, Output } from '../../../src/operators/operator.ts';
import { utcClock } from '../../../src/operators/wall-clock.ts';
import type { PhysicalOperator } from '../../../src/physical/graph.ts';
import { inputAt } from '../../../src/physical/inputs.ts';
import { zoneBytes, zoneNamed } from '../../../src/types/zone.ts';

/** A row that came out: its change kind (0 +I, 1 -U, 2 +U, 3 -D), then its values. */
export type OutputRow = readonly [number, ...CellValue[]];

const noWatermark = -(2n ** 63n);
const endOfTime = 2n ** 63n - 1n;

/** One operator on one shard, driven step by step; it keeps the shard's time as the runtime does. */
export class OperatorRun {
  readonly rows: OutputRow[] = [];
  readonly operator: Operator;
  readonly #memory: Memory;
  readonly #arena: Arena;
  readonly #node: PhysicalOperator;
  readonly #shard: number;
  readonly #out: Output;

  constructor(
    node: PhysicalOperator,
    options: { readonly memory?: Memory; readonly batchRows?: number; readonly nowMs?: () => number } = {},
  ) {
    this.#memory = options.memory ?? Memory.create();
    this.#arena = new Arena(this.#memory, 1 << 16);
    this.#node = node;
    this.#shard = this.#memory.alloc(shardTime.bytes);
    this.#setTime('before', noWatermark);
    this.#setTime('others', endOfTime);
    const context = {
      memory: this.#memory,
      state: OperatorState.of(this.#memory),
      session: { ...utcSession(this.#memory), processingTimeMs: options.nowMs ?? (() => 0) },
      batchRows: options.batchRows ?? 4,
      zone: utcClock,
    };
    this.operator = createOperator(node, context);
    this.#out = { batch: (batch) => this.#take(batch) };
  }

  /** A batch of rows in the columns of an input (1: the right one of a join), then the watermark that they bring. */
  rowsIn(rows: readonly (readonly CellValue[])[], kinds?: readonly number[], input = 0): void {
    const { inputSchema } = inputAt(this.#node, input);
    const batch = writeBatch(this.#memory, this.#arena, inputSchema, rows, kinds === undefined ? {} : { kinds });
    this.#memory.u32[(batch.address + descriptor.shard) >> 2] = this.#shard;
    this.#setTime('after', this.#time('before'));
    this.operator.process(batch, this.#out, input);
    const after = this.#time('after');
    if (after > this.#time('before')) {
      this.#setTime('before', after);
      this.operator.onWatermark(Number(after), this.#out);
    }
    this.#arena.reset();
  }

  watermark(watermarkMs: number): void {
    this.operator.onWatermark(watermarkMs, this.#out);
  }

  /** Processing time has come to `nowMs`: a timer that is due fires. */
  clock(nowMs: number): void {
    const timerMs = this.operator.processingTimerMs ?? null;
    if (timerMs !== null && timerMs <= nowMs) this.operator.onProcessingTime?.(nowMs, this.#out);
  }

  /** All rows have come of the keys that it asked for. */
  answered(): void {
    this.operator.onAnswers?.(this.#out);
  }

  /** The end of a bounded input. */
  end(): void {
    this.watermark(Number.POSITIVE_INFINITY);
  }

  close(): void {
    this.operator.close();
    this.#arena.release();
    this.#memory.free(this.#shard);
  }

  #take(batch: Batch): void {
    const readers = columnReaders(this.#memory, batch);
    const kind = kindReader(this.#memory, batch);
    for (let row = 0; row < batch.rowCount; row++) this.rows.push([kind(row), ...readers.map((read) => read(row))]);
  }

  #time(field: 'before' | 'others' | 'after'): bigint {
    return this.#memory.i64[(this.#shard + shardTime[field]) >> 3] ?? 0n;
  }

  #setTime(field: 'before' | 'others' | 'after', value: bigint): void {
    this.#memory.i64[(this.#shard + shardTime[field]) >> 3] = value;
  }
}

/** A session in UTC. */
export function utcSession(memory: Memory): SessionSettings {
  const zone = zoneNamed('UTC');
  if (zone === null) throw new Error('UTC is a zone');
  const bytes = zoneBytes(zone);
  const zoneAddress = memory.alloc(bytes.length);
  memory.u8.set(bytes, zoneAddress);
  return { timeZone: 'UTC', database: 'default_database', zoneAddress, processingTimeMs: () => 0 };
}
