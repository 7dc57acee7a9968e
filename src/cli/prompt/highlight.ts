import { scan } from '../../../grammar/scanner.ts';
import * as T from '../../../grammar/tokens.ts';
import { isReservedWord, K, type SqlToken } from '../../../grammar/tokens.ts';
import { aggregateFunction, scalarFunction } from '../../functions/registry.ts';

/** What a stretch of SQL is to the eye. */
export type SqlStyle = 'keyword' | 'function' | 'text' | 'number' | 'comment' | 'wrong';

/** `[start, end)`; what no stretch covers is plain. */
export interface StyledSpan {
  readonly start: number;
  readonly end: number;
  readonly style: SqlStyle;
}

/** The stretches of a text that have a style, in order. O(length). */
export function highlight(text: string): StyledSpan[] {
  const { tokens, problems } = scan(text);
  const spans: StyledSpan[] = [];
  let end = 0;
  const gap = (to: number): void => {
    if (to > end) spans.push(...commentsIn(text, end, to));
  };
  for (const [at, token] of tokens.entries()) {
    gap(token.startOffset);
    end = token.endOffset + 1;
    const style = styleOf(token, tokens[at + 1]);
    if (style !== null) spans.push({ start: token.startOffset, end, style });
  }
  gap(text.length);
  for (const { kind, start, end: problemEnd } of problems) {
    // A string that is being typed is one.
    const style = kind === 'endlessString' ? 'text' : kind === 'endlessComment' ? 'comment' : 'wrong';
    spans.push({ start, end: kind === 'endlessComment' ? text.length : problemEnd, style });
  }
  return problems.length === 0 ? spans : spans.sort((a, b) => a.start - b.start);
}

const strings = new Set([T.QuotedString, T.PrefixedString, T.UnicodeString, T.EscapedString, T.BinaryString]);
const numbers = new Set([T.IntegerLiteral, T.DecimalLiteral, T.ApproximateLiteral]);
const ruleWords = new Set(Object.values(K));

function styleOf({ tokenType, image }: SqlToken, next: SqlToken | undefined): SqlStyle | null {
  if (strings.has(tokenType)) return 'text';
  if (numbers.has(tokenType)) return 'number';
  if (!/^[a-z]/i.test(image)) return null;
  if (next?.tokenType === T.LeftParen && (scalarFunction(image) ?? aggregateFunction(image)) !== undefined)
    return 'function';
  if (isReservedWord(image)) return 'keyword';
  // Words that may be names as well are meant as words where they are written in capitals.
  return ruleWords.has(tokenType) && image.length > 1 && image === image.toUpperCase() ? 'keyword' : null;
}

/** What lies between tokens is space and comments. */
function commentsIn(text: string, from: number, to: number): StyledSpan[] {
  return [...text.slice(from, to).matchAll(/(?:--|\/\/)[^\n\r]*|\/\*[\s\S]*?\*\//g)].map(({ 0: comment, index }) => ({
    start: from + index,
    end: from + index + comment.length,
    style: 'comment',
  }));
}
