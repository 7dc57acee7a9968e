import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asRemaining } from '../support/conformance/changelog.ts';
import { openEngine } from '../support/conformance/engine.ts';

/** Queries over random rows: whatever the batches and shards, and as DuckDB answers over the whole table. */

interface Row {
  readonly atMs: number;
  readonly k: number | null;
  readonly s: string | null;
  readonly v: number | null;
  readonly d: string | null;
  readonly f: number | null;
  readonly b: boolean | null;
  readonly day: string | null;
}

/** A query in both dialects; the rows that remain are compared as texts. */
interface Query {
  readonly flink: string;
  readonly duckdb: string;
}

const runs = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 40 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 50;
const port = await openEngine();
const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
let folder = '';
let made = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-queries-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const startMs = Date.UTC(2024, 1, 28, 23, 59, 0);
const timeText = (ms: number): string => new Date(startMs + ms).toISOString().replace('T', ' ').replace('Z', '');

/** Writes rows as JSON lines, a file a shard, and gives the folder. */
async function tableOf(shards: readonly (readonly Row[])[]): Promise<string> {
  const path = join(folder, String(made++));
  await mkdir(path);
  for (const [shard, rows] of shards.entries()) {
    const lines = rows.map(({ atMs, ...row }) => `${JSON.stringify({ ts: timeText(atMs), ...row })}\n`);
    await writeFile(join(path, String(shard)), lines.join(''));
  }
  return path;
}

interface Setup {
  readonly path: string;
  readonly delayMs: number;
  readonly batchSize?: number;
}

async function answer(query: string, { path, delayMs, batchSize }: Setup): Promise<readonly string[]> {
  const script = `
    CREATE TABLE t (ts TIMESTAMP(3), k INT, s STRING, v BIGINT, d DECIMAL(10, 2), f DOUBLE, b BOOLEAN, \`day\` DATE,
      WATERMARK FOR ts AS ts - INTERVAL '${(delayMs / 1000).toFixed(3)}' SECOND(3))
    WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json');
    ${query};`;
  const settings: Record<string, string> = batchSize === undefined ? {} : { 'tidemark.batch-size': String(batchSize) };
  for await (const each of port.run(script, { scriptName: 'property', settings })) {
    if ('error' in each) throw new Error(`${each.error.code} ${each.error.message}\n${query}`);
    return asRemaining(each.rows);
  }
  throw new Error(`no answer to ${query}`);
}

async function duckAnswer(query: string, path: string): Promise<readonly string[]> {
  await duckdb.run(`CREATE OR REPLACE TABLE t AS SELECT * FROM read_json('${path}/*', format = 'newline_delimited',
    columns = {ts: 'TIMESTAMP', k: 'INT', s: 'VARCHAR', v: 'BIGINT', d: 'DECIMAL(10, 2)', f: 'DOUBLE', b: 'BOOLEAN', day: 'DATE'})`);
  const rows = (await duckdb.runAndReadAll(query)).getRows();
  return rows.map((row) => JSON.stringify(row.map((value) => (value === null ? null : String(value)))));
}

const rowArbitrary = (spreadMs: number): fc.Arbitrary<Omit<Row, 'atMs'> & { readonly offsetMs: number }> =>
  fc.record({
    offsetMs: fc.integer({ min: 0, max: spreadMs }),
    k: fc.option(fc.integer({ min: 0, max: 3 }), { nil: null }),
    s: fc.option(fc.constantFrom('', 'a', 'Bé', 'a longer text than fits into sixteen bytes', '😀'), { nil: null }),
    v: fc.option(fc.integer({ min: -5, max: 1_000_000 }), { nil: null }),
    d: fc.option(
      fc.integer({ min: -10_000, max: 10_000 }).map((cents) => (cents / 100).toFixed(2)),
      { nil: null },
    ),
    // Quarters: their sums are exact in any order.
    f: fc.option(
      fc.integer({ min: -40, max: 40 }).map((quarters) => quarters / 4),
      { nil: null },
    ),
    b: fc.option(fc.boolean(), { nil: null }),
    day: fc.option(fc.constantFrom('2024-02-29', '1969-12-31', '2000-01-01'), { nil: null }),
  });

/** Rows whose times go up by `paceMs`, and fall behind by at most `spreadMs`. */
function rowsArbitrary(spreadMs: number): fc.Arbitrary<readonly Row[]> {
  return fc
    .tuple(fc.array(rowArbitrary(spreadMs), { maxLength: 50 }), fc.constantFrom(0, 700, 2500))
    .map(([rows, paceMs]) =>
      rows.map(({ offsetMs, ...row }, at) => ({ ...row, atMs: at * paceMs + spreadMs - offsetMs })),
    );
}

interface Aggregate {
  readonly flink: string;
  readonly duckdb: string;
}
const same = (sql: string, text = `${sql}`): Aggregate => ({ flink: sql, duckdb: `(${text})::VARCHAR` });
const aggregates: readonly Aggregate[] = [
  same('COUNT(*)'),
  same('COUNT(v)'),
  same('SUM(v)'),
  same('MIN(v)'),
  same('MAX(v)'),
  same('SUM(d)'),
  same('MIN(d)'),
  same('MAX(s)'),
  same('MIN(`day`)', 'MIN(day)'),
  same('COUNT(DISTINCT v)'),
  same('COUNT(DISTINCT s)'),
  same('COUNT(*) FILTER (WHERE b)'),
  same('MAX(v) FILTER (WHERE k > 1)'),
  same("SUM(CASE WHEN b THEN v WHEN s = 'a' THEN 1 END)"),
  { flink: 'CAST(SUM(f) * 4 AS BIGINT)', duckdb: '(SUM(f) * 4)::BIGINT::VARCHAR' },
  { flink: 'CAST(AVG(f) AS DECIMAL(20, 6))', duckdb: 'AVG(f)::DECIMAL(20, 6)::VARCHAR' },
];

const keys = ['k', 's', 'b', 'day'] as const;
type Key = (typeof keys)[number];
const flinkKey = (key: Key): string => `\`${key}\``;
const duckKey = (key: Key): string => (key === 'b' ? 'upper(b::VARCHAR)' : `${key}::VARCHAR`);
const filters = ['TRUE', 'v > 10', "s <> 'a' OR b", 'k IS NOT NULL AND d < 50', 'b'];

const parts = fc.record({
  by: fc.subarray([...keys], { maxLength: 3 }),
  what: fc.subarray([...aggregates], { minLength: 1, maxLength: 5 }),
  filter: fc.constantFrom(...filters),
});

const stamp = (time: string): string => `strftime(${time}, '%Y-%m-%d %H:%M:%S.%g')`;

const windowed: fc.Arbitrary<Query> = fc
  .tuple(parts, fc.constantFrom([5, 5], [10, 10], [5, 20], [2, 4], [60, 60], [3, 60]))
  .map(([{ by, what, filter }, [slide, size]]) => {
    const isTumbling = slide === size;
    const call = isTumbling
      ? `TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '${size}' SECOND)`
      : `HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '${slide}' SECOND, INTERVAL '${size}' SECOND)`;
    return {
      flink: `SELECT window_start, window_end, ${[...by.map(flinkKey), ...what.map(({ flink }) => flink)].join(', ')}
        FROM ${call} WHERE ${filter} GROUP BY window_start, window_end${by.map((key) => `, ${flinkKey(key)}`).join('')}`,
      duckdb: `SELECT ${stamp('ws')}, ${stamp(`ws + INTERVAL ${size} SECOND`)}, ${[...by.map(duckKey), ...what.map((each) => each.duckdb)].join(', ')}
        FROM (SELECT *, time_bucket(INTERVAL ${slide} SECOND, ts) - INTERVAL (i * ${slide}) SECOND AS ws
          FROM t, range(${(size ?? 0) / (slide ?? 1)}) AS r(i))
        WHERE ${filter} GROUP BY ws${by.map((key) => `, ${key}`).join('')}`,
    };
  });

const sessions: fc.Arbitrary<Query> = fc.tuple(parts, fc.constantFrom(1, 2, 5)).map(([{ by, what, filter }, gap]) => {
  const partition = by.length === 0 ? '' : `PARTITION BY (${by.map(flinkKey).join(', ')})`;
  const over = `${by.length === 0 ? '' : `PARTITION BY ${by.join(', ')}`} ORDER BY ts`;
  return {
    flink: `WITH kept AS (SELECT * FROM t WHERE ${filter}) SELECT window_start, window_end, ${[...by.map(flinkKey), ...what.map(({ flink }) => flink)].join(', ')}
        FROM SESSION(TABLE kept ${partition}, DESCRIPTOR(ts), INTERVAL '${gap}' SECOND)
        GROUP BY window_start, window_end${by.map((key) => `, ${flinkKey(key)}`).join('')}`,
    duckdb: `SELECT ${stamp('MIN(ts)')}, ${stamp(`MAX(ts) + INTERVAL ${gap} SECOND`)}, ${[...by.map(duckKey), ...what.map((each) => each.duckdb)].join(', ')}
        FROM (SELECT *, SUM(fresh) OVER (${over} ROWS UNBOUNDED PRECEDING) AS island
          FROM (SELECT *, CASE WHEN ts - LAG(ts) OVER (${over}) <= INTERVAL ${gap} SECOND THEN 0 ELSE 1 END AS fresh FROM t WHERE ${filter}))
        GROUP BY island${by.map((key) => `, ${key}`).join('')}`,
  };
});

const grouped: fc.Arbitrary<Query> = fc
  .tuple(parts, fc.constantFrom('', ' HAVING COUNT(*) > 2', ' HAVING MAX(v) < 1000'))
  .map(([{ by, what, filter }, having]) => {
    const group = (names: readonly string[]): string => (names.length === 0 ? '' : ` GROUP BY ${names.join(', ')}`);
    // Without keys and rows Flink sends nothing, SQL a row.
    const guard = by.length === 0 ? (having === '' ? ' HAVING COUNT(*) > 0' : `${having} AND COUNT(*) > 0`) : having;
    return {
      flink: `SELECT ${[...by.map(flinkKey), ...what.map(({ flink }) => flink)].join(', ')} FROM t WHERE ${filter}${group(by.map(flinkKey))}${having}`,
      duckdb: `SELECT ${[...by.map(duckKey), ...what.map((each) => each.duckdb)].join(', ')} FROM t WHERE ${filter}${group([...by])}${guard}`,
    };
  });

const ranked: fc.Arbitrary<Query> = fc
  .tuple(fc.constantFrom(1, 2, 3), fc.constantFrom('DESC', 'ASC'), fc.boolean())
  .map(([count, direction, isWindowed]) => {
    const from = isWindowed ? "TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)" : 't';
    const [start, group] = isWindowed
      ? ['window_start', 'window_start, window_end, k']
      : ["TIMESTAMP '2024-01-01 00:00:00.000'", 'k'];
    const partition = isWindowed ? 'PARTITION BY window_start, window_end ' : '';
    const bucket = isWindowed ? 'time_bucket(INTERVAL 10 SECOND, ts)' : "TIMESTAMP '2024-01-01'";
    return {
      flink: `SELECT ws, k, n, place FROM (SELECT *, ROW_NUMBER() OVER (${partition}ORDER BY n ${direction}, k) AS place
        FROM (SELECT ${start} AS ws${isWindowed ? ', window_start, window_end' : ''}, k, COUNT(*) AS n FROM ${from} GROUP BY ${group})) WHERE place <= ${count}`,
      duckdb: `SELECT ${stamp('ws')}, k::VARCHAR, n::VARCHAR, place::VARCHAR FROM
        (SELECT *, ROW_NUMBER() OVER (PARTITION BY ws ORDER BY n ${direction}, k NULLS FIRST) AS place
          FROM (SELECT ${bucket} AS ws, k, COUNT(*) AS n FROM t GROUP BY ALL)) WHERE place <= ${count}`,
    };
  });

const query = fc.oneof(windowed, sessions, grouped, ranked);
const sorted = (rows: readonly string[]): readonly string[] => rows.toSorted();

describe('queries over random rows', () => {
  test('answer as DuckDB does, where no row is late', { timeout: 1_200_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary(4000), query, async (rows, { flink, duckdb: duck }) => {
        const path = await tableOf([rows]);
        expect(sorted(await answer(flink, { path, delayMs: 5000 }))).toEqual(sorted(await duckAnswer(duck, path)));
        await rm(path, { recursive: true });
      }),
      { numRuns: runs },
    );
  });

  test('give the same rows in batches of any size, late rows and all', { timeout: 1_200_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary(9000),
        query,
        fc.integer({ min: 2, max: 9 }),
        fc.constantFrom(1, 1000, 4000),
        async (rows, { flink }, batchSize, delayMs) => {
          const path = await tableOf([rows]);
          const oneByOne = sorted(await answer(flink, { path, delayMs, batchSize: 1 }));
          expect(sorted(await answer(flink, { path, delayMs, batchSize }))).toEqual(oneByOne);
          expect(sorted(await answer(flink, { path, delayMs }))).toEqual(oneByOne);
          await rm(path, { recursive: true });
        },
      ),
      { numRuns: runs },
    );
  });

  test('give the same rows from any number of shards, where no row is late', { timeout: 1_200_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary(4000),
        query,
        fc.integer({ min: 2, max: 5 }),
        fc.array(fc.nat(4), { minLength: 1, maxLength: 9 }),
        async (rows, { flink }, count, choices) => {
          const shards = Array.from({ length: count }, (_, shard) =>
            rows.filter((_row, at) => (choices[at % choices.length] ?? 0) % count === shard),
          );
          const [whole, spread] = [await tableOf([rows]), await tableOf(shards)];
          const expected = sorted(await answer(flink, { path: whole, delayMs: 5000 }));
          expect(sorted(await answer(flink, { path: spread, delayMs: 5000 }))).toEqual(expected);
          await rm(whole, { recursive: true });
          await rm(spread, { recursive: true });
        },
      ),
      { numRuns: runs },
    );
  });
});
