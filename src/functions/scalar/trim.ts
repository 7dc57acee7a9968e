import { type SqlType, STRING, type TextType } from '../../types/sql-type.ts';
import { i32 } from '../../wasm/code.ts';
import { character } from '../parameters.ts';
import type { ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { literalText, viewValue } from './text-value.ts';

const sides = { LEADING: 1, TRAILING: 2, BOTH: 3 } as const;

const blank = new Uint8Array([0x20]);

/** The text without characters of a set (absent: the blank) at the sides, as a view on it. */
function writeTrim(w: ExpressionWriter, text: Value, set: Value | undefined, side: number, type: SqlType): Value {
  const [address, length] = w.bytes(text);
  const [characters, count] = set === undefined ? [w.constant(blank), i32.const(1)] : w.bytes(set);
  return viewValue(w, type, w.kernel('textTrim', 'i64', address, length, characters, count, i32.const(side)));
}

/** VARCHAR of the text's length. */
const varying = (text: SqlType): SqlType => ({ kind: 'VARCHAR', length: (text as TextType).length, nullable: false });

const trimOf = (side: number, returns: ScalarOverload['returns']): ScalarOverload => ({
  params: [character('text'), character('characters', { optional: true })],
  returns,
  code: { kind: 'wasm', write: (w, [text, set], type) => writeTrim(w, text!, set, side, type) },
});

export const trim: ScalarFunction = {
  name: 'TRIM',
  category: 'string',
  summary: 'The text without the given characters (blanks, where none are given) at its start, its end or both.',
  examples: [
    { sql: "TRIM('  pad  ')", result: 'pad' },
    { sql: "TRIM(LEADING 'ab' FROM 'baabcab')", result: 'cab' },
  ],
  overloads: [
    {
      params: [character('side', { literal: true }), character('characters'), character('text')],
      returns: ([, , text]) => varying(text!),
      code: {
        kind: 'wasm',
        write: (w, [side, set, text], type) =>
          writeTrim(w, text!, set, sides[literalText(side!) as keyof typeof sides], type),
      },
    },
  ],
};

export const ltrim: ScalarFunction = {
  name: 'LTRIM',
  category: 'string',
  summary: 'The text without blanks, or the given characters, at its start.',
  examples: [{ sql: "LTRIM('xyxpad', 'xy')", result: 'pad' }],
  overloads: [trimOf(sides.LEADING, ([text]) => varying(text!))],
};

export const rtrim: ScalarFunction = {
  name: 'RTRIM',
  category: 'string',
  summary: 'The text without blanks, or the given characters, at its end.',
  examples: [{ sql: "RTRIM('padyxy', 'xy')", result: 'pad' }],
  overloads: [trimOf(sides.TRAILING, ([text]) => varying(text!))],
};

export const btrim: ScalarFunction = {
  name: 'BTRIM',
  category: 'string',
  summary: 'The text without blanks, or the given characters, at both ends.',
  examples: [{ sql: "BTRIM('--order-7--', '-')", result: 'order-7' }],
  overloads: [trimOf(sides.BOTH, () => STRING(false))],
};

export const trimFunctions: readonly ScalarFunction[] = [trim, ltrim, rtrim, btrim];
