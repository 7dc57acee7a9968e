import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import { BesideDuckdb } from './beside-duckdb.ts';
import { Choices } from './choices.ts';
import { type ClassName, classes, type QueryClass } from './classes.ts';
import { worlds } from './random-world.ts';
import { Scope } from './scope.ts';

/** Few by default; 20,000 in CI. A run takes some five milliseconds. */
const numRuns = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 25 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 5;

/** A test for each class: its random queries over random tables are answered as by DuckDB. */
export function expectAsDuckdb(...names: readonly ClassName[]): void {
  let beside: BesideDuckdb;
  beforeAll(async () => {
    beside = await BesideDuckdb.open();
  });
  afterAll(() => beside.close());

  test.each(names)('%s are answered as by DuckDB', { timeout: 1_200_000 }, async (name) => {
    const { maker, tables, nested }: QueryClass = classes[name];
    await fc.assert(
      fc.asyncProperty(worlds(tables), async (world) => {
        const scope = new Scope(new Choices(world.query), world.tables, nested);
        await beside.expectEqual(world, maker(scope).sql);
      }),
      { numRuns },
    );
  });
}
