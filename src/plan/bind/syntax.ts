import type { Expression } from '../../sql/ast.ts';

/** An expression as it was parsed; `Expression` alone is the bound one. */
export type Syntax = Expression;

/** Whether a test holds for the node or one below it, subqueries left out. */
export function someNode(node: Syntax, test: (node: Syntax) => boolean): boolean {
  if (test(node)) return true;
  return childrenOf(node).some((child) => someNode(child, test));
}

/** The node with others in the place of some below it (or of itself), subqueries left as they are; null keeps a node. */
export function withNodes(node: Syntax, replacement: (node: Syntax) => Syntax | null): Syntax {
  const other = replacement(node);
  if (other !== null) return other;
  const inner = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'kind' in value ? withNodes(value as Syntax, replacement) : value;
  const entries = Object.entries(node).map(([key, value]: [string, unknown]) => [
    key,
    key === 'span' || key === 'query' ? value : Array.isArray(value) ? value.map(inner) : inner(value),
  ]);
  return Object.fromEntries(entries) as Syntax;
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
