import { encodeNested } from '../../memory/nested.ts';
import { ARRAY, MAP, ROW, type SqlType, withNullable } from '../../types/sql-type.ts';
import { commonType } from '../coercion.ts';
import { any, parameter } from '../parameters.ts';
import type { ParameterContext, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, HostValue, Value } from '../value.ts';

/** `ARRAY[...]`, `MAP[...]` and `ROW(...)`. */

function commonOrNull(types: readonly SqlType[], type: SqlType): SqlType | null {
  const common = commonType(types);
  return common === null || common.kind === 'NULL' ? null : withNullable(common, type.nullable);
}

/** Nullable when an element is. */
function elementType(types: readonly SqlType[]): SqlType {
  return commonType(types)!;
}

export const arrayConstructor: ScalarFunction = {
  name: 'ARRAY',
  category: 'value',
  summary: 'An array of values of a common type.',
  examples: [{ sql: 'ARRAY[1, 2.5]', result: '[1.0, 2.5]' }],
  overloads: [
    {
      params: [parameter('element', 'COMMON', (type, { args }) => commonOrNull(args, type), { variadic: true })],
      returns: (args) => ARRAY(elementType(args), false),
      nulls: 'custom',
      code: { kind: 'host', evaluate: (elements, { type }) => encodeNested(type, elements) },
    },
  ],
};

const isKey = (_: unknown, at: number) => at % 2 === 0;
const isValue = (_: unknown, at: number) => at % 2 === 1;

/** Keys and values in turn. A value that is a bare NULL beside no other has the type of the keys, as in Flink. */
function entryType(type: SqlType, { args, index }: ParameterContext): SqlType | null {
  if (args.length % 2 !== 0) return null;
  const keys = commonType(args.filter(isKey));
  const values = commonType(args.filter(isValue));
  if (keys === null || keys.kind === 'NULL' || values === null) return null;
  const common = index % 2 === 0 ? keys : values.kind === 'NULL' ? keys : values;
  return withNullable(common, type.nullable);
}

/** A key that is written again takes the place of the earlier one; another expression of the same value does not. */
function writeMap(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const entries: { key: Value; value: Value }[] = [];
  for (let at = 0; at < args.length; at += 2) {
    const key = args[at]!;
    const value = args[at + 1]!;
    const same = entries.find((entry) => isSameKey(entry.key, key));
    if (same === undefined) entries.push({ key, value });
    else same.value = value;
  }
  return w.host(
    (parts) => encodeNested(type, pairs(parts)),
    entries.flatMap(({ key, value }) => [key, value]),
    type,
  );
}

function isSameKey(a: Value, b: Value): boolean {
  if (b.constant !== undefined) return a.constant === b.constant;
  return a.parts.every((part, at) => part === b.parts[at]);
}

function pairs(parts: readonly HostValue[]): readonly (readonly [HostValue, HostValue])[] {
  return parts.filter(isKey).map((key, at) => [key, parts[at * 2 + 1] ?? null]);
}

export const mapConstructor: ScalarFunction = {
  name: 'MAP',
  category: 'value',
  summary: 'A map of keys and values, each of a common type.',
  examples: [{ sql: "MAP['a', 1, 'b', 2]['b']", result: '2' }],
  overloads: [
    {
      params: [parameter('key', 'KEY', entryType), parameter('value', 'VALUE', entryType, { variadic: true })],
      returns: (args) => MAP(elementType(args.filter(isKey)), elementType(args.filter(isValue)), false),
      nulls: 'custom',
      code: { kind: 'wasm', write: writeMap },
    },
  ],
};

export const rowConstructor: ScalarFunction = {
  name: 'ROW',
  category: 'value',
  summary: 'A row of values; its fields are called EXPR$0, EXPR$1 and so on.',
  examples: [{ sql: "ROW(1, 'a')", result: '(1, a)' }],
  overloads: [
    {
      params: [any('field', { variadic: true })],
      returns: (args) =>
        ROW(
          args.map((type, at) => ({ name: `EXPR$${at}`, type })),
          false,
        ),
      nulls: 'custom',
      code: { kind: 'host', evaluate: (fields, { type }) => encodeNested(type, fields) },
    },
  ],
};

export const nestedConstructorFunctions: readonly ScalarFunction[] = [arrayConstructor, mapConstructor, rowConstructor];
