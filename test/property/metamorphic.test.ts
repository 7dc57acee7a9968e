import fc from 'fast-check';
import { afterAll, describe, test } from 'vitest';
import { classes, type QueryClass, queryOf } from '../support/differential/classes.ts';
import { OurRows } from '../support/differential/our-rows.ts';
import { queriesMax, type World, worldPairs } from '../support/differential/random-world.ts';
import { relations } from '../support/differential/relations.ts';
import type { Query, Scope } from '../support/differential/scope.ts';
import { type Asked, transcriptOf } from '../support/differential/transcript-of.ts';

/** Random queries of all classes that must agree with each other, or with themselves otherwise run, whatever they answer. */

const queries = Number(process.env.TIDEMARK_FUZZ_RUNS ?? 3000) / 100;
const timeout = 1_200_000;
const ours = new OurRows();
afterAll(() => ours.close());

/** A pair of worlds, and the class of which queries over them are. */
const given = fc.oneof(
  ...Object.values(classes).map((each: QueryClass) => worldPairs(each.tables).map((pair) => ({ pair, each }))),
);

function check(holds: (pair: readonly [World, World], scope: Scope, query: Query) => Promise<void>): Promise<void> {
  return fc.assert(
    fc.asyncProperty(given, async ({ pair, each }) => {
      for (const bytes of pair[0].queries) {
        const { world, scope, query } = queryOf(pair[0], bytes, each);
        const view = world.tables.slice(pair[0].tables.length);
        await holds([world, { ...pair[1], tables: [...pair[1].tables, ...view] }], scope, query);
      }
    }),
    { numRuns: Math.ceil(queries / queriesMax) },
  );
}

describe('of a query of any class', () => {
  test.each(Object.entries(relations))('%s', { timeout }, async (_, relation) => {
    await check(async ([world], scope, query) => {
      const [whole, ...parts] = relation(scope, query);
      ours.write(world);
      const expected = await ours.of(world, whole.flink);
      const asked: Asked[] = [];
      for (const { flink } of parts) asked.push({ query: flink, rows: await ours.of(world, flink) });
      const together = asked.flatMap(({ rows }) => rows).sort();
      if (together.join('\n') === expected.join('\n')) return;
      throw new Error(transcriptOf(world, [{ query: whole.flink, rows: expected }, ...asked]));
    });
  });

  test('the rows are the same from other shards, in other batches, by another plan, and whatever was taken back', {
    timeout,
  }, async () => {
    await check(async (pair, _, { sql: { flink: query } }) => {
      const answers: string[] = [];
      for (const world of pair) {
        ours.write(world);
        answers.push((await ours.of(world, query)).join('\n'));
      }
      if (answers[0] === answers[1]) return;
      const shown = pair.map((world, at) => transcriptOf(world, [{ query, rows: answers[at]?.split('\n') ?? [] }]));
      throw new Error(shown.join('\n\n'));
    });
  });
});
