import type { StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { Memory } from '../memory/memory.ts';
import type { OperatorState } from '../memory/operator-state.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type I32, i32, type Local } from '../wasm/code.ts';
import type { Label } from '../wasm/function-builder.ts';
import { ComputedColumns, scaled } from './batch-scope.ts';
import { type CodeWriter, type RowScope, withType } from './expression-writer.ts';
import { keptValue } from './kept-value.ts';
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
import { eraseTableRow, rowNumber } from './table-rows.ts';

export interface ChainSettings {
  /** Of the rows' columns. */
  readonly types: readonly SqlType[];
  /** What a row holds beside its columns. */
  readonly fields: readonly StateField[];
}

/** The tables in the loop's locals. */
export interface ChainsCursor {
  readonly keys: TableCursor;
  readonly rows: readonly TableCursor[];
}

/**
 * Rows of several kinds, in a chain a kind for each key: what a join keeps of its sides until their time has passed.
 *
 * ```
 * keys     the key, and of each chain u32 first and last row; then the owner's fields
 * rows     the columns, u32 key, u32 next and previous row; then the owner's fields       a table for each kind
 * ```
 * Rows and keys are numbered from 1 (0: none), and their numbers stay while the tables grow.
 */
export class KeyedChains {
  readonly #memory: Memory;
  readonly #keyTypes: readonly SqlType[];
  readonly #chains: readonly ChainSettings[];
  readonly #keyLayout: StateLayout;
  readonly #rowLayouts: readonly StateLayout[];
  readonly #keys: number;
  readonly #rows: readonly number[];

  constructor(
    state: OperatorState,
    settings: {
      readonly keyTypes: readonly SqlType[];
      readonly keyFields?: readonly StateField[];
      readonly chains: readonly ChainSettings[];
    },
  ) {
    this.#memory = state.memory;
    this.#keyTypes = settings.keyTypes;
    this.#chains = settings.chains;
    this.#keyLayout = new StateLayout([
      ...keyFields(settings.keyTypes),
      ...settings.chains.flatMap((_, chain) => [number(`first${chain}`), number(`last${chain}`)]),
      ...(settings.keyFields ?? []),
    ]);
    this.#rowLayouts = settings.chains.map(
      ({ types, fields }) =>
        new StateLayout([...keyFields(types), number('key'), number('next'), number('previous'), ...fields]),
    );
    this.#keys = state.table('keys', this.#keyLayout);
    this.#rows = this.#rowLayouts.map((layout, chain) => state.plainTable(`rows${chain}`, layout));
  }

  get tables(): readonly number[] {
    return [this.#keys, ...this.#rows];
  }

  /** Rows held in all chains. */
  get rowCount(): number {
    return this.#rows.reduce((sum, table) => sum + (this.#memory.u32[(table + tableLayout.live) >>> 2] ?? 0), 0);
  }

  close(): void {
    for (const table of [this.#keys, ...this.#rows]) this.#memory.kernels.tableDrop(table);
  }

  open(writer: CodeWriter): ChainsCursor {
    const opened = (table: number): TableCursor => {
      const cursor = tableCursor(writer);
      openTable(writer, cursor, i32.const(table));
      return cursor;
    };
    return { keys: opened(this.#keys), rows: this.#rows.map(opened) };
  }

  /** The address of a key; 0 where it has no rows. */
  find(writer: CodeWriter, { keys }: ChainsCursor, key: readonly Value[]): Local<'i32'> {
    const typed = this.#typed(key);
    return writeFind(writer, keys, this.#keyLayout, typed, writeHash(writer, typed));
  }

  /** The address of a key, which is there from now on. */
  findOrAdd(
    writer: CodeWriter,
    { keys }: ChainsCursor,
    key: readonly Value[],
    added?: (key: Local<'i32'>) => void,
  ): Local<'i32'> {
    const typed = this.#typed(key);
    return writeFindOrAdd(writer, keys, this.#keyLayout, typed, writeHash(writer, typed), added);
  }

  /** Puts a row at the end of a chain; its fields are zero. */
  append(writer: CodeWriter, cursor: ChainsCursor, chain: number, key: Local<'i32'>, scope: RowScope): Local<'i32'> {
    const { f } = writer;
    const row = this.#newRow(writer, cursor, chain, key, scope);
    const own = f.local('i32', this.rowNumber(cursor, chain, row));
    const last = f.local('i32', i32.load(key, { offset: this.keyField(`last${chain}`) }));
    this.#join(writer, cursor, chain, key, last, own);
    this.#join(writer, cursor, chain, key, own, i32.const(0));
    return row;
  }

  /** Puts a row into a chain before another (a row number, not 0). */
  insertBefore(
    writer: CodeWriter,
    cursor: ChainsCursor,
    chain: number,
    key: Local<'i32'>,
    place: Local<'i32'>,
    scope: RowScope,
  ): Local<'i32'> {
    const { f } = writer;
    const row = this.#newRow(writer, cursor, chain, key, scope);
    const own = f.local('i32', this.rowNumber(cursor, chain, row));
    const behind = f.local('i32', this.rowAt(cursor, chain, place));
    const before = f.local('i32', i32.load(behind, { offset: this.rowField(chain, 'previous') }));
    this.#join(writer, cursor, chain, key, before, own);
    this.#join(writer, cursor, chain, key, own, place);
    return row;
  }

  /** Runs `body` for each row of a chain, oldest first; it may take the row out. A branch to `leave` ends the loop. */
  each(
    writer: CodeWriter,
    cursor: ChainsCursor,
    chain: number,
    key: Local<'i32'>,
    body: (row: Local<'i32'>, labels: { readonly next: Label; readonly leave: Label }) => void,
  ): void {
    const { f } = writer;
    const at = f.local('i32', i32.load(key, { offset: this.keyField(`first${chain}`) }));
    const row = f.local('i32', i32.const(0));
    const following = f.local('i32', i32.const(0));
    f.while(at, (leave) => {
      f.set(row, this.rowAt(cursor, chain, at));
      f.set(following, i32.load(row, { offset: this.rowField(chain, 'next') }));
      f.block((next) => body(row, { next, leave }));
      f.set(at, following);
    });
  }

  /** Takes a row out of its chain, and gives back what its texts hold. */
  erase(writer: CodeWriter, cursor: ChainsCursor, chain: number, row: Local<'i32'>): void {
    const { f } = writer;
    const key = this.keyOf(writer, cursor, chain, row);
    const before = f.local('i32', i32.load(row, { offset: this.rowField(chain, 'previous') }));
    const behind = f.local('i32', i32.load(row, { offset: this.rowField(chain, 'next') }));
    this.#join(writer, cursor, chain, key, before, behind);
    const { table } = this.#cursor(cursor, chain);
    for (const offset of this.#layout(chain).textOffsets()) {
      f.do(writer.kernel('textFree', 'void', table, i32.add(row, i32.const(offset))));
    }
    f.do(writer.kernel('tableRemove', 'void', table, row));
  }

  /** Forgets a key that has no rows. */
  eraseKeyIfEmpty(writer: CodeWriter, { keys }: ChainsCursor, key: Local<'i32'>): void {
    const firsts = this.#chains.map((_, chain) => i32.load(key, { offset: this.keyField(`first${chain}`) }));
    const any = firsts.slice(1).reduce<I32>((all, first) => i32.or(all, first), firsts[0] ?? i32.const(0));
    writer.f.if(i32.eqz(any), () => eraseTableRow(writer, keys.table, this.#keyLayout, key));
  }

  /** The columns of a row; valid until it is taken out. */
  columns(writer: CodeWriter, chain: number, row: Local<'i32'>): RowScope {
    const { types } = this.#settings(chain);
    return new ComputedColumns(writer.f, (column) => {
      const type = types[column];
      if (type === undefined) throw new Error(`no column ${column}`);
      return readKey(writer, this.#layout(chain), row, column, type);
    });
  }

  /** The columns of a row that is taken out before what is made of them is sent. */
  keptColumns(writer: CodeWriter, chain: number, row: Local<'i32'>): RowScope {
    const columns = this.columns(writer, chain, row);
    return new ComputedColumns(writer.f, (column) => keptValue(writer, columns.column(column)));
  }

  keyOf(writer: CodeWriter, { keys }: ChainsCursor, chain: number, row: Local<'i32'>): Local<'i32'> {
    const at = i32.load(row, { offset: this.rowField(chain, 'key') });
    return writer.f.local('i32', this.#address(keys, at, this.#keyLayout.rowBytes));
  }

  keyNumber({ keys }: ChainsCursor, key: Local<'i32'>): I32 {
    return i32.add(rowNumber(key, keys.rows, this.#keyLayout.rowBytes), i32.const(1));
  }

  keyAt({ keys }: ChainsCursor, number: I32): I32 {
    return this.#address(keys, number, this.#keyLayout.rowBytes);
  }

  rowNumber(cursor: ChainsCursor, chain: number, row: Local<'i32'>): I32 {
    return i32.add(rowNumber(row, this.#cursor(cursor, chain).rows, this.#layout(chain).rowBytes), i32.const(1));
  }

  rowAt(cursor: ChainsCursor, chain: number, number: I32): I32 {
    return this.#address(this.#cursor(cursor, chain), number, this.#layout(chain).rowBytes);
  }

  /** Where a field stands in a row of a chain; `next` and `previous` are row numbers. */
  rowField(chain: number, name: string): number {
    return this.#layout(chain).field(name).offset;
  }

  /** Where a field stands in a key; `first0` and `last0` are the row numbers of chain 0. */
  keyField(name: string): number {
    return this.#keyLayout.field(name).offset;
  }

  #newRow(writer: CodeWriter, cursor: ChainsCursor, chain: number, key: Local<'i32'>, scope: RowScope): Local<'i32'> {
    const { f } = writer;
    const { types } = this.#settings(chain);
    const values = types.map((type, column) => withType(scope.column(column), type));
    const rows = this.#cursor(cursor, chain);
    const row = f.local('i32', writer.kernel('tableAppend', 'i32', rows.table));
    f.made(row, this.#layout(chain).rowBytes);
    openTable(writer, rows, rows.table);
    writeKeys(writer, rows.table, this.#layout(chain), row, values);
    f.do(i32.store(row, this.keyNumber(cursor, key), { offset: this.rowField(chain, 'key') }));
    return row;
  }

  /** Makes two rows (numbers, 0 for the chain's end) neighbours. */
  #join(
    writer: CodeWriter,
    cursor: ChainsCursor,
    chain: number,
    key: Local<'i32'>,
    before: Local<'i32'>,
    behind: I32,
  ): void {
    const { f } = writer;
    const next = f.local('i32', behind);
    f.if(
      before,
      () => {
        const row = f.local('i32', this.rowAt(cursor, chain, before));
        f.do(i32.store(row, next, { offset: this.rowField(chain, 'next') }));
      },
      () => f.do(i32.store(key, next, { offset: this.keyField(`first${chain}`) })),
    );
    f.if(
      next,
      () => {
        const row = f.local('i32', this.rowAt(cursor, chain, next));
        f.do(i32.store(row, before, { offset: this.rowField(chain, 'previous') }));
      },
      () => f.do(i32.store(key, before, { offset: this.keyField(`last${chain}`) })),
    );
  }

  #typed(key: readonly Value[]): readonly Value[] {
    return key.map((value, at) => withType(value, this.#keyTypes[at] ?? value.type));
  }

  #address(table: TableCursor, number: I32, rowBytes: number): I32 {
    return i32.add(table.rows, scaled(i32.sub(number, i32.const(1)), rowBytes));
  }

  #settings(chain: number): ChainSettings {
    return found(this.#chains, chain);
  }

  #layout(chain: number): StateLayout {
    return found(this.#rowLayouts, chain);
  }

  #cursor({ rows }: ChainsCursor, chain: number): TableCursor {
    return found(rows, chain);
  }
}

function number(name: string): StateField {
  return { name, physical: 'i32' };
}

function found<T>(list: readonly T[], chain: number): T {
  const item = list[chain];
  if (item === undefined) throw new Error(`no chain ${chain}`);
  return item;
}
