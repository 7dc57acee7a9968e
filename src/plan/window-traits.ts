import type { Column } from '../types/column.ts';
import type { LogicalJoin, LogicalNode, WindowKind } from './logical.ts';

/** Which columns of a node hold the windows of its rows. */
export interface WindowTraits {
  readonly window: WindowKind;
  readonly time: 'event' | 'processing';
  readonly start: number | null;
  readonly end: number | null;
  readonly windowTime: number | null;
  /** The time attribute that was cut, for the kind of window_time. */
  readonly timeColumn: Column;
}

/** The windows that a node's rows come with; null where they have none. */
export function windowTraits(node: LogicalNode): WindowTraits | null {
  switch (node.kind) {
    case 'window': {
      const at = node.input.schema.length;
      const timeColumn = node.input.schema[node.timeColumn];
      if (timeColumn === undefined) return null;
      return { window: node.window, time: node.time, start: at, end: at + 1, windowTime: at + 2, timeColumn };
    }
    case 'window-aggregate': {
      const { window, keys, aggregates, windowColumns } = node;
      const place = (column: 'start' | 'end' | 'time'): number | null => {
        const at = windowColumns.indexOf(column);
        return at < 0 ? null : keys.length + aggregates.length + at;
      };
      const below = window.kind === 'attached' ? windowTraits(node.input) : null;
      const timeColumn = window.kind === 'assign' ? node.input.schema[window.timeColumn] : below?.timeColumn;
      if (timeColumn === undefined) return null;
      return {
        window: window.window,
        time: window.time,
        start: place('start'),
        end: place('end'),
        windowTime: place('time'),
        timeColumn,
      };
    }
    case 'filter':
    case 'unnest':
    case 'over':
    case 'sort':
    case 'watermark':
      return windowTraits(node.input);
    case 'top-n':
    case 'deduplicate':
      return node.window === null ? null : windowTraits(node.input);
    case 'project': {
      const traits = windowTraits(node.input);
      if (traits === null) return null;
      const place = (column: number | null): number | null => {
        const at = node.expressions.findIndex(
          (expression) => expression.kind === 'column' && expression.index === column,
        );
        return column === null || at < 0 ? null : at;
      };
      const [start, end, windowTime] = [place(traits.start), place(traits.end), place(traits.windowTime)];
      return start === null && end === null && windowTime === null ? null : { ...traits, start, end, windowTime };
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
      return null;
  }
}

/** A join of windows keeps them: the left ones, or the right ones where the left side is padded. */
function joinTraits({ left, right, type, method }: LogicalJoin): WindowTraits | null {
  if (method.kind !== 'window') return null;
  if (type !== 'right') return windowTraits(left);
  const traits = windowTraits(right);
  if (traits === null) return null;
  const moved = (column: number | null): number | null => (column === null ? null : column + left.schema.length);
  return { ...traits, start: moved(traits.start), end: moved(traits.end), windowTime: moved(traits.windowTime) };
}
