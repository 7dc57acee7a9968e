import type { Clock } from '../runtime/clock.ts';
import { type SharedStreams, sharedStreams } from '../streams/shared-streams.ts';
import type { Stream } from '../streams/stream.ts';
import type { StreamStore } from '../streams/stream-store.ts';
import { DataStream } from './data-stream.ts';

/**
 * The embedded streams of a handle: durable logs in its folder, with the semantics of Kinesis Data Streams.
 *
 * @example
 * await using tide = await Tidemark.open({ folder: 'data' });
 * const clicks = await tide.streams.create('clicks', { shards: 4 });
 * await clicks.put({ partitionKey: '10.0.0.1', data: { ip: '10.0.0.1', path: '/' } });
 * for await (const record of clicks.read({ from: 'TRIM_HORIZON', until: 'LATEST' })) console.log(record.json());
 */
export class Streams {
  readonly #folder: string;
  readonly #clock: Clock;
  #shared: SharedStreams | null = null;
  readonly #opened = new WeakMap<Stream, DataStream>();
  /** Aborted when the handle is closed: readings end. */
  readonly #closed = new AbortController();

  /** @internal made by `Tidemark.open` */
  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /**
   * Makes a stream. `retentionHours`: how long records are kept, 24 (the default) to 8,760.
   * @throws StreamError ResourceInUseException where there is one of that name, ValidationException, LimitExceededException
   */
  async create(
    name: string,
    { shards = 1, retentionHours }: { readonly shards?: number; readonly retentionHours?: number } = {},
  ): Promise<DataStream> {
    await this.#store.createStream(name, shards, retentionHours);
    return this.open(name);
  }

  /** A stream that is there. @throws StreamError ResourceNotFoundException, with those that are */
  open(name: string): DataStream {
    const stream = this.#store.stream(name);
    const known = this.#opened.get(stream);
    if (known !== undefined) return known;
    const opened = new DataStream(stream, this.#clock, this.#closed.signal);
    this.#opened.set(stream, opened);
    return opened;
  }

  /** The names of the streams, sorted. */
  list(): readonly string[] {
    return this.#store.listStreams();
  }

  /** Takes a stream away with all its records. @throws StreamError ResourceNotFoundException, ResourceInUseException where another process writes it */
  async delete(name: string): Promise<void> {
    await this.#store.deleteStream(name);
  }

  /** @internal Ends what is read, and gives up the right to write; called by `Tidemark.close`. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#shared?.release();
    this.#shared = null;
  }

  /** Opened when it is first asked for: who has no streams has no folder. */
  get #store(): StreamStore {
    this.#shared ??= sharedStreams(this.#folder);
    return this.#shared.store;
  }
}
