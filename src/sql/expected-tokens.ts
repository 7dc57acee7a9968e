import type { SqlParser } from '../../grammar/parser.ts';
import * as T from '../../grammar/tokens.ts';
import { K, type SqlToken } from '../../grammar/tokens.ts';
import { attempt } from './parse-attempt.ts';

type TokenType = SqlToken['tokenType'];

/** More than these are no help to read. */
const expectedMax = 8;

/**
 * What could stand at a token, in words: `FROM, WHERE or ","`; null where too much could.
 * The statement is read once more, and each decision made at that token tells what it wanted.
 */
export function expectedAt(
  parser: SqlParser,
  tokens: SqlToken[],
  index: number,
  rule: (parser: SqlParser) => unknown,
): string | null {
  const wanted = new Set<TokenType>();
  parser.lookahead.onMiss = (types, inRule) => {
    if (parser.nextIndex === index && !operatorRules.has(inRule)) for (const type of types) wanted.add(type);
  };
  attempt(parser, tokens, rule);
  parser.lookahead.onMiss = null;
  if (parser.mismatch !== null) wanted.add(parser.mismatch);
  const words = describe(parser, wanted);
  if (words.length === 0 || words.length > expectedMax) return null;
  if (words.length === 1) return words[0] as string;
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** Operators may stand behind any value, and dots behind any name; that goes without saying. */
const operatorRules = new Set([
  ...['expression', 'operand', 'postfix', 'infix', 'wordOperator', 'qualifiedName', 'columnReference'],
]);

/** Names for groups of tokens, then the rest one by one. */
function describe(parser: SqlParser, wanted: Set<TokenType>): string[] {
  const words: string[] = [];
  const takeAll = (types: ReadonlySet<TokenType>, name: string | null): void => {
    if (types.size === 0 || ![...types].every((type) => wanted.has(type))) return;
    for (const type of types) wanted.delete(type);
    if (name !== null) words.push(name);
  };
  if ([...parser.firstOf('primary')].every((type) => wanted.has(type))) {
    for (const type of parser.firstOf('expression')) wanted.delete(type);
    words.push('an expression');
  }
  takeAll(parser.firstOf('query'), 'a query');
  takeAll(parser.firstOf('elementType'), 'a type');
  takeAll(parser.firstOf('text'), 'a string');
  takeAll(parser.firstOf('intervalUnit'), 'a unit of time');
  const hadName = wanted.has(T.Name);
  for (const type of wanted) {
    if (type === T.UnicodeString || type === T.EscapedString || type === T.PrefixedString || type === T.BinaryString)
      wanted.delete(type);
    if (hadName && (type.CATEGORIES ?? []).includes(T.Name)) wanted.delete(type);
  }
  wanted.delete(K.UESCAPE);
  for (const type of wanted) words.push(nameOf(type));
  return [...new Set(words)];
}

function nameOf(type: TokenType): string {
  if (type === T.Name) return 'a name';
  if (type === T.CallableWord || type === T.ContextVariable) return 'a function';
  if (type === T.QuotedString) return 'a string';
  if (type === T.IntegerLiteral || type === T.DecimalLiteral || type === T.ApproximateLiteral) return 'a number';
  const label = type.LABEL ?? type.name;
  return /^[A-Z]/.test(label) ? label : `"${label}"`;
}
