import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import { Memory } from '../../src/memory/memory.ts';

/** Random joins, subqueries and set operations over three small tables with NULLs: the rows that remain are DuckDB's. */

const memory = Memory.create();
const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
const numRuns = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 600) / 10;

const names = ['a', 'b', 'c'] as const;
const cell = fc.option(fc.nat(4), { nil: null });
const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 7 });

function viewOf(name: string, list: readonly (readonly (number | null)[])[]): string {
  const values = list.map((row) => `(${row.map((value) => value ?? 'CAST(NULL AS INT)').join(', ')})`);
  return `CREATE VIEW ${name} AS SELECT * FROM (VALUES ${values.join(', ')}) AS t(x, y, z)`;
}

const column = fc.constantFrom('x', 'y', 'z');
const comparison = fc.constantFrom('=', '=', '<', '>=', '<>');
const join = fc.constantFrom('JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN');

/** A condition over a row of each of two tables, without subqueries. */
function plainCondition(a: string, b: string): fc.Arbitrary<string> {
  const { tree } = fc.letrec<{ tree: string; leaf: string }>((tie) => ({
    leaf: fc.oneof(
      fc.tuple(column, comparison, column).map(([own, test, other]) => `${a}.${own} ${test} ${b}.${other}`),
      fc.tuple(column, comparison, fc.nat(4)).map(([own, test, value]) => `${a}.${own} ${test} ${value}`),
      fc.tuple(column, fc.constantFrom('', 'NOT ')).map(([own, not]) => `${b}.${own} IS ${not}NULL`),
    ),
    tree: fc.oneof(
      { maxDepth: 2 },
      tie('leaf'),
      fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => `(${left} AND ${right})`),
      fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => `(${left} OR ${right})`),
      tie('tree').map((inner) => `NOT (${inner})`),
    ),
  }));
  return tree;
}

/** A condition that asks a subquery over the third table. */
function subquery(a: string, b: string): fc.Arbitrary<string> {
  const not = fc.constantFrom('', 'NOT ');
  const some = fc.constantFrom(`c.z > 1`, `c.y = ${b}.y`, 'c.x > 9');
  return fc.oneof(
    fc
      .tuple(column, not, column, some)
      .map(([own, no, other, where]) => `${a}.${own} ${no}IN (SELECT ${other} FROM c WHERE ${where})`),
    fc
      // In DuckDB, <> within a correlated EXISTS meets NULL.
      .tuple(not, fc.constantFrom('=', '<', '>='))
      .map(([no, test]) => `${no}EXISTS (SELECT 1 FROM c WHERE c.x = ${a}.x AND c.z ${test} ${a}.y)`),
    fc
      .tuple(comparison, fc.constantFrom('MAX', 'MIN', 'COUNT', 'SUM'))
      .map(([test, aggregate]) => `${a}.z ${test} (SELECT ${aggregate}(z) FROM c WHERE c.x = ${b}.x)`),
    fc
      .tuple(comparison, fc.constantFrom('ALL', 'ANY'))
      .map(([test, range]) => `${a}.y ${test} ${range} (SELECT z FROM c WHERE c.x = ${a}.x)`),
  );
}

function condition(a: string, b: string): fc.Arbitrary<string> {
  return fc.oneof(
    plainCondition(a, b),
    subquery(a, b),
    fc.tuple(subquery(a, b), plainCondition(a, b)).map(([left, right]) => `(${left} OR ${right})`),
    fc.tuple(subquery(a, b), subquery(a, b)).map(([left, right]) => `(${left} AND ${right})`),
  );
}

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

/** The rows that remain, sorted. */
async function answer(script: string, settings: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const engine = new Engine({ memory, settings });
  const counts = new Map<string, number>();
  for await (const event of engine.run(new SourceText('q.sql', script))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics.map(({ message }) => message).join('\n'));
    if (event.kind !== 'rows') continue;
    for (const { kind, values } of event.rows) {
      const text = values.map((value) => String(value).toLowerCase()).join('|');
      counts.set(text, (counts.get(text) ?? 0) + (kind === '+I' || kind === '+U' ? 1 : -1));
    }
  }
  engine.close();
  return [...counts]
    .flatMap(([text, count]) => (count < 0 ? [`${text} too often`] : Array<string>(count).fill(text)))
    .sort();
}

test('a query of joins and subqueries is answered as by DuckDB, whatever the batches and with the optimizer on and off', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(rows, rows, rows),
      query,
      fc.constantFrom('1', '3', '8192'),
      fc.constantFrom('on', 'off'),
      async (tables, sql, batchSize, optimizer) => {
        const views = tables.map((list, at) => viewOf(names[at] ?? '', list));
        for (const [at, view] of views.entries()) {
          await duckdb.run(`DROP VIEW IF EXISTS ${names[at]}`);
          await duckdb.run(view);
        }
        const reader = await duckdb.runAndReadAll(sql);
        const expected = reader.getRows().map((row) => row.map(String).join('|'));
        const settings = { 'tidemark.batch-size': batchSize, 'tidemark.optimizer': optimizer };
        expect(await answer([...views, sql].map((text) => `${text};`).join('\n'), settings)).toEqual(expected.sort());
      },
    ),
    { numRuns, seed: 6 },
  );
}, 600_000);
