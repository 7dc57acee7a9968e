import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncate,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  watch,
  write,
  writeFileSync,
} from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import type {
  ProcessIdentity,
  ReadableFile,
  StreamEnvironment,
  StreamFiles,
  StreamProcesses,
  WritableFile,
} from './stream-environment.ts';

const sync = promisify(fdatasync);
const truncateTo = promisify(ftruncate);
const writeAt = promisify(write);

class MachineFile implements WritableFile {
  readonly #descriptor: number;
  /** Of the same file, whose writes are synced; null: none yet. */
  #synced: number | null = null;
  #isClosed = false;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  size(): number {
    return fstatSync(this.#descriptor).size;
  }

  read(target: Uint8Array, position: number): number {
    return readSync(this.#descriptor, target, 0, target.length, position);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await writeAll(this.#descriptor, bytes, position);
  }

  async writeSynced(bytes: Uint8Array, position: number): Promise<void> {
    this.#synced ??= openSynced(this.#descriptor);
    if (this.#synced !== null) return writeAll(this.#synced, bytes, position);
    await this.write(bytes, position);
    await this.sync();
  }

  async truncate(size: number): Promise<void> {
    await truncateTo(this.#descriptor, size);
  }

  async sync(): Promise<void> {
    try {
      await sync(this.#descriptor);
    } catch (error) {
      // Windows syncs for nobody who only reads; what was acknowledged is on the disk in any case.
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
    if (this.#synced !== null) closeSync(this.#synced);
  }
}

async function writeAll(descriptor: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await writeAt(descriptor, bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/**
 * The same file once more, where a write is not over before the disk has it: one call, and one way through the thread
 * pool, in the place of two. Null where the system does not have that, or means less by it than by a sync.
 */
function openSynced(descriptor: number): number | null {
  if (process.platform !== 'linux') return null;
  try {
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_DSYNC);
  } catch {
    return null;
  }
}

/** Names of files before they get their own. */
let newNames = 0;

const files: StreamFiles = {
  isOfSystem: true,
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
  },
  list(path) {
    try {
      return readdirSync(path).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
  readAll(path) {
    try {
      return readFileSync(path);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  },
  openToRead(path): ReadableFile | null {
    try {
      return new MachineFile(openSync(path, 'r'));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  },
  openToWrite: (path) => new MachineFile(openSync(path, 'r+')),
  create: (path) => new MachineFile(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o644)),
  createWhole(path, content) {
    const unnamed = `${path}.${process.pid}.${newNames++}`;
    try {
      writeFileSync(unnamed, content, { flag: 'wx' });
      linkSync(unnamed, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(unnamed, { force: true });
    }
  },
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { recursive: true, force: true }),
  async syncFolder(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } catch (error) {
      // Windows has no fsync of a folder: its names are durable by themselves.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EPERM' && code !== 'EISDIR') throw error;
    } finally {
      await folder.close();
    }
  },
  watch(path, onChange) {
    try {
      const watcher = watch(path, { persistent: false }, onChange);
      watcher.on('error', () => watcher.close());
      return () => watcher.close();
    } catch {
      // Too many watches, or none on this file system: readers look by themselves from time to time.
      return () => {};
    }
  },
};

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

const processes: StreamProcesses = {
  self: { pid: process.pid, started: startOf(process.pid) },
  isAlive({ pid, started }: ProcessIdentity) {
    try {
      process.kill(pid, 0);
    } catch (error) {
      // Not ours to signal is alive nevertheless.
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
    }
    const now = startOf(pid);
    return started === '' || now === '' || started === now;
  },
};

/** Field 22 of /proc/PID/stat, counted behind the name, which may hold blanks; empty on systems without /proc. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** The machine's files, clock and processes. */
export const machine: StreamEnvironment = {
  files,
  clock: { nowMs: () => Date.now() },
  processes,
  random32: () => Math.floor(Math.random() * 2 ** 32),
};
