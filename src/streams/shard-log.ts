import { dirname } from 'node:path';
import type { FrameBuilder, FrameBuilders, FrameRecord } from './frame-builder.ts';
import { segmentHeaderBytes, writeSegmentHeader } from './segment-format.ts';
import { SegmentIndex } from './segment-index.ts';
import { type ScannedSegment, scanSegment } from './segment-reader.ts';
import type { ShardFolder } from './shard-folder.ts';
import type { StreamEnvironment, WritableFile } from './stream-environment.ts';
import { DamagedSegmentError, StreamError, storageError } from './stream-error.ts';

/** When a put is acknowledged: its bytes are on the disk, or the operating system has taken them. */
export type Durability = 'disk' | 'system';

export interface LogOptions {
  /** A segment that has grown so far is followed by the next. */
  readonly segmentBytesMax: number;
  /** And so is one that was begun so long ago: what is too old is taken away by whole segments. */
  readonly segmentAgeMaxMs: number;
}

/** A commit takes what waits, until it is so much: an fsync costs the same for much and for little. */
export const commitBytesMax = 4 * 1024 * 1024;

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

/** A put that waits for its acknowledgement. */
interface Waiting {
  readonly records: number;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: StreamError) => void;
}

/** Puts that go to the disk together, with their records. */
interface Commit {
  readonly frame: FrameBuilder;
  readonly puts: Waiting[];
  /** What the put asks for that asks for most. */
  durability: Durability;
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
  readonly #frames: FrameBuilders;
  readonly #onCommit: () => void;
  #active: ActiveSegment | null = null;
  #nextIndex = 1;
  #lastArrivalMs = 0;
  /** In their order; the last takes what comes. */
  readonly #waiting: Commit[] = [];
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
    readonly frames: FrameBuilders;
    readonly onCommit: () => void;
  }) {
    this.#environment = parts.environment;
    this.#folder = parts.folder;
    this.#options = parts.options;
    this.#frames = parts.frames;
    this.#onCommit = parts.onCommit;
  }

  /** Index of the record that comes next. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** Why nothing can be appended any more, and the file may hold more than was acknowledged; null: all is well. */
  get broken(): StreamError | null {
    return this.#broken;
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
      try {
        const scanned = scanSegment(file, path);
        if (scanned !== null) {
          cut = (await this.#goOn(file, path, last, scanned)) ?? cut;
          break;
        }
      } catch (error) {
        file.close();
        throw error;
      }
      // Made, but not yet begun: nothing in it was acknowledged.
      cut = { segment: path, offset: 0, bytes: file.size() };
      file.close();
      await this.#environment.files.remove(path);
      await this.#environment.files.syncFolder(this.#folder.path);
    }
    return cut;
  }

  /** Goes on in the last segment, behind its last whole frame. */
  async #goOn(
    file: WritableFile,
    path: string,
    firstIndex: number,
    { index, header, tornBytes }: ScannedSegment,
  ): Promise<CutTail | null> {
    if (header.firstIndex !== firstIndex)
      throw new DamagedSegmentError(path, 8, 'its header is that of another segment');
    if (tornBytes > 0) await file.truncate(index.bytes);
    // What was written before is whole, but perhaps not on the disk yet; nor is the name of a segment that was begun.
    await file.sync();
    await this.#environment.files.syncFolder(this.#folder.path);
    this.#active = { file, salt: header.salt, index, syncedTo: index.bytes };
    this.#nextIndex = index.nextIndex;
    this.#lastArrivalMs = index.lastArrivalMs;
    return tornBytes > 0 ? { segment: path, offset: index.bytes, bytes: tornBytes } : null;
  }

  /**
   * Appends copies of records together and in their order; resolves when they are as durable as is asked. What comes
   * within a turn goes with it, while it is less than `commitBytesMax`.
   */
  append(records: readonly FrameRecord[], durability: Durability): Promise<Appended> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    const appended = new Promise<Appended>((resolve, reject) => {
      const commit = this.#commitWith(records);
      commit.puts.push({ records: records.length, resolve, reject });
      if (durability === 'disk') commit.durability = 'disk';
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
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        await this.#commit(next);
      } catch (error) {
        const reason = storageError(`records were written to ${this.#folder.path}`, error);
        for (const { reject } of next.puts) reject(reason);
      } finally {
        this.#frames.give(next.frame);
      }
    }
    this.#running = null;
  }

  /** The commit that has copies of the records now. */
  #commitWith(records: readonly FrameRecord[]): Commit {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.frame.frameBytes < commitBytesMax) {
      last.frame.add(records);
      return last;
    }
    const commit: Commit = { frame: this.#frames.take(), puts: [], durability: 'system' };
    commit.frame.add(records);
    this.#waiting.push(commit);
    return commit;
  }

  async #commit({ frame, puts, durability }: Commit): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    const arrivalMs = Math.max(this.#environment.clock.nowMs(), this.#lastArrivalMs);
    const active = await this.#segmentFor(frame.frameBytes, arrivalMs);
    const { file, index, salt } = active;
    const firstIndex = this.#nextIndex;
    const start = { firstIndex, arrivalMs, syncedTo: active.syncedTo, salt };
    const bytes = frame.finish(start);
    try {
      const isAllSynced = active.syncedTo === index.bytes;
      if (durability === 'disk' && isAllSynced) await file.writeSynced(bytes, index.bytes);
      else await file.write(bytes, index.bytes);
      if (durability === 'disk' && !isAllSynced) await file.sync();
    } catch (error) {
      await this.#takeBack(active, durability, error);
      throw error;
    }
    index.add({ bytes: bytes.length, firstIndex, arrivalMs, records: frame.records });
    if (durability === 'disk') active.syncedTo = index.bytes;
    this.#nextIndex += frame.records;
    this.#lastArrivalMs = arrivalMs;
    let at = firstIndex;
    for (const { records, resolve } of puts) {
      resolve({ firstIndex: at, arrivalMs });
      at += records;
    }
    this.#onCommit();
  }

  /**
   * Cuts off what a failed commit has left. What the disk does with pages that it could not write is unknown; those of
   * acknowledged records were written before, and the rest goes. Where not even that can be done, the shard takes no
   * more records before it is opened anew.
   */
  async #takeBack({ file, index }: ActiveSegment, durability: Durability, cause: unknown): Promise<void> {
    try {
      await file.truncate(index.bytes);
      if (durability === 'disk') await file.sync();
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
