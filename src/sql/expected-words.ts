import { markQueryBrackets } from '../../grammar/query-brackets.ts';
import * as T from '../../grammar/tokens.ts';
import { K, type SqlToken } from '../../grammar/tokens.ts';
import type { SourceText } from '../diagnostics/source-text.ts';
import { parserFor } from './parse.ts';
import { attempt } from './parse-attempt.ts';

/** What may follow the beginning of a statement. */
export interface ExpectedWords {
  /** Words of the language, sorted. */
  readonly words: readonly string[];
  /** A value may stand there. */
  readonly isExpression: boolean;
  /** A name may stand there: one that is known, or a new one. */
  readonly isName: boolean;
}

const wordOf = new Map(Object.entries(K).map(([word, type]) => [type, word]));

/** What the grammar takes behind the tokens of a statement's beginning; null where it does not read so far. */
export function expectedWords(source: SourceText, tokens: readonly SqlToken[]): ExpectedWords | null {
  markQueryBrackets(tokens);
  const wanted = new Set(wantedBehind(source, tokens));
  const last = tokens.at(-1);
  if (last?.tokenType === T.LeftParen) {
    // What follows will say whether it opens a query.
    last.opensQuery = true;
    for (const type of wantedBehind(source, tokens)) wanted.add(type);
  }
  if (wanted.size === 0) return null;
  const isExpression = [...parserFor(source).firstOf('primary')].every((type) => wanted.has(type));
  const words = [...wanted].flatMap((type) => wordOf.get(type) ?? []).sort();
  return { words, isExpression, isName: wanted.has(T.Name) };
}

function wantedBehind(source: SourceText, tokens: readonly SqlToken[]): ReadonlySet<SqlToken['tokenType']> {
  const parser = parserFor(source);
  const wanted = new Set<SqlToken['tokenType']>();
  parser.lookahead.onMiss = (types) => {
    if (parser.nextIndex === tokens.length) for (const type of types) wanted.add(type);
  };
  // The parser puts ends behind the tokens that it is given.
  attempt(parser, [...tokens], (read) => read.statement());
  parser.lookahead.onMiss = null;
  if (parser.mismatch !== null && parser.nextIndex >= tokens.length) wanted.add(parser.mismatch);
  return wanted;
}
