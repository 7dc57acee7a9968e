import type { CatalogObject } from '../catalog/session.ts';
import type { CreateView } from '../sql/ast.ts';
import type { Schema } from '../types/column.ts';

/** What of the binder statements about tables need. */
export interface TableSchemas {
  /** The columns that a query sees, with their time attributes; checks computed columns and the watermark. */
  tableSchema(object: CatalogObject): Schema;
  /** The columns of a view that is being made. */
  viewColumns(statement: Pick<CreateView, 'name' | 'columns' | 'query'>): readonly string[];
}
