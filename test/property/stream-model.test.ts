import { describe, expect, test } from 'vitest';
import { getRecords, getShardIterator } from '../../src/streams/records.ts';
import type { StartPosition, Stream } from '../../src/streams/stream.ts';
import type { StreamEnvironment } from '../../src/streams/stream-environment.ts';
import { shardId } from '../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';
import { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';

const runs = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 40 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 200;
const hourMs = 3_600_000;

interface ModelRecord {
  readonly sequenceNumber: string;
  readonly arrivalMs: number;
  readonly text: string;
}

/** A stream as lists: what is read of a shard is its list from a place on, without what is too old. */
class Model {
  readonly shards = new Map<string, ModelRecord[]>();
  retentionHours = 24;
  floorMs = 0;

  put(shard: string, record: ModelRecord): void {
    this.shards.set(shard, [...(this.shards.get(shard) ?? []), record]);
  }

  read(shard: string, isFrom: (record: ModelRecord) => boolean, nowMs: number): string[] {
    const horizonMs = Math.max(this.floorMs, nowMs - this.retentionHours * hourMs);
    const from = (this.shards.get(shard) ?? []).filter(isFrom);
    return from.filter(({ arrivalMs }) => arrivalMs >= horizonMs).map(({ text }) => text);
  }
}

class World {
  readonly #random: Random;
  readonly #model = new Model();
  readonly #time = { nowMs: 1_700_000_000_000 };
  readonly #disk: SimulatedDisk;
  /** Small segments of small records, or large ones, whose indexes have several entries. */
  readonly #scale: number;
  #environment: StreamEnvironment;
  #store: StreamStore;
  #pid = 0;
  #puts = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#disk = new SimulatedDisk(random);
    this.#scale = random.pick([1, 500]);
    [this.#environment, this.#store] = this.#start();
  }

  async run(): Promise<void> {
    await this.#store.createStream('s', 1 + this.#random.int(4));
    for (let step = 0; step < 120; step++) await this.#step();
  }

  /** Another process, with what is on the disk. */
  #start(): [StreamEnvironment, StreamStore] {
    const pid = ++this.#pid;
    const parts = { files: this.#disk, random: this.#random, time: this.#time };
    const environment = new SimulatedMachine({ ...parts, pid, alive: new Set([pid]) });
    return [environment, new StreamStore('/s', { segmentBytesMax: 600 * this.#scale }, environment)];
  }

  get #stream(): Stream {
    return this.#store.stream('s');
  }

  async #step(): Promise<void> {
    const random = this.#random;
    this.#time.nowMs += random.chance(0.02) ? random.int(20 * hourMs) : random.pick([0, 0, random.int(60_000)]);
    const choice = random.int(40);
    if (choice < 18) await this.#put();
    else if (choice < 36) this.#read();
    else if (choice < 37) await this.#reshard();
    else if (choice < 38) await this.#setRetention();
    else if (choice < 39) {
      if (random.chance(0.5)) await this.#store.close();
      [this.#environment, this.#store] = this.#start();
    } else await this.#merge();
  }

  async #put(): Promise<void> {
    const entries = Array.from({ length: 1 + this.#random.int(6) }, () => ({
      data: Buffer.from(`${this.#puts++} ${'x'.repeat(this.#random.int(60 * this.#scale))}`),
      partitionKey: `key ${this.#random.int(30)}`,
    }));
    const { records } = await this.#stream.putRecords(entries);
    for (const [at, record] of records.entries()) {
      if ('errorCode' in record) throw record.cause;
      const { shardId: shard, sequenceNumber } = record;
      this.#model.put(shard, { sequenceNumber, arrivalMs: this.#time.nowMs, text: entries[at]?.data.toString() ?? '' });
    }
  }

  async #reshard(): Promise<void> {
    const { index, startingHashKey, endingHashKey } = this.#random.pick(this.#open());
    await this.#stream.splitShard(shardId(index), (startingHashKey + endingHashKey) / 2n);
  }

  async #merge(): Promise<void> {
    const open = this.#open();
    if (open.length < 2) return;
    const at = this.#random.int(open.length - 1);
    const pair = [open[at], open[at + 1]].map((shard) => shardId(shard?.index ?? 0));
    const [first = '', second = ''] = this.#random.chance(0.5) ? pair : pair.toReversed();
    await this.#stream.mergeShards(first, second);
  }

  #open() {
    const open = this.#stream.metadata.shards.filter(({ closed }) => closed === null);
    return open.toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1));
  }

  async #setRetention(): Promise<void> {
    const model = this.#model;
    model.floorMs = Math.max(model.floorMs, this.#time.nowMs - model.retentionHours * hourMs);
    model.retentionHours = 24 + this.#random.int(100);
    await this.#stream.setRetention(model.retentionHours);
  }

  /** Reads a shard from a random place to its end, in answers of a random size. */
  #read(): void {
    const random = this.#random;
    const stream = this.#stream;
    const shard = shardId(random.pick(stream.metadata.shards).index);
    const [position, isFrom] = this.#place(shard);
    const limit = 1 + random.int(20);
    const found: string[] = [];
    let iterator: string | null = getShardIterator(stream, this.#environment.clock, shard, position);
    for (let isMore = true; isMore && iterator !== null; ) {
      const answer = getRecords(stream, this.#environment.clock, iterator, limit);
      found.push(...answer.records.map(({ data }) => Buffer.from(data).toString()));
      isMore = answer.records.length > 0;
      iterator = answer.nextShardIterator;
    }
    expect(found).toEqual(this.#model.read(shard, isFrom, this.#time.nowMs));
  }

  #place(shard: string): [StartPosition, (record: ModelRecord) => boolean] {
    const random = this.#random;
    const records = this.#model.shards.get(shard) ?? [];
    const choice = random.int(records.length === 0 ? 2 : 5);
    if (choice === 0) return [{ type: 'TRIM_HORIZON' }, () => true];
    if (choice === 1) return [{ type: 'LATEST' }, () => false];
    const { sequenceNumber, arrivalMs } = random.pick(records);
    if (choice === 2) {
      return [
        { type: 'AT_SEQUENCE_NUMBER', sequenceNumber },
        (record) => BigInt(record.sequenceNumber) >= BigInt(sequenceNumber),
      ];
    }
    if (choice === 3) {
      return [
        { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber },
        (record) => BigInt(record.sequenceNumber) > BigInt(sequenceNumber),
      ];
    }
    const timestampMs = arrivalMs - random.int(2);
    return [{ type: 'AT_TIMESTAMP', timestampMs }, (record) => record.arrivalMs >= timestampMs];
  }
}

describe('a stream reads as a list of what was put', () => {
  test.each(Array.from({ length: runs }, (_, seed) => seed))(
    'through splits, merges, retention and new processes: seed %i',
    (seed) => new World(new Random(seed)).run(),
  );
});
