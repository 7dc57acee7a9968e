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
import type { Memory } from '../../src/memory/memory.ts';
import type { DuckDBConnection } from '../duckdb.ts';

/** Rows that are repeated to make the table: the texts of 5 M rows would need a gigabyte. */
export const baseRows = 100_000;
const batchRows = 8192;

/** The base as DuckDB makes it; Arrow batches take its values over. */
export const baseSql = `SELECT
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

export const createTable = `CREATE TABLE t (i INT NOT NULL, b BIGINT NOT NULL, d DOUBLE NOT NULL, ts TIMESTAMP(3) NOT NULL,
  name STRING NOT NULL, url STRING NOT NULL, csv STRING NOT NULL, js STRING NOT NULL, digits STRING NOT NULL)
  WITH ('connector' = 'arrow', 'batches' = 't');`;

/** The base as record batches in the engine's memory. */
export async function baseBatches(memory: Memory, connection: DuckDBConnection): Promise<readonly RecordBatch[]> {
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
