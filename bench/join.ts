import type { Batch } from '../src/memory/batch.ts';
import { Memory } from '../src/memory/memory.ts';
import { duckdb, firstRow } from './duckdb.ts';
import { runScript } from './engine.ts';
import { eventBatches, eventsSql } from './events.ts';
import { type Bench, type BenchResult, compare } from './harness.ts';
import { PairsChecksum } from './pairs-checksum.ts';

const eventsASide = 1_000_000;

/** A regular inner join: every row looks for partners and is kept, on both sides; DuckDB keeps one side and is done at the end. */
export const join: Bench = {
  name: 'join',
  title: 'inner join of 1 M with 1 M rows by an INT key, 100,000 and 1 M keys, rows of both sides in turn',
  async run() {
    const results: BenchResult[] = [];
    for (const keys of [100_000, 1_000_000]) {
      const shape = { events: eventsASide, keys, text: false };
      const memory = Memory.create();
      const recordBatches = new Map(['a', 'b'].map((name) => [name, eventBatches(memory, shape)]));
      const table = (name: string): string => `
        CREATE TABLE ${name} (ts TIMESTAMP(3) NOT NULL, k INT NOT NULL, v BIGINT NOT NULL)
        WITH ('connector' = 'arrow', 'batches' = '${name}');`;
      const sql = `${table('a')} ${table('b')}
        SELECT a.v AS x, b.v AS y FROM a JOIN b ON a.k = b.k;`;
      const ours = {
        name: 'tidemark',
        async work(check: boolean): Promise<string> {
          const checksum = new PairsChecksum();
          const take = (batch: Batch): void => {
            if (check) checksum.add(memory, batch);
          };
          await runScript(sql, { memory, recordBatches, take });
          return checksum.text;
        },
      };
      const connection = await duckdb();
      for (const name of ['a', 'b']) await connection.run(`CREATE TABLE ${name} AS ${eventsSql(shape)}`);
      const peer = {
        name: 'duckdb',
        async work(check: boolean): Promise<string> {
          await connection.run(
            'CREATE OR REPLACE TEMP TABLE result AS SELECT a.v AS x, b.v AS y FROM a JOIN b ON a.k = b.k',
          );
          return check ? firstRow(connection, 'SELECT count(*), sum(x), sum(y) FROM result') : '';
        },
      };
      results.push(await compare(`join-${keys}`, eventsASide * 2, ours, peer));
    }
    return results;
  },
};
