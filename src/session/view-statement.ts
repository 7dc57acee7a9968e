import type { Session } from '../catalog/session.ts';
import type { View } from '../catalog/view.ts';
import type { CreateView } from '../sql/ast.ts';
import type { TableSchemas } from './table-schemas.ts';

/** The view that CREATE VIEW and ALTER VIEW ... AS make. @throws DiagnosticError for a query that is wrong */
export function newView(
  declared: Pick<CreateView, 'name' | 'columns' | 'query'>,
  session: Session,
  schemas: TableSchemas,
  { temporary, comment }: Pick<View, 'temporary' | 'comment'>,
): View {
  return {
    path: session.path(declared.name),
    temporary,
    ...schemas.viewParts(declared),
    comment,
    home: session.home,
    span: declared.name.span,
  };
}
