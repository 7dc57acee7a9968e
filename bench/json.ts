import { readFileSync } from 'node:fs';
import type { Batch } from '../src/memory/batch.ts';
import { Memory } from '../src/memory/memory.ts';
import { type DuckDBConnection, duckdb, firstRow } from './duckdb.ts';
import { runScript } from './engine.ts';
import { type Bench, type BenchResult, type Contender, compare } from './harness.ts';
import { pageViews } from './json/lines.ts';
import { nexmarkFiles } from './json/nexmark-files.ts';
import { Checksum } from './tumble.ts';

const lines = 2_000_000;
/** A sustained rate: of 1 M events a run is a sixth of a second, and a tenth of that is for compiling the query. */
const nexmarkEvents = 4_000_000;

/**
 * Newline JSON of about 190 bytes from a file to windowed results, against DuckDB's read_json and a loop of JSON.parse;
 * then Nexmark's events of 334 bytes, of which the bids are nested rows.
 */
export const json: Bench = {
  name: 'json',
  title: 'newline JSON of about 190 bytes to windowed results: 7 fields a line, 3 of them used',
  async run() {
    const path = pageViews(lines);
    const memory = Memory.create();
    const sql = `
      CREATE TABLE page_views (user_id BIGINT, event_time TIMESTAMP(3), page STRING, \`bytes\` BIGINT, status INT, session STRING, agent STRING,
        WATERMARK FOR event_time AS event_time - INTERVAL '0.001' SECOND)
      WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json');
      SELECT user_id, COUNT(*) AS n, SUM(\`bytes\`) AS s, MAX(\`bytes\`) AS m
      FROM TUMBLE(TABLE page_views, DESCRIPTOR(event_time), INTERVAL '10' SECOND) GROUP BY user_id, window_start, window_end;`;
    const ours = tidemark(memory, sql);
    const connection = await duckdb();
    const columns = `{user_id: 'BIGINT', event_time: 'TIMESTAMP', bytes: 'BIGINT'}`;
    const duck = readJson(
      connection,
      `SELECT user_id, count(*) AS n, sum(bytes) AS s, max(bytes) AS m
       FROM read_json('${path}', format = 'newline_delimited', columns = ${columns})
       GROUP BY user_id, epoch_ms(event_time) // 10000`,
    );
    const parse: Contender = { name: 'JSON.parse', work: async () => parseLoop(path) };
    return [
      await compare('json', lines, ours, duck),
      await compare('json-parse', lines, ours, parse),
      await nexmark(memory, connection),
    ];
  },
};

/** Bids by auction in windows of 10 s: 3 of 7 nested fields, of 92 of 100 lines. */
async function nexmark(memory: Memory, connection: DuckDBConnection): Promise<BenchResult> {
  const folder = nexmarkFiles(nexmarkEvents);
  const setup = readFileSync(new URL('../queries/nexmark/setup.sql', import.meta.url), 'utf8');
  const sql = `
    ${setup.replaceAll('queries/nexmark/data', folder)}
    SELECT auction, COUNT(*) AS n, SUM(price) AS s, MAX(price) AS m
    FROM TUMBLE(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND)
    GROUP BY auction, window_start, window_end;`;
  const columns = `{event_type: 'INTEGER', bid: 'STRUCT(auction BIGINT, price BIGINT, "dateTime" TIMESTAMP)'}`;
  const duck = readJson(
    connection,
    `SELECT bid.auction AS auction, count(*) AS n, sum(bid.price) AS s, max(bid.price) AS m
     FROM read_json('${folder}/events/*.jsonl', format = 'newline_delimited', columns = ${columns}) WHERE event_type = 2
     GROUP BY bid.auction, epoch_ms(bid."dateTime") // 10000`,
  );
  return compare('json-nexmark', nexmarkEvents, tidemark(memory, sql), duck);
}

function tidemark(memory: Memory, sql: string): Contender {
  return {
    name: 'tidemark',
    async work(check) {
      const checksum = new Checksum();
      const take = (batch: Batch): void => {
        if (check) checksum.add(memory, batch);
        else checksum.rows += batch.rowCount;
      };
      await runScript(sql, { memory, take });
      return checksum.text;
    },
  };
}

function readJson(connection: DuckDBConnection, query: string): Contender {
  return {
    name: 'duckdb read_json',
    async work(check) {
      await connection.run(`CREATE OR REPLACE TEMP TABLE result AS ${query}`);
      return check ? firstRow(connection, 'SELECT count(*), sum(n), sum(s), sum(m) FROM result') : '';
    },
  };
}

/** What a program would write by hand: JSON.parse per line, a Map per window. */
function parseLoop(path: string): string {
  const text = readFileSync(path);
  const windows = new Map<number, Map<number, { n: number; s: number; m: number }>>();
  let from = 0;
  for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, from)) {
    const event = JSON.parse(text.toString('latin1', from, end)) as {
      user_id: number;
      event_time: string;
      bytes: number;
    };
    from = end + 1;
    const window = Math.floor(Date.parse(`${event.event_time.replace(' ', 'T')}Z`) / 10_000);
    let groups = windows.get(window);
    if (groups === undefined) {
      groups = new Map();
      windows.set(window, groups);
    }
    const group = groups.get(event.user_id);
    if (group === undefined) groups.set(event.user_id, { n: 1, s: event.bytes, m: event.bytes });
    else {
      group.n++;
      group.s += event.bytes;
      group.m = Math.max(group.m, event.bytes);
    }
  }
  const sums = [0, 0, 0, 0];
  for (const groups of windows.values()) {
    for (const { n, s, m } of groups.values()) {
      for (const [at, value] of [1, n, s, m].entries()) sums[at] = (sums[at] ?? 0) + value;
    }
  }
  return sums.join(' ');
}
