import type { Value } from '../functions/value.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { Memory } from '../memory/memory.ts';
import type { OperatorState } from '../memory/operator-state.ts';
import { INT, type SqlType } from '../types/sql-type.ts';
import { type I32, type I64, i32, i64, type Local } from '../wasm/code.ts';
import type { Label } from '../wasm/function-builder.ts';
import { ComputedColumns, scaled } from './batch-scope.ts';
import { type CodeWriter, type RowScope, withType } from './expression-writer.ts';
import {
  openTable,
  readKey,
  type TableCursor,
  tableCursor,
  writeFind,
  writeFindOrAdd,
  writeHash,
  writeKeys,
} from './key-table.ts';
import { keyFields, StateLayout } from './state-layout.ts';
import { eachTableRow, eraseTableRow, rowNumber } from './table-rows.ts';

export interface JoinSideSettings {
  /** Of the rows' columns. */
  readonly types: readonly SqlType[];
  /** Of the join's keys. */
  readonly keyTypes: readonly SqlType[];
  /** Columns that no two rows of a join key share; null where none are known. */
  readonly uniqueKey: readonly number[] | null;
  /** Whether rows are taken back. */
  readonly updating: boolean;
  /** Whether each row knows how many partners it has. */
  readonly countsPartners: boolean;
  /** How long a row is kept after it was last written, in ms; 0: for ever. */
  readonly ttlMs: number;
  /** Where the processing time stands, as i64 ms. */
  readonly nowAddress: number;
}

/** The tables of a side in the loop's locals. */
export interface SideCursor {
  readonly groups: TableCursor;
  readonly rows: TableCursor;
}

/** A row that waits for partners. */
export interface StoredRow {
  readonly scope: RowScope;
  /** How many equal rows it stands for; null for one. */
  readonly times: Local<'i32'> | null;
  partners(): I32;
  setPartners(count: I32): void;
  /** A branch here goes on to the next row. */
  readonly next: Label;
  /** A branch here ends the loop. */
  readonly leave: Label;
}

/**
 * The rows of one input of a join, in the order of their coming for each join key.
 *
 * ```
 * groups   key, u32 first row, u32 last row                        a row a join key
 * rows     the columns, u32 group, u32 next, u32 previous row      numbers + 1; 0 for none
 *          u32 count, u32 partners, i64 written                    where they are asked for
 * ```
 *
 * Rows that may be taken back, or replaced by one of their unique key, are found by a hash of what tells them apart; others
 * are only appended. Equal rows without a unique key are one row with a count.
 */
export class JoinSide {
  readonly #memory: Memory;
  readonly #settings: JoinSideSettings;
  /** Columns as they stand in the state: those that tell rows apart first. */
  readonly #order: readonly number[];
  /** How many of them tell rows apart. */
  readonly #identityCount: number;
  readonly #isIndexed: boolean;
  readonly #isCounted: boolean;
  readonly #groupLayout: StateLayout;
  readonly #rowLayout: StateLayout;
  readonly #groups: number;
  readonly #rows: number;

  constructor(state: OperatorState, settings: JoinSideSettings) {
    const { types, uniqueKey, updating, countsPartners, ttlMs } = settings;
    this.#memory = state.memory;
    this.#settings = settings;
    this.#isIndexed = updating || uniqueKey !== null;
    this.#isCounted = updating && uniqueKey === null;
    const identity = uniqueKey ?? [...types.keys()];
    this.#identityCount = identity.length;
    this.#order = [...identity, ...[...types.keys()].filter((column) => !identity.includes(column))];
    this.#groupLayout = new StateLayout([
      ...keyFields(settings.keyTypes),
      { name: 'first', physical: 'i32' },
      { name: 'last', physical: 'i32' },
    ]);
    const columns = this.#order.map((column) => types[column] as SqlType);
    this.#rowLayout = new StateLayout([
      // The group is one of the keys by which a row is found.
      ...keyFields([...columns.slice(0, identity.length), INT(false), ...columns.slice(identity.length)]),
      { name: 'next', physical: 'i32' },
      { name: 'previous', physical: 'i32' },
      ...(this.#isCounted ? [{ name: 'count', physical: 'i32' as const }] : []),
      ...(countsPartners ? [{ name: 'partners', physical: 'i32' as const }] : []),
      ...(ttlMs > 0 ? [{ name: 'written', physical: 'i64' as const }] : []),
    ]);
    this.#groups = state.table('groups', this.#groupLayout);
    this.#rows = this.#isIndexed ? state.table('rows', this.#rowLayout) : state.plainTable('rows', this.#rowLayout);
  }

  get tables(): readonly number[] {
    return [this.#groups, this.#rows];
  }

  /** Rows held, equal ones once. */
  get rowCount(): number {
    return this.#memory.u32[(this.#rows + tableLayout.live) >>> 2] ?? 0;
  }

  close(): void {
    this.#memory.kernels.tableDrop(this.#groups);
    this.#memory.kernels.tableDrop(this.#rows);
  }

  open(writer: CodeWriter): SideCursor {
    const [groups, rows] = [tableCursor(writer), tableCursor(writer)];
    openTable(writer, groups, i32.const(this.#groups));
    openTable(writer, rows, i32.const(this.#rows));
    return { groups, rows };
  }

  /** The group of a join key; 0 for none. */
  find(writer: CodeWriter, { groups }: SideCursor, keys: readonly Value[], hash: Local<'i32'>): Local<'i32'> {
    return writeFind(writer, groups, this.#groupLayout, keys, hash);
  }

  /** Whether a row is there that this one would replace: of its join key and unique key. */
  has(writer: CodeWriter, cursor: SideCursor, keys: readonly Value[], hash: Local<'i32'>, scope: RowScope): I32 {
    const { f } = writer;
    const found = f.local('i32', i32.const(0));
    const group = this.find(writer, cursor, keys, hash);
    f.if(group, () => f.set(found, this.#find(writer, cursor, group, scope)));
    return i32.ne(found, i32.const(0));
  }

  #find(writer: CodeWriter, cursor: SideCursor, group: Local<'i32'>, scope: RowScope): Local<'i32'> {
    const number = writer.f.local('i32', rowNumber(group, cursor.groups.rows, this.#groupLayout.rowBytes));
    const columns = this.#columns(scope);
    const identity = [...columns.slice(0, this.#identityCount), writer.value(INT(false), null, number)];
    return writeFind(writer, cursor.rows, this.#rowLayout, identity, writeHash(writer, identity));
  }

  /** Adds a row, with the partners that it has found. One with its unique key is replaced. */
  add(
    writer: CodeWriter,
    cursor: SideCursor,
    keys: readonly Value[],
    hash: Local<'i32'>,
    scope: RowScope,
    partners: I32 | null,
  ): void {
    const { f } = writer;
    const layout = this.#rowLayout;
    const group = writeFindOrAdd(writer, cursor.groups, this.#groupLayout, keys, hash);
    const number = f.local('i32', rowNumber(group, cursor.groups.rows, this.#groupLayout.rowBytes));
    const columns = this.#columns(scope);
    const identity = [...columns.slice(0, this.#identityCount), writer.value(INT(false), null, number)];
    const others = columns.slice(this.#identityCount);
    const isNew = f.local('i32', i32.const(1));
    let row: Local<'i32'>;
    if (this.#isIndexed) {
      f.set(isNew, i32.const(0));
      const rowHash = writeHash(writer, identity);
      row = writeFindOrAdd(writer, cursor.rows, layout, identity, rowHash, () => f.set(isNew, i32.const(1)));
      if (this.#isCounted) this.#count(writer, row);
      else f.if(i32.eqz(isNew), () => this.#freeTexts(writer, cursor.rows.table, row, this.#identityCount + 1));
      writeKeys(writer, cursor.rows.table, layout, row, others, this.#identityCount + 1);
    } else {
      row = f.local('i32', writer.kernel('tableAppend', 'i32', cursor.rows.table));
      f.made(row, layout.rowBytes);
      openTable(writer, cursor.rows, cursor.rows.table);
      writeKeys(writer, cursor.rows.table, layout, row, [...identity, ...others]);
    }
    if (partners !== null) f.do(i32.store(row, partners, { offset: layout.field('partners').offset }));
    this.#write(writer, row);
    f.if(isNew, () => this.#link(writer, cursor, group, row));
  }

  /** Takes a row back; one that is not there is left alone. */
  retract(writer: CodeWriter, cursor: SideCursor, keys: readonly Value[], hash: Local<'i32'>, scope: RowScope): void {
    const { f } = writer;
    const layout = this.#rowLayout;
    const group = this.find(writer, cursor, keys, hash);
    f.if(group, () => {
      const row = this.#find(writer, cursor, group, scope);
      f.if(row, () => {
        const isLast = f.local('i32', i32.const(1));
        if (this.#isCounted) {
          const { offset } = layout.field('count');
          const left = f.local('i32', i32.sub(i32.load(row, { offset }), i32.const(1)));
          f.do(i32.store(row, left, { offset }));
          this.#write(writer, row);
          f.set(isLast, i32.eqz(left));
        }
        f.if(isLast, () => {
          this.#unlink(writer, cursor, group, row);
          this.#eraseIfEmpty(writer, cursor, group);
        });
      });
    });
  }

  /** Runs `body` for each row of a group (0: none), oldest first; those whose time is over are erased on the way. */
  each(writer: CodeWriter, cursor: SideCursor, group: Local<'i32'>, body: (row: StoredRow) => void): void {
    const { f } = writer;
    const layout = this.#rowLayout;
    const first = this.#groupLayout.field('first').offset;
    const number = f.local('i32', i32.const(0));
    const address = f.local('i32', i32.const(0));
    const following = f.local('i32', i32.const(0));
    f.if(group, () => f.set(number, i32.load(group, { offset: first })));
    f.while(number, (leave) => {
      f.set(address, this.#addressOf(cursor, number));
      f.set(following, i32.load(address, { offset: layout.field('next').offset }));
      f.block((next) => {
        if (this.#settings.ttlMs > 0) {
          f.if(this.#isOver(address), () => {
            this.#unlink(writer, cursor, group, address);
            f.br(next);
          });
        }
        const times = this.#isCounted
          ? f.local('i32', i32.load(address, { offset: layout.field('count').offset }))
          : null;
        const scope = this.#stored(writer, address);
        body({
          scope,
          times,
          partners: () => i32.load(address, { offset: layout.field('partners').offset }),
          setPartners: (count) => {
            f.do(i32.store(address, count, { offset: layout.field('partners').offset }));
            this.#write(writer, address);
          },
          next,
          leave,
        });
      });
      f.set(number, following);
    });
    if (this.#settings.ttlMs > 0) f.if(group, () => this.#eraseIfEmpty(writer, cursor, group));
  }

  /** Erases every row whose time is over. */
  expire(writer: CodeWriter): void {
    if (this.#settings.ttlMs === 0) return;
    const { f } = writer;
    const cursor = this.open(writer);
    eachTableRow(writer, cursor.rows.table, this.#rowLayout.rowBytes, (row) => {
      f.if(this.#isOver(row), () => {
        const number = i32.load(row, { offset: this.#rowLayout.field(`key${this.#identityCount}`).offset });
        const group = f.local('i32', i32.add(cursor.groups.rows, scaled(number, this.#groupLayout.rowBytes)));
        this.#unlink(writer, cursor, group, row);
        this.#eraseIfEmpty(writer, cursor, group);
      });
    });
  }

  /** The columns of a row as they stand in the state. */
  #columns(scope: RowScope): readonly Value[] {
    return this.#order.map((column) => withType(scope.column(column), this.#settings.types[column] as SqlType));
  }

  #stored(writer: CodeWriter, row: Local<'i32'>): RowScope {
    return new ComputedColumns(writer.f, (column) => {
      const at = this.#order.indexOf(column);
      const key = at < this.#identityCount ? at : at + 1;
      return readKey(writer, this.#rowLayout, row, key, this.#settings.types[column] as SqlType);
    });
  }

  /** One more of equal rows; those whose time is over do not count. */
  #count(writer: CodeWriter, row: Local<'i32'>): void {
    const { f } = writer;
    const { offset } = this.#rowLayout.field('count');
    const before = i32.load(row, { offset });
    const still = this.#settings.ttlMs > 0 ? i32.mul(before, i32.eqz(this.#isOver(row))) : before;
    f.do(i32.store(row, i32.add(still, i32.const(1)), { offset }));
  }

  #isOver(row: Local<'i32'>): I32 {
    const { ttlMs } = this.#settings;
    const age: I64 = i64.sub(this.#now(), i64.load(row, { offset: this.#rowLayout.field('written').offset }));
    return i64.geS(age, i64.const(BigInt(ttlMs)));
  }

  #now(): I64 {
    return i64.load(i32.const(this.#settings.nowAddress));
  }

  #write(writer: CodeWriter, row: Local<'i32'>): void {
    if (this.#settings.ttlMs === 0) return;
    writer.f.do(i64.store(row, this.#now(), { offset: this.#rowLayout.field('written').offset }));
  }

  #addressOf({ rows }: SideCursor, number: I32): I32 {
    return i32.add(rows.rows, scaled(i32.sub(number, i32.const(1)), this.#rowLayout.rowBytes));
  }

  /** Puts a new row behind the last one of its group. */
  #link(writer: CodeWriter, cursor: SideCursor, group: Local<'i32'>, row: Local<'i32'>): void {
    const { f } = writer;
    const [first, last] = ['first', 'last'].map((name) => this.#groupLayout.field(name).offset) as [number, number];
    const { offset: next } = this.#rowLayout.field('next');
    const { offset: previous } = this.#rowLayout.field('previous');
    const number = f.local('i32', i32.add(rowNumber(row, cursor.rows.rows, this.#rowLayout.rowBytes), i32.const(1)));
    const before = f.local('i32', i32.load(group, { offset: last }));
    f.if(
      before,
      () => f.do(i32.store(f.local('i32', this.#addressOf(cursor, before)), number, { offset: next })),
      () => f.do(i32.store(group, number, { offset: first })),
    );
    f.do(i32.store(row, before, { offset: previous }), i32.store(group, number, { offset: last }));
  }

  /** Takes a row out of its group and erases it. */
  #unlink(writer: CodeWriter, cursor: SideCursor, group: Local<'i32'>, row: Local<'i32'>): void {
    const { f } = writer;
    const [first, last] = ['first', 'last'].map((name) => this.#groupLayout.field(name).offset) as [number, number];
    const { offset: next } = this.#rowLayout.field('next');
    const { offset: previous } = this.#rowLayout.field('previous');
    const before = f.local('i32', i32.load(row, { offset: previous }));
    const behind = f.local('i32', i32.load(row, { offset: next }));
    f.if(
      before,
      () => f.do(i32.store(f.local('i32', this.#addressOf(cursor, before)), behind, { offset: next })),
      () => f.do(i32.store(group, behind, { offset: first })),
    );
    f.if(
      behind,
      () => f.do(i32.store(f.local('i32', this.#addressOf(cursor, behind)), before, { offset: previous })),
      () => f.do(i32.store(group, before, { offset: last })),
    );
    if (this.#isIndexed) {
      eraseTableRow(writer, cursor.rows.table, this.#rowLayout, row);
      return;
    }
    this.#freeTexts(writer, cursor.rows.table, row, 0);
    f.do(writer.kernel('tableRemove', 'void', cursor.rows.table, row));
  }

  #eraseIfEmpty(writer: CodeWriter, { groups }: SideCursor, group: Local<'i32'>): void {
    const first = i32.load(group, { offset: this.#groupLayout.field('first').offset });
    writer.f.if(i32.eqz(first), () => eraseTableRow(writer, groups.table, this.#groupLayout, group));
  }

  /** Gives back what the texts of a row hold, from the key at `from` on. */
  #freeTexts(writer: CodeWriter, table: Local<'i32'>, row: Local<'i32'>, from: number): void {
    for (let at = from; at <= this.#order.length; at++) {
      const { physical, offset } = this.#rowLayout.field(`key${at}`);
      if (physical === 'bytes') writer.f.do(writer.kernel('textFree', 'void', table, i32.add(row, i32.const(offset))));
    }
  }
}
