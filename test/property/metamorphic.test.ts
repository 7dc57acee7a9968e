import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answer, condition, rows, scriptOf, type Tables, type Ways, ways } from '../support/queries/random-tables.ts';

/** Queries that must agree with each other, whatever they answer. */

const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 600) / 100;

/** What a condition over `a` and `b` can filter. */
const from = fc.constantFrom(
  'a JOIN b ON a.x = b.x',
  'a LEFT JOIN b ON a.y = b.y',
  'a FULL JOIN b ON a.x = b.y',
  '(SELECT DISTINCT x, y, z FROM a) a CROSS JOIN (SELECT x, y, CAST(COUNT(*) AS INT) AS z FROM b GROUP BY x, y) b',
);
const inputs = fc.tuple(rows, rows, rows);

function check(
  holds: (run: (sql: string) => Promise<readonly string[]>, source: string, test: string) => Promise<void>,
): Promise<void> {
  return fc.assert(
    fc.asyncProperty(inputs, from, condition('a', 'b'), ways, (tables: Tables, source, test, settings: Ways) =>
      holds((sql) => answer(scriptOf(tables, sql), settings), source, test),
    ),
    { numRuns, seed: 9 },
  );
}

test('the rows for which a condition is TRUE, FALSE and UNKNOWN are all rows', async () => {
  await check(async (run, source, test) => {
    const select = `SELECT a.x, a.y, a.z, b.x AS bx, b.z AS bz FROM ${source}`;
    const parts = [];
    for (const part of [`(${test})`, `NOT (${test})`, `(${test}) IS UNKNOWN`])
      parts.push(...(await run(`${select} WHERE ${part}`)));
    expect(parts.sort()).toEqual(await run(select));
  });
}, 600_000);

test('a condition keeps as many rows as there are for which it is TRUE as a value', async () => {
  await check(async (run, source, test) => {
    const kept = await run(`SELECT a.x FROM ${source} WHERE ${test}`);
    const values = await run(`SELECT (${test}) IS TRUE AS p FROM ${source}`);
    expect(kept.length).toBe(values.filter((value) => value === 'true').length);
  });
}, 600_000);

test('a join with no rows pads what it must, and else gives none', async () => {
  await check(async (run, source, test) => {
    const some = `(SELECT a.x, a.y, b.z FROM ${source} WHERE ${test}) s`;
    const none = '(SELECT * FROM c WHERE x < 0) e';
    const padded = (await run(`SELECT s.x, s.y, s.z FROM ${some}`)).map((row) => `${row}|null`);
    expect(await run(`SELECT s.x, s.y, s.z, e.x AS ex FROM ${some} LEFT JOIN ${none} ON s.x = e.x`)).toEqual(padded);
    expect(await run(`SELECT s.x, s.y, s.z, e.x AS ex FROM ${some} JOIN ${none} ON s.x = e.x`)).toEqual([]);
  });
}, 600_000);
