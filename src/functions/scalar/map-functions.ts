import { decodeNested, encodeNested, type NestedValue } from '../../memory/nested.ts';
import { ARRAY, type ArrayType, MAP, type MapType, ROW, type SqlType, withNullable } from '../../types/sql-type.ts';
import { i32 } from '../../wasm/code.ts';
import { commonArgumentType } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { HostCall, HostValue, ScalarFunction } from '../scalar-function.ts';
import { array, map } from './nested-access.ts';
import { valueKey } from './nested-order.ts';

/** Functions of maps; their entries keep the order in which they were put, unless it is said. */

type Entry = readonly [key: NestedValue, value: NestedValue];

function entries(args: readonly HostValue[], { argTypes }: HostCall, at = 0): readonly Entry[] {
  return decodeNested(argTypes[at]!, args[at] as Uint8Array) as unknown as readonly Entry[];
}

export const mapKeys: ScalarFunction = {
  name: 'MAP_KEYS',
  category: 'collection',
  summary: 'The keys of the map.',
  examples: [{ sql: "MAP_KEYS(MAP['a', 1])", result: '[a]' }],
  overloads: [
    {
      params: [map('map')],
      returns: ([type]) => ARRAY((type as MapType).key, false),
      code: {
        kind: 'wasm',
        // The keys stand in the map as an array: a view is enough.
        write: (w, [from], type) => {
          const [address] = w.bytes(from!);
          return w.value(type, null, w.kernel('mapKeys', 'i32', address), w.kernel('mapKeysLength', 'i32', address));
        },
      },
    },
  ],
};

export const mapValues: ScalarFunction = {
  name: 'MAP_VALUES',
  category: 'collection',
  summary: 'The values of the map, in the order of its keys.',
  examples: [{ sql: "MAP_VALUES(MAP['a', 1])", result: '[1]' }],
  overloads: [
    {
      params: [map('map')],
      returns: ([type]) => ARRAY((type as MapType).value, false),
      code: {
        kind: 'wasm',
        write: (w, [from], type) => {
          const [address, length] = w.bytes(from!);
          const values = w.f.local('i32', w.kernel('mapValues', 'i32', address));
          return w.value(type, null, values, i32.sub(length, i32.sub(values, address)));
        },
      },
    },
  ],
};

/** The rows of MAP_ENTRIES. */
const entryType = ({ key, value }: MapType): SqlType =>
  ROW([
    { name: 'key', type: key },
    { name: 'value', type: value },
  ]);

export const mapEntries: ScalarFunction = {
  name: 'MAP_ENTRIES',
  category: 'collection',
  summary: 'The entries of the map, as rows of key and value.',
  examples: [{ sql: "MAP_ENTRIES(MAP['a', 1])", result: '[(a, 1)]' }],
  overloads: [
    {
      params: [map('map')],
      returns: ([type]) => ARRAY(entryType(type as MapType), false),
      code: { kind: 'host', evaluate: (args, call) => encodeNested(call.type, entries(args, call)) },
    },
  ],
};

export const mapFromArrays: ScalarFunction = {
  name: 'MAP_FROM_ARRAYS',
  category: 'collection',
  summary: 'The map of an array of keys and an array of as many values.',
  examples: [{ sql: "MAP_FROM_ARRAYS(ARRAY['a'], ARRAY[1])", result: '{a=1}' }],
  overloads: [
    {
      params: [array('keys'), array('values')],
      returns: ([keys, values]) => MAP((keys as ArrayType).element, (values as ArrayType).element, false),
      code: {
        kind: 'host',
        evaluate: ([keys, values], { argTypes, type }) => {
          const ks = decodeNested(argTypes[0]!, keys as Uint8Array) as readonly NestedValue[];
          const vs = decodeNested(argTypes[1]!, values as Uint8Array) as readonly NestedValue[];
          if (ks.length !== vs.length) throw new Error(`there are ${ks.length} keys and ${vs.length} values`);
          return encodeNested(
            type,
            ks.map((key, at) => [key, vs[at] ?? null]),
          );
        },
      },
    },
  ],
};

const commonMap = parameter(
  'map',
  'MAP',
  (type, { args }) => {
    const common = commonArgumentType(args);
    return common?.kind === 'MAP' ? withNullable(common, type.nullable) : null;
  },
  { variadic: true },
);

export const mapUnion: ScalarFunction = {
  name: 'MAP_UNION',
  category: 'collection',
  summary: 'The entries of all maps; for a key of several, the last one’s value.',
  examples: [{ sql: "MAP_UNION(MAP['a', 1], MAP['a', 2])", result: '{a=2}' }],
  overloads: [
    {
      params: [commonMap],
      returns: (args) => withNullable(commonArgumentType(args)!, false),
      code: {
        kind: 'host',
        evaluate: (args, call) => {
          const { key: keyType } = call.type as MapType;
          const merged = new Map<string, Entry>();
          // The last map's entries come first, as in Flink.
          for (const at of [...args.keys()].toReversed()) {
            for (const entry of entries(args, call, at)) {
              const key = valueKey(keyType, entry[0]);
              if (!merged.has(key)) merged.set(key, entry);
            }
          }
          return encodeNested(call.type, [...merged.values()]);
        },
      },
    },
  ],
};

export const mapFunctions: readonly ScalarFunction[] = [mapKeys, mapValues, mapEntries, mapFromArrays, mapUnion];
