import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import { type ClassName, classes, type QueryClass, queryOf } from './classes.ts';
import { DuckdbRows } from './duckdb-rows.ts';
import { OurRows } from './our-rows.ts';
import { queriesMax, worlds } from './random-world.ts';
import { difference } from './transcript-of.ts';

/** Few queries by default; 2,500 in CI. One takes some five milliseconds. */
const queries = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 24 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 40;

/** A test for each class: its random queries over random tables are answered as by DuckDB. */
export function expectAsDuckdb(...names: readonly ClassName[]): void {
  let duckdb: DuckdbRows;
  const ours = new OurRows();
  beforeAll(async () => {
    duckdb = await DuckdbRows.open();
  });
  afterAll(() => ours.close());

  test.each(names)('%s are answered as by DuckDB', { timeout: 1_200_000 }, async (name) => {
    const each: QueryClass = classes[name];
    await fc.assert(
      fc.asyncProperty(worlds(each.tables), async (given) => {
        ours.write(given);
        for (const bytes of given.queries) {
          const {
            world,
            query: { sql: query },
          } = queryOf(given, bytes, each);
          const [expected, got] = [await duckdb.of(world, query.duckdb), await ours.of(world, query.flink)];
          if (got.join('\n') !== expected.join('\n')) throw difference(world, query, got, expected);
        }
      }),
      { numRuns: queries / queriesMax },
    );
  });
}
