import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Job } from '../../src/runtime/job.ts';
import type { StatementEvent } from '../../src/session/statement-event.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-changed-sets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const tables = (): string =>
  ['clicks', 'orders']
    .map(
      (name) =>
        `CREATE TABLE ${name} (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/${name}.json', 'format' = 'json');`,
    )
    .concat(
      ['a', 'b', 'c'].map(
        (name) =>
          `CREATE TABLE ${name} (k INT, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}/${name}', 'format' = 'debezium-json');`,
      ),
    )
    .join('\n');

interface Run {
  readonly refusal: string | null;
  readonly begun: Extract<StatementEvent, { kind: 'begun' }>['begun'] | null;
}

/** Runs a job of the same name as all others here; it is stopped behind the batch of ten with which it has read so many. */
async function run(
  statement: string,
  { stopAt = Number.POSITIVE_INFINITY, startsAnew = false }: { stopAt?: number; startsAnew?: boolean } = {},
): Promise<Run> {
  let running: Job | null = null;
  const nowMs = (): number => {
    if (running !== null && running.progress().events >= stopAt) running.cancel();
    return systemClock.nowMs();
  };
  const engine = new Engine({ streamsFolder: join(folder, 'streams'), clock: { ...systemClock, nowMs }, startsAnew });
  const script = `SET 'execution.checkpointing.interval' = '1 h'; SET 'pipeline.name' = 'set'; SET 'tidemark.batch-size' = '10';
    ${tables()} ${statement}`;
  let refusal: string | null = null;
  let begun: Run['begun'] = null;
  const onJob = (job: Job): void => {
    running = job;
  };
  for await (const event of engine.run(new SourceText('job.sql', script), { onJob })) {
    if (event.kind === 'begun') begun = event.begun;
    if (event.kind === 'refused') {
      refusal = event.diagnostics
        .map(({ code, message, notes, help }) => [code, message, ...notes.map((note) => note.message), help].join('\n'))
        .join('\n');
    }
  }
  engine.close();
  return { refusal, begun };
}

/** What the changes of a table come to. */
function counts(table: string): Readonly<Record<number, number>> {
  const found: Record<number, number> = {};
  const names = readdirSync(join(folder, table)).filter((name) => !name.startsWith('.'));
  for (const name of names.sort((a, b) => Number(a.split('-').at(-1)) - Number(b.split('-').at(-1)))) {
    for (const line of readFileSync(join(folder, table, name), 'utf8').split('\n')) {
      const { after } = JSON.parse(line || '{"after":null}') as { after: { k: number; n: number } | null };
      if (after !== null) found[after.k] = after.n;
    }
  }
  return found;
}

function putRows(table: string, from: number, to: number): void {
  const lines = Array.from({ length: to - from }, (_, at) => JSON.stringify({ k: (from + at) % 2, v: from + at }));
  writeFileSync(join(folder, `${table}.json`), `${lines.join('\n')}\n`, { flag: 'a' });
}

test('queries may come before and behind the others of a set: each keeps the state and the place of its own table', async () => {
  putRows('clicks', 0, 100);
  putRows('orders', 0, 40);
  const ofClicks = 'INSERT INTO a SELECT k, COUNT(*) FROM clicks GROUP BY k;';
  expect((await run(ofClicks, { stopAt: 60 })).refusal).toBe(null);
  expect(counts('a')).toEqual({ 0: 30, 1: 30 });
  // The same work over another table stands first now, and has the names that the first had.
  const set = `EXECUTE STATEMENT SET BEGIN INSERT INTO b SELECT k, COUNT(*) FROM orders GROUP BY k; ${ofClicks}
    INSERT INTO c SELECT k, SUM(v) FROM clicks WHERE v >= 80 GROUP BY k; END;`;
  const { refusal, begun } = await run(set);
  expect(refusal).toBe(null);
  expect(begun?.from?.manifest.epoch).toBe(2);
  expect(counts('a')).toEqual({ 0: 50, 1: 50 });
  expect(counts('b')).toEqual({ 0: 20, 1: 20 });
  expect(Object.keys(counts('c'))).toEqual(['0', '1']);
});

test('of queries of the same work over one table each keeps what its own filter has let through', async () => {
  putRows('clicks', 0, 100);
  const one = 'INSERT INTO a SELECT k, COUNT(*) FROM clicks WHERE v < 10 GROUP BY k;';
  const other = 'INSERT INTO b SELECT k, COUNT(*) FROM clicks WHERE v >= 20 GROUP BY k;';
  await run(`EXECUTE STATEMENT SET BEGIN ${one} ${other} END;`, { stopAt: 50 });
  expect((await run(`EXECUTE STATEMENT SET BEGIN ${other} ${one} END;`)).refusal).toBe(null);
  expect([counts('a'), counts('b')]).toEqual([
    { 0: 5, 1: 5 },
    { 0: 40, 1: 40 },
  ]);
});

test('a ranking keeps its rows when a query is added that reads more of their table', async () => {
  putRows('clicks', 0, 100);
  const best =
    'INSERT INTO a SELECT 1, v FROM (SELECT v, ROW_NUMBER() OVER (ORDER BY v DESC) r FROM clicks WHERE v < 50) WHERE r = 1;';
  await run(best, { stopAt: 60 });
  const set = `EXECUTE STATEMENT SET BEGIN ${best} INSERT INTO c SELECT k, v FROM clicks WHERE v >= 80; END;`;
  expect((await run(set)).refusal).toBe(null);
  expect(counts('a')).toEqual({ 1: 49 });
  expect(Object.keys(counts('c'))).toEqual(['0', '1']);
});

test('another condition holds for the rows to come, and a new column is computed of what was kept', async () => {
  putRows('clicks', 0, 100);
  await run('INSERT INTO a SELECT k, COUNT(*) FROM clicks GROUP BY k;', { stopAt: 50 });
  const changed = 'INSERT INTO a SELECT k, COUNT(*) + 1000 FROM clicks WHERE v >= 60 AND v < 70 GROUP BY k;';
  expect((await run(changed)).refusal).toBe(null);
  expect(counts('a')).toEqual({ 0: 1030, 1: 1030 });
});

test('shards that a stream has been split into since go on where it ended', async () => {
  const store = new StreamStore(join(folder, 'streams'));
  const stream = await store.createStream('hits', 1);
  const put = (from: number, to: number) =>
    stream.putRecords(
      Array.from({ length: to - from }, (_, at) => ({
        data: Buffer.from(JSON.stringify({ k: (from + at) % 2, v: from + at })),
        partitionKey: String(at),
      })),
    );
  const insert = `CREATE TABLE hits (k INT, v BIGINT) WITH ('connector' = 'kinesis', 'format' = 'json',
      'stream.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/hits', 'source.init.position' = 'TRIM_HORIZON',
      'source.end.position' = 'LATEST');
    INSERT INTO a SELECT k, COUNT(*) FROM hits GROUP BY k;`;
  await put(0, 100);
  expect((await run(insert, { stopAt: 40 })).refusal).toBe(null);
  await put(100, 150);
  await stream.splitShard('0', 2n ** 127n);
  await put(150, 200);
  await store.close();
  expect((await run(insert)).refusal).toBe(null);
  // The end of a bounded read is that of its start.
  expect(counts('a')).toEqual({ 0: 50, 1: 50 });
});

test('a refusal names the operator, what has changed of it, and the ways on; one of them puts the state aside', async () => {
  putRows('clicks', 0, 100);
  await run('INSERT INTO a SELECT k, COUNT(*) FROM clicks GROUP BY k;', { stopAt: 50 });
  const changed = 'INSERT INTO a SELECT k, MAX(v) FROM clicks GROUP BY k;';
  const { refusal } = await run(changed);
  expect(refusal).toMatch(
    /^F021\nthe checkpoint has state of "aggregate-1", which the query no longer has as it was\nit keeps 2 rows over \S+clicks\naggregates was .*COUNT.*, and is .*MAX.* now\n/,
  );
  expect(refusal).toMatch(/tidemark run --allow-non-restored-state; or start anew: tidemark run --fresh$/);
  rmSync(join(folder, 'a'), { recursive: true });
  const anew = await run(changed, { startsAnew: true });
  expect(anew.refusal).toBe(null);
  expect(anew.begun?.putAside).toMatch(/jobs\/set-\w+\.old$/);
  expect(readdirSync(anew.begun?.putAside ?? '').filter((name) => name.startsWith('chk-'))).toEqual([
    'chk-000002.json',
  ]);
  expect(counts('a')).toMatchObject({ 0: 98, 1: 99 });
});

test('a start from the state that the job has anyway leaves it where it is', async () => {
  putRows('clicks', 0, 100);
  const ofClicks = 'INSERT INTO a SELECT k, COUNT(*) FROM clicks GROUP BY k;';
  await run(ofClicks, { stopAt: 50 });
  const [own = ''] = readdirSync(join(folder, 'jobs'));
  const { refusal, begun } = await run(
    `SET 'execution.state-recovery.path' = '${join(folder, 'jobs', own)}'; ${ofClicks}`,
  );
  expect([refusal, begun?.putAside, begun?.from?.manifest.epoch]).toEqual([null, null, 2]);
  expect(counts('a')).toEqual({ 0: 50, 1: 50 });
});
