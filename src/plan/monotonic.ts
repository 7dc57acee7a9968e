import type { AggregateCall } from './expression.ts';
import { isAppendOnly, type LogicalNode } from './logical.ts';

/** How a column of a row changes when the row is updated: not at all, only upward, only downward. */
type Monotonicity = 'constant' | 'up' | 'down';

/**
 * The calls, with MAX of what only grows and MIN of what only falls marked: a row that an update replaces was never the
 * last word, so it need not be taken back, and nothing is kept for that. Flink plans so, and it shows: between the
 * old row and the new one the old result stands. Not behind a filter, which rows may leave for good.
 */
export function withoutRetractions(
  calls: readonly AggregateCall[],
  input: LogicalNode,
  keys: readonly number[],
): readonly AggregateCall[] {
  if (isAppendOnly(input.changes) || keys.some((key) => monotonicity(input, key) !== 'constant')) return calls;
  return calls.map((call) => (callMonotonicity(call, input) === null ? call : { ...call, ignoresRetractions: true }));
}

/** Of MAX and MIN over a column that moves that way; null for others. */
function callMonotonicity({ name, args, distinct }: AggregateCall, input: LogicalNode): Monotonicity | null {
  const [arg] = args;
  if (distinct || arg?.kind !== 'column') return null;
  const moves = monotonicity(input, arg.index);
  return (name === 'MAX' && moves === 'up') || (name === 'MIN' && moves === 'down') ? moves : null;
}

function monotonicity(node: LogicalNode, column: number): Monotonicity | null {
  switch (node.kind) {
    case 'project': {
      const expression = node.expressions[column];
      return expression?.kind === 'column' ? monotonicity(node.input, expression.index) : null;
    }
    case 'aggregate': {
      const { input, keys, aggregates } = node;
      if (column < keys.length)
        return isAppendOnly(input.changes) ? 'constant' : monotonicity(input, keys[column] ?? 0);
      const call = aggregates[column - keys.length];
      if (call === undefined) return null;
      if (!isAppendOnly(input.changes)) return call.ignoresRetractions === true ? callMonotonicity(call, input) : null;
      if (call.name === 'COUNT' || call.name === 'MAX') return 'up';
      return call.name === 'MIN' ? 'down' : null;
    }
    default:
      return null;
  }
}
