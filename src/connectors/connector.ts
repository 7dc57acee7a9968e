import type { RecordBatch } from 'apache-arrow';
import type { OptionSpec, OptionValues } from '../catalog/options.ts';
import type { Table } from '../catalog/table.ts';
import type { Batch } from '../memory/batch.ts';
import type { CellValue } from '../memory/cell-value.ts';
import type { Memory } from '../memory/memory.ts';
import type { SavedValue } from '../memory/operator-state.ts';
import type { AcceptedChanges, LookupMethod, ScanColumn, ScanFilter, TableLookup } from '../plan/logical.ts';
import type { StreamEnvironment } from '../streams/stream-environment.ts';
import type { Schema } from '../types/column.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { ProgramTables } from './program/program-table.ts';

/** A connector: one folder each; `connectors/index.ts` is the list. Option names, defaults and refusals are Flink's. */
export interface Connector {
  readonly name: string;
  readonly options: readonly OptionSpec[];
  /** Where the options depend on the table (datagen's `fields.#.min`): what this one takes. `options` are the reference's. */
  readonly optionsFor?: (table: Table) => readonly OptionSpec[];
  /** Whether a `format` is needed; its options are checked with the format's own table. */
  readonly format: 'required' | 'none';
  readonly metadata: ReadonlyMap<string, SqlType>;
  /** What a sink without a format takes; with one it is what the format can write. */
  readonly accepts?: AcceptedChanges;
  source?(request: SourceRequest): Source;
  /** Of a connector with a source: where it reads on when a job goes on from a checkpoint. */
  readonly restart?: SourceRestart;
  /** How a table with these options is looked up by a key; null, as without it: not at all. @throws DiagnosticError */
  lookup?(options: OptionValues): TableLookup | null;
  /** Of a table that is asked by a key; one that is read whole is read as a source. */
  lookupSource?(request: LookupRequest): LookupSource;
  sink?(request: SinkRequest): Sink;
  /** Of a sink whose job is dropped: takes away what a checkpoint of it holds that is not seen, and what came behind. */
  discard?(request: DiscardRequest): Promise<void>;
  /** Of a connector with a sink: what it promises of a job that makes checkpoints. */
  guarantee?(options: OptionValues): SinkGuarantee;
}

/** Where a source reads on: `goes-on` where the checkpoint was, or `begins-anew`. */
export interface SourceRestart {
  readonly kind: 'goes-on' | 'begins-anew';
  /** Half a sentence, for EXPLAIN and the docs. */
  readonly how: string;
}

/** How often a row of a job is seen that is killed and goes on; `none`: that is not said. */
export interface SinkGuarantee {
  readonly kind: 'exactly-once' | 'at-least-once' | 'none';
  /** Half a sentence, for EXPLAIN and the docs. */
  readonly how: string;
}

export interface SourceRequest {
  readonly memory: Memory;
  readonly table: Table;
  /** The table's options with defaults filled in, typed by the option table; those of the format under its prefix. */
  readonly options: OptionValues;
  readonly columns: readonly ScanColumn[];
  readonly tableColumns: Schema;
  readonly filter: ScanFilter | null;
  readonly timeZone: string;
  readonly rowsMax: number;
  readonly clock: ProcessingClock;
  /** What the embedding program gave the engine, by name. */
  readonly recordBatches: ReadonlyMap<string, readonly RecordBatch[]>;
  /** What it feeds while jobs run, by name. */
  readonly programTables: ProgramTables;
  /** Where embedded streams are, unless the table says otherwise. */
  readonly streamsFolder: string;
  /** What they are on; left out: the machine. */
  readonly streamEnvironment?: StreamEnvironment;
  /** Takes records that cannot be decoded; null: they fail the job. */
  readonly onMalformed?: ((record: MalformedRecord) => void) | null;
}

export interface LookupRequest extends SourceRequest {
  readonly method: LookupMethod;
}

/** A table that is looked up while a query runs. */
export interface LookupSource {
  open(): Promise<void>;
  /**
   * The rows of some keys (values in the order of the columns that the table is asked by), a batch at a time; a batch is
   * borrowed until the next is asked for. Nothing is begun any more once the signal is aborted.
   */
  rows(keys: readonly (readonly CellValue[])[], signal: AbortSignal): AsyncIterable<Batch>;
  close(): Promise<void>;
}

/** Wall time as the engine sees it; tests own it. */
export interface ProcessingClock {
  nowMs(): number;
}

/** What is read: a set of shards that may grow and end while it runs. */
export interface Source {
  /** Whether the whole ends by itself. */
  readonly bounded: boolean;
  /** Opens what can be opened now; called once before reading. Missing folder, no permission: a diagnostic. */
  open(): Promise<void>;
  /** The shards known now. An unbounded source is asked again from time to time, and when it wakes the job. */
  shards(): Promise<readonly ShardReader[]>;
  /**
   * Called once, before reading, on a source that hears of new data by itself: `wake` has its shards read, and new ones
   * looked for, at once. It may be called at any time, also from within the source's own methods.
   */
  listen?(wake: () => void): void;
  /**
   * What a checkpoint holds of it: which shards it knows, and where each reader goes on (`positions`, as the readers gave
   * them). A source without it cannot be read again from where it was.
   */
  save?(positions: ReadonlyMap<ShardReader, SavedValue>): SavedValue;
  /**
   * What was read by now is there whenever it is read again, also behind a power cut: waited for before a checkpoint says
   * that it was read. A source without it has nothing that could be lost.
   */
  settle?(): Promise<void>;
  /** Called before `open`: it is to go on as it was saved. */
  resume?(saved: SavedValue): void;
  /** Names of saved shards that are gone, or begin elsewhere now, where the table says that the source goes on all the same. */
  readonly lost?: ReadonlySet<string>;
  close(): Promise<void>;
}

/** One shard, read in order. A pull: nothing is read ahead of what is asked for. */
export interface ShardReader {
  /** How errors and the summary call it: a file's path, `shardId-000000000001`. */
  readonly name: string;
  /**
   * The shards that this one goes on from, where it is not the first: it is read when they have ended, and takes over
   * their time. A parent must be given by `shards` no later than its child.
   */
  readonly parents?: readonly ShardReader[];
  /**
   * The next batch, synchronously where the data is at hand. `idle`: nothing now (unbounded), to be asked again after
   * `waitMs`, or when the source wakes the job. `end`: the shard has ended.
   */
  read(): ReadResult | Promise<ReadResult>;
  /** Where the next `read` goes on; asked for only where the source can `save` it. */
  position?(): SavedValue;
  /** Rows behind that place that were given already: of a record that makes several. */
  readonly partRows?: number;
  /** Where a row of the last batch stands, for errors and late rows. */
  place(rowIndex: number): RowPlace;
  /** A row of the last batch as it was read, to be kept; absent where the source has no bytes: its values are kept then. */
  record?(rowIndex: number): SourceRecord;
  readonly progress: ReadProgress;
  close(): Promise<void>;
}

/** A record that cannot be decoded, with what is wrong with it. */
export interface MalformedRecord {
  readonly record: SourceRecord;
  readonly code: string;
  readonly message: string;
  /** Where the SQL declares the column that could not be read: `clicks.sql:3:5`. */
  readonly place: string | null;
  readonly column: string | null;
  /** From 1, where lines are counted. */
  readonly line: number | null;
}

/** A row as the source has it. */
export interface SourceRecord {
  readonly shard: string;
  /** Sequence number, or byte: the same whenever the source is read. */
  readonly offset: string;
  /** Null where a row is no bytes. */
  readonly raw: Uint8Array | null;
  /** Whether the bytes are all of one record, whatever line feeds they have. */
  readonly isWhole: boolean;
  /** Which of the record's rows. */
  readonly row: number;
  /** By the columns' names: what stands not in the bytes. */
  readonly values: Readonly<Record<string, CellValue>>;
  /** Whether the source gives the same row at this offset the next time. */
  readonly isReadAgain: boolean;
}

export type ReadResult =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'idle'; readonly waitMs: number }
  /** With children, `shards` now gives those that go on where this one ends. */
  | { readonly kind: 'end'; readonly hasChildren?: boolean };

export interface RowPlace {
  readonly shard: string;
  /** Byte offset of the record in the shard; null where the shard's name says the record. */
  readonly offset: number | null;
  /** Line from 1, where lines are counted. */
  readonly line: number | null;
  /** The record's text, for the error's picture. */
  readonly text: string | null;
}

export interface ReadProgress {
  readonly bytesRead: number;
  /** Null where it is not known. */
  readonly bytesTotal: number | null;
  readonly rows: number;
  readonly malformedRecords: number;
}

export interface SinkRequest {
  readonly memory: Memory;
  readonly table: Table;
  readonly options: OptionValues;
  /** What the rows are: physical and persisted metadata columns of the table, in its order. */
  readonly schema: Schema;
  readonly timeZone: string;
  /** Where embedded streams are, unless the table says otherwise. */
  readonly streamsFolder: string;
  /** What they are on; left out: the machine. */
  readonly streamEnvironment?: StreamEnvironment;
  /** What takes the rows of the embedding program's own tables. */
  readonly programSinks?: ProgramSinks;
  /** The job's processing time. */
  readonly clock: ProcessingClock;
  /** Checkpoints are made: what a sink can hold back it shows when one is complete. */
  readonly commitsAtCheckpoints: boolean;
  /** Then: names it among all that write, the same whenever its job goes on. */
  readonly writer?: string;
  /** Where `print` writes. */
  readonly standardOutput: (text: string) => void;
  readonly standardError: (text: string) => void;
}

/** What a sink has left that nobody goes on with. */
export interface DiscardRequest
  extends Pick<SinkRequest, 'options' | 'streamsFolder' | 'streamEnvironment'>,
    Pick<Required<SinkRequest>, 'writer'> {
  /** Of the newest checkpoint. */
  readonly token: SavedValue;
}

/** Sinks of the embedding program, by the name under which a table asks for them. */
export type ProgramSinks = ReadonlyMap<string, (request: SinkRequest) => Sink>;

/** What is written. A batch is borrowed during `write`; a promise asks the job to wait before the next. */
export interface Sink {
  /** The kinds it can take; a query that sends others is refused before it runs. */
  readonly accepts: AcceptedChanges;
  open(): Promise<void>;
  write(batch: Batch): void | Promise<void>;
  /**
   * What was written since the last call belongs to a checkpoint: it becomes durable, and nobody sees it before `commit`.
   * What is written from here on, also before the promise is kept, belongs to the next. `showsAll`: with this checkpoint,
   * the last one or that of a savepoint, all is shown that was written. The token goes into the checkpoint. A sink without
   * it shows rows at once: those since the last checkpoint come again after a crash.
   */
  prepare?(showsAll: boolean): Promise<SavedValue>;
  /**
   * The checkpoint came to nothing, and the job goes on: what the token holds belongs to the next. Without it the job
   * fails.
   */
  withdraw?(token: SavedValue): void;
  /** The checkpoint is complete: what it holds is shown. After a crash it may be called again with the same token. */
  commit?(token: SavedValue): Promise<void>;
  /** After a restart, between `open` and the first `write`: what is durable and is not of this checkpoint is dropped. */
  resume?(token: SavedValue): Promise<void>;
  /** Everything written becomes durable and visible: the input has ended, or the job was stopped. */
  finish(): Promise<void>;
  /** The job failed: what is pending is dropped. */
  abort(): Promise<void>;
}
