import { fail } from '../../diagnostics/diagnostic.ts';
import { aggregateFunction } from '../../functions/registry.ts';
import { callText, resolveAggregate, signatures } from '../../functions/resolve.ts';
import type { FunctionCall } from '../../sql/ast.ts';
import { withNullable } from '../../types/sql-type.ts';
import type { AggregateCall, Expression } from '../expression.ts';
import { bindExpression, type ExpressionContext, notYet } from './bind-expression.ts';
import { castTo, condition, isAggregateName, isConstant } from './calls.ts';
import type { Syntax } from './syntax.ts';

/** Whether the node is a call of an aggregate function (not one with OVER). */
export function isAggregateCall(node: Syntax): boolean {
  return (
    node.kind === 'functionCall' &&
    node.over === null &&
    node.name.parts.length === 1 &&
    isAggregateName(node.name.parts[0]?.name ?? '')
  );
}

/**
 * An aggregate over the rows of `context`; `grouped` whether there are keys, so that every group has a row. With OVER its
 * arguments may be aggregates themselves, where the rows are groups.
 */
export function bindAggregateCall(node: FunctionCall, context: ExpressionContext, grouped: boolean): AggregateCall {
  const name = (node.name.parts[0]?.name ?? '').toUpperCase();
  const entry = aggregateFunction(name);
  if (entry === undefined) return notYet('W004', node.span, name);
  if (node.withinGroup !== null || node.orderBy.length > 0) return notYet('W003', node.span, `${name} with ORDER BY`);
  if (node.nullTreatment !== null) return notYet('W003', node.span, node.nullTreatment);
  const args = argumentsOf(node, context, name);
  if (name === 'COUNT') checkCount(node, args.length);
  const distinct = node.quantifier === 'DISTINCT';
  const shapes = args.map((arg) => ({
    type: arg.type,
    isLiteral: isConstant(arg),
    value: arg.kind === 'literal' ? arg.value : undefined,
  }));
  const resolution = resolveAggregate(entry, shapes);
  if (resolution === null) {
    fail('B005', node.span, `there is no ${callText(name, shapes)}`, {
      help: `expected one of: ${signatures(entry).join('; ')}`,
    });
  }
  const filter = node.filter === null ? null : condition(bindExpression(node.filter, context), 'FILTER');
  const isOpen = !grouped && entry.nullableIfEmpty !== 'filtered';
  const mayBeEmpty = entry.nullableIfEmpty !== false && (isOpen || filter !== null);
  return {
    name,
    overload: resolution.overload,
    args: args.map((arg, at) => castTo(arg, resolution.argTypes[at] ?? arg.type)),
    distinct,
    filter,
    type: mayBeEmpty ? withNullable(resolution.type, true) : resolution.type,
    span: node.span,
  };
}

function checkCount(node: FunctionCall, count: number): void {
  const isStar = node.arguments?.[0]?.value.kind === 'star';
  if (count === 0 && !isStar) fail('B005', node.span, 'COUNT takes a value, or * for all rows');
  if (count > 1) {
    fail('B005', node.span, 'COUNT takes one value', { help: 'make one of them, as by CONCAT_WS' });
  }
}

function argumentsOf(node: FunctionCall, context: ExpressionContext, name: string): readonly Expression[] {
  const [first] = node.arguments ?? [];
  if (first?.value.kind === 'star') {
    if (name !== 'COUNT') fail('B005', first.span, `${name} takes no star`);
    return [];
  }
  const inner: ExpressionContext = {
    ...context,
    intercept: (child) => {
      if (node.over === null && isAggregateCall(child))
        fail('B011', child.span, `an aggregate function within ${name}`, { help: 'aggregate in a subquery first' });
      return context.intercept?.(child) ?? null;
    },
  };
  return (node.arguments ?? []).map(({ value }) => bindExpression(value, inner));
}
