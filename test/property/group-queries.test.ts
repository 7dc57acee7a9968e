import fc from 'fast-check';
import { test } from 'vitest';
import { Beside, column, comparison, plainCondition, rows, ways } from '../support/queries/random-tables.ts';

/**
 * Random groups, grouping sets, rankings, OVERs and correlated aggregates over small tables with NULLs: the rows that
 * remain are DuckDB's. Where no row is left there is no global group on a stream, so that none is asked for.
 */

const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 600) / 20;

const aggregate = fc.oneof(
  fc.constant('COUNT(*)'),
  fc
    .tuple(fc.constantFrom('COUNT', 'SUM', 'MIN', 'MAX'), fc.constantFrom('', 'DISTINCT '), column)
    .map(([name, distinct, of]) => `${name}(${distinct}${of})`),
  fc.tuple(column, column, fc.nat(4)).map(([of, by, least]) => `SUM(${of}) FILTER (WHERE ${by} > ${least})`),
);
const aggregates = fc
  .array(aggregate, { minLength: 1, maxLength: 3 })
  .map((list) => list.map((text, at) => `${text} AS g${at}`).join(', '));
// A row of the own table stands on both sides of a condition.
const where = fc.option(
  plainCondition('a', 'a').map((text) => `WHERE ${text}`),
  { nil: '' },
);
const order = fc.constantFrom(
  'y NULLS FIRST, z NULLS FIRST',
  'y DESC NULLS LAST, z NULLS FIRST',
  'z DESC NULLS LAST, y DESC NULLS LAST',
);
const number = order.map((by) => `ROW_NUMBER() OVER (PARTITION BY x ORDER BY ${by})`);
const bound = fc.constantFrom('<= 1', '<= 2', 'BETWEEN 2 AND 3', '= 2');
const counts = 'SELECT x, COUNT(*) AS n FROM a GROUP BY x';

const query = fc.oneof(
  fc
    .tuple(aggregates, where, fc.option(fc.tuple(aggregate, comparison, fc.nat(5)), { nil: null }))
    .map(([list, filter, having]) => {
      return `SELECT x, ${list} FROM a ${filter} GROUP BY x ${having === null ? '' : `HAVING ${having.join(' ')}`}`;
    }),
  fc
    .tuple(
      aggregates,
      fc.constantFrom('ROLLUP (x, y)', 'CUBE (x, y)', 'GROUPING SETS ((x), (y), ())', 'GROUPING SETS ((x, y), (x))'),
    )
    .map(([list, sets]) => `SELECT x, y, GROUPING(x) AS gx, ${list} FROM a GROUP BY ${sets}`),
  where.map((filter) => `SELECT DISTINCT x, y FROM a ${filter}`),
  aggregates.map((list) => `SELECT ${list} FROM a`),
  fc.constantFrom('n', 'n + x').map((of) => `SELECT ${of} AS v, COUNT(*) AS m FROM (${counts}) GROUP BY ${of}`),
  fc.tuple(number, bound, where).map(([rank, test, filter]) => {
    return `SELECT x, y, z, rn FROM (SELECT x, y, z, ${rank} AS rn FROM a ${filter}) WHERE rn ${test}`;
  }),
  fc.tuple(number, bound).map(([rank, test]) => `SELECT x, y, z FROM a QUALIFY ${rank} ${test}`),
  fc.nat(3).map((most) => {
    return `SELECT x, n, rn FROM (SELECT x, n, ROW_NUMBER() OVER (ORDER BY n DESC, x NULLS FIRST) AS rn FROM (${counts})) WHERE rn <= ${most + 1}`;
  }),
  fc.tuple(fc.nat(3), fc.nat(2)).map(([limit, offset]) => {
    return `SELECT x, y, z FROM a ORDER BY z DESC NULLS LAST, x NULLS FIRST, y NULLS FIRST LIMIT ${limit + 1} OFFSET ${offset}`;
  }),
  fc
    .tuple(
      fc.constantFrom('SUM(z)', 'COUNT(*)', 'COUNT(z)', 'MIN(z)', 'MAX(z)'),
      fc.constantFrom('PARTITION BY x ', ''),
    )
    .map(([call, partition]) => `SELECT x, y, z, ${call} OVER (${partition}ORDER BY y NULLS FIRST) AS s FROM a`),
  fc
    .tuple(
      fc.constantFrom('COUNT', 'SUM', 'MIN', 'MAX'),
      fc.constantFrom('=', '<', '>='),
      fc.constantFrom('', ' AND b.x = a.x', ' AND b.x < a.z'),
    )
    .map(
      ([call, test, more]) => `SELECT a.x, a.y, (SELECT ${call}(b.z) FROM b WHERE b.y ${test} a.y${more}) AS s FROM a`,
    ),
  fc
    .tuple(fc.constantFrom('SUM', 'MIN', 'MAX'), fc.constantFrom('b.z + a.y', 'b.z * a.z'))
    .map(([call, value]) => `SELECT a.x, (SELECT ${call}(${value}) FROM b WHERE b.x = a.x) AS s FROM a`),
  fc
    .tuple(fc.constantFrom('', 'NOT '), fc.constantFrom('', 'NOT '), fc.constantFrom('=', '<', '>='))
    .map(([outer, inner, test]) => {
      const innermost = `SELECT 1 FROM c WHERE c.y = a.y AND c.z ${test} b.z`;
      return `SELECT x, y FROM a WHERE ${outer}EXISTS (SELECT 1 FROM b WHERE b.x = a.x AND ${inner}EXISTS (${innermost}))`;
    }),
);

test('a query of groups and rankings is answered as by DuckDB, whatever the batches and with the optimizer on and off', async () => {
  const beside = await Beside.open();
  await fc.assert(
    fc.asyncProperty(fc.tuple(rows, rows, rows), query, ways, (tables, sql, settings) =>
      beside.expectEqual(tables, sql, settings),
    ),
    { numRuns, seed: 8 },
  );
}, 600_000);
