import { expect, test } from 'vitest';
import { DiagnosticError } from '../src/diagnostics/diagnostic.ts';
import type { LookupTableCache } from '../src/library/lookup-table.ts';
import { Tidemark } from '../src/library/tidemark.ts';
import { ManualClock } from '../src/runtime/clock.ts';

interface Order {
  readonly id: number;
  readonly item: string | null;
}

/** Orders joined with prices that a function gives; each answer is a row of the result, in order. */
async function joined(
  orders: Iterable<Order>,
  lookup: (key: { readonly item: string | null }) => unknown,
  options: {
    readonly cache?: LookupTableCache;
    readonly maxRetries?: number;
    readonly hint?: string;
    readonly type?: 'JOIN' | 'LEFT JOIN';
    readonly settings?: Readonly<Record<string, string>>;
    readonly clock?: ManualClock;
  } = {},
): Promise<readonly string[]> {
  const { cache, maxRetries, hint = '', type = 'LEFT JOIN', settings, clock } = options;
  await using tide = await Tidemark.open({ settings, clock });
  tide.table('orders', orders, { columns: { id: 'INT', item: 'STRING' } });
  tide.lookupTable('prices', {
    columns: { item: 'STRING', price: 'INT' },
    key: ['item'],
    lookup: lookup as (key: { readonly item: string | null }) => null,
    cache,
    maxRetries,
  });
  const found: string[] = [];
  const query = tide.query<{ id: number; price: number | null }>(
    `SELECT ${hint} o.id, p.price FROM (SELECT *, PROCTIME() AS now FROM orders) AS o
     ${type} prices FOR SYSTEM_TIME AS OF o.now AS p ON o.item = p.item`,
  );
  for await (const { row } of query) found.push(`${row.id} ${String(row.price)}`);
  return found;
}

const orders: readonly Order[] = ['tea', 'cake', null, 'tea', 'salt'].map((item, id) => ({ id, item }));

test('a lookup is awaited, its rows come in the order of the left ones, and equal keys are asked for once', async () => {
  const asked: unknown[] = [];
  const delays: Record<string, number> = { tea: 8, cake: 1, salt: 3 };
  const lookup = async ({ item }: { item: string | null }) => {
    asked.push(item);
    await new Promise((resolve) => setTimeout(resolve, delays[item ?? ''] ?? 0));
    if (item === 'salt') return null;
    return item === 'tea' ? [10, 11].map((price) => ({ item, price })) : { item, price: 20 };
  };
  expect(await joined(orders, lookup)).toEqual(['0 10', '0 11', '1 20', '2 null', '3 10', '3 11', '4 null']);
  expect(asked).toEqual(['tea', 'cake', 'salt']);
  expect(await joined(orders, lookup, { type: 'JOIN' })).toEqual(['0 10', '0 11', '1 20', '3 10', '3 11']);
});

test('so it is with a row at a time, but for what is asked', async () => {
  let asked = 0;
  const lookup = ({ item }: { item: string | null }) => {
    asked++;
    return { item, price: item?.length };
  };
  const settings = { 'tidemark.batch-size': '1' };
  const expected = ['0 3', '1 4', '2 null', '3 3', '4 4'];
  expect(await joined(orders, lookup, { settings })).toEqual(expected);
  expect(asked).toBe(4);
  asked = 0;
  expect(await joined(orders, lookup, { settings, cache: {} })).toEqual(expected);
  expect(asked).toBe(3);
  asked = 0;
  // One key is kept: the cake puts the tea out.
  expect(await joined(orders, lookup, { settings, cache: { maxRows: 1 } })).toEqual(expected);
  expect(asked).toBe(4);
});

test('a key without rows is kept too, unless it may not be', async () => {
  const asked: unknown[] = [];
  const lookup = ({ item }: { item: string | null }) => {
    asked.push(item);
    return [];
  };
  const settings = { 'tidemark.batch-size': '1' };
  await joined(orders, lookup, { settings, cache: { maxRows: 9 } });
  expect(asked).toEqual(['tea', 'cake', 'salt']);
  asked.length = 0;
  await joined(orders, lookup, { settings, cache: { maxRows: 9, missingKeys: false } });
  expect(asked).toEqual(['tea', 'cake', 'tea', 'salt']);
});

test('what was kept too long is asked for again', async () => {
  const clock = new ManualClock(1000);
  let price = 0;
  const lookup = ({ item }: { item: string | null }) => ({ item, price: ++price });
  function* slowly(): Generator<Order> {
    for (let id = 0; id < 6; id++) {
      yield { id, item: 'tea' };
      clock.advance(4);
    }
  }
  const settings = { 'tidemark.batch-size': '1' };
  const written = { settings, clock, cache: { expireAfterWrite: '10 ms' } };
  const first = await joined(slowly(), lookup, written);
  expect(first[0]).toBe('0 1');
  expect(price).toBeGreaterThan(1);
  expect(price).toBeLessThan(6);
  price = 0;
  // Each row sees it in time.
  expect(await joined(slowly(), lookup, { settings, clock, cache: { expireAfterAccess: '10 ms' } })).toEqual(
    Array.from({ length: 6 }, (_, id) => `${id} 1`),
  );
});

test('as many keys are asked for at a time as LOOKUP says', async () => {
  let open = 0;
  let most = 0;
  const many = Array.from({ length: 40 }, (_, id) => ({ id, item: `item ${id}` }));
  const lookup = async ({ item }: { item: string | null }) => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 1));
    open--;
    return { item, price: 1 };
  };
  expect(await joined(many, lookup, { hint: "/*+ LOOKUP('table' = 'p', 'capacity' = '7') */" })).toHaveLength(40);
  expect(most).toBe(7);
  most = 0;
  await joined(many, lookup, { hint: "/*+ LOOKUP('table' = 'p', 'async' = 'false') */" });
  expect(most).toBe(1);
});

test('a lookup that fails is tried again, and then fails the job with its key', async () => {
  let tries = 0;
  const flaky = ({ item }: { item: string | null }) => {
    if (++tries % 3 !== 0) throw new Error('the line is busy');
    return { item, price: 5 };
  };
  expect(await joined([{ id: 1, item: 'tea' }], flaky, { maxRetries: 2 })).toEqual(['1 5']);
  tries = 0;
  const failure = await joined([{ id: 1, item: 'tea' }], flaky, { maxRetries: 1 }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(DiagnosticError);
  const [diagnostic] = (failure as DiagnosticError).diagnostics;
  expect(diagnostic).toMatchObject({ code: 'F018', message: 'the lookup in "prices" failed: the line is busy' });
  expect(diagnostic?.notes[0]?.message).toBe('the key: item = tea');
});

test('a key without rows is asked for again as LOOKUP says, and an answer may come too late', async () => {
  let tries = 0;
  const later = ({ item }: { item: string | null }) => (++tries < 3 ? [] : { item, price: 5 });
  const retry = "'retry-predicate' = 'lookup_miss', 'retry-strategy' = 'fixed_delay', 'fixed-delay' = '1 ms'";
  const hint = (attempts: number) => `/*+ LOOKUP('table' = 'p', ${retry}, 'max-attempts' = '${attempts}') */`;
  expect(await joined([{ id: 1, item: 'tea' }], later, { hint: hint(2) })).toEqual(['1 5']);
  tries = 0;
  expect(await joined([{ id: 1, item: 'tea' }], later, { hint: hint(1) })).toEqual(['1 null']);
  const never = () => new Promise<never>(() => {});
  const timed = "/*+ LOOKUP('table' = 'p', 'timeout' = '5 ms') */";
  await expect(joined([{ id: 1, item: 'tea' }], never, { hint: timed, maxRetries: 0 })).rejects.toThrow(/within 5 ms/);
});

test('rows of another key are no answer, and a value of another type fails with its row', async () => {
  expect(await joined([{ id: 1, item: 'tea' }], () => ({ item: 'cake', price: 5 }))).toEqual(['1 null']);
  await expect(joined([{ id: 1, item: 'tea' }], () => ({ item: 'tea', price: 'much' }))).rejects.toThrow(/"price"/);
});

test('a table that is looked up is not read, and is joined by its key', async () => {
  await using tide = await Tidemark.open();
  tide.table('orders', orders, { columns: { id: 'INT', item: 'STRING' } });
  tide.lookupTable('prices', {
    columns: { item: 'STRING', price: 'INT' },
    key: ['item'],
    lookup: ({ item }) => ({ item, price: 1 }),
  });
  const rowsOf = async (sql: string): Promise<number> => {
    let count = 0;
    for await (const _ of tide.query(sql)) count++;
    return count;
  };
  await expect(rowsOf('SELECT * FROM prices')).rejects.toThrow(/looked up by a key/);
  await expect(
    rowsOf(`SELECT o.id FROM (SELECT *, PROCTIME() AS now FROM orders) AS o
      JOIN prices FOR SYSTEM_TIME AS OF o.now AS p ON o.id = p.price`),
  ).rejects.toThrow(/asked for rows by "item"/);
});

test('a job that waits for a lookup can be stopped', async () => {
  const tide = await Tidemark.open();
  tide.table('orders', orders, { columns: { id: 'INT', item: 'STRING' } });
  let isAsked = (): void => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  tide.lookupTable('prices', {
    columns: { item: 'STRING', price: 'INT' },
    key: ['item'],
    lookup: () => {
      isAsked();
      return new Promise<never>(() => {});
    },
  });
  const [job] = await tide.execute(`CREATE TABLE nowhere (id INT, price INT) WITH ('connector' = 'blackhole');
    INSERT INTO nowhere SELECT o.id, p.price FROM (SELECT *, PROCTIME() AS now FROM orders) AS o
    JOIN prices FOR SYSTEM_TIME AS OF o.now AS p ON o.item = p.item`);
  await asked;
  await tide.close();
  expect((await job?.done)?.outcome).toBe('cancelled');
});
