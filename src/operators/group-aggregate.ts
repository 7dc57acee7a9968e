import { AggregateState, type GroupPlace } from '../codegen/aggregate-state.ts';
import { scaled } from '../codegen/batch-scope.ts';
import { ChangedGroups } from '../codegen/changed-groups.ts';
import { CodeWriter, withType } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import {
  openTable,
  type TableCursor,
  tableCursor,
  writeFind,
  writeFindOrAdd,
  writeHash,
} from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import type { StateRegisters } from '../codegen/state-registers.ts';
import { eachTableRow, rowNumber } from '../codegen/table-rows.ts';
import type { StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import { type Batch, changeKind } from '../memory/batch.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { isAppendOnly } from '../plan/logical.ts';
import { BIGINT, type SqlType } from '../types/sql-type.ts';
import { type I32, i32, i64, type Local } from '../wasm/code.ts';
import { call } from '../wasm/function-builder.ts';
import { baseCells, type Compiled, CompiledOperator } from './compiled-operator.ts';
import { GroupStores } from './group-store.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { checkRetraction } from './retraction.ts';
import type { Held } from './state-size.ts';

type AggregateWork = Extract<Work, { readonly kind: 'aggregate' }>;

/**
 * u32 the number of the bundle, of its part that is counted by rows, and how many rows and keys came in that; then the
 * list of the groups that the bundle came to, and i64 the processing time.
 */
const cells = {
  bundle: baseCells.bytes,
  part: baseCells.bytes + 4,
  rows: baseCells.bytes + 8,
  keys: baseCells.bytes + 12,
  changed: baseCells.bytes + 16,
  now: baseCells.bytes + 24,
  bytes: baseCells.bytes + 32,
} as const;

/**
 * GROUP BY without a window: the result of each key, kept up to date.
 *
 * Input: any changes. Output, once for each key and bundle, in the order in which the bundle came to the keys: +I for a
 * new key, -U and +U (or +U alone) where its result is another than before, -D when its last row is taken back. A retraction of an
 * unknown key is ignored. Nothing is late here. A bundle is a batch (a row, where a batch holds one), or a mini-batch.
 * State: a row a key; for ever, or until no row has come to it for the time to live: then it begins anew, and while there
 * is such a time an equal result is sent again. Cost: O(1) per row, and per key of the bundle.
 *
 * ```
 * SUM(v) BY k      rows   a1     a2  b5  a3                     batches of 1 and 3 rows
 *                  sent   +I a1  -U a1 +U a6 +I b5
 * ```
 */
export class GroupAggregate extends CompiledOperator {
  readonly #work: AggregateWork;
  readonly #state: AggregateState;
  readonly #stores: GroupStores;
  readonly #store: number;
  readonly #changed: ChangedGroups;
  /** Mini-batches: whether rows, and from what on keys, are counted. */
  readonly #countsKeys: boolean;
  /** Whether the bundle has begun, what it counts so far, and when its first row came. */
  #isOpen = false;
  /** Whether it had begun before the batch at hand: what it has in the scratch is wanted. */
  #isContinued = false;
  #counted = 0;
  #openedMs = 0;
  /** When groups that are too old were last looked for. */
  #sweptMs = Number.NEGATIVE_INFINITY;

  /** @throws DiagnosticError W004 for an aggregate that cannot take rows back, over an updating input */
  constructor(node: PhysicalOperator, work: AggregateWork, context: OperatorContext) {
    super(node, context, cells.bytes);
    this.#work = work;
    const updating = !isAppendOnly(node.inputChanges);
    if (updating) checkRetraction(work.aggregates);
    this.#state = new AggregateState(
      work.keys.map((key) => this.#type(key)),
      work.aggregates,
      { updating, extra: extraFields(work) },
    );
    this.#countsKeys = work.miniBatch?.phases === 2 && this.#state.unmergeable() === null;
    this.#stores = new GroupStores(context.state.part('stores'), this.#state.storeParts);
    this.#store = this.#stores.lasting();
    this.#changed = new ChangedGroups(
      [
        ...work.aggregates.map(({ type }) => type),
        ...Array.from({ length: this.#state.resentCount }, () => BIGINT(false)),
      ],
      this.cells + cells.changed,
    );
    context.state.keeps(
      'swept',
      () => this.#sweptMs,
      (sweptMs: number) => {
        this.#sweptMs = sweptMs;
      },
    );
  }

  override close(): void {
    this.#stores.give(this.#store);
    this.#stores.close();
    super.close();
  }

  override process(batch: Batch, out: Output): void {
    const { stateTtlMs, miniBatch } = this.#work;
    if (stateTtlMs > 0 || miniBatch !== null) {
      const nowMs = this.context.session.processingTimeMs();
      this.setCell(cells.now, BigInt(nowMs));
      if (!this.#isOpen) {
        this.#openedMs = nowMs;
        if (stateTtlMs > 0) this.#sweep(nowMs);
      }
    }
    this.#isContinued = this.#isOpen;
    if (!this.#isOpen) this.#open();
    super.process(batch, out);
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    if (watermarkMs === Number.POSITIVE_INFINITY) this.#finish(out);
    super.onWatermark(watermarkMs, out);
  }

  /** As in Flink: a bundle ends with a checkpoint. */
  onBarrier(out: Output): void {
    this.#finish(out);
  }

  override get processingTimerMs(): number | null {
    const { miniBatch } = this.#work;
    return miniBatch === null || !this.#isOpen ? null : this.#openedMs + miniBatch.latencyMs;
  }

  override onProcessingTime(_nowMs: number, out: Output): void {
    this.#finish(out);
  }

  protected override get held(): readonly Held[] {
    return this.#stores.held(this.#store);
  }

  protected override get keepsScratch(): boolean {
    return this.#isContinued;
  }

  protected override afterRows(compiled: Compiled): void {
    if (!this.#isRowByRow) this.#settle(compiled);
  }

  /** Each row is a bundle, or may be the last of one. */
  get #isRowByRow(): boolean {
    return this.context.batchRows === 1;
  }

  /** Begins a bundle. */
  #open(): void {
    this.#isOpen = true;
    this.#counted = 0;
    this.#count('bundle');
    this.#count('part');
  }

  /** Counts a number on; never to 0, which a new row of the table has. */
  #count(cell: 'bundle' | 'part'): void {
    const { u32 } = this.context.memory;
    const at = (this.cells + cells[cell]) >>> 2;
    u32[at] = ((u32[at] ?? 0) % 0xffff_ffff) + 1;
  }

  /** Sends the bundle where it is complete with the rows that have come. */
  #settle(compiled: Compiled): void {
    const { miniBatch } = this.#work;
    this.#isOpen = true;
    if (miniBatch !== null) {
      const { u32 } = this.context.memory;
      const [rowsAt, keysAt] = [(this.cells + cells.rows) >>> 2, (this.cells + cells.keys) >>> 2];
      const rows = u32[rowsAt] ?? 0;
      if (rows < miniBatch.sizeRows) return;
      this.#counted += this.#countsKeys ? (u32[keysAt] ?? 0) : rows;
      u32[rowsAt] = 0;
      u32[keysAt] = 0;
      this.#count('part');
      if (this.#counted < miniBatch.sizeRows) return;
    }
    this.#send(compiled);
  }

  #send(compiled: Compiled): void {
    this.call(compiled, 'send');
    // The rows that are left of the batch are of the next bundle.
    this.#open();
    this.#isOpen = false;
  }

  /** Sends what waits for more rows. */
  #finish(out: Output): void {
    if (this.#work.miniBatch === null || !this.#isOpen) return;
    const compiled = this.anyCompiled();
    const { u32 } = this.context.memory;
    u32[(this.cells + cells.rows) >>> 2] = 0;
    u32[(this.cells + cells.keys) >>> 2] = 0;
    this.sendTo(out);
    this.#send(compiled);
    this.flush(compiled, out);
  }

  /** Lets go of groups that no row has come to for the time to live; looked for twice in that time. */
  #sweep(nowMs: number): void {
    const { stateTtlMs } = this.#work;
    if (nowMs - this.#sweptMs < stateTtlMs / 2) return;
    this.#sweptMs = nowMs;
    this.call(this.anyCompiled(), 'sweep', BigInt(nowMs - stateTtlMs));
  }

  #type(column: number): SqlType {
    const found = this.node.stepSchema[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found.type;
  }

  protected override end(module: QueryModule): PipelineEnd<Group> {
    const settle = this.#isRowByRow
      ? module.callback('settle', [], 'void', () => this.#settle(this.compiledOf(module)))
      : null;
    return {
      open: (writer) => {
        const cursor = tableCursor(writer);
        const store = writer.f.local('i32', i32.const(this.#store));
        openTable(writer, cursor, i32.load(store));
        return { cursor, store, only: this.#isOneGroup ? this.#onlyGroup(writer) : null };
      },
      ahead: ({ cursor }) => {
        const keys = this.#work.keys.map((column) => ({ column, type: this.#type(column) }));
        return keys.length === 0 ? null : { table: cursor, rowBytes: this.#state.layout.rowBytes, keys };
      },
      row: (writer, row, group) => {
        this.#writeRow(writer, row, group);
        if (settle !== null) writer.f.do(call(settle));
      },
      close: (_, { only }) => only?.put(),
    };
  }

  /** All rows of a batch go to one group, which is looked for once. */
  get #isOneGroup(): boolean {
    const { keys, miniBatch, stateTtlMs } = this.#work;
    const isBatchwise = miniBatch === null && stateTtlMs === 0 && !this.#isRowByRow;
    return keys.length === 0 && isBatchwise && isAppendOnly(this.node.inputChanges);
  }

  #onlyGroup(writer: CodeWriter): OnlyGroup {
    const row = writer.f.local('i32');
    const registers = this.#state.registers(writer);
    const put = (): void => writer.f.if(row, () => registers.store(row));
    writer.onFailure = put;
    return { row, registers, put };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, group: Group): void {
    const { f } = writer;
    const { cursor, store, only } = group;
    if (only !== null) {
      f.if(i32.eqz(only.row), () => {
        f.set(only.row, this.#writeGroup(writer, row, group));
        only.registers.load(only.row);
      });
    }
    const groupRow = only?.row ?? this.#writeGroup(writer, row, group);
    const place = { store, table: cursor.table, row: groupRow, registers: only?.registers ?? null };
    this.#state.update(writer, place, row.scope, row.kind);
    const isEmpty = this.#state.isEmpty(groupRow);
    // What comes behind its last row begins anew, as if the key had never been there.
    if (isEmpty !== null) f.if(isEmpty, () => this.#state.reset(writer, place));
  }

  /** The row's group; noted as changed where it is the first row of the bundle that comes to it. */
  #writeGroup(writer: CodeWriter, row: PipelineRow, { cursor, store }: Group): Local<'i32'> {
    const { f } = writer;
    const { layout } = this.#state;
    const keys = this.#work.keys.map((key) => withType(row.scope.column(key), this.#type(key)));
    const hash = writeHash(writer, keys);
    const isNew = f.local('i32', i32.const(0));
    const groupRow = f.local('i32', i32.const(0));
    const findOrAdd = (): void =>
      void writeFindOrAdd(writer, cursor, layout, keys, hash, () => f.set(isNew, i32.const(1)), groupRow);
    const isRetraction = isAppendOnly(this.node.inputChanges) ? null : i32.and(row.kind, i32.const(1));
    if (isRetraction !== null) {
      f.if(
        isRetraction,
        () => {
          f.set(groupRow, writeFind(writer, cursor, layout, keys, hash));
          f.brIf(row.next, i32.eqz(groupRow));
          this.#writeExpiry(writer, { store, table: cursor.table, row: groupRow }, isNew);
          const empty = this.#state.isEmpty(groupRow);
          if (empty !== null) f.brIf(row.next, empty);
        },
        findOrAdd,
      );
    } else findOrAdd();
    f.mark(groupRow, layout.rowBytes);
    const place = { store, table: cursor.table, row: groupRow };
    if (isRetraction === null) this.#writeExpiry(writer, place, isNew);
    else f.if(i32.eqz(isRetraction), () => this.#writeExpiry(writer, place, isNew));
    if (this.#work.miniBatch !== null) this.#writeCounts(writer, groupRow);
    const seen = layout.field('bundle').offset;
    const bundle = f.local('i32', i32.load(i32.const(this.cells + cells.bundle)));
    f.if(i32.ne(i32.load(groupRow, { offset: seen }), bundle), () => {
      f.do(i32.store(groupRow, bundle, { offset: seen }));
      const number = rowNumber(groupRow, cursor.rows, layout.rowBytes);
      this.#changed.add(writer, number, isNew, () => this.#results(writer, place));
    });
    return groupRow;
  }

  /** A group that no row came to for the time to live begins anew; the clock of any is set. */
  #writeExpiry(writer: CodeWriter, place: GroupPlace, isNew: Local<'i32'>): void {
    const { stateTtlMs } = this.#work;
    if (stateTtlMs === 0) return;
    const { f } = writer;
    const { offset } = this.#state.layout.field('touched');
    const now = f.local('i64', i64.load(i32.const(this.cells + cells.now)));
    const oldest = i64.sub(now, i64.const(BigInt(stateTtlMs)));
    f.if(i32.and(i32.eqz(isNew), i64.leS(i64.load(place.row, { offset }), oldest)), () => {
      this.#state.reset(writer, place);
      f.set(isNew, i32.const(1));
    });
    f.do(i64.store(place.row, now, { offset }));
  }

  /** Counts the row, and its key where it is the first of its part of the bundle. */
  #writeCounts({ f }: CodeWriter, row: Local<'i32'>): void {
    const add = (cell: number): void => {
      const at = i32.const(this.cells + cell);
      f.do(i32.store(at, i32.add(i32.load(at), i32.const(1))));
    };
    const { offset } = this.#state.layout.field('part');
    const part = f.local('i32', i32.load(i32.const(this.cells + cells.part)));
    add(cells.rows);
    f.if(i32.ne(i32.load(row, { offset }), part), () => {
      f.do(i32.store(row, part, { offset }));
      add(cells.keys);
    });
  }

  /** The results of a group, and behind them what is compared with them. */
  #results(writer: CodeWriter, place: GroupPlace): readonly Value[] {
    const results = this.#work.aggregates.map((_, at) => this.#state.result(writer, place, at));
    return [...results, ...this.#state.resent(writer, place)];
  }

  /** `send()`: what the batch has changed. */
  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function([], 'i32', 'send');
    const writer = new CodeWriter(module, f, this.node.span);
    const store = f.local('i32', i32.const(this.#store));
    const table = f.local('i32', i32.load(store));
    const row = f.local('i32');
    const count = output.open(writer);
    this.#changed.each(writer, ({ number, isNew, before }) => {
      f.set(row, i32.add(i32.load(table, { offset: tableLayout.rows }), scaled(number, this.#state.layout.rowBytes)));
      this.#writeChange(writer, { place: { store, table, row }, isNew, before }, count, output);
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
    if (this.#work.stateTtlMs > 0) this.#writeSweep(module);
  }

  /** `sweep(oldest)`: erases the groups that no row has come to since. */
  #writeSweep(module: QueryModule): void {
    const { builder: f } = module.builder.function(['i64'], 'i32', 'sweep');
    const writer = new CodeWriter(module, f, this.node.span);
    const store = f.local('i32', i32.const(this.#store));
    const table = f.local('i32', i32.load(store));
    const { layout } = this.#state;
    eachTableRow(writer, table, layout.rowBytes, (row) => {
      const touched = i64.load(row, { offset: layout.field('touched').offset });
      f.if(i64.leS(touched, f.param(0, 'i64')), () => this.#state.erase(writer, { store, table, row }));
    });
    f.return(i32.const(status.ok));
  }

  #writeChange(writer: CodeWriter, change: GroupChange, count: Local<'i32'>, output: OutputWriter): void {
    const { f } = writer;
    const { place, isNew, before } = change;
    const isEmpty = this.#state.isEmpty(place.row);
    const isGone = isEmpty === null ? null : f.local('i32', isEmpty);
    // The key of a group that is gone is shown when its room is another's already.
    const keys = this.#work.keys.map((_, at) => {
      const key = this.#state.key(writer, place.row, at);
      return isGone === null ? key : keptValue(writer, key);
    });
    const send = (kind: number, values: readonly Value[]): void =>
      f.block((next) => {
        // A result that is NOT NULL is read as such behind this.
        const shown = values.map((value, at) => withType(value, this.#work.aggregates[at]?.type ?? value.type));
        const row = [...keys, ...shown];
        const scope = { column: (index: number): Value => row[index] as Value };
        const watermark = i64.load(i32.const(this.cells + baseCells.watermark));
        writeStepsAfter(writer, this.node.after, { scope, kind: i32.const(kind), watermark, next }, (_, sent) =>
          output.write(writer, count, sent),
        );
      });
    const sendResult = (): void => {
      const after = this.#results(writer, place);
      f.if(
        isNew,
        () => send(changeKind.insert, after),
        () => {
          const update = (): void => {
            if (this.node.changes.updateBefore) send(changeKind.updateBefore, before);
            send(changeKind.updateAfter, after);
          };
          // An equal result is not sent again, unless what comes behind must keep it alive.
          if (this.#work.stateTtlMs > 0) update();
          else f.if(i32.eqz(this.#state.sameResults(writer, before, after)), update);
        },
      );
    };
    if (isGone === null) {
      sendResult();
      return;
    }
    f.if(
      isGone,
      () => {
        f.if(i32.eqz(isNew), () => send(changeKind.delete, before));
        this.#state.erase(writer, place);
      },
      sendResult,
    );
  }
}

interface Group {
  readonly cursor: TableCursor;
  readonly store: Local<'i32'>;
  /** Null where there may be several. */
  readonly only: OnlyGroup | null;
}

/** The one group of an aggregate without keys, while a batch is processed. */
interface OnlyGroup {
  /** Its row, 0 until the batch has come to it. */
  readonly row: Local<'i32'>;
  readonly registers: StateRegisters;
  /** Writes that the row gets what the locals hold. */
  readonly put: () => void;
}

/** What a group's row has beside its accumulators. */
function extraFields({ stateTtlMs, miniBatch }: AggregateWork): readonly StateField[] {
  return [
    { name: 'bundle', physical: 'i32' },
    ...(miniBatch === null ? [] : [{ name: 'part', physical: 'i32' as const }]),
    ...(stateTtlMs === 0 ? [] : [{ name: 'touched', physical: 'i64' as const }]),
  ];
}

interface GroupChange {
  readonly place: GroupPlace;
  readonly isNew: I32;
  /** The results before the batch. */
  readonly before: readonly Value[];
}
