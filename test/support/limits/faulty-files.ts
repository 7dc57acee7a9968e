import { machine } from '../../../src/streams/machine.ts';
import type { StreamEnvironment, StreamFiles, WritableFile } from '../../../src/streams/stream-environment.ts';

type FaultyOperation = 'create' | 'write' | 'make folder';

/** Files of the machine that fail where a test wants it to: a full disk, a missing permission, which root would have. */
export class FaultyFiles {
  /** The code of the error; null: it works. A write that fails has written half of its bytes. */
  fails: (operation: FaultyOperation, path: string) => 'ENOSPC' | 'EACCES' | null = () => null;
  /** Paths of the files that are open to be written. */
  readonly open = new Set<string>();
  readonly environment: StreamEnvironment = { ...machine, files: this.#files() };

  #files(): StreamFiles {
    const { files } = machine;
    return {
      ...files,
      makeFolder: async (path) => {
        this.#check('make folder', path);
        await files.makeFolder(path);
      },
      create: (path) => {
        this.#check('create', path);
        return this.#opened(files.create(path), path);
      },
      openToWrite: (path) => this.#opened(files.openToWrite(path), path),
    };
  }

  #opened(file: WritableFile, path: string): WritableFile {
    this.open.add(path);
    return {
      size: () => file.size(),
      read: (target, position) => file.read(target, position),
      sync: () => file.sync(),
      truncate: (size) => file.truncate(size),
      writeSynced: (bytes, position) => file.writeSynced(bytes, position),
      write: async (bytes, position) => {
        try {
          this.#check('write', path);
        } catch (error) {
          await file.write(bytes.subarray(0, bytes.length >> 1), position);
          throw error;
        }
        await file.write(bytes, position);
      },
      close: () => {
        this.open.delete(path);
        file.close();
      },
    };
  }

  #check(operation: FaultyOperation, path: string): void {
    const code = this.fails(operation, path);
    if (code !== null) throw Object.assign(new Error(`${code}: ${operation} '${path}'`), { code });
  }
}
