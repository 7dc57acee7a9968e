import type { StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type I32, i32, i64, type Local, select } from '../wasm/code.ts';
import { ComputedColumns, scaled } from './batch-scope.ts';
import { type CodeWriter, type RowScope, withType } from './expression-writer.ts';
import { keysEqual, readKey, writeHash, writeKeys } from './key-table.ts';
import { keyFields, StateLayout } from './state-layout.ts';
import { eraseTableRow, rowNumber } from './table-rows.ts';

/** The ends of a chain of rows, each a row number + 1 and 0 for none: addresses of u32s. */
export interface RowChain {
  readonly first: I32;
  readonly last: I32;
}

/**
 * Whole rows that an operator keeps: rows of a table that are found by their numbers, which stay, and never by a key.
 * Each can be linked to a next one, so that the rows of a session or a frame are a chain.
 */
export class RowStore {
  readonly layout: StateLayout;
  readonly #types: readonly SqlType[];
  readonly #next: number;

  constructor(types: readonly SqlType[], extra: readonly StateField[] = []) {
    this.#types = types;
    this.layout = new StateLayout([...keyFields(types), { name: 'next', physical: 'i32' }, ...extra]);
    this.#next = this.layout.field('next').offset;
  }

  /** A new row of these columns; its further fields are zero. Other rows may move. `hash` spreads rows; it is not 0. */
  add(writer: CodeWriter, table: Local<'i32'>, scope: RowScope, hash: I32): Local<'i32'> {
    const values = this.#values(scope, [...this.#types.keys()]);
    const row = writer.f.local('i32', writer.kernel('tableInsert', 'i32', table, hash));
    writer.f.made(row, this.layout.rowBytes);
    writeKeys(writer, table, this.layout, row, values);
    return row;
  }

  /** A hash of some columns, for rows that are found by these. */
  hash(writer: CodeWriter, scope: RowScope, columns: readonly number[]): Local<'i32'> {
    return writeHash(writer, this.#values(scope, columns));
  }

  /** A row that was added with this hash and has equal columns, 0 for none; only one that `counts`. */
  find(
    writer: CodeWriter,
    table: Local<'i32'>,
    wanted: { readonly scope: RowScope; readonly columns: readonly number[]; readonly hash: Local<'i32'> },
    counts: (row: Local<'i32'>) => I32,
  ): Local<'i32'> {
    const { f } = writer;
    const { scope, columns, hash } = wanted;
    const values = this.#values(scope, columns);
    const row = f.local('i32', writer.kernel('tableFindFirst', 'i32', table, hash));
    f.while(row, (found) => {
      const tests = columns.map((at, index) => keysEqual(writer, this.layout, row, values.slice(index, index + 1), at));
      f.brIf(
        found,
        tests.reduce<I32>((all, test) => i32.and(all, test), counts(row)),
      );
      f.set(row, writer.kernel('tableFindNext', 'i32', table, hash, row));
    });
    return row;
  }

  #values(scope: RowScope, columns: readonly number[]): readonly Value[] {
    return columns.map((at) => {
      const type = this.#types[at];
      if (type === undefined) throw new Error(`no column ${at} among ${this.#types.length}`);
      return withType(scope.column(at), type);
    });
  }

  /** The columns of a row. */
  scope(writer: CodeWriter, row: Local<'i32'>): RowScope {
    return new ComputedColumns(writer.f, (index): Value => {
      const type = this.#types[index];
      if (type === undefined) throw new Error(`no column ${index} among ${this.#types.length}`);
      return readKey(writer, this.layout, row, index, type);
    });
  }

  offset(field: string): number {
    return this.layout.field(field).offset;
  }

  /** The address of a row by its number + 1. */
  at(table: Local<'i32'>, number: I32): I32 {
    const rows = i32.load(table, { offset: tableLayout.rows });
    return i32.add(rows, scaled(i32.sub(number, i32.const(1)), this.layout.rowBytes));
  }

  /** A row's number + 1. */
  number(table: Local<'i32'>, row: I32): I32 {
    const rows = i32.load(table, { offset: tableLayout.rows });
    return i32.add(rowNumber(row, rows, this.layout.rowBytes), i32.const(1));
  }

  /** The number + 1 of the next row in a chain. */
  next(row: I32): I32 {
    return i32.load(row, { offset: this.#next });
  }

  /** Puts a row, by its number + 1, at the end of a chain. */
  append({ f }: CodeWriter, table: Local<'i32'>, chain: RowChain, number: Local<'i32'>): void {
    const last = f.local('i32', i32.load(chain.last));
    f.do(i32.store(this.at(table, number), i32.const(0), { offset: this.#next }));
    f.if(
      last,
      () => f.do(i32.store(this.at(table, last), number, { offset: this.#next })),
      () => f.do(i32.store(chain.first, number)),
    );
    f.do(i32.store(chain.last, number));
  }

  /** Puts a whole chain behind another, and leaves it empty. */
  appendAll({ f }: CodeWriter, table: Local<'i32'>, chain: RowChain, from: RowChain): void {
    const first = f.local('i32', i32.load(from.first));
    f.if(first, () => {
      const last = f.local('i32', i32.load(chain.last));
      f.if(
        last,
        () => f.do(i32.store(this.at(table, last), first, { offset: this.#next })),
        () => f.do(i32.store(chain.first, first)),
      );
      f.do(i32.store(chain.last, i32.load(from.last)));
      f.do(i32.store(from.first, i32.const(0)), i32.store(from.last, i32.const(0)));
    });
  }

  /** Merges a chain into another, both in the order of a field of i64, and leaves it empty. */
  mergeAll({ f }: CodeWriter, table: Local<'i32'>, chain: RowChain, from: RowChain, field: string): void {
    const order = { offset: this.offset(field) };
    const [left, right] = [f.local('i32', i32.load(chain.first)), f.local('i32', i32.load(from.first))];
    const [leftRow, rightRow, tail] = [f.local('i32'), f.local('i32'), f.local('i32')];
    f.set(tail, i32.const(0));
    const link = (number: Local<'i32'>): void =>
      f.if(
        tail,
        () => f.do(i32.store(this.at(table, tail), number, { offset: this.#next })),
        () => f.do(i32.store(chain.first, number)),
      );
    f.while(i32.and(i32.ne(left, i32.const(0)), i32.ne(right, i32.const(0))), () => {
      f.set(leftRow, this.at(table, left));
      f.set(rightRow, this.at(table, right));
      const isLeft = f.local('i32', i64.ltS(i64.load(leftRow, order), i64.load(rightRow, order)));
      const taken = f.local('i32', select(isLeft, left, right));
      f.set(left, select(isLeft, this.next(leftRow), left));
      f.set(right, select(isLeft, right, this.next(rightRow)));
      link(taken);
      f.set(tail, taken);
    });
    const rest = f.local('i32', i32.or(left, right));
    f.if(rest, () => {
      link(rest);
      f.if(right, () => f.do(i32.store(chain.last, i32.load(from.last))));
    });
    f.do(i32.store(from.first, i32.const(0)), i32.store(from.last, i32.const(0)));
  }

  /** Takes the first row off a chain that has one. */
  takeFirst({ f }: CodeWriter, chain: RowChain, row: Local<'i32'>): void {
    f.do(i32.store(chain.first, this.next(row)));
    f.if(i32.eqz(i32.load(chain.first)), () => f.do(i32.store(chain.last, i32.const(0))));
  }

  /** Erases the rows of a chain. */
  eraseAll(writer: CodeWriter, table: Local<'i32'>, chain: RowChain): void {
    const { f } = writer;
    const number = f.local('i32', i32.load(chain.first));
    const row = f.local('i32');
    f.while(number, () => {
      f.set(row, this.at(table, number));
      f.set(number, this.next(row));
      eraseTableRow(writer, table, this.layout, row);
    });
    f.do(i32.store(chain.first, i32.const(0)), i32.store(chain.last, i32.const(0)));
  }
}
