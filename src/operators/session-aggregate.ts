import { AggregateState, type GroupPlace } from '../codegen/aggregate-state.ts';
import { ComputedColumns, scaled } from '../codegen/batch-scope.ts';
import { CodeWriter, withType } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import { openTable, readKey, type TableCursor, tableCursor, writeFindOrAdd, writeHash } from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import { keyFields, StateLayout } from '../codegen/state-layout.ts';
import { eraseTableRow } from '../codegen/table-rows.ts';
import { localWallClock } from '../codegen/window-time.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import type { Batch } from '../memory/batch.ts';
import { sessionsLayout, tableLayout } from '../memory/kernels.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { isAppendOnly, type WindowKind, type WindowTime } from '../plan/logical.ts';
import { type SqlType, TIMESTAMP } from '../types/sql-type.ts';
import { f64, type I32, type I64, i32, i64, type Local, select } from '../wasm/code.ts';
import { call, type FunctionRef } from '../wasm/function-builder.ts';
import { baseCells, CompiledOperator, watermarkI64 } from './compiled-operator.ts';
import { GroupStores } from './group-store.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { checkRetraction } from './retraction.ts';
import { utcClock, type WallClock } from './wall-clock.ts';

/** Aggregation work whose windows are sessions. */
export type SessionWork = Extract<Work, { readonly kind: 'window-aggregate' }> & {
  readonly window: { readonly kind: 'assign' } & WindowTime & {
      readonly window: Extract<WindowKind, { readonly kind: 'session' }>;
    };
};

/** i64 processing time; u32 whether sessions are left that have ended, when `close` has done its share. */
const cells = { now: baseCells.bytes, hasMore: baseCells.bytes + 8, bytes: baseCells.bytes + 16 } as const;

/** What a session's row has beside its accumulators (see kernels/sessions.ts). */
const sessionFields = [
  { name: 'start', physical: 'i64' },
  { name: 'end', physical: 'i64' },
  { name: 'next', physical: 'i32' },
  { name: 'key', physical: 'i32' },
  { name: 'made', physical: 'i32' },
] as const;

/**
 * Aggregates per session of a key: rows at most a gap apart, sent when the watermark passes the last row by the gap.
 *
 * Input: any changes; a row is late when the session that it would be in, with what it touches, has ended. Output: +I,
 * in the order of the sessions' ends.
 * State: a row a key with an open session; a row of accumulators a session; a heap of their ends.
 * Cost: O(1) for a row of its key's newest session; O(log open sessions) for each gap that passes and each session that
 * ends. What a session held is used again when it has ended.
 *
 * ```
 * gap 5      rows      1  4     8         20
 *            sessions  [1 ........ 13)    [20 .. 25)      a row exactly a gap behind still joins
 * ```
 */
export class SessionAggregate extends CompiledOperator {
  readonly #work: SessionWork;
  readonly #clock: WallClock;
  readonly #state: AggregateState;
  readonly #keyLayout: StateLayout;
  readonly #keyTypes: readonly SqlType[];
  /** The table of keys. */
  readonly #keys: number;
  readonly #stores: GroupStores;
  /** The accumulators, and the distinct values of theirs. */
  readonly #store: number;
  /** See kernels/sessions.ts. */
  readonly #sessions: number;

  /** @throws DiagnosticError W004 for an aggregate that sessions cannot merge */
  constructor(node: PhysicalOperator, work: SessionWork, context: OperatorContext) {
    super(node, context, cells.bytes);
    this.#work = work;
    const updating = !isAppendOnly(node.inputChanges);
    if (updating) checkRetraction(work.aggregates);
    const { window } = work;
    this.#clock =
      window.time === 'processing' || node.stepSchema[window.timeColumn]?.type.kind === 'TIMESTAMP_LTZ'
        ? context.zone
        : utcClock;
    this.#keyTypes = work.keys.map((key) => this.#type(key));
    this.#keyLayout = new StateLayout([...keyFields(this.#keyTypes), { name: 'first', physical: 'i32' }]);
    this.#state = new AggregateState([], work.aggregates, { updating, chained: true, extra: sessionFields });
    const unmergeable = this.#state.unmergeable();
    if (unmergeable !== null)
      fail('B011', unmergeable.span, `${unmergeable.name} cannot be in a session: sessions that meet cannot be merged`);
    const { memory } = context;
    this.#keys = memory.kernels.tableNew(this.#keyLayout.rowBytes, 16) >>> 0;
    this.#stores = new GroupStores(memory, this.#state.storeParts);
    this.#store = this.#stores.take();
    this.#sessions = memory.kernels.sessionsNew(this.#stores.table(this.#store), this.#state.layout.rowBytes) >>> 0;
    for (const { name } of sessionFields)
      memory.u32[(this.#sessions + sessionsLayout[name]) >>> 2] = this.#state.layout.field(name).offset;
  }

  get processingTimerMs(): number | null {
    if (this.#work.window.time !== 'processing') return null;
    const end = this.#nextEnd();
    return end === Number.POSITIVE_INFINITY ? null : this.#clock.closesAt(end);
  }

  override process(batch: Batch, out: Output): void {
    this.setCell(cells.now, BigInt(this.context.session.processingTimeMs()));
    super.process(batch, out);
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    // What is sent comes before the watermark.
    if (this.#work.window.time === 'event') this.#advance(watermarkMs, out);
    super.onWatermark(watermarkMs, out);
  }

  onProcessingTime(nowMs: number, out: Output): void {
    if (this.#work.window.time === 'processing') this.#advance(nowMs - 1, out);
  }

  override close(): void {
    const { kernels } = this.context.memory;
    kernels.sessionsDrop(this.#sessions);
    kernels.tableDrop(this.#keys);
    this.#stores.give(this.#store);
    this.#stores.close();
    super.close();
  }

  #type(column: number): SqlType {
    const found = this.node.stepSchema[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found.type;
  }

  /** On the wall clock of the window. */
  #nextEnd(): number {
    return this.context.memory.kernels.sessionsNextEnd(this.#sessions);
  }

  /** Sends the sessions that have ended, a batch at a time: then the texts that they showed are free again. */
  #advance(watermarkMs: number, out: Output): void {
    if (this.#clock.closesAt(this.#nextEnd()) - 1 > watermarkMs) return;
    const compiled = this.anyCompiled();
    this.sendTo(out);
    const { u32 } = this.context.memory;
    do {
      compiled.module.scratch.reset();
      this.call(compiled, 'close', watermarkI64(watermarkMs));
      this.flush(compiled, out);
    } while (u32[(this.cells + cells.hasMore) >>> 2] === 1);
  }

  protected override end(module: QueryModule): PipelineEnd<Places> {
    return {
      open: (writer) => {
        const keys = tableCursor(writer);
        openTable(writer, keys, i32.const(this.#keys));
        const store = writer.f.local('i32', i32.const(this.#store));
        return { keys, store, table: writer.f.local('i32', i32.load(store)) };
      },
      row: (writer, row, places) => this.#writeRow(writer, row, places, this.#closesAt(module)),
    };
  }

  #closesAt(module: QueryModule): FunctionRef<'f64'> | null {
    if (this.#clock === utcClock) return null;
    return module.callback('closesAt', ['f64'], 'f64', (localMs: number) => this.#clock.closesAt(localMs));
  }

  #writeRow(
    writer: CodeWriter,
    row: PipelineRow,
    { keys, store, table }: Places,
    closesAt: FunctionRef<'f64'> | null,
  ): void {
    const { f } = writer;
    const { gapMs } = this.#work.window.window;
    const start = this.#offset('start');
    const end = this.#offset('end');
    const first = this.#keyLayout.field('first').offset;
    const at = this.#writeTime(writer, row);
    const itsEnd = f.local('i64', i64.add(at, i64.const(BigInt(gapMs))));
    const values = this.#work.keys.map((key, index) =>
      withType(row.scope.column(key), this.#keyTypes[index] as SqlType),
    );
    const keyRow = writeFindOrAdd(writer, keys, this.#keyLayout, values, writeHash(writer, values));
    const newest = f.local('i32', i32.load(keyRow, { offset: first }));
    const lastEnd = f.local('i64');
    const session = f.local('i32');
    const sessions = i32.const(this.#sessions);
    const dropLate = (): void => {
      if (this.#work.window.time !== 'event') return;
      f.if(this.#hasEnded(lastEnd, row.watermark, closesAt), () => {
        const late = i32.const(this.cells + baseCells.lateRows);
        f.do(i64.store(late, i64.add(i64.load(late), i64.const(1n))));
        // The key may have come with this row.
        f.if(i32.eqz(newest), () => eraseTableRow(writer, keys.table, this.#keyLayout, keyRow));
        f.br(row.next);
      });
    };
    f.block((found) => {
      f.if(newest, () => {
        f.set(session, this.#rowAt(table, newest));
        const isWithin = i32.and(
          i64.leS(i64.load(session, { offset: start }), at),
          i64.leS(at, i64.load(session, { offset: end })),
        );
        f.if(isWithin, () => {
          f.set(lastEnd, i64.load(session, { offset: end }));
          f.set(lastEnd, select(i64.gtS(itsEnd, lastEnd), itsEnd, lastEnd));
          dropLate();
          f.do(i64.store(session, lastEnd, { offset: end }));
          f.br(found);
        });
      });
      f.set(lastEnd, writer.kernel('sessionsFind', 'i64', sessions, newest, at, itsEnd));
      dropLate();
      const keyNumber = i32.divU(i32.sub(keyRow, keys.rows), i32.const(this.#keyLayout.rowBytes));
      const chain = i32.add(keyRow, i32.const(first));
      f.set(session, writer.kernel('sessionsJoin', 'i32', sessions, chain, keyNumber, at, itsEnd));
      const merged = f.local('i32', i32.load(sessions, { offset: sessionsLayout.merged }));
      f.if(merged, () => {
        this.#state.mergeRow(writer, { store, table, row: session }, merged);
        eraseTableRow(writer, table, this.#state.layout, merged);
      });
    });
    this.#state.update(writer, { store, table, row: session }, row.scope, row.kind);
  }

  #offset(field: (typeof sessionFields)[number]['name']): number {
    return this.#state.layout.field(field).offset;
  }

  /** The address of a session by its row number + 1. */
  #rowAt(table: Local<'i32'>, number: I32): I32 {
    const rows = i32.load(table, { offset: tableLayout.rows });
    return i32.add(rows, scaled(i32.sub(number, i32.const(1)), this.#state.layout.rowBytes));
  }

  /** Has the watermark passed this end, which is a time of the window's wall clock? */
  #hasEnded(end: I64, watermark: I64, closesAt: FunctionRef<'f64'> | null): I32 {
    return i64.leS(this.#lastMs(end, closesAt), watermark);
  }

  /** The last instant of a session that ends then. */
  #lastMs(end: I64, closesAt: FunctionRef<'f64'> | null): I64 {
    const closes = closesAt === null ? end : i64.truncSatF64S(call(closesAt, f64.convertI64S(end)));
    return i64.sub(closes, i64.const(1n));
  }

  #writeTime(writer: CodeWriter, row: PipelineRow): Local<'i64'> {
    const { window } = this.#work;
    if (window.time === 'processing') {
      const now = i64.load(i32.const(this.cells + cells.now));
      return localWallClock(writer, writer.value({ kind: 'TIMESTAMP_LTZ', precision: 3, nullable: false }, null, now));
    }
    const time = row.scope.column(window.timeColumn);
    if (time.isNull !== null) writer.f.if(time.isNull, () => writer.fail('the event time of a windowed row is NULL'));
    return localWallClock(writer, time);
  }

  /** `close(watermark)`: sends and erases sessions that have ended, as many as a batch has rows. */
  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function(['i64'], 'i32', 'close');
    const writer = new CodeWriter(module, f, this.node.span);
    const closesAt = this.#closesAt(module);
    const sessions = i32.const(this.#sessions);
    const hasMore = i32.const(this.cells + cells.hasMore);
    const store = f.local('i32', i32.const(this.#store));
    const table = f.local('i32', i32.load(store));
    const keys = f.local('i32', i32.const(this.#keys));
    const left = f.local('i32', i32.const(this.output.capacity));
    const count = output.open(writer);
    f.do(i32.store(hasMore, i32.const(0)));
    f.block((done) => {
      f.loop((again) => {
        const number = f.local('i32', writer.kernel('sessionsNext', 'i32', sessions));
        f.brIf(done, i32.eqz(number));
        const row = f.local('i32', this.#rowAt(table, number));
        const end = f.local('i64', i64.load(row, { offset: this.#offset('end') }));
        f.brIf(done, i32.eqz(this.#hasEnded(end, f.param(0, 'i64'), closesAt)));
        f.if(i32.eqz(left), () => {
          f.do(i32.store(hasMore, i32.const(1)));
          f.br(done);
        });
        f.set(left, i32.sub(left, i32.const(1)));
        const keyRows = i32.load(keys, { offset: tableLayout.rows });
        const key = i32.load(row, { offset: this.#offset('key') });
        const keyRow = f.local('i32', i32.add(keyRows, scaled(key, this.#keyLayout.rowBytes)));
        this.#writeResult(writer, { place: { store, table, row }, keyRow, end, closesAt }, count, output);
        const chain = i32.add(keyRow, i32.const(this.#keyLayout.field('first').offset));
        const newest = f.local('i32', writer.kernel('sessionsTake', 'i32', sessions, chain));
        this.#state.erase(writer, { store, table, row });
        f.if(i32.eqz(newest), () => eraseTableRow(writer, keys, this.#keyLayout, keyRow));
        f.br(again);
      });
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }

  /** A session's row of the result; what it shows of texts is copied, for they go with the session. */
  #writeResult(
    writer: CodeWriter,
    { place, keyRow, end, closesAt }: Ended,
    count: Local<'i32'>,
    output: OutputWriter,
  ): void {
    const { f } = writer;
    const { keys, aggregates, windowColumns } = this.#work;
    f.block((next) => {
      const empty = this.#state.isEmpty(place.row);
      if (empty !== null) f.brIf(next, empty);
      const scope = new ComputedColumns(f, (index) => {
        if (index < keys.length) {
          const type = this.#keyTypes[index] as SqlType;
          return keptValue(writer, readKey(writer, this.#keyLayout, keyRow, index, type));
        }
        if (index < keys.length + aggregates.length)
          return keptValue(writer, this.#state.result(writer, place, index - keys.length));
        const column = windowColumns[index - keys.length - aggregates.length];
        const start = i64.load(place.row, { offset: this.#offset('start') });
        const time = column === 'start' ? start : column === 'end' ? end : this.#lastMs(end, closesAt);
        return writer.value(this.node.workSchema[index]?.type ?? TIMESTAMP(3, false), null, time);
      });
      const watermark = i64.load(i32.const(this.cells + baseCells.watermark));
      const sent = { scope, kind: i32.const(0), watermark, next };
      writeStepsAfter(writer, this.node.after, sent, (_, ready) => output.write(writer, count, ready));
    });
  }
}

interface Places {
  readonly keys: TableCursor;
  readonly store: Local<'i32'>;
  readonly table: Local<'i32'>;
}

interface Ended {
  readonly place: GroupPlace;
  readonly keyRow: Local<'i32'>;
  readonly end: Local<'i64'>;
  readonly closesAt: FunctionRef<'f64'> | null;
}
