import type {
  Expression,
  JsonAggregate,
  JsonExists,
  JsonMember,
  JsonNullClause,
  JsonPassing,
  JsonQuery,
  JsonQueryBehavior,
  JsonValue,
  JsonValueBehavior,
} from '../ast/expressions.ts';
import * as T from '../tokens.ts';
import { K } from '../tokens.ts';
import type { RuleOf } from './dsl.ts';
import { JdbcRules } from './jdbc.ts';

/** The JSON functions of the SQL standard, with their clauses. */
export abstract class JsonRules extends JdbcRules {
  override readonly jsonCall: RuleOf<Expression> = this.RULE('jsonCall', () =>
    this.or<Expression>(0, [
      { ALT: () => this.subrule(0, this.jsonExists) },
      { ALT: () => this.subrule(0, this.jsonValue) },
      { ALT: () => this.subrule(0, this.jsonQuery) },
      { ALT: () => this.subrule(0, this.jsonObject) },
      { ALT: () => this.subrule(0, this.jsonArray) },
      { ALT: () => this.subrule(0, this.jsonObjectAggregate) },
      { ALT: () => this.subrule(0, this.jsonArrayAggregate) },
    ]),
  );

  /** `JSON_EXISTS(a, 'path' TRUE ON ERROR)` */
  readonly jsonExists: RuleOf<JsonExists> = this.RULE('jsonExists', () => {
    const start = this.LA(1);
    this.tokens(K.JSON_EXISTS, T.LeftParen);
    const common = this.subrule(0, this.jsonInput);
    const onError =
      this.option(0, () => {
        const behavior = this.or<JsonExists['onError']>(0, [
          { ALT: () => this.named(K.TRUE, 'TRUE') },
          { ALT: () => this.named(K.FALSE, 'FALSE') },
          { ALT: () => this.named(K.UNKNOWN, 'UNKNOWN') },
          { ALT: () => this.named(K.ERROR, 'ERROR') },
        ]);
        this.tokens(K.ON, K.ERROR);
        return behavior;
      }) ?? null;
    this.consume(0, T.RightParen);
    return { kind: 'jsonExists', span: this.spanFrom(start), ...common, onError };
  });

  /** `JSON_VALUE(a, 'path' RETURNING INT NULL ON EMPTY ERROR ON ERROR)` */
  readonly jsonValue: RuleOf<JsonValue> = this.RULE('jsonValue', () => {
    const start = this.LA(1);
    this.tokens(K.JSON_VALUE, T.LeftParen);
    const common = this.subrule(0, this.jsonInput);
    const returning =
      this.option(0, () => {
        this.consume(0, K.RETURNING);
        return this.subrule(0, this.dataType);
      }) ?? null;
    let onEmpty: JsonValueBehavior | null = null;
    let onError: JsonValueBehavior | null = null;
    this.many(0, () => {
      const begin = this.LA(1);
      const behavior = this.or<JsonValueBehavior>(0, [
        { ALT: () => this.named(K.ERROR, 'ERROR') },
        { ALT: () => this.named(K.NULL, 'NULL') },
        {
          ALT: () => {
            this.consume(0, K.DEFAULT);
            const value = this.subrule(0, this.expression);
            return { kind: 'jsonDefault', span: this.spanFrom(begin), value };
          },
        },
      ]);
      if (this.isOnEmpty()) onEmpty = behavior;
      else onError = behavior;
    });
    this.consume(0, T.RightParen);
    return { kind: 'jsonValue', span: this.spanFrom(start), ...common, returning, onEmpty, onError };
  });

  /** `JSON_QUERY(a, 'path' RETURNING STRING WITH WRAPPER EMPTY ARRAY ON EMPTY)` */
  readonly jsonQuery: RuleOf<JsonQuery> = this.RULE('jsonQuery', () => {
    const start = this.LA(1);
    this.tokens(K.JSON_QUERY, T.LeftParen);
    const common = this.subrule(0, this.jsonInput);
    const returning =
      this.option(0, () => {
        this.consume(0, K.RETURNING);
        return this.subrule(0, this.dataType);
      }) ?? null;
    const wrapper = this.option(1, () => this.subrule(0, this.jsonWrapper)) ?? null;
    let onEmpty: JsonQueryBehavior | null = null;
    let onError: JsonQueryBehavior | null = null;
    this.many(0, () => {
      const behavior = this.or<JsonQueryBehavior>(0, [
        { ALT: () => this.named(K.ERROR, 'ERROR') },
        { ALT: () => this.named(K.NULL, 'NULL') },
        {
          ALT: () => {
            this.consume(0, K.EMPTY);
            return this.or<JsonQueryBehavior>(1, [
              { ALT: () => this.named(K.ARRAY, 'EMPTY ARRAY') },
              { ALT: () => this.named(K.OBJECT, 'EMPTY OBJECT') },
            ]);
          },
        },
      ]);
      if (this.isOnEmpty()) onEmpty = behavior;
      else onError = behavior;
    });
    this.consume(0, T.RightParen);
    return { kind: 'jsonQuery', span: this.spanFrom(start), ...common, returning, wrapper, onEmpty, onError };
  });

  /** `WITHOUT ARRAY WRAPPER`, `WITH CONDITIONAL WRAPPER` */
  readonly jsonWrapper: RuleOf<'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL'> = this.RULE('jsonWrapper', () => {
    const wrapper = this.or<'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL'>(0, [
      { ALT: () => this.named(K.WITHOUT, 'WITHOUT') },
      {
        ALT: () => {
          this.consume(0, K.WITH);
          return (
            this.option(0, () =>
              this.or<'CONDITIONAL' | 'UNCONDITIONAL'>(1, [
                { ALT: () => this.named(K.CONDITIONAL, 'CONDITIONAL') },
                { ALT: () => this.named(K.UNCONDITIONAL, 'UNCONDITIONAL') },
              ]),
            ) ?? 'UNCONDITIONAL'
          );
        },
      },
    ]);
    this.maybe(1, K.ARRAY);
    this.consume(0, K.WRAPPER);
    return wrapper;
  });

  /** `a, 'path' PASSING b AS c` */
  readonly jsonInput: RuleOf<JsonInput> = this.RULE('jsonInput', () => {
    const input = this.withoutQuery(this.subrule(0, this.expression));
    this.consume(0, T.Comma);
    const path = this.withoutQuery(this.subrule(1, this.expression));
    const passing =
      this.option(0, () => {
        this.consume(0, K.PASSING);
        return this.listOf(0, this.jsonPassing);
      }) ?? [];
    return { input, path, passing };
  });

  readonly jsonPassing: RuleOf<JsonPassing> = this.RULE('jsonPassing', () => {
    const start = this.LA(1);
    const value = this.subrule(0, this.expression);
    this.consume(0, K.AS);
    const name = this.identifier();
    return { kind: 'jsonPassing', span: this.spanFrom(start), value, name };
  });

  /** `JSON_OBJECT(KEY 'a' VALUE 1, 'b': 2 ABSENT ON NULL)` */
  readonly jsonObject: RuleOf<Expression> = this.RULE('jsonObject', () => {
    const start = this.LA(1);
    this.tokens(K.JSON_OBJECT, T.LeftParen);
    const members =
      this.option(0, { GATE: () => !this.isNullClause(), DEF: () => this.listOf(0, this.jsonMember) }) ?? [];
    const nullClause = this.option(1, () => this.subrule(0, this.jsonNullClause)) ?? null;
    this.consume(0, T.RightParen);
    return { kind: 'jsonObject', span: this.spanFrom(start), members, nullClause };
  });

  readonly jsonMember: RuleOf<JsonMember> = this.RULE('jsonMember', () => {
    const start = this.LA(1);
    const hasKey = this.isKeyWord() ? this.maybe(0, K.KEY) : this.isRecording && this.maybe(0, K.KEY);
    const key = this.subrule(0, this.expression);
    this.or(0, [{ ALT: () => this.consume(0, K.VALUE) }, { GATE: () => !hasKey, ALT: () => this.consume(0, T.Colon) }]);
    const value = this.withoutQuery(this.subrule(1, this.expression));
    return { kind: 'jsonMember', span: this.spanFrom(start), key, value };
  });

  readonly jsonArray: RuleOf<Expression> = this.RULE('jsonArray', () => {
    const start = this.LA(1);
    this.tokens(K.JSON_ARRAY, T.LeftParen);
    const items = this.option(0, () => this.withoutQueries(this.subrule(0, this.expressions))) ?? [];
    const nullClause = this.option(1, () => this.subrule(0, this.jsonNullClause)) ?? null;
    this.consume(0, T.RightParen);
    return { kind: 'jsonArray', span: this.spanFrom(start), items, nullClause };
  });

  readonly jsonNullClause: RuleOf<JsonNullClause> = this.RULE('jsonNullClause', () => {
    const clause = this.or<JsonNullClause>(0, [
      { ALT: () => this.named(K.NULL, 'NULL ON NULL') },
      { ALT: () => this.named(K.ABSENT, 'ABSENT ON NULL') },
    ]);
    this.tokens(K.ON, K.NULL);
    return clause;
  });

  readonly jsonObjectAggregate: RuleOf<JsonAggregate> = this.RULE('jsonObjectAggregate', () => {
    const start = this.LA(1);
    this.tokens(K.JSON_OBJECTAGG, T.LeftParen);
    const member = this.subrule(0, this.jsonMember);
    const nullClause = this.option(0, () => this.subrule(0, this.jsonNullClause)) ?? null;
    this.consume(0, T.RightParen);
    const { key, value } = member;
    const span = this.spanFrom(start);
    return { ...aggregate, name: 'JSON_OBJECTAGG', span, key, value, orderBy: [], nullClause };
  });

  readonly jsonArrayAggregate: RuleOf<JsonAggregate> = this.RULE('jsonArrayAggregate', () => {
    const start = this.LA(1);
    this.tokens(K.JSON_ARRAYAGG, T.LeftParen);
    const value = this.withoutQuery(this.subrule(0, this.expression));
    const orderBy = this.option(0, () => this.subrule(0, this.orderBy)) ?? [];
    const nullClause = this.option(1, () => this.subrule(0, this.jsonNullClause)) ?? null;
    this.consume(0, T.RightParen);
    const withinGroup = this.option(2, () => this.subrule(0, this.withinGroup)) ?? null;
    const span = this.spanFrom(start);
    if (withinGroup !== null && orderBy.length > 0) {
      this.refuse('P011', span, 'JSON_ARRAYAGG has two orders', 'keep one of ORDER BY and WITHIN GROUP');
    }
    return { ...aggregate, name: 'JSON_ARRAYAGG', span, key: null, value, orderBy, nullClause, withinGroup };
  });

  // -- helpers ---------------------------------------------------------------------------------------------

  /** ON EMPTY or ON ERROR; takes the alternation 9 of its rule. */
  private isOnEmpty(): boolean {
    this.consume(0, K.ON);
    return this.or(9, [{ ALT: () => this.named(K.EMPTY, true) }, { ALT: () => this.named(K.ERROR, false) }]);
  }

  private isNullClause(): boolean {
    return this.isNext(K.NULL, K.ON) || this.isNext(K.ABSENT, K.ON);
  }

  /** KEY leads a key in, unless it is the name of the key's column itself. */
  private isKeyWord(): boolean {
    if (this.LA(1).tokenType !== K.KEY) return false;
    const next = this.LA(2).tokenType;
    return next !== K.VALUE && next !== T.Colon && next !== T.Dot;
  }
}

interface JsonInput {
  readonly input: Expression;
  readonly path: Expression;
  readonly passing: readonly JsonPassing[];
}

const aggregate = { kind: 'jsonAggregate', withinGroup: null, filter: null, over: null } as const;
