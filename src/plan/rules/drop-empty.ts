import type { Column } from '../../types/column.ts';
import type { LogicalJoin, LogicalNode, LogicalSink, LogicalUnion, LogicalValues } from '../logical.ts';
import { isLiteral } from '../simplify.ts';
import { rewriteNodes } from '../walk.ts';

/**
 * Leaves out filters that all rows pass, and what can send no row: a filter that is FALSE, LIMIT 0, and all that reads
 * nothing else. A source whose rows nobody can see is not read.
 */
export function dropEmpty(sinks: readonly LogicalSink[]): readonly LogicalSink[] {
  return rewriteNodes(sinks, (node) => {
    switch (node.kind) {
      case 'scan':
      case 'values':
        return node;
      case 'filter':
        if (isLiteral(node.condition, true)) return node.input;
        return isLiteral(node.condition, false) || isEmpty(node.input) ? emptyNode(node) : node;
      case 'limit':
        return node.fetch === 0 || isEmpty(node.input) ? emptyNode(node) : node;
      case 'union':
        return withoutEmptySides(node);
      case 'join':
        return withoutEmptyJoin(node);
      default:
        return isEmpty(node.input) ? emptyNode(node) : node;
    }
  });
}

/** A join that pairs nothing, or finds a partner for nothing. One that pads its rows stays. */
function withoutEmptyJoin(node: LogicalJoin): LogicalNode {
  const [left, right] = [isEmpty(node.left), isEmpty(node.right)];
  switch (node.type) {
    case 'inner':
    case 'semi':
      return left || right ? emptyNode(node) : node;
    case 'left':
    case 'anti':
    case 'mark':
      return left ? emptyNode(node) : node;
    case 'right':
      return right ? emptyNode(node) : node;
    case 'full':
      return left && right ? emptyNode(node) : node;
  }
}

function isEmpty(node: LogicalNode): boolean {
  return node.kind === 'values' && node.rows.length === 0;
}

/** No rows, of the columns and the kinds of changes that the node had. */
function emptyNode({ schema, changes, span }: LogicalNode): LogicalValues {
  return { kind: 'values', rows: [], schema, changes, span };
}

function withoutEmptySides(node: LogicalUnion): LogicalNode {
  const inputs = node.inputs.filter((input) => !isEmpty(input));
  const [only] = inputs;
  if (only === undefined) return emptyNode(node);
  if (inputs.length === node.inputs.length) return node;
  if (inputs.length > 1) return { ...node, inputs };
  return only.schema.every((column, at) => isSameColumn(column, node.schema[at])) ? only : renamed(only, node);
}

function isSameColumn(a: Column, b: Column | undefined): boolean {
  return a.name === b?.name && a.timeAttribute === b.timeAttribute && a.type.nullable === b.type.nullable;
}

/** The rows of one node under the columns of another. */
function renamed(input: LogicalNode, { schema, span }: LogicalNode): LogicalNode {
  const expressions = input.schema.map(({ type }, index) => ({ kind: 'column' as const, index, type, span }));
  return { kind: 'project', input, expressions, schema, changes: input.changes, span };
}
