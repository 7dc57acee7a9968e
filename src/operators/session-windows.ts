import type { GroupPlace, StorePart } from '../codegen/aggregate-state.ts';
import { scaled } from '../codegen/batch-scope.ts';
import { CodeWriter, type RowScope, withType } from '../codegen/expression-writer.ts';
import { openTable, readKey, type TableCursor, tableCursor, writeFindOrAdd, writeHash } from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import type { PipelineEnd, PipelineRow } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import { keyFields, StateLayout } from '../codegen/state-layout.ts';
import { eraseTableRow } from '../codegen/table-rows.ts';
import { localWallClock } from '../codegen/window-time.ts';
import type { StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import type { Batch } from '../memory/batch.ts';
import { sessionsLayout, tableLayout } from '../memory/kernels.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import type { SessionTime } from '../plan/logical.ts';
import type { SqlType } from '../types/sql-type.ts';
import { f64, type I32, type I64, i32, i64, type Local, select } from '../wasm/code.ts';
import { call, type FunctionRef } from '../wasm/function-builder.ts';
import { baseCells, type Compiled, CompiledOperator, watermarkI64 } from './compiled-operator.ts';
import { GroupStores } from './group-store.ts';
import { writeLateRow } from './late-row-list.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { type Held, type StateSize, table } from './state-size.ts';
import { utcClock, type WallClock } from './wall-clock.ts';

/** What a session holds, in fields of its row: accumulators, or the rows themselves. */
export interface SessionContent {
  readonly layout: StateLayout;
  readonly storeParts: readonly StorePart[];
  update(writer: CodeWriter, place: GroupPlace, scope: RowScope, kind: I32): void;
  /** Adds what a session holds to an earlier one. */
  mergeRow(writer: CodeWriter, place: GroupPlace, from: Local<'i32'>): void;
  /** Takes a session out of its store. */
  erase(writer: CodeWriter, place: GroupPlace): void;
}

/** i64 processing time; u32 whether sessions are left that have ended, when `close` has done its share. */
const cells = { now: baseCells.bytes, hasMore: baseCells.bytes + 8, bytes: baseCells.bytes + 16 } as const;

/** What a session's row has beside its content (see kernels/sessions.ts). */
export const sessionFields = [
  { name: 'start', physical: 'i64' },
  { name: 'end', physical: 'i64' },
  { name: 'next', physical: 'i32' },
  { name: 'key', physical: 'i32' },
  { name: 'made', physical: 'i32' },
] as const satisfies readonly StateField[];

/**
 * Sessions of a key: rows at most a gap apart. They end when the watermark passes the last row by the gap, or the clock.
 *
 * State: a row a key with an open session; a row a session; a heap of their ends.
 * Cost: O(1) for a row of its key's newest session; O(log open sessions) for each gap that passes and each session that
 * ends. What a session held is used again when it has ended.
 */
export abstract class SessionWindows<Content extends SessionContent> extends CompiledOperator {
  protected readonly content: Content;
  readonly #time: SessionTime;
  readonly #partition: readonly number[];
  readonly #clock: WallClock;
  readonly #keyLayout: StateLayout;
  readonly #keyTypes: readonly SqlType[];
  /** The table of keys. */
  readonly #keys: number;
  readonly #stores: GroupStores;
  /** The sessions, and what their content has beside. */
  readonly #store: number;
  /** See kernels/sessions.ts. */
  readonly #sessions: number;

  constructor(
    node: PhysicalOperator,
    context: OperatorContext,
    options: { readonly time: SessionTime; readonly partition: readonly number[]; readonly content: Content },
  ) {
    super(node, context, cells.bytes);
    this.#time = options.time;
    this.#partition = options.partition;
    this.content = options.content;
    const { time, timeColumn } = options.time;
    this.#clock =
      time === 'processing' || node.stepSchema[timeColumn]?.type.kind === 'TIMESTAMP_LTZ' ? context.zone : utcClock;
    this.#keyTypes = options.partition.map((key) => this.#type(key));
    this.#keyLayout = new StateLayout([...keyFields(this.#keyTypes), { name: 'first', physical: 'i32' }]);
    const { memory, state } = context;
    this.#keys = state.table('keys', this.#keyLayout);
    this.#stores = new GroupStores(state.part('stores'), this.content.storeParts);
    this.#store = this.#stores.lasting();
    this.#sessions = state.structure('sessions', this.content.layout.text, () =>
      memory.kernels.sessionsNew(this.#stores.table(this.#store), this.content.layout.rowBytes),
    );
    for (const { name } of sessionFields)
      memory.u32[(this.#sessions + sessionsLayout[name]) >>> 2] = this.content.layout.field(name).offset;
  }

  protected override get held(): readonly Held[] {
    return [table(this.#keys), ...this.#stores.held(this.#store)];
  }

  protected override trim(): void {
    super.trim();
    this.context.memory.kernels.sessionsTrim(this.#sessions);
  }

  override get stateSize(): StateSize {
    const { bytes, rows } = super.stateSize;
    return { bytes: bytes + (this.context.memory.kernels.sessionsBytes(this.#sessions) >>> 0), rows };
  }

  override get processingTimerMs(): number | null {
    if (this.#time.time !== 'processing') return null;
    const end = this.#nextEnd();
    return end === Number.POSITIVE_INFINITY ? null : this.#clock.closesAt(end);
  }

  override process(batch: Batch, out: Output): void {
    this.setCell(cells.now, BigInt(this.context.session.processingTimeMs()));
    super.process(batch, out);
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    // What is sent comes before the watermark.
    if (this.#time.time === 'event') this.#advance(watermarkMs, out);
    super.onWatermark(watermarkMs, out);
  }

  override onProcessingTime(nowMs: number, out: Output): void {
    if (this.#time.time === 'processing') this.#advance(nowMs - 1, out);
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
      this.afterSent(compiled);
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
    const { gapMs } = this.#time.window;
    const start = this.#offset('start');
    const end = this.#offset('end');
    const first = this.#keyLayout.field('first').offset;
    const at = this.#writeTime(writer, row);
    const itsEnd = f.local('i64', i64.add(at, i64.const(BigInt(gapMs))));
    const values = this.#partition.map((key, index) =>
      withType(row.scope.column(key), this.#keyTypes[index] as SqlType),
    );
    const keyRow = writeFindOrAdd(writer, keys, this.#keyLayout, values, writeHash(writer, values));
    const newest = f.local('i32', i32.load(keyRow, { offset: first }));
    const lastEnd = f.local('i64');
    const session = f.local('i32');
    const sessions = i32.const(this.#sessions);
    const dropLate = (): void => {
      if (this.#time.time !== 'event') return;
      f.if(this.#hasEnded(lastEnd, row.watermark, closesAt), () => {
        writeLateRow(writer, this.cells + baseCells.lateRows, this.lateRows, row);
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
        this.content.mergeRow(writer, { store, table, row: session }, merged);
        eraseTableRow(writer, table, this.content.layout, merged);
      });
    });
    this.content.update(writer, { store, table, row: session }, row.scope, row.kind);
  }

  #offset(field: (typeof sessionFields)[number]['name']): number {
    return this.content.layout.field(field).offset;
  }

  /** The address of a session by its row number + 1. */
  #rowAt(table: Local<'i32'>, number: I32): I32 {
    const rows = i32.load(table, { offset: tableLayout.rows });
    return i32.add(rows, scaled(i32.sub(number, i32.const(1)), this.content.layout.rowBytes));
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
    if (this.#time.time === 'processing') {
      const now = i64.load(i32.const(this.cells + cells.now));
      return localWallClock(writer, writer.value({ kind: 'TIMESTAMP_LTZ', precision: 3, nullable: false }, null, now));
    }
    const time = row.scope.column(this.#time.timeColumn);
    if (time.isNull !== null) writer.f.if(time.isNull, () => this.writeNoTime(writer, row));
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
        const place = { store, table, row };
        const session = {
          place,
          start: i64.load(row, { offset: this.#offset('start') }),
          end,
          lastMs: this.#lastMs(end, closesAt),
          key: (at: number) => readKey(writer, this.#keyLayout, keyRow, at, this.#keyTypes[at] as SqlType),
        };
        this.writeResult(writer, session, count, output);
        const chain = i32.add(keyRow, i32.const(this.#keyLayout.field('first').offset));
        const newest = f.local('i32', writer.kernel('sessionsTake', 'i32', sessions, chain));
        this.content.erase(writer, place);
        f.if(i32.eqz(newest), () => eraseTableRow(writer, keys, this.#keyLayout, keyRow));
        f.br(again);
      });
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }

  /** Sends a session that has ended. */
  protected abstract writeResult(
    writer: CodeWriter,
    session: EndedSession,
    count: Local<'i32'>,
    output: OutputWriter,
  ): void;

  /** When the sessions that have ended have gone out. */
  protected afterSent(_compiled: Compiled): void {}

  /** What becomes of a row without a time. */
  protected abstract writeNoTime(writer: CodeWriter, row: PipelineRow): void;
}

interface Places {
  readonly keys: TableCursor;
  readonly store: Local<'i32'>;
  readonly table: Local<'i32'>;
}

/** A session that has ended. */
export interface EndedSession {
  readonly place: GroupPlace;
  readonly start: I64;
  readonly end: Local<'i64'>;
  /** The last instant of it. */
  readonly lastMs: I64;
  key(at: number): Value;
}
