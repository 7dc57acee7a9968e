import type { Batch } from '../src/memory/batch.ts';
import { columnReaders } from '../src/memory/batch-reader.ts';
import { Memory } from '../src/memory/memory.ts';
import { runScript } from './engine.ts';
import { eventBatches } from './events.ts';
import { type Bench, type BenchResult, type Contender, compare } from './harness.ts';
import { auctionLines } from './json/auction-lines.ts';

const events = 2_000_000;
const lines = 500_000;

/** What each rule of the optimizer is good for: the same query with the optimizer on, and with `off` as its peer. */
export const optimizer: Bench = {
  name: 'optimizer',
  title: 'queries that a rule was made for, with the optimizer and without',
  async run() {
    const memory = Memory.create();
    const recordBatches = new Map([['events', eventBatches(memory, { events, keys: 1000, text: false })]]);
    const results: BenchResult[] = [];
    for (const { rule, query, rows } of cases()) {
      const contender = (name: string, settings: string): Contender => ({
        name,
        async work(check) {
          const seen: string[] = [];
          const take = (batch: Batch): void => {
            if (check) seen.push(...rowsOf(memory, batch));
          };
          await runScript(`${settings} ${query}`, { memory, recordBatches, take });
          return `${seen.length} rows, ${hash(seen.sort().join())}`;
        },
      });
      const off = contender('optimizer off', "SET 'tidemark.optimizer' = 'off';");
      results.push(await compare(`optimizer-${rule}`, rows, contender('on', ''), off));
    }
    return results;
  },
};

function cases(): readonly { readonly rule: string; readonly query: string; readonly rows: number }[] {
  const table = `
    CREATE TABLE events (ts TIMESTAMP(3) NOT NULL, k INT NOT NULL, v BIGINT NOT NULL,
      WATERMARK FOR ts AS ts - INTERVAL '0.001' SECOND)
    WITH ('connector' = 'arrow', 'batches' = 'events');`;
  const auction = `
    CREATE TABLE auctions (
      kind INT, seen TIMESTAMP(3),
      auction ROW<id BIGINT, item STRING, opening BIGINT, reserve BIGINT, seller BIGINT, extra STRING>,
      bid ROW<auction BIGINT, bidder BIGINT, price DECIMAL(10, 2), channel STRING, url STRING, extra STRING>,
      WATERMARK FOR seen AS seen)
    WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '${auctionLines(lines)}');`;
  const minutes = (columns: string, where: string): string =>
    `SELECT ${columns} FROM TUMBLE(TABLE auctions, DESCRIPTOR(seen), INTERVAL '1' MINUTE) WHERE ${where} GROUP BY window_start, window_end;`;
  const tumble = (key: string, aggregate: string): string =>
    `SELECT ${key}, ${aggregate} FROM TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY ${key}, window_start, window_end`;
  return [
    {
      rule: 'fold-constants',
      query: `${table} SELECT COUNT(*) AS n FROM TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND)
        WHERE ts >= TO_TIMESTAMP('2020-01-01 00:00:00') + INTERVAL '1' DAY * 7 GROUP BY window_start, window_end;`,
      rows: events,
    },
    {
      rule: 'push-filters',
      query: `${table} SELECT * FROM (${tumble('k', 'COUNT(*) AS n, COUNT(DISTINCT v) AS d')}) WHERE k < 10;`,
      rows: events,
    },
    {
      rule: 'share-plans',
      query: `${table} SELECT k, n FROM (${tumble('k', 'COUNT(DISTINCT v) AS n')}) WHERE n > 90
        UNION ALL SELECT k, -n FROM (${tumble('k', 'COUNT(DISTINCT v) AS n')}) WHERE n < 85;`,
      rows: events,
    },
    {
      rule: 'read-fields',
      query: `${auction} ${minutes('COUNT(bid.bidder) AS n, MAX(bid.auction) AS m', 'kind = 2')}`,
      rows: lines,
    },
    {
      rule: 'filter-scans',
      query: `${auction} ${minutes('COUNT(bid) AS b, COUNT(auction) AS a', 'kind = 1')}`,
      rows: lines,
    },
  ];
}

/** The rows of a batch as texts. */
function rowsOf(memory: Memory, batch: Batch): readonly string[] {
  const readers = columnReaders(memory, batch);
  return Array.from({ length: batch.rowCount }, (_, row) => readers.map((read) => String(read(row))).join(' '));
}

/** FNV-1a, 32 bits. */
function hash(text: string): string {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return (state >>> 0).toString(16);
}
