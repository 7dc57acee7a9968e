import { STRING } from '../../types/sql-type.ts';
import { character } from '../parameters.ts';
import type { ScalarFunction } from '../scalar-function.ts';

/** Text as a JSON string and back, as Flink does it: also with its way of writing characters beyond U+FFFF. */

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** Beyond ASCII `\u` and the code point; of a surrogate pair the second half follows once more. */
function quoted(text: string): string {
  let out = '"';
  for (let at = 0; at < text.length; at++) {
    const unit = text[at] as string;
    const sequence = escapes[unit];
    if (sequence !== undefined) out += sequence;
    else if (unit.charCodeAt(0) < 128) out += unit;
    else out += `\\u${(text.codePointAt(at) ?? 0).toString(16).padStart(4, '0')}`;
  }
  return `${out}"`;
}

const unescapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** A text that is no JSON string stays as it is. */
function unquoted(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  let out = '';
  for (let at = 1; at < text.length - 1; at++) {
    const unit = text[at] as string;
    if (unit !== '\\') {
      out += unit;
      continue;
    }
    const next = at + 1 < text.length - 1 ? (text[++at] as string) : '';
    if (next === 'u') {
      const code = text.slice(at + 1, at + 5);
      if (!/^[0-9a-fA-F]{4}$/.test(code) || at + 5 > text.length - 1) return text;
      out += String.fromCharCode(Number.parseInt(code, 16));
      at += 4;
    } else if (unescapes[next] === undefined) return text;
    else out += unescapes[next];
  }
  // Half a pair has no UTF-8: a question mark, as in Java.
  return out.replace(/\p{Surrogate}/gu, '?');
}

export const jsonQuote: ScalarFunction = {
  name: 'JSON_QUOTE',
  category: 'json',
  summary: 'The text as a JSON string in quotes, with `\\u` for what is not ASCII.',
  examples: [{ sql: "JSON_QUOTE('é')", result: '"\\u00e9"' }],
  overloads: [
    {
      params: [character('text')],
      returns: () => STRING(false),
      code: { kind: 'host', evaluate: ([text]) => quoted(String(text)) },
    },
  ],
};

export const jsonUnquote: ScalarFunction = {
  name: 'JSON_UNQUOTE',
  category: 'json',
  summary: 'The text behind a JSON string; what is none stays as it is.',
  examples: [{ sql: `JSON_UNQUOTE('"abc"')`, result: 'abc' }],
  overloads: [
    {
      params: [character('text')],
      returns: () => STRING(false),
      code: { kind: 'host', evaluate: ([text]) => unquoted(String(text)) },
    },
  ],
};

export const jsonQuoteFunctions: readonly ScalarFunction[] = [jsonQuote, jsonUnquote];
