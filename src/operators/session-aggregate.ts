import { AggregateState } from '../codegen/aggregate-state.ts';
import { ComputedColumns } from '../codegen/batch-scope.ts';
import { CodeWriter, withType } from '../codegen/expression-writer.ts';
import { openTable, readKey, type TableCursor, tableCursor, writeFindOrAdd, writeHash } from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import { keyFields, StateLayout } from '../codegen/state-layout.ts';
import { localWallClock } from '../codegen/window-time.ts';
import { DiagnosticError, fail, unsupported } from '../diagnostics/diagnostic.ts';
import type { Batch } from '../memory/batch.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { isAppendOnly, type WindowKind, type WindowTime } from '../plan/logical.ts';
import { INT, type SqlType, TIMESTAMP } from '../types/sql-type.ts';
import { f64, i32, i64, type Local } from '../wasm/code.ts';
import { call, type FunctionRef } from '../wasm/function-builder.ts';
import { baseCells, CompiledOperator } from './compiled-operator.ts';
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

/** A session: it ends a gap behind its last row. `row` numbers its accumulators; the session that took it in has them. */
interface Session {
  start: number;
  end: number;
  row: number;
}

const cells = { now: baseCells.bytes, bytes: baseCells.bytes + 8 } as const;
/** What `session` gives for a late row. */
const lateRow = 0xffff_ffff;
/** Accumulators are found by their number, not by a hash. */
const anyHash = 1;

/**
 * Aggregates per session of a key: rows at most a gap apart, sent when the watermark passes the last row by the gap.
 *
 * Input: any changes; a row is late when the session that it would be in, with what it touches, has ended. Output: +I.
 * State: a row of accumulators an open session, in one table; the open sessions of a key with their bounds.
 * Cost: O(open sessions of the key) per row, mostly one; O(log open sessions) for each watermark that closes some.
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
  /** The table of keys, and an address that holds that of the table of accumulators. */
  readonly #keys: number;
  readonly #store: number;
  readonly #sessions = new Map<number, Session[]>();
  /** The earliest end among open sessions; it may be too early when sessions have grown since. */
  #nextEnd = Number.POSITIVE_INFINITY;

  /** @throws DiagnosticError W004 for an aggregate that sessions cannot merge */
  constructor(node: PhysicalOperator, work: SessionWork, context: OperatorContext) {
    super(node, context, cells.bytes);
    this.#work = work;
    const updating = !isAppendOnly(node.inputChanges);
    if (updating) checkRetraction(work.aggregates);
    const distinct = work.aggregates.find((aggregate) => aggregate.distinct);
    if (distinct !== undefined)
      throw new DiagnosticError([unsupported('W004', distinct.span, 'DISTINCT in a session')]);
    const unmergeable = work.aggregates.find(
      ({ overload, args, type }) =>
        overload.code(
          args.map((arg) => arg.type),
          type,
        ).merge === undefined,
    );
    if (unmergeable !== undefined)
      fail('B011', unmergeable.span, `${unmergeable.name} cannot be in a session: sessions that meet cannot be merged`);
    const { window } = work;
    this.#clock =
      window.time === 'processing' || node.stepSchema[window.timeColumn]?.type.kind === 'TIMESTAMP_LTZ'
        ? context.zone
        : utcClock;
    this.#keyTypes = work.keys.map((key) => this.#type(key));
    this.#keyLayout = new StateLayout(keyFields(this.#keyTypes));
    this.#state = new AggregateState([INT(false)], work.aggregates, { updating });
    const { memory } = context;
    this.#keys = memory.kernels.tableNew(this.#keyLayout.rowBytes, 16) >>> 0;
    this.#store = memory.alloc(8);
    memory.u32[this.#store >> 2] = memory.kernels.tableNew(this.#state.layout.rowBytes, 16);
  }

  get processingTimerMs(): number | null {
    if (this.#work.window.time !== 'processing' || this.#nextEnd === Number.POSITIVE_INFINITY) return null;
    return this.#clock.closesAt(this.#nextEnd);
  }

  override process(batch: Batch, out: Output): void {
    this.setCell(cells.now, BigInt(this.context.session.processingTimeMs()));
    super.process(batch, out);
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    super.onWatermark(watermarkMs, out);
    if (this.#work.window.time === 'event') this.#advance(watermarkMs, out);
  }

  onProcessingTime(nowMs: number, out: Output): void {
    if (this.#work.window.time === 'processing') this.#advance(nowMs - 1, out);
  }

  override close(): void {
    const { memory } = this.context;
    memory.kernels.tableDrop(this.#keys);
    memory.kernels.tableDrop(this.#table);
    memory.free(this.#store);
    super.close();
  }

  get #table(): number {
    return this.context.memory.u32[this.#store >> 2] ?? 0;
  }

  #type(column: number): SqlType {
    const found = this.node.stepSchema[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found.type;
  }

  /** Sends the sessions that have ended, in the order of their ends. */
  #advance(watermarkMs: number, out: Output): void {
    if (this.#nextEnd === Number.POSITIVE_INFINITY || this.#clock.closesAt(this.#nextEnd) - 1 > watermarkMs) return;
    const due: { readonly key: number; readonly session: Session }[] = [];
    let nextEnd = Number.POSITIVE_INFINITY;
    for (const [key, sessions] of this.#sessions) {
      const open = sessions.filter((session) => {
        const isDue = this.#clock.closesAt(session.end) - 1 <= watermarkMs;
        if (isDue) due.push({ key, session });
        else nextEnd = Math.min(nextEnd, session.end);
        return !isDue;
      });
      if (open.length === sessions.length) continue;
      if (open.length > 0) this.#sessions.set(key, open);
      else this.#sessions.delete(key);
    }
    this.#nextEnd = nextEnd;
    due.sort((a, b) => a.session.end - b.session.end);
    const compiled = this.anyCompiled();
    this.sendTo(out);
    const { kernels } = this.context.memory;
    for (const { key, session } of due) {
      const time = this.#clock.closesAt(session.end) - 1;
      this.call(compiled, 'emit', key, session.row, BigInt(session.start), BigInt(session.end), BigInt(time));
      kernels.tableErase(this.#table, this.#address(session.row));
    }
    for (const { key } of due) if (!this.#sessions.has(key)) this.#eraseKey(key);
    this.flush(compiled, out);
  }

  #eraseKey(key: number): void {
    const { memory } = this.context;
    const address = (memory.u32[(this.#keys + tableLayout.rows) >> 2] ?? 0) + key * this.#keyLayout.rowBytes;
    // Two sessions of one key may have ended together.
    if (memory.u32[address >> 2] !== 0) memory.kernels.tableErase(this.#keys, address);
  }

  #address(row: number): number {
    return (this.context.memory.u32[(this.#table + tableLayout.rows) >> 2] ?? 0) + row * this.#state.layout.rowBytes;
  }

  /** The row of accumulators for a row of a key at `at`; what it connects becomes one session. */
  #session(key: number, at: number, watermarkMs: number): number {
    const { gapMs } = this.#work.window.window;
    const merged: Session = { start: at, end: at + gapMs, row: -1 };
    const sessions = this.#sessions.get(key) ?? [];
    const touched = sessions
      .filter(({ start, end }) => start <= merged.end && merged.start <= end)
      .sort((a, b) => a.start - b.start);
    for (const { start, end } of touched) {
      merged.start = Math.min(merged.start, start);
      merged.end = Math.max(merged.end, end);
    }
    if (this.#work.window.time === 'event' && this.#clock.closesAt(merged.end) - 1 <= watermarkMs) {
      if (sessions.length === 0) this.#eraseKey(key);
      return lateRow;
    }
    const [first, ...others] = touched;
    if (first === undefined) merged.row = this.#newRow(key);
    else {
      merged.row = first.row;
      for (const other of others) {
        this.call(this.anyCompiled(), 'merge', first.row, other.row);
        this.context.memory.kernels.tableErase(this.#table, this.#address(other.row));
      }
    }
    const kept = touched.length === 0 ? sessions : sessions.filter((session) => !touched.includes(session));
    this.#sessions.set(key, [...kept, merged]);
    this.#nextEnd = Math.min(this.#nextEnd, merged.end);
    return merged.row;
  }

  #newRow(key: number): number {
    const { memory } = this.context;
    const address = memory.kernels.tableInsert(this.#table, anyHash) >>> 0;
    memory.u32[(address + this.#state.layout.field('key0').offset) >> 2] = key;
    const base = memory.u32[(this.#table + tableLayout.rows) >> 2] ?? 0;
    return (address - base) / this.#state.layout.rowBytes;
  }

  protected override end(module: QueryModule): PipelineEnd<TableCursor> {
    const session = module.callback(
      'session',
      ['i32', 'f64', 'f64'],
      'i32',
      (key: number, at: number, watermarkMs: number) => this.#session(key, at, watermarkMs),
    );
    return {
      open: (writer) => {
        const keys = tableCursor(writer);
        openTable(writer, keys, i32.const(this.#keys));
        return keys;
      },
      row: (writer, row, keys) => this.#writeRow(writer, row, keys, session),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, keys: TableCursor, session: FunctionRef<'i32'>): void {
    const { f } = writer;
    const at = this.#writeTime(writer, row);
    const values = this.#work.keys.map((key, index) =>
      withType(row.scope.column(key), this.#keyTypes[index] as SqlType),
    );
    openTable(writer, keys, keys.table);
    const keyRow = writeFindOrAdd(writer, keys, this.#keyLayout, values, writeHash(writer, values));
    const keyNumber = i32.divU(i32.sub(keyRow, keys.rows), i32.const(this.#keyLayout.rowBytes));
    const number = f.local('i32', call(session, keyNumber, f64.convertI64S(at), f64.convertI64S(row.watermark)));
    f.if(i32.eq(number, i32.const(lateRow | 0)), () => {
      const late = i32.const(this.cells + baseCells.lateRows);
      f.do(i64.store(late, i64.add(i64.load(late), i64.const(1n))));
      f.br(row.next);
    });
    const store = f.local('i32', i32.const(this.#store));
    const table = f.local('i32', i32.load(store));
    const rows = i32.load(table, { offset: tableLayout.rows });
    const state = f.local('i32', i32.add(rows, i32.mul(number, i32.const(this.#state.layout.rowBytes))));
    this.#state.update(writer, { store, table, row: state }, row.scope, row.kind);
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

  /** `merge(into, from)`, rows of accumulators by number; `emit(key, row, start, end, time)`. */
  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    const merge = module.builder.function(['i32', 'i32'], 'i32', 'merge').builder;
    const merging = new CodeWriter(module, merge, this.node.span);
    const table = merge.local('i32', i32.load(i32.const(this.#store)));
    const [into, from] = [0, 1].map((at) => this.#rowLocal(merging, table, merge.param(at, 'i32')));
    if (into !== undefined && from !== undefined) this.#state.mergeRow(merging, table, into, from);
    merge.return(i32.const(status.ok));
    this.#writeEmit(module, output);
  }

  #rowLocal(writer: CodeWriter, table: Local<'i32'>, number: Local<'i32'>): Local<'i32'> {
    const rows = i32.load(table, { offset: tableLayout.rows });
    return writer.f.local('i32', i32.add(rows, i32.mul(number, i32.const(this.#state.layout.rowBytes))));
  }

  #writeEmit(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function(['i32', 'i32', 'i64', 'i64', 'i64'], 'i32', 'emit');
    const writer = new CodeWriter(module, f, this.node.span);
    const table = f.local('i32', i32.load(i32.const(this.#store)));
    const row = this.#rowLocal(writer, table, f.param(1, 'i32'));
    const keyRows = i32.load(i32.const(this.#keys + tableLayout.rows));
    const keyRow = f.local('i32', i32.add(keyRows, i32.mul(f.param(0, 'i32'), i32.const(this.#keyLayout.rowBytes))));
    const count = output.open(writer);
    const { keys, aggregates, windowColumns } = this.#work;
    f.block((next) => {
      const empty = this.#state.isEmpty(row);
      if (empty !== null) f.brIf(next, empty);
      const scope = new ComputedColumns(f, (index) => {
        if (index < keys.length)
          return readKey(writer, this.#keyLayout, keyRow, index, this.#keyTypes[index] as SqlType);
        if (index < keys.length + aggregates.length)
          return this.#state.result(writer, { table, row }, index - keys.length);
        const column = windowColumns[index - keys.length - aggregates.length];
        const bound = column === 'start' ? 2 : column === 'end' ? 3 : 4;
        return writer.value(this.node.workSchema[index]?.type ?? TIMESTAMP(3, false), null, f.param(bound, 'i64'));
      });
      const sent = { scope, kind: i32.const(0), watermark: i64.const(-(2n ** 63n)), next };
      writeStepsAfter(writer, this.node.after, sent, (_, ready) => output.write(writer, count, ready));
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }
}
