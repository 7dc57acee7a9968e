import type { TokenType } from 'chevrotain';
import type { IntervalQualifier, IntervalUnit } from '../ast/literals.ts';
import type { BasicTypeName, RowTypeField, TypeName } from '../ast/types.ts';
import * as T from '../tokens.ts';
import { K, type SqlToken } from '../tokens.ts';
import type { RuleOf } from './dsl.ts';
import { NameRules } from './names.ts';

/** Types, and the qualifiers of intervals. */
export abstract class TypeRules extends NameRules {
  /** A type without NOT NULL, as CAST takes it: `INT`, `ROW<a INT NOT NULL>`, `STRING ARRAY`. */
  readonly dataType: RuleOf<TypeName> = this.RULE('dataType', () => {
    const start = this.LA(1);
    let type = this.subrule(0, this.elementType);
    this.many(0, () => {
      const collection = this.collectionWord(0);
      type = { kind: 'collectionType', span: this.spanFrom(start), isNullable: null, collection, element: type };
    });
    return type;
  });

  /** A type that may be followed by NULL or NOT NULL, as columns and fields have it. */
  readonly nullableDataType: RuleOf<TypeName> = this.RULE('nullableDataType', () => {
    const start = this.LA(1);
    let type = this.subrule(0, this.elementType);
    this.many(0, {
      GATE: () => type.isNullable === null || this.isNext(K.ARRAY) || this.isNext(K.MULTISET),
      DEF: () =>
        this.or(0, [
          {
            ALT: () => {
              const isNullable = this.nullability();
              type = this.isRecording ? type : { ...type, isNullable, span: this.spanFrom(start) };
            },
          },
          {
            ALT: () => {
              const collection = this.collectionWord(1);
              type = {
                kind: 'collectionType',
                span: this.spanFrom(start),
                isNullable: null,
                collection,
                element: type,
              };
            },
          },
        ]),
    });
    return type;
  });

  readonly elementType: RuleOf<TypeName> = this.RULE('elementType', () => {
    const start = this.LA(1);
    return this.or(0, [
      { ALT: () => this.subrule(0, this.basicType) },
      {
        ALT: () => {
          const collection = this.collectionWord(1);
          this.consume(0, T.Less);
          const element = this.subrule(0, this.nullableDataType);
          this.consume(0, T.Greater);
          return { kind: 'collectionType', span: this.spanFrom(start), isNullable: null, collection, element };
        },
      },
      {
        GATE: () => this.LA(2).tokenType === T.Less,
        ALT: () => {
          this.consume(0, K.MAP);
          this.consume(1, T.Less);
          const key = this.subrule(1, this.nullableDataType);
          this.consume(0, T.Comma);
          const value = this.subrule(2, this.nullableDataType);
          this.consume(1, T.Greater);
          return { kind: 'mapType', span: this.spanFrom(start), isNullable: null, key, value };
        },
      },
      { ALT: () => this.subrule(0, this.rowType) },
      {
        ALT: () => {
          this.consume(0, K.STRUCTURED);
          this.consume(2, T.Less);
          const className = this.subrule(0, this.text);
          const fields: RowTypeField[] = [];
          this.many(0, () => {
            this.consume(1, T.Comma);
            fields.push(this.subrule(0, this.rowTypeField));
          });
          this.consume(2, T.Greater);
          return { kind: 'structuredType', span: this.spanFrom(start), isNullable: null, className, fields };
        },
      },
      {
        ALT: () => {
          this.tokens(K.RAW, T.LeftParen);
          const className = this.subrule(1, this.text);
          this.consume(2, T.Comma);
          const serializer = this.subrule(2, this.text);
          this.consume(0, T.RightParen);
          return { kind: 'rawType', span: this.spanFrom(start), isNullable: null, className, serializer };
        },
      },
      {
        ALT: () => {
          const name = this.subrule(0, this.qualifiedName);
          return { kind: 'namedType', span: this.spanFrom(start), isNullable: null, name };
        },
      },
    ]);
  });

  readonly rowType: RuleOf<TypeName> = this.RULE('rowType', () => {
    const start = this.LA(1);
    const fields: RowTypeField[] = [];
    this.consume(0, K.ROW);
    this.or(0, [
      {
        ALT: () => {
          this.consume(0, T.Less);
          this.or(1, [
            {
              ALT: () => {
                fields.push(...this.fieldsOf(0));
                this.consume(0, T.Greater);
              },
            },
            { ALT: () => this.consume(1, T.Greater) },
            // `ROW<>`: the scanner makes one token of the two signs.
          ]);
        },
      },
      { ALT: () => this.consume(0, T.NotEqual) },
      {
        ALT: () => {
          this.consume(0, T.LeftParen);
          this.option(0, () => fields.push(...this.fieldsOf(1)));
          this.consume(0, T.RightParen);
        },
      },
    ]);
    return { kind: 'rowType', span: this.spanFrom(start), isNullable: null, fields };
  });

  /** `a INT NOT NULL 'comment'` */
  readonly rowTypeField: RuleOf<RowTypeField> = this.RULE('rowTypeField', () => {
    const start = this.LA(1);
    const name = this.identifier();
    const type = this.subrule(0, this.nullableDataType);
    const comment = this.option(0, () => this.subrule(0, this.text)) ?? null;
    return { kind: 'rowTypeField', span: this.spanFrom(start), name, type, comment };
  });

  readonly basicType: RuleOf<TypeName> = this.RULE('basicType', () => {
    const start = this.LA(1);
    const parameters: number[] = [];
    const name = this.or<BasicTypeName>(0, [
      { ALT: () => this.named(K.BOOLEAN, 'BOOLEAN') },
      { ALT: () => this.named(K.TINYINT, 'TINYINT') },
      { ALT: () => this.named(K.SMALLINT, 'SMALLINT') },
      { ALT: () => this.named(K.INT, 'INT') },
      { ALT: () => this.named(K.INTEGER, 'INT') },
      { ALT: () => this.named(K.BIGINT, 'BIGINT') },
      { ALT: () => this.named(K.REAL, 'REAL') },
      { ALT: () => this.named(K.FLOAT, 'FLOAT') },
      {
        ALT: () => {
          this.consume(0, K.DOUBLE);
          this.maybe(0, K.PRECISION);
          return 'DOUBLE';
        },
      },
      { ALT: () => this.named(K.STRING, 'STRING') },
      { ALT: () => this.named(K.BYTES, 'BYTES') },
      { ALT: () => this.named(K.VARIANT, 'VARIANT') },
      { ALT: () => this.named(K.DATE, 'DATE') },
      {
        ALT: () => {
          this.or(1, [{ ALT: () => this.consume(0, K.CHAR) }, { ALT: () => this.consume(0, K.CHARACTER) }]);
          const isVarying = this.maybe(1, K.VARYING);
          this.parameterOf(0, parameters);
          this.characterSet(10);
          return isVarying ? 'VARCHAR' : 'CHAR';
        },
      },
      {
        ALT: () => {
          this.consume(0, K.VARCHAR);
          this.parameterOf(1, parameters);
          this.characterSet(12);
          return 'VARCHAR';
        },
      },
      {
        ALT: () => {
          this.consume(0, K.BINARY);
          const isVarying = this.maybe(2, K.VARYING);
          this.parameterOf(2, parameters);
          return isVarying ? 'VARBINARY' : 'BINARY';
        },
      },
      {
        ALT: () => {
          this.consume(0, K.VARBINARY);
          this.parameterOf(3, parameters);
          return 'VARBINARY';
        },
      },
      {
        ALT: () => {
          const isAny = this.or(2, [
            { ALT: () => this.consume(0, K.DECIMAL) !== undefined && false },
            { ALT: () => this.consume(0, K.DEC) !== undefined && false },
            { ALT: () => this.consume(0, K.NUMERIC) !== undefined && false },
            { ALT: () => this.consume(0, K.ANY) !== undefined },
          ]);
          this.option(3, () => {
            this.consume(0, T.LeftParen);
            parameters.push(this.integer(0));
            this.option(4, () => {
              this.consume(0, T.Comma);
              parameters.push(this.integer(1));
            });
            this.consume(0, T.RightParen);
          });
          return isAny ? 'ANY' : 'DECIMAL';
        },
      },
      {
        ALT: () => {
          this.consume(0, K.TIME);
          this.parameterOf(4, parameters);
          return this.localTimeZone(5) ? 'TIME_LTZ' : 'TIME';
        },
      },
      {
        ALT: () => {
          this.consume(0, K.TIMESTAMP);
          this.parameterOf(5, parameters);
          return this.localTimeZone(6) ? 'TIMESTAMP_LTZ' : 'TIMESTAMP';
        },
      },
      {
        ALT: () => {
          this.consume(0, K.TIMESTAMP_LTZ);
          this.parameterOf(6, parameters);
          return 'TIMESTAMP_LTZ';
        },
      },
    ]);
    return { kind: 'basicType', span: this.spanFrom(start), isNullable: null, name, parameters };
  });

  /** `INTERVAL DAY(3) TO SECOND(6)`, which only CAST takes. */
  readonly intervalType: RuleOf<TypeName> = this.RULE('intervalType', () => {
    const start = this.LA(1);
    this.consume(0, K.INTERVAL);
    const { from, to, precision, fractionPrecision } = this.subrule(0, this.intervalQualifier);
    const name = (to === null ? `INTERVAL ${from}` : `INTERVAL ${from} TO ${to}`) as BasicTypeName;
    const parameters =
      fractionPrecision === null
        ? [precision].flatMap((parameter) => parameter ?? [])
        : [precision ?? -1, fractionPrecision];
    return { kind: 'basicType', span: this.spanFrom(start), isNullable: null, name, parameters };
  });

  /** `DAY(3) TO SECOND(6)` */
  readonly intervalQualifier: RuleOf<IntervalQualifier> = this.RULE('intervalQualifier', () => {
    const start = this.LA(1);
    const from = this.subrule(0, this.intervalUnit);
    const precisions: number[] = [];
    this.option(0, () => {
      this.consume(0, T.LeftParen);
      precisions.push(this.integer(0));
      this.option(1, {
        GATE: () => from === 'SECOND',
        DEF: () => {
          this.consume(0, T.Comma);
          precisions.push(this.integer(1));
        },
      });
      this.consume(0, T.RightParen);
    });
    let to: IntervalUnit | null = null;
    this.option(2, {
      GATE: () => from !== 'SECOND' && from !== 'MONTH' && from !== 'WEEK' && from !== 'QUARTER',
      DEF: () => {
        this.consume(0, K.TO);
        to = this.subrule(1, this.intervalUnit);
        this.option(3, {
          GATE: () => to === 'SECOND',
          DEF: () => {
            this.consume(1, T.LeftParen);
            precisions[1] = this.integer(2);
            this.consume(1, T.RightParen);
          },
        });
      },
    });
    const span = this.spanFrom(start);
    if (to !== null && !this.isRecording && !isIntervalRange(from, to)) {
      this.refuse('P001', span, `an interval cannot go from ${from} to ${to as IntervalUnit}`);
    }
    const [precision = null, fractionPrecision = null] = precisions;
    return { kind: 'intervalQualifier', span, from, precision, to, fractionPrecision };
  });

  readonly intervalUnit: RuleOf<IntervalUnit> = this.RULE('intervalUnit', () =>
    this.or<IntervalUnit>(0, [
      { ALT: () => this.named(K.YEAR, 'YEAR') },
      { ALT: () => this.named(K.YEARS, 'YEAR') },
      { ALT: () => this.named(K.QUARTER, 'QUARTER') },
      { ALT: () => this.named(K.QUARTERS, 'QUARTER') },
      { ALT: () => this.named(K.MONTH, 'MONTH') },
      { ALT: () => this.named(K.MONTHS, 'MONTH') },
      { ALT: () => this.named(K.WEEK, 'WEEK') },
      { ALT: () => this.named(K.WEEKS, 'WEEK') },
      { ALT: () => this.named(K.DAY, 'DAY') },
      { ALT: () => this.named(K.DAYS, 'DAY') },
      { ALT: () => this.named(K.HOUR, 'HOUR') },
      { ALT: () => this.named(K.HOURS, 'HOUR') },
      { ALT: () => this.named(K.MINUTE, 'MINUTE') },
      { ALT: () => this.named(K.MINUTES, 'MINUTE') },
      { ALT: () => this.named(K.SECOND, 'SECOND') },
      { ALT: () => this.named(K.SECONDS, 'SECOND') },
    ]),
  );

  // -- helpers ---------------------------------------------------------------------------------------------

  /** A word that means a value. */
  protected named<Value>(word: TokenType, value: Value): Value {
    this.consume(0, word);
    return value;
  }

  protected integer(index: number): number {
    const token = this.consume(index, T.IntegerLiteral) as SqlToken;
    const value = Number(token.image);
    if (value > 2_147_483_647) this.refuse('P006', this.spanOf(token), 'this number is larger than 2147483647');
    return value;
  }

  /** NULL or NOT NULL; takes the alternation 9 of its rule. */
  private nullability(): boolean {
    return this.or(9, [
      { ALT: () => this.named(K.NULL, true) },
      {
        ALT: () => {
          this.tokens(K.NOT, K.NULL);
          return false;
        },
      },
    ]);
  }

  private collectionWord(index: number): 'ARRAY' | 'MULTISET' {
    return this.or<'ARRAY' | 'MULTISET'>(index, [
      { ALT: () => this.named(K.ARRAY, 'ARRAY') },
      { ALT: () => this.named(K.MULTISET, 'MULTISET') },
    ]);
  }

  private fieldsOf(index: number): RowTypeField[] {
    return this.listOf(index, this.rowTypeField);
  }

  /** `(3)`; takes the option `index + 20` of its rule. */
  private parameterOf(index: number, parameters: number[]): void {
    this.option(index + 20, () => {
      this.consume(index + 1, T.LeftParen);
      parameters.push(this.integer(index + 2));
      this.consume(index + 1, T.RightParen);
    });
  }

  private characterSet(index: number): void {
    this.option(index, () => {
      this.tokens(K.CHARACTER, K.SET);
      this.identifier();
    });
  }

  /** WITH LOCAL TIME ZONE, WITHOUT TIME ZONE; takes the option and the alternation `index` of its rule. */
  private localTimeZone(index: number): boolean {
    let isLocal = false;
    this.option(index, {
      GATE: () => this.LA(1).tokenType === K.WITHOUT || this.isNext(K.WITH, K.LOCAL),
      DEF: () =>
        this.or(index, [
          { ALT: () => this.tokens(K.WITHOUT, K.TIME, K.ZONE) },
          {
            ALT: () => {
              this.tokens(K.WITH, K.LOCAL, K.TIME, K.ZONE);
              isLocal = true;
            },
          },
        ]),
    });
    return isLocal;
  }
}

const rangeEnds: Readonly<Partial<Record<IntervalUnit, readonly IntervalUnit[]>>> = {
  YEAR: ['MONTH'],
  DAY: ['HOUR', 'MINUTE', 'SECOND'],
  HOUR: ['MINUTE', 'SECOND'],
  MINUTE: ['SECOND'],
};

function isIntervalRange(from: IntervalUnit, to: IntervalUnit): boolean {
  return rangeEnds[from]?.includes(to) ?? false;
}
