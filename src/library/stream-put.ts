import { randomUUID } from 'node:crypto';
import { checkPut, type PutEntry, type PutOutcome, putRecordsMax } from '../streams/put-request.ts';
import type { Durability } from '../streams/shard-log.ts';
import type { Stream } from '../streams/stream.ts';
import type { StreamError } from '../streams/stream-error.ts';

/** A record to be put. */
export interface NewRecord {
  /** Bytes as they are, text as UTF-8, anything else as JSON: what a table of `'format' = 'json'` reads. */
  readonly data: Uint8Array | string | object;
  /** 1 to 256 characters, whose MD5 chooses the shard: records of one key keep their order. By default a random one. */
  readonly partitionKey?: string | undefined;
  /** A decimal number below 2^128 that chooses the shard instead. */
  readonly explicitHashKey?: string | undefined;
}

/** How records are put. */
export interface PutOptions {
  /**
   * When a record counts as put: `disk` (the default) when it is on the disk, `system` when the operating system has
   * taken it. The latter is faster; a crash of the process loses nothing then, a power cut perhaps the last seconds.
   */
  readonly durability?: 'disk' | 'system' | undefined;
}

/** Where a record was put. */
export interface PutResult {
  /** The shard that its key chose. */
  readonly shardId: string;
  /** Its place there: a decimal number, higher than those of the records before. */
  readonly sequenceNumber: string;
}

/** Of several records some were put and some were not. */
export class PartialPutError extends Error {
  /** @internal */
  override readonly name = 'PartialPutError';
  /** In the order of the records: where each was put, or why it was not. */
  readonly outcomes: readonly (PutResult | StreamError)[];

  /** @internal */
  constructor(outcomes: readonly (PutResult | StreamError)[], cause: StreamError) {
    const failed = outcomes.filter((outcome) => outcome instanceof Error).length;
    super(`${failed} of ${outcomes.length} records were not put: ${cause.message}`, { cause });
    this.outcomes = outcomes;
  }
}

/** Of one request, of which a stream takes 10 MiB. */
const requestBytesMax = 5 * 1024 * 1024;

/**
 * Puts records in order, in as few requests as a stream takes them in.
 * @throws StreamError where nothing was put, PartialPutError where some of it was
 */
export async function putRecords(
  stream: Stream,
  records: readonly NewRecord[],
  durability: Durability | undefined,
): Promise<readonly PutResult[]> {
  const requests = requestsOf(records.map(entryOf));
  // Where one record is wrong, none of the others is put either.
  if (requests.length > 1) for (const entries of requests) checkPut(entries);
  const results = await Promise.all(requests.map((entries) => stream.putRecords(entries, durability)));
  const failure = results.find((result) => result.failure !== null)?.failure ?? null;
  const outcomes = results.flatMap((result) => result.records.map(resultOf));
  if (failure === null) return outcomes as readonly PutResult[];
  throw outcomes.every((outcome) => outcome instanceof Error) ? failure : new PartialPutError(outcomes, failure);
}

function resultOf(outcome: PutOutcome): PutResult | StreamError {
  if ('errorCode' in outcome) return outcome.cause;
  return { shardId: outcome.shardId, sequenceNumber: outcome.sequenceNumber };
}

const encoder = new TextEncoder();

function entryOf({ data, partitionKey = randomUUID(), explicitHashKey }: NewRecord): PutEntry {
  if (data instanceof Uint8Array) return { data, partitionKey, explicitHashKey };
  return {
    data: encoder.encode(typeof data === 'string' ? data : JSON.stringify(data)),
    partitionKey,
    explicitHashKey,
  };
}

/** As few requests as a stream takes them in. */
function requestsOf(entries: readonly PutEntry[]): readonly (readonly PutEntry[])[] {
  const requests: PutEntry[][] = [];
  let last: PutEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    if (last.length === 0 || last.length === putRecordsMax || bytes + entry.data.length > requestBytesMax) {
      last = [];
      bytes = 0;
      requests.push(last);
    }
    last.push(entry);
    bytes += entry.data.length;
  }
  return requests;
}
