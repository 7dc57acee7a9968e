import type { Expression } from '../../sql/ast.ts';

/** An expression as it was parsed; `Expression` alone is the bound one. */
export type Syntax = Expression;

/** Whether a test holds for the node or one below it, subqueries left out. */
export function someNode(node: Syntax, test: (node: Syntax) => boolean): boolean {
  if (test(node)) return true;
  return childrenOf(node).some((child) => someNode(child, test));
}

/** The expressions directly below a node, whatever its kind. */
function childrenOf(node: object): readonly Syntax[] {
  const children: Syntax[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (key === 'span' || key === 'query') continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      if (typeof item === 'object' && item !== null && 'kind' in item) children.push(item as Syntax);
    }
  }
  return children;
}
