import { dirname } from 'node:path';
import type { FrameBuffers } from './frame-buffers.ts';
import {
  type FrameRecord,
  frameBytesOf,
  frameHeaderBytes,
  segmentHeaderBytes,
  writeFrame,
  writeSegmentHeader,
} from './segment-format.ts';
import { SegmentIndex } from './segment-index.ts';
import { scanSegment } from './segment-reader.ts';
import type { ShardFolder } from './shard-folder.ts';
import type { StreamEnvironment, WritableFile } from './stream-environment.ts';
import { DamagedSegmentError, StreamError, storageError } from './stream-error.ts';

/** When a put is acknowledged: its bytes are on the disk, or the operating system has taken them. */
export type Durability = 'disk' | 'system';

export interface LogOptions {
  readonly durability: Durability;
  /** A segment that has grown so far is followed by the next. */
  readonly segmentBytesMax: number;
  /** And so is one that was begun so long ago: what is too old is taken away by whole segments. */
  readonly segmentAgeMaxMs: number;
}

/** A commit takes what waits, up to so much: an fsync costs the same for much and for little. */
const commitBytesMax = 4 * 1024 * 1024;

/** Where the records of one put are. */
export interface Appended {
  readonly firstIndex: number;
  readonly arrivalMs: number;
}

/** A torn end that was cut off when a shard was opened: the write of records that nobody was told of. */
export interface CutTail {
  readonly segment: string;
  readonly offset: number;
  readonly bytes: number;
}

interface Waiting {
  readonly records: readonly FrameRecord[];
  readonly bytes: number;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: StreamError) => void;
}

interface ActiveSegment {
  readonly file: WritableFile;
  readonly salt: number;
  readonly index: SegmentIndex;
  /** Up to here the file is on the disk. */
  syncedTo: number;
}

/**
 * The end of an open shard, to which one process appends. What comes while a commit is on its way to the disk waits,
 * and goes with the next: one write and one fsync, however many puts.
 */
export class ShardLog {
  readonly #environment: StreamEnvironment;
  readonly #folder: ShardFolder;
  readonly #options: LogOptions;
  readonly #buffers: FrameBuffers;
  readonly #onCommit: () => void;
  #active: ActiveSegment | null = null;
  #nextIndex = 1;
  #lastArrivalMs = 0;
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;
  /** A next segment has been begun, perhaps in vain: the one before takes no more, or its records would lie in both. */
  #isRolling = false;
  /** Why nothing can be appended any more. */
  #broken: StreamError | null = null;

  constructor(parts: {
    readonly environment: StreamEnvironment;
    readonly folder: ShardFolder;
    readonly options: LogOptions;
    /** Shared by the shards of a stream. */
    readonly buffers: FrameBuffers;
    readonly onCommit: () => void;
  }) {
    this.#environment = parts.environment;
    this.#folder = parts.folder;
    this.#options = parts.options;
    this.#buffers = parts.buffers;
    this.#onCommit = parts.onCommit;
  }

  /** Index of the record that comes next. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** The segment that is written, as far as it is committed; null: none yet. */
  get activeIndex(): SegmentIndex | null {
    return this.#active?.index ?? null;
  }

  /**
   * Finds the shard's end on the disk, and cuts off what was never acknowledged.
   * @throws DamagedSegmentError where acknowledged records are damaged
   */
  async open(): Promise<CutTail | null> {
    const segments = this.#folder.segments();
    let cut: CutTail | null = null;
    for (let last = segments.pop(); last !== undefined; last = segments.pop()) {
      const path = this.#folder.pathOf(last);
      const file = this.#environment.files.openToWrite(path);
      const scanned = scanSegment(file, path);
      if (scanned === null) {
        // Made, but not yet begun: nothing in it was acknowledged.
        cut = { segment: path, offset: 0, bytes: file.size() };
        file.close();
        await this.#environment.files.remove(path);
        await this.#environment.files.syncFolder(this.#folder.path);
        continue;
      }
      const { index, header, tornBytes } = scanned;
      if (header.firstIndex !== last) throw new DamagedSegmentError(path, 8, 'its header is that of another segment');
      if (tornBytes > 0) {
        cut = { segment: path, offset: index.bytes, bytes: tornBytes };
        await file.truncate(index.bytes);
      }
      // What was written before is whole, but perhaps not on the disk yet; nor is the name of a segment that was begun.
      await file.sync();
      await this.#environment.files.syncFolder(this.#folder.path);
      this.#active = { file, salt: header.salt, index, syncedTo: index.bytes };
      this.#nextIndex = index.nextIndex;
      this.#lastArrivalMs = index.lastArrivalMs;
      break;
    }
    return cut;
  }

  /** Appends records together and in their order; resolves when they are as durable as the options say. */
  append(records: readonly FrameRecord[]): Promise<Appended> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    let bytes = 0;
    for (const record of records) bytes += frameBytesOf(record);
    const appended = new Promise<Appended>((resolve, reject) => {
      this.#waiting.push({ records, bytes, resolve, reject });
    });
    this.#running ??= this.#run();
    return appended;
  }

  /** Resolves when nothing waits. */
  async drain(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async close(): Promise<void> {
    await this.drain();
    const active = this.#active;
    this.#active = null;
    if (active === null) return;
    try {
      if (active.syncedTo < active.index.bytes && this.#broken === null) await active.file.sync();
    } finally {
      active.file.close();
    }
  }

  /**
   * Takes segments away whose records are all from before a time; the one that is written stays. One after the other:
   * if the power is cut, none may be gone while one before it is there still.
   */
  async retire(horizonMs: number): Promise<void> {
    const { files } = this.#environment;
    // One that is just being made is not old, though it has no record that says so.
    const active = this.#active?.index.firstIndex ?? 0;
    const full = this.#folder.segments().filter((segment) => segment < active);
    for (const segment of full) {
      const index = this.#folder.index(segment);
      if (index === null || index.lastArrivalMs >= horizonMs) break;
      await files.remove(this.#folder.indexPathOf(segment));
      await files.remove(this.#folder.pathOf(segment));
      await files.syncFolder(this.#folder.path);
      this.#folder.forget(segment);
    }
  }

  async #run(): Promise<void> {
    // Puts of the same turn go together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#take();
      try {
        await this.#commit(group);
      } catch (error) {
        const reason = storageError(`records were written to ${this.#folder.path}`, error);
        for (const { reject } of group) reject(reason);
      }
    }
    this.#running = null;
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && bytes + waiting.bytes > commitBytesMax) break;
      bytes += waiting.bytes;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    const arrivalMs = Math.max(this.#environment.clock.nowMs(), this.#lastArrivalMs);
    const bytesMax = group.reduce((sum, { bytes }) => sum + bytes, frameHeaderBytes);
    const active = await this.#segmentFor(bytesMax, arrivalMs);
    const { file, index, salt } = active;
    const firstIndex = this.#nextIndex;
    const start = { firstIndex, arrivalMs, syncedTo: active.syncedTo, salt };
    const puts = group.map((waiting) => waiting.records);
    const buffer = this.#buffers.take(bytesMax);
    const frame = writeFrame(buffer, puts, start);
    try {
      await file.write(frame, index.bytes);
      if (this.#options.durability === 'disk') await file.sync();
    } catch (error) {
      await this.#takeBack(active, error);
      throw error;
    } finally {
      this.#buffers.give(buffer);
    }
    const records = puts.reduce((sum, { length }) => sum + length, 0);
    index.add({ bytes: frame.length, firstIndex, arrivalMs, records });
    if (this.#options.durability === 'disk') active.syncedTo = index.bytes;
    this.#nextIndex += records;
    this.#lastArrivalMs = arrivalMs;
    let at = firstIndex;
    for (const { records: own, resolve } of group) {
      resolve({ firstIndex: at, arrivalMs });
      at += own.length;
    }
    this.#onCommit();
  }

  /**
   * Cuts off what a failed commit has left. What the disk does with pages that it could not write is unknown; those of
   * acknowledged records were written before, and the rest goes. Where not even that can be done, the shard takes no
   * more records before it is opened anew.
   */
  async #takeBack({ file, index }: ActiveSegment, cause: unknown): Promise<void> {
    try {
      await file.truncate(index.bytes);
      if (this.#options.durability === 'disk') await file.sync();
    } catch {
      this.#broken = new StreamError(
        'InternalFailureException',
        `${this.#folder.path} cannot be written: ${(cause as Error).message}`,
        { cause, help: 'end this process; what was acknowledged is kept' },
      );
    }
  }

  async #segmentFor(bytes: number, arrivalMs: number): Promise<ActiveSegment> {
    const active = this.#active;
    if (active !== null && !this.#isRolling && !this.#isFull(active, bytes, arrivalMs)) return active;
    if (active !== null && active.syncedTo < active.index.bytes) {
      await active.file.sync();
      active.syncedTo = active.index.bytes;
    }
    this.#isRolling = true;
    const made = await this.#makeSegment();
    this.#isRolling = false;
    this.#active = made;
    if (active !== null) {
      active.file.close();
      await this.#storeIndex(active.index);
    }
    return made;
  }

  #isFull({ index }: ActiveSegment, bytes: number, arrivalMs: number): boolean {
    if (index.bytes === segmentHeaderBytes) return false;
    const { segmentBytesMax, segmentAgeMaxMs } = this.#options;
    return index.bytes + bytes > segmentBytesMax || arrivalMs - index.firstArrivalMs > segmentAgeMaxMs;
  }

  async #makeSegment(): Promise<ActiveSegment> {
    const { files } = this.#environment;
    const salt = this.#environment.random32();
    const firstIndex = this.#nextIndex;
    const path = this.#folder.pathOf(firstIndex);
    if (firstIndex === 1) {
      await files.makeFolder(this.#folder.path);
      await files.syncFolder(dirname(this.#folder.path));
    }
    const file = createAnew(this.#environment, path);
    try {
      await file.truncate(0);
      await file.write(writeSegmentHeader({ firstIndex, salt }), 0);
      await file.sync();
      await files.syncFolder(this.#folder.path);
    } catch (error) {
      file.close();
      throw error;
    }
    return { file, salt, index: new SegmentIndex(firstIndex, segmentHeaderBytes), syncedTo: segmentHeaderBytes };
  }

  /** An index can be made anew: that it could not be stored harms nobody. */
  async #storeIndex(index: SegmentIndex): Promise<void> {
    const path = this.#folder.indexPathOf(index.firstIndex);
    try {
      const file = createAnew(this.#environment, path);
      try {
        await file.truncate(0);
        await file.write(index.write(), 0);
      } finally {
        file.close();
      }
    } catch {
      await this.#environment.files.remove(path).catch(() => {});
    }
  }
}

/** A file of that name, also where an attempt before has left one. */
function createAnew({ files }: StreamEnvironment, path: string): WritableFile {
  try {
    return files.create(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return files.openToWrite(path);
  }
}
