import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putHits } from '../queries/clickstream/over-stream/put-hits.ts';
import { StreamStore } from '../src/streams/stream-store.ts';
import { type QueryAnswer, runQuery, sorted } from './support/queries/run-query.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'queries/clickstream');
const hitFiles = readdirSync(join(folder, 'hits')).sort();

interface Hit {
  readonly ip: string;
  readonly event_time: string;
  readonly status: number;
  readonly bytes: number | null;
}

function hitsOf(file: string): Hit[] {
  const lines = readFileSync(join(folder, 'hits', file), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Hit);
}

describe('the hits', () => {
  const shards = hitFiles.map(hitsOf);

  test('are those of the log: counts, bytes and days are as published', () => {
    const all = shards.flat();
    expect(hitFiles).toEqual(['shard-0.ndjson', 'shard-1.ndjson', 'shard-2.ndjson', 'shard-3.ndjson']);
    expect(all.length).toBe(10_000);
    expect(all.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)).toBe(2_747_282_740);
    expect(all.filter(({ bytes }) => bytes === null).length).toBe(669);
    const times = all.map(({ event_time }) => event_time).sort();
    expect([times[0], times.at(-1)]).toEqual(['2015-05-17 10:05:00', '2015-05-20 21:05:59']);
  });

  test('of an address lie in one shard, by the hash that the notice names', () => {
    for (const [index, hits] of shards.entries()) {
      expect(new Set(hits.map(({ ip }) => fnv1a(ip) % 4))).toEqual(new Set([index]));
    }
  });

  test('are never more than 59 s behind an earlier one of their shard', () => {
    for (const hits of shards) {
      let highest = 0;
      for (const { event_time } of hits) {
        const at = Date.parse(`${event_time}Z`);
        expect(highest - at).toBeLessThanOrEqual(59_000);
        highest = Math.max(highest, at);
      }
    }
  });
});

/** The queries' answers, computed apart: by DuckDB from the same files, without windows of ours. */
describe('the queries', () => {
  let duck: (sql: string) => Promise<string[][]>;

  beforeAll(async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    duck = async (sql) => {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRows().map((row) => row.map((value) => (value === null ? 'NULL' : String(value))));
    };
    await connection.run(`
      CREATE TABLE hits AS
      SELECT * FROM read_json('${join(folder, 'hits')}/*.ndjson', format = 'newline_delimited', columns = {
        ip: 'VARCHAR', event_time: 'TIMESTAMP', method: 'VARCHAR', path: 'VARCHAR', status: 'INTEGER',
        bytes: 'BIGINT', referrer: 'VARCHAR', user_agent: 'VARCHAR' });
      CREATE VIEW page_views AS
      SELECT ip, event_time, regexp_replace(path, '[?].*', '') AS path FROM hits
      WHERE status = 200
        AND NOT regexp_matches(path, '^/images/')
        AND NOT regexp_matches(path, '[.](png|jpg|jpeg|gif|ico|svg|css|js|txt|xml)$')
        AND NOT regexp_matches(path, '[?&]flav=')`);
  });

  test('hourly: every hour and status class, each hit counted', async () => {
    const { rows, summary } = await run('hourly');
    expect(sorted(rows)).toEqual(
      sorted(
        await duck(`
          SELECT strftime(date_trunc('hour', event_time), '%Y-%m-%d %H:%M:%S.000'), status // 100, count(*),
            count(DISTINCT ip), sum(bytes)
          FROM hits GROUP BY ALL`),
      ),
    );
    expect(rows.reduce((sum, row) => sum + Number(row[2]), 0)).toBe(10_000);
    expect(summary).toMatchObject({ events: 10_000, shards: 4, lateRows: 0, malformedRecords: 0 });
    // The last hit came at 21:05:59, and the watermark stays a minute behind.
    expect(summary.watermarkMs).toBe(Date.UTC(2015, 4, 20, 21, 4, 59));
  });

  test('sessions: pages by an address until 70 minutes of silence', async () => {
    const { rows } = await run('sessions');
    expect(rows.length).toBeGreaterThan(30);
    expect(sorted(rows)).toEqual(
      sorted(
        await duck(`
          WITH gaps AS (
            SELECT *, event_time - lag(event_time) OVER (PARTITION BY ip ORDER BY event_time) AS gap FROM page_views),
          numbered AS (
            SELECT *, sum(CASE WHEN gap <= INTERVAL 70 MINUTE THEN 0 ELSE 1 END)
              OVER (PARTITION BY ip ORDER BY event_time ROWS UNBOUNDED PRECEDING) AS session FROM gaps)
          SELECT ip, strftime(min(event_time), '%Y-%m-%d %H:%M:%S.000'),
            date_diff('second', min(event_time), max(event_time)), count(*),
            first(path ORDER BY event_time, path), last(path ORDER BY event_time, path)
          FROM numbered GROUP BY ip, session HAVING count(*) >= 10`),
      ),
    );
  });

  test('trending: three pages for each six hours, each hour', async () => {
    const { rows } = await run('trending');
    expect(sorted(rows)).toEqual(
      sorted(
        await duck(`
          WITH ends AS (SELECT range AS window_end
            FROM range(TIMESTAMP '2015-05-17 00:00:00', TIMESTAMP '2015-05-22 00:00:00', INTERVAL 1 HOUR)),
          pages AS (
            SELECT window_end, path, count(*) AS views, count(DISTINCT ip) AS visitors
            FROM ends JOIN page_views
              ON event_time < window_end AND event_time >= window_end - INTERVAL 6 HOUR GROUP BY ALL)
          SELECT strftime(window_end, '%Y-%m-%d %H:%M:%S.000'),
            row_number() OVER (PARTITION BY window_end ORDER BY views DESC, path) AS place, path, views, visitors
          FROM pages QUALIFY place <= 3`),
      ),
    );
  });

  test('errors: the share since midnight, every six hours', async () => {
    const { rows } = await run('errors');
    expect(sorted(rows)).toEqual(
      sorted(
        await duck(`
          WITH ends AS (SELECT range AS window_end
            FROM range(TIMESTAMP '2015-05-17 06:00:00', TIMESTAMP '2015-05-22 00:00:00', INTERVAL 6 HOUR)),
          days AS (SELECT window_end, date_trunc('day', window_end - INTERVAL 1 SECOND) AS window_start FROM ends)
          SELECT strftime(window_start, '%Y-%m-%d %H:%M:%S.000'), strftime(window_end, '%Y-%m-%d %H:%M:%S.000'),
            count(*), count(*) FILTER (status >= 400),
            printf('%.2f', round(100.0 * count(*) FILTER (status >= 400) / count(*), 2))
          FROM days JOIN hits ON event_time >= window_start AND event_time < window_end GROUP BY ALL`),
      ),
    );
  });

  test('crawlers: what remains when all changes are applied', async () => {
    const { remaining } = await run('crawlers');
    const kind = `CASE
      WHEN contains(user_agent, 'Googlebot') THEN 'Google'
      WHEN regexp_matches(user_agent, 'bingbot|msnbot') THEN 'Bing'
      WHEN regexp_matches(user_agent, '[bB]ot|[sS]pider|[cC]rawl') THEN 'another crawler'
      WHEN regexp_matches(user_agent, '[fF]eed|RSS') THEN 'a feed reader'
      WHEN regexp_matches(user_agent, '^(Mozilla|Opera)/') THEN 'a person'
      ELSE 'a program' END`;
    expect(sorted(remaining)).toEqual(
      sorted(await duck(`SELECT ${kind} AS visitor, count(*), count(DISTINCT ip), sum(bytes) FROM hits GROUP BY 1`)),
    );
  });
});

describe('over an embedded stream of four shards, as by npm start', () => {
  let streams = '';
  beforeAll(async () => {
    streams = mkdtempSync(join(tmpdir(), 'tidemark-clickstream-'));
    const store = new StreamStore(streams);
    expect(await putHits(store)).toBe(10_000);
    // A second start begins anew.
    expect(await putHits(store)).toBe(10_000);
    await store.close();
  });
  afterAll(() => rmSync(streams, { recursive: true, force: true }));

  test.for(['crawlers', 'errors', 'hourly', 'sessions', 'trending'])('%s answers as over the files', async (name) => {
    const overFiles = await run(name);
    const { remaining, summary } = await run(name, streams);
    expect(sorted(remaining)).toEqual(sorted(overFiles.remaining));
    expect(summary).toMatchObject({
      events: 10_000,
      shards: 4,
      lateRows: 0,
      watermarkMs: overFiles.summary.watermarkMs,
    });
  });
});

/** The answer of a query in this folder, over the files or over the stream in a folder. */
function run(name: string, streams?: string): Promise<QueryAnswer> {
  return runQuery(folder, name, (setup) => {
    const overFiles = setup.replace("'queries/clickstream/hits'", `'${join(folder, 'hits')}'`);
    if (streams === undefined) return overFiles;
    const overStream = readFileSync(join(folder, 'over-stream/setup.sql'), 'utf8');
    return `${overFiles}\n${overStream.replace("'aws.region'", `'aws.endpoint' = '${streams}', 'aws.region'`)}`;
  });
}

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
