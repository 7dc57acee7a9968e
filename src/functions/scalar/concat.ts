import { lengthMax, type SqlType, STRING, type TextType } from '../../types/sql-type.ts';
import { type I32, i32 } from '../../wasm/code.ts';
import { character } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { newText } from './text-value.ts';

/** Text after text, as one value. */
export function writeConcat(w: ExpressionWriter, parts: readonly Value[], type: SqlType): Value {
  const views = parts.map((part) => w.bytes(part));
  const total = views.map(([, length]): I32 => length).reduce((sum, length) => i32.add(sum, length));
  return newText(w, type, total, (to) => {
    const end = w.f.local('i32', to);
    for (const [address, length] of views) {
      w.f.do(w.kernel('copyBytes', 'void', end, address, length));
      w.f.set(end, i32.add(end, length));
    }
  });
}

/** The length of both together; CHAR only where both are. */
function joinedType([a, b]: readonly SqlType[]): SqlType {
  const left = a as TextType;
  const right = b as TextType;
  return {
    kind: left.kind === 'CHAR' && right.kind === 'CHAR' ? 'CHAR' : 'VARCHAR',
    length: Math.min(left.length + right.length, lengthMax),
    nullable: false,
  };
}

export const concatOperator: ScalarFunction = {
  name: '||',
  category: 'string',
  summary: 'The second text behind the first; NULL if one of them is.',
  examples: [
    { sql: "'order-' || '7'", result: 'order-7' },
    { sql: "'a' || CAST(NULL AS STRING)", result: null },
  ],
  overloads: [
    {
      params: [character('a'), character('b')],
      returns: joinedType,
      code: { kind: 'wasm', write: writeConcat },
    },
  ],
};

export const concat: ScalarFunction = {
  name: 'CONCAT',
  category: 'string',
  summary: 'All texts behind each other; NULL if one of them is.',
  examples: [{ sql: "CONCAT('a', '', 'c')", result: 'ac' }],
  overloads: [
    {
      params: [character('text', { variadic: true })],
      returns: () => STRING(false),
      code: { kind: 'wasm', write: writeConcat },
    },
  ],
};

export const concatWs: ScalarFunction = {
  name: 'CONCAT_WS',
  category: 'string',
  summary: 'The texts that are not NULL with the separator between them; NULL only if the separator is.',
  examples: [
    { sql: "CONCAT_WS('-', 'a', CAST(NULL AS STRING), 'c')", result: 'a-c' },
    { sql: "CONCAT_WS('-', CAST(NULL AS STRING))", result: '' },
  ],
  overloads: [
    {
      params: [character('separator'), character('text', { optional: true, variadic: true })],
      returns: (args) => STRING(args.some((arg) => arg.nullable)),
      nulls: 'custom',
      code: { kind: 'wasm', write: writeConcatWs },
    },
  ],
};

function writeConcatWs(w: ExpressionWriter, [separator, ...texts]: readonly Value[], type: SqlType): Value {
  const { f } = w;
  const [by, byLength] = w.bytes(separator!);
  const total = f.local('i32', i32.const(0));
  const count = f.local('i32', i32.const(0));
  for (const text of texts) {
    f.if(i32.eqz(w.isNull(text)), () => {
      f.set(total, i32.add(total, w.bytes(text)[1]));
      f.set(count, i32.add(count, i32.const(1)));
    });
  }
  f.if(count, () => f.set(total, i32.add(total, i32.mul(byLength, i32.sub(count, i32.const(1))))));
  const joined = newText(w, type, total, (to) => {
    const end = f.local('i32', to);
    const isBehind = f.local('i32', i32.const(0));
    for (const text of texts) {
      const [address, length] = w.bytes(text);
      f.if(i32.eqz(w.isNull(text)), () => {
        f.if(isBehind, () => {
          f.do(w.kernel('copyBytes', 'void', end, by, byLength));
          f.set(end, i32.add(end, byLength));
        });
        f.do(w.kernel('copyBytes', 'void', end, address, length));
        f.set(end, i32.add(end, length));
        f.set(isBehind, i32.const(1));
      });
    }
  });
  return { ...joined, type, isNull: separator!.isNull };
}

export const concatFunctions: readonly ScalarFunction[] = [concatOperator, concat, concatWs];
