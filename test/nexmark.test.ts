import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeNexmarkFiles } from '../queries/nexmark/generator/write-files.ts';
import { expected, nexmarkSums, queryNames } from './support/nexmark/run-nexmark.ts';

/** Of `expected`; the larger ones are for CI and for those who wait. */
const dataSet = process.env.TIDEMARK_NEXMARK ?? '20k-10k';
const { events, rate, sha256, queries } = expected[dataSet]!;
const spreads = [1, 4] as const;
const folder = mkdtempSync(join(tmpdir(), 'tidemark-nexmark-'));

beforeAll(() => {
  for (const shards of spreads) {
    const made = writeNexmarkFiles({ folder: join(folder, String(shards)), events, rate, shards });
    expect(made.sha256).toBe(sha256);
  }
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  { shards: 1, batchSize: 'default' },
  { shards: 4, batchSize: 'default' },
  { shards: 1, batchSize: '7' },
  { shards: 4, batchSize: '7' },
])('over $shards shards, at the batch size $batchSize', ({ shards, batchSize }) => {
  const settings = batchSize === 'default' ? {} : { 'tidemark.batch-size': batchSize };

  test.for(queryNames.filter((name) => name in queries))(
    '%s answers as the reference',
    { timeout: 600_000 },
    async (name) => {
      const { values, byArrival = [] } = queries[name]!;
      const sums = { ...(await nexmarkSums(join(folder, String(shards)), name, settings)) };
      const wanted: Record<string, string> = { ...values };
      // Rows of one time stand in the order of their coming, which several shards change.
      for (const sum of shards > 1 ? byArrival : []) {
        delete sums[sum];
        delete wanted[sum];
      }
      expect(sums).toEqual(wanted);
    },
  );
});
