import type { PartitionValue } from '../ast.ts';
import { formatExpression } from './expressions.ts';
import { formatIdentifier, optional } from './names.ts';

/** `PARTITION (a = 1, b)` */
export function formatPartition(values: readonly PartitionValue[]): string {
  const items = values.map(
    ({ column, value }) => formatIdentifier(column) + optional(' = ', value && formatExpression(value)),
  );
  return `PARTITION (${items.join(', ')})`;
}
