import type { Case, CaseBranch, Expression } from '../ast/expressions.ts';
import type { DateTimeLiteral, NumberLiteral } from '../ast/literals.ts';
import { charsetOf, decodeBinary, decodeString } from '../decode-string.ts';
import * as T from '../tokens.ts';
import { K, type SqlToken } from '../tokens.ts';
import type { RuleOf } from './dsl.ts';
import { ExpressionRules } from './expressions.ts';

/** What an expression is made of, but for functions: literals, names, constructors, CASE, subqueries. */
export abstract class ValueRules extends ExpressionRules {
  declare readonly specialCall: RuleOf<Expression>;
  declare readonly functionCall: RuleOf<Expression>;
  declare readonly jsonCall: RuleOf<Expression>;

  override readonly primary: RuleOf<Expression> = this.RULE('primary', () =>
    this.or<Expression>(0, [
      // A word that is not reserved begins several of these; the gates are asked in this order.
      { GATE: () => this.isSpecialCall(), ALT: () => this.subrule(0, this.specialCall) },
      { GATE: () => this.isCollection(), ALT: () => this.subrule(0, this.collection) },
      { GATE: () => this.isCall(), ALT: () => this.subrule(0, this.functionCall) },
      { ALT: () => this.subrule(0, this.columnReference) },
      { ALT: () => this.subrule(0, this.numberLiteral) },
      { ALT: () => this.subrule(0, this.stringLiteral) },
      { ALT: () => this.subrule(0, this.binaryLiteral) },
      { ALT: () => this.subrule(0, this.wordLiteral) },
      { ALT: () => this.subrule(0, this.dateTimeLiteral) },
      { ALT: () => this.subrule(0, this.interval) },
      { ALT: () => this.subrule(0, this.caseExpression) },
      { ALT: () => this.subrule(0, this.subquery) },
      { ALT: () => this.subrule(0, this.existsTest) },
      { ALT: () => this.subrule(0, this.rowConstructor) },
      { ALT: () => this.subrule(0, this.period) },
      { ALT: () => this.subrule(0, this.cursor) },
      { ALT: () => this.subrule(0, this.jsonCall) },
      { GATE: () => this.LA(2).tokenType === K.VALUE, ALT: () => this.subrule(0, this.nextValue) },
      { ALT: () => this.subrule(0, this.contextVariable) },
      { ALT: () => this.subrule(0, this.parameter) },
    ]),
  );

  /** `a`, `t.a`, `t.*` */
  readonly columnReference: RuleOf<Expression> = this.RULE('columnReference', () => {
    const start = this.LA(1);
    const parts = [this.identifier()];
    this.many(0, {
      GATE: () => this.LA(2).tokenType !== T.Star,
      DEF: () => {
        this.consume(0, T.Dot);
        parts.push(this.identifierOf(this.consume(1, T.Name) as SqlToken));
      },
    });
    const nameSpan = this.spanFrom(start);
    const name = { kind: 'qualifiedName' as const, span: nameSpan, parts };
    const isStar = this.maybe(0, T.Dot, T.Star);
    if (isStar) return { kind: 'star', span: this.spanFrom(start), qualifier: name };
    return { kind: 'columnReference', span: nameSpan, name };
  });

  readonly numberLiteral: RuleOf<NumberLiteral> = this.RULE('numberLiteral', () => {
    const start = this.LA(1);
    const form = this.or<NumberLiteral['form']>(0, [
      { ALT: () => this.named(T.IntegerLiteral, 'integer') },
      { ALT: () => this.named(T.DecimalLiteral, 'decimal') },
      { ALT: () => this.named(T.ApproximateLiteral, 'approximate') },
      {
        ALT: () => {
          this.tokens(K.DECIMAL, T.QuotedString);
          return 'decimalText';
        },
      },
    ]);
    const { image } = this.LA(0);
    return {
      kind: 'numberLiteral',
      span: this.spanFrom(start),
      form,
      text: form === 'decimalText' ? image.slice(1, -1) : image,
    };
  });

  readonly stringLiteral: RuleOf<Expression> = this.RULE('stringLiteral', () => {
    const start = this.LA(1) as SqlToken;
    const value = this.stringValue(0);
    const charset = this.isRecording ? null : charsetOf(start);
    return { kind: 'stringLiteral', span: this.spanFrom(start), value, charset };
  });

  readonly binaryLiteral: RuleOf<Expression> = this.RULE('binaryLiteral', () => {
    const start = this.LA(1);
    const pieces = [this.consume(0, T.BinaryString) as SqlToken];
    this.many(0, () => pieces.push(this.continuation(pieces)));
    const hex = this.isRecording ? '' : decodeBinary(pieces);
    return { kind: 'binaryLiteral', span: this.spanFrom(start), hex };
  });

  readonly wordLiteral: RuleOf<Expression> = this.RULE('wordLiteral', () => {
    const start = this.LA(1);
    const value = this.or<boolean | null | 'NULL'>(0, [
      { ALT: () => this.named(K.TRUE, true) },
      { ALT: () => this.named(K.FALSE, false) },
      { ALT: () => this.named(K.UNKNOWN, null) },
      { ALT: () => this.named(K.NULL, 'NULL') },
    ]);
    const span = this.spanFrom(start);
    return value === 'NULL' ? { kind: 'nullLiteral', span } : { kind: 'booleanLiteral', span, value };
  });

  /** `DATE '2024-02-29'`, `{ts '2024-02-29 00:00:00'}` */
  readonly dateTimeLiteral: RuleOf<DateTimeLiteral> = this.RULE('dateTimeLiteral', () => {
    const start = this.LA(1);
    let token = start as SqlToken;
    const quoted = (index: number): void => {
      token = this.consume(index, T.QuotedString) as SqlToken;
    };
    const braced = (index: number): void => {
      quoted(index);
      this.consume(index, T.RightBrace);
    };
    const type = this.or<DateTimeLiteral['type']>(0, [
      { ALT: () => this.sequel(this.named(K.DATE, 'DATE'), () => quoted(0)) },
      { ALT: () => this.sequel(this.named(K.TIME, 'TIME'), () => quoted(1)) },
      { ALT: () => this.sequel(this.named(K.DATETIME, 'DATETIME'), () => quoted(2)) },
      {
        ALT: () => {
          this.consume(0, K.TIMESTAMP);
          const isLocal = this.maybe(0, K.WITH, K.LOCAL, K.TIME, K.ZONE);
          quoted(3);
          return isLocal ? 'TIMESTAMP WITH LOCAL TIME ZONE' : 'TIMESTAMP';
        },
      },
      { ALT: () => this.sequel(this.named(T.BraceDate, 'DATE'), () => braced(4)) },
      { ALT: () => this.sequel(this.named(T.BraceTime, 'TIME'), () => braced(5)) },
      { ALT: () => this.sequel(this.named(T.BraceTimestamp, 'TIMESTAMP'), () => braced(6)) },
    ]);
    const text = this.isRecording ? '' : decodeString([token], null);
    return { kind: 'dateTimeLiteral', span: this.spanFrom(start), type, text };
  });

  /** `INTERVAL '1' DAY`, `INTERVAL -5 MINUTE`, `INTERVAL (a + b) HOUR` */
  readonly interval: RuleOf<Expression> = this.RULE('interval', () => {
    const start = this.LA(1);
    this.consume(0, K.INTERVAL);
    let isNegative = false;
    this.option(0, () => {
      isNegative = this.or(0, [{ ALT: () => this.named(T.Minus, true) }, { ALT: () => this.named(T.Plus, false) }]);
    });
    let text: string | null = null;
    const value = this.or<Expression | null>(1, [
      {
        ALT: () => {
          const token = this.consume(0, T.QuotedString) as SqlToken;
          text = this.isRecording ? '' : decodeString([token], null);
          return null;
        },
      },
      {
        ALT: () => {
          this.consume(0, T.LeftParen);
          const inner = this.subrule(0, this.expression);
          this.consume(0, T.RightParen);
          return inner;
        },
      },
      { ALT: () => this.subrule(0, this.numberLiteral) },
      { ALT: () => this.subrule(0, this.columnReference) },
    ]);
    const qualifier = this.subrule(0, this.intervalQualifier);
    const span = this.spanFrom(start);
    if (text !== null || value === null) {
      return { kind: 'intervalLiteral', span, isNegative, text: text ?? '', qualifier };
    }
    if (!this.isRecording && qualifier.to !== null) {
      this.refuse(
        'P001',
        qualifier.span,
        'an interval of several units is written as a string',
        "write INTERVAL '1 2' DAY TO HOUR",
      );
    }
    return { kind: 'intervalExpression', span, isNegative, value, qualifier };
  });

  readonly caseExpression: RuleOf<Case> = this.RULE('caseExpression', () => {
    const start = this.LA(1);
    this.consume(0, K.CASE);
    const operand = this.option(0, () => this.subrule(0, this.expression)) ?? null;
    const branches: CaseBranch[] = [];
    this.atLeastOne(0, () => branches.push(this.subrule(0, this.caseBranch)));
    const otherwise =
      this.option(1, () => {
        this.consume(0, K.ELSE);
        return this.subrule(1, this.expression);
      }) ?? null;
    this.consume(0, K.END);
    return { kind: 'case', span: this.spanFrom(start), operand, branches, otherwise };
  });

  readonly caseBranch: RuleOf<CaseBranch> = this.RULE('caseBranch', () => {
    const start = this.LA(1);
    this.consume(0, K.WHEN);
    const when = this.subrule(0, this.expressions);
    this.consume(0, K.THEN);
    const then = this.subrule(0, this.expression);
    // oxlint-disable-next-line unicorn/no-thenable -- a node, never awaited
    return { kind: 'caseBranch', span: this.spanFrom(start), when, then };
  });

  /** `(SELECT ...)` */
  readonly subquery: RuleOf<Expression> = this.RULE('subquery', () => {
    const start = this.LA(1);
    this.consume(0, T.LeftParen);
    const query = this.subrule(0, this.query);
    this.consume(0, T.RightParen);
    return { kind: 'subquery', span: this.spanFrom(start), query };
  });

  readonly existsTest: RuleOf<Expression> = this.RULE('existsTest', () => {
    const start = this.LA(1);
    const test = this.or<'EXISTS' | 'UNIQUE'>(0, [
      { ALT: () => this.named(K.EXISTS, 'EXISTS') },
      { ALT: () => this.named(K.UNIQUE, 'UNIQUE') },
    ]);
    this.consume(0, T.LeftParen);
    const query = this.subrule(0, this.query);
    this.consume(0, T.RightParen);
    return { kind: 'exists', span: this.spanFrom(start), test, query };
  });

  /** `ROW(a, b)` */
  readonly rowConstructor: RuleOf<Expression> = this.RULE('rowConstructor', () => {
    const start = this.LA(1);
    this.consume(0, K.ROW);
    const fields = this.subrule(0, this.rowFields);
    return { kind: 'rowConstructor', span: this.spanFrom(start), isExplicit: true, fields };
  });

  /** `(a, DEFAULT, b)`, or one query without brackets of its own. */
  readonly rowFields: RuleOf<Expression[]> = this.RULE('rowFields', () => {
    this.consume(0, T.LeftParen);
    const fields = this.or<Expression[]>(0, [
      { GATE: () => this.isQueryNext(), ALT: () => [this.subrule(0, this.bareSubquery)] },
      { ALT: () => this.listOf(0, this.rowField) },
    ]);
    this.consume(0, T.RightParen);
    return fields;
  });

  readonly rowField: RuleOf<Expression> = this.RULE('rowField', () => {
    const start = this.LA(1);
    return this.or<Expression>(0, [
      {
        ALT: () => {
          this.consume(0, K.DEFAULT);
          return { kind: 'defaultValue', span: this.spanFrom(start) };
        },
      },
      { ALT: () => this.subrule(0, this.expression) },
    ]);
  });

  /** `SELECT ...` where the brackets around it belong to something else. */
  readonly bareSubquery: RuleOf<Expression> = this.RULE('bareSubquery', () => {
    const query = this.subrule(0, this.query);
    return { kind: 'subquery', span: this.isRecording ? this.spanFrom(this.LA(1)) : query.span, query };
  });

  /** `ARRAY[a, b]`, `MAP['k', v]`, `MULTISET[a]`, `ARRAY(SELECT ...)` */
  readonly collection: RuleOf<Expression> = this.RULE('collection', () => {
    const start = this.LA(1);
    const collection = this.or<'ARRAY' | 'MAP' | 'MULTISET'>(0, [
      { ALT: () => this.named(K.ARRAY, 'ARRAY') },
      { ALT: () => this.named(K.MAP, 'MAP') },
      { ALT: () => this.named(K.MULTISET, 'MULTISET') },
    ]);
    return this.or<Expression>(1, [
      {
        ALT: () => {
          this.consume(0, T.LeftParen);
          const query = this.subrule(0, this.query);
          this.consume(0, T.RightParen);
          return { kind: 'collectionQuery', span: this.spanFrom(start), collection, query };
        },
      },
      {
        ALT: () => {
          this.consume(0, T.LeftBracket);
          const items = this.option(0, {
            GATE: () => collection !== 'MULTISET' || this.LA(1).tokenType !== T.RightBracket,
            DEF: () => this.withoutQueries(this.subrule(0, this.expressions)),
          });
          const last = this.consume(0, T.RightBracket) as SqlToken;
          if (collection === 'MULTISET' && items === undefined) {
            this.refuse('P001', this.spanOf(last), 'a MULTISET needs an element to have a type');
          }
          return { kind: 'collectionConstructor', span: this.spanFrom(start), collection, items: items ?? [] };
        },
      },
    ]);
  });

  /** `PERIOD (a, b)` */
  readonly period: RuleOf<Expression> = this.RULE('period', () => {
    const start = this.LA(1);
    this.tokens(K.PERIOD, T.LeftParen);
    const from = this.subrule(0, this.expression);
    this.consume(0, T.Comma);
    const to = this.subrule(1, this.expression);
    this.consume(0, T.RightParen);
    return { kind: 'period', span: this.spanFrom(start), from, to };
  });

  readonly cursor: RuleOf<Expression> = this.RULE('cursor', () => {
    const start = this.LA(1);
    this.tokens(K.CURSOR, T.LeftParen);
    const query = this.subrule(0, this.query);
    this.consume(0, T.RightParen);
    return { kind: 'cursor', span: this.spanFrom(start), query };
  });

  /** `NEXT VALUE FOR s` */
  readonly nextValue: RuleOf<Expression> = this.RULE('nextValue', () => {
    const start = this.LA(1);
    const which = this.or<'NEXT' | 'CURRENT'>(0, [
      { ALT: () => this.named(K.NEXT, 'NEXT') },
      { ALT: () => this.named(K.CURRENT, 'CURRENT') },
    ]);
    this.tokens(K.VALUE, K.FOR);
    const sequence = this.subrule(0, this.qualifiedName);
    return { kind: 'nextValue', span: this.spanFrom(start), which, sequence };
  });

  /** `CURRENT_DATE` */
  readonly contextVariable: RuleOf<Expression> = this.RULE('contextVariable', () => {
    const token = this.consume(0, T.ContextVariable) as SqlToken;
    const span = this.spanOf(token);
    const part = { kind: 'identifier' as const, span, name: token.image, isQuoted: false };
    return { ...emptyCall, span, name: { kind: 'qualifiedName', span, parts: [part] }, arguments: null };
  });

  readonly parameter: RuleOf<Expression> = this.RULE('parameter', () => {
    const token = this.consume(0, T.Question) as SqlToken;
    return { kind: 'parameter', span: this.spanOf(token), name: null };
  });

  // -- gates -----------------------------------------------------------------------------------------------

  protected isQueryNext(): boolean {
    const { tokenType } = this.LA(1);
    if (tokenType === T.LeftParen) return (this.LA(1) as SqlToken).opensQuery && this.isQueryAfterBracket();
    return tokenType === K.SELECT || tokenType === K.VALUES || tokenType === K.WITH;
  }

  /** `(SELECT ...) UNION ...` is a query as a whole, `(SELECT ...) + 1` is a value. */
  private isQueryAfterBracket(): boolean {
    let depth = 0;
    for (let ahead = 1; ; ahead++) {
      const { tokenType } = this.LA(ahead);
      if (tokenType === T.LeftParen) depth++;
      if (tokenType === T.RightParen && --depth === 0) {
        const after = this.LA(ahead + 1).tokenType;
        return after === K.UNION || after === K.INTERSECT || after === K.EXCEPT;
      }
      if (tokenType.name === 'EOF') return false;
    }
  }

  private isSpecialCall(): boolean {
    const { tokenType } = this.LA(1);
    // These words may be names; all others begin nothing else.
    if (tokenType === K.TIMESTAMPADD || tokenType === K.TIMESTAMPDIFF || tokenType === K.DESCRIPTOR) {
      return this.LA(2).tokenType === T.LeftParen;
    }
    if (tokenType === K.FINAL) return this.isCallAt(2);
    return true;
  }

  private isCollection(): boolean {
    const next = this.LA(2) as SqlToken;
    return next.tokenType === T.LeftBracket || next.opensQuery === true;
  }

  protected isCall(): boolean {
    return this.isCallAt(1);
  }

  /** A name, perhaps qualified, and a bracket. */
  protected isCallAt(start: number): boolean {
    let ahead = start;
    if (this.LA(ahead).tokenType === K.SPECIFIC) return true;
    if (this.LA(ahead).tokenType === T.BraceFunction) return true;
    while (this.LA(ahead + 1).tokenType === T.Dot) ahead += 2;
    return this.LA(ahead + 1).tokenType === T.LeftParen;
  }

  protected sequel<Value>(value: Value, then: () => void): Value {
    then();
    return value;
  }
}

/** The parts of a call that are mostly absent. */
export const emptyCall = {
  kind: 'functionCall',
  quantifier: null,
  orderBy: [],
  separator: null,
  nullTreatment: null,
  withinGroup: null,
  withinDistinct: null,
  filter: null,
  over: null,
} as const;
