import { expect, test } from 'vitest';
import { planText } from '../support/plans/plan-text.ts';
import { tables } from './tables.ts';

test('a subquery that is written twice is computed once, whatever its columns are called outside', async () => {
  const counts = 'SELECT a, COUNT(*) AS n FROM plain WHERE b > 1 GROUP BY a';
  expect(await planText(`${tables} SELECT n, a FROM (${counts}) UNION ALL SELECT n + 1, a FROM (${counts})`)).toBe(
    `result [I,UB,UA,D]
└─ union all  [I,UB,UA,D]
   ├─ project n, a  [I,UB,UA]
   │  └─ project a, COUNT AS n  [I,UB,UA]  #1
   │     └─ aggregate by a: COUNT(*)   keeps: one row a key, for ever  [I,UB,UA]
   │        └─ filter (b > 1)  [I]
   │           └─ scan plain: a, b  [I]
   └─ project (n + 1) AS n, a  [I,UB,UA]
      └─ #1 reused`,
  );
});

test('the statements of a set share what they read, up to where they differ', async () => {
  const sinks = `
    CREATE TABLE x (name STRING, n BIGINT) WITH ('connector' = 'blackhole');
    CREATE TABLE y (name STRING, n BIGINT) WITH ('connector' = 'blackhole');`;
  const hourly = (where: string): string =>
    `SELECT name, COUNT(*) FROM TUMBLE(TABLE hits, DESCRIPTOR(ts), INTERVAL '1' HOUR) WHERE ${where}
     GROUP BY window_start, window_end, name`;
  const set = `EXECUTE STATEMENT SET BEGIN
    INSERT INTO x ${hourly('status = 200')};
    INSERT INTO y ${hourly('status = 200')};
    INSERT INTO y ${hourly('status = 404')};
  END`;
  expect(await planText(`${tables} ${sinks} ${set}`)).toBe(
    `sink x [I]
└─ project name, COUNT AS n  [I]  #1
   └─ window aggregate TUMBLE(ts, 1 h) by name: COUNT(*)   keeps: one row an open window and key, until the watermark passes the window's end  [I]
      └─ filter (status = 200)  [I]
         └─ watermark ts AS (ts - 60000)  [I]  #2
            └─ scan hits: status, name, ts  [I]

sink y [I]
└─ #1 reused

sink y [I]
└─ project name, COUNT AS n  [I]
   └─ window aggregate TUMBLE(ts, 1 h) by name: COUNT(*)   keeps: one row an open window and key, until the watermark passes the window's end  [I]
      └─ filter (status = 404)  [I]
         └─ #2 reused`,
  );
});

test('one that is not deterministic is shared too, as by Flink', async () => {
  expect(await planText(`${tables} SELECT RAND() AS r FROM plain UNION ALL SELECT RAND() FROM plain`)).toBe(
    `result [I]
└─ union all  [I]
   ├─ project RAND() AS r  [I]  #1
   │  └─ scan plain: no columns  [I]
   └─ #1 reused`,
  );
});
