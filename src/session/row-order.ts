import type { LogicalNode, LogicalSink, LogicalTopN, SortKey } from '../plan/logical.ts';
import { uniqueKeys } from '../plan/unique-keys.ts';

/** How the rows of a result stand where its query ranks them. */
export interface RowOrder {
  /** Columns of the answer. */
  readonly keys: readonly SortKey[];
  /** The column that holds the place; null where the query does not show it. */
  readonly place: number | null;
  /** The columns that say who has the place; null where they are not known, or not all shown. */
  readonly identity: readonly number[] | null;
}

/**
 * The order of an answer whose query ends in a ranking (`ROW_NUMBER() ... <= n`, `ORDER BY ... LIMIT n`): by partition,
 * then by place, or by what ranks as far as it is shown. Null for another.
 */
export function rowOrder(sinks: readonly LogicalSink[]): RowOrder | null {
  const answer = sinks.find(({ table }) => table === null);
  if (answer === undefined) return null;
  let node: LogicalNode = answer.input;
  /** Where the answer shows a column of the node. */
  let shown = new Map(node.schema.map((_, column) => [column, column]));
  for (;;) {
    switch (node.kind) {
      case 'filter':
        node = node.input;
        continue;
      case 'project': {
        const below = new Map<number, number>();
        for (const [at, expression] of node.expressions.entries()) {
          const column = shown.get(at);
          if (expression.kind === 'column' && column !== undefined && !below.has(expression.index))
            below.set(expression.index, column);
        }
        shown = below;
        node = node.input;
        continue;
      }
      case 'top-n':
        return orderOf(node, shown, uniqueKeys(sinks).get(node.input) ?? []);
      default:
        return null;
    }
  }
}

function orderOf(
  { partition, order, outputRank, input }: LogicalTopN,
  shown: ReadonlyMap<number, number>,
  keysBelow: readonly (readonly number[])[],
): RowOrder {
  const place = (outputRank ? shown.get(input.schema.length) : undefined) ?? null;
  const ascending = (column: number): SortKey => ({ column, descending: false, nullsFirst: true });
  const ranked: SortKey[] = place === null ? inAnswer(order, shown) : [ascending(place)];
  const keys = [...inAnswer(partition.map(ascending), shown), ...ranked];
  const identity = keysBelow.find((key) => key.every((column) => shown.has(column)));
  return { keys, place, identity: identity?.flatMap((column) => shown.get(column) ?? []) ?? null };
}

/** The keys up to the first that the answer does not show. */
function inAnswer(keys: readonly SortKey[], shown: ReadonlyMap<number, number>): SortKey[] {
  const mapped: SortKey[] = [];
  for (const key of keys) {
    const column = shown.get(key.column);
    if (column === undefined) break;
    mapped.push({ ...key, column });
  }
  return mapped;
}
