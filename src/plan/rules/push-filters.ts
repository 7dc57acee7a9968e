import { unreachable } from '../../types/unreachable.ts';
import { call } from '../bind/calls.ts';
import { canFail, isDeterministic } from '../deterministic.ts';
import type { Expression } from '../expression.ts';
import type { LogicalFilter, LogicalJoin, LogicalNode, LogicalProject, LogicalSink, LogicalUnion } from '../logical.ts';
import { filterNode } from '../nodes.ts';
import { columnsOf, conjuncts, mapColumns } from '../same-expression.ts';
import { countReaders, rewriteNodes, withInputs } from '../walk.ts';

/**
 * Moves conditions to where the rows come from: through projections, UNION ALL and window functions, and below
 * aggregates, OVER, Top-N and deduplication where they look at keys alone, so that those hold no state for rows that are
 * thrown away.
 *
 * Never below a watermark, which takes every row into account; never below a session window but by its partition, since
 * a row may hold a session together; never below a node that others read too. A condition that is not deterministic
 * stays where it is, and so do conditions behind it that might fail on a row that it keeps out.
 */
export function pushFilters(sinks: readonly LogicalSink[]): readonly LogicalSink[] {
  const readers = countReaders(sinks);
  // Nodes that the rule makes itself have one reader.
  const shared = new Set([...readers].flatMap(([node, count]) => (count > 1 ? [node] : [])));
  return rewriteNodes(sinks, (node, original) => {
    const isShared = shared.has(original);
    const next = node.kind === 'filter' ? pushed(node, shared) : node;
    if (isShared) shared.add(next);
    return next;
  });
}

type Shared = ReadonlySet<LogicalNode>;

function pushed(filter: LogicalFilter, shared: Shared): LogicalNode {
  return placed(filter.input, conjuncts(filter.condition), filter, shared);
}

/** A node whose rows pass the conditions, which are over its columns. */
function placed(
  node: LogicalNode,
  conditions: readonly Expression[],
  origin: LogicalFilter,
  shared: Shared,
): LogicalNode {
  if (conditions.length === 0) return node;
  if (shared.has(node)) return filtered(node, conditions, origin);
  if (node.kind === 'join') return placedInJoin(node, conditions, origin, shared);
  if (node.kind === 'filter') return placed(node.input, [...conjuncts(node.condition), ...conditions], origin, shared);
  const below = columnsBelow(node);
  if (below === null) return filtered(node, conditions, origin);
  const moving: Expression[] = [];
  const staying: Expression[] = [];
  for (const condition of conditions) {
    const moved = isMovable(condition, staying) ? overColumns(condition, below) : null;
    if (moved === null) staying.push(condition);
    else moving.push(moved);
  }
  if (moving.length === 0) return filtered(node, conditions, origin);
  return filtered(withConditions(node, moving, origin, shared), staying, origin);
}

/** Whether a condition may be computed before those that stay. */
function isMovable(condition: Expression, staying: readonly Expression[]): boolean {
  return isDeterministic(condition) && (staying.length === 0 || !canFail(condition));
}

function withConditions(
  node: LogicalNode,
  conditions: readonly Expression[],
  origin: LogicalFilter,
  shared: Shared,
): LogicalNode {
  switch (node.kind) {
    case 'scan':
    case 'values':
      throw new Error(`nothing goes below a ${node.kind}`);
    case 'join':
      throw new Error('conditions on a join go to its sides');
    case 'union':
      return unionOf(node, (input) => placed(input, conditions, origin, shared));
    default:
      return withInputs(node, [placed(node.input, conditions, origin, shared)]);
  }
}

function unionOf(node: LogicalUnion, map: (input: LogicalNode) => LogicalNode): LogicalUnion {
  return { ...node, inputs: node.inputs.map(map) };
}

function filtered(node: LogicalNode, conditions: readonly Expression[], { span }: LogicalFilter): LogicalNode {
  const [first, ...rest] = conditions;
  if (first === undefined) return node;
  return filterNode(
    node,
    rest.reduce((left, right) => call('AND', [left, right], span), first),
    span,
  );
}

/** What a column of a node is in the node's input; null where a condition on it cannot go below. */
type ColumnsBelow = (index: number) => Expression | number | null;

/** Null where no condition goes below the node. */
function columnsBelow(node: LogicalNode): ColumnsBelow | null {
  switch (node.kind) {
    case 'project':
      return (index) => movableExpression(node, index);
    case 'union':
      return (index) => index;
    case 'repeat':
      return (index) => index;
    case 'expand':
      return (index) => (index < node.input.schema.length && !node.keys.includes(index) ? index : null);
    case 'unnest':
      return (index) => (index < node.input.schema.length ? index : null);
    case 'window': {
      const { window } = node;
      if (window.kind === 'session') return (index) => (window.partition.includes(index) ? index : null);
      return (index) => (index < node.input.schema.length ? index : null);
    }
    case 'window-aggregate': {
      const { window, keys } = node;
      const partition = window.window.kind === 'session' && window.kind === 'assign' ? window.window.partition : keys;
      return (index) => {
        const key = keys[index];
        return key !== undefined && partition.includes(key) ? key : null;
      };
    }
    case 'aggregate':
      return (index) => node.keys[index] ?? null;
    case 'top-n':
    case 'over':
      return (index) => (node.partition.includes(index) ? index : null);
    case 'deduplicate':
      return (index) => (node.keys.includes(index) ? index : null);
    case 'match':
      return (index) => node.partition[index] ?? null;
    case 'filter':
    case 'scan':
    case 'values':
    case 'watermark':
    case 'limit':
    case 'sort':
    case 'join':
      return null;
    default:
      return unreachable(node);
  }
}

/** Conditions that look at one side alone are for that side, unless it is padded with NULLs; the others stay above. */
function placedInJoin(
  node: LogicalJoin,
  conditions: readonly Expression[],
  origin: LogicalFilter,
  shared: Shared,
): LogicalNode {
  const leftCount = node.left.schema.length;
  const takes = {
    left: node.type !== 'right' && node.type !== 'full',
    // Of a temporal join, rows that are thrown away on the right would be versions that end others.
    right: node.method.kind !== 'temporal' && (node.type === 'inner' || node.type === 'right'),
  };
  const moving = { left: [] as Expression[], right: [] as Expression[] };
  const staying: Expression[] = [];
  for (const condition of conditions) {
    const columns = [...columnsOf(condition)];
    const side = columns.every((at) => at < leftCount) ? 'left' : 'right';
    const isOneSided = columns.length > 0 && (side === 'left' || columns.every((at) => at >= leftCount));
    if (!isOneSided || !takes[side] || !isMovable(condition, staying)) staying.push(condition);
    else if (side === 'left') moving.left.push(condition);
    else moving.right.push(mapColumns(condition, (index, column) => ({ ...column, index: index - leftCount })));
  }
  const sides = [
    placed(node.left, moving.left, origin, shared),
    placed(node.right, moving.right, origin, shared),
  ] as const;
  return filtered(withInputs(node, sides), staying, origin);
}

function movableExpression({ expressions }: LogicalProject, index: number): Expression | null {
  const expression = expressions[index];
  return expression !== undefined && isDeterministic(expression) ? expression : null;
}

/** A condition over the input's columns; null where it reads a column that the input has not, or none at all. */
function overColumns(condition: Expression, below: ColumnsBelow): Expression | null {
  const columns = [...columnsOf(condition)];
  // A constant condition below an aggregate could make groups of nothing vanish: it stays.
  if (columns.length === 0 || columns.some((index) => below(index) === null)) return null;
  return mapColumns(condition, (index, column) => {
    const found = below(index);
    if (found === null) throw new Error(`column ${index} does not go below`);
    return typeof found === 'number' ? { ...column, index: found } : found;
  });
}
