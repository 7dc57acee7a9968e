import { describe, expect, test } from 'vitest';
import { recordData } from '../../src/streams/segment-format.ts';
import {
  endingSequenceNumber,
  parseSequenceNumber,
  sequenceNumber,
  startingSequenceNumber,
} from '../../src/streams/sequence-number.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { newStream, readMetadata, writeMetadata } from '../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';
import { type Fault, type Operation, SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';

const entry = (text: string) => ({ data: Buffer.from(text), partitionKey: 'k' });

/** What kinesis-local 0.6.2 answered to a PutRecords on a stream of three shards, each record "x". */
const emulated: readonly { key: string; explicitHashKey?: string; shard: number }[] = [
  { key: 'a', shard: 0 },
  { key: 'b', shard: 1 },
  { key: 'user-1', shard: 2 },
  { key: 'user-2', shard: 0 },
  { key: 'ключ', shard: 2 },
  { key: '日本', shard: 0 },
  { key: 'x'.repeat(256), shard: 2 },
  { key: ' ', shard: 1 },
  {
    key: 'a',
    explicitHashKey: '340282366920938463463374607431768211455',
    shard: 2,
  },
];

test('records go to the shards to which the emulator kinesis-local puts them', async () => {
  const stream = await new Machines().store(1).createStream('s', 3);
  const { records } = await stream.putRecords(
    emulated.map(({ key, explicitHashKey }) => ({ data: Buffer.from('x'), partitionKey: key, explicitHashKey })),
  );
  expect(records.map((record) => ('errorCode' in record ? record.errorCode : record.shardId))).toEqual(
    emulated.map(({ shard }) => `shardId-00000000000${shard}`),
  );
});

describe('sequence numbers', () => {
  test('have the layout of those in the documentation of Kinesis', () => {
    // From the answer to PutRecords that its reference shows.
    expect(parseSequenceNumber('49543463076548007577105092703039560359975228518395019266')).toEqual({
      createdSeconds: 1_411_403_981,
      index: 0,
      recordIndex: 0x157d,
    });
    expect(parseSequenceNumber('49543463076570308322303623326179887152428262250726293522')).toMatchObject({ index: 1 });
    const shard = { createdSeconds: 1_411_403_981, index: 1 };
    expect(sequenceNumber(shard, 0x157c, 1_411_431_220_000)).toBe(
      '49543463076570308322303623326179887152428262250726293522',
    );
  });

  test('of the beginning of shards are those of the emulator kinesis-local', () => {
    const shards = [
      '49680691813248760689254580975247626575515123111895760898',
      '49680691813271061434453111598389162293787771473401741330',
      '49680691813293362179651642221530698012060419834907721762',
    ];
    for (const [index, number] of shards.entries()) {
      const shard = parseSequenceNumber(number);
      expect(shard).toMatchObject({ index, recordIndex: 0 });
      expect(startingSequenceNumber(shard)).toBe(number);
    }
  });

  test('of a shard lie between its starting and its ending number', () => {
    const shard = { createdSeconds: 1_700_000_000, index: 17 };
    const numbers = [
      startingSequenceNumber(shard),
      sequenceNumber(shard, 1, 0),
      sequenceNumber(shard, 2, 0),
      endingSequenceNumber(shard),
    ];
    expect(numbers).toEqual(numbers.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)));
    expect(parseSequenceNumber(numbers[2] ?? '')).toEqual({ ...shard, recordIndex: 2 });
  });
});

/** Machines of one disk. */
class Machines {
  disk: SimulatedDisk;
  readonly time = { nowMs: 1_700_000_000_000 };
  readonly alive = new Set<number>();
  readonly #random = new Random(5);

  constructor(fault: (operation: Operation) => Fault = () => 'none') {
    this.disk = new SimulatedDisk(this.#random, fault);
  }

  store(pid: number, options: { durability?: 'disk' | 'system'; segmentBytesMax?: number } = {}): StreamStore {
    const { disk: files, time, alive } = this;
    alive.add(pid);
    const environment = new SimulatedMachine({ files, random: this.#random, time, pid, alive });
    return new StreamStore('/s', { segmentBytesMax: 400, ...options }, environment);
  }
}

function readTexts(stream: Stream): string[] {
  const cursor = stream.cursor('0', { type: 'TRIM_HORIZON' });
  const found: string[] = [];
  for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
    for (const { frame, from, to } of read.frames) {
      for (let at = from; at < to; at++) found.push(recordData(frame, at).toString());
    }
  }
  return found;
}

async function withRecords(machines: Machines, count: number): Promise<string> {
  const store = machines.store(1);
  const stream = await store.createStream('s', 1);
  for (let at = 0; at < count; at++) await stream.putRecord(entry(`record ${at}`));
  await store.close();
  return machines.disk.paths().find((path) => path.endsWith('.log')) ?? '';
}

describe('damage', () => {
  test('in the middle of a segment names it and the byte, and nothing behind it is read', async () => {
    const machines = new Machines();
    const segment = await withRecords(machines, 30);
    machines.disk.damage(segment, 120);
    const stream = machines.store(2).stream('s');
    // A frame of "record 0" has 66 bytes, behind the header's 32.
    expect(() => readTexts(stream)).toThrow(`segment ${segment} is damaged at byte 98: the checksum does not fit`);
  });

  test('in the segment that is written is found when it is opened to write', async () => {
    const machines = new Machines();
    const segment = await withRecords(machines, 3);
    machines.disk.damage(segment, 120);
    const stream = machines.store(2).stream('s');
    await expect(stream.putRecord(entry('x'))).rejects.toThrow(`segment ${segment} is damaged at byte 98`);
    expect(() => readTexts(stream)).toThrow('is damaged at byte 98');
  });

  test('of a whole segment that is gone is told, not skipped', async () => {
    const machines = new Machines();
    await withRecords(machines, 30);
    const segments = machines.disk.paths().filter((path) => path.endsWith('.log'));
    await machines.disk.remove(segments[2] ?? '');
    expect(() => readTexts(machines.store(2).stream('s'))).toThrow(/records \d+ to \d+ are missing/);
  });

  test('of an index harms nobody: it is made anew', async () => {
    const machines = new Machines();
    await withRecords(machines, 30);
    for (const path of machines.disk.paths()) if (path.endsWith('.index')) machines.disk.damage(path, 20);
    machines.time.nowMs += 1000;
    const stream = machines.store(2).stream('s');
    await stream.putRecord(entry('later'));
    const cursor = stream.cursor('0', { type: 'AT_TIMESTAMP', timestampMs: machines.time.nowMs });
    const read = cursor.read();
    expect(read.kind === 'frames' && read.frames.length).toBe(1);
  });

  test('of the metadata is told', () => {
    const bytes = Buffer.from(writeMetadata(newStream('s', 2, 5)));
    expect(readMetadata(bytes, 'f')).toEqual(newStream('s', 2, 5));
    bytes[30] = 65;
    expect(() => readMetadata(bytes, 'f')).toThrow('f is damaged: its checksum does not fit');
  });
});

test('a torn end is cut off when the stream is opened to write, and told', async () => {
  const machines = new Machines();
  const segment = await withRecords(machines, 2);
  const file = machines.disk.openToWrite(segment);
  const size = file.size();
  await file.write(Buffer.from('TFR1 and half a frame'), size);
  const stream = machines.store(2).stream('s');
  expect(readTexts(stream)).toEqual(['record 0', 'record 1']);
  expect(await stream.startWriting()).toEqual([{ segment, offset: size, bytes: 21 }]);
  await stream.putRecord(entry('record 2'));
  expect(readTexts(stream)).toEqual(['record 0', 'record 1', 'record 2']);
});

test('records that look like a segment are data', async () => {
  const machines = new Machines();
  const segment = await withRecords(machines, 2);
  const copy = Buffer.from(machines.disk.readAll(segment) ?? []);
  const store = machines.store(2);
  await store.stream('s').putRecord({ data: copy, partitionKey: 'k' });
  await store.close();
  const path = machines.disk.paths().findLast((each) => each.endsWith('.log')) ?? '';
  // The frame with the copy is torn: the frames within it are not taken for later ones.
  const file = machines.disk.openToWrite(path);
  await file.truncate(file.size() - 1);
  const stream = machines.store(3).stream('s');
  expect(await stream.startWriting()).toMatchObject([{ segment: path }]);
  expect(readTexts(stream)).toEqual(['record 0', 'record 1']);
});

describe('the right to write', () => {
  test('is of one process; a second is told which', async () => {
    const machines = new Machines();
    await withRecords(machines, 1);
    const first = machines.store(71);
    await first.stream('s').putRecord(entry('x'));
    const second = machines.store(72);
    await expect(second.stream('s').putRecord(entry('y'))).rejects.toMatchObject({
      name: 'ResourceInUseException',
      message: 'stream "s" is being written by process 71',
    });
    await expect(second.deleteStream('s')).rejects.toMatchObject({ name: 'ResourceInUseException' });
    // It may read meanwhile.
    expect(readTexts(second.stream('s'))).toEqual(['record 0', 'x']);
    await first.close();
    await second.stream('s').putRecord(entry('y'));
    expect(readTexts(second.stream('s'))).toEqual(['record 0', 'x', 'y']);
  });

  test('of a killed process is taken over, by one of those who try', async () => {
    const machines = new Machines();
    await withRecords(machines, 1);
    await machines.store(71).stream('s').putRecord(entry('x'));
    machines.alive.delete(71);
    const tries = [72, 73, 74].map((pid) =>
      machines
        .store(pid)
        .stream('s')
        .putRecord(entry(String(pid))),
    );
    const ended = await Promise.allSettled(tries);
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('a stream is there as a whole, or not at all, when the power is cut while it is', () => {
  const cuts = Array.from({ length: 24 }, (_, at) => at);

  /** What is found of the stream after the power was cut at an operation; null: nothing. */
  async function found(
    cutAt: number,
    work: (store: StreamStore) => Promise<unknown>,
    prepare: (store: StreamStore) => Promise<unknown> = async () => {},
  ): Promise<string[] | null> {
    let left = Number.POSITIVE_INFINITY;
    const machines = new Machines(() => (left-- === 0 ? 'crash' : 'none'));
    const store = machines.store(1);
    const other = await store.createStream('other', 1);
    await other.putRecord(entry('x'));
    await prepare(store);
    left = cutAt;
    await work(store).catch(() => {});
    machines.disk = machines.disk.afterCrash();
    machines.alive.clear();
    const again = machines.store(2);
    if (!again.listStreams().includes('s')) {
      // Nothing of it is in the way of another.
      await again.createStream('s', 1);
      await again.deleteStream('s');
      expect(machines.disk.list('/s')).toEqual(['other']);
      return null;
    }
    return readTexts(again.stream('s'));
  }

  test('created', async () => {
    const results = await Promise.all(cuts.map((cut) => found(cut, (store) => store.createStream('s', 2))));
    expect(new Set(results.map(String))).toEqual(new Set(['null', '']));
  });

  test('deleted', async () => {
    const prepare = async (store: StreamStore) => (await store.createStream('s', 1)).putRecord(entry('kept'));
    const results = await Promise.all(cuts.map((cut) => found(cut, (store) => store.deleteStream('s'), prepare)));
    expect(new Set(results.map(String))).toEqual(new Set(['null', 'kept']));
  });
});

describe('a full disk', () => {
  test('refuses the put, loses nothing, and takes the next when there is room again', async () => {
    let isFull = false;
    const machines = new Machines(({ kind }) => (isFull && kind === 'write' ? 'no space' : 'none'));
    const store = machines.store(1);
    const stream = await store.createStream('s', 1);
    await stream.putRecord(entry('before'));
    isFull = true;
    await expect(stream.putRecord(entry('lost'))).rejects.toThrow('no space is left on the disk');
    const { failedRecordCount, records } = await stream.putRecords([entry('a'), entry('b')]);
    expect(failedRecordCount).toBe(2);
    expect(records[1]).toMatchObject({ errorCode: 'InternalFailure' });
    await expect(stream.splitShard('0', 5n)).rejects.toThrow('no space is left');
    isFull = false;
    await stream.putRecord(entry('after'));
    expect(readTexts(stream)).toEqual(['before', 'after']);
    expect(stream.metadata.shards).toHaveLength(1);
  });
});

describe('the end of a shard', () => {
  test('is not settled while its file may hold more than was acknowledged', async () => {
    let isFailing = false;
    const machines = new Machines(({ kind, path }) =>
      isFailing && path.endsWith('.log') && (kind === 'sync' || kind === 'truncate') ? 'error' : 'none',
    );
    const store = machines.store(1);
    const stream = await store.createStream('s', 1);
    await stream.putRecord(entry('before'));
    isFailing = true;
    await expect(stream.putRecord(entry('in doubt'))).rejects.toThrow('error at sync');
    isFailing = false;
    await expect(stream.splitShard('0', 5n)).rejects.toThrow('cannot be written');
    await store.close();

    // Opened anew it ends where its file does.
    const again = machines.store(2).stream('s');
    await again.splitShard('0', 5n);
    expect(again.shard('0').closed?.lastRecordIndex).toBe(2);
    expect(readTexts(again)).toEqual(['before', 'in doubt']);
  });

  test('that another process has seen is on the disk, once that settles it', async () => {
    for (const isSettled of [false, true]) {
      let isFailing = false;
      const machines = new Machines(({ kind, path }) =>
        isFailing && kind === 'sync folder' && path === '/s/s' ? 'error' : 'none',
      );
      const writer = await machines.store(1).createStream('s', 1);
      await writer.putRecord(entry('a'));
      isFailing = true;
      await expect(writer.splitShard('0', 5n)).rejects.toThrow('error at sync folder');
      isFailing = false;
      const reader = machines.store(2).stream('s');
      expect(reader.metadata.shards).toHaveLength(3);
      if (isSettled) await reader.settle();
      machines.disk = machines.disk.afterCrash();
      expect(machines.store(3).stream('s').metadata.shards).toHaveLength(isSettled ? 3 : 1);
    }
  });
});

test('without fsync a put does not wait for the disk, and a crash keeps what comes before the first gap', async () => {
  let syncs = 0;
  const machines = new Machines(({ kind }) => {
    if (kind === 'sync') syncs++;
    return 'none';
  });
  const stream = await machines.store(1, { durability: 'system', segmentBytesMax: 10_000 }).createStream('s', 1);
  await stream.putRecord(entry('first'));
  const before = syncs;
  for (let at = 0; at < 4; at++) await stream.putRecord(entry(`record ${at} ${'x'.repeat(40)}`));
  expect(syncs).toBe(before);
  machines.alive.clear();
  machines.disk = machines.disk.afterCrash();
  const found = machines.store(2).stream('s');
  await found.startWriting();
  const kept = readTexts(found);
  const all = ['first', ...Array.from({ length: 4 }, (_, at) => `record ${at} ${'x'.repeat(40)}`)];
  expect(all.slice(0, kept.length)).toEqual(kept);
});

test('a put that waits for the disk takes those with it that did not, and one that is relaxed waits for none', async () => {
  let syncs = 0;
  const machines = new Machines(({ kind }) => {
    if (kind === 'sync') syncs++;
    return 'none';
  });
  const stream = await machines.store(1, { segmentBytesMax: 10_000 }).createStream('s', 1);
  await stream.putRecords([entry('first')]);
  const before = syncs;
  await stream.putRecords([entry('relaxed')], 'system');
  expect(syncs).toBe(before);
  await Promise.all([stream.putRecords([entry('relaxed too')], 'system'), stream.putRecords([entry('durable')])]);
  expect(syncs).toBe(before + 1);
  machines.alive.clear();
  machines.disk = machines.disk.afterCrash();
  const found = machines.store(2).stream('s');
  await found.startWriting();
  expect(readTexts(found)).toEqual(['first', 'relaxed', 'relaxed too', 'durable']);
});
