import { isAppendOnly, type LogicalNode, type LogicalTopN } from './logical.ts';
import type { UniqueKeys } from './unique-keys.ts';

/**
 * What a Top-N can expect of its input: rows are only added; the row of a key only ever gets better, so that none is
 * pulled up from below and what is behind the last rank need not be kept; or any change.
 */
export type RankInput =
  | { readonly kind: 'inserts' }
  | { readonly kind: 'better'; readonly key: readonly number[] }
  | { readonly kind: 'changes' };

/** As Flink chooses how to rank, since it shows in the changes that are sent. `unique` are the keys of the input. */
export function rankInputOf({ input, partition, order }: LogicalTopN, unique: UniqueKeys): RankInput {
  if (isAppendOnly(input.changes)) return { kind: 'inserts' };
  const key = unique.find((columns) => partition.every((column) => columns.includes(column)));
  if (input.changes.delete || key === undefined) return { kind: 'changes' };
  const improves = order.every(({ column, descending }) => {
    const trend = trendOf(input, column);
    return trend === 'constant' || trend === (descending ? 'rises' : 'falls');
  });
  return improves ? { kind: 'better', key } : { kind: 'changes' };
}

/** How a column of a row changes when the row is updated; null: in any way. */
function trendOf(node: LogicalNode, column: number): 'constant' | 'rises' | 'falls' | null {
  switch (node.kind) {
    case 'project': {
      const expression = node.expressions[column];
      if (expression?.kind === 'literal') return 'constant';
      return expression?.kind === 'column' ? trendOf(node.input, expression.index) : null;
    }
    case 'aggregate': {
      if (column < node.keys.length) return 'constant';
      if (!isAppendOnly(node.input.changes)) return null;
      const name = node.aggregates[column - node.keys.length]?.name;
      if (name === 'COUNT' || name === 'MAX') return 'rises';
      return name === 'MIN' ? 'falls' : null;
    }
    default:
      return null;
  }
}
