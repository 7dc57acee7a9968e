import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { machine } from '../../src/streams/machine.ts';
import { getRecords, getShardIterator } from '../../src/streams/records.ts';
import type { StartPosition, Stream } from '../../src/streams/stream.ts';
import type { StreamEnvironment } from '../../src/streams/stream-environment.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';
import { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';

const hourMs = 3_600_000;
const roots: string[] = [];
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

/** The same streams on the machine's files and on simulated ones; time is the test's. */
const places = [
  {
    place: 'on the machine',
    make(time: { nowMs: number }): { root: string; environment: StreamEnvironment } {
      const root = mkdtempSync(join(tmpdir(), 'tidemark-streams-'));
      roots.push(root);
      return { root, environment: { ...machine, clock: { nowMs: () => time.nowMs } } };
    },
  },
  {
    place: 'in the simulation',
    make(time: { nowMs: number }): { root: string; environment: StreamEnvironment } {
      const random = new Random(1);
      const files = new SimulatedDisk(random);
      return { root: '/s', environment: new SimulatedMachine({ files, random, time, pid: 1, alive: new Set([1]) }) };
    },
  },
];

const entry = (text: string, partitionKey = 'k') => ({ data: Buffer.from(text), partitionKey });

describe.each(places)('streams $place', ({ make }) => {
  function setUp() {
    const time = { nowMs: 1_700_000_000_000 };
    const { root, environment } = make(time);
    const store = new StreamStore(root, { segmentBytesMax: 1000 }, environment);
    return { time, root, environment, store };
  }

  function texts(stream: Stream, environment: StreamEnvironment, shard: string, position: StartPosition): string[] {
    const found: string[] = [];
    let iterator: string | null = getShardIterator(stream, environment.clock, shard, position);
    for (;;) {
      const answer = getRecords(stream, environment.clock, iterator, 7);
      found.push(...answer.records.map(({ data }) => Buffer.from(data).toString()));
      iterator = answer.nextShardIterator;
      if (iterator === null || answer.records.length === 0) return found;
    }
  }

  test('are created, listed, found again and deleted', async () => {
    const { store, root, environment } = setUp();
    await store.createStream('b.2', 3);
    await store.createStream('a', 1);
    expect(store.listStreams()).toEqual(['a', 'b.2']);
    await expect(store.createStream('a', 1)).rejects.toMatchObject({ name: 'ResourceInUseException' });
    const again = new StreamStore(root, {}, environment);
    expect(again.stream('b.2').metadata.shards.map(({ index }) => index)).toEqual([0, 1, 2]);
    const stream = store.stream('a');
    await store.deleteStream('a');
    expect(store.listStreams()).toEqual(['b.2']);
    await expect(stream.putRecord(entry('x'))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(() => store.stream('a')).toThrow('there is no stream "a"');
  });

  test('have shards of even hash key ranges, the last with what the division leaves', async () => {
    const { store } = setUp();
    const stream = await store.createStream('s', 3);
    expect(
      stream.metadata.shards.map(({ startingHashKey, endingHashKey }) => [`${startingHashKey}`, `${endingHashKey}`]),
    ).toEqual([
      ['0', '113427455640312821154458202477256070484'],
      ['113427455640312821154458202477256070485', '226854911280625642308916404954512140969'],
      ['226854911280625642308916404954512140970', '340282366920938463463374607431768211455'],
    ]);
  });

  test('route by the MD5 of the partition key, or by an explicit hash key', async () => {
    const { store } = setUp();
    const stream = await store.createStream('s', 2);
    // MD5('a') = 0cc1..., MD5('b') = 92eb...
    expect((await stream.putRecord(entry('x', 'a'))).shardId).toBe('shardId-000000000000');
    expect((await stream.putRecord(entry('x', 'b'))).shardId).toBe('shardId-000000000001');
    const half = '170141183460469231731687303715884105728';
    expect((await stream.putRecord({ ...entry('x', 'a'), explicitHashKey: half })).shardId).toBe(
      'shardId-000000000001',
    );
    expect((await stream.putRecord({ ...entry('x', 'b'), explicitHashKey: '0' })).shardId).toBe('shardId-000000000000');
  });

  test('give records in order over many segments, with rising sequence numbers', async () => {
    const { store, environment, root, time } = setUp();
    const stream = await store.createStream('s', 1);
    const all = Array.from({ length: 60 }, (_, at) => `record ${at} ${'x'.repeat(at)}`);
    const numbers: bigint[] = [];
    for (const text of all) {
      time.nowMs += 400;
      numbers.push(BigInt((await stream.putRecord(entry(text))).sequenceNumber));
    }
    expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(environment.files.list(join(root, 's', 'shardId-000000000000')).length).toBeGreaterThan(4);
    const shard = 'shardId-0';
    expect(texts(stream, environment, shard, { type: 'TRIM_HORIZON' })).toEqual(all);
    expect(texts(stream, environment, shard, { type: 'LATEST' })).toEqual([]);
    const at = String(numbers[20]);
    expect(texts(stream, environment, shard, { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: at })).toEqual(
      all.slice(20),
    );
    expect(texts(stream, environment, shard, { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: at })).toEqual(
      all.slice(21),
    );
    // Record n came at n + 1 times 400 ms.
    const timestampMs = 1_700_000_000_000 + 400 * 31;
    expect(texts(stream, environment, shard, { type: 'AT_TIMESTAMP', timestampMs })).toEqual(all.slice(30));
    expect(texts(stream, environment, shard, { type: 'AT_TIMESTAMP', timestampMs: timestampMs + 1 })).toEqual(
      all.slice(31),
    );
    expect(texts(stream, environment, shard, { type: 'AT_TIMESTAMP', timestampMs: 5 })).toEqual(all);
    // Another process sees the same, though it writes nothing.
    const other = new StreamStore(root, {}, environment).stream('s');
    expect(texts(other, environment, shard, { type: 'TRIM_HORIZON' })).toEqual(all);
    expect(texts(other, environment, shard, { type: 'AT_TIMESTAMP', timestampMs })).toEqual(all.slice(30));
    expect(texts(other, environment, shard, { type: 'LATEST' })).toEqual([]);
  });

  test('put many puts in one commit, each in its order', async () => {
    const { store, environment } = setUp();
    const stream = await store.createStream('s', 1);
    await Promise.all(Array.from({ length: 20 }, (_, at) => stream.putRecords([entry(`${at}a`), entry(`${at}b`)])));
    const expected = Array.from({ length: 20 }, (_, at) => [`${at}a`, `${at}b`]).flat();
    expect(texts(stream, environment, '0', { type: 'TRIM_HORIZON' })).toEqual(expected);
  });

  test('split and merge: parents close, children open, and each is read to its end', async () => {
    const { store, environment } = setUp();
    const stream = await store.createStream('s', 1);
    await stream.putRecord(entry('before', 'a'));
    await stream.splitShard('shardId-0', 1n << 127n);
    const low = await stream.putRecord(entry('low', 'a'));
    const high = await stream.putRecord(entry('high', 'b'));
    expect([low.shardId, high.shardId]).toEqual(['shardId-000000000001', 'shardId-000000000002']);
    await stream.mergeShards('shardId-2', 'shardId-1');
    const last = await stream.putRecord(entry('after', 'b'));
    expect(last.shardId).toBe('shardId-000000000003');
    expect(
      stream.metadata.shards.map(({ index, parents, closed }) => [index, parents, closed?.lastRecordIndex ?? null]),
    ).toEqual([
      [0, [], 1],
      [1, [0], 1],
      [2, [0], 1],
      [3, [1, 2], null],
    ]);
    // Numbers rise from parents to children.
    expect(BigInt(low.sequenceNumber) < BigInt(last.sequenceNumber)).toBe(true);
    const iterator = getShardIterator(stream, environment.clock, '0', { type: 'TRIM_HORIZON' });
    const answer = getRecords(stream, environment.clock, iterator);
    expect(answer.nextShardIterator).toBeNull();
    expect(answer.childShards).toEqual([
      { shardId: 'shardId-000000000001', parentShards: ['shardId-000000000000'] },
      { shardId: 'shardId-000000000002', parentShards: ['shardId-000000000000'] },
    ]);
    await expect(stream.splitShard('0', 1n << 127n)).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await expect(stream.splitShard('3', 1n)).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await expect(stream.mergeShards('3', '3')).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await expect(stream.splitShard('9', 5n)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('keep records for the retention; lowering hides at once, raising brings nothing back', async () => {
    const { store, environment, time, root } = setUp();
    const stream = await store.createStream('s', 1);
    await stream.setRetention(48);
    await stream.putRecord(entry('old'));
    time.nowMs += 30 * hourMs;
    await stream.putRecord(entry('new'));
    const horizon: StartPosition = { type: 'TRIM_HORIZON' };
    expect(texts(stream, environment, '0', horizon)).toEqual(['old', 'new']);
    await stream.setRetention(24);
    expect(texts(stream, environment, '0', horizon)).toEqual(['new']);
    await stream.setRetention(100);
    expect(texts(stream, environment, '0', horizon)).toEqual(['new']);
    await expect(stream.setRetention(23)).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    // What is too old leaves the disk by whole segments, and closed shards as a whole.
    await stream.splitShard('0', 1n << 127n);
    time.nowMs += 200 * hourMs;
    await stream.putRecord(entry('newest', 'a'));
    // No put waits for that; closing does.
    await stream.close();
    expect(stream.metadata.shards.map(({ index }) => index)).toEqual([1, 2]);
    expect(environment.files.list(join(root, 's'))).not.toContain('shardId-000000000000');
  });

  test('store puts in the order of their coming, also where too much waits for the disk, and through a split', async () => {
    const { store, environment } = setUp();
    const stream = await store.createStream('s', 1);
    const lowest = { partitionKey: 'k', explicitHashKey: '0' };
    const large = Array.from({ length: 9 }, () => ({ data: Buffer.alloc(1_000_000, 'x'), ...lowest }));
    const small = (text: string) => [{ data: Buffer.from(text), ...lowest }];
    // The second waits for room, which the third would have.
    const puts = [large, large, small('first')].map((entries) => stream.putRecords(entries));
    const split = stream.splitShard('0', 1n << 127n);
    puts.push(stream.putRecords(small('second')), stream.putRecords(small('third')));
    await Promise.all([...puts, split]);
    const horizon: StartPosition = { type: 'TRIM_HORIZON' };
    const found = ['0', '1'].flatMap((shard) => texts(stream, environment, shard, horizon));
    expect(found.map((text) => text.slice(0, 6))).toEqual([
      ...Array.from({ length: 18 }, () => 'xxxxxx'),
      'first',
      'second',
      'third',
    ]);
  });

  test('refuse what Kinesis refuses, by its names', async () => {
    const { store, environment } = setUp();
    const stream = await store.createStream('s', 1);
    const refused = (name: string) => expect.objectContaining({ name });
    const validation = refused('ValidationException');
    const argument = refused('InvalidArgumentException');
    await expect(store.createStream('no blanks', 1)).rejects.toEqual(validation);
    await expect(store.createStream('none', 0)).rejects.toEqual(validation);
    await expect(store.createStream('many', 10_001)).rejects.toEqual(refused('LimitExceededException'));
    await expect(stream.putRecords([])).rejects.toEqual(validation);
    await expect(stream.putRecords(Array.from({ length: 501 }, () => entry('x')))).rejects.toEqual(validation);
    await expect(stream.putRecord(entry('x', ''))).rejects.toEqual(validation);
    await expect(stream.putRecord(entry('x', 'k'.repeat(257)))).rejects.toEqual(validation);
    await expect(stream.putRecord({ data: Buffer.alloc(1024 * 1024), partitionKey: 'k' })).rejects.toEqual(argument);
    const large = { data: Buffer.alloc(1024 * 1024 - 1), partitionKey: 'k' };
    await expect(stream.putRecords(Array.from({ length: 11 }, () => large))).rejects.toEqual(argument);
    await expect(stream.putRecord({ ...entry('x'), explicitHashKey: '01' })).rejects.toEqual(validation);
    const tooHigh = '340282366920938463463374607431768211456';
    await expect(stream.putRecord({ ...entry('x'), explicitHashKey: tooHigh })).rejects.toEqual(argument);
    const at = (position: StartPosition) => () => getShardIterator(stream, environment.clock, '0', position);
    expect(at({ type: 'AT_TIMESTAMP', timestampMs: environment.clock.nowMs() + 1 })).toThrow(argument);
    expect(at({ type: 'AT_SEQUENCE_NUMBER', sequenceNumber: '12' })).toThrow(argument);
    expect(() => getRecords(stream, environment.clock, 'xyz')).toThrow(argument);
  });

  test('let an iterator expire after five minutes', async () => {
    const { store, environment, time } = setUp();
    const stream = await store.createStream('s', 1);
    const iterator = getShardIterator(stream, environment.clock, '0', { type: 'TRIM_HORIZON' });
    time.nowMs += 300_000;
    expect(getRecords(stream, environment.clock, iterator).records).toEqual([]);
    time.nowMs += 1;
    expect(() => getRecords(stream, environment.clock, iterator)).toThrow(
      expect.objectContaining({ name: 'ExpiredIteratorException' }),
    );
  });

  test('tell a listener of puts, splits, and what another process does', async () => {
    const { store, environment, root } = setUp();
    const stream = await store.createStream('s', 1);
    let told = () => {};
    const next = () =>
      new Promise<void>((resolve) => {
        told = resolve;
      });
    const stop = stream.subscribe(() => told());
    const other = new StreamStore(root, {}, environment).stream('s');
    let heard = next();
    await other.putRecord(entry('from another', 'a'));
    await heard;
    heard = next();
    await other.splitShard('0', 1n << 127n);
    await heard;
    expect(stream.metadata.shards).toHaveLength(3);
    await other.close();
    heard = next();
    await stream.putRecord(entry('own', 'a'));
    await heard;
    stop();
  });
});
