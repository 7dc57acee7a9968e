import type { SqlParser } from '../../grammar/parser.ts';
import * as T from '../../grammar/tokens.ts';
import { isReservedWord, K, type SqlToken } from '../../grammar/tokens.ts';
import { type Diagnostic, error, type Note } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-text.ts';
import { expectedAt } from './expected-tokens.ts';
import { knownMistake } from './known-mistakes.ts';
import { misspeltWord } from './misspelt-words.ts';
import { attempt, type Failure } from './parse-attempt.ts';

type Rule = (parser: SqlParser) => unknown;

/** What a failed reading means to the person who wrote the text. */
export function syntaxDiagnostic(parser: SqlParser, tokens: SqlToken[], failure: Failure, rule: Rule): Diagnostic {
  const span = spanAt(parser, tokens, failure.index);
  if (failure.kind === 'depth') {
    return error('P008', span, 'nested too deeply', {
      help: 'split the statement: name the inner queries with WITH or as views',
    });
  }
  if (failure.kind === 'problem') {
    const { code, start, end, message, help } = failure.problem;
    return error(code, { source: parser.source, start, end }, message, { help: help ?? undefined });
  }
  const { index } = failure;
  const mistake = knownMistake(tokens, index);
  if (mistake !== null) return error(mistake.code, span, mistake.message, { help: mistake.help });
  const misspelt = misspeltWord(parser, tokens, index, rule);
  if (misspelt !== null) {
    const { token, word } = misspelt;
    const place = { source: parser.source, start: token.startOffset, end: token.endOffset + 1 };
    const code = tokens[0] === token ? 'P009' : 'P001';
    return error(code, place, `unexpected "${token.image}"`, {
      label: `did you mean ${word}?`,
      help: `did you mean ${word}?`,
    });
  }
  const found = tokens[index];
  if (found !== undefined && isReservedName(parser, tokens, index, rule)) {
    return error('P002', span, `"${found.image}" is a reserved word`, {
      help: `to use it as a name, write it in back-ticks: \`${found.image}\``,
    });
  }
  const expected = expectedAt(parser, tokens, index, rule);
  const wanted = expected === null ? '' : `: expected ${expected}`;
  const notes = unclosedBracket(parser, tokens, index);
  if (found === undefined) {
    const message =
      expected === null ? 'the statement is not complete' : `the statement ends where ${expected} is expected`;
    return error('P005', span, message, { notes });
  }
  if (index === 0) return error('P009', span, `no statement begins with "${found.image}"`);
  return error('P001', span, `unexpected "${found.image}"${wanted}`, { notes, help: commaHelp(tokens, index) });
}

/** The token, or the end of the last one where the text ends. */
function spanAt(parser: SqlParser, tokens: readonly SqlToken[], index: number): Span {
  const { source } = parser;
  const token = tokens[index];
  if (token !== undefined) return { source, start: token.startOffset, end: token.endOffset + 1 };
  const end = (tokens.at(-1)?.endOffset ?? -1) + 1;
  return { source, start: end, end };
}

const clauseWords = new Set([
  ...[K.FROM, K.WHERE, K.GROUP, K.HAVING, K.ORDER, K.LIMIT, K.UNION, K.SELECT, K.VALUES, K.JOIN, K.ON, K.AS, K.AND],
  ...[K.OR, K.NOT, K.SET, K.WITH, K.INTO, K.BY, K.WHEN, K.THEN, K.ELSE, K.END, K.IN, K.IS, K.LIKE, K.BETWEEN],
]);

/** Would the statement be read further if this reserved word were a name? A word that begins a clause: to its end. */
function isReservedName(parser: SqlParser, tokens: SqlToken[], index: number, rule: Rule): boolean {
  const found = tokens[index] as SqlToken;
  if (!isReservedWord(found.image) || found.tokenType === T.QuotedIdentifier) return false;
  const renamed = {
    ...found,
    tokenType: T.QuotedIdentifier,
    tokenTypeIdx: T.QuotedIdentifier.tokenTypeIdx as number,
    image: '`x`',
  };
  const result = attempt(parser, tokens.with(index, renamed), rule);
  if ('node' in result) return true;
  return !clauseWords.has(found.tokenType) && result.index > index + 1;
}

function commaHelp(tokens: readonly SqlToken[], index: number): string | undefined {
  return tokens[index - 1]?.tokenType === T.Comma ? 'is the comma before it one too many?' : undefined;
}

const pairs = new Map([
  [T.RightParen, T.LeftParen],
  [T.RightBracket, T.LeftBracket],
]);

/** The innermost bracket that is open at the token. */
function unclosedBracket(parser: SqlParser, tokens: readonly SqlToken[], index: number): Note[] {
  const open: SqlToken[] = [];
  for (const token of tokens.slice(0, index)) {
    if (token.tokenType === T.LeftParen || token.tokenType === T.LeftBracket) open.push(token);
    else if (pairs.get(token.tokenType) === open.at(-1)?.tokenType) open.pop();
  }
  const bracket = open.at(-1);
  if (bracket === undefined || (index < tokens.length && index - tokens.indexOf(bracket) < 2)) return [];
  if (index < tokens.length) return [];
  const span = { source: parser.source, start: bracket.startOffset, end: bracket.endOffset + 1 };
  return [{ message: 'this bracket is not closed', span }];
}
