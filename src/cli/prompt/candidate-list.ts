import { displayWidth, padded } from '../display-width.ts';
import type { Candidate } from './completion/complete.ts';

/** Candidates in columns, down and then right, in so many rows at most. */
export function candidateList(candidates: readonly Candidate[], columns: number, rowsMax: number): string[] {
  const width = Math.min(columns, Math.max(...candidates.map(({ label }) => displayWidth(label))) + 2);
  const across = Math.max(1, Math.floor(columns / width));
  const needed = Math.ceil(candidates.length / across);
  const rowCount = needed <= rowsMax ? needed : Math.max(1, rowsMax - 1);
  const rows = Array.from({ length: rowCount }, (_, row) => {
    const cells = Array.from({ length: across }, (__, column) => candidates[column * rowCount + row]?.label ?? '');
    return cells
      .map((label) => padded(label, width, false))
      .join('')
      .trimEnd();
  });
  const left = candidates.length - rowCount * across;
  return left > 0 ? [...rows, `… and ${left.toLocaleString('en')} more`] : rows;
}

/** What all candidates begin with, in the letters of the first. */
export function sharedBeginning(candidates: readonly Candidate[]): string {
  const [first, ...others] = candidates.map(({ text }) => text);
  let length = first?.length ?? 0;
  for (const other of others) {
    let same = 0;
    while (same < length && other.charAt(same).toLowerCase() === first?.charAt(same).toLowerCase()) same++;
    length = same;
  }
  return first?.slice(0, length) ?? '';
}
