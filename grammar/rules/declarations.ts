import type { IntervalLiteral } from '../ast/literals.ts';
import type { Property } from '../ast/node.ts';
import type {
  ColumnConstraint,
  CreateCatalog,
  CreateDatabase,
  CreateFunction,
  CreateMaterializedTable,
  CreateModel,
  CreateTable,
  CreateView,
  Distribution,
  Drop,
  FunctionLanguage,
  FunctionResource,
  MetadataColumn,
  PhysicalColumn,
  RefreshMode,
  Statement,
  TableConstraint,
  TableElement,
  TableLike,
  TableLikeOption,
} from '../ast/statements.ts';
import * as T from '../tokens.ts';
import { K } from '../tokens.ts';
import type { RuleOf } from './dsl.ts';
import { PatternRules } from './patterns.ts';

/** CREATE and DROP. */
export abstract class DeclarationRules extends PatternRules {
  readonly create: RuleOf<Statement> = this.RULE('create', () => {
    const start = this.LA(1);
    const isReplaceAlone = this.or(0, [
      {
        ALT: () => {
          this.consume(0, K.CREATE);
          return false;
        },
      },
      { ALT: () => this.named(K.REPLACE, true) },
    ]);
    let isReplace = this.option(0, {
      GATE: () => !isReplaceAlone,
      DEF: () => {
        this.tokens(K.OR, K.REPLACE);
        return true;
      },
    });
    isReplace ??= false;
    const isTemporary = this.maybe(1, K.TEMPORARY);
    const statement = this.or<Statement>(1, [
      { ALT: () => this.subrule(0, this.createTable) },
      { GATE: () => !isReplaceAlone, ALT: () => this.subrule(0, this.createView) },
      { GATE: () => !isReplaceAlone, ALT: () => this.subrule(0, this.createFunction) },
      { GATE: () => !isReplaceAlone && !isTemporary, ALT: () => this.subrule(0, this.createCatalog) },
      { GATE: () => !isReplaceAlone && !isTemporary, ALT: () => this.subrule(0, this.createDatabase) },
      { GATE: () => !isReplaceAlone, ALT: () => this.subrule(0, this.createModel) },
      { GATE: () => !isReplaceAlone && !isTemporary, ALT: () => this.subrule(0, this.createMaterializedTable) },
    ]);
    if (this.isRecording) return statement;
    const span = this.spanFrom(start);
    if (statement.kind === 'createTable') {
      const form = isReplaceAlone ? 'replace' : isReplace ? 'createOrReplace' : 'create';
      if (form === 'replace' && statement.query === null)
        this.refuse('P012', span, 'a table can be replaced only by a query: REPLACE TABLE t AS SELECT ...');
      return { ...statement, span, form, isTemporary };
    }
    const flags = 'isTemporary' in statement ? { isReplace, isTemporary } : { isReplace };
    return { ...statement, span, ...('isReplace' in statement ? flags : {}) } as Statement;
  });

  readonly createTable: RuleOf<CreateTable> = this.RULE('createTable', () => {
    const start = this.LA(1);
    this.consume(0, K.TABLE);
    const ifNotExists = this.maybe(0, K.IF, K.NOT, K.EXISTS);
    const name = this.subrule(0, this.qualifiedName);
    const elements = this.option(1, () => this.subrule(0, this.tableElements)) ?? null;
    const comment = this.commentOf(2);
    const distribution = this.option(3, () => this.subrule(0, this.distributedBy)) ?? null;
    const partitionedBy = this.partitionedOf(4);
    const options = this.optionsOf(5);
    const like =
      this.option(6, () => {
        this.consume(0, K.LIKE);
        return this.subrule(0, this.tableLike);
      }) ?? null;
    const query =
      this.option(7, () => {
        this.consume(0, K.AS);
        return this.subrule(0, this.query);
      }) ?? null;
    const span = this.spanFrom(start);
    if (like !== null && query !== null) {
      this.refuse(
        'P011',
        span,
        'LIKE and AS exclude each other',
        'take the columns either from a table or from a query',
      );
    }
    const flags = { form: 'create', isTemporary: false, ifNotExists } as const;
    const source = { options, like, query };
    return { kind: 'createTable', span, ...flags, name, elements, comment, distribution, partitionedBy, ...source };
  });

  /** `(a INT, WATERMARK FOR ..., PRIMARY KEY ...)` */
  readonly tableElements: RuleOf<TableElement[]> = this.RULE('tableElements', () => {
    this.consume(0, T.LeftParen);
    const elements = this.listOf(0, this.tableElement);
    this.consume(0, T.RightParen);
    if (!this.isRecording) this.checkElements(elements);
    return elements;
  });

  readonly tableElement: RuleOf<TableElement> = this.RULE('tableElement', () => {
    const start = this.LA(1);
    return this.or<TableElement>(0, [
      { ALT: () => this.subrule(0, this.tableConstraint) },
      {
        ALT: () => {
          this.tokens(K.WATERMARK, K.FOR);
          const column = this.subrule(0, this.qualifiedName);
          this.consume(0, K.AS);
          const expression = this.withoutQuery(this.subrule(0, this.expression));
          return { kind: 'watermark', span: this.spanFrom(start), column, expression };
        },
      },
      { ALT: () => this.subrule(0, this.column) },
    ]);
  });

  /** A column of any kind; only its name in CREATE TABLE ... AS. */
  readonly column: RuleOf<TableElement> = this.RULE('column', () => {
    const start = this.LA(1);
    const name = this.identifier();
    let element: TableElement = { kind: 'columnName', span: this.spanFrom(start), name };
    this.option(0, () => {
      element = this.or<TableElement>(0, [
        {
          ALT: () => {
            this.consume(0, K.AS);
            const expression = this.withoutQuery(this.subrule(0, this.expression));
            const comment = this.commentOf(1);
            return { kind: 'computedColumn', span: this.spanFrom(start), name, expression, comment };
          },
        },
        {
          ALT: () => {
            const type = this.subrule(0, this.nullableDataType);
            const metadata = this.option(2, () => this.subrule(0, this.metadataClause));
            const constraint = this.option(3, {
              GATE: () => metadata === undefined,
              DEF: () => this.subrule(0, this.columnConstraint),
            });
            const comment = this.commentOf(4);
            const span = this.spanFrom(start);
            if (metadata !== undefined) return { kind: 'metadataColumn', span, name, type, ...metadata, comment };
            return { kind: 'physicalColumn', span, name, type, constraint: constraint ?? null, comment };
          },
        },
      ]);
    });
    return element;
  });

  /** `METADATA FROM 'key' VIRTUAL` */
  readonly metadataClause: RuleOf<Pick<MetadataColumn, 'key' | 'isVirtual'>> = this.RULE('metadataClause', () => {
    this.consume(0, K.METADATA);
    const key =
      this.option(0, () => {
        this.consume(0, K.FROM);
        return this.subrule(0, this.text);
      }) ?? null;
    const isVirtual = this.maybe(1, K.VIRTUAL);
    return { key, isVirtual };
  });

  /** `CONSTRAINT n PRIMARY KEY NOT ENFORCED` */
  readonly columnConstraint: RuleOf<ColumnConstraint> = this.RULE('columnConstraint', () => {
    const start = this.LA(1);
    const name = this.constraintNameOf(0);
    const type = this.subrule(0, this.constraintType);
    const isEnforced = this.enforcementOf(2);
    return { kind: 'columnConstraint', span: this.spanFrom(start), name, type, isEnforced };
  });

  /** `CONSTRAINT n PRIMARY KEY (a, b) NOT ENFORCED` */
  readonly tableConstraint: RuleOf<TableConstraint> = this.RULE('tableConstraint', () => {
    const start = this.LA(1);
    const name = this.constraintNameOf(0);
    const type = this.subrule(0, this.constraintType);
    const columns = this.subrule(0, this.parenthesizedNames);
    const isEnforced = this.enforcementOf(2);
    return { kind: 'tableConstraint', span: this.spanFrom(start), name, type, columns, isEnforced };
  });

  readonly constraintType: RuleOf<'PRIMARY KEY' | 'UNIQUE'> = this.RULE('constraintType', () =>
    this.or<'PRIMARY KEY' | 'UNIQUE'>(0, [
      {
        ALT: () => {
          this.tokens(K.PRIMARY, K.KEY);
          return 'PRIMARY KEY';
        },
      },
      { ALT: () => this.named(K.UNIQUE, 'UNIQUE') },
    ]),
  );

  /** `DISTRIBUTED BY HASH (a) INTO 4 BUCKETS` */
  readonly distributedBy: RuleOf<Distribution> = this.RULE('distributedBy', () => {
    const start = this.LA(1);
    this.consume(0, K.DISTRIBUTED);
    const distribution = this.subrule(0, this.distribution);
    return this.isRecording ? distribution : { ...distribution, span: this.spanFrom(start) };
  });

  /** `BY HASH (a) INTO 4 BUCKETS`, `INTO 4 BUCKETS` */
  readonly distribution: RuleOf<Distribution> = this.RULE('distribution', () => {
    const start = this.LA(1);
    let method: Distribution['method'] = null;
    let columns: Distribution['columns'] = [];
    let bucketCount: number | null = null;
    const buckets = (index: number): void => {
      this.tokens(K.INTO);
      bucketCount = this.integer(index);
      this.consume(0, K.BUCKETS);
    };
    this.or(0, [
      {
        ALT: () => {
          this.consume(0, K.BY);
          method =
            this.option(0, () =>
              this.or<'HASH' | 'RANGE'>(1, [
                { ALT: () => this.named(K.HASH, 'HASH') },
                { ALT: () => this.named(K.RANGE, 'RANGE') },
              ]),
            ) ?? null;
          columns = this.subrule(0, this.parenthesizedNames);
          this.option(1, () => buckets(0));
        },
      },
      { ALT: () => buckets(1) },
    ]);
    return { kind: 'distribution', span: this.spanFrom(start), method, columns, bucketCount };
  });

  /** `t (INCLUDING ALL EXCLUDING OPTIONS)` */
  readonly tableLike: RuleOf<TableLike> = this.RULE('tableLike', () => {
    const start = this.LA(1);
    const table = this.subrule(0, this.qualifiedName);
    const options: TableLikeOption[] = [];
    this.option(0, () => {
      this.consume(0, T.LeftParen);
      this.atLeastOne(0, () => options.push(this.subrule(0, this.tableLikeOption)));
      this.consume(0, T.RightParen);
    });
    return { kind: 'tableLike', span: this.spanFrom(start), table, options };
  });

  readonly tableLikeOption: RuleOf<TableLikeOption> = this.RULE('tableLikeOption', () => {
    const start = this.LA(1);
    const strategy = this.or<TableLikeOption['strategy']>(0, [
      { ALT: () => this.named(K.INCLUDING, 'INCLUDING') },
      { ALT: () => this.named(K.EXCLUDING, 'EXCLUDING') },
      { ALT: () => this.named(K.OVERWRITING, 'OVERWRITING') },
    ]);
    const feature = this.or<TableLikeOption['feature']>(1, [
      { ALT: () => this.named(K.ALL, 'ALL') },
      { ALT: () => this.named(K.CONSTRAINTS, 'CONSTRAINTS') },
      { ALT: () => this.named(K.DISTRIBUTION, 'DISTRIBUTION') },
      { ALT: () => this.named(K.GENERATED, 'GENERATED') },
      { ALT: () => this.named(K.METADATA, 'METADATA') },
      { ALT: () => this.named(K.OPTIONS, 'OPTIONS') },
      { ALT: () => this.named(K.PARTITIONS, 'PARTITIONS') },
      { ALT: () => this.named(K.WATERMARKS, 'WATERMARKS') },
    ]);
    return { kind: 'tableLikeOption', span: this.spanFrom(start), strategy, feature };
  });

  readonly createView: RuleOf<CreateView> = this.RULE('createView', () => {
    const start = this.LA(1);
    this.consume(0, K.VIEW);
    const ifNotExists = this.maybe(0, K.IF, K.NOT, K.EXISTS);
    const name = this.subrule(0, this.qualifiedName);
    const columns = this.option(1, () => this.subrule(0, this.parenthesizedNames)) ?? null;
    const comment = this.commentOf(2);
    this.consume(0, K.AS);
    const query = this.subrule(0, this.query);
    const flags = { isReplace: false, isTemporary: false, ifNotExists };
    return { kind: 'createView', span: this.spanFrom(start), ...flags, name, columns, comment, query };
  });

  readonly createFunction: RuleOf<CreateFunction> = this.RULE('createFunction', () => {
    const start = this.LA(1);
    const isSystem = this.maybe(0, K.SYSTEM);
    this.consume(0, K.FUNCTION);
    const ifNotExists = this.maybe(1, K.IF, K.NOT, K.EXISTS);
    const name = this.subrule(0, this.qualifiedName);
    this.consume(0, K.AS);
    const className = this.subrule(0, this.text);
    const language = this.option(2, () => this.subrule(0, this.functionLanguage)) ?? null;
    const resources =
      this.option(3, () => {
        this.consume(0, K.USING);
        return this.listOf(0, this.functionResource);
      }) ?? [];
    this.optionsOf(4);
    const flags = { isReplace: false, isTemporary: false, isSystem, ifNotExists };
    return { kind: 'createFunction', span: this.spanFrom(start), ...flags, name, className, language, resources };
  });

  readonly functionLanguage: RuleOf<FunctionLanguage> = this.RULE('functionLanguage', () => {
    this.consume(0, K.LANGUAGE);
    return this.or<FunctionLanguage>(0, [
      { ALT: () => this.named(K.JAVA, 'JAVA') },
      { ALT: () => this.named(K.SCALA, 'SCALA') },
      { ALT: () => this.named(K.SQL, 'SQL') },
      { ALT: () => this.named(K.PYTHON, 'PYTHON') },
    ]);
  });

  readonly functionResource: RuleOf<FunctionResource> = this.RULE('functionResource', () => {
    const start = this.LA(1);
    this.consume(0, K.JAR);
    const path = this.subrule(0, this.text);
    return { kind: 'functionResource', span: this.spanFrom(start), type: 'JAR', path };
  });

  readonly createCatalog: RuleOf<CreateCatalog> = this.RULE('createCatalog', () => {
    const start = this.LA(1);
    this.consume(0, K.CATALOG);
    const ifNotExists = this.maybe(0, K.IF, K.NOT, K.EXISTS);
    const name = this.identifier();
    const comment = this.commentOf(1);
    const options = this.optionsOf(2);
    return { kind: 'createCatalog', span: this.spanFrom(start), isReplace: false, ifNotExists, name, comment, options };
  });

  readonly createDatabase: RuleOf<CreateDatabase> = this.RULE('createDatabase', () => {
    const start = this.LA(1);
    this.consume(0, K.DATABASE);
    const ifNotExists = this.maybe(0, K.IF, K.NOT, K.EXISTS);
    const name = this.subrule(0, this.qualifiedName);
    const comment = this.commentOf(1);
    const options = this.optionsOf(2);
    return {
      kind: 'createDatabase',
      span: this.spanFrom(start),
      isReplace: false,
      ifNotExists,
      name,
      comment,
      options,
    };
  });

  readonly createModel: RuleOf<CreateModel> = this.RULE('createModel', () => {
    const start = this.LA(1);
    this.consume(0, K.MODEL);
    const ifNotExists = this.maybe(0, K.IF, K.NOT, K.EXISTS);
    const name = this.subrule(0, this.qualifiedName);
    const input =
      this.option(1, () => {
        this.consume(0, K.INPUT);
        return this.subrule(0, this.modelColumns);
      }) ?? [];
    const output =
      this.option(2, () => {
        this.consume(0, K.OUTPUT);
        return this.subrule(1, this.modelColumns);
      }) ?? [];
    const comment = this.commentOf(3);
    const options = this.optionsOf(4);
    const query =
      this.option(5, () => {
        this.consume(0, K.AS);
        return this.subrule(0, this.query);
      }) ?? null;
    const flags = { isReplace: false, isTemporary: false, ifNotExists };
    return { kind: 'createModel', span: this.spanFrom(start), ...flags, name, input, output, comment, options, query };
  });

  readonly modelColumns: RuleOf<PhysicalColumn[]> = this.RULE('modelColumns', () => {
    this.consume(0, T.LeftParen);
    const columns = this.listOf(0, this.modelColumn);
    this.consume(0, T.RightParen);
    return columns;
  });

  readonly modelColumn: RuleOf<PhysicalColumn> = this.RULE('modelColumn', () => {
    const start = this.LA(1);
    const name = this.identifier();
    const type = this.subrule(0, this.nullableDataType);
    const comment = this.commentOf(0);
    return { kind: 'physicalColumn', span: this.spanFrom(start), name, type, constraint: null, comment };
  });

  readonly createMaterializedTable: RuleOf<CreateMaterializedTable> = this.RULE('createMaterializedTable', () => {
    const start = this.LA(1);
    this.tokens(K.MATERIALIZED, K.TABLE);
    const name = this.subrule(0, this.qualifiedName);
    const elements =
      this.option(0, () => {
        this.consume(0, T.LeftParen);
        const constraint = this.subrule(0, this.tableConstraint);
        this.consume(0, T.RightParen);
        return [constraint];
      }) ?? null;
    const comment = this.commentOf(1);
    const distribution = this.option(2, () => this.subrule(0, this.distributedBy)) ?? null;
    const partitionedBy = this.partitionedOf(3);
    const options = this.optionsOf(4);
    const freshness =
      this.option(5, () => {
        this.consume(0, K.FRESHNESS);
        this.consume(0, T.Equals);
        return this.subrule(0, this.intervalLiteral);
      }) ?? (null as IntervalLiteral | null);
    const refreshMode =
      this.option(6, () => {
        this.consume(0, K.REFRESH_MODE);
        this.consume(1, T.Equals);
        return this.subrule(0, this.refreshMode);
      }) ?? null;
    this.consume(0, K.AS);
    const query = this.subrule(0, this.query);
    const table = { isOrAlter: false, name, elements, comment, distribution, partitionedBy, options };
    return { kind: 'createMaterializedTable', span: this.spanFrom(start), ...table, freshness, refreshMode, query };
  });

  readonly refreshMode: RuleOf<RefreshMode> = this.RULE('refreshMode', () =>
    this.or<RefreshMode>(0, [
      { ALT: () => this.named(K.FULL, 'FULL') },
      { ALT: () => this.named(K.CONTINUOUS, 'CONTINUOUS') },
    ]),
  );

  readonly drop: RuleOf<Drop> = this.RULE('drop', () => {
    const start = this.LA(1);
    this.consume(0, K.DROP);
    const isTemporary = this.maybe(0, K.TEMPORARY);
    let isSystem = false;
    const object = this.or<Drop['object']>(0, [
      { ALT: () => this.named(K.TABLE, 'TABLE') },
      { ALT: () => this.named(K.VIEW, 'VIEW') },
      { ALT: () => this.named(K.MODEL, 'MODEL') },
      { ALT: () => this.named(K.CATALOG, 'CATALOG') },
      { ALT: () => this.named(K.DATABASE, 'DATABASE') },
      {
        ALT: () => {
          isSystem = this.maybe(1, K.SYSTEM);
          this.consume(0, K.FUNCTION);
          return 'FUNCTION';
        },
      },
      {
        ALT: () => {
          this.tokens(K.MATERIALIZED, K.TABLE);
          return 'MATERIALIZED TABLE';
        },
      },
    ]);
    const ifExists = this.maybe(2, K.IF, K.EXISTS);
    const name = this.subrule(0, this.qualifiedName);
    const behavior =
      this.option(3, {
        GATE: () => object === 'DATABASE',
        DEF: () =>
          this.or<'RESTRICT' | 'CASCADE'>(1, [
            { ALT: () => this.named(K.RESTRICT, 'RESTRICT') },
            { ALT: () => this.named(K.CASCADE, 'CASCADE') },
          ]),
      }) ?? null;
    return { kind: 'drop', span: this.spanFrom(start), object, isTemporary, isSystem, ifExists, name, behavior };
  });

  // -- helpers ---------------------------------------------------------------------------------------------

  private checkElements(elements: readonly TableElement[]): void {
    const [, second] = elements.filter(({ kind }) => kind === 'watermark');
    if (second !== undefined) this.refuse('P011', second.span, 'a table has one WATERMARK at most');
    const bare = elements.find(({ kind }) => kind === 'columnName');
    const typed = elements.find(({ kind }) => kind !== 'columnName');
    if (bare === undefined || typed === undefined) return;
    this.refuse('P001', bare.span, 'this column has no type', 'only names, or a type for each column');
  }

  /** `COMMENT 'x'`; takes the option `index` of its rule. */
  protected commentOf(index: number): Property['key'] | null {
    return (
      this.option(index, () => {
        this.consume(index, K.COMMENT);
        return this.subrule(index, this.text);
      }) ?? null
    );
  }

  /** `WITH ('k' = 'v')` */
  protected optionsOf(index: number): Property[] {
    return (
      this.option(index, () => {
        this.consume(index, K.WITH);
        return this.subrule(index, this.properties);
      }) ?? []
    );
  }

  private partitionedOf(index: number): CreateTable['partitionedBy'] {
    return (
      this.option(index, () => {
        this.tokens(K.PARTITIONED, K.BY);
        return this.subrule(index, this.parenthesizedNames);
      }) ?? []
    );
  }

  private constraintNameOf(index: number): TableConstraint['name'] {
    return (
      this.option(index, () => {
        this.consume(index, K.CONSTRAINT);
        return this.identifier();
      }) ?? null
    );
  }

  /** ENFORCED, NOT ENFORCED; takes the option and the alternation `index` of its rule. */
  private enforcementOf(index: number): boolean | null {
    return (
      this.option(index, () =>
        this.or(index, [
          { ALT: () => this.named(K.ENFORCED, true) },
          {
            ALT: () => {
              this.tokens(K.NOT, K.ENFORCED);
              return false;
            },
          },
        ]),
      ) ?? null
    );
  }
}
