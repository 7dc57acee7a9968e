import { machine } from '../../../src/streams/machine.ts';
import { getRecords, getShardIterator } from '../../../src/streams/records.ts';
import { startingSequenceNumber } from '../../../src/streams/sequence-number.ts';
import { shardId } from '../../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../../src/streams/stream-store.ts';
import type { Entry, KinesisApi, Position, Put, ReadToEnd, Shard } from './kinesis-api.ts';

/** Tidemark's embedded streams. */
export class EmbeddedStreams implements KinesisApi {
  readonly #store: StreamStore;

  constructor(folder: string) {
    this.#store = new StreamStore(folder);
  }

  async createStream(stream: string, shardCount: number): Promise<void> {
    await this.#store.createStream(stream, shardCount);
  }

  async putRecords(stream: string, entries: readonly Entry[]): Promise<readonly Put[]> {
    const { records } = await this.#store.stream(stream).putRecords(
      entries.map(({ text, partitionKey, explicitHashKey }) => ({
        data: Buffer.from(text),
        partitionKey,
        explicitHashKey,
      })),
    );
    return records.map((record) => {
      if ('errorCode' in record) throw record.cause;
      return { shard: record.shardId, sequenceNumber: record.sequenceNumber };
    });
  }

  async splitShard(stream: string, shard: string, newStartingHashKey: string): Promise<void> {
    await this.#store.stream(stream).splitShard(shard, BigInt(newStartingHashKey));
  }

  async mergeShards(stream: string, shard: string, adjacent: string): Promise<void> {
    await this.#store.stream(stream).mergeShards(shard, adjacent);
  }

  async listShards(stream: string): Promise<readonly Shard[]> {
    return this.#store.stream(stream).metadata.shards.map((shard) => {
      const [parent, adjacentParent] = shard.parents.map(shardId);
      return {
        id: shardId(shard.index),
        startingHashKey: String(shard.startingHashKey),
        endingHashKey: String(shard.endingHashKey),
        parent: parent ?? null,
        adjacentParent: adjacentParent ?? null,
        startingSequenceNumber: startingSequenceNumber(shard),
        isClosed: shard.closed !== null,
      };
    });
  }

  async read(name: string, shard: string, position: Position): Promise<ReadToEnd> {
    const stream = this.#store.stream(name);
    const records: ReadToEnd['records'][number][] = [];
    let iterator: string | null = getShardIterator(stream, machine.clock, shard, position);
    while (iterator !== null) {
      const answer = getRecords(stream, machine.clock, iterator, 100);
      for (const { data, partitionKey, sequenceNumber } of answer.records) {
        records.push({ text: Buffer.from(data).toString(), partitionKey, sequenceNumber });
      }
      iterator = answer.nextShardIterator;
      if (answer.records.length === 0 && iterator !== null) return { records, hasEnded: false };
    }
    return { records, hasEnded: true };
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
