import { type SqlType, STRING } from '../../types/sql-type.ts';
import { isCharacter } from '../coercion.ts';
import { character, parameter } from '../parameters.ts';
import type { HostValue, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { jsonOf } from './json-of-value.ts';
import { type Json, parseJson, writeJson } from './json-text.ts';

/**
 * JSON made of SQL values. The clause about NULL arrives as the first argument, a literal (`NULL ON NULL`, `ABSENT ON
 * NULL`, `''` where it is not written):
 *
 * - `JSON_OBJECT` (on null, key, value, key, value, ...): without the clause a NULL becomes null
 * - `JSON_ARRAY` (on null, item, ...): without the clause a NULL is left out
 *
 * What JSON_OBJECT, JSON_ARRAY and JSON gave goes into another as JSON; other text is quoted. Folding them to literals
 * would lose that, so they are not folded.
 */
const onNull = character('onNull', { literal: true });
const anyValue = parameter('value', 'ANY', isJsonValue, { optional: true, variadic: true });
/** Keys, which are text, and values in turn. */
const members = parameter(
  'member',
  'ANY',
  (type, { index }) => (index % 2 === 0 ? isJsonValue(type) : isCharacter(type)),
  { optional: true, variadic: true },
);

/** Types that have a JSON form in Flink: no DATE, TIME or interval at any depth, and maps with keys of text alone. */
function isJsonValue(type: SqlType): boolean {
  switch (type.kind) {
    case 'DATE':
    case 'TIME':
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return false;
    case 'ARRAY':
    case 'MULTISET':
      return isJsonValue(type.element);
    case 'MAP':
      return isCharacter(type.key) && isJsonValue(type.value);
    case 'ROW':
      return type.fields.every((field) => isJsonValue(field.type));
    default:
      return true;
  }
}

/** What JSON_STRING takes: a variant only within others. */
function isWritable(type: SqlType): boolean {
  return type.kind !== 'NULL' && type.kind !== 'VARIANT' && isJsonValue(type);
}

/** Which arguments are JSON already. */
function jsonFlags(args: readonly Value[]): readonly boolean[] {
  return args.map((arg) => arg.isJson === true);
}

function asJson(type: SqlType | undefined, value: HostValue | undefined, isJson: boolean | undefined): Json {
  if (value === null || value === undefined || type === undefined) return null;
  return isJson === true ? parseJson(String(value)) : jsonOf(type, value);
}

function writeObject(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const flags = jsonFlags(args);
  const isAbsent = String(args[0]?.constant).startsWith('ABSENT');
  const made = w.host(
    (values, { argTypes }) => {
      const members = new Map<string, Json>();
      for (let at = 1; at < values.length; at += 2) {
        const key = values[at];
        if (key === null) throw new Error('a key of JSON_OBJECT is NULL');
        const json = asJson(argTypes[at + 1], values[at + 1], flags[at + 1]);
        if (values[at + 1] === null && isAbsent) continue;
        members.set(String(key), json);
      }
      return writeJson(members);
    },
    args,
    type,
  );
  return { ...made, isJson: true };
}

function writeArray(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const flags = jsonFlags(args);
  const keepsNull = String(args[0]?.constant).startsWith('NULL');
  const made = w.host(
    (values, { argTypes }) =>
      writeJson(
        values.flatMap((value, at) =>
          at === 0 || (value === null && !keepsNull) ? [] : [asJson(argTypes[at], value, flags[at])],
        ),
      ),
    args,
    type,
  );
  return { ...made, isJson: true };
}

export const jsonObject: ScalarFunction = {
  name: 'JSON_OBJECT',
  category: 'json',
  deterministic: false,
  summary: 'A JSON object of keys and values, its members sorted by key.',
  examples: [{ sql: "JSON_OBJECT('id' VALUE 7, 'who' VALUE 'ann')", result: '{"id":7,"who":"ann"}' }],
  overloads: [
    {
      params: [onNull, members],
      returns: () => STRING(false),
      nulls: 'custom',
      code: { kind: 'wasm', write: writeObject },
    },
  ],
};

export const jsonArray: ScalarFunction = {
  name: 'JSON_ARRAY',
  category: 'json',
  deterministic: false,
  summary: 'A JSON array of values.',
  examples: [{ sql: "JSON_ARRAY('a', 1, TRUE, 1.5)", result: '["a",1,true,1.5]' }],
  overloads: [
    {
      params: [onNull, anyValue],
      returns: () => STRING(false),
      nulls: 'custom',
      code: { kind: 'wasm', write: writeArray },
    },
  ],
};

export const json: ScalarFunction = {
  name: 'JSON',
  category: 'json',
  deterministic: false,
  summary: 'A text that is JSON, for JSON_OBJECT and JSON_ARRAY to take as it is.',
  examples: [{ sql: `JSON_OBJECT('in' VALUE JSON('{"x": 1}'))`, result: '{"in":{"x":1}}' }],
  overloads: [
    {
      params: [character('text')],
      returns: ([text]) => STRING(text!.nullable),
      nulls: 'custom',
      code: {
        kind: 'wasm',
        write: (w, args, type) => ({
          ...w.host(([text]) => (typeof text === 'string' ? writeJson(parseJson(text)) : null), args, type),
          isJson: true,
        }),
      },
    },
  ],
};

export const jsonString: ScalarFunction = {
  name: 'JSON_STRING',
  category: 'json',
  summary: 'The value as JSON.',
  examples: [
    { sql: "JSON_STRING('abc')", result: '"abc"' },
    { sql: 'JSON_STRING(ARRAY[1, 2, 3])', result: '[1,2,3]' },
  ],
  overloads: [
    {
      params: [parameter('value', 'ANY', isWritable)],
      returns: () => STRING(false),
      code: { kind: 'host', evaluate: ([value], { argTypes }) => writeJson(jsonOf(argTypes[0]!, value ?? null)) },
    },
  ],
};

export const jsonConstructorFunctions: readonly ScalarFunction[] = [jsonObject, jsonArray, json, jsonString];
