import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fail, placedAt } from '../../diagnostics/diagnostic.ts';
import { cellAddresses } from '../../formats/encode/batch-cells.ts';
import type { Encoder } from '../../formats/format.ts';
import { formatNamed } from '../../formats/index.ts';
import type { Batch } from '../../memory/batch.ts';
import { BatchSlice } from '../../memory/batch-slice.ts';
import type { Sink, SinkRequest } from '../connector.ts';
import { localPath } from './file-list.ts';
import { PartFile } from './part-file.ts';
import { escapePartition, partitionText } from './partition-path.ts';

/**
 * Writes part files into a folder, or into a folder per partition. A file gets its name, and so is seen by readers,
 * when it is full (the rolling policy) or the job ends; a job that fails leaves those alone that were full.
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
  readonly #run = randomUUID();
  readonly #open = new Map<string, PartFile>();
  readonly #partitions = new Set<string>();
  #files = 0;

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
    const nowMs = Date.now();
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

  async finish(): Promise<void> {
    for (const file of this.#open.values()) this.#attempt(file.folder, () => file.commit());
    this.#open.clear();
    this.#markPartitions();
    this.#release();
  }

  async abort(): Promise<void> {
    for (const file of this.#open.values()) file.drop();
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
        file.commit();
        file = undefined;
      }
      if (file === undefined) {
        this.#makeFolder(folder);
        file = new PartFile(folder, `part-${this.#run}-0-${this.#files++}`, nowMs);
        this.#open.set(partition, file);
        if (partition !== '') this.#partitions.add(folder);
      }
      file.write(bytes, nowMs);
    });
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
      const { code, message } = error as NodeJS.ErrnoException;
      const span = this.#request.options.span('path');
      if (code === 'EACCES' || code === 'EPERM') fail('F014', span, `no permission to write to "${path}"`);
      if (code === 'ENOSPC') fail('F014', span, `no space is left for "${path}"`);
      if (code === 'EEXIST' || code === 'ENOTDIR')
        fail('F014', span, `"${path}" is no folder`, { help: 'a sink writes into a folder' });
      if (code === undefined) throw error;
      fail('F014', span, `could not write to "${path}": ${message}`);
    }
  }

  #release(): void {
    this.#encoder.close();
    this.#slice.close();
    this.#request.memory.free(this.#scratch);
  }
}

/** Node's own recursion never ends where a parent refuses with "not there", as /proc does. */
function makeFolders(folder: string): void {
  const missing: string[] = [];
  for (let at = folder; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  for (const path of missing.reverse()) mkdirSync(path);
  if (!statSync(folder).isDirectory()) throw Object.assign(new Error('a file is there'), { code: 'ENOTDIR' });
}
