import type { Value } from '../functions/value.ts';
import { physicalOf } from '../types/physical.ts';
import { BIGINT, INT, type SqlType, withNullable } from '../types/sql-type.ts';
import { type I32, type I64, i32, i64, type Local } from '../wasm/code.ts';
import type { GroupPlace } from './aggregate-state.ts';
import type { CodeWriter } from './expression-writer.ts';
import { loadParts, storeParts } from './memory-value.ts';
import { ascending, type ByteRange, writeSortKey } from './sort-key.ts';
import { StateLayout } from './state-layout.ts';

/** Where a collection is read from: one end, or all of it in its order. */
export type CollectionEnd = 'first' | 'last' | 'all';

/** How values are kept. */
export interface CollectionOptions {
  readonly order: 'value' | 'arrival';
  /** By value: how many of the parts, from the first, tell values apart. Default: all. */
  readonly keyParts?: number;
  /** NULL is a value like others. */
  readonly keepsNulls?: boolean;
}

/**
 * The values that an aggregate has taken in: what COLLECT and PERCENTILE are made of, and what accumulators that cannot
 * take a value back are made of anew, as MIN without its smallest value.
 *
 * Memory: ordered maps of the group store, shared by its groups.
 * ```
 * by value     (group, key parts)              -> how often, group, values
 * by arrival   (group, number of arrival)      -> number, group, values
 *              (group, values, number)         -> number              finds the one to take back: the earliest
 * ```
 * Cost: O(log n) for a value that comes or goes.
 */
export class ValueCollection {
  readonly order: 'value' | 'arrival';
  /** Bytes of the values of its maps in the group store. */
  readonly mapValueBytes: readonly number[];
  readonly #types: readonly SqlType[];
  readonly #keyParts: number;
  /** The position of its first map in the store. */
  readonly #at: number;
  readonly #layout: StateLayout;

  constructor(types: readonly SqlType[], options: CollectionOptions, at: number) {
    this.order = options.order;
    this.#types = options.keepsNulls === true ? types : types.map((type) => withNullable(type, false));
    this.#keyParts = options.keyParts ?? types.length;
    this.#at = at;
    this.#layout = new StateLayout([
      { name: 'group', physical: 'i32' },
      // How often, or the number of arrival.
      { name: 'number', physical: 'i64' },
      ...this.#types.flatMap((type, index) => [
        { name: `value${index}`, physical: physicalOf(type) },
        ...(type.nullable ? [{ name: `value${index}.null`, physical: 'bool' as const }] : []),
      ]),
    ]);
    this.mapValueBytes = options.order === 'value' ? [this.#layout.rowBytes] : [this.#layout.rowBytes, 8];
  }

  /**
   * Takes values in: by value so many times, by arrival with a number above those of all others of the group.
   * `repeated` runs for those that are there already.
   */
  add(
    writer: CodeWriter,
    place: GroupPlace,
    group: Value,
    values: readonly Value[],
    { number: added, repeated }: { readonly number: I64; readonly repeated?: () => void },
  ): void {
    const { f } = writer;
    const number = this.#layout.field('number').offset;
    const isByValue = this.order === 'value';
    const sequence = writer.value(BIGINT(false), null, added);
    const main = this.#map(writer, place);
    const node = this.#insert(writer, main, isByValue ? [group, ...this.#keyOf(values)] : [group, sequence]);
    const store = (): void => {
      f.do(i32.store(node, writer.i32(group), { offset: this.#layout.field('group').offset }));
      for (const [index, value] of values.entries()) this.#store(writer, place, node, index, value);
    };
    if (isByValue) {
      f.if(writer.kernel('orderedInserted', 'i32', main), store, repeated);
      f.do(i64.store(node, i64.add(i64.load(node, { offset: number }), writer.i64(sequence)), { offset: number }));
      return;
    }
    store();
    f.do(i64.store(node, writer.i64(sequence), { offset: number }));
    const found = this.#insert(writer, this.#byValue(writer, place), [group, ...values, sequence]);
    f.do(i64.store(found, writer.i64(sequence)));
  }

  /** Takes values out so many times, by arrival the earliest of equal ones, once. @returns 1 where they were there */
  remove(
    writer: CodeWriter,
    place: GroupPlace,
    group: Value,
    values: readonly Value[],
    times: I64 = i64.const(1n),
  ): Local<'i32'> {
    const { f } = writer;
    const isThere = f.local('i32', i32.const(0));
    const main = this.#map(writer, place);
    const key = this.#key(writer, [group, ...this.#keyOf(values)]);
    if (this.order === 'value') {
      const node = f.local('i32', writer.kernel('orderedFind', 'i32', main, ...range(key)));
      f.if(node, () => {
        f.set(isThere, i32.const(1));
        const value = f.local('i32', writer.kernel('orderedValue', 'i32', node));
        const { offset } = this.#layout.field('number');
        const left = f.local('i64', i64.sub(i64.load(value, { offset }), times));
        f.do(i64.store(value, left, { offset }));
        f.if(i64.leS(left, i64.const(0n)), () => this.#erase(writer, place, main, node));
      });
      return isThere;
    }
    const byValue = this.#byValue(writer, place);
    const found = f.local('i32', writer.kernel('orderedSeek', 'i32', byValue, ...range(key)));
    f.if(found, () => f.set(found, i32.mul(found, this.#hasPrefix(writer, byValue, found, key))));
    f.if(found, () => {
      f.set(isThere, i32.const(1));
      const sequence = writer.value(BIGINT(false), null, i64.load(writer.kernel('orderedValue', 'i32', found)));
      f.do(writer.kernel('orderedEraseNode', 'void', byValue, found));
      const node = f.local(
        'i32',
        writer.kernel('orderedFind', 'i32', main, ...range(this.#key(writer, [group, sequence]))),
      );
      f.if(node, () => this.#erase(writer, place, main, node));
    });
    return isThere;
  }

  /** Runs `body` for values of a group. */
  each(
    writer: CodeWriter,
    place: GroupPlace,
    group: Value,
    end: CollectionEnd,
    body: (values: readonly Value[], number: Local<'i64'>) => void,
  ): void {
    const { f } = writer;
    const { offset } = this.#layout.field('number');
    const map = this.#map(writer, place);
    const key = this.#key(writer, [group]);
    const node = f.local('i32');
    if (end === 'last') {
      const behind = writer.value(INT(false), null, i32.add(writer.i32(group), i32.const(1)));
      f.set(node, writer.kernel('orderedSeekBefore', 'i32', map, ...range(this.#key(writer, [behind]))));
    } else f.set(node, writer.kernel('orderedSeek', 'i32', map, ...range(key)));
    f.block((done) => {
      f.loop((again) => {
        f.brIf(done, i32.eqz(node));
        f.brIf(done, i32.eqz(this.#hasPrefix(writer, map, node, key)));
        const value = f.local('i32', writer.kernel('orderedValue', 'i32', node));
        body(this.#values(writer, value), f.local('i64', i64.load(value, { offset })));
        if (end !== 'all') return;
        f.set(node, writer.kernel('orderedNext', 'i32', node));
        f.br(again);
      });
    });
  }

  /** Forgets all values of a group. */
  clear(writer: CodeWriter, place: GroupPlace, group: Value): void {
    const { f } = writer;
    const maps = [this.#map(writer, place), ...(this.order === 'arrival' ? [this.#byValue(writer, place)] : [])];
    const key = this.#key(writer, [group]);
    for (const [at, map] of maps.entries()) {
      const node = f.local('i32');
      f.block((done) => {
        f.loop((again) => {
          f.set(node, writer.kernel('orderedSeek', 'i32', map, ...range(key)));
          f.brIf(done, i32.eqz(node));
          f.brIf(done, i32.eqz(this.#hasPrefix(writer, map, node, key)));
          if (at === 0) this.#erase(writer, place, map, node);
          else f.do(writer.kernel('orderedEraseNode', 'void', map, node));
          f.br(again);
        });
      });
    }
  }

  /**
   * Adds the values of the groups of another store, which stays as it is: `groupOf` gives the group here of one there,
   * `arrivalOf` its next number of arrival; `added` runs for each, `repeated` for those that are there already.
   */
  merge(
    writer: CodeWriter,
    place: GroupPlace,
    source: Local<'i32'>,
    into: {
      readonly groupOf: (group: I32) => Value;
      readonly arrivalOf: (group: Value) => I64;
      readonly added: (group: Value, values: readonly Value[]) => void;
      readonly repeated?: (values: readonly Value[]) => void;
    },
  ): void {
    const { f } = writer;
    const from = this.#map(writer, { ...place, store: source });
    const node = f.local('i32', writer.kernel('orderedFirst', 'i32', from));
    f.while(node, () => {
      const value = f.local('i32', writer.kernel('orderedValue', 'i32', node));
      const group = into.groupOf(i32.load(value, { offset: this.#layout.field('group').offset }));
      const values = this.#values(writer, value);
      const count = i64.load(value, { offset: this.#layout.field('number').offset });
      const number = this.order === 'value' ? count : into.arrivalOf(group);
      this.add(writer, place, group, values, { number, repeated: () => into.repeated?.(values) });
      into.added(group, values);
      f.set(node, writer.kernel('orderedNext', 'i32', node));
    });
  }

  /** What tells values apart. */
  #keyOf(values: readonly Value[]): readonly Value[] {
    return values.slice(0, this.#keyParts);
  }

  #map(writer: CodeWriter, { store }: Pick<GroupPlace, 'store'>): Local<'i32'> {
    return writer.f.local('i32', i32.load(store, { offset: this.#at * 4 }));
  }

  #byValue(writer: CodeWriter, { store }: Pick<GroupPlace, 'store'>): Local<'i32'> {
    return writer.f.local('i32', i32.load(store, { offset: (this.#at + 1) * 4 }));
  }

  #key(writer: CodeWriter, values: readonly Value[]): ByteRange {
    return writeSortKey(
      writer,
      values.map((value) => ({ value, order: ascending })),
    );
  }

  #insert(writer: CodeWriter, map: Local<'i32'>, key: readonly Value[]): Local<'i32'> {
    return writer.f.local('i32', writer.kernel('orderedInsert', 'i32', map, ...range(this.#key(writer, key))));
  }

  #hasPrefix(writer: CodeWriter, map: Local<'i32'>, node: Local<'i32'>, key: ByteRange): I32 {
    const { f } = writer;
    const has = f.local('i32', i32.const(0));
    const length = f.local('i32', i32.sub(key.end, key.start));
    f.if(i32.geU(writer.kernel('orderedKeyLength', 'i32', node), length), () =>
      f.set(has, writer.kernel('bytesEqual', 'i32', writer.kernel('orderedKey', 'i32', map, node), key.start, length)),
    );
    return has;
  }

  #store(writer: CodeWriter, place: GroupPlace, node: Local<'i32'>, index: number, value: Value): void {
    if (this.#types[index]?.nullable !== true || value.isNull === null) {
      this.#storeParts(writer, place, node, index, value);
      return;
    }
    const flag = this.#layout.field(`value${index}.null`);
    writer.f.do(i32.store8(node, value.isNull, { offset: flag.offset }));
    writer.f.if(i32.eqz(value.isNull), () => this.#storeParts(writer, place, node, index, value));
  }

  #storeParts(writer: CodeWriter, place: GroupPlace, node: Local<'i32'>, index: number, value: Value): void {
    const { physical, offset } = this.#layout.field(`value${index}`);
    if (physical !== 'bytes') {
      writer.f.do(...storeParts(physical, node, value.parts, offset));
      return;
    }
    const [address, length] = writer.bytes(value);
    const copy = writer.kernel('heapPut', 'i32', place.table, address, length);
    writer.f.do(...storeParts(physical, node, [copy, length], offset));
  }

  #values(writer: CodeWriter, node: Local<'i32'>): readonly Value[] {
    return this.#types.map((type, index) => {
      const { physical, offset } = this.#layout.field(`value${index}`);
      const isNull = type.nullable
        ? i32.load8U(node, { offset: this.#layout.field(`value${index}.null`).offset })
        : null;
      return writer.value(type, isNull, ...loadParts(physical, node, offset));
    });
  }

  /** Erases a node of the main map, with its texts. */
  #erase(writer: CodeWriter, place: GroupPlace, map: Local<'i32'>, node: Local<'i32'>): void {
    const { f } = writer;
    const texts = this.#layout.textOffsets();
    if (texts.length > 0) {
      const value = f.local('i32', writer.kernel('orderedValue', 'i32', node));
      for (const offset of texts)
        f.do(writer.kernel('textFree', 'void', place.table, i32.add(value, i32.const(offset))));
    }
    f.do(writer.kernel('orderedEraseNode', 'void', map, node));
  }
}

function range({ start, end }: ByteRange): readonly [I32, I32] {
  return [start, i32.sub(end, start)];
}
