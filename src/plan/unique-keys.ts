import { isInteger } from '../functions/coercion.ts';
import { type SqlType, sameType } from '../types/sql-type.ts';
import { unreachable } from '../types/unreachable.ts';
import { inputsOf } from './children.ts';
import type { Expression } from './expression.ts';
import { type LogicalJoin, type LogicalNode, type LogicalSink, showsRight } from './logical.ts';
import { readersFirst } from './walk.ts';

/** Sets of columns, each of which tells the rows of a result apart, as it stands after all changes. */
export type UniqueKeys = readonly (readonly number[])[];

/** The keys of every node of a plan, from the primary keys of tables up. Rules that move columns need not keep them. */
export function uniqueKeys(sinks: readonly LogicalSink[]): ReadonlyMap<LogicalNode, UniqueKeys> {
  const known = new Map<LogicalNode, UniqueKeys>();
  for (const node of readersFirst(sinks).toReversed()) {
    const [first = [], second = []] = inputsOf(node).map((input) => known.get(input) ?? []);
    known.set(node, keysOf(node, first, second));
  }
  return known;
}

/** The keys of one node. */
export function uniqueKeysOf(root: LogicalNode): UniqueKeys {
  const known = new Map<LogicalNode, UniqueKeys>();
  const visit = (node: LogicalNode): UniqueKeys => {
    const seen = known.get(node);
    if (seen !== undefined) return seen;
    const [below = [], right = []] = inputsOf(node).map(visit);
    const keys = keysOf(node, below, right);
    known.set(node, keys);
    return keys;
  };
  return visit(root);
}

/** `below` are the keys of the input, `right` those of a join's other side. */
function keysOf(node: LogicalNode, below: UniqueKeys, right: UniqueKeys): UniqueKeys {
  switch (node.kind) {
    case 'scan': {
      const key = node.table.primaryKey?.columns.map((name) =>
        node.columns.findIndex(({ path, metadata }) => !metadata && path.length === 1 && path[0] === name),
      );
      return key === undefined || key.includes(-1) ? [] : [key];
    }
    case 'values':
    case 'expand':
    case 'repeat':
    case 'unnest':
    case 'union':
    case 'match':
      return [];
    case 'watermark':
    case 'filter':
    case 'limit':
    case 'sort':
    case 'over':
      return below;
    case 'project':
      return projected(node.expressions, below);
    case 'window': {
      const { window } = node;
      if (window.kind === 'tumble' || window.kind === 'session') return below;
      // A row once for each of its windows, of which CUMULATE's begin together.
      const start = node.input.schema.length;
      return below.map((key) => [...key, start, start + 1]);
    }
    case 'window-aggregate': {
      const { keys, aggregates, windowColumns } = node;
      const at = (column: 'start' | 'end'): number => keys.length + aggregates.length + windowColumns.indexOf(column);
      const isTold = windowColumns.includes('start') && windowColumns.includes('end');
      return isTold ? [[...keys.keys(), at('start'), at('end')]] : [];
    }
    case 'aggregate':
      return [[...node.keys.keys()]];
    case 'top-n': {
      const { partition, rankStart, rankEnd, outputRank } = node;
      if (rankStart === 1 && rankEnd === 1) return [partition, ...below];
      return outputRank ? [[...partition, node.input.schema.length], ...below] : below;
    }
    case 'deduplicate':
      return [node.keys, ...below];
    case 'join':
      return joinUniqueKeys([below, right], node.left.schema.length, node);
    default:
      return unreachable(node);
  }
}

/** A key of one side stays one where each of its rows meets one row at most: the other's join key holds a key of it. */
function joinUniqueKeys(
  [left, right]: readonly [left: UniqueKeys, right: UniqueKeys],
  leftWidth: number,
  { type, keys }: Pick<LogicalJoin, 'type' | 'keys'>,
): UniqueKeys {
  if (!showsRight(type)) return left;
  const columns = (side: 'left' | 'right'): ReadonlySet<number> =>
    new Set(keys.flatMap((key) => (key[side].kind === 'column' ? [key[side].index] : [])));
  const meetsOne = (unique: UniqueKeys, joined: ReadonlySet<number>): boolean =>
    unique.some((key) => key.every((column) => joined.has(column)));
  const rightKeys = right.map((key) => key.map((column) => column + leftWidth));
  // A padded side's key is NULL in several rows.
  const leftHolds = type === 'inner' || type === 'left';
  const rightHolds = type === 'inner' || type === 'right';
  return [
    ...(leftHolds && meetsOne(right, columns('right')) ? left : []),
    ...(rightHolds && meetsOne(left, columns('left')) ? rightKeys : []),
    ...left.flatMap((key) => rightKeys.map((other) => [...key, ...other])),
  ];
}

/** Keys whose columns are all handed on, as they are or by a cast that loses nothing. */
function projected(expressions: readonly Expression[], below: UniqueKeys): UniqueKeys {
  const places = new Map<number, number>();
  for (const [at, expression] of expressions.entries()) {
    const column = columnWithin(expression);
    if (column !== null && !places.has(column)) places.set(column, at);
  }
  return below.flatMap((key) => {
    const moved = key.flatMap((column) => places.get(column) ?? []);
    return moved.length === key.length ? [moved] : [];
  });
}

function columnWithin(expression: Expression): number | null {
  if (expression.kind === 'column') return expression.index;
  if (expression.kind !== 'cast' || !keepsApart(expression.input.type, expression.type)) return null;
  return columnWithin(expression.input);
}

const widths = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT'];

/** Whether a cast gives different values for different values. */
function keepsApart(from: SqlType, to: SqlType): boolean {
  if (sameType(from, to)) return true;
  return isInteger(from) && isInteger(to) && widths.indexOf(from.kind) <= widths.indexOf(to.kind);
}
