import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, take, toArray } from 'rxjs';
import { afterEach, describe, expect, test } from 'vitest';
import { type DataStream, DiagnosticError, StreamError, Tidemark } from '../src/index.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-library-'));
  folders.push(folder);
  return folder;
}

async function texts(stream: DataStream, from: 'TRIM_HORIZON' | 'LATEST' = 'TRIM_HORIZON'): Promise<string[]> {
  const found: string[] = [];
  for await (const record of stream.read({ from, until: 'LATEST' })) found.push(record.text);
  return found;
}

describe('the streams of a handle', () => {
  test('are made, listed, described and deleted', async () => {
    await using tide = await Tidemark.open({ folder: newFolder() });
    const clicks = await tide.streams.create('clicks', { shards: 2, retentionHours: 48 });
    await tide.streams.create('orders');
    expect(tide.streams.list()).toEqual(['clicks', 'orders']);
    expect(tide.streams.open('clicks')).toBe(clicks);
    expect(clicks.describe()).toMatchObject({
      name: 'clicks',
      arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/clicks',
      retentionHours: 48,
      shards: [
        {
          shardId: 'shardId-000000000000',
          isOpen: true,
          startingHashKey: 0n,
          endingHashKey: 2n ** 127n - 1n,
          records: 0,
        },
        { shardId: 'shardId-000000000001', isOpen: true, startingHashKey: 2n ** 127n, parents: [] },
      ],
    });
    // One that cannot be as asked for is not there afterwards.
    await expect(tide.streams.create('short', { retentionHours: 1 })).rejects.toThrow('a retention of 1 hours');
    expect(tide.streams.list()).toEqual(['clicks', 'orders']);
    await tide.streams.delete('orders');
    expect(tide.streams.list()).toEqual(['clicks']);
    expect(() => tide.streams.open('orders')).toThrow('there is no stream "orders"');
  });

  test('are there again when the folder is opened again', async () => {
    const folder = newFolder();
    {
      await using tide = await Tidemark.open({ folder });
      const clicks = await tide.streams.create('clicks');
      await clicks.put({ data: 'one' });
    }
    await using tide = await Tidemark.open({ folder });
    expect(await texts(tide.streams.open('clicks'))).toEqual(['one']);
  });

  test('take bytes, texts and objects, and tell where each record went', async () => {
    await using tide = await Tidemark.open({ folder: newFolder() });
    const stream = await tide.streams.create('mixed', { shards: 2 });
    const first = await stream.put({ data: Uint8Array.of(104, 105), partitionKey: 'a' });
    expect(first).toEqual({
      shardId: expect.stringMatching(/^shardId-\d{12}$/),
      sequenceNumber: expect.stringMatching(/^\d{56}$/),
    });
    const more = await stream.put([
      { data: 'text', partitionKey: 'a' },
      { data: { n: 1 }, partitionKey: 'a' },
      { data: 'elsewhere', explicitHashKey: '0' },
    ]);
    expect(more.map(({ shardId }) => shardId)).toEqual([first.shardId, first.shardId, 'shardId-000000000000']);
    const found = new Map<string, unknown>();
    for await (const record of stream.read({ from: 'TRIM_HORIZON', until: 'LATEST' })) found.set(record.text, record);
    expect([...found.keys()].sort()).toEqual(['elsewhere', 'hi', 'text', '{"n":1}']);
    expect(found.get('hi')).toMatchObject({ ...first, partitionKey: 'a', data: Uint8Array.of(104, 105) });
  });

  test('take thousands of records in order, however many puts are on their way', async () => {
    await using tide = await Tidemark.open({ folder: newFolder() });
    const stream = await tide.streams.create('many');
    const record = (n: number) => ({ data: String(n), partitionKey: 'k' });
    const numbers = Array.from({ length: 3000 }, (_, n) => n);
    await Promise.all([
      stream.put(numbers.slice(0, 2000).map(record)),
      ...numbers.slice(2000).map((n) => stream.put(record(n))),
    ]);
    expect(await texts(stream)).toEqual(numbers.map(String));
  });

  test('refuse a record that is wrong, and none of its put is there', async () => {
    await using tide = await Tidemark.open({ folder: newFolder() });
    const stream = await tide.streams.create('strict');
    const put = stream.put([{ data: 'good' }, { data: 'x'.repeat(1024 * 1024 + 1) }]);
    await expect(put).rejects.toThrow(StreamError);
    await expect(put).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    expect(await texts(stream)).toEqual([]);
    // Nor where it is one of so many that they are several requests.
    const many = [...Array.from({ length: 600 }, () => ({ data: 'good' })), { data: 'bad', partitionKey: '' }];
    await expect(stream.put(many)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await texts(stream)).toEqual([]);
  });

  test('take records without waiting for the disk where that is asked for', async () => {
    await using tide = await Tidemark.open({ folder: newFolder() });
    const stream = await tide.streams.create('relaxed');
    await stream.put({ data: 'one' }, { durability: 'system' });
    await stream.put([{ data: 'two' }, { data: 'three' }], { durability: 'disk' });
    expect((await texts(stream)).sort()).toEqual(['one', 'three', 'two']);
  });

  test('are read from a place: a sequence number, behind it, a time, the end', async () => {
    await using tide = await Tidemark.open({ folder: newFolder() });
    const stream = await tide.streams.create('placed');
    const results = await stream.put(['a', 'b', 'c'].map((data) => ({ data })));
    const [{ shardId, sequenceNumber } = { shardId: '', sequenceNumber: '' }] = results.slice(1);
    const read = async (from: NonNullable<Parameters<DataStream['read']>[0]>['from']): Promise<string[]> => {
      const found: string[] = [];
      for await (const { text } of stream.read({ from, shard: shardId, until: 'LATEST' })) found.push(text);
      return found;
    };
    expect(await read({ sequenceNumber })).toEqual(['b', 'c']);
    expect(await read({ sequenceNumber, after: true })).toEqual(['c']);
    expect(await read(new Date(0))).toEqual(['a', 'b', 'c']);
    expect(await read('LATEST')).toEqual([]);
    await expect(read({ sequenceNumber: '1' })).rejects.toThrow(StreamError);
  });

  test('are followed through splits and merges: all of a parent before its children', async () => {
    await using tide = await Tidemark.open({ folder: newFolder() });
    const stream = await tide.streams.create('split');
    const following = firstValueFrom(stream.read({ from: 'TRIM_HORIZON' }).records$.pipe(take(6), toArray()));
    const put = (data: string, explicitHashKey: string) => stream.put({ data, explicitHashKey });
    const high = String(2n ** 128n - 1n);
    await put('0', '0');
    await stream.split('shardId-0');
    await put('1', '0');
    await put('2', high);
    await stream.merge('shardId-1', 'shardId-2');
    await put('3', '0');
    await put('4', high);
    await put('5', '7');
    const found = (await following).map(({ text }) => text);
    expect([...found].sort()).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(found[0]).toBe('0');
    expect(found.slice(3)).toEqual(['3', '4', '5']);
  });

  test('end their readings when the handle is closed', async () => {
    const tide = await Tidemark.open({ folder: newFolder() });
    const stream = await tide.streams.create('quiet');
    const reading = (async () => {
      for await (const record of stream.read()) return record;
      return 'ended';
    })();
    await tide.close();
    expect(await reading).toBe('ended');
  });

  test('are the tables of connector kinesis in the same handle, both ways', async () => {
    await using tide = await Tidemark.open({ folder: newFolder() });
    const clicks = await tide.streams.create('clicks', { shards: 2 });
    const pages = await tide.streams.create('pages');
    const [job] = await tide.execute(`
      CREATE TABLE clicks (path STRING, shard STRING METADATA FROM 'shard-id' VIRTUAL)
        WITH ('connector' = 'kinesis', 'format' = 'json', 'stream.arn' = '${clicks.arn}', 'source.init.position' = 'TRIM_HORIZON');
      CREATE TABLE pages (path STRING) WITH ('connector' = 'kinesis', 'format' = 'json', 'stream.arn' = '${pages.arn}');
      INSERT INTO pages SELECT path FROM clicks WHERE path LIKE '/%'`);
    const seen = firstValueFrom(pages.read({ from: 'TRIM_HORIZON' }).records$.pipe(take(2), toArray()));
    await clicks.put([{ data: { path: '/a' } }, { data: { path: 'b' } }, { data: { path: '/c' } }]);
    expect((await seen).map((record) => record.json<{ path: string }>().path).sort()).toEqual(['/a', '/c']);
    await job?.cancel();
    expect((await job?.done)?.outcome).toBe('cancelled');
    const missing = tide.query(`SELECT * FROM pages /*+ OPTIONS('stream.arn' = 'arn:aws:kinesis:x:0:stream/pagse') */`);
    await expect(missing.toArray()).rejects.toThrow(DiagnosticError);
  });
});

describe('a job', () => {
  test('tells its counters and rates, while nothing comes too, and at its end', async () => {
    await using tide = await Tidemark.open({ folder: newFolder() });
    const rows = tide.pushTable('plays', {
      columns: { k: 'INT', at_ms: 'TIMESTAMP(3)' },
      watermark: { column: 'at_ms' },
    });
    const [job] = await tide.execute(`
      CREATE TABLE nowhere (k INT, n BIGINT) WITH ('connector' = 'blackhole');
      INSERT INTO nowhere SELECT k, COUNT(*) FROM plays GROUP BY k`);
    if (job === undefined) throw new Error('INSERT is a job');
    const readings = firstValueFrom(job.metrics$.pipe(toArray()));
    await rows.push([1, 2, 1].map((k) => ({ k, at_ms: new Date(k * 1000) })));
    await expect.poll(() => job.progress.stateBytes).toBeGreaterThan(0);
    rows.end();
    await job.done;
    const all = await readings;
    expect(all[0]).toMatchObject({ events: expect.any(Number), eventsPerSecond: expect.any(Number) });
    expect(all.at(-1)).toMatchObject({
      events: 3,
      rowsOut: 2,
      lateRows: 0,
      malformedRecords: 0,
      stateBytes: 0,
      operators: expect.arrayContaining([expect.objectContaining({ operator: 'aggregate-1', rowsIn: 3 })]),
    });
    // Who comes later gets the last of them.
    expect(await firstValueFrom(job.metrics$.pipe(toArray()))).toHaveLength(1);
  });

  test('of several is cancelled alone, and where its scope ends', async () => {
    await using tide = await Tidemark.open({ folder: newFolder() });
    const rows = tide.pushTable('plays', { columns: { k: 'INT' } });
    await tide.execute("CREATE TABLE nowhere (k INT) WITH ('connector' = 'blackhole')");
    const insert = 'INSERT INTO nowhere SELECT k FROM plays;';
    const [first, second] = await tide.execute(insert + insert);
    {
      await using job = (await tide.execute(insert))[0];
      expect(tide.jobs).toEqual([first, second, job]);
    }
    await first?.cancel();
    expect(tide.jobs).toEqual([second]);
    await rows.push({ k: 1 });
    rows.end();
    expect(await second?.done).toMatchObject({ outcome: 'finished', rowsOut: 1 });
  });
});
