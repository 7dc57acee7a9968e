import { AggregateState, type GroupPlace } from '../codegen/aggregate-state.ts';
import { scaled } from '../codegen/batch-scope.ts';
import { CodeWriter, withType } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import { openTable, type TableCursor, tableCursor, writeFindOrAdd, writeHash } from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import { SentResults } from '../codegen/sent-results.ts';
import { eachTableRow, rowNumber } from '../codegen/table-rows.ts';
import type { Value } from '../functions/value.ts';
import { type Batch, changeKind } from '../memory/batch.ts';
import { tableLayout } from '../memory/kernels.ts';
import { StateMismatch } from '../memory/operator-state.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { type AttachedWindow, isAppendOnly, type WindowEmit } from '../plan/logical.ts';
import { type SqlType, TIMESTAMP } from '../types/sql-type.ts';
import { f64, i32, i64, type Local } from '../wasm/code.ts';
import { call, type FunctionRef } from '../wasm/function-builder.ts';
import { baseCells, type Compiled, CompiledOperator, watermarkI64 } from './compiled-operator.ts';
import { GroupStores } from './group-store.ts';
import { writeLateRow } from './late-row-list.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { checkRetraction } from './retraction.ts';
import type { Held } from './state-size.ts';
import { utcClock, type WallClock } from './wall-clock.ts';
import { refuseUnmergeable } from './window-aggregate.ts';

/** Aggregation work whose windows are sent more than once. */
type UpdatedWindowsWork = Extract<Work, { readonly kind: 'window-aggregate' }> & {
  readonly window: AttachedWindow;
  readonly emit: WindowEmit;
};

/**
 * Group windows that are sent before their end, and after it for rows that are late (`table.exec.emit.*`).
 *
 * Input: any changes, each row once for each of its windows. Output: +I at the first time that a window of a key is sent,
 * then -U and +U where its result is another, -D when its last row is taken back. A change is sent with its batch where
 * the delay is 0; else when it has waited as long by the clock, or at the window's end. A row is late, dropped and counted,
 * when the watermark has passed the end of its last window by the lateness that is allowed: what still waits there is
 * sent, so that the result is the same however fast the rows came.
 * State: a table of groups for each window until then, each with its result as it was sent. Cost: O(windows of the row)
 * per row, O(groups) when a window ends.
 *
 * ```
 * TUMBLE 10 s, early and late at each row     rows      1     9     12    3 (late)
 *                                             [0,10)    +I 1  ±U 2        ±U 3
 *                                             [10,20)               +I 1
 * ```
 */
export class UpdatedWindows extends CompiledOperator {
  readonly #work: UpdatedWindowsWork;
  readonly #state: AggregateState;
  readonly #sent: SentResults;
  readonly #stores: GroupStores;
  readonly #clock: WallClock;
  /** By their ends. */
  readonly #windows = new Map<number, OpenWindow>();
  /** What rows of closed windows are given: they are late for it, whatever the watermark. */
  readonly #closed: number;
  /** Windows whose changes go out with the batch, in the order in which it came to them. */
  #changed: OpenWindow[] = [];
  /** When, by the time of the windows, the next ends or goes. */
  #nextMs = Number.POSITIVE_INFINITY;
  /** When, by the clock, the next has changes that waited long enough. */
  #dueMs = Number.POSITIVE_INFINITY;
  #passedMs = Number.NEGATIVE_INFINITY;
  #out: Output | null = null;

  /** @throws DiagnosticError B011, W004 for an aggregate that cannot be merged, or cannot take rows back */
  constructor(node: PhysicalOperator, work: UpdatedWindowsWork, context: OperatorContext) {
    super(node, context);
    this.#work = work;
    const updating = !isAppendOnly(node.inputChanges);
    if (updating) checkRetraction(work.aggregates);
    this.#sent = new SentResults(work.aggregates.map(({ type }) => type));
    this.#state = new AggregateState(
      work.keys.map((key) => this.#type(key)),
      work.aggregates,
      { updating, extra: [...this.#sent.fields, ...chainFields] },
    );
    if (work.window.window.kind === 'hop') refuseUnmergeable(this.#state);
    this.#stores = new GroupStores(context.state.part('stores'), this.#state.storeParts);
    this.#clock = this.#type(this.#timeColumn).kind === 'TIMESTAMP_LTZ' ? context.zone : utcClock;
    this.#closed = context.state.structure('closed', 'window', () => this.#newPlace());
    context.state.keeps(
      'windows',
      () => ({
        layout: this.#state.layout.text,
        open: [...this.#windows.values()].map((window) => ({ ...window })),
        nextMs: this.#nextMs,
        dueMs: this.#dueMs,
        passedMs: this.#passedMs,
      }),
      ({ layout, open, nextMs, dueMs, passedMs }) => {
        if (layout !== this.#state.layout.text) throw new StateMismatch('windows', layout, this.#state.layout.text);
        for (const window of open) this.#windows.set(window.end, window);
        this.#nextMs = nextMs;
        this.#dueMs = dueMs;
        this.#passedMs = passedMs;
      },
    );
  }

  override process(batch: Batch, out: Output, input = 0): void {
    this.#out = out;
    super.process(batch, out, input);
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    if (this.#work.window.time === 'event') this.#advance(watermarkMs, out);
    super.onWatermark(watermarkMs, out);
  }

  protected override get held(): readonly Held[] {
    return this.#stores.all;
  }

  protected override trim(): void {
    if (this.#windows.size === 0) this.#stores.drain();
  }

  override get processingTimerMs(): number | null {
    const endMs = this.#work.window.time === 'processing' ? this.#nextMs + 1 : Number.POSITIVE_INFINITY;
    const timerMs = Math.min(endMs, this.#dueMs);
    return timerMs === Number.POSITIVE_INFINITY ? null : timerMs;
  }

  override onProcessingTime(nowMs: number, out: Output): void {
    // A window is complete when the clock has passed its last millisecond.
    if (this.#work.window.time === 'processing') this.#advance(nowMs - 1, out);
    if (this.#dueMs <= nowMs) this.#sendDue(nowMs, out);
  }

  override close(): void {
    for (const window of this.#windows.values()) this.#drop(window);
    this.context.memory.free(this.#closed);
    this.#stores.close();
    super.close();
  }

  protected override afterRows(compiled: Compiled): void {
    this.#sendChanged(compiled);
  }

  /** Each row may be the last of a batch. */
  get #isRowByRow(): boolean {
    return this.context.batchRows === 1;
  }

  get #timeColumn(): number {
    return this.#work.window.endColumn + 1;
  }

  #type(column: number): SqlType {
    const found = this.node.stepSchema[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found.type;
  }

  /** The place of the window that ends there, which is opened if need be. */
  #open(end: number): number {
    const known = this.#windows.get(end);
    if (known !== undefined) return known.place;
    const { window, emit } = this.#work;
    if (window.window.kind === 'session') throw new Error('a session is sent once');
    const endsMs = this.#clock.closesAt(end) - 1;
    const goesMs = window.time === 'processing' ? endsMs : this.#clock.closesAt(end + emit.latenessMs) - 1;
    if (goesMs <= this.#passedMs) return this.#closed;
    const place = this.#newPlace();
    const { i64: words, u32 } = this.context.memory;
    words[(place + windowPlace.start) >>> 3] = BigInt(end - window.window.sizeMs);
    words[(place + windowPlace.end) >>> 3] = BigInt(end);
    words[(place + windowPlace.last) >>> 3] = BigInt(endsMs);
    words[(place + windowPlace.goes) >>> 3] = BigInt(goesMs);
    u32[(place + windowPlace.store) >>> 2] = this.#stores.take();
    const hasEnded = endsMs <= this.#passedMs;
    this.#windows.set(end, { place, end, endsMs, goesMs, hasEnded, dueMs: Number.POSITIVE_INFINITY });
    this.#nextMs = Math.min(this.#nextMs, hasEnded ? goesMs : endsMs);
    return place;
  }

  /** A window without a time: the watermark has always passed it. */
  #newPlace(): number {
    const { memory } = this.context;
    const place = memory.stateAlloc(windowPlace.bytes);
    memory.i64[(place + windowPlace.goes) >>> 3] = watermarkI64(Number.NEGATIVE_INFINITY);
    return place;
  }

  /** A group of a window has changed, and none of it waits yet. */
  #wait(end: number): void {
    const window = this.#windows.get(end);
    if (window === undefined) throw new Error(`no window ends at ${end}`);
    const { earlyMs, lateMs } = this.#work.emit;
    const delayMs = window.hasEnded ? lateMs : earlyMs;
    if (delayMs === null) return;
    if (delayMs === 0) {
      this.#changed.push(window);
      return;
    }
    window.dueMs = this.context.session.processingTimeMs() + delayMs;
    this.#dueMs = Math.min(this.#dueMs, window.dueMs);
  }

  #sendChanged(compiled: Compiled): void {
    if (this.#changed.length === 0) return;
    const changed = this.#changed;
    this.#changed = [];
    for (const { place } of changed) this.call(compiled, 'send', place);
    // The next row may write over the texts of these.
    if (this.#out !== null) this.flush(compiled, this.#out);
  }

  /** Sends the changes that have waited long enough. */
  #sendDue(nowMs: number, out: Output): void {
    this.#dueMs = Number.POSITIVE_INFINITY;
    for (const window of this.#windows.values()) {
      if (window.dueMs <= nowMs) this.#send(window, 'send', out);
      else this.#dueMs = Math.min(this.#dueMs, window.dueMs);
    }
  }

  /** Sends the windows that have ended, in the order of their ends, and lets go of those that take no rows any more. */
  #advance(timeMs: number, out: Output): void {
    this.#passedMs = timeMs;
    if (this.#nextMs > timeMs) return;
    const due = [...this.#windows.values()].filter((window) => nextOf(window) <= timeMs);
    for (const window of due.sort((a, b) => a.end - b.end)) {
      if (!window.hasEnded) this.#send(window, 'end', out);
      window.hasEnded = true;
      if (window.goesMs > timeMs) continue;
      this.#send(window, 'send', out);
      this.#drop(window);
      this.#windows.delete(window.end);
    }
    this.#nextMs = Math.min(Number.POSITIVE_INFINITY, ...[...this.#windows.values()].map(nextOf));
  }

  #send(window: OpenWindow, what: 'send' | 'end', out: Output): void {
    const compiled = this.anyCompiled();
    compiled.module.scratch.reset();
    this.sendTo(out);
    this.call(compiled, what, window.place);
    this.flush(compiled, out);
    window.dueMs = Number.POSITIVE_INFINITY;
  }

  #drop({ place }: OpenWindow): void {
    const { memory } = this.context;
    this.#stores.give(memory.u32[(place + windowPlace.store) >>> 2] ?? 0);
    memory.free(place);
  }

  protected override end(module: QueryModule): PipelineEnd<CurrentWindow> {
    const callbacks = {
      open: module.callback('openWindow', ['f64'], 'i32', (end: number) => this.#open(end)),
      wait: module.callback('wait', ['f64'], 'void', (end: number) => this.#wait(end)),
    };
    const settle = this.#isRowByRow
      ? module.callback('settle', [], 'void', () => this.#sendChanged(this.compiledOf(module)))
      : null;
    return {
      open: ({ f }) => ({
        end: f.local('i64', i64.const(-(2n ** 63n))),
        place: f.local('i32', i32.const(this.#closed)),
        store: f.local('i32', i32.const(0)),
        row: f.local('i32', i32.const(-1)),
      }),
      row: (writer, row, current) => {
        this.#writeRow(writer, row, current, callbacks);
        if (settle !== null) writer.f.do(call(settle));
      },
    };
  }

  #writeRow(
    writer: CodeWriter,
    row: PipelineRow,
    current: CurrentWindow,
    { open, wait }: { readonly open: FunctionRef<'i32'>; readonly wait: FunctionRef<'void'> },
  ): void {
    const { f } = writer;
    const { layout } = this.#state;
    const { place, store } = current;
    const end = f.local('i64', writer.i64(row.scope.column(this.#work.window.endColumn)));
    const isFirst = f.local('i32', this.#isNewest(writer, current, end));
    f.set(current.row, writer.row);
    f.if(i64.ne(end, current.end), () => {
      f.set(current.end, end);
      f.set(place, call(open, f64.convertI64S(end)));
      f.set(store, i32.load(place, { offset: windowPlace.store }));
    });
    if (this.#work.window.time === 'event') {
      f.if(i64.geS(row.watermark, i64.load(place, { offset: windowPlace.goes })), () => {
        f.if(isFirst, () => writeLateRow(writer, this.cells + baseCells.lateRows, this.lateRows, row));
        f.br(row.next);
      });
    }
    const cursor = tableCursor(writer);
    openTable(writer, cursor, i32.load(store));
    const groupRow = this.#writeGroup(writer, row, cursor);
    const group = { store, table: cursor.table, row: groupRow };
    this.#state.update(writer, group, row.scope, row.kind);
    const isEmpty = this.#state.isEmpty(groupRow);
    // What comes behind its last row begins anew.
    if (isEmpty !== null) f.if(isEmpty, () => this.#state.reset(writer, group));
    const waits = { offset: layout.field('waits').offset };
    f.if(i32.eqz(i32.load8U(groupRow, waits)), () => {
      f.do(i32.store8(groupRow, i32.const(1), waits));
      f.if(i32.eqz(i32.load(place, { offset: windowPlace.first })), () => f.do(call(wait, f64.convertI64S(end))));
      this.#append(writer, current, i32.add(rowNumber(groupRow, cursor.rows, layout.rowBytes), i32.const(1)), cursor);
    });
  }

  /** Whether it is the newest window of a row, which comes first: a row that is late for it is late for all. */
  #isNewest(writer: CodeWriter, { row, end: before }: CurrentWindow, end: Local<'i64'>): ReturnType<typeof i32.or> {
    const { window } = this.#work.window;
    if (window.kind !== 'hop') return i32.const(1);
    const isNext = i64.eq(i64.sub(before, i64.const(BigInt(window.slideMs))), end);
    return i32.eqz(i32.and(i32.eq(row, writer.row), isNext));
  }

  /** The group of a row; a row that is taken back from none is passed over. */
  #writeGroup(writer: CodeWriter, row: PipelineRow, cursor: TableCursor): Local<'i32'> {
    const { layout } = this.#state;
    const keys = this.#work.keys.map((key) => withType(row.scope.column(key), this.#type(key)));
    const groupRow = writeFindOrAdd(writer, cursor, layout, keys, writeHash(writer, keys));
    const isEmpty = this.#state.isEmpty(groupRow);
    if (isEmpty !== null) writer.f.brIf(row.next, i32.and(i32.and(row.kind, i32.const(1)), isEmpty));
    return groupRow;
  }

  /** Puts a group, by its number + 1, at the end of those of its window that wait. */
  #append(
    { f }: CodeWriter,
    { place }: CurrentWindow,
    number: ReturnType<typeof i32.add>,
    { rows }: Pick<TableCursor, 'rows'>,
  ): void {
    const { layout } = this.#state;
    const added = f.local('i32', number);
    const rowAt = (at: Local<'i32'>) => i32.add(rows, scaled(i32.sub(at, i32.const(1)), layout.rowBytes));
    const next = { offset: layout.field('next').offset };
    const last = f.local('i32', i32.load(place, { offset: windowPlace.lastWaiting }));
    f.do(i32.store(rowAt(added), i32.const(0), next));
    f.if(
      last,
      () => f.do(i32.store(rowAt(last), added, next)),
      () => f.do(i32.store(place, added, { offset: windowPlace.first })),
    );
    f.do(i32.store(place, added, { offset: windowPlace.lastWaiting }));
  }

  /** `send(window)`: the groups of a window that wait; `end(window)`: all its groups. */
  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    this.#writeSend(module, output, 'send', (writer, table, each) => {
      const { f } = writer;
      const { layout } = this.#state;
      const number = f.local('i32', i32.load(f.param(0, 'i32'), { offset: windowPlace.first }));
      const row = f.local('i32');
      f.while(number, () => {
        const rows = i32.load(table, { offset: tableLayout.rows });
        f.set(row, i32.add(rows, scaled(i32.sub(number, i32.const(1)), layout.rowBytes)));
        each(row);
        f.set(number, i32.load(row, { offset: layout.field('next').offset }));
      });
    });
    this.#writeSend(module, output, 'end', (writer, table, each) =>
      eachTableRow(writer, table, this.#state.layout.rowBytes, each),
    );
  }

  #writeSend(
    module: QueryModule,
    output: OutputWriter,
    name: string,
    rows: (writer: CodeWriter, table: Local<'i32'>, each: (row: Local<'i32'>) => void) => void,
  ): void {
    const { builder: f } = module.builder.function(['i32'], 'i32', name);
    const writer = new CodeWriter(module, f, this.node.span);
    const place = f.param(0, 'i32');
    const store = f.local('i32', i32.load(place, { offset: windowPlace.store }));
    const table = f.local('i32', i32.load(store));
    const count = output.open(writer);
    rows(writer, table, (row) => {
      f.do(i32.store8(row, i32.const(0), { offset: this.#state.layout.field('waits').offset }));
      this.#writeChange(writer, { store, table, row }, (kind, values) =>
        this.#writeResult(writer, { place, row, kind, values }, count, output),
      );
    });
    f.do(i32.store(place, i32.const(0), { offset: windowPlace.first }));
    f.do(i32.store(place, i32.const(0), { offset: windowPlace.lastWaiting }));
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }

  /** What has become of a group since it was sent. */
  #writeChange(writer: CodeWriter, group: GroupPlace, send: (kind: number, values: readonly Value[]) => void): void {
    const { f } = writer;
    const { layout } = this.#state;
    const sent = this.#sent;
    // The texts that were sent are written over by those that are.
    const before = (): readonly Value[] => sent.read(writer, layout, group).map((value) => keptValue(writer, value));
    const sendResult = (): void => {
      const after = this.#work.aggregates.map((_, at) => this.#state.result(writer, group, at));
      f.if(
        sent.are(layout, group),
        () => {
          const old = before();
          f.if(i32.eqz(this.#state.sameResults(writer, old, after)), () => {
            if (this.node.changes.updateBefore) send(changeKind.updateBefore, old);
            send(changeKind.updateAfter, after);
            sent.write(writer, layout, group, after);
          });
        },
        () => {
          send(changeKind.insert, after);
          sent.write(writer, layout, group, after);
        },
      );
    };
    const isEmpty = this.#state.isEmpty(group.row);
    if (isEmpty === null) {
      sendResult();
      return;
    }
    f.if(
      isEmpty,
      () =>
        f.if(sent.are(layout, group), () => {
          send(changeKind.delete, before());
          sent.forget(writer, layout, group);
        }),
      sendResult,
    );
  }

  #writeResult(writer: CodeWriter, result: SentRow, count: Local<'i32'>, output: OutputWriter): void {
    const { f } = writer;
    const { place, row, kind, values } = result;
    const { keys, aggregates, windowColumns } = this.#work;
    const column = (index: number): Value => {
      if (index < keys.length) return this.#state.key(writer, row, index);
      const value = values[index - keys.length];
      // A result that is NOT NULL is read as such behind this.
      if (value !== undefined) return withType(value, aggregates[index - keys.length]?.type ?? value.type);
      const name = windowColumns[index - keys.length - aggregates.length];
      const offset = name === 'time' ? windowPlace.last : name === 'end' ? windowPlace.end : windowPlace.start;
      const type = this.node.workSchema[index]?.type ?? TIMESTAMP(3, false);
      return writer.value(type, null, i64.load(place, { offset }));
    };
    f.block((next) => {
      const watermark = i64.load(i32.const(this.cells + baseCells.watermark));
      const sent = { scope: { column }, kind: i32.const(kind), watermark, next };
      writeStepsAfter(writer, this.node.after, sent, (_, ready) => output.write(writer, count, ready));
    });
  }
}

/** A window that takes rows. */
interface OpenWindow {
  /** See `windowPlace`. */
  readonly place: number;
  /** On the wall clock that cuts the windows. */
  readonly end: number;
  /** The last instant in it, and the last at which it takes rows. */
  readonly endsMs: number;
  readonly goesMs: number;
  hasEnded: boolean;
  /** When the changes that wait are sent, by the clock. */
  dueMs: number;
}

function nextOf({ hasEnded, endsMs, goesMs }: OpenWindow): number {
  return hasEnded ? goesMs : endsMs;
}

/** What the code knows of a window: i64 start, end, last instant, last instant that rows may come; u32 store, groups that wait. */
const windowPlace = { start: 0, end: 8, last: 16, goes: 24, store: 32, first: 36, lastWaiting: 40, bytes: 48 } as const;

/** Of a group: whether it waits to be sent, and the number + 1 of the next that does. */
const chainFields = [
  { name: 'waits', physical: 'bool' },
  { name: 'next', physical: 'i32' },
] as const;

/** The window of the row at hand, in locals. */
interface CurrentWindow {
  readonly end: Local<'i64'>;
  readonly place: Local<'i32'>;
  readonly store: Local<'i32'>;
  /** The row before. */
  readonly row: Local<'i32'>;
}

interface SentRow {
  readonly place: Local<'i32'>;
  readonly row: Local<'i32'>;
  readonly kind: number;
  readonly values: readonly Value[];
}
