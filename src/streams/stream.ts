import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Held, HeldFolder } from './held-folder.ts';
import { HeldRecords } from './held-records.ts';
import { loadMetadata } from './metadata-file.ts';
import type { PutEntry, PutRecord, PutRecordsResult } from './put-request.ts';
import { parseSequenceNumber } from './sequence-number.ts';
import { type CursorStart, ShardCursor, type ShardView } from './shard-cursor.ts';
import { ShardFolder } from './shard-folder.ts';
import type { CutTail, Durability } from './shard-log.ts';
import type { StreamEnvironment } from './stream-environment.ts';
import { StreamError } from './stream-error.ts';
import { horizonMs, parseShardId, type ShardMetadata, type StreamMetadata, shardId } from './stream-metadata.ts';
import { StreamWatch } from './stream-watch.ts';
import { StreamWriter } from './stream-writer.ts';

/** Where a shard is read from. */
export type StartPosition =
  | { readonly type: 'TRIM_HORIZON' | 'LATEST' }
  | { readonly type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string }
  | { readonly type: 'AT_TIMESTAMP'; readonly timestampMs: number };

export interface StreamOptions {
  /** Of puts that say nothing else. */
  readonly durability: Durability;
  readonly segmentBytesMax: number;
}

/**
 * One stream: any process may read it, and one at a time write it. The first put, split or merge takes the stream's
 * lock; `close` gives it back.
 */
export class Stream {
  readonly name: string;
  readonly #environment: StreamEnvironment;
  readonly #folder: string;
  readonly #options: StreamOptions;
  readonly #held: HeldFolder;
  readonly #folders = new Map<number, ShardFolder>();
  readonly #listeners = new Set<() => void>();
  #metadata: StreamMetadata;
  /** What of it is known to be on the disk. */
  #durableMetadata: StreamMetadata | null = null;
  #isDeleted = false;
  /** What was found when nobody asked: told to who asks next. */
  #failure: unknown = null;
  #opening: Promise<StreamWriter> | null = null;
  #writer: StreamWriter | null = null;
  #closing: Promise<void> | null = null;
  #watch: StreamWatch | null = null;

  constructor(environment: StreamEnvironment, folder: string, metadata: StreamMetadata, options: StreamOptions) {
    this.name = metadata.name;
    this.#environment = environment;
    this.#folder = folder;
    this.#held = new HeldFolder(environment.files, folder);
    this.#metadata = metadata;
    this.#options = options;
  }

  /** What is known now; `refresh` looks what another process has done. */
  get metadata(): StreamMetadata {
    return this.#metadata;
  }

  get status(): 'ACTIVE' | 'UPDATING' | 'DELETING' {
    return this.#isDeleted ? 'DELETING' : (this.#writer?.status ?? 'ACTIVE');
  }

  /** Whether this process holds the lock: then readers are told of all that happens, and need not look. */
  get isWrittenHere(): boolean {
    return this.#writer !== null;
  }

  /** Takes the stream's lock and opens its shards; the torn ends that were cut off. */
  async startWriting(): Promise<readonly CutTail[]> {
    return (await this.#write()).cutTails;
  }

  /** @throws StreamError where the record is wrong, or could not be stored */
  async putRecord(entry: PutEntry): Promise<PutRecord> {
    const { records } = await this.putRecords([entry]);
    const [record] = records;
    if (record === undefined || 'errorCode' in record) {
      throw record?.cause ?? new StreamError('InternalFailureException', 'the record was not put');
    }
    return record;
  }

  /** At most 500 records; those of one shard keep their order, and are stored together. */
  async putRecords(entries: readonly PutEntry[], durability = this.#options.durability): Promise<PutRecordsResult> {
    if (this.#writer !== null) return this.#writer.put(entries, durability);
    // The array is the caller's.
    const own = entries.slice();
    return (await this.#write()).put(own, durability);
  }

  /** Records of a producer that nobody reads before they are committed. The stream is to be written here by then. */
  holdRecords(producer: string, epoch: number): HeldRecords {
    return new HeldRecords(this.#environment, this.#held, producer, epoch);
  }

  /** Puts held records, each once, however often it is asked for. */
  async commitHeld(held: Held): Promise<void> {
    await (await this.#write()).commitHeld(held);
  }

  /** Names of what a producer holds. */
  heldBy(producer: string): readonly string[] {
    return this.#held.of(producer);
  }

  /** Takes held records away that are wanted no more. */
  async dropHeld(names: readonly string[]): Promise<void> {
    await (await this.#write()).dropHeld(names);
  }

  async splitShard(shard: string, newStartingHashKey: bigint): Promise<void> {
    await (await this.#write()).split(parseShardId(shard), newStartingHashKey);
  }

  async mergeShards(shard: string, adjacent: string): Promise<void> {
    await (await this.#write()).merge(parseShardId(shard), parseShardId(adjacent));
  }

  async setRetention(hours: number): Promise<void> {
    await (await this.#write()).setRetention(hours);
  }

  /** Looks what another process has changed. */
  refresh(): void {
    if (this.#writer !== null) return;
    const metadata = loadMetadata(this.#environment.files, this.#folder);
    this.#failure = null;
    if (metadata === null || metadata.createdMs !== this.#metadata.createdMs) this.#isDeleted = true;
    else if (!isDeepStrictEqual(metadata, this.#metadata)) this.#take(metadata);
  }

  /**
   * What is known of the shards is on the disk: who changed them may have been killed before it was. Else a power cut may
   * open a shard again that was seen closed.
   */
  async settle(): Promise<void> {
    const metadata = this.#metadata;
    if (metadata === this.#durableMetadata) return;
    await this.#environment.files.syncFolder(this.#folder);
    this.#durableMetadata = metadata;
  }

  /** @throws StreamError ResourceNotFoundException */
  shard(id: string): ShardMetadata {
    return this.#shard(parseShardId(id));
  }

  /** Index of the record behind the shard's present last. */
  presentEnd(shard: ShardMetadata): number {
    if (shard.closed !== null) return shard.closed.lastRecordIndex + 1;
    const log = this.#writer?.log(shard.index);
    if (log != null) return log.nextIndex;
    const folder = this.#shardFolder(shard.index);
    const segments = folder.segments();
    const last = segments.at(-1);
    // A segment that is just being made has no records yet, and ends where it begins.
    return last === undefined ? 1 : (folder.nextIndex(last) ?? last);
  }

  /** Index of the shard's oldest record that can be read; of the one behind its last where there is none. */
  oldest(shard: ShardMetadata): number {
    const cursor = new ShardCursor(this.#view(shard.index), this.#start(shard, { type: 'TRIM_HORIZON' }));
    try {
      const read = cursor.read();
      const first = read.kind === 'frames' ? read.frames[0] : undefined;
      return first === undefined ? this.presentEnd(shard) : first.frame.firstIndex + first.from;
    } finally {
      cursor.close();
    }
  }

  /**
   * Reads a shard from a place on, perhaps not beyond a record.
   * @throws StreamError InvalidArgumentException for a sequence number of another shard, or a time in the future
   */
  cursor(id: string, position: StartPosition, endIndex?: number): ShardCursor {
    const shard = this.shard(id);
    const start = this.#start(shard, position);
    return new ShardCursor(this.#view(shard.index), endIndex === undefined ? start : { ...start, endIndex });
  }

  /** Reads a shard from a record on. */
  cursorAt(shard: ShardMetadata, fromIndex: number, endIndex?: number): ShardCursor {
    return new ShardCursor(this.#view(shard.index), endIndex === undefined ? { fromIndex } : { fromIndex, endIndex });
  }

  /** Calls back when there may be more to read, or the shards have changed, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#watchWhereNeeded();
    return () => {
      this.#listeners.delete(listener);
      this.#watchWhereNeeded();
    };
  }

  /** What others hold of it ends; called by the store. */
  markDeleted(): void {
    this.#isDeleted = true;
    this.#notify();
  }

  /** Waits for what is on its way to the disk, and gives the lock back. */
  async close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.#closing = null;
    });
    await this.#closing;
  }

  async #close(): Promise<void> {
    const writer = await this.#opening?.catch(() => null);
    this.#opening = null;
    this.#writer = null;
    this.#watchWhereNeeded();
    await writer?.close();
  }

  async #write(): Promise<StreamWriter> {
    if (this.#closing !== null) await this.#closing;
    this.#checkExists();
    this.#opening ??= this.#openWriter().catch((error: unknown) => {
      // The next may have more luck.
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async #openWriter(): Promise<StreamWriter> {
    const parts = {
      ...this.#options,
      environment: this.#environment,
      folder: this.#folder,
      metadata: this.#metadata,
      held: this.#held,
      onChange: (metadata: StreamMetadata) => {
        if (metadata !== this.#metadata) this.#take(metadata);
        this.#durableMetadata = metadata;
        this.#notify();
      },
    };
    this.#writer = await StreamWriter.open(parts, () => {
      this.refresh();
      this.#checkExists();
      return this.#metadata;
    });
    this.#watchWhereNeeded();
    return this.#writer;
  }

  /** Of shards that retention has taken away nothing is kept. */
  #take(metadata: StreamMetadata): void {
    this.#metadata = metadata;
    const indexes = new Set(metadata.shards.map(({ index }) => index));
    for (const index of this.#folders.keys()) if (!indexes.has(index)) this.#folders.delete(index);
  }

  #checkExists(): void {
    if (this.#failure !== null) throw this.#failure;
    if (!this.#isDeleted) return;
    throw new StreamError('ResourceNotFoundException', `stream "${this.name}" was deleted`);
  }

  #shard(index: number): ShardMetadata {
    this.#checkExists();
    const shard = this.#metadata.shards.find((each) => each.index === index);
    if (shard !== undefined) return shard;
    throw new StreamError('ResourceNotFoundException', `stream "${this.name}" has no ${shardId(index)}`);
  }

  #shardFolder(index: number): ShardFolder {
    let folder = this.#folders.get(index);
    if (folder === undefined) {
      folder = new ShardFolder(this.#environment.files, join(this.#folder, shardId(index)));
      this.#folders.set(index, folder);
    }
    return folder;
  }

  #view(index: number): ShardView {
    return {
      folder: this.#shardFolder(index),
      activeIndex: () => this.#writer?.log(index)?.activeIndex ?? null,
      isWrittenHere: () => this.#writer !== null,
      lastRecordIndex: () => {
        this.#checkExists();
        const shard = this.#metadata.shards.find((each) => each.index === index);
        // Retention has taken it away, and all its records.
        return shard === undefined ? 0 : (shard.closed?.lastRecordIndex ?? null);
      },
      horizonMs: () => horizonMs(this.#metadata, this.#environment.clock.nowMs()),
    };
  }

  #start(shard: ShardMetadata, position: StartPosition): CursorStart {
    const nowMs = this.#environment.clock.nowMs();
    switch (position.type) {
      case 'TRIM_HORIZON':
        return this.#since(shard, horizonMs(this.#metadata, nowMs));
      case 'LATEST':
        return { fromIndex: this.presentEnd(shard) };
      case 'AT_TIMESTAMP':
        if (position.timestampMs > nowMs) {
          throw new StreamError('InvalidArgumentException', `the timestamp ${position.timestampMs} is in the future`);
        }
        return this.#since(shard, position.timestampMs);
      case 'AT_SEQUENCE_NUMBER':
      case 'AFTER_SEQUENCE_NUMBER': {
        const parts = parseSequenceNumber(position.sequenceNumber);
        if (parts.index !== shard.index || parts.createdSeconds !== shard.createdSeconds) {
          throw new StreamError(
            'InvalidArgumentException',
            parts.index === shard.index
              ? `sequence number ${position.sequenceNumber} did not come from stream "${this.name}"`
              : `sequence number ${position.sequenceNumber} is of ${shardId(parts.index)}, not of ${shardId(shard.index)}`,
          );
        }
        return { fromIndex: parts.recordIndex + (position.type === 'AFTER_SEQUENCE_NUMBER' ? 1 : 0) };
      }
    }
  }

  /** By the segments' beginnings and indexes by time: a record before the first that came then, or later. */
  #since(shard: ShardMetadata, sinceMs: number): CursorStart {
    const folder = this.#shardFolder(shard.index);
    const segments = folder.segments();
    const at = lastBefore(segments, (segment) => folder.firstArrivalMs(segment) < sinceMs);
    const segment = segments[at];
    if (segment === undefined) return { fromIndex: segments[0] ?? 1, sinceMs };
    const active = this.#writer?.log(shard.index)?.activeIndex ?? null;
    const isFull = at < segments.length - 1;
    // What another process writes is read from its beginning: to index it takes as long.
    const index = active?.firstIndex === segment ? active : isFull ? folder.index(segment) : null;
    return { fromIndex: index?.beforeTime(sinceMs)?.firstIndex ?? segment, sinceMs };
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Files are watched only for what another process may do, and only while somebody listens. */
  #watchWhereNeeded(): void {
    const isNeeded = this.#listeners.size > 0 && this.#writer === null;
    if (isNeeded && this.#watch === null) {
      this.#watch = new StreamWatch(this.#environment.files, this.#folder, {
        onMetadata: () => this.refresh(),
        onChange: () => this.#notify(),
        onFailure: (error) => {
          this.#failure = error;
          this.#notify();
        },
      });
    } else if (!isNeeded && this.#watch !== null) {
      this.#watch.close();
      this.#watch = null;
    }
  }
}

/** Place of the last that lies before, where those that do come first; -1: none does. */
function lastBefore(segments: readonly number[], isBefore: (segment: number) => boolean): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const segment = segments[middle];
    if (segment !== undefined && isBefore(segment)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
