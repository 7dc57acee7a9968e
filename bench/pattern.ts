import type { Batch } from '../src/memory/batch.ts';
import { columnReaders } from '../src/memory/batch-reader.ts';
import { Memory } from '../src/memory/memory.ts';
import { duckdb, firstRow } from './duckdb.ts';
import { runScript } from './engine.ts';
import { eventBatches, startMs } from './events.ts';
import { type Bench, type BenchResult, type Contender, compare } from './harness.ts';

const shape = { events: 2_000_000, keys: 1000, text: false };

/**
 * MATCH_RECOGNIZE over 1,000 partitions: a step that most rows do not begin, a chain whose conditions look back, a
 * quantifier that gathers rows until their sum is reached, and one that has some 400 matches begun in each partition,
 * which WITHIN ends one by one. DuckDB sees the same by its window functions, where they can say it; the others are loops
 * over typed arrays, as one would write them by hand.
 */
export const pattern: Bench = {
  name: 'pattern',
  title: 'MATCH_RECOGNIZE over 1,000 partitions: two steps, a rising chain, rows up to a sum, many matches begun',
  async run() {
    const memory = Memory.create();
    const recordBatches = new Map([['events', eventBatches(memory, shape)]]);
    const connection = await duckdb();
    await connection.run(`CREATE TABLE events AS
      SELECT i, ${startMs} + i // 10 AS ts, (((i * 48271) % 2147483647) % ${shape.keys})::INT AS k,
        v, v * v % 1013 AS x
      FROM (SELECT *, (i * 69621) % 2147483647 AS v FROM range(${shape.events}) AS t(i))`);
    const ours = (clauses: string): Contender => ({
      name: 'tidemark',
      async work(check) {
        const sums = new Sums();
        const take = (batch: Batch): void => {
          if (check) sums.add(memory, batch);
          else sums.rows += batch.rowCount;
        };
        const sql = `
          CREATE TABLE events (ts TIMESTAMP(3) NOT NULL, k INT NOT NULL, v BIGINT NOT NULL, x AS MOD(v * v, 1013), WATERMARK FOR ts AS ts - INTERVAL '0.001' SECOND)
          WITH ('connector' = 'arrow', 'batches' = 'events');
          SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts ${clauses});`;
        await runScript(sql, { memory, recordBatches, take });
        return sums.text;
      },
    });
    const peer = (sql: string): Contender => ({
      name: 'duckdb',
      async work(check) {
        await connection.run(`CREATE OR REPLACE TEMP TABLE result AS ${sql}`);
        return check ? firstRow(connection, 'SELECT count(*), sum(k), sum(a), sum(b) FROM result') : '';
      },
    });
    const results: BenchResult[] = [];
    results.push(
      await compare(
        'pattern-steps',
        shape.events,
        ours(`MEASURES S.v AS a, L.v AS b AFTER MATCH SKIP PAST LAST ROW
          PATTERN (S L) WITHIN INTERVAL '1' SECOND DEFINE S AS S.x < 100, L AS L.x > 800`),
        peer(`SELECT k, v AS a, next AS b FROM (
          SELECT k, v, ts, x, lead(v) OVER w AS next, lead(x) OVER w AS next_x, lead(ts) OVER w AS next_ts FROM events
          WINDOW w AS (PARTITION BY k ORDER BY ts, i)
        ) WHERE x < 100 AND next_x > 800 AND next_ts - ts < 1000`),
      ),
      await compare(
        'pattern-chain',
        shape.events,
        ours(`MEASURES A.v AS a, D.v AS b AFTER MATCH SKIP TO NEXT ROW
          PATTERN (A B C D) DEFINE B AS B.x > A.x, C AS C.x > B.x, D AS D.x > C.x`),
        peer(`SELECT k, v AS a, last AS b FROM (
          SELECT k, v, x, lead(x, 1) OVER w AS b, lead(x, 2) OVER w AS c, lead(x, 3) OVER w AS d, lead(v, 3) OVER w AS last
          FROM events
          WINDOW w AS (PARTITION BY k ORDER BY ts, i)
        ) WHERE b > x AND c > b AND d > c`),
      ),
      await compare(
        'pattern-sum',
        shape.events,
        ours(`MEASURES COUNT(X.v) AS a, Y.v AS b AFTER MATCH SKIP PAST LAST ROW
          PATTERN (X+ Y) DEFINE X AS SUM(X.v) < 8000000000`),
        { name: 'javascript', work: async () => sumsByHand() },
      ),
      await compare(
        'pattern-begun',
        shape.events,
        ours(`MEASURES A.v AS a, C.v AS b AFTER MATCH SKIP PAST LAST ROW
          PATTERN (A B*? C) WITHIN INTERVAL '50' SECOND DEFINE A AS A.x <> 0, C AS C.x = 0`),
        { name: 'javascript', work: async () => begunByHand() },
      ),
    );
    return results;
  },
};

/** Rows up to a sum of 8,000,000,000, and the one that would pass it. A single row is below that. */
function sumsByHand(): string {
  const counts = new Int32Array(shape.keys);
  const totals = new Float64Array(shape.keys);
  const sums = new Sums();
  for (let index = 0; index < shape.events; index++) {
    const key = ((index * 48271) % 2147483647) % shape.keys;
    const value = (index * 69621) % 2147483647;
    const total = (totals[key] ?? 0) + value;
    if (total < 8_000_000_000) {
      totals[key] = total;
      counts[key] = (counts[key] ?? 0) + 1;
      continue;
    }
    sums.rows++;
    sums.k += BigInt(key);
    sums.a += BigInt(counts[key] ?? 0);
    sums.b += BigInt(value);
    totals[key] = 0;
    counts[key] = 0;
  }
  return sums.text;
}

/** Of each row with x = 0 the first other one within the 50 seconds before it and since the last such pair. */
function begunByHand(): string {
  const perKey = Math.ceil((shape.events / shape.keys) * 2);
  const times = new Float64Array(shape.keys * perKey);
  const values = new Float64Array(shape.keys * perKey);
  const heads = new Int32Array(shape.keys);
  const tails = new Int32Array(shape.keys);
  const sums = new Sums();
  for (let index = 0; index < shape.events; index++) {
    const key = ((index * 48271) % 2147483647) % shape.keys;
    const value = (index * 69621) % 2147483647;
    const timeMs = Math.floor(index / 10);
    const place = key * perKey;
    // 1013 is prime.
    if (value % 1013 !== 0) {
      const tail = place + (tails[key] ?? 0);
      times[tail] = timeMs;
      values[tail] = value;
      tails[key] = (tails[key] ?? 0) + 1;
      continue;
    }
    let head = heads[key] ?? 0;
    const tail = tails[key] ?? 0;
    while (head < tail && (times[place + head] ?? 0) <= timeMs - 50_000) head++;
    if (head < tail) {
      sums.rows++;
      sums.k += BigInt(key);
      sums.a += BigInt(values[place + head] ?? 0);
      sums.b += BigInt(value);
      head = tail;
    }
    heads[key] = head;
  }
  return sums.text;
}

/** What all ways must agree on: how many matches, and the sums of their columns. */
class Sums {
  rows = 0;
  k = 0n;
  a = 0n;
  b = 0n;

  add(memory: Memory, batch: Batch): void {
    const [key, first, second] = columnReaders(memory, batch);
    if (key === undefined || first === undefined || second === undefined) throw new Error('k, a and b are expected');
    this.rows += batch.rowCount;
    for (let row = 0; row < batch.rowCount; row++) {
      this.k += BigInt(key(row) as number);
      this.a += first(row) as bigint;
      this.b += second(row) as bigint;
    }
  }

  get text(): string {
    return `${this.rows} ${this.k} ${this.a} ${this.b}`;
  }
}
