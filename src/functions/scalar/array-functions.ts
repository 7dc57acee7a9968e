import { decodeNested, encodeNested, type NestedValue } from '../../memory/nested.ts';
import { ARRAY, type ArrayType, BOOLEAN, INT, type SqlType, STRING, withNullable } from '../../types/sql-type.ts';
import { i32 } from '../../wasm/code.ts';
import { castsImplicitly, commonArgumentType, isCharacter } from '../coercion.ts';
import { boolean, character, int, parameter } from '../parameters.ts';
import type { HostCall, HostValue, Parameter, ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { Value } from '../value.ts';
import { array, comparableTo } from './nested-access.ts';
import { writeFind } from './nested-item.ts';
import { compareValues, isOrdered, valueKey } from './nested-order.ts';

/** Functions of arrays that are decoded: O(elements) a row. */

const elementOf = (type: SqlType | undefined): SqlType => (type as ArrayType).element;

/** The elements of argument `at`. */
function elements(args: readonly HostValue[], { argTypes }: HostCall, at = 0): readonly NestedValue[] {
  return decodeNested(argTypes[at]!, args[at] as Uint8Array) as readonly NestedValue[];
}

/** A value that is put into the array: text is cut to the array's type. */
const member = parameter('element', 'ELEMENT', (type, { args }) => {
  const element = elementOf(args[0]);
  if (type.kind === 'NULL') return withNullable(element, true);
  const fits = isCharacter(type) === isCharacter(element) && castsImplicitly(type, element);
  return fits ? withNullable(element, type.nullable) : null;
});

/** A value that is looked for. */
const wanted = parameter('element', 'ELEMENT', (type, { args }) => comparableTo(type, elementOf(args[0])));

const sameArray: ScalarOverload['returns'] = ([type]) => withNullable(type!, false);

interface ArrayFunction {
  readonly name: string;
  readonly summary: string;
  readonly example: readonly [sql: string, result: string | null];
  readonly params: readonly Parameter[];
  readonly returns: ScalarOverload['returns'];
  readonly nulls?: 'custom';
  readonly evaluate: (args: readonly HostValue[], call: HostCall) => HostValue;
}

function arrayFunction({ name, summary, example, params, returns, nulls, evaluate }: ArrayFunction): ScalarFunction {
  return {
    name,
    category: 'collection',
    summary,
    examples: [{ sql: example[0], result: example[1] }],
    overloads: [{ params, returns, ...(nulls === undefined ? {} : { nulls }), code: { kind: 'host', evaluate } }],
  };
}

/** The array takes a NULL where the element may be one; then the call may be NULL too, as Flink declares it. */
const extended: ScalarOverload['returns'] = ([type, element]) =>
  ARRAY(
    withNullable(elementOf(type), elementOf(type).nullable || element!.nullable),
    type!.nullable || element!.nullable,
  );

export const arrayAppend = arrayFunction({
  name: 'ARRAY_APPEND',
  summary: 'The array with an element behind it.',
  example: ['ARRAY_APPEND(ARRAY[1, 2], 3)', '[1, 2, 3]'],
  params: [array('array'), member],
  returns: extended,
  nulls: 'custom',
  evaluate: (args, call) =>
    args[0] === null ? null : encodeNested(call.type, [...elements(args, call), args[1] as NestedValue]),
});

export const arrayPrepend = arrayFunction({
  name: 'ARRAY_PREPEND',
  summary: 'The array with an element before it.',
  example: ['ARRAY_PREPEND(ARRAY[1, 2], 0)', '[0, 1, 2]'],
  params: [array('array'), member],
  returns: extended,
  nulls: 'custom',
  evaluate: (args, call) =>
    args[0] === null ? null : encodeNested(call.type, [args[1] as NestedValue, ...elements(args, call)]),
});

/** An array of the common type of all. */
const commonArray = (variadic: boolean) =>
  parameter(
    'array',
    'ARRAY',
    (type, { args }) => {
      const common = commonArgumentType(args);
      return common?.kind === 'ARRAY' ? withNullable(common, type.nullable) : null;
    },
    { variadic },
  );

export const arrayConcat = arrayFunction({
  name: 'ARRAY_CONCAT',
  summary: 'The elements of all arrays in one.',
  example: ['ARRAY_CONCAT(ARRAY[1, 2], ARRAY[3])', '[1, 2, 3]'],
  params: [commonArray(true)],
  returns: (args) => withNullable(commonArgumentType(args)!, false),
  evaluate: (args, call) =>
    encodeNested(
      call.type,
      args.flatMap((_, at) => elements(args, call, at)),
    ),
});

/** The first of each value, once. */
function distinct(element: SqlType, values: readonly NestedValue[], keep: (key: string) => boolean): NestedValue[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = valueKey(element, value);
    if (seen.has(key) || !keep(key)) return false;
    seen.add(key);
    return true;
  });
}

function keysOf(element: SqlType, values: readonly NestedValue[]): ReadonlySet<string> {
  return new Set(values.map((value) => valueKey(element, value)));
}

export const arrayDistinct = arrayFunction({
  name: 'ARRAY_DISTINCT',
  summary: 'The array without what it holds a second time.',
  example: ['ARRAY_DISTINCT(ARRAY[3, 1, 3, 2, 1])', '[3, 1, 2]'],
  params: [array('array')],
  returns: sameArray,
  evaluate: (args, call) =>
    encodeNested(
      call.type,
      distinct(elementOf(call.type), elements(args, call), () => true),
    ),
});

export const arrayExcept = arrayFunction({
  name: 'ARRAY_EXCEPT',
  summary: 'The elements of the first array that the second does not hold, each once.',
  example: ['ARRAY_EXCEPT(ARRAY[1, 2, 3, 2], ARRAY[2])', '[1, 3]'],
  params: [commonArray(false), commonArray(false)],
  returns: (args) => withNullable(commonArgumentType(args)!, false),
  evaluate: (args, call) => {
    const element = elementOf(call.type);
    const others = keysOf(element, elements(args, call, 1));
    return encodeNested(
      call.type,
      distinct(element, elements(args, call), (key) => !others.has(key)),
    );
  },
});

export const arrayIntersect = arrayFunction({
  name: 'ARRAY_INTERSECT',
  summary: 'The elements of the first array that the second holds too, each once.',
  example: ['ARRAY_INTERSECT(ARRAY[1, 2, 3], ARRAY[3, 2, 9])', '[2, 3]'],
  params: [commonArray(false), commonArray(false)],
  returns: (args) => withNullable(commonArgumentType(args)!, false),
  evaluate: (args, call) => {
    const element = elementOf(call.type);
    const others = keysOf(element, elements(args, call, 1));
    return encodeNested(
      call.type,
      distinct(element, elements(args, call), (key) => others.has(key)),
    );
  },
});

export const arrayUnion = arrayFunction({
  name: 'ARRAY_UNION',
  summary: 'The elements of both arrays, each once.',
  example: ['ARRAY_UNION(ARRAY[3, 1, 3], ARRAY[2, 1])', '[3, 1, 2]'],
  params: [commonArray(false), commonArray(false)],
  returns: (args) => withNullable(commonArgumentType(args)!, false),
  evaluate: (args, call) =>
    encodeNested(
      call.type,
      distinct(elementOf(call.type), [...elements(args, call), ...elements(args, call, 1)], () => true),
    ),
});

/** NULL is found among NULLs; a NULL array gives NULL. */
export const arrayContains: ScalarFunction = {
  name: 'ARRAY_CONTAINS',
  category: 'collection',
  summary: 'Whether the array holds a value, also NULL.',
  examples: [{ sql: 'ARRAY_CONTAINS(ARRAY[1, 2, 3], 2)', result: 'TRUE' }],
  overloads: [
    {
      params: [array('array'), wanted],
      returns: ([type]) => BOOLEAN(type!.nullable),
      nulls: 'custom',
      code: {
        kind: 'wasm',
        write: (w, args, type) => {
          const [from, value] = args as readonly [Value, Value];
          const [address] = w.bytes(from);
          const result = w.variable(type);
          const answer = (place: ReturnType<typeof writeFind>) =>
            w.assign(result, w.value(BOOLEAN(false), null, i32.geS(place, i32.const(0))));
          w.f.if(i32.eqz(w.isNull(from)), () =>
            w.f.if(
              w.isNull(value),
              () => answer(w.kernel('arrayFindNull', 'i32', address)),
              () => answer(writeFind(w, address, elementOf(from.type), value)),
            ),
          );
          return result;
        },
      },
    },
  ],
};

export const arrayPosition: ScalarFunction = {
  name: 'ARRAY_POSITION',
  category: 'collection',
  summary: 'The first place of a value in the array, from 1; 0 where it is not.',
  examples: [{ sql: 'ARRAY_POSITION(ARRAY[10, 20, 10], 10)', result: '1' }],
  overloads: [
    {
      params: [array('array'), wanted],
      returns: () => INT(false),
      code: {
        kind: 'wasm',
        write: (w, [from, value], type) => {
          const place = writeFind(w, w.bytes(from!)[0], elementOf(from!.type), value!);
          return w.value(type, null, i32.add(place, i32.const(1)));
        },
      },
    },
  ],
};

export const arrayJoin = arrayFunction({
  name: 'ARRAY_JOIN',
  summary: 'The texts of the array with a separator between them; NULLs are left out, or replaced.',
  example: ["ARRAY_JOIN(ARRAY['a', CAST(NULL AS STRING), 'c'], ',', '?')", 'a,?,c'],
  params: [
    parameter('array', 'ARRAY<STRING>', (type) => type.kind === 'ARRAY' && isCharacter(type.element)),
    character('separator'),
    character('instead', { optional: true }),
  ],
  returns: () => STRING(false),
  evaluate: (args, call) => {
    const [, separator, instead] = args;
    return elements(args, call)
      .flatMap((text) => text ?? (instead === undefined ? [] : instead))
      .join(String(separator));
  },
});

const orderedArray = parameter(
  'array',
  'ARRAY of ordered values',
  (type) => type.kind === 'ARRAY' && isOrdered(type.element),
);

function extreme(name: string, word: string, sign: 1 | -1, result: string): ScalarFunction {
  return arrayFunction({
    name,
    summary: `The ${word} element that is not NULL.`,
    example: [`${name}(ARRAY[1, 3, 2])`, result],
    params: [orderedArray],
    returns: ([type]) => withNullable(elementOf(type), true),
    evaluate: (args, call) => {
      let best: NestedValue = null;
      for (const value of elements(args, call)) {
        if (value !== null && (best === null || isBeyond(value, best, sign))) best = value;
      }
      return best as HostValue;
    },
  });
}

/** Numbers as Java's operators have them: NaN is beyond none, and none beyond it. */
function isBeyond(value: NestedValue, best: NestedValue, sign: 1 | -1): boolean {
  if (typeof value === 'number' && typeof best === 'number') return sign > 0 ? value > best : value < best;
  return sign * compareValues(value, best) > 0;
}

export const arrayMax = extreme('ARRAY_MAX', 'greatest', 1, '3');
export const arrayMin = extreme('ARRAY_MIN', 'least', -1, '1');

export const arrayRemove = arrayFunction({
  name: 'ARRAY_REMOVE',
  summary: 'The array without a value, also NULL.',
  example: ['ARRAY_REMOVE(ARRAY[1, 2, 1, 3], 1)', '[2, 3]'],
  params: [array('array'), wanted],
  returns: ([type]) => type!,
  nulls: 'custom',
  evaluate: (args, call) => {
    if (args[0] === null) return null;
    const element = elementOf(call.type);
    const key = valueKey(element, args[1] as NestedValue);
    return encodeNested(
      call.type,
      elements(args, call).filter((value) => valueKey(element, value) !== key),
    );
  },
});

export const arrayReverse = arrayFunction({
  name: 'ARRAY_REVERSE',
  summary: 'The elements from last to first.',
  example: ['ARRAY_REVERSE(ARRAY[1, 2, 3])', '[3, 2, 1]'],
  params: [array('array')],
  returns: sameArray,
  evaluate: (args, call) => encodeNested(call.type, elements(args, call).toReversed()),
});

export const arraySlice = arrayFunction({
  name: 'ARRAY_SLICE',
  summary: 'The elements from one place to another, from 1, both included; negative places count from the end.',
  example: ['ARRAY_SLICE(ARRAY[1, 2, 3, 4, 5], 2, 4)', '[2, 3, 4]'],
  params: [array('array'), int('from'), int('to', { optional: true })],
  returns: sameArray,
  evaluate: (args, call) => {
    const values = elements(args, call);
    // The place 0, be it counted from the end, is the first.
    const place = (at: number) => (at < 0 ? values.length + at + 1 : at) || 1;
    const from = Math.max(1, place(Number(args[1])));
    const to = args[2] === undefined ? values.length : Math.min(values.length, place(Number(args[2])));
    return encodeNested(call.type, values.slice(from - 1, Math.max(from - 1, to)));
  },
});

export const arraySort = arrayFunction({
  name: 'ARRAY_SORT',
  summary: 'The elements in ascending order with NULLs first, or descending with NULLs last, or as told.',
  example: ['ARRAY_SORT(ARRAY[3, 1, 2])', '[1, 2, 3]'],
  params: [orderedArray, boolean('ascending', { optional: true }), boolean('nullsFirst', { optional: true })],
  returns: sameArray,
  evaluate: (args, call) => {
    const isAscending = args[1] !== false;
    const isNullFirst = args[2] === undefined ? isAscending : args[2] === true;
    const values = elements(args, call);
    const nulls = values.filter((value) => value === null);
    const sign = isAscending ? 1 : -1;
    const sorted = values.filter((value) => value !== null).sort((a, b) => sign * compareValues(a, b));
    return encodeNested(call.type, isNullFirst ? [...nulls, ...sorted] : [...sorted, ...nulls]);
  },
});

export const arrayFunctions: readonly ScalarFunction[] = [
  arrayAppend,
  arrayPrepend,
  arrayConcat,
  arrayContains,
  arrayDistinct,
  arrayExcept,
  arrayIntersect,
  arrayUnion,
  arrayJoin,
  arrayMax,
  arrayMin,
  arrayPosition,
  arrayRemove,
  arrayReverse,
  arraySlice,
  arraySort,
];
