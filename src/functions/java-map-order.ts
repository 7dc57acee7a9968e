/**
 * Entries of distinct keys in the order in which Java's HashMap gives them: by bucket, then as they were put. Its table
 * was made for `expected` entries, which may be too few.
 */
export function inHashMapOrder<T>(entries: readonly T[], expected: number, hashOf: (entry: T) => number): readonly T[] {
  let buckets = 1;
  while (buckets < expected) buckets *= 2;
  while (entries.length > buckets * 0.75) buckets *= 2;
  const bucketOf = (entry: T): number => {
    const hash = hashOf(entry);
    return (hash ^ (hash >>> 16)) & (buckets - 1);
  };
  return entries.toSorted((a, b) => bucketOf(a) - bucketOf(b));
}

/** `hashCode` of a Java String. */
export function javaTextHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}
