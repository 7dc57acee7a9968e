import type { Expression } from '../../../src/sql/ast.ts';

/** A syntax tree without its places: what two texts of one meaning have in common. */
export function withoutPlaces(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withoutPlaces);
  if (typeof tree !== 'object' || tree === null || tree instanceof Uint8Array) return tree;
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([key]) => key !== 'span' && key !== 'source')
      .map(([key, value]) => [key, withoutPlaces(value)]),
  );
}

/** Whether an expression is a query, or an operator over one; a query within the arguments of a function is hidden. */
export function exposesQuery(expression: Expression): boolean {
  switch (expression.kind) {
    case 'subquery':
    case 'exists':
      return true;
    case 'binary':
      return exposesQuery(expression.left) || exposesQuery(expression.right);
    case 'unary':
      return exposesQuery(expression.operand);
    default:
      return false;
  }
}

/** Kinds of expressions that may stand wherever an operand of any of them may. */
const plainKinds = new Set([
  ...['numberLiteral', 'stringLiteral', 'booleanLiteral', 'nullLiteral', 'dateTimeLiteral', 'intervalLiteral'],
  ...['columnReference', 'unary', 'binary', 'between', 'inList', 'like', 'isTest', 'case', 'cast', 'functionCall'],
  ...['extract', 'floorCeil', 'position', 'trim', 'substring', 'overlay', 'collectionConstructor', 'elementAccess'],
]);

/** Kinds that have such operands. */
const parentKinds = new Set(['unary', 'binary', 'between', 'inList', 'like', 'isTest', 'case', 'caseBranch', 'cast']);

/** An operand in a tree, and how to put another in its place. */
export interface Operand {
  readonly node: Expression;
  /** The whole tree with another expression here; the tree itself stays. */
  readonly replaced: (other: Expression) => unknown;
}

/** The operands of a tree that others may stand for. */
export function operandsOf(tree: unknown): readonly Operand[] {
  const found: Operand[] = [];
  const visit = (value: unknown, parent: string, rebuild: (other: unknown) => unknown): void => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
    if (Array.isArray(value)) {
      for (const [at, item] of value.entries()) visit(item, parent, (other) => rebuild(value.with(at, other)));
      return;
    }
    const node = value as Readonly<Record<string, unknown>>;
    const kind = typeof node.kind === 'string' ? node.kind : '';
    if (plainKinds.has(kind) && parentKinds.has(parent))
      found.push({ node: value as Expression, replaced: rebuild as Operand['replaced'] });
    for (const [key, child] of Object.entries(node)) {
      if (key !== 'span' && key !== 'source') visit(child, kind, (other) => rebuild({ ...node, [key]: other }));
    }
  };
  visit(tree, '', (other) => other);
  return found;
}
