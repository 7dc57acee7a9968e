import type { Column } from '../../types/column.ts';
import type { Expression } from '../expression.ts';
import type { LogicalJoin, LogicalNode } from '../logical.ts';
import { joinNode } from '../nodes.ts';
import { columnsOf, conjuncts } from '../same-expression.ts';
import { windowTraits } from '../window-traits.ts';
import { notYet } from './bind-expression.ts';

/**
 * The joins of a FROM, with WHERE among their conditions, as they are executed; the innermost first, since what a join
 * makes of the time attributes decides about the one around it.
 */
export function chosenJoins(node: LogicalNode, isDescribed: boolean): LogicalNode {
  if (node.kind === 'filter' || node.kind === 'unnest') {
    const input = chosenJoins(node.input, isDescribed);
    const schema = [...input.schema, ...node.schema.slice(input.schema.length)];
    return input === node.input ? node : { ...node, input, schema, changes: input.changes };
  }
  if (node.kind !== 'join') return node;
  const [left, right] = [chosenJoins(node.left, isDescribed), chosenJoins(node.right, isDescribed)];
  const join = joinNode(left, right, node, node.span);
  // A view's columns are shown with the attributes that they come from.
  return isDescribed ? join : chosen(join);
}

/** How a join is executed. @throws DiagnosticError W002 */
function chosen(join: LogicalJoin): LogicalNode {
  if (isWithinWindows(join)) notYet('W002', join.span, 'a window join');
  if (isBoundInTime(join)) notYet('W002', join.span, 'an interval join');
  return regular(join);
}

/** Whether rows only meet that are in the same window of the same kind. */
function isWithinWindows({ left, right, keys }: LogicalJoin): boolean {
  const [a, b] = [windowTraits(left), windowTraits(right)];
  if (a === null || b === null || JSON.stringify(a.window) !== JSON.stringify(b.window)) return false;
  const meet = (first: number | null, second: number | null): boolean =>
    keys.some((key) => isColumn(key.left, first) && isColumn(key.right, second));
  return meet(a.start, b.start) && meet(a.end, b.end);
}

function isColumn(expression: Expression, index: number | null): boolean {
  return expression.kind === 'column' && expression.index === index;
}

/** Whether a condition compares time attributes of both sides. */
function isBoundInTime({ left, right, keys, condition }: LogicalJoin): boolean {
  const hasTime = (node: LogicalNode, expression: Expression, from = 0): boolean =>
    [...columnsOf(expression)].some((index) => node.schema[index - from]?.timeAttribute !== undefined);
  if (keys.some((key) => hasTime(left, key.left) && hasTime(right, key.right))) return true;
  const leftCount = left.schema.length;
  const bounds = condition === null ? [] : conjuncts(condition);
  return bounds.some((bound) => hasTime(left, bound) && hasTime(right, bound, leftCount));
}

/** A pair may come long after its rows, so their times are plain ones behind a regular join. */
function regular(join: LogicalJoin): LogicalJoin {
  return { ...join, schema: join.schema.map(withoutAttribute) };
}

function withoutAttribute({ name, type }: Column): Column {
  return { name, type };
}
