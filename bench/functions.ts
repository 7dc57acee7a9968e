import {
  type Data,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
} from 'apache-arrow';
import { scalarFunctions } from '../src/functions/registry.ts';
import { columnAddresses } from '../src/memory/batch-reader.ts';
import { Memory } from '../src/memory/memory.ts';
import { type DuckDBConnection, duckdb, firstRow } from './duckdb.ts';
import { runScript } from './engine.ts';
import { type Bench, type BenchResult, compare, timed } from './harness.ts';

/** Rows of the table; a base of them is repeated, so that the texts of 5 M rows need no gigabyte. */
const rows = 5_000_000;
const baseRows = 100_000;
const batchRows = 8192;

/** The base as DuckDB makes it; Arrow batches take its values over. */
const baseSql = `SELECT
  ((n * 48271) % 2147483647)::INT AS i,
  (n * 69621) % 2147483647 AS b,
  ((n * 7919) % 1000003) / 8.0 AS d,
  epoch_ms(1700000000000 + (n * 16807) % 31536000000) AS ts,
  'user-' || lpad(((n * 48271) % 99991)::VARCHAR, 6, '0') AS name,
  'http://shop.example/' || chr((97 + n % 7)::INT) || '/view.html?item=' || (n * 13 % 9973) || '&q=abc' || (n % 10) AS url,
  'k' || (n % 91) || ',' || (n * 31 % 1009) || ',third ' || (n % 13) || ',last' AS csv,
  '{"type":"view","user":{"id":' || (n * 17 % 50021) || ',"name":"ann"},"price":' || (n % 99) || '.5,"tags":["a","b"]}' AS js,
  (n * 69621 % 2147483647)::VARCHAR AS digits
  FROM range(${baseRows}) AS t(n)`;

const createTable = `CREATE TABLE t (i INT NOT NULL, b BIGINT NOT NULL, d DOUBLE NOT NULL, ts TIMESTAMP(3) NOT NULL,
  name STRING NOT NULL, url STRING NOT NULL, csv STRING NOT NULL, js STRING NOT NULL, digits STRING NOT NULL)
  WITH ('connector' = 'arrow', 'batches' = 't');`;

/** A function as each of the two writes it; both add up its numbers, the lengths of its texts, or count its TRUEs. */
type Case = readonly [name: string, kind: 'number' | 'text' | 'truth', ours: string, peer?: string];

const cases: readonly Case[] = [
  ['less', 'truth', 'i < 1000000000'],
  ['equal text', 'truth', "name = 'user-000042'"],
  ['less text', 'truth', "name < 'user-050000'"],
  ['integer arithmetic', 'number', 'b * 3 + i - 7'],
  ['integer division', 'number', 'b / 7', 'b // 7'],
  ['modulo', 'number', 'MOD(b, 7)', 'b % 7'],
  ['double arithmetic', 'truth', 'd * 1.5e0 + d > 1e5'],
  ['decimal addition', 'truth', 'CAST(i AS DECIMAL(12, 2)) + 1.25 > 1e9'],
  ['abs', 'number', 'ABS(i - 1000000000)'],
  ['floor', 'number', 'CAST(FLOOR(d) AS BIGINT)'],
  ['round', 'truth', 'ROUND(d, 1) > 62500.5e0'],
  ['cast int to text', 'text', 'CAST(i AS STRING)', 'i::VARCHAR'],
  ['cast text to bigint', 'number', 'CAST(digits AS BIGINT)', 'digits::BIGINT'],
  ['cast text to double', 'truth', 'CAST(digits AS DOUBLE) > 1e9', 'digits::DOUBLE > 1e9'],
  ['cast to date', 'text', 'CAST(CAST(ts AS DATE) AS STRING)', 'ts::DATE::VARCHAR'],
  ['like holds', 'truth', "url LIKE '%item=77%'"],
  ['like starts', 'truth', "url LIKE 'http://shop.example/c%'"],
  ['like pattern', 'truth', "url LIKE '%/e/%item=%7&%'"],
  ['substring', 'text', 'SUBSTRING(url, 8, 12)'],
  ['upper', 'text', 'UPPER(url)'],
  ['lower', 'text', 'LOWER(url)'],
  ['concat', 'text', "CONCAT(name, '-', csv)"],
  ['concat operator', 'text', "name || '/' || url"],
  ['split_index', 'text', "SPLIT_INDEX(csv, ',', 2)", "split_part(csv, ',', 3)"],
  ['replace', 'text', "REPLACE(url, 'item', 'article')"],
  ['position', 'number', "POSITION('item' IN url)"],
  ['char_length', 'number', 'CHAR_LENGTH(url)', 'length(url)'],
  ['lpad', 'text', "LPAD(name, 20, '*')"],
  ['reverse', 'text', 'REVERSE(name)'],
  ['trim', 'text', "TRIM(BOTH 'u' FROM name)", "trim(name, 'u')"],
  ['regexp_extract', 'text', "REGEXP_EXTRACT(url, 'item=(\\d+)', 1)"],
  ['regexp', 'truth', "REGEXP(url, 'item=1[0-9]*7&')", "regexp_matches(url, 'item=1[0-9]*7&')"],
  ['date_format', 'text', "DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm')", "strftime(ts, '%Y-%m-%d %H:%M')"],
  ['extract hour', 'number', 'EXTRACT(HOUR FROM ts)'],
  ['extract year', 'number', 'EXTRACT(YEAR FROM ts)'],
  [
    'floor to hour',
    'truth',
    "FLOOR(ts TO HOUR) > TIMESTAMP '2024-05-01 00:00:00'",
    "date_trunc('hour', ts) > TIMESTAMP '2024-05-01 00:00:00'",
  ],
  ['json_value', 'text', "JSON_VALUE(js, '$.user.id')", "json_extract_string(js, '$.user.id')"],
  ['case', 'text', "CASE WHEN i < 500000000 THEN 'low' WHEN i < 1500000000 THEN 'middle' ELSE 'high' END"],
  ['greatest', 'number', 'GREATEST(CAST(i AS BIGINT), b)', 'greatest(i::BIGINT, b)'],
  ['md5', 'text', 'MD5(name)'],
  ['sha256', 'text', 'SHA256(name)'],
];

const sums = {
  number: { ours: (call: string) => `SUM(CAST(${call} AS BIGINT))`, peer: (call: string) => `sum(${call})` },
  text: {
    ours: (call: string) => `SUM(CAST(CHAR_LENGTH(${call}) AS BIGINT))`,
    peer: (call: string) => `sum(length(${call}))`,
  },
  truth: {
    ours: (call: string) => `COUNT(*) FILTER (WHERE ${call})`,
    peer: (call: string) => `count(*) FILTER (WHERE ${call})`,
  },
} as const;

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

/** The base as record batches in the engine's memory. */
async function baseBatches(memory: Memory, connection: DuckDBConnection): Promise<readonly RecordBatch[]> {
  const reader = await connection.runAndReadAll(
    'SELECT i, b, d, epoch_ms(ts) AS ts, name, url, csv, js, digits FROM base',
  );
  const columns = reader.getColumns();
  const batches: RecordBatch[] = [];
  for (let from = 0; from < baseRows; from += batchRows) {
    const parts = columns.map((column) => column.slice(from, from + batchRows));
    const [i = [], b = [], d = [], ts = [], ...texts] = parts;
    const length = i.length;
    const children: Data[] = [
      makeData({ type: new Int32(), length, data: held(memory, Int32Array.from(i, Number)) }),
      makeData({
        type: new Int64(),
        length,
        data: held(
          memory,
          BigInt64Array.from(b, (value) => BigInt(value as bigint)),
        ),
      }),
      makeData({ type: new Float64(), length, data: held(memory, Float64Array.from(d, Number)) }),
      makeData({
        type: new TimestampMillisecond(),
        length,
        data: held(
          memory,
          BigInt64Array.from(ts, (value) => BigInt(value as bigint)),
        ),
      }),
      ...texts.map((values) => textData(memory, values.map(String))),
    ];
    batches.push(new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, children })));
  }
  return batches;
}

const field = (name: string, type: Int32 | Int64 | Float64 | TimestampMillisecond | Utf8) =>
  Field.new({ name, type, nullable: false });
const schema = new Schema([
  field('i', new Int32()),
  field('b', new Int64()),
  field('d', new Float64()),
  field('ts', new TimestampMillisecond()),
  ...['name', 'url', 'csv', 'js', 'digits'].map((name) => field(name, new Utf8())),
]);

/** The same numbers, lying in the engine's memory. */
function held<T extends Int32Array | BigInt64Array | Float64Array | Uint8Array>(memory: Memory, values: T): T {
  const at = memory.alloc(Math.max(values.byteLength, 8));
  const Kind = values.constructor as new (buffer: SharedArrayBuffer, at: number, length: number) => T;
  const copy = new Kind(memory.wasm.buffer as SharedArrayBuffer, at, values.length);
  copy.set(values as never);
  return copy;
}

function textData(memory: Memory, values: readonly string[]): Data<Utf8> {
  const offsets = new Int32Array(values.length + 1);
  for (const [at, value] of values.entries()) offsets[at + 1] = offsets[at]! + value.length;
  return makeData({
    type: new Utf8(),
    length: values.length,
    valueOffsets: held(memory, offsets),
    data: held(memory, new Uint8Array(Buffer.from(values.join(''), 'latin1'))),
  });
}
