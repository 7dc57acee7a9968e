import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { SavedOperator, SavedValue } from '../memory/operator-state.ts';
import type { Lineage } from '../physical/lineage.ts';
import { release } from './release.ts';
import type { StateRegions } from './state-pages.ts';

/** The version of all that a checkpoint's files mean. Older ones are read: what changed since is listed here. */
export const checkpointVersion = 1;

/**
 * The version of how the kernels lay out what is in the pages: one more with each change of it. Pages of another are
 * refused, as nothing else would tell that they mean something else; `test/golden` has some of each release.
 */
export const layoutVersion = 1;

/** An operator in a checkpoint. */
export interface SavedNode {
  /** What of the plan its state hangs on, in words: kept state is for an operator of the same. */
  readonly fingerprint: string;
  /** Between which tables it stands: of several of the same work it tells which is which. */
  readonly lineage: Lineage;
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
  /** Of its state among the others. */
  readonly folder: string;
  /** By the ids of sources and sinks. */
  readonly tables: Readonly<Record<string, { readonly path: string; readonly connector: string }>>;
}

/** What is known of a checkpoint beside the pages of the state. */
export interface Manifest {
  readonly version: number;
  /** Of Tidemark, that made it. */
  readonly release: string;
  /** How what is in the pages is laid out. */
  readonly layout: number;
  readonly epoch: number;
  /** When it was made, ms since 1970. */
  readonly atMs: number;
  readonly job: JobScript;
  /** The job was stopped with it, and the sinks have shown all that was written. */
  readonly isLast: boolean;
  /** The job's input had ended: what the sinks have prepared is all there is left to do. */
  readonly hasEnded: boolean;
  /** The checkpoint or savepoint of another folder that the job once began from, by its `manifestId`; null: none. */
  readonly began: string | null;
  readonly regions: StateRegions;
  /** Files of pages, oldest first: of a page the newest copy counts. */
  readonly pages: readonly PageFile[];
  readonly operators: Readonly<Record<string, SavedNode>>;
  readonly sources: Readonly<Record<string, SavedValue>>;
  /** What the sinks have prepared, to be committed. */
  readonly sinks: Readonly<Record<string, SavedValue>>;
  readonly scheduler: SavedValue;
  /** What names the rows that are kept in `t$late` and `t$errors`. */
  readonly keeper: SavedValue;
}

export interface PageFile {
  readonly name: string;
  readonly bytes: number;
}

/** What is wrong with a manifest. */
export class DamagedManifest extends Error {}

/** It is whole, and this release cannot go on from it: another has made it. */
export class OtherRelease extends Error {
  readonly release: string;

  constructor(release: string, message: string) {
    super(message);
    this.name = 'OtherRelease';
    this.release = release;
  }
}

/** A name of the very checkpoint, wherever its files are. */
export function manifestId(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

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

function withInfinities(_: string, value: unknown): unknown {
  const name = (value as { $number?: string } | null)?.$number;
  if (name === undefined) return value;
  return name === '+inf' ? Number.POSITIVE_INFINITY : name === '-inf' ? Number.NEGATIVE_INFINITY : Number.NaN;
}

/** @throws DamagedManifest, and OtherRelease for one that a later release has made */
export function readManifest(bytes: Uint8Array): Manifest {
  const text = Buffer.from(bytes).toString('utf8');
  const end = text.indexOf('\n');
  const line = text.slice(0, end);
  if (end < 0 || text.slice(end + 1) !== `${crc32(line).toString(16).padStart(8, '0')}\n`)
    throw new DamagedManifest('its checksum is wrong');
  const manifest = (line.includes('"$number"') ? JSON.parse(line, withInfinities) : JSON.parse(line)) as Manifest;
  if (manifest.version > checkpointVersion)
    throw new OtherRelease(
      manifest.release,
      `it is of version ${manifest.version}, made by tidemark ${manifest.release}; this one, ${release}, reads up to ${checkpointVersion}`,
    );
  return manifest;
}

/** @throws OtherRelease where the pages are laid out otherwise than this release reads them */
export function requireLayout({ layout, release: made }: Manifest): void {
  if (layout === layoutVersion) return;
  const message = `it was made by tidemark ${made}, whose state is laid out otherwise than in this one, ${release}`;
  throw new OtherRelease(made, message);
}
