import type { Batch } from '../src/memory/batch.ts';
import { Memory } from '../src/memory/memory.ts';
import { duckdb, firstRow } from './duckdb.ts';
import { runScript } from './engine.ts';
import { eventBatches, eventsSql } from './events.ts';
import { type Bench, type BenchResult, type Contender, compare, inTurn } from './harness.ts';
import { Checksum } from './tumble.ts';

const shape = { events: 10_000_000, keys: 100, text: false };
const sizeSeconds = 250;
/** A run is a fifth of a second: the times of so many are compared with each other. */
const rounds = 15;

/**
 * Hopping windows of 250 s with 1, 5 and 50 slides: the time per event must not depend on the slide. With 100 keys and
 * 10,000 events a second the results are few, so what is timed are the events. The peer computes each window from the
 * slices that DuckDB aggregates (the way one would write it by hand). Then the three take turns without it: only so can
 * their times be compared with each other.
 */
export const hop: Bench = {
  name: 'hop',
  title: 'COUNT, SUM, MAX by 100 INT keys in hopping windows, size/slide 1, 5, 50',
  async run() {
    const memory = Memory.create();
    const recordBatches = new Map([['events', eventBatches(memory, shape)]]);
    const connection = await duckdb();
    await connection.run(`CREATE TABLE events AS ${eventsSql(shape)}`);
    const results: BenchResult[] = [];
    const bySlide: Contender[] = [];
    for (const slides of [1, 5, 50]) {
      const slideSeconds = sizeSeconds / slides;
      const sql = `
        CREATE TABLE events (ts TIMESTAMP(3) NOT NULL, k INT NOT NULL, v BIGINT NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '0.001' SECOND)
        WITH ('connector' = 'arrow', 'batches' = 'events');
        SELECT k, COUNT(*) AS n, SUM(v) AS s, MAX(v) AS m
        FROM HOP(TABLE events, DESCRIPTOR(ts), INTERVAL '${slideSeconds}' SECOND(3), INTERVAL '${sizeSeconds}' SECOND(3))
        GROUP BY k, window_start, window_end;`;
      const ours = {
        name: 'tidemark',
        async work(check: boolean): Promise<string> {
          const checksum = new Checksum();
          const take = (batch: Batch): void => {
            if (check) checksum.add(memory, batch);
            else checksum.rows += batch.rowCount;
          };
          await runScript(sql, { memory, recordBatches, take });
          return checksum.text;
        },
      };
      const peer = {
        name: 'duckdb',
        async work(check: boolean): Promise<string> {
          await connection.run(`CREATE OR REPLACE TEMP TABLE result AS
            WITH slices AS (SELECT k, ts // ${slideSeconds * 1000} AS slice, count(*) AS n, sum(v) AS s, max(v) AS m FROM events GROUP BY ALL),
            windows AS (SELECT unnest(range(min(slice), max(slice) + ${slides})) AS last FROM slices)
            SELECT k, sum(n) AS n, sum(s) AS s, max(m) AS m FROM slices JOIN windows ON slice BETWEEN last - ${slides - 1} AND last
            GROUP BY k, last`);
          return check ? firstRow(connection, 'SELECT count(*), sum(n), sum(s), sum(m) FROM result') : '';
        },
      };
      bySlide.push(ours);
      results.push(await compare(`hop-${slides}`, shape.events, ours, peer));
    }
    const times = await inTurn(bySlide, rounds);
    console.log(`  fastest to slowest slide: ${(Math.min(...times) / Math.max(...times)).toFixed(2)}`);
    return results;
  },
};
