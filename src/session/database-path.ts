import type { Session } from '../catalog/session.ts';
import type { QualifiedName } from '../sql/ast.ts';

/** `[catalog.]database` */
export function databasePath(
  session: Session,
  name: QualifiedName,
): { readonly catalog: string; readonly name: string } {
  const [last = '', catalog = session.currentCatalog] = name.parts.map((part) => part.name).toReversed();
  return { catalog, name: last };
}
