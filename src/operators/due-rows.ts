import type { RowScope } from '../codegen/expression-writer.ts';
import { CodeWriter } from '../codegen/expression-writer.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import type { StateField } from '../functions/aggregate-function.ts';
import type { Batch } from '../memory/batch.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import { type I64, i32, i64, type Local } from '../wasm/code.ts';
import { baseCells, CompiledOperator, watermarkI64 } from './compiled-operator.ts';
import { writeLateRow } from './late-row-list.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import type { Held } from './state-size.ts';
import { WaitingRows } from './waiting-rows.ts';

/** u32 whether rows are left that are due. Cells of the operator follow. */
const cells = { hasMore: baseCells.bytes, bytes: baseCells.bytes + 8 } as const;

/** Where the cells of an operator with waiting rows begin. */
export const dueCells = cells.bytes;

/** A row whose time has come. */
export interface DueRow {
  /** The table of rows. */
  readonly table: Local<'i32'>;
  /** In the order of the rows that wait. */
  readonly entry: Local<'i32'>;
  /** The row's number + 1. */
  readonly number: Local<'i32'>;
  readonly row: Local<'i32'>;
  readonly scope: RowScope;
  /** Null where rows are due as they stand. */
  readonly time: Local<'i64'> | null;
  send(scope: RowScope): void;
}

/**
 * What operators share whose rows wait for the watermark, or for the clock to go on: rows are sent in their order, a
 * batch at a time. What still waits for the clock at the end of the input is not sent, as in Flink.
 */
export abstract class DueRows extends CompiledOperator {
  protected readonly waiting: WaitingRows;
  /** Null by event time. */
  protected readonly clockMs: (() => number) | null;
  /** By processing time: when the rows came that wait. */
  #cameMs: number | null = null;

  constructor(
    node: PhysicalOperator,
    context: OperatorContext,
    options: {
      readonly time: 'event' | 'processing';
      readonly cellBytes: number;
      readonly extra?: readonly StateField[];
    },
  ) {
    super(node, context, options.cellBytes);
    this.clockMs = options.time === 'event' ? null : () => context.session.processingTimeMs();
    this.waiting = new WaitingRows(
      context.state.part('waiting'),
      node.stepSchema.map(({ type }) => type),
      options.extra,
    );
    context.state.keeps(
      'came',
      () => this.#cameMs,
      (cameMs: number | null) => {
        this.#cameMs = cameMs;
      },
    );
  }

  /** Rows of one millisecond belong together: they leave when it is over. */
  override get processingTimerMs(): number | null {
    const [dueMs, ageMs] = [this.#cameMs === null ? null : this.#cameMs + 1, super.processingTimerMs];
    return dueMs === null || ageMs === null ? (dueMs ?? ageMs) : Math.min(dueMs, ageMs);
  }

  override process(batch: Batch, out: Output): void {
    super.process(batch, out);
    if (this.clockMs !== null) this.#cameMs = this.clockMs();
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    if (this.clockMs === null) this.sendDue(watermarkMs, out);
    super.onWatermark(watermarkMs, out);
  }

  override onProcessingTime(nowMs: number, out: Output): void {
    if (this.clockMs !== null) this.sendDue(nowMs - 1, out);
    super.onProcessingTime(nowMs, out);
  }

  override close(): void {
    this.waiting.close();
    super.close();
  }

  protected override get held(): readonly Held[] {
    return this.waiting.held;
  }

  protected sendDue(watermarkMs: number, out: Output): void {
    if (this.clockMs !== null && this.#cameMs === null) return;
    this.#cameMs = null;
    const compiled = this.anyCompiled();
    const { u32 } = this.context.memory;
    do {
      compiled.module.scratch.reset();
      this.sendTo(out);
      this.call(compiled, 'send', watermarkI64(watermarkMs));
      this.flush(compiled, out);
      this.call(compiled, 'sweep');
    } while (u32[(this.cells + cells.hasMore) >>> 2] === 1);
  }

  /** Counts a late row where the condition holds, and goes on to the next. */
  protected writeDropLate(writer: CodeWriter, isLate: ReturnType<typeof i64.leS>, row: PipelineRow): void {
    const { f } = writer;
    f.if(isLate, () => {
      writeLateRow(writer, this.cells + baseCells.lateRows, this.lateRows, row);
      f.br(row.next);
    });
  }

  /** The time that a stored row waits for; null: for none. */
  protected abstract timeOf(writer: CodeWriter, row: Local<'i32'>, scope: RowScope): I64 | null;

  /** Sends a row, and ends its waiting. */
  protected abstract writeDue(writer: CodeWriter, due: DueRow): void;

  /** `send(watermark)`: rows that are due, as many as a batch has. `sweep()`: erases them. */
  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function(['i64'], 'i32', 'send');
    const writer = new CodeWriter(module, f, this.node.span);
    const table = this.waiting.open(writer);
    const count = output.open(writer);
    const left = f.local('i32', i32.const(this.output.capacity));
    const hasMore = i32.const(this.cells + cells.hasMore);
    const send = (scope: RowScope): void => {
      f.set(left, i32.sub(left, i32.const(1)));
      f.block((next) => {
        const watermark = i64.load(i32.const(this.cells + baseCells.watermark));
        const sent = { scope, kind: i32.const(0), watermark, next };
        writeStepsAfter(writer, this.node.after, sent, (_, ready) => output.write(writer, count, ready));
      });
    };
    f.do(i32.store(hasMore, i32.const(0)));
    f.block((done) => {
      f.loop((again) => {
        const entry = this.waiting.first(writer);
        f.brIf(done, i32.eqz(entry));
        const number = this.waiting.numberOf(writer, entry);
        const row = f.local('i32', this.waiting.rows.at(table, number));
        const scope = this.waiting.rows.scope(writer, row);
        const waitsFor = this.timeOf(writer, row, scope);
        const time = waitsFor === null ? null : f.local('i64', waitsFor);
        if (time !== null) f.brIf(done, i64.gtS(time, f.param(0, 'i64')));
        f.if(i32.leS(left, i32.const(0)), () => {
          f.do(i32.store(hasMore, i32.const(1)));
          f.br(done);
        });
        this.writeDue(writer, { table, entry, number, row, scope, time, send });
        f.br(again);
      });
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
    const { builder: sweep } = module.builder.function([], 'i32', 'sweep');
    const sweeper = new CodeWriter(module, sweep, this.node.span);
    this.waiting.sweep(sweeper, this.waiting.open(sweeper));
    sweep.return(i32.const(status.ok));
  }
}
