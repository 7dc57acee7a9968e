import type { TokenType } from 'chevrotain';
import type { BinaryOperator, ComparisonOperator, Expression, FormatJson, IsTest } from '../ast/expressions.ts';
import type { Query } from '../ast/query.ts';
import { type Infix, OperatorStack } from '../operator-stack.ts';
import * as T from '../tokens.ts';
import { K, type SqlToken } from '../tokens.ts';
import type { RuleOf } from './dsl.ts';
import { TypeRules } from './types.ts';

/** Operators. Brackets and operators of one expression are read in a loop; `OperatorStack` puts them together. */
export abstract class ExpressionRules extends TypeRules {
  declare readonly primary: RuleOf<Expression>;
  /** The arguments between brackets, for a method call. */
  declare readonly methodCallEnd: RuleOf<Expression>;

  override readonly expression: RuleOf<Expression> = this.RULE('expression', () => {
    const outer = this.operators;
    const operators = new OperatorStack(this.source);
    this.operators = operators;
    this.subrule(0, this.operand);
    this.many(0, {
      GATE: () => this.isInfixNext(),
      DEF: () => {
        this.subrule(0, this.infix);
        this.subrule(1, this.operand);
      },
    });
    if (!this.isRecording && operators.openBrackets > 0) this.consume(0, T.RightParen);
    this.operators = outer;
    return this.isRecording ? (undefined as never) : operators.finish();
  });

  /** `expression, expression` */
  readonly expressions: RuleOf<Expression[]> = this.RULE('expressions', () => this.listOf(0, this.expression));

  /** Signs, NOT and opening brackets; a value; closing brackets and what may follow a value. */
  readonly operand: RuleOf<void> = this.RULE('operand', () => {
    this.many(0, {
      GATE: () => !(this.LA(1) as SqlToken).opensQuery,
      DEF: () =>
        this.or(0, [
          { ALT: () => this.prefixOf('NOT', this.consume(0, K.NOT)) },
          { ALT: () => this.prefixOf('-', this.consume(0, T.Minus)) },
          { ALT: () => this.prefixOf('+', this.consume(0, T.Plus)) },
          {
            ALT: () => {
              const token = this.consume(0, T.LeftParen) as SqlToken;
              if (!this.isRecording) this.operators.open(token);
            },
          },
        ]),
    });
    const value = this.subrule(0, this.primary);
    if (!this.isRecording) this.operators.operand(value);
    this.many(1, {
      GATE: () => this.isPostfixNext(),
      DEF: () => this.subrule(0, this.postfix),
    });
  });

  readonly postfix: RuleOf<void> = this.RULE('postfix', () => {
    this.or(0, [
      {
        ALT: () => {
          const token = this.consume(0, T.RightParen) as SqlToken;
          if (!this.isRecording) this.operators.close(token);
        },
      },
      { ALT: () => this.subrule(0, this.elementAccess) },
      { ALT: () => this.subrule(0, this.fieldAccess) },
      { ALT: () => this.subrule(0, this.isPredicate) },
      { GATE: () => this.isQuantified(), ALT: () => this.subrule(0, this.quantifiedComparison) },
      { ALT: () => this.subrule(0, this.inPredicate) },
      { ALT: () => this.subrule(0, this.formatJson) },
      { ALT: () => this.subrule(0, this.minusDate) },
    ]);
  });

  readonly elementAccess: RuleOf<void> = this.RULE('elementAccess', () => {
    this.consume(0, T.LeftBracket);
    const index = this.subrule(0, this.expression);
    const last = this.consume(0, T.RightBracket) as SqlToken;
    if (!this.isRecording) {
      this.operators.access(last, (value, span) => ({ kind: 'elementAccess', span, value, index }));
    }
  });

  /** `.x` and `.f(...)` behind anything but a name, whose dots belong to it. */
  readonly fieldAccess: RuleOf<void> = this.RULE('fieldAccess', () => {
    this.consume(0, T.Dot);
    const field = this.identifier();
    const call = this.option(0, () => this.subrule(0, this.methodCallEnd)) as Expression | undefined;
    if (this.isRecording) return;
    const last = this.LA(0) as SqlToken;
    this.operators.access(last, (value, span) => {
      if (call?.kind !== 'methodCall') return { kind: 'fieldAccess', span, value, field };
      return { ...call, span, value, name: field };
    });
  });

  /** IS NULL and the like. */
  readonly isPredicate: RuleOf<void> = this.RULE('isPredicate', () => {
    this.consume(0, K.IS);
    const isNegated = this.maybe(0, K.NOT);
    const test = this.or<IsTest['test'] | 'JSON'>(0, [
      { ALT: () => this.named(K.NULL, 'NULL') },
      { ALT: () => this.named(K.TRUE, 'TRUE') },
      { ALT: () => this.named(K.FALSE, 'FALSE') },
      { ALT: () => this.named(K.UNKNOWN, 'UNKNOWN') },
      { ALT: () => this.named(K.EMPTY, 'EMPTY') },
      {
        ALT: () => {
          this.tokens(K.A, K.SET);
          return 'A SET';
        },
      },
      { ALT: () => this.named(K.JSON, 'JSON') },
    ]);
    const form = this.option(1, {
      GATE: () => test === 'JSON',
      DEF: () =>
        this.or<'VALUE' | 'SCALAR' | 'ARRAY' | 'OBJECT'>(1, [
          { ALT: () => this.named(K.VALUE, 'VALUE') },
          { ALT: () => this.named(K.SCALAR, 'SCALAR') },
          { ALT: () => this.named(K.ARRAY, 'ARRAY') },
          { ALT: () => this.named(K.OBJECT, 'OBJECT') },
        ]),
    });
    if (this.isRecording) return;
    this.operators.postfix(28, this.LA(0) as SqlToken, (value, span) =>
      test === 'JSON'
        ? { kind: 'isJson', span, isNegated, value, form: form ?? 'VALUE' }
        : { kind: 'isTest', span, isNegated, value, test },
    );
  });

  /** `[NOT] IN (...)` */
  readonly inPredicate: RuleOf<void> = this.RULE('inPredicate', () => {
    const isNegated = this.maybe(0, K.NOT);
    this.consume(0, K.IN);
    const range = this.subrule(0, this.queryOrList);
    if (this.isRecording) return;
    this.operators.postfix(32, this.LA(0) as SqlToken, (value, span) =>
      'kind' in range
        ? { kind: 'inQuery', span, isNegated, value, query: range }
        : { kind: 'inList', span, isNegated, value, items: range },
    );
  });

  /** `> ALL (...)`, `LIKE SOME (...)` */
  readonly quantifiedComparison: RuleOf<void> = this.RULE('quantifiedComparison', () => {
    const operator = this.or<ComparisonOperator | 'LIKE' | 'NOT LIKE'>(0, [
      { ALT: () => this.subrule(0, this.comparison) },
      { ALT: () => this.named(K.LIKE, 'LIKE') },
      {
        ALT: () => {
          this.tokens(K.NOT, K.LIKE);
          return 'NOT LIKE';
        },
      },
    ]);
    const quantifier = this.or<'SOME' | 'ALL'>(1, [
      { ALT: () => this.named(K.SOME, 'SOME') },
      { ALT: () => this.named(K.ANY, 'SOME') },
      { ALT: () => this.named(K.ALL, 'ALL') },
    ]);
    const range = this.subrule(0, this.queryOrList);
    if (this.isRecording) return;
    this.operators.postfix(32, this.LA(0) as SqlToken, (value, span) => {
      return { kind: 'quantifiedComparison', span, operator, quantifier, value, range };
    });
  });

  /** `(SELECT ...)`, `(a, b)` */
  readonly queryOrList: RuleOf<Query | Expression[]> = this.RULE('queryOrList', () =>
    this.or<Query | Expression[]>(0, [
      {
        GATE: () => (this.LA(1) as SqlToken).opensQuery,
        ALT: () => {
          this.consume(0, T.LeftParen);
          const query = this.subrule(0, this.query);
          this.consume(0, T.RightParen);
          return query;
        },
      },
      {
        ALT: () => {
          this.consume(1, T.LeftParen);
          const items = this.subrule(0, this.expressions);
          this.consume(1, T.RightParen);
          return items;
        },
      },
    ]),
  );

  /** `FORMAT JSON ENCODING UTF8` */
  readonly formatJson: RuleOf<void> = this.RULE('formatJson', () => {
    this.tokens(K.FORMAT, K.JSON);
    const encoding =
      this.option(0, {
        GATE: () => this.LA(2).tokenType !== T.Identifier,
        DEF: () => {
          this.consume(0, K.ENCODING);
          return this.or<FormatJson['encoding']>(0, [
            { ALT: () => this.named(K.UTF8, 'UTF8') },
            { ALT: () => this.named(K.UTF16, 'UTF16') },
            { ALT: () => this.named(K.UTF32, 'UTF32') },
          ]);
        },
      }) ?? null;
    if (this.isRecording) return;
    this.operators.postfix(28, this.LA(0) as SqlToken, (value, span) => ({
      kind: 'formatJson',
      span,
      value,
      encoding,
    }));
  });

  /** The unit behind `(a - b)`. */
  readonly minusDate: RuleOf<void> = this.RULE('minusDate', () => {
    const qualifier = this.subrule(0, this.intervalQualifier);
    if (this.isRecording) return;
    this.operators.access(this.LA(0) as SqlToken, (value, span) => {
      if (value.kind !== 'binary') return value;
      return { kind: 'minusDate', span, left: value.left, right: value.right, qualifier };
    });
  });

  readonly comparison: RuleOf<ComparisonOperator> = this.RULE('comparison', () =>
    this.or<ComparisonOperator>(0, [
      { ALT: () => this.named(T.Equals, '=') },
      { ALT: () => this.named(T.NotEqual, '<>') },
      { ALT: () => this.named(T.Less, '<') },
      { ALT: () => this.named(T.LessOrEqual, '<=') },
      { ALT: () => this.named(T.Greater, '>') },
      { ALT: () => this.named(T.GreaterOrEqual, '>=') },
    ]),
  );

  /** An operator between two operands; a comma separates the fields of a row. */
  readonly infix: RuleOf<void> = this.RULE('infix', () => {
    const token = this.LA(1) as SqlToken;
    const infix = this.or<Infix | null>(0, [
      { ALT: () => binary(this.subrule(0, this.comparison), 30) },
      { ALT: () => this.operator(T.Plus, '+', 40) },
      { ALT: () => this.operator(T.Minus, '-', 40) },
      { ALT: () => this.operator(T.Star, '*', 60) },
      { ALT: () => this.operator(T.Slash, '/', 60) },
      { ALT: () => this.operator(T.Percent, '%', 60) },
      { ALT: () => this.operator(T.Concat, '||', 60) },
      { ALT: () => this.operator(K.AND, 'AND', 24) },
      { ALT: () => this.operator(K.OR, 'OR', 22) },
      { ALT: () => this.named(T.Comma, null) },
      { ALT: () => this.subrule(0, this.wordOperator) },
    ]);
    if (this.isRecording) return;
    if (infix === null) this.operators.comma();
    else this.operators.infix(infix, token);
  });

  readonly wordOperator: RuleOf<Infix> = this.RULE('wordOperator', () => {
    return this.or<Infix>(0, [
      { GATE: () => this.isPair(K.BETWEEN), ALT: () => this.subrule(0, this.betweenOperator) },
      { GATE: () => this.isPair(K.SUBMULTISET), ALT: () => this.subrule(0, this.submultisetOperator) },
      { ALT: () => this.subrule(0, this.likeOperator) },
      { ALT: () => this.named(K.ESCAPE, { kind: 'escape', precedence: 0 }) },
      {
        ALT: () => {
          this.consume(0, K.IS);
          const isNegated = this.maybe(0, K.NOT);
          this.tokens(K.DISTINCT, K.FROM);
          return binary(isNegated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM', 30);
        },
      },
      {
        ALT: () => {
          this.tokens(K.MEMBER, K.OF);
          return binary('MEMBER OF', 30);
        },
      },
      { ALT: () => this.operator(K.CONTAINS, 'CONTAINS', 30) },
      { ALT: () => this.operator(K.OVERLAPS, 'OVERLAPS', 30) },
      { ALT: () => this.operator(K.EQUALS, 'EQUALS', 30) },
      { ALT: () => this.operator(K.PRECEDES, 'PRECEDES', 30) },
      { ALT: () => this.operator(K.SUCCEEDS, 'SUCCEEDS', 30) },
      {
        ALT: () => {
          this.consume(0, K.IMMEDIATELY);
          return this.or<Infix>(1, [
            { ALT: () => this.operator(K.PRECEDES, 'IMMEDIATELY PRECEDES', 30) },
            { ALT: () => this.operator(K.SUCCEEDS, 'IMMEDIATELY SUCCEEDS', 30) },
          ]);
        },
      },
      { ALT: () => this.subrule(0, this.multisetOperator) },
    ]);
  });

  readonly betweenOperator: RuleOf<Infix> = this.RULE('betweenOperator', () => {
    const isNegated = this.maybe(0, K.NOT);
    this.consume(0, K.BETWEEN);
    let isSymmetric = false;
    this.option(1, () => {
      isSymmetric = this.or(0, [
        { ALT: () => this.named(K.SYMMETRIC, true) },
        { ALT: () => this.named(K.ASYMMETRIC, false) },
      ]);
    });
    return { kind: 'between', isNegated, isSymmetric, precedence: 32 };
  });

  readonly submultisetOperator: RuleOf<Infix> = this.RULE('submultisetOperator', () => {
    const isNegated = this.maybe(0, K.NOT);
    this.tokens(K.SUBMULTISET, K.OF);
    return binary(isNegated ? 'NOT SUBMULTISET OF' : 'SUBMULTISET OF', 30);
  });

  readonly likeOperator: RuleOf<Infix> = this.RULE('likeOperator', () => {
    const isNegated = this.maybe(0, K.NOT);
    const operator = this.or<'LIKE' | 'ILIKE' | 'RLIKE' | 'SIMILAR TO'>(0, [
      { ALT: () => this.named(K.LIKE, 'LIKE') },
      { ALT: () => this.named(K.ILIKE, 'ILIKE') },
      { ALT: () => this.named(K.RLIKE, 'RLIKE') },
      {
        ALT: () => {
          this.tokens(K.SIMILAR, K.TO);
          return 'SIMILAR TO';
        },
      },
    ]);
    return { kind: 'like', operator, isNegated, precedence: 32 };
  });

  /** `MULTISET UNION DISTINCT`; without a word it is ALL. */
  readonly multisetOperator: RuleOf<Infix> = this.RULE('multisetOperator', () => {
    this.consume(0, K.MULTISET);
    const operator = this.or<'UNION' | 'INTERSECT' | 'EXCEPT'>(0, [
      { ALT: () => this.named(K.UNION, 'UNION') },
      { ALT: () => this.named(K.INTERSECT, 'INTERSECT') },
      { ALT: () => this.named(K.EXCEPT, 'EXCEPT') },
    ]);
    let isDistinct = false;
    this.option(0, () => {
      isDistinct = this.or(1, [{ ALT: () => this.named(K.ALL, false) }, { ALT: () => this.named(K.DISTINCT, true) }]);
    });
    return binary(`MULTISET ${operator}${isDistinct ? ' DISTINCT' : ''}`, operator === 'INTERSECT' ? 18 : 14);
  });

  // -- gates and helpers -----------------------------------------------------------------------------------

  private isInfixNext(): boolean {
    const { tokenType } = this.LA(1);
    if (tokenType === T.Comma) return this.operators.openBrackets > 0;
    if (tokenType === K.IMMEDIATELY) return this.LA(2).tokenType === K.PRECEDES || this.LA(2).tokenType === K.SUCCEEDS;
    return true;
  }

  /** Decides between what follows a value and an operator with another operand, where one token does not. */
  private isPostfixNext(): boolean {
    const { tokenType } = this.LA(1);
    if (tokenType === T.RightParen) return this.operators.openBrackets > 0;
    if (tokenType === T.LeftBracket || tokenType === K.IN) return true;
    if (tokenType === T.Dot) return this.LA(2).tokenType !== T.Star;
    if (tokenType === K.IS) {
      const next = this.LA(2).tokenType === K.NOT ? this.LA(3) : this.LA(2);
      return next.tokenType !== K.DISTINCT;
    }
    if (tokenType === K.NOT) return this.LA(2).tokenType === K.IN || this.isQuantified();
    if (tokenType === K.FORMAT) return this.LA(2).tokenType === K.JSON;
    if (tokenType === K.LIKE || comparisons.has(tokenType)) return this.isQuantified();
    // What else may follow is a unit of time.
    const top = this.LA(0).tokenType === T.RightParen ? this.operators.top : null;
    return top?.kind === 'binary' && top.operator === '-';
  }

  private isQuantified(): boolean {
    const { tokenType } = this.LA(1);
    const isLike = tokenType === K.NOT && this.LA(2).tokenType === K.LIKE;
    const quantifier = isLike ? this.LA(3).tokenType : this.LA(2).tokenType;
    const isQuantifier = quantifier === K.SOME || quantifier === K.ANY || quantifier === K.ALL;
    return isQuantifier && (isLike || tokenType === K.LIKE || comparisons.has(tokenType));
  }

  private isPair(word: TokenType): boolean {
    return this.LA(1).tokenType === word || this.LA(2).tokenType === word;
  }

  private operator(token: TokenType, operator: BinaryOperator, precedence: number): Infix {
    this.consume(0, token);
    return binary(operator, precedence);
  }

  private prefixOf(operator: '+' | '-' | 'NOT', token: unknown): void {
    if (!this.isRecording) this.operators.prefix(operator, token as SqlToken);
  }
}

const comparisons = new Set<TokenType>([T.Equals, T.NotEqual, T.Less, T.LessOrEqual, T.Greater, T.GreaterOrEqual]);

function binary(operator: BinaryOperator, precedence: number): Infix {
  return { kind: 'binary', operator, precedence };
}
