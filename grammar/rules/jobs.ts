import type { Identifier } from '../ast/node.ts';
import type {
  AnalyzeTable,
  Assignment,
  Call,
  CompilePlan,
  Delete,
  Explain,
  ExplainDetail,
  Insert,
  Merge,
  MergeInsert,
  Statement,
  StatementSet,
  StopJob,
  Truncate,
  Update,
} from '../ast/statements.ts';
import * as T from '../tokens.ts';
import { K } from '../tokens.ts';
import { AlterationRules } from './alterations.ts';
import type { RuleOf } from './dsl.ts';

/** What changes tables, and jobs and plans. */
export abstract class JobRules extends AlterationRules {
  declare readonly statement: RuleOf<Statement>;

  /** `INSERT INTO t PARTITION (a = 1) (b, c) SELECT ...` */
  readonly insert: RuleOf<Insert> = this.RULE('insert', () => {
    const start = this.LA(1);
    const form = this.or<Insert['form']>(0, [
      {
        ALT: () => {
          this.consume(0, K.INSERT);
          return this.or<Insert['form']>(1, [
            { ALT: () => this.named(K.INTO, 'INSERT INTO') },
            { ALT: () => this.named(K.OVERWRITE, 'INSERT OVERWRITE') },
          ]);
        },
      },
      {
        ALT: () => {
          this.tokens(K.UPSERT, K.INTO);
          return 'UPSERT INTO';
        },
      },
    ]);
    const { name: table, hints } = this.subrule(0, this.tableName);
    const partition = this.option(0, () => this.subrule(0, this.partitionSpec)) ?? null;
    const columns =
      this.option(1, {
        GATE: () => !('opensQuery' in this.LA(1) && (this.LA(1) as { opensQuery?: boolean }).opensQuery === true),
        DEF: () => {
          this.consume(0, T.LeftParen);
          const names = this.listOf(0, this.qualifiedName);
          this.consume(0, T.RightParen);
          return names;
        },
      }) ?? null;
    const query = this.subrule(0, this.query);
    return {
      kind: 'insert',
      span: this.spanFrom(start),
      hasExecute: false,
      form,
      table,
      hints,
      partition,
      columns,
      query,
    };
  });

  /** `EXECUTE` before a statement set, a plan, an INSERT or a query. */
  readonly execute: RuleOf<Statement> = this.RULE('execute', () => {
    const start = this.LA(1);
    this.consume(0, K.EXECUTE);
    const statement = this.or<Statement>(0, [
      { ALT: () => this.subrule(0, this.statementSet) },
      {
        ALT: () => {
          this.consume(0, K.PLAN);
          const path = this.subrule(0, this.text);
          return { kind: 'executePlan', span: this.spanFrom(start), path };
        },
      },
      { ALT: () => this.subrule(0, this.insert) },
      {
        ALT: () => {
          const query = this.subrule(0, this.query);
          return { kind: 'queryStatement', span: this.spanFrom(start), hasExecute: true, query };
        },
      },
    ]);
    if (this.isRecording || !('hasExecute' in statement)) return statement;
    return { ...statement, span: this.spanFrom(start), hasExecute: true };
  });

  /** `STATEMENT SET BEGIN INSERT ...; INSERT ...; END` */
  readonly statementSet: RuleOf<StatementSet> = this.RULE('statementSet', () => {
    const start = this.LA(1);
    this.tokens(K.STATEMENT, K.SET, K.BEGIN);
    const inserts: Insert[] = [];
    this.atLeastOne(0, () => {
      inserts.push(this.subrule(0, this.insert));
      this.consume(0, T.Semicolon);
    });
    this.consume(0, K.END);
    return { kind: 'statementSet', span: this.spanFrom(start), hasExecute: false, inserts };
  });

  /** The old form: `BEGIN STATEMENT SET`, and later `END`. */
  readonly beginStatementSet: RuleOf<Statement> = this.RULE('beginStatementSet', () => {
    const start = this.LA(1);
    this.tokens(K.BEGIN, K.STATEMENT, K.SET);
    return { kind: 'beginStatementSet', span: this.spanFrom(start) };
  });

  readonly endStatementSet: RuleOf<Statement> = this.RULE('endStatementSet', () => {
    const start = this.LA(1);
    this.consume(0, K.END);
    return { kind: 'endStatementSet', span: this.spanFrom(start) };
  });

  readonly update: RuleOf<Update> = this.RULE('update', () => {
    const start = this.LA(1);
    this.consume(0, K.UPDATE);
    const { name: table, hints } = this.subrule(0, this.tableName);
    const alias = this.aliasOf(0);
    this.consume(0, K.SET);
    const assignments = this.listOf(0, this.assignment);
    const where = this.option(2, () => this.subrule(0, this.whereClause)) ?? null;
    return { kind: 'update', span: this.spanFrom(start), table, hints, alias, assignments, where };
  });

  readonly assignment: RuleOf<Assignment> = this.RULE('assignment', () => {
    const start = this.LA(1);
    const column = this.subrule(0, this.qualifiedName);
    this.consume(0, T.Equals);
    const value = this.subrule(0, this.expression);
    return { kind: 'assignment', span: this.spanFrom(start), column, value };
  });

  readonly delete: RuleOf<Delete> = this.RULE('delete', () => {
    const start = this.LA(1);
    this.tokens(K.DELETE, K.FROM);
    const { name: table, hints } = this.subrule(0, this.tableName);
    const alias = this.aliasOf(0);
    const where = this.option(2, () => this.subrule(0, this.whereClause)) ?? null;
    return { kind: 'delete', span: this.spanFrom(start), table, hints, alias, where };
  });

  readonly merge: RuleOf<Merge> = this.RULE('merge', () => {
    const start = this.LA(1);
    this.tokens(K.MERGE, K.INTO);
    const table = this.subrule(0, this.tableReference);
    const alias = this.option(0, () => this.subrule(0, this.tableAlias)) ?? null;
    this.consume(0, K.USING);
    const source = this.subrule(0, this.tableItem);
    this.consume(0, K.ON);
    const on = this.subrule(0, this.expression);
    let update: Assignment[] | null = null;
    let isDelete = false;
    let insert: MergeInsert | null = null;
    this.atLeastOne(0, {
      GATE: () => insert === null,
      DEF: () =>
        this.or(0, [
          {
            GATE: () => this.LA(2).tokenType === K.MATCHED,
            ALT: () => {
              this.tokens(K.WHEN, K.MATCHED, K.THEN);
              this.or(1, [
                {
                  ALT: () => {
                    this.tokens(K.UPDATE, K.SET);
                    update = this.listOf(1, this.assignment);
                  },
                },
                {
                  ALT: () => {
                    this.consume(0, K.DELETE);
                    isDelete = true;
                  },
                },
              ]);
            },
          },
          {
            ALT: () => {
              insert = this.subrule(0, this.mergeInsert);
            },
          },
        ]),
    });
    const target = this.isRecording ? table : { ...table, alias };
    return { kind: 'merge', span: this.spanFrom(start), table: target, source, on, update, isDelete, insert };
  });

  readonly mergeInsert: RuleOf<MergeInsert> = this.RULE('mergeInsert', () => {
    const start = this.LA(1);
    this.tokens(K.WHEN, K.NOT, K.MATCHED, K.THEN, K.INSERT);
    const columns = this.option(0, () => this.subrule(0, this.parenthesizedNames)) ?? null;
    this.consume(0, K.VALUES);
    const values = this.subrule(0, this.rowValue);
    return { kind: 'mergeInsert', span: this.spanFrom(start), columns, values };
  });

  readonly truncate: RuleOf<Truncate> = this.RULE('truncate', () => {
    const start = this.LA(1);
    this.tokens(K.TRUNCATE, K.TABLE);
    const table = this.subrule(0, this.qualifiedName);
    return { kind: 'truncate', span: this.spanFrom(start), table };
  });

  /** `EXPLAIN PLAN FOR ...`, `EXPLAIN CHANGELOG_MODE, ESTIMATED_COST ...` */
  readonly explain: RuleOf<Explain> = this.RULE('explain', () => {
    const start = this.LA(1);
    this.consume(0, K.EXPLAIN);
    const hasPlanFor = this.maybe(0, K.PLAN, K.FOR);
    const details = this.option(1, { GATE: () => !hasPlanFor, DEF: () => this.listOf(0, this.explainDetail) }) ?? [];
    const begin = this.LA(1);
    const statement = this.or<Statement>(0, [
      { ALT: () => this.subrule(0, this.statementSet) },
      { ALT: () => this.subrule(0, this.execute) },
      { ALT: () => this.subrule(0, this.insert) },
      { ALT: () => this.subrule(0, this.create) },
      { ALT: () => this.subrule(0, this.update) },
      { ALT: () => this.subrule(0, this.delete) },
      {
        ALT: () => {
          const query = this.subrule(0, this.query);
          return { kind: 'queryStatement', span: this.spanFrom(begin), hasExecute: false, query };
        },
      },
    ]);
    const isPlain = statement?.kind === 'createTable' && statement.query === null;
    if (isPlain || (statement !== undefined && !explained.has(statement.kind))) {
      this.refuse('P012', statement.span, 'only what runs a query can be explained');
    }
    return { kind: 'explain', span: this.spanFrom(start), hasPlanFor, details, statement };
  });

  readonly explainDetail: RuleOf<ExplainDetail> = this.RULE('explainDetail', () =>
    this.or<ExplainDetail>(0, [
      { ALT: () => this.named(K.ESTIMATED_COST, 'ESTIMATED_COST') },
      { ALT: () => this.named(K.CHANGELOG_MODE, 'CHANGELOG_MODE') },
      { ALT: () => this.named(K.JSON_EXECUTION_PLAN, 'JSON_EXECUTION_PLAN') },
      { ALT: () => this.named(K.PLAN_ADVICE, 'PLAN_ADVICE') },
    ]),
  );

  /** `COMPILE PLAN 'file' IF NOT EXISTS FOR ...`, `COMPILE AND EXECUTE PLAN 'file' FOR ...` */
  readonly compilePlan: RuleOf<CompilePlan> = this.RULE('compilePlan', () => {
    const start = this.LA(1);
    this.consume(0, K.COMPILE);
    const isExecute = this.maybe(0, K.AND, K.EXECUTE);
    this.consume(0, K.PLAN);
    const path = this.subrule(0, this.text);
    const ifNotExists = this.option(1, {
      GATE: () => !isExecute,
      DEF: () => {
        this.tokens(K.IF, K.NOT, K.EXISTS);
        return true;
      },
    });
    this.consume(0, K.FOR);
    const statement = this.or<Insert | StatementSet>(0, [
      { ALT: () => this.subrule(0, this.statementSet) },
      { ALT: () => this.subrule(0, this.insert) },
    ]);
    return {
      kind: 'compilePlan',
      span: this.spanFrom(start),
      isExecute,
      path,
      ifNotExists: ifNotExists ?? false,
      statement,
    };
  });

  readonly call: RuleOf<Call> = this.RULE('call', () => {
    const start = this.LA(1);
    this.consume(0, K.CALL);
    const procedure = this.subrule(0, this.qualifiedName);
    const { arguments: items } = this.subrule(0, this.argumentList);
    return { kind: 'call', span: this.spanFrom(start), procedure, arguments: items };
  });

  /** `ANALYZE TABLE t PARTITION (a) COMPUTE STATISTICS FOR COLUMNS a, b` */
  readonly analyzeTable: RuleOf<AnalyzeTable> = this.RULE('analyzeTable', () => {
    const start = this.LA(1);
    this.tokens(K.ANALYZE, K.TABLE);
    const table = this.subrule(0, this.qualifiedName);
    const partition = this.option(0, () => this.subrule(0, this.partitionSpec)) ?? null;
    this.tokens(K.COMPUTE, K.STATISTICS);
    const columns =
      this.option(1, () => {
        this.consume(0, K.FOR);
        return this.or<Identifier[] | 'ALL'>(0, [
          {
            ALT: () => {
              this.tokens(K.ALL, K.COLUMNS);
              return 'ALL';
            },
          },
          {
            ALT: () => {
              this.consume(0, K.COLUMNS);
              return this.listOf(0, this.name);
            },
          },
        ]);
      }) ?? null;
    return { kind: 'analyzeTable', span: this.spanFrom(start), table, partition, columns };
  });

  /** `STOP JOB 'id' WITH SAVEPOINT WITH DRAIN` */
  readonly stopJob: RuleOf<StopJob> = this.RULE('stopJob', () => {
    const start = this.LA(1);
    this.tokens(K.STOP, K.JOB);
    const id = this.subrule(0, this.text);
    const withSavepoint = this.option(0, {
      GATE: () => this.LA(2).tokenType !== K.DRAIN,
      DEF: () => {
        this.tokens(K.WITH, K.SAVEPOINT);
        return true;
      },
    });
    const withDrain = this.maybe(1, K.WITH, K.DRAIN);
    const span = this.spanFrom(start);
    if (withDrain && withSavepoint !== true) this.refuse('P011', span, 'WITH DRAIN needs WITH SAVEPOINT before it');
    return { kind: 'stopJob', span, id, withSavepoint: withSavepoint ?? false, withDrain };
  });

  readonly name: RuleOf<Identifier> = this.RULE('name', () => this.identifier());
}

const explained = new Set([
  'queryStatement',
  'insert',
  'statementSet',
  'createTable',
  'update',
  'delete',
  'executePlan',
]);
