import type { ObjectPath } from '../../catalog/table.ts';
import type { QualifiedName, Select } from '../../sql/ast.ts';
import type { Scope } from './scope.ts';

/** Is told what the names of a query mean, while it is bound. */
export interface QueryObserver {
  /** The tables that the names of a SELECT are looked up in. */
  select(select: Select, scope: Scope): void;
  /** What a table's name stands for; the path is null for a query of WITH. */
  table(name: QualifiedName, path: ObjectPath | null, columns: readonly string[]): void;
}
