import { quotedFunctions } from '../functions/catalog-names.ts';
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { formatExpression } from '../sql/format.ts';

/** An expression of a table's declaration as Flink shows it: every column name in back-ticks, and some functions'. */
export function expressionText(expression: Expression): string {
  return formatExpression(quoted(expression));
}

function quoted<T>(node: T): T {
  if (Array.isArray(node)) return node.map(quoted) as T;
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, key === 'span' ? value : quoted(value)]),
  );
  if (
    copy.kind === 'columnReference' ||
    (copy.kind === 'functionCall' && isQuotedCall(copy as unknown as FunctionCall))
  ) {
    const name = copy.name as { readonly parts: readonly object[] };
    copy.name = { ...name, parts: name.parts.map((part) => ({ ...part, isQuoted: true })) };
  }
  return copy as T;
}

/** Called by a name of the catalog, which Flink quotes. */
function isQuotedCall({ name: { parts } }: FunctionCall): boolean {
  return parts.length === 1 && quotedFunctions.has(parts[0]?.name.toUpperCase() ?? '');
}
