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
}

/** What is known of a checkpoint beside the pages of the state. */
export interface Manifest {
  readonly version: number;
  readonly epoch: number;
  /** When it was made, ms since 1970. */
  readonly atMs: number;
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
