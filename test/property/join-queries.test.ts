import fc from 'fast-check';
import { test } from 'vitest';
import { Beside, condition, plainCondition, rows, ways } from '../support/queries/random-tables.ts';

/** Random joins, subqueries and set operations over three small tables with NULLs: the rows that remain are DuckDB's. */

const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 600) / 10;
const join = fc.constantFrom('JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN');

const query = fc.oneof(
  fc
    .tuple(join, plainCondition('a', 'b'), condition('a', 'b'))
    .map(([kind, on, where]) => `SELECT a.x, a.y, b.z FROM a ${kind} b ON ${on} WHERE ${where}`),
  condition('a', 'b').map((where) => `SELECT a.x, b.y, a.z FROM a, b WHERE ${where} AND a.x = b.x`),
  condition('a', 'a').map((value) => `SELECT a.x, ${value} AS p FROM a`),
  fc
    .constantFrom('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'INTERSECT ALL', 'EXCEPT ALL')
    .map((operator) => `SELECT x, y FROM a ${operator} SELECT y, z FROM b`),
  fc.tuple(join, join, plainCondition('a', 'd')).map(([first, second, where]) => {
    return `SELECT a.x, b.x AS bx, d.z FROM a ${first} b ON a.x = b.x ${second} c d ON b.y = d.y WHERE ${where}`;
  }),
);

test('a query of joins and subqueries is answered as by DuckDB, whatever the batches and with the optimizer on and off', async () => {
  const beside = await Beside.open();
  await fc.assert(
    fc.asyncProperty(fc.tuple(rows, rows, rows), query, ways, (tables, sql, settings) =>
      beside.expectEqual(tables, sql, settings),
    ),
    { numRuns, seed: 6 },
  );
}, 600_000);
