/**
 * The JSON decoder alone, from a file in the page cache to columns: `node bench/json/decode.ts [FILE]`.
 * A file of Nexmark events is read by its own columns. Figures are medians of 5, in M rows/s.
 */

import { readFileSync, statSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { connectorSource } from '../../src/connectors/index.ts';
import { SourceText } from '../../src/diagnostics/source-text.ts';
import { columnAddresses } from '../../src/memory/batch-reader.ts';
import { Memory } from '../../src/memory/memory.ts';
import { appendOnly, type ScanColumn } from '../../src/plan/logical.ts';
import { defaultStreamsFolder } from '../../src/streams/default-folder.ts';
import { BIGINT, INT, type SqlType, STRING, TIMESTAMP } from '../../src/types/sql-type.ts';
import { pageViews } from './lines.ts';

interface Case {
  readonly name: string;
  readonly path: string;
  readonly columns: readonly (readonly [string, SqlType])[];
  /** A whole-number column whose sum is checked. */
  readonly sum: string;
  readonly duckSum: string;
  readonly duckColumns: string;
  readonly field: (event: Record<string, unknown>) => unknown;
}

const [given] = process.argv.slice(2);
const cases = given === undefined ? viewCases(pageViews(Number(process.env.LINES ?? 1_000_000))) : nexmarkCases(given);

function viewCases(path: string): Case[] {
  const all: [string, SqlType][] = [
    ['user_id', BIGINT()],
    ['event_time', TIMESTAMP(3)],
    ['page', STRING()],
    ['bytes', BIGINT()],
    ['status', INT()],
    ['session', STRING()],
    ['agent', STRING()],
  ];
  const shared = { path, sum: 'bytes', duckSum: 'sum(bytes)', field: (event: Record<string, unknown>) => event.bytes };
  const duck = (names: readonly string[]): string =>
    `{${all
      .filter(([name]) => names.includes(name))
      .map(([name, type]) => `${name}: '${duckType(type)}'`)
      .join(', ')}}`;
  const three = ['user_id', 'event_time', 'bytes'];
  return [
    {
      ...shared,
      name: 'views, 3 columns',
      columns: all.filter(([name]) => three.includes(name)),
      duckColumns: duck(three),
    },
    { ...shared, name: 'views, 7 columns', columns: all, duckColumns: duck(all.map(([name]) => name)) },
  ];
}

function nexmarkCases(path: string): Case[] {
  const bid: [string, SqlType][] = [
    ['bid/auction', BIGINT()],
    ['bid/bidder', BIGINT()],
    ['bid/price', BIGINT()],
    ['bid/channel', STRING()],
    ['bid/url', STRING()],
    ['bid/dateTime', TIMESTAMP(3)],
    ['bid/extra', STRING()],
  ];
  const shared = {
    path,
    sum: 'bid/price',
    duckSum: 'sum(bid.price)',
    field: (event: Record<string, unknown>) => (event.bid as { price: number } | null)?.price ?? 0,
  };
  const duck = (names: readonly string[]): string =>
    `{bid: 'STRUCT(${bid
      .filter(([name]) => names.includes(name))
      .map(([name, type]) => `${name.slice(4)} ${duckType(type)}`)
      .join(', ')})'}`;
  const three = ['bid/auction', 'bid/price', 'bid/bidder'];
  return [
    {
      ...shared,
      name: 'nexmark, 3 columns',
      columns: bid.filter(([name]) => three.includes(name)),
      duckColumns: duck(three),
    },
    { ...shared, name: 'nexmark, 7 columns', columns: bid, duckColumns: duck(bid.map(([name]) => name)) },
  ];
}

function duckType(type: SqlType): string {
  return type.kind === 'VARCHAR' ? 'VARCHAR' : type.kind === 'TIMESTAMP' ? 'TIMESTAMP' : type.kind;
}

async function ours(memory: Memory, its: Case): Promise<{ rows: number; sum: bigint }> {
  const source = new SourceText('bench', '');
  const span = { source, start: 0, end: 0 };
  const option = (value: string) => ({ value, keySpan: span, valueSpan: span });
  const columns: ScanColumn[] = its.columns.map(([name, type]) => ({
    name,
    type,
    path: name.split('/'),
    metadata: false,
  }));
  const table = {
    path: { catalog: 'c', database: 'd', name: 't' },
    temporary: false,
    columns: [],
    watermark: null,
    primaryKey: null,
    comment: null,
    partitionedBy: [],
    partitions: [],
    distribution: null,
    options: new Map([
      ['connector', option('filesystem')],
      ['path', option(its.path)],
      ['format', option('json')],
    ]),
    span,
  };
  const scan = {
    kind: 'scan' as const,
    table,
    columns,
    filter: null,
    schema: columns,
    changes: appendOnly,
    uniqueKeys: [],
    span,
  };
  const reader = connectorSource({
    memory,
    scan,
    timeZone: 'UTC',
    rowsMax: 8192,
    clock: { nowMs: () => 0 },
    recordBatches: new Map(),
    streamsFolder: defaultStreamsFolder,
    programTables: new Map(),
  });
  await reader.open();
  const [shard] = await reader.shards();
  const sumColumn = its.columns.findIndex(([name]) => name === its.sum);
  let rows = 0;
  let sum = 0n;
  for (;;) {
    const result = await shard?.read();
    if (result?.kind !== 'batch') break;
    const { batch } = result;
    rows += batch.rowCount;
    const at = columnAddresses(memory, batch, sumColumn).values >>> 2;
    const words = memory.u32;
    let part = 0;
    for (let row = 0; row < batch.rowCount; row++) part += words[at + row * 2] ?? 0;
    sum += BigInt(part);
  }
  await reader.close();
  return { rows, sum };
}

/** DuckDB parses only what a query uses. */
function touched({ columns }: Case): string {
  return columns.map(([name]) => `count(${name.replace('/', '.')})`).join(', ');
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

const memory = Memory.create();
const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const duck = await instance.connect();
for (const its of cases) {
  const mine: number[] = [];
  const peer: number[] = [];
  const query = `SELECT count(*) AS n, ${its.duckSum}::VARCHAR AS s, ${touched(its)} FROM read_json('${its.path}', format='newline_delimited', columns=${its.duckColumns})`;
  let rows = 0;
  for (let round = 0; round < 5; round++) {
    let from = performance.now();
    const result = await ours(memory, its);
    mine.push(performance.now() - from);
    from = performance.now();
    const [answer] = (await duck.runAndReadAll(query)).getRowObjects() as { n: bigint; s: string }[];
    peer.push(performance.now() - from);
    rows = result.rows;
    if (BigInt(rows) !== answer?.n || String(result.sum) !== answer.s) {
      throw new Error(`${its.name}: ${rows} ${result.sum} against ${answer?.n} ${answer?.s}`);
    }
  }
  const text = readFileSync(its.path, 'utf8');
  const from = performance.now();
  let parsed = 0;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    parsed += Number(its.field(JSON.parse(text.slice(at, end))));
    at = end + 1;
  }
  const parseMs = performance.now() - from;
  const rate = (ms: number): string => (rows / ms / 1000).toFixed(2);
  const bytes = statSync(its.path).size;
  console.log(
    `${its.name}: ${rate(median(mine))} M/s (${(bytes / median(mine) / 1e6).toFixed(2)} GB/s)   DuckDB ${rate(median(peer))} (x${(median(peer) / median(mine)).toFixed(1)})   JSON.parse ${rate(parseMs)} (x${(parseMs / median(mine)).toFixed(1)})   ${Math.round(bytes / rows)} bytes a row, checked ${parsed > 0}`,
  );
}
duck.closeSync();
