import type { Batch } from '../src/memory/batch.ts';
import { Memory } from '../src/memory/memory.ts';
import { duckdb, firstRow } from './duckdb.ts';
import { runScript } from './engine.ts';
import { eventBatches, eventsSql } from './events.ts';
import { type Bench, type BenchResult, compare } from './harness.ts';
import { RemainingChecksum } from './remaining-checksum.ts';

const events = 10_000_000;

/** GROUP BY without a window: every batch sends what it changed, where DuckDB answers once at the end. */
export const group: Bench = {
  name: 'group',
  title: 'COUNT, SUM, MAX by 1,000 and 100,000 INT keys without a window, an update per key and batch',
  async run() {
    const results: BenchResult[] = [];
    for (const keys of [1000, 100_000]) {
      const shape = { events, keys, text: false };
      const memory = Memory.create();
      const recordBatches = new Map([['events', eventBatches(memory, shape)]]);
      const sql = `
        CREATE TABLE events (ts TIMESTAMP(3) NOT NULL, k INT NOT NULL, v BIGINT NOT NULL)
        WITH ('connector' = 'arrow', 'batches' = 'events');
        SELECT k, COUNT(*) AS n, SUM(v) AS s, MAX(v) AS m FROM events GROUP BY k;`;
      const ours = {
        name: 'tidemark',
        async work(check: boolean): Promise<string> {
          const checksum = new RemainingChecksum();
          const take = (batch: Batch): void => {
            if (check) checksum.add(memory, batch);
          };
          await runScript(sql, { memory, recordBatches, take });
          return checksum.text;
        },
      };
      const connection = await duckdb();
      await connection.run(`CREATE TABLE events AS ${eventsSql(shape)}`);
      const peer = {
        name: 'duckdb',
        async work(check: boolean): Promise<string> {
          await connection.run(`CREATE OR REPLACE TEMP TABLE result AS
            SELECT k, count(*) AS n, sum(v) AS s, max(v) AS m FROM events GROUP BY k`);
          return check ? firstRow(connection, 'SELECT count(*), sum(n), sum(s), sum(m) FROM result') : '';
        },
      };
      results.push(await compare(`group-${keys}`, events, ours, peer));
    }
    return results;
  },
};
