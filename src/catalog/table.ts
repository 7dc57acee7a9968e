import type { Span } from '../diagnostics/source-text.ts';
import type { Distribution, Expression as SqlExpression } from '../sql/ast.ts';
import type { SqlType } from '../types/sql-type.ts';

/** A declared table: CREATE TABLE after its LIKE clauses are resolved, not yet bound to a connector. */
export interface Table {
  readonly path: ObjectPath;
  readonly temporary: boolean;
  readonly columns: readonly TableColumn[];
  readonly watermark: { readonly column: string; readonly expression: SqlExpression; readonly span: Span } | null;
  readonly primaryKey: {
    readonly name: string | null;
    readonly columns: readonly string[];
    readonly span: Span;
  } | null;
  readonly comment: string | null;
  readonly partitionedBy: readonly string[];
  /** What ALTER TABLE ADD PARTITION has told of; rows are found in the folders that are there, told of or not. */
  readonly partitions: readonly TablePartition[];
  /** DISTRIBUTED INTO n BUCKETS: shown by SHOW CREATE TABLE, without effect here. */
  readonly distribution: Distribution | null;
  /** WITH (...), by key; hints of a query are merged over them at bind time. */
  readonly options: ReadonlyMap<string, TableOption>;
  readonly span: Span;
  /** Of `t$late` and `t$errors`: what they show, and of which table. */
  readonly kept?: KeptOf;
}

/** What is kept of a table beside its rows: those that came late, and those that could not be read or computed. */
export type KeptKind = 'late' | 'errors';

/** Of a table that shows what is kept: the table that it was kept of. */
export interface KeptOf {
  readonly kind: KeptKind;
  readonly base: Table;
}

/** `PARTITION (city = 'Oslo', day = 3)`: the values as texts, in the order of PARTITIONED BY. */
export interface TablePartition {
  readonly values: readonly (string | null)[];
  readonly options: ReadonlyMap<string, TableOption>;
}

export interface ObjectPath {
  readonly catalog: string;
  readonly database: string;
  readonly name: string;
}

export type TableColumn =
  | {
      readonly kind: 'physical';
      readonly name: string;
      readonly type: SqlType;
      readonly comment: string | null;
      readonly span: Span;
    }
  | {
      readonly kind: 'metadata';
      readonly name: string;
      readonly type: SqlType;
      readonly key: string;
      readonly virtual: boolean;
      readonly comment: string | null;
      readonly span: Span;
    }
  | {
      readonly kind: 'computed';
      readonly name: string;
      readonly expression: SqlExpression;
      readonly comment: string | null;
      readonly span: Span;
    };

export interface TableOption {
  readonly value: string;
  /** Where the key and the value stand in the SQL text, to point at in an error. */
  readonly keySpan: Span;
  readonly valueSpan: Span;
}
