import { recordData, recordKey } from '../streams/segment-format.ts';
import { sequenceNumber } from '../streams/sequence-number.ts';
import { shardId } from '../streams/stream-metadata.ts';
import type { ShardRecords } from '../streams/stream-reader.ts';

/** A record of a stream, as it is read. */
export class StreamRecord {
  /** The shard that it was read from. */
  readonly shardId: string;
  /** Increases within its shard; a decimal number, as Kinesis'. */
  readonly sequenceNumber: string;
  /** What it was put with. */
  readonly partitionKey: string;
  /** About when it was put, by the writer's clock. */
  readonly arrivedAt: Date;
  /** Of its own: it may be kept. */
  readonly data: Uint8Array;

  /** @internal made by `DataStream.read` */
  constructor({ shard, frame }: ShardRecords, at: number) {
    this.shardId = shardId(shard.index);
    this.sequenceNumber = sequenceNumber(shard, frame.firstIndex + at, frame.arrivalMs);
    this.partitionKey = recordKey(frame, at);
    this.arrivedAt = new Date(frame.arrivalMs);
    this.data = Uint8Array.from(recordData(frame, at));
  }

  /** The data as UTF-8 text. */
  get text(): string {
    return new TextDecoder().decode(this.data);
  }

  /** The data as JSON. @throws SyntaxError where it is none */
  json<T = unknown>(): T {
    return JSON.parse(this.text) as T;
  }
}
