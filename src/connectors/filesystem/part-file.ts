import { closeSync, existsSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** A part file as a checkpoint knows it. */
export type SavedPart = {
  readonly folder: string;
  readonly name: string;
  readonly bytes: number;
  readonly openedMs: number;
  readonly lastWriteMs: number;
};

/** A file in work: under a hidden name until it is committed, so that no reader sees half of it. */
export class PartFile {
  readonly folder: string;
  readonly name: string;
  readonly openedMs: number;
  lastWriteMs: number;
  bytes: number;
  readonly #hiddenPath: string;
  #file: number | null;

  private constructor({ folder, name, bytes, openedMs, lastWriteMs }: SavedPart) {
    this.folder = folder;
    this.name = name;
    this.bytes = bytes;
    this.openedMs = openedMs;
    this.lastWriteMs = lastWriteMs;
    this.#hiddenPath = hiddenPath(folder, name);
    this.#file = openSync(this.#hiddenPath, bytes === 0 ? 'w' : 'a');
  }

  static create(folder: string, name: string, nowMs: number): PartFile {
    return new PartFile({ folder, name, bytes: 0, openedMs: nowMs, lastWriteMs: nowMs });
  }

  /** Goes on with a file of a checkpoint: what came behind it is cut off. */
  static resume(saved: SavedPart): PartFile {
    const part = new PartFile(saved);
    if (part.#file !== null) ftruncateSync(part.#file, saved.bytes);
    return part;
  }

  get saved(): SavedPart {
    const { folder, name, bytes, openedMs, lastWriteMs } = this;
    return { folder, name, bytes, openedMs, lastWriteMs };
  }

  write(bytes: Uint8Array, nowMs: number): void {
    if (this.#file === null) throw new Error(`the part file ${this.name} is closed`);
    let from = 0;
    while (from < bytes.length) from += writeSync(this.#file, bytes, from, bytes.length - from);
    this.bytes += bytes.length;
    this.lastWriteMs = nowMs;
  }

  /** Makes the file visible under its name. */
  commit(): void {
    this.close();
    renameSync(this.#hiddenPath, join(this.folder, this.name));
  }

  /** Takes the file away. */
  drop(): void {
    this.close();
    rmSync(this.#hiddenPath, { force: true });
  }

  /** Nothing more is written; the file stays hidden. */
  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}

/** Where a file is until it is seen. */
export function hiddenPath(folder: string, name: string): string {
  return join(folder, `.${name}.inprogress`);
}

/** Makes a file visible that a checkpoint holds; it may be visible already. */
export function showPart({ folder, name }: Pick<SavedPart, 'folder' | 'name'>): void {
  const hidden = hiddenPath(folder, name);
  if (existsSync(hidden)) renameSync(hidden, join(folder, name));
}

/** What was written to a file or folder is on the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
