import { fail } from '../../diagnostics/diagnostic.ts';
import { type Column, columnTypeText } from '../../types/column.ts';
import { unreachable } from '../../types/unreachable.ts';
import type { Expression } from '../expression.ts';
import {
  type IntervalMethod,
  isAppendOnly,
  type LogicalJoin,
  type LogicalNode,
  showsRight,
  type WindowKind,
  type WindowMethod,
} from '../logical.ts';
import { joinNode } from '../nodes.ts';
import { conjuncts } from '../same-expression.ts';
import { allWindowTraits, type WindowTraits, windowTraits } from '../window-traits.ts';
import { notYet } from './bind-expression.ts';
import { call } from './calls.ts';
import { timeBounds } from './interval-bounds.ts';
import { checkTemporalJoin } from './temporal-join.ts';

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
  return chosen(joinNode(left, right, node, node.span), isDescribed);
}

/** One join, as it is executed. */
export function chosen(join: LogicalJoin, isDescribed: boolean): LogicalJoin {
  const isChosen = join.method.kind === 'temporal' || join.method.kind === 'lookup';
  const found = isChosen ? join : (windowJoin(join) ?? intervalJoin(join) ?? join);
  // A view's columns are shown with the attributes that they come from.
  return isDescribed ? found : executed(found);
}

/** @throws DiagnosticError B032, B041, B042, W002 for a join that cannot be executed so */
function executed(join: LogicalJoin): LogicalJoin {
  const { method } = join;
  switch (method.kind) {
    case 'regular':
      return regular(join);
    case 'interval':
      checkTimes(join, method);
      refuseChanges(join, 'a join within an interval');
      return join;
    case 'window':
      if (windowTraits(join.left)?.time === 'processing') {
        notYet('W002', join.span, 'a join of windows by processing time');
      }
      refuseChanges(join, 'a join of windows');
      return join;
    case 'temporal':
      checkTemporalJoin(join, method);
      return join;
    case 'lookup':
      return join;
    default:
      return unreachable(method);
  }
}

/** A join by the start and the end of equal windows of both sides. */
function windowJoin(join: LogicalJoin): LogicalJoin | null {
  if (join.type === 'mark') return null;
  for (const own of allWindowTraits(join.left)) {
    for (const other of allWindowTraits(join.right)) {
      const method = windowMethod(join, own, other);
      if (method !== null) return joinNode(join.left, join.right, { ...join, method }, join.span);
    }
  }
  return null;
}

function windowMethod({ keys }: LogicalJoin, own: WindowTraits, other: WindowTraits): WindowMethod | null {
  const isKey = (a: number | null, b: number | null): boolean =>
    keys.some((key) => isColumn(key.left, a) && isColumn(key.right, b));
  if (own.end === null || other.end === null) return null;
  if (!isKey(own.start, other.start) || !isKey(own.end, other.end)) return null;
  if (own.time !== other.time || own.timeColumn.type.kind !== other.timeColumn.type.kind) return null;
  if (!isSameWindow(own.window, other.window)) return null;
  // Sessions that are kept apart by more than the join's keys end at different times.
  if (own.partition.length !== other.partition.length) return null;
  if (!own.partition.every((column, at) => isKey(column, other.partition[at] ?? null))) return null;
  const isLocal = own.timeColumn.type.kind === 'TIMESTAMP_LTZ';
  return { kind: 'window', window: own.window, leftEnd: own.end, rightEnd: other.end, isLocal };
}

function isColumn(expression: Expression, index: number | null): boolean {
  return expression.kind === 'column' && expression.index === index;
}

/** Sessions are the same by their gap, wherever the columns of their partitions stand. */
function isSameWindow(a: WindowKind, b: WindowKind): boolean {
  if (a.kind === 'session') return b.kind === 'session' && a.gapMs === b.gapMs;
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A join whose conditions bound the distance between a time attribute of each side. */
function intervalJoin(join: LogicalJoin): LogicalJoin | null {
  const { left, right, type, keys, condition, span } = join;
  if (!showsRight(type)) return null;
  const pair = { schema: [...left.schema, ...right.schema], leftCount: left.schema.length };
  const bounds = timeBounds(condition === null ? [] : conjuncts(condition), keys, pair);
  if (bounds === null) return null;
  const { leftTime, rightTime, lowerMs, upperMs, rest } = bounds;
  const [own, other] = [left.schema[leftTime], right.schema[rightTime]] as [Column, Column];
  if (own.timeAttribute !== other.timeAttribute) return null;
  const isEvent = own.timeAttribute === 'rowtime';
  const [first, ...others] = rest;
  const remaining = first === undefined ? null : others.reduce((all, next) => call('AND', [all, next], span), first);
  const method: IntervalMethod = {
    kind: 'interval',
    time: isEvent ? 'event' : 'processing',
    leftTime,
    rightTime,
    lowerMs,
    upperMs,
  };
  return joinNode(left, right, { ...join, condition: remaining, method }, span);
}

/** @throws DiagnosticError B041 */
function checkTimes({ left, right, span }: LogicalJoin, { leftTime, rightTime }: IntervalMethod): void {
  const [own, other] = [left.schema[leftTime], right.schema[rightTime]] as [Column, Column];
  if (own.type.kind === other.type.kind) return;
  fail('B041', span, 'the times of a join within an interval are of one type', {
    notes: [`"${own.name}" is ${columnTypeText(own)}`, `"${other.name}" is ${columnTypeText(other)}`],
  });
}

/** @throws DiagnosticError B032 */
function refuseChanges({ left, right, span }: LogicalJoin, what: string): void {
  for (const side of [left, right]) {
    if (isAppendOnly(side.changes)) continue;
    fail(
      'B032',
      span,
      `${what} takes rows that are only added, and the ${side === left ? 'left' : 'right'} side changes`,
      {
        notes: [{ message: 'the rows of this change', span: side.span }],
      },
    );
  }
}

/** A pair may come long after its rows, so their times are plain ones behind a regular join. */
function regular(join: LogicalJoin): LogicalJoin {
  return { ...join, schema: join.schema.map(withoutAttribute) };
}

function withoutAttribute({ name, type }: Column): Column {
  return { name, type };
}
