import { type Ages, ageFields } from '../codegen/ages.ts';
import { scaled } from '../codegen/batch-scope.ts';
import { type CodeWriter, type RowScope, withType } from '../codegen/expression-writer.ts';
import { openTable, type TableCursor, tableCursor, writeFindOrAdd, writeHash } from '../codegen/key-table.ts';
import type { RowChain } from '../codegen/row-store.ts';
import { ascending, type ByteRange, type KeyColumn, writeSortKey } from '../codegen/sort-key.ts';
import { keyFields, StateLayout } from '../codegen/state-layout.ts';
import { eraseTableRow, rowNumber } from '../codegen/table-rows.ts';
import type { StateField } from '../functions/aggregate-function.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { Memory } from '../memory/memory.ts';
import type { SortKey } from '../plan/logical.ts';
import { BIGINT, INT, type SqlType } from '../types/sql-type.ts';
import { type I32, i32, i64, type Local, select } from '../wasm/code.ts';
import { KeptRows } from './kept-rows.ts';
import type { OperatorContext } from './operator-context.ts';
import { type Held, map, table } from './state-size.ts';
import { agesOf } from './time-to-live.ts';

/** What is ranked: partition, order and how many. */
export interface RankSettings {
  readonly partition: readonly number[];
  readonly order: readonly SortKey[];
  readonly start: number;
  /** The last rank; that of a column is the one of the first row of a partition. */
  readonly end: number | { readonly column: number };
  readonly outputRank: boolean;
  /** Of rows that are equal in the order, the one that came later is first (the last row of a key). */
  readonly laterFirst: boolean;
  /** Whether a row takes the place of another as an update; else where one row is ranked, and none is taken back. */
  readonly replaces?: boolean;
  /** How long a row is kept after it, or any of its partition, was written, in ms; 0: for ever. */
  readonly ttl?: { readonly ms: number; readonly of: 'row' | 'partition' };
}

/** Whether rows only come, so that none is found again, and each that is kept is ranked. */
export type RankedInput = 'inserts' | 'changes';

/**
 * Where the rows of a partition are: how many there are; if rows only come the entry of the last one, else that of the
 * row at the last rank (0 where there are fewer) if rows behind it are kept too; then the last rank, where it is a
 * column's.
 */
const partitionFields: readonly StateField[] = [
  { name: 'count', physical: 'i32' },
  { name: 'border', physical: 'i32' },
  { name: 'limit', physical: 'i64' },
];

/**
 * A row knows its entry: 0 when it is none of the ranked rows any more. Of equal rows only the first is found by its
 * columns; it leads to the others, which came later.
 */
const rowFields: readonly StateField[] = [
  { name: 'entry', physical: 'i32' },
  { name: 'leads', physical: 'bool' },
  { name: 'equal first', physical: 'i32' },
  { name: 'equal last', physical: 'i32' },
  { name: 'partition', physical: 'i32' },
];

/** Where a function finds rows and partitions. */
export interface OpenRanks {
  readonly partitions: TableCursor;
  /** The table of rows. */
  readonly table: Local<'i32'>;
}

/** A partition, for the time of a row of the input. */
export interface RankPartition {
  readonly row: Local<'i32'>;
  readonly number: Local<'i32'>;
  /** Of the table of rows. */
  readonly table: Local<'i32'>;
}

/**
 * The rows of partitions in their order: one ordered map for all, from (partition, order, arrival) to a row's number + 1.
 * Entries are nodes of the map: their addresses stay. Cost: O(log rows) for a row that comes or goes.
 */
export class RankedRows {
  readonly kept: KeptRows;
  readonly #memory: Memory;
  readonly #settings: RankSettings;
  readonly #types: readonly SqlType[];
  readonly #layout: StateLayout;
  readonly #partitions: number;
  readonly #map: number;
  readonly #input: RankedInput;
  /** Of rows, those that lead to equal ones standing for these; or of partitions. */
  readonly ages: Ages | null;
  readonly #rowAges: Ages | null;
  readonly #partitionAges: Ages | null;

  constructor(context: OperatorContext, types: readonly SqlType[], settings: RankSettings, input: RankedInput) {
    const { memory, state } = context;
    const { ttl = { ms: 0, of: 'row' } } = settings;
    const aged = (of: 'row' | 'partition'): readonly StateField[] => (ttl.ms > 0 && ttl.of === of ? ageFields : []);
    this.#memory = memory;
    this.#settings = settings;
    this.#types = types;
    this.#input = input;
    this.kept = new KeptRows(state.part('kept'), types, [...rowFields, ...aged('row')], input === 'changes');
    this.#layout = new StateLayout([
      ...keyFields(settings.partition.map((column) => this.#type(column))),
      ...partitionFields,
      ...aged('partition'),
    ]);
    this.#partitions = state.table('partitions', this.#layout);
    this.#map = state.map('order', 4);
    const isByRow = ttl.of === 'row';
    this.ages = isByRow
      ? agesOf(context, ttl.ms, this.kept.table, this.kept.rows.layout)
      : agesOf(context, ttl.ms, this.#partitions, this.#layout);
    this.#rowAges = isByRow ? this.ages : null;
    this.#partitionAges = isByRow ? null : this.ages;
  }

  get held(): readonly Held[] {
    return [...this.kept.held, table(this.#partitions), map(this.#map)];
  }

  close(): void {
    const { kernels } = this.#memory;
    kernels.orderedDrop(this.#map);
    kernels.tableDrop(this.#partitions);
    this.ages?.close();
    this.kept.close();
  }

  #type(column: number): SqlType {
    const found = this.#types[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found;
  }

  /** For a function; what was sent before it is forgotten. */
  open(writer: CodeWriter): OpenRanks {
    const partitions = tableCursor(writer);
    openTable(writer, partitions, i32.const(this.#partitions));
    const table = this.kept.open(writer);
    this.kept.sweep(writer, table);
    return { partitions, table };
  }

  /** The partition of a row; `added` runs for a new one. */
  partition(
    writer: CodeWriter,
    { partitions, table }: OpenRanks,
    scope: RowScope,
    added?: (number: Local<'i32'>) => void,
  ): RankPartition {
    const { f } = writer;
    const keys = this.#settings.partition.map((column) => withType(scope.column(column), this.#type(column)));
    const numberOf = (row: Local<'i32'>): Local<'i32'> =>
      f.local('i32', rowNumber(row, partitions.rows, this.#layout.rowBytes));
    const row = writeFindOrAdd(writer, partitions, this.#layout, keys, writeHash(writer, keys), (created) => {
      const { end } = this.#settings;
      if (typeof end !== 'number') {
        const limit = scope.column(end.column);
        const wide = limit.physical === 'i64' ? writer.i64(limit) : i64.extendI32S(writer.i32(limit));
        const value = limit.isNull === null ? wide : select(limit.isNull, i64.const(0n), wide);
        f.do(i64.store(created, value, { offset: this.#offset('limit') }));
      }
      added?.(numberOf(created));
    });
    return { row, number: numberOf(row), table };
  }

  /** A partition by its number. */
  partitionAt(writer: CodeWriter, { partitions, table }: OpenRanks, number: I32): RankPartition {
    const { f } = writer;
    const at = f.local('i32', number);
    const rows = i32.load(partitions.table, { offset: tableLayout.rows });
    return { row: f.local('i32', i32.add(rows, scaled(at, this.#layout.rowBytes))), number: at, table };
  }

  /** Forgets a partition, which has no rows any more. */
  erase(writer: CodeWriter, { row }: RankPartition): void {
    this.#partitionAges?.remove(writer, row);
    eraseTableRow(writer, writer.f.local('i32', i32.const(this.#partitions)), this.#layout, row);
  }

  #offset(field: string): number {
    return this.#layout.field(field).offset;
  }

  /** How many rows of a partition are kept. */
  count({ row }: RankPartition): I32 {
    return i32.load(row, { offset: this.#offset('count') });
  }

  border({ row }: RankPartition): I32 {
    return i32.load(row, { offset: this.#offset('border') });
  }

  setCount({ f }: CodeWriter, { row }: RankPartition, count: I32): void {
    f.do(i32.store(row, count, { offset: this.#offset('count') }));
  }

  setBorder({ f }: CodeWriter, { row }: RankPartition, border: I32): void {
    f.do(i32.store(row, border, { offset: this.#offset('border') }));
  }

  /** The last rank. */
  end({ f }: CodeWriter, { row }: RankPartition): I32 {
    const { end } = this.#settings;
    if (typeof end === 'number') return i32.const(Math.min(end, rankMax));
    const limit = f.local('i64', i64.load(row, { offset: this.#offset('limit') }));
    const positive = f.local('i64', select(i64.gtS(limit, i64.const(0n)), limit, i64.const(0n)));
    const most = i64.const(BigInt(rankMax));
    return f.local('i32', i32.wrapI64(select(i64.ltS(positive, most), positive, most)));
  }

  /** The key of a row that comes with this arrival. */
  key(writer: CodeWriter, partition: RankPartition, scope: RowScope, arrival: Local<'i64'>): ByteRange {
    const order = this.#settings.order.map(({ column, descending, nullsFirst }) => ({
      value: scope.column(column),
      order: { descending, nullsLast: !nullsFirst },
    }));
    const last: KeyColumn = {
      value: writer.value(BIGINT(false), null, arrival),
      order: { descending: this.#settings.laterFirst, nullsLast: false },
    };
    return writeSortKey(writer, [this.#partitionKey(writer, partition.number), ...order, last]);
  }

  #partitionKey(writer: CodeWriter, number: I32): KeyColumn {
    return { value: writer.value(INT(false), null, number), order: ascending };
  }

  /** Whether a key is behind that of an entry. */
  isBehind(writer: CodeWriter, { start, end }: ByteRange, entry: Local<'i32'>): I32 {
    const map = i32.const(this.#map);
    const key = writer.kernel('orderedKey', 'i32', map, entry);
    const length = writer.kernel('orderedKeyLength', 'i32', entry);
    return i32.gtS(writer.kernel('bytesCompare', 'i32', start, i32.sub(end, start), key, length), i32.const(0));
  }

  /** Whether an entry is behind another. */
  isEntryBehind(writer: CodeWriter, entry: Local<'i32'>, other: Local<'i32'>): I32 {
    const map = i32.const(this.#map);
    const keyOf = (of: Local<'i32'>): readonly [I32, I32] => [
      writer.kernel('orderedKey', 'i32', map, of),
      writer.kernel('orderedKeyLength', 'i32', of),
    ];
    return i32.gtS(writer.kernel('bytesCompare', 'i32', ...keyOf(entry), ...keyOf(other)), i32.const(0));
  }

  /** The row that is found by these columns, of equal ones the first; 0 for none. */
  find(
    writer: CodeWriter,
    table: Local<'i32'>,
    wanted: { readonly scope: RowScope; readonly columns: readonly number[]; readonly hash: Local<'i32'> },
  ): Local<'i32'> {
    const { rows } = this.kept;
    return rows.find(writer, table, wanted, (row) => {
      const isRanked = i32.ne(i32.load(row, { offset: rows.offset('entry') }), i32.const(0));
      return i32.and(isRanked, i32.load8U(row, { offset: rows.offset('leads') }));
    });
  }

  /** Stores a row that is found by its hash, and leads to those that are equal to it. */
  addFound(writer: CodeWriter, table: Local<'i32'>, scope: RowScope, hash: I32): Local<'i32'> {
    const { rows } = this.kept;
    const row = rows.add(writer, table, scope, hash);
    writer.f.do(i32.store8(row, i32.const(1), { offset: rows.offset('leads') }));
    return row;
  }

  /** Stores a row that is equal to another, which leads to it. */
  addEqual(writer: CodeWriter, table: Local<'i32'>, scope: RowScope, number: I32, arrival: Local<'i64'>): Local<'i32'> {
    const { f } = writer;
    const { rows } = this.kept;
    const first = f.local('i32', number);
    const row = rows.add(writer, table, scope, this.kept.spread(arrival));
    const leader = f.local('i32', rows.at(table, first));
    rows.append(writer, table, this.#equalRows(leader), f.local('i32', rows.number(table, row)));
    return row;
  }

  /**
   * Before the first of equal rows goes it changes places with the next one, so that the others are still found: they
   * differ in nothing but their entries.
   */
  handOver(writer: CodeWriter, table: Local<'i32'>, row: Local<'i32'>): void {
    const { f } = writer;
    const { rows } = this.kept;
    const next = f.local('i32', i32.load(this.#equalRows(row).first));
    f.if(next, () => {
      const other = f.local('i32', rows.at(table, next));
      rows.takeFirst(writer, this.#equalRows(row), other);
      const entry = { offset: rows.offset('entry') };
      const [own, others] = [f.local('i32', i32.load(row, entry)), f.local('i32', i32.load(other, entry))];
      f.do(i32.store(row, others, entry), i32.store(other, own, entry));
      f.do(i32.store(writer.kernel('orderedValue', 'i32', others), rows.number(table, row)));
      f.do(i32.store(writer.kernel('orderedValue', 'i32', own), next));
    });
  }

  #equalRows(row: Local<'i32'>): RowChain {
    const at = (name: string): I32 => i32.add(row, i32.const(this.kept.rows.offset(name)));
    return { first: at('equal first'), last: at('equal last') };
  }

  /** Puts a stored row in its place. @returns its entry */
  insert(writer: CodeWriter, { start, end }: ByteRange, row: Local<'i32'>, table: Local<'i32'>): Local<'i32'> {
    const { f } = writer;
    const value = f.local(
      'i32',
      writer.kernel('orderedInsert', 'i32', i32.const(this.#map), start, i32.sub(end, start)),
    );
    f.do(i32.store(value, this.kept.rows.number(table, row)));
    // A value stands behind its node's header.
    const entry = f.local('i32', i32.sub(value, i32.const(8)));
    f.do(i32.store(row, entry, { offset: this.kept.rows.offset('entry') }));
    return entry;
  }

  /** Puts another stored row at an entry, which is equal in the order; the old one goes with the next sweep. */
  replace(writer: CodeWriter, entry: Local<'i32'>, row: Local<'i32'>, table: Local<'i32'>): void {
    const { f } = writer;
    const { rows } = this.kept;
    const old = this.numberOf(writer, entry);
    const oldRow = f.local('i32', rows.at(table, old));
    f.do(i32.store(oldRow, i32.const(0), { offset: rows.offset('entry') }));
    this.#rowAges?.remove(writer, oldRow);
    f.do(i32.store(writer.kernel('orderedValue', 'i32', entry), rows.number(table, row)));
    f.do(i32.store(row, entry, { offset: rows.offset('entry') }));
    this.kept.spend(writer, table, old);
  }

  /** Takes an entry out; its row can still be sent, and goes with the next sweep. */
  remove(writer: CodeWriter, entry: Local<'i32'>, table: Local<'i32'>): void {
    const { f } = writer;
    const number = this.numberOf(writer, entry);
    const row = f.local('i32', this.kept.rows.at(table, number));
    f.do(i32.store(row, i32.const(0), { offset: this.kept.rows.offset('entry') }));
    this.#rowAges?.remove(writer, row);
    f.do(writer.kernel('orderedEraseNode', 'void', i32.const(this.#map), entry));
    this.kept.spend(writer, table, number);
  }

  /** A row was stored, or another that is equal to it: its time to live begins. */
  written(writer: CodeWriter, partition: RankPartition, row: Local<'i32'>): void {
    if (this.#rowAges !== null) {
      writer.f.do(i32.store(row, partition.number, { offset: this.kept.rows.offset('partition') }));
      this.#rowAges.write(writer, row);
    }
    this.#partitionAges?.write(writer, partition.row);
  }

  /** Lets a row go whose time is over, with those that are equal to it; or all rows of such a partition. */
  expire(writer: CodeWriter, row: Local<'i32'>): void {
    const { f } = writer;
    const ranks = this.open(writer);
    const { rows } = this.kept;
    if (this.#rowAges === null) {
      const partition = this.partitionAt(writer, ranks, rowNumber(row, ranks.partitions.rows, this.#layout.rowBytes));
      const count = f.local('i32', this.count(partition));
      const entry = f.local('i32', this.first(writer, partition));
      const next = f.local('i32');
      f.while(count, () => {
        f.set(next, this.next(writer, entry));
        this.remove(writer, entry, ranks.table);
        f.set(entry, next);
        f.set(count, i32.sub(count, i32.const(1)));
      });
      this.erase(writer, partition);
      return;
    }
    const partition = this.partitionAt(writer, ranks, i32.load(row, { offset: rows.offset('partition') }));
    const hasOther = f.local('i32', i32.load(this.#equalRows(row).first));
    const entry = f.local('i32', i32.load(row, { offset: rows.offset('entry') }));
    this.handOver(writer, ranks.table, row);
    this.#drop(writer, partition, entry, ranks.table);
    f.if(i32.eqz(hasOther), () => f.if(i32.eqz(this.count(partition)), () => this.erase(writer, partition)));
  }

  /** Takes an entry out, which is sent to nobody: the rows behind it come up. */
  #drop(writer: CodeWriter, partition: RankPartition, entry: Local<'i32'>, table: Local<'i32'>): void {
    const { f } = writer;
    const border = f.local('i32', this.border(partition));
    if (this.#input === 'inserts') {
      const isOther = i32.gtU(this.count(partition), i32.const(1));
      f.if(i32.eq(entry, border), () => {
        f.set(border, i32.const(0));
        f.if(isOther, () => f.set(border, this.previous(writer, entry)));
        this.setBorder(writer, partition, border);
      });
    } else this.#dropBefore(writer, partition, entry, border);
    this.remove(writer, entry, table);
    this.setCount(writer, partition, i32.sub(this.count(partition), i32.const(1)));
  }

  /** The row behind the last rank comes up where one goes that is ranked. */
  #dropBefore(writer: CodeWriter, partition: RankPartition, entry: Local<'i32'>, border: Local<'i32'>): void {
    const { f } = writer;
    f.if(border, () =>
      f.if(i32.eqz(this.isEntryBehind(writer, entry, border)), () => {
        const isMore = i32.gtU(this.count(partition), this.end(writer, partition));
        const pulled = f.local('i32', i32.const(0));
        f.if(isMore, () => f.set(pulled, this.next(writer, border)));
        this.setBorder(writer, partition, pulled);
      }),
    );
  }

  /** The number + 1 of an entry's row. */
  numberOf(writer: CodeWriter, entry: I32): Local<'i32'> {
    return writer.f.local('i32', i32.load(writer.kernel('orderedValue', 'i32', entry)));
  }

  next(writer: CodeWriter, entry: Local<'i32'>): I32 {
    return writer.kernel('orderedNext', 'i32', entry);
  }

  previous(writer: CodeWriter, entry: Local<'i32'>): I32 {
    return writer.kernel('orderedPrev', 'i32', entry);
  }

  /** The entry of a partition's first row; of another's where it has none. */
  first(writer: CodeWriter, { number }: RankPartition): I32 {
    const { start, end } = writeSortKey(writer, [this.#partitionKey(writer, number)]);
    return writer.kernel('orderedSeek', 'i32', i32.const(this.#map), start, i32.sub(end, start));
  }

  /** The entry of a partition's last row; it has one. */
  last(writer: CodeWriter, { number }: RankPartition): I32 {
    const { start, end } = writeSortKey(writer, [this.#partitionKey(writer, i32.add(number, i32.const(1)))]);
    return writer.kernel('orderedSeekBefore', 'i32', i32.const(this.#map), start, i32.sub(end, start));
  }

  /** The rank of an entry, counted back from another whose rank is known. */
  rankBefore(writer: CodeWriter, entry: Local<'i32'>, from: I32, rank: I32): Local<'i32'> {
    const { f } = writer;
    const at = f.local('i32', from);
    const counted = f.local('i32', rank);
    f.while(i32.ne(at, entry), () => {
      f.set(at, this.previous(writer, at));
      f.set(counted, i32.sub(counted, i32.const(1)));
    });
    return counted;
  }
}

/** More rows than fit. */
const rankMax = 2 ** 31 - 2;
