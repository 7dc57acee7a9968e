import { AggregateState, type GroupPlace } from '../codegen/aggregate-state.ts';
import { ComputedColumns } from '../codegen/batch-scope.ts';
import { CodeWriter, type RowScope, withType } from '../codegen/expression-writer.ts';
import { openTable, writeFindOrAdd, writeHash } from '../codegen/key-table.ts';
import { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineRow, writePipeline, writeStepsAfter } from '../codegen/pipeline.ts';
import { QueryModule, status } from '../codegen/query-module.ts';
import { eachTableRow } from '../codegen/table-rows.ts';
import { localWallClock } from '../codegen/window-time.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import type { Value } from '../functions/value.ts';
import type { Batch, ColumnEncoding } from '../memory/batch.ts';
import { BatchBuilder } from '../memory/batch-builder.ts';
import { StateMismatch } from '../memory/operator-state.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { isAppendOnly, type WindowColumn } from '../plan/logical.ts';
import type { Schema } from '../types/column.ts';
import { type SqlType, TIMESTAMP } from '../types/sql-type.ts';
import { f64, type I64, i32, i64, type Local } from '../wasm/code.ts';
import { call, type FunctionRef } from '../wasm/function-builder.ts';
import { FailedRows } from './failed-rows.ts';
import { GroupStores } from './group-store.ts';
import { LateRowList, writeLateRow } from './late-row-list.ts';
import { keepMetrics, newMetrics, type Operator, type Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { checkRetraction } from './retraction.ts';
import { type CurrentSlice, noWindow, openSlice, SliceCache, sliceCacheBytes, toI64 } from './slice-cache.ts';
import { type FilledSlice, SlidingMerge } from './sliding-merge.ts';
import { type StateSize, sizeOf } from './state-size.ts';
import { utcClock, type WallClock } from './wall-clock.ts';
import { type WindowSlices, windowSlices } from './window-slices.ts';

type WindowAggregateWork = Extract<Work, { readonly kind: 'window-aggregate' }>;

/**
 * Aggregates per key and window: one row, sent when the watermark passes the window's end.
 *
 * Input: any changes; a row is late, and dropped and counted, when the last window it is in has closed. Output: +I.
 * State: a keyed table per slice of event time (`window-slices.ts`); a row costs one probe, whatever the number of
 * its windows. A window that is one slice is sent from its table as it stands; of several, from their merge.
 * Cost: O(1) per row; O(groups) per window; a closed window's tables are emptied and used again.
 * Source: Krishnamurthy, Wu, Franklin 2006, "On-the-fly sharing for streamed aggregation", SIGMOD.
 *
 * ```
 * TUMBLE 10 s     rows        1   9 . 12     3 (late)
 *                 watermark   1   9   12
 *                 sent                 [0,10): rows 1 and 9
 * ```
 */
export class WindowAggregate implements Operator {
  readonly metrics = newMetrics();
  readonly lateRows: LateRowList | null;
  readonly failedRows: FailedRows | null;
  readonly #work: WindowAggregateWork;
  readonly #node: PhysicalOperator;
  readonly #context: OperatorContext;
  readonly #stepSchema: Schema;
  readonly #slices: WindowSlices;
  readonly #clock: WallClock;
  readonly #state: AggregateState;
  readonly #stores: GroupStores;
  readonly #output: BatchBuilder;
  /** Open slices by their start. */
  readonly #open = new Map<number, Slice>();
  /** CUMULATE: what was merged so far, by the start of the window. */
  readonly #cumulated = new Map<number, number>();
  readonly #compiled = new Map<ColumnEncoding, Compiled>();
  /** i64 watermark; i64 late rows; i64 processing time; then the cache of slices. */
  readonly #cells: number;
  readonly #cache: SliceCache;
  #watermark = Number.NEGATIVE_INFINITY;
  #out: Output | null = null;
  /** HOP: merges the slices of its windows. */
  #sliding: SlidingMerge | null = null;
  readonly #slideMs: number | null;

  constructor(node: PhysicalOperator, work: WindowAggregateWork, context: OperatorContext) {
    this.#node = node;
    this.#work = work;
    this.#context = context;
    this.#stepSchema = node.stepSchema;
    this.#slices = slicesOf(work);
    this.#slideMs =
      work.window.kind === 'assign' && work.window.window.kind === 'hop' ? work.window.window.slideMs : null;
    this.#clock = isLocal(work, node.stepSchema) ? context.zone : utcClock;
    const keyTypes = work.keys.map((key) => this.#type(key));
    if (!isAppendOnly(node.inputChanges)) checkRetraction(work.aggregates);
    const attached = work.window.kind === 'attached';
    this.#state = new AggregateState(attached ? [...keyTypes, TIMESTAMP(3, false)] : keyTypes, work.aggregates, {
      updating: !isAppendOnly(this.#node.inputChanges),
    });
    checkMerge(work, this.#state);
    this.#stores = new GroupStores(context.state.part('stores'), this.#state.storeParts);
    this.#output = new BatchBuilder(context.memory, node.schema, {
      capacity: context.batchRows,
      watermarks: node.marksWatermarks,
    });
    this.lateRows = context.keepsLateRows === true ? new LateRowList(context.memory) : null;
    this.failedRows = context.keepsFailedRows === true ? new FailedRows() : null;
    const isNew = !context.state.has('cells');
    this.#cells = context.state.cells('cells', cells.bytes);
    this.#cache = new SliceCache(context.memory, this.#cells + cells.cache, this.#slices);
    if (isNew) this.#setCell(cells.watermark, -(2n ** 63n));
    this.#cache.forget();
    keepMetrics(context.state, this.metrics);
    this.#keepSlices();
  }

  get processingTimerMs(): number | null {
    if (this.#work.window.time !== 'processing') return null;
    const end = this.#nextEnd();
    return end === null ? null : this.#clock.closesAt(end);
  }

  get stateSize(): StateSize {
    return sizeOf(this.#context.memory, this.#stores.all);
  }

  process(batch: Batch, out: Output): void {
    const compiled = this.#compiledFor(batch.encoding);
    this.#out = out;
    compiled.module.scratch.reset();
    this.metrics.rowsIn += batch.rowCount;
    if (this.#work.window.time === 'processing') {
      this.#setCell(cells.now, BigInt(this.#context.session.processingTimeMs()));
    }
    const ended = compiled.process(batch.address);
    this.metrics.lateRows = Number(this.#context.memory.i64[(this.#cells + cells.lateRows) >> 3] ?? 0n);
    if (ended !== status.ok) throw compiled.module.failure();
  }

  onWatermark(watermarkMs: number, out: Output): void {
    if (this.#work.window.time === 'event') this.#advance(watermarkMs, out);
  }

  onProcessingTime(nowMs: number, out: Output): void {
    // A window is complete when the clock has passed its last millisecond.
    if (this.#work.window.time === 'processing') this.#advance(nowMs - 1, out);
  }

  close(): void {
    for (const slice of this.#open.values()) if (slice.store !== 0) this.#stores.give(slice.store);
    for (const store of this.#cumulated.values()) this.#stores.give(store);
    this.#sliding?.close();
    this.#stores.close();
    for (const { module } of this.#compiled.values()) module.close();
    this.#output.close();
    this.lateRows?.close();
    this.#context.memory.free(this.#cells);
  }

  #keepSlices(): void {
    const { text } = this.#state.layout;
    this.#context.state.keeps(
      'slices',
      () => ({
        layout: text,
        open: [...this.#open].map(([start, slice]) => ({ start, ...slice })),
        cumulated: [...this.#cumulated].map(([start, store]) => ({ start, store })),
        sliding: this.#sliding?.saved ?? null,
        watermark: this.#watermark,
        sentThrough: this.#sentThrough,
      }),
      ({ layout, open, cumulated, sliding, watermark, sentThrough }) => {
        if (layout !== text) throw new StateMismatch('slices', layout, text);
        for (const { start, store, lateFrom } of open) this.#open.set(start, { store, lateFrom });
        for (const { start, store } of cumulated) this.#cumulated.set(start, store);
        if (sliding !== null) this.#newSliding().load(sliding);
        this.#watermark = watermark;
        this.#sentThrough = sentThrough;
      },
    );
  }

  #newSliding(): SlidingMerge {
    if (this.#slideMs === null) throw new Error('only hopping windows slide');
    const merge = (target: number, source: number): void => void this.#emitter().merge(target, source);
    this.#sliding = new SlidingMerge(this.#stores, this.#slideMs, merge);
    return this.#sliding;
  }

  /** Sends the windows that end at or before the watermark, in the order of their ends. */
  #advance(watermarkMs: number, out: Output): void {
    this.#out = out;
    for (
      let end = this.#nextEnd();
      end !== null && this.#clock.closesAt(end) - 1 <= watermarkMs;
      end = this.#nextEnd()
    ) {
      this.#send(end);
      this.#watermark = Math.max(this.#watermark, this.#clock.closesAt(end) - 1);
      this.#sentThrough = end;
      const keptFrom = this.#slices.keptFrom(end);
      for (const [start, slice] of this.#open) {
        if (start >= keptFrom) continue;
        if (slice.store !== 0) this.#stores.give(slice.store);
        this.#open.delete(start);
      }
      this.#flush();
    }
    if (this.#open.size === 0 && this.#cumulated.size === 0) this.#letGo();
    this.#watermark = watermarkMs;
    this.#setCell(cells.watermark, toI64(watermarkMs));
    this.#cache.forget();
  }

  /** Gives the memory of closed windows back when no other is open that could use it. */
  #letGo(): void {
    this.#sliding?.close();
    this.#stores.drain();
  }

  /** The last window end that was sent. */
  #sentThrough = Number.NEGATIVE_INFINITY;

  /** The next window to send: the first that ends behind all sent ones and holds an open slice. */
  #nextEnd(): number | null {
    let earliest = Number.POSITIVE_INFINITY;
    for (const [start, slice] of this.#open) if (slice.store !== 0 && start < earliest) earliest = start;
    for (const start of this.#cumulated.keys()) if (start < earliest) earliest = start;
    if (earliest === Number.POSITIVE_INFINITY) return null;
    // An end at or below the watermark has been sent, or held nothing.
    const after = Math.max(earliest, this.#sentThrough, this.#closedThrough());
    return this.#slices.nextEnd(after);
  }

  /** No window that ends at or before this wall-clock time can still be sent. */
  #closedThrough(): number {
    return this.#watermark === Number.NEGATIVE_INFINITY
      ? Number.NEGATIVE_INFINITY
      : this.#clock.toLocal(this.#watermark + 1);
  }

  #send(end: number): void {
    const start = this.#slices.startOf(end);
    const compiled = this.#emitter();
    const members = [...this.#open.entries()]
      .filter(([at, { store }]) => store !== 0 && at >= start && at < end)
      .sort(([a], [b]) => a - b);
    if (this.#work.window.kind === 'assign' && this.#work.window.window.kind === 'cumulate') {
      this.#sendCumulated(compiled, start, end, members);
      return;
    }
    const [only] = members;
    if (only === undefined) return;
    if (members.length === 1) {
      this.#emit(compiled, only[1].store, start, end);
      return;
    }
    const slices = members.map(([sliceStart, { store }]) => ({ start: sliceStart, store }));
    const merged = this.#mergeSlices(compiled, start, end, slices);
    this.#emit(compiled, merged, start, end);
    this.#stores.give(merged);
  }

  #mergeSlices(compiled: Compiled, start: number, end: number, slices: readonly FilledSlice[]): number {
    if (this.#slideMs !== null && !this.#state.isOrdered) {
      const sliding = this.#sliding ?? this.#newSliding();
      return sliding.window(start, end, slices);
    }
    const merged = this.#stores.take();
    // As Flink merges, which shows in LISTAGG: slices newest first, the panes of a group window oldest first.
    for (const { store } of this.#work.legacy ? slices : slices.toReversed()) compiled.merge(merged, store);
    return merged;
  }

  #sendCumulated(compiled: Compiled, start: number, end: number, members: readonly (readonly [number, Slice])[]): void {
    let store = this.#cumulated.get(start);
    if (store === undefined) {
      if (members.length === 0) return;
      store = this.#stores.take();
      this.#cumulated.set(start, store);
    }
    for (const [, slice] of members) {
      compiled.merge(store, slice.store);
      this.#stores.give(slice.store);
      slice.store = 0;
    }
    this.#emit(compiled, store, start, end);
    if (end === this.#slices.lastEnd(start)) {
      this.#stores.give(store);
      this.#cumulated.delete(start);
    }
  }

  #emit(compiled: Compiled, store: number, start: number, end: number): void {
    compiled.module.scratch.reset();
    const time = this.#windowTime(end);
    if (compiled.emit(store, BigInt(start), BigInt(end), BigInt(time)) !== status.ok) throw compiled.module.failure();
    // The rows' texts lie in the store, which may be emptied next.
    this.#flush();
  }

  /** window_time: the last millisecond, as an instant where the time attribute is one. */
  #windowTime(end: number): number {
    return this.#clock.closesAt(end) - 1;
  }

  /** Sends what waits in the output batch. */
  #flush(): void {
    for (const { output } of this.#compiled.values()) {
      const count = output.take();
      if (count > 0) this.#sendBatch(count);
    }
  }

  #sendBatch(rowCount: number): void {
    this.metrics.rowsOut += rowCount;
    this.#out?.batch(this.#output.batch(rowCount));
  }

  #emitter(): Compiled {
    for (const compiled of this.#compiled.values()) return compiled;
    // After a restart windows may end before the first row comes.
    return this.#compiledFor('native');
  }

  #loadSlice(start: number): void {
    const { store, lateFrom } = this.#slice(start);
    this.#cache.put(start, store, lateFrom);
  }

  #openStore(start: number): number {
    const slice = this.#slice(start);
    this.#open.set(start, slice);
    if (slice.store === 0) slice.store = this.#stores.take();
    this.#cache.putStore(start, slice.store);
    return slice.store;
  }

  #slice(start: number): Slice {
    this.#sliding?.invalidate(start);
    const known = this.#open.get(start);
    if (known !== undefined) return known;
    const lastEnd = this.#slices.lastEnd(start);
    return { store: 0, lateFrom: lastEnd === null ? null : this.#clock.closesAt(lastEnd) - 1 };
  }

  #setCell(offset: number, value: bigint): void {
    this.#context.memory.i64[(this.#cells + offset) >> 3] = value;
  }

  #type(column: number): SqlType {
    const found = this.#stepSchema[column];
    if (found === undefined) throw new Error(`no column ${column} among ${this.#stepSchema.length}`);
    return found.type;
  }

  #compiledFor(encoding: ColumnEncoding): Compiled {
    let compiled = this.#compiled.get(encoding);
    if (compiled === undefined) {
      compiled = this.#compile(encoding);
      this.#compiled.set(encoding, compiled);
    }
    return compiled;
  }

  #compile(encoding: ColumnEncoding): Compiled {
    const { memory, session } = this.#context;
    const module = new QueryModule(memory, session);
    const output = new OutputWriter(module, this.#output, (rowCount) => this.#sendBatch(rowCount));
    this.#writeProcess(module, encoding);
    this.#writeEmit(module, output);
    if (this.#state.unmergeable() === null) {
      const merge = module.builder.function(['i32', 'i32'], 'i32', 'merge');
      this.#state.writeMerge(() => new CodeWriter(module, merge.builder, this.#node.span));
    }
    const exports = module.instantiate();
    return { module, output, ...(exports as unknown as Exports) };
  }

  #writeProcess(module: QueryModule, encoding: ColumnEncoding): void {
    const loadSlice = module.callback('loadSlice', ['f64'], 'void', (start: number) => this.#loadSlice(start));
    const openStore = module.callback('openStore', ['f64'], 'i32', (start: number) => this.#openStore(start));
    const callbacks = { loadSlice, openStore };
    writePipeline(
      module,
      { schema: this.#node.inputSchema, encoding, updating: !isAppendOnly(this.#node.inputChanges) },
      this.#node.steps,
      {
        watermarkAddress: this.#cells + cells.watermark,
        failures: this.failedRows?.failures(this.#node, 0, this.#node.stepSchema.length) ?? null,
      },
      this.#node.span,
      {
        open: openSlice,
        row: (writer, row, current) => this.#writeRow(writer, row, current, callbacks),
      },
    );
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, current: CurrentSlice, callbacks: SliceCallbacks): void {
    const { f } = writer;
    const { start: windowStart, at } = this.#writeTime(writer, row);
    f.if(i32.or(i64.ltS(at, current.start), i64.geS(at, current.end)), () =>
      this.#cache.writeSwitch(writer, current, at, callbacks.loadSlice),
    );
    const store = current.store;
    f.brIf(row.next, i32.eq(store, noWindow));
    if (this.#work.window.time === 'event') {
      f.if(i64.geS(row.watermark, current.lateFrom), () => {
        writeLateRow(writer, this.#cells + cells.lateRows, this.lateRows, row);
        f.br(row.next);
      });
    }
    f.if(i32.eqz(store), () => {
      f.set(store, call(callbacks.openStore, f64.convertI64S(current.start)));
      openTable(writer, current.cursor, i32.load(store));
    });
    const keys = this.#work.keys.map((key) => withType(row.scope.column(key), this.#type(key)));
    if (windowStart !== null) keys.push(windowStart);
    const hash = writeHash(writer, keys);
    const groupRow = writeFindOrAdd(writer, current.cursor, this.#state.layout, keys, hash);
    this.#state.update(writer, { store, table: current.cursor.table, row: groupRow }, row.scope, row.kind);
  }

  /** The time that says the row's slice; with an attached window, its last millisecond, and the window's start as a key. */
  #writeTime(writer: CodeWriter, row: PipelineRow): { readonly at: Local<'i64'>; readonly start: Value | null } {
    const { f } = writer;
    const { window } = this.#work;
    if (window.kind === 'attached') {
      const end = row.scope.column(window.endColumn);
      const at = f.local('i64', i64.sub(writer.i64(end), i64.const(1n)));
      if (window.startColumn !== null)
        return { at, start: withType(row.scope.column(window.startColumn), TIMESTAMP(3, false)) };
      if (window.window.kind !== 'tumble' && window.window.kind !== 'hop')
        throw new Error('the window has no start column');
      const start = i64.sub(writer.i64(end), i64.const(BigInt(window.window.sizeMs)));
      return { at, start: writer.value(TIMESTAMP(3, false), null, start) };
    }
    if (window.time === 'processing') {
      const now = writer.value(
        { kind: 'TIMESTAMP_LTZ', precision: 3, nullable: false },
        null,
        i64.load(i32.const(this.#cells + cells.now)),
      );
      return { at: localWallClock(writer, now), start: null };
    }
    const time = row.scope.column(window.timeColumn);
    if (time.isNull !== null) f.if(time.isNull, () => writer.fail('the event time of a windowed row is NULL'));
    return { at: localWallClock(writer, time), start: null };
  }

  /** Writes `emit(store, start, end, time) -> status`: a row per group, through the steps behind the aggregate. */
  #writeEmit(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function(['i32', 'i64', 'i64', 'i64'], 'i32', 'emit');
    const writer = new CodeWriter(module, f, this.#node.span);
    const bounds = { start: f.param(1, 'i64'), end: f.param(2, 'i64'), time: f.param(3, 'i64') };
    const store = f.param(0, 'i32');
    const table = f.local('i32', i32.load(store));
    const count = output.open(writer);
    eachTableRow(writer, table, this.#state.layout.rowBytes, (row) => {
      f.block((next) => {
        const empty = this.#state.isEmpty(row);
        if (empty !== null) f.brIf(next, empty);
        const scope = this.#resultScope(writer, { store, table, row }, bounds);
        writeStepsAfter(
          writer,
          this.#node.after,
          { scope, kind: i32.const(0), watermark: i64.load(i32.const(this.#cells + cells.watermark)), next },
          (_, sent) => output.write(writer, count, sent),
        );
      });
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }

  /** Keys, aggregates, window columns. */
  #resultScope(writer: CodeWriter, place: GroupPlace, bounds: WindowBounds): RowScope {
    const { keys, aggregates, windowColumns, window } = this.#work;
    return new ComputedColumns(writer.f, (index) => {
      if (index < keys.length) return this.#state.key(writer, place.row, index);
      if (index < keys.length + aggregates.length) return this.#state.result(writer, place, index - keys.length);
      const column = windowColumns[index - keys.length - aggregates.length];
      if (column === 'start' && window.kind === 'attached') return this.#state.key(writer, place.row, keys.length);
      return writer.value(this.#node.workSchema[index]?.type ?? TIMESTAMP(3, false), null, boundOf(bounds, column));
    });
  }
}

interface Slice {
  /** 0: none yet. */
  store: number;
  /** A row is late when the watermark before it is this or more; null: the slice is in no window. */
  readonly lateFrom: number | null;
}

interface Exports {
  process(batch: number): number;
  emit(store: number, start: bigint, end: bigint, time: bigint): number;
  merge(target: number, source: number): number;
}

interface Compiled extends Exports {
  readonly module: QueryModule;
  readonly output: OutputWriter;
}

interface SliceCallbacks {
  readonly loadSlice: FunctionRef<'void'>;
  readonly openStore: FunctionRef<'i32'>;
}

interface WindowBounds {
  readonly start: Local<'i64'>;
  readonly end: Local<'i64'>;
  readonly time: Local<'i64'>;
}

const cells = { watermark: 0, lateRows: 8, now: 16, cache: 24, bytes: 24 + sliceCacheBytes } as const;

function boundOf(bounds: WindowBounds, column: WindowColumn | undefined): I64 {
  switch (column) {
    case 'start':
      return bounds.start;
    case 'end':
      return bounds.end;
    case 'time':
      return bounds.time;
    default:
      throw new Error('no such window column');
  }
}

/** @throws DiagnosticError B011 for an aggregate whose slices cannot be merged, in windows of several */
function checkMerge({ window }: WindowAggregateWork, state: AggregateState): void {
  if (window.kind === 'assign' && window.window.kind !== 'tumble') refuseUnmergeable(state);
}

/** @throws DiagnosticError B011 */
export function refuseUnmergeable(state: AggregateState): void {
  const call = state.unmergeable();
  if (call === null) return;
  fail('B011', call.span, `${call.name} cannot be in windows that share rows: their slices cannot be merged`, {
    help: call.overload.isProgram === true ? 'give it "merge", or use TUMBLE' : 'use TUMBLE',
  });
}

function slicesOf({ window }: WindowAggregateWork): WindowSlices {
  if (window.kind === 'attached') {
    // The row names its window; rows of one end are kept together, the start is part of the key.
    return windowSlices({ kind: 'tumble', sizeMs: 1, offsetMs: 0 });
  }
  if (window.window.kind === 'session') throw new Error('sessions have an operator of their own');
  return windowSlices(window.window);
}

function isLocal({ window }: WindowAggregateWork, schema: Schema): boolean {
  if (window.time === 'processing') return true;
  return window.kind === 'assign' && schema[window.timeColumn]?.type.kind === 'TIMESTAMP_LTZ';
}
