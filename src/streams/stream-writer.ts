import { join } from 'node:path';
import { FrameBuilders } from './frame-builder.ts';
import { HeldCommits } from './held-commits.ts';
import type { Held, HeldFolder } from './held-folder.ts';
import { type StoreFailure, storeMetadata } from './metadata-file.ts';
import { checkPut, type PutEntry, PutRecordsResult, Router, type ShardOutcome } from './put-request.ts';
import { ShardFolder } from './shard-folder.ts';
import { type CutTail, type Durability, ShardLog } from './shard-log.ts';
import type { StreamEnvironment } from './stream-environment.ts';
import { StreamError, storageError } from './stream-error.ts';
import { StreamLock } from './stream-lock.ts';
import {
  checkRetention,
  horizonMs,
  retentionHoursMax,
  type ShardMetadata,
  type StreamMetadata,
  shardId,
  shardsMax,
  withMerge,
  withSplit,
} from './stream-metadata.ts';

/** Bytes that may wait for the disk; who puts more waits before. */
const queuedBytesMax = 16 * 1024 * 1024;

/** Held records wait for their job so long, which is as long as a stream may keep any. */
const heldHoursMax = retentionHoursMax;

/** A segment is begun anew so often within the retention. */
const segmentsPerRetention = 24;

export interface StreamWriterParts {
  readonly environment: StreamEnvironment;
  readonly folder: string;
  readonly metadata: StreamMetadata;
  readonly held: HeldFolder;
  readonly segmentBytesMax: number;
  /** Records were committed, or the metadata has changed. */
  readonly onChange: (metadata: StreamMetadata) => void;
}

interface WaitingPut {
  readonly bytes: number;
  readonly start: () => void;
}

/** The one writer of a stream, while this process holds its lock. */
export class StreamWriter {
  readonly #parts: StreamWriterParts;
  readonly #lock: StreamLock;
  #metadata: StreamMetadata;
  #router: Router;
  /** Of the open shards. */
  readonly #logs = new Map<number, ShardLog>();
  readonly #frames = new FrameBuilders();
  /** Torn ends that were cut off when the writer was opened. */
  readonly cutTails: CutTail[] = [];
  /** Puts that have not begun. */
  readonly #line: WaitingPut[] = [];
  /** Of those that have. */
  #queuedBytes = 0;
  #putCount = 0;
  /** What is too old is being taken away. */
  #retiring: Promise<void> | null = null;
  /** Called when nothing is on its way any more. */
  #atRest: () => void = () => {};
  /** While shards are closed and opened, and while held records are put, puts wait. */
  #closed: { readonly why: 'resharding' | 'committing'; readonly ended: Promise<void> } | null = null;
  readonly #commits: HeldCommits;
  #broken: StreamError | null = null;
  #retiredMs = 0;

  private constructor(parts: StreamWriterParts, lock: StreamLock) {
    this.#parts = parts;
    this.#lock = lock;
    this.#metadata = parts.metadata;
    this.#router = new Router(parts.metadata.shards);
    this.#commits = new HeldCommits({
      files: parts.environment.files,
      folder: parts.held,
      logs: this.#logs,
      router: () => this.#router,
      alone: (work) => this.#alone('committing', work),
    });
  }

  /**
   * Takes the stream's lock, and finds the end of each open shard.
   * @throws StreamError ResourceInUseException where another process holds it; DamagedSegmentError
   */
  static async open(parts: StreamWriterParts, reload: () => StreamMetadata): Promise<StreamWriter> {
    const opening = `stream "${parts.metadata.name}" was opened`;
    const lock = await StreamLock.take(parts.environment, parts.folder, `stream "${parts.metadata.name}"`).catch(
      (error: unknown) => {
        throw storageError(opening, error);
      },
    );
    let writer: StreamWriter | null = null;
    try {
      // Another process may have written it until now.
      writer = new StreamWriter({ ...parts, metadata: reload() }, lock);
      // What it has changed last may be seen, and not be on the disk yet.
      await parts.environment.files.syncFolder(parts.folder);
      for (const shard of writer.#metadata.shards) {
        if (shard.closed !== null) continue;
        const cut = await writer.#openLog(shard);
        if (cut !== null) writer.cutTails.push(cut);
      }
      await writer.#commits.takeUp();
      await writer.#retire();
      return writer;
    } catch (error) {
      if (writer !== null) for (const log of writer.#logs.values()) await log.close().catch(() => {});
      await lock.release().catch(() => {});
      throw storageError(opening, error);
    }
  }

  get status(): 'ACTIVE' | 'UPDATING' {
    return this.#closed?.why === 'resharding' ? 'UPDATING' : 'ACTIVE';
  }

  /** The log of an open shard. */
  log(shardIndex: number): ShardLog | null {
    return this.#logs.get(shardIndex) ?? null;
  }

  /**
   * Puts records; resolves when all are durable, or refused. Requests go to the disk in the order of their coming: while
   * too much waits for it, and while shards are closed and opened, they stand in line.
   * @throws StreamError where the request itself is wrong
   */
  async put(entries: readonly PutEntry[], durability: Durability): Promise<PutRecordsResult> {
    const bytes = checkPut(entries);
    if (this.#commits.isUnfinished && this.#closed === null) {
      // The array is the caller's.
      const own = entries.slice();
      await this.#commits.finish();
      return this.put(own, durability);
    }
    if (this.#line.length === 0 && this.#hasRoom(bytes)) return this.#begin(bytes, entries, durability);
    // The array is the caller's.
    const own = entries.slice();
    return new Promise<PutRecordsResult>((resolve, reject) => {
      this.#line.push({ bytes, start: () => void this.#begin(bytes, own, durability).then(resolve, reject) });
    });
  }

  /** Puts what is held; where that was done before, nothing happens. @throws StreamError where it could not be ended */
  async commitHeld(held: Held): Promise<void> {
    for (let wait = this.#anyWork(); wait !== null; wait = this.#anyWork()) await wait;
    await this.#commits.commit(held);
  }

  /** Takes held records away that are wanted no more. */
  async dropHeld(names: readonly string[]): Promise<void> {
    for (let wait = this.#anyWork(); wait !== null; wait = this.#anyWork()) await wait;
    await this.#commits.drop(names);
  }

  /** Closes a shard and opens two in its place, the second from the given hash key on. */
  async split(shardIndex: number, newStartingHashKey: bigint): Promise<void> {
    await this.#changeAsAsked(async () => {
      const shard = this.#openShard(shardIndex);
      const end = await this.#endOf(shard);
      this.#checkCount(1);
      return withSplit(this.#metadata, end, newStartingHashKey, this.#parts.environment.clock.nowMs());
    });
  }

  /** Closes two adjacent shards and opens one in their place. */
  async merge(shardIndex: number, adjacentIndex: number): Promise<void> {
    await this.#changeAsAsked(async () => {
      const first = await this.#endOf(this.#openShard(shardIndex));
      const second = await this.#endOf(this.#openShard(adjacentIndex));
      return withMerge(this.#metadata, first, second, this.#parts.environment.clock.nowMs());
    });
  }

  /** What is too old is not readable at once, and does not come back when the retention is raised. */
  async setRetention(hours: number): Promise<void> {
    checkRetention(hours);
    await this.#changeAsAsked(async () => ({
      ...this.#metadata,
      retentionHours: hours,
      horizonFloorMs: horizonMs(this.#metadata, this.#parts.environment.clock.nowMs()),
    }));
    await this.#retire();
  }

  /** Waits for the puts that have come. @throws StreamError where what was put is not on the disk */
  async close(): Promise<void> {
    await this.#rest();
    const closed = await Promise.allSettled([...this.#logs.values()].map((log) => log.close()));
    // One that stays is known to be nobody's.
    await this.#lock.release().catch(() => {});
    for (const log of closed)
      if (log.status === 'rejected') throw storageError(`stream "${this.#metadata.name}" was closed`, log.reason);
  }

  #begin(bytes: number, entries: readonly PutEntry[], durability: Durability): Promise<PutRecordsResult> {
    const appended = this.#append(entries, durability);
    this.#queuedBytes += bytes;
    this.#putCount++;
    return this.#settle(bytes, appended);
  }

  /**
   * Copies records to where they wait for the disk. Nothing that is suspended may hold them: what lives until a slow disk
   * has answered is collected late (`frame-builder.ts`).
   */
  #append(entries: readonly PutEntry[], durability: Durability): Promise<readonly ShardOutcome[]> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    if (this.#commits.isUnfinished) return Promise.reject(unfinishedError(this.#metadata));
    const appends = this.#router.deal(entries).map(({ shard, entries: records, places }) => {
      const count = records.length;
      return this.#logOf(shard)
        .append(records, durability)
        .catch((error: unknown) => storageError('records were put', error))
        .then((result) => ({ shard, count, places, result }));
    });
    return Promise.all(appends);
  }

  async #settle(bytes: number, appended: Promise<readonly ShardOutcome[]>): Promise<PutRecordsResult> {
    try {
      const result = new PutRecordsResult(await appended);
      this.#retireInTime();
      return result;
    } finally {
      this.#queuedBytes -= bytes;
      this.#putCount--;
      this.#admit();
      this.#checkRest();
    }
  }

  #hasRoom(bytes: number): boolean {
    return this.#closed === null && (this.#queuedBytes === 0 || this.#queuedBytes + bytes <= queuedBytesMax);
  }

  /** Begins the puts whose turn it is. */
  #admit(): void {
    for (let [first] = this.#line; first !== undefined && this.#hasRoom(first.bytes); [first] = this.#line) {
      this.#line.shift();
      first.start();
    }
  }

  async #rest(): Promise<void> {
    while (this.#isBusy) {
      await new Promise<void>((resolve) => {
        this.#atRest = resolve;
      });
    }
  }

  get #isBusy(): boolean {
    return this.#line.length > 0 || this.#putCount > 0 || this.#closed !== null || this.#retiring !== null;
  }

  #checkRest(): void {
    if (!this.#isBusy) this.#atRest();
  }

  #logOf({ index }: ShardMetadata): ShardLog {
    const log = this.#logs.get(index);
    if (log === undefined) throw new Error(`no log of ${shardId(index)}`);
    return log;
  }

  #openShard(index: number): ShardMetadata {
    const shard = this.#metadata.shards.find((each) => each.index === index);
    if (shard === undefined) {
      throw new StreamError('ResourceNotFoundException', `stream "${this.#metadata.name}" has no ${shardId(index)}`);
    }
    if (shard.closed !== null) {
      throw new StreamError('InvalidArgumentException', `${shardId(index)} is closed`);
    }
    return shard;
  }

  /** Where a shard ends, when nothing is on its way any more: puts wait meanwhile. */
  async #endOf(shard: ShardMetadata): Promise<{ shard: ShardMetadata; lastRecordIndex: number }> {
    const log = this.#logOf(shard);
    await log.drain();
    // Its file may hold more than was acknowledged: where it ends is known when it is opened anew.
    if (log.broken !== null) throw log.broken;
    return { shard, lastRecordIndex: log.nextIndex - 1 };
  }

  #checkCount(more: number): void {
    const open = this.#metadata.shards.filter(({ closed }) => closed === null).length;
    if (open + more > shardsMax) {
      throw new StreamError('LimitExceededException', `a stream has at most ${shardsMax} open shards`);
    }
  }

  /** What a change of the shards has to wait for; what was begun with held records is ended. Null: nothing. */
  #obstacle(): Promise<void> | null {
    if (this.#closed?.why === 'committing') return this.#closed.ended;
    return this.#commits.isUnfinished && this.#closed === null ? this.#commits.finish() : null;
  }

  /** What the commit of held records has to wait for. */
  #anyWork(): Promise<void> | null {
    return this.#retiring ?? this.#closed?.ended ?? this.#obstacle();
  }

  /** A change that somebody asks for: it is not refused because old shards are being taken away. */
  async #changeAsAsked(next: () => Promise<StreamMetadata>): Promise<void> {
    while (this.#retiring !== null) await this.#retiring;
    await this.#change(next);
  }

  /** Changes the metadata, on the disk and here; a change at a time. */
  async #change(next: () => Promise<StreamMetadata>): Promise<void> {
    for (let wait = this.#obstacle(); wait !== null; wait = this.#obstacle()) await wait;
    if (this.#closed !== null) {
      throw new StreamError('ResourceInUseException', `stream "${this.#metadata.name}" is UPDATING`);
    }
    await this.#alone('resharding', async () => this.#store(await next()));
  }

  /** Does what no put may be beside. */
  async #alone(why: 'resharding' | 'committing', work: () => Promise<void>): Promise<void> {
    // Which shards are open is perhaps not known.
    if (this.#broken !== null) throw this.#broken;
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#closed = { why, ended };
    try {
      await work();
    } finally {
      this.#closed = null;
      end();
      this.#admit();
      this.#checkRest();
    }
  }

  async #store(metadata: StreamMetadata): Promise<void> {
    const { environment, folder, onChange } = this.#parts;
    const failure: StoreFailure = { isInDoubt: false };
    try {
      // A closed shard's records must be there before it is said where it ends.
      for (const shard of metadata.shards) if (shard.closed !== null) await this.#closeLog(shard.index);
      await storeMetadata(environment.files, folder, metadata, failure);
    } catch (error) {
      const reason = storageError(`stream "${metadata.name}" was changed`, error);
      if (failure.isInDoubt) this.#broken = reason;
      // The log was closed for nothing: it is opened anew.
      else
        await this.#openLogs(this.#metadata).catch(() => {
          this.#broken = reason;
        });
      throw reason;
    }
    this.#metadata = metadata;
    this.#router = new Router(metadata.shards);
    try {
      await this.#openLogs(metadata);
    } catch (error) {
      this.#broken = storageError(`stream "${metadata.name}" was changed`, error);
      throw this.#broken;
    }
    onChange(metadata);
  }

  async #closeLog(index: number): Promise<void> {
    const log = this.#logs.get(index);
    if (log === undefined) return;
    this.#logs.delete(index);
    await log.close();
  }

  async #openLogs(metadata: StreamMetadata): Promise<void> {
    for (const shard of metadata.shards) {
      if (shard.closed === null && !this.#logs.has(shard.index)) await this.#openLog(shard);
    }
  }

  async #openLog(shard: ShardMetadata): Promise<CutTail | null> {
    const { environment, folder, segmentBytesMax, onChange } = this.#parts;
    const log = new ShardLog({
      environment,
      folder: new ShardFolder(environment.files, join(folder, shardId(shard.index))),
      options: {
        segmentBytesMax,
        segmentAgeMaxMs: (this.#metadata.retentionHours * 3_600_000) / segmentsPerRetention,
      },
      frames: this.#frames,
      onCommit: () => onChange(this.#metadata),
    });
    const cut = await log.open();
    this.#logs.set(shard.index, log);
    return cut;
  }

  /**
   * Looks for what has become too old now and then, when something is put; no put waits for it. Where it cannot be taken
   * away, it is tried again the next time.
   */
  #retireInTime(): void {
    const { clock } = this.#parts.environment;
    const everyMs = (this.#metadata.retentionHours * 3_600_000) / segmentsPerRetention;
    if (clock.nowMs() - this.#retiredMs < everyMs || this.#retiring !== null || this.#closed !== null) return;
    this.#retiring = this.#retire()
      .catch(() => {})
      .finally(() => {
        this.#retiring = null;
        this.#checkRest();
      });
  }

  /** Takes away what is too old: segments of open shards, and closed shards as a whole. */
  async #retire(): Promise<void> {
    const { environment, folder } = this.#parts;
    const nowMs = environment.clock.nowMs();
    this.#retiredMs = nowMs;
    const horizon = horizonMs(this.#metadata, nowMs);
    await this.#commits.retire(nowMs - heldHoursMax * 3_600_000);
    for (const log of this.#logs.values()) await log.retire(horizon);
    const gone = this.#metadata.shards.filter(({ closed }) => closed !== null && closed.atMs < horizon);
    if (gone.length === 0) return;
    await this.#change(async () => ({
      ...this.#metadata,
      shards: this.#metadata.shards.filter((shard) => !gone.includes(shard)),
    }));
    for (const { index } of gone) await environment.files.remove(join(folder, shardId(index)));
  }
}

function unfinishedError({ name }: StreamMetadata): StreamError {
  return new StreamError('InternalFailureException', `held records of stream "${name}" could not all be put`, {
    help: 'what is put later waits for them: it is tried again with the next put',
  });
}
