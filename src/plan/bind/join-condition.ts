import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { isCharacter } from '../../functions/coercion.ts';
import { type SqlType, sameType, typeText, withNullable } from '../../types/sql-type.ts';
import { isDeterministic } from '../deterministic.ts';
import type { CallExpression, Expression } from '../expression.ts';
import type { JoinKey, JoinType, LogicalJoin, LogicalNode } from '../logical.ts';
import { filterNode, joinNode } from '../nodes.ts';
import { columnsOf, conjuncts, mapColumns } from '../same-expression.ts';
import { call } from './calls.ts';
import { isNeverTrueOfNulls } from './null-rejection.ts';

/** A join whose conditions, over the columns of both sides, are split into key equalities and what is left. */
export function joinOn(
  left: LogicalNode,
  right: LogicalNode,
  parts: Pick<LogicalJoin, 'type' | 'method'>,
  conditions: readonly Expression[],
  span: Span,
): LogicalJoin {
  const leftCount = left.schema.length;
  const keys: JoinKey[] = [];
  const rest: Expression[] = [];
  for (const condition of conditions.flatMap(conjuncts)) {
    const key = keyOf(condition, leftCount);
    if (key === null) rest.push(condition);
    else keys.push(key);
  }
  return joinNode(left, right, { ...parts, keys, condition: all(rest, span) }, span);
}

/** The conditions of a join as they are over the columns of both sides. */
export function conditionsOf({ left, keys, condition, span }: LogicalJoin): readonly Expression[] {
  const leftCount = left.schema.length;
  const equalities = keys.map((key) => {
    const right = mapColumns(key.right, (index, column) => ({ ...column, index: index + leftCount }));
    return call(key.nullsMeet ? 'IS NOT DISTINCT FROM' : '=', [key.left, right], { ...span, ...key.left.span });
  });
  return condition === null ? equalities : [...equalities, ...conjuncts(condition)];
}

/**
 * The joins of a FROM under the conditions of WHERE. An inner join takes those that look at both of its sides as its own, so
 * that `FROM a, b WHERE a.x = b.y` is a join by a key; an outer join whose padded rows none of them keeps, pads none.
 */
export function joinsUnder(node: LogicalNode, conditions: readonly Expression[], span: Span): LogicalNode {
  if (node.kind !== 'join') return filtered(node, conditions, span);
  const leftCount = node.left.schema.length;
  const type = unpadded(node, conditions);
  // A version is found by ON alone.
  const takesOwn = type === 'inner' && node.method.kind !== 'temporal' && node.method.kind !== 'lookup';
  const own: Expression[] = [];
  const above: Expression[] = [];
  const below = { left: [] as Expression[], right: [] as Expression[] };
  for (const condition of conditions) {
    const columns = [...columnsOf(condition)];
    const onLeft = columns.every((at) => at < leftCount);
    const onRight = columns.every((at) => at >= leftCount);
    if (!isDeterministic(condition) || columns.length === 0) above.push(condition);
    else if (onLeft && node.left.kind === 'join' && (type === 'inner' || type === 'left')) below.left.push(condition);
    else if (onRight && node.right.kind === 'join' && (type === 'inner' || type === 'right')) {
      below.right.push(mapColumns(condition, (index, column) => ({ ...column, index: index - leftCount })));
    } else if (takesOwn && !onLeft && !onRight) own.push(condition);
    else above.push(condition);
  }
  const left = joinsUnder(node.left, below.left, span);
  const right = joinsUnder(node.right, below.right, span);
  const joined =
    left === node.left && right === node.right && type === node.type && own.length === 0
      ? node
      : joinOn(left, right, { type, method: node.method }, [...conditionsOf(node), ...own], node.span);
  return filtered(joined, above, span);
}

/** The join's type where no condition keeps the rows that it pads. */
export function unpadded(join: LogicalJoin, conditions: readonly Expression[]): JoinType {
  const leftCount = join.left.schema.length;
  const rejects = (isPadded: (index: number) => boolean): boolean =>
    conditions.some((condition) => isNeverTrueOfNulls(condition, isPadded));
  const keepsPaddedLeft = (join.type === 'right' || join.type === 'full') && !rejects((index) => index < leftCount);
  const keepsPaddedRight = (join.type === 'left' || join.type === 'full') && !rejects((index) => index >= leftCount);
  switch (join.type) {
    case 'left':
      return keepsPaddedRight ? 'left' : 'inner';
    case 'right':
      return keepsPaddedLeft ? 'right' : 'inner';
    case 'full':
      if (keepsPaddedLeft) return keepsPaddedRight ? 'full' : 'right';
      return keepsPaddedRight ? 'left' : 'inner';
    default:
      return join.type;
  }
}

/** The rows for which all conditions hold. */
export function filtered(node: LogicalNode, conditions: readonly Expression[], span: Span): LogicalNode {
  const condition = all(conditions, span);
  return condition === null ? node : filterNode(node, condition, condition.span);
}

/** The conditions joined by AND; null for none. */
function all(conditions: readonly Expression[], span: Span): Expression | null {
  const [first, ...rest] = conditions;
  return first === undefined ? null : rest.reduce((left, right) => call('AND', [left, right], span), first);
}

/** `a.x = b.y` and `a.x IS NOT DISTINCT FROM b.y`, whichever way round; null for what is no equality of the two sides. */
function keyOf(condition: Expression, leftCount: number): JoinKey | null {
  if (condition.kind !== 'call' || (condition.name !== '=' && condition.name !== 'IS NOT DISTINCT FROM')) return null;
  const [a, b] = condition.args;
  if (a === undefined || b === undefined || !isDeterministic(condition)) return null;
  const [first, second] = [sideOf(a, leftCount), sideOf(b, leftCount)];
  if (first === null || second === null || first === second) return null;
  checkTypes(condition);
  const [left, right] = first === 'left' ? [a, b] : [b, a];
  // What is compared by more than its bits is no key.
  if (!sameType(left.type, right.type)) return null;
  return {
    left,
    right: mapColumns(right, (index, column) => ({ ...column, index: index - leftCount })),
    nullsMeet: condition.name !== '=',
  };
}

/** Which side alone an expression looks at. */
function sideOf(expression: Expression, leftCount: number): 'left' | 'right' | null {
  const columns = [...columnsOf(expression)];
  if (columns.length === 0) return null;
  if (columns.every((at) => at < leftCount)) return 'left';
  return columns.every((at) => at >= leftCount) ? 'right' : null;
}

/** As in Flink, text and other types meet in no join. @throws DiagnosticError B024 */
function checkTypes({ args, span }: CallExpression): void {
  const types = args.map((arg) => (arg.kind === 'cast' && isImplicit(arg) ? arg.input.type : arg.type));
  const [left, right] = types as [SqlType, SqlType];
  if (isCharacter(left) === isCharacter(right)) return;
  const shown = types.map((type) => typeText(withNullable(type, true)));
  fail('B024', span, `${shown[0]} and ${shown[1]} cannot be compared as the keys of a join`, {
    notes: args.map((arg, at) => ({ message: shown[at] ?? '', span: arg.span })),
    help: 'CAST one of them',
  });
}

/** A cast that nobody wrote stands where its input does. */
function isImplicit(cast: Extract<Expression, { readonly kind: 'cast' }>): boolean {
  return cast.span.start === cast.input.span.start && cast.span.end === cast.input.span.end;
}
