import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { makeStreamFolder } from './metadata-file.ts';
import type { StreamFiles } from './stream-environment.ts';

/*
 * Records that are held lie in the stream's folder `held`, in a file of the form of a segment (segment-format.ts) that is
 * none of any shard. While it is filled its name ends in `.open`. When its records are put into the shards, a footer says
 * first where each of the open shards ended then:
 *
 * ```
 * footer   per open shard: its number u32, index of its next record f64
 *          | crc32 u32 | shards u32 | TIDEHLD1
 * ```
 *
 * So the shards themselves tell which of the records they have: nothing else is put until all are there and the file is
 * gone. A footer is never the end of a record, which is a line feed.
 */

const footerMagic = Buffer.from('TIDEHLD1');
const footerEntryBytes = 12;
const footerEndBytes = 16;
const openSuffix = '.open';

/** Held records that are complete: what a checkpoint knows of them. */
export type Held = {
  readonly name: string;
  /** Of the file, before its footer. */
  readonly bytes: number;
};

/** The index of the next record of each open shard when the putting of held records began. */
export type ShardEnds = ReadonlyMap<number, number>;

/** Where a stream's held records lie. */
export class HeldFolder {
  readonly path: string;
  readonly #files: StreamFiles;
  #isMade = false;

  constructor(files: StreamFiles, streamFolder: string) {
    this.#files = files;
    this.path = join(streamFolder, 'held');
  }

  async make(): Promise<void> {
    if (this.#isMade) return;
    await makeStreamFolder(this.#files, this.path);
    this.#isMade = true;
  }

  pathOf(name: string): string {
    return join(this.path, name);
  }

  has({ name }: Held): boolean {
    return this.complete().includes(name);
  }

  /** Names of those that are complete. */
  complete(): string[] {
    return this.#files.list(this.path).filter((name) => !name.endsWith(openSuffix));
  }

  /** What an earlier process has left: what it was filling nobody knows of; what it took away is gone for good. */
  async tidy(): Promise<void> {
    for (const name of this.#files.list(this.path)) {
      if (name.endsWith(openSuffix)) await this.#files.remove(this.pathOf(name));
    }
    try {
      await this.#files.syncFolder(this.path);
    } catch (error) {
      // Nothing was ever held.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** Names of what a producer has, also of what is being filled. */
  of(producer: string): string[] {
    return this.#files.list(this.path).filter((name) => name.startsWith(`${producer}-`));
  }

  /** Takes away what was held before a time and not committed since. */
  async retire(horizonMs: number): Promise<void> {
    for (const name of this.complete()) if (heldAtMs(name) < horizonMs) await this.remove(name);
  }

  async remove(name: string): Promise<void> {
    await this.#files.remove(this.pathOf(name));
    await this.#files.syncFolder(this.path);
  }

  /** Held records whose putting began and has not ended, and where; null where it has not begun. */
  begun(name: string): { readonly held: Held; readonly ends: ShardEnds } | null {
    const file = this.#files.openToRead(this.pathOf(name));
    if (file === null) return null;
    try {
      const size = file.size();
      const end = Buffer.alloc(footerEndBytes);
      if (size < footerEndBytes || file.read(end, size - footerEndBytes) < footerEndBytes) return null;
      if (!end.subarray(8).equals(footerMagic)) return null;
      const bytes = size - footerEndBytes - end.readUInt32LE(4) * footerEntryBytes;
      if (bytes < 0) return null;
      const table = Buffer.alloc(size - footerEndBytes - bytes);
      file.read(table, bytes);
      if (crc32(table) !== end.readUInt32LE(0)) return null;
      return { held: { name, bytes }, ends: endsOf(table) };
    } finally {
      file.close();
    }
  }
}

/**
 * Takes away what a producer that is no more has left in a stream, which others may write meanwhile. What is being put
 * stays: who writes the stream next ends that.
 */
export async function dropHeldOf(files: StreamFiles, streamFolder: string, producer: string): Promise<void> {
  const folder = new HeldFolder(files, streamFolder);
  for (const name of folder.of(producer)) if (folder.begun(name) === null) await folder.remove(name);
}

/** `PRODUCER-0001764500000000-000007`: whose they are, since when, and which of its epochs. */
export function heldName(producer: string, atMs: number, epoch: number): string {
  return `${producer}-${String(atMs).padStart(16, '0')}-${String(epoch).padStart(6, '0')}`;
}

/** While they are being filled. */
export function openName(name: string): string {
  return name + openSuffix;
}

function heldAtMs(name: string): number {
  return Number(/-(\d{16})-\d{6,}$/.exec(name)?.[1] ?? Number.POSITIVE_INFINITY);
}

export function writeFooter(ends: ShardEnds): Uint8Array {
  const tableBytes = ends.size * footerEntryBytes;
  const footer = Buffer.alloc(tableBytes + footerEndBytes);
  let at = 0;
  for (const [shard, nextIndex] of ends) {
    footer.writeUInt32LE(shard, at);
    footer.writeDoubleLE(nextIndex, at + 4);
    at += footerEntryBytes;
  }
  footer.writeUInt32LE(crc32(footer.subarray(0, tableBytes)), at);
  footer.writeUInt32LE(ends.size, at + 4);
  footerMagic.copy(footer, at + 8);
  return footer;
}

function endsOf(table: Buffer): ShardEnds {
  const ends = new Map<number, number>();
  for (let at = 0; at < table.length; at += footerEntryBytes)
    ends.set(table.readUInt32LE(at), table.readDoubleLE(at + 4));
  return ends;
}
