import type { SqlParser } from '../../grammar/parser.ts';
import * as T from '../../grammar/tokens.ts';
import { K, type SqlToken } from '../../grammar/tokens.ts';
import { nearest } from '../diagnostics/candidates.ts';
import { attempt } from './parse-attempt.ts';

/** Beyond this many tokens a statement is not read again for the sake of a hint. */
const tokensMax = 20_000;

/** Each candidate is one more reading of the statement. */
const candidatesMax = 4;

/**
 * A word near the fault that is nearly a key word, where putting the key word there makes the statement readable
 * further: `SELECT a FORM t` fails at t, and is cured by FROM.
 */
export function misspeltWord(
  parser: SqlParser,
  tokens: SqlToken[],
  index: number,
  rule: (parser: SqlParser) => unknown,
): { readonly token: SqlToken; readonly word: string } | null {
  if (tokens.length > tokensMax) return null;
  for (const at of [index, index - 1, index - 2]) {
    const token = tokens[at];
    if (token === undefined || token.tokenType !== T.Identifier) continue;
    for (const word of nearest(token.image, keyWords).slice(0, candidatesMax)) {
      const tokenType = K[word as keyof typeof K];
      const changed = { ...token, image: word, tokenType, tokenTypeIdx: tokenType.tokenTypeIdx as number };
      const result = attempt(parser, tokens.with(at, changed), rule);
      if ('node' in result || result.index > index) return { token, word };
    }
  }
  return null;
}

const keyWords = Object.keys(K).filter((word) => word.length > 2);
