import { writePipeline } from '../codegen/pipeline.ts';
import { QueryModule, status } from '../codegen/query-module.ts';
import { floorMultiple } from '../codegen/window-time.ts';
import type { SessionSettings } from '../functions/value.ts';
import { type Batch, type ColumnEncoding, descriptor, shardTime } from '../memory/batch.ts';
import type { Memory } from '../memory/memory.ts';
import type { Step } from '../physical/graph.ts';
import type { Schema } from '../types/column.ts';
import { i32, i64 } from '../wasm/code.ts';

/** A row that may come too late for a window. */
export interface LateRow {
  readonly rowIndex: number;
  /** The shard's watermark before the row, ms. */
  readonly watermarkMs: number;
}

const passedOver = { note: () => {}, columnCount: 0, aggregates: [], isStateless: true };

/** i64 row, i64 watermark. */
const entryBytes = 16;
/** u32 count, u32 address of the list. */
const cellBytes = 8;

/**
 * Finds the rows of a source's batch that are behind their shard's watermark: the places at which the batch is cut,
 * so that lateness does not depend on the size of batches (see `runtime/source-run.ts`).
 *
 * A row only counts when a window may end between it and the watermark, that is at a multiple of `boundaryMs`; 1 makes
 * every row behind its watermark count. Cost: one pass over the time column.
 */
export class LateRowScan {
  readonly #memory: Memory;
  readonly #session: SessionSettings;
  readonly #schema: Schema;
  /** Up to and with the watermark step. */
  readonly #steps: readonly Step[];
  readonly #boundaryMs: number;
  readonly #every: boolean;
  /** Rows that cannot be computed are passed over here as by the operators, which keep them. */
  readonly #keepsFailures: boolean;
  readonly #compiled = new Map<
    ColumnEncoding,
    { readonly module: QueryModule; readonly process: (batch: number) => number }
  >();
  readonly #cell: number;
  /** A shard's time without the others: the watermark before a row is the shard's own. */
  readonly #time: number;
  #list = 0;
  #capacity = 0;

  /** `every`: report every row that the watermark has come to, for queries that can tell (CURRENT_WATERMARK). */
  constructor(
    memory: Memory,
    session: SessionSettings,
    schema: Schema,
    steps: readonly Step[],
    options: { readonly boundaryMs: number; readonly every: boolean; readonly keepsFailures?: boolean },
  ) {
    this.#keepsFailures = options.keepsFailures === true;
    this.#memory = memory;
    this.#session = session;
    this.#schema = schema;
    this.#steps = steps;
    this.#boundaryMs = options.boundaryMs;
    this.#every = options.every;
    this.#cell = memory.alloc(cellBytes);
    this.#time = memory.alloc(shardTime.bytes);
  }

  /**
   * The rows behind the watermark, first to last, given the shard's watermark before the batch (i64 ms). The search
   * ends at a row whose watermark cannot be computed: the operators fail there, when the rows before it have gone on.
   */
  find(batch: Batch, before: bigint): LateRow[] {
    const { memory, code } = { memory: this.#memory, code: this.#code(batch.encoding) };
    this.#makeRoom(batch.rowCount);
    memory.u32[this.#cell >> 2] = 0;
    memory.i64[(this.#time + shardTime.before) >> 3] = before;
    memory.i64[(this.#time + shardTime.others) >> 3] = 2n ** 63n - 1n;
    memory.u32[(batch.address + descriptor.shard) >> 2] = this.#time;
    code.module.scratch.reset();
    if (code.process(batch.address) !== status.ok) code.module.failure();
    const count = memory.u32[this.#cell >> 2] ?? 0;
    if (count === 0) return [];
    const words = memory.i64;
    return Array.from({ length: count }, (_, index) => {
      const at = (this.#list + index * entryBytes) >> 3;
      return { rowIndex: Number(words[at]), watermarkMs: Number(words[at + 1]) };
    });
  }

  close(): void {
    for (const { module } of this.#compiled.values()) module.close();
    if (this.#list !== 0) this.#memory.free(this.#list);
    this.#memory.free(this.#cell);
    this.#memory.free(this.#time);
  }

  #makeRoom(rowCount: number): void {
    if (rowCount <= this.#capacity) return;
    if (this.#list !== 0) this.#memory.free(this.#list);
    this.#list = this.#memory.alloc(rowCount * entryBytes);
    this.#capacity = rowCount;
    this.#memory.u32[(this.#cell + 4) >> 2] = this.#list;
  }

  #code(encoding: ColumnEncoding): { readonly module: QueryModule; readonly process: (batch: number) => number } {
    let compiled = this.#compiled.get(encoding);
    if (compiled === undefined) {
      compiled = this.#compile(encoding);
      this.#compiled.set(encoding, compiled);
    }
    return compiled;
  }

  #compile(encoding: ColumnEncoding): { readonly module: QueryModule; readonly process: (batch: number) => number } {
    const module = new QueryModule(this.#memory, this.#session);
    const step = this.#steps.at(-1);
    if (step?.kind !== 'watermark') throw new Error('no watermark step');
    const cell = i32.const(this.#cell);
    writePipeline(
      module,
      { schema: this.#schema, encoding, updating: false },
      this.#steps,
      { watermarkAddress: this.#time, failures: this.#keepsFailures ? passedOver : null },
      step.span,
      {
        open: () => null,
        row: (writer, row) => {
          const { f } = writer;
          const time = writer.i64(row.scope.column(step.timeColumn));
          const watermark = f.local('i64', row.watermark);
          if (!this.#every) f.brIf(row.next, i64.gtS(time, watermark));
          else f.brIf(row.next, i64.eq(watermark, i64.const(-(2n ** 63n))));
          if (!this.#every && this.#boundaryMs > 1) {
            const width = BigInt(this.#boundaryMs);
            const reached = floorMultiple(f, i64.add(watermark, i64.const(1n)), width).quotient;
            f.brIf(row.next, i64.eq(reached, floorMultiple(f, time, width).quotient));
          }
          const count = f.local('i32', i32.load(cell));
          const entry = f.local('i32', i32.add(i32.load(cell, { offset: 4 }), i32.shl(count, i32.const(4))));
          f.do(
            i64.store(entry, i64.extendI32U(writer.row)),
            i64.store(entry, watermark, { offset: 8 }),
            i32.store(cell, i32.add(count, i32.const(1))),
          );
        },
      },
    );
    const { process } = module.instantiate();
    return { module, process: process as (batch: number) => number };
  }
}
