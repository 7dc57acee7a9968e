import type { Batch } from '../src/memory/batch.ts';
import { Memory } from '../src/memory/memory.ts';
import { duckdb, firstRow } from './duckdb.ts';
import { runScript } from './engine.ts';
import { type EventsShape, eventBatches, eventsSql } from './events.ts';
import { type Bench, type BenchResult, median } from './harness.ts';
import { PairsChecksum } from './pairs-checksum.ts';
import { RemainingChecksum } from './remaining-checksum.ts';

const events = 10_000_000;
const viewEvents = 1_000_000;
const rounds = 3;

/** What an event costs at one point of a curve. */
interface Point {
  readonly at: string;
  readonly nanoseconds: number;
}

/** What an event costs while something grows that a user does not want to think of: CPU time, of all threads. */
export const growth: Bench = {
  name: 'growth',
  title: 'the cost of an event as keys, state and the views over one source grow',
  async run() {
    return [
      ...plot('keys', 'GROUP BY over 10 M events, by the number of keys', await keysCurve()),
      ...plot('state', 'a join that keeps both sides, by the rows that it keeps', await stateCurve()),
      ...plot('views', 'windows over one source, an event and view, by the number of views', await viewsCurve()),
    ];
  },
};

const declared = (name: string): string => `
  CREATE TABLE ${name} (ts TIMESTAMP(3) NOT NULL, k INT NOT NULL, v BIGINT NOT NULL,
    WATERMARK FOR ts AS ts - INTERVAL '0.001' SECOND) WITH ('connector' = 'arrow', 'batches' = '${name}');`;

async function keysCurve(): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const keys of [1e3, 1e4, 1e5, 1e6, 1e7]) {
    const shape = { events, keys, text: false };
    const memory = Memory.create();
    const recordBatches = new Map([['events', eventBatches(memory, shape)]]);
    const sql = `${declared('events')} SELECT k, COUNT(*) AS n, SUM(v) AS s, MAX(v) AS m FROM events GROUP BY k;`;
    const ours = async (check: boolean): Promise<string> => {
      const checksum = new RemainingChecksum();
      const take = (batch: Batch): void => {
        if (check) checksum.add(memory, batch);
      };
      await runScript(sql, { memory, recordBatches, take });
      return checksum.text;
    };
    const wanted = await answer(
      { events: shape },
      `SELECT count(*), sum(n), sum(s), sum(m) FROM (SELECT count(*) AS n, sum(v) AS s, max(v) AS m FROM events GROUP BY k)`,
    );
    points.push(await point(keys.toLocaleString('en'), events, ours, wanted));
  }
  return points;
}

async function stateCurve(): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const rows of [1e5, 1e6, 5e6]) {
    const shape = { events: rows, keys: rows, text: false };
    const memory = Memory.create();
    const recordBatches = new Map(['a', 'b'].map((name) => [name, eventBatches(memory, shape)]));
    const sql = `${declared('a')} ${declared('b')} SELECT a.v AS x, b.v AS y FROM a JOIN b ON a.k = b.k;`;
    const ours = async (check: boolean): Promise<string> => {
      const checksum = new PairsChecksum();
      const take = (batch: Batch): void => {
        if (check) checksum.add(memory, batch);
      };
      await runScript(sql, { memory, recordBatches, take });
      return checksum.text;
    };
    const wanted = await answer(
      { a: shape, b: shape },
      'SELECT count(*), sum(a.v), sum(b.v) FROM a JOIN b ON a.k = b.k',
    );
    points.push(await point((2 * rows).toLocaleString('en'), 2 * rows, ours, wanted));
  }
  return points;
}

async function viewsCurve(): Promise<readonly Point[]> {
  const points: Point[] = [];
  const shape = { events: viewEvents, keys: 1000, text: false };
  const memory = Memory.create();
  const recordBatches = new Map([['events', eventBatches(memory, shape)]]);
  for (const views of [1, 10, 100]) {
    const each = Array.from(
      { length: views },
      (_, view) => `
        SELECT k, COUNT(*) AS n, SUM(v) AS s FROM TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND)
        WHERE MOD(k, ${views}) = ${view} GROUP BY k, window_start, window_end`,
    );
    // The rows of all views, once for the check and once to be timed.
    const union = `SELECT COUNT(*) AS a, SUM(n) AS b, SUM(s) AS c FROM (${each.join(' UNION ALL ')})`;
    const sinks = each.map((query, view) => `INSERT INTO nothing_${view} ${query};`);
    const tables = each.map(
      (_, view) => `CREATE TABLE nothing_${view} (k INT, n BIGINT, s BIGINT) WITH ('connector' = 'blackhole');`,
    );
    const timedSql = `${declared('events')} ${tables.join(' ')} EXECUTE STATEMENT SET BEGIN ${sinks.join(' ')} END;`;
    const ours = async (check: boolean): Promise<string> => {
      const checksum = new RemainingChecksum({ keys: 0 });
      const take = (batch: Batch): void => checksum.add(memory, batch);
      await runScript(check ? `${declared('events')} ${union};` : timedSql, { memory, recordBatches, take });
      return checksum.text;
    };
    const wanted = await answer(
      { events: shape },
      `SELECT 1, count(*), sum(n), sum(s) FROM (SELECT count(*) AS n, sum(v) AS s FROM events GROUP BY k, ts // 10000)`,
    );
    points.push(await point(String(views), viewEvents * views, ours, wanted));
  }
  return points;
}

/** What DuckDB gives for the same rows. */
async function answer(tables: Readonly<Record<string, EventsShape>>, sql: string): Promise<string> {
  const connection = await duckdb();
  for (const [name, shape] of Object.entries(tables))
    await connection.run(`CREATE TABLE ${name} AS ${eventsSql(shape)}`);
  const row = await firstRow(connection, sql);
  connection.closeSync();
  return row;
}

/** @throws Error when the result is not the wanted one */
async function point(
  at: string,
  count: number,
  ours: (check: boolean) => Promise<string>,
  wanted: string,
): Promise<Point> {
  const found = await ours(true);
  if (found !== wanted) throw new Error(`growth, at ${at}: tidemark gives ${found}, duckdb ${wanted}`);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    await ours(false);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  return { at, nanoseconds: (median(times) * 1e6) / count };
}

/** Of the longest bar. */
const barMax = 50;

/** Draws a curve. The ratio of a result is what an event cost at the first point to what it costs there. */
function plot(name: string, title: string, points: readonly Point[]): readonly BenchResult[] {
  console.log(`  ${title}`);
  const [first] = points;
  const most = Math.max(...points.map(({ nanoseconds }) => nanoseconds));
  return points.map(({ at, nanoseconds }) => {
    const bar = '█'.repeat(Math.max(1, Math.round((nanoseconds / most) * barMax)));
    console.log(`  ${at.padStart(12)}  ${nanoseconds.toFixed(0).padStart(4)} ns ${bar}`);
    return {
      bench: `growth-${name}-${at.replaceAll(',', '')}`,
      eventsPerSecond: Math.round(1e9 / nanoseconds),
      peer: `${first?.at} ${name}`,
      peerEventsPerSecond: Math.round(1e9 / (first?.nanoseconds ?? nanoseconds)),
      ratio: Number(((first?.nanoseconds ?? nanoseconds) / nanoseconds).toFixed(2)),
      checked: true,
    };
  });
}
