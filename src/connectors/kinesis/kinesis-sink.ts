import { fail, placedAt } from '../../diagnostics/diagnostic.ts';
import type { Encoder } from '../../formats/format.ts';
import { formatNamed } from '../../formats/index.ts';
import type { Batch } from '../../memory/batch.ts';
import type { SavedValue } from '../../memory/operator-state.ts';
import { commitHeld } from '../../streams/held-producer.ts';
import { type PutEntry, putRecordsMax } from '../../streams/put-request.ts';
import type { Stream } from '../../streams/stream.ts';
import type { Sink, SinkRequest } from '../connector.ts';
import { DirectPuts } from './direct-puts.ts';
import { HeldPuts, isHeldToken } from './held-puts.ts';
import { type PartitionKeys, partitionKeys } from './partition-keys.ts';
import type { RecordTarget } from './record-target.ts';
import { failAtStream, type OpenedStream, openStream, streamPlace } from './stream-of-table.ts';

/**
 * Puts each row as a record. Rows of one shard keep their order. A row is put as soon as it comes; of a job that makes
 * checkpoints it is held, and put when the checkpoint that has it is complete.
 */
export class KinesisSink implements Sink {
  readonly accepts: Sink['accepts'];
  readonly #request: SinkRequest;
  readonly #encoder: Encoder;
  readonly #keys: PartitionKeys;
  #opened: OpenedStream | null = null;
  #target: RecordTarget | null = null;
  #isReleased = false;

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
  }

  async open(): Promise<void> {
    const opened = openStream(this.#request);
    this.#opened = opened;
    await this.#attempt(async () => {
      await opened.stream.startWriting();
    });
    this.#target = this.#targetIn(opened.stream);
  }

  write(batch: Batch): void | Promise<void> {
    const target = this.#running();
    try {
      return target.put(this.#entries(batch))?.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  prepare(): Promise<SavedValue> {
    const prepared = this.#running().prepare();
    return this.#attempt(() => prepared);
  }

  withdraw(token: SavedValue): void {
    this.#running().withdraw(token);
  }

  /** Also where rows are put at once by now, and the checkpoint is of a job that held them. */
  async commit(token: SavedValue): Promise<void> {
    const stream = this.#opened?.stream;
    if (stream !== undefined && isHeldToken(token)) await this.#attempt(() => commitHeld(stream, token));
  }

  async resume(token: SavedValue): Promise<void> {
    await this.#attempt(() => this.#running().resume(token));
  }

  async finish(): Promise<void> {
    try {
      await this.#attempt(() => this.#running().finish());
    } finally {
      await this.#release();
    }
  }

  async abort(): Promise<void> {
    try {
      await this.#target?.abort();
    } finally {
      await this.#release();
    }
  }

  #targetIn(stream: Stream): RecordTarget {
    const { options, writer } = this.#request;
    const guarantee = options.string('sink.delivery-guarantee');
    if (writer !== undefined && guarantee === 'exactly-once') return new HeldPuts(stream, writer);
    return new DirectPuts(stream, {
      batchMax: options.int('sink.batch.max-size') ?? putRecordsMax,
      inFlightMax: options.int('sink.requests.max-inflight') ?? 16,
      isAwaited: guarantee !== 'none',
    });
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

  #running(): RecordTarget {
    if (this.#target === null) throw new Error('the sink is not open');
    return this.#target;
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** What the stream refuses, as an error about the table. */
  #fail(error: unknown): never {
    return failAtStream('F014', error, this.#request.options.span('stream.arn'));
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
