import type { IntervalLiteral } from '../ast/literals.ts';
import type {
  AfterMatch,
  MatchRecognize,
  Measure,
  Pattern,
  PatternDefinition,
  PatternQuantified,
  PatternSubset,
} from '../ast/query.ts';
import * as T from '../tokens.ts';
import { K } from '../tokens.ts';
import type { RuleOf } from './dsl.ts';
import { QueryRules } from './queries.ts';

/** MATCH_RECOGNIZE. */
export abstract class PatternRules extends QueryRules {
  override readonly matchRecognizeClause = this.RULE(
    'matchRecognizeClause',
    (): Omit<MatchRecognize, 'table' | 'alias' | 'kind'> => {
      const begin = this.LA(1);
      this.tokens(K.MATCH_RECOGNIZE, T.LeftParen);
      const partitionBy =
        this.option(0, () => {
          this.tokens(K.PARTITION, K.BY);
          return this.withoutQueries(this.subrule(0, this.expressions));
        }) ?? [];
      const orderBy = this.option(1, () => this.subrule(0, this.orderBy)) ?? [];
      const measures =
        this.option(2, () => {
          this.consume(0, K.MEASURES);
          return this.listOf(0, this.measure);
        }) ?? [];
      const rowsPerMatch = this.option(3, () => this.subrule(0, this.rowsPerMatch)) ?? null;
      const afterMatch = this.option(4, () => this.subrule(0, this.afterMatch)) ?? null;
      this.consume(0, K.PATTERN);
      this.consume(0, T.LeftParen);
      const isAnchoredAtStart = this.maybe(5, T.Caret);
      const pattern = this.subrule(0, this.patternAlternation);
      const isAnchoredAtEnd = this.maybe(6, T.Dollar);
      this.consume(0, T.RightParen);
      const within =
        this.option(7, () => {
          this.consume(0, K.WITHIN);
          return this.subrule(0, this.intervalLiteral);
        }) ?? null;
      const subsets =
        this.option(8, () => {
          this.consume(0, K.SUBSET);
          return this.listOf(1, this.patternSubset);
        }) ?? [];
      this.consume(0, K.DEFINE);
      const definitions = this.listOf(2, this.patternDefinition);
      this.consume(1, T.RightParen);
      const span = this.spanFrom(begin);
      const anchors = { isAnchoredAtStart, isAnchoredAtEnd };
      return {
        span,
        partitionBy,
        orderBy,
        measures,
        rowsPerMatch,
        afterMatch,
        pattern,
        ...anchors,
        within,
        subsets,
        definitions,
      };
    },
  );

  /** `INTERVAL '1' HOUR` where nothing else may stand. */
  readonly intervalLiteral: RuleOf<IntervalLiteral> = this.RULE('intervalLiteral', () => {
    const interval = this.subrule(0, this.interval);
    if (!this.isRecording && interval.kind !== 'intervalLiteral') {
      this.refuse('P001', interval.span, "an interval literal is expected: INTERVAL '1' HOUR");
    }
    return interval as IntervalLiteral;
  });

  readonly measure: RuleOf<Measure> = this.RULE('measure', () => {
    const start = this.LA(1);
    const value = this.withoutQuery(this.subrule(0, this.expression));
    this.consume(0, K.AS);
    const name = this.identifier();
    return { kind: 'measure', span: this.spanFrom(start), value, name };
  });

  readonly rowsPerMatch: RuleOf<'ONE' | 'ALL'> = this.RULE('rowsPerMatch', () =>
    this.or<'ONE' | 'ALL'>(0, [
      {
        ALT: () => {
          this.tokens(K.ONE, K.ROW, K.PER, K.MATCH);
          return 'ONE';
        },
      },
      {
        ALT: () => {
          this.tokens(K.ALL, K.ROWS, K.PER, K.MATCH);
          return 'ALL';
        },
      },
    ]),
  );

  /** `AFTER MATCH SKIP TO LAST v`; LAST and FIRST may be variables themselves. */
  readonly afterMatch: RuleOf<AfterMatch> = this.RULE('afterMatch', () => {
    const start = this.LA(1);
    this.tokens(K.AFTER, K.MATCH, K.SKIP);
    const target = this.or<Pick<AfterMatch, 'skip' | 'variable'>>(0, [
      {
        ALT: () => {
          this.tokens(K.PAST, K.LAST, K.ROW);
          return { skip: 'PAST LAST ROW', variable: null };
        },
      },
      {
        ALT: () => {
          this.consume(0, K.TO);
          return this.or<Pick<AfterMatch, 'skip' | 'variable'>>(1, [
            {
              ALT: () => {
                this.tokens(K.NEXT, K.ROW);
                return { skip: 'TO NEXT ROW', variable: null };
              },
            },
            {
              GATE: () => this.LA(2).tokenType !== K.PATTERN,
              ALT: () => {
                this.consume(0, K.FIRST);
                return { skip: 'TO FIRST', variable: this.identifier() };
              },
            },
            {
              GATE: () => this.LA(2).tokenType !== K.PATTERN,
              ALT: () => {
                this.consume(0, K.LAST);
                return { skip: 'TO LAST', variable: this.identifier() };
              },
            },
            { ALT: () => ({ skip: 'TO LAST', variable: this.identifier() }) },
          ]);
        },
      },
    ]);
    return { kind: 'afterMatch', span: this.spanFrom(start), ...target };
  });

  readonly patternAlternation: RuleOf<Pattern> = this.RULE('patternAlternation', () => {
    const start = this.LA(1);
    const items = [this.subrule(0, this.patternSequence)];
    this.many(0, () => {
      this.consume(0, T.VerticalBar);
      items.push(this.subrule(1, this.patternSequence));
    });
    return items.length === 1
      ? (items[0] as Pattern)
      : { kind: 'patternAlternation', span: this.spanFrom(start), items };
  });

  readonly patternSequence: RuleOf<Pattern> = this.RULE('patternSequence', () => {
    const start = this.LA(1);
    const items: Pattern[] = [];
    this.atLeastOne(0, () => items.push(this.subrule(0, this.patternFactor)));
    return items.length === 1 ? (items[0] as Pattern) : { kind: 'patternSequence', span: this.spanFrom(start), items };
  });

  /** A variable or group with its quantifier. */
  readonly patternFactor: RuleOf<Pattern> = this.RULE('patternFactor', () => {
    const start = this.LA(1);
    const item = this.subrule(0, this.patternPrimary);
    const bounds = this.option(0, {
      GATE: () => !this.isNext(T.LeftBrace, T.Minus),
      DEF: () => this.subrule(0, this.patternBounds),
    });
    if (bounds === undefined) return item;
    const isReluctant = this.maybe(1, T.Question);
    return { kind: 'patternQuantified', span: this.spanFrom(start), item, ...bounds, isReluctant };
  });

  readonly patternBounds: RuleOf<Bounds> = this.RULE('patternBounds', () =>
    this.or<Bounds>(0, [
      { ALT: () => this.named(T.Star, { min: 0, max: null }) },
      { ALT: () => this.named(T.Plus, { min: 1, max: null }) },
      { ALT: () => this.named(T.Question, { min: 0, max: 1 }) },
      {
        ALT: () => {
          this.consume(0, T.LeftBrace);
          const bounds = this.or<Bounds>(1, [
            {
              ALT: () => {
                const min = this.integer(0);
                let max: number | null = min;
                this.option(0, () => {
                  this.consume(0, T.Comma);
                  max = this.option(1, () => this.integer(1)) ?? null;
                });
                return { min, max };
              },
            },
            {
              ALT: () => {
                this.consume(1, T.Comma);
                return { min: null, max: this.integer(2) };
              },
            },
          ]);
          this.consume(0, T.RightBrace);
          return bounds;
        },
      },
    ]),
  );

  readonly patternPrimary: RuleOf<Pattern> = this.RULE('patternPrimary', () => {
    const start = this.LA(1);
    return this.or<Pattern>(0, [
      {
        ALT: () => {
          const name = this.identifier();
          return { kind: 'patternVariable', span: this.spanFrom(start), name };
        },
      },
      {
        ALT: () => {
          this.consume(0, T.LeftParen);
          const pattern = this.subrule(0, this.patternAlternation);
          this.consume(0, T.RightParen);
          return { kind: 'patternGroup', span: this.spanFrom(start), pattern };
        },
      },
      {
        ALT: () => {
          this.consume(0, T.LeftBrace);
          this.consume(0, T.Minus);
          const pattern = this.subrule(1, this.patternAlternation);
          this.consume(1, T.Minus);
          this.consume(0, T.RightBrace);
          return { kind: 'patternExclusion', span: this.spanFrom(start), pattern };
        },
      },
      {
        ALT: () => {
          this.tokens(K.PERMUTE, T.LeftParen);
          const items = this.listOf(2, this.patternAlternation);
          this.consume(1, T.RightParen);
          return { kind: 'patternPermute', span: this.spanFrom(start), items };
        },
      },
    ]);
  });

  readonly patternSubset: RuleOf<PatternSubset> = this.RULE('patternSubset', () => {
    const start = this.LA(1);
    const name = this.identifier();
    this.consume(0, T.Equals);
    this.consume(0, T.LeftParen);
    const variables = this.subrule(0, this.expressions);
    this.consume(0, T.RightParen);
    return { kind: 'patternSubset', span: this.spanFrom(start), name, variables };
  });

  readonly patternDefinition: RuleOf<PatternDefinition> = this.RULE('patternDefinition', () => {
    const start = this.LA(1);
    const variable = this.identifier();
    this.consume(0, K.AS);
    const condition = this.subrule(0, this.expression);
    return { kind: 'patternDefinition', span: this.spanFrom(start), variable, condition };
  });
}

type Bounds = Pick<PatternQuantified, 'min' | 'max'>;
