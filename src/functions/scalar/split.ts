import { encodeNested } from '../../memory/nested.ts';
import { ARRAY, MAP, type SqlType, STRING, withNullable } from '../../types/sql-type.ts';
import { type I32, i32, i64, select } from '../../wasm/code.ts';
import { inHashMapOrder, javaTextHash } from '../java-map-order.ts';
import { character, int } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { compiledRegex, type JavaRegex } from './java-regex.ts';

/** The piece, a view on the text; NULL where there is none. */
function writePiece(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, separator, index] = args as readonly [Value, Value, Value];
  return pieceBetween(w, text, w.bytes(separator), index, type);
}

function pieceBetween(
  w: ExpressionWriter,
  text: Value,
  separator: readonly [I32, I32],
  index: Value,
  type: SqlType,
): Value {
  const view = w.f.local('i64', w.kernel('textSplitIndex', 'i64', ...w.bytes(text), ...separator, w.i32(index)));
  return w.value(type, i64.eq(view, i64.const(-1n)), i32.wrapI64(view), i32.wrapI64(i64.shrU(view, i64.const(32n))));
}

/** The separator is the character of a number, from 1 to 255. */
function writePieceByCode(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, separator, index] = args as readonly [Value, Value, Value];
  const { f } = w;
  const code = w.i32(separator);
  const isTwo = f.local('i32', i32.geU(code, i32.const(0x80)));
  const bytes = w.scratch(i32.const(2));
  const first = i32.or(i32.const(0xc0), i32.shrU(code, i32.const(6)));
  f.do(i32.store8(bytes, select(isTwo, first, code)));
  f.do(i32.store8(bytes, i32.or(i32.const(0x80), i32.and(code, i32.const(0x3f))), { offset: 1 }));
  const result = w.variable(withNullable(type, true));
  f.if(i32.and(i32.gtS(code, i32.const(0)), i32.leS(code, i32.const(255))), () =>
    w.assign(result, pieceBetween(w, text, [bytes, i32.add(i32.const(1), isTwo)], index, type)),
  );
  return result;
}

export const splitIndex: ScalarFunction = {
  name: 'SPLIT_INDEX',
  category: 'string',
  summary: 'The piece of a number, from 0, between separators; NULL where there is none.',
  examples: [
    { sql: "SPLIT_INDEX('a,b,,d', ',', 1)", result: 'b' },
    { sql: "SPLIT_INDEX('a,b', 44, 1)", result: 'b' },
    { sql: "SPLIT_INDEX('a,b', ',', 2)", result: null },
  ],
  overloads: [
    {
      params: [character('text'), character('separator'), int('index')],
      returns: () => STRING(),
      code: { kind: 'wasm', write: writePiece },
    },
    {
      params: [character('text'), int('separator'), int('index')],
      returns: () => STRING(),
      code: { kind: 'wasm', write: writePieceByCode },
    },
  ],
};

export const split: ScalarFunction = {
  name: 'SPLIT',
  category: 'collection',
  summary: 'The pieces between separators; the characters, for an empty separator; none, for the empty text.',
  examples: [{ sql: "SPLIT('a,b,,d', ',')", result: '[a, b, , d]' }],
  overloads: [
    {
      params: [character('text'), character('separator')],
      returns: () => ARRAY(STRING(), false),
      code: {
        kind: 'host',
        evaluate: ([text, separator]) => {
          const pieces = separator === '' ? Array.from(String(text)) : String(text).split(String(separator));
          return encodeNested(ARRAY(STRING()), text === '' ? [] : pieces);
        },
      },
    },
  ],
};

const mapType = MAP(STRING(), STRING());

function separatorOf(pattern: string): JavaRegex {
  const compiled = compiledRegex(pattern);
  if (compiled === null) throw new Error(`the separator ${JSON.stringify(pattern)} is a malformed regular expression`);
  return compiled;
}

/** The pieces between matches, as java.lang.String.split has them: an empty match at the start makes no piece. */
function pieces(text: string, regex: JavaRegex, limit: number): string[] {
  const found: string[] = [];
  let from = 0;
  for (const match of regex.all(text)) {
    if (limit > 0 && found.length === limit - 1) break;
    const taken = match[0] ?? '';
    const end = match.index + taken.length;
    if (end === 0 || (taken === '' && match.index >= text.length)) continue;
    found.push(text.slice(from, match.index));
    from = end;
  }
  found.push(text.slice(from));
  // Empty pieces at the end are dropped where there is no limit, but not a text without a separator.
  if (limit === 0 && found.length > 1) while (found.at(-1) === '') found.pop();
  return found;
}

export const strToMap: ScalarFunction = {
  name: 'STR_TO_MAP',
  category: 'string',
  summary:
    'The map that a text holds: entries between `,`, key and value between `=`, or other regular expressions as separators.',
  examples: [{ sql: "STR_TO_MAP('a=1,b=2')['b']", result: '2' }],
  overloads: [[character('text')], [character('text'), character('between'), character('within')]].map((params) => ({
    params,
    returns: () => mapType,
    code: {
      kind: 'host',
      evaluate: ([text, between, within]) => {
        if (text === '') return encodeNested(mapType, []);
        const entries = new Map<string, string | null>();
        const written = pieces(String(text), separatorOf(String(between ?? ',')), 0);
        for (const entry of written) {
          const [key = '', value] = pieces(entry, separatorOf(String(within ?? '=')), 2);
          entries.set(key, value ?? null);
        }
        return encodeNested(
          mapType,
          inHashMapOrder([...entries], written.length, ([key]) => javaTextHash(key)),
        );
      },
    },
  })),
};

export const splitFunctions: readonly ScalarFunction[] = [splitIndex, split, strToMap];
