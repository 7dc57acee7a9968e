import type { IParserErrorMessageProvider, IToken, TokenType } from 'chevrotain';
import { SourceText, type Span } from '../../src/diagnostics/source-text.ts';
import type { Expression } from '../ast/expressions.ts';
import type { Identifier, Property, QualifiedName, Text } from '../ast/node.ts';
import type { Query } from '../ast/query.ts';
import { decodeName, decodeString } from '../decode-string.ts';
import { LazyLookahead } from '../lookahead.ts';
import { OperatorStack } from '../operator-stack.ts';
import { SyntaxProblem } from '../syntax-problem.ts';
import * as T from '../tokens.ts';
import { K, type SqlToken } from '../tokens.ts';
import { DslParser, type RuleOf } from './dsl.ts';

/**
 * What all chapters share: names, texts, options, spans.
 * A rule builds its node at once. Chevrotain runs each rule one time when the parser is made, to record the grammar;
 * tokens and nodes are stand-ins then, so a rule may carry them about but not look into them.
 */
export abstract class NameRules extends DslParser {
  readonly lookahead: LazyLookahead;
  readonly #seen: { mismatch: TokenType | null };
  /** The expression being read. */
  protected operators: OperatorStack = new OperatorStack(new SourceText('', ''));
  /** The text being read. */
  source: SourceText = new SourceText('', '');
  /** True until the grammar is recorded. */
  protected isRecording = true;

  declare readonly expression: RuleOf<Expression>;
  declare readonly query: RuleOf<Query>;

  constructor() {
    const lookahead = new LazyLookahead();
    const seen: { mismatch: TokenType | null } = { mismatch: null };
    super([...T.tokenTypes], {
      lookaheadStrategy: lookahead,
      errorMessageProvider: silentProvider(seen),
      maxLookahead: 1,
      skipValidations: true,
    });
    this.lookahead = lookahead;
    this.#seen = seen;
  }

  /** The one token type that was wanted where the last reading failed; null where a decision failed. */
  get mismatch(): TokenType | null {
    return this.#seen.mismatch;
  }

  /** Forgets the last reading. */
  startOver(): void {
    this.#seen.mismatch = null;
    this.operators = new OperatorStack(this.source);
  }

  /** `catalog.database.table` */
  readonly qualifiedName: RuleOf<QualifiedName> = this.RULE('qualifiedName', () => {
    const start = this.LA(1);
    const parts = [this.identifier()];
    this.many(0, {
      GATE: () => this.LA(2).tokenType !== T.Star,
      DEF: () => {
        this.consume(0, T.Dot);
        parts.push(this.identifier());
      },
    });
    return { kind: 'qualifiedName', span: this.spanFrom(start), parts };
  });

  /** `(a, b)` */
  readonly parenthesizedNames: RuleOf<Identifier[]> = this.RULE('parenthesizedNames', () => {
    this.consume(0, T.LeftParen);
    const names = [this.identifier()];
    this.many(0, () => {
      this.consume(0, T.Comma);
      names.push(this.identifier());
    });
    this.consume(0, T.RightParen);
    return names;
  });

  /** A string, perhaps in pieces. */
  readonly text: RuleOf<Text> = this.RULE('text', () => {
    const start = this.LA(1);
    const value = this.stringValue(0);
    return { kind: 'text', span: this.spanFrom(start), value };
  });

  /** `'k' = 'v'` */
  readonly property: RuleOf<Property> = this.RULE('property', () => {
    const start = this.LA(1);
    const key = this.subrule(0, this.text);
    this.consume(0, T.Equals);
    const value = this.subrule(1, this.text);
    return { kind: 'property', span: this.spanFrom(start), key, value };
  });

  /** `('k' = 'v', ...)`; may be empty. */
  readonly properties: RuleOf<Property[]> = this.RULE('properties', () => {
    const properties: Property[] = [];
    this.consume(0, T.LeftParen);
    this.option(0, () => properties.push(...this.listOf(0, this.property)));
    this.consume(0, T.RightParen);
    return properties;
  });

  /** `('k1', 'k2')`, for RESET. */
  readonly propertyKeys: RuleOf<Text[]> = this.RULE('propertyKeys', () => {
    const keys: Text[] = [];
    this.consume(0, T.LeftParen);
    this.option(0, () => keys.push(...this.listOf(0, this.text)));
    this.consume(0, T.RightParen);
    return keys;
  });

  // -- helpers: parts of the rule that calls them ----------------------------------------------------------

  protected identifier(): Identifier {
    return this.identifierOf(this.consume(0, T.Name) as SqlToken);
  }

  protected identifierOf(token: SqlToken): Identifier {
    const isQuoted = token.tokenType === T.QuotedIdentifier;
    return {
      kind: 'identifier',
      span: this.spanOf(token),
      name: isQuoted ? decodeName(token.image) : token.image,
      isQuoted,
    };
  }

  /** A string with its continuations; takes the decisions `index` and `index + 1` of its rule. */
  protected stringValue(index: number): string {
    const pieces: SqlToken[] = [];
    this.or(index, [
      { ALT: () => pieces.push(this.consume(0, T.QuotedString) as SqlToken) },
      { ALT: () => pieces.push(this.consume(0, T.PrefixedString) as SqlToken) },
      { ALT: () => pieces.push(this.consume(0, T.UnicodeString) as SqlToken) },
      { ALT: () => pieces.push(this.consume(0, T.EscapedString) as SqlToken) },
    ]);
    this.many(index, () => pieces.push(this.continuation(pieces)));
    let escapeMark: SqlToken | null = null;
    this.option(index, () => {
      this.consume(0, K.UESCAPE);
      escapeMark = this.consume(1, T.QuotedString) as SqlToken;
    });
    return this.isRecording ? '' : decodeString(pieces, escapeMark);
  }

  /** A further piece of a string, which must stand on a line of its own. */
  protected continuation(pieces: readonly SqlToken[]): SqlToken {
    const piece = this.consume(2, T.QuotedString) as SqlToken;
    const last = pieces.at(-1);
    if (!this.isRecording && last !== undefined) {
      const between = this.source.text.slice(last.endOffset + 1, piece.startOffset);
      if (!/[\n\r]/.test(between)) {
        const place = { start: piece.startOffset, end: piece.endOffset + 1 };
        throw new SyntaxProblem('P006', place, 'two strings beside each other on one line', 'join them with ||');
      }
    }
    return piece;
  }

  /** One item or more, separated by commas; takes the repetition `index` of its rule. */
  protected listOf<Result>(index: number, item: RuleOf<Result>): Result[] {
    const items = [this.subrule(index * 2, item)];
    this.many(index, () => {
      this.consume(index, T.Comma);
      items.push(this.subrule(index * 2 + 1, item));
    });
    return items;
  }

  /** Takes the words if the first is next; takes the option `index` of its rule. */
  protected maybe(index: number, ...types: [TokenType, ...TokenType[]]): boolean {
    let isThere = false;
    this.option(index, () => {
      this.tokens(...types);
      isThere = true;
    });
    return isThere;
  }

  protected tokens(...types: readonly TokenType[]): void {
    for (const [at, type] of types.entries()) this.consume(at + 10, type);
  }

  /** Is this what comes next? For gates. */
  protected isNext(...types: readonly TokenType[]): boolean {
    return types.every((type, at) => this.LA(at + 1).tokenType === type);
  }

  /** From the start of a token to the last one taken. */
  protected spanFrom(start: IToken): Span {
    return { source: this.source, start: start.startOffset, end: (this.LA(0).endOffset ?? 0) + 1 };
  }

  /** From the start of a node to the last token taken. */
  protected spanFromNode(node: { readonly span: Span }): Span {
    return { source: this.source, start: this.isRecording ? 0 : node.span.start, end: (this.LA(0).endOffset ?? 0) + 1 };
  }

  protected spanOf(token: SqlToken): Span {
    return { source: this.source, start: token.startOffset, end: token.endOffset + 1 };
  }

  /** Refuses a query as the value or as an operand of it; the arguments of a function may be queries all the same. */
  protected withoutQuery(expression: Expression): Expression {
    if (this.isRecording) return expression;
    if (expression.kind === 'subquery' || expression.kind === 'exists') {
      this.refuse('P010', expression.span, 'a query is not allowed here');
    } else if (expression.kind === 'binary') {
      this.withoutQuery(expression.right);
      this.withoutQuery(expression.left);
    } else if (expression.kind === 'unary') this.withoutQuery(expression.operand);
    return expression;
  }

  protected withoutQueries(expressions: Expression[]): Expression[] {
    if (this.isRecording) return expressions;
    for (const expression of expressions) this.withoutQuery(expression);
    return expressions;
  }

  /** @throws SyntaxProblem always, but not while recording */
  protected refuse(code: SyntaxProblem['code'], span: Span, message: string, help: string | null = null): void {
    if (!this.isRecording) throw new SyntaxProblem(code, span, message, help);
  }
}

/** `src/sql` words the errors; here only the wanted token is kept. */
function silentProvider(seen: { mismatch: TokenType | null }): IParserErrorMessageProvider {
  return {
    buildMismatchTokenMessage: ({ expected }) => {
      seen.mismatch = expected;
      return '';
    },
    buildNotAllInputParsedMessage: () => '',
    buildNoViableAltMessage: () => '',
    buildEarlyExitMessage: () => '',
  };
}
