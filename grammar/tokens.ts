import { createToken, type IToken, type TokenType } from 'chevrotain';
import { callableWords, contextVariables, reservedWords } from './keywords.ts';

/** A token with what the scanner knows of its brackets. Offsets as in Chevrotain: `endOffset` is the last character's. */
export interface SqlToken extends IToken {
  readonly endOffset: number;
  /** An opening bracket whose content is a query, not an expression; found by `markQueryBrackets`. */
  opensQuery: boolean;
}

/** Anything that can name something: a word that is not reserved, or a text in back-ticks. */
export const Name = category('name');
/** A reserved word before a bracket: `COUNT(`. */
export const CallableWord = category('callable word');
/** `CURRENT_DATE`, `USER`. */
export const ContextVariable = category('context variable');

export const Identifier = plain('identifier', [Name]);
export const QuotedIdentifier = plain('quoted identifier', [Name]);
/** Reserved words that no rule mentions. */
export const ReservedWord = plain('reserved word');
export const OtherCallableWord = plain('function name', [CallableWord]);
export const OtherContextVariable = plain('context word', [ContextVariable]);
export const OtherCallableVariable = plain('context function', [CallableWord, ContextVariable]);

export const IntegerLiteral = plain('integer');
export const DecimalLiteral = plain('decimal number');
export const ApproximateLiteral = plain('number with exponent');
export const QuotedString = plain('string');
/** `_UTF8'a'`, `N'a'` */
export const PrefixedString = plain('string with character set');
/** `U&'\263A'` */
export const UnicodeString = plain('unicode string');
/** `E'a\n'` */
export const EscapedString = plain('escaped string');
/** `X'00FF'` */
export const BinaryString = plain('binary string');

export const LeftParen = symbol('(');
export const RightParen = symbol(')');
export const LeftBracket = symbol('[');
export const RightBracket = symbol(']');
export const LeftBrace = symbol('{');
export const RightBrace = symbol('}');
export const BraceDate = symbol('{d');
export const BraceTime = symbol('{t');
export const BraceTimestamp = symbol('{ts');
export const BraceFunction = symbol('{fn');
export const Semicolon = symbol(';');
export const Dot = symbol('.');
export const Comma = symbol(',');
export const Equals = symbol('=');
export const Greater = symbol('>');
export const Less = symbol('<');
export const GreaterOrEqual = symbol('>=');
export const LessOrEqual = symbol('<=');
export const NotEqual = symbol('<>');
/** Flink knows it and does not allow it. */
export const BangEqual = symbol('!=');
export const Question = symbol('?');
export const Colon = symbol(':');
export const Plus = symbol('+');
export const Minus = symbol('-');
export const Star = symbol('*');
export const Slash = symbol('/');
export const Percent = symbol('%');
export const Concat = symbol('||');
export const VerticalBar = symbol('|');
export const Caret = symbol('^');
export const Dollar = symbol('$');
export const Arrow = symbol('=>');
export const HintStart = symbol('/*+');
export const HintEnd = symbol('*/');

/** Words that a rule mentions, sorted. */
// biome-ignore format: one a line would be a page of them
const words = [
  'A', 'ABSENT', 'ADD', 'AFTER', 'ALL', 'ALLOW', 'ALTER', 'ANALYZE', 'AND', 'ANY', 'ARRAY', 'AS', 'ASC',
  'ASYMMETRIC', 'BEGIN', 'BERNOULLI', 'BETWEEN', 'BIGINT', 'BINARY', 'BOOLEAN', 'BOTH', 'BUCKETS', 'BY', 'BYTES',
  'CALL', 'CASCADE', 'CASE', 'CAST', 'CATALOG', 'CATALOGS', 'CEIL', 'CEILING', 'CHANGELOG_MODE', 'CHAR',
  'CHARACTER', 'CLASSIFIER', 'COLUMNS', 'COMMENT', 'COMPILE', 'COMPUTE', 'CONDITIONAL', 'CONSTRAINT', 'CONSTRAINTS',
  'CONTAINS', 'CONTINUOUS', 'CONVERT', 'CREATE', 'CROSS', 'CUBE', 'CURRENT', 'CURSOR', 'DATABASE', 'DATABASES',
  'DATE', 'DATETIME', 'DAY', 'DAYS', 'DEC', 'DECIMAL', 'DEFAULT', 'DEFINE',
  'DELETE', 'DESC', 'DESCRIPTOR', 'DESCRIBE', 'DISALLOW', 'DISTINCT', 'DISTRIBUTED', 'DISTRIBUTION', 'DOUBLE', 'DRAIN', 'DROP',
  'ELSE', 'EMPTY', 'ENCODING', 'END', 'ENFORCED', 'EQUALS', 'ERROR', 'ESCAPE', 'ESTIMATED_COST', 'EXCEPT',
  'EXCLUDE', 'EXCLUDING', 'EXECUTE', 'EXISTS', 'EXPLAIN', 'EXTENDED', 'EXTRACT', 'FALSE', 'FETCH', 'FILTER',
  'FINAL', 'FIRST', 'FLOAT', 'FLOOR', 'FOLLOWING', 'FOR', 'FORMAT', 'FRESHNESS', 'FROM', 'FULL', 'FUNCTION',
  'FUNCTIONS', 'GENERATED', 'GROUP', 'GROUPING', 'HASH', 'HAVING', 'HOUR', 'HOURS', 'IF', 'IGNORE', 'ILIKE',
  'IMMEDIATELY', 'IN', 'INCLUDE', 'INCLUDING', 'INNER', 'INPUT', 'INSERT', 'INT', 'INTEGER', 'INTERSECT',
  'INTERVAL', 'INTO', 'IS', 'JAR', 'JARS', 'JAVA', 'JOB', 'JOBS', 'JOIN', 'JSON', 'JSON_ARRAY', 'JSON_ARRAYAGG',
  'JSON_EXECUTION_PLAN', 'JSON_EXISTS', 'JSON_OBJECT', 'JSON_OBJECTAGG', 'JSON_QUERY', 'JSON_VALUE', 'KEY',
  'LANGUAGE', 'LAST', 'LATERAL', 'LEADING', 'LEFT', 'LIKE', 'LIMIT', 'LOAD', 'LOCAL', 'MAP', 'MATCH', 'MATCHED',
  'MATCH_NUMBER', 'MATCH_RECOGNIZE', 'MATERIALIZED', 'MEASURES', 'MEMBER', 'MERGE', 'METADATA', 'MINUS', 'MINUTE',
  'MINUTES', 'MODEL', 'MODELS', 'MODIFY', 'MODULE', 'MODULES', 'MONTH', 'MONTHS', 'MULTISET', 'NATURAL', 'NEXT',
  'NOT', 'NULL', 'NULLS', 'NUMERIC', 'OBJECT', 'OF', 'OFFSET', 'ON', 'ONE', 'ONLY', 'OPTIONS', 'OR', 'ORDER',
  'ORDINALITY', 'OUTER', 'OUTPUT', 'OVER', 'OVERLAPS', 'OVERLAY', 'OVERWRITE', 'OVERWRITING', 'PARTIAL',
  'PARTITION', 'PARTITIONED', 'PARTITIONS', 'PASSING', 'PAST', 'PATTERN', 'PER', 'PERIOD', 'PERMUTE', 'PIVOT',
  'PLACING', 'PLAN', 'PLAN_ADVICE', 'POSITION', 'PRECEDES', 'PRECEDING', 'PRECISION', 'PREV', 'PRIMARY',
  'PROCEDURES', 'PYTHON', 'QUALIFY', 'QUARTER', 'QUARTERS', 'RANGE', 'RAW', 'REAL', 'RECURSIVE', 'REFRESH',
  'REFRESH_MODE', 'REMOVE', 'RENAME', 'REPEATABLE', 'REPLACE', 'RESET', 'RESPECT', 'RESTRICT', 'RESUME',
  'RETURNING', 'RIGHT', 'RLIKE', 'ROLLUP', 'ROW', 'ROWS', 'RUNNING', 'SAFE_CAST', 'SAVEPOINT', 'SCALA', 'SCALAR',
  'SECOND', 'SECONDS', 'SELECT', 'SESSION', 'SET', 'SETS', 'SHOW', 'SIMILAR', 'SKIP', 'SMALLINT', 'SOME',
  'SPECIFIC', 'SQL', 'STATEMENT', 'STATISTICS', 'STOP', 'STREAM', 'STRING', 'STRUCTURED', 'SUBMULTISET', 'SUBSET',
  'SUBSTITUTE', 'SUBSTRING', 'SUCCEEDS', 'SUSPEND', 'SYMMETRIC', 'SYSTEM', 'SYSTEM_TIME', 'TABLE', 'TABLES',
  'TABLESAMPLE', 'TEMPORARY', 'THEN', 'TIME', 'TIMESTAMP', 'TIMESTAMPADD', 'TIMESTAMPDIFF', 'TIMESTAMP_LTZ', 'TINYINT', 'TO', 'TRAILING', 'TRANSLATE', 'TRIM',
  'TRUE', 'TRUNCATE', 'TRY_CAST', 'UESCAPE', 'UNBOUNDED', 'UNCONDITIONAL', 'UNION', 'UNIQUE', 'UNKNOWN', 'UNLOAD',
  'UNNEST', 'UNPIVOT', 'UPDATE', 'UPSERT', 'USE', 'USING', 'UTF16', 'UTF32', 'UTF8', 'VALUE', 'VALUES', 'VARBINARY',
  'VARCHAR', 'VARIANT', 'VARYING', 'VIEW', 'VIEWS', 'VIRTUAL', 'WATERMARK', 'WATERMARKS', 'WEEK', 'WEEKS', 'WHEN',
  'WHERE', 'WINDOW', 'WITH', 'WITHIN', 'WITHOUT', 'WRAPPER', 'YEAR', 'YEARS', 'ZONE',
] as const;

const isReserved = new Set(reservedWords);
const isCallable = new Set(callableWords);
const isContextVariable = new Set(contextVariables);

/** The words that rules mention, by themselves: `K.SELECT`. */
export const K = Object.fromEntries(
  words.map((word) => [word, createToken({ name: word, label: word, categories: categoriesOf(word) })]),
) as Readonly<Record<(typeof words)[number], TokenType>>;

/** The token type of a word in upper case; a word that is not here is an identifier. */
export const tokenTypeOfWord: ReadonlyMap<string, TokenType> = new Map<string, TokenType>([
  ...reservedWords.map((word): [string, TokenType] => [word, typeOfUnusedWord(word)]),
  ...Object.entries(K),
]);

export const tokenTypes: readonly TokenType[] = [
  ...Object.values(K),
  ...[Name, CallableWord, ContextVariable, Identifier, QuotedIdentifier, ReservedWord, OtherCallableWord],
  ...[OtherContextVariable, OtherCallableVariable, IntegerLiteral, DecimalLiteral, ApproximateLiteral, QuotedString],
  ...[PrefixedString, UnicodeString, EscapedString, BinaryString, LeftParen, RightParen, LeftBracket, RightBracket],
  ...[LeftBrace, RightBrace, BraceDate, BraceTime, BraceTimestamp, BraceFunction, Semicolon, Dot, Comma, Equals],
  ...[Greater, Less, GreaterOrEqual, LessOrEqual, NotEqual, BangEqual, Question, Colon, Plus, Minus, Star, Slash],
  ...[Percent, Concat, VerticalBar, Caret, Dollar, Arrow, HintStart, HintEnd],
];

/** Is it one of the reserved words, in any case? */
export function isReservedWord(word: string): boolean {
  return isReserved.has(word.toUpperCase());
}

function categoriesOf(word: string): TokenType[] {
  const categories = isReserved.has(word) ? [] : [Name];
  if (isCallable.has(word)) categories.push(CallableWord);
  if (isContextVariable.has(word)) categories.push(ContextVariable);
  return categories;
}

function typeOfUnusedWord(word: string): TokenType {
  if (isCallable.has(word)) return isContextVariable.has(word) ? OtherCallableVariable : OtherCallableWord;
  return isContextVariable.has(word) ? OtherContextVariable : ReservedWord;
}

function category(label: string): TokenType {
  return createToken({ name: label.replaceAll(' ', '_'), label });
}

function plain(label: string, categories: TokenType[] = []): TokenType {
  return createToken({ name: label.replaceAll(' ', '_'), label, categories });
}

function symbol(text: string): TokenType {
  return createToken({ name: text, label: text });
}
