import type { Table, TableColumn, TableOption } from '../../../src/catalog/table.ts';
import type { ProcessingClock, RowPlace, ShardReader, Sink, Source } from '../../../src/connectors/connector.ts';
import { connectorSink, connectorSource } from '../../../src/connectors/index.ts';
import { SourceText, type Span } from '../../../src/diagnostics/source-text.ts';
import { changeKindText } from '../../../src/memory/batch.ts';
import { columnReaders, kindReader } from '../../../src/memory/batch-reader.ts';
import { decodeNested, type NestedValue } from '../../../src/memory/nested.ts';
import { appendOnly, type ScanColumn } from '../../../src/plan/logical.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { defaultStreamsFolder } from '../../../src/streams/default-folder.ts';
import { type SqlType, typeText } from '../../../src/types/sql-type.ts';
import { memory } from './decode.ts';

export interface TestTable {
  readonly columns: Readonly<Record<string, SqlType>>;
  readonly options: Readonly<Record<string, string>>;
  readonly partitionedBy?: readonly string[];
  /** Metadata columns by name: key and type. */
  readonly metadata?: Readonly<Record<string, readonly [string, SqlType]>>;
}

/** A declared table with a source text, so that errors have places. */
export function table({ columns, options, partitionedBy = [], metadata = {} }: TestTable): Table {
  let text = 'CREATE TABLE t (';
  const spans: [string, number, number][] = [];
  const put = (key: string, piece: string): void => {
    spans.push([key, text.length, text.length + piece.length]);
    text += piece;
  };
  for (const [name, type] of Object.entries(columns)) {
    put(`column ${name}`, `${name} ${typeText(type)}`);
    text += ', ';
  }
  text += ') WITH (';
  for (const [name, value] of Object.entries(options)) {
    put(`key ${name}`, `'${name}'`);
    text += ' = ';
    put(`value ${name}`, `'${value}'`);
    text += ', ';
  }
  const source = new SourceText('test.sql', `${text})`);
  const span = (key: string): Span => {
    const [, start = 0, end = 0] = spans.find(([its]) => its === key) ?? [];
    return { source, start, end };
  };
  const declared: TableColumn[] = Object.entries(columns).map(([name, type]) => ({
    kind: 'physical',
    name,
    type,
    comment: null,
    span: span(`column ${name}`),
  }));
  for (const [name, [key, type]] of Object.entries(metadata)) {
    declared.push({ kind: 'metadata', name, type, key, virtual: true, comment: null, span: span('') });
  }
  return {
    path: { catalog: 'default_catalog', database: 'default_database', name: 't' },
    temporary: false,
    columns: declared,
    watermark: null,
    primaryKey: null,
    comment: null,
    partitionedBy,
    partitions: [],
    distribution: null,
    options: new Map(
      Object.entries(options).map(([name, value]): [string, TableOption] => [
        name,
        { value, keySpan: span(`key ${name}`), valueSpan: span(`value ${name}`) },
      ]),
    ),
    span: { source, start: 0, end: text.length },
  };
}

export interface ScanOptions {
  /** Paths of columns, `/` between names; all physical and metadata columns when left out. */
  readonly read?: readonly string[];
  readonly rowsMax?: number;
  readonly nowMs?: () => number;
}

export function sourceOf(declared: Table, { read, rowsMax = 1024, nowMs = () => 0 }: ScanOptions = {}): Source {
  const all: ScanColumn[] = declared.columns.flatMap((column): ScanColumn[] => {
    if (column.kind === 'computed') return [];
    const isMetadata = column.kind === 'metadata';
    return [
      { name: column.name, type: column.type, path: [isMetadata ? column.key : column.name], metadata: isMetadata },
    ];
  });
  const columns = read === undefined ? all : all.filter(({ name }) => read.includes(name));
  return connectorSource({
    memory,
    scan: {
      kind: 'scan',
      table: declared,
      columns,
      filter: null,
      schema: columns,
      changes: appendOnly,
      span: declared.span,
    },
    timeZone: 'UTC',
    rowsMax,
    clock: { nowMs },
    recordBatches: new Map(),
    streamsFolder: defaultStreamsFolder,
    programTables: new Map(),
  });
}

export interface ReadShard {
  readonly name: string;
  readonly rows: (readonly NestedValue[])[];
  readonly places: RowPlace[];
}

/** Reads all shards of a source to their ends, one after the other. */
export async function readAll(source: Source, { kinds = false }: { kinds?: boolean } = {}): Promise<ReadShard[]> {
  await source.open();
  const shards: ReadShard[] = [];
  try {
    for (const reader of await source.shards()) shards.push(await readShard(reader, kinds));
  } finally {
    await source.close();
  }
  return shards;
}

export async function readShard(reader: ShardReader, kinds = false): Promise<ReadShard> {
  const shard: ReadShard = { name: reader.name, rows: [], places: [] };
  for (;;) {
    const result = await reader.read();
    if (result.kind !== 'batch') return shard;
    const { batch } = result;
    const readers = columnReaders(memory, batch);
    const kindOf = kindReader(memory, batch);
    for (let row = 0; row < batch.rowCount; row++) {
      const values = batch.schema.map(({ type }, column) => {
        const value = readers[column]?.(row) ?? null;
        const isNested = value instanceof Uint8Array && ['ROW', 'ARRAY', 'MAP', 'MULTISET'].includes(type.kind);
        return isNested ? decodeNested(type, value) : value;
      });
      shard.rows.push(kinds ? [changeKindText[kindOf(row)] ?? '', ...values] : values);
      shard.places.push(reader.place(row));
    }
  }
}

export interface SinkOutput {
  readonly sink: Sink;
  readonly standardOutput: () => string;
  readonly standardError: () => string;
}

export function sinkOf(declared: Table, clock: ProcessingClock = systemClock): SinkOutput {
  let out = '';
  let error = '';
  const schema = declared.columns.flatMap((column) =>
    column.kind === 'computed' ? [] : [{ name: column.name, type: column.type }],
  );
  const sink = connectorSink({
    memory,
    table: declared,
    schema,
    timeZone: 'UTC',
    clock,
    commitsAtCheckpoints: false,
    streamsFolder: defaultStreamsFolder,
    standardOutput: (text) => {
      out += text;
    },
    standardError: (text) => {
      error += text;
    },
  });
  return { sink, standardOutput: () => out, standardError: () => error };
}
