import type { Ages } from '../codegen/ages.ts';
import type { GroupPlace } from '../codegen/aggregate-state.ts';
import { scaled } from '../codegen/batch-scope.ts';
import { CodeWriter, type RowScope } from '../codegen/expression-writer.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import type { PipelineEnd, PipelineRow } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import { ascending, writeSortKey } from '../codegen/sort-key.ts';
import { rowNumber } from '../codegen/table-rows.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import { INT, TIMESTAMP } from '../types/sql-type.ts';
import { type I64, i32, i64, type Local } from '../wasm/code.ts';
import { baseCells, watermarkI64 } from './compiled-operator.ts';
import { type DueRow, DueRows, dueCells } from './due-rows.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { type FrameRows, type OpenFrames, OverFrames, type OverWork, precedingOf } from './over-frames.ts';
import { type Held, map } from './state-size.ts';

/** i64 the time of a partition's last row that was sent; i64 when its state goes; how many of its rows wait. */
const timeFields = [
  { name: 'sent', physical: 'i64' },
  { name: 'forget', physical: 'i64' },
  { name: 'waiting', physical: 'i32' },
] as const;

const earliest = i64.const(watermarkI64(Number.NEGATIVE_INFINITY));

/**
 * OVER by event time, and by processing time with a frame of an interval: rows wait for the watermark (the clock), and
 * are sent in the order of their time with the aggregates over their frames. Under RANGE the rows of one instant and
 * partition have one result; under ROWS each has its own, in the order in which they came.
 *
 * Input and output: +I. Late is, with an unbounded frame, a row that the watermark has come to; with a bounded one, a row
 * at or before the last that was sent of its partition. It is dropped and counted.
 * State: the rows that wait; the accumulators of each partition and the rows of its frame. With RANGE and an interval a
 * partition goes when the watermark has passed its last row by one and a half intervals, as in Flink; else it stays, or goes when no row
 * came to it for the time to live and none of it waits.
 * Cost: O(log waiting rows) a row, and what the aggregates need to take a row in and back out.
 *
 * ```
 * SUM(v), RANGE 2 s PRECEDING     rows        1@1  2@2  4@2  8@5
 *                                 watermark   0    1    1    4
 *                                 sent             1         7 7      8@5 sums to 8
 * ```
 */
export class OverTime extends DueRows {
  readonly #work: OverWork;
  readonly #frames: OverFrames;
  readonly #preceding: number | null;
  /** Partitions by the time when they go: (i64 time, u32 number) each. */
  readonly #forgets: number;

  constructor(node: PhysicalOperator, work: OverWork, context: OperatorContext) {
    const time = work.time ?? 'event';
    // A row knows its partition.
    super(node, context, { time, cellBytes: dueCells, extra: [{ name: 'partition', physical: 'i32' }] });
    this.#work = work;
    this.#preceding = precedingOf(work);
    this.#frames = new OverFrames(
      context,
      work,
      node.stepSchema.map(({ type }) => type),
      {
        taking: this.#preceding !== null,
        stateTtlMs: this.#forgetsPartitions ? 0 : work.stateTtlMs,
        extra: timeFields,
      },
    );
    this.#forgets = context.state.map('forgets', 16);
  }

  override close(): void {
    this.context.memory.kernels.orderedDrop(this.#forgets);
    this.#frames.close();
    super.close();
  }

  protected override get held(): readonly Held[] {
    return [...super.held, ...this.#frames.held, map(this.#forgets)];
  }

  protected override get ages(): Ages | null {
    return this.#frames.ages;
  }

  /** A partition goes unless rows of it still wait. */
  protected override writeExpired(writer: CodeWriter, row: Local<'i32'>): void {
    const place = this.#frames.placeOf(writer, row);
    writer.f.if(
      i32.load(row, { offset: this.#frames.offset('waiting') }),
      () => this.ages?.write(writer, row),
      () => {
        this.waiting.rows.eraseAll(writer, this.waiting.open(writer), this.#frames.chain(place));
        this.#frames.erase(writer, place);
      },
    );
  }

  /** One more, or one less, of the rows that wait. */
  #countWaiting({ f }: CodeWriter, { row }: GroupPlace, change: 1 | -1): void {
    if (this.ages === null) return;
    const field = { offset: this.#frames.offset('waiting') };
    f.do(i32.store(row, i32.add(i32.load(row, field), i32.const(change)), field));
  }

  protected override sendDue(watermarkMs: number, out: Output): void {
    super.sendDue(watermarkMs, out);
    if (this.#forgetsPartitions) this.call(this.anyCompiled(), 'forget', watermarkI64(watermarkMs));
  }

  get #forgetsPartitions(): boolean {
    return this.#work.frame.unit === 'range' && this.#preceding !== null;
  }

  protected override end(): PipelineEnd<Places> {
    return {
      open: (writer) => ({ frames: this.#frames.open(writer), table: this.waiting.open(writer) }),
      row: (writer, row, places) => this.#writeRow(writer, row, places),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, { frames, table }: Places): void {
    const { f } = writer;
    const value = row.scope.column(this.#work.orderColumn);
    if (value.isNull !== null) f.if(value.isNull, () => writer.fail('the time of a row in an OVER is NULL'));
    const time = writer.i64(value);
    const isEvent = this.clockMs === null;
    if (isEvent && this.#preceding === null) this.writeDropLate(writer, i64.leS(time, row.watermark), row);
    const place = this.#partition(writer, row, frames);
    if (isEvent && this.#preceding !== null) {
      const sent = i64.load(place.row, { offset: this.#frames.offset('sent') });
      this.writeDropLate(writer, i64.leS(time, sent), row);
    }
    const number = f.local('i32', rowNumber(place.row, frames.cursor.rows, this.#frames.state.layout.rowBytes));
    if (this.#forgetsPartitions) this.#writeForget(writer, place, number, time);
    const { row: added } = this.waiting.add(writer, table, row.scope, [{ value, order: ascending }]);
    this.#countWaiting(writer, place, 1);
    f.do(i32.store(added, number, { offset: this.waiting.rows.offset('partition') }));
  }

  /**
   * The partition of a row, a new one where the watermark says that the known one has to go: it may have come to that
   * within this batch, and what is late must not depend on where batches end. Not behind a union: rows of the partition
   * may still come over its other ways.
   */
  #partition(writer: CodeWriter, row: PipelineRow, frames: OpenFrames): GroupPlace {
    const { f } = writer;
    const find = (): GroupPlace =>
      this.#frames.find(writer, frames, row.scope, (partition) => {
        for (const name of ['sent', 'forget'])
          f.do(i64.store(partition, earliest, { offset: this.#frames.offset(name) }));
      });
    if (this.clockMs !== null || !this.#forgetsPartitions || this.node.isUnited === true) return find();

    const place = find();
    const forget = f.local('i64', i64.load(place.row, { offset: this.#frames.offset('forget') }));
    const isKnown = i64.ne(forget, earliest);
    // One that late rows began goes with the next watermark.
    const told = i64.load(i32.const(this.cells + baseCells.watermark));
    const isOver = i32.and(i64.leS(forget, row.watermark), i64.gtS(row.watermark, told));
    f.if(i32.and(isKnown, isOver), () => {
      f.do(writer.kernel('tableDetach', 'void', frames.cursor.table, place.row));
      f.set(place.row, find().row);
    });
    return place;
  }

  /** Puts the end of a partition off, not at each row but when half an interval has gone by. */
  #writeForget(writer: CodeWriter, place: GroupPlace, number: Local<'i32'>, time: Local<'i64'>): void {
    const { f } = writer;
    const interval = BigInt(this.#preceding ?? 0);
    const forget = { offset: this.#frames.offset('forget') };
    f.if(i64.ltS(i64.load(place.row, forget), i64.add(time, i64.const(interval + 1n))), () => {
      const at = f.local('i64', i64.add(time, i64.const((interval * 3n) / 2n + 1n)));
      f.do(i64.store(place.row, at, forget));
      const { start, end } = writeSortKey(writer, [
        { value: writer.value(TIMESTAMP(3, false), null, at), order: ascending },
        { value: writer.value(INT(false), null, number), order: ascending },
      ]);
      const entry = f.local(
        'i32',
        writer.kernel('orderedInsert', 'i32', i32.const(this.#forgets), start, i32.sub(end, start)),
      );
      f.do(i64.store(entry, at), i32.store(entry, number, { offset: 8 }));
    });
  }

  protected override timeOf(writer: CodeWriter, _row: Local<'i32'>, scope: RowScope): I64 {
    return writer.i64(scope.column(this.#work.orderColumn));
  }

  protected override writeDue(writer: CodeWriter, due: DueRow): void {
    if (this.#work.frame.unit === 'rows') this.#writeDueRow(writer, due, this.#work.frame.precedingRows);
    else this.#writeDuePeers(writer, due);
  }

  #writeDueRow(writer: CodeWriter, due: DueRow, precedingRows: number | null): void {
    const { f } = writer;
    const place = this.#placeOf(writer, due.row);
    this.waiting.remove(writer, due.entry);
    this.#countWaiting(writer, place, -1);
    if (precedingRows !== null)
      this.#frames.leaveRows(writer, place, this.#frameRows(writer, due.table), precedingRows);
    this.#frames.enter(writer, place, due.scope);
    due.send(this.#frames.withResults(writer, due.scope, place));
    this.#settle(writer, place, due);
    if (due.time !== null) f.do(i64.store(place.row, due.time, { offset: this.#frames.offset('sent') }));
  }

  /** All rows of an instant go in before one of them is sent. */
  #writeDuePeers(writer: CodeWriter, due: DueRow): void {
    const { f } = writer;
    const time = due.time ?? f.local('i64', i64.const(0n));
    const entry = f.local('i32', due.entry);
    const sentField = { offset: this.#frames.offset('sent') };
    f.block((done) => {
      f.loop((again) => {
        f.brIf(done, i32.eqz(entry));
        const { scope, place } = this.#peer(writer, due.table, entry);
        f.brIf(done, i64.ne(this.timeOf(writer, due.row, scope), time));
        if (this.#preceding !== null) {
          const interval = BigInt(this.#preceding);
          f.if(i64.ne(i64.load(place.row, sentField), time), () => {
            const from = f.local('i64', i64.sub(time, i64.const(interval)));
            const frameRows = this.#frameRows(writer, due.table);
            this.#frames.leaveBefore(writer, place, frameRows, from, (row) => this.timeOf(writer, due.row, row));
            f.do(i64.store(place.row, time, sentField));
          });
        }
        this.#frames.enter(writer, place, scope);
        f.set(entry, writer.kernel('orderedNext', 'i32', entry));
        f.br(again);
      });
    });
    f.block((done) => {
      f.loop((again) => {
        const first = this.waiting.first(writer);
        f.brIf(done, i32.eqz(first));
        const { number, scope, place } = this.#peer(writer, due.table, first);
        f.brIf(done, i64.ne(this.timeOf(writer, due.row, scope), time));
        this.waiting.remove(writer, first);
        this.#countWaiting(writer, place, -1);
        due.send(this.#frames.withResults(writer, scope, place));
        this.#settle(writer, place, { table: due.table, number });
        f.br(again);
      });
    });
  }

  #peer(
    writer: CodeWriter,
    table: Local<'i32'>,
    entry: Local<'i32'>,
  ): { readonly number: Local<'i32'>; readonly scope: RowScope; readonly place: GroupPlace } {
    const number = this.waiting.numberOf(writer, entry);
    const row = writer.f.local('i32', this.waiting.rows.at(table, number));
    return { number, scope: this.waiting.rows.scope(writer, row), place: this.#placeOf(writer, row) };
  }

  /** A row that was sent stays in its frame, or goes. */
  #settle(
    writer: CodeWriter,
    place: GroupPlace,
    { table, number }: { readonly table: Local<'i32'>; readonly number: Local<'i32'> },
  ): void {
    if (this.#preceding === null) this.waiting.spend(writer, table, number);
    else this.waiting.rows.append(writer, table, this.#frames.chain(place), number);
  }

  #frameRows(writer: CodeWriter, table: Local<'i32'>): FrameRows {
    return { kept: this.waiting, table, gone: (number) => this.waiting.spend(writer, table, number) };
  }

  /** The partition of a stored row. */
  #placeOf(writer: CodeWriter, row: Local<'i32'>): GroupPlace {
    return this.#placeAt(writer, i32.load(row, { offset: this.waiting.rows.offset('partition') }));
  }

  #placeAt(writer: CodeWriter, number: ReturnType<typeof i32.const>): GroupPlace {
    const { f } = writer;
    const { cursor, store } = this.#frames.open(writer);
    const rows = i32.load(cursor.table, { offset: tableLayout.rows });
    const { rowBytes } = this.#frames.state.layout;
    const row = f.local('i32', i32.add(rows, scaled(number, rowBytes)));
    f.mark(row, rowBytes);
    return { store, table: cursor.table, row };
  }

  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    super.writeFunctions(module, output);
    if (this.#forgetsPartitions) this.#writeForgetFunction(module);
  }

  /** `forget(watermark)`: the partitions go whose last row is too far back to be in a frame. */
  #writeForgetFunction(module: QueryModule): void {
    const { builder: f } = module.builder.function(['i64'], 'i32', 'forget');
    const writer = new CodeWriter(module, f, this.node.span);
    const forgets = i32.const(this.#forgets);
    const table = this.waiting.open(writer);
    f.block((done) => {
      f.loop((again) => {
        const entry = f.local('i32', writer.kernel('orderedFirst', 'i32', forgets));
        f.brIf(done, i32.eqz(entry));
        const value = f.local('i32', writer.kernel('orderedValue', 'i32', entry));
        f.brIf(done, i64.gtS(i64.load(value), f.param(0, 'i64')));
        const place = this.#placeAt(writer, i32.load(value, { offset: 8 }));
        f.do(writer.kernel('orderedEraseNode', 'void', forgets, entry));
        // Its place may be free, or another's by now: that one goes if it is due itself.
        f.brIf(again, i32.eqz(i32.load(place.row)));
        const forget = i64.load(place.row, { offset: this.#frames.offset('forget') });
        f.brIf(again, i64.gtS(forget, f.param(0, 'i64')));
        this.waiting.rows.eraseAll(writer, table, this.#frames.chain(place));
        this.#frames.state.erase(writer, place);
        f.br(again);
      });
    });
    f.return(i32.const(status.ok));
  }
}

interface Places {
  readonly frames: OpenFrames;
  readonly table: Local<'i32'>;
}
