import { fail } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/source-text.ts';
import { count } from '../../functions/aggregate/count.ts';
import { builtInFunctions } from '../../functions/lookup.ts';
import { lagOverload, lagRowsMax } from '../../functions/window/lag.ts';
import type { FunctionCall, NamedWindow, OrderItem, Select, WindowFrame, WindowSpecification } from '../../sql/ast.ts';
import { BIGINT, sameType, typeText, withNullable } from '../../types/sql-type.ts';
import type { AggregateCall, Expression } from '../expression.ts';
import { isAppendOnly, type LogicalNode, type OverFrame } from '../logical.ts';
import { overNode, projectNode } from '../nodes.ts';
import { expressionText } from '../same-expression.ts';
import { bindAggregateCall } from './bind-aggregate.ts';
import { bindExpression, type ExpressionContext, notYet } from './bind-expression.ts';
import { intervalMs } from './bind-window-function.ts';
import { isAggregateName, isConstant, unknownFunction } from './calls.ts';
import { constantInteger } from './literals.ts';
import type { SelectRows } from './select-list.ts';
import { type Syntax, someNode } from './syntax.ts';

/** A window function in a SELECT, bound over its rows. */
export interface OverCall {
  readonly node: FunctionCall;
  /** In upper case. */
  readonly name: string;
  readonly partition: readonly Expression[];
  readonly order: readonly { readonly value: Expression; readonly item: OrderItem }[];
  readonly frame: OverFrame;
  readonly call: AggregateCall;
  /** All its arguments, those too that are in its code. */
  readonly argumentText: string;
}

export type RankName = 'ROW_NUMBER' | 'RANK' | 'DENSE_RANK';
const ranks: readonly string[] = ['ROW_NUMBER', 'RANK', 'DENSE_RANK'] satisfies readonly RankName[];
/** Functions that look at rows that have not come yet, or at how many there will be. */
const needsAllRows: readonly string[] = ['LEAD', 'NTILE', 'PERCENT_RANK', 'CUME_DIST'];

export function isRankName(name: string): name is RankName {
  return ranks.includes(name);
}

export function isOverCall(node: Syntax): node is FunctionCall {
  return node.kind === 'functionCall' && node.over !== null;
}

/** The window functions of a SELECT, those of QUALIFY last. */
export function overCallsOf(select: Select): readonly FunctionCall[] {
  const calls: FunctionCall[] = [];
  const collect = (node: Syntax): boolean => {
    if (isOverCall(node)) calls.push(node);
    return isOverCall(node);
  };
  for (const { value } of select.items) someNode(value, collect);
  if (select.qualify !== null) someNode(select.qualify, collect);
  return calls;
}

/** Binds a window function over the rows of a SELECT. @throws DiagnosticError B003, B011, B033, B050 */
export function bindOverCall(
  node: FunctionCall,
  context: ExpressionContext,
  windows: readonly NamedWindow[],
): OverCall {
  const name = node.name.parts
    .map((part) => part.name)
    .join('.')
    .toUpperCase();
  const inner: ExpressionContext = {
    ...context,
    intercept: (child) => {
      if (isOverCall(child)) fail('B011', child.span, 'an OVER within an OVER', { help: 'compute one in a subquery' });
      return context.intercept?.(child) ?? null;
    },
  };
  const window = windowOf(node, windows);
  const partition = window.partitionBy.map((value) => bindExpression(value, inner));
  const order = window.orderBy.map((item) => ({ value: bindExpression(item.value, inner), item }));
  const frame = frameOf(window.frame, name);
  const call = calledFunction(node, name, inner, isBoundedFrame(frame));
  const texts = (node.arguments ?? []).map(({ value }) =>
    value.kind === 'star' ? '*' : expressionText(bindExpression(value, inner)),
  );
  return { node, name, partition, order, frame, call, argumentText: texts.join() };
}

/** `isBounded`: as in Flink, nothing but the frame's beginning says that there is a row in it. */
function calledFunction(
  node: FunctionCall,
  name: string,
  context: ExpressionContext,
  isBounded: boolean,
): AggregateCall {
  const { span } = node;
  if (node.filter !== null) fail('B050', node.filter.span, 'FILTER does not go with OVER', { help: 'use CASE' });
  if (isRankName(name)) {
    if ((node.arguments ?? []).length > 0) fail('B005', span, `${name}() takes no argument`);
    // The rank of rows that are equal in the order is that of the last of them, as in Flink.
    const overload = count.overloads[0] ?? unknownFunction(name, span);
    return { name, overload, args: [], distinct: false, filter: null, type: BIGINT(false), span };
  }
  if (needsAllRows.includes(name)) fail('B050', span, `${name} needs rows that come later, and a stream has no end`);
  if (name === 'LAG') return lagCall(node, context);
  const { functions } = context;
  if (!isAggregateName(name, functions)) {
    const scalar = functions.scalar(name);
    if (scalar !== undefined) fail('B011', span, `${scalar.name} is no aggregate function: OVER does not apply`);
    unknownFunction(name, span, functions);
  }
  return bindAggregateCall(node, context, !isBounded);
}

function lagCall(node: FunctionCall, context: ExpressionContext): AggregateCall {
  const { span } = node;
  const nodes = (node.arguments ?? []).map(({ value }) => value);
  if (nodes.length < 1 || nodes.length > 3)
    fail('B005', span, 'LAG takes a value, how many rows back (1), and what there is before the first row (NULL)');
  if (node.quantifier === 'DISTINCT') fail('B005', span, 'LAG takes no DISTINCT');
  const [value, offset, other] = nodes.map((argument) => bindExpression(argument, context));
  if (value === undefined) throw new Error('LAG has a value');
  const rowsBack = offset === undefined ? 1 : constantInteger(offset);
  if (rowsBack === null || rowsBack < 0)
    fail('B005', offset?.span ?? span, 'how many rows LAG looks back is a whole number, 0 or more');
  if (rowsBack > lagRowsMax) notYet('W003', offset?.span ?? span, `LAG over more than ${lagRowsMax} rows`);
  const isNull = other?.kind === 'literal' && other.value === null;
  const otherwise = other === undefined || isNull ? null : other;
  if (otherwise !== null && !sameType(withNullable(otherwise.type, true), withNullable(value.type, true))) {
    const type = typeText(withNullable(value.type, true));
    fail('B005', otherwise.span, `the default of LAG is ${typeText(withNullable(otherwise.type, true))}`, {
      help: `make it of the value's type: CAST(... AS ${type})`,
    });
  }
  const ignoreNulls = node.nullTreatment === 'IGNORE NULLS';
  const overload = lagOverload({ rowsBack, ignoreNulls, hasDefault: otherwise !== null });
  const args = otherwise === null ? [value] : [value, otherwise];
  // As nullable as the default, whatever the values are.
  const type = withNullable(value.type, otherwise === null || otherwise.type.nullable);
  // What is in the code shows in the name: equal calls are computed once.
  const name = `LAG${rowsBack === 1 ? '' : ` ${rowsBack}`}${ignoreNulls ? ' IGNORE NULLS' : ''}`;
  return { name, overload, args, distinct: false, filter: null, type, span };
}

/** The window of a call, with what a named one says. @throws DiagnosticError B003, B013, B050 */
function windowOf({ over }: FunctionCall, windows: readonly NamedWindow[]): WindowSpecification {
  if (over === null) throw new Error('a window function has a window');
  for (const [at, { name }] of windows.entries()) {
    if (windows.slice(0, at).some((other) => other.name.name.toUpperCase() === name.name.toUpperCase()))
      fail('B013', name.span, `window "${name.name}" is declared twice`);
  }
  const named = (
    name: { readonly name: string; readonly span: Span },
    seen: readonly string[],
  ): WindowSpecification => {
    const found = windows.find((window) => window.name.name === name.name);
    if (found === undefined || seen.includes(name.name)) {
      fail('B003', name.span, `unknown window "${name.name}"`, {
        help: 'declare it: WINDOW w AS (PARTITION BY ... ORDER BY ...)',
      });
    }
    return refined(found.window, [...seen, name.name]);
  };
  const refined = (window: WindowSpecification, seen: readonly string[]): WindowSpecification => {
    if (window.base === null) return window;
    const base = named(window.base, seen);
    const [key] = window.partitionBy;
    if (key !== undefined) fail('B050', key.span, 'a window that refines another takes its PARTITION BY');
    const [item] = window.orderBy;
    if (item !== undefined && base.orderBy.length > 0)
      fail('B050', item.span, `window "${window.base.name}" has an ORDER BY already`);
    if (base.frame !== null) fail('B050', window.base.span, 'a window with a frame cannot be refined');
    return { ...base, orderBy: item === undefined ? base.orderBy : window.orderBy, frame: window.frame };
  };
  return over.kind === 'windowSpecification' ? refined(over, []) : named(over, []);
}

function isBoundedFrame(frame: OverFrame): boolean {
  return (frame.unit === 'rows' ? frame.precedingRows : frame.precedingMs) !== null;
}

function frameOf(frame: WindowFrame | null, name: string): OverFrame {
  if (isRankName(name) || name === 'LAG') {
    if (frame !== null) fail('B033', frame.span, `${name} takes no frame`);
    return name === 'ROW_NUMBER' ? { unit: 'rows', precedingRows: null } : { unit: 'range', precedingMs: null };
  }
  if (frame === null) return { unit: 'range', precedingMs: null };
  const { start, end } = frame;
  const help = 'write BETWEEN ... PRECEDING AND CURRENT ROW';
  if (end !== null && end.bound !== 'CURRENT ROW')
    fail('B050', end.span, 'on a stream a frame ends at the current row', { help });
  if (start.bound !== 'PRECEDING')
    fail('B050', start.span, 'on a stream a frame starts at a row before the current one', { help });
  if (start.distance === null) {
    return frame.unit === 'ROWS' ? { unit: 'rows', precedingRows: null } : { unit: 'range', precedingMs: null };
  }
  if (frame.unit === 'RANGE') {
    const precedingMs = intervalMs(start.distance, 'frame', start.distance.span);
    if (precedingMs < 0) fail('B050', start.distance.span, 'a frame reaches back: its interval is 0 or more');
    return { unit: 'range', precedingMs };
  }
  const distance = bindExpression(start.distance, {
    scope: { schema: [], relations: [] },
    functions: builtInFunctions,
  });
  const precedingRows = constantInteger(distance);
  if (precedingRows === null || precedingRows < 0)
    fail('B050', start.distance.span, 'the number of rows of a frame is a whole number, 0 or more');
  return { unit: 'rows', precedingRows };
}

/** The same for calls over the same window: their results can be computed together. */
export function windowText({ partition, order, frame }: OverCall): string {
  const keys = partition.map(expressionText).sort();
  const items = order.map(({ value, item }) => `${expressionText(value)} ${item.direction ?? ''} ${item.nulls ?? ''}`);
  return JSON.stringify([keys, items, frame]);
}

/** Calls that give the same. */
export function overCallText(over: OverCall): string {
  const { nullTreatment, quantifier } = over.node;
  return `${windowText(over)} ${over.name}(${quantifier ?? ''} ${over.argumentText}) ${nullTreatment ?? ''}`;
}

/** The rows with the results of window functions behind their columns, and which column is the result of which call. */
export function overRows(
  rows: SelectRows,
  calls: readonly OverCall[],
  stateTtlMs: number,
  span: Span,
): { readonly node: LogicalNode; readonly column: (text: string) => Expression } {
  const [first] = calls;
  if (first === undefined) throw new Error('there are window functions');
  const other = calls.find((call) => windowText(call) !== windowText(first));
  if (other !== undefined) {
    fail('B050', other.node.span, 'all window functions of a SELECT need the same window on a stream', {
      notes: [{ message: 'another window', span: first.node.span }],
      help: 'compute one of them in a subquery',
    });
  }
  const [key, second] = first.order;
  if (key === undefined) fail('B050', first.node.span, 'OVER needs an ORDER BY on a stream');
  const help = isRankName(first.name) ? 'for a Top-N bound the rank, as by WHERE rn <= 10' : undefined;
  if (second !== undefined) fail('B050', second.item.span, 'OVER is ordered by one column on a stream', { help });
  if (isConstant(key.value)) fail('B050', key.item.span, 'OVER is ordered by a column, and this is a constant');
  if (key.item.direction === 'DESC') {
    fail('B050', key.item.span, 'OVER is ordered ascending on a stream', {
      help: help ?? 'only a Top-N may descend',
    });
  }
  const texts = [...new Set(calls.map(overCallText))];
  const distinct = texts.map((text) => calls.find((call) => overCallText(call) === text) ?? first);
  const { input, columnOf } = withColumns(rows.node, [
    ...first.partition,
    key.value,
    ...distinct.flatMap(({ call }) => call.args),
  ]);
  const orderColumn = columnOf(key.value).index;
  const attribute = input.schema[orderColumn]?.timeAttribute;
  const time = attribute === undefined ? null : attribute === 'rowtime' ? 'event' : 'processing';
  if (time !== null && !isAppendOnly(input.changes)) {
    fail('B032', first.node.span, 'an OVER by time cannot take the updates of its input', {
      help: 'order it by another column: then it is updated itself',
    });
  }
  const { frame } = first;
  if (time === null && isBoundedFrame(frame))
    fail('B050', key.item.span, 'a bounded frame is ordered by a time attribute on a stream');
  const node = overNode(
    input,
    {
      partition: first.partition.map((value) => columnOf(value).index),
      orderColumn,
      time,
      frame,
      aggregates: distinct.map(({ call }) => ({ ...call, args: call.args.map(columnOf) })),
      stateTtlMs,
    },
    span,
  );
  return {
    node,
    column: (text) => {
      const at = texts.indexOf(text);
      const type = distinct[at]?.call.type ?? first.call.type;
      return { kind: 'column', index: input.schema.length + at, type, span };
    },
  };
}

/** A node with columns for expressions over it, and where they stand. */
export function withColumns(
  node: LogicalNode,
  expressions: readonly Expression[],
): {
  readonly input: LogicalNode;
  readonly columnOf: (expression: Expression) => Extract<Expression, { kind: 'column' }>;
} {
  const extra: Expression[] = [];
  const places = new Map<string, number>();
  for (const expression of expressions) {
    const text = expressionText(expression);
    if (expression.kind === 'column' || places.has(text)) continue;
    places.set(text, node.schema.length + extra.length);
    extra.push(expression);
  }
  const columnOf = (expression: Expression): Extract<Expression, { kind: 'column' }> =>
    expression.kind === 'column'
      ? expression
      : {
          kind: 'column',
          index: places.get(expressionText(expression)) ?? 0,
          type: expression.type,
          span: expression.span,
        };
  if (extra.length === 0) return { input: node, columnOf };
  const own = node.schema.map(({ name, type }, index) => ({
    expression: { kind: 'column' as const, index, type, span: node.span },
    name,
  }));
  const added = extra.map((expression, at) => ({ expression, name: `$${at}` }));
  return { input: projectNode(node, [...own, ...added], node.span), columnOf };
}
