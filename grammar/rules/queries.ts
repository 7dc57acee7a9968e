import type { Expression } from '../ast/expressions.ts';
import type {
  FrameBound,
  GroupBy,
  GroupingItem,
  Limit,
  NamedWindow,
  OrderItem,
  Query,
  QueryBody,
  Select,
  SelectItem,
  SetOperation,
  ValuesRow,
  WindowFrame,
  WindowSpecification,
  WithClause,
  WithItem,
} from '../ast/query.ts';
import * as T from '../tokens.ts';
import { K, type SqlToken } from '../tokens.ts';
import type { RuleOf } from './dsl.ts';
import { TableRules } from './tables.ts';

/** Queries. */
export abstract class QueryRules extends TableRules {
  /** `WITH ... SELECT ... UNION ... ORDER BY ... LIMIT ...` */
  override readonly query: RuleOf<Query> = this.RULE('query', () => {
    const start = this.LA(1);
    const withClause = this.option(0, () => this.subrule(0, this.withClause)) ?? null;
    const body = this.subrule(0, this.queryBody);
    const orderBy = this.option(1, () => this.subrule(0, this.orderBy)) ?? [];
    let limit: Limit | null = null;
    let offset: Expression | null = null;
    this.option(2, () => {
      limit = this.subrule(0, this.limitClause);
    });
    this.option(3, () => {
      offset = this.subrule(0, this.offsetClause);
    });
    this.option(4, {
      GATE: () => limit === null,
      DEF: () => {
        limit = this.subrule(0, this.fetchClause);
      },
    });
    return { kind: 'query', span: this.spanFrom(start), with: withClause, body, orderBy, offset, limit };
  });

  readonly withClause: RuleOf<WithClause> = this.RULE('withClause', () => {
    const start = this.LA(1);
    this.consume(0, K.WITH);
    const isRecursive = this.maybe(0, K.RECURSIVE);
    const items = this.listOf(0, this.withItem);
    return { kind: 'with', span: this.spanFrom(start), isRecursive, items };
  });

  readonly withItem: RuleOf<WithItem> = this.RULE('withItem', () => {
    const start = this.LA(1);
    const name = this.identifier();
    const columns = this.option(0, () => this.subrule(0, this.parenthesizedNames)) ?? null;
    this.tokens(K.AS, T.LeftParen);
    const query = this.subrule(0, this.query);
    this.consume(0, T.RightParen);
    return { kind: 'withItem', span: this.spanFrom(start), name, columns, query };
  });

  /** Operands of UNION, INTERSECT and EXCEPT in a row; INTERSECT binds tighter. */
  readonly queryBody: RuleOf<QueryBody> = this.RULE('queryBody', () => {
    const operands = [this.subrule(0, this.queryTerm)];
    const operators: SetOperator[] = [];
    this.many(0, () => {
      operators.push(this.subrule(0, this.setOperator));
      operands.push(this.subrule(1, this.queryTerm));
    });
    return this.isRecording ? (operands[0] as QueryBody) : this.combine(operands, operators);
  });

  readonly setOperator: RuleOf<SetOperator> = this.RULE('setOperator', () => {
    const operator = this.or<SetOperation['operator']>(0, [
      { ALT: () => this.named(K.UNION, 'UNION') },
      { ALT: () => this.named(K.INTERSECT, 'INTERSECT') },
      { ALT: () => this.named(K.EXCEPT, 'EXCEPT') },
    ]);
    const quantifier = this.option(0, () => this.subrule(0, this.setQuantifier)) ?? 'DISTINCT';
    return { operator, quantifier };
  });

  readonly queryTerm: RuleOf<QueryBody> = this.RULE('queryTerm', () => {
    const start = this.LA(1);
    return this.or<QueryBody>(0, [
      { ALT: () => this.subrule(0, this.select) },
      {
        ALT: () => {
          this.consume(0, K.VALUES);
          const rows = this.listOf(0, this.valuesRow);
          return { kind: 'values', span: this.spanFrom(start), rows };
        },
      },
      {
        // Calcite's other spelling of VALUES, which Flink lets through.
        ALT: () => {
          this.consume(0, K.VALUE);
          const rows = this.listOf(1, this.valuesRow);
          return { kind: 'values', span: this.spanFrom(start), rows };
        },
      },
      {
        ALT: () => {
          this.consume(0, K.TABLE);
          const name = this.subrule(0, this.qualifiedName);
          return { kind: 'explicitTable', span: this.spanFrom(start), name };
        },
      },
      {
        ALT: () => {
          this.consume(0, T.LeftParen);
          const query = this.subrule(0, this.query);
          this.consume(0, T.RightParen);
          return { kind: 'parenthesizedQuery', span: this.spanFrom(start), query };
        },
      },
    ]);
  });

  readonly valuesRow: RuleOf<ValuesRow> = this.RULE('valuesRow', () => {
    const start = this.LA(1);
    const fields = this.subrule(0, this.rowValue);
    return { kind: 'valuesRow', span: this.spanFrom(start), fields };
  });

  readonly select: RuleOf<Select> = this.RULE('select', () => {
    const start = this.LA(1);
    this.consume(0, K.SELECT);
    const hints = this.option(0, () => this.subrule(0, this.hintBlock)) ?? [];
    const isStream = this.maybe(1, K.STREAM);
    const quantifier = this.option(2, () => this.subrule(0, this.setQuantifier)) ?? null;
    const items = this.listOf(0, this.selectItem);
    const clauses = this.option(3, () => {
      this.consume(0, K.FROM);
      const from = this.subrule(0, this.fromClause);
      const where = this.option(4, () => this.subrule(0, this.whereClause)) ?? null;
      const groupBy = this.option(5, () => this.subrule(0, this.groupBy)) ?? null;
      const having = this.clause(6, K.HAVING);
      const windows = this.option(7, () => {
        this.consume(0, K.WINDOW);
        return this.listOf(1, this.namedWindow);
      });
      const qualify = this.clause(8, K.QUALIFY);
      return { from, where, groupBy, having, windows: windows ?? [], qualify };
    });
    return {
      kind: 'select',
      span: this.spanFrom(start),
      hints,
      isStream,
      quantifier,
      items,
      ...(clauses ?? noClauses),
    };
  });

  readonly selectItem: RuleOf<SelectItem> = this.RULE('selectItem', () => {
    const start = this.LA(1);
    const value = this.or<Expression>(0, [
      {
        ALT: () => {
          const span = this.spanOf(this.consume(0, T.Star) as SqlToken);
          return { kind: 'star', span, qualifier: null };
        },
      },
      { ALT: () => this.subrule(0, this.expression) },
    ]);
    const alias = this.aliasOf(0);
    return { kind: 'selectItem', span: this.spanFrom(start), value, alias };
  });

  readonly whereClause: RuleOf<Expression> = this.RULE('whereClause', () => {
    this.consume(0, K.WHERE);
    return this.subrule(0, this.expression);
  });

  readonly groupBy: RuleOf<GroupBy> = this.RULE('groupBy', () => {
    const start = this.LA(1);
    this.tokens(K.GROUP, K.BY);
    const quantifier = this.option(0, () => this.subrule(0, this.setQuantifier)) ?? null;
    const items = this.listOf(0, this.groupingItem);
    return { kind: 'groupBy', span: this.spanFrom(start), quantifier, items };
  });

  readonly groupingItem: RuleOf<GroupingItem> = this.RULE('groupingItem', () => {
    const start = this.LA(1);
    return this.or<GroupingItem>(0, [
      {
        GATE: () => this.LA(2).tokenType === K.SETS,
        ALT: () => {
          this.tokens(K.GROUPING, K.SETS, T.LeftParen);
          const items = this.listOf(0, this.groupingItem);
          this.consume(0, T.RightParen);
          return { kind: 'groupingSets', span: this.spanFrom(start), form: 'GROUPING SETS', items };
        },
      },
      {
        ALT: () => {
          const form = this.or<'ROLLUP' | 'CUBE'>(1, [
            { ALT: () => this.named(K.ROLLUP, 'ROLLUP') },
            { ALT: () => this.named(K.CUBE, 'CUBE') },
          ]);
          this.consume(0, T.LeftParen);
          const items = this.subrule(0, this.expressions);
          this.consume(1, T.RightParen);
          return { kind: 'groupingSets', span: this.spanFrom(start), form, items };
        },
      },
      {
        GATE: () => this.LA(2).tokenType === T.RightParen,
        ALT: () => {
          this.consume(1, T.LeftParen);
          this.consume(2, T.RightParen);
          return { kind: 'emptyGrouping', span: this.spanFrom(start) };
        },
      },
      { ALT: () => this.subrule(0, this.expression) },
    ]);
  });

  override readonly orderBy: RuleOf<OrderItem[]> = this.RULE('orderBy', () => {
    this.tokens(K.ORDER, K.BY);
    return this.listOf(0, this.orderItem);
  });

  override readonly orderItem: RuleOf<OrderItem> = this.RULE('orderItem', () => {
    const start = this.LA(1);
    const value = this.subrule(0, this.expression);
    const direction =
      this.option(0, () =>
        this.or<'ASC' | 'DESC'>(0, [
          { ALT: () => this.named(K.ASC, 'ASC') },
          { ALT: () => this.named(K.DESC, 'DESC') },
        ]),
      ) ?? null;
    const nulls =
      this.option(1, () => {
        this.consume(0, K.NULLS);
        return this.or<'FIRST' | 'LAST'>(1, [
          { ALT: () => this.named(K.FIRST, 'FIRST') },
          { ALT: () => this.named(K.LAST, 'LAST') },
        ]);
      }) ?? null;
    return { kind: 'orderItem', span: this.spanFrom(start), value, direction, nulls };
  });

  readonly limitClause: RuleOf<Limit> = this.RULE('limitClause', () => {
    const start = this.LA(1);
    this.consume(0, K.LIMIT);
    const count = this.or<Expression | null>(0, [
      { ALT: () => this.named(K.ALL, null) },
      { ALT: () => this.subrule(0, this.rowCount) },
    ]);
    return { kind: 'limit', span: this.spanFrom(start), form: 'LIMIT', count };
  });

  readonly offsetClause: RuleOf<Expression> = this.RULE('offsetClause', () => {
    this.consume(0, K.OFFSET);
    const count = this.subrule(0, this.rowCount);
    this.option(0, () => this.either(0, K.ROW, K.ROWS));
    return count;
  });

  readonly fetchClause: RuleOf<Limit> = this.RULE('fetchClause', () => {
    const start = this.LA(1);
    this.consume(0, K.FETCH);
    this.either(0, K.FIRST, K.NEXT);
    const count = this.subrule(0, this.rowCount);
    this.either(1, K.ROW, K.ROWS);
    this.consume(0, K.ONLY);
    return { kind: 'limit', span: this.spanFrom(start), form: 'FETCH', count };
  });

  /** An unsigned number or a parameter. */
  readonly rowCount: RuleOf<Expression> = this.RULE('rowCount', () =>
    this.or<Expression>(0, [
      { ALT: () => this.subrule(0, this.numberLiteral) },
      { ALT: () => this.subrule(0, this.parameter) },
    ]),
  );

  // -- windows of OVER -------------------------------------------------------------------------------------

  readonly namedWindow: RuleOf<NamedWindow> = this.RULE('namedWindow', () => {
    const start = this.LA(1);
    const name = this.identifier();
    this.consume(0, K.AS);
    const window = this.subrule(0, this.windowSpecification);
    return { kind: 'namedWindow', span: this.spanFrom(start), name, window };
  });

  override readonly windowSpecification: RuleOf<WindowSpecification> = this.RULE('windowSpecification', () => {
    const start = this.LA(1);
    this.consume(0, T.LeftParen);
    const base = this.option(0, () => this.identifier()) ?? null;
    const partitionBy =
      this.option(1, () => {
        this.tokens(K.PARTITION, K.BY);
        return this.withoutQueries(this.subrule(0, this.expressions));
      }) ?? [];
    const orderBy = this.option(2, () => this.subrule(0, this.orderBy)) ?? [];
    const frame = this.option(3, () => this.subrule(0, this.windowFrame)) ?? null;
    const isPartialAllowed =
      this.option(4, () => {
        const isAllowed = this.or(0, [
          { ALT: () => this.named(K.ALLOW, true) },
          { ALT: () => this.named(K.DISALLOW, false) },
        ]);
        this.consume(0, K.PARTIAL);
        return isAllowed;
      }) ?? null;
    this.consume(0, T.RightParen);
    return {
      kind: 'windowSpecification',
      span: this.spanFrom(start),
      base,
      partitionBy,
      orderBy,
      frame,
      isPartialAllowed,
    };
  });

  readonly windowFrame: RuleOf<WindowFrame> = this.RULE('windowFrame', () => {
    const start = this.LA(1);
    const unit = this.or<'ROWS' | 'RANGE'>(0, [
      { ALT: () => this.named(K.ROWS, 'ROWS') },
      { ALT: () => this.named(K.RANGE, 'RANGE') },
    ]);
    return this.or<WindowFrame>(1, [
      {
        ALT: () => {
          this.consume(0, K.BETWEEN);
          const first = this.subrule(0, this.frameBound);
          this.consume(0, K.AND);
          const last = this.subrule(1, this.frameBound);
          return { kind: 'windowFrame', span: this.spanFrom(start), unit, start: first, end: last };
        },
      },
      {
        ALT: () => {
          const first = this.subrule(2, this.frameBound);
          return { kind: 'windowFrame', span: this.spanFrom(start), unit, start: first, end: null };
        },
      },
    ]);
  });

  readonly frameBound: RuleOf<FrameBound> = this.RULE('frameBound', () => {
    const start = this.LA(1);
    return this.or<FrameBound>(0, [
      {
        GATE: () => this.LA(2).tokenType === K.ROW,
        ALT: () => {
          this.tokens(K.CURRENT, K.ROW);
          return { kind: 'frameBound', span: this.spanFrom(start), bound: 'CURRENT ROW', distance: null };
        },
      },
      {
        GATE: () => this.LA(2).tokenType === K.PRECEDING || this.LA(2).tokenType === K.FOLLOWING,
        ALT: () => {
          this.consume(0, K.UNBOUNDED);
          const bound = this.frameDirection(1);
          return { kind: 'frameBound', span: this.spanFrom(start), bound, distance: null };
        },
      },
      {
        ALT: () => {
          const distance = this.withoutQuery(this.subrule(0, this.expression));
          const bound = this.frameDirection(2);
          return { kind: 'frameBound', span: this.spanFrom(start), bound, distance };
        },
      },
    ]);
  });

  // -- helpers ---------------------------------------------------------------------------------------------

  private frameDirection(index: number): 'PRECEDING' | 'FOLLOWING' {
    return this.or<'PRECEDING' | 'FOLLOWING'>(index, [
      { ALT: () => this.named(K.PRECEDING, 'PRECEDING') },
      { ALT: () => this.named(K.FOLLOWING, 'FOLLOWING') },
    ]);
  }

  private clause(index: number, word: (typeof K)['HAVING']): Expression | null {
    return (
      this.option(index, () => {
        this.consume(index, word);
        return this.subrule(index, this.expression);
      }) ?? null
    );
  }

  private combine(operands: readonly QueryBody[], operators: readonly SetOperator[]): QueryBody {
    const terms = [operands[0] as QueryBody];
    const loose: SetOperator[] = [];
    operators.forEach((operator, at) => {
      const right = operands[at + 1] as QueryBody;
      if (operator.operator === 'INTERSECT') terms.push(this.setOperation(terms.pop() as QueryBody, operator, right));
      else {
        loose.push(operator);
        terms.push(right);
      }
    });
    return terms.reduce((left, right, at) => this.setOperation(left, loose[at - 1] as SetOperator, right));
  }

  private setOperation(left: QueryBody, operator: SetOperator, right: QueryBody): SetOperation {
    const span = { source: this.source, start: left.span.start, end: right.span.end };
    return { kind: 'setOperation', span, ...operator, left, right };
  }
}

type SetOperator = Pick<SetOperation, 'operator' | 'quantifier'>;

const noClauses = { from: null, where: null, groupBy: null, having: null, windows: [], qualify: null } as const;
