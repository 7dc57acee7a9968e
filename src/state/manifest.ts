import { crc32 } from 'node:zlib';
import type { SavedOperator, SavedValue } from '../memory/operator-state.ts';
import type { StateRegions } from './state-pages.ts';

/** The version of all that a checkpoint's files mean. Older ones are read: what changed since is listed here. */
export const checkpointVersion = 1;

/** An operator in a checkpoint. */
export interface SavedNode {
  /** What of the plan its state hangs on, in words: kept state is for an operator of the same. */
  readonly fingerprint: string;
  readonly state: SavedOperator;
  /** Where its inputs stood. */
  readonly running: SavedValue;
  /** What it kept, for people. */
  readonly size: { readonly bytes: number; readonly rows: number };
}

/** What runs a job again, as COMPILE PLAN keeps it: its statement with full names, and all that it needs. */
export interface JobScript {
  /** `pipeline.name`; null: the job is known by its statement. */
  readonly name: string | null;
  /** The INSERT or the statement set. */
  readonly statement: string;
  /** CREATE statements of the tables and views that it names, those first that others read; by path. */
  readonly objects: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  /** By the ids of sources and sinks: the table, and its connector. */
  readonly tables: Readonly<Record<string, string>>;
}

/** What is known of a checkpoint beside the pages of the state. */
export interface Manifest {
  readonly version: number;
  /** Of Tidemark, that made it. */
  readonly release: string;
  readonly epoch: number;
  /** When it was made, ms since 1970. */
  readonly atMs: number;
  readonly job: JobScript;
  /** The job was stopped with it: the sinks have shown all that was written. */
  readonly isLast: boolean;
  /** The job's input had ended: what the sinks have prepared is all there is left to do. */
  readonly hasEnded: boolean;
  readonly regions: StateRegions;
  /** Files of pages, oldest first: of a page the newest copy counts. */
  readonly pages: readonly PageFile[];
  readonly operators: Readonly<Record<string, SavedNode>>;
  readonly sources: Readonly<Record<string, SavedValue>>;
  /** What the sinks have prepared, to be committed. */
  readonly sinks: Readonly<Record<string, SavedValue>>;
  readonly scheduler: SavedValue;
}

export interface PageFile {
  readonly name: string;
  readonly bytes: number;
}

/** What is wrong with a manifest. */
export class DamagedManifest extends Error {}

const infinities: ReadonlyMap<number, string> = new Map([
  [Number.POSITIVE_INFINITY, '+inf'],
  [Number.NEGATIVE_INFINITY, '-inf'],
]);

/** A line of JSON, and behind it the checksum of it. */
export function manifestBytes(manifest: Manifest): Uint8Array {
  const text = JSON.stringify(manifest, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? { $number: infinities.get(value) ?? 'nan' } : value,
  );
  return Buffer.from(`${text}\n${crc32(text).toString(16).padStart(8, '0')}\n`);
}

/** @throws DamagedManifest */
export function readManifest(bytes: Uint8Array): Manifest {
  const text = Buffer.from(bytes).toString('utf8');
  const end = text.indexOf('\n');
  const line = text.slice(0, end);
  if (end < 0 || text.slice(end + 1) !== `${crc32(line).toString(16).padStart(8, '0')}\n`)
    throw new DamagedManifest('its checksum is wrong');
  const manifest = JSON.parse(line, (_, value: unknown) => {
    const name = (value as { $number?: string } | null)?.$number;
    if (name === undefined) return value;
    return name === '+inf' ? Number.POSITIVE_INFINITY : name === '-inf' ? Number.NEGATIVE_INFINITY : Number.NaN;
  }) as Manifest;
  if (manifest.version > checkpointVersion)
    throw new DamagedManifest(
      `it is of version ${manifest.version}, made by a later release; this one reads up to ${checkpointVersion}`,
    );
  return manifest;
}
