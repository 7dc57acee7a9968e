import { BOOLEAN, type SqlType } from '../../types/sql-type.ts';
import { type I32, i32, ifElse } from '../../wasm/code.ts';
import { character } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { compiledRegex } from './java-regex.ts';
import { type LikeShape, likeShape } from './like-shape.ts';
import { similarToRegex } from './similar-pattern.ts';
import { standsAt } from './text-value.ts';

const noEscape = -1;
const backslash = 0x5c;

/** The escape character as a byte: the third argument, or what holds without it. */
function escapeByte(escaper: Value | undefined, otherwise: number): number {
  if (escaper === undefined) return otherwise;
  const text = String(escaper.constant);
  return text.length === 1 && text.charCodeAt(0) < 128 ? text.charCodeAt(0) : otherwise;
}

/** Text is like a pattern: simple literal patterns are a comparison or a search of bytes, others the kernel's matcher. */
function writeLike(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, pattern, escaper] = args as readonly [Value, Value, Value | undefined];
  const view = w.bytes(text);
  if (escaper !== undefined && String(escaper.constant).length !== 1) {
    w.fail('{0} is no escape character: one character is', escaper);
  }
  if (typeof pattern.constant === 'string') {
    const shape = likeShape(pattern.constant, escapeByte(escaper, noEscape));
    if (shape.kind === 'parts') return writeParts(w, view, shape, type);
    const bytes = Buffer.from(shape.text, 'utf8');
    const part = [w.constant(bytes), i32.const(bytes.length)] as const;
    switch (shape.kind) {
      case 'all':
        return w.value(type, null, i32.const(1));
      case 'equals':
        return w.value(type, null, ifElse(i32.eq(view[1], part[1]), standsAt(w, bytes, view[0]), i32.const(0)));
      case 'starts':
        return w.value(type, null, startsWith(w, view, bytes));
      case 'ends':
        return w.value(type, null, w.kernel('textEndsWith', 'i32', ...view, ...part));
      case 'holds':
        return w.value(type, null, i32.geS(w.kernel('textFind', 'i32', ...view, ...part, i32.const(0)), i32.const(0)));
      case 'pattern':
        return writeMatch(w, view, part, escapeByte(escaper, noEscape), type, pattern);
    }
  }
  return writeMatch(w, view, w.bytes(pattern), escapeByte(escaper, backslash), type, pattern);
}

function startsWith(w: ExpressionWriter, [address, length]: readonly [I32, I32], bytes: Uint8Array): I32 {
  return ifElse(i32.geU(length, i32.const(bytes.length)), standsAt(w, bytes, address), i32.const(0));
}

/** Part after part is searched for, each behind the one before: the first place is the best for those that follow. */
function writeParts(
  w: ExpressionWriter,
  text: readonly [I32, I32],
  { parts, isOpenAtStart, isOpenAtEnd }: LikeShape & { readonly kind: 'parts' },
  type: SqlType,
): Value {
  const { f } = w;
  const truth = f.local('i32', i32.const(0));
  const from = f.local('i32', i32.const(0));
  f.block((otherwise) => {
    for (const [index, part] of parts.entries()) {
      const bytes = Buffer.from(part, 'utf8');
      const needle = [w.constant(bytes), i32.const(bytes.length)] as const;
      if (index === 0 && !isOpenAtStart) {
        f.brIf(otherwise, i32.eqz(startsWith(w, text, bytes)));
        f.set(from, i32.const(bytes.length));
      } else if (index === parts.length - 1 && !isOpenAtEnd) {
        f.brIf(otherwise, i32.ltS(text[1], i32.add(from, i32.const(bytes.length))));
        f.brIf(otherwise, i32.eqz(w.kernel('textEndsWith', 'i32', ...text, ...needle)));
      } else {
        const at = f.local('i32', w.kernel('textFind', 'i32', ...text, ...needle, from));
        f.brIf(otherwise, i32.ltS(at, i32.const(0)));
        f.set(from, i32.add(at, i32.const(bytes.length)));
      }
    }
    f.set(truth, i32.const(1));
  });
  return w.value(type, null, truth);
}

function writeMatch(
  w: ExpressionWriter,
  text: readonly [I32, I32],
  pattern: readonly [I32, I32],
  escapeCharacter: number,
  type: SqlType,
  shown: Value,
): Value {
  const answer = w.f.local('i32', w.kernel('likeMatch', 'i32', ...text, ...pattern, i32.const(escapeCharacter)));
  w.f.if(i32.eq(answer, i32.const(2)), () => w.fail('invalid escape sequence in the pattern {0}', shown));
  return w.value(type, null, answer);
}

const params = [character('text'), character('pattern'), character('escape', { optional: true, literal: true })];

export const like: ScalarFunction = {
  name: 'LIKE',
  category: 'comparison',
  summary:
    'Whether the text is like the pattern: % stands for any text, _ for one character. The escape character is the backslash for a computed pattern, none for a literal one.',
  examples: [
    { sql: "'parcel' LIKE 'par%'", result: 'TRUE' },
    { sql: "'50%' LIKE '50!%' ESCAPE '!'", result: 'TRUE' },
  ],
  overloads: [{ params, returns: () => BOOLEAN(false), code: { kind: 'wasm', write: writeLike } }],
};

export const similarTo: ScalarFunction = {
  name: 'SIMILAR TO',
  category: 'comparison',
  summary: 'Whether the whole text matches the regular expression of the SQL standard, with % and _ as in LIKE.',
  examples: [
    { sql: "'parcel' SIMILAR TO '(par|box)%'", result: 'TRUE' },
    { sql: "'box77' SIMILAR TO 'box[0-9]'", result: 'FALSE' },
  ],
  overloads: [
    {
      params,
      returns: () => BOOLEAN(false),
      code: {
        kind: 'host',
        evaluate: ([text, pattern, escaper]) => {
          const regex = compiledRegex(similarToRegex(String(pattern), escaper === undefined ? null : String(escaper)));
          if (regex === null) throw new Error(`the pattern ${JSON.stringify(pattern)} is malformed`);
          return regex.first(String(text)) !== null;
        },
      },
    },
  ],
};

export const likeFunctions: readonly ScalarFunction[] = [like, similarTo];
