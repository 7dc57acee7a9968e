import { BOOLEAN, lengthMax, type SqlType, type TextType } from '../../types/sql-type.ts';
import { i32, select } from '../../wasm/code.ts';
import { isBinary } from '../coercion.ts';
import { character, int, parameter } from '../parameters.ts';
import type { ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { writeConcat } from './concat.ts';
import { viewValue } from './text-value.ts';

/** VARCHAR of the text's length; NULL is possible for a negative length. */
const piece = ([text]: readonly SqlType[]): SqlType => ({
  kind: 'VARCHAR',
  length: (text as TextType).length,
  nullable: true,
});

const all = i32.const(lengthMax);

/** The pieces are views on the text: nothing is copied. */
export const substring: ScalarFunction = {
  name: 'SUBSTRING',
  aliases: ['SUBSTR'],
  category: 'string',
  summary: 'The characters from a place on (from 1; from the end where it is negative), at most so many.',
  examples: [
    { sql: "SUBSTRING('warehouse' FROM 1 FOR 4)", result: 'ware' },
    { sql: "SUBSTRING('warehouse', -5, 2)", result: 'ho' },
    { sql: "SUBSTRING('warehouse', 5, -1)", result: null },
  ],
  overloads: [
    {
      params: [character('text'), int('from'), int('length', { optional: true })],
      returns: piece,
      code: {
        kind: 'wasm',
        write: (w, [text, from, length], type) => {
          const count = length === undefined ? all : w.i32(length);
          const found = viewValue(w, type, w.kernel('textSlice', 'i64', ...w.bytes(text!), w.i32(from!), count));
          const isNull = length === undefined ? null : w.f.local('i32', i32.ltS(count, i32.const(0)));
          return { ...found, type, isNull };
        },
      },
    },
  ],
};

export const left: ScalarFunction = {
  name: 'LEFT',
  category: 'string',
  summary: 'The first characters, at most so many.',
  examples: [{ sql: "LEFT('warehouse', 4)", result: 'ware' }],
  overloads: [
    {
      params: [character('text'), int('length')],
      returns: piece,
      code: {
        kind: 'wasm',
        write: (w, [text, length], type) =>
          viewValue(w, type, w.kernel('textSlice', 'i64', ...w.bytes(text!), i32.const(1), w.i32(length!))),
      },
    },
  ],
};

export const right: ScalarFunction = {
  name: 'RIGHT',
  category: 'string',
  summary: 'The last characters, at most so many.',
  examples: [{ sql: "RIGHT('warehouse', 5)", result: 'house' }],
  overloads: [
    {
      params: [character('text'), int('length')],
      returns: piece,
      code: {
        kind: 'wasm',
        write: (w, [text, length], type) =>
          viewValue(w, type, w.kernel('textRight', 'i64', ...w.bytes(text!), w.i32(length!))),
      },
    },
  ],
};

/**
 * The text with characters replaced: from a place (outside the text: nothing changes), so many (absent: as many as the
 * new text has; none or less: all the rest).
 */
function writeOverlay(w: ExpressionWriter, args: readonly Value[], type: SqlType): Value {
  const [text, placing, from, length] = args as readonly [Value, Value, Value, Value | undefined];
  const { f } = w;
  const start = w.i32(from);
  const result = w.variable({ ...type, nullable: false } as SqlType);
  const count = length === undefined ? w.kernel('textLength', 'i32', ...w.bytes(placing)) : w.i32(length);
  const isInside = i32.and(
    i32.gtS(start, i32.const(0)),
    i32.leS(start, w.kernel('textLength', 'i32', ...w.bytes(text))),
  );
  f.if(
    isInside,
    () => {
      const [address, bytes] = w.bytes(text);
      const before = viewValue(
        w,
        type,
        w.kernel('textSlice', 'i64', address, bytes, i32.const(1), i32.sub(start, i32.const(1))),
      );
      const replaced = f.local('i32', count);
      // The place behind, unless all the rest goes or the sum is more than an INT holds.
      const behind = f.local('i32', i32.add(start, replaced));
      const hasRest = i32.and(i32.gtS(replaced, i32.const(0)), i32.gtS(behind, i32.const(0)));
      const rest = viewValue(
        w,
        type,
        w.kernel(
          'textSlice',
          'i64',
          address,
          bytes,
          select(hasRest, behind, i32.const(1)),
          select(hasRest, all, i32.const(0)),
        ),
      );
      w.assign(result, writeConcat(w, [before, placing, rest], type));
    },
    () => w.assign(result, text),
  );
  return result;
}

export const overlay: ScalarFunction = {
  name: 'OVERLAY',
  category: 'string',
  summary: 'The text with characters from a place on replaced by another text.',
  examples: [{ sql: "OVERLAY('2024-XX-01' PLACING '05' FROM 6 FOR 2)", result: '2024-05-01' }],
  overloads: [
    {
      params: [character('text'), character('placing'), int('from'), int('length', { optional: true })],
      returns: ([text, placing]) => ({
        kind: 'VARCHAR',
        length: Math.min((text as TextType).length + (placing as TextType).length, lengthMax),
        nullable: false,
      }),
      code: { kind: 'wasm', write: writeOverlay },
    },
  ],
};

/** Text in text and bytes in bytes. */
function affix(kernel: string): readonly ScalarOverload[] {
  const returns = () => BOOLEAN(false);
  const code: ScalarOverload['code'] = {
    kind: 'wasm',
    write: (w, [text, part], type) =>
      w.value(type, null, w.kernel(kernel, 'i32', ...w.bytes(text!), ...w.bytes(part!))),
  };
  const bytes = (name: string) => parameter(name, 'BYTES', isBinary);
  return [
    { params: [character('text'), character('part')], returns, code },
    { params: [bytes('bytes'), bytes('part')], returns, code },
  ];
}

export const startsWith: ScalarFunction = {
  name: 'STARTSWITH',
  category: 'string',
  summary: 'Whether the text starts with another.',
  examples: [{ sql: "STARTSWITH('order-7', 'order')", result: 'TRUE' }],
  overloads: affix('textStartsWith'),
};

export const endsWith: ScalarFunction = {
  name: 'ENDSWITH',
  category: 'string',
  summary: 'Whether the text ends with another.',
  examples: [{ sql: "ENDSWITH('order-7', '-7')", result: 'TRUE' }],
  overloads: affix('textEndsWith'),
};

export const substringFunctions: readonly ScalarFunction[] = [substring, left, right, overlay, startsWith, endsWith];
