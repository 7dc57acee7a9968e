import { SqlParser } from '../../grammar/parser.ts';
import { markQueryBrackets } from '../../grammar/query-brackets.ts';
import { scan } from '../../grammar/scanner.ts';
import { storedGrammar } from '../../grammar/stored-grammar.ts';
import type { SqlToken } from '../../grammar/tokens.ts';
import { type Diagnostic, DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceText } from '../diagnostics/source-text.ts';
import type { Expression, Script, Statement, TypeName } from './ast.ts';
import { parseClientForm } from './client-form.ts';
import { attempt, type Failure } from './parse-attempt.ts';
import { scanDiagnostic } from './scan-diagnostics.ts';
import { type StatementTokens, splitStatements } from './split-statements.ts';
import { syntaxDiagnostic } from './syntax-diagnostics.ts';
import { depthDiagnostic } from './tree-depth.ts';

/** The statements that could be read, and what is wrong with the others: at most one error a statement. */
export interface ParseResult {
  readonly script: Script;
  readonly diagnostics: readonly Diagnostic[];
}

/** A text of statements, each ended by `;` but perhaps the last. O(length). @throws never */
export function parse(source: SourceText): ParseResult {
  const statements: Statement[] = [];
  const diagnostics: Diagnostic[] = [];
  const { tokens, problems } = scan(source.text);
  markQueryBrackets(tokens);
  const parts = splitStatements(tokens, source.text.length);
  let reported = 0;
  for (const part of parts) {
    const client = parseClientForm(source, part);
    const own = problems.filter(({ start }) => start >= part.start && start < part.end);
    reported += own.length;
    if (client !== null) statements.push(client);
    else if (own.length > 0)
      diagnostics.push(...own.slice(0, problemsMax).map((problem) => scanDiagnostic(source, problem)));
    else readStatement(source, part, statements, diagnostics);
  }
  if (reported < problems.length) {
    const outside = problems.filter(({ start }) => !parts.some((part) => start >= part.start && start < part.end));
    diagnostics.push(...outside.slice(0, problemsMax).map((problem) => scanDiagnostic(source, problem)));
  }
  return { script: { source, statements }, diagnostics };
}

/** As `parse`, but for the statements behind a mistake: what stands before it is done, as by Flink's client. */
export function parseToMistake(source: SourceText): ParseResult {
  const { script, diagnostics } = parse(source);
  const firstWrong = Math.min(...diagnostics.map(({ span }) => span?.start ?? 0));
  return {
    script: { source, statements: script.statements.filter(({ span }) => span.start <= firstWrong) },
    diagnostics,
  };
}

/** The statements of a text. @throws DiagnosticError with all that is wrong */
export function parseScript(source: SourceText): Script {
  const { script, diagnostics } = parse(source);
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return script;
}

/** One expression. @throws DiagnosticError */
export function parseExpression(source: SourceText): Expression {
  return parseOne(source, (parser) => parser.expression());
}

/** One type: `DECIMAL(10, 2) NOT NULL`. @throws DiagnosticError */
export function parseType(source: SourceText): TypeName {
  return parseOne(source, (parser) => parser.nullableDataType());
}

/** Characters without a meaning in one statement: more of them are noise. */
const problemsMax = 3;

/** Made when it is first needed: 20 ms. It holds nothing between two statements. */
let sharedParser: SqlParser | null = null;

/** The parser, to read a text by one of its rules at once. */
export function parserFor(source: SourceText): SqlParser {
  sharedParser ??= new SqlParser(storedGrammar);
  sharedParser.source = source;
  return sharedParser;
}

function readStatement(
  source: SourceText,
  part: StatementTokens,
  statements: Statement[],
  diagnostics: Diagnostic[],
): void {
  const result = read(source, part.tokens, (parser) => parser.statement());
  if ('node' in result) statements.push(result.node);
  else diagnostics.push(result.diagnostic);
}

function parseOne<Node extends { readonly kind: string }>(source: SourceText, rule: (parser: SqlParser) => Node): Node {
  const { tokens, problems } = scan(source.text);
  if (problems.length > 0)
    throw new DiagnosticError(problems.slice(0, problemsMax).map((problem) => scanDiagnostic(source, problem)));
  markQueryBrackets(tokens);
  const result = read(source, tokens, rule);
  if ('node' in result) return result.node;
  throw new DiagnosticError([result.diagnostic]);
}

function read<Node extends { readonly kind: string }>(
  source: SourceText,
  tokens: SqlToken[],
  rule: (parser: SqlParser) => Node,
): { readonly node: Node } | { readonly diagnostic: Diagnostic } {
  const parser = parserFor(source);
  const result: { readonly node: Node } | Failure = attempt(parser, tokens, rule);
  if (!('node' in result)) return { diagnostic: syntaxDiagnostic(parser, tokens, result, rule) };
  const tooDeep = depthDiagnostic(result.node, tokens.length);
  return tooDeep === null ? result : { diagnostic: tooDeep };
}
