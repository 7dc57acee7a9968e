import { fail } from '../../diagnostics/diagnostic.ts';
import type { DerivedTable, Join, Select } from '../../sql/ast.ts';
import type { Expression } from '../expression.ts';
import { filterNode, projectNode } from '../nodes.ts';
import { columnsOf, mapColumns } from '../same-expression.ts';
import { isLiteral } from '../simplify.ts';
import { isAggregateCall } from './bind-aggregate.ts';
import { type Elements, elementsNode } from './bind-elements.ts';
import { bindExpression, notYet } from './bind-expression.ts';
import { type BoundFrom, ofNode, settled } from './bound-query.ts';
import { condition } from './calls.ts';
import { hasOuter } from './correlation.ts';
import type { JoinSettings } from './join-settings.ts';
import type { Scope } from './scope.ts';
import { selectedColumns } from './select-list.ts';
import { hasSubquery } from './subquery-nodes.ts';
import { someNode } from './syntax.ts';

/** Whether a query of LATERAL only selects from the elements of a value, row by row. */
export function selectsElements({ query }: DerivedTable, { functions }: JoinSettings): boolean {
  const { body } = query;
  if (body.kind !== 'select' || body.from?.kind !== 'unnest') return false;
  if (query.with !== null || query.limit !== null || query.offset !== null || query.orderBy.length > 0) return false;
  const { groupBy, having, qualify, quantifier, items, where } = body;
  const isPlain = groupBy === null && having === null && qualify === null && quantifier !== 'DISTINCT';
  const values = [...items.map(({ value }) => value), ...(where === null ? [] : [where])];
  return isPlain && !values.some((value) => hasSubquery(value) || someNode(value, (part) => isOwnStep(part)));

  function isOwnStep(part: Parameters<typeof isAggregateCall>[0]): boolean {
    return isAggregateCall(part, functions) || ('over' in part && part.over !== null);
  }
}

/**
 * `LATERAL (SELECT ... FROM UNNEST(a value on the left) WHERE ...)`: a join with the elements, of which those that the
 * query selects are shown. No row is put together with others, so times and changes stay what they are. Null where the
 * value is none of the left side: then it is a join like any other.
 * @throws DiagnosticError B019, B045, W003 for values that look at the row on the left, or that padding would have to hide
 */
export function bindLateralElements(
  node: Join & { readonly right: DerivedTable },
  select: Select,
  left: BoundFrom,
  elements: Elements,
  joins: JoinSettings,
): BoundFrom | null {
  const { functions, outer } = joins;
  const { span, type } = node;
  const input = settled(left.bound);
  const leftCount = input.schema.length;
  const isOuter = type === 'LEFT';
  const around: Scope = outer === null ? left.scope : { ...left.scope, outer };
  const rows = elementsNode(elements, { node: input, scope: around }, isOuter);
  if (columnsOf(rows.collection).size === 0) return null;
  if (node.condition === null && (type === 'INNER' || isOuter)) {
    fail('B045', span, `${type} JOIN needs a condition`, { help: 'write ON TRUE for every element' });
  }
  const relation = {
    alias: elements.alias?.name.name ?? null,
    path: null,
    start: 0,
    count: rows.schema.length - leftCount,
  };
  const own: Scope = { schema: rows.schema.slice(leftCount), relations: [relation], outer: around };
  const behind = (expression: Expression): Expression => {
    if (hasOuter(expression)) notYet('W003', expression.span, 'a value that LATERAL takes from the row on its left');
    return mapColumns(expression, (index, column) => ({ ...column, index: index + leftCount }));
  };
  const context = { scope: own, functions };
  const where = select.where === null ? null : behind(condition(bindExpression(select.where, context), 'WHERE'));
  const names = node.right.alias?.columns ?? null;
  const selected = selectedColumns(select.items, context).map(({ name, expression }, at) => ({
    name: names?.[at]?.name ?? name,
    expression: behind(expression),
  }));
  if (names !== null && names.length !== selected.length) {
    fail('B019', node.right.alias?.span ?? span, `${names.length} names for ${selected.length} columns`);
  }
  const computed = selected.find(({ expression }) => expression.kind !== 'column');
  if (isOuter && computed !== undefined) {
    notYet('W003', computed.expression.span, 'LEFT JOIN with LATERAL whose values are computed from elements');
  }
  const joined = where === null ? rows : isOuter ? { ...rows, condition: where } : filterNode(rows, where, where.span);
  const before = left.scope.schema.map(({ name, type }, index) => ({
    name,
    expression: { kind: 'column' as const, index, type, span },
  }));
  const shown = projectNode(joined, [...before, ...selected], span);
  const there = {
    alias: node.right.alias?.name.name ?? null,
    path: null,
    start: leftCount,
    count: selected.length,
  };
  const scope: Scope = { ...left.scope, schema: shown.schema, relations: [...left.scope.relations, there] };
  if (node.condition?.kind !== 'joinOn') return { bound: ofNode(shown), scope };
  const on = condition(bindExpression(node.condition.condition, { scope, functions }), 'ON');
  if (isLiteral(on, true)) return { bound: ofNode(shown), scope };
  const looksLeft = [...columnsOf(on)].some((index) => index < leftCount);
  if (isOuter || looksLeft) notYet('W003', on.span, 'ON of LATERAL over elements that is more than a filter of them');
  return { bound: ofNode(filterNode(shown, on, on.span)), scope };
}
