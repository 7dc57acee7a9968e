import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A file in work: under a hidden name until it is committed, so that no reader sees half of it. */
export class PartFile {
  readonly folder: string;
  readonly openedMs: number;
  lastWriteMs: number;
  bytes = 0;
  readonly #name: string;
  readonly #hiddenPath: string;
  #file: number | null;

  constructor(folder: string, name: string, nowMs: number) {
    this.folder = folder;
    this.openedMs = nowMs;
    this.lastWriteMs = nowMs;
    this.#name = name;
    this.#hiddenPath = join(folder, `.${name}.inprogress`);
    this.#file = openSync(this.#hiddenPath, 'w');
  }

  write(bytes: Uint8Array, nowMs: number): void {
    if (this.#file === null) throw new Error(`the part file ${this.#name} is closed`);
    let from = 0;
    while (from < bytes.length) from += writeSync(this.#file, bytes, from, bytes.length - from);
    this.bytes += bytes.length;
    this.lastWriteMs = nowMs;
  }

  /** Makes the file visible under its name. */
  commit(): void {
    this.#close();
    renameSync(this.#hiddenPath, join(this.folder, this.#name));
  }

  /** Takes the file away. */
  drop(): void {
    this.#close();
    rmSync(this.#hiddenPath, { force: true });
  }

  #close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
