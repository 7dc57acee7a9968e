import { unreachable } from '../../types/unreachable.ts';
import type { Expression, FrameBound, FunctionCall, Hint, HintOption, OrderItem, WindowSpecification } from '../ast.ts';
import { formatIdentifier, formatText, optional } from './names.ts';
import { recursion } from './recursion.ts';

const formatExpression = (expression: Expression): string => recursion.expression(expression);
const formatExpressions = (expressions: readonly Expression[]): string => expressions.map(formatExpression).join(', ');

/** A row of VALUES; the brackets around one ROW(...) would say nothing. */
export function formatRow(fields: readonly Expression[]): string {
  const [first] = fields;
  const isWrapped = fields.length === 1 && first?.kind === 'rowConstructor' && first.isExplicit;
  return `${isWrapped ? 'ROW' : ''}(${formatExpressions(fields)})`;
}

export function formatOrderItems(items: readonly OrderItem[]): string {
  return items
    .map(
      ({ value, direction, nulls }) => formatExpression(value) + optional(' ', direction) + optional(' NULLS ', nulls),
    )
    .join(', ');
}

export function formatHints(hints: readonly Hint[]): string {
  if (hints.length === 0) return '';
  const texts = hints.map(({ name, options }) => {
    return formatIdentifier(name) + (options.length === 0 ? '' : `(${options.map(formatHintOption).join(', ')})`);
  });
  return ` /*+ ${texts.join(', ')} */`;
}

function formatHintOption(option: HintOption): string {
  switch (option.kind) {
    case 'identifier':
      return formatIdentifier(option);
    case 'text':
      return formatText(option);
    case 'hintNumber':
      return option.text;
    case 'hintProperty':
      return `${option.key.kind === 'text' ? formatText(option.key) : formatIdentifier(option.key)} = ${formatText(option.value)}`;
    default:
      return unreachable(option);
  }
}

export function formatWindow(window: WindowSpecification): string {
  const parts = [
    window.base === null ? '' : formatIdentifier(window.base),
    window.partitionBy.length === 0 ? '' : `PARTITION BY ${formatExpressions(window.partitionBy)}`,
    window.orderBy.length === 0 ? '' : `ORDER BY ${formatOrderItems(window.orderBy)}`,
    formatFrame(window),
    window.isPartialAllowed === null ? '' : `${window.isPartialAllowed ? 'ALLOW' : 'DISALLOW'} PARTIAL`,
  ];
  return `(${parts.filter((part) => part !== '').join(' ')})`;
}

function formatFrame({ frame }: WindowSpecification): string {
  if (frame === null) return '';
  if (frame.end === null) return `${frame.unit} ${formatBound(frame.start)}`;
  return `${frame.unit} BETWEEN ${formatBound(frame.start)} AND ${formatBound(frame.end)}`;
}

function formatBound({ bound, distance }: FrameBound): string {
  if (bound === 'CURRENT ROW') return bound;
  return `${distance === null ? 'UNBOUNDED' : formatBoundDistance(distance)} ${bound}`;
}

/** AND would end the bound. */
function formatBoundDistance(distance: NonNullable<FrameBound['distance']>): string {
  const text = formatExpression(distance);
  return /\bAND\b/i.test(text) ? `(${text})` : text;
}

/** What stands behind the brackets of a call. */
export function clausesOf(
  call: Pick<FunctionCall, 'withinGroup' | 'filter' | 'over'> & Partial<Pick<FunctionCall, 'withinDistinct'>>,
): string {
  const distinct = call.withinDistinct ?? null;
  const within = distinct === null ? '' : ` WITHIN DISTINCT (${formatExpressions(distinct)})`;
  const group = call.withinGroup === null ? '' : ` WITHIN GROUP (ORDER BY ${formatOrderItems(call.withinGroup)})`;
  const filter = call.filter === null ? '' : ` FILTER (WHERE ${formatExpression(call.filter)})`;
  if (call.over === null) return within + group + filter;
  const over = call.over.kind === 'identifier' ? formatIdentifier(call.over) : formatWindow(call.over);
  return `${within}${group}${filter} OVER ${over}`;
}
