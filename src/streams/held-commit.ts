import type { FrameRecord } from './frame-builder.ts';
import { type Held, type HeldFolder, type ShardEnds, writeFooter } from './held-folder.ts';
import type { Router } from './put-request.ts';
import { type Frame, recordData, recordKey } from './segment-format.ts';
import { headerOf, SegmentReader } from './segment-reader.ts';
import { commitBytesMax, type ShardLog } from './shard-log.ts';
import type { StreamFiles } from './stream-environment.ts';
import { DamagedSegmentError } from './stream-error.ts';

export interface HeldCommitParts {
  readonly files: StreamFiles;
  readonly folder: HeldFolder;
  /** Of the open shards. Nothing else is put into them before the commit has ended. */
  readonly logs: ReadonlyMap<number, ShardLog>;
  readonly router: Router;
}

/**
 * Puts held records into the shards, each once, whatever happens on the way.
 *
 * ```
 * where the shards end ─► the records, in the order in which they came ─► the file is gone
 *        on the disk                         on the disk                    on the disk
 * ```
 *
 * Behind a crash the shards have the first of their records, and a shard's end says how many: who opens the stream next
 * puts the others. Before the first step nothing has happened; behind the last there is nothing to do again.
 */
export class HeldCommit {
  readonly #parts: HeldCommitParts;
  readonly #held: Held;
  readonly #found: ShardEnds | null;
  /** Null until they are on the disk. */
  #ends: ShardEnds | null = null;

  /** `found`: the ends that the file has; null: it has none. */
  constructor(parts: HeldCommitParts, held: Held, found: ShardEnds | null) {
    this.#parts = parts;
    this.#held = held;
    this.#found = found;
  }

  /** Looks at every byte before anything is begun. @throws DamagedSegmentError */
  check(): void {
    const reader = this.#open();
    try {
      while (reader.offset < this.#held.bytes) this.#framesOf(reader);
    } finally {
      reader.file.close();
    }
  }

  /** May be called again where it failed. @throws what the disk says; DamagedSegmentError */
  async run(): Promise<void> {
    for (const log of this.#parts.logs.values()) await log.drain();
    const { folder } = this.#parts;
    this.#ends ??= await this.#begin();
    // Else an attempt before has put all, and it is not known whether the disk knows that the file is gone.
    if (folder.has(this.#held)) await this.#putFrom(this.#ends);
    await folder.remove(this.#held.name);
  }

  async #begin(): Promise<ShardEnds> {
    const { files, folder, logs } = this.#parts;
    const { name, bytes } = this.#held;
    for (const { broken } of logs.values()) if (broken !== null) throw broken;
    const ends = this.#found ?? new Map([...logs].map(([shard, { nextIndex }]) => [shard, nextIndex]));
    const file = files.openToWrite(folder.pathOf(name));
    try {
      // What an attempt before has left. What was found is written over itself: it was seen, but is perhaps not on the disk.
      if (this.#found === null) await file.truncate(bytes);
      await file.write(writeFooter(ends), bytes);
      await file.sync();
    } finally {
      file.close();
    }
    return ends;
  }

  async #putFrom(ends: ShardEnds): Promise<void> {
    const { logs } = this.#parts;
    /** Of each shard: how many of the records that come next it has already. */
    const done = new Map([...ends].map(([shard, end]) => [shard, (logs.get(shard)?.nextIndex ?? end) - end]));
    const reader = this.#open();
    try {
      while (reader.offset < this.#held.bytes) {
        // A shard takes what is appended in one turn as a whole, or not at all: none of its records are passed over.
        const outcomes = await Promise.allSettled(this.#appendSome(reader, done));
        for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      }
    } finally {
      reader.file.close();
    }
  }

  /** Appends as much as makes one commit of a shard, without giving way to anybody. */
  #appendSome(reader: SegmentReader, done: Map<number, number>): Promise<unknown>[] {
    const { logs, router } = this.#parts;
    const appends: Promise<unknown>[] = [];
    const end = Math.min(this.#held.bytes, reader.offset + commitBytesMax);
    while (reader.offset < end) {
      for (const { shard, entries } of router.deal(this.#framesOf(reader).flatMap(recordsOf))) {
        const log = logs.get(shard.index);
        const first = done.get(shard.index);
        if (log === undefined || first === undefined) throw new Error(`${this.#path} was put into other shards before`);
        const skipped = Math.min(first, entries.length);
        done.set(shard.index, first - skipped);
        if (skipped < entries.length) appends.push(log.append(entries.slice(skipped), 'disk'));
      }
    }
    return appends;
  }

  get #path(): string {
    return this.#parts.folder.pathOf(this.#held.name);
  }

  #open(): SegmentReader {
    const file = this.#parts.files.openToRead(this.#path);
    const header = file === null ? null : headerOf(file);
    if (file === null || header === null) throw new DamagedSegmentError(this.#path, 0, 'its header is not whole');
    return new SegmentReader(file, header);
  }

  #framesOf(reader: SegmentReader): Frame[] {
    const frames = reader.read(this.#held.bytes);
    if (frames.length === 0) throw new DamagedSegmentError(this.#path, reader.offset, 'the checksum does not fit');
    return frames;
  }
}

function recordsOf(frame: Frame): FrameRecord[] {
  return Array.from({ length: frame.records }, (_, at) => ({
    partitionKey: recordKey(frame, at),
    data: recordData(frame, at),
  }));
}
