import { expect, test } from 'vitest';
import { planText } from '../support/plans/plan-text.ts';
import { tables } from './tables.ts';

test('projections over each other are one, and one that changes nothing is none', async () => {
  expect(
    await planText(`${tables} SELECT y + 1 AS z FROM (SELECT a + b AS y, c FROM (SELECT * FROM plain))`),
  ).toBe(`result [I]
└─ project ((a + b) + 1) AS z  [I]
   └─ scan plain: a, b  [I]`);
  expect(await planText(`${tables} SELECT * FROM (SELECT a, b, c FROM plain)`)).toBe(`result [I]
└─ scan plain: a, b, c  [I]`);
});

test('a random value is drawn once a row, also where two columns read it', async () => {
  expect(
    await planText(`${tables} SELECT r + 1 AS x, r + 2 AS y FROM (SELECT RAND() AS r FROM plain)`),
  ).toBe(`result [I]
└─ project (r + 1) AS x, (r + 2) AS y  [I]
   └─ project RAND() AS r  [I]
      └─ scan plain: no columns  [I]`);
});
