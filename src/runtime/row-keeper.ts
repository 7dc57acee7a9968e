import type { KeptKind, Table } from '../catalog/table.ts';
import type { RowFailure } from '../codegen/row-failure.ts';
import type { MalformedRecord, SourceRecord } from '../connectors/connector.ts';
import type { KeptFacts, KeptRecord, KeptSince } from '../connectors/kept/kept-record.ts';
import type { KeptLog, KeptRows } from '../connectors/kept/kept-rows.ts';
import { placeOf } from '../diagnostics/source-text.ts';
import type { Batch } from '../memory/batch.ts';
import { columnReaders } from '../memory/batch-reader.ts';
import type { CellValue } from '../memory/cell-value.ts';
import type { Memory } from '../memory/memory.ts';
import type { SavedValue } from '../memory/operator-state.ts';
import type { DroppedRow } from '../operators/late-row-list.ts';
import type { PhysicalGraph, PhysicalOperator } from '../physical/graph.ts';
import type { BatchElement, Origin } from './element.ts';
import { KeptTables } from './kept-tables.ts';
import { RowText } from './row-text.ts';

export interface RowKeeperParts {
  readonly graph: PhysicalGraph;
  readonly memory: Memory;
  readonly timeZone: string;
  readonly keptRows: KeptRows;
  readonly nowMs: () => number;
  /** As `t$late` calls the job: asked for when the first row is kept. */
  readonly jobName: () => string;
  /** Names this run among those of the same job, also where it is made again from its start. */
  readonly run: string;
  /** Of the checkpoint that the job goes on from; null: it starts anew. */
  readonly saved: SavedValue;
  /** That checkpoint; null: the job makes none. */
  readonly since: KeptSince | null;
}

/** A keeper in a checkpoint: what comes again behind a restart has the same names, and so is known. */
type SavedKeeper = { readonly run: string; readonly made: number };

/** How many rows of a table a job has kept, and where. */
export interface KeptCount {
  /** `clicks$late` */
  readonly table: string;
  /** Late, or not to be decoded or computed. */
  readonly kind: KeptKind;
  /** Since the job's start. */
  readonly rows: number;
  /** Why they are in memory alone though the session has a folder; null: they are where they should be. */
  readonly problem: string | null;
  /** On the disk: they outlive the process. */
  readonly isDurable: boolean;
}

/** Tells the runs of a process apart that begin in the same millisecond. */
let runs = 0;

/** A name for a run. */
export function newRun(nowMs: number): string {
  return `${nowMs}.${runs++}`;
}

interface Log {
  readonly table: Table;
  readonly kind: KeptKind;
  readonly log: KeptLog;
  rows: number;
}

/**
 * Keeps the rows that a job would lose: those that come late, and those that cannot be decoded or computed. A row of a
 * source is kept as the source has it; one that an operator has made, with the first table that it came from.
 */
export class RowKeeper {
  readonly #parts: RowKeeperParts;
  readonly #tables: KeptTables;
  readonly #logs = new Map<string, Log>();
  readonly #texts = new Map<string, RowText>();
  /** By operator, input and what happened: the last row of a source that it happened to, and how often. */
  readonly #last = new Map<string, { readonly batch: Batch; readonly row: number; readonly times: number }>();
  readonly #run: string;
  /** Rows that operators have made and that were kept: they have no place but their number. */
  #made: number;
  #jobName: string | null = null;
  /** The last checkpoint that has begun. */
  #since: KeptSince | null;

  constructor(parts: RowKeeperParts) {
    this.#parts = parts;
    const { graph, run, saved } = parts;
    const known = saved as SavedKeeper | null;
    this.#run = known?.run ?? run;
    this.#made = known?.made ?? 0;
    this.#since = parts.since;
    this.#tables = new KeptTables(graph);
  }

  /** Whether such rows of an operator are kept. */
  keeps(kind: KeptKind, operator: string, input: number): boolean {
    return this.#tables.of(kind, operator, input) !== null;
  }

  /** Whether rows behind an operator may be kept as they were before it. */
  keepsAny({ id, inputs }: PhysicalOperator): boolean {
    return inputs.some((_, input) => this.keeps('late', id, input) || this.keeps('errors', id, input));
  }

  /** Takes malformed records of a source; null: they fail the job. */
  malformed(source: string): ((record: MalformedRecord) => void) | null {
    const table = this.#tables.ofSource('errors', source);
    if (table === null) return null;
    return ({ record, code, message, place, column, line }) => {
      const facts = this.#facts(record, null, '');
      this.#add(table, 'errors', { ...record, ...facts, error: { code, message, place, column, line }, shown: null });
    };
  }

  /** Keeps the late rows of a batch. */
  late(rows: readonly DroppedRow[], element: BatchElement, operator: string, input: number): void {
    const table = this.#tableOf('late', element, operator, input);
    if (table === null) return;
    for (const { rowIndex, watermarkMs, timeMs } of rows) {
      const time = timeMs ?? this.#eventTime(element.batch, rowIndex);
      const late = { watermarkMs, timeMs: time };
      this.#add(table, 'late', { ...this.#row(element, rowIndex, operator, input, ''), late });
    }
  }

  /** Keeps a row that could not be computed. @throws RowFailure where nobody keeps it */
  failed(failure: RowFailure, element: BatchElement, operator: string, input: number): void {
    const table = this.#tableOf('errors', element, operator, input);
    if (table === null || failure.rowIndex === null) throw failure;
    const { rowIndex, message, span, cause } = failure;
    const place = placeOf(span);
    const line = element.origin?.place(rowIndex).line ?? null;
    const row = this.#row(element, rowIndex, operator, input, place);
    const error = { code: cause === null ? 'F001' : 'F017', message, place, column: null, line };
    this.#add(table, 'errors', { ...row, error });
  }

  /** Before the first row: what was kept since the checkpoint that the job goes on from is met again. */
  async begin(): Promise<void> {
    const { since, keptRows, nowMs } = this.#parts;
    if (since === null || since.epoch === 0) return;
    for (const kind of ['late', 'errors'] as const) {
      for (const table of this.#tables.all(kind)) await keptRows.goBack(table, kind, { goesOnFrom: since }, nowMs);
    }
  }

  /** For a checkpoint of this number. */
  save(epoch: number): SavedValue {
    if (this.#since !== null) this.#since = { ...this.#since, epoch };
    const saved: SavedKeeper = { run: this.#run, made: this.#made };
    return saved;
  }

  /** Whether anything waits to be written. */
  get hasPending(): boolean {
    return [...this.#logs.values()].some(({ log }) => log.hasPending);
  }

  get isFull(): boolean {
    return [...this.#logs.values()].some(({ log }) => log.isFull);
  }

  async flush(): Promise<void> {
    for (const { log } of this.#logs.values()) if (log.hasPending) await log.flush();
  }

  /**
   * `comesAgain`: who runs the job next begins from its start, and keeps under a name of its own what operators have made;
   * a row of a source is known by its place.
   */
  async close(comesAgain: boolean): Promise<void> {
    for (const { log, table, kind } of this.#logs.values()) {
      if (comesAgain) log.forgetMade(this.#run);
      await log.flush();
      await this.#parts.keptRows.release(table, kind);
    }
  }

  /** Gives the memory back. */
  release(): void {
    for (const text of this.#texts.values()) text.close();
    this.#texts.clear();
  }

  get counts(): readonly KeptCount[] {
    const isDurable = this.#parts.keptRows.folder !== null;
    return [...this.#logs.values()].map(({ table, kind, rows, log }) => ({
      table: `${table.path.name}$${kind}`,
      kind,
      rows,
      problem: log.problem,
      isDurable: isDurable && log.problem === null,
    }));
  }

  /** Where rows of a batch are kept: with the table that they came from; those that an operator has made, with the first. */
  #tableOf(kind: KeptKind, { origin }: BatchElement, operator: string, input: number): Table | null {
    return origin === null ? this.#tables.of(kind, operator, input) : this.#tables.ofSource(kind, origin.source);
  }

  #row(element: BatchElement, rowIndex: number, operator: string, input: number, what: string): KeptRecord {
    const { batch, origin } = element;
    const part =
      origin === null ? '' : `${input} ${this.#times(origin, rowIndex, `${operator} ${input} ${what}`)} ${what}`;
    const record = origin?.record(rowIndex) ?? null;
    if (record !== null) return { ...record, ...this.#facts(record, operator, part), shown: null };
    if (origin !== null) {
      // The source has no bytes: the values that the query reads are all that is there.
      const { shard, offset } = origin.place(rowIndex);
      const values: Record<string, CellValue> = {};
      const readers = columnReaders(this.#parts.memory, origin.batch);
      for (const [at, { name }] of origin.batch.schema.entries())
        values[name] = readers[at]?.(origin.row(rowIndex)) ?? null;
      const read = {
        shard,
        offset: String(offset ?? rowIndex),
        raw: null,
        isWhole: false,
        row: 0,
        values,
        isReadAgain: false,
      };
      return { ...read, ...this.#facts(read, operator, part), shown: null };
    }
    const shown = this.#text(batch, operator, input).of(batch, rowIndex);
    this.#made++;
    return {
      ...this.#facts(null, operator, `${this.#made}`),
      raw: null,
      isWhole: false,
      row: 0,
      values: {},
      shown,
    };
  }

  /** How often the same has happened to a row before: one of several windows may be late in each, one of UNNEST fail in each. */
  #times({ batch, row }: Origin, rowIndex: number, what: string): number {
    const at = row(rowIndex);
    const last = this.#last.get(what);
    const times = last !== undefined && last.batch === batch && last.row === at ? last.times + 1 : 0;
    this.#last.set(what, { batch, row: at, times });
    return times;
  }

  #facts(record: SourceRecord | null, operator: string | null, part: string): KeptFacts {
    this.#jobName ??= this.#parts.jobName();
    return {
      atMs: this.#parts.nowMs(),
      job: this.#jobName,
      operator,
      shard: record?.shard ?? null,
      offset: record?.offset ?? null,
      part: record === null ? part : `${record.row} ${part}`,
      run: record?.isReadAgain === true ? null : this.#run,
      since: this.#since ?? undefined,
    };
  }

  /** The row's time where the operator's input has one of its own. */
  #eventTime(batch: Batch, rowIndex: number): number | null {
    const at = batch.schema.findIndex(({ timeAttribute }) => timeAttribute === 'rowtime');
    if (at < 0) return null;
    const value = columnReaders(this.#parts.memory, batch)[at]?.(rowIndex);
    return typeof value === 'bigint' ? Number(value) : null;
  }

  #text({ schema }: Batch, operator: string, input: number): RowText {
    const key = `${operator} ${input}`;
    let text = this.#texts.get(key);
    if (text === undefined) {
      text = new RowText(this.#parts.memory, schema, this.#parts.timeZone);
      this.#texts.set(key, text);
    }
    return text;
  }

  #add(table: Table, kind: KeptKind, record: KeptRecord): void {
    const key = `${kind} ${JSON.stringify(table.path)}`;
    let log = this.#logs.get(key);
    if (log === undefined) {
      log = { table, kind, log: this.#parts.keptRows.log(table, kind, this.#parts.nowMs), rows: 0 };
      this.#logs.set(key, log);
    }
    log.rows++;
    if (!this.#tables.readsKept(table, kind)) log.log.add(record);
  }
}
