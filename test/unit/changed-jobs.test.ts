import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import type { Job } from '../../src/runtime/job.ts';

const rows = 5000;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-changed-'));
  const lines = Array.from({ length: rows }, (_, row) => JSON.stringify({ k: row % 10, v: row }));
  writeFileSync(join(folder, 'events.json'), `${lines.join('\n')}\n`);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a job that is known by its name; stops it when it has read so many rows. */
async function run(query: string, stopAt = Number.POSITIVE_INFINITY, settings = ''): Promise<string | null> {
  const engine = new Engine({ streamsFolder: join(folder, 'streams') });
  const script = `
    SET 'execution.checkpointing.interval' = '1 h'; SET 'pipeline.name' = 'sums'; SET 'tidemark.batch-size' = '10'; ${settings}
    CREATE TABLE events (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/events.json', 'format' = 'json');
    CREATE TABLE sums (k INT, s BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/sums', 'format' = 'debezium-json');
    INSERT INTO sums ${query};`;
  let hasEnded = false;
  const onJob = (job: Job): void => {
    const look = (): void => {
      if (job.progress().events >= stopAt) job.cancel();
      else if (!hasEnded) setImmediate(look);
    };
    look();
  };
  let refusal: string | null = null;
  for await (const event of engine.run(new SourceText('job.sql', script), { onJob })) {
    if (event.kind === 'refused')
      refusal = event.diagnostics.map(({ code, message }) => `${code} ${message}`).join('\n');
  }
  hasEnded = true;
  engine.close();
  return refusal;
}

/** The sums that remain of what was written. */
function sums(): Map<number, number> {
  const found = new Map<number, number>();
  const names = readdirSync(join(folder, 'sums')).sort(
    (a, b) => Number(a.split('-').at(-1)) - Number(b.split('-').at(-1)),
  );
  for (const name of names) {
    for (const line of readFileSync(join(folder, 'sums', name), 'utf8').split('\n')) {
      if (line === '') continue;
      const { after } = JSON.parse(line) as { readonly after: { readonly k: number; readonly s: number } | null };
      if (after !== null) found.set(after.k, after.s);
    }
  }
  return found;
}

const ofKey = (key: number, from = 0): number =>
  Array.from({ length: rows }, (_, row) => row).reduce(
    (sum, row) => (row % 10 === key && row >= from ? sum + row : sum),
    0,
  );

test('a job that was stopped goes on with its sums', async () => {
  expect(await run('SELECT k, SUM(v) FROM events GROUP BY k', 1000)).toBe(null);
  expect(sums().get(3)).toBeLessThan(ofKey(3));
  expect(await run('SELECT k, SUM(v) FROM events GROUP BY k')).toBe(null);
  expect(sums()).toEqual(new Map(Array.from({ length: 10 }, (_, key) => [key, ofKey(key)])));
});

test('a filter may come, and a projection: the state stays', async () => {
  await run('SELECT k, SUM(v) FROM events GROUP BY k', 1000);
  const before = sums().get(3) ?? 0;
  expect(await run('SELECT k, SUM(v) * 2 FROM events WHERE k = 3 GROUP BY k')).toBe(null);
  expect(before).toBeGreaterThan(0);
  expect(sums().get(3)).toBe(2 * ofKey(3));
});

test('another aggregate does not fit the state: the operator is named, and the setting starts it anew', async () => {
  await run('SELECT k, SUM(v) FROM events GROUP BY k', 1000);
  const refusal = await run('SELECT k, MAX(v) FROM events GROUP BY k');
  expect(refusal).toBe('F021 the checkpoint has state of "aggregate-1", which the query no longer has as it was');
  const ignore = "SET 'execution.state-recovery.ignore-unclaimed-state' = 'true';";
  expect(await run('SELECT k, COUNT(*) FROM events GROUP BY k', Number.POSITIVE_INFINITY, ignore)).toBe(null);
  // It counts the rows that were not read yet.
  expect(sums().get(3)).toBeLessThan(rows / 10);
});
