import { scan } from '../../../../grammar/scanner.ts';
import type { SqlToken } from '../../../../grammar/tokens.ts';
import * as T from '../../../../grammar/tokens.ts';
import { SourceText } from '../../../diagnostics/source-text.ts';

/** What is being typed, and what stands around it in its statement. */
export interface CursorPlace {
  /** The statement's tokens before the word. */
  readonly before: readonly SqlToken[];
  /** Those behind the cursor. */
  readonly after: readonly SqlToken[];
  /** What was typed of the word, without the quote that opens it. */
  readonly word: string;
  /** Where the word begins, with its quote. */
  readonly from: number;
  /** The quote that is open. */
  readonly quote: "'" | '`' | null;
  /** The character behind the cursor. */
  readonly next: string;
  /** The statement up to the word. */
  readonly source: SourceText;
}

/** Null in a comment, where there is nothing to complete. */
export function cursorPlace(text: string, cursor: number): CursorPlace | null {
  const { tokens, problems } = scan(text.slice(0, cursor));
  const open = problems.at(-1);
  if (open?.kind === 'endlessComment') return null;
  const lastEnd = (tokens.at(-1)?.endOffset ?? -1) + 1;
  const quote = open?.kind === 'endlessString' ? "'" : open?.kind === 'endlessName' ? '`' : null;
  if (quote === null && /--|\/\//.test(text.slice(lastEnd, cursor))) return null;
  const statement = tokens.slice(tokens.findLastIndex(({ tokenType }) => tokenType === T.Semicolon) + 1);
  const last = statement.at(-1);
  const isWord = quote === null && last !== undefined && lastEnd === cursor && /^[\p{L}_$]/u.test(last.image);
  const before = isWord ? statement.slice(0, -1) : statement;
  const from = quote !== null ? (open?.start ?? cursor) : isWord ? last.startOffset : cursor;
  // Behind an open quote all would be read the other way round.
  const behind = quote === null ? scan(text.slice(cursor)).tokens : [];
  const end = behind.findIndex(({ tokenType }) => tokenType === T.Semicolon);
  return {
    before,
    after: end < 0 ? behind : behind.slice(0, end),
    word: text.slice(quote === null ? from : from + 1, cursor),
    from,
    quote,
    next: text.charAt(cursor),
    source: new SourceText('prompt', text.slice(0, from)),
  };
}

/** What a token names; null for one that is no name. */
export function nameOf(token: SqlToken | undefined): string | null {
  if (token === undefined) return null;
  const { tokenType, image } = token;
  if (tokenType === T.QuotedIdentifier) return image.slice(1, -1).replaceAll('``', '`');
  return tokenType === T.Identifier || (tokenType.CATEGORIES ?? []).includes(T.Name) ? image : null;
}

/** The value of a plain string; null for another token. */
export function stringOf(token: SqlToken | undefined): string | null {
  return token?.tokenType === T.QuotedString ? token.image.slice(1, -1).replaceAll("''", "'") : null;
}

/** The place of the bracket that is open at the end of the tokens; -1 where none is. */
export function openBracket(tokens: readonly SqlToken[]): number {
  let closed = 0;
  for (let at = tokens.length - 1; at >= 0; at--) {
    const type = tokens[at]?.tokenType;
    if (type === T.RightParen) closed++;
    else if (type === T.LeftParen && --closed < 0) return at;
  }
  return -1;
}
