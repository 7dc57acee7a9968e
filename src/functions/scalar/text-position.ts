import { INT } from '../../types/sql-type.ts';
import { type I32, i32, ifElse, select, v128 } from '../../wasm/code.ts';
import { character, int } from '../parameters.ts';
import type { HostValue, ScalarCode, ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';

/** Where a text stands in another, in code points from 1; 0 where it does not. */

function position(needle: number, haystack: number): ScalarCode {
  return {
    kind: 'wasm',
    write: (w, args, type) => {
      const [address, length] = w.bytes(args[haystack]!);
      const [search, searchLength] = w.bytes(args[needle]!);
      const from = args[2] === undefined ? i32.const(1) : w.i32(args[2]);
      return w.value(type, null, w.kernel('textPosition', 'i32', address, length, search, searchLength, from));
    },
  };
}

const returns = () => INT(false);

/** A text of up to 16 bytes is counted in place, without a call: its bytes less those that continue a code point. */
function writeLength(w: ExpressionWriter, text: Value): I32 {
  const [address, length] = w.bytes(text);
  // As signed bytes, 0x80..0xbf are the numbers below -64. What lies behind the text is masked out.
  const continued = v128.bitmask8(v128.ltS8(v128.load(address), v128.const8(0xc0)));
  const own = i32.sub(i32.shl(i32.const(1), length), i32.const(1));
  const short = i32.sub(length, i32.popcnt(i32.and(continued, own)));
  return ifElse(i32.leU(length, i32.const(16)), short, w.kernel('textLength', 'i32', address, length));
}

export const charLength: ScalarFunction = {
  name: 'CHAR_LENGTH',
  aliases: ['CHARACTER_LENGTH'],
  category: 'string',
  summary: 'The number of characters (code points) of the text.',
  examples: [
    { sql: "CHAR_LENGTH('naïve')", result: '5' },
    { sql: "CHAR_LENGTH('a😀b')", result: '3' },
  ],
  overloads: [
    {
      params: [character('text')],
      returns,
      code: {
        kind: 'wasm',
        write: (w, [text], type) => w.value(type, null, writeLength(w, text!)),
      },
    },
  ],
};

export const positionFunction: ScalarFunction = {
  name: 'POSITION',
  category: 'string',
  summary: 'Where a text first stands in another, from 1; 0 where it does not.',
  examples: [{ sql: "POSITION('b' IN 'abcb')", result: '2' }],
  overloads: [
    {
      params: [character('needle'), character('text'), int('from', { optional: true })],
      returns,
      code: position(0, 1),
    },
  ],
};

export const locate: ScalarFunction = {
  name: 'LOCATE',
  category: 'string',
  summary: 'Where a text first stands in another, from the given character on; 0 where it does not.',
  examples: [{ sql: "LOCATE('b', 'abcb', 3)", result: '4' }],
  overloads: [
    {
      params: [character('needle'), character('text'), int('from', { optional: true })],
      returns,
      code: position(0, 1),
    },
  ],
};

const searchFrom: ScalarOverload = {
  params: [character('text'), character('needle'), int('from'), int('nth', { optional: true })],
  returns,
  code: {
    kind: 'host',
    evaluate: ([text, needle, from, nth]) => nthPosition(String(text), String(needle), Number(from), nth),
  },
};

/** The nth place from a character on; from a negative character, backwards from the end. */
function nthPosition(text: string, needle: string, from: number, nth: HostValue | undefined): number {
  const count = nth === undefined ? 1 : Number(nth);
  if (count <= 0) throw new Error(`the number of the occurrence must be positive, got ${count}`);
  if (from === 0) return 0;
  const characters = Array.from(text);
  const wanted = Array.from(needle);
  const step = from > 0 ? 1 : -1;
  let left = count;
  for (let at = from > 0 ? from - 1 : characters.length + from; at >= 0 && at <= characters.length; at += step) {
    if (wanted.every((character, offset) => characters[at + offset] === character) && --left === 0) return at + 1;
  }
  return 0;
}

export const instr: ScalarFunction = {
  name: 'INSTR',
  category: 'string',
  summary: 'Where a text holds another, from 1; from a character on (backwards where it is negative), the nth time.',
  examples: [
    { sql: "INSTR('abcb', 'b')", result: '2' },
    { sql: "INSTR('corporate floor', 'or', 3, 2)", result: '14' },
  ],
  overloads: [{ params: [character('text'), character('needle')], returns, code: position(1, 0) }, searchFrom],
};

export const ascii: ScalarFunction = {
  name: 'ASCII',
  category: 'string',
  summary: 'The first byte of the text, from -128 to 127; 0 for the empty text.',
  examples: [{ sql: "ASCII('abc')", result: '97' }],
  overloads: [
    {
      params: [character('text')],
      returns,
      code: {
        kind: 'wasm',
        write: (w, [text], type) => {
          const [address, length] = w.bytes(text!);
          return w.value(type, null, select(length, i32.load8S(address), i32.const(0)));
        },
      },
    },
  ],
};

export const textPositionFunctions: readonly ScalarFunction[] = [charLength, positionFunction, locate, instr, ascii];
