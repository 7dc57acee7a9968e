import { basename, dirname, join, resolve } from 'node:path';
import type { Memory } from '../memory/memory.ts';
import { makeFolders } from '../streams/make-folders.ts';
import type { StreamEnvironment, StreamFiles, WritableFile } from '../streams/stream-environment.ts';
import { StreamError } from '../streams/stream-error.ts';
import { StreamLock } from '../streams/stream-lock.ts';
import { BackgroundPages, type PagesInFile, PagesNotWritten } from './background-pages.ts';
import {
  eachPage,
  epochsIn,
  manifestIn,
  manifestNameOf,
  pagesNameOf,
  storeManifest,
  wasKilled,
} from './checkpoint-files.ts';
import { DamagedManifest, type Manifest, type PageFile, requireLayout } from './manifest.ts';
import { PageBlock, pageBytes } from './page-blob.ts';
import { DamagedPages } from './page-reader.ts';
import { savepointIn } from './savepoint.ts';
import {
  answerSavepoint,
  forgetSavepoint,
  type SavepointAnswer,
  type SavepointRequest,
  savepointRequest,
} from './savepoint-request.ts';
import { type DuePages, reserveState } from './state-pages.ts';
import { type StopRequest, stopRequest, takeBackRequest } from './stop-request.ts';

/** Bytes that are copied and written between two looks at whether other work waits. */
const sliceBytes = 4 << 20;

/** From so many pages on (16 MB) another thread writes them. */
const backgroundPagesMin = 4096;

/** What stands behind the name of a folder with the state that a job had before it was started anew. */
export const asideEnding = /\.old(-2)?$/;

/** A checkpoint that could not be read, and why. */
export interface UnreadableCheckpoint {
  readonly name: string;
  readonly reason: string;
}

/** What a checkpoint has written. */
export interface WrittenPages {
  /** Null: nothing had changed. */
  readonly file: PageFile | null;
  readonly pages: ArrayLike<number> & Iterable<number>;
  /** Ranges of pages that are in no use. */
  readonly free: DuePages['free'];
}

/** Where a job begins: a manifest, or null for a new start. */
export interface LoadedCheckpoint {
  readonly memory: Memory;
  readonly manifest: Manifest | null;
  readonly unreadable: readonly UnreadableCheckpoint[];
}

/**
 * The checkpoints of one job in a folder.
 *
 * ```
 * pages-000007      the pages that changed between two checkpoints (page-blob.ts)
 * chk-000007.json   the checkpoint: renamed into place when all it names is on the disk (manifest.ts)
 * ```
 *
 * A page is read from the newest file that has it. A file of which less than half is still of use is written anew
 * with the next checkpoint, so that the files hold at most about twice the state.
 */
export class CheckpointFolder {
  readonly #environment: StreamEnvironment;
  readonly #files: StreamFiles;
  #lock: StreamLock | null = null;
  #unwatch: () => void = () => {};
  /** Once a checkpoint has been large; null where there can be none. */
  #thread: Promise<BackgroundPages | null> | null = null;
  readonly path: string;
  readonly #retainedMax: number;
  /** Manifests that are there, oldest first, by their epochs. */
  readonly #retained: { readonly epoch: number; readonly pages: readonly PageFile[] }[] = [];
  /** The files that the last checkpoint is read from, oldest first. */
  #chain: readonly PageFile[] = [];
  /** By page: the place of its newest file among all that ever were, + 1. */
  #owners = new Uint32Array(0);
  /** By that place: how many pages have it as their newest, and the file. */
  readonly #live = new Map<number, { readonly file: PageFile; pages: number }>();
  #fileCount = 0;
  /** What was the newest when the state was loaded; null: none was, or the lock is taken. */
  #loaded: string | null = null;

  constructor(environment: StreamEnvironment, path: string, retainedMax: number) {
    this.#environment = environment;
    this.#files = environment.files;
    this.path = path;
    this.#retainedMax = Math.max(1, retainedMax);
  }

  /**
   * @throws StreamError ResourceInUseException where the job runs already, here or in another process, or another has run it
   * since its state was loaded
   */
  async open(): Promise<void> {
    await makeFolders(this.#files, this.path, true);
    await this.#files.syncFolder(dirname(this.path));
    this.#lock = await StreamLock.take(this.#environment, this.path, `the state of the job in "${this.path}"`);
    await this.#refuseOlder();
    // Of a process that is no more; what this one is asked for while it begins again is heard.
    if (this.stopRequest() === null) await takeBackRequest(this.#environment, this.path);
    if (this.savepointRequest() === null) await forgetSavepoint(this.#environment, this.path);
    // The checkpoint that was loaded may be seen, and its name not be on the disk yet: its rows are shown from here on.
    await this.#files.syncFolder(this.path);
  }

  /**
   * What is there is put aside, in a folder beside this one, in the place of what was put there before; `used` is left
   * alone. Null: there was no checkpoint.
   * @throws StreamError ResourceInUseException where the job runs
   */
  async putAside(used: string | null): Promise<string | null> {
    if (epochsIn(this.#files, this.path).length === 0) return null;
    const lock = await StreamLock.take(this.#environment, this.path, `the state of the job in "${this.path}"`);
    const isUsed = used !== null && resolve(used) === resolve(`${this.path}.old`);
    const aside = `${this.path}${isUsed ? '.old-2' : '.old'}`;
    try {
      await this.#files.remove(aside);
      // The lock goes with it: until then the folder is ours, and from then on it is not there.
      await this.#files.rename(this.path, aside);
      await this.#files.syncFolder(dirname(this.path));
    } catch (error) {
      await lock.release().catch(() => {});
      throw error;
    }
    // Of a process that is no more nobody minds it.
    await this.#files.remove(join(aside, basename(lock.path))).catch(() => {});
    this.#forget();
    return aside;
  }

  /** Whether a process that ran the job was killed: what its last checkpoint holds is perhaps not seen. */
  get wasKilled(): boolean {
    return wasKilled(this.#files, this.path);
  }

  /** The number of the newest checkpoint, whole or not; 0: there is none. */
  get newestEpoch(): number {
    return epochsIn(this.#files, this.path).at(-1) ?? 0;
  }

  /** Tells when something in the folder has changed: perhaps it is a request. */
  watch(onChange: () => void): void {
    this.#unwatch = this.#files.watch(this.path, () => {
      try {
        onChange();
      } catch (error) {
        // A file that cannot be read now is looked for with the next change.
        if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      }
    });
  }

  /** Whether another process has asked for the job to be stopped. */
  stopRequest(): StopRequest | null {
    return stopRequest(this.#environment, this.path);
  }

  /** A savepoint that another process has asked for; null: none. */
  savepointRequest(): SavepointRequest | null {
    return savepointRequest(this.#environment, this.path);
  }

  /** Makes the savepoint that was asked for of the newest checkpoint, whose rows are shown, and tells where it is. */
  async answerSavepoint(request: SavepointRequest, manifest: Omit<Manifest, 'pages'>): Promise<void> {
    const answer = await this.#savepoint(request, { ...manifest, pages: this.#chain });
    await answerSavepoint(this.#environment, this.path, request, answer);
  }

  async #savepoint(request: SavepointRequest, manifest: Manifest): Promise<SavepointAnswer> {
    try {
      return { path: await savepointIn(this.#files, { folder: this.path, manifest }, request, true) };
    } catch (error) {
      // The job is not worse for it.
      return { refusal: (error as Error).message };
    }
  }

  async close(): Promise<void> {
    this.#unwatch();
    await (await this.#thread)?.close();
    this.#thread = null;
    const lock = this.#lock;
    this.#lock = null;
    if (lock === null) return;
    try {
      await takeBackRequest(this.#environment, this.path);
    } finally {
      await lock.release();
    }
  }

  /**
   * The newest checkpoint that can be read whole, a memory with its pages, and the newer ones that cannot. A memory in
   * which damage was met is good for nothing, so each try has one of its own.
   * @throws OtherRelease for a whole one that this release cannot go on from
   */
  load(newMemory: () => Memory): LoadedCheckpoint {
    this.#loaded = this.#newest();
    const unreadable: UnreadableCheckpoint[] = [];
    const epochs = epochsIn(this.#files, this.path);
    for (const epoch of epochs.toReversed()) {
      const name = manifestNameOf(epoch);
      try {
        const manifest = manifestIn(this.#files, this.path, epoch);
        requireLayout(manifest);
        const memory = newMemory();
        this.#loadPages(memory, manifest);
        for (const kept of epochs) if (kept <= epoch) this.#retain(kept);
        return { memory, manifest, unreadable };
      } catch (error) {
        if (!(error instanceof DamagedManifest || error instanceof DamagedPages)) throw error;
        unreadable.push({ name, reason: error.message });
        this.#forget();
      }
    }
    return { memory: newMemory(), manifest: null, unreadable };
  }

  /** Pages that are to be written anew although they have not changed: their files are mostly of no use any more. */
  *sparsePages(): Generator<number> {
    for (const [place, { file, pages }] of this.#live) {
      if (pages * 2 * pageBytes > file.bytes || this.#live.size === 1) continue;
      for (let page = 0; page < this.#owners.length; page++) if (this.#owners[page] === place) yield page;
    }
  }

  /** Begins a checkpoint. */
  begin(epoch: number, due: DuePages): CheckpointWriter {
    return new CheckpointWriter(this, this.#files, epoch, due);
  }

  /** Who writes so many pages while the job goes on; null: the job's own thread. */
  async thread(pages: number): Promise<BackgroundPages | null> {
    if (pages < backgroundPagesMin || this.#files.isOfSystem !== true) return null;
    if ((await this.#thread)?.hasEnded === true) this.#thread = null;
    this.#thread ??= BackgroundPages.start();
    return this.#thread;
  }

  /** The pages of a checkpoint are on the disk. Makes it the newest. */
  async publish(manifest: Omit<Manifest, 'pages'>, { file: added, pages, free }: WrittenPages): Promise<void> {
    this.#disown(free);
    if (added !== null) this.#own(added, pages);
    const isUsed = new Set([...this.#live.values()].filter((file) => file.pages > 0).map(({ file }) => file.name));
    const all = [...this.#chain, ...(added === null ? [] : [added])];
    const chain = manifest.hasEnded === true ? [] : all.filter(({ name }) => isUsed.has(name));
    await storeManifest(this.#files, this.path, { ...manifest, pages: chain });
    this.#chain = chain;
    this.#retained.push({ epoch: manifest.epoch, pages: chain });
  }

  /** Says of the newest checkpoint what has become of it since. */
  async restate(manifest: Omit<Manifest, 'pages'>): Promise<void> {
    await storeManifest(this.#files, this.path, { ...manifest, pages: this.#chain });
  }

  async remove(name: string): Promise<void> {
    await this.#files.remove(join(this.path, name));
  }

  /** Takes away what is of no use any more. What stays when that fails goes with the next. */
  async clean(): Promise<void> {
    this.#retained.splice(0, this.#retained.length - this.#retainedMax);
    const used = new Set(
      this.#retained.flatMap(({ epoch, pages }) => [manifestNameOf(epoch), ...pages.map(({ name }) => name)]),
    );
    await this.#removeBut(used);
  }

  /**
   * Takes all checkpoints away: the job has come to its end. The newest is whole until it is gone; behind that nothing
   * may fail, or the job would run again from its start.
   */
  async clear(): Promise<void> {
    for (const epoch of epochsIn(this.#files, this.path)) await this.remove(manifestNameOf(epoch));
    // What stays is of no checkpoint: the next of the job takes it away.
    await this.#removeBut(new Set()).catch(() => {});
    await this.#files.remove(this.path).catch(() => {});
  }

  /** Manifests go before the pages that they name; to take a large file away takes its time, and so they go together. */
  async #removeBut(used: ReadonlySet<string>): Promise<void> {
    const unused = this.#files.list(this.path).filter((name) => !used.has(name));
    for (const name of unused) if (name.startsWith('chk-')) await this.remove(name);
    await Promise.all(unused.filter((name) => name.startsWith('pages-')).map((name) => this.remove(name)));
  }

  /** A state is loaded before the lock is taken, which may take its time: by then another process may have gone on from it. */
  async #refuseOlder(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = null;
    if (loaded === null || loaded === this.#newest()) return;
    await this.close();
    throw new StreamError(
      'ResourceInUseException',
      `another process has run the job since its state in "${this.path}" was read`,
    );
  }

  /** Tells the newest checkpoint from others of its number. */
  #newest(): string {
    const epoch = this.newestEpoch;
    try {
      return epoch === 0 ? '' : `${epoch} ${manifestIn(this.#files, this.path, epoch).atMs}`;
    } catch (error) {
      if (!(error instanceof DamagedManifest)) throw error;
      return `${epoch} ${error.message}`;
    }
  }

  #forget(): void {
    this.#chain = [];
    this.#owners = new Uint32Array(0);
    this.#live.clear();
    this.#fileCount = 0;
  }

  #retain(epoch: number): void {
    try {
      const { pages } = manifestIn(this.#files, this.path, epoch);
      this.#retained.push({ epoch, pages });
    } catch (error) {
      if (!(error instanceof DamagedManifest)) throw error;
    }
  }

  #loadPages(memory: Memory, { regions, pages }: Manifest): void {
    reserveState(memory, regions);
    this.#chain = pages;
    for (const file of pages) {
      const numbers: number[] = [];
      const { u8 } = memory;
      eachPage(this.#files, this.path, file, (page, bytes, from) => {
        u8.set(bytes.subarray(from, from + pageBytes), page * pageBytes);
        numbers.push(page);
      });
      this.#own(file, numbers);
    }
  }

  #own(file: PageFile, pages: WrittenPages['pages']): void {
    const place = ++this.#fileCount;
    let highest = 0;
    for (const page of pages) highest = Math.max(highest, page);
    if (highest >= this.#owners.length) {
      const wider = new Uint32Array(highest * 2 + 256);
      wider.set(this.#owners);
      this.#owners = wider;
    }
    for (const page of pages) {
      const before = this.#live.get(this.#owners[page] ?? 0);
      if (before !== undefined) before.pages--;
      this.#owners[page] = place;
    }
    this.#live.set(place, { file, pages: pages.length });
    for (const [known, each] of this.#live) if (each.pages === 0) this.#live.delete(known);
  }

  /** What earlier files have of these pages is of no use any more. */
  #disown(ranges: WrittenPages['free']): void {
    for (const [first, end] of ranges) {
      for (let page = first; page < Math.min(end, this.#owners.length); page++) {
        const before = this.#live.get(this.#owners[page] ?? 0);
        if (before !== undefined) before.pages--;
        this.#owners[page] = 0;
      }
    }
    for (const [known, each] of this.#live) if (each.pages === 0) this.#live.delete(known);
  }
}

/** A checkpoint was given up before its pages were on the disk. */
export class OvertakenCheckpoint extends Error {}

/** Writes the pages of one checkpoint while the job goes on. */
export class CheckpointWriter {
  readonly #folder: CheckpointFolder;
  readonly #files: StreamFiles;
  readonly #due: DuePages;
  readonly #name: string;
  /** Not 0: it is given up. Seen by other threads. */
  readonly #unwanted = new Int32Array(new SharedArrayBuffer(4));
  /** What was taken. */
  #pages: WrittenPages['pages'] = [];

  constructor(folder: CheckpointFolder, files: StreamFiles, epoch: number, due: DuePages) {
    this.#folder = folder;
    this.#files = files;
    this.#due = due;
    this.#name = pagesNameOf(epoch);
  }

  /** Copies and writes what is due, a slice at a time; then the disk has it. @throws OvertakenCheckpoint */
  async write(): Promise<WrittenPages> {
    const { free } = this.#due;
    if (this.#due.count === 0) return { file: null, pages: [], free };
    // What an earlier run left behind when it came to nothing.
    await this.#folder.remove(this.#name);
    let isWhole = false;
    try {
      const thread = await this.#folder.thread(this.#due.count);
      const bytes = await (thread === null ? this.#writeHere() : this.#writeBy(thread));
      isWhole = true;
      return { file: { name: this.#name, bytes }, pages: this.#pages, free };
    } catch (error) {
      throw this.#isOvertaken ? new OvertakenCheckpoint() : error;
    } finally {
      // Half a file would keep the room that was missing; where it cannot be taken away, the next checkpoint does.
      if (!isWhole) await this.#folder.remove(this.#name).catch(() => {});
    }
  }

  /** Nobody wants it any more: what is not on the disk yet need not be. */
  overtake(): void {
    Atomics.store(this.#unwanted, 0, 1);
  }

  get #isOvertaken(): boolean {
    return Atomics.load(this.#unwanted, 0) !== 0;
  }

  #check(): void {
    if (this.#isOvertaken) throw new OvertakenCheckpoint();
  }

  /** The checkpoint came to nothing: its pages are due with the next. */
  undo(): void {
    this.#due.undo(this.#pages);
  }

  get #path(): string {
    return join(this.#folder.path, this.#name);
  }

  async #writeBy(thread: BackgroundPages): Promise<number> {
    try {
      const { bytes, pages }: PagesInFile = await this.#due.writeBy(thread, this.#path, this.#unwanted);
      this.#pages = pages;
      return bytes;
    } catch (error) {
      if (error instanceof PagesNotWritten) this.#pages = error.pages;
      throw error;
    }
  }

  async #writeHere(): Promise<number> {
    const file = this.#files.create(this.#path);
    try {
      const bytes = await this.#writeTo(file);
      this.#check();
      await file.sync();
      return bytes;
    } finally {
      file.close();
    }
  }

  async #writeTo(file: WritableFile): Promise<number> {
    const slice = new Slice(this.#due.count);
    const pages: number[] = [];
    this.#pages = pages;
    let written = 0;
    for (let hasMore = true; hasMore; ) {
      hasMore = this.#due.each(({ page, count, bytes, from }) => {
        for (let at = 0; at < count; at++) pages.push(page + at);
        slice.add(page, count, bytes, from);
        return slice.bytes < sliceBytes;
      });
      for (const block of slice.take()) {
        this.#check();
        await file.write(block, written);
        written += block.length;
      }
    }
    return written;
  }
}

/** Blocks that are filled, written and filled again. */
class Slice {
  readonly #pages: number;
  readonly #blocks: PageBlock[] = [];
  #count = 0;
  #filled: Uint8Array[] = [];
  bytes = 0;

  /** `pages`: so many will come in all. */
  constructor(pages: number) {
    this.#pages = pages;
  }

  add(page: number, count: number, bytes: Uint8Array, from: number): void {
    for (let done = 0; done < count; ) {
      const block = this.#block();
      const part = Math.min(block.room, count - done);
      block.add(page + done, part, bytes, from + done * pageBytes);
      done += part;
      this.bytes += part * pageBytes;
      if (block.room === 0) this.#fill(block);
    }
  }

  /** All blocks, to be written before the next page is added. */
  take(): readonly Uint8Array[] {
    const last = this.#blocks[this.#count];
    if (last !== undefined && !last.isEmpty) this.#fill(last);
    const filled = this.#filled;
    this.#filled = [];
    this.#count = 0;
    this.bytes = 0;
    return filled;
  }

  #block(): PageBlock {
    const known = this.#blocks[this.#count];
    if (known !== undefined) return known;
    const added = new PageBlock(this.#pages);
    this.#blocks.push(added);
    return added;
  }

  #fill(block: PageBlock): void {
    this.#filled.push(block.take());
    this.#count++;
  }
}
