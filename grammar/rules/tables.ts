import type { Expression } from '../ast/expressions.ts';
import type { Identifier, Property, QualifiedName } from '../ast/node.ts';
import type {
  Hint,
  HintOption,
  Join,
  MatchRecognize,
  PivotAggregate,
  PivotValue,
  TableAlias,
  TableExpression,
  TableReference,
  UnpivotValue,
} from '../ast/query.ts';
import * as T from '../tokens.ts';
import { K, type SqlToken } from '../tokens.ts';
import type { RuleOf } from './dsl.ts';
import { JsonRules } from './json.ts';

/** What stands in FROM: tables, functions, joins, and the clauses behind a table. */
export abstract class TableRules extends JsonRules {
  declare readonly matchRecognizeClause: RuleOf<Omit<MatchRecognize, 'table' | 'alias' | 'kind'>>;

  /** A table and what is joined to it, from the left. */
  readonly fromClause: RuleOf<TableExpression> = this.RULE('fromClause', () => {
    let left = this.subrule(0, this.tableItem);
    this.many(0, () => {
      this.or(0, [
        {
          ALT: () => {
            this.consume(0, T.Comma);
            const right = this.subrule(1, this.tableItem);
            left = this.joinOf(left, { type: 'COMMA', isNatural: false, right, condition: null });
          },
        },
        {
          ALT: () => {
            const join = this.subrule(0, this.joinClause);
            left = this.joinOf(left, join);
          },
        },
      ]);
    });
    return left;
  });

  /** `LEFT JOIN b ON a.x = b.x` */
  readonly joinClause: RuleOf<JoinClause> = this.RULE('joinClause', () => {
    const isNatural = this.maybe(0, K.NATURAL);
    const type = this.or<Join['type']>(0, [
      { ALT: () => this.named(K.JOIN, 'INNER') },
      {
        ALT: () => {
          this.tokens(K.INNER, K.JOIN);
          return 'INNER';
        },
      },
      { ALT: () => this.sequel(this.named(K.LEFT, 'LEFT'), () => this.outerJoin(1)) },
      { ALT: () => this.sequel(this.named(K.RIGHT, 'RIGHT'), () => this.outerJoin(2)) },
      { ALT: () => this.sequel(this.named(K.FULL, 'FULL'), () => this.outerJoin(3)) },
      {
        ALT: () => {
          this.tokens(K.CROSS, K.JOIN);
          return 'CROSS';
        },
      },
    ]);
    const right = this.subrule(0, this.tableItem);
    const begin = this.LA(1);
    const condition =
      this.option(4, () =>
        this.or<JoinClause['condition']>(1, [
          {
            ALT: () => {
              this.consume(0, K.ON);
              const expression = this.subrule(0, this.expression);
              return { kind: 'joinOn', span: this.spanFrom(begin), condition: expression };
            },
          },
          {
            ALT: () => {
              this.consume(0, K.USING);
              const columns = this.subrule(0, this.parenthesizedNames);
              return { kind: 'joinUsing', span: this.spanFrom(begin), columns };
            },
          },
        ]),
      ) ?? null;
    return { type, isNatural, right, condition };
  });

  /** One table with its clauses and alias. */
  readonly tableItem: RuleOf<TableExpression> = this.RULE('tableItem', () => {
    const start = this.LA(1);
    let table = this.or<TableExpression>(0, [
      {
        GATE: () => this.isCallAt(1),
        ALT: () => this.subrule(0, this.bareTableFunction),
      },
      { ALT: () => this.subrule(0, this.tableReference) },
      { GATE: () => (this.LA(1) as SqlToken).opensQuery, ALT: () => this.subrule(0, this.derivedTable) },
      { ALT: () => this.subrule(0, this.parenthesizedJoin) },
      { ALT: () => this.subrule(0, this.unnest) },
      { ALT: () => this.subrule(0, this.wrappedTableFunction) },
      { ALT: () => this.subrule(0, this.lateralTable) },
    ]);
    this.option(0, () => {
      const clause = this.subrule(0, this.matchRecognizeClause);
      table = { kind: 'matchRecognize', ...clause, span: this.spanFrom(start), table, alias: null };
    });
    this.option(1, () => {
      const clause = this.subrule(0, this.pivotClause);
      table = { kind: 'pivot', ...clause, span: this.spanFrom(start), table, alias: null };
    });
    this.option(2, () => {
      const clause = this.subrule(0, this.unpivotClause);
      table = { kind: 'unpivot', ...clause, span: this.spanFrom(start), table, alias: null };
    });
    this.option(3, () => {
      const alias = this.subrule(0, this.tableAlias);
      if (!this.isRecording) table = { ...(table as TableReference), span: this.spanFrom(start), alias };
    });
    this.option(4, () => {
      table = this.sampleOf(table, start as SqlToken);
    });
    return table;
  });

  /** `t /*+ OPTIONS(...) *\/ FOR SYSTEM_TIME AS OF o.ts` */
  readonly tableReference: RuleOf<TableReference> = this.RULE('tableReference', () => {
    const start = this.LA(1);
    const { name, hints } = this.subrule(0, this.tableName);
    const asOf =
      this.option(0, () => {
        this.tokens(K.FOR, K.SYSTEM_TIME, K.AS, K.OF);
        return this.withoutQuery(this.subrule(0, this.expression));
      }) ?? null;
    return { kind: 'tableReference', span: this.spanFrom(start), name, hints, asOf, alias: null };
  });

  /** A table's name with its hints. */
  readonly tableName: RuleOf<{ name: QualifiedName; hints: readonly Hint[] }> = this.RULE('tableName', () => {
    const name = this.subrule(0, this.qualifiedName);
    const hints = this.option(0, () => this.subrule(0, this.hintBlock)) ?? [];
    return { name, hints };
  });

  readonly derivedTable: RuleOf<TableExpression> = this.RULE('derivedTable', () => {
    const start = this.LA(1);
    this.consume(0, T.LeftParen);
    const query = this.subrule(0, this.query);
    this.consume(0, T.RightParen);
    return { kind: 'derivedTable', span: this.spanFrom(start), isLateral: false, query, alias: null };
  });

  /** `(a JOIN b ON ...)` */
  readonly parenthesizedJoin: RuleOf<TableExpression> = this.RULE('parenthesizedJoin', () => {
    const start = this.LA(1);
    this.consume(0, T.LeftParen);
    const join = this.subrule(0, this.fromClause);
    this.consume(0, T.RightParen);
    const span = this.spanFrom(start);
    if (!this.isRecording && join.kind !== 'join') {
      this.refuse('P001', span, 'only a query or a join stands in brackets here', 'leave the brackets out');
    }
    return { kind: 'parenthesizedJoin', span, join, alias: null };
  });

  readonly unnest: RuleOf<TableExpression> = this.RULE('unnest', () => {
    const start = this.LA(1);
    this.consume(0, K.UNNEST);
    const values = this.subrule(0, this.rowFields);
    const withOrdinality = this.maybe(0, K.WITH, K.ORDINALITY);
    return { kind: 'unnest', span: this.spanFrom(start), isLateral: false, values, withOrdinality, alias: null };
  });

  /** `TABLE(f(a))` */
  readonly wrappedTableFunction: RuleOf<TableExpression> = this.RULE('wrappedTableFunction', () => {
    const start = this.LA(1);
    this.tokens(K.TABLE, T.LeftParen);
    const isSpecific = this.maybe(0, K.SPECIFIC);
    const name = this.subrule(0, this.qualifiedName);
    const { arguments: items } = this.subrule(0, this.argumentList);
    this.consume(0, T.RightParen);
    const span = this.spanFrom(start);
    return {
      kind: 'tableFunction',
      span,
      isLateral: false,
      isWrapped: true,
      isSpecific,
      name,
      arguments: items,
      alias: null,
    };
  });

  /** `f(a)` */
  readonly bareTableFunction: RuleOf<TableExpression> = this.RULE('bareTableFunction', () => {
    const start = this.LA(1);
    const isSpecific = this.maybe(0, K.SPECIFIC);
    const name = this.subrule(0, this.qualifiedName);
    const { arguments: items } = this.subrule(0, this.argumentList);
    const span = this.spanFrom(start);
    return {
      kind: 'tableFunction',
      span,
      isLateral: false,
      isWrapped: false,
      isSpecific,
      name,
      arguments: items,
      alias: null,
    };
  });

  /** LATERAL before a query, a wrapped function or UNNEST. */
  readonly lateralTable: RuleOf<TableExpression> = this.RULE('lateralTable', () => {
    const start = this.LA(1);
    this.consume(0, K.LATERAL);
    const table = this.or<TableExpression>(0, [
      { ALT: () => this.subrule(0, this.derivedTable) },
      { ALT: () => this.subrule(0, this.wrappedTableFunction) },
      { ALT: () => this.subrule(0, this.unnest) },
    ]);
    return this.isRecording ? table : ({ ...table, span: this.spanFrom(start), isLateral: true } as TableExpression);
  });

  /** `AS t (a, b)` */
  readonly tableAlias: RuleOf<TableAlias> = this.RULE('tableAlias', () => {
    const start = this.LA(1);
    this.maybe(0, K.AS);
    const name = this.identifier();
    const columns = this.option(1, () => this.subrule(0, this.parenthesizedNames)) ?? null;
    return { kind: 'tableAlias', span: this.spanFrom(start), name, columns };
  });

  /** `PIVOT (SUM(x) AS s FOR (a, b) IN ((1, 2) AS c))` */
  readonly pivotClause: RuleOf<PivotClause> = this.RULE('pivotClause', () => {
    this.tokens(K.PIVOT, T.LeftParen);
    const aggregates = this.listOf(0, this.pivotAggregate);
    this.consume(0, K.FOR);
    const axes = this.subrule(0, this.nameOrNames);
    this.tokens(K.IN, T.LeftParen);
    const values = this.option(0, () => this.listOf(1, this.pivotValue)) ?? [];
    this.consume(0, T.RightParen);
    this.consume(1, T.RightParen);
    return { aggregates, axes, values };
  });

  readonly pivotAggregate: RuleOf<PivotAggregate> = this.RULE('pivotAggregate', () => {
    const start = this.LA(1);
    const call = this.subrule(0, this.functionCall);
    const alias = this.aliasOf(0);
    return { kind: 'pivotAggregate', span: this.spanFrom(start), call, alias };
  });

  readonly pivotValue: RuleOf<PivotValue> = this.RULE('pivotValue', () => {
    const start = this.LA(1);
    const row = this.subrule(0, this.rowValue);
    const alias = this.aliasOf(0);
    return { kind: 'pivotValue', span: this.spanFrom(start), row, alias };
  });

  /** `UNPIVOT INCLUDE NULLS (m FOR a IN (c AS 'x', d))` */
  readonly unpivotClause: RuleOf<UnpivotClause> = this.RULE('unpivotClause', () => {
    this.consume(0, K.UNPIVOT);
    const nulls =
      this.option(0, () => {
        const choice = this.or<'INCLUDE' | 'EXCLUDE'>(0, [
          { ALT: () => this.named(K.INCLUDE, 'INCLUDE') },
          { ALT: () => this.named(K.EXCLUDE, 'EXCLUDE') },
        ]);
        this.consume(0, K.NULLS);
        return choice;
      }) ?? null;
    this.consume(0, T.LeftParen);
    const measures = this.subrule(0, this.nameOrNames);
    this.consume(0, K.FOR);
    const axes = this.subrule(1, this.nameOrNames);
    this.tokens(K.IN, T.LeftParen);
    const values = this.listOf(0, this.unpivotValue);
    this.consume(0, T.RightParen);
    this.consume(1, T.RightParen);
    return { nulls, measures, axes, values };
  });

  readonly unpivotValue: RuleOf<UnpivotValue> = this.RULE('unpivotValue', () => {
    const start = this.LA(1);
    const columns = this.subrule(0, this.nameOrNames);
    const row =
      this.option(0, () => {
        this.consume(0, K.AS);
        return this.subrule(0, this.rowValue);
      }) ?? null;
    return { kind: 'unpivotValue', span: this.spanFrom(start), columns, row };
  });

  /** `a`, `(a, b)` */
  readonly nameOrNames: RuleOf<Identifier[]> = this.RULE('nameOrNames', () =>
    this.or<Identifier[]>(0, [
      { ALT: () => [this.identifier()] },
      { ALT: () => this.subrule(0, this.parenthesizedNames) },
    ]),
  );

  /** A row of VALUES: `(1, 2)`, `ROW(1, 2)`, `1`, in its fields. */
  readonly rowValue: RuleOf<Expression[]> = this.RULE('rowValue', () => {
    const start = this.LA(1);
    return this.or<Expression[]>(0, [
      {
        GATE: () => start.tokenType === T.LeftParen || this.LA(2).tokenType === T.LeftParen,
        ALT: () => {
          this.maybe(0, K.ROW);
          const fields = this.subrule(0, this.rowFields);
          // Brackets around one ROW(...) say nothing.
          const first = fields?.[0];
          const isWrapped = start.tokenType === T.LeftParen && first?.kind === 'rowConstructor' && first.isExplicit;
          return isWrapped && fields.length === 1 ? [...first.fields] : fields;
        },
      },
      { ALT: () => [this.subrule(0, this.expression)] },
    ]);
  });

  /** `/*+ STATE_TTL('t' = '1d'), BROADCAST(t) *\/` */
  readonly hintBlock: RuleOf<Hint[]> = this.RULE('hintBlock', () => {
    this.consume(0, T.HintStart);
    const hints = this.listOf(0, this.hint);
    this.consume(0, T.HintEnd);
    return hints;
  });

  readonly hint: RuleOf<Hint> = this.RULE('hint', () => {
    const start = this.LA(1);
    const name = this.identifier();
    const options: HintOption[] = [];
    this.option(0, () => {
      this.consume(0, T.LeftParen);
      this.option(1, () => options.push(...this.listOf(0, this.hintOption)));
      this.consume(0, T.RightParen);
    });
    return { kind: 'hint', span: this.spanFrom(start), name, options };
  });

  readonly hintOption: RuleOf<HintOption> = this.RULE('hintOption', () => {
    const start = this.LA(1);
    return this.or<HintOption>(0, [
      { GATE: () => this.LA(2).tokenType === T.Equals, ALT: () => this.subrule(0, this.hintProperty) },
      { ALT: () => this.identifier() },
      { ALT: () => this.subrule(0, this.text) },
      {
        ALT: () => {
          this.option(0, () => this.either(1, T.Minus, T.Plus));
          this.subrule(0, this.numberLiteral);
          const span = this.spanFrom(start);
          return { kind: 'hintNumber', span, text: this.source.text.slice(span.start, span.end).replace(/\s/g, '') };
        },
      },
    ]);
  });

  readonly hintProperty: RuleOf<HintOption> = this.RULE('hintProperty', () => {
    const start = this.LA(1);
    const key = this.or<Identifier | Property['key']>(0, [
      { ALT: () => this.identifier() },
      { ALT: () => this.subrule(0, this.text) },
    ]);
    this.consume(0, T.Equals);
    const value = this.subrule(1, this.text);
    return { kind: 'hintProperty', span: this.spanFrom(start), key, value };
  });

  // -- helpers ---------------------------------------------------------------------------------------------

  /** `AS a`, `a`; takes the options `index` and `index + 1` of its rule. */
  protected aliasOf(index: number): Identifier | null {
    return (
      this.option(index, () => {
        this.maybe(index + 1, K.AS);
        return this.identifier();
      }) ?? null
    );
  }

  private outerJoin(index: number): void {
    this.maybe(index, K.OUTER);
    this.consume(index, K.JOIN);
  }

  private joinOf(left: TableExpression, join: JoinClause): TableExpression {
    if (this.isRecording) return left;
    return { kind: 'join', ...join, span: this.spanFromNode(left), left };
  }

  /** `TABLESAMPLE BERNOULLI (10) REPEATABLE (7)`; takes the decisions from 10 of its rule. */
  private sampleOf(table: TableExpression, start: SqlToken): TableExpression {
    this.consume(0, K.TABLESAMPLE);
    return this.or<TableExpression>(10, [
      {
        ALT: () => {
          this.tokens(K.SUBSTITUTE, T.LeftParen);
          const substitute = this.subrule(0, this.text);
          this.consume(0, T.RightParen);
          const span = this.spanFrom(start);
          return { kind: 'tableSample', span, table, method: 'SUBSTITUTE', amount: null, substitute, repeatable: null };
        },
      },
      {
        ALT: () => {
          const method = this.or<'BERNOULLI' | 'SYSTEM'>(11, [
            { ALT: () => this.named(K.BERNOULLI, 'BERNOULLI') },
            { ALT: () => this.named(K.SYSTEM, 'SYSTEM') },
          ]);
          this.consume(0, T.LeftParen);
          const amount = this.subrule(0, this.numberLiteral);
          this.consume(0, T.RightParen);
          const repeatable =
            this.option(12, () => {
              this.tokens(K.REPEATABLE, T.LeftParen);
              const seed = this.subrule(0, this.expression);
              this.consume(1, T.RightParen);
              return seed;
            }) ?? null;
          return {
            kind: 'tableSample',
            span: this.spanFrom(start),
            table,
            method,
            amount,
            substitute: null,
            repeatable,
          };
        },
      },
    ]);
  }
}

type JoinClause = Pick<Join, 'type' | 'isNatural' | 'right' | 'condition'>;

interface PivotClause {
  readonly aggregates: readonly PivotAggregate[];
  readonly axes: readonly Identifier[];
  readonly values: readonly PivotValue[];
}

interface UnpivotClause {
  readonly nulls: 'INCLUDE' | 'EXCLUDE' | null;
  readonly measures: readonly Identifier[];
  readonly axes: readonly Identifier[];
  readonly values: readonly UnpivotValue[];
}
