import { type Ages, ageFields } from '../codegen/ages.ts';
import { AggregateState, type GroupPlace } from '../codegen/aggregate-state.ts';
import { ComputedColumns } from '../codegen/batch-scope.ts';
import { type CodeWriter, type RowScope, withType } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import { openTable, type TableCursor, tableCursor, writeFindOrAdd, writeHash } from '../codegen/key-table.ts';
import type { RowChain } from '../codegen/row-store.ts';
import type { StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import type { Work } from '../physical/graph.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type I32, type I64, i32, i64, type Local } from '../wasm/code.ts';
import { GroupStores } from './group-store.ts';
import type { KeptRows } from './kept-rows.ts';
import type { OperatorContext } from './operator-context.ts';
import { checkRetraction } from './retraction.ts';
import type { Held } from './state-size.ts';
import { agesOf } from './time-to-live.ts';

export type OverWork = Extract<Work, { readonly kind: 'over' }>;

/** What a partition has beside its accumulators: the rows of its frame, oldest first, and how many these are. */
const frameFields: readonly StateField[] = [
  { name: 'frame first', physical: 'i32' },
  { name: 'frame last', physical: 'i32' },
  { name: 'frame rows', physical: 'i64' },
];

/** Where a function finds partitions. */
export interface OpenFrames {
  readonly cursor: TableCursor;
  readonly store: Local<'i32'>;
}

/**
 * The partitions of an OVER, each with its accumulators and the rows of its frame. A row that leaves the frame is taken
 * back out of the accumulators: no frame is ever added up again.
 */
export class OverFrames {
  readonly state: AggregateState;
  /** Of partitions. */
  readonly ages: Ages | null;
  readonly #work: OverWork;
  readonly #types: readonly SqlType[];
  readonly #stores: GroupStores;
  readonly #store: number;

  /**
   * `taking`: whether rows are taken back; `stateTtlMs`: how long a partition is kept to which no row comes, 0: for ever;
   * `extra`: further fields of a partition.
   * @throws DiagnosticError W004 for an aggregate that cannot take rows back, where that is wanted
   */
  constructor(
    context: OperatorContext,
    work: OverWork,
    types: readonly SqlType[],
    options: { readonly taking: boolean; readonly stateTtlMs: number; readonly extra?: readonly StateField[] },
  ) {
    const { state } = context;
    this.#work = work;
    this.#types = types;
    if (options.taking) checkRetraction(work.aggregates);
    this.state = new AggregateState(this.#keyTypes, work.aggregates, {
      updating: options.taking,
      chained: true,
      extra: [...frameFields, ...(options.extra ?? []), ...(options.stateTtlMs > 0 ? ageFields : [])],
    });
    this.#stores = new GroupStores(state.part('partitions'), this.state.storeParts);
    this.#store = this.#stores.lasting();
    this.ages = agesOf(context, options.stateTtlMs, this.#stores.table(this.#store), this.state.layout);
  }

  get #keyTypes(): readonly SqlType[] {
    return this.#work.partition.map((column) => this.#type(column));
  }

  #type(column: number): SqlType {
    const found = this.#types[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found;
  }

  get held(): readonly Held[] {
    return this.#stores.held(this.#store);
  }

  open(writer: CodeWriter): OpenFrames {
    const cursor = tableCursor(writer);
    const store = writer.f.local('i32', i32.const(this.#store));
    openTable(writer, cursor, i32.load(store));
    return { cursor, store };
  }

  /** The partition of a row; `added` runs for a new one. */
  find(
    writer: CodeWriter,
    { cursor, store }: OpenFrames,
    scope: RowScope,
    added?: (partition: Local<'i32'>) => void,
  ): GroupPlace {
    const keys = this.#work.partition.map((column) => withType(scope.column(column), this.#type(column)));
    const row = writeFindOrAdd(writer, cursor, this.state.layout, keys, writeHash(writer, keys), added);
    this.ages?.write(writer, row);
    return { store, table: cursor.table, row };
  }

  /** A partition by its row. */
  placeOf({ f }: CodeWriter, row: Local<'i32'>): GroupPlace {
    const store = f.local('i32', i32.const(this.#store));
    return { store, table: f.local('i32', i32.load(store)), row };
  }

  /** Forgets a partition; the rows of its frame are the caller's to erase before. */
  erase(writer: CodeWriter, place: GroupPlace): void {
    this.ages?.remove(writer, place.row);
    this.state.erase(writer, place);
  }

  offset(field: string): number {
    return this.state.layout.field(field).offset;
  }

  /** The rows of a partition's frame. */
  chain({ row }: GroupPlace): RowChain {
    const at = (name: string): I32 => i32.add(row, i32.const(this.offset(name)));
    return { first: at('frame first'), last: at('frame last') };
  }

  /** Lets the oldest row leave a frame that has as many rows before the current one as it may have. */
  leaveRows(writer: CodeWriter, place: GroupPlace, rows: FrameRows, precedingRows: number): void {
    const { f } = writer;
    const count = { offset: this.offset('frame rows') };
    f.if(
      i64.gtS(i64.load(place.row, count), i64.const(BigInt(precedingRows))),
      () => this.#leave(writer, place, rows, f.local('i32', i32.load(this.chain(place).first))),
      () => f.do(i64.store(place.row, i64.add(i64.load(place.row, count), i64.const(1n)), count)),
    );
  }

  /** Lets the rows before a time leave a frame. */
  leaveBefore(
    writer: CodeWriter,
    place: GroupPlace,
    rows: FrameRows,
    from: I64,
    timeOf: (scope: RowScope) => I64,
  ): void {
    const { f } = writer;
    const { kept, table } = rows;
    f.block((done) => {
      f.loop((again) => {
        const number = f.local('i32', i32.load(this.chain(place).first));
        f.brIf(done, i32.eqz(number));
        const row = f.local('i32', kept.rows.at(table, number));
        f.brIf(done, i64.geS(timeOf(kept.rows.scope(writer, row)), from));
        this.#leave(writer, place, rows, number);
        f.br(again);
      });
    });
  }

  #leave(writer: CodeWriter, place: GroupPlace, { kept, table, gone }: FrameRows, number: Local<'i32'>): void {
    const row = writer.f.local('i32', kept.rows.at(table, number));
    this.state.update(writer, place, kept.rows.scope(writer, row), i32.const(1));
    kept.rows.takeFirst(writer, this.chain(place), row);
    gone(number, row);
  }

  /** Takes a row into the accumulators. */
  enter(writer: CodeWriter, place: GroupPlace, scope: RowScope): void {
    this.state.update(writer, place, scope, i32.const(0));
  }

  /** The results of a partition as they are, to stay so while it goes on. */
  results(writer: CodeWriter, place: GroupPlace): readonly Value[] {
    return this.#work.aggregates.map(({ type }, at) =>
      withType(keptValue(writer, this.state.result(writer, place, at)), type),
    );
  }

  /** A row with its results behind its columns. */
  withResults(writer: CodeWriter, scope: RowScope, place: GroupPlace): RowScope {
    const columns = this.#types.length;
    return new ComputedColumns(writer.f, (index) => {
      const call = this.#work.aggregates[index - columns];
      if (call === undefined) return scope.column(index);
      return withType(keptValue(writer, this.state.result(writer, place, index - columns)), call.type);
    });
  }

  close(): void {
    this.ages?.close();
    this.#stores.give(this.#store);
    this.#stores.close();
  }
}

/** The rows that frames consist of; `gone` gets each that leaves, by its number + 1 and its address. */
export interface FrameRows {
  readonly kept: KeptRows;
  readonly table: Local<'i32'>;
  gone(number: Local<'i32'>, row: Local<'i32'>): void;
}

/** How far a frame reaches back, in rows or ms; null: to the start. */
export function precedingOf({ frame }: OverWork): number | null {
  return frame.unit === 'rows' ? frame.precedingRows : frame.precedingMs;
}
