import * as T from '../../grammar/tokens.ts';
import { K, type SqlToken } from '../../grammar/tokens.ts';

/** The tokens of one statement; `end` is the offset behind its last character, the semicolon left out. */
export interface StatementTokens {
  readonly tokens: SqlToken[];
  readonly start: number;
  readonly end: number;
}

/** Cuts at semicolons, but not at those inside `STATEMENT SET BEGIN ... END`; empty statements are dropped. */
export function splitStatements(tokens: readonly SqlToken[], textLength: number): StatementTokens[] {
  const statements: StatementTokens[] = [];
  let current: SqlToken[] = [];
  let start = 0;
  let isInSet = false;
  const finish = (end: number): void => {
    if (current.length > 0) statements.push({ tokens: current, start, end });
    current = [];
    isInSet = false;
  };
  for (const token of tokens) {
    if (token.tokenType !== T.Semicolon) {
      current.push(token);
      isInSet ||= endsWith(current, K.STATEMENT, K.SET, K.BEGIN);
      continue;
    }
    const last = current.at(-1)?.tokenType;
    if (isInSet && last !== K.END) current.push(token);
    else {
      finish(token.startOffset);
      start = token.endOffset + 1;
    }
  }
  finish(textLength);
  return statements;
}

function endsWith(tokens: readonly SqlToken[], ...types: readonly SqlToken['tokenType'][]): boolean {
  return types.every((type, at) => tokens[tokens.length - types.length + at]?.tokenType === type);
}
