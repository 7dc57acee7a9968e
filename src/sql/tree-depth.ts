import { type Diagnostic, error } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-text.ts';
import { treeChildren } from './tree-children.ts';

/** What walks the tree does so by recursion; this many levels leave every walk room on Node's ordinary stack. */
export const treeDepthMax = 1_200;

/** An error where a tree is deeper than that; `a + b + c` is one level an operator. O(nodes), without recursion. */
export function depthDiagnostic(root: object, tokenCount: number): Diagnostic | null {
  if (tokenCount <= treeDepthMax) return null;
  const pending: { readonly node: object; readonly depth: number }[] = [{ node: root, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, depth } = next;
    if (depth > treeDepthMax) {
      const { span } = node as { readonly span: Span };
      return error('P008', span, `more than ${treeDepthMax} levels of expressions inside each other`, {
        help: 'join long chains of OR as IN (...), and split the query with WITH',
      });
    }
    for (const child of treeChildren(node)) pending.push({ node: child, depth: depth + 1 });
  }
  return null;
}
