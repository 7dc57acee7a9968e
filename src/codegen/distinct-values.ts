import type { Value } from '../functions/value.ts';
import { INT, type SqlType } from '../types/sql-type.ts';
import { type I32, i32, i64, type Local } from '../wasm/code.ts';
import type { GroupPlace } from './aggregate-state.ts';
import { scaled } from './batch-scope.ts';
import type { CodeWriter } from './expression-writer.ts';
import {
  openTable,
  readKey,
  type TableCursor,
  tableCursor,
  writeFind,
  writeFindOrAdd,
  writeHash,
} from './key-table.ts';
import { keyFields, StateLayout } from './state-layout.ts';
import { eachTableRow, eraseTableRow, rowNumber } from './table-rows.ts';

/** Of a group's chain: its first and last value, as row number + 1. Fields of the group's state row. */
interface Chain {
  readonly first: number;
  readonly last: number;
}

/** So many calls have a bit of a value's mark. */
export const callsMax = 32;

/** What is known of a value: a bit for each call that has seen it, or how often it is there. */
type Mark = Local<'i32'> | Local<'i64'>;

/** Gives a value to the accumulator of a call, by its number among those that share the values. */
type AddValue<Values extends readonly unknown[]> = (call: number, ...values: Values) => void;

/**
 * The distinct values of an aggregate's groups: one keyed table of the group store. Over rows that only come, for all
 * calls of the same arguments, with those that have seen a value; else for one call, with how often each is there.
 *
 * Where single groups are merged or erased, the values of a group form a chain in the order in which they came; one
 * that was taken back as often as it came stays in it with a count of 0. Cost: O(1) for a value.
 */
export class DistinctValues {
  readonly layout: StateLayout;
  readonly #types: readonly SqlType[];
  /** The table's position in the group store. */
  readonly #at: number;
  readonly #chain: Chain | null;
  /** How many calls share the values; null where they are counted for one. */
  readonly #calls: number | null;
  readonly #mark: number;

  /** `types`: those of the call's arguments; nullable where NULL is a value like others. */
  constructor(types: readonly SqlType[], at: number, chain: Chain | null, calls: number | null) {
    this.#types = [INT(false), ...types];
    this.#at = at;
    this.#chain = chain;
    this.#calls = calls;
    this.layout = new StateLayout([
      ...keyFields(this.#types),
      { name: 'mark', physical: calls === null ? 'i64' : 'i32' },
      ...(chain === null ? [] : [{ name: 'next', physical: 'i32' as const }]),
    ]);
    this.#mark = this.layout.field('mark').offset;
  }

  /** Takes a value in for some calls, a bit each; `add` runs for each that has not seen it. */
  see(
    writer: CodeWriter,
    place: GroupPlace,
    group: Value,
    values: readonly Value[],
    calls: I32,
    add: AddValue<[]>,
  ): void {
    const keys = [group, ...values];
    const row = this.#findOrAdd(writer, place.row, this.#cursor(writer, place), keys, writeHash(writer, keys));
    this.#takeOver(writer, row, writer.f.local('i32', calls), add);
  }

  /** Counts a value in, or out; `add` and `takeBack` run where it was not there, or is there no more. */
  update(
    writer: CodeWriter,
    place: GroupPlace,
    group: Value,
    values: readonly Value[],
    isRetraction: Local<'i32'>,
    change: { readonly add: () => void; readonly takeBack: () => void },
  ): void {
    const { f } = writer;
    const cursor = this.#cursor(writer, place);
    const keys = [group, ...values];
    const hash = writeHash(writer, keys);
    const addOne = (): void => {
      const row = this.#findOrAdd(writer, place.row, cursor, keys, hash);
      this.#takeOver(writer, row, f.local('i64', i64.const(1n)), change.add);
    };
    f.if(
      isRetraction,
      () => {
        const row = writeFind(writer, cursor, this.layout, keys, hash);
        f.if(row, () => {
          const left = f.local('i64', i64.sub(i64.load(row, { offset: this.#mark }), i64.const(1n)));
          f.do(i64.store(row, left, { offset: this.#mark }));
          f.if(i64.eqz(left), () => {
            if (this.#chain === null) eraseTableRow(writer, cursor.table, this.layout, row);
            change.takeBack();
          });
        });
      },
      addOne,
    );
  }

  /** Gives the values of the group at `from` to that of `place`, in their order. Chained values only. */
  move(writer: CodeWriter, place: GroupPlace, group: Value, from: Local<'i32'>, add: Added): void {
    const { f } = writer;
    this.#each(writer, { ...place, row: from }, (cursor, row, number) => {
      const values = this.#values(writer, row);
      const mark = this.#markOf(writer, row);
      f.if(this.#isThere(mark), () => {
        const keys = [group, ...values];
        const into = this.#findOrAdd(writer, place.row, cursor, keys, writeHash(writer, keys));
        this.#takeOver(writer, into, mark, (call) => add(call, values));
      });
      // The table may have grown.
      f.set(row, i32.add(cursor.rows, scaled(number, this.layout.rowBytes)));
      eraseTableRow(writer, cursor.table, this.layout, row);
    });
  }

  /** Forgets the values of a group. Chained values only. */
  clear(writer: CodeWriter, place: GroupPlace): void {
    this.#each(writer, place, (cursor, row) => eraseTableRow(writer, cursor.table, this.layout, row));
    if (this.#chain === null) return;
    const { first, last } = this.#chain;
    writer.f.do(i32.store(place.row, i32.const(0), { offset: first }));
    writer.f.do(i32.store(place.row, i32.const(0), { offset: last }));
  }

  get isChained(): boolean {
    return this.#chain !== null;
  }

  /** Adds the values of another store's groups, which stays as it is; `groupOf` gives the group here of one there. */
  merge(
    writer: CodeWriter,
    target: GroupPlace,
    source: Local<'i32'>,
    groupOf: (group: Local<'i32'>) => Value,
    add: AddValue<[group: Value, values: readonly Value[]]>,
  ): void {
    const { f } = writer;
    const cursor = this.#cursor(writer, target);
    const from = f.local('i32', i32.load(source, { offset: this.#at * 4 }));
    eachTableRow(writer, from, this.layout.rowBytes, (row) => {
      const group = groupOf(writer.i32(readKey(writer, this.layout, row, 0, INT(false))));
      const values = this.#values(writer, row);
      const keys = [group, ...values];
      const mark = this.#markOf(writer, row);
      const into = writeFindOrAdd(writer, cursor, this.layout, keys, writeHash(writer, keys));
      this.#takeOver(writer, into, mark, (call) => add(call, group, values));
    });
  }

  #cursor(writer: CodeWriter, { store }: Pick<GroupPlace, 'store'>): TableCursor {
    const cursor = tableCursor(writer);
    openTable(writer, cursor, i32.load(store, { offset: this.#at * 4 }));
    return cursor;
  }

  #values(writer: CodeWriter, row: Local<'i32'>): readonly Value[] {
    return this.#types.slice(1).map((type, at) => readKey(writer, this.layout, row, at + 1, type));
  }

  #markOf({ f }: CodeWriter, row: Local<'i32'>): Mark {
    const at = { offset: this.#mark };
    return this.#calls === null ? f.local('i64', i64.load(row, at)) : f.local('i32', i32.load(row, at));
  }

  #isThere(mark: Mark): I32 {
    return mark.type === 'i64' ? i64.gtS(mark, i64.const(0n)) : mark;
  }

  /** Adds what is known of a value to a row of it; `add` runs for each call to which it is new. */
  #takeOver({ f }: CodeWriter, row: Local<'i32'>, mark: Mark, add: AddValue<[]>): void {
    const at = { offset: this.#mark };
    if (mark.type === 'i64') {
      const before = f.local('i64', i64.load(row, at));
      f.do(i64.store(row, i64.add(before, mark), at));
      f.if(i64.eqz(before), () => add(0));
      return;
    }
    const before = f.local('i32', i32.load(row, at));
    const fresh = f.local('i32', i32.and(mark, i32.xor(before, i32.const(-1))));
    f.if(fresh, () => {
      f.do(i32.store(row, i32.or(before, fresh), at));
      if (this.#calls === 1) add(0);
      else
        for (let call = 0; call < (this.#calls ?? 1); call++)
          f.if(i32.and(fresh, i32.const(1 << call)), () => add(call));
    });
  }

  /** The row of a value, new where it was not there. */
  #findOrAdd(
    writer: CodeWriter,
    group: Local<'i32'>,
    cursor: TableCursor,
    keys: readonly Value[],
    hash: Local<'i32'>,
  ): Local<'i32'> {
    const { f } = writer;
    const { layout } = this;
    const chain = this.#chain;
    if (chain === null) return writeFindOrAdd(writer, cursor, layout, keys, hash);
    return writeFindOrAdd(writer, cursor, layout, keys, hash, (added) => {
      const number = f.local('i32', i32.add(rowNumber(added, cursor.rows, layout.rowBytes), i32.const(1)));
      const tail = f.local('i32', i32.load(group, { offset: chain.last }));
      const before = i32.add(cursor.rows, scaled(i32.sub(tail, i32.const(1)), layout.rowBytes));
      f.if(
        tail,
        () => f.do(i32.store(before, number, { offset: layout.field('next').offset })),
        () => f.do(i32.store(group, number, { offset: chain.first })),
      );
      f.do(i32.store(group, number, { offset: chain.last }));
    });
  }

  /** Runs `body` for the values of a group, in their order; it may erase the row that it is given. */
  #each(
    writer: CodeWriter,
    place: GroupPlace,
    body: (cursor: TableCursor, row: Local<'i32'>, number: Local<'i32'>) => void,
  ): void {
    if (this.#chain === null) throw new Error('these values are not chained');
    const { f } = writer;
    const cursor = this.#cursor(writer, place);
    const next = f.local('i32', i32.load(place.row, { offset: this.#chain.first }));
    const number = f.local('i32');
    const row = f.local('i32');
    f.while(next, () => {
      f.set(number, i32.sub(next, i32.const(1)));
      f.set(row, i32.add(cursor.rows, scaled(number, this.layout.rowBytes)));
      f.set(next, i32.load(row, { offset: this.layout.field('next').offset }));
      body(cursor, row, number);
    });
  }
}

type Added = AddValue<[values: readonly Value[]]>;
