import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { frameData, recordStart } from '../src/streams/segment-format.ts';
import type { Durability } from '../src/streams/shard-log.ts';
import { StreamStore } from '../src/streams/stream-store.ts';
import { type Bench, type BenchResult, type Contender, compare } from './harness.ts';

const recordBytes = 200;
const batchRecords = 500;
const batches = 400;
const records = batches * batchRecords;

/** Records as services send them: JSON with a number that tells them apart. */
function batchOf(batch: number): { data: Uint8Array; partitionKey: string }[] {
  return Array.from({ length: batchRecords }, (_, at) => {
    const number = batch * batchRecords + at;
    const text = `{"id":${number},"user":"user-${number % 1000}","text":"`;
    return { data: Buffer.from(`${text.padEnd(recordBytes - 2, 'x')}"}`), partitionKey: `user-${number % 1000}` };
  });
}

const all = Array.from({ length: batches }, (_, batch) => batchOf(batch));

/** Records and bytes put, in one shard, one batch after the other: as one producer does. */
function appending(folder: string, durability: Durability): Contender {
  let round = 0;
  return {
    name: `put, ${durability === 'disk' ? 'on the disk' : 'not synced'}`,
    async work(check) {
      const store = new StreamStore(join(folder, `${durability}-${round++}`), { durability });
      const stream = await store.createStream('s', 1);
      for (const entries of all) await stream.putRecords(entries);
      await store.close();
      return check ? readBack(new StreamStore(store.folder)) : '';
    },
  };
}

/** The same bytes to a file, and fsynced as often. */
function rawWriting(folder: string, durability: Durability): Contender {
  const bytes = all.map((entries) => Buffer.concat(entries.map(({ data }) => data)));
  let round = 0;
  return {
    name: `raw file, ${durability === 'disk' ? 'fdatasync each' : 'not synced'}`,
    async work() {
      const file = await open(join(folder, `raw-${durability}-${round++}`), 'w');
      for (const part of bytes) {
        await file.write(part);
        if (durability === 'disk') await file.datasync();
      }
      await file.close();
      return `${records} records, ${records * recordBytes} bytes`;
    },
  };
}

/** Every record of the stream, where it lies. */
function readBack(store: StreamStore): string {
  const cursor = store.stream('s').cursor('0', { type: 'TRIM_HORIZON' });
  let count = 0;
  let bytes = 0;
  for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
    for (const { frame, from, to } of read.frames) {
      count += to - from;
      // The line feeds between are not of the records.
      bytes += recordStart(frame, to) - recordStart(frame, from) - (to - from);
      if (frame.buffer[frameData(frame)] !== 123) throw new Error('a record does not begin as it was put');
    }
  }
  cursor.close();
  return `${count} records, ${bytes} bytes`;
}

/** The segments' bytes alone, as fast as the file system gives them. */
function rawReading(folder: string): Contender {
  const buffer = Buffer.alloc(1024 * 1024);
  return {
    name: 'raw read',
    async work() {
      for (const name of readdirSync(folder)) {
        const file = openSync(join(folder, name), 'r');
        while (readSync(file, buffer, 0, buffer.length, null) > 0);
        closeSync(file);
      }
      return `${records} records, ${records * recordBytes} bytes`;
    },
  };
}

async function run(): Promise<readonly BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  try {
    const results = [
      await compare('log-put', records, appending(folder, 'disk'), rawWriting(folder, 'disk')),
      await compare('log-put-relaxed', records, appending(folder, 'system'), rawWriting(folder, 'system')),
    ];
    const store = new StreamStore(join(folder, 'disk-0'));
    const reading: Contender = { name: 'read', work: async () => readBack(store) };
    results.push(
      await compare('log-read', records, reading, rawReading(join(store.folder, 's', 'shardId-000000000000'))),
    );
    const read = results[2]?.eventsPerSecond ?? 0;
    console.log(`  reading: ${((read * recordBytes) / 1e9).toFixed(2)} GB/s of records`);
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const log: Bench = {
  name: 'log',
  title: `an embedded stream: ${records.toLocaleString('en')} records of ${recordBytes} bytes, put ${batchRecords} at a time, and read back`,
  run,
};
