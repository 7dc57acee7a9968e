import type { TokenType } from 'chevrotain';
import type { Argument, Cast, DescriptorColumn, Expression, FunctionCall, TimeUnit } from '../ast/expressions.ts';
import type { Identifier, QualifiedName } from '../ast/node.ts';
import type { OrderItem, WindowSpecification } from '../ast/query.ts';
import * as T from '../tokens.ts';
import { K, type SqlToken } from '../tokens.ts';
import type { RuleOf } from './dsl.ts';
import { emptyCall, ValueRules } from './values.ts';

/** Calls: ordinary ones with all their clauses, and those with a syntax of their own. */
export abstract class FunctionRules extends ValueRules {
  declare readonly orderBy: RuleOf<OrderItem[]>;
  declare readonly orderItem: RuleOf<OrderItem>;
  declare readonly windowSpecification: RuleOf<WindowSpecification>;
  declare readonly jdbcCall: RuleOf<Expression>;

  /** `f(DISTINCT a, b => 1) FILTER (WHERE c) OVER w` */
  override readonly functionCall: RuleOf<Expression> = this.RULE('functionCall', () => {
    const start = this.LA(1);
    return this.or<Expression>(0, [
      { ALT: () => this.subrule(0, this.jdbcCall) },
      {
        ALT: () => {
          this.maybe(0, K.SPECIFIC);
          const name = this.subrule(0, this.functionName);
          const list = this.subrule(0, this.argumentList);
          const nullTreatment = this.option(1, {
            GATE: () => this.LA(2).tokenType === K.NULLS,
            DEF: () => this.subrule(0, this.nullTreatment),
          });
          const withinDistinct = this.option(2, {
            GATE: () => this.LA(2).tokenType === K.DISTINCT,
            DEF: () => this.subrule(0, this.withinDistinct),
          });
          const withinGroup = this.option(3, () => this.subrule(0, this.withinGroup));
          const filter = this.option(4, () => this.subrule(0, this.filterClause));
          const over = this.option(5, () => this.subrule(0, this.overClause));
          if (
            !this.isRecording &&
            list.orderBy.length > 0 &&
            !takesOrder.has(name.parts.at(-1)?.name.toUpperCase() ?? '')
          ) {
            this.refuse(
              'P011',
              list.orderBy[0]?.span ?? name.span,
              'ORDER BY inside the brackets of this function',
              'use WITHIN GROUP (ORDER BY ...)',
            );
          }
          return {
            ...emptyCall,
            span: this.spanFrom(start),
            name,
            ...list,
            nullTreatment: nullTreatment ?? list.nullTreatment,
            withinDistinct: withinDistinct ?? null,
            withinGroup: withinGroup ?? null,
            filter: filter ?? null,
            over: over ?? null,
          };
        },
      },
    ]);
  });

  /** A name, or a reserved word that may be called. */
  readonly functionName: RuleOf<QualifiedName> = this.RULE('functionName', () =>
    this.or<QualifiedName>(0, [
      { ALT: () => this.subrule(0, this.qualifiedName) },
      { ALT: () => this.wordName(this.consume(0, T.CallableWord)) },
      // Words of the grammar that are functions as well.
      { ALT: () => this.wordName(this.consume(0, K.DATE)) },
      { ALT: () => this.wordName(this.consume(0, K.TIME)) },
      { ALT: () => this.wordName(this.consume(0, K.TIMESTAMP)) },
      { ALT: () => this.wordName(this.consume(0, K.DATETIME)) },
      { ALT: () => this.wordName(this.consume(0, K.ARRAY)) },
      { ALT: () => this.wordName(this.consume(0, K.CLASSIFIER)) },
      { ALT: () => this.wordName(this.consume(0, K.MATCH_NUMBER)) },
      { ALT: () => this.wordName(this.consume(0, K.PREV)) },
      { ALT: () => this.wordName(this.consume(0, K.NEXT)) },
    ]),
  );

  /** `(*)`, `()`, `(DISTINCT a, b)`, with the clauses that stand inside the brackets. */
  readonly argumentList: RuleOf<ArgumentList> = this.RULE('argumentList', () => {
    let quantifier: 'ALL' | 'DISTINCT' | null = null;
    const items: Argument[] = [];
    let orderBy: OrderItem[] = [];
    let separator: Expression | null = null;
    let nullTreatment: FunctionCall['nullTreatment'] = null;
    this.consume(0, T.LeftParen);
    this.option(0, () => {
      this.or(0, [
        { ALT: () => items.push(this.subrule(0, this.starArgument)) },
        {
          ALT: () => {
            quantifier = this.option(1, () => this.subrule(0, this.setQuantifier)) ?? null;
            items.push(...this.listOf(2, this.argument));
            nullTreatment = this.option(3, () => this.subrule(0, this.nullTreatment)) ?? null;
            orderBy = this.option(4, () => this.subrule(0, this.orderBy)) ?? [];
            separator =
              this.option(5, {
                GATE: () => this.LA(1).image.toUpperCase() === 'SEPARATOR',
                DEF: () => {
                  this.consume(0, T.ReservedWord);
                  return this.subrule(0, this.stringLiteral);
                },
              }) ?? null;
          },
        },
      ]);
    });
    this.consume(0, T.RightParen);
    return { quantifier, arguments: items, orderBy, separator, nullTreatment };
  });

  readonly starArgument: RuleOf<Argument> = this.RULE('starArgument', () => {
    const span = this.spanOf(this.consume(0, T.Star) as SqlToken);
    return { kind: 'argument', span, name: null, value: { kind: 'star', span, qualifier: null } };
  });

  /** `a`, `name => a`, `TABLE t PARTITION BY k`, `SELECT ...`, `MODEL m`, `DEFAULT` */
  readonly argument: RuleOf<Argument> = this.RULE('argument', () => {
    const start = this.LA(1);
    const name =
      this.option(0, {
        GATE: () => this.LA(2).tokenType === T.Arrow,
        DEF: () => {
          const identifier = this.identifier();
          this.consume(0, T.Arrow);
          return identifier;
        },
      }) ?? null;
    const value = this.subrule(0, this.argumentValue);
    return { kind: 'argument', span: this.spanFrom(start), name, value };
  });

  readonly argumentValue: RuleOf<Expression> = this.RULE('argumentValue', () => {
    const start = this.LA(1);
    const value = this.or<Expression>(0, [
      {
        GATE: () =>
          this.LA(1).tokenType !== K.MODEL ||
          this.LA(2).tokenType === T.Identifier ||
          this.LA(2).tokenType === T.QuotedIdentifier,
        ALT: () => {
          this.consume(0, K.MODEL);
          const name = this.subrule(0, this.qualifiedName);
          return { kind: 'modelArgument', span: this.spanFrom(start), name };
        },
      },
      {
        ALT: () => {
          this.consume(0, K.TABLE);
          const table = this.subrule(1, this.qualifiedName);
          return { kind: 'tableArgument', span: this.spanFrom(start), table, partitionBy: [], orderBy: [] };
        },
      },
      { GATE: () => this.isQueryNext(), ALT: () => this.subrule(0, this.bareSubquery) },
      { ALT: () => this.subrule(0, this.rowField) },
    ]);
    const partitionBy = this.option(0, () => {
      this.tokens(K.PARTITION, K.BY);
      return this.subrule(0, this.expression);
    });
    const takesOrderBy = partitionBy !== undefined || value?.kind === 'tableArgument' || value?.kind === 'subquery';
    const orderBy = this.option(1, { GATE: () => takesOrderBy, DEF: () => this.subrule(0, this.argumentOrder) });
    if (this.isRecording || (partitionBy === undefined && orderBy === undefined)) return value;
    return this.tableArgumentOf(value, partitionBy, orderBy ?? []);
  });

  /** One item, or several in brackets: a comma without brackets begins the next argument. */
  readonly argumentOrder: RuleOf<OrderItem[]> = this.RULE('argumentOrder', () => {
    this.tokens(K.ORDER, K.BY);
    return this.or<OrderItem[]>(0, [
      {
        GATE: () => this.LA(1).tokenType === T.LeftParen,
        ALT: () => {
          this.consume(0, T.LeftParen);
          const items = this.listOf(0, this.orderItem);
          this.consume(0, T.RightParen);
          return items;
        },
      },
      { ALT: () => [this.subrule(5, this.orderItem)] },
    ]);
  });

  /** `.f(a)` behind a value. */
  override readonly methodCallEnd: RuleOf<Expression> = this.RULE('methodCallEnd', () => {
    const start = this.LA(1);
    const { quantifier, arguments: items } = this.subrule(0, this.argumentList);
    const span = this.spanFrom(start);
    const nowhere: Expression = { kind: 'nullLiteral', span };
    const name: Identifier = { kind: 'identifier', span, name: '', isQuoted: false };
    return { kind: 'methodCall', span, value: nowhere, name, quantifier, arguments: items };
  });

  readonly setQuantifier: RuleOf<'ALL' | 'DISTINCT'> = this.RULE('setQuantifier', () =>
    this.or<'ALL' | 'DISTINCT'>(0, [
      { ALT: () => this.named(K.ALL, 'ALL') },
      { ALT: () => this.named(K.DISTINCT, 'DISTINCT') },
    ]),
  );

  readonly nullTreatment: RuleOf<'RESPECT NULLS' | 'IGNORE NULLS'> = this.RULE('nullTreatment', () => {
    const treatment = this.or<'RESPECT NULLS' | 'IGNORE NULLS'>(0, [
      { ALT: () => this.named(K.RESPECT, 'RESPECT NULLS') },
      { ALT: () => this.named(K.IGNORE, 'IGNORE NULLS') },
    ]);
    this.consume(0, K.NULLS);
    return treatment;
  });

  readonly withinDistinct: RuleOf<Expression[]> = this.RULE('withinDistinct', () => {
    this.tokens(K.WITHIN, K.DISTINCT, T.LeftParen);
    const items = this.subrule(0, this.expressions);
    this.consume(0, T.RightParen);
    return items;
  });

  readonly withinGroup: RuleOf<OrderItem[]> = this.RULE('withinGroup', () => {
    this.tokens(K.WITHIN, K.GROUP, T.LeftParen);
    const items = this.subrule(0, this.orderBy);
    this.consume(0, T.RightParen);
    return items;
  });

  readonly filterClause: RuleOf<Expression> = this.RULE('filterClause', () => {
    this.tokens(K.FILTER, T.LeftParen, K.WHERE);
    const condition = this.subrule(0, this.expression);
    this.consume(0, T.RightParen);
    return condition;
  });

  readonly overClause: RuleOf<Identifier | WindowSpecification> = this.RULE('overClause', () => {
    this.consume(0, K.OVER);
    return this.or<Identifier | WindowSpecification>(0, [
      { ALT: () => this.identifier() },
      { ALT: () => this.subrule(0, this.windowSpecification) },
    ]);
  });

  // -- calls with a syntax of their own --------------------------------------------------------------------

  override readonly specialCall: RuleOf<Expression> = this.RULE('specialCall', () =>
    this.or<Expression>(0, [
      { ALT: () => this.subrule(0, this.cast) },
      { ALT: () => this.subrule(0, this.extract) },
      { ALT: () => this.subrule(0, this.floorCeil) },
      { ALT: () => this.subrule(0, this.position) },
      { ALT: () => this.subrule(0, this.trim) },
      { ALT: () => this.subrule(0, this.substring) },
      { ALT: () => this.subrule(0, this.overlay) },
      { ALT: () => this.subrule(0, this.convert) },
      { ALT: () => this.subrule(0, this.timestampArithmetic) },
      { ALT: () => this.subrule(0, this.matchNavigation) },
      { ALT: () => this.subrule(0, this.descriptor) },
    ]),
  );

  /** `CAST(a AS INT)` */
  readonly cast: RuleOf<Expression> = this.RULE('cast', () => {
    const start = this.LA(1);
    const form = this.or<Cast['form']>(0, [
      { ALT: () => this.named(K.CAST, 'CAST') },
      { ALT: () => this.named(K.TRY_CAST, 'TRY_CAST') },
      { ALT: () => this.named(K.SAFE_CAST, 'SAFE_CAST') },
    ]);
    this.consume(0, T.LeftParen);
    const value = this.subrule(0, this.expression);
    this.consume(0, K.AS);
    const type = this.or(1, [
      { ALT: () => this.subrule(0, this.intervalType) },
      { ALT: () => this.subrule(0, this.dataType) },
    ]);
    this.consume(0, T.RightParen);
    return { kind: 'cast', span: this.spanFrom(start), form, value, type, format: null };
  });

  /** `EXTRACT(YEAR FROM a)` */
  readonly extract: RuleOf<Expression> = this.RULE('extract', () => {
    const start = this.LA(1);
    this.tokens(K.EXTRACT, T.LeftParen);
    const unit = this.subrule(0, this.timeUnit);
    this.consume(0, K.FROM);
    const value = this.subrule(0, this.expression);
    this.consume(0, T.RightParen);
    return { kind: 'extract', span: this.spanFrom(start), unit, value };
  });

  /** `FLOOR(a TO DAY)` */
  readonly floorCeil: RuleOf<Expression> = this.RULE('floorCeil', () => {
    const start = this.LA(1);
    const name = this.or<'FLOOR' | 'CEIL'>(0, [
      { ALT: () => this.named(K.FLOOR, 'FLOOR') },
      { ALT: () => this.named(K.CEIL, 'CEIL') },
      { ALT: () => this.named(K.CEILING, 'CEIL') },
    ]);
    this.consume(0, T.LeftParen);
    const value = this.subrule(0, this.expression);
    const unit =
      this.option(0, () => {
        this.consume(0, K.TO);
        return this.subrule(0, this.timeUnit);
      }) ?? null;
    this.consume(0, T.RightParen);
    const over = this.option(1, () => this.subrule(0, this.overClause));
    const span = this.spanFrom(start);
    if (over !== undefined) this.refuse('P012', span, `${name} is no aggregate and takes no OVER`);
    return { kind: 'floorCeil', span, name, value, unit };
  });

  /** `YEAR`, `DOW`, `WEEK(MONDAY)` */
  readonly timeUnit: RuleOf<TimeUnit> = this.RULE('timeUnit', () => {
    const start = this.LA(1);
    const name = this.or<string>(0, [
      { ALT: () => this.named(K.YEAR, 'YEAR') },
      { ALT: () => this.named(K.MONTH, 'MONTH') },
      { ALT: () => this.named(K.DAY, 'DAY') },
      { ALT: () => this.named(K.HOUR, 'HOUR') },
      { ALT: () => this.named(K.MINUTE, 'MINUTE') },
      { ALT: () => this.named(K.SECOND, 'SECOND') },
      { ALT: () => this.nameOf(this.identifier()) },
    ]);
    const weekday = this.option(0, {
      GATE: () => name === 'WEEK',
      DEF: () => {
        this.consume(0, T.LeftParen);
        const { image } = this.consume(0, T.ReservedWord);
        this.consume(0, T.RightParen);
        return image.toUpperCase();
      },
    });
    return { kind: 'timeUnit', span: this.spanFrom(start), name: weekday === undefined ? name : `WEEK(${weekday})` };
  });

  /** `POSITION(a IN b FROM 2)`; what is looked for has no operators, since IN is one. */
  readonly position: RuleOf<Expression> = this.RULE('position', () => {
    const start = this.LA(1);
    this.tokens(K.POSITION, T.LeftParen);
    const needle = this.subrule(0, this.primary);
    this.consume(0, K.IN);
    const haystack = this.subrule(0, this.expression);
    const from =
      this.option(0, () => {
        this.consume(0, K.FROM);
        return this.subrule(1, this.expression);
      }) ?? null;
    this.consume(0, T.RightParen);
    return { kind: 'position', span: this.spanFrom(start), needle, haystack, from };
  });

  /** `TRIM(a)`, `TRIM(LEADING 'x' FROM a)`, `TRIM(BOTH FROM a)` */
  readonly trim: RuleOf<Expression> = this.RULE('trim', () => {
    const start = this.LA(1);
    this.tokens(K.TRIM, T.LeftParen);
    const side =
      this.option(0, () =>
        this.or<'BOTH' | 'LEADING' | 'TRAILING'>(0, [
          { ALT: () => this.named(K.BOTH, 'BOTH') },
          { ALT: () => this.named(K.LEADING, 'LEADING') },
          { ALT: () => this.named(K.TRAILING, 'TRAILING') },
        ]),
      ) ?? null;
    let characters = this.option(1, {
      GATE: () => this.LA(1).tokenType !== K.FROM || side === null,
      DEF: () => this.subrule(0, this.expression),
    });
    let value: Expression | undefined;
    this.option(2, () => {
      this.consume(0, K.FROM);
      value = this.subrule(1, this.expression);
    });
    this.consume(0, T.RightParen);
    if (value === undefined) [value, characters] = [characters, undefined];
    const span = this.spanFrom(start);
    if (value === undefined) this.refuse('P001', span, 'TRIM has nothing to trim');
    return { kind: 'trim', span, side, characters: characters ?? null, value: value as Expression };
  });

  /** `SUBSTRING(a FROM 2 FOR 3)`, `SUBSTRING(a, 2, 3)` */
  readonly substring: RuleOf<Expression> = this.RULE('substring', () => {
    const start = this.LA(1);
    this.tokens(K.SUBSTRING, T.LeftParen);
    const value = this.subrule(0, this.expression);
    this.either(0, K.FROM, T.Comma);
    const from = this.subrule(1, this.expression);
    const length =
      this.option(0, () => {
        this.either(1, K.FOR, T.Comma);
        return this.subrule(2, this.expression);
      }) ?? null;
    this.consume(0, T.RightParen);
    return { kind: 'substring', span: this.spanFrom(start), value, from, length };
  });

  /** `OVERLAY(a PLACING b FROM 2 FOR 3)` */
  readonly overlay: RuleOf<Expression> = this.RULE('overlay', () => {
    const start = this.LA(1);
    this.tokens(K.OVERLAY, T.LeftParen);
    const value = this.subrule(0, this.expression);
    this.consume(0, K.PLACING);
    const placing = this.subrule(1, this.expression);
    this.consume(0, K.FROM);
    const from = this.subrule(2, this.expression);
    const length =
      this.option(0, () => {
        this.consume(0, K.FOR);
        return this.subrule(3, this.expression);
      }) ?? null;
    this.consume(0, T.RightParen);
    return { kind: 'overlay', span: this.spanFrom(start), value, placing, from, length };
  });

  /** `CONVERT(a USING utf8)`, `TRANSLATE(a USING utf8)`; TRANSLATE(a, b, c) is an ordinary call. */
  readonly convert: RuleOf<Expression> = this.RULE('convert', () => {
    const start = this.LA(1) as SqlToken;
    const name = this.or<'CONVERT' | 'TRANSLATE'>(0, [
      { ALT: () => this.named(K.CONVERT, 'CONVERT') },
      { ALT: () => this.named(K.TRANSLATE, 'TRANSLATE') },
    ]);
    this.consume(0, T.LeftParen);
    const values = this.subrule(0, this.expressions);
    const charset = this.option(0, {
      GATE: () => values.length === 1,
      DEF: () => {
        this.consume(0, K.USING);
        return this.subrule(0, this.qualifiedName);
      },
    });
    this.consume(0, T.RightParen);
    const span = this.spanFrom(start);
    if (charset !== undefined) return { kind: 'convert', span, name, value: values[0] as Expression, charset };
    const items = this.isRecording
      ? []
      : values.map((value): Argument => ({ kind: 'argument', span: value.span, name: null, value }));
    return { ...emptyCall, span, name: this.wordName(start), arguments: items };
  });

  /** `TIMESTAMPADD(DAY, 1, a)`, `TIMESTAMPDIFF(HOUR, a, b)` */
  readonly timestampArithmetic: RuleOf<Expression> = this.RULE('timestampArithmetic', () => {
    const start = this.LA(1);
    const name = this.or<'TIMESTAMPADD' | 'TIMESTAMPDIFF'>(0, [
      { ALT: () => this.named(K.TIMESTAMPADD, 'TIMESTAMPADD') },
      { ALT: () => this.named(K.TIMESTAMPDIFF, 'TIMESTAMPDIFF') },
    ]);
    this.consume(0, T.LeftParen);
    const unit = this.subrule(0, this.timeUnit);
    this.consume(0, T.Comma);
    const first = this.subrule(0, this.expression);
    this.consume(1, T.Comma);
    const second = this.subrule(1, this.expression);
    this.consume(0, T.RightParen);
    return { kind: 'timestampArithmetic', span: this.spanFrom(start), name, unit, arguments: [first, second] };
  });

  /** `RUNNING SUM(a.x)`, `FINAL LAST(a.x)` in MATCH_RECOGNIZE. */
  readonly matchNavigation: RuleOf<Expression> = this.RULE('matchNavigation', () => {
    const start = this.LA(1);
    const semantics = this.or<'RUNNING' | 'FINAL'>(0, [
      { ALT: () => this.named(K.RUNNING, 'RUNNING') },
      { ALT: () => this.named(K.FINAL, 'FINAL') },
    ]);
    const value = this.subrule(0, this.functionCall);
    return { kind: 'matchNavigation', span: this.spanFrom(start), semantics, value };
  });

  /** `DESCRIPTOR(ts)` */
  readonly descriptor: RuleOf<Expression> = this.RULE('descriptor', () => {
    const start = this.LA(1);
    this.tokens(K.DESCRIPTOR, T.LeftParen);
    const columns = this.listOf(0, this.descriptorColumn);
    this.consume(0, T.RightParen);
    return { kind: 'descriptor', span: this.spanFrom(start), columns };
  });

  readonly descriptorColumn: RuleOf<DescriptorColumn> = this.RULE('descriptorColumn', () => {
    const start = this.LA(1);
    const name = this.subrule(0, this.qualifiedName);
    const type = this.option(0, () => this.subrule(0, this.nullableDataType)) ?? null;
    return { kind: 'descriptorColumn', span: this.spanFrom(start), name, type };
  });

  // -- helpers ---------------------------------------------------------------------------------------------

  protected wordName(token: unknown): QualifiedName {
    const { image } = token as SqlToken;
    const span = this.spanOf(token as SqlToken);
    return { kind: 'qualifiedName', span, parts: [{ kind: 'identifier', span, name: image, isQuoted: false }] };
  }

  /** Either of two tokens; takes the alternation `index` of its rule. */
  protected either(index: number, first: TokenType, second: TokenType): void {
    this.or(index, [{ ALT: () => this.consume(index, first) }, { ALT: () => this.consume(index, second) }]);
  }

  private nameOf(identifier: Identifier): string {
    return this.isRecording ? '' : identifier.name.toUpperCase();
  }

  private tableArgumentOf(value: Expression, partition: Expression | undefined, orderBy: OrderItem[]): Expression {
    const span = this.spanFromNode(value);
    const isRow = partition?.kind === 'rowConstructor' && !partition.isExplicit;
    const partitionBy = partition === undefined ? [] : isRow ? partition.fields : [partition];
    const other = partitionBy.find(({ kind }) => kind !== 'columnReference');
    if (other !== undefined)
      this.refuse('P001', other.span, 'a table is partitioned by columns', 'compute the column in a view');
    if (value.kind === 'tableArgument') return { ...value, span, partitionBy, orderBy };
    if (value.kind === 'subquery') return { kind: 'tableArgument', span, table: value.query, partitionBy, orderBy };
    if (value.kind === 'columnReference')
      return { kind: 'tableArgument', span, table: value.name, partitionBy, orderBy };
    this.refuse('P001', span, 'PARTITION BY belongs to a table: TABLE t PARTITION BY ...');
    return value;
  }
}

/** What stands between the brackets of a call. */
interface ArgumentList {
  readonly quantifier: 'ALL' | 'DISTINCT' | null;
  readonly arguments: Argument[];
  readonly orderBy: readonly OrderItem[];
  readonly separator: Expression | null;
  readonly nullTreatment: FunctionCall['nullTreatment'];
}

/** The aggregates that take an ORDER BY inside their brackets. */
const takesOrder = new Set(['ARRAY_AGG', 'ARRAY_CONCAT_AGG', 'GROUP_CONCAT', 'STRING_AGG']);
