import { decodeNested, rowLayout } from '../../memory/nested.ts';
import {
  ARRAY,
  INT,
  type MapType,
  type MultisetType,
  type RowType,
  type SqlType,
  sameType,
  withNullable,
} from '../../types/sql-type.ts';
import { textForm } from '../../types/text-form.ts';
import { i32, type Local } from '../../wasm/code.ts';
import { javaHash } from '../java-hash.ts';
import { buildArray, buildMap, buildRow } from '../nested-builder.ts';
import { assignElement, assignField, writeFind } from '../scalar/nested-item.ts';
import type { ExpressionWriter, Value } from '../value.ts';

/** Casts a value that is not NULL. */
export type CastValue = (value: Value, type: SqlType) => Value;

/** ROW, ARRAY, MAP and MULTISET to nested types of the same shape: part by part. */
export function nestedCast(w: ExpressionWriter, value: Value, type: SqlType, cast: CastValue): Value {
  const from = value.type;
  const [address] = w.bytes(value);
  if (from.kind === 'ARRAY' && type.kind === 'ARRAY') return castArray(w, address, from.element, type.element, cast);
  if (from.kind === 'ROW' && type.kind === 'ROW') return castRow(w, address, from, type, cast);
  if (from.kind === type.kind && (type.kind === 'MAP' || type.kind === 'MULTISET')) {
    const [fromKey, fromValue] = partsOf(from as MapType | MultisetType);
    const [toKey, toValue] = partsOf(type);
    const keys = w.f.local('i32', w.kernel('mapKeys', 'i32', address));
    const values = w.f.local('i32', w.kernel('mapValues', 'i32', address));
    const castKeys = castArray(w, keys, fromKey, toKey, cast);
    const castValues = castArray(w, values, fromValue, toValue, cast);
    return inHashOrder(w, type, castKeys, castValues, { mayMeet: !sameType(fromKey, toKey) });
  }
  throw new Error(`no cast from ${from.kind} to ${type.kind}`);
}

/**
 * The map of cast keys and values as Flink makes it: in the order of a HashMap, and of keys that have become equal the
 * place of the first and the value of the last.
 */
function inHashOrder(
  w: ExpressionWriter,
  type: MapType | MultisetType,
  keys: Value,
  values: Value,
  { mayMeet }: { readonly mayMeet: boolean },
): Value {
  const { f } = w;
  const [keyType, valueType] = partsOf(type);
  const [keysAt] = w.bytes(keys);
  const [valuesAt] = w.bytes(values);
  const count = f.local('i32', w.kernel('arrayCount', 'i32', keysAt));
  const entries = w.scratch(i32.shl(count, i32.const(3)));
  const index = f.local('i32', i32.const(0));
  f.while(i32.ltU(index, count), () => {
    const key = w.variable(withNullable(keyType, true));
    assignElement(w, key, keysAt, index);
    const entry = f.local('i32', i32.add(entries, i32.shl(index, i32.const(3))));
    const next = i32.add(index, i32.const(1));
    f.do(i32.store(entry, i32.const(0)), i32.store(entry, next, { offset: 4 }));
    f.if(i32.eqz(w.isNull(key)), () => {
      f.do(i32.store(entry, javaHash(w, { ...key, isNull: null })));
      if (!mayMeet) return;
      const first = f.local('i32', writeFind(w, keysAt, keyType, key));
      f.if(i32.ltS(first, index), () => {
        const earlier = i32.add(entries, i32.shl(first, i32.const(3)));
        f.do(i32.store(earlier, next, { offset: 4 }), i32.store(entry, i32.const(0), { offset: 4 }));
      });
    });
    f.set(index, next);
  });
  const order = w.scratch(i32.shl(count, i32.const(3)));
  const left = f.local('i32', w.kernel('mapHashOrder', 'i32', order, entries, count));
  const ordered = (from: Local<'i32'>, element: SqlType, offset: number): Value =>
    buildArray(w, ARRAY(element, false), left, (at) => {
      const value = w.variable(withNullable(element, true));
      const place = i32.load(i32.add(order, i32.shl(at, i32.const(3))), { offset });
      assignElement(w, value, from, f.local('i32', place));
      return value;
    });
  const orderedKeys = ordered(keysAt, keyType, 0);
  return buildMap(w, type, orderedKeys, ordered(valuesAt, valueType, 4));
}

/** Key and value of a MAP, element and count of a MULTISET. */
function partsOf(type: MapType | MultisetType): readonly [SqlType, SqlType] {
  return type.kind === 'MAP' ? [type.key, type.value] : [type.element, INT(false)];
}

function castArray(w: ExpressionWriter, array: Local<'i32'>, from: SqlType, to: SqlType, cast: CastValue): Value {
  const count = w.f.local('i32', w.kernel('arrayCount', 'i32', array));
  return buildArray(w, ARRAY(to, false), count, (index) => {
    const element = w.variable(withNullable(from, true));
    assignElement(w, element, array, index);
    return castPart(w, element, to, cast);
  });
}

function castRow(w: ExpressionWriter, row: Local<'i32'>, from: RowType, to: RowType, cast: CastValue): Value {
  const { slots } = rowLayout(from);
  const fields = from.fields.map((field, index) => {
    const part = w.variable(withNullable(field.type, true));
    assignField(w, part, row, { index, slotAt: slots[index] ?? 0 });
    return castPart(w, part, to.fields[index]?.type ?? field.type, cast);
  });
  return buildRow(w, to, fields);
}

/** A part that may be NULL whatever its type says. */
function castPart(w: ExpressionWriter, part: Value, type: SqlType, cast: CastValue): Value {
  const result = w.variable(withNullable(type, true));
  w.f.if(i32.eqz(w.isNull(part)), () => {
    const present: Value = { ...part, type: withNullable(part.type, false), isNull: null };
    w.assign(result, cast(present, withNullable(type, false)));
  });
  return result;
}

/** ROW, ARRAY, MAP, MULTISET and VARIANT as text. */
export function nestedToText(w: ExpressionWriter, value: Value, type: SqlType, timeZone: string): Value {
  const from = value.type;
  return w.host(
    ([encoded]) => {
      if (!(encoded instanceof Uint8Array)) throw new Error('a nested value comes as its bytes');
      const decoded = from.kind === 'VARIANT' ? Buffer.from(encoded).toString('utf8') : decodeNested(from, encoded);
      return textForm(decoded, from, timeZone, { bytes: 'text', legacy: w.session.legacyCasts === true });
    },
    [value],
    type,
  );
}
