import { expect, test } from 'vitest';
import { operatorsOf } from '../support/operators/operators-of.ts';

const tables = `
  CREATE TABLE a (k INT, v INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
  CREATE TABLE b (k INT, v INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
  CREATE TABLE c (k INT, v INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'json');
  CREATE TABLE changes (k INT, v INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'debezium-json');
`;

/** The joins of a query over three inputs, and how many each has. */
function joins(from: string, settings: Readonly<Record<string, string>> = {}): readonly string[] {
  return operatorsOf(tables, `SELECT 1 FROM ${from}`, settings).flatMap(({ work, inputs }) =>
    work.kind === 'join' || work.kind === 'multi-join' ? [`${work.kind} of ${inputs.length}`] : [],
  );
}

const each = ['join of 2', 'join of 2'];

test.each([
  'a JOIN b ON a.k = b.k JOIN c ON c.k = a.k',
  'a JOIN b ON a.k = b.k JOIN c ON c.k = b.k',
  'a JOIN b ON a.k = b.k JOIN c ON c.k = a.k AND c.v > a.v',
  'a JOIN b ON a.k = b.k AND a.v = b.v JOIN c ON c.k = b.k AND c.v = a.v',
  'a JOIN b ON a.k + 1 = b.k JOIN c ON c.k * 2 = b.k',
])('joined by one key, as one: %s', (from) => {
  expect(joins(from)).toEqual(['multi-join of 3']);
});

test.each([
  ['by another key', 'a JOIN b ON a.k = b.k JOIN c ON c.v = a.v'],
  ['by a part of the key', 'a JOIN b ON a.k = b.k AND a.v = b.v JOIN c ON c.k = b.k'],
  ['with a condition that leaves pairs out', 'a JOIN b ON a.k = b.k AND a.v < b.v JOIN c ON c.k = a.k'],
  ['where NULL meets NULL', 'a JOIN b ON a.k IS NOT DISTINCT FROM b.k JOIN c ON c.k = a.k'],
  ['where rows may have no partner', 'a LEFT JOIN b ON a.k = b.k JOIN c ON c.k = a.k'],
  ['where rows are taken back', 'a JOIN b ON a.k = b.k JOIN changes c ON c.k = a.k'],
])('one by one: %s', (_, from) => {
  expect(joins(from)).toEqual(each);
});

test('one by one: where rows are kept for a time', () => {
  const from = 'a JOIN b ON a.k = b.k JOIN c ON c.k = a.k';
  expect(joins(from, { 'table.exec.state.ttl': '1 h' })).toEqual(each);
});
