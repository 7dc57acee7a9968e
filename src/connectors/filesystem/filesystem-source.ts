import type { Table } from '../../catalog/table.ts';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { DecoderRequest, Format } from '../../formats/format.ts';
import { formatNamed } from '../../formats/index.ts';
import type { CellValue } from '../../memory/cell-value.ts';
import type { SavedValue } from '../../memory/operator-state.ts';
import type { ScanColumn } from '../../plan/logical.ts';
import type { Schema } from '../../types/column.ts';
import type { ShardReader, Source, SourceRequest } from '../connector.ts';
import { ConstantColumn, constantOf, fileMetadata } from './constant-columns.ts';
import { type ListedFile, listFiles } from './file-list.ts';
import { checkMark, type FileMark, failAtShrunkFile } from './file-mark.ts';
import { FileShard } from './file-shard.ts';

/** With so many files or fewer, each has buffers of full size; with more, they get smaller to bound the memory. */
const fullSizeShardsMax = 16;
const halfSizeShardsMax = 128;

/** A file in a checkpoint. */
type SavedFile = {
  /** Where it goes on. */
  readonly offset: number;
  /** What stands before it; null: it is not known. */
  readonly mark: FileMark | null;
  /** It was read to its end. */
  readonly isRead: boolean;
};

interface Sizes {
  readonly chunkBytes: number;
  readonly rowsMax: number;
}

/** The files of a path, each a shard, in the order of their names. */
export class FilesystemSource implements Source {
  readonly bounded: boolean;
  readonly #request: SourceRequest;
  readonly #format: Format;
  readonly #pattern: RegExp | null;
  readonly #monitorMs: number | null;
  readonly #shards = new Map<string, FileShard>();
  /** Columns that the records give, and decoder requests by batch size: shards of one request share what is learnt. */
  readonly #decoded: readonly ScanColumn[];
  readonly #decoderRequests = new Map<number, DecoderRequest>();
  #files: readonly ListedFile[] = [];
  /** Of a restart: where files go on, by their names. */
  #saved: ReadonlyMap<string, SavedFile> = new Map();
  #listedMs = Number.NEGATIVE_INFINITY;

  constructor(request: SourceRequest) {
    this.#request = request;
    const { options, columns, table } = request;
    const format = formatNamed(options.string('format') ?? '');
    if (format === null) throw new Error('the format was not checked');
    this.#format = format;
    this.#monitorMs = options.durationMs('source.monitor-interval') ?? null;
    this.bounded = this.#monitorMs === null;
    this.#pattern = patternOf(request);
    this.#decoded = columns.filter(
      ({ metadata, path, name }) => !metadata && !table.partitionedBy.includes(path[0] ?? name),
    );
    // What is wrong with the format's options or types is told before a file is opened.
    this.#decoder(1).close();
  }

  async open(): Promise<void> {
    await this.#list();
  }

  save(positions: ReadonlyMap<ShardReader, SavedValue>): SavedValue {
    const shards = new Map([...this.#shards.values()].map((shard) => [shard.name, shard]));
    const entries = [...positions].map(([{ name }, position]): [string, SavedFile] => {
      const offset = position as number;
      const shard = shards.get(name);
      return [name, { offset, mark: shard?.markAt(offset) ?? null, isRead: shard?.hasEnded === true }];
    });
    return Object.fromEntries(entries);
  }

  resume(saved: SavedValue): void {
    const files = Object.entries(saved as Record<string, SavedFile | number>);
    // The first checkpoints had the place alone.
    const whole = (file: SavedFile | number): SavedFile =>
      typeof file === 'number' ? { offset: file, mark: null, isRead: false } : file;
    this.#saved = new Map(files.map(([name, file]) => [name, whole(file)]));
  }

  async shards(): Promise<readonly ShardReader[]> {
    const nowMs = this.#request.clock.nowMs();
    if (this.#monitorMs !== null && nowMs - this.#listedMs >= this.#monitorMs) await this.#list();
    const sizes = sizesFor(this.#files.length, this.#request.rowsMax);
    for (const file of this.#files) {
      // What came after the start of a bounded read is not part of it.
      if (this.bounded && this.#saved.size > 0 && !this.#saved.has(file.name)) continue;
      if (!this.#shards.has(file.absolutePath)) this.#shards.set(file.absolutePath, this.#shard(file, sizes));
    }
    return [...this.#shards.values()];
  }

  async close(): Promise<void> {
    for (const shard of this.#shards.values()) await shard.close();
    for (const request of this.#decoderRequests.values()) this.#format.release?.(request);
    this.#decoderRequests.clear();
  }

  async #list(): Promise<void> {
    const { options, clock } = this.#request;
    this.#listedMs = clock.nowMs();
    const path = options.string('path') ?? '';
    this.#files = await listFiles({ path, span: options.span('path'), pattern: this.#pattern });
  }

  #shard(file: ListedFile, { chunkBytes, rowsMax }: Sizes): FileShard {
    const { memory, table, columns, options } = this.#request;
    const partition = { keys: table.partitionedBy, defaultName: options.string('partition.default-name') ?? '' };
    const schema: Schema = columns.map(({ name, type, timeAttribute }) => ({ name, type, timeAttribute }));
    const shard = new FileShard({
      memory,
      table,
      file,
      pathSpan: options.span('path'),
      schema,
      chunkBytes,
      makeDecoder: () => this.#decoder(rowsMax),
      lineFeeds: this.#format.lineFeeds,
      onMalformed: this.#request.onMalformed ?? null,
      makeKeptValues: () => keptValues(table, file, partition),
      makeConstants: () =>
        columns.map((column) => {
          const value = constantOf(column, file, partition);
          return value === undefined ? null : new ConstantColumn(memory, column.type, value, rowsMax);
        }),
    });
    const { offset, mark, isRead } = this.#saved.get(file.name) ?? { offset: 0, mark: null, isRead: false };
    // What becomes of a file that was read to its end is nobody's concern.
    if (!isRead && offset > file.sizeBytes) failAtShrunkFile(file, offset, options.span('path'));
    if (!isRead && mark !== null) checkMark(file, offset, mark, options.span('path'));
    shard.startAt(offset);
    return shard;
  }

  #decoder(rowsMax: number) {
    let request = this.#decoderRequests.get(rowsMax);
    if (request === undefined) {
      const { memory, options, tableColumns, table, filter, timeZone } = this.#request;
      request = {
        memory,
        options: options.under(`${this.#format.name}.`),
        tableColumns: tableColumns.filter(({ name }) => !table.partitionedBy.includes(name)),
        columns: this.#decoded,
        filter: this.#decoded.length === this.#request.columns.length ? filter : null,
        timeZone,
        rowsMax,
      };
      this.#decoderRequests.set(rowsMax, request);
    }
    return this.#format.decoder(request);
  }
}

function sizesFor(files: number, rowsMax: number): Sizes {
  if (files <= fullSizeShardsMax) return { chunkBytes: 1024 * 1024, rowsMax };
  if (files <= halfSizeShardsMax) return { chunkBytes: 256 * 1024, rowsMax: Math.min(rowsMax, 2048) };
  return { chunkBytes: 64 * 1024, rowsMax: Math.min(rowsMax, 512) };
}

function patternOf({ options }: SourceRequest): RegExp | null {
  const text = options.string('source.path.regex-pattern');
  if (text === undefined) return null;
  try {
    return new RegExp(`^(?:${text})$`, 'u');
  } catch (error) {
    return fail('O003', options.span('source.path.regex-pattern'), `"${text}" is no regular expression`, {
      help: (error as Error).message,
    });
  }
}

/** Of all columns of the table, also those that the query does not read. */
function keptValues(
  table: Table,
  file: ListedFile,
  partition: { readonly keys: readonly string[]; readonly defaultName: string },
): Readonly<Record<string, CellValue>> {
  const values: Record<string, CellValue> = {};
  for (const column of table.columns) {
    if (column.kind === 'computed') continue;
    const { name, type } = column;
    const isMetadata = column.kind === 'metadata';
    const read = isMetadata
      ? { name, type: fileMetadata.get(column.key) ?? type, path: [column.key] }
      : { name, type, path: [name] };
    const value = constantOf({ ...read, metadata: isMetadata }, file, partition);
    if (value !== undefined) values[name] = value;
  }
  return values;
}
