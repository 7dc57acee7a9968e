import { unreachable } from '../types/unreachable.ts';
import { isAppendOnly, type JoinMethod, type LogicalNode } from './logical.ts';
import { patternSharing } from './pattern-sharing.ts';

/**
 * What a node costs: the time for a row, and how much it keeps. A stream has no number of rows to multiply them by. What
 * is kept, and until when, the plan says by itself.
 */
export function costText(node: LogicalNode): string {
  const { time, kept } = costOf(node);
  return `cost={${time} a row, ${kept} kept}`;
}

interface Cost {
  readonly time: string;
  readonly kept: string;
}

function costOf(node: LogicalNode): Cost {
  switch (node.kind) {
    case 'scan':
    case 'values':
    case 'watermark':
    case 'filter':
    case 'project':
    case 'union':
      return { time: 'O(1)', kept: 'nothing' };
    case 'repeat':
      return { time: 'O(copies)', kept: 'nothing' };
    case 'expand':
      return { time: `O(${node.sets.length} rows)`, kept: 'nothing' };
    case 'unnest':
      return { time: 'O(elements)', kept: 'nothing' };
    case 'limit':
      return isAppendOnly(node.input.changes)
        ? { time: 'O(1)', kept: 'O(1)' }
        : { time: 'O(log rows)', kept: 'O(rows)' };
    case 'window':
      return node.window.kind === 'session'
        ? { time: 'O(log sessions)', kept: 'O(rows of open sessions)' }
        : { time: 'O(windows of a row)', kept: 'nothing' };
    case 'window-aggregate':
      return { time: 'O(1)', kept: 'O(open windows x keys)' };
    case 'aggregate':
      return { time: 'O(1)', kept: node.keys.length === 0 ? 'O(1)' : 'O(keys)' };
    case 'join':
      return { time: 'O(partners)', kept: joinCost(node.method) };
    case 'over':
      return node.time === null
        ? { time: 'O(log rows + rows behind)', kept: 'O(rows)' }
        : { time: node.time === 'event' ? 'O(log rows ahead)' : 'O(1)', kept: 'O(rows ahead + rows of frames)' };
    case 'top-n': {
      if (node.window !== null) return { time: 'O(log N)', kept: 'O(N x open windows x keys)' };
      return isAppendOnly(node.input.changes)
        ? { time: 'O(log N)', kept: 'O(N x keys)' }
        : { time: 'O(log rows of a key)', kept: 'O(rows)' };
    }
    case 'deduplicate':
      return { time: 'O(1)', kept: node.window === null ? 'O(keys)' : 'O(open windows x keys)' };
    case 'sort':
      return { time: 'O(log rows ahead)', kept: 'O(rows ahead)' };
    case 'match': {
      const begun = patternSharing(node).kind === 'together' ? '' : ' + matches begun';
      return { time: `O(log rows ahead${begun})`, kept: 'O(rows of matches begun)' };
    }
    default:
      return unreachable(node);
  }
}

function joinCost(method: JoinMethod): string {
  switch (method.kind) {
    case 'regular':
      return 'O(rows of both sides)';
    case 'interval':
      return 'O(rows of the interval)';
    case 'window':
      return 'O(rows of open windows)';
    case 'temporal':
      return 'O(rows ahead + keys)';
    case 'lookup':
      return method.isWhole ? 'O(rows of the right table)' : 'O(cached keys)';
    default:
      return unreachable(method);
  }
}
