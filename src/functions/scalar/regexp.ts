import { encodeNested } from '../../memory/nested.ts';
import { ARRAY, BOOLEAN, INT, type SqlType, STRING, withNullable } from '../../types/sql-type.ts';
import { i32, type Local } from '../../wasm/code.ts';
import { isInteger } from '../coercion.ts';
import { character, parameter } from '../parameters.ts';
import type { HostValue, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { compiledRegex, type JavaRegex } from './java-regex.ts';
import type { RegexProgram } from './regex-program.ts';

/** The REGEXP family: patterns of java.util.regex; a malformed one gives FALSE or NULL. */

const texts = [character('text'), character('pattern')];
const group = parameter('group', 'INTEGER', (type) =>
  isInteger(type) ? { kind: 'BIGINT', nullable: type.nullable } : null,
);

/** The kernel's search of a literal pattern: 1 where it matches, and where the groups' places stand. */
function writeFind(w: ExpressionWriter, text: Value, program: RegexProgram): readonly [Local<'i32'>, Local<'i32'>] {
  const code = w.constant(new Uint8Array(program.words.buffer));
  const slots = w.scratch(i32.const(4 * program.slotCount));
  const found = w.f.local('i32', w.kernel('regexFind', 'i32', code, ...w.bytes(text), i32.const(0), slots));
  w.f.if(i32.eq(found, i32.const(2)), () => w.fail('the regular expression would take too long on {0}', text));
  return [found, slots];
}

function writeRegexp(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, pattern] = args as readonly [Value, Value];
  if (typeof pattern.constant === 'string') {
    const compiled = pattern.constant === '' ? null : compiledRegex(pattern.constant);
    if (compiled === null) return w.value(type, null, i32.const(0));
    if (compiled.program !== null) return w.value(type, null, writeFind(w, text, compiled.program)[0]);
  }
  return w.host(
    ([value, source]) => {
      const compiled = source === '' ? null : compiledRegex(String(source));
      return compiled !== null && compiled.first(String(value)) !== null;
    },
    args,
    type,
  );
}

function writeExtract(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, pattern, index] = args as readonly [Value, Value, Value | undefined];
  const group = index === undefined ? 0 : index.constant;
  const isKnown = typeof pattern.constant === 'string' && (typeof group === 'number' || typeof group === 'bigint');
  const compiled = isKnown ? compiledRegex(String(pattern.constant)) : null;
  if (compiled !== null && compiled.program !== null) {
    const capture = compiled.groups[Number(group)];
    if (capture === undefined) return w.nullValue(type);
    const result = w.variable(withNullable(type, true));
    const [found, slots] = writeFind(w, text, compiled.program);
    w.f.if(found, () => {
      const start = w.f.local('i32', i32.load(slots, { offset: 8 * capture }));
      const end = w.f.local('i32', i32.load(slots, { offset: 8 * capture + 4 }));
      w.f.if(i32.geS(start, i32.const(0)), () => {
        const view = [i32.add(w.bytes(text)[0], start), i32.sub(end, start)] as const;
        w.assign(result, w.value(withNullable(type, false), null, ...view));
      });
    });
    return result;
  }
  return w.host(
    ([value, source, at]) => {
      const java = compiledRegex(String(source));
      const capture = java?.groups[Number(at ?? 0)];
      return capture === undefined ? null : (java?.first(String(value))?.[capture] ?? null);
    },
    args,
    type,
  );
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
      code: { kind: 'wasm', write: writeRegexp },
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
      code: { kind: 'wasm', write: writeExtract },
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
          const found = Array.from(compiled.all(String(text)), (match) => match[capture] ?? null);
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
          let [replaced, from] = ['', 0];
          for (const match of compiled.all(String(text))) {
            replaced += String(text).slice(from, match.index) + String(by);
            from = match.index + (match[0] ?? '').length;
          }
          return replaced + String(text).slice(from);
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
  (compiled, text) => Array.from(compiled.all(text)).length,
);

export const regexpInstr = overText(
  'REGEXP_INSTR',
  'Where the first match starts, from 1, in UTF-16 units as in Flink; 0 without a match.',
  INT(),
  [{ sql: "REGEXP_INSTR('order 42', '\\d')", result: '7' }],
  (compiled, text) => {
    const match = compiled.first(text);
    return match === null ? 0 : match.index + 1;
  },
);

export const regexpSubstr = overText(
  'REGEXP_SUBSTR',
  'The first match; NULL without one.',
  STRING(),
  [{ sql: "REGEXP_SUBSTR('order 42, 43', '\\d+')", result: '42' }],
  (compiled, text) => compiled.first(text)?.[0] ?? null,
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
