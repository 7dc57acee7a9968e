import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { Expression } from '../expression.ts';
import type { LogicalFilter, LogicalJoin, LogicalNode, LogicalSink, LogicalTopN, WaitingRank } from '../logical.ts';
import { filterNode } from '../nodes.ts';
import { pushFilters } from '../rules/push-filters.ts';
import { columnsOf, conjuncts, mapColumns } from '../same-expression.ts';
import { readersFirst, rewriteNodes, withInputs } from '../walk.ts';
import { call } from './calls.ts';
import { topNOf } from './ranking.ts';

/**
 * Ranks that a condition bounds which does not stand right above them, as in
 *
 * ```sql
 * SELECT ... FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY a DESC) AS rn FROM t) x JOIN u ON x.k = u.k WHERE x.rn <= 3
 * ```
 *
 * Conditions are moved as far down as they go: what then stands above a rank that waits bounds it. Where nothing does, all
 * rows are ranked.
 * @throws DiagnosticError B033, B050 for a rank that nothing bounds, and that cannot be kept up to date so
 */
export function boundRanks(sinks: readonly LogicalSink[]): readonly LogicalSink[] {
  if (!readersFirst(sinks).some(isWaiting)) return sinks;
  const apart = rewriteNodes(sinks, (node) => (node.kind === 'join' ? withSidesFiltered(node) : node));
  const bound = rewriteNodes(pushFilters(apart), (node) => (node.kind === 'filter' ? withBound(node) : node));
  const unbound = new Set(readersFirst(bound).flatMap((node) => (isWaiting(node) ? node.waiting : [])));
  if (unbound.size === 0) return bound;
  for (const { otherwise } of unbound) if (otherwise instanceof DiagnosticError) throw otherwise;
  // Conditions have gone below these, which do not belong there: once more without them.
  return boundRanks(rewriteNodes(sinks, (node) => rankedOtherwise(node, unbound)));
}

function rankedOtherwise(node: LogicalNode, unbound: ReadonlySet<WaitingRank>): LogicalNode {
  if (!isWaiting(node) || !unbound.has(node.waiting)) return node;
  const { otherwise } = node.waiting;
  if (otherwise instanceof DiagnosticError) throw otherwise;
  // Over its input as it is by now: that may have ranks of its own.
  return withInputs(otherwise, [node.input]);
}

type WaitingTopN = LogicalTopN & { readonly waiting: WaitingRank };

function isWaiting(node: LogicalNode): node is WaitingTopN {
  return node.kind === 'top-n' && node.waiting !== undefined;
}

/** A filter right above a rank that waits is its bound. */
function withBound(filter: LogicalFilter): LogicalNode {
  const { input: topN, condition, span } = filter;
  if (!isWaiting(topN)) return filter;
  const { input, partition, order, stateTtlMs, waiting } = topN;
  const columns = topN.schema.map(({ name, type }, index) => ({
    expression: { kind: 'column' as const, index, type, span: topN.span },
    name,
  }));
  const never = (): never => {
    throw new Error('only a rank that is bounded is made here');
  };
  const ranked = { name: waiting.name, input, partition, order, columns, stateTtlMs, span: topN.span };
  const ranking = { ...ranked, unbounded: never, numbered: never };
  const bound = topNOf(ranking, condition);
  if (bound === null) return filter;
  return bound.rest === null ? bound.node : filterNode(bound.node, bound.rest, span);
}

/** What ON asks of one side alone is a filter over that side, unless all of its rows are kept. */
function withSidesFiltered(join: LogicalJoin): LogicalJoin {
  const { left, right, type, method, condition: on } = join;
  if (on === null || method.kind === 'temporal' || method.kind === 'lookup') return join;
  const leftCount = left.schema.length;
  const takes = {
    left: type === 'inner' || type === 'right' || type === 'semi',
    right: type === 'inner' || type === 'left' || type === 'semi' || type === 'anti',
  };
  const parts = { left: [] as Expression[], right: [] as Expression[], both: [] as Expression[] };
  for (const part of conjuncts(on)) {
    const columns = [...columnsOf(part)];
    const onLeft = columns.every((at) => at < leftCount);
    const onRight = columns.every((at) => at >= leftCount);
    if (takes.left && onLeft && !onRight) parts.left.push(part);
    else if (takes.right && onRight && !onLeft)
      parts.right.push(mapColumns(part, (index, column) => ({ ...column, index: index - leftCount })));
    else parts.both.push(part);
  }
  if (parts.left.length + parts.right.length === 0) return join;
  const filtered = (node: LogicalNode, conditions: readonly Expression[]): LogicalNode => {
    const all = allOf(conditions);
    return all === null ? node : filterNode(node, all, all.span);
  };
  const condition = allOf(parts.both);
  return { ...join, left: filtered(left, parts.left), right: filtered(right, parts.right), condition };
}

function allOf(conditions: readonly Expression[]): Expression | null {
  const [first, ...rest] = conditions;
  return first === undefined ? null : rest.reduce((all, next) => call('AND', [all, next], next.span), first);
}
