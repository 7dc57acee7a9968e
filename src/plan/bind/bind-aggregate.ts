import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { jsonAggregateName } from '../../functions/aggregate/json-agg.ts';
import type { AggregateFunction } from '../../functions/aggregate-function.ts';
import { isCharacter } from '../../functions/coercion.ts';
import type { FunctionLookup } from '../../functions/lookup.ts';
import { aggregateFunction } from '../../functions/registry.ts';
import { callText, resolveAggregate, signatures } from '../../functions/resolve.ts';
import type { FunctionCall, JsonAggregate } from '../../sql/ast.ts';
import { type SqlType, STRING, withNullable } from '../../types/sql-type.ts';
import type { AggregateCall, Expression } from '../expression.ts';
import { bindExpression, type ExpressionContext, notYet } from './bind-expression.ts';
import { call, castTo, condition, isAggregateName, isConstant } from './calls.ts';
import { literal } from './literals.ts';
import { argumentsInOrder } from './named-arguments.ts';
import type { Syntax } from './syntax.ts';

/** Whether the node is a call of an aggregate function (not one with OVER). */
export function isAggregateCall(node: Syntax, functions: FunctionLookup): boolean {
  if (node.kind === 'jsonAggregate') return node.over === null;
  return (
    node.kind === 'functionCall' &&
    node.over === null &&
    node.name.parts.length === 1 &&
    isAggregateName(node.name.parts[0]?.name ?? '', functions)
  );
}

/**
 * An aggregate over the rows of `context`; `grouped` whether there are keys, so that every group has a row. With OVER its
 * arguments may be aggregates themselves, where the rows are groups.
 */
export function bindAggregateCall(
  node: FunctionCall | JsonAggregate,
  context: ExpressionContext,
  grouped: boolean,
): AggregateCall {
  if (node.kind === 'jsonAggregate') return bindJsonAggregate(node, context, grouped);
  const name = (node.name.parts[0]?.name ?? '').toUpperCase();
  const entry = context.functions.aggregate(name);
  if (entry === undefined) throw new Error(`${name} is registered`);
  const json = calledByItsName(node, name);
  if (json !== null) return bindJsonAggregate(json, context, grouped);
  if (node.withinGroup !== null || node.orderBy.length > 0) return notYet('W003', node.span, `${name} with ORDER BY`);
  const args = argumentsOf(node, context, entry);
  if (name === 'COUNT') checkCount(node, args.length);
  const distinct = node.quantifier === 'DISTINCT';
  return resolved(withNullTreatment(entry, node), args, { node, distinct, filter: filterOf(node, context), grouped });
}

/** `JSON_ARRAYAGG_NULL_ON_NULL(a)`: Flink has a function for each clause, which may be called by its name. */
function calledByItsName(node: FunctionCall, name: string): JsonAggregate | null {
  const [, aggregate, clause] = /^(JSON_(?:ARRAY|OBJECT)AGG)_(NULL|ABSENT)_ON_NULL$/.exec(name) ?? [];
  if (aggregate === undefined) return null;
  const items = (node.arguments ?? []).map(({ value }) => value);
  const [first, second] = items;
  const isArray = aggregate === 'JSON_ARRAYAGG';
  const value = isArray ? first : second;
  if (items.length !== (isArray ? 1 : 2) || value === undefined || value.kind === 'star') {
    fail('B005', node.span, `${name} takes ${isArray ? 'one value' : 'a key and a value'}`);
  }
  const { span, withinGroup, filter, over, orderBy } = node;
  const nullClause = clause === 'NULL' ? 'NULL ON NULL' : 'ABSENT ON NULL';
  const key = isArray ? null : (first ?? null);
  const parts = { span, withinGroup, filter, over, orderBy, nullClause, key, value } as const;
  return { kind: 'jsonAggregate', name: isArray ? 'JSON_ARRAYAGG' : 'JSON_OBJECTAGG', ...parts };
}

/** ARRAY_AGG(x IGNORE NULLS) is another function; the others do without NULLs as they are. */
function withNullTreatment(entry: AggregateFunction, { nullTreatment, span }: FunctionCall): AggregateFunction {
  if (nullTreatment === null) return entry;
  if (entry.ignoringNulls === undefined) fail('B011', span, `${entry.name} takes no ${nullTreatment}`);
  return nullTreatment === 'IGNORE NULLS' ? entry.ignoringNulls : entry;
}

/** JSON_OBJECTAGG and JSON_ARRAYAGG: their values are made JSON before they are aggregated. */
function bindJsonAggregate(node: JsonAggregate, context: ExpressionContext, grouped: boolean): AggregateCall {
  const { name, span } = node;
  const entry = aggregateFunction(name);
  if (entry === undefined) throw new Error(`${name} is registered`);
  if (node.withinGroup !== null || node.orderBy.length > 0) return notYet('W003', span, `${name} with ORDER BY`);
  const inner = withoutAggregates(context, name, node.over);
  const nullClause = node.nullClause ?? (node.key === null ? 'ABSENT ON NULL' : 'NULL ON NULL');
  const value = jsonOf(bindExpression(node.value, inner), name, nullClause);
  const args = node.key === null ? [value] : keyAndMember(bindExpression(node.key, inner), value, span);
  const named = { ...entry, name: jsonAggregateName(name, nullClause) };
  return resolved(named, args, { node, distinct: false, filter: filterOf(node, context), grouped });
}

/** What JSON_OBJECT and JSON_ARRAY make is JSON; other values become it. */
function jsonOf(value: Expression, name: string, nullClause: 'NULL ON NULL' | 'ABSENT ON NULL'): Expression {
  if (value.kind === 'call' && value.name === 'JSON') {
    fail('B011', value.span, `JSON() may stand in JSON_OBJECT and JSON_ARRAY, not in ${name}`);
  }
  const isJson = value.kind === 'call' && (value.name === 'JSON_OBJECT' || value.name === 'JSON_ARRAY');
  const json = isJson ? value : call('JSON_STRING', [value], value.span);
  if (nullClause === 'ABSENT ON NULL' || !json.type.nullable) return json;
  return call('COALESCE', [json, literal('null', STRING(false), value.span)], value.span);
}

/** The key, and `"key":value`. */
function keyAndMember(key: Expression, value: Expression, span: Span): readonly Expression[] {
  if (!isCharacter(key.type)) return [key, value];
  const colon = literal(':', STRING(false), span);
  return [key, call('||', [call('||', [call('JSON_STRING', [key], span), colon], span), value], span)];
}

interface CallParts {
  readonly node: FunctionCall | JsonAggregate;
  readonly distinct: boolean;
  readonly filter: Expression | null;
  readonly grouped: boolean;
}

function resolved(entry: AggregateFunction, args: readonly Expression[], parts: CallParts): AggregateCall {
  const { node, distinct, filter, grouped } = parts;
  const { name } = entry;
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
  const uncounted = distinct ? args.find(({ type }) => undistinguished.has(type.kind)) : undefined;
  if (uncounted !== undefined) {
    fail('B005', uncounted.span, `DISTINCT does not take a ${uncounted.type.kind}`, { help: 'name its parts' });
  }
  const { nullableIf = 'empty' } = entry;
  const mayBeEmpty = nullableIf !== 'never' && (filter !== null || (nullableIf === 'empty' && !grouped));
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

/** What DISTINCT aggregates do not tell apart. */
const undistinguished: ReadonlySet<SqlType['kind']> = new Set(['ROW', 'MAP', 'MULTISET']);

function filterOf({ filter }: FunctionCall | JsonAggregate, context: ExpressionContext): Expression | null {
  return filter === null ? null : condition(bindExpression(filter, context), 'FILTER');
}

function checkCount(node: FunctionCall, count: number): void {
  const isStar = node.arguments?.[0]?.value.kind === 'star';
  if (count === 0 && !isStar) fail('B005', node.span, 'COUNT takes a value, or * for all rows');
  if (count > 1) {
    fail('B005', node.span, 'COUNT takes one value', { help: 'make one of them, as by CONCAT_WS' });
  }
}

function argumentsOf(node: FunctionCall, context: ExpressionContext, entry: AggregateFunction): readonly Expression[] {
  const { name } = entry;
  const [first] = node.arguments ?? [];
  if (first?.value.kind === 'star') {
    if (name !== 'COUNT') fail('B005', first.span, `${name} takes no star`);
    return [];
  }
  const inner = withoutAggregates(context, name, node.over);
  const args = node.arguments ?? [];
  const named = args.find((argument) => argument.name !== null);
  if (named === undefined) return args.map(({ value }) => bindExpression(value, inner));
  if (entry.overloads[0]?.isProgram !== true) return notYet('W003', named.span, 'a named argument');
  return argumentsInOrder(entry, args, node.span).map(({ value }) => bindExpression(value, inner));
}

/** Where arguments are bound: no aggregate may stand in one, unless with OVER. */
function withoutAggregates(context: ExpressionContext, name: string, over: FunctionCall['over']): ExpressionContext {
  return {
    ...context,
    intercept: (child) => {
      if (over === null && isAggregateCall(child, context.functions))
        fail('B011', child.span, `an aggregate function within ${name}`, { help: 'aggregate in a subquery first' });
      return context.intercept?.(child) ?? null;
    },
  };
}
