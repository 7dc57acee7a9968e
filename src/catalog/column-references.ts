import type { Expression } from '../sql/ast.ts';
import { treeChildren } from '../sql/tree-children.ts';

/** The columns that an expression of a table's declaration reads, by name. */
export function columnReferences(expression: Expression): ReadonlySet<string> {
  const found = new Set<string>();
  const pending: object[] = [expression];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (isReference(node)) found.add(node.name.parts[0]?.name ?? '');
    else pending.push(...treeChildren(node));
  }
  return found;
}

function isReference(node: object): node is Extract<Expression, { readonly kind: 'columnReference' }> {
  return 'kind' in node && node.kind === 'columnReference';
}
