import { rowLayout, rowSlotBytes } from '../memory/nested.ts';
import { physicalOf, physicalWidth } from '../types/physical.ts';
import type { ArrayType, RowType, SqlType } from '../types/sql-type.ts';
import { f32, type I32, i32, i64, type Local } from '../wasm/code.ts';
import type { ExpressionWriter, Value } from './value.ts';
import { asWords } from './value-words.ts';

/** Makes encoded ARRAY, MAP and ROW values (see `memory/nested.ts`) of computed parts. */

/** An element that waits for the others (see kernels/nested.ts): u32 is it NULL, then 16 bytes. */
const entry = { isNull: 0, value: 8, bytes: 24 } as const;

/** Copies go up to 16 bytes beyond their end. */
const slack = i32.const(16);

/** An ARRAY of so many elements; `element` computes that at an index. Memory that lives as long as the batch. */
export function buildArray(
  w: ExpressionWriter,
  type: ArrayType,
  count: Local<'i32'>,
  element: (index: Local<'i32'>) => Value,
): Value {
  const { f } = w;
  const physical = physicalOf(type.element);
  const entries = w.scratch(i32.mul(count, i32.const(entry.bytes)));
  const at = f.local('i32', entries);
  const varBytes = f.local('i32', i32.const(0));
  const index = f.local('i32', i32.const(0));
  f.while(i32.ltU(index, count), () => {
    storeEntry(w, at, element(index), varBytes);
    f.set(at, i32.add(at, i32.const(entry.bytes)));
    f.set(index, i32.add(index, i32.const(1)));
  });
  const width = physicalWidth[physical];
  const fixed = w.kernel('arrayFixedBytes', 'i32', count, i32.const(width));
  const bytes = f.local('i32', i32.add(fixed, varBytes));
  const to = w.scratch(i32.add(bytes, slack));
  f.do(w.kernel('arrayBuild', 'void', to, entries, count, i32.const(physical === 'bytes' ? 0 : width)));
  return w.value({ ...type, nullable: false }, null, to, bytes);
}

function storeEntry(w: ExpressionWriter, at: Local<'i32'>, value: Value, varBytes: Local<'i32'>): void {
  const { f } = w;
  const offset = entry.value;
  f.do(i32.store(at, w.isNull(value), { offset: entry.isNull }));
  const store = (): void => {
    if (value.physical !== 'bytes') {
      const [low, high] = asWords(value);
      f.do(i64.store(at, low, { offset }), i64.store(at, high, { offset: offset + 8 }));
      return;
    }
    const [address, length] = w.bytes(value);
    f.do(i32.store(at, address, { offset }), i32.store(at, length, { offset: offset + 4 }));
    f.set(varBytes, i32.add(varBytes, length));
  };
  if (value.isNull === null) store();
  else f.if(i32.eqz(value.isNull), store);
}

/** A MAP of its keys and values, or a MULTISET of its elements and counts: two ARRAYs of the same length. */
export function buildMap(w: ExpressionWriter, type: SqlType, keys: Value, values: Value): Value {
  const { f } = w;
  const [keysAt, keyBytes] = w.bytes(keys);
  const [valuesAt, valueBytes] = w.bytes(values);
  const bytes = f.local('i32', i32.add(i32.add(keyBytes, valueBytes), i32.const(4)));
  const to = w.scratch(i32.add(bytes, slack));
  const keysTo = f.local('i32', i32.add(to, i32.const(4)));
  f.do(
    i32.store(to, keyBytes),
    w.kernel('copyBytes', 'void', keysTo, keysAt, keyBytes),
    w.kernel('copyBytes', 'void', i32.add(keysTo, keyBytes), valuesAt, valueBytes),
  );
  return w.value({ ...type, nullable: false } as SqlType, null, to, bytes);
}

/** A ROW of its fields. */
export function buildRow(w: ExpressionWriter, type: RowType, fields: readonly Value[]): Value {
  const { f } = w;
  const layout = rowLayout(type);
  const bytes = f.local('i32', i32.const(layout.fixedBytes));
  for (const field of fields) {
    if (field.physical !== 'bytes') continue;
    const length = w.bytes(field)[1];
    const add = (): void => f.set(bytes, i32.add(bytes, length));
    if (field.isNull === null) add();
    else f.if(i32.eqz(field.isNull), add);
  }
  const to = w.scratch(i32.add(bytes, slack));
  f.do(w.kernel('rowStart', 'void', to, i32.const(layout.fixedBytes)));
  const end = f.local('i32', i32.const(layout.fixedBytes));
  for (const [index, field] of fields.entries()) {
    const slot = layout.slots[index] ?? 0;
    const store = (): void => storeField(w, { to, slot, end }, field);
    if (field.isNull === null) store();
    else f.if(field.isNull, () => f.do(w.kernel('rowSetNull', 'void', to, i32.const(index))), store);
  }
  return w.value({ ...type, nullable: false }, null, to, bytes);
}

interface RowPlace {
  readonly to: Local<'i32'>;
  readonly slot: number;
  readonly end: Local<'i32'>;
}

function storeField(w: ExpressionWriter, { to, slot: offset, end }: RowPlace, field: Value): void {
  const { f } = w;
  if (field.physical === 'bytes') {
    const slot: I32 = i32.add(to, i32.const(offset));
    f.set(end, w.kernel('nestedPut', 'i32', to, slot, end, ...w.bytes(field)));
  } else if (field.physical === 'f32') {
    f.do(f32.store(to, w.f32(field), { offset }));
  } else {
    const [low, high] = asWords(field);
    f.do(i64.store(to, low, { offset }));
    if (rowSlotBytes(field.physical) === 16) f.do(i64.store(to, high, { offset: offset + 8 }));
  }
}
