import type { Span } from '../diagnostics/source-text.ts';
import type { Query } from '../sql/ast.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { ObjectPath } from './table.ts';

/** A named query. It is kept as its tree and bound anew at each use, in the database in which it was written. */
export interface View {
  readonly path: ObjectPath;
  readonly temporary: boolean;
  /** Written out: full paths, no stars. */
  readonly query: Query;
  /** As they were when it was made; a table that grows later adds none. Null: the type that the query gives. */
  readonly columns: readonly { readonly name: string; readonly type: SqlType | null }[];
  readonly comment: string | null;
  /** The catalog and database by which its short names are looked up. */
  readonly home: { readonly catalog: string; readonly database: string };
  readonly span: Span;
}
