import { expect, test } from 'vitest';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { Engine } from '../../src/engine.ts';
import type { RowOrder } from '../../src/session/row-order.ts';

const plays = "(VALUES ('noor', 'quiz', 3), ('ilya', 'quiz', 5)) AS plays(player, game, points)";
const sums = `(SELECT game, player, SUM(points) AS score FROM ${plays} GROUP BY game, player)`;

/** How the answer's rows stand, as the last statement's header says. */
async function orderOf(sql: string): Promise<RowOrder | null | undefined> {
  let order: RowOrder | null | undefined;
  for await (const event of new Engine().run(new SourceText('test', sql))) {
    if (event.kind === 'refused') throw new Error(event.diagnostics[0]?.message);
    if (event.kind === 'answer') order = event.header.order;
  }
  return order;
}

const ascending = (column: number) => ({ column, descending: false, nullsFirst: true });

test('a ranking stands by its partitions and then by place, and its rows are told apart by what was ranked', async () => {
  const ranked = `SELECT *, ROW_NUMBER() OVER (PARTITION BY game ORDER BY score DESC) AS place FROM ${sums}`;
  expect(await orderOf(`SELECT place, player, game FROM (${ranked}) WHERE place <= 3`)).toEqual({
    keys: [ascending(2), ascending(0)],
    place: 0,
    identity: [2, 1],
  });
});

test('without its place it stands by what ranks, as far as that is shown', async () => {
  const limited = `FROM ${sums} ORDER BY score DESC, player LIMIT 2`;
  expect(await orderOf(`SELECT player, score ${limited}`)).toMatchObject({
    keys: [
      { column: 1, descending: true },
      { column: 0, descending: false },
    ],
    place: null,
    identity: null,
  });
});

test('what does not rank has no order', async () => {
  expect(await orderOf(`SELECT player, COUNT(*) FROM ${plays} GROUP BY player`)).toBeNull();
});
