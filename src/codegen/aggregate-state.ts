import type { AggregateCode, KeptValues, StateAccess, StateField } from '../functions/aggregate-function.ts';
import type { Value } from '../functions/value.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { AggregateCall } from '../plan/expression.ts';
import { INT, type SqlType, withNullable } from '../types/sql-type.ts';
import { type I32, type I64, i32, i64, ifElse, type Local } from '../wasm/code.ts';
import type { Label } from '../wasm/function-builder.ts';
import { scaled } from './batch-scope.ts';
import { DistinctValues } from './distinct-values.ts';
import type { CodeWriter, RowScope } from './expression-writer.ts';
import { openTable, readKey, type TableCursor, tableCursor, writeFindOrAdd } from './key-table.ts';
import { storeParts, zeroParts } from './memory-value.ts';
import { sameValues } from './same-value.ts';
import { callsByValues } from './shared-values.ts';
import { keyFields, StateLayout, stateAccess } from './state-layout.ts';
import { StateRegisters } from './state-registers.ts';
import { eachTableRow, eraseTableRow, rowNumber } from './table-rows.ts';
import { ValueCollection } from './value-collection.ts';

/** A group's row in the table of its store. */
export interface GroupPlace {
  /** Address of the store's parts: a u32 each, the address of a table or map. */
  readonly store: Local<'i32'>;
  readonly table: Local<'i32'>;
  readonly row: Local<'i32'>;
  /** The fields that are in locals, and not in the row, while the code runs. */
  readonly registers?: StateRegisters | null;
}

/** What a group store has beside others of its kind: a keyed table or an ordered map. */
export type StorePart =
  | { readonly kind: 'table'; readonly rowBytes: number; readonly layout: string }
  | { readonly kind: 'map'; readonly valueBytes: number };

interface PlacedCall {
  readonly call: AggregateCall;
  readonly code: AggregateCode;
  readonly prefix: string;
  readonly distinct: DistinctValues | null;
  /** The calls that share its values, itself among them. */
  readonly sharers: readonly number[];
  /** What the accumulator keeps, or is made of anew when a row is taken back. */
  readonly collection: ValueCollection | null;
}

/**
 * The accumulators of a group, as one state row: key, accumulators, and with an updating input a count of rows.
 *
 * Memory: a *group store* is the table of groups, then for each DISTINCT aggregate the table of its values, and the
 * ordered maps of those aggregates that keep their values, or over an updating input cannot take one back.
 */
export class AggregateState {
  readonly layout: StateLayout;
  /** What a group store consists of, in its order. */
  readonly storeParts: readonly StorePart[];
  readonly #calls: readonly PlacedCall[];
  readonly #keyTypes: readonly SqlType[];
  readonly #updating: boolean;

  /** `chained`: single groups can be merged and erased with their distinct values. */
  constructor(
    keyTypes: readonly SqlType[],
    calls: readonly AggregateCall[],
    options: { readonly updating: boolean; readonly chained?: boolean; readonly extra?: readonly StateField[] },
  ) {
    this.#keyTypes = keyTypes;
    this.#updating = options.updating;
    const isChained = options.chained ?? false;
    const coded = calls.map((call, at) => {
      // Behind FILTER there may be no value at all, as if the argument were NULL.
      const types = call.args.map(({ type }) => (call.filter === null ? type : withNullable(type, true)));
      const code = call.overload.code(types, call.type);
      const isRemade = options.updating && code.retract === undefined && call.ignoresRetractions !== true;
      const remadeOf = isRemade ? code.remadeOf : undefined;
      const keepsNulls = code.seesNulls === true;
      const values = keepsNulls ? types : types.map((type) => withNullable(type, false));
      return { call, code, values, prefix: `a${at}.`, remadeOf, keepsNulls };
    });
    const units = callsByValues(
      coded.map(({ call, values, keepsNulls }) => ({ call, values, keepsNulls })),
      options.updating,
    );
    const sharersOf = (at: number): readonly number[] => units.find((unit) => unit.includes(at)) ?? [at];
    this.layout = new StateLayout([
      ...keyFields(keyTypes),
      ...(options.updating ? [{ name: 'rows', physical: 'i64' as const }] : []),
      ...coded.flatMap(({ code, prefix }) => code.state.map((field) => ({ ...field, name: prefix + field.name }))),
      ...coded.flatMap(({ call, prefix }, at) =>
        call.distinct && isChained && sharersOf(at)[0] === at ? chainFields(prefix) : [],
      ),
      ...coded.flatMap(({ prefix, remadeOf }) =>
        remadeOf?.order === 'arrival' ? [{ name: `${prefix}arrivals`, physical: 'i64' as const }] : [],
      ),
      ...(options.extra ?? []),
    ]);
    const parts: StorePart[] = [{ kind: 'table', rowBytes: this.layout.rowBytes, layout: this.layout.text }];
    const shared = new Map<readonly number[], DistinctValues>();
    this.#calls = coded.map(({ call, code, values, prefix, remadeOf, keepsNulls }, at) => {
      const sharers = sharersOf(at);
      let distinct = shared.get(sharers) ?? null;
      if (call.distinct && distinct === null) {
        const calls = options.updating ? null : sharers.length;
        distinct = new DistinctValues(values, parts.length, this.#chain(prefix, isChained), calls);
        shared.set(sharers, distinct);
        parts.push({ kind: 'table', rowBytes: distinct.layout.rowBytes, layout: distinct.layout.text });
      }
      const { keeps } = code;
      const collection =
        keeps !== undefined
          ? new ValueCollection(keeps.types, { ...keeps, order: 'value' }, parts.length)
          : remadeOf !== undefined
            ? new ValueCollection(values, { ...remadeOf, keepsNulls }, parts.length)
            : null;
      for (const valueBytes of collection?.mapValueBytes ?? []) parts.push({ kind: 'map', valueBytes });
      return { call, code, prefix, distinct, sharers, collection };
    });
    this.storeParts = parts;
  }

  #chain(prefix: string, isChained: boolean): { readonly first: number; readonly last: number } | null {
    if (!isChained) return null;
    return {
      first: this.layout.field(`${prefix}first value`).offset,
      last: this.layout.field(`${prefix}last value`).offset,
    };
  }

  /** Locals for the accumulators that need no more than fields of a fixed width. */
  registers(writer: CodeWriter): StateRegisters {
    const plain = this.#calls.filter(({ code, distinct, collection }) => {
      const isFixed = code.state.every(({ physical }) => physical !== 'bytes');
      return isFixed && distinct === null && collection === null;
    });
    const fields = plain.flatMap(({ code, prefix }) =>
      code.state.map(({ name, physical }) => ({ name: prefix + name, physical })),
    );
    return new StateRegisters(writer, this.layout, fields);
  }

  /** Takes a row in: adds it, or takes it back where its kind says so. */
  update(writer: CodeWriter, place: GroupPlace, scope: RowScope, kind: I32): void {
    const { f } = writer;
    const isRetraction = this.#updating ? f.local('i32', i32.and(kind, i32.const(1))) : null;
    if (isRetraction !== null) {
      const one = i64.sub(i64.const(1n), i64.shl(i64.extendI32U(isRetraction), i64.const(1n)));
      this.#addRows(writer, place.row, one);
    }
    for (const placed of this.#calls) {
      if (isRetraction === null && placed.distinct !== null) {
        if (this.#isFirst(placed)) this.#see(writer, place, placed, placed.distinct, scope);
        continue;
      }
      if (isRetraction === null && this.#countRow(writer, place, placed, scope)) continue;
      f.block((skip) => {
        const { call } = placed;
        if (call.filter !== null) f.brIf(skip, i32.eqz(writer.isTrue(writer.write(call.filter, scope))));
        const values = this.#valuesOf(writer, placed, scope, skip);
        writer.at(call.span, () => this.#updateCall(writer, place, placed, values, isRetraction));
      });
    }
  }

  /** The arguments of a call; a NULL among them that it does not look at goes on to `skip`. */
  #valuesOf(writer: CodeWriter, { call, code }: PlacedCall, scope: RowScope, skip: Label): readonly Value[] {
    const args = call.args.map((arg) => writer.write(arg, scope));
    if (code.seesNulls === true) return args;
    for (const arg of args) if (arg.isNull !== null) writer.f.brIf(skip, arg.isNull);
    return args.map((arg) => ({ ...arg, isNull: null, type: withNullable(arg.type, false) }));
  }

  /** Of the calls that share their values the one that stands for all. */
  #isFirst(placed: PlacedCall): boolean {
    return this.#sharer(placed, 0) === placed;
  }

  #sharer({ sharers }: PlacedCall, call: number): PlacedCall {
    return this.#calls[sharers[call] as number] as PlacedCall;
  }

  /** Gives a row's value to those of the calls that share it whose filter holds, and that have not seen it. */
  #see(writer: CodeWriter, place: GroupPlace, placed: PlacedCall, distinct: DistinctValues, scope: RowScope): void {
    const { f } = writer;
    f.block((skip) => {
      const filters = placed.sharers.map((_, at) => this.#sharer(placed, at).call.filter);
      const bits = filters.map((filter, at) => {
        const holds = filter === null ? i32.const(1) : writer.isTrue(writer.write(filter, scope));
        return i32.shl(holds, i32.const(at));
      });
      const calls = f.local(
        'i32',
        bits.reduce<I32>((all, bit) => i32.or(all, bit), i32.const(0)),
      );
      if (!filters.includes(null)) f.brIf(skip, i32.eqz(calls));
      const values = this.#valuesOf(writer, placed, scope, skip);
      distinct.see(writer, place, this.#groupNumber(writer, place), values, calls, (call) => {
        const sharer = this.#sharer(placed, call);
        writer.at(sharer.call.span, () => this.#add(writer, place, sharer, values));
      });
    });
  }

  /** Counts a row without a branch, which a processor would guess wrong at every second row. False where it cannot. */
  #countRow(writer: CodeWriter, place: GroupPlace, placed: PlacedCall, scope: RowScope): boolean {
    const { call, code } = placed;
    // An argument that is computed may fail in a row that FILTER drops.
    const isPlain = call.args.every(({ kind }) => kind === 'column');
    if (code.countIf === undefined || placed.distinct !== null || !isPlain) return false;
    const conditions = call.args.flatMap((arg) => {
      const { isNull } = writer.write(arg, scope);
      return isNull === null ? [] : [i32.eqz(isNull)];
    });
    if (call.filter !== null) conditions.push(writer.isTrue(writer.write(call.filter, scope)));
    const [first, ...others] = conditions;
    if (first === undefined) return false;
    const counts = others.reduce<I32>((all, next) => i32.and(all, next), first);
    code.countIf(writer, this.#access(writer, place, placed), counts);
    return true;
  }

  #addRows({ f }: CodeWriter, row: Local<'i32'>, count: I64): void {
    const { offset } = this.layout.field('rows');
    f.do(i64.store(row, i64.add(i64.load(row, { offset }), count), { offset }));
  }

  #updateCall(
    writer: CodeWriter,
    place: GroupPlace,
    placed: PlacedCall,
    values: readonly Value[],
    isRetraction: Local<'i32'> | null,
  ): void {
    const add = (): void => this.#add(writer, place, placed, values);
    const takeBack = (): void => this.#takeBack(writer, place, placed, values);
    if (placed.distinct !== null && isRetraction !== null) {
      const group = this.#groupNumber(writer, place);
      placed.distinct.update(writer, place, group, values, isRetraction, { add, takeBack });
    } else if (isRetraction === null) add();
    else if (placed.call.ignoresRetractions === true) writer.f.if(i32.eqz(isRetraction), add);
    else writer.f.if(isRetraction, takeBack, add);
  }

  /** Gives a value to an accumulator, and to the collection that it is remade of. */
  #add(writer: CodeWriter, place: GroupPlace, placed: PlacedCall, values: readonly Value[]): void {
    const { code, collection } = placed;
    if (collection !== null && code.keeps === undefined) {
      const number = collection.order === 'value' ? i64.const(1n) : this.#nextArrival(writer, place, placed);
      collection.add(writer, place, this.#groupNumber(writer, place), values, { number });
    }
    code.accumulate(writer, this.#access(writer, place, placed), values, this.#kept(writer, place, placed));
  }

  /** What an accumulator that keeps values sees of those of its group. */
  #kept(writer: CodeWriter, place: GroupPlace, { call, code, collection }: PlacedCall): KeptValues {
    const group = (): Value => this.#groupNumber(writer, place);
    const asked = (): ValueCollection => {
      if (collection === null || code.keeps === undefined) throw new Error(`${call.name} keeps no values`);
      return collection;
    };
    return {
      add: (values, times) =>
        asked().add(writer, place, group(), values, {
          number: times,
          repeated: () => code.keeps?.repeated?.(writer, values),
        }),
      remove: (values, times) => {
        asked().remove(writer, place, group(), values, times);
      },
      each: (body) => asked().each(writer, place, group(), 'all', body),
    };
  }

  #takeBack(writer: CodeWriter, place: GroupPlace, placed: PlacedCall, values: readonly Value[]): void {
    const { call, code, collection } = placed;
    const state = this.#access(writer, place, placed);
    if (collection === null || code.keeps !== undefined) {
      if (code.retract === undefined) throw new Error(`${call.name} cannot take a row back`);
      code.retract(writer, state, values, this.#kept(writer, place, placed));
      return;
    }
    const group = this.#groupNumber(writer, place);
    writer.f.if(collection.remove(writer, place, group, values), () => {
      this.#clearAccumulator(writer, place, placed);
      const kept = this.#kept(writer, place, placed);
      collection.each(writer, place, group, code.remadeOf?.values ?? 'all', (left) =>
        code.accumulate(writer, state, left, kept),
      );
    });
  }

  /** Numbers the values of a group by their arrival. */
  #nextArrival({ f }: CodeWriter, place: GroupPlace, { prefix }: PlacedCall): I64 {
    const { offset } = this.layout.field(`${prefix}arrivals`);
    const arrival = f.local('i64', i64.add(i64.load(place.row, { offset }), i64.const(1n)));
    f.do(i64.store(place.row, arrival, { offset }));
    return arrival;
  }

  /** Makes an accumulator as it was at first: zero. */
  #clearAccumulator(writer: CodeWriter, { table, row }: GroupPlace, { code, prefix }: PlacedCall): void {
    const { f } = writer;
    for (const { name } of code.state) {
      const { physical, offset } = this.layout.field(prefix + name);
      if (physical === 'bytes') f.do(writer.kernel('textFree', 'void', table, i32.add(row, i32.const(offset))));
      else f.do(...storeParts(physical, row, zeroParts(physical), offset));
    }
  }

  #access(writer: CodeWriter, place: Omit<GroupPlace, 'store'>, { code, prefix }: PlacedCall): StateAccess {
    const { table, row, registers } = place;
    if (registers?.has(prefix + code.state[0]?.name) === true) return registers.access(prefix);
    return stateAccess(writer, this.layout, { table, row, prefix });
  }

  #groupNumber(writer: CodeWriter, place: GroupPlace): Value {
    const rows = i32.load(place.table, { offset: tableLayout.rows });
    return writer.value(INT(false), null, rowNumber(place.row, rows, this.layout.rowBytes));
  }

  /** Adds the state of one group to that of another of the same store, whose rows came before. Chained states only. */
  mergeRow(writer: CodeWriter, place: GroupPlace, from: Local<'i32'>): void {
    const fromPlace = { ...place, row: from };
    if (this.#updating) this.#addRows(writer, place.row, i64.load(from, { offset: this.layout.field('rows').offset }));
    for (const placed of this.#calls) {
      const { code, distinct, collection } = placed;
      const state = this.#access(writer, place, placed);
      if (distinct !== null) {
        if (this.#isFirst(placed))
          distinct.move(writer, place, this.#groupNumber(writer, place), from, (call, values) =>
            this.#add(writer, place, this.#sharer(placed, call), values),
          );
      } else {
        if (collection !== null) this.#moveValues(writer, place, fromPlace, placed, collection);
        if (collection === null || code.keeps !== undefined)
          code.merge?.(writer, state, this.#access(writer, fromPlace, placed));
      }
      collection?.clear(writer, place, this.#groupNumber(writer, fromPlace));
    }
  }

  /** Gives the values of one group to another. */
  #moveValues(
    writer: CodeWriter,
    place: GroupPlace,
    from: GroupPlace,
    placed: PlacedCall,
    collection: ValueCollection,
  ): void {
    const group = this.#groupNumber(writer, place);
    const state = this.#access(writer, place, placed);
    const kept = this.#kept(writer, place, placed);
    collection.each(writer, place, this.#groupNumber(writer, from), 'all', (values, count) => {
      if (placed.code.keeps !== undefined) {
        kept.add(values, count);
        return;
      }
      const number = collection.order === 'value' ? count : this.#nextArrival(writer, place, placed);
      collection.add(writer, place, group, values, { number });
      placed.code.accumulate(writer, state, values, kept);
    });
  }

  /** Takes a group out of its store, with its texts and the values of its aggregates. */
  erase(writer: CodeWriter, place: GroupPlace): void {
    for (const placed of this.#calls) {
      const { distinct, collection } = placed;
      if (distinct?.isChained === true && this.#isFirst(placed)) distinct.clear(writer, place);
      collection?.clear(writer, place, this.#groupNumber(writer, place));
    }
    eraseTableRow(writer, place.table, this.layout, place.row);
  }

  /** Makes a group as it was at first, but for its key. */
  reset(writer: CodeWriter, place: GroupPlace): void {
    for (const placed of this.#calls) {
      if (placed.distinct?.isChained === true && this.#isFirst(placed)) placed.distinct.clear(writer, place);
      placed.collection?.clear(writer, place, this.#groupNumber(writer, place));
      this.#clearAccumulator(writer, place, placed);
    }
    if (this.#updating) writer.f.do(i64.store(place.row, i64.const(0n), { offset: this.layout.field('rows').offset }));
  }

  /** Whether rows came and went so that none is left; null over an append-only input. */
  isEmpty(row: Local<'i32'>): I32 | null {
    if (!this.#updating) return null;
    return i64.leS(i64.load(row, { offset: this.layout.field('rows').offset }), i64.const(0n));
  }

  key(writer: CodeWriter, row: Local<'i32'>, at: number): Value {
    return readKey(writer, this.layout, row, at, this.#keyTypes[at] as SqlType);
  }

  result(writer: CodeWriter, place: GroupPlace, at: number): Value {
    const placed = this.#calls[at];
    if (placed === undefined) throw new Error(`no aggregate ${at}`);
    const { call, code } = placed;
    return writer.at(call.span, () =>
      code.result(writer, this.#access(writer, place, placed), this.#kept(writer, place, placed)),
    );
  }

  /** How many values `resent` gives. */
  get resentCount(): number {
    return this.#calls.filter(({ code }) => code.resendsWith !== undefined).length;
  }

  /** BIGINTs beside the results of a group: where one is another, equal results are sent again. */
  resent(writer: CodeWriter, place: GroupPlace): readonly Value[] {
    return this.#calls.flatMap(
      (placed) => placed.code.resendsWith?.(writer, this.#access(writer, place, placed)) ?? [],
    );
  }

  /** Whether two results of a group are the same, and so need not be sent again. */
  sameResults(writer: CodeWriter, before: readonly Value[], after: readonly Value[]): I32 {
    const same = sameValues(writer, before, after);
    return this.#calls.reduce<I32>((all, { code }, at) => {
      const value = after[at];
      if (code.resendsNulls !== true || value === undefined) return all;
      const isWhole = i32.ltS(writer.kernel('arrayFindNull', 'i32', writer.bytes(value)[0]), i32.const(0));
      return i32.and(all, value.isNull === null ? isWhole : ifElse(value.isNull, i32.const(1), isWhole));
    }, same);
  }

  /** Whether the order in which states are merged shows. */
  get isOrdered(): boolean {
    return this.#calls.some(({ code }) => code.isOrdered === true);
  }

  /** The first aggregate that has no merge, and so cannot be in HOP, CUMULATE or SESSION. */
  unmergeable(): AggregateCall | null {
    return this.#calls.find(({ code }) => code.merge === undefined && code.keeps === undefined)?.call ?? null;
  }

  /**
   * Writes `merge(target, source)`: the groups of one store are added behind those of another. The source stays as
   * it is.
   */
  writeMerge(newWriter: () => CodeWriter): void {
    const writer = newWriter();
    const { f } = writer;
    const store = f.param(0, 'i32');
    const source = f.param(1, 'i32');
    const to = tableCursor(writer);
    openTable(writer, to, i32.load(store));
    const from = f.local('i32', i32.load(source));
    // Where a source group went, by its row number, for the values beside the table.
    const count = f.local('i32', i32.load(from, { offset: tableLayout.count }));
    const moved = this.storeParts.length === 1 ? null : writer.scratch(i32.shl(count, i32.const(2)));
    eachTableRow(writer, from, this.layout.rowBytes, (row, number) => {
      const keys = this.#keyTypes.map((_, at) => this.key(writer, row, at));
      const into = writeFindOrAdd(writer, to, this.layout, keys, f.local('i32', i32.load(row)));
      if (moved !== null) {
        const cell = i32.add(moved, i32.shl(number, i32.const(2)));
        f.do(i32.store(cell, rowNumber(into, to.rows, this.layout.rowBytes)));
      }
      if (this.#updating) this.#addRows(writer, into, i64.load(row, { offset: this.layout.field('rows').offset }));
      for (const placed of this.#calls) {
        const { distinct, collection, code } = placed;
        if (distinct !== null || (collection !== null && code.keeps === undefined)) continue;
        const state = this.#access(writer, { table: to.table, row: into }, placed);
        code.merge?.(writer, state, this.#access(writer, { table: from, row }, placed));
      }
    });
    if (moved !== null)
      for (const placed of this.#calls) this.#mergeValues(writer, { store, source, moved, to }, placed);
    f.return(i32.const(0));
  }

  /** Adds the values beside the table: each goes through its group's accumulator. */
  #mergeValues(
    writer: CodeWriter,
    {
      store,
      source,
      moved,
      to,
    }: {
      readonly store: Local<'i32'>;
      readonly source: Local<'i32'>;
      readonly moved: Local<'i32'>;
      readonly to: TableCursor;
    },
    placed: PlacedCall,
  ): void {
    const { f } = writer;
    const { distinct, collection, code } = placed;
    const target = { store, table: to.table, row: to.rows };
    const groupOf = (group: I32): Value =>
      writer.value(INT(false), null, i32.load(i32.add(moved, i32.shl(group, i32.const(2)))));
    const placeOf = (group: Value): GroupPlace => ({
      ...target,
      row: f.local('i32', i32.add(to.rows, scaled(writer.i32(group), this.layout.rowBytes))),
    });
    if (distinct !== null) {
      if (!this.#isFirst(placed)) return;
      distinct.merge(writer, target, source, groupOf, (call, group, values) =>
        this.#add(writer, placeOf(group), this.#sharer(placed, call), values),
      );
    } else if (collection !== null) {
      collection.merge(writer, target, source, {
        groupOf,
        arrivalOf: (group) => this.#nextArrival(writer, placeOf(group), placed),
        added: (group, values) => {
          if (code.keeps !== undefined) return;
          const place = placeOf(group);
          code.accumulate(writer, this.#access(writer, place, placed), values, this.#kept(writer, place, placed));
        },
        repeated: (values) => code.keeps?.repeated?.(writer, values),
      });
    }
  }
}

/** Of the chain of a group's distinct values. */
function chainFields(prefix: string): readonly StateField[] {
  return ['first value', 'last value'].map((name) => ({ name: prefix + name, physical: 'i32' }));
}
