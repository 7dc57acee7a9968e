import {
  type Data,
  Field,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
} from 'apache-arrow';
import type { Memory } from '../src/memory/memory.ts';

/**
 * Events for the windowed aggregations, by formulas that JavaScript and SQL compute alike:
 * `k = (i * 48271 % 2147483647) % keys`, `v = i * 69621 % 2147483647`, ten events a millisecond.
 */
export const startMs = 1_700_000_000_000;
const batchRows = 8192;

export interface EventsShape {
  readonly events: number;
  readonly keys: number;
  /** Text keys (`user-000123`) instead of INT ones. */
  readonly text: boolean;
}

/** The same rows in DuckDB. */
export function eventsSql({ events, keys, text }: EventsShape): string {
  const number = `((i * 48271) % 2147483647) % ${keys}`;
  const key = text ? `'user-' || lpad((${number})::VARCHAR, 6, '0')` : `(${number})::INT`;
  return `SELECT ${startMs} + i // 10 AS ts, ${key} AS k, (i * 69621) % 2147483647 AS v FROM range(${events}) AS t(i)`;
}

/** As Arrow record batches whose buffers lie in the engine's memory. */
export function eventBatches(memory: Memory, { events, keys, text }: EventsShape): readonly RecordBatch[] {
  const timesAt = memory.alloc(events * 8);
  const valuesAt = memory.alloc(events * 8);
  const keysAt = memory.alloc(events * 4 + 4);
  const textBytes = 11;
  const textAt = text ? memory.alloc(events * textBytes) : 0;
  const { i64, i32, u8 } = memory;
  for (let index = 0; index < events; index++) {
    i64[(timesAt >>> 3) + index] = BigInt(startMs + Math.floor(index / 10));
    i64[(valuesAt >>> 3) + index] = BigInt((index * 69621) % 2147483647);
    const key = ((index * 48271) % 2147483647) % keys;
    if (text) {
      u8.set(encoder.encode(`user-${String(key).padStart(6, '0')}`), textAt + index * textBytes);
      i32[(keysAt >>> 2) + index] = index * textBytes;
    } else i32[(keysAt >>> 2) + index] = key;
  }
  if (text) i32[(keysAt >>> 2) + events] = events * textBytes;
  const buffer = memory.wasm.buffer as SharedArrayBuffer;
  const schema = new Schema([
    Field.new({ name: 'ts', type: new TimestampMillisecond(), nullable: false }),
    Field.new({ name: 'k', type: text ? new Utf8() : new Int32(), nullable: false }),
    Field.new({ name: 'v', type: new Int64(), nullable: false }),
  ]);
  const batches: RecordBatch[] = [];
  for (let from = 0; from < events; from += batchRows) {
    const length = Math.min(batchRows, events - from);
    const longs = (at: number): BigInt64Array => new BigInt64Array(buffer, at + from * 8, length);
    const children: Data[] = [
      makeData({ type: new TimestampMillisecond(), length, data: longs(timesAt) }),
      text
        ? makeData({
            type: new Utf8(),
            length,
            valueOffsets: new Int32Array(buffer, keysAt + from * 4, length + 1),
            data: new Uint8Array(buffer, textAt, events * textBytes),
          })
        : makeData({ type: new Int32(), length, data: new Int32Array(buffer, keysAt + from * 4, length) }),
      makeData({ type: new Int64(), length, data: longs(valuesAt) }),
    ];
    batches.push(new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, children })));
  }
  return batches;
}

const encoder = new TextEncoder();
