import type { Span } from '../../../src/diagnostics/source-text.ts';
import type { Expression } from '../../../src/sql/ast.ts';
import type { QueryForm } from './run-expressions.ts';

/**
 * `SELECT e` with the literals of `e` passed as columns of one row, so that nothing can be folded:
 * `1 + ABS(2)` becomes `SELECT p0 + ABS(p1) AS c0 FROM (VALUES (1, 2)) AS t(p0, p1)`.
 * A literal stays where the language or the type of the result needs one.
 * @param parse the expression's tree, its spans into the given text; null when it cannot be read
 */
export function computed(parse: (text: string) => Expression | null): QueryForm {
  return {
    name: 'computed',
    query: (expressions) => {
      const literals: string[] = [];
      const columns: string[] = [];
      for (const [index, text] of expressions.entries()) {
        const tree = parse(text);
        if (tree === null) return null;
        const column = withColumns(text, literalSpans(tree), literals);
        columns.push(`${column} AS c${index}`);
      }
      if (literals.length === 0) return null;
      const names = literals.map((_, index) => `p${index}`).join(', ');
      return `SELECT ${columns.join(', ')} FROM (VALUES (${literals.join(', ')})) AS t(${names})`;
    },
  };
}

/** The text with each literal replaced by a column; the literals are added to the list. */
function withColumns(text: string, spans: readonly Span[], literals: string[]): string {
  let result = '';
  let at = 0;
  for (const { start, end } of spans.toSorted((left, right) => left.start - right.start)) {
    // Blanks keep words apart: `1AND` is read as two, `p0AND` is one.
    result += `${text.slice(at, start)} p${literals.length} `;
    literals.push(text.slice(start, end));
    at = end;
  }
  return result + text.slice(at);
}

interface AnyNode {
  readonly kind: string;
  readonly span: Span;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'kind' in value && 'span' in value;
}

/** Places of the literals that may become columns, none within another. */
export function literalSpans(node: AnyNode): Span[] {
  if (isReplaceable(node)) return [node.span];
  const kept = keptParts(node);
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) => {
    if (kept.has(key) || key === 'span') return [];
    const parts: unknown[] = Array.isArray(value) ? value : [value];
    return parts.flatMap((part, index) => (isNode(part) && !kept.has(`${key}.${index}`) ? literalSpans(part) : []));
  });
}

/** NULL has no type of its own, and an interval is a part of arithmetic. */
function isReplaceable(node: AnyNode): boolean {
  switch (node.kind) {
    case 'numberLiteral':
    case 'stringLiteral':
    case 'binaryLiteral':
    case 'dateTimeLiteral':
      return true;
    case 'booleanLiteral':
      return 'value' in node && node.value !== null;
    case 'unary':
      // The sign belongs to the number: 9223372036854775808 is no BIGINT, but -9223372036854775808 is.
      return 'operator' in node && node.operator === '-' && 'operand' in node && isNumber(node.operand);
    default:
      return false;
  }
}

function isNumber(value: unknown): boolean {
  return isNode(value) && value.kind === 'numberLiteral';
}

/** Parts of a node that must be literals, or whose value decides the type: `key`, or `key.index` in a list. */
function keptParts(node: AnyNode): ReadonlySet<string> {
  if (node.kind === 'functionCall' && 'name' in node) {
    const parts = (node.name as { readonly parts: readonly { readonly name: string }[] }).parts;
    return new Set(keptArguments[parts.at(-1)?.name.toUpperCase() ?? '']?.map((index) => `arguments.${index}`));
  }
  return keptByKind[node.kind] ?? none;
}

const none: ReadonlySet<string> = new Set();

const keptByKind: Readonly<Record<string, ReadonlySet<string>>> = {
  jsonExists: new Set(['path']),
  jsonValue: new Set(['path', 'onEmpty', 'onError']),
  jsonQuery: new Set(['path']),
  jsonMember: new Set(['key']),
  query: new Set(['offset', 'limit']),
};

/** Digits and the precision decide the type of the result; others are read when the query is planned. */
const keptArguments: Readonly<Record<string, readonly number[]>> = {
  ROUND: [1],
  TRUNCATE: [1],
  TO_TIMESTAMP_LTZ: [1],
};
