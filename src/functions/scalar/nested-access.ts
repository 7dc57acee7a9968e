import { rowLayout } from '../../memory/nested.ts';
import {
  type ArrayType,
  BIGINT,
  DOUBLE,
  INT,
  type MapType,
  type MultisetType,
  type RowType,
  type SqlType,
  withNullable,
} from '../../types/sql-type.ts';
import { type F64, f32, f64, type I32, i32, i64 } from '../../wasm/code.ts';
import {
  castsImplicitly,
  isApproximate,
  isBinary,
  isCharacter,
  isDatetime,
  isInteger,
  isNumeric,
} from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { assignElement, assignField, writeFind } from './nested-item.ts';

/** Elements, values of keys, and counts. */

export const array = (name: string) => parameter(name, 'ARRAY', (type) => type.kind === 'ARRAY');
export const map = (name: string) => parameter(name, 'MAP', (type) => type.kind === 'MAP');

/**
 * A value as an element of a collection is compared with it: numbers become the element's type where that loses nothing;
 * text stays as it is, so that nothing is cut.
 */
export function comparableTo(type: SqlType, element: SqlType): SqlType | null {
  if (type.kind === 'NULL') return withNullable(element, true);
  const isSameFamily = type.kind === element.kind || families.some((isOf) => isOf(type) && isOf(element));
  if (!isSameFamily || !castsImplicitly(type, element)) return null;
  return isCharacter(type) || isBinary(type) ? type : withNullable(element, type.nullable);
}

const families = [isCharacter, isBinary, isNumeric, isDatetime];

const index = parameter('index', 'INT from 1', (type, { literals }) => {
  const literal = literals[1];
  return type.kind === 'INT' && (typeof literal !== 'number' || literal >= 1);
});

/** A number is sought as it is: one that is too large for the keys, or has a fraction, is none of them. */
const key = parameter('key', 'KEY', (type, { args }) => {
  const wanted = (args[0] as MapType).key;
  if (isCharacter(type) && isCharacter(wanted)) return type;
  if (isInteger(type) && isInteger(wanted)) return type;
  if (isApproximate(type) && (isInteger(wanted) || isApproximate(wanted))) return DOUBLE(type.nullable);
  return isDatetime(type) && type.kind !== wanted.kind ? null : comparableTo(type, wanted);
});

const bits: Readonly<Record<string, bigint>> = { TINYINT: 8n, SMALLINT: 16n, INT: 32n, BIGINT: 64n };

/** Whether a whole number is one of a type. */
function fits(w: ExpressionWriter, value: Value, type: SqlType): I32 {
  const unused = i64.const(64n - (bits[type.kind] ?? 64n));
  const number = w.f.local('i64', value.physical === 'i64' ? w.i64(value) : i64.extendI32S(w.i32(value)));
  return i64.eq(i64.shrS(i64.shl(number, unused), unused), number);
}

/** The key that a DOUBLE may be: a whole number, or a FLOAT. */
function keyOfDouble(w: ExpressionWriter, value: Value, type: SqlType): Value {
  if (type.kind === 'DOUBLE') return value;
  if (type.kind === 'FLOAT') return w.value(withNullable(type, false), null, f32.demoteF64(w.f64(value)));
  return w.value(BIGINT(false), null, i64.truncSatF64S(w.f64(value)));
}

function asDouble(w: ExpressionWriter, value: Value): F64 {
  return value.physical === 'f32' ? f64.promoteF32(w.f32(value)) : f64.convertI64S(w.i64(value));
}

export const item: ScalarFunction = {
  name: 'ITEM',
  category: 'collection',
  summary:
    'What `a[i]` calls: the element of an array at a place from 1, the value of a map for a key, the field of a row; NULL where there is none.',
  examples: [
    { sql: 'ARRAY[10, 20, 30][3]', result: '30' },
    { sql: "MAP['a', 1, 'b', 2]['b']", result: '2' },
    { sql: "SPLIT('a,b', ',')[3]", result: null },
  ],
  overloads: [
    {
      params: [array('array'), index],
      returns: ([type]) => withNullable((type as ArrayType).element, true),
      code: {
        kind: 'wasm',
        write: (w, [from, at], type) => {
          const [address] = w.bytes(from!);
          const result = w.variable(withNullable(type, true));
          const place = w.f.local('i32', i32.sub(w.i32(at!), i32.const(1)));
          // As unsigned numbers, places before the first are beyond the last.
          w.f.if(i32.ltU(place, w.kernel('arrayCount', 'i32', address)), () =>
            assignElement(w, result, address, place),
          );
          return result;
        },
      },
    },
    {
      params: [map('map'), key],
      returns: ([type]) => withNullable((type as MapType).value, true),
      code: {
        kind: 'wasm',
        write: (w, [from, wanted], type) => {
          const [address] = w.bytes(from!);
          const result = w.variable(withNullable(type, true));
          const keys = w.f.local('i32', w.kernel('mapKeys', 'i32', address));
          const keyType = (from!.type as MapType).key;
          const sought = wanted!.physical === 'f64' ? keyOfDouble(w, wanted!, keyType) : wanted!;
          const place = w.f.local('i32', writeFind(w, keys, keyType, sought));
          if (sought !== wanted) {
            const isSame = f64.eq(asDouble(w, sought), w.f64(wanted!));
            w.f.if(i32.eqz(isSame), () => w.f.set(place, i32.const(-1)));
          }
          if (isInteger(keyType)) w.f.if(i32.eqz(fits(w, sought, keyType)), () => w.f.set(place, i32.const(-1)));
          w.f.if(i32.geS(place, i32.const(0)), () => {
            const values = w.f.local('i32', w.kernel('mapValues', 'i32', address));
            assignElement(w, result, values, place);
          });
          return result;
        },
      },
    },
    {
      params: [
        parameter('row', 'ROW', (type) => type.kind === 'ROW'),
        parameter(
          'index',
          'INT literal',
          (type, { literals, args }) => {
            const at = literals[1];
            return type.kind === 'INT' && typeof at === 'number' && at >= 1 && at <= (args[0] as RowType).fields.length;
          },
          { literal: true },
        ),
      ],
      returns: ([row], literals) => {
        const field = (row as RowType).fields[Number(literals?.[1] ?? 1) - 1]!;
        return withNullable(field.type, field.type.nullable || row!.nullable);
      },
      code: {
        kind: 'wasm',
        write: (w, [row, at], type) => {
          const [address] = w.bytes(row!);
          const place = Number(at!.constant) - 1;
          const result = w.variable(type);
          assignField(w, result, address, { index: place, slotAt: rowLayout(row!.type as RowType).slots[place]! });
          return result;
        },
      },
    },
  ],
};

export const cardinality: ScalarFunction = {
  name: 'CARDINALITY',
  category: 'collection',
  summary: 'The number of elements of an array, or of entries of a map.',
  examples: [{ sql: 'CARDINALITY(ARRAY[1, 2, 3])', result: '3' }],
  overloads: [
    {
      params: [array('array')],
      returns: () => INT(false),
      code: {
        kind: 'wasm',
        write: (w, [from], type) => w.value(type, null, w.kernel('arrayCount', 'i32', w.bytes(from!)[0])),
      },
    },
    {
      params: [map('map')],
      returns: () => INT(false),
      code: {
        kind: 'wasm',
        write: (w, [from], type) => w.value(type, null, w.kernel('mapCount', 'i32', w.bytes(from!)[0])),
      },
    },
  ],
};

export const element: ScalarFunction = {
  name: 'ELEMENT',
  category: 'collection',
  summary: 'The only element of an array; NULL for the empty array. More than one is an error.',
  examples: [{ sql: 'ELEMENT(ARRAY[42])', result: '42' }],
  overloads: [
    {
      params: [array('array')],
      returns: ([type]) => (type as ArrayType | MultisetType).element,
      code: {
        kind: 'wasm',
        write: (w, [from], type) => {
          const [address] = w.bytes(from!);
          const count = w.f.local('i32', w.kernel('arrayCount', 'i32', address));
          w.f.if(i32.gtU(count, i32.const(1)), () => w.fail('the array has more than one element'));
          if (!type.nullable) w.f.if(i32.eqz(count), () => w.fail('an element that is declared NOT NULL is not there'));
          const result = w.variable(type);
          w.f.if(count, () => assignElement(w, result, address, i32.const(0)));
          return result;
        },
      },
    },
  ],
};

export const nestedAccessFunctions: readonly ScalarFunction[] = [item, cardinality, element];
