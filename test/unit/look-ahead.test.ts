import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { rowTexts } from '../../src/session/result-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-look-ahead-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** More keys than a table has that is small enough for the caches; each comes several times, some are NULL. */
const keyCount = 40_000;
const rows = Array.from({ length: 130_000 }, (_, id) => {
  const mixed = (id * 7919) % (keyCount + 1);
  return { id, k: mixed === keyCount ? null : mixed - 100, kind: id % 3 };
});
writeFileSync(join(folder, 'rows.json'), rows.map((row) => JSON.stringify(row)).join('\n'));

const tables = `CREATE TABLE numbers (id BIGINT, k BIGINT, kind INT)
  WITH ('connector' = 'filesystem', 'path' = '${folder}', 'format' = 'json');`;

/** The last row of a query of one row. */
async function answer(sql: string, settings: Readonly<Record<string, string>>): Promise<readonly (string | null)[]> {
  let textsOf: ReturnType<typeof rowTexts> | null = null;
  let last: readonly (string | null)[] = [];
  for await (const event of new Engine({ settings }).run(new SourceText('q.sql', `${tables} ${sql}`))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
    if (event.kind === 'answer') textsOf = rowTexts(event.header);
    if (event.kind === 'rows') for (const row of event.rows) if (row.kind !== '-U') last = textsOf?.(row) ?? [];
  }
  return last;
}

// Neither is a multiple of the rows that are looked ahead.
test.for(['1000', '4001'])('keys of a large table are found, in batches of %s rows', async (size) => {
  const settings = { 'tidemark.batch-size': size };
  const kept = rows.filter(({ kind }) => kind !== 1);
  const lastOf = new Map(kept.map(({ k, id }) => [k, id]));
  const times = new Map<number | null, number>();
  for (const { k } of kept) times.set(k, (times.get(k) ?? 0) + 1);
  const sum = (values: Iterable<number>): string => String([...values].reduce((all, value) => all + value, 0));
  const squares = [...times.values()].map((n) => n * n);
  const grouped = 'SELECT k, COUNT(*) AS n FROM numbers WHERE kind <> 1 GROUP BY k';
  expect(await answer(`SELECT COUNT(*), SUM(n), SUM(n * n) FROM (${grouped});`, settings)).toEqual([
    String(times.size),
    String(kept.length),
    sum(squares),
  ]);
  const ranked = 'SELECT id, ROW_NUMBER() OVER (PARTITION BY k ORDER BY id DESC) AS r FROM numbers WHERE kind <> 1';
  expect(await answer(`SELECT COUNT(*), SUM(id) FROM (${ranked}) WHERE r = 1;`, settings)).toEqual([
    String(lastOf.size),
    sum(lastOf.values()),
  ]);
});
