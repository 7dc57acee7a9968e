import type { Column } from '../types/column.ts';
import type { LogicalJoin, LogicalNode, LogicalWindowAggregate, WindowKind } from './logical.ts';

/** Which columns of a node hold the windows of its rows. */
export interface WindowTraits {
  readonly window: WindowKind;
  readonly time: 'event' | 'processing';
  readonly start: number | null;
  readonly end: number | null;
  readonly windowTime: number | null;
  /** What sessions are kept apart by; null for a column that is gone. */
  readonly partition: readonly (number | null)[];
  /** The time attribute that was cut, for the kind of window_time. */
  readonly timeColumn: Column;
}

/** The windows that a node's rows come with; null where they have none. */
export function windowTraits(node: LogicalNode): WindowTraits | null {
  return allWindowTraits(node)[0] ?? null;
}

/** Those of them whose start and end are among some columns; else the first. */
export function windowTraitsAmong(node: LogicalNode, columns: ReadonlySet<number>): WindowTraits | null {
  const isAmong = (column: number | null): boolean => column !== null && columns.has(column);
  const all = allWindowTraits(node);
  return all.find(({ start, end }) => isAmong(start) && isAmong(end)) ?? all[0] ?? null;
}

/** One, or behind an inner join of windows that of each side: the same window in other columns. */
export function allWindowTraits(node: LogicalNode): readonly WindowTraits[] {
  switch (node.kind) {
    case 'window': {
      const at = node.input.schema.length;
      const timeColumn = node.input.schema[node.timeColumn];
      if (timeColumn === undefined) return [];
      const { window, time } = node;
      const partition = window.kind === 'session' ? window.partition : [];
      return [{ window, time, start: at, end: at + 1, windowTime: at + 2, partition, timeColumn }];
    }
    case 'window-aggregate': {
      const { window, keys, aggregates, windowColumns } = node;
      const place = (column: 'start' | 'end' | 'time'): number | null => {
        const at = windowColumns.indexOf(column);
        return at < 0 ? null : keys.length + aggregates.length + at;
      };
      const below = window.kind === 'attached' ? windowTraits(node.input) : null;
      const timeColumn = window.kind === 'assign' ? node.input.schema[window.timeColumn] : below?.timeColumn;
      if (timeColumn === undefined) return [];
      return [
        {
          window: window.window,
          time: window.time,
          start: place('start'),
          end: place('end'),
          windowTime: place('time'),
          partition: keptPartition(node, below),
          timeColumn,
        },
      ];
    }
    case 'filter':
    case 'unnest':
    case 'over':
    case 'sort':
    case 'watermark':
      return allWindowTraits(node.input);
    case 'top-n':
    case 'deduplicate':
      return node.window === null ? [] : allWindowTraits(node.input);
    case 'project': {
      const place = (column: number): number | null => {
        const at = node.expressions.findIndex(
          (expression) => expression.kind === 'column' && expression.index === column,
        );
        return at < 0 ? null : at;
      };
      return allWindowTraits(node.input).flatMap((traits) => {
        const placed = moved(traits, place);
        return placed.start === null && placed.end === null && placed.windowTime === null ? [] : [placed];
      });
    }
    case 'join':
      return joinTraits(node);
    case 'scan':
    case 'values':
    case 'expand':
    case 'repeat':
    case 'aggregate':
    case 'limit':
    case 'match':
    case 'union':
      return [];
  }
}

/** A join of windows keeps them where they are not padded with NULLs. */
function joinTraits({ left, right, type, method }: LogicalJoin): readonly WindowTraits[] {
  if (method.kind !== 'window') return [];
  const own = type === 'right' || type === 'full' ? [] : allWindowTraits(left);
  if (type !== 'inner' && type !== 'right') return own;
  const count = left.schema.length;
  return [...own, ...allWindowTraits(right).map((traits) => moved(traits, (column) => column + count))];
}

/** The columns of an aggregate's result that keep its sessions apart; a group window's need none. */
function keptPartition(
  { window, keys, legacy }: LogicalWindowAggregate,
  below: WindowTraits | null,
): WindowTraits['partition'] {
  if (window.kind === 'attached')
    return (below?.partition ?? []).map((column) => (column === null ? null : keyAt(keys, column)));
  return legacy || window.window.kind !== 'session' ? [] : window.window.partition.map((column) => keyAt(keys, column));
}

function keyAt(keys: readonly number[], column: number): number | null {
  const at = keys.indexOf(column);
  return at < 0 ? null : at;
}

function moved(traits: WindowTraits, to: (column: number) => number | null): WindowTraits {
  const place = (column: number | null): number | null => (column === null ? null : to(column));
  const { start, end, windowTime, partition } = traits;
  return {
    ...traits,
    start: place(start),
    end: place(end),
    windowTime: place(windowTime),
    partition: partition.map(place),
  };
}
