import { STRING } from '../../types/sql-type.ts';
import { character } from '../parameters.ts';
import type { HostValue, ScalarFunction } from '../scalar-function.ts';
import { checkedLength, newText } from './text-value.ts';

export const replace: ScalarFunction = {
  name: 'REPLACE',
  category: 'string',
  summary: 'The text with each place of one text replaced by another.',
  examples: [
    { sql: "REPLACE('a-b-c', '-', '+')", result: 'a+b+c' },
    { sql: "REPLACE('abc', '', '-')", result: '-a-b-c-' },
  ],
  overloads: [
    {
      params: [character('text'), character('search'), character('by')],
      returns: () => STRING(false),
      code: {
        kind: 'wasm',
        write: (w, [text, search, by], type) => {
          const [address, length] = w.bytes(text!);
          const [wanted, wantedLength] = w.bytes(search!);
          const [put, putLength] = w.bytes(by!);
          const total = checkedLength(
            w,
            w.kernel('textReplacedLength', 'i64', address, length, wanted, wantedLength, putLength),
          );
          return newText(w, type, total, (to) =>
            w.f.do(w.kernel('textReplace', 'void', address, length, wanted, wantedLength, put, putLength, to)),
          );
        },
      },
    },
  ],
};

export const reverse: ScalarFunction = {
  name: 'REVERSE',
  category: 'string',
  summary: 'The characters from last to first.',
  examples: [{ sql: "REVERSE('stressed')", result: 'desserts' }],
  overloads: [
    {
      params: [character('text')],
      returns: () => STRING(),
      code: {
        kind: 'wasm',
        write: (w, [text], type) => {
          const [address, length] = w.bytes(text!);
          return newText(w, type, length, (to) => w.f.do(w.kernel('textReverse', 'void', address, length, to)));
        },
      },
    },
  ],
};

export const translate: ScalarFunction = {
  name: 'TRANSLATE',
  aliases: ['TRANSLATE3'],
  category: 'string',
  summary: 'The text with each character of one list replaced by the one at its place in another, or dropped.',
  examples: [
    { sql: "TRANSLATE('2024/05/06', '/', '-')", result: '2024-05-06' },
    { sql: "TRANSLATE('(12) 34-56', '() -', '')", result: '123456' },
  ],
  overloads: [
    {
      params: [character('text'), character('from'), character('to')],
      returns: ([text]) => STRING(text!.nullable),
      nulls: 'custom',
      code: { kind: 'host', evaluate: ([text, from, to]) => translated(text, from, to) },
    },
  ],
};

/** NULL as a list is the empty one; of a character that is listed twice the first place counts. */
function translated(text: HostValue | undefined, from: HostValue | undefined, to: HostValue | undefined): HostValue {
  if (typeof text !== 'string') return null;
  const targets = Array.from(typeof to === 'string' ? to : '');
  const mapping = new Map<string, string>();
  for (const [at, character] of Array.from(typeof from === 'string' ? from : '').entries()) {
    if (!mapping.has(character)) mapping.set(character, targets[at] ?? '');
  }
  return Array.from(text, (character) => mapping.get(character) ?? character).join('');
}

export const replaceFunctions: readonly ScalarFunction[] = [replace, reverse, translate];
