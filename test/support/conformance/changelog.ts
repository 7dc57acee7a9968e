import type { ChangeRow } from './engine-port.ts';

/** Rows as lines, in their order: `+U ["a","3"]`. */
export function asLines(rows: readonly ChangeRow[]): string[] {
  return rows.map(([kind, fields]) => `${kind} ${JSON.stringify(fields)}`);
}

/** Rows as lines, their order forgotten. */
export function asBag(rows: readonly ChangeRow[]): string[] {
  return asLines(rows).sort();
}

/**
 * The rows that remain when the changelog is applied, order forgotten: +I and +U add, -U and -D take away.
 * A row that was taken away more often than added stays in the result, with its negative count.
 */
export function asRemaining(rows: readonly ChangeRow[]): string[] {
  const counts = new Map<string, number>();
  for (const [kind, fields] of rows) {
    const row = JSON.stringify(fields);
    counts.set(row, (counts.get(row) ?? 0) + (kind === '+I' || kind === '+U' ? 1 : -1));
  }
  return [...counts]
    .flatMap(([row, count]) =>
      count >= 0 ? Array<string>(count).fill(row) : [`${row} taken away ${-count} too often`],
    )
    .sort();
}
