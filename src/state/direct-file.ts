import { closeSync, constants, fdatasyncSync, openSync, writeSync } from 'node:fs';

/** Windows and macOS have no such flag. */
const direct: number | undefined = constants.O_DIRECT;

/**
 * A new file, written in whole pages from addresses that are multiples of a page: past the system's cache where the file
 * system can, as what a checkpoint writes is read behind a crash alone, and to keep it would cost as much as to write it.
 */
export class DirectFile {
  readonly #path: string;
  #file: number;
  #isDirect: boolean;

  constructor(path: string) {
    this.#path = path;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    this.#isDirect = direct !== undefined;
    try {
      this.#file = openSync(path, flags | (direct ?? 0));
    } catch (error) {
      if (!this.#isDirect || !isRefusal(error)) throw error;
      this.#isDirect = false;
      // Some have made it by then.
      this.#file = openSync(path, constants.O_WRONLY | constants.O_CREAT);
    }
  }

  write(bytes: Uint8Array, position: number): void {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(this.#file, bytes, at, bytes.length - at, position + at);
      } catch (error) {
        if (!this.#isDirect || !isRefusal(error)) throw error;
        this.#isDirect = false;
        const buffered = openSync(this.#path, constants.O_WRONLY);
        closeSync(this.#file);
        this.#file = buffered;
      }
    }
  }

  /** Resolves when the disk has it. */
  sync(): void {
    fdatasyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function isRefusal(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EINVAL';
}
