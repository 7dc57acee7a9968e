import type { Expression } from '../ast/expressions.ts';
import type {
  AddElements,
  AlterCatalog,
  AlterDatabase,
  AlterFunction,
  AlterMaterializedTable,
  AlterModel,
  AlterSession,
  AlterTable,
  AlterTableAction,
  AlterView,
  AsQuery,
  NewPartition,
  PartitionSpec,
  PartitionValue,
  PositionedElement,
  RenameTo,
  ResetOptions,
  SetOptions,
  Statement,
} from '../ast/statements.ts';
import * as T from '../tokens.ts';
import { K } from '../tokens.ts';
import { DeclarationRules } from './declarations.ts';
import type { RuleOf } from './dsl.ts';

/** ALTER. */
export abstract class AlterationRules extends DeclarationRules {
  readonly alter: RuleOf<Statement> = this.RULE('alter', () => {
    const start = this.LA(1);
    this.consume(0, K.ALTER);
    const statement = this.or<Statement>(0, [
      { ALT: () => this.subrule(0, this.alterTable) },
      { ALT: () => this.subrule(0, this.alterView) },
      { ALT: () => this.subrule(0, this.alterDatabase) },
      { ALT: () => this.subrule(0, this.alterCatalog) },
      { ALT: () => this.subrule(0, this.alterModel) },
      { ALT: () => this.subrule(0, this.alterMaterializedTable) },
      { ALT: () => this.subrule(0, this.alterFunction) },
      { ALT: () => this.subrule(0, this.alterSession) },
    ]);
    return this.isRecording ? statement : { ...statement, span: this.spanFrom(start) };
  });

  readonly alterTable: RuleOf<AlterTable> = this.RULE('alterTable', () => {
    const start = this.LA(1);
    this.consume(0, K.TABLE);
    const ifExists = this.maybe(0, K.IF, K.EXISTS);
    const name = this.subrule(0, this.qualifiedName);
    const action = this.or<AlterTableAction>(0, [
      { ALT: () => this.subrule(0, this.renameTable) },
      { ALT: () => this.subrule(0, this.setOptions) },
      { ALT: () => this.subrule(0, this.resetOptions) },
      { ALT: () => this.subrule(0, this.addToTable) },
      { ALT: () => this.subrule(0, this.modifyTable) },
      { ALT: () => this.subrule(0, this.dropFromTable) },
    ]);
    return { kind: 'alterTable', span: this.spanFrom(start), ifExists, name, action };
  });

  /** `RENAME TO t`, `RENAME a TO b` */
  readonly renameTable: RuleOf<AlterTableAction> = this.RULE('renameTable', () => {
    const start = this.LA(1);
    this.consume(0, K.RENAME);
    return this.or<AlterTableAction>(0, [
      {
        ALT: () => {
          this.consume(0, K.TO);
          const name = this.subrule(0, this.qualifiedName);
          return { kind: 'renameTo', span: this.spanFrom(start), name };
        },
      },
      {
        ALT: () => {
          const from = this.subrule(1, this.qualifiedName);
          this.consume(1, K.TO);
          const to = this.identifier();
          return { kind: 'renameColumn', span: this.spanFrom(start), from, to };
        },
      },
    ]);
  });

  readonly renameTo: RuleOf<RenameTo> = this.RULE('renameTo', () => {
    const start = this.LA(1);
    this.tokens(K.RENAME, K.TO);
    const name = this.subrule(0, this.qualifiedName);
    return { kind: 'renameTo', span: this.spanFrom(start), name };
  });

  readonly setOptions: RuleOf<SetOptions> = this.RULE('setOptions', () => {
    const start = this.LA(1);
    this.consume(0, K.SET);
    const options = this.subrule(0, this.properties);
    return { kind: 'setOptions', span: this.spanFrom(start), options };
  });

  readonly resetOptions: RuleOf<ResetOptions> = this.RULE('resetOptions', () => {
    const start = this.LA(1);
    this.consume(0, K.RESET);
    const keys = this.subrule(0, this.propertyKeys);
    return { kind: 'resetOptions', span: this.spanFrom(start), keys };
  });

  readonly asQuery: RuleOf<AsQuery> = this.RULE('asQuery', () => {
    const start = this.LA(1);
    this.consume(0, K.AS);
    const query = this.subrule(0, this.query);
    return { kind: 'asQuery', span: this.spanFrom(start), query };
  });

  readonly addToTable: RuleOf<AlterTableAction> = this.RULE('addToTable', () => {
    const start = this.LA(1);
    this.consume(0, K.ADD);
    return this.or<AlterTableAction>(0, [
      {
        ALT: () => {
          this.consume(0, K.DISTRIBUTION);
          const distribution = this.subrule(0, this.distribution);
          return { kind: 'addDistribution', span: this.spanFrom(start), distribution };
        },
      },
      {
        GATE: () => this.LA(1).tokenType === K.PARTITION || this.isNext(K.IF, K.NOT),
        ALT: () => {
          const ifNotExists = this.maybe(0, K.IF, K.NOT, K.EXISTS);
          const partitions: NewPartition[] = [];
          this.atLeastOne(0, () => partitions.push(this.subrule(0, this.newPartition)));
          return { kind: 'addPartitions', span: this.spanFrom(start), ifNotExists, partitions };
        },
      },
      {
        ALT: () => {
          const elements = this.subrule(0, this.positionedElements);
          return { kind: 'addElements', span: this.spanFrom(start), ...elements };
        },
      },
    ]);
  });

  readonly modifyTable: RuleOf<AlterTableAction> = this.RULE('modifyTable', () => {
    const start = this.LA(1);
    this.consume(0, K.MODIFY);
    return this.or<AlterTableAction>(0, [
      {
        ALT: () => {
          this.consume(0, K.DISTRIBUTION);
          const distribution = this.subrule(0, this.distribution);
          return { kind: 'modifyDistribution', span: this.spanFrom(start), distribution };
        },
      },
      {
        ALT: () => {
          const elements = this.subrule(0, this.positionedElements);
          return { kind: 'modifyElements', span: this.spanFrom(start), ...elements };
        },
      },
    ]);
  });

  /** One element, or several in brackets. */
  readonly positionedElements: RuleOf<Pick<AddElements, 'isParenthesized' | 'elements'>> = this.RULE(
    'positionedElements',
    () =>
      this.or<Pick<AddElements, 'isParenthesized' | 'elements'>>(0, [
        {
          ALT: () => {
            this.consume(0, T.LeftParen);
            const elements = this.listOf(0, this.positionedElement);
            this.consume(0, T.RightParen);
            return { isParenthesized: true, elements };
          },
        },
        { ALT: () => ({ isParenthesized: false, elements: [this.subrule(5, this.positionedElement)] }) },
      ]),
  );

  /** `a INT FIRST`, `b INT AFTER a` */
  readonly positionedElement: RuleOf<PositionedElement> = this.RULE('positionedElement', () => {
    const start = this.LA(1);
    const element = this.subrule(0, this.tableElement);
    const position =
      this.option(0, () =>
        this.or<PositionedElement['position']>(0, [
          { ALT: () => this.named(K.FIRST, 'FIRST') },
          {
            ALT: () => {
              this.consume(0, K.AFTER);
              return this.identifier();
            },
          },
        ]),
      ) ?? null;
    return { kind: 'positionedElement', span: this.spanFrom(start), element, position };
  });

  readonly dropFromTable: RuleOf<AlterTableAction> = this.RULE('dropFromTable', () => {
    const start = this.LA(1);
    this.consume(0, K.DROP);
    return this.or<AlterTableAction>(0, [
      {
        ALT: () => {
          this.tokens(K.PRIMARY, K.KEY);
          return { kind: 'dropPrimaryKey', span: this.spanFrom(start) };
        },
      },
      {
        ALT: () => {
          this.consume(0, K.CONSTRAINT);
          const name = this.identifier();
          return { kind: 'dropConstraint', span: this.spanFrom(start), name };
        },
      },
      {
        ALT: () => {
          this.consume(0, K.WATERMARK);
          return { kind: 'dropWatermark', span: this.spanFrom(start) };
        },
      },
      {
        ALT: () => {
          this.consume(0, K.DISTRIBUTION);
          return { kind: 'dropDistribution', span: this.spanFrom(start) };
        },
      },
      {
        GATE: () => this.LA(1).tokenType === K.PARTITION || this.isNext(K.IF, K.EXISTS),
        ALT: () => {
          const ifExists = this.maybe(0, K.IF, K.EXISTS);
          const partitions = this.listOf(0, this.partitionSpec);
          return { kind: 'dropPartitions', span: this.spanFrom(start), ifExists, partitions };
        },
      },
      {
        ALT: () => {
          this.consume(0, T.LeftParen);
          const columns = this.listOf(2, this.qualifiedName);
          this.consume(0, T.RightParen);
          return { kind: 'dropColumns', span: this.spanFrom(start), isParenthesized: true, columns };
        },
      },
      {
        ALT: () => {
          const columns = [this.subrule(9, this.qualifiedName)];
          return { kind: 'dropColumns', span: this.spanFrom(start), isParenthesized: false, columns };
        },
      },
    ]);
  });

  readonly newPartition: RuleOf<NewPartition> = this.RULE('newPartition', () => {
    const start = this.LA(1);
    const { values } = this.subrule(0, this.partitionSpec);
    const options = this.optionsOf(0);
    return { kind: 'newPartition', span: this.spanFrom(start), values, options };
  });

  /** `PARTITION (a = 1, b)` */
  readonly partitionSpec: RuleOf<PartitionSpec> = this.RULE('partitionSpec', () => {
    const start = this.LA(1);
    this.tokens(K.PARTITION, T.LeftParen);
    const values = this.listOf(0, this.partitionValue);
    this.consume(0, T.RightParen);
    return { kind: 'partitionSpec', span: this.spanFrom(start), values };
  });

  readonly partitionValue: RuleOf<PartitionValue> = this.RULE('partitionValue', () => {
    const start = this.LA(1);
    const column = this.identifier();
    const value =
      this.option(0, () => {
        this.consume(0, T.Equals);
        return this.subrule(0, this.expression);
      }) ?? (null as Expression | null);
    return { kind: 'partitionValue', span: this.spanFrom(start), column, value };
  });

  readonly alterView: RuleOf<AlterView> = this.RULE('alterView', () => {
    const start = this.LA(1);
    this.consume(0, K.VIEW);
    const name = this.subrule(0, this.qualifiedName);
    const action = this.or<AlterView['action']>(0, [
      { ALT: () => this.subrule(0, this.renameTo) },
      { ALT: () => this.subrule(0, this.asQuery) },
    ]);
    return { kind: 'alterView', span: this.spanFrom(start), name, action };
  });

  readonly alterDatabase: RuleOf<AlterDatabase> = this.RULE('alterDatabase', () => {
    const start = this.LA(1);
    this.consume(0, K.DATABASE);
    const name = this.subrule(0, this.qualifiedName);
    const action = this.subrule(0, this.setOptions);
    return { kind: 'alterDatabase', span: this.spanFrom(start), name, action };
  });

  readonly alterCatalog: RuleOf<AlterCatalog> = this.RULE('alterCatalog', () => {
    const start = this.LA(1);
    this.consume(0, K.CATALOG);
    const name = this.subrule(0, this.qualifiedName);
    const begin = this.LA(1);
    const action = this.or<AlterCatalog['action']>(0, [
      { ALT: () => this.subrule(0, this.setOptions) },
      { ALT: () => this.subrule(0, this.resetOptions) },
      {
        ALT: () => {
          this.consume(0, K.COMMENT);
          const comment = this.subrule(0, this.text);
          return { kind: 'setComment', span: this.spanFrom(begin), comment };
        },
      },
    ]);
    return { kind: 'alterCatalog', span: this.spanFrom(start), name, action };
  });

  readonly alterFunction: RuleOf<AlterFunction> = this.RULE('alterFunction', () => {
    const start = this.LA(1);
    let isSystem = false;
    let isTemporary = false;
    this.option(0, () => {
      this.consume(0, K.TEMPORARY);
      isTemporary = true;
      isSystem = this.maybe(1, K.SYSTEM);
    });
    this.consume(0, K.FUNCTION);
    const ifExists = this.maybe(2, K.IF, K.EXISTS);
    const name = this.subrule(0, this.qualifiedName);
    this.consume(0, K.AS);
    const className = this.subrule(0, this.text);
    const language = this.option(3, () => this.subrule(0, this.functionLanguage)) ?? null;
    const flags = { isTemporary, isSystem, ifExists };
    return { kind: 'alterFunction', span: this.spanFrom(start), ...flags, name, className, language };
  });

  readonly alterModel: RuleOf<AlterModel> = this.RULE('alterModel', () => {
    const start = this.LA(1);
    this.consume(0, K.MODEL);
    const ifExists = this.maybe(0, K.IF, K.EXISTS);
    const name = this.subrule(0, this.qualifiedName);
    const action = this.or<AlterModel['action']>(0, [
      { ALT: () => this.subrule(0, this.renameTo) },
      { ALT: () => this.subrule(0, this.setOptions) },
      { ALT: () => this.subrule(0, this.resetOptions) },
    ]);
    return { kind: 'alterModel', span: this.spanFrom(start), ifExists, name, action };
  });

  readonly alterMaterializedTable: RuleOf<AlterMaterializedTable> = this.RULE('alterMaterializedTable', () => {
    const start = this.LA(1);
    this.tokens(K.MATERIALIZED, K.TABLE);
    const name = this.subrule(0, this.qualifiedName);
    const begin = this.LA(1);
    const action = this.or<AlterMaterializedTable['action']>(0, [
      {
        ALT: () => {
          this.consume(0, K.SUSPEND);
          return { kind: 'suspend', span: this.spanFrom(begin) };
        },
      },
      {
        ALT: () => {
          this.consume(0, K.RESUME);
          const options = this.optionsOf(0);
          return { kind: 'resume', span: this.spanFrom(begin), options };
        },
      },
      {
        ALT: () => {
          this.consume(0, K.REFRESH);
          const partition = this.option(1, () => this.subrule(0, this.partitionSpec)) ?? null;
          return { kind: 'refresh', span: this.spanFrom(begin), partition };
        },
      },
      {
        GATE: () => this.LA(2).tokenType === K.FRESHNESS,
        ALT: () => {
          this.tokens(K.SET, K.FRESHNESS, T.Equals);
          const freshness = this.subrule(0, this.intervalLiteral);
          return { kind: 'setFreshness', span: this.spanFrom(begin), freshness };
        },
      },
      {
        GATE: () => this.LA(2).tokenType === K.REFRESH_MODE,
        ALT: () => {
          this.tokens(K.SET, K.REFRESH_MODE, T.Equals);
          const mode = this.subrule(0, this.refreshMode);
          return { kind: 'setRefreshMode', span: this.spanFrom(begin), mode };
        },
      },
      { ALT: () => this.subrule(0, this.setOptions) },
      { ALT: () => this.subrule(0, this.resetOptions) },
      { ALT: () => this.subrule(0, this.asQuery) },
      {
        ALT: () => {
          this.tokens(K.ADD, K.DISTRIBUTION);
          const distribution = this.subrule(0, this.distribution);
          return { kind: 'addDistribution', span: this.spanFrom(begin), distribution };
        },
      },
      {
        ALT: () => {
          this.tokens(K.MODIFY, K.DISTRIBUTION);
          const distribution = this.subrule(1, this.distribution);
          return { kind: 'modifyDistribution', span: this.spanFrom(begin), distribution };
        },
      },
      {
        ALT: () => {
          this.tokens(K.DROP, K.DISTRIBUTION);
          return { kind: 'dropDistribution', span: this.spanFrom(begin) };
        },
      },
    ]);
    return { kind: 'alterMaterializedTable', span: this.spanFrom(start), name, action };
  });

  /** Calcite's `ALTER SESSION SET a = 1`. */
  readonly alterSession: RuleOf<AlterSession> = this.RULE('alterSession', () => {
    const start = this.LA(1);
    const scope = this.or<'SESSION' | 'SYSTEM'>(0, [
      { ALT: () => this.named(K.SESSION, 'SESSION') },
      { ALT: () => this.named(K.SYSTEM, 'SYSTEM') },
    ]);
    return this.or<AlterSession>(1, [
      {
        ALT: () => {
          this.consume(0, K.SET);
          const name = this.subrule(0, this.qualifiedName);
          this.consume(0, T.Equals);
          const value = this.subrule(0, this.expression);
          return { kind: 'alterSession', span: this.spanFrom(start), scope, action: 'SET', name, value };
        },
      },
      {
        ALT: () => {
          this.consume(0, K.RESET);
          const name = this.or(2, [
            { ALT: () => this.named(K.ALL, null) },
            { ALT: () => this.subrule(1, this.qualifiedName) },
          ]);
          return { kind: 'alterSession', span: this.spanFrom(start), scope, action: 'RESET', name, value: null };
        },
      },
    ]);
  });
}
