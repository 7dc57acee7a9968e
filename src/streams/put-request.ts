import { hashKeyDigits, hashOfPartitionKey, parseHashKey } from './hash-keys.ts';
import { sequenceNumber } from './sequence-number.ts';
import { StreamError } from './stream-error.ts';
import { type ShardMetadata, shardId } from './stream-metadata.ts';

/** What is put: opaque bytes, and the key whose MD5 chooses the shard. */
export interface PutEntry {
  readonly data: Uint8Array;
  readonly partitionKey: string;
  /** A decimal number below 2^128 that chooses the shard instead. */
  readonly explicitHashKey?: string | undefined;
}

/** Kinesis' limits. */
export const putRecordsMax = 500;
const requestBytesMax = 10 * 1024 * 1024;
const recordBytesMax = 1024 * 1024;
const partitionKeyMax = 256;

/** Where a record was put. */
export class PutRecord {
  readonly #shard: ShardMetadata;
  readonly #recordIndex: number;
  readonly #arrivalMs: number;

  constructor(shard: ShardMetadata, recordIndex: number, arrivalMs: number) {
    this.#shard = shard;
    this.#recordIndex = recordIndex;
    this.#arrivalMs = arrivalMs;
  }

  get shardId(): string {
    return shardId(this.#shard.index);
  }

  get sequenceNumber(): string {
    return sequenceNumber(this.#shard, this.#recordIndex, this.#arrivalMs);
  }
}

/** A record that was not put, while others of the request may have been. */
export interface FailedRecord {
  readonly errorCode: 'InternalFailure';
  readonly errorMessage: string;
  readonly cause: StreamError;
}

export type PutOutcome = PutRecord | FailedRecord;

export interface PutRecordsResult {
  readonly failedRecordCount: number;
  /** In the order of the request. */
  readonly records: readonly PutOutcome[];
}

/** @throws StreamError InvalidArgumentException, ValidationException: nothing of the request is put then */
export function checkPut(entries: readonly PutEntry[]): void {
  if (entries.length === 0 || entries.length > putRecordsMax) {
    throw new StreamError(
      'ValidationException',
      `${entries.length} records at 'records' failed to satisfy constraint: 1 to ${putRecordsMax} records`,
    );
  }
  let requestBytes = 0;
  for (const [at, { data, partitionKey, explicitHashKey }] of entries.entries()) {
    // Of a short key not even the characters need be counted.
    if (partitionKey === '' || (partitionKey.length > partitionKeyMax && [...partitionKey].length > partitionKeyMax)) {
      throw new StreamError(
        'ValidationException',
        `value at 'records.${at + 1}.partitionKey' failed to satisfy constraint: 1 to ${partitionKeyMax} characters`,
      );
    }
    const bytes = data.length + Buffer.byteLength(partitionKey);
    if (bytes > recordBytesMax) {
      throw new StreamError(
        'InvalidArgumentException',
        `record ${at + 1} has ${bytes.toLocaleString('en')} bytes with its partition key; 1 MiB is the most`,
      );
    }
    requestBytes += bytes;
    if (explicitHashKey !== undefined) parseHashKey(explicitHashKey, 'explicitHashKey');
  }
  if (requestBytes > requestBytesMax) {
    throw new StreamError(
      'InvalidArgumentException',
      `the request has ${requestBytes.toLocaleString('en')} bytes; 10 MiB are the most`,
    );
  }
}

/** Which open shard a record goes to. */
export class Router {
  /** By their first hash key, falling. */
  readonly #shards: readonly { readonly from: string; readonly shard: ShardMetadata }[];

  constructor(shards: readonly ShardMetadata[]) {
    this.#shards = shards
      .filter(({ closed }) => closed === null)
      .map((shard) => ({ from: hashKeyDigits(shard.startingHashKey), shard }))
      .sort((a, b) => (a.from < b.from ? 1 : -1));
  }

  shardOf({ partitionKey, explicitHashKey }: PutEntry): ShardMetadata {
    const [only] = this.#shards;
    if (only === undefined) throw new Error('a stream without an open shard');
    if (this.#shards.length === 1) return only.shard;
    const key =
      explicitHashKey === undefined
        ? hashOfPartitionKey(partitionKey)
        : hashKeyDigits(parseHashKey(explicitHashKey, 'explicitHashKey'));
    return this.#shards.find(({ from }) => from <= key)?.shard ?? only.shard;
  }
}
