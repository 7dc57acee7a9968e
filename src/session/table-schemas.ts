import type { CatalogObject } from '../catalog/catalog.ts';
import type { View } from '../catalog/view.ts';
import type { CreateView } from '../sql/ast.ts';
import type { Schema } from '../types/column.ts';

/** What of the binder statements about tables need. */
export interface TableSchemas {
  /** The columns that a query sees, with their time attributes; checks computed columns and the watermark. */
  tableSchema(object: CatalogObject): Schema;
  /** The columns of a view that is being made. */
  /** And its query written out. */
  viewParts(statement: Pick<CreateView, 'name' | 'columns' | 'query'>): Pick<View, 'columns' | 'query'>;
}
