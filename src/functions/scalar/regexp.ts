import { encodeNested } from '../../memory/nested.ts';
import { ARRAY, BOOLEAN, INT, type SqlType, STRING } from '../../types/sql-type.ts';
import { isInteger } from '../coercion.ts';
import { character, parameter } from '../parameters.ts';
import type { HostValue, ScalarFunction } from '../scalar-function.ts';
import { compiledRegex, type JavaRegex } from './java-regex.ts';

/** The REGEXP family: patterns of java.util.regex; a malformed one gives FALSE or NULL. */

const texts = [character('text'), character('pattern')];
const group = parameter('group', 'INTEGER', (type) =>
  isInteger(type) ? { kind: 'BIGINT', nullable: type.nullable } : null,
);

/** All matches from the start. */
function matches(compiled: JavaRegex, text: string): IterableIterator<RegExpExecArray> {
  compiled.regex.lastIndex = 0;
  return text.matchAll(compiled.regex) as IterableIterator<RegExpExecArray>;
}

function firstMatch(compiled: JavaRegex, text: string): RegExpExecArray | null {
  compiled.regex.lastIndex = 0;
  return compiled.regex.exec(text);
}

/** A function of text and pattern whose answer is NULL for a malformed pattern. */
function overText(
  name: string,
  summary: string,
  type: SqlType,
  examples: ScalarFunction['examples'],
  answer: (compiled: JavaRegex, text: string) => HostValue,
): ScalarFunction {
  return {
    name,
    category: 'string',
    summary,
    examples,
    overloads: [
      {
        params: texts,
        returns: () => type,
        code: {
          kind: 'host',
          evaluate: ([text, pattern]) => {
            const compiled = compiledRegex(String(pattern));
            return compiled === null ? null : answer(compiled, String(text));
          },
        },
      },
    ],
  };
}

export const regexp: ScalarFunction = {
  name: 'REGEXP',
  category: 'string',
  summary: 'Whether the pattern matches somewhere in the text; FALSE for an empty or a malformed pattern.',
  examples: [{ sql: "REGEXP('order-42', '[0-9]+')", result: 'TRUE' }],
  overloads: [
    {
      params: texts,
      returns: () => BOOLEAN(false),
      code: {
        kind: 'host',
        evaluate: ([text, pattern]) => {
          const compiled = pattern === '' ? null : compiledRegex(String(pattern));
          return compiled !== null && firstMatch(compiled, String(text)) !== null;
        },
      },
    },
  ],
};

export const regexpExtract: ScalarFunction = {
  name: 'REGEXP_EXTRACT',
  category: 'string',
  summary: 'What a group of the pattern (0, the default: all of it) holds at the first match; NULL without a match.',
  examples: [
    { sql: "REGEXP_EXTRACT('id=42;id=43', 'id=(\\d+)', 1)", result: '42' },
    { sql: "REGEXP_EXTRACT('id=x', 'id=(\\d+)', 1)", result: null },
  ],
  overloads: [
    {
      params: [...texts, { ...group, optional: true }],
      returns: () => STRING(),
      code: {
        kind: 'host',
        evaluate: ([text, pattern, index]) => {
          const compiled = compiledRegex(String(pattern));
          if (compiled === null) return null;
          const capture = compiled.groups[Number(index ?? 0)];
          const match = capture === undefined ? null : firstMatch(compiled, String(text));
          return match?.[capture ?? 0] ?? null;
        },
      },
    },
  ],
};

export const regexpExtractAll: ScalarFunction = {
  name: 'REGEXP_EXTRACT_ALL',
  category: 'string',
  summary: 'What a group of the pattern (1 by default) holds at each match.',
  examples: [{ sql: "REGEXP_EXTRACT_ALL('a=1, b=22', '(\\w)=(\\d+)', 2)", result: '[1, 22]' }],
  overloads: [
    {
      params: [...texts, { ...group, optional: true }],
      returns: () => ARRAY(STRING()),
      code: {
        kind: 'host',
        evaluate: ([text, pattern, index]) => {
          const compiled = compiledRegex(String(pattern));
          const capture = compiled?.groups[Number(index ?? 1)];
          if (compiled === null || capture === undefined) return null;
          const found = Array.from(matches(compiled, String(text)), (match) => match[capture] ?? null);
          return encodeNested(ARRAY(STRING()), found);
        },
      },
    },
  ],
};

export const regexpReplace: ScalarFunction = {
  name: 'REGEXP_REPLACE',
  category: 'string',
  summary: 'The text with each match replaced; the replacement is taken as it is, without groups.',
  examples: [{ sql: "REGEXP_REPLACE('a1b22c', '\\d+', '#')", result: 'a#b#c' }],
  overloads: [
    {
      params: [...texts, character('by')],
      returns: () => STRING(false),
      code: {
        kind: 'host',
        evaluate: ([text, pattern, by]) => {
          const compiled = compiledRegex(String(pattern));
          if (compiled === null) return null;
          compiled.regex.lastIndex = 0;
          return String(text).replace(compiled.regex, () => String(by));
        },
      },
    },
  ],
};

export const regexpCount = overText(
  'REGEXP_COUNT',
  'How many times the pattern matches.',
  INT(),
  [{ sql: "REGEXP_COUNT('banana', 'an')", result: '2' }],
  (compiled, text) => Array.from(matches(compiled, text)).length,
);

export const regexpInstr = overText(
  'REGEXP_INSTR',
  'Where the first match starts, from 1, in UTF-16 units as in Flink; 0 without a match.',
  INT(),
  [{ sql: "REGEXP_INSTR('order 42', '\\d')", result: '7' }],
  (compiled, text) => {
    const match = firstMatch(compiled, text);
    return match === null ? 0 : match.index + 1;
  },
);

export const regexpSubstr = overText(
  'REGEXP_SUBSTR',
  'The first match; NULL without one.',
  STRING(),
  [{ sql: "REGEXP_SUBSTR('order 42, 43', '\\d+')", result: '42' }],
  (compiled, text) => firstMatch(compiled, text)?.[0] ?? null,
);

export const regexpFunctions: readonly ScalarFunction[] = [
  regexp,
  regexpExtract,
  regexpExtractAll,
  regexpReplace,
  regexpCount,
  regexpInstr,
  regexpSubstr,
];
