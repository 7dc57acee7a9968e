import type { SqlType } from '../../types/sql-type.ts';
import { character } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';
import type { ExpressionWriter, HostValue, Value } from '../value.ts';
import { newText, sure } from './text-value.ts';

/** ASCII text is turned in the kernel, other text by JavaScript, whose rules are Java's: the whole Unicode mapping. */
function writeFolded(w: ExpressionWriter, [text]: readonly Value[], type: SqlType, kernel: string, fold: Fold): Value {
  const [address, length] = w.bytes(text!);
  const result = w.variable({ ...type, nullable: false } as SqlType);
  w.f.if(
    w.kernel('textIsAscii', 'i32', address, length),
    () =>
      w.assign(
        result,
        newText(w, type, length, (to) => w.f.do(w.kernel(kernel, 'void', address, length, to))),
      ),
    () => w.assign(result, sure(w.host(([value]) => fold(value), [text!], type))),
  );
  return result;
}

type Fold = (text: HostValue | undefined) => string;

export const upper: ScalarFunction = {
  name: 'UPPER',
  category: 'string',
  summary: 'The text in upper case.',
  examples: [{ sql: "UPPER('Order 7b')", result: 'ORDER 7B' }],
  overloads: [
    {
      params: [character('text')],
      returns: ([text]) => text!,
      code: {
        kind: 'wasm',
        write: (w, args, type) => writeFolded(w, args, type, 'textUpperAscii', (text) => String(text).toUpperCase()),
      },
    },
  ],
};

export const lower: ScalarFunction = {
  name: 'LOWER',
  category: 'string',
  summary: 'The text in lower case.',
  examples: [{ sql: "LOWER('Order 7B')", result: 'order 7b' }],
  overloads: [
    {
      params: [character('text')],
      returns: ([text]) => text!,
      code: {
        kind: 'wasm',
        write: (w, args, type) => writeFolded(w, args, type, 'textLowerAscii', (text) => String(text).toLowerCase()),
      },
    },
  ],
};

export const initcap: ScalarFunction = {
  name: 'INITCAP',
  category: 'string',
  summary:
    'Each word with its first letter in upper case and the rest in lower case; only a to z and digits make a word.',
  examples: [{ sql: "INITCAP('hello wORLD')", result: 'Hello World' }],
  overloads: [
    {
      params: [character('text')],
      returns: ([text]) => text!,
      code: {
        kind: 'wasm',
        write: (w, [text], type) => {
          const [address, length] = w.bytes(text!);
          return newText(w, type, length, (to) => w.f.do(w.kernel('textInitcap', 'void', address, length, to)));
        },
      },
    },
  ],
};

export const letterCaseFunctions: readonly ScalarFunction[] = [upper, lower, initcap];
