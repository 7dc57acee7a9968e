/** The name that was probably meant: case aside equal, or within a third of its letters; null where none is near. */
export function closest(written: string, names: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const name of names) {
    if (name.toLowerCase() === written.toLowerCase()) return name;
    const distance = editDistance(written.toLowerCase(), name.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** The names within a third of its letters, the nearest first. */
export function nearest(written: string, names: Iterable<string>): string[] {
  const limit = Math.max(1, Math.floor(written.length / 3)) + 1;
  return [...names]
    .map((name) => ({ name, distance: editDistance(written.toLowerCase(), name.toLowerCase(), limit) }))
    .filter(({ distance }) => distance < limit)
    .sort((a, b) => a.distance - b.distance)
    .map(({ name }) => name);
}

/** `did you mean "user_id"?`, or undefined where no name is near. */
export function didYouMean(written: string, names: Iterable<string>): string | undefined {
  const name = closest(written, names);
  return name === null ? undefined : `did you mean "${name}"?`;
}

/** Insertions, deletions, changes and swaps of neighbours from one text to the other; `limit` when it is not below it. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let last: number[] = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return Math.min(last[b.length]!, limit);
}
