import { Arena } from '../../memory/arena.ts';
import { writeBatch } from '../../memory/batch-writer.ts';
import type { CellValue } from '../../memory/cell-value.ts';
import { encodeNested, type NestedValue } from '../../memory/nested.ts';
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
import { datagenOptions, optionsForTable } from './field-options.ts';
import { type Generator, generatorFor } from './generators.ts';
import { Random } from './random.ts';

/** `datagen`: made-up rows. The same table gives the same rows in every run, but for its times. */
export const datagenConnector: Connector = {
  name: 'datagen',
  options: datagenOptions,
  optionsFor: optionsForTable,
  format: 'none',
  metadata: new Map(),
  source: (request) => new DatagenSource(request),
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
    const generators = new Map<string, Generator>();
    for (const { name, type } of tableColumns) {
      const random = new Random(seed ^ hashOf(name));
      const span = table.columns.find((column) => column.name === name)?.span ?? null;
      generators.set(name, generatorFor(type, `fields.${name}`, { options, random, clock, onSequence, span }));
    }
    this.bounded = rowsMax !== null;
    const read = columns.map(({ path, name, type }) => {
      const [top = name, ...inner] = path;
      const topType = tableColumns.find((column) => column.name === top)?.type ?? type;
      return fieldOf(generators.get(top) ?? (() => null), topType, inner);
    });
    this.#shard = new DatagenShard(request, read, rowsMax === null ? null : Number(rowsMax));
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

class DatagenShard implements ShardReader {
  readonly name = 'datagen';
  readonly #request: SourceRequest;
  readonly #generators: readonly Generator[];
  readonly #rowsMax: number | null;
  readonly #perSecond: number;
  readonly #arena: Arena;
  #rows = 0;
  #startMs: number | null = null;
  #isClosed = false;

  constructor(request: SourceRequest, generators: readonly Generator[], rowsMax: number | null) {
    this.#request = request;
    this.#generators = generators;
    this.#rowsMax = rowsMax;
    this.#perSecond = Number(request.options.long('rows-per-second') ?? 10_000n);
    this.#arena = new Arena(request.memory, 64 * 1024);
  }

  get progress(): ReadProgress {
    return { bytesRead: 0, bytesTotal: null, rows: this.#rows, malformedRecords: 0 };
  }

  read(): ReadResult {
    const left = this.#rowsMax === null ? Number.POSITIVE_INFINITY : this.#rowsMax - this.#rows;
    if (left <= 0) return { kind: 'end' };
    const { memory, columns, rowsMax, clock } = this.#request;
    this.#startMs ??= clock.nowMs();
    const elapsedMs = clock.nowMs() - this.#startMs;
    // The first second's rows come at once.
    const due = Math.floor(this.#perSecond * (1 + elapsedMs / 1000)) - this.#rows;
    if (due <= 0) return { kind: 'idle', waitMs: Math.max(1, Math.ceil(((1 - due) * 1000) / this.#perSecond)) };
    const count = Math.min(rowsMax, due, left);
    this.#arena.reset();
    const schema = columns.map(({ name, type, timeAttribute }) => ({ name, type, timeAttribute }));
    const rows = Array.from({ length: count }, (_, index) =>
      this.#generators.map((generate, column) => asCell(generate(this.#rows + index), columns[column]?.type)),
    );
    this.#rows += count;
    return { kind: 'batch', batch: writeBatch(memory, this.#arena, schema, rows) };
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

function asCell(value: NestedValue, type: SqlType | undefined): CellValue {
  return Array.isArray(value) && type !== undefined ? encodeNested(type, value) : (value as CellValue);
}
