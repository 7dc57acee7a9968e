import type { NestedValue } from '../../memory/nested.ts';
import type { SortKey } from '../../plan/logical.ts';

/** Compares rows by their values, as ORDER BY does. */
export function rowComparator(
  keys: readonly SortKey[],
): (a: readonly NestedValue[], b: readonly NestedValue[]) => number {
  return (a, b) => {
    for (const { column, descending, nullsFirst } of keys) {
      const [one, other] = [a[column] ?? null, b[column] ?? null];
      if (one === null || other === null) {
        if (one !== other) return (one === null) === nullsFirst ? -1 : 1;
        continue;
      }
      const order = compareValues(one, other);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
}

function compareValues(a: NonNullable<NestedValue>, b: NonNullable<NestedValue>): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  const [one, other] = [plain(a), plain(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Rankings go by values that have an order; others keep the one they have. */
function plain(value: NonNullable<NestedValue>): number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
    ? value
    : typeof value === 'boolean'
      ? Number(value)
      : 0;
}
