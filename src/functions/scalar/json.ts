import { encodeNested } from '../../memory/nested.ts';
import { ARRAY, BOOLEAN, type SqlType, STRING, withNullable } from '../../types/sql-type.ts';
import { i32 } from '../../wasm/code.ts';
import { isCharacter } from '../coercion.ts';
import { parameter } from '../parameters.ts';
import type { HostValue, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { ask, clause, input, path, plainSteps, returnedType, returning, scalarText } from './json-ask.ts';
import { isJsonArray, isScalar, type Json, tryParseJson, writeJson } from './json-text.ts';
import { jsonValue } from './json-value.ts';

/** Flink takes a path that is known before the rows. */
const literalPath = parameter(
  'path',
  'STRING literal',
  (type, { literals, index }) => isCharacter(type) && typeof literals[index] === 'string',
  { literal: true },
);

export const jsonExists: ScalarFunction = {
  name: 'JSON_EXISTS',
  category: 'json',
  summary: 'Whether a path finds something that is not null in a JSON text.',
  examples: [{ sql: `JSON_EXISTS('{"a": 1}', '$.a')`, result: 'TRUE' }],
  overloads: [
    {
      params: [input, literalPath, clause('onError')],
      returns: () => BOOLEAN(),
      code: { kind: 'wasm', write: writeJsonExists },
    },
  ],
};

function evaluateJsonExists([text, pathText, onError]: readonly HostValue[]): HostValue {
  const answer = ask(text, pathText);
  if ('value' in answer) return answer.value !== null;
  if (onError === 'ERROR') throw new Error(`JSON_EXISTS: ${answer.problem}`);
  return onError === 'UNKNOWN' ? null : onError === 'TRUE';
}

/** The kernel looks at a literal path; what it cannot tell, and what a strict path misses, is asked of JavaScript. */
function writeJsonExists(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, pathText] = args as readonly [Value, Value];
  const steps = typeof pathText.constant === 'string' ? plainSteps(pathText.constant) : null;
  if (steps === null) return w.host(evaluateJsonExists, args, type);
  const { f } = w;
  const result = w.variable(withNullable(type, true));
  const place = [w.constant(steps), i32.const(steps.length)] as const;
  const there = f.local('i32', w.kernel('jsonThere', 'i32', ...w.bytes(text), ...place));
  f.if(
    i32.gtU(there, i32.const(1)),
    () => w.assign(result, w.value(BOOLEAN(false), null, i32.eq(there, i32.const(3)))),
    () => w.assign(result, w.host(evaluateJsonExists, args, type)),
  );
  return result;
}

/** Text, or an ARRAY of it, which cannot be an empty object. */
const returnsPart = returning((type, clauses) =>
  type.kind === 'ARRAY'
    ? type.element.kind === 'VARCHAR' && !clauses.includes('EMPTY OBJECT')
    : type.kind === 'VARCHAR',
);

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
