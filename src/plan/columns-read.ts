import { unreachable } from '../types/unreachable.ts';
import type { AggregateCall, Expression } from './expression.ts';
import {
  type AttachedWindow,
  isAppendOnly,
  type JoinMethod,
  type LogicalJoin,
  type LogicalMatch,
  type LogicalNode,
  showsRight,
} from './logical.ts';
import { columnsOfReference, referencesRead } from './match-references.ts';
import { uniqueKeysOf } from './unique-keys.ts';

/**
 * The columns of its inputs that a node reads when `wanted` of its own are read; `columnsOf` says which an expression
 * reads.
 */
export function columnsRead(
  node: LogicalNode,
  wanted: ReadonlySet<number>,
  columnsOf: (expression: Expression) => Iterable<number>,
): readonly (readonly [LogicalNode, Iterable<number>])[] {
  const ofCall = (call: AggregateCall): readonly number[] =>
    [...call.args, ...(call.filter === null ? [] : [call.filter])].flatMap((expression) => [...columnsOf(expression)]);
  switch (node.kind) {
    case 'scan':
    case 'values':
      return [];
    case 'watermark':
      return [[node.input, [...wanted, node.timeColumn, ...columnsOf(node.expression)]]];
    case 'filter':
      return [[node.input, [...wanted, ...columnsOf(node.condition)]]];
    case 'project':
      return [[node.input, [...wanted].flatMap((at) => [...columnsOf(expressionAt(node.expressions, at))])]];
    case 'repeat':
      return [[node.input, [...wanted, node.countColumn]]];
    case 'expand':
      return [[node.input, [...[...wanted].filter((at) => at < node.input.schema.length), ...node.keys]]];
    case 'unnest': {
      const read = [...wanted, ...(node.condition === null ? [] : columnsOf(node.condition))];
      const own = read.filter((at) => at < node.input.schema.length);
      return [[node.input, [...own, ...columnsOf(node.collection)]]];
    }
    case 'window': {
      const partition = node.window.kind === 'session' ? node.window.partition : [];
      return [
        [node.input, [...[...wanted].filter((at) => at < node.input.schema.length), node.timeColumn, ...partition]],
      ];
    }
    case 'window-aggregate': {
      const { window } = node;
      const own =
        window.kind === 'attached'
          ? windowColumnsOf(window)
          : [window.timeColumn, ...(window.window.kind === 'session' ? window.window.partition : [])];
      return [[node.input, [...node.keys, ...own, ...node.aggregates.flatMap(ofCall)]]];
    }
    case 'aggregate':
      return [[node.input, [...node.keys, ...node.aggregates.flatMap(ofCall)]]];
    case 'top-n': {
      const variable = typeof node.rankEnd === 'number' ? [] : [node.rankEnd.column];
      // Rows that are updated are told apart by their key.
      const key = isAppendOnly(node.input.changes)
        ? []
        : (uniqueKeysOf(node.input).find((columns) => node.partition.every((column) => columns.includes(column))) ??
          []);
      const own = [
        ...node.partition,
        ...node.order.map(({ column }) => column),
        ...variable,
        ...key,
        ...(node.window === null ? [] : windowColumnsOf(node.window)),
      ];
      return [[node.input, [...[...wanted].filter((at) => at < node.input.schema.length), ...own]]];
    }
    case 'deduplicate':
      return [
        [
          node.input,
          [...wanted, ...node.keys, node.timeColumn, ...(node.window === null ? [] : windowColumnsOf(node.window))],
        ],
      ];
    case 'over': {
      const own = [node.orderColumn, ...node.partition, ...node.aggregates.flatMap(ofCall)];
      return [[node.input, [...[...wanted].filter((at) => at < node.input.schema.length), ...own]]];
    }
    case 'sort':
      return [[node.input, [...wanted, ...node.order.map(({ column }) => column)]]];
    case 'limit':
      return [[node.input, wanted]];
    case 'match':
      return [
        [
          node.input,
          [
            ...node.partition,
            ...node.order.map(({ column }) => column),
            ...[...referencesRead(node, wanted)].flatMap((at) => referenceColumns(node, at, columnsOf)),
          ],
        ],
      ];
    case 'union':
      return node.inputs.map((input) => [input, wanted] as const);
    case 'join':
      return joinColumnsRead(node, wanted, columnsOf);
    default:
      return unreachable(node);
  }
}

function joinColumnsRead(
  node: LogicalJoin,
  wanted: ReadonlySet<number>,
  columnsOf: (expression: Expression) => Iterable<number>,
): readonly (readonly [LogicalNode, Iterable<number>])[] {
  const { left, right, keys, condition } = node;
  const leftCount = left.schema.length;
  // What `semi`, `anti` and `mark` show behind the left columns is no column of the right side.
  const shown = showsRight(node.type) ? wanted : [...wanted].filter((at) => at < leftCount);
  const pair = [...shown, ...(condition === null ? [] : columnsOf(condition))];
  const own = methodColumns(node.method);
  return [
    [left, [...pair.filter((at) => at < leftCount), ...keys.flatMap((key) => [...columnsOf(key.left)]), ...own.left]],
    [
      right,
      [
        ...pair.filter((at) => at >= leftCount).map((at) => at - leftCount),
        ...keys.flatMap((key) => [...columnsOf(key.right)]),
        ...own.right,
      ],
    ],
  ];
}

/** The columns of its sides that a join's method looks at. */
function methodColumns(method: JoinMethod): { readonly left: readonly number[]; readonly right: readonly number[] } {
  switch (method.kind) {
    case 'regular':
    case 'lookup':
      return { left: [], right: [] };
    case 'interval':
    case 'temporal':
      return { left: [method.leftTime], right: [method.rightTime] };
    case 'window':
      return { left: [method.leftEnd], right: [method.rightEnd] };
    default:
      return unreachable(method);
  }
}

function referenceColumns(
  { references }: LogicalMatch,
  at: number,
  columnsOf: (expression: Expression) => Iterable<number>,
): readonly number[] {
  const reference = references[at];
  return reference === undefined ? [] : columnsOfReference(reference, columnsOf);
}

function windowColumnsOf({ startColumn, endColumn }: AttachedWindow): readonly number[] {
  return startColumn === null ? [endColumn] : [startColumn, endColumn];
}

export function expressionAt(expressions: readonly Expression[], at: number): Expression {
  const expression = expressions[at];
  if (expression === undefined) throw new Error(`no column ${at} among ${expressions.length}`);
  return expression;
}
