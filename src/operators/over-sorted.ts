import type { Ages } from '../codegen/ages.ts';
import type { GroupPlace } from '../codegen/aggregate-state.ts';
import { ComputedColumns } from '../codegen/batch-scope.ts';
import { type CodeWriter, type RowScope, withType } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import { keysEqual } from '../codegen/key-table.ts';
import { loadParts, storeParts } from '../codegen/memory-value.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import type { QueryModule } from '../codegen/query-module.ts';
import { sameValues } from '../codegen/same-value.ts';
import { ascending, type ByteRange, writeSortKey } from '../codegen/sort-key.ts';
import { eraseTableRow, rowNumber } from '../codegen/table-rows.ts';
import type { StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import { changeKind } from '../memory/batch.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import type { AggregateCall } from '../plan/expression.ts';
import { isAppendOnly } from '../plan/logical.ts';
import { physicalOf } from '../types/physical.ts';
import { BIGINT, INT, type SqlType, withNullable } from '../types/sql-type.ts';
import { type I32, i32, type Local, select } from '../wasm/code.ts';
import type { Label } from '../wasm/function-builder.ts';
import { baseCells, CompiledOperator } from './compiled-operator.ts';
import { KeptRows } from './kept-rows.ts';
import type { OperatorContext } from './operator-context.ts';
import { type OpenFrames, OverFrames, type OverWork } from './over-frames.ts';
import { type Held, map } from './state-size.ts';

/**
 * OVER ordered by a column that is no time attribute: each row with the aggregates over the rows of its partition up to
 * it, kept up to date. A row that comes in between, or is taken back, changes those behind it.
 *
 * Input: any changes. Output: a new row as it came, a row that is taken back as -D with the results that it had, and -U
 * and +U for each row whose results become others, in their order. Nothing is late here.
 * State: all rows with their results; the accumulators of each partition as they are behind its last row. Both for ever,
 * or until no row came to the partition for the time to live. Cost: O(log n)
 * a row, and the rows behind it: they are taken out of the accumulators and go in again behind the new one. Where a value
 * cannot be taken out exactly (the last value, a sum of doubles) the partition is added up anew.
 *
 * ```
 * SUM(v) by the order of p     rows   p10 v1     p30 v4     p20 v2
 *                              sent   +I 1       +I 5       +I 3   -U 5 +U 7
 * ```
 */
export class OverSorted extends CompiledOperator {
  readonly #work: OverWork;
  readonly #types: readonly SqlType[];
  readonly #frames: OverFrames;
  readonly #kept: KeptRows;
  readonly #map: number;
  readonly #updating: boolean;
  /** The aggregates can take out what went in last, to the bit. */
  readonly #unwinds: boolean;

  constructor(node: PhysicalOperator, work: OverWork, context: OperatorContext) {
    super(node, context, baseCells.bytes);
    this.#work = work;
    this.#types = node.stepSchema.map(({ type }) => type);
    this.#updating = !isAppendOnly(node.inputChanges);
    this.#unwinds = work.aggregates.every(isExactlyUndone);
    this.#frames = new OverFrames(context, work, this.#types, { taking: this.#unwinds, stateTtlMs: work.stateTtlMs });
    this.#kept = new KeptRows(context.state.part('kept'), this.#types, [
      { name: 'partition', physical: 'i32' },
      ...work.aggregates.flatMap(({ type }, at) => resultFields(type, at)),
    ]);
    this.#map = context.state.map('order', 4);
  }

  protected override get held(): readonly Held[] {
    return [...this.#frames.held, ...this.#kept.held, map(this.#map)];
  }

  protected override get ages(): Ages | null {
    return this.#frames.ages;
  }

  /** A partition goes with all its rows. */
  protected override writeExpired(writer: CodeWriter, row: Local<'i32'>): void {
    const { f } = writer;
    const place = this.#frames.placeOf(writer, row);
    const { layout } = this.#frames.state;
    const rows = i32.load(place.table, { offset: tableLayout.rows });
    const partition = f.local('i32', rowNumber(place.row, rows, layout.rowBytes));
    const key = writeSortKey(writer, [{ value: writer.value(INT(false), null, partition), order: ascending }]);
    const seek = writer.kernel('orderedSeek', 'i32', i32.const(this.#map), key.start, i32.sub(key.end, key.start));
    const entry = f.local('i32', seek);
    const table = this.#kept.open(writer);
    const next = f.local('i32');
    f.while(entry, (leave) => {
      const number = f.local('i32', i32.load(writer.kernel('orderedValue', 'i32', entry)));
      const stored = f.local('i32', this.#kept.rows.at(table, number));
      f.brIf(leave, i32.ne(i32.load(stored, { offset: this.#kept.rows.offset('partition') }), partition));
      f.set(next, writer.kernel('orderedNext', 'i32', entry));
      f.do(writer.kernel('orderedEraseNode', 'void', i32.const(this.#map), entry));
      eraseTableRow(writer, table, this.#kept.rows.layout, stored);
      f.set(entry, next);
    });
    this.#frames.erase(writer, place);
  }

  protected override writeSweep(writer: CodeWriter): void {
    this.#kept.sweep(writer, this.#kept.open(writer));
  }

  override close(): void {
    this.context.memory.kernels.orderedDrop(this.#map);
    this.#frames.close();
    this.#kept.close();
    super.close();
  }

  protected override end(_module: QueryModule, output: OutputWriter): PipelineEnd<State> {
    return {
      open: (writer) => {
        const table = this.#kept.open(writer);
        // The batch that showed them has gone.
        this.#kept.sweep(writer, table);
        return { frames: this.#frames.open(writer), table, count: output.open(writer) };
      },
      row: (writer, row, state) => new Change(this.#parts(writer, row, state, output)).write(),
      close: (writer, { count }) => output.close(writer, count),
    };
  }

  #parts(writer: CodeWriter, row: PipelineRow, state: State, output: OutputWriter): ChangeParts {
    const { f } = writer;
    const send = (scope: RowScope, kind: I32): void =>
      f.block((next) => {
        const sent = { scope, kind: f.local('i32', kind), watermark: row.watermark, next };
        writeStepsAfter(writer, this.node.after, sent, (_, ready) => output.write(writer, state.count, ready));
      });
    return {
      writer,
      row,
      state,
      send,
      work: this.#work,
      types: this.#types,
      // A processing time is another each time it is asked for.
      compared: this.node.stepSchema.flatMap(({ timeAttribute }, at) => (timeAttribute === 'proctime' ? [] : [at])),
      frames: this.#frames,
      kept: this.#kept,
      map: this.#map,
      updating: this.#updating,
      unwinds: this.#unwinds,
      sendsReplaced: this.node.changes.updateBefore,
    };
  }
}

interface State {
  readonly frames: OpenFrames;
  readonly table: Local<'i32'>;
  readonly count: Local<'i32'>;
}

function resultFields(type: SqlType, at: number): readonly StateField[] {
  return [
    { name: `result${at}`, physical: physicalOf(type) },
    { name: `result${at}.null`, physical: 'bool' },
  ];
}

/** Whether taking back the value that came last leaves the accumulator as it was before. */
function isExactlyUndone({ overload, args, type }: AggregateCall): boolean {
  const code = overload.code(
    args.map((arg) => arg.type),
    type,
  );
  if (code.seesNulls === true || code.isOrdered === true || code.remadeOf?.order === 'arrival') return false;
  if (code.retract === undefined && code.remadeOf === undefined) return false;
  return code.state.every(({ physical }) => physical !== 'f32' && physical !== 'f64');
}

interface ChangeParts {
  readonly writer: CodeWriter;
  readonly row: PipelineRow;
  readonly state: State;
  send(scope: RowScope, kind: I32): void;
  readonly work: OverWork;
  readonly types: readonly SqlType[];
  /** The columns that tell rows apart. */
  readonly compared: readonly number[];
  readonly frames: OverFrames;
  readonly kept: KeptRows;
  readonly map: number;
  readonly updating: boolean;
  readonly unwinds: boolean;
  /** Whether somebody needs the rows that updates replace. */
  readonly sendsReplaced: boolean;
}

/** Writes what one row of the input changes. Entries are those of the ordered map, 0 for none. */
class Change {
  readonly #parts: ChangeParts;
  readonly #place: GroupPlace;
  readonly #partition: Local<'i32'>;
  /** The entries of rows that are equal in the order begin with these bytes. */
  readonly #peerKey: ByteRange;

  constructor(parts: ChangeParts) {
    this.#parts = parts;
    const { writer, row, state, frames, work } = parts;
    this.#place = frames.find(writer, state.frames, row.scope);
    const { rows } = state.frames.cursor;
    this.#partition = writer.f.local('i32', rowNumber(this.#place.row, rows, frames.state.layout.rowBytes));
    this.#peerKey = writeSortKey(writer, [
      { value: writer.value(INT(false), null, this.#partition), order: ascending },
      { value: row.scope.column(work.orderColumn), order: ascending },
    ]);
  }

  write(): void {
    const { writer, row, updating } = this.#parts;
    if (!updating) {
      this.#insert(i32.const(changeKind.insert));
      return;
    }
    const isRetraction = writer.f.local('i32', i32.and(row.kind, i32.const(1)));
    writer.f.if(
      isRetraction,
      () => this.#takeBack(),
      () => this.#insert(row.kind),
    );
  }

  #insert(kind: I32): void {
    const { writer, row, state, kept, map } = this.#parts;
    const { f } = writer;
    const { row: added, arrival } = kept.keep(writer, state.table, row.scope);
    f.do(i32.store(added, this.#partition, { offset: kept.rows.offset('partition') }));
    const key = writeSortKey(writer, [
      { value: writer.value(INT(false), null, this.#partition), order: ascending },
      { value: row.scope.column(this.#parts.work.orderColumn), order: ascending },
      { value: writer.value(BIGINT(false), null, arrival), order: ascending },
    ]);
    const length = i32.sub(key.end, key.start);
    const value = f.local('i32', writer.kernel('orderedInsert', 'i32', i32.const(map), key.start, length));
    f.do(i32.store(value, kept.rows.number(state.table, added)));
    const entry = f.local('i32', i32.sub(value, i32.const(8)));
    f.if(this.#next(entry), () => this.#rewindTo(entry));
    this.#walk(entry, { entry, kind: f.local('i32', kind) });
  }

  #takeBack(): void {
    const { writer, row, state, kept, map, send } = this.#parts;
    const { f } = writer;
    const entry = this.#find();
    // What is not known is nothing to take back; its partition may have come with it.
    f.if(i32.eqz(entry), () => {
      this.#forgetIfEmpty();
      f.br(row.next);
    });
    const number = this.#numberOf(entry);
    const stored = f.local('i32', kept.rows.at(state.table, number));
    const from = this.#next(entry);
    this.#rewindTo(entry, true);
    send(this.#withResults(stored, this.#stored(stored)), i32.const(changeKind.delete));
    f.do(writer.kernel('orderedEraseNode', 'void', i32.const(map), entry));
    kept.spend(writer, state.table, number);
    this.#walk(from, null);
    this.#forgetIfEmpty();
  }

  /** Gives the accumulators of a partition back that has no rows. */
  #forgetIfEmpty(): void {
    const { writer, frames } = this.#parts;
    const key = writeSortKey(writer, [{ value: writer.value(INT(false), null, this.#partition), order: ascending }]);
    const first = this.#ofPartition(this.#seek(key));
    writer.f.if(i32.eqz(first), () => frames.erase(writer, this.#place));
  }

  /**
   * Brings the accumulators, which stand behind the partition's last row, to before an entry. `isIn`: its row is in
   * them itself.
   */
  #rewindTo(entry: Local<'i32'>, isIn = false): void {
    const { writer, frames, unwinds } = this.#parts;
    const { f } = writer;
    const at = f.local('i32');
    if (unwinds) {
      const behind = writer.value(INT(false), null, i32.add(this.#partition, i32.const(1)));
      const key = writeSortKey(writer, [{ value: behind, order: ascending }]);
      const length = i32.sub(key.end, key.start);
      f.set(at, writer.kernel('orderedSeekBefore', 'i32', i32.const(this.#parts.map), key.start, length));
      f.while(i32.ne(at, entry), () => {
        frames.state.update(writer, this.#place, this.#scopeOf(at), i32.const(1));
        f.set(at, writer.kernel('orderedPrev', 'i32', at));
      });
      if (isIn) frames.state.update(writer, this.#place, this.#scopeOf(entry), i32.const(1));
      return;
    }
    frames.state.reset(writer, this.#place);
    const key = writeSortKey(writer, [{ value: writer.value(INT(false), null, this.#partition), order: ascending }]);
    f.set(at, this.#seek(key));
    f.while(i32.ne(at, entry), () => {
      frames.enter(writer, this.#place, this.#scopeOf(at));
      f.set(at, writer.kernel('orderedNext', 'i32', at));
    });
  }

  /** Takes rows in from an entry on, and sends the rows whose results become others; `added` as a new one. */
  #walk(from: Local<'i32'>, added: { readonly entry: Local<'i32'>; readonly kind: Local<'i32'> } | null): void {
    const { writer, frames, work } = this.#parts;
    const { f } = writer;
    const isRange = work.frame.unit === 'range';
    const touched = this.#touched();
    const at = f.local('i32', from);
    // Under RANGE the rows that are equal to the changed one have another result too.
    const group = f.local('i32', isRange ? this.#firstPeer() : i32.const(0));
    const row = f.local('i32');
    f.block((done) => {
      f.loop((again) => {
        f.if(i32.eqz(group), () => f.set(group, at));
        f.brIf(done, i32.eqz(group));
        f.block((complete) => {
          f.loop((more) => {
            f.brIf(complete, i32.eqz(at));
            if (isRange) f.brIf(complete, i32.eqz(this.#arePeers(group, at)));
            frames.enter(writer, this.#place, this.#scopeOf(at));
            f.set(at, this.#next(at));
            if (isRange) f.br(more);
          });
        });
        const results = frames.results(writer, this.#place);
        f.while(i32.ne(group, at), () => {
          f.set(row, this.#rowOf(group));
          f.block((sent) => this.#sendChanged({ row, group, results, added, touched, sent }));
          f.set(group, this.#next(group));
        });
        f.set(group, i32.const(0));
        f.br(again);
      });
    });
  }

  #sendChanged(changed: {
    readonly row: Local<'i32'>;
    readonly group: Local<'i32'>;
    readonly results: readonly Value[];
    readonly added: { readonly entry: Local<'i32'>; readonly kind: Local<'i32'> } | null;
    readonly touched: I32;
    readonly sent: Label;
  }): void {
    const { writer, send, sendsReplaced } = this.#parts;
    const { f } = writer;
    const { row, group, results, added, touched, sent } = changed;
    if (added !== null) {
      f.if(i32.eq(group, added.entry), () => {
        this.#store(row, results);
        send(this.#withResults(row, results), added.kind);
        f.br(sent);
      });
    }
    const before = this.#stored(row);
    f.brIf(sent, i32.and(i32.eqz(touched), sameValues(writer, before, results)));
    const kept = before.map((value) => keptValue(writer, value));
    this.#store(row, results);
    if (sendsReplaced) send(this.#withResults(row, kept), i32.const(changeKind.updateBefore));
    send(this.#withResults(row, results), i32.const(changeKind.updateAfter));
  }

  /**
   * Whether the change shows also where results are the same: Flink sends a sum again whose number of values is another.
   */
  #touched(): Local<'i32'> {
    const { writer, row, work } = this.#parts;
    const { f } = writer;
    const touched = f.local('i32', i32.const(0));
    for (const { name, args, distinct } of work.aggregates) {
      const [arg] = args;
      if (arg === undefined || distinct || !arg.type.nullable || !countsValues.test(name)) continue;
      f.set(touched, i32.or(touched, i32.eqz(writer.isNull(writer.write(arg, row.scope)))));
    }
    return touched;
  }

  /** The entry of the earliest row that is equal to the one at hand in all columns. */
  #find(): Local<'i32'> {
    const { writer, row, types, compared, kept } = this.#parts;
    const { f } = writer;
    const entry = f.local('i32', this.#firstPeer());
    const values = types.map((type, at) => withType(row.scope.column(at), type));
    f.block((found) => {
      f.loop((again) => {
        f.brIf(found, i32.eqz(entry));
        const stored = this.#rowOf(entry);
        const tests = compared.map((at) => keysEqual(writer, kept.rows.layout, stored, [values[at] as Value], at));
        f.brIf(
          found,
          tests.reduce<I32>((all, next) => i32.and(all, next), i32.const(1)),
        );
        const next = this.#next(entry);
        f.set(entry, i32.mul(next, i32.and(i32.ne(next, i32.const(0)), this.#startsWithPeerKey(next))));
        f.br(again);
      });
    });
    return entry;
  }

  #seek({ start, end }: ByteRange): Local<'i32'> {
    const { writer, map } = this.#parts;
    return writer.f.local('i32', writer.kernel('orderedSeek', 'i32', i32.const(map), start, i32.sub(end, start)));
  }

  /** The first entry that is equal in the order to the row at hand. */
  #firstPeer(): Local<'i32'> {
    const { f } = this.#parts.writer;
    const entry = this.#seek(this.#peerKey);
    f.if(entry, () => f.set(entry, i32.mul(entry, this.#startsWithPeerKey(entry))));
    return entry;
  }

  #startsWithPeerKey(entry: Local<'i32'>): Local<'i32'> {
    const { writer, map } = this.#parts;
    const { f } = writer;
    const { start, end } = this.#peerKey;
    const length = f.local('i32', i32.sub(end, start));
    const starts = f.local('i32', i32.const(0));
    f.if(entry, () =>
      f.if(i32.geU(writer.kernel('orderedKeyLength', 'i32', entry), length), () => {
        const key = writer.kernel('orderedKey', 'i32', i32.const(map), entry);
        f.set(starts, writer.kernel('bytesEqual', 'i32', key, start, length));
      }),
    );
    return starts;
  }

  /** The next entry of the partition. */
  #next(entry: Local<'i32'>): Local<'i32'> {
    const { writer } = this.#parts;
    return this.#ofPartition(writer.f.local('i32', writer.kernel('orderedNext', 'i32', entry)));
  }

  /** The entry itself if it is of this partition. */
  #ofPartition(entry: Local<'i32'>): Local<'i32'> {
    const { writer, kept } = this.#parts;
    const { f } = writer;
    f.if(entry, () => {
      const partition = i32.load(this.#rowOf(entry), { offset: kept.rows.offset('partition') });
      f.set(entry, select(i32.eq(partition, this.#partition), entry, i32.const(0)));
    });
    return entry;
  }

  #arePeers(a: Local<'i32'>, b: Local<'i32'>): I32 {
    const { writer, work } = this.#parts;
    const [left, right] = [a, b].map((entry) => this.#scopeOf(entry).column(work.orderColumn));
    return sameValues(writer, [left as Value], [right as Value]);
  }

  #numberOf(entry: Local<'i32'>): Local<'i32'> {
    const { writer } = this.#parts;
    return writer.f.local('i32', i32.load(writer.kernel('orderedValue', 'i32', entry)));
  }

  #rowOf(entry: Local<'i32'>): Local<'i32'> {
    const { writer, kept, state } = this.#parts;
    return writer.f.local('i32', kept.rows.at(state.table, this.#numberOf(entry)));
  }

  #scopeOf(entry: Local<'i32'>): RowScope {
    const { writer, kept } = this.#parts;
    return kept.rows.scope(writer, this.#rowOf(entry));
  }

  /** The results that a row was sent with. */
  #stored(row: Local<'i32'>): readonly Value[] {
    const { writer, kept, work } = this.#parts;
    return work.aggregates.map(({ type }, at) => {
      const { physical, offset } = kept.rows.layout.field(`result${at}`);
      const isNull = i32.load8U(row, { offset: kept.rows.offset(`result${at}.null`) });
      return writer.value(withNullable(type, true), isNull, ...loadParts(physical, row, offset));
    });
  }

  #store(row: Local<'i32'>, results: readonly Value[]): void {
    const { writer, kept, state } = this.#parts;
    const { f } = writer;
    for (const [at, value] of results.entries()) {
      const { physical, offset } = kept.rows.layout.field(`result${at}`);
      f.do(i32.store8(row, writer.isNull(value), { offset: kept.rows.offset(`result${at}.null`) }));
      if (physical !== 'bytes') f.do(...storeParts(physical, row, value.parts, offset));
      else {
        const [address, length] = writer.bytes(value);
        const slot = i32.add(row, i32.const(offset));
        f.if(i32.eqz(writer.isNull(value)), () =>
          f.do(writer.kernel('textAssign', 'void', state.table, slot, address, length)),
        );
      }
    }
  }

  #withResults(row: Local<'i32'>, results: readonly Value[]): RowScope {
    const { writer, kept, types, work } = this.#parts;
    const stored = kept.rows.scope(writer, row);
    return new ComputedColumns(writer.f, (index) => {
      const value = results[index - types.length];
      return value === undefined
        ? stored.column(index)
        : withType(value, work.aggregates[index - types.length]?.type ?? value.type);
    });
  }
}

/** Aggregates that know how many values they have. */
const countsValues = /^(SUM|AVG|STDDEV_POP|STDDEV_SAMP|STDDEV|VAR_POP|VAR_SAMP|VARIANCE)$/;
