import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { commonType } from '../../functions/coercion.ts';
import { aggregateFunction } from '../../functions/registry.ts';
import type { SetOperation } from '../../sql/ast.ts';
import type { Column, Schema } from '../../types/column.ts';
import { BIGINT, BOOLEAN, typeText, withNullable } from '../../types/sql-type.ts';
import type { AggregateCall, Expression } from '../expression.ts';
import { allChanges, appendOnly, isAppendOnly, type LogicalNode } from '../logical.ts';
import { aggregateNode, filterNode, projectNode } from '../nodes.ts';
import { call } from './calls.ts';
import { castColumns } from './cast-columns.ts';
import { chosen } from './choose-join.ts';
import { joinOn } from './join-condition.ts';

/**
 * UNION, INTERSECT and EXCEPT. Without ALL, INTERSECT is a semi join and EXCEPT an anti join over all columns, of which equal
 * rows are sent once; with ALL, the rows of both sides are counted and sent as often as is left of them. NULL equals NULL.
 * @throws DiagnosticError B006, B019
 */
export function bindSetOperation(
  node: SetOperation,
  left: LogicalNode,
  right: LogicalNode,
  stateTtlMs: number,
): LogicalNode {
  const { operator, quantifier, span } = node;
  const schema = commonSchema(node, left, right);
  const sides = [castColumns(left, schema, span), castColumns(right, schema, span)] as const;
  if (operator === 'UNION') {
    if (quantifier === 'ALL') return unionAll(sides, schema, span);
    // `a UNION b UNION c` looks for equal rows once.
    return distinct(unionAll(sides.map(withEqualRows), schema, span), stateTtlMs, span);
  }
  if (quantifier === 'ALL') return counted(sides, operator === 'INTERSECT' ? 'least' : 'rest', stateTtlMs, span);
  const method = { kind: 'regular' as const, stateTtlMs: { left: stateTtlMs, right: stateTtlMs } };
  const width = schema.length;
  const same = schema.map((_, at) => {
    const [a, b] = [columnOf(sides[0], at, span), columnOf(sides[1], at, span)];
    return call('IS NOT DISTINCT FROM', [a, { ...b, index: at + width }], span);
  });
  const type = operator === 'INTERSECT' ? 'semi' : 'anti';
  const joined = chosen(joinOn(sides[0], sides[1], { type, method }, same, span), false);
  return asNullable(distinct(joined, stateTtlMs, span), schema, span);
}

/** As in Flink, a column may be NULL where that of one side may. */
function asNullable(node: LogicalNode, schema: Schema, span: Span): LogicalNode {
  if (node.schema.every(({ type }, at) => type.nullable === schema[at]?.type.nullable)) return node;
  const columns = schema.map(({ name, type }, at) => ({
    expression: { ...columnOf(node, at, span), type },
    name,
  }));
  return projectNode(node, columns, span);
}

/** The columns of the result, called as on the left. */
function commonSchema({ operator, span }: SetOperation, left: LogicalNode, right: LogicalNode): Schema {
  const [own, other] = [left.schema, right.schema];
  if (own.length !== other.length) {
    fail('B019', span, `the sides of ${operator} have ${own.length} and ${other.length} columns`);
  }
  return own.map((column, at): Column => {
    const beside = other[at] ?? column;
    const type = commonType([column.type, beside.type]);
    if (type === null) {
      const types = `${typeText(column.type)} on the left and ${typeText(beside.type)} on the right`;
      return fail('B006', span, `column ${at + 1} of ${operator} is ${types}`);
    }
    return column.timeAttribute !== undefined && column.timeAttribute === beside.timeAttribute
      ? { name: column.name, type, timeAttribute: column.timeAttribute }
      : { name: column.name, type };
  });
}

function unionAll(sides: readonly LogicalNode[], schema: Schema, span: Span): LogicalNode {
  const inputs = sides.flatMap((side) => (side.kind === 'union' ? side.inputs : [side]));
  const changes = inputs.every((input) => isAppendOnly(input.changes)) ? appendOnly : allChanges;
  return { kind: 'union', inputs, schema, changes, span };
}

/** What a DISTINCT or UNION of all columns leaves out. */
function withEqualRows(node: LogicalNode): LogicalNode {
  const isDistinct =
    node.kind === 'aggregate' && node.aggregates.length === 0 && node.keys.length === node.input.schema.length;
  return isDistinct && node.keys.every((key, at) => key === at) ? node.input : node;
}

function distinct(node: LogicalNode, stateTtlMs: number, span: Span): LogicalNode {
  return aggregateNode(
    node,
    node.schema.map((_, at) => at),
    [],
    { stateTtlMs, miniBatch: null },
    span,
  );
}

/** `least`: a row as often as on the side that has fewer; `rest`: as often as the left side has more of it. */
function counted(sides: readonly LogicalNode[], how: 'least' | 'rest', stateTtlMs: number, span: Span): LogicalNode {
  const marked = sides.map((side, at) => {
    const mark: Expression = { kind: 'literal', value: at === 0, type: BOOLEAN(false), span };
    return projectNode(side, [...ownColumns(side, span), { expression: mark, name: '$left' }], span);
  });
  const [first] = marked;
  if (first === undefined) throw new Error('a set operation has two sides');
  const width = first.schema.length - 1;
  const types = first.schema.map((column, at): Column => {
    const nullable = marked.some((side) => side.schema[at]?.type.nullable === true);
    return { name: column.name, type: withNullable(column.type, nullable) };
  });
  const all = unionAll(marked, types, span);
  const isLeft = columnOf(all, width, span);
  const counts = [isLeft, call('NOT', [isLeft], span)].map((filter) => countIf(filter, span));
  const keys = types.slice(0, width).map((_, at) => at);
  const groups = aggregateNode(all, keys, counts, { stateTtlMs, miniBatch: null }, span);
  const [left, right] = [columnOf(groups, width, span), columnOf(groups, width + 1, span)];
  const copies = how === 'least' ? call('LEAST', [left, right], span) : call('-', [left, right], span);
  const names = types.slice(0, width);
  const totals = projectNode(
    groups,
    [
      ...names.map(({ name }, at) => ({ expression: columnOf(groups, at, span), name })),
      { expression: { ...copies, type: BIGINT(false) }, name: '$copies' },
    ],
    span,
  );
  const none: Expression = { kind: 'literal', value: 0n, type: BIGINT(false), span };
  const some = filterNode(totals, call('>', [columnOf(totals, width, span), none], span), span);
  const { schema, changes } = some;
  const repeated: LogicalNode = {
    kind: 'repeat',
    input: some,
    countColumn: width,
    schema,
    changes,
    span,
  };
  return projectNode(repeated, ownColumns(repeated, span).slice(0, width), span);
}

/** COUNT(*) FILTER (WHERE ...) */
function countIf(filter: Expression, span: Span): AggregateCall {
  const overload = aggregateFunction('COUNT')?.overloads[0];
  if (overload === undefined) throw new Error('there is no COUNT');
  return { name: 'COUNT', overload, args: [], distinct: false, filter, type: BIGINT(false), span };
}

function ownColumns(
  node: LogicalNode,
  span: Span,
): readonly { readonly expression: Expression; readonly name: string }[] {
  return node.schema.map(({ name }, at) => ({ expression: columnOf(node, at, span), name }));
}

function columnOf(
  { schema }: LogicalNode,
  index: number,
  span: Span,
): Extract<Expression, { readonly kind: 'column' }> {
  const column = schema[index];
  if (column === undefined) throw new Error(`no column ${index}`);
  return { kind: 'column', index, type: column.type, span };
}
