import { describe, expect, test } from 'vitest';
import { planText } from '../support/plans/plan-text.ts';
import { tables } from './tables.ts';

/** The kinds of nodes from the sink down, each with its condition where it is a filter. */
async function shape(sql: string): Promise<string[]> {
  const text = await planText(`${tables} ${sql}`);
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/^[ │├└─]*/, '').replace(/ {2}\[.*$/, ''))
    .map((line) => (line.startsWith('filter') ? line : (line.split(/[ :]/)[0] ?? '')));
}

describe('filters go down', () => {
  test('through projections and views, by what their columns are, and become one', async () => {
    expect(
      await shape(
        `SELECT y FROM (SELECT x + 1 AS y FROM (SELECT a * 2 AS x, b FROM plain WHERE b > 1) WHERE x > 2) WHERE y < 9`,
      ),
    ).toEqual(['project', 'filter (((b > 1) AND ((a * 2) > 2)) AND (((a * 2) + 1) < 9))', 'scan']);
  });

  test('to each side of UNION ALL', async () => {
    expect(await shape('SELECT * FROM (SELECT a FROM plain UNION ALL SELECT a + 1 FROM flags) WHERE a > 3')).toEqual([
      ...['union', 'filter (a > 3)', 'scan'],
      ...['project', 'filter ((a + 1) > 3)', 'scan'],
    ]);
  });

  test('through a window function, not below the watermark', async () => {
    expect(
      await shape(`SELECT window_start, name FROM TUMBLE(TABLE hits, DESCRIPTOR(ts), INTERVAL '1' HOUR)
             WHERE status = 404 AND window_start > TIMESTAMP '2024-01-01 00:00:00'`),
    ).toEqual([
      'project',
      'filter (window_start > 1704067200000)',
      'window',
      'filter (status = 404)',
      'watermark',
      'scan',
    ]);
  });

  test('below a window aggregate by its keys alone', async () => {
    expect(
      await shape(`SELECT * FROM (SELECT status, COUNT(*) AS n FROM TUMBLE(TABLE hits, DESCRIPTOR(ts), INTERVAL '1' HOUR)
             GROUP BY window_start, window_end, status) WHERE status > 399 AND n > 5`),
    ).toEqual(['project', 'filter (COUNT > 5)', 'window', 'filter (status > 399)', 'watermark', 'scan']);
  });

  test('below a group aggregate by its keys alone', async () => {
    expect(await shape('SELECT a, COUNT(*) AS n FROM plain GROUP BY a HAVING a > 1 AND COUNT(*) > 2')).toEqual([
      ...['project', 'filter (COUNT > 2)', 'aggregate', 'filter (a > 1)', 'scan'],
    ]);
  });

  test('below Top-N by what it is partitioned by', async () => {
    const ranked = 'SELECT *, ROW_NUMBER() OVER (PARTITION BY c ORDER BY b DESC) AS rn FROM plain';
    expect(await shape(`SELECT * FROM (SELECT a, c FROM (${ranked}) WHERE rn <= 3) WHERE c = 'x' AND a > 1`)).toEqual([
      ...['project', 'filter (a > 1)', 'top-n', "filter (c = 'x')", 'scan'],
    ]);
  });
});

describe('filters stay', () => {
  test('above a session window, whose rows hold each other together, but for its partition', async () => {
    expect(
      await shape(`SELECT name FROM SESSION(TABLE hits PARTITION BY name, DESCRIPTOR(ts), INTERVAL '1' HOUR)
             WHERE status = 404 AND name <> 'x'`),
    ).toEqual(['project', 'filter (status = 404)', 'window', "filter (name <> 'x')", 'watermark', 'scan']);
  });

  test('above LIMIT', async () => {
    expect(await shape('SELECT * FROM (SELECT a FROM plain LIMIT 3) WHERE a > 1')).toEqual([
      ...['filter (a > 1)', 'limit', 'scan'],
    ]);
  });

  test('where they are not deterministic, or look at what is not, with what might fail behind them', async () => {
    expect(
      await shape('SELECT x FROM (SELECT RAND() AS x, a, b FROM plain) WHERE x > 0.5 AND 1 / a > 0 AND b = 2'),
    ).toEqual([...['project', 'filter ((x > 0.5) AND ((1 / a) > 0))', 'project', 'filter (b = 2)', 'scan']]);
  });

  test('above what another statement reads too', async () => {
    expect(
      await shape(
        'WITH t AS (SELECT a, COUNT(*) AS n FROM plain GROUP BY a) SELECT * FROM t WHERE a > 1 UNION ALL SELECT * FROM t',
      ),
    ).toContain('filter (a > 1)');
  });
});
