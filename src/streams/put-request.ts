import { hashKeyDigits, hashOfPartitionKey, parseHashKey } from './hash-keys.ts';
import { sequenceNumber } from './sequence-number.ts';
import type { Appended } from './shard-log.ts';
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

/** What became of the records of a request that went to one shard. */
export interface ShardOutcome {
  readonly shard: ShardMetadata;
  readonly count: number;
  /** Where they stand in the request; null: these are all. */
  readonly places: readonly number[] | null;
  /** Where the first is, with the others behind it; or why none was put. */
  readonly result: Appended | StreamError;
}

/** What became of a request. */
export class PutRecordsResult {
  readonly #outcomes: readonly ShardOutcome[];
  #records: readonly PutOutcome[] | null = null;

  constructor(outcomes: readonly ShardOutcome[]) {
    this.#outcomes = outcomes;
  }

  get failedRecordCount(): number {
    let failed = 0;
    for (const { count, result } of this.#outcomes) if (result instanceof StreamError) failed += count;
    return failed;
  }

  /** Why records were not put; null: all were. */
  get failure(): StreamError | null {
    for (const { result } of this.#outcomes) if (result instanceof StreamError) return result;
    return null;
  }

  /** In the order of the request. Made when it is asked for: most who put look only whether all went well. */
  get records(): readonly PutOutcome[] {
    this.#records ??= recordsOf(this.#outcomes);
    return this.#records;
  }
}

function recordsOf(outcomes: readonly ShardOutcome[]): readonly PutOutcome[] {
  const records: PutOutcome[] = [];
  // Shards come in any order, and each record has its place.
  records.length = outcomes.reduce((sum, { count }) => sum + count, 0);
  for (const { shard, count, places, result } of outcomes) {
    const outcomeOf = outcomesOf(shard, result);
    for (let at = 0; at < count; at++) records[places?.[at] ?? at] = outcomeOf(at);
  }
  return records;
}

function outcomesOf(shard: ShardMetadata, result: Appended | StreamError): (at: number) => PutOutcome {
  if (!(result instanceof StreamError)) {
    return (at) => new PutRecord(shard, result.firstIndex + at, result.arrivalMs);
  }
  const failed: FailedRecord = { errorCode: 'InternalFailure', errorMessage: result.message, cause: result };
  return () => failed;
}

/**
 * Bytes of the request, at most.
 * @throws StreamError InvalidArgumentException, ValidationException: nothing of the request is put then
 */
export function checkPut(entries: readonly PutEntry[]): number {
  if (entries.length === 0 || entries.length > putRecordsMax) {
    throw new StreamError(
      'ValidationException',
      `${entries.length} records at 'records' failed to satisfy constraint: 1 to ${putRecordsMax} records`,
    );
  }
  const bytesMax = checkRecords(entries);
  if (bytesMax > requestBytesMax) {
    const bytes = entries.reduce((sum, entry) => sum + recordBytes(entry), 0);
    if (bytes > requestBytesMax) {
      throw new StreamError(
        'InvalidArgumentException',
        `the request has ${bytes.toLocaleString('en')} bytes; 10 MiB are the most`,
      );
    }
  }
  return bytesMax;
}

/** Bytes of records, at most. @throws StreamError where one of them cannot be put */
export function checkRecords(entries: readonly PutEntry[]): number {
  let bytesMax = 0;
  let number = 0;
  for (const entry of entries) {
    const { data, partitionKey, explicitHashKey } = entry;
    number++;
    // Of a short key not even the characters need be counted.
    if (partitionKey === '' || (partitionKey.length > partitionKeyMax && [...partitionKey].length > partitionKeyMax)) {
      throw new StreamError(
        'ValidationException',
        `value at 'records.${number}.partitionKey' failed to satisfy constraint: 1 to ${partitionKeyMax} characters`,
      );
    }
    const recordBytesAtMost = data.length + 3 * partitionKey.length;
    if (recordBytesAtMost > recordBytesMax && recordBytes(entry) > recordBytesMax) {
      throw new StreamError(
        'InvalidArgumentException',
        `record ${number} has ${recordBytes(entry).toLocaleString('en')} bytes with its partition key; 1 MiB is the most`,
      );
    }
    bytesMax += recordBytesAtMost;
    if (explicitHashKey !== undefined) parseHashKey(explicitHashKey, 'explicitHashKey');
  }
  return bytesMax;
}

function recordBytes({ data, partitionKey }: PutEntry): number {
  return data.length + Buffer.byteLength(partitionKey);
}

/** The records of a request that go to one shard. */
export interface ShardPut {
  readonly shard: ShardMetadata;
  readonly entries: readonly PutEntry[];
  /** Where they stand in the request; null: these are all. */
  readonly places: readonly number[] | null;
}

/** Which open shard a record goes to. */
export class Router {
  /** By their first hash key, rising; the first begins with 0. */
  readonly #shards: readonly { readonly from: string; readonly shard: ShardMetadata }[];

  constructor(shards: readonly ShardMetadata[]) {
    this.#shards = shards
      .filter(({ closed }) => closed === null)
      .map((shard) => ({ from: hashKeyDigits(shard.startingHashKey), shard }))
      .sort((a, b) => (a.from < b.from ? -1 : 1));
  }

  /** Deals a request's records out, in their order. */
  deal(entries: readonly PutEntry[]): readonly ShardPut[] {
    const [only] = this.#shards;
    if (only !== undefined && this.#shards.length === 1) return [{ shard: only.shard, entries, places: null }];
    const puts = new Map<ShardMetadata, { shard: ShardMetadata; entries: PutEntry[]; places: number[] }>();
    let place = 0;
    for (const entry of entries) {
      const shard = this.#shardOf(entry);
      let put = puts.get(shard);
      if (put === undefined) {
        put = { shard, entries: [], places: [] };
        puts.set(shard, put);
      }
      put.entries.push(entry);
      put.places.push(place++);
    }
    return [...puts.values()];
  }

  #shardOf({ partitionKey, explicitHashKey }: PutEntry): ShardMetadata {
    const key =
      explicitHashKey === undefined
        ? hashOfPartitionKey(partitionKey)
        : hashKeyDigits(parseHashKey(explicitHashKey, 'explicitHashKey'));
    let low = 0;
    let high = this.#shards.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#shards[middle]?.from ?? '') <= key) low = middle;
      else high = middle - 1;
    }
    const found = this.#shards[low];
    if (found === undefined) throw new Error('a stream without an open shard');
    return found.shard;
  }
}
