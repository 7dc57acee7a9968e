import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { fraudFiles } from '../queries/fraud/generate.ts';
import { type QueryAnswer, runQuery, sorted } from './support/queries/run-query.ts';
import { root } from './support/tidy/source-files.ts';

const folder = join(root, 'queries/fraud');

function run(name: string): Promise<QueryAnswer> {
  return runQuery(folder, name, (setup) => setup.replaceAll('queries/fraud/data', join(folder, 'data')));
}

function linesOf<Row>(file: string): Row[] {
  const lines = readFileSync(join(folder, 'data', file), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Row);
}

interface Login {
  readonly event_time: string;
  readonly ip: string;
  readonly user: string;
  readonly outcome: 'failed' | 'accepted';
  readonly times: number;
}

interface Payment {
  readonly id: number;
  readonly paid_at: string;
}

const msOf = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`);

test('the generated files are those of the generator', () => {
  for (const [name, text] of Object.entries(fraudFiles()))
    expect([name, readFileSync(join(folder, 'data', name), 'utf8')]).toEqual([name, text]);
});

describe('the logins', () => {
  const logins = linesOf<Login>('logins.ndjson');
  const failuresBefore = (login: Login): readonly Login[] =>
    logins.filter(
      ({ ip, outcome, event_time }) =>
        ip === login.ip &&
        outcome === 'failed' &&
        msOf(login.event_time) - msOf(event_time) <= 600_000 &&
        event_time <= login.event_time,
    );

  test('brute-force: every failure that has four or more before it in ten minutes', async () => {
    const { rows, summary } = await run('brute-force');
    const wanted = logins
      .filter(({ outcome }) => outcome === 'failed')
      .map((login) => ({ login, failures: failuresBefore(login).reduce((sum, { times }) => sum + times, 0) }))
      .filter(({ failures }) => failures >= 5)
      .map(({ login, failures }) => [`${login.event_time}.000`, login.ip, login.user, String(failures)]);
    expect(sorted(rows)).toEqual(sorted(wanted));
    expect(rows.length).toBeGreaterThan(300);
    expect(summary).toMatchObject({ events: 943, lateRows: 0 });
  });

  test('break-in: a success right behind three failures or more', async () => {
    const { rows } = await run('break-in');
    const wanted: string[][] = [];
    for (const ip of new Set(logins.map((login) => login.ip))) {
      let failures: Login[] = [];
      for (const login of logins.filter((each) => each.ip === ip)) {
        if (login.outcome === 'failed') {
          failures.push(login);
          continue;
        }
        const near = failures.filter(({ event_time }) => msOf(login.event_time) - msOf(event_time) < 600_000);
        failures = [];
        if (near.length < 3) continue;
        const sum = near.reduce((total, { times }) => total + times, 0);
        wanted.push([ip, `${near[0]?.event_time}.000`, String(sum), `${login.event_time}.000`, login.user]);
      }
    }
    expect(wanted.length).toBeGreaterThan(0);
    expect(sorted(rows)).toEqual(sorted(wanted));
  });
});

describe('the payments', () => {
  let duck: (sql: string) => Promise<string[][]>;
  const at = (column: string): string => `strftime(${column}, '%Y-%m-%d %H:%M:%S.%g')`;

  beforeAll(async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    duck = async (sql) => {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRows().map((row) => row.map((value) => (value === null ? 'NULL' : String(value))));
    };
    // A payment that comes behind the watermark, a minute behind the latest before it, is late for all queries.
    let latestMs = Number.NEGATIVE_INFINITY;
    const inTime = new Set<number>();
    for (const { id, paid_at } of linesOf<Payment>('payments.ndjson')) {
      if (msOf(paid_at) > latestMs - 60_000) inTime.add(id);
      latestMs = Math.max(latestMs, msOf(paid_at));
    }
    const read = (file: string, columns: string): string =>
      `read_json('${join(folder, 'data', file)}', format = 'newline_delimited', columns = ${columns})`;
    await connection.run(`
      CREATE TABLE payments AS SELECT DISTINCT * FROM ${read(
        'payments.ndjson',
        `{id: 'BIGINT', card: 'VARCHAR', paid_at: 'TIMESTAMP', amount: 'DECIMAL(10, 2)', merchant: 'VARCHAR', country: 'VARCHAR'}`,
      )} WHERE id IN (${[...inTime].join(', ')});
      CREATE TABLE devices AS SELECT * FROM ${read('devices.ndjson', `{card: 'VARCHAR', device: 'VARCHAR', seen_at: 'TIMESTAMP'}`)};
      CREATE TABLE limits AS SELECT * FROM ${read('limits.ndjson', `{card: 'VARCHAR', valid_from: 'TIMESTAMP', amount: 'DECIMAL(10, 2)'}`)};
      CREATE VIEW minutes AS SELECT unnest(range(TIMESTAMP '2024-03-01 07:50:00', TIMESTAMP '2024-03-01 21:00:00', INTERVAL 1 MINUTE)) AS starts;
      CREATE VIEW tens AS SELECT unnest(range(TIMESTAMP '2024-03-01 07:50:00', TIMESTAMP '2024-03-01 21:00:00', INTERVAL 10 SECOND)) AS starts`);
  });

  const queries: Readonly<Record<string, string>> = {
    'card-velocity': `
      SELECT card, ${at('starts')}, ${at('starts + INTERVAL 1 MINUTE')}, count(*), sum(amount)
      FROM tens JOIN payments ON paid_at >= starts AND paid_at < starts + INTERVAL 1 MINUTE
      GROUP BY card, starts HAVING count(*) > 5`,
    'many-places': `
      SELECT card, ${at('starts')}, ${at('starts + INTERVAL 10 MINUTE')}, count(DISTINCT country), count(DISTINCT merchant)
      FROM minutes JOIN payments ON paid_at >= starts AND paid_at < starts + INTERVAL 10 MINUTE
      GROUP BY card, starts HAVING count(DISTINCT country) >= 3 OR count(DISTINCT merchant) >= 8`,
    'new-device': `
      SELECT id, p.card, ${at('paid_at')}, amount, device, ${at('seen_at')}
      FROM payments AS p JOIN devices AS d
        ON p.card = d.card AND paid_at BETWEEN seen_at AND seen_at + INTERVAL 10 MINUTE WHERE amount > 50`,
    'over-limit': `
      SELECT id, p.card, ${at('paid_at')}, p.amount, l.amount, ${at('valid_from')}
      FROM payments AS p ASOF JOIN limits AS l ON p.card = l.card AND p.paid_at >= l.valid_from
      WHERE p.amount > l.amount`,
  };

  test.for(Object.entries(queries))('%s: what a batch over the rows in time finds', async ([name, sql]) => {
    const { remaining, summary } = await run(name);
    const wanted = await duck(sql);
    expect(wanted.length).toBeGreaterThan(5);
    expect(sorted(remaining)).toEqual(sorted(wanted));
    expect(summary.lateRows).toBeGreaterThan(20);
  });

  test('unusual-amount: ten times the average of the twenty payments before', async () => {
    const { rows } = await run('unusual-amount');
    const wanted = await duck(`
      SELECT id FROM (SELECT id, amount, avg(amount) OVER (PARTITION BY card ORDER BY paid_at, id
        ROWS BETWEEN 20 PRECEDING AND 1 PRECEDING) AS usual FROM payments) WHERE amount > 10 * usual`);
    expect(wanted.length).toBeGreaterThan(3);
    expect(sorted(rows.map(([id = '']) => [id]))).toEqual(sorted(wanted));
  });

  test('tried-out: two small payments or more, then a big one right behind', async () => {
    const { rows } = await run('tried-out');
    const wanted = await duck(`
      WITH marked AS (
        SELECT *, amount < 5 AS is_small,
          sum(CASE WHEN amount < 5 THEN 0 ELSE 1 END) OVER (PARTITION BY card ORDER BY paid_at, id) AS run FROM payments),
      ends AS (
        SELECT card, run, paid_at, amount FROM marked WHERE NOT is_small AND amount > 1000)
      SELECT e.card, count(*), ${at('min(m.paid_at)')}, ${at('e.paid_at')}, e.amount
      FROM ends AS e JOIN marked AS m ON m.card = e.card AND m.run = e.run - 1 AND m.is_small
        AND e.paid_at - m.paid_at < INTERVAL 5 MINUTE
      GROUP BY e.card, e.paid_at, e.amount HAVING count(*) >= 2`);
    expect(wanted.length).toBe(4);
    expect(sorted(rows)).toEqual(sorted(wanted));
  });
});
