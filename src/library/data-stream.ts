import type { Clock } from '../runtime/clock.ts';
import { type Observable, observableOf } from '../runtime/observable.ts';
import type { StartPosition, Stream } from '../streams/stream.ts';
import { type ShardMetadata, shardId } from '../streams/stream-metadata.ts';
import { type ReadPlan, readStream } from '../streams/stream-reader.ts';
import { type NewRecord, type PutOptions, type PutResult, putRecords } from './stream-put.ts';
import { StreamRecord } from './stream-record.ts';

/** Where and how far a stream is read. */
export interface StreamReadOptions {
  /**
   * `LATEST` (the default): what comes from now on. `TRIM_HORIZON`: the oldest record there is, and on. A Date: what came
   * since. A sequence number, with the `shard` that it is of: that record and on, or with `after` what is behind it.
   */
  readonly from?:
    | 'LATEST'
    | 'TRIM_HORIZON'
    | Date
    | { readonly sequenceNumber: string; readonly after?: boolean }
    | undefined;
  /** One shard alone, by its id; by default all, and those that come of them: parents before their children. */
  readonly shard?: string | undefined;
  /** `LATEST`: it ends with the last record that there is now. By default it goes on until it is stopped. */
  readonly until?: 'LATEST' | undefined;
}

/** A shard of a stream. */
export interface ShardDescription {
  /** `shardId-000000000003`; shards are numbered upward for ever. */
  readonly shardId: string;
  /** Whether it takes records; one that was split or merged does not. */
  readonly isOpen: boolean;
  /** The first hash key that it takes: a whole number of 128 bits. */
  readonly startingHashKey: bigint;
  /** The last one. */
  readonly endingHashKey: bigint;
  /** The ids of the shards that it goes on from. */
  readonly parents: readonly string[];
  /** How many records were put into it, those that are not kept any more among them. */
  readonly records: number;
}

/** What a stream is. */
export interface StreamDescription {
  /** 1 to 128 letters, digits, `_`, `-` and `.`. */
  readonly name: string;
  /** As `'stream.arn'` of connector `kinesis` takes it. */
  readonly arn: string;
  /** By the clock of the process that made it. */
  readonly createdAt: Date;
  /** How long records are kept, in hours. */
  readonly retentionHours: number;
  /** Those of which records may be left, in the order of their making. */
  readonly shards: readonly ShardDescription[];
}

/** A reading of a stream: each iteration and each subscription reads from the start of it, and stops when it is left. */
export interface StreamReading extends AsyncIterable<StreamRecord> {
  /** The records, one at a time. Unsubscribing stops it; what a stream refuses is the Observable's error. */
  readonly records$: Observable<StreamRecord>;
}

/**
 * One embedded stream. Any process may read it; the first put, split or merge makes this one its writer, until the
 * handle is closed. A table of connector `kinesis` in the same handle reads what is put at once.
 *
 * What a stream refuses is a `StreamError`, with Kinesis' name of it.
 */
export class DataStream {
  readonly #stream: Stream;
  readonly #clock: Clock;
  readonly #closed: AbortSignal;

  /** @internal made by `Streams` */
  constructor(stream: Stream, clock: Clock, closed: AbortSignal) {
    this.#stream = stream;
    this.#clock = clock;
    this.#closed = closed;
  }

  /** As it was created. */
  get name(): string {
    return this.#stream.name;
  }

  /** As `'stream.arn'` of connector `kinesis` takes it. Any region and account will do. */
  get arn(): string {
    return `arn:aws:kinesis:us-east-1:000000000000:stream/${this.name}`;
  }

  /** What the stream is now. @throws StreamError ResourceNotFoundException when it was deleted */
  describe(): StreamDescription {
    this.#stream.refresh();
    const { createdMs, retentionHours, shards } = this.#stream.metadata;
    return {
      name: this.name,
      arn: this.arn,
      createdAt: new Date(createdMs),
      retentionHours,
      shards: shards.map((shard) => this.#describeShard(shard)),
    };
  }

  /**
   * Puts a record, or several in order. Resolves when it is on the disk, or as `durability` says: await it, and a producer is as fast as that is.
   * @throws StreamError for a record that is wrong (then nothing was put), and for what the disk refuses; for several of
   * which some were put PartialPutError
   */
  put(record: NewRecord, options?: PutOptions): Promise<PutResult>;
  put(records: readonly NewRecord[], options?: PutOptions): Promise<readonly PutResult[]>;
  async put(
    records: NewRecord | readonly NewRecord[],
    { durability }: PutOptions = {},
  ): Promise<PutResult | readonly PutResult[]> {
    if (isList(records)) return putRecords(this.#stream, records, durability);
    const [result] = await putRecords(this.#stream, [records], durability);
    if (result === undefined) throw new Error('a record was put');
    return result;
  }

  /**
   * Reads the records. Nothing is read ahead of who iterates.
   * @throws StreamError, when it is iterated, for a shard or a position that is none; DamagedSegmentError
   */
  read(options: StreamReadOptions = {}): StreamReading {
    const plan = planOf(options);
    const records = (signal: AbortSignal) => this.#records(plan, AbortSignal.any([signal, this.#closed]));
    return {
      [Symbol.asyncIterator]: () => this.#records(plan, this.#closed),
      get records$() {
        return observableOf(records);
      },
    };
  }

  /**
   * Closes a shard, and opens two that go on with halves of its hash keys, or with those before `at` and from it on.
   * @throws StreamError for what is no open shard or no place in it
   */
  async split(shard: string, at?: bigint): Promise<void> {
    const { startingHashKey, endingHashKey } = this.#stream.shard(shard);
    await this.#stream.splitShard(shard, at ?? startingHashKey + (endingHashKey - startingHashKey) / 2n + 1n);
  }

  /** Closes two shards whose hash keys adjoin, and opens one that goes on with both. @throws StreamError for others */
  async merge(shard: string, adjacent: string): Promise<void> {
    await this.#stream.mergeShards(shard, adjacent);
  }

  /** Keeps records so long: 24 to 8,760 hours. @throws StreamError for another number */
  async setRetention(hours: number): Promise<void> {
    await this.#stream.setRetention(hours);
  }

  async *#records(plan: ReadPlan, signal: AbortSignal): AsyncGenerator<StreamRecord> {
    for await (const records of readStream(this.#stream, plan, this.#clock.wait, signal)) {
      // The bytes are another frame's when the next is read, and who takes a record may wait long.
      const { from, to } = records;
      const taken = Array.from({ length: to - from }, (_, at) => new StreamRecord(records, from + at));
      for (const record of taken) {
        yield record;
        if (signal.aborted) return;
      }
    }
  }

  #describeShard(shard: ShardMetadata): ShardDescription {
    return {
      shardId: shardId(shard.index),
      isOpen: shard.closed === null,
      startingHashKey: shard.startingHashKey,
      endingHashKey: shard.endingHashKey,
      parents: shard.parents.map(shardId),
      records: this.#stream.presentEnd(shard) - 1,
    };
  }
}

function isList(records: NewRecord | readonly NewRecord[]): records is readonly NewRecord[] {
  return Array.isArray(records);
}

function planOf({ from = 'LATEST', shard, until }: StreamReadOptions): ReadPlan {
  return { position: positionOf(from), shard: shard ?? null, follow: until === undefined };
}

function positionOf(from: NonNullable<StreamReadOptions['from']>): StartPosition {
  if (typeof from === 'string') return { type: from };
  if (from instanceof Date) return { type: 'AT_TIMESTAMP', timestampMs: from.getTime() };
  const { sequenceNumber, after = false } = from;
  return { type: after ? 'AFTER_SEQUENCE_NUMBER' : 'AT_SEQUENCE_NUMBER', sequenceNumber };
}
