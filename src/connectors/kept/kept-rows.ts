import { join } from 'node:path';
import type { KeptKind, Table } from '../../catalog/table.ts';
import { type SharedStreams, sharedStreams } from '../../streams/shared-streams.ts';
import type { StreamEnvironment } from '../../streams/stream-environment.ts';
import { StreamError } from '../../streams/stream-error.ts';
import { KeptGenerations } from './kept-generations.ts';
import { keptName } from './kept-name.ts';
import { boundsOf, type KeptBounds } from './kept-options.ts';
import { decodeKept, encodeKept, encodeReturn, type KeptRecord, type KeptReturn } from './kept-record.ts';

/** In memory so much is kept of a table at most, whatever its options say. */
const memoryBytesMax = 16 * 1024 * 1024;

/** Of what waits to be written, so much may gather before the job waits for it. */
const pendingBytesMax = 4 * 1024 * 1024;

/** A record of a stream is 1 MiB at most: the rest of a longer row is not kept. */
const rawBytesMax = 700 * 1024;

/** The rows that were kept of tables, by `keptName`: in the session's folder, or in memory where it has none. */
export class KeptRows {
  /** Beside the streams, and hidden among them; null: in memory. */
  readonly folder: string | null;
  readonly #environment: StreamEnvironment | undefined;
  readonly #memory = new Map<string, MemoryRecords>();
  readonly #open = new Map<string, { readonly log: KeptLog; users: number }>();

  /** `environment`: what the folder is on; left out: the machine. */
  constructor(streamsFolder: string | null, environment?: StreamEnvironment) {
    this.#environment = environment;
    this.folder = streamsFolder === null ? null : join(streamsFolder, '.kept');
  }

  /** Where rows of a table are written; the last user closes it. */
  log(table: Table, kind: KeptKind, nowMs: () => number): KeptLog {
    const name = keptName(table, kind);
    const open = this.#open.get(name) ?? {
      log: new KeptLog(this.#opener(), name, boundsOf(table, kind), this.#inMemory(name), nowMs),
      users: 0,
    };
    this.#open.set(name, open);
    open.users++;
    return open.log;
  }

  /** A job goes on from a checkpoint: see `KeptReturn`. */
  async goBack(table: Table, kind: KeptKind, goesOn: KeptReturn, nowMs: () => number): Promise<void> {
    if (!(await this.#mayHave(keptName(table, kind)))) return;
    this.log(table, kind, nowMs).goBack(goesOn);
    await this.release(table, kind);
  }

  async release(table: Table, kind: KeptKind): Promise<void> {
    const name = keptName(table, kind);
    const open = this.#open.get(name);
    if (open === undefined) return;
    open.users--;
    if (open.users > 0) return;
    this.#open.delete(name);
    await open.log.close();
  }

  /**
   * What is kept of a table, oldest first: each row once that was dropped by a job at an offset, also where the job ran
   * several times over the same data.
   */
  async records(table: Table, kind: KeptKind, nowMs: number): Promise<readonly KeptRecord[]> {
    const name = keptName(table, kind);
    const bounds = boundsOf(table, kind);
    await this.#open.get(name)?.log.flush();
    const records = new Map<string, KeptRecord>();
    const take = (bytes: Uint8Array): void => {
      const record = decodeKept(bytes);
      if ('goesOnFrom' in record) {
        dropSince(records, record);
        return;
      }
      if (nowMs - record.atMs > bounds.ageMaxMs) return;
      const { job, operator, shard, offset, part, run } = record;
      // What came again is as it came last.
      records.set(JSON.stringify([job, operator, shard, offset, part, run]), record);
    };
    const open = this.#opener();
    if (open !== null) {
      const shared = open();
      try {
        for (const bytes of new KeptGenerations(shared.store, name, bounds).records()) take(bytes);
      } finally {
        await shared.release();
      }
    }
    for (const bytes of this.#memory.get(name)?.records ?? []) take(bytes);
    return [...records.values()];
  }

  /** Whether something may be kept. A folder that cannot be looked into now is told by the log that is to write there. */
  async #mayHave(name: string): Promise<boolean> {
    if (this.#open.has(name) || this.#memory.has(name)) return true;
    try {
      const shared = this.#opener()?.();
      const names = shared?.store.listStreams() ?? [];
      await shared?.release();
      return names.some((each) => each.startsWith(`${name}.`));
    } catch (error) {
      if (error instanceof StreamError) return true;
      throw error;
    }
  }

  /** Opens the streams of the folder. */
  #opener(): (() => SharedStreams) | null {
    const { folder } = this;
    return folder === null ? null : () => sharedStreams(folder, this.#environment);
  }

  #inMemory(name: string): MemoryRecords {
    const known = this.#memory.get(name) ?? { records: [], bytes: 0 };
    this.#memory.set(name, known);
    return known;
  }
}

function dropSince(records: Map<string, KeptRecord>, { goesOnFrom }: KeptReturn): void {
  for (const [key, { since }] of records) {
    if (since?.state === goesOnFrom.state && since.epoch >= goesOnFrom.epoch) records.delete(key);
  }
}

interface MemoryRecords {
  readonly records: Uint8Array[];
  bytes: number;
}

/** Takes rows of one table. What is taken waits in memory until `flush` has written it. */
export class KeptLog {
  /** Null: there is no folder. */
  readonly #openStreams: (() => SharedStreams) | null;
  readonly #name: string;
  readonly #bounds: KeptBounds;
  readonly #memory: MemoryRecords;
  readonly #nowMs: () => number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #shared: SharedStreams | null = null;
  #generations: KeptGenerations | null = null;
  #writing: Promise<void> = Promise.resolve();
  /** Why rows are kept in memory though there is a folder. */
  #problem: string | null = null;

  constructor(
    openStreams: (() => SharedStreams) | null,
    name: string,
    bounds: KeptBounds,
    memory: MemoryRecords,
    nowMs: () => number,
  ) {
    this.#openStreams = openStreams;
    this.#name = name;
    this.#bounds = bounds;
    this.#memory = memory;
    this.#nowMs = nowMs;
  }

  add(record: KeptRecord): void {
    const { raw } = record;
    const bytes = encodeKept(
      raw === null || raw.length <= rawBytesMax ? record : { ...record, raw: raw.subarray(0, rawBytesMax) },
    );
    this.#push(bytes);
  }

  /** What is there before it and comes again is not wanted. */
  goBack(goesOn: KeptReturn): void {
    this.#push(encodeReturn(goesOn));
  }

  /** Of what waits, rows that operators made in a run are not wanted: they come again. */
  forgetMade(run: string): void {
    this.#pending = this.#pending.filter((bytes) => {
      const record = decodeKept(bytes);
      return 'goesOnFrom' in record || record.shard !== null || record.run !== run;
    });
    this.#pendingBytes = this.#pending.reduce((total, { length }) => total + length, 0);
  }

  /** Whether what waits must be written before more is read. */
  get isFull(): boolean {
    return this.#pendingBytes > pendingBytesMax;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** What is kept in memory alone is gone with the process; null: it is on the disk. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Writes what waits. Where the disk does not take it, it stays in memory, and `problem` says so. */
  async flush(): Promise<void> {
    const records = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#writing = this.#writing.then(() => this.#write(records));
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    try {
      await this.#shared?.release();
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#problem = error.message;
    }
    this.#shared = null;
    this.#generations = null;
  }

  #push(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  async #write(records: readonly Uint8Array[]): Promise<void> {
    if (records.length === 0) return;
    if (this.#openStreams !== null && this.#problem === null) {
      try {
        this.#shared ??= this.#openStreams();
        this.#generations ??= new KeptGenerations(this.#shared.store, this.#name, this.#bounds);
        await this.#generations.put(records, this.#nowMs());
        return;
      } catch (error) {
        if (!(error instanceof StreamError)) throw error;
        this.#problem = error.message;
      }
    }
    const bytesMax = Math.min(this.#bounds.bytesMax, memoryBytesMax);
    for (const record of records) {
      this.#memory.records.push(record);
      this.#memory.bytes += record.length;
    }
    let gone = 0;
    while (this.#memory.bytes > bytesMax) this.#memory.bytes -= this.#memory.records[gone++]?.length ?? 0;
    this.#memory.records.splice(0, gone);
  }
}
