import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fail, placedAt } from '../../diagnostics/diagnostic.ts';
import { cellAddresses } from '../../formats/encode/batch-cells.ts';
import type { Encoder } from '../../formats/format.ts';
import { formatNamed } from '../../formats/index.ts';
import type { Batch } from '../../memory/batch.ts';
import { BatchSlice } from '../../memory/batch-slice.ts';
import type { SavedValue } from '../../memory/operator-state.ts';
import type { Sink, SinkRequest } from '../connector.ts';
import { localPath } from './file-list.ts';
import { hiddenPath, PartFile, type SavedPart, showPart, syncPath } from './part-file.ts';
import { escapePartition, partitionText } from './partition-path.ts';

/** Files in work at a time: a quarter of what a process may usually have open. */
const openFilesMax = 256;

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
  readonly #folder: string;
  readonly #encoder: Encoder;
  readonly #keys: readonly number[];
  readonly #slice: BatchSlice;
  readonly #scratch: number;
  /** Names of part files start with it: two jobs never write the same file. */
  #run: string = randomUUID();
  /** By partition; those first that were written longest ago. */
  readonly #open = new Map<string, PartFile>();
  readonly #partitions = new Set<string>();
  #files = 0;
  /** A checkpoint may name what is in work: it was prepared for one, or goes on from one. */
  #isInCheckpoint = false;
  /** Full files that wait for the next checkpoint. */
  #full: SavedPart[] = [];

  constructor(request: SinkRequest) {
    this.#request = request;
    const { memory, options, schema, table, timeZone } = request;
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
  }

  write(batch: Batch): void {
    const nowMs = this.#request.clock.nowMs();
    if (this.#keys.length === 0) {
      this.#append('', this.#encoded(batch), nowMs);
      return;
    }
    // Rows of one partition in a row go together.
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
    this.#isInCheckpoint = true;
    if (showsAll) {
      for (const file of this.#open.values()) this.#complete(file);
      this.#open.clear();
    }
    const token: Prepared = {
      run: this.#run,
      files: this.#files,
      full: this.#full,
      open: [...this.#open].map(([partition, file]) => ({ partition, ...file.saved })),
      partitions: [...this.#partitions],
    };
    this.#full = [];
    const parts = [...token.full, ...token.open];
    for (const { folder, name } of parts) await this.#sync(hiddenPath(folder, name));
    for (const folder of new Set(parts.map(({ folder }) => folder))) await this.#sync(folder);
    return token;
  }

  withdraw(token: SavedValue): void {
    this.#full = [...(token as Prepared).full, ...this.#full];
  }

  async commit(token: SavedValue): Promise<void> {
    const { full } = token as Prepared;
    for (const part of full) this.#attempt(part.folder, () => showPart(part));
    for (const folder of new Set(full.map(({ folder }) => folder))) await this.#sync(folder);
  }

  async resume(token: SavedValue): Promise<void> {
    if (token === null) return;
    this.#isInCheckpoint = true;
    const { run, files, full, open, partitions } = token as Prepared;
    this.#run = run;
    this.#files = files;
    for (const partition of partitions) this.#partitions.add(partition);
    const known = new Set([...full, ...open].map(({ folder, name }) => hiddenPath(folder, name)));
    for (const path of hiddenFiles(this.#folder, run)) if (!known.has(path)) rmSync(path);
    for (const { partition, ...saved } of open)
      this.#attempt(saved.folder, () => this.#open.set(partition, PartFile.resume(saved)));
  }

  async finish(): Promise<void> {
    for (const file of this.#open.values()) this.#attempt(file.folder, () => file.commit());
    this.#open.clear();
    this.#markPartitions();
    this.#release();
  }

  async abort(): Promise<void> {
    // What the last checkpoint holds is wanted when the job goes on.
    for (const file of this.#open.values()) {
      if (this.#isInCheckpoint) file.close();
      else file.drop();
    }
    if (!this.#isInCheckpoint)
      for (const { folder, name } of this.#full) rmSync(hiddenPath(folder, name), { force: true });
    this.#open.clear();
    this.#release();
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
    const folder = join(this.#folder, partition);
    this.#attempt(folder, () => {
      let file = this.#open.get(partition);
      if (file !== undefined && this.#isFull(file, nowMs)) {
        this.#complete(file);
        this.#open.delete(partition);
        file = undefined;
      }
      if (file === undefined) {
        this.#makeRoom();
        this.#makeFolder(folder);
        file = PartFile.create(folder, `part-${this.#run}-0-${this.#files++}`, nowMs);
        if (partition !== '') this.#partitions.add(folder);
      }
      this.#open.delete(partition);
      this.#open.set(partition, file);
      file.write(bytes, nowMs);
    });
  }

  /** With too many partitions in work the one that was written longest ago is rolled. */
  #makeRoom(): void {
    if (this.#open.size < openFilesMax) return;
    for (const [partition, file] of this.#open) {
      this.#open.delete(partition);
      this.#complete(file);
      return;
    }
  }

  #complete(file: PartFile): void {
    if (!this.#request.commitsAtCheckpoints) {
      file.commit();
      return;
    }
    file.close();
    this.#full.push(file.saved);
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
    for (const folder of this.#partitions) this.#attempt(folder, () => writeFileSync(join(folder, name), ''));
  }

  #makeFolder(folder: string): void {
    this.#attempt(folder, () => makeFolders(folder));
  }

  /** What the file system refuses, as an error about the table's path. */
  #attempt(path: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#refuse(error, path);
    }
  }

  async #sync(path: string): Promise<void> {
    try {
      await syncPath(path);
    } catch (error) {
      this.#refuse(error, path);
    }
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

/** Takes away the files of a job that is dropped which are not seen. */
export function discardParts(folder: string, token: SavedValue): void {
  if (token === null) return;
  for (const path of hiddenFiles(folder, (token as Prepared).run)) rmSync(path);
}

/** Paths of the hidden files of a run, in a folder and those below. */
function hiddenFiles(folder: string, run: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap(({ name, parentPath }) =>
    name.startsWith(`.part-${run}-`) && name.endsWith('.inprogress') ? [join(parentPath, name)] : [],
  );
}

/** Node's own recursion never ends where a parent refuses with "not there", as /proc does. */
function makeFolders(folder: string): void {
  const missing: string[] = [];
  for (let at = folder; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  for (const path of missing.reverse()) mkdirSync(path);
  if (!statSync(folder).isDirectory()) throw Object.assign(new Error('a file is there'), { code: 'ENOTDIR' });
}
