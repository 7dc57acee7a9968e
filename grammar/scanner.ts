import type { TokenType } from 'chevrotain';
import { endOfName, isDigit, isNameStart } from './characters.ts';
import type { SqlToken } from './tokens.ts';
import * as T from './tokens.ts';

/** What the text has instead of a token. */
export interface ScanProblem {
  readonly kind:
    | 'strayCharacter'
    | 'doubleQuote'
    | 'endlessString'
    | 'endlessName'
    | 'endlessComment'
    | 'emptyName'
    | 'longName';
  readonly start: number;
  readonly end: number;
}

export interface Scan {
  readonly tokens: SqlToken[];
  readonly problems: readonly ScanProblem[];
}

/** Flink's bound on the length of a name. */
const nameLengthMax = 256;

/**
 * A text to tokens, in linear time. Written by hand: a lexer with a pattern for each of 770 words takes longer to
 * build than a short script takes to run. Lexical rules are those of Flink (Calcite's `Lex.JAVA`).
 */
export function scan(text: string): Scan {
  const tokens: SqlToken[] = [];
  const problems: ScanProblem[] = [];
  let at = 0;

  const push = (tokenType: TokenType, end: number): void => {
    tokens.push({
      image: text.slice(at, end),
      startOffset: at,
      endOffset: end - 1,
      tokenTypeIdx: tokenType.tokenTypeIdx as number,
      tokenType,
      opensQuery: false,
    });
    at = end;
  };
  const problem = (kind: ScanProblem['kind'], end: number): void => {
    problems.push({ kind, start: at, end });
    at = end;
  };
  /** A string whose quote stands at `quote`; the token begins at `at`. */
  const string = (tokenType: TokenType, quote: number): void => {
    const end = tokenType === T.EscapedString ? endOfEscapedString(text, quote) : endOfQuoted(text, quote, "'");
    if (end < 0) problem('endlessString', text.length);
    else push(tokenType, end);
  };

  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === space || (code >= 9 && code <= 13 && code !== 11)) at++;
    else if (isNameStart(code)) word();
    else if (isDigit(code)) number();
    else if (code === quote) string(T.QuotedString, at);
    else if (code === backTick) backTicked();
    else other(code);
  }
  return { tokens, problems };

  function word(): void {
    const end = endOfName(text, at + 1);
    if (text.charCodeAt(end) === quote) {
      const prefix = prefixedStringType(text.slice(at, end));
      if (prefix !== null) {
        string(prefix, end);
        return;
      }
    }
    if (text[end] === '&' && end === at + 1 && 'uU'.includes(text[at] ?? '') && text.charCodeAt(end + 1) === quote) {
      string(T.UnicodeString, end + 1);
      return;
    }
    if (end === at + 1 && text[at] === '$') push(T.Dollar, end);
    else if (end - at > nameLengthMax) problem('longName', end);
    else push(T.tokenTypeOfWord.get(text.slice(at, end).toUpperCase()) ?? T.Identifier, end);
  }

  /** `1`, `1.`, `1.5`, `1e-3`; what follows belongs to the next token, so that `1e` is 1 with the alias e. */
  function number(): void {
    let end = endOfDigits(text, at);
    let type = T.IntegerLiteral;
    if (text[end] === '.') {
      end = endOfDigits(text, end + 1);
      type = T.DecimalLiteral;
    }
    const exponentEnd = endOfExponent(text, end);
    if (exponentEnd > end) push(T.ApproximateLiteral, exponentEnd);
    else push(type, end);
  }

  function backTicked(): void {
    const end = endOfQuoted(text, at, '`');
    const line = endOfLine(text, at);
    if (end < 0 || end > line) problem('endlessName', line);
    else if (end === at + 2) problem('emptyName', end);
    else if (end - at - 2 > nameLengthMax) problem('longName', end);
    else push(T.QuotedIdentifier, end);
  }

  function other(code: number): void {
    const next = text.charCodeAt(at + 1);
    if ((code === dash && next === dash) || (code === slash && next === slash)) {
      at = endOfLine(text, at);
    } else if (code === slash && next === star && text[at + 2] !== '+') {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) problem('endlessComment', at + 2);
      else at = end + 2;
      if (end < 0) at = text.length;
    } else if (code === dot && isDigit(next)) {
      const digits = endOfDigits(text, at + 1);
      const end = endOfExponent(text, digits);
      push(end > digits ? T.ApproximateLiteral : T.DecimalLiteral, end);
    } else if (code === brace) {
      const match = /^\{ *(d|ts|t|fn)(?![A-Za-z0-9_$])/i.exec(text.slice(at, at + 40));
      push(
        match === null ? T.LeftBrace : (bracePrefixes[match[1]?.toLowerCase() ?? ''] as TokenType),
        at + (match?.[0].length ?? 1),
      );
    } else {
      const long = text.slice(at, at + 3) === '/*+' ? T.HintStart : symbols[text.slice(at, at + 2)];
      const symbol = long ?? symbols[text[at] ?? ''];
      if (symbol !== undefined) push(symbol, at + symbol.name.length);
      else if (code === doubleQuote) problem('doubleQuote', endOfDoubleQuoted(text, at));
      else problem('strayCharacter', at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1));
    }
  }
}

const space = 32;
const quote = 39;
const backTick = 96;
const dash = 45;
const slash = 47;
const star = 42;
const dot = 46;
const brace = 123;
const doubleQuote = 34;

const bracePrefixes: Readonly<Record<string, TokenType>> = {
  d: T.BraceDate,
  t: T.BraceTime,
  ts: T.BraceTimestamp,
  fn: T.BraceFunction,
};

const symbols: Readonly<Record<string, TokenType | undefined>> = Object.fromEntries(
  [
    ...[T.LeftParen, T.RightParen, T.LeftBracket, T.RightBracket, T.RightBrace, T.Semicolon, T.Dot, T.Comma, T.Equals],
    ...[T.Greater, T.Less, T.GreaterOrEqual, T.LessOrEqual, T.NotEqual, T.BangEqual, T.Question, T.Colon, T.Plus],
    ...[T.Minus, T.Star, T.Slash, T.Percent, T.Concat, T.VerticalBar, T.Caret, T.Arrow, T.HintEnd],
  ].map((type) => [type.name, type]),
);

/** The type of a string behind `X`, `E`, `N` or `_charset`; null where the word is a word of its own. */
function prefixedStringType(prefix: string): TokenType | null {
  if (prefix.length === 1 && 'xX'.includes(prefix)) return T.BinaryString;
  if (prefix.length === 1 && 'eE'.includes(prefix)) return T.EscapedString;
  if (prefix.length === 1 && 'nN'.includes(prefix)) return T.PrefixedString;
  return /^_[A-Za-z0-9]/.test(prefix) ? T.PrefixedString : null;
}

/** Behind the closing quote, which is written twice to stand for itself; -1 without one. */
function endOfQuoted(text: string, start: number, mark: string): number {
  for (let at = text.indexOf(mark, start + 1); at >= 0; at = text.indexOf(mark, at + 2)) {
    if (text[at + 1] !== mark) return at + 1;
  }
  return -1;
}

/** As `endOfQuoted`, where a backslash takes the character after it along. */
function endOfEscapedString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === "'") {
      if (text[at + 1] !== "'") return at + 1;
      at++;
    }
  }
  return -1;
}

/** What a person who writes double quotes means to be inside them. */
function endOfDoubleQuoted(text: string, start: number): number {
  const end = text.indexOf('"', start + 1);
  return end < 0 || end > endOfLine(text, start) ? start + 1 : end + 1;
}

function endOfDigits(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at++;
  return at;
}

/** Behind `e-3`; the start where none stands there. */
function endOfExponent(text: string, start: number): number {
  if (text[start] !== 'e' && text[start] !== 'E') return start;
  const sign = text[start + 1] === '+' || text[start + 1] === '-' ? 1 : 0;
  const end = endOfDigits(text, start + 1 + sign);
  return end > start + 1 + sign ? end : start;
}

function endOfLine(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return at;
  }
  return text.length;
}
