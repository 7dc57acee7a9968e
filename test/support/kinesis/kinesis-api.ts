/** What two services are asked alike. Names and shapes are those of Kinesis' API, as far as both have them. */
export interface KinesisApi {
  createStream(stream: string, shardCount: number): Promise<void>;
  putRecords(stream: string, entries: readonly Entry[]): Promise<readonly Put[]>;
  splitShard(stream: string, shard: string, newStartingHashKey: string): Promise<void>;
  mergeShards(stream: string, shard: string, adjacent: string): Promise<void>;
  listShards(stream: string): Promise<readonly Shard[]>;
  /** All records from a place on, and the shards that go on where the shard has ended. */
  read(stream: string, shard: string, position: Position): Promise<ReadToEnd>;
}

export interface Entry {
  readonly text: string;
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
}

export interface Put {
  readonly shard: string;
  readonly sequenceNumber: string;
}

export interface Shard {
  readonly id: string;
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  readonly parent: string | null;
  readonly adjacentParent: string | null;
  readonly startingSequenceNumber: string;
  readonly isClosed: boolean;
}

export type Position =
  | { readonly type: 'TRIM_HORIZON' | 'LATEST' }
  | { readonly type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string }
  | { readonly type: 'AT_TIMESTAMP'; readonly timestampMs: number };

export interface ReadToEnd {
  readonly records: readonly {
    readonly text: string;
    readonly partitionKey: string;
    readonly sequenceNumber: string;
  }[];
  readonly hasEnded: boolean;
}

/** A refusal, by Kinesis' name of it. */
export class Refused extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}
