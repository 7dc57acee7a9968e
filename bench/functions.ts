import type { RecordBatch } from 'apache-arrow';
import { scalarFunctions } from '../src/functions/registry.ts';
import { columnAddresses } from '../src/memory/batch-reader.ts';
import { Memory } from '../src/memory/memory.ts';
import { duckdb, firstRow } from './duckdb.ts';
import { runScript } from './engine.ts';
import { cases, sums } from './functions/cases.ts';
import { baseBatches, baseRows, baseSql, createTable } from './functions/table.ts';
import { type Bench, type BenchResult, compare, timed } from './harness.ts';

/** Rows of the table. */
const rows = 5_000_000;

export const functions: Bench = {
  name: 'functions',
  title: `${cases.length} functions over ${rows / 1e6} M rows against DuckDB's namesakes, then the rates of host functions`,
  async run() {
    const connection = await duckdb();
    await connection.run(`CREATE TABLE base AS ${baseSql}`);
    await connection.run(`CREATE TABLE t AS SELECT base.* FROM base, range(${rows / baseRows})`);
    const memory = Memory.create();
    const base = await baseBatches(memory, connection);
    const repeated = Array.from({ length: rows / baseRows }, () => base).flat();
    const results: BenchResult[] = [];
    for (const [name, kind, call, namesake = call] of cases) {
      const sql = `${createTable} SELECT ${sums[kind].ours(call)} AS s FROM t;`;
      const ours = {
        name: 'tidemark',
        async work(): Promise<string> {
          let last = 0n;
          await runScript(sql, {
            memory,
            recordBatches: new Map([['t', repeated]]),
            take: (batch) => {
              last = memory.i64[(columnAddresses(memory, batch, 0).values >>> 3) + batch.rowCount - 1] ?? 0n;
            },
          });
          return String(last);
        },
      };
      const peer = { name: 'duckdb', work: () => firstRow(connection, `SELECT ${sums[kind].peer(namesake)} FROM t`) };
      results.push(await compare(`functions-${name.replaceAll(' ', '-')}`, rows, ours, peer));
    }
    const mean = Math.exp(results.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / results.length);
    const slow = results.filter(({ ratio }) => ratio < 0.3).map(({ bench }) => bench);
    console.log(`  geometric mean of the ratios ${mean.toFixed(2)}; below 0.3: ${slow.join(', ') || 'none'}`);
    await hostRates(memory, base);
    return results;
  },
};

/** Millions of rows a second of each function that runs in JavaScript: its example, computed anew for each row. */
async function hostRates(memory: Memory, base: readonly RecordBatch[]): Promise<void> {
  const rates: string[] = [];
  for (const { name, examples, overloads } of scalarFunctions) {
    const [example] = examples;
    if (example === undefined || !overloads.some(({ code }) => code.kind === 'host')) continue;
    const sql = `SET 'tidemark.optimizer' = 'off'; ${createTable} SELECT ${example.sql} AS r FROM t;`;
    const recordBatches = new Map([['t', base]]);
    const ms = await timed({ work: () => runScript(sql, { memory, recordBatches, take: () => {} }).then(() => '') });
    rates.push(`${name} ${(baseRows / 1000 / ms).toFixed(2)}`);
  }
  console.log(`  host functions, M rows/s:\n    ${rates.join(', ')}`);
}
