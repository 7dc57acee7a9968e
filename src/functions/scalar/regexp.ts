import { encodeNested } from '../../memory/nested.ts';
import { ARRAY, BOOLEAN, INT, type SqlType, STRING, withNullable } from '../../types/sql-type.ts';
import { type I32, i32, i64, ifElse, type Local } from '../../wasm/code.ts';
import { isInteger } from '../coercion.ts';
import { character, parameter } from '../parameters.ts';
import type { HostValue, ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { compiledRegex, type JavaRegex } from './java-regex.ts';
import type { RegexProgram } from './regex-program.ts';
import { checkedLength, newText } from './text-value.ts';

/** The REGEXP family: patterns of java.util.regex; a malformed one gives FALSE or NULL. */

const texts = [character('text'), character('pattern')];
/** Of a BIGINT the lower half counts. */
const group = parameter('group', 'INTEGER', (type) => (isInteger(type) ? INT(type.nullable) : null));

/** A literal pattern for the kernel: its program, and room for the places of a match. */
interface Search {
  readonly code: I32;
  readonly slots: Local<'i32'>;
}

function searchOf(w: ExpressionWriter, { words, slotCount }: RegexProgram): Search {
  return { code: w.constant(new Uint8Array(words.buffer)), slots: w.scratch(i32.const(4 * slotCount)) };
}

function failTooLong(w: ExpressionWriter, text: Value): void {
  w.fail('the regular expression would take too long on {0}', text);
}

/** The kernel's search of a literal pattern: 1 where it matches, and where the groups' places stand. */
function writeFind(w: ExpressionWriter, text: Value, program: RegexProgram): readonly [Local<'i32'>, Local<'i32'>] {
  const { code, slots } = searchOf(w, program);
  const found = w.f.local('i32', w.kernel('regexFind', 'i32', code, ...w.bytes(text), i32.const(0), slots));
  w.f.if(i32.eq(found, i32.const(2)), () => failTooLong(w, text));
  return [found, slots];
}

/** What a literal pattern is; undefined where it comes with the row, null where it is malformed or too large. */
function literalPattern(pattern: Value): JavaRegex | null | undefined {
  if (typeof pattern.constant !== 'string') return undefined;
  const compiled = compiledRegex(pattern.constant);
  return compiled !== null && compiled.program === null ? undefined : compiled;
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

/** A function of text and pattern whose answer is NULL for a malformed pattern; the kernel does a literal one. */
function overText(
  name: string,
  summary: string,
  type: SqlType,
  examples: ScalarFunction['examples'],
  write: (w: ExpressionWriter, text: Value, program: RegexProgram, type: SqlType) => Value,
  answer: (compiled: JavaRegex, text: string) => HostValue,
): ScalarFunction {
  const evaluate = ([text, pattern]: readonly HostValue[]): HostValue => {
    const compiled = compiledRegex(String(pattern));
    return compiled === null ? null : answer(compiled, String(text));
  };
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
          kind: 'wasm',
          write: (w, args, resultType) => {
            const [text, pattern] = args as readonly [Value, Value];
            const compiled = literalPattern(pattern);
            if (compiled === null) return w.nullValue(resultType);
            const program = compiled?.program ?? null;
            return program === null ? w.host(evaluate, args, resultType) : write(w, text, program, resultType);
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
        kind: 'wasm',
        write: writeReplace,
      },
    },
  ],
};

function writeReplace(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, pattern, by] = args as readonly [Value, Value, Value];
  const program = literalPattern(pattern)?.program ?? null;
  if (program === null) return w.host(evaluateReplace, args, type);
  const { code, slots } = searchOf(w, program);
  const [put, putLength] = w.bytes(by);
  const length = w.f.local('i64', w.kernel('regexReplacedLength', 'i64', code, ...w.bytes(text), putLength, slots));
  w.f.if(i64.ltS(length, i64.const(0n)), () => failTooLong(w, text));
  return newText(w, type, checkedLength(w, length), (to) =>
    w.f.do(w.kernel('regexReplace', 'void', code, ...w.bytes(text), put, putLength, slots, to)),
  );
}

function evaluateReplace([text, pattern, by]: readonly HostValue[]): HostValue {
  const compiled = compiledRegex(String(pattern));
  if (compiled === null) return null;
  let [replaced, from] = ['', 0];
  for (const match of compiled.all(String(text))) {
    replaced += String(text).slice(from, match.index) + String(by);
    from = match.index + (match[0] ?? '').length;
  }
  return replaced + String(text).slice(from);
}

export const regexpCount = overText(
  'REGEXP_COUNT',
  'How many times the pattern matches.',
  INT(),
  [{ sql: "REGEXP_COUNT('banana', 'an')", result: '2' }],
  (w, text, program, type) => {
    const { code, slots } = searchOf(w, program);
    const count = w.f.local('i32', w.kernel('regexCount', 'i32', code, ...w.bytes(text), slots));
    w.f.if(i32.ltS(count, i32.const(0)), () => failTooLong(w, text));
    return w.value(type, i32.const(0), count);
  },
  (compiled, text) => Array.from(compiled.all(text)).length,
);

export const regexpInstr = overText(
  'REGEXP_INSTR',
  'Where the first match starts, from 1, in UTF-16 units as in Flink; 0 without a match.',
  INT(),
  [{ sql: "REGEXP_INSTR('order 42', '\\d')", result: '7' }],
  (w, text, program, type) => {
    const [found, slots] = writeFind(w, text, program);
    const [address] = w.bytes(text);
    const units = w.kernel('textUnits', 'i32', address, i32.load(slots));
    return w.value(type, i32.const(0), ifElse(found, i32.add(units, i32.const(1)), i32.const(0)));
  },
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
  (w, text, program, type) => {
    const [found, slots] = writeFind(w, text, program);
    const start = w.f.local('i32', i32.load(slots));
    const end = i32.load(slots, { offset: 4 });
    return w.value(type, i32.eqz(found), i32.add(w.bytes(text)[0], start), i32.sub(end, start));
  },
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
