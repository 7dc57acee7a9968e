import { fail, placedAt } from '../../diagnostics/diagnostic.ts';
import type { Encoder } from '../../formats/format.ts';
import { formatNamed } from '../../formats/index.ts';
import type { Batch } from '../../memory/batch.ts';
import { type PutEntry, putRecordsMax } from '../../streams/put-request.ts';
import type { Sink, SinkRequest } from '../connector.ts';
import { type PartitionKeys, partitionKeys } from './partition-keys.ts';
import { failAtStream, type OpenedStream, openStream, streamPlace } from './stream-of-table.ts';

/**
 * Puts each row as a record. Rows of one shard keep their order. A row is put as soon as it comes, and what comes while
 * others are on their way to the disk goes there together: waiting for more would gain nothing.
 */
export class KinesisSink implements Sink {
  readonly accepts: Sink['accepts'];
  readonly #request: SinkRequest;
  readonly #encoder: Encoder;
  readonly #keys: PartitionKeys;
  readonly #batchMax: number;
  readonly #inFlightMax: number;
  #opened: OpenedStream | null = null;
  #isReleased = false;
  readonly #inFlight = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;

  constructor(request: SinkRequest) {
    this.#request = request;
    const { memory, options, schema, timeZone } = request;
    const format = formatNamed(options.string('format') ?? '');
    if (format?.encoder === undefined) {
      fail('O006', options.span('format'), `format '${options.string('format')}' cannot be written`);
    }
    this.accepts = format.changes;
    streamPlace(request);
    this.#keys = partitionKeys(request);
    this.#encoder = format.encoder({ memory, options: options.under(`${format.name}.`), schema, timeZone });
    this.#batchMax = Math.min(options.int('sink.batch.max-size') ?? putRecordsMax, putRecordsMax);
    this.#inFlightMax = options.int('sink.requests.max-inflight') ?? 16;
  }

  async open(): Promise<void> {
    const { options } = this.#request;
    const opened = openStream(this.#request);
    this.#opened = opened;
    try {
      await opened.stream.startWriting();
    } catch (error) {
      failAtStream('F014', error, options.span('stream.arn'));
    }
  }

  write(batch: Batch): void | Promise<void> {
    this.#check();
    const entries = this.#entries(batch);
    for (let from = 0; from < entries.length; from += this.#batchMax) {
      this.#put(entries.slice(from, from + this.#batchMax));
    }
    if (this.#inFlight.size >= this.#inFlightMax) return this.#waitFor(this.#inFlightMax - 1);
  }

  async finish(): Promise<void> {
    try {
      await this.#waitFor(0);
    } finally {
      await this.#release();
    }
  }

  /** What was put stays: a stream takes nothing back. */
  async abort(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
    await this.#release();
  }

  #entries(batch: Batch): PutEntry[] {
    const encoder = this.#encoder;
    // The encoder's bytes are its own at the next batch.
    const bytes = Uint8Array.from(placedAt(this.#request.options.span('format'), () => encoder.encode(batch)));
    const keyOf = this.#keys.of(batch);
    let from = 0;
    return encoder.recordEnds.map((end, row) => {
      // Without the line feed behind it.
      const data = bytes.subarray(from, end - 1);
      from = end;
      return { data, partitionKey: keyOf(row) };
    });
  }

  #put(entries: readonly PutEntry[]): void {
    const stream = this.#opened?.stream;
    if (stream === undefined) throw new Error('the sink is not open');
    const put = stream
      .putRecords(entries)
      .then(({ failure }) => {
        if (failure !== null) throw failure;
      })
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#inFlight.delete(put));
    this.#inFlight.add(put);
  }

  async #waitFor(inFlightMax: number): Promise<void> {
    while (this.#inFlight.size > inFlightMax) await Promise.race(this.#inFlight);
    this.#check();
  }

  #check(): void {
    if (this.#failure === null) return;
    failAtStream('F014', this.#failure.error, this.#request.options.span('stream.arn'));
  }

  /** A sink that cannot finish is told to abort as well. */
  async #release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#encoder.close();
    this.#keys.close();
    await this.#opened?.release();
    this.#opened = null;
  }
}
