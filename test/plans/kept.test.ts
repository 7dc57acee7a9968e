import { expect, test } from 'vitest';
import { planText } from '../support/plans/plan-text.ts';

const tables = `
  CREATE TABLE clicks (ts TIMESTAMP(3), k STRING, v INT, p AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
  CREATE TABLE orders (ts TIMESTAMP(3), k STRING, v INT, WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
  CREATE TABLE changes (id INT, k STRING, v INT, PRIMARY KEY (id) NOT ENFORCED)
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'debezium-json');
  CREATE TABLE by_v (id INT, k STRING, v INT, PRIMARY KEY (v) NOT ENFORCED) WITH ('connector' = 'blackhole');
  CREATE TABLE versions (k STRING, v INT, ts TIMESTAMP(3), PRIMARY KEY (k) NOT ENFORCED, WATERMARK FOR ts AS ts)
    WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'debezium-json');
`;
const hours = "TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' HOUR)";
const hour = "INTERVAL '1' HOUR";

function ranked(table: string, order: string, n: number): string {
  return `SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ${order}) AS n FROM ${table}) WHERE n <= ${n}`;
}

function over(order: string, frame: string): string {
  return `SELECT SUM(v) OVER (PARTITION BY k ORDER BY ${order} ${frame}) FROM clicks`;
}

/** What the steps keep that keep something, the last one first. */
async function kept(query: string): Promise<readonly string[]> {
  const plan = await planText(`${tables} ${query};`);
  return [...plan.matchAll(/ {3}keeps: (.*?) {1,2}(?:\[|#|\S+Mode)/g)].map(([, text]) => text ?? '');
}

test.each([
  ['SELECT k, v + 1 FROM clicks WHERE v > 1', []],
  ['SELECT DISTINCT k FROM clicks', ['one row a key, for ever']],
  ['SELECT COUNT(*) FROM clicks', ['one row, for ever']],
  [
    `SELECT k, COUNT(*) FROM ${hours} GROUP BY k, window_start, window_end`,
    ["one row an open window and key, until the watermark passes the window's end"],
  ],
  [
    `SELECT COUNT(*) FROM HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE, ${hour}) GROUP BY window_start, window_end`,
    ["one row a slice of open windows, until the watermark passes its last window's end"],
  ],
  [
    `SELECT k, COUNT(*) FROM SESSION(TABLE clicks PARTITION BY k, DESCRIPTOR(p), ${hour}) GROUP BY k, window_start, window_end`,
    ['one row an open session and key, until the clock passes its end'],
  ],
  [
    `SELECT * FROM SESSION(TABLE clicks PARTITION BY k, DESCRIPTOR(ts), ${hour})`,
    ['the rows of open sessions, until the watermark passes their end'],
  ],
  [ranked('clicks', 'v', 3), ['the first 3 rows a key, for ever']],
  [ranked('changes', 'v', 3), ['all rows a key, for ever']],
  [
    ranked('(SELECT k, COUNT(*) AS v FROM clicks GROUP BY k)', 'v DESC', 1),
    ['the first row a key, for ever', 'one row a key, for ever'],
  ],
  [ranked('clicks', 'ts', 1), ['rows, until the watermark passes their time; the keys, for ever']],
  [ranked('clicks', 'ts DESC', 1), ['one row a key, for ever']],
  ['SELECT * FROM clicks LIMIT 3', ['a count of rows']],
  ['SELECT * FROM changes LIMIT 3', ['all rows, for ever']],
  ['SELECT * FROM clicks ORDER BY ts', ['rows, until the watermark passes their time']],
  [
    over('ts', `RANGE BETWEEN ${hour} PRECEDING AND CURRENT ROW`),
    ['rows, until the watermark passes their time; those of the last 1 h'],
  ],
  [over('p', 'ROWS BETWEEN 2 PRECEDING AND CURRENT ROW'), ['3 rows a partition, for ever']],
  [over('ts', ''), ['rows, until the watermark passes their time; one row a partition, for ever']],
  [over('v', ''), ['all rows, for ever']],
  ['SELECT * FROM clicks a JOIN orders b ON a.k = b.k', ['the rows of both sides, for ever']],
  [
    "SELECT /*+ STATE_TTL('a' = '1h') */ * FROM clicks a JOIN orders b ON a.k = b.k",
    ['the left rows, until not written for 1 h; the right rows, for ever'],
  ],
  [
    `SELECT * FROM clicks a JOIN orders b ON a.k = b.k AND a.ts BETWEEN b.ts - ${hour} AND b.ts`,
    [
      'the left rows, until the watermark passes their time by 1 h; the right rows, until the watermark passes their time',
    ],
  ],
  [
    'SELECT * FROM clicks a JOIN versions FOR SYSTEM_TIME AS OF a.ts b ON a.k = b.k',
    [
      'the left rows, until the watermark passes their time; of each key of the right side the version in force and later ones',
    ],
  ],
  ['INSERT INTO by_v SELECT * FROM changes', ['the rows of each key of the table, for ever']],
])('%s', async (query, expected) => {
  expect(await kept(query)).toEqual(expected);
});

test('the time to live is said where it holds', async () => {
  const set = "SET 'table.exec.state.ttl' = '90 min';";
  const within = async (query: string): Promise<readonly string[]> => await kept(`${set} ${query}`);
  expect(await within(ranked('clicks', 'v', 3))).toEqual(['the first 3 rows a key, until not written for 90 min']);
  expect(await within(over('v', ''))).toEqual(['all rows, until no row comes to the partition for 90 min']);
  expect(await within('SELECT DISTINCT k FROM clicks')).toEqual(['one row a key, until no row comes to it for 90 min']);
  expect(await within('INSERT INTO by_v SELECT * FROM changes')).toEqual([
    'the rows of each key of the table, until not written for 90 min',
  ]);
});
