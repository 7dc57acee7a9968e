import { ComputedColumns } from '../codegen/batch-scope.ts';
import { CodeWriter } from '../codegen/expression-writer.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import { ascending, writeSortKey } from '../codegen/sort-key.ts';
import { changeKind } from '../memory/batch.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import type { AttachedWindow } from '../plan/logical.ts';
import { BIGINT, INT } from '../types/sql-type.ts';
import { i32, i64, type Local } from '../wasm/code.ts';
import { baseCells, CompiledOperator, watermarkI64 } from './compiled-operator.ts';
import { writeLateRow } from './late-row-list.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { type OpenRanks, RankedRows, type RankSettings } from './ranked-rows.ts';
import { type Held, map } from './state-size.ts';

/** u32 whether windows are left that have ended. */
const cells = { hasMore: baseCells.bytes, bytes: baseCells.bytes + 8 } as const;

/**
 * ROW_NUMBER() <= N per window and partition: final rows, sent when the watermark passes the window's end. Also the first
 * or last row of each key and window.
 *
 * Input: +I; a row of a closed window is late, dropped and counted. Output: +I, windows in the order of their ends,
 * partitions in the order of their coming, rows in the order of their ranks.
 * State: the first N rows of each open window and partition. Cost: O(log rows) a row.
 *
 * ```
 * the highest, windows of 10     rows   a5@1 b7@3 .  c6@12
 *                                sent               b7 of [0,10)
 * ```
 */
export class WindowTopN extends CompiledOperator {
  readonly #settings: RankSettings;
  readonly #endColumn: number;
  readonly #ranked: RankedRows;
  /** Partitions by their window's end: (i64 end, u32 number) each. */
  readonly #ends: number;

  constructor(node: PhysicalOperator, settings: RankSettings, window: AttachedWindow, context: OperatorContext) {
    super(node, context, cells.bytes);
    this.#settings = settings;
    this.#endColumn = window.endColumn;
    this.#ranked = new RankedRows(
      context,
      node.stepSchema.map(({ type }) => type),
      settings,
      'inserts',
    );
    this.#ends = context.state.map('ends', 16);
  }

  static of(
    node: PhysicalOperator,
    work: Extract<Work, { readonly kind: 'top-n' }>,
    window: AttachedWindow,
    context: OperatorContext,
  ): WindowTopN {
    const { partition, order, rankStart, rankEnd, outputRank } = work;
    const settings = { partition, order, start: rankStart, end: rankEnd, outputRank, laterFirst: false };
    return new WindowTopN(node, settings, window, context);
  }

  static ofDeduplication(
    node: PhysicalOperator,
    work: Extract<Work, { readonly kind: 'deduplicate' }>,
    window: AttachedWindow,
    context: OperatorContext,
  ): WindowTopN {
    const { keys, keep, timeColumn } = work;
    const order = [{ column: timeColumn, descending: keep === 'last', nullsFirst: true }];
    const settings = { partition: keys, order, start: 1, end: 1, outputRank: false, laterFirst: keep === 'last' };
    return new WindowTopN(node, settings, window, context);
  }

  protected override get held(): readonly Held[] {
    return [...this.#ranked.held, map(this.#ends)];
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    const compiled = this.anyCompiled();
    const { u32 } = this.context.memory;
    do {
      compiled.module.scratch.reset();
      this.sendTo(out);
      this.call(compiled, 'close', watermarkI64(watermarkMs));
      this.flush(compiled, out);
    } while (u32[(this.cells + cells.hasMore) >>> 2] === 1);
    // What was sent lay in the rows.
    this.call(compiled, 'sweep');
    super.onWatermark(watermarkMs, out);
  }

  override close(): void {
    this.context.memory.kernels.orderedDrop(this.#ends);
    this.#ranked.close();
    super.close();
  }

  protected override end(): PipelineEnd<OpenRanks> {
    return {
      open: (writer) => this.#ranked.open(writer),
      row: (writer, row, ranks) => this.#writeRow(writer, row, ranks),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, ranks: OpenRanks): void {
    const { f } = writer;
    const end = writer.i64(row.scope.column(this.#endColumn));
    f.if(i64.geS(row.watermark, i64.sub(end, i64.const(1n))), () => {
      writeLateRow(writer, this.cells + baseCells.lateRows, this.lateRows, row);
      f.br(row.next);
    });
    const partition = this.#ranked.partition(writer, ranks, row.scope, (number) => this.#enter(writer, end, number));
    const arrival = this.#ranked.kept.nextArrival(writer);
    const key = this.#ranked.key(writer, partition, row.scope, arrival);
    const lastRank = f.local('i32', this.#ranked.end(writer, partition));
    const count = f.local('i32', this.#ranked.count(partition));
    f.brIf(row.next, i32.eqz(lastRank));
    f.if(i32.geU(count, lastRank), () => {
      const last = f.local('i32', this.#ranked.last(writer, partition));
      f.brIf(row.next, this.#ranked.isBehind(writer, key, last));
      this.#ranked.remove(writer, last, ranks.table);
      f.set(count, i32.sub(count, i32.const(1)));
    });
    const stored = this.#ranked.kept.rows.add(writer, ranks.table, row.scope, this.#ranked.kept.spread(arrival));
    this.#ranked.insert(writer, key, stored, ranks.table);
    this.#ranked.setCount(writer, partition, i32.add(count, i32.const(1)));
  }

  /** A partition waits for its window's end. */
  #enter(writer: CodeWriter, windowEnd: Local<'i64'>, number: Local<'i32'>): void {
    const { f } = writer;
    const { start, end } = writeSortKey(writer, [
      { value: writer.value(BIGINT(false), null, windowEnd), order: ascending },
      { value: writer.value(INT(false), null, this.#nextPartition(writer)), order: ascending },
    ]);
    const entry = f.local(
      'i32',
      writer.kernel('orderedInsert', 'i32', i32.const(this.#ends), start, i32.sub(end, start)),
    );
    f.do(i64.store(entry, windowEnd), i32.store(entry, number, { offset: 8 }));
  }

  /** Partitions of one window leave as they came, whatever place they have in the table. */
  #nextPartition(writer: CodeWriter): Local<'i32'> {
    return writer.f.local('i32', i32.wrapI64(this.#ranked.kept.nextArrival(writer)));
  }

  /** `close(watermark)`: the rows of windows that have ended, about as many as a batch has. `sweep()`: erases them. */
  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function(['i64'], 'i32', 'close');
    const writer = new CodeWriter(module, f, this.node.span);
    const ranks = this.#ranked.open(writer);
    const count = output.open(writer);
    const left = f.local('i32', i32.const(this.output.capacity));
    const hasMore = i32.const(this.cells + cells.hasMore);
    const ends = i32.const(this.#ends);
    f.do(i32.store(hasMore, i32.const(0)));
    f.block((done) => {
      f.loop((again) => {
        const due = f.local('i32', writer.kernel('orderedFirst', 'i32', ends));
        f.brIf(done, i32.eqz(due));
        const value = f.local('i32', writer.kernel('orderedValue', 'i32', due));
        f.brIf(done, i64.gtS(i64.sub(i64.load(value), i64.const(1n)), f.param(0, 'i64')));
        f.if(i32.leS(left, i32.const(0)), () => {
          f.do(i32.store(hasMore, i32.const(1)));
          f.br(done);
        });
        const partition = this.#ranked.partitionAt(writer, ranks, i32.load(value, { offset: 8 }));
        f.do(writer.kernel('orderedEraseNode', 'void', ends, due));
        const rows = f.local('i32', this.#ranked.count(partition));
        const entry = f.local('i32', this.#ranked.first(writer, partition));
        const next = f.local('i32');
        const rank = f.local('i32', i32.const(1));
        f.while(i32.leU(rank, rows), () => {
          f.set(next, this.#ranked.next(writer, entry));
          f.if(i32.geU(rank, i32.const(this.#settings.start)), () =>
            this.#send(writer, { entry, rank, ranks, count }, output),
          );
          this.#ranked.remove(writer, entry, ranks.table);
          f.set(entry, next);
          f.set(rank, i32.add(rank, i32.const(1)));
        });
        f.set(left, i32.sub(left, rows));
        this.#ranked.erase(writer, partition);
        f.br(again);
      });
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
    const { builder: sweep } = module.builder.function([], 'i32', 'sweep');
    this.#ranked.open(new CodeWriter(module, sweep, this.node.span));
    sweep.return(i32.const(status.ok));
  }

  #send(
    writer: CodeWriter,
    sent: {
      readonly entry: Local<'i32'>;
      readonly rank: Local<'i32'>;
      readonly ranks: OpenRanks;
      readonly count: Local<'i32'>;
    },
    output: OutputWriter,
  ): void {
    const { f } = writer;
    const { entry, rank, ranks, count } = sent;
    f.block((next) => {
      const { rows } = this.#ranked.kept;
      const stored = f.local('i32', rows.at(ranks.table, this.#ranked.numberOf(writer, entry)));
      const columns = rows.scope(writer, stored);
      const scope = new ComputedColumns(f, (index) =>
        index < this.node.stepSchema.length
          ? columns.column(index)
          : writer.value(BIGINT(false), null, i64.extendI32U(rank)),
      );
      const watermark = i64.load(i32.const(this.cells + baseCells.watermark));
      const row = { scope, kind: i32.const(changeKind.insert), watermark, next };
      writeStepsAfter(writer, this.node.after, row, (_, ready) => output.write(writer, count, ready));
    });
  }
}
