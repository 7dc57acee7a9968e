import type { ReadableFile, StreamFiles, WritableFile } from '../../src/streams/stream-environment.ts';
import type { SimulatedDisk } from '../support/streams/simulated-disk.ts';

/** What is done to a process at its files. */
export interface FileWeather {
  /** How long an operation takes. */
  delayMs(): number;
  /** Waits in simulated time. */
  wait(ms: number): Promise<void>;
}

/**
 * The files of one process over a disk: operations take time, and what a process that is dead asked for never comes back
 * to it. Counts what it has open.
 */
export class ProcessFiles implements StreamFiles {
  readonly #disk: SimulatedDisk;
  readonly #weather: FileWeather;
  readonly #open = new Map<object, string>();

  #calls = 0;

  constructor(disk: SimulatedDisk, weather: FileWeather) {
    this.#disk = disk;
    this.#weather = weather;
  }

  /** Files that are open now. */
  get openPaths(): readonly string[] {
    return [...this.#open.values()];
  }

  makeFolder(path: string): Promise<void> {
    return this.#timely(() => this.#disk.makeFolder(path));
  }

  list(path: string): readonly string[] {
    return this.#disk.list(path);
  }

  readAll(path: string): Uint8Array | null {
    return this.#disk.readAll(path);
  }

  openToRead(path: string): ReadableFile | null {
    const file = this.#disk.openToRead(path);
    return file === null ? null : this.#counted(path, file);
  }

  openToWrite(path: string): WritableFile {
    return this.#writable(path, this.#disk.openToWrite(path));
  }

  create(path: string): WritableFile {
    return this.#writable(path, this.#disk.create(path));
  }

  createWhole(path: string, content: Uint8Array): boolean {
    return this.#disk.createWhole(path, content);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#timely(() => this.#disk.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#timely(() => this.#disk.remove(path));
  }

  syncFolder(path: string): Promise<void> {
    return this.#timely(() => this.#disk.syncFolder(path));
  }

  watch(path: string, onChange: () => void): () => void {
    return this.#disk.watch(path, onChange);
  }

  #writable(path: string, file: WritableFile): WritableFile {
    return {
      ...this.#counted(path, file),
      write: (bytes, position) => {
        const copy = Buffer.from(bytes);
        return this.#timely(() => file.write(copy, position));
      },
      writeSynced: (bytes, position) => {
        const copy = Buffer.from(bytes);
        return this.#timely(() => file.writeSynced(copy, position));
      },
      truncate: (size) => this.#timely(() => file.truncate(size)),
    };
  }

  #counted(path: string, file: ReadableFile): ReadableFile {
    const key = {};
    this.#open.set(key, path);
    return {
      size: () => file.size(),
      read: (target, position) => file.read(target, position),
      sync: () => this.#timely(() => file.sync()),
      close: () => {
        this.#open.delete(key);
        file.close();
      },
    };
  }

  async #timely(work: () => Promise<void>): Promise<void> {
    const { delayMs, wait } = this.#weather;
    const ms = delayMs();
    // However fast the disk is, others have their turn now and then.
    if (ms > 0 || ++this.#calls % 64 === 0) await wait(ms);
    await this.#unlessDead();
    try {
      await work();
    } finally {
      await this.#unlessDead();
    }
  }

  /** The dead hear nothing. */
  async #unlessDead(): Promise<void> {
    if (this.#disk.hasCrashed) await new Promise<void>(() => {});
  }
}
