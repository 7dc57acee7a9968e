import type { Batch } from '../src/memory/batch.ts';
import { columnAddresses } from '../src/memory/batch-reader.ts';
import { Memory } from '../src/memory/memory.ts';
import { duckdb, firstRow } from './duckdb.ts';
import { runScript } from './engine.ts';
import { type EventsShape, eventBatches, eventsSql } from './events.ts';
import { type Bench, compare } from './harness.ts';

const events = 10_000_000;

/** Adds up the columns of result batches: rows, then the sum of each of the three BIGINT columns behind the key. */
export class Checksum {
  rows = 0;
  readonly #sums = [0n, 0n, 0n];

  add(memory: Memory, batch: Batch): void {
    const { i64 } = memory;
    this.rows += batch.rowCount;
    for (let column = 0; column < 3; column++) {
      const at = columnAddresses(memory, batch, column + 1).values >>> 3;
      let sum = 0n;
      for (let row = 0; row < batch.rowCount; row++) sum += i64[at + row] ?? 0n;
      this.#sums[column] = (this.#sums[column] ?? 0n) + sum;
    }
  }

  get text(): string {
    return [this.rows, ...this.#sums].join(' ');
  }
}

function tumble(name: string, title: string, shape: EventsShape): Bench {
  return {
    name,
    title,
    async run() {
      const memory = Memory.create();
      const batches = eventBatches(memory, shape);
      const sql = `
        CREATE TABLE events (ts TIMESTAMP(3) NOT NULL, k ${shape.text ? 'STRING' : 'INT'} NOT NULL, v BIGINT NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '0.001' SECOND)
        WITH ('connector' = 'arrow', 'batches' = 'events');
        SELECT k, COUNT(*) AS n, SUM(v) AS s, MAX(v) AS m
        FROM TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY k, window_start, window_end;`;
      const ours = {
        name: 'tidemark',
        async work(check: boolean): Promise<string> {
          const checksum = new Checksum();
          // Adding up BIGINTs in JavaScript is slow: only the checked run does it.
          const take = (batch: Batch): void => {
            if (check) checksum.add(memory, batch);
            else checksum.rows += batch.rowCount;
          };
          await runScript(sql, { memory, recordBatches: new Map([['events', batches]]), take });
          return checksum.text;
        },
      };
      const connection = await duckdb();
      await connection.run(`CREATE TABLE events AS ${eventsSql(shape)}`);
      const peer = {
        name: 'duckdb',
        async work(check: boolean): Promise<string> {
          await connection.run(`CREATE OR REPLACE TEMP TABLE result AS
            SELECT k, count(*) AS n, sum(v) AS s, max(v) AS m FROM events GROUP BY k, ts // 10000`);
          return check ? firstRow(connection, 'SELECT count(*), sum(n), sum(s), sum(m) FROM result') : '';
        },
      };
      return [await compare(name, shape.events, ours, peer)];
    },
  };
}

export const tumble1k = tumble('tumble-1k', 'COUNT, SUM, MAX by 1,000 INT keys in windows of 10 s, 10 M rows', {
  events,
  keys: 1000,
  text: false,
});
export const tumble100k = tumble('tumble-100k', 'the same by 100,000 INT keys', { events, keys: 100_000, text: false });
export const tumbleString = tumble('tumble-string', 'the same by 1,000 STRING keys', {
  events,
  keys: 1000,
  text: true,
});
