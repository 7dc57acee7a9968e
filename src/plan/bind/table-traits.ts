import type { Table } from '../../catalog/table.ts';
import type { AcceptedChanges } from '../logical.ts';
import type { SourceTraitsOf } from './table-source.ts';

/** What the binder must know of connectors, which lie above it. */
export interface TableTraitsOf {
  readonly source: SourceTraitsOf;
  readonly accepts: (table: Table) => AcceptedChanges;
}
