import { BOOLEAN } from '../../types/sql-type.ts';
import type { Expression } from '../expression.ts';
import { isAppendOnly, type LogicalNode } from '../logical.ts';
import { projectNode } from '../nodes.ts';
import type { BoundFrom } from './bound-query.ts';
import { ofNode, settled } from './bound-query.ts';

/**
 * The versions of a view that keeps some of them alone (`WHERE rn = 1 AND rate > 0`): all of them, each of which ends the
 * one before, and what a version must be to be found. Conditions are over the columns of the side, which has their values
 * behind those that have a name.
 */
export function allVersions(from: BoundFrom): {
  readonly from: BoundFrom;
  readonly conditions: readonly Expression[];
} {
  const rows = settled(from.bound);
  const { node, conditions } = unfiltered(rows);
  if (node === rows || !isRanked(node)) return { from, conditions: [] };
  return { from: { bound: ofNode(node), scope: { ...from.scope, schema: node.schema } }, conditions };
}

/** As in Flink, of a table of changes no version may be left out. */
function isRanked(node: LogicalNode): boolean {
  if (node.kind === 'project') return isRanked(node.input);
  return node.kind === 'deduplicate' || node.kind === 'top-n';
}

function unfiltered(node: LogicalNode): { readonly node: LogicalNode; readonly conditions: readonly Expression[] } {
  if (node.kind === 'filter' && !isAppendOnly(node.input.changes)) {
    const below = unfiltered(node.input);
    return { node: below.node, conditions: [...below.conditions, node.condition] };
  }
  if (node.kind !== 'project') return { node, conditions: [] };
  const below = unfiltered(node.input);
  if (below.conditions.length === 0) return { node, conditions: [] };
  const columns = node.expressions.map((expression, at) => ({ expression, name: node.schema[at]?.name ?? '' }));
  const added = below.conditions.map((expression, at) => ({ expression, name: `$passes${at}` }));
  return {
    node: projectNode(below.node, [...columns, ...added], node.span),
    conditions: added.map(({ expression: { span, type } }, at) => ({
      kind: 'column',
      index: columns.length + at,
      type: BOOLEAN(type.nullable),
      span,
    })),
  };
}
