import { SyntaxProblem } from './syntax-problem.ts';
import type { SqlToken } from './tokens.ts';
import * as T from './tokens.ts';

/** A name without its back-ticks. */
export function decodeName(image: string): string {
  return image.slice(1, -1).replaceAll('``', '`');
}

/** The value of a string written in one piece or more; `escapedBy` is the string after UESCAPE. */
export function decodeString(pieces: readonly SqlToken[], escapedBy: SqlToken | null): string {
  const first = pieces[0] as SqlToken;
  const joined = pieces.map(contentOf).join('');
  if (first.tokenType === T.UnicodeString) return decodeUnicode(joined, first, escapedBy);
  if (escapedBy !== null) {
    throw new SyntaxProblem('P006', placeOf(escapedBy), 'UESCAPE without a string that begins with U&');
  }
  return first.tokenType === T.EscapedString ? decodeEscapes(joined, first) : joined;
}

/** The character set before a string, in upper case: `N`, `UTF8`; null without one. */
export function charsetOf(token: SqlToken): string | null {
  if (token.tokenType !== T.PrefixedString) return null;
  const charset = token.image.slice(0, token.image.indexOf("'")).replace(/^_/, '').toUpperCase();
  if (!charsets.has(charset)) {
    throw new SyntaxProblem('P006', placeOf(token), `unknown character set "${charset}"`);
  }
  return charset;
}

/** The digits of `X'00FF'`, in lower case. */
export function decodeBinary(pieces: readonly SqlToken[]): string {
  const hex = pieces.map(contentOf).join('').toLowerCase();
  const first = pieces[0] as SqlToken;
  if (!/^[0-9a-f]*$/.test(hex)) {
    throw new SyntaxProblem('P006', placeOf(first), 'a binary string holds the digits 0-9 and A-F only');
  }
  if (hex.length % 2 === 1) {
    throw new SyntaxProblem(
      'P006',
      placeOf(first),
      'a binary string holds two digits for each byte',
      "write X'0A', not X'A'",
    );
  }
  return hex;
}

const charsets = new Set([
  ...['N', 'UTF8', 'UTF-8', 'UTF16', 'UTF-16', 'UTF-16LE', 'UTF-16BE', 'UTF_16', 'UTF_8', 'LATIN1', 'ISO-8859-1'],
  ...['ISO_8859_1', 'ISO8859-1', 'US-ASCII', 'ASCII', 'CP1252', 'WINDOWS-1252'],
]);

function contentOf(token: SqlToken): string {
  const { image } = token;
  const content = image.slice(image.indexOf("'") + 1, -1);
  return token.tokenType === T.EscapedString ? content : content.replaceAll("''", "'");
}

function decodeUnicode(text: string, token: SqlToken, escapedBy: SqlToken | null): string {
  const mark = escapedBy === null ? '\\' : contentOf(escapedBy);
  if (mark.length !== 1 || /[0-9A-Fa-f+"'\s]/.test(mark)) {
    throw new SyntaxProblem(
      'P006',
      placeOf(escapedBy ?? token),
      'UESCAPE takes one character that is no digit, sign, quote or blank',
    );
  }
  let value = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== mark) value += text[at];
    else if (text[at + 1] === mark) value += text[at++];
    else {
      const digits = /^(?:\+[0-9A-Fa-f]{6}|[0-9A-Fa-f]{4})/.exec(text.slice(at + 1, at + 8))?.[0];
      if (digits === undefined) {
        throw new SyntaxProblem(
          'P006',
          placeOf(token),
          `"${mark}" must be followed by four hexadecimal digits, or + and six`,
        );
      }
      value += codePoint(digits.replace('+', ''), token);
      at += digits.length;
    }
  }
  return value;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  "'": "'",
};

/** As in C and PostgreSQL: `\n`, `\x41`, `\u0041`, `\U0001F600`, `\101`; before any other character the backslash stays. */
function decodeEscapes(text: string, token: SqlToken): string {
  return text.replace(
    /''|\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|([\s\S]))/g,
    (match, short?: string, long?: string, byte?: string, octal?: string, other?: string) => {
      if (match === "''") return "'";
      const hex = short ?? long ?? byte;
      if (hex !== undefined) return codePoint(hex, token);
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (other === 'u' || other === 'U') {
        throw new SyntaxProblem(
          'P006',
          placeOf(token),
          `"\\${other}" must be followed by ${other === 'u' ? 4 : 8} hexadecimal digits`,
        );
      }
      return simpleEscapes[other ?? ''] ?? match;
    },
  );
}

function codePoint(hex: string, token: SqlToken): string {
  const code = Number.parseInt(hex, 16);
  if (code > 0x10ffff) throw new SyntaxProblem('P006', placeOf(token), `no character has the number ${hex}`);
  return String.fromCodePoint(code);
}

function placeOf(token: SqlToken): { start: number; end: number } {
  return { start: token.startOffset, end: token.endOffset + 1 };
}
