import type { Argument, Expression } from './expressions.ts';
import type { IntervalLiteral } from './literals.ts';
import type { Identifier, Node, Property, QualifiedName, Text } from './node.ts';
import type { Hint, Query, TableExpression, TableReference } from './query.ts';
import type { TypeName } from './types.ts';

export type Statement =
  | QueryStatement
  | CreateTable
  | CreateView
  | CreateFunction
  | CreateCatalog
  | CreateDatabase
  | CreateModel
  | CreateMaterializedTable
  | AlterTable
  | AlterView
  | AlterDatabase
  | AlterCatalog
  | AlterFunction
  | AlterModel
  | AlterMaterializedTable
  | Drop
  | Insert
  | StatementSet
  | BeginStatementSet
  | EndStatementSet
  | Update
  | Delete
  | Merge
  | Truncate
  | Explain
  | CompilePlan
  | ExecutePlan
  | Call
  | Set
  | Reset
  | Use
  | Show
  | Describe
  | LoadModule
  | UnloadModule
  | AnalyzeTable
  | AddJar
  | RemoveJar
  | StopJob
  | AlterSession
  | ClientCommand;

/** A query on its own, or `EXECUTE query`. */
export interface QueryStatement extends Node {
  readonly kind: 'queryStatement';
  readonly hasExecute: boolean;
  readonly query: Query;
}

// -- CREATE ------------------------------------------------------------------------------------------------

/** CREATE [OR REPLACE] TABLE and REPLACE TABLE, with LIKE or AS query. */
export interface CreateTable extends Node {
  readonly kind: 'createTable';
  /** REPLACE TABLE is `replace`, CREATE OR REPLACE TABLE is `createOrReplace`. */
  readonly form: 'create' | 'createOrReplace' | 'replace';
  readonly isTemporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  /** Columns, constraints and watermarks in the order written; null without brackets. */
  readonly elements: readonly TableElement[] | null;
  readonly comment: Text | null;
  readonly distribution: Distribution | null;
  readonly partitionedBy: readonly Identifier[];
  readonly options: readonly Property[];
  readonly like: TableLike | null;
  readonly query: Query | null;
}

export type TableElement = PhysicalColumn | MetadataColumn | ComputedColumn | ColumnName | Watermark | TableConstraint;

/** `c INT NOT NULL PRIMARY KEY NOT ENFORCED COMMENT 'x'` */
export interface PhysicalColumn extends Node {
  readonly kind: 'physicalColumn';
  readonly name: Identifier;
  readonly type: TypeName;
  readonly constraint: ColumnConstraint | null;
  readonly comment: Text | null;
}

/** `c TIMESTAMP(3) METADATA FROM 'key' VIRTUAL COMMENT 'x'` */
export interface MetadataColumn extends Node {
  readonly kind: 'metadataColumn';
  readonly name: Identifier;
  readonly type: TypeName;
  readonly key: Text | null;
  readonly isVirtual: boolean;
  readonly comment: Text | null;
}

/** `c AS a + b COMMENT 'x'` */
export interface ComputedColumn extends Node {
  readonly kind: 'computedColumn';
  readonly name: Identifier;
  readonly expression: Expression;
  readonly comment: Text | null;
}

/** Only a name, in CREATE TABLE t (b, a) AS SELECT. */
export interface ColumnName extends Node {
  readonly kind: 'columnName';
  readonly name: Identifier;
}

/** `WATERMARK FOR c AS c - INTERVAL '5' SECOND` */
export interface Watermark extends Node {
  readonly kind: 'watermark';
  readonly column: QualifiedName;
  readonly expression: Expression;
}

/** `CONSTRAINT n PRIMARY KEY NOT ENFORCED`, after a column's type. */
export interface ColumnConstraint extends Node {
  readonly kind: 'columnConstraint';
  readonly name: Identifier | null;
  readonly type: 'PRIMARY KEY' | 'UNIQUE';
  readonly isEnforced: boolean | null;
}

/** `CONSTRAINT n PRIMARY KEY (a, b) NOT ENFORCED` */
export interface TableConstraint extends Node {
  readonly kind: 'tableConstraint';
  readonly name: Identifier | null;
  readonly type: 'PRIMARY KEY' | 'UNIQUE';
  readonly columns: readonly Identifier[];
  /** Null where neither ENFORCED nor NOT ENFORCED is written. */
  readonly isEnforced: boolean | null;
}

/** `DISTRIBUTED BY HASH (a, b) INTO 4 BUCKETS` */
export interface Distribution extends Node {
  readonly kind: 'distribution';
  readonly method: 'HASH' | 'RANGE' | null;
  readonly columns: readonly Identifier[];
  readonly bucketCount: number | null;
}

/** `LIKE t (INCLUDING ALL, EXCLUDING OPTIONS)` */
export interface TableLike extends Node {
  readonly kind: 'tableLike';
  readonly table: QualifiedName;
  readonly options: readonly TableLikeOption[];
}

export interface TableLikeOption extends Node {
  readonly kind: 'tableLikeOption';
  readonly strategy: 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING';
  readonly feature:
    | 'ALL'
    | 'CONSTRAINTS'
    | 'DISTRIBUTION'
    | 'GENERATED'
    | 'METADATA'
    | 'OPTIONS'
    | 'PARTITIONS'
    | 'WATERMARKS';
}

export interface CreateView extends Node {
  readonly kind: 'createView';
  readonly isReplace: boolean;
  readonly isTemporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly columns: readonly Identifier[] | null;
  readonly comment: Text | null;
  readonly query: Query;
}

export interface CreateFunction extends Node {
  readonly kind: 'createFunction';
  readonly isReplace: boolean;
  readonly isTemporary: boolean;
  readonly isSystem: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly className: Text;
  readonly language: FunctionLanguage | null;
  readonly resources: readonly FunctionResource[];
}

export type FunctionLanguage = 'JAVA' | 'SCALA' | 'SQL' | 'PYTHON';

/** `USING JAR 'path'` */
export interface FunctionResource extends Node {
  readonly kind: 'functionResource';
  readonly type: 'JAR';
  readonly path: Text;
}

export interface CreateCatalog extends Node {
  readonly kind: 'createCatalog';
  readonly isReplace: boolean;
  readonly ifNotExists: boolean;
  readonly name: Identifier;
  readonly comment: Text | null;
  readonly options: readonly Property[];
}

export interface CreateDatabase extends Node {
  readonly kind: 'createDatabase';
  readonly isReplace: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly comment: Text | null;
  readonly options: readonly Property[];
}

export interface CreateModel extends Node {
  readonly kind: 'createModel';
  readonly isReplace: boolean;
  readonly isTemporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly input: readonly PhysicalColumn[];
  readonly output: readonly PhysicalColumn[];
  readonly comment: Text | null;
  readonly options: readonly Property[];
  readonly query: Query | null;
}

export interface CreateMaterializedTable extends Node {
  readonly kind: 'createMaterializedTable';
  readonly isOrAlter: boolean;
  readonly name: QualifiedName;
  readonly elements: readonly TableElement[] | null;
  readonly comment: Text | null;
  readonly distribution: Distribution | null;
  readonly partitionedBy: readonly Identifier[];
  readonly options: readonly Property[];
  readonly freshness: IntervalLiteral | null;
  readonly refreshMode: RefreshMode | null;
  readonly query: Query;
}

export type RefreshMode = 'CONTINUOUS' | 'FULL';

// -- ALTER -------------------------------------------------------------------------------------------------

export interface AlterTable extends Node {
  readonly kind: 'alterTable';
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly action: AlterTableAction;
}

export type AlterTableAction =
  | RenameTo
  | RenameColumn
  | SetOptions
  | ResetOptions
  | AddElements
  | ModifyElements
  | AddDistribution
  | ModifyDistribution
  | AddPartitions
  | DropPartitions
  | DropColumns
  | DropPrimaryKey
  | DropConstraint
  | DropWatermark
  | DropDistribution;

export interface RenameTo extends Node {
  readonly kind: 'renameTo';
  readonly name: QualifiedName;
}

export interface RenameColumn extends Node {
  readonly kind: 'renameColumn';
  readonly from: QualifiedName;
  readonly to: Identifier;
}

export interface SetOptions extends Node {
  readonly kind: 'setOptions';
  readonly options: readonly Property[];
}

export interface ResetOptions extends Node {
  readonly kind: 'resetOptions';
  readonly keys: readonly Text[];
}

/** `ADD a INT`, `ADD (a INT FIRST, PRIMARY KEY (a) NOT ENFORCED, WATERMARK FOR ...)` */
export interface AddElements extends Node {
  readonly kind: 'addElements';
  readonly isParenthesized: boolean;
  readonly elements: readonly PositionedElement[];
}

export interface ModifyElements extends Node {
  readonly kind: 'modifyElements';
  readonly isParenthesized: boolean;
  readonly elements: readonly PositionedElement[];
}

/** A column with its place; constraints and watermarks have none. */
export interface PositionedElement extends Node {
  readonly kind: 'positionedElement';
  readonly element: TableElement;
  /** FIRST, or the column that it follows. */
  readonly position: 'FIRST' | Identifier | null;
}

export interface AddDistribution extends Node {
  readonly kind: 'addDistribution';
  readonly distribution: Distribution;
}

export interface ModifyDistribution extends Node {
  readonly kind: 'modifyDistribution';
  readonly distribution: Distribution;
}

export interface AddPartitions extends Node {
  readonly kind: 'addPartitions';
  readonly ifNotExists: boolean;
  readonly partitions: readonly NewPartition[];
}

/** `PARTITION (a = 1) WITH ('k' = 'v')` */
export interface NewPartition extends Node {
  readonly kind: 'newPartition';
  readonly values: readonly PartitionValue[];
  readonly options: readonly Property[];
}

/** `day = '2024-01-01'`; null where only the key is written. */
export interface PartitionValue extends Node {
  readonly kind: 'partitionValue';
  readonly column: Identifier;
  readonly value: Expression | null;
}

/** `PARTITION (a = 1, b = 'x')` */
export interface PartitionSpec extends Node {
  readonly kind: 'partitionSpec';
  readonly values: readonly PartitionValue[];
}

export interface DropPartitions extends Node {
  readonly kind: 'dropPartitions';
  readonly ifExists: boolean;
  readonly partitions: readonly PartitionSpec[];
}

export interface DropColumns extends Node {
  readonly kind: 'dropColumns';
  readonly isParenthesized: boolean;
  readonly columns: readonly QualifiedName[];
}

export interface DropPrimaryKey extends Node {
  readonly kind: 'dropPrimaryKey';
}

export interface DropConstraint extends Node {
  readonly kind: 'dropConstraint';
  readonly name: Identifier;
}

export interface DropWatermark extends Node {
  readonly kind: 'dropWatermark';
}

export interface DropDistribution extends Node {
  readonly kind: 'dropDistribution';
}

export interface AlterView extends Node {
  readonly kind: 'alterView';
  readonly name: QualifiedName;
  readonly action: RenameTo | AsQuery;
}

export interface AsQuery extends Node {
  readonly kind: 'asQuery';
  readonly query: Query;
}

export interface AlterDatabase extends Node {
  readonly kind: 'alterDatabase';
  readonly name: QualifiedName;
  readonly action: SetOptions;
}

export interface AlterCatalog extends Node {
  readonly kind: 'alterCatalog';
  readonly name: QualifiedName;
  readonly action: SetOptions | ResetOptions | SetComment;
}

export interface SetComment extends Node {
  readonly kind: 'setComment';
  readonly comment: Text;
}

export interface AlterFunction extends Node {
  readonly kind: 'alterFunction';
  readonly isTemporary: boolean;
  readonly isSystem: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly className: Text;
  readonly language: FunctionLanguage | null;
}

export interface AlterModel extends Node {
  readonly kind: 'alterModel';
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly action: RenameTo | SetOptions | ResetOptions;
}

export interface AlterMaterializedTable extends Node {
  readonly kind: 'alterMaterializedTable';
  readonly name: QualifiedName;
  readonly action:
    | Suspend
    | Resume
    | Refresh
    | SetFreshness
    | SetRefreshMode
    | SetOptions
    | ResetOptions
    | AsQuery
    | AddDistribution
    | ModifyDistribution
    | DropDistribution;
}

export interface Suspend extends Node {
  readonly kind: 'suspend';
}

export interface Resume extends Node {
  readonly kind: 'resume';
  readonly options: readonly Property[];
}

export interface Refresh extends Node {
  readonly kind: 'refresh';
  readonly partition: PartitionSpec | null;
}

export interface SetFreshness extends Node {
  readonly kind: 'setFreshness';
  readonly freshness: IntervalLiteral;
}

export interface SetRefreshMode extends Node {
  readonly kind: 'setRefreshMode';
  readonly mode: RefreshMode;
}

// -- DROP --------------------------------------------------------------------------------------------------

export interface Drop extends Node {
  readonly kind: 'drop';
  readonly object: 'TABLE' | 'VIEW' | 'FUNCTION' | 'DATABASE' | 'CATALOG' | 'MODEL' | 'MATERIALIZED TABLE';
  readonly isTemporary: boolean;
  /** DROP TEMPORARY SYSTEM FUNCTION */
  readonly isSystem: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  /** For databases. */
  readonly behavior: 'RESTRICT' | 'CASCADE' | null;
}

// -- INSERT and jobs ---------------------------------------------------------------------------------------

export interface Insert extends Node {
  readonly kind: 'insert';
  readonly hasExecute: boolean;
  readonly form: 'INSERT INTO' | 'INSERT OVERWRITE' | 'UPSERT INTO';
  readonly table: QualifiedName;
  readonly hints: readonly Hint[];
  readonly partition: PartitionSpec | null;
  readonly columns: readonly QualifiedName[] | null;
  readonly query: Query;
}

/** `EXECUTE STATEMENT SET BEGIN ...; END`, `STATEMENT SET BEGIN ...; END` after EXPLAIN and COMPILE PLAN. */
export interface StatementSet extends Node {
  readonly kind: 'statementSet';
  readonly hasExecute: boolean;
  readonly inserts: readonly Insert[];
}

/** `BEGIN STATEMENT SET`, the old form: the INSERTs follow as statements of their own, then END. */
export interface BeginStatementSet extends Node {
  readonly kind: 'beginStatementSet';
}

export interface EndStatementSet extends Node {
  readonly kind: 'endStatementSet';
}

export interface Update extends Node {
  readonly kind: 'update';
  readonly table: QualifiedName;
  readonly hints: readonly Hint[];
  readonly alias: Identifier | null;
  readonly assignments: readonly Assignment[];
  readonly where: Expression | null;
}

export interface Assignment extends Node {
  readonly kind: 'assignment';
  readonly column: QualifiedName;
  readonly value: Expression;
}

export interface Delete extends Node {
  readonly kind: 'delete';
  readonly table: QualifiedName;
  readonly hints: readonly Hint[];
  readonly alias: Identifier | null;
  readonly where: Expression | null;
}

/** Flink parses it and has no operator for it. */
export interface Merge extends Node {
  readonly kind: 'merge';
  readonly table: TableReference;
  readonly source: TableExpression;
  readonly on: Expression;
  /** WHEN MATCHED THEN UPDATE SET; null without. */
  readonly update: readonly Assignment[] | null;
  /** WHEN MATCHED THEN DELETE */
  readonly isDelete: boolean;
  readonly insert: MergeInsert | null;
}

/** `WHEN NOT MATCHED THEN INSERT (a, b) VALUES (1, 2)` */
export interface MergeInsert extends Node {
  readonly kind: 'mergeInsert';
  readonly columns: readonly Identifier[] | null;
  readonly values: readonly Expression[];
}

export interface Truncate extends Node {
  readonly kind: 'truncate';
  readonly table: QualifiedName;
}

export interface Explain extends Node {
  readonly kind: 'explain';
  /** PLAN FOR is written. */
  readonly hasPlanFor: boolean;
  readonly details: readonly ExplainDetail[];
  readonly statement: Statement;
}

export type ExplainDetail = 'ESTIMATED_COST' | 'CHANGELOG_MODE' | 'JSON_EXECUTION_PLAN' | 'PLAN_ADVICE';

/** `COMPILE PLAN 'file' IF NOT EXISTS FOR ...`, `COMPILE AND EXECUTE PLAN 'file' FOR ...` */
export interface CompilePlan extends Node {
  readonly kind: 'compilePlan';
  readonly isExecute: boolean;
  readonly path: Text;
  readonly ifNotExists: boolean;
  readonly statement: Insert | StatementSet;
}

export interface ExecutePlan extends Node {
  readonly kind: 'executePlan';
  readonly path: Text;
}

export interface Call extends Node {
  readonly kind: 'call';
  readonly procedure: QualifiedName;
  readonly arguments: readonly Argument[];
}

// -- session -----------------------------------------------------------------------------------------------

/** `SET 'k' = 'v'`, the client's `SET k = v`, and SET alone, which lists. */
export interface Set extends Node {
  readonly kind: 'set';
  readonly property: Property | null;
}

/** `RESET 'k'`, `RESET k`, and RESET alone. */
export interface Reset extends Node {
  readonly kind: 'reset';
  readonly key: Text | null;
}

export interface Use extends Node {
  readonly kind: 'use';
  readonly object: 'CATALOG' | 'DATABASE' | 'MODULES';
  /** One name, or several modules. */
  readonly names: readonly QualifiedName[];
}

export interface Show extends Node {
  readonly kind: 'show';
  readonly object: ShowObject;
  /** The table of COLUMNS, PARTITIONS and CREATE; the catalog or database after FROM or IN. */
  readonly name: QualifiedName | null;
  /** How the name is led in: nothing for CREATE and PARTITIONS. */
  readonly preposition: 'FROM' | 'IN' | null;
  readonly partition: PartitionSpec | null;
  readonly like: ShowLike | null;
}

export type ShowObject =
  | 'CATALOGS'
  | 'CURRENT CATALOG'
  | 'DATABASES'
  | 'CURRENT DATABASE'
  | 'TABLES'
  | 'VIEWS'
  | 'MATERIALIZED TABLES'
  | 'COLUMNS'
  | 'PARTITIONS'
  | 'FUNCTIONS'
  | 'USER FUNCTIONS'
  | 'PROCEDURES'
  | 'MODELS'
  | 'MODULES'
  | 'FULL MODULES'
  | 'JARS'
  | 'JOBS'
  | 'CREATE TABLE'
  | 'CREATE VIEW'
  | 'CREATE CATALOG'
  | 'CREATE MODEL'
  | 'CREATE MATERIALIZED TABLE';

/** `NOT LIKE 'a%'` */
export interface ShowLike extends Node {
  readonly kind: 'showLike';
  readonly isNegated: boolean;
  readonly operator: 'LIKE' | 'ILIKE';
  readonly pattern: Text;
}

export interface Describe extends Node {
  readonly kind: 'describe';
  readonly object: 'TABLE' | 'CATALOG' | 'DATABASE' | 'FUNCTION' | 'MODEL' | 'JOB';
  readonly isExtended: boolean;
  /** A job is named by a text. */
  readonly name: QualifiedName | Text;
}

export interface LoadModule extends Node {
  readonly kind: 'loadModule';
  readonly name: Identifier;
  readonly options: readonly Property[];
}

export interface UnloadModule extends Node {
  readonly kind: 'unloadModule';
  readonly name: Identifier;
}

export interface AnalyzeTable extends Node {
  readonly kind: 'analyzeTable';
  readonly table: QualifiedName;
  readonly partition: PartitionSpec | null;
  /** FOR COLUMNS a, b; `ALL` for FOR ALL COLUMNS; null for the table alone. */
  readonly columns: readonly Identifier[] | 'ALL' | null;
}

export interface AddJar extends Node {
  readonly kind: 'addJar';
  readonly path: Text;
}

export interface RemoveJar extends Node {
  readonly kind: 'removeJar';
  readonly path: Text;
}

export interface StopJob extends Node {
  readonly kind: 'stopJob';
  readonly id: Text;
  readonly withSavepoint: boolean;
  readonly withDrain: boolean;
}

/** `ALTER SESSION SET a = 1`, `ALTER SYSTEM RESET ALL`: Calcite's form, which Flink parses and refuses. */
export interface AlterSession extends Node {
  readonly kind: 'alterSession';
  readonly scope: 'SESSION' | 'SYSTEM';
  readonly action: 'SET' | 'RESET';
  /** Null for RESET ALL. */
  readonly name: QualifiedName | null;
  readonly value: Expression | null;
}

/** QUIT, EXIT, CLEAR, HELP, alone in their statement, and SOURCE 'file': words of the SQL client. */
export interface ClientCommand extends Node {
  readonly kind: 'clientCommand';
  readonly command: 'QUIT' | 'EXIT' | 'CLEAR' | 'HELP' | 'SOURCE';
  /** Of SOURCE: the file or folder. */
  readonly argument: Text | null;
}
