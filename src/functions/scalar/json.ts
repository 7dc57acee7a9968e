import { encodeNested } from '../../memory/nested.ts';
import { ARRAY, BOOLEAN, type SqlType, STRING, withNullable } from '../../types/sql-type.ts';
import { i32, i64 } from '../../wasm/code.ts';
import { isCharacter } from '../coercion.ts';
import { character, parameter } from '../parameters.ts';
import type { HostCall, HostValue, Parameter, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { type JsonPath, jsonPath, PathError, readPath } from './json-path.ts';
import { isJsonArray, isScalar, type Json, JsonError, parseJson, tryParseJson, writeJson } from './json-text.ts';
import { viewValue } from './text-value.ts';

/**
 * Questions to JSON text. The clauses of SQL arrive as further arguments, literals, `''` where they are not written:
 *
 * - `JSON_EXISTS` (input, path, on error: TRUE FALSE UNKNOWN ERROR)
 * - `JSON_VALUE` (input, path, on empty: NULL ERROR DEFAULT, default on empty, on error: the same, default on error,
 *   RETURNING: a NULL of the type)
 * - `JSON_QUERY` (input, path, wrapper: WITHOUT, CONDITIONAL, UNCONDITIONAL, on empty: NULL ERROR EMPTY ARRAY EMPTY
 *   OBJECT, on error: the same, RETURNING: a NULL of the type)
 *
 * A path may say `lax` (what is missing is empty) or `strict` (it is an error); without a word it is strict, as in Flink.
 * A NULL input gives NULL.
 */

/** What the path found in the text. */
type Answer =
  | { readonly mode: 'lax' | 'strict'; readonly value: Json }
  | { readonly mode: 'strict'; readonly problem: string };

function ask(input: HostValue | undefined, pathText: HostValue | undefined): Answer {
  const match = /^\s*(lax|strict)\s+(.+)$/is.exec(String(pathText));
  const mode = match?.[1]?.toLowerCase() === 'lax' ? 'lax' : 'strict';
  try {
    const path = jsonPath(match?.[2] ?? String(pathText));
    try {
      return { mode, value: readPath(path, parseJson(String(input))) };
    } catch (error) {
      if (mode === 'strict' || !(error instanceof JsonError || error instanceof PathError)) throw error;
      return { mode, value: path.isDefinite || error instanceof JsonError ? null : [] };
    }
  } catch (error) {
    if (error instanceof JsonError || error instanceof PathError) return { mode: 'strict', problem: error.message };
    throw error;
  }
}

const input = character('input');
const path = character('path');
const clause = (name: string): Parameter => character(name, { optional: true, literal: true });

export const jsonExists: ScalarFunction = {
  name: 'JSON_EXISTS',
  category: 'json',
  summary: 'Whether a path finds something that is not null in a JSON text.',
  examples: [{ sql: `JSON_EXISTS('{"a": 1}', '$.a')`, result: 'TRUE' }],
  overloads: [
    {
      params: [input, path, clause('onError')],
      returns: () => BOOLEAN(),
      code: {
        kind: 'host',
        evaluate: ([text, pathText, onError]) => {
          const answer = ask(text, pathText);
          if ('value' in answer) return answer.value !== null;
          if (onError === 'ERROR') throw new Error(`JSON_EXISTS: ${answer.problem}`);
          return onError === 'UNKNOWN' ? null : onError === 'TRUE';
        },
      },
    },
  ],
};

/** A default: any type; `''` where it is not written. */
const defaultValue = (name: string): Parameter => parameter(name, 'ANY', (type) => type, { optional: true });
/** A NULL of the type that is asked for, or `''`. */
const returning = (isKnown: (type: SqlType, clauses: readonly (HostValue | undefined)[]) => boolean): Parameter =>
  parameter('returning', 'TYPE', (type, { literals }) => !isWritten(type) || isKnown(type, literals), {
    optional: true,
  });

const returnsScalar = returning(
  ({ kind }) => kind === 'VARCHAR' || kind === 'BOOLEAN' || kind === 'INT' || kind === 'DOUBLE',
);
/** Text, or an ARRAY of it, which cannot be an empty object. */
const returnsPart = returning((type, clauses) =>
  type.kind === 'ARRAY'
    ? type.element.kind === 'VARCHAR' && !clauses.includes('EMPTY OBJECT')
    : type.kind === 'VARCHAR',
);

function returnedType(type: SqlType | undefined): SqlType {
  return type !== undefined && isWritten(type) ? withNullable(type, true) : STRING();
}

function isWritten(type: SqlType): boolean {
  return !(type.kind === 'CHAR' && type.length === 0);
}

/** What holds instead of a value. @throws Error under ERROR */
function instead(
  behavior: HostValue | undefined,
  otherwise: { readonly value: HostValue; readonly type: SqlType },
  call: HostCall,
  problem: string,
): HostValue {
  if (behavior === 'ERROR') throw new Error(`JSON_VALUE: ${problem}`);
  return behavior === 'DEFAULT' ? converted(otherwise, call.type) : null;
}

/** A default as a value of the type that is asked for. */
function converted({ value, type }: { readonly value: HostValue; readonly type: SqlType }, to: SqlType): HostValue {
  if (value === null) return null;
  const text = type.kind === 'DECIMAL' ? decimalNumber(value as bigint, type.scale) : String(value);
  return fromText(text, to);
}

function decimalNumber(unscaled: bigint, scale: number): string {
  return String(Number(unscaled) / 10 ** scale);
}

function fromText(text: string, to: SqlType): HostValue {
  switch (to.kind) {
    case 'VARCHAR':
      return text;
    case 'BOOLEAN':
      if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
      break;
    case 'INT':
      if (/^-?\d+$/.test(text) && Number(text) === (Number(text) | 0)) return Number(text);
      break;
    case 'DOUBLE':
      if (text.trim() !== '' && !Number.isNaN(Number(text))) return Number(text);
      break;
    default:
      break;
  }
  throw new Error(`JSON_VALUE: ${JSON.stringify(text)} is no ${to.kind}`);
}

function scalarText(value: Json): string {
  return typeof value === 'string' ? value : writeJson(value);
}

/** Whatever the clauses say, in JavaScript. */
function evaluateJsonValue(args: readonly HostValue[], call: HostCall): HostValue {
  const [text, pathText, onEmpty, whenEmpty = null, onError, whenWrong = null] = args;
  if (text === null || pathText === null) return null;
  const answer = ask(text, pathText);
  const { argTypes } = call;
  const empty = { value: whenEmpty, type: argTypes[3] ?? STRING() };
  const wrong = { value: whenWrong, type: argTypes[5] ?? STRING() };
  if ('problem' in answer) return instead(onError, wrong, call, answer.problem);
  if (answer.value !== null && isScalar(answer.value)) return fromText(scalarText(answer.value), call.type);
  if (answer.mode === 'lax') return instead(onEmpty, empty, call, 'the path finds nothing');
  return instead(onError, wrong, call, 'the path finds no scalar');
}

/** The kernel finds what stands at a literal path as it is to be shown; the rest is asked of JavaScript. */
function writeJsonValue(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, pathText] = args as readonly [Value, Value];
  const steps = typeof pathText.constant === 'string' && type.kind === 'VARCHAR' ? plainSteps(pathText.constant) : null;
  if (steps === null) return w.host(evaluateJsonValue, args, type);
  const result = w.variable(withNullable(type, true));
  w.f.if(i32.eqz(w.isNull(text)), () => {
    const path = w.constant(steps);
    const view = w.f.local('i64', w.kernel('jsonScalar', 'i64', ...w.bytes(text), path, i32.const(steps.length)));
    w.f.if(
      i64.eqz(view),
      () => w.assign(result, w.host(evaluateJsonValue, args, type)),
      () => w.assign(result, viewValue(w, type, view)),
    );
  });
  return result;
}

/** Names and indexes for the kernel: an i32 length and the name's bytes, or -1 - index. Null for other paths. */
function plainSteps(text: string): Uint8Array | null {
  const written = text.replace(/^\s*(lax|strict)\s+/i, '');
  let found: JsonPath;
  try {
    found = jsonPath(written);
  } catch (error) {
    if (error instanceof PathError) return null;
    throw error;
  }
  const parts: Buffer[] = [];
  for (const step of found.steps) {
    const head = Buffer.alloc(4);
    if (step.kind === 'members' && step.names.length === 1) {
      const name = Buffer.from(step.names[0]!, 'utf8');
      head.writeInt32LE(name.length);
      parts.push(head, name);
    } else if (step.kind === 'indexes' && step.indexes.length === 1 && step.indexes[0]! >= 0) {
      head.writeInt32LE(-1 - step.indexes[0]!);
      parts.push(head);
    } else return null;
  }
  return found.call === null ? Buffer.concat(parts) : null;
}

export const jsonValue: ScalarFunction = {
  name: 'JSON_VALUE',
  category: 'json',
  summary: 'The scalar that a path finds in a JSON text, as text or as the type after RETURNING.',
  examples: [
    { sql: `JSON_VALUE('{"id": 7, "who": "ann"}', '$.who')`, result: 'ann' },
    { sql: `JSON_VALUE('{"a": 1}', 'lax $.b' DEFAULT 'none' ON EMPTY)`, result: 'none' },
    { sql: `JSON_VALUE('{"n": 42}', '$.n' RETURNING INT)`, result: '42' },
  ],
  overloads: [
    {
      params: [
        input,
        path,
        clause('onEmpty'),
        defaultValue('defaultOnEmpty'),
        clause('onError'),
        defaultValue('defaultOnError'),
        returnsScalar,
      ],
      returns: (args) => returnedType(args[6]),
      nulls: 'custom',
      code: { kind: 'wasm', write: writeJsonValue },
    },
  ],
};

/** Text stays text, other values are JSON. */
function elementText(value: Json): string | null {
  if (value === null) return null;
  return scalarText(value);
}

function queried(value: Json, type: SqlType): HostValue | undefined {
  if (type.kind !== 'ARRAY') return writeJson(value);
  return isJsonArray(value) ? encodeNested(ARRAY(STRING()), value.map(elementText)) : undefined;
}

function wrapped(value: Json, wrapper: HostValue | undefined): Json {
  const words = String(wrapper ?? '');
  if (words === '' || words.startsWith('WITHOUT')) return value;
  const isConditional = /(^|\s)CONDITIONAL/.test(words);
  return isConditional && isJsonArray(value) ? value : [value];
}

function queryInstead(behavior: HostValue | undefined, type: SqlType, problem: string): HostValue {
  switch (behavior) {
    case 'ERROR':
      throw new Error(`JSON_QUERY: ${problem}`);
    case 'EMPTY ARRAY':
      return type.kind === 'ARRAY' ? encodeNested(ARRAY(STRING()), []) : '[]';
    case 'EMPTY OBJECT':
      return type.kind === 'ARRAY' ? null : '{}';
    default:
      return null;
  }
}

export const jsonQuery: ScalarFunction = {
  name: 'JSON_QUERY',
  category: 'json',
  summary: 'The object or array that a path finds in a JSON text, as JSON or as ARRAY<STRING>.',
  examples: [
    { sql: `JSON_QUERY('{"a": {"b": 1, "c": [1, 2]}}', '$.a.c')`, result: '[1,2]' },
    { sql: `JSON_QUERY('{"a": {"b": 1}}', '$.a.b' WITH WRAPPER)`, result: '[1]' },
  ],
  overloads: [
    {
      params: [input, path, clause('wrapper'), clause('onEmpty'), clause('onError'), returnsPart],
      returns: (args) => returnedType(args[5]),
      nulls: 'custom',
      code: {
        kind: 'host',
        evaluate: ([text, pathText, wrapper, onEmpty, onError], { type }) => {
          if (text === null || pathText === null) return null;
          const answer = ask(text, pathText);
          if ('problem' in answer) return queryInstead(onError, type, answer.problem);
          if (answer.value === null) return queryInstead(onEmpty, type, 'the path finds nothing');
          const value = wrapped(answer.value, wrapper);
          if (!isScalar(value)) {
            const result = queried(value, type);
            return result === undefined ? queryInstead(onError, type, 'the path finds no array') : result;
          }
          if (answer.mode === 'lax') return queryInstead(onEmpty, type, 'the path finds nothing');
          return queryInstead(onError, type, 'the path finds neither object nor array');
        },
      },
    },
  ],
};

/** `IS JSON VALUE` and its kinds; never NULL. */
function isJsonKind(kind: string, example: string, holds: (value: Json) => boolean): ScalarFunction {
  return {
    name: `IS JSON ${kind}`,
    category: 'json',
    summary: `Whether the text is JSON${kind === 'VALUE' ? '' : `, ${kind === 'SCALAR' ? 'a' : 'an'} ${kind.toLowerCase()}`}; FALSE for NULL.`,
    examples: [{ sql: `'${example}' IS JSON ${kind}`, result: 'TRUE' }],
    overloads: [
      {
        params: [parameter('text', 'STRING', isCharacter)],
        returns: () => BOOLEAN(false),
        nulls: 'custom',
        code: {
          kind: 'host',
          evaluate: ([text]) => {
            const value = typeof text === 'string' ? tryParseJson(text) : undefined;
            return value !== undefined && holds(value);
          },
        },
      },
    ],
  };
}

export const isJsonValue = isJsonKind('VALUE', '{"a": 1}', () => true);
export const isJsonScalar = isJsonKind('SCALAR', '7', isScalar);
export const isJsonArrayText = isJsonKind('ARRAY', '[1]', isJsonArray);
export const isJsonObjectText = isJsonKind('OBJECT', '{"a": 1}', (value) => !isScalar(value) && !isJsonArray(value));

export const jsonFunctions: readonly ScalarFunction[] = [
  jsonExists,
  jsonValue,
  jsonQuery,
  isJsonValue,
  isJsonScalar,
  isJsonArrayText,
  isJsonObjectText,
];
