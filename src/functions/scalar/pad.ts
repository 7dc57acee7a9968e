import { type SqlType, STRING } from '../../types/sql-type.ts';
import { i32, i64, select } from '../../wasm/code.ts';
import { character, int } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { checkedLength, newText } from './text-value.ts';

/**
 * The text filled up to a width in characters, or cut to it. A negative width and an empty filling have no answer: NULL
 * where the call may be NULL; where it is declared NOT NULL the row fails, as it does in Flink.
 */
function writePad(w: ExpressionWriter, args: readonly Value[], type: SqlType, isLeft: boolean): Value {
  const [text, width, pad] = args as readonly [Value, Value, Value];
  const { f } = w;
  const [address, length] = w.bytes(text);
  const [filling, fillingLength] = w.bytes(pad);
  const hasNone = f.local('i32', i32.or(i32.ltS(w.i32(width), i32.const(0)), i32.eqz(fillingLength)));
  if (!type.nullable) f.if(hasNone, () => w.fail('a width below 0 or an empty filling gives no text'));
  const result = w.variable(type);
  f.if(i32.eqz(hasNone), () => {
    const total = checkedLength(
      w,
      w.kernel('textPaddedLength', 'i64', address, length, w.i32(width), filling, fillingLength),
    );
    w.assign(
      result,
      newText(w, type, total, (to) =>
        f.do(
          w.kernel('textPad', 'void', address, length, filling, fillingLength, total, i32.const(isLeft ? 1 : 0), to),
        ),
      ),
    );
  });
  return result;
}

const params = [character('text'), int('width'), character('filling')];

export const lpad: ScalarFunction = {
  name: 'LPAD',
  category: 'string',
  summary: 'The text filled up at its start to a width, or cut to it.',
  examples: [
    { sql: "LPAD('7', 4, '0')", result: '0007' },
    { sql: "LPAD('abcdef', 3, 'x')", result: 'abc' },
  ],
  overloads: [
    {
      params,
      returns: () => STRING(false),
      code: { kind: 'wasm', write: (w, args, type) => writePad(w, args, type, true) },
    },
  ],
};

export const rpad: ScalarFunction = {
  name: 'RPAD',
  category: 'string',
  summary: 'The text filled up at its end to a width, or cut to it.',
  examples: [{ sql: "RPAD('7', 4, 'ab')", result: '7aba' }],
  overloads: [
    {
      params,
      returns: () => STRING(false),
      code: { kind: 'wasm', write: (w, args, type) => writePad(w, args, type, false) },
    },
  ],
};

export const repeat: ScalarFunction = {
  name: 'REPEAT',
  category: 'string',
  summary: 'The text so many times; the empty text for 0 and less.',
  examples: [{ sql: "REPEAT('ab', 3)", result: 'ababab' }],
  overloads: [
    {
      params: [character('text'), int('times')],
      returns: () => STRING(false),
      code: {
        kind: 'wasm',
        write: (w, [text, times], type) => {
          const [address, length] = w.bytes(text!);
          const wanted = w.i32(times!);
          // An empty text is not written at all, however often.
          const count = w.f.local(
            'i32',
            select(i32.and(i32.gtS(wanted, i32.const(0)), i32.ne(length, i32.const(0))), wanted, i32.const(0)),
          );
          const total = checkedLength(w, i64.mul(i64.extendI32U(length), i64.extendI32U(count)));
          return newText(w, type, total, (to) => w.f.do(w.kernel('textRepeat', 'void', address, length, count, to)));
        },
      },
    },
  ],
};

export const padFunctions: readonly ScalarFunction[] = [lpad, rpad, repeat];
