import { unreachable } from '../types/unreachable.ts';
import { isAppendOnly, type JoinMethod, type LogicalNode } from './logical.ts';

/** What a node costs: the time for a row, and what it keeps. A stream has no number of rows to multiply them by. */
export function costText(node: LogicalNode): string {
  const { time, kept } = costOf(node);
  return `cost={${time} a row, ${kept ?? 'nothing'} kept}`;
}

interface Cost {
  readonly time: string;
  /** Null: nothing. */
  readonly kept: string | null;
}

function costOf(node: LogicalNode): Cost {
  switch (node.kind) {
    case 'scan':
    case 'values':
    case 'watermark':
    case 'filter':
    case 'project':
    case 'union':
    case 'limit':
      return { time: 'O(1)', kept: null };
    case 'repeat':
      return { time: 'O(copies)', kept: null };
    case 'expand':
      return { time: `O(${node.sets.length} rows)`, kept: null };
    case 'unnest':
      return { time: 'O(elements)', kept: null };
    case 'window':
      return node.window.kind === 'session'
        ? { time: 'O(log sessions)', kept: 'the rows of open sessions' }
        : { time: 'O(windows of a row)', kept: null };
    case 'window-aggregate':
      return { time: 'O(1)', kept: 'a row for each open window and key' };
    case 'aggregate': {
      const { keys, stateTtlMs } = node;
      if (keys.length === 0) return { time: 'O(1)', kept: 'one row' };
      return {
        time: 'O(1)',
        kept: `a row for each key, ${stateTtlMs === 0 ? 'for ever' : `until ${stateTtlMs} ms untouched`}`,
      };
    }
    case 'join':
      return { time: 'O(partners)', kept: joinState(node.method) };
    case 'over':
      return { time: 'O(1)', kept: 'the rows that frames reach back to' };
    case 'top-n': {
      if (node.window !== null) return { time: 'O(log N)', kept: 'N rows for each open window and key' };
      return isAppendOnly(node.input.changes)
        ? { time: 'O(log N)', kept: 'N rows for each key, for ever' }
        : { time: 'O(log rows of a key)', kept: 'all rows of each key, for ever' };
    }
    case 'deduplicate':
      return {
        time: 'O(1)',
        kept: node.window === null ? 'a row for each key, for ever' : 'a row for each open window and key',
      };
    case 'sort':
      return { time: 'O(log rows)', kept: 'the rows ahead of the watermark' };
    case 'match':
      return {
        time: 'O(log rows ahead of the watermark + matches begun in the partition)',
        kept: `the rows of matches begun, ${node.withinMs === null ? 'until a row ends them' : `for ${node.withinMs} ms`}`,
      };
    default:
      return unreachable(node);
  }
}

function joinState(method: JoinMethod): string {
  switch (method.kind) {
    case 'regular': {
      const { left, right } = method.stateTtlMs;
      const isBounded = left > 0 && right > 0;
      return isBounded
        ? `the rows of both sides, until ${Math.max(left, right)} ms old`
        : 'the rows of both sides, for ever';
    }
    case 'interval':
      return `the rows of ${method.upperMs - method.lowerMs} ms of both sides`;
    case 'window':
      return 'the rows of open windows of both sides';
    case 'temporal':
      return 'the versions of each key that left rows may still ask for';
    default:
      return unreachable(method);
  }
}
