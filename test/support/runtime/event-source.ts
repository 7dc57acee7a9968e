import type { ReadResult, ShardReader, Source } from '../../../src/connectors/connector.ts';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import { type Batch, descriptor, shardTime } from '../../../src/memory/batch.ts';
import { BatchBuilder } from '../../../src/memory/batch-builder.ts';
import type { Memory } from '../../../src/memory/memory.ts';
import { newMetrics, type Operator, type Output } from '../../../src/operators/operator.ts';
import { noState } from '../../../src/operators/state-size.ts';
import type { PhysicalGraph, PhysicalOperator, Work } from '../../../src/physical/graph.ts';
import { appendOnly } from '../../../src/plan/logical.ts';
import type { Schema } from '../../../src/types/column.ts';
import { BIGINT, TIMESTAMP } from '../../../src/types/sql-type.ts';

/** What a shard gives when it is asked: rows, a pause of so many milliseconds, or nothing more. */
export type Step = { readonly timesMs: readonly number[] } | { readonly idleMs: number };

/** Events are a time and a number that tells them apart. */
export const eventSchema: Schema = [
  { name: 'at', type: TIMESTAMP(3, false), timeAttribute: 'rowtime' },
  { name: 'id', type: BIGINT(false) },
];

const span = { source: new SourceText('test', ''), start: 0, end: 0 };

/** A source whose shards say a list of steps, cut into batches of at most so many rows. */
export class EventSource implements Source {
  readonly bounded: boolean;
  readonly #readers: EventReader[] = [];
  /** How the source wakes its job. */
  wake: () => void = () => {};
  opened = 0;
  closed = 0;

  constructor(
    memory: Memory,
    shards: readonly (readonly Step[])[],
    options: { rowsMax?: number; bounded?: boolean; parents?: ReadonlyMap<number, readonly number[]> } = {},
  ) {
    this.bounded = options.bounded ?? true;
    for (const [index, steps] of shards.entries()) {
      const parents = (options.parents?.get(index) ?? []).flatMap((parent) => this.#readers[parent] ?? []);
      const isParent = [...(options.parents?.values() ?? [])].some((each) => each.includes(index));
      const reader = new EventReader(memory, index, steps, options.rowsMax ?? 1000, this.bounded || isParent);
      reader.parents = parents;
      for (const parent of parents) parent.hasChildren = true;
      this.#readers.push(reader);
    }
  }

  listen(wake: () => void): void {
    this.wake = wake;
  }

  async open(): Promise<void> {
    this.opened++;
  }

  /** Children are there once a parent has come to its end. */
  async shards(): Promise<readonly ShardReader[]> {
    return this.#readers.filter(
      ({ parents, hasEnded }) => !hasEnded && (parents.length === 0 || parents.some((parent) => parent.hasEnded)),
    );
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

class EventReader implements ShardReader {
  readonly name: string;
  parents: readonly EventReader[] = [];
  hasChildren = false;
  hasEnded = false;
  readonly #index: number;
  readonly #steps: Step[];
  readonly #builder: BatchBuilder;
  readonly #memory: Memory;
  readonly #bounded: boolean;
  #rows = 0;
  #batchStart = 0;

  constructor(memory: Memory, index: number, steps: readonly Step[], rowsMax: number, bounded: boolean) {
    this.name = `shard-${index}`;
    this.#index = index;
    this.#memory = memory;
    this.#bounded = bounded;
    this.#steps = steps.flatMap((step): Step[] => ('idleMs' in step ? [step] : cut(step.timesMs, rowsMax)));
    this.#builder = new BatchBuilder(memory, eventSchema, { capacity: rowsMax });
  }

  read(): ReadResult {
    const step = this.#steps.shift();
    if (step === undefined) {
      if (!this.#bounded) return { kind: 'idle', waitMs: 1_000_000 };
      this.hasEnded = this.hasChildren;
      return { kind: 'end', hasChildren: this.hasChildren };
    }
    if ('idleMs' in step) return { kind: 'idle', waitMs: step.idleMs };
    this.#batchStart = this.#rows;
    for (const [row, timeMs] of step.timesMs.entries()) {
      this.#memory.i64[(this.#builder.column(0).values >> 3) + row] = BigInt(timeMs);
      this.#memory.i64[(this.#builder.column(1).values >> 3) + row] = BigInt(
        this.#index * 1_000_000 + this.#rows + row,
      );
    }
    this.#rows += step.timesMs.length;
    return { kind: 'batch', batch: this.#builder.batch(step.timesMs.length) };
  }

  place(rowIndex: number) {
    const line = this.#batchStart + rowIndex + 1;
    return { shard: this.name, offset: line * 100, line, text: `row ${line}` };
  }

  get progress() {
    return { bytesRead: this.#rows, bytesTotal: null, rows: this.#rows, malformedRecords: 0 };
  }

  async close(): Promise<void> {}
}

function cut(timesMs: readonly number[], rowsMax: number): Step[] {
  const parts: Step[] = [];
  for (let from = 0; from < timesMs.length; from += rowsMax)
    parts.push({ timesMs: timesMs.slice(from, from + rowsMax) });
  return parts;
}

/** A row as an operator has seen it. */
export interface SeenRow {
  readonly id: number;
  readonly timeMs: number;
  /** The operator's watermark when the row came. */
  readonly watermarkMs: number;
}

/**
 * Writes down what comes: rows with the watermark that the operator has been told, watermarks, and processing time.
 * Like every pipeline over a source it leaves the shard's watermark, the highest time, in `after`.
 */
export class Recorder implements Operator {
  readonly metrics = newMetrics();
  readonly stateSize = noState;
  readonly rows: SeenRow[] = [];
  readonly log: string[] = [];
  processingTimerMs: number | null = null;
  closed = 0;
  watermarkMs = Number.NEGATIVE_INFINITY;
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  process(batch: Batch, out: Output): void {
    const { u32, i64 } = this.#memory;
    const words = batch.address >> 2;
    const times = (u32[words + (descriptor.columns >> 2)] ?? 0) >> 3;
    const ids = (u32[words + ((descriptor.columns + descriptor.columnBytes) >> 2)] ?? 0) >> 3;
    const shard = (u32[words + (descriptor.shard >> 2)] ?? 0) >> 3;
    let running = shard === 0 ? 0n : (i64[shard + shardTime.before / 8] ?? 0n);
    const seen: number[] = [];
    for (let row = 0; row < batch.rowCount; row++) {
      const time = i64[times + row] ?? 0n;
      this.rows.push({ id: Number(i64[ids + row]), timeMs: Number(time), watermarkMs: this.watermarkMs });
      seen.push(Number(time));
      if (time > 0n && time > running) running = time;
    }
    if (shard !== 0) i64[shard + shardTime.after / 8] = running;
    this.log.push(`rows ${seen.join(' ')}`);
    out.batch(batch);
  }

  onWatermark(watermarkMs: number): void {
    this.watermarkMs = watermarkMs;
    this.log.push(`watermark ${watermarkMs}`);
  }

  onProcessingTime(nowMs: number): void {
    this.log.push(`clock ${nowMs}`);
    this.processingTimerMs = null;
  }

  close(): void {
    this.closed++;
  }
}

/** A plan of one operator over sources with event time; the recorder stands in for the work that is named. */
export function eventGraph(work: Work = { kind: 'collect' }, sourceCount = 1): PhysicalGraph {
  const at = { kind: 'column', index: 0, type: TIMESTAMP(3, false), span } as const;
  const ids = Array.from({ length: sourceCount }, (_, index) => `source-${index}`);
  const table = {
    path: { catalog: 'c', database: 'd', name: 't' },
    temporary: false,
    columns: [],
    watermark: null,
    primaryKey: null,
    comment: null,
    partitionedBy: [],
    partitions: [],
    distribution: null,
    options: new Map(),
    span,
  };
  const columns = eventSchema.map((column) => ({ ...column, path: [column.name], metadata: false }));
  const node = { schema: eventSchema, changes: appendOnly, span };
  const operator: PhysicalOperator = {
    id: 'operator',
    inputs: ids,
    inputSchema: eventSchema,
    inputChanges: appendOnly,
    stepSchema: eventSchema,
    steps: [{ kind: 'watermark', timeColumn: 0, expression: at, span }],
    work,
    after: [],
    workSchema: eventSchema,
    schema: eventSchema,
    changes: appendOnly,
    marksWatermarks: false,
    span,
  };
  return {
    sources: ids.map((id) => ({
      id,
      scan: { ...node, kind: 'scan', table, columns, filter: null },
      hasWatermark: true,
    })),
    lookups: [],
    operators: [operator],
    sinks: [{ id: 'sink', input: 'operator', schema: eventSchema, changes: appendOnly, table: null, span }],
  };
}
