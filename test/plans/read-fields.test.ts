import { expect, test } from 'vitest';
import { planText } from '../support/plans/plan-text.ts';
import { tables } from './tables.ts';

/** The scans of a plan. */
async function scans(sql: string): Promise<readonly string[]> {
  const text = await planText(`${tables} ${sql}`);
  return [...text.matchAll(/scan (.*?) {2}\[/g)].map(([, scan = '']) => scan);
}

test('a field is read alone, through computed columns, watermarks, views and windows', async () => {
  expect(
    await planText(`${tables}
      CREATE TABLE visits (
        who ROW<name STRING, home ROW<city STRING, zip INT>>, at_ ROW<ms BIGINT, zone STRING>,
        ts AS TO_TIMESTAMP_LTZ(at_.ms, 3), WATERMARK FOR ts AS ts
      ) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
      CREATE VIEW homes AS SELECT who.home AS home, ts FROM visits WHERE who.name <> 'x';
      SELECT home.city AS city, COUNT(*) AS n FROM TUMBLE(TABLE homes, DESCRIPTOR(ts), INTERVAL '1' HOUR)
      GROUP BY window_start, window_end, home.city`),
  ).toBe(`result [I]
└─ project $key2 AS city, COUNT AS n  [I]
   └─ window aggregate TUMBLE(ts, 1 h) by $key2: COUNT(*)   keeps: one row an open window and key, until the watermark passes the window's end  [I]
      └─ project ts, home.city AS $key2  [I]
         └─ filter (name <> 'x')  [I]
            └─ watermark ts AS ts  [I]
               └─ project TO_TIMESTAMP_LTZ(at_.ms, 3) AS ts, who.name AS name, who.home.city AS home.city  [I]
                  └─ scan visits: at_.ms, who.name; where who.name <> 'x' also who.home.city  [I]`);
});

test('a field inside another that is read is not read twice', async () => {
  expect(await scans('SELECT who.home, who.home.zip FROM files')).toEqual(['files: who.home']);
});

test('of a ROW that is read whole nothing is read apart', async () => {
  expect(await scans('SELECT who.name, who FROM files')).toEqual(['files: who']);
  expect(await scans('SELECT who.name FROM files WHERE who IS NOT NULL')).toEqual(['files: who']);
});

test('what is read under UNION ALL comes from each side as it can', async () => {
  expect(
    await scans("SELECT w.name FROM (SELECT who AS w FROM files UNION ALL SELECT ROW(c, ROW('b', 1)) FROM plain)"),
  ).toEqual(['files: who.name', 'plain: c']);
});

test('readers of one node get their fields from one scan', async () => {
  expect(await scans('SELECT who.name FROM files UNION ALL SELECT who.home.city FROM files')).toEqual([
    'files: who.home.city, who.name',
  ]);
});

test('a format that cannot read a part reads the whole', async () => {
  expect(
    await scans(`SELECT 1; CREATE TABLE lines (who ROW<name STRING, age INT>)
      WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'csv');
      SELECT who.name FROM lines`),
  ).toEqual(['lines: who']);
});
