import type { RecordBatch } from 'apache-arrow';
import type { OptionValues } from '../catalog/options.ts';
import type { Table } from '../catalog/table.ts';
import { type Diagnostic, fail } from '../diagnostics/diagnostic.ts';
import type { Memory } from '../memory/memory.ts';
import type { AcceptedChanges, LogicalScan, LookupMethod, TableLookup } from '../plan/logical.ts';
import type { StreamEnvironment } from '../streams/stream-environment.ts';
import type { Schema } from '../types/column.ts';
import { type SqlType, withNullable } from '../types/sql-type.ts';
import { arrowConnector } from './arrow/arrow.ts';
import { blackholeConnector } from './blackhole/blackhole.ts';
import type {
  Connector,
  DiscardRequest,
  LookupSource,
  MalformedRecord,
  ProcessingClock,
  ProgramSinks,
  Sink,
  SinkGuarantee,
  Source,
  SourceRequest,
  SourceRestart,
} from './connector.ts';
import { datagenConnector } from './datagen/datagen.ts';
import { filesystemConnector } from './filesystem/filesystem.ts';
import { KeptRows } from './kept/kept-rows.ts';
import { KeptSource } from './kept/kept-source.ts';
import { kinesisConnector } from './kinesis/kinesis.ts';
import { printConnector } from './print/print.ts';
import { programConnector } from './program/program.ts';
import type { ProgramTables } from './program/program-table.ts';
import { optionWarnings, physicalColumns, resolveTable } from './resolve-table.ts';
import { WholeLookup } from './whole-lookup.ts';

/** The connectors, in the order in which errors and the reference list them. */
export const connectors: readonly Connector[] = [
  filesystemConnector,
  kinesisConnector,
  arrowConnector,
  programConnector,
  datagenConnector,
  printConnector,
  blackholeConnector,
];

/** What a planner must know of a table before it is opened. */
export interface TableTraits {
  readonly readable: boolean;
  readonly writable: boolean;
  /** What rows read from it may carry. */
  readonly changes: 'append' | 'all';
  /** What it takes when written. */
  readonly accepts: AcceptedChanges;
  /** Whether a part of a row can be read without the rest. */
  readonly nestedPaths: boolean;
  /** Whether values that nobody looks at in rows that a filter throws away are left unread. */
  readonly earlyFilter: boolean;
  /** Metadata columns by key. */
  readonly metadata: ReadonlyMap<string, SqlType>;
  /** How it is looked up by a key; null: not at all. */
  readonly lookup: TableLookup | null;
}

/** @throws DiagnosticError for what is wrong with the table's options */
export function tableTraits(table: Table): TableTraits {
  if (table.kept !== undefined) return keptTraits(table.kept.base);
  const { connector, format, options } = resolveTable(table, connectors);
  const changes = format?.changes ?? 'append';
  return {
    readable: connector.source !== undefined,
    writable: connector.sink !== undefined,
    changes,
    nestedPaths: format?.nestedPaths ?? connector.name === 'datagen',
    earlyFilter: format?.earlyFilter ?? false,
    accepts: connector.format === 'required' ? changes : (connector.accepts ?? 'all'),
    metadata: connector.metadata,
    lookup: connector.lookup?.(options) ?? null,
  };
}

/** Of `t$late` and `t$errors`: they are read whole, and filled by jobs alone. */
function keptTraits(base: Table): TableTraits {
  const { metadata } = tableTraits(base);
  return {
    readable: true,
    writable: false,
    changes: 'append',
    nestedPaths: false,
    earlyFilter: false,
    accepts: 'append',
    // It is not known of rows that were no more the table's.
    metadata: new Map([...metadata].map(([key, type]) => [key, withNullable(type, true)])),
    lookup: null,
  };
}

/** What is odd about a table's options without being wrong. */
export function tableWarnings(table: Table): readonly Diagnostic[] {
  if (table.kept !== undefined) return [];
  return optionWarnings(resolveTable(table, connectors));
}

export interface ConnectorSourceRequest {
  readonly memory: Memory;
  readonly scan: LogicalScan;
  readonly timeZone: string;
  readonly rowsMax: number;
  readonly clock: ProcessingClock;
  readonly recordBatches: ReadonlyMap<string, readonly RecordBatch[]>;
  readonly programTables: ProgramTables;
  readonly streamsFolder: string;
  readonly streamEnvironment?: StreamEnvironment;
  /** What was kept of tables; left out: nothing. */
  readonly keptRows?: KeptRows;
  /** Takes records that cannot be decoded; left out: they fail the job. */
  readonly onMalformed?: ((record: MalformedRecord) => void) | null;
}

/** @throws DiagnosticError for what is wrong with the table's options, and for a table that cannot be read */
export function connectorSource(request: ConnectorSourceRequest): Source {
  const { table, columns } = request.scan;
  if (table.kept !== undefined) {
    const { base } = table.kept;
    const { format, options } = resolveTable(base, connectors);
    const keptRows = request.keptRows ?? new KeptRows(null);
    return new KeptSource({
      ...request,
      keptRows,
      table,
      columns,
      format,
      options,
      tableColumns: physicalColumns(base),
    });
  }
  const { connector, options } = resolveTable(request.onMalformed == null ? table : withoutIgnoring(table), connectors);
  if (connector.source === undefined) return unreadable(table);
  return connector.source(sourceRequest(request, options));
}

/** Where malformed records are kept, none is passed over. */
function withoutIgnoring(table: Table): Table {
  const options = new Map([...table.options].filter(([name]) => !name.endsWith('.ignore-parse-errors')));
  return { ...table, options };
}

/** What a query must know of a table. @throws DiagnosticError as `connectorSource` */
export function readableTraits(table: Table): TableTraits {
  const traits = tableTraits(table);
  if (!traits.readable && traits.lookup === null) unreadable(table);
  return traits;
}

function unreadable({ options }: Table): never {
  const connector = options.get('connector');
  fail('O006', connector?.valueSpan ?? null, `connector '${connector?.value}' cannot be read`, {
    help: 'it is a sink alone: use it in INSERT INTO',
  });
}

/** The table of a join that looks it up. @throws DiagnosticError as `connectorSource` */
export function connectorLookup(request: ConnectorSourceRequest, method: LookupMethod): LookupSource {
  if (method.isWhole) return new WholeLookup(connectorSource(request));
  const { connector, options } = resolveTable(request.scan.table, connectors);
  if (connector.lookupSource === undefined) throw new Error(`connector '${connector.name}' looks nothing up`);
  return connector.lookupSource({ ...sourceRequest(request, options), method });
}

function sourceRequest({ scan, ...request }: ConnectorSourceRequest, options: OptionValues): SourceRequest {
  const { table, columns, filter } = scan;
  return { ...request, table, options, columns, tableColumns: physicalColumns(table), filter };
}

/** Where a table's source reads on behind a restart. */
export function sourceRestart(table: Table): SourceRestart {
  const restart = table.kept === undefined ? resolveTable(table, connectors).connector.restart : keptRestart;
  if (restart === undefined) throw new Error(`"${table.path.name}" does not say where it reads on`);
  return restart;
}

const keptRestart: SourceRestart = { kind: 'begins-anew', how: 'what is kept is read from the first row on' };

/** What a table's sink promises of a job that makes checkpoints. */
export function sinkGuarantee(table: Table): SinkGuarantee {
  const { connector, options } = resolveTable(table, connectors);
  if (connector.guarantee === undefined) throw new Error(`connector '${connector.name}' promises nothing`);
  return connector.guarantee(options);
}

export interface ConnectorSinkRequest {
  readonly memory: Memory;
  readonly table: Table;
  readonly schema: Schema;
  readonly timeZone: string;
  readonly streamsFolder: string;
  readonly streamEnvironment?: StreamEnvironment;
  readonly programSinks?: ProgramSinks;
  readonly clock: ProcessingClock;
  readonly commitsAtCheckpoints: boolean;
  readonly writer?: string;
  readonly standardOutput: (text: string) => void;
  readonly standardError: (text: string) => void;
}

/** What the sink of a table has left whose job is dropped. @throws DiagnosticError for what is wrong with the table's options */
export async function discardLeft(table: Table, request: Omit<DiscardRequest, 'options'>): Promise<void> {
  const { connector, options } = resolveTable(table, connectors);
  await connector.discard?.({ ...request, options });
}

/** @throws DiagnosticError for what is wrong with the table's options, and for a table that cannot be written */
export function connectorSink(request: ConnectorSinkRequest): Sink {
  const { table } = request;
  const { connector, options } = resolveTable(table, connectors);
  if (connector.sink === undefined) {
    fail('O006', table.options.get('connector')?.valueSpan ?? null, `connector '${connector.name}' cannot be written`, {
      help: 'it is a source alone: use it in FROM',
    });
  }
  return connector.sink({ ...request, options });
}
