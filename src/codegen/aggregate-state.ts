import type { AggregateCode, StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { AggregateCall } from '../plan/expression.ts';
import { INT, type SqlType, withNullable } from '../types/sql-type.ts';
import { type I32, i32, i64, type Local } from '../wasm/code.ts';
import { scaled } from './batch-scope.ts';
import type { CodeWriter, RowScope } from './expression-writer.ts';
import {
  openTable,
  readKey,
  type TableCursor,
  tableCursor,
  writeFind,
  writeFindOrAdd,
  writeHash,
} from './key-table.ts';
import { keyFields, StateLayout, stateAccess } from './state-layout.ts';

/**
 * The accumulators of a group, as one state row: key, accumulators, and with an updating input a count of rows.
 *
 * Memory: a *group store* is a run of u32 table addresses: the table of groups, then one table for each DISTINCT
 * aggregate, whose keys are (group's row number, value) and whose rows count how often the value is there. Where
 * single groups are merged or released (`chained`), a group's values form a chain in the order in which they came.
 */
export class AggregateState {
  readonly layout: StateLayout;
  /** Row widths of the tables of a group store, in their order. */
  readonly tableRowBytes: readonly number[];
  readonly #calls: readonly PlacedCall[];
  readonly #keyTypes: readonly SqlType[];
  readonly #updating: boolean;
  readonly #chained: boolean;

  constructor(
    keyTypes: readonly SqlType[],
    calls: readonly AggregateCall[],
    options: { readonly updating: boolean; readonly chained?: boolean; readonly extra?: readonly StateField[] },
  ) {
    this.#keyTypes = keyTypes;
    this.#updating = options.updating;
    this.#chained = options.chained ?? false;
    let tables = 1;
    this.#calls = calls.map((call, at) => {
      // Behind FILTER there may be no value at all, as if the argument were NULL.
      const types = call.args.map(({ type }) => (call.filter === null ? type : withNullable(type, true)));
      const code = call.overload.code(types, call.type);
      const distinct = call.distinct ? { table: tables++, layout: distinctLayout(call, this.#chained) } : null;
      return { call, code, prefix: `a${at}.`, distinct };
    });
    this.layout = new StateLayout([
      ...keyFields(keyTypes),
      ...(options.updating ? [{ name: 'rows', physical: 'i64' as const }] : []),
      ...this.#calls.flatMap(({ code, prefix }) =>
        code.state.map((field) => ({ ...field, name: prefix + field.name })),
      ),
      ...this.#calls.flatMap(({ distinct, prefix }) =>
        distinct !== null && this.#chained
          ? chainFields.map((name) => ({ name: prefix + name, physical: 'i32' as const }))
          : [],
      ),
      ...(options.extra ?? []),
    ]);
    this.tableRowBytes = [
      this.layout.rowBytes,
      ...this.#calls.flatMap(({ distinct }) => distinct?.layout.rowBytes ?? []),
    ];
  }

  /** Takes a row in: adds it, or takes it back where its kind says so. */
  update(writer: CodeWriter, place: GroupPlace, scope: RowScope, kind: I32): void {
    const { f } = writer;
    const isRetraction = this.#updating ? f.local('i32', i32.and(kind, i32.const(1))) : null;
    if (isRetraction !== null) {
      const rows = stateAccess(writer, this.layout, { table: place.table, row: place.row, prefix: '' });
      const one = i64.sub(i64.const(1n), i64.shl(i64.extendI32U(isRetraction), i64.const(1n)));
      f.do(rows.set('rows', i64.add(rows.get('rows', 'i64'), one)));
    }
    for (const placed of this.#calls) {
      f.block((skip) => {
        const { call, code } = placed;
        if (call.filter !== null) f.brIf(skip, i32.eqz(writer.isTrue(writer.write(call.filter, scope))));
        const args = call.args.map((arg) => writer.write(arg, scope));
        if (code.seesNulls !== true) {
          for (const arg of args) if (arg.isNull !== null) f.brIf(skip, arg.isNull);
        }
        const values =
          code.seesNulls === true
            ? args
            : args.map((arg) => ({ ...arg, isNull: null, type: withNullable(arg.type, false) }));
        this.#updateCall(writer, place, placed, values, isRetraction);
      });
    }
  }

  #updateCall(
    writer: CodeWriter,
    place: GroupPlace,
    placed: PlacedCall,
    values: readonly Value[],
    isRetraction: Local<'i32'> | null,
  ): void {
    const { f } = writer;
    const state = stateAccess(writer, this.layout, { table: place.table, row: place.row, prefix: placed.prefix });
    const add = (): void => placed.code.accumulate(writer, state, values);
    const takeBack = (): void => {
      if (placed.code.retract === undefined) throw new Error(`${placed.call.name} cannot take a row back`);
      placed.code.retract(writer, state, values);
    };
    if (placed.distinct !== null) {
      this.#updateDistinct(
        writer,
        place,
        { ...placed, distinct: placed.distinct },
        values,
        isRetraction,
        add,
        takeBack,
      );
    } else if (isRetraction === null) add();
    else f.if(isRetraction, takeBack, add);
  }

  #updateDistinct(
    writer: CodeWriter,
    place: GroupPlace,
    placed: PlacedCall & { readonly distinct: DistinctTable },
    values: readonly Value[],
    isRetraction: Local<'i32'> | null,
    add: () => void,
    takeBack: () => void,
  ): void {
    const { f } = writer;
    const { distinct } = placed;
    const cursor = tableCursor(writer);
    openTable(writer, cursor, i32.load(place.store, { offset: distinct.table * 4 }));
    const keys = [this.#groupNumber(writer, place), ...values];
    const hash = writeHash(writer, keys);
    const count = distinct.layout.field('count').offset;
    const addOne = (): void => {
      const row = this.#findOrAddValue(writer, place.row, placed, cursor, keys, hash, add);
      f.do(i64.store(row, i64.add(i64.load(row, { offset: count }), i64.const(1n)), { offset: count }));
    };
    if (isRetraction === null) {
      addOne();
      return;
    }
    f.if(
      isRetraction,
      () => {
        const row = writeFind(writer, cursor, distinct.layout, keys, hash);
        f.if(row, () => {
          const left = f.local('i64', i64.sub(i64.load(row, { offset: count }), i64.const(1n)));
          f.do(i64.store(row, left, { offset: count }));
          f.if(i64.eqz(left), () => {
            // In a chain it stays, with a count of 0.
            if (!this.#chained) eraseTableRow(writer, cursor.table, distinct.layout, row);
            takeBack();
          });
        });
      },
      addOne,
    );
  }

  /** The row of a distinct value; `add` runs for one that was not there. */
  #findOrAddValue(
    writer: CodeWriter,
    group: Local<'i32'>,
    { distinct, prefix }: PlacedCall & { readonly distinct: DistinctTable },
    cursor: TableCursor,
    keys: readonly Value[],
    hash: Local<'i32'>,
    add: () => void,
  ): Local<'i32'> {
    const { f } = writer;
    const { layout } = distinct;
    if (!this.#chained) return writeFindOrAdd(writer, cursor, layout, keys, hash, () => add());
    const [first, last] = chainFields.map((name) => this.layout.field(prefix + name).offset) as [number, number];
    const row = writeFindOrAdd(writer, cursor, layout, keys, hash, (added) => {
      const number = f.local('i32', i32.add(rowNumber(added, cursor.rows, layout.rowBytes), i32.const(1)));
      const tail = f.local('i32', i32.load(group, { offset: last }));
      const before = i32.add(cursor.rows, scaled(i32.sub(tail, i32.const(1)), layout.rowBytes));
      f.if(
        tail,
        () => f.do(i32.store(before, number, { offset: layout.field('next').offset })),
        () => f.do(i32.store(group, number, { offset: first })),
      );
      f.do(i32.store(group, number, { offset: last }));
    });
    f.if(i64.eqz(i64.load(row, { offset: layout.field('count').offset })), add);
    return row;
  }

  /** The group's row number in its table: it stays when the table grows. */
  #groupNumber(writer: CodeWriter, place: GroupPlace): Value {
    const rows = i32.load(place.table, { offset: tableLayout.rows });
    return writer.value(INT(false), null, rowNumber(place.row, rows, this.layout.rowBytes));
  }

  /** Adds the state of one group to that of another of the same store, whose rows came before. Chained states only. */
  mergeRow(writer: CodeWriter, place: GroupPlace, from: Local<'i32'>): void {
    const { f } = writer;
    const { table, row: into } = place;
    if (this.#updating) {
      const { offset } = this.layout.field('rows');
      f.do(i64.store(into, i64.add(i64.load(into, { offset }), i64.load(from, { offset })), { offset }));
    }
    for (const placed of this.#calls) {
      const { code, prefix, distinct } = placed;
      const state = stateAccess(writer, this.layout, { table, row: into, prefix });
      if (distinct === null)
        code.merge?.(writer, state, stateAccess(writer, this.layout, { table, row: from, prefix }));
      else this.#moveValues(writer, place, { ...placed, distinct }, from);
    }
  }

  /** Gives the values of one group's chain to another group. */
  #moveValues(
    writer: CodeWriter,
    place: GroupPlace,
    placed: PlacedCall & { readonly distinct: DistinctTable },
    from: Local<'i32'>,
  ): void {
    const { f } = writer;
    const { layout } = placed.distinct;
    const { offset } = layout.field('count');
    const types = distinctKeyTypes(placed.call).slice(1);
    const state = stateAccess(writer, this.layout, { table: place.table, row: place.row, prefix: placed.prefix });
    this.#eachValue(writer, { ...place, row: from }, placed, (cursor, row, number) => {
      const values = types.map((type, at) => readKey(writer, layout, row, at + 1, type));
      const count = f.local('i64', i64.load(row, { offset }));
      f.if(i64.gtS(count, i64.const(0n)), () => {
        const keys = [this.#groupNumber(writer, place), ...values];
        const add = (): void => placed.code.accumulate(writer, state, values);
        const hash = writeHash(writer, keys);
        const into = this.#findOrAddValue(writer, place.row, placed, cursor, keys, hash, add);
        f.do(i64.store(into, i64.add(i64.load(into, { offset }), count), { offset }));
      });
      // The table may have grown.
      f.set(row, i32.add(cursor.rows, scaled(number, layout.rowBytes)));
      eraseTableRow(writer, cursor.table, layout, row);
    });
  }

  /** Runs `body` for the values of a group, in their order; it may erase the row that it is given. */
  #eachValue(
    writer: CodeWriter,
    place: GroupPlace,
    { distinct, prefix }: PlacedCall & { readonly distinct: DistinctTable },
    body: (cursor: TableCursor, row: Local<'i32'>, number: Local<'i32'>) => void,
  ): void {
    const { f } = writer;
    const cursor = tableCursor(writer);
    openTable(writer, cursor, i32.load(place.store, { offset: distinct.table * 4 }));
    const { layout } = distinct;
    const next = f.local('i32', i32.load(place.row, { offset: this.layout.field(prefix + chainFields[0]).offset }));
    const number = f.local('i32');
    const row = f.local('i32');
    f.while(next, () => {
      f.set(number, i32.sub(next, i32.const(1)));
      f.set(row, i32.add(cursor.rows, scaled(number, layout.rowBytes)));
      f.set(next, i32.load(row, { offset: layout.field('next').offset }));
      body(cursor, row, number);
    });
  }

  /** Takes a group out of its store, with its texts and its distinct values. Chained states only, if any is DISTINCT. */
  erase(writer: CodeWriter, place: GroupPlace): void {
    for (const placed of this.#calls) {
      const { distinct } = placed;
      if (distinct === null) continue;
      this.#eachValue(writer, place, { ...placed, distinct }, (cursor, row) =>
        eraseTableRow(writer, cursor.table, distinct.layout, row),
      );
    }
    eraseTableRow(writer, place.table, this.layout, place.row);
  }

  /** Whether rows came and went so that none is left. */
  isEmpty(row: Local<'i32'>): I32 | null {
    if (!this.#updating) return null;
    return i64.leS(i64.load(row, { offset: this.layout.field('rows').offset }), i64.const(0n));
  }

  key(writer: CodeWriter, row: Local<'i32'>, at: number): Value {
    return readKey(writer, this.layout, row, at, this.#keyTypes[at] as SqlType);
  }

  result(writer: CodeWriter, place: { readonly table: Local<'i32'>; readonly row: Local<'i32'> }, at: number): Value {
    const placed = this.#calls[at];
    if (placed === undefined) throw new Error(`no aggregate ${at}`);
    const state = stateAccess(writer, this.layout, { ...place, prefix: placed.prefix });
    return placed.code.result(writer, state);
  }

  /** Whether the order in which states are merged shows. */
  get isOrdered(): boolean {
    return this.#calls.some(({ code }) => code.isOrdered === true);
  }

  /** The first aggregate that has no merge, and so cannot be in HOP, CUMULATE or SESSION. */
  unmergeable(): AggregateCall | null {
    return this.#calls.find(({ code }) => code.merge === undefined)?.call ?? null;
  }

  /**
   * Writes `merge(target, source)`: the groups of one store are added behind those of another. The source stays as
   * it is.
   */
  writeMerge(newWriter: () => CodeWriter): void {
    const writer = newWriter();
    const { f } = writer;
    const target = f.param(0, 'i32');
    const source = f.param(1, 'i32');
    const to = tableCursor(writer);
    openTable(writer, to, i32.load(target));
    const from = f.local('i32', i32.load(source));
    const distinct = this.#calls.filter((placed) => placed.distinct !== null);
    // Where a source group went, by its row number, for the tables of distinct values.
    const count = f.local('i32', i32.load(from, { offset: tableLayout.count }));
    const moved = distinct.length === 0 ? null : writer.scratch(i32.shl(count, i32.const(2)));
    eachTableRow(writer, from, this.layout.rowBytes, (row, number) => {
      const keys = this.#keyTypes.map((_, at) => this.key(writer, row, at));
      const hash = f.local('i32', i32.load(row));
      const into = writeFindOrAdd(writer, to, this.layout, keys, hash);
      if (moved !== null) {
        const offset = i32.sub(into, to.rows);
        f.do(
          i32.store(i32.add(moved, i32.shl(number, i32.const(2))), i32.divU(offset, i32.const(this.layout.rowBytes))),
        );
      }
      if (this.#updating) {
        const { offset } = this.layout.field('rows');
        f.do(i64.store(into, i64.add(i64.load(into, { offset }), i64.load(row, { offset })), { offset }));
      }
      for (const placed of this.#calls) {
        if (placed.distinct !== null) continue;
        const state = stateAccess(writer, this.layout, { table: to.table, row: into, prefix: placed.prefix });
        const other = stateAccess(writer, this.layout, { table: from, row, prefix: placed.prefix });
        placed.code.merge?.(writer, state, other);
      }
    });
    if (moved !== null)
      for (const placed of distinct) this.#mergeDistinct(writer, { target, source, moved, groups: to }, placed);
    f.return(i32.const(0));
  }

  #mergeDistinct(
    writer: CodeWriter,
    place: {
      readonly target: Local<'i32'>;
      readonly source: Local<'i32'>;
      readonly moved: Local<'i32'>;
      readonly groups: { readonly table: Local<'i32'>; readonly rows: Local<'i32'> };
    },
    placed: PlacedCall,
  ): void {
    const { f } = writer;
    const { distinct } = placed;
    if (distinct === null) return;
    const { layout, table } = distinct;
    const cursor = tableCursor(writer);
    openTable(writer, cursor, i32.load(place.target, { offset: table * 4 }));
    const from = f.local('i32', i32.load(place.source, { offset: table * 4 }));
    const types = distinctKeyTypes(placed.call);
    const { offset } = layout.field('count');
    eachTableRow(writer, from, layout.rowBytes, (row) => {
      const own = readKey(writer, layout, row, 0, INT(false));
      const group = writer.value(
        INT(false),
        null,
        i32.load(i32.add(place.moved, i32.shl(writer.i32(own), i32.const(2)))),
      );
      const values = types.slice(1).map((type, at) => readKey(writer, layout, row, at + 1, type));
      const hash = writeHash(writer, [group, ...values]);
      const into = writeFindOrAdd(writer, cursor, layout, [group, ...values], hash, () => {
        const groupRow = f.local('i32', i32.add(place.groups.rows, scaled(writer.i32(group), this.layout.rowBytes)));
        const state = stateAccess(writer, this.layout, {
          table: place.groups.table,
          row: groupRow,
          prefix: placed.prefix,
        });
        placed.code.accumulate(writer, state, values);
      });
      f.do(i64.store(into, i64.add(i64.load(into, { offset }), i64.load(row, { offset })), { offset }));
    });
  }
}

/** Erases a row of a keyed table, and gives back what its texts hold. */
export function eraseTableRow(writer: CodeWriter, table: Local<'i32'>, layout: StateLayout, row: Local<'i32'>): void {
  const { f } = writer;
  for (const offset of layout.textOffsets())
    f.do(writer.kernel('textFree', 'void', table, i32.add(row, i32.const(offset))));
  f.do(writer.kernel('tableErase', 'void', table, row));
}

function rowNumber(row: I32, rows: I32, rowBytes: number): I32 {
  return i32.divU(i32.sub(row, rows), i32.const(rowBytes));
}

/** Runs `body` for each row of a table that is not erased, in the order of insertion. */
export function eachTableRow(
  writer: CodeWriter,
  table: Local<'i32'>,
  rowBytes: number,
  body: (row: Local<'i32'>, number: Local<'i32'>) => void,
): void {
  const { f } = writer;
  const row = f.local('i32', i32.load(table, { offset: tableLayout.rows }));
  const count = f.local('i32', i32.load(table, { offset: tableLayout.count }));
  const number = f.local('i32', i32.const(0));
  f.while(i32.ltU(number, count), () => {
    f.if(i32.load(row), () => body(row, number));
    f.set(row, i32.add(row, i32.const(rowBytes)));
    f.set(number, i32.add(number, i32.const(1)));
  });
}

/** A group's row in the table of its store. */
export interface GroupPlace {
  /** Address of the store's table addresses. */
  readonly store: Local<'i32'>;
  readonly table: Local<'i32'>;
  readonly row: Local<'i32'>;
}

interface DistinctTable {
  /** Its position in the store. */
  readonly table: number;
  readonly layout: StateLayout;
}

interface PlacedCall {
  readonly call: AggregateCall;
  readonly code: AggregateCode;
  readonly prefix: string;
  readonly distinct: DistinctTable | null;
}

function distinctKeyTypes(call: AggregateCall): readonly SqlType[] {
  return [INT(false), ...call.args.map(({ type }) => withNullable(type, false))];
}

/** Of a group's chain of distinct values: the first and the last, as row number + 1. */
const chainFields = ['chain.first', 'chain.last'] as const;

function distinctLayout(call: AggregateCall, chained: boolean): StateLayout {
  return new StateLayout([
    ...keyFields(distinctKeyTypes(call)),
    { name: 'count', physical: 'i64' },
    ...(chained ? [{ name: 'next', physical: 'i32' as const }] : []),
  ]);
}
