import { join } from 'node:path';
import type { ProcessIdentity, StreamEnvironment } from './stream-environment.ts';
import { StreamError } from './stream-error.ts';

/** Locks of this process that could not be taken away when they were given back: nobody holds them. */
const leftBehind = new WeakMap<StreamEnvironment, Set<string>>();

/** The right to write a stream, or a job's checkpoints (`what`, in the words of an error): a file with the owner's process id. One that a killed process has left is taken over. */
export class StreamLock {
  readonly #environment: StreamEnvironment;
  /** Of the file. */
  readonly path: string;
  readonly #content: Uint8Array;

  private constructor(environment: StreamEnvironment, path: string) {
    this.#environment = environment;
    this.path = path;
    this.#content = Buffer.from(JSON.stringify(environment.processes.self));
  }

  /** @throws StreamError ResourceInUseException, with the owner's process id, where another process writes the stream */
  static async take(environment: StreamEnvironment, folder: string, what: string): Promise<StreamLock> {
    const { files, processes } = environment;
    const lock = new StreamLock(environment, join(folder, 'lock'));
    for (;;) {
      if (files.createWhole(lock.path, lock.#content)) {
        leftBehind.get(environment)?.delete(lock.path);
        return lock;
      }
      const found = files.readAll(lock.path);
      // It was given back in the meantime.
      if (found === null) continue;
      const owner = ownerOf(found);
      const isLeft = leftBehind.get(environment)?.has(lock.path) === true;
      if (owner !== null && processes.isAlive(owner) && !isLeft) {
        const isOwn = owner.pid === processes.self.pid;
        throw new StreamError(
          'ResourceInUseException',
          `${what} is being written by ${isOwn ? 'another part of this process' : `process ${owner.pid}`}`,
          { help: isOwn ? 'close it there first' : 'one process writes a stream; others may read it meanwhile' },
        );
      }
      await lock.#removeStale(found);
    }
  }

  /** The process that has the right now; null: nobody has. */
  static owner({ files, processes }: StreamEnvironment, folder: string): ProcessIdentity | null {
    const found = files.readAll(join(folder, 'lock'));
    const owner = found === null ? null : ownerOf(found);
    return owner !== null && processes.isAlive(owner) ? owner : null;
  }

  /** Gives the right back. */
  async release(): Promise<void> {
    const { files } = this.#environment;
    const found = files.readAll(this.path);
    if (found === null || Buffer.compare(found, this.#content) !== 0) return;
    try {
      await files.remove(this.path);
    } catch (error) {
      const left = leftBehind.get(this.#environment) ?? new Set();
      leftBehind.set(this.#environment, left.add(this.path));
      throw error;
    }
  }

  /** Of several processes that find the same dead owner, each moves what it finds aside, and looks what it was. */
  async #removeStale(stale: Uint8Array): Promise<void> {
    const { files, random32 } = this.#environment;
    const aside = `${this.path}.${random32().toString(16)}`;
    try {
      await files.rename(this.path, aside);
    } catch {
      return;
    }
    const moved = files.readAll(aside);
    // Another was faster, and this is its lock: it gets it back.
    if (moved !== null && Buffer.compare(moved, stale) !== 0) files.createWhole(this.path, moved);
    await files.remove(aside);
  }
}

function ownerOf(content: Uint8Array): ProcessIdentity | null {
  try {
    const { pid, started } = JSON.parse(Buffer.from(content).toString()) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : null;
  } catch {
    return null;
  }
}
