import { Arena } from '../../memory/arena.ts';
import type { ColumnAddresses } from '../../memory/batch-reader.ts';
import { writeDescriptor } from '../../memory/batch-writer.ts';
import type { NestedValue } from '../../memory/nested.ts';
import type { Schema } from '../../types/column.ts';
import { physicalOf, physicalWidth } from '../../types/physical.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type {
  Connector,
  ReadProgress,
  ReadResult,
  RowPlace,
  ShardReader,
  Source,
  SourceRequest,
} from '../connector.ts';
import { anyFiller, type ColumnFiller, fillerFor } from './column-fillers.ts';
import { datagenOptions, optionsForTable } from './field-options.ts';
import { type Generator, type GeneratorContext, generatorFor } from './generators.ts';
import { Random } from './random.ts';

/** `datagen`: made-up rows. The same table gives the same rows in every run, but for its times. */
export const datagenConnector: Connector = {
  name: 'datagen',
  options: datagenOptions,
  optionsFor: optionsForTable,
  format: 'none',
  metadata: new Map(),
  source: (request) => new DatagenSource(request),
  restart: { kind: 'begins-anew', how: 'rows are made up from the first on' },
};

/** Each column has its own stream of random numbers, so that adding one leaves the others as they were. */
const seed = 0x7464_6d6b;

class DatagenSource implements Source {
  readonly bounded: boolean;
  readonly #shard: DatagenShard;

  constructor(request: SourceRequest) {
    const { options, clock, columns, table, tableColumns } = request;
    let rowsMax = options.long('number-of-rows') ?? null;
    const onSequence = (count: bigint): void => {
      if (rowsMax === null || count < rowsMax) rowsMax = count;
    };
    const contextOf = (name: string): GeneratorContext => ({
      options,
      clock,
      onSequence,
      random: new Random(seed ^ hashOf(name)),
      span: table.columns.find((column) => column.name === name)?.span ?? null,
    });
    // A column that is not read ends the table too, and its options are looked at.
    const generators = new Map(
      tableColumns.map(({ name, type }) => [name, generatorFor(type, `fields.${name}`, contextOf(name))]),
    );
    this.bounded = rowsMax !== null;
    const fillers = columns.map(({ path, name, type }) => {
      const [top = name, ...inner] = path;
      if (inner.length === 0) return fillerFor(type, `fields.${top}`, contextOf(top));
      const topType = tableColumns.find((column) => column.name === top)?.type ?? type;
      return anyFiller(type, fieldOf(generators.get(top) ?? (() => null), topType, inner));
    });
    this.#shard = new DatagenShard(request, fillers, rowsMax === null ? null : Number(rowsMax));
  }

  async open(): Promise<void> {}

  async shards(): Promise<readonly ShardReader[]> {
    return [this.#shard];
  }

  async close(): Promise<void> {
    await this.#shard.close();
  }
}

/** The generator of a part of a row. */
function fieldOf(generator: Generator, type: SqlType, path: readonly string[]): Generator {
  const [name, ...rest] = path;
  if (name === undefined || type.kind !== 'ROW') return generator;
  const index = type.fields.findIndex((field) => field.name === name);
  const part: Generator = (row) => {
    const value = generator(row);
    return Array.isArray(value) ? ((value[index] ?? null) as NestedValue) : null;
  };
  return fieldOf(part, type.fields[index]?.type ?? type, rest);
}

function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

interface FillKernels {
  validityFill(address: number, length: number): void;
}

/** Of all texts of a batch: with long ones it has fewer rows. */
const batchTextBytesMax = 4 * 1024 * 1024;

class DatagenShard implements ShardReader {
  readonly name = 'datagen';
  readonly #request: SourceRequest;
  readonly #fillers: readonly ColumnFiller[];
  readonly #schema: Schema;
  readonly #batchRowsMax: number;
  readonly #rowsMax: number | null;
  readonly #perSecond: number;
  readonly #arena: Arena;
  readonly #kernels: FillKernels;
  #rows = 0;
  #startMs: number | null = null;
  #isClosed = false;

  constructor(request: SourceRequest, fillers: readonly ColumnFiller[], rowsMax: number | null) {
    this.#request = request;
    this.#fillers = fillers;
    this.#schema = request.columns.map(({ name, type, timeAttribute }) => ({ name, type, timeAttribute }));
    const rowTextBytes = fillers.reduce((sum, { textBytesMax }) => sum + textBytesMax, 0);
    const rowsOfText = Math.floor(batchTextBytesMax / Math.max(1, rowTextBytes));
    this.#batchRowsMax = Math.max(1, Math.min(request.rowsMax, rowsOfText));
    this.#rowsMax = rowsMax;
    this.#perSecond = Number(request.options.long('rows-per-second') ?? 10_000n);
    this.#kernels = request.memory.exports as unknown as FillKernels;
    this.#arena = new Arena(request.memory, 64 * 1024);
  }

  get progress(): ReadProgress {
    return { bytesRead: 0, bytesTotal: null, rows: this.#rows, malformedRecords: 0 };
  }

  read(): ReadResult {
    const left = this.#rowsMax === null ? Number.POSITIVE_INFINITY : this.#rowsMax - this.#rows;
    if (left <= 0) return { kind: 'end' };
    const { memory, clock } = this.#request;
    this.#startMs ??= clock.nowMs();
    const elapsedMs = clock.nowMs() - this.#startMs;
    // The first second's rows come at once.
    const due = Math.floor(this.#perSecond * (1 + elapsedMs / 1000)) - this.#rows;
    if (due <= 0) return { kind: 'idle', waitMs: Math.max(1, Math.ceil(((1 - due) * 1000) / this.#perSecond)) };
    const rowCount = Math.min(this.#batchRowsMax, due, left);
    const arena = this.#arena;
    arena.reset();
    const columns = this.#fillers.map((filler, index) => this.#column(filler, index, rowCount));
    this.#rows += rowCount;
    const address = writeDescriptor(memory, arena, { rowCount, kinds: 0, columns });
    return { kind: 'batch', batch: { schema: this.#schema, rowCount, address, encoding: 'native' } };
  }

  #column({ fill }: ColumnFiller, index: number, count: number): ColumnAddresses {
    const { memory } = this.#request;
    const arena = this.#arena;
    const type = this.#schema[index]?.type;
    const values = arena.alloc(count * (type === undefined ? 0 : physicalWidth[physicalOf(type)]));
    const validity = arena.alloc(count);
    this.#kernels.validityFill(validity, count);
    const hasNulls = fill({ memory, arena, values, validity, row: this.#rows, count });
    return { values, validity: hasNulls ? validity : 0, offsets: 0 };
  }

  place(rowIndex: number): RowPlace {
    return { shard: this.name, offset: rowIndex, line: null, text: null };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#arena.release();
  }
}
