import type { Ages } from '../codegen/ages.ts';
import { CodeWriter } from '../codegen/expression-writer.ts';
import { OutputWriter } from '../codegen/output-writer.ts';
import type { PipelineEnd } from '../codegen/pipeline.ts';
import { writePipeline } from '../codegen/pipeline.ts';
import { QueryModule, status } from '../codegen/query-module.ts';
import type { Batch, ColumnEncoding } from '../memory/batch.ts';
import { BatchBuilder } from '../memory/batch-builder.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import { inputAt } from '../physical/inputs.ts';
import { isAppendOnly } from '../plan/logical.ts';
import { i32, type Local } from '../wasm/code.ts';
import { FailedRows } from './failed-rows.ts';
import { LateRowList } from './late-row-list.ts';
import { keepMetrics, newMetrics, type Operator, type Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { type Held, type StateSize, sizeOf, trim } from './state-size.ts';

/** An emitted module for batches of one encoding. */
export interface Compiled {
  readonly module: QueryModule;
  readonly output: OutputWriter;
  readonly exports: Readonly<Record<string, (...args: readonly (number | bigint)[]) => number>>;
}

/** The cells that all operators have: i64 watermark, i64 late rows. Further ones follow. */
export const baseCells = { watermark: 0, lateRows: 8, bytes: 16 } as const;

const i64Max = 2n ** 63n - 1n;
const i64Min = -(2n ** 63n);

/** Milliseconds as i64; the infinities are its ends. */
export function watermarkI64(ms: number): bigint {
  if (ms === Number.POSITIVE_INFINITY) return i64Max;
  return ms === Number.NEGATIVE_INFINITY ? i64Min : BigInt(ms);
}

/**
 * What operators share whose rows come through an emitted loop: the code is made at the first batch of an encoding, rows
 * are sent from one output batch.
 */
export abstract class CompiledOperator implements Operator {
  readonly metrics = newMetrics();
  readonly lateRows: LateRowList | null;
  readonly failedRows: FailedRows | null;
  protected readonly node: PhysicalOperator;
  protected readonly context: OperatorContext;
  protected readonly output: BatchBuilder;
  /** See `baseCells`. */
  protected readonly cells: number;
  /** It goes on from a snapshot: what the cells hold at first, they held then. */
  protected readonly isRestored: boolean;
  /** By the input and its encoding. */
  readonly #compiled = new Map<string, Compiled>();
  #out: Output | null = null;

  constructor(node: PhysicalOperator, context: OperatorContext, cellBytes: number = baseCells.bytes) {
    this.node = node;
    this.context = context;
    this.output = new BatchBuilder(context.memory, node.schema, {
      capacity: context.batchRows,
      kinds: !isAppendOnly(node.changes),
      watermarks: node.marksWatermarks,
    });
    this.lateRows = context.keepsLateRows === true ? new LateRowList(context.memory) : null;
    this.failedRows = context.keepsFailedRows === true ? new FailedRows() : null;
    this.isRestored = context.state.has('cells');
    this.cells = context.state.cells('cells', cellBytes);
    if (!this.isRestored) this.setCell(baseCells.watermark, i64Min);
    keepMetrics(context.state, this.metrics);
  }

  process(batch: Batch, out: Output, input = 0): void {
    this.#out = out;
    this.metrics.rowsIn += batch.rowCount;
    const compiled = this.compiledFor(batch.encoding, input);
    if (!this.keepsScratch) compiled.module.scratch.reset();
    this.#expire(compiled);
    const ended = compiled.exports.process?.(batch.address);
    this.afterRows(compiled);
    this.metrics.lateRows = Number(this.context.memory.i64[(this.cells + baseCells.lateRows) >> 3] ?? 0n);
    // What came before a failing row is good: it goes out first.
    this.#send(compiled.output.take());
    this.trim();
    if (ended !== status.ok) throw compiled.module.failure();
  }

  onWatermark(watermarkMs: number, _out: Output): void {
    this.setCell(baseCells.watermark, watermarkI64(watermarkMs));
    this.trim();
  }

  get processingTimerMs(): number | null {
    return this.ages?.dueMs() ?? null;
  }

  onProcessingTime(_nowMs: number, _out: Output): void {
    if (this.ages === null) return;
    this.#expire(this.anyCompiled());
    this.trim();
  }

  get stateSize(): StateSize {
    return sizeOf(this.context.memory, this.held);
  }

  close(): void {
    for (const { module } of this.#compiled.values()) module.close();
    this.output.close();
    this.lateRows?.close();
    this.context.memory.free(this.cells);
  }

  /** What is kept between batches. */
  protected get held(): readonly Held[] {
    return [];
  }

  /** Gives room back where nothing is kept any more. */
  protected trim(): void {
    trim(this.context.memory, this.held);
  }

  /** Of what is kept, where it has a time to live. */
  protected get ages(): Ages | null {
    return null;
  }

  /** Erases a row whose time to live is over, or writes it again. */
  protected writeExpired(_writer: CodeWriter, _row: Local<'i32'>): void {}

  /** Behind the last row that expired. */
  protected writeSweep(_writer: CodeWriter): void {}

  /** Whether what the last batches put into the scratch is still wanted. */
  protected get keepsScratch(): boolean {
    return false;
  }

  /** Behind the last row of a batch, also where it failed: the rows before are good. */
  protected afterRows(_compiled: Compiled): void {}

  /** What the rows end in; `input` is the number of a join's input. */
  protected abstract end(module: QueryModule, output: OutputWriter, input: number): PipelineEnd<unknown>;

  /** Further functions of the module. */
  protected writeFunctions(_module: QueryModule, _output: OutputWriter): void {}

  /** The code of any encoding: for what does not look at the input. */
  protected anyCompiled(): Compiled {
    for (const compiled of this.#compiled.values()) return compiled;
    return this.compiledFor('native');
  }

  /** The code that a module became. */
  protected compiledOf(module: QueryModule): Compiled {
    for (const compiled of this.#compiled.values()) if (compiled.module === module) return compiled;
    throw new Error('no code of this module');
  }

  /** Calls an export that sends rows. */
  protected call(compiled: Compiled, name: string, ...args: readonly (number | bigint)[]): void {
    if (compiled.exports[name]?.(...args) !== status.ok) throw compiled.module.failure();
  }

  /** Sends what the calls before have put into the output batch. */
  protected flush(compiled: Compiled, out: Output): void {
    this.#out = out;
    this.#send(compiled.output.take());
  }

  /** Where rows go that fill the output batch. */
  protected sendTo(out: Output): void {
    this.#out = out;
  }

  protected setCell(offset: number, value: bigint): void {
    this.context.memory.i64[(this.cells + offset) >> 3] = value;
  }

  protected compiledFor(encoding: ColumnEncoding, input = 0): Compiled {
    const key = `${input} ${encoding}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const rows = inputAt(this.node, input);
    const module = new QueryModule(this.context.memory, this.context.session);
    const output = new OutputWriter(module, this.output, (rowCount) => this.#send(rowCount));
    writePipeline(
      module,
      { schema: rows.inputSchema, encoding, updating: !isAppendOnly(rows.inputChanges) },
      rows.steps,
      {
        watermarkAddress: this.cells + baseCells.watermark,
        failures: this.failedRows?.failures(this.node, input, rows.stepSchema.length) ?? null,
      },
      this.node.span,
      this.end(module, output, input),
    );
    this.writeFunctions(module, output);
    if (this.ages !== null) this.#writeExpire(module, this.ages);
    const compiled = { module, output, exports: module.instantiate() as unknown as Compiled['exports'] };
    this.#compiled.set(key, compiled);
    return compiled;
  }

  /** `expire()`: what was not written for the time to live goes, unseen. */
  #writeExpire(module: QueryModule, ages: Ages): void {
    const { builder: f } = module.builder.function([], 'i32', 'expire');
    const writer = new CodeWriter(module, f, this.node.span);
    ages.expire(writer, (row) => this.writeExpired(writer, row));
    this.writeSweep(writer);
    f.return(i32.const(status.ok));
  }

  #expire(compiled: Compiled): void {
    if (this.ages?.tick() === true) this.call(compiled, 'expire');
  }

  #send(rowCount: number): void {
    if (rowCount === 0) return;
    this.metrics.rowsOut += rowCount;
    this.#out?.batch(this.output.batch(rowCount));
  }
}
