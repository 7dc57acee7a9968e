import { dirname, join, resolve } from 'node:path';
import { machine } from './machine.ts';
import { loadMetadata, makeStreamFolder, storeMetadata } from './metadata-file.ts';
import { Stream, type StreamOptions } from './stream.ts';
import type { StreamEnvironment } from './stream-environment.ts';
import { StreamError, storageError } from './stream-error.ts';
import { StreamLock } from './stream-lock.ts';
import { checkRetention, newStream, retentionHoursMin, type StreamMetadata, shardsMax } from './stream-metadata.ts';

/** A stream that is deleted gets such a name first: at once it is gone as a whole. */
const deletedPrefix = '.deleted-';

const defaultOptions: StreamOptions = { durability: 'disk', segmentBytesMax: 64 * 1024 * 1024 };

/** The streams in a folder. */
export class StreamStore {
  readonly folder: string;
  readonly #environment: StreamEnvironment;
  readonly #options: StreamOptions;
  readonly #streams = new Map<string, Stream>();

  constructor(folder: string, options: Partial<StreamOptions> = {}, environment: StreamEnvironment = machine) {
    this.folder = resolve(folder);
    this.#environment = environment;
    this.#options = { ...defaultOptions, ...options };
  }

  /** @throws StreamError ResourceInUseException where there is one of that name */
  async createStream(name: string, shardCount: number, retentionHours = retentionHoursMin): Promise<Stream> {
    checkName(name);
    checkRetention(retentionHours);
    if (!Number.isInteger(shardCount) || shardCount < 1) {
      throw new StreamError(
        'ValidationException',
        `value '${shardCount}' at 'shardCount' failed to satisfy constraint: at least 1`,
      );
    }
    if (shardCount > shardsMax) {
      throw new StreamError('LimitExceededException', `a stream has at most ${shardsMax} open shards`);
    }
    const { files, clock } = this.#environment;
    const folder = join(this.folder, name);
    const checkNew = () => {
      if (loadMetadata(files, folder) === null) return;
      throw new StreamError('ResourceInUseException', `there is a stream "${name}" already`);
    };
    checkNew();
    try {
      await makeStreamFolder(files, this.folder);
      await files.syncFolder(dirname(dirname(this.folder)));
      await makeStreamFolder(files, folder);
      const lock = await StreamLock.take(this.#environment, folder, `stream "${name}"`);
      try {
        checkNew();
        await storeMetadata(files, folder, newStream(name, shardCount, clock.nowMs(), retentionHours), {
          isInDoubt: false,
        });
      } finally {
        await lock.release();
      }
    } catch (error) {
      throw storageError(`stream "${name}" was created`, error);
    }
    this.#streams.delete(name);
    return this.stream(name);
  }

  /**
   * Takes a stream away with all its records.
   * @throws StreamError ResourceInUseException where another process writes it
   */
  async deleteStream(name: string): Promise<void> {
    const stream = this.stream(name);
    const folder = join(this.folder, name);
    await stream.close();
    const lock = await StreamLock.take(this.#environment, folder, `stream "${name}"`);
    const { files } = this.#environment;
    const aside = join(this.folder, `${deletedPrefix}${name}-${this.#environment.random32().toString(16)}`);
    try {
      await files.rename(folder, aside);
      await files.syncFolder(this.folder);
    } catch (error) {
      await lock.release();
      throw storageError(`stream "${name}" was deleted`, error);
    }
    this.#streams.delete(name);
    stream.markDeleted();
    // Also what a crash has left of others.
    for (const left of files.list(this.folder)) {
      if (left.startsWith(deletedPrefix)) await files.remove(join(this.folder, left));
    }
  }

  /** Names in their order. */
  listStreams(): string[] {
    const { files } = this.#environment;
    return files.list(this.folder).filter((name) => isName(name) && this.#load(name) !== null);
  }

  /** @throws StreamError ResourceNotFoundException */
  stream(name: string): Stream {
    checkName(name);
    const known = this.#streams.get(name);
    known?.refresh();
    if (known !== undefined && known.status !== 'DELETING') return known;
    const metadata = this.#load(name);
    if (metadata === null) {
      const names = this.listStreams();
      throw new StreamError('ResourceNotFoundException', `there is no stream "${name}"`, {
        help: names.length === 0 ? `there are none in ${this.folder}` : `there are: ${names.join(', ')}`,
      });
    }
    const stream = new Stream(this.#environment, join(this.folder, name), metadata, this.#options);
    this.#streams.set(name, stream);
    return stream;
  }

  /** Closes the streams that were opened; they can be opened again. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled([...this.#streams.values()].map((stream) => stream.close()));
    for (const stream of closed) if (stream.status === 'rejected') throw stream.reason;
  }

  #load(name: string): StreamMetadata | null {
    return loadMetadata(this.#environment.files, join(this.folder, name));
  }
}

/** As Kinesis' names, but for those that begin with a dot: such folders are hidden. */
function isName(name: string): boolean {
  return /^[a-zA-Z0-9_-][a-zA-Z0-9_.-]{0,127}$/.test(name);
}

function checkName(name: string): void {
  if (isName(name)) return;
  throw new StreamError(
    'ValidationException',
    `value '${name}' at 'streamName' failed to satisfy constraint: 1 to 128 letters, digits, '_', '-' and '.', no '.' first`,
  );
}
