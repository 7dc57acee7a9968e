import { expect, test } from 'vitest';
import { planText } from '../support/plans/plan-text.ts';

const lines = "WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json')";

/** The scans of a plan. */
async function scans(sql: string): Promise<readonly string[]> {
  const text = await planText(`
    CREATE TABLE plain (a INT, b INT NOT NULL, c STRING) ${lines};
    CREATE TABLE files (id INT, who ROW<name STRING, home ROW<city STRING, zip INT>>) ${lines};
    CREATE TABLE hits (address STRING, status INT, size BIGINT, name STRING, ts TIMESTAMP(3),
      WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) ${lines};
    CREATE TABLE cells (a INT, b INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'csv');
    ${sql}`);
  return [...text.matchAll(/scan (.*?) {2}\[/g)].map(([, scan = '']) => scan);
}

test('what only rows that pass need is told to the scan', async () => {
  expect(await scans("SELECT a, b FROM plain WHERE c = 'x' AND b > 3")).toEqual([
    "plain: b, c; where c = 'x' AND b > 3 also a",
  ]);
  expect(await scans('SELECT who.name, who.home.zip FROM files WHERE 7 > id')).toEqual([
    'files: id; where id < 7 also who.name, who.home.zip',
  ]);
});

test('what a watermark reads, and a condition that is no comparison, is read in every row', async () => {
  expect(await scans('SELECT size, address, ts FROM hits WHERE status = 404 AND CHAR_LENGTH(name) > 3')).toEqual([
    'hits: status, name, ts; where status = 404 also address, size',
  ]);
});

test('a filter over what a projection computes tells nothing', async () => {
  expect(await scans('SELECT c FROM plain WHERE a + b = 3')).toEqual(['plain: a, b, c']);
});

test('rows that others read too are read whole', async () => {
  expect(await scans('SELECT c FROM plain WHERE a = 3 UNION ALL SELECT c FROM plain')).toEqual(['plain: a, c']);
});

test('an aggregate over all rows reads them all, also below a filter', async () => {
  expect(await scans('SELECT * FROM (SELECT a, SUM(b) AS s FROM plain GROUP BY a) WHERE s = 3')).toEqual([
    'plain: a, b',
  ]);
});

test('a decoder that makes no use of it is told nothing', async () => {
  expect(await scans('SELECT b FROM cells WHERE a = 3')).toEqual(['cells: a, b']);
});
