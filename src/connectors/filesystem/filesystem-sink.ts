import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { fail, placedAt } from '../../diagnostics/diagnostic.ts';
import { cellAddresses } from '../../formats/encode/batch-cells.ts';
import type { Encoder } from '../../formats/format.ts';
import { formatNamed } from '../../formats/index.ts';
import type { Batch } from '../../memory/batch.ts';
import { BatchSlice } from '../../memory/batch-slice.ts';
import type { SavedValue } from '../../memory/operator-state.ts';
import { machine } from '../../streams/machine.ts';
import { makeFolders } from '../../streams/make-folders.ts';
import type { StreamFiles } from '../../streams/stream-environment.ts';
import type { DiscardRequest, Sink, SinkRequest } from '../connector.ts';
import { localPath } from './file-list.ts';
import { type FileWork, hiddenParts, hiddenPath, PartFile, type SavedPart, showParts, syncFile } from './part-file.ts';
import { escapePartition, partitionText } from './partition-path.ts';

/** Files in work at a time: a quarter of what a process may usually have open. */
const openFilesMax = 256;

/** So much may wait for the disk while the job goes on. */
const backlogBytesMax = 4 << 20;

/**
 * Writes part files into a folder, or into a folder per partition. A file gets its name, and so is seen by readers,
 * when it is full (the rolling policy) or the job ends; a job that fails leaves those alone that were full.
 *
 * Of a job that makes checkpoints a full file is seen with the checkpoint that holds its last row. A file in work goes
 * on over checkpoints, as Flink's does; after a crash it is cut to the length that the checkpoint knows. So each row is
 * seen once.
 */
export class FilesystemSink implements Sink {
  readonly accepts: Sink['accepts'];
  readonly #request: SinkRequest;
  readonly #files: StreamFiles;
  readonly #folder: string;
  readonly #encoder: Encoder;
  readonly #keys: readonly number[];
  readonly #slice: BatchSlice;
  readonly #scratch: number;
  /** Names of part files start with it: two jobs never write the same file. */
  #run: string = randomUUID();
  /** By partition; those first that were written longest ago. */
  readonly #open = new Map<string, PartFile>();
  /** All that may be open on the disk. */
  readonly #inWork = new Set<PartFile>();
  /** Folders of partitions that have rows of this job. */
  readonly #partitions = new Set<string>();
  /** Folders that are there by the time that the work is done. */
  readonly #made = new Set<string>();
  /** What is to be done on the disk. */
  #work: Promise<void> = Promise.resolve();
  /** Bytes that wait for it. Those behind a failure wait for ever, so that the job comes to know of it. */
  #backlogBytes = 0;
  #fileCount = 0;
  /** A checkpoint may name what is in work: it was prepared for one, or goes on from one. */
  #isInCheckpoint = false;
  /** Full files that wait for the next checkpoint. */
  #full: SavedPart[] = [];

  constructor(request: SinkRequest) {
    this.#request = request;
    const { memory, options, schema, table, timeZone } = request;
    this.#files = (request.streamEnvironment ?? machine).files;
    const format = formatNamed(options.string('format') ?? '');
    if (format?.encoder === undefined) {
      fail('O006', options.span('format'), `format '${options.string('format')}' cannot be written`);
    }
    this.accepts = format.changes;
    this.#folder = resolve(localPath(options.string('path') ?? ''));
    this.#keys = table.partitionedBy.map((key) => schema.findIndex(({ name }) => name === key));
    const positions = schema.map((_, index) => index).filter((index) => !this.#keys.includes(index));
    this.#encoder = format.encoder({
      memory,
      options: options.under(`${format.name}.`),
      schema: positions.flatMap((index) => schema[index] ?? []),
      positions,
      timeZone,
    });
    this.#slice = new BatchSlice(memory, schema.length);
    this.#scratch = memory.alloc(16);
  }

  async open(): Promise<void> {
    this.#makeFolder(this.#folder);
    await this.#work;
  }

  write(batch: Batch): void | Promise<void> {
    const nowMs = this.#request.clock.nowMs();
    if (this.#keys.length === 0) this.#append('', this.#encoded(batch), nowMs);
    else this.#writePartitions(batch, nowMs);
    if (this.#backlogBytes > backlogBytesMax) return this.#work;
  }

  /** Rows of one partition in a row go together. */
  #writePartitions(batch: Batch, nowMs: number): void {
    const partitionOf = this.#partitionReader(batch);
    let from = 0;
    while (from < batch.rowCount) {
      const partition = partitionOf(from);
      let to = from + 1;
      while (to < batch.rowCount && partitionOf(to) === partition) to++;
      this.#append(partition, this.#encoded(this.#slice.of(batch, from, to)), nowMs);
      from = to;
    }
  }

  async prepare(showsAll: boolean): Promise<SavedValue> {
    // Up to the first wait the token is made: what is written from there on is of the next.
    this.#isInCheckpoint = true;
    for (const file of this.#open.values()) {
      if (showsAll) this.#complete(file);
      else file.flush();
    }
    if (showsAll) this.#open.clear();
    const token: Prepared = {
      run: this.#run,
      files: this.#fileCount,
      full: this.#full,
      open: [...this.#open].map(([partition, file]) => ({ partition, ...file.saved })),
      partitions: [...this.#partitions],
    };
    this.#full = [];
    const parts = [...token.full, ...token.open];
    for (const part of parts) this.#later(part.folder, () => syncFile(this.#files, hiddenPath(part)));
    for (const folder of foldersOf(parts)) this.#later(folder, () => this.#files.syncFolder(folder));
    await this.#work;
    return token;
  }

  withdraw(token: SavedValue): void {
    this.#full = [...(token as Prepared).full, ...this.#full];
  }

  async commit(token: SavedValue): Promise<void> {
    const { full } = token as Prepared;
    this.#later(this.#folder, () => showParts(this.#files, full));
    for (const folder of foldersOf(full)) this.#later(folder, () => this.#files.syncFolder(folder));
    await this.#work;
  }

  async resume(token: SavedValue): Promise<void> {
    if (token === null) return;
    this.#isInCheckpoint = true;
    const { run, files, full, open, partitions } = token as Prepared;
    this.#run = run;
    this.#fileCount = files;
    for (const partition of partitions) this.#partitions.add(partition);
    const known = new Set([...full, ...open].map(hiddenPath));
    this.#later(this.#folder, async () => {
      for (const path of hiddenParts(this.#files, this.#folder, run))
        if (!known.has(path)) await this.#files.remove(path);
    });
    for (const { partition, ...saved } of open) {
      this.#later(saved.folder, async () => this.#refuseShown(saved));
      const file = PartFile.resume(this.#files, this.#laterIn(saved.folder), saved);
      this.#inWork.add(file);
      this.#open.set(partition, file);
    }
    await this.#work;
  }

  async finish(): Promise<void> {
    for (const file of this.#open.values()) this.#complete(file);
    this.#markPartitions();
    await this.#work;
    this.#release();
  }

  async abort(): Promise<void> {
    await this.#work.catch(() => {});
    for (const file of this.#inWork) file.close();
    // What the last checkpoint holds is wanted when the job goes on.
    if (!this.#isInCheckpoint)
      for (const part of [...this.#inWork, ...this.#full]) await this.#files.remove(hiddenPath(part)).catch(() => {});
    this.#release();
  }

  /** Of a checkpoint before the newest: what it has in work may be shown since, with rows that came later. */
  #refuseShown({ folder, name }: SavedPart): void {
    if (!this.#files.list(folder).includes(name)) return;
    fail(
      'F014',
      this.#request.options.span('path'),
      `"${join(folder, name)}" was in work at this checkpoint, and is seen since`,
      {
        help: 'take away what was written since, or begin from a later checkpoint or savepoint',
      },
    );
  }

  /** A value that the format cannot write is told at the table's format. */
  #encoded(batch: Batch): Uint8Array {
    return placedAt(this.#request.options.span('format'), () => this.#encoder.encode(batch));
  }

  #partitionReader(batch: Batch): (row: number) => string {
    const { memory, schema, options } = this.#request;
    const cells = cellAddresses(memory, batch, this.#keys, this.#scratch);
    const nullName = options.string('partition.default-name') ?? '';
    return (row) =>
      cells
        .map((cell, index) => {
          const column = schema[this.#keys[index] ?? 0];
          const at = cell(row);
          const text = at === 0 || column === undefined ? '' : partitionText(memory, column.type, at);
          return `${escapePartition(column?.name ?? '')}=${text === '' ? nullName : escapePartition(text)}`;
        })
        .join('/');
  }

  #append(partition: string, bytes: Uint8Array, nowMs: number): void {
    if (bytes.length === 0) return;
    const known = this.#open.get(partition);
    this.#open.delete(partition);
    const isFull = known !== undefined && this.#isFull(known, nowMs);
    if (isFull) this.#complete(known);
    const file = known === undefined || isFull ? this.#newFile(partition, nowMs) : known;
    this.#open.set(partition, file);
    file.write(bytes, nowMs);
  }

  #newFile(partition: string, openedMs: number): PartFile {
    this.#makeRoom();
    const folder = join(this.#folder, partition);
    if (partition !== '') this.#partitions.add(folder);
    if (!this.#made.has(folder)) this.#makeFolder(folder);
    const name = `part-${this.#run}-0-${this.#fileCount++}`;
    const file = PartFile.create(this.#files, this.#laterIn(folder), { folder, name, openedMs });
    this.#inWork.add(file);
    return file;
  }

  /** With too many partitions in work the one that was written longest ago is rolled. */
  #makeRoom(): void {
    const [oldest] = this.#open;
    if (oldest === undefined || this.#open.size < openFilesMax) return;
    const [partition, file] = oldest;
    this.#open.delete(partition);
    this.#complete(file);
  }

  /** It is shown at once, or with the next checkpoint. */
  #complete(file: PartFile): void {
    const { saved } = file;
    file.complete();
    this.#later(file.folder, async () => void this.#inWork.delete(file));
    if (this.#request.commitsAtCheckpoints) this.#full.push(saved);
    else this.#later(file.folder, () => showParts(this.#files, [saved]));
  }

  #isFull(file: PartFile, nowMs: number): boolean {
    const { options } = this.#request;
    const sizeMax = options.memoryBytes('sink.rolling-policy.file-size') ?? Number.POSITIVE_INFINITY;
    const ageMaxMs = options.durationMs('sink.rolling-policy.rollover-interval') ?? Number.POSITIVE_INFINITY;
    const idleMaxMs = options.durationMs('sink.rolling-policy.inactivity-interval') ?? Number.POSITIVE_INFINITY;
    return file.bytes >= sizeMax || nowMs - file.openedMs >= ageMaxMs || nowMs - file.lastWriteMs >= idleMaxMs;
  }

  #markPartitions(): void {
    const { options } = this.#request;
    const kinds = (options.string('sink.partition-commit.policy.kind') ?? '').split(',').map((kind) => kind.trim());
    if (!kinds.includes('success-file')) return;
    const name = options.string('sink.partition-commit.success-file.name') ?? '_SUCCESS';
    for (const folder of this.#partitions)
      this.#later(folder, async () => void this.#files.createWhole(join(folder, name), new Uint8Array(0)));
  }

  #makeFolder(folder: string): void {
    this.#made.add(folder);
    this.#later(folder, () => makeFolders(this.#files, folder, this.#request.commitsAtCheckpoints));
  }

  #laterIn(folder: string): FileWork {
    return (work, bytes) => this.#later(folder, work, bytes);
  }

  /**
   * Does what has to be done on the disk behind all that is to be done before. What the file system refuses is an error
   * about the table's path, and nothing is done behind it; who waits is told.
   */
  #later(path: string, work: () => Promise<void>, bytes = 0): void {
    this.#backlogBytes += bytes;
    this.#work = this.#work.then(async () => {
      try {
        await work();
        this.#backlogBytes -= bytes;
      } catch (error) {
        this.#refuse(error, path);
      }
    });
    this.#work.catch(() => {});
  }

  #refuse(error: unknown, path: string): never {
    const { code, message } = error as NodeJS.ErrnoException;
    const span = this.#request.options.span('path');
    if (code === 'EACCES' || code === 'EPERM') fail('F014', span, `no permission to write to "${path}"`);
    if (code === 'ENOSPC' || code === 'EDQUOT') fail('F014', span, `no space is left for "${path}"`);
    if (code === 'EEXIST' || code === 'ENOTDIR')
      fail('F014', span, `"${path}" is no folder`, { help: 'a sink writes into a folder' });
    if (code === undefined) throw error;
    fail('F014', span, `could not write to "${path}": ${message}`);
  }

  #release(): void {
    this.#encoder.close();
    this.#slice.close();
    this.#request.memory.free(this.#scratch);
  }
}

/** What a checkpoint holds of the sink. */
type Prepared = {
  /** Files of the job are known by it. */
  readonly run: string;
  readonly files: number;
  readonly full: readonly SavedPart[];
  readonly open: readonly (SavedPart & { readonly partition: string })[];
  readonly partitions: readonly string[];
};

function foldersOf(parts: readonly SavedPart[]): ReadonlySet<string> {
  return new Set(parts.map(({ folder }) => folder));
}

/** Takes away the files of a job that is dropped which are not seen. */
export async function discardParts(folder: string, { token, streamEnvironment }: DiscardRequest): Promise<void> {
  if (token === null) return;
  const { files } = streamEnvironment ?? machine;
  for (const path of hiddenParts(files, folder, (token as Prepared).run)) await files.remove(path);
}
