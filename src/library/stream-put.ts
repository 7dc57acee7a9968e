import { randomUUID } from 'node:crypto';
import { type PutEntry, type PutOutcome, putRecordsMax } from '../streams/put-request.ts';
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

/** Requests on their way to the disk: one that is written, one that waits for it, and some to group. */
const inFlightMax = 8;

/** Of one request, of which a stream takes 10 MiB. */
const requestBytesMax = 5 * 1024 * 1024;

/** Puts records into one stream in the order of the calls, a bounded number of requests at a time. */
export class StreamPutter {
  readonly #stream: Stream;
  #inFlight = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** @throws StreamError where nothing was put, PartialPutError where some of it was */
  async put(records: readonly NewRecord[]): Promise<readonly PutResult[]> {
    const requests = requestsOf(records.map(entryOf));
    const outcomes = (await Promise.all(requests.map((request) => this.#request(request)))).flat();
    const failure = outcomes.find((outcome) => outcome instanceof Error);
    if (failure === undefined) return outcomes as readonly PutResult[];
    throw outcomes.every((outcome) => outcome instanceof Error) ? failure : new PartialPutError(outcomes, failure);
  }

  async #request(entries: readonly PutEntry[]): Promise<readonly (PutResult | StreamError)[]> {
    if (this.#inFlight >= inFlightMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inFlight++;
    try {
      const { records } = await this.#stream.putRecords(entries);
      return records.map(resultOf);
    } finally {
      // Who has waited takes the place over.
      const next = this.#waiting.shift();
      if (next === undefined) this.#inFlight--;
      else next();
    }
  }
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
