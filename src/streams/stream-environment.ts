/**
 * All that the streams know of the world. The machine's is in `machine.ts`; a simulation gives its own, and can break
 * it off at any operation.
 */
export interface StreamEnvironment {
  readonly files: StreamFiles;
  readonly clock: StreamClock;
  readonly processes: StreamProcesses;
  /** A whole number of 32 bits, evenly spread. */
  random32(): number;
}

export interface StreamClock {
  nowMs(): number;
}

/** Who holds a stream's lock. */
export interface StreamProcesses {
  readonly self: ProcessIdentity;
  /** Whether that very process is still there; a later one with the same id is not it. */
  isAlive(process: ProcessIdentity): boolean;
}

export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, as the system counts it; empty where that is not known. */
  readonly started: string;
}

/**
 * A file system. Reads are synchronous: they come from the page cache. What waits for the disk is asynchronous.
 *
 * Nothing is durable before `sync` of the file has resolved, and no name before `syncFolder` of its folder has.
 */
export interface StreamFiles {
  /** Whether others find them by the same paths, and another thread may write one. */
  readonly isOfSystem?: boolean;
  /** Makes the folder and those above it. */
  makeFolder(path: string): Promise<void>;
  /** Names in a folder, sorted; none where there is no folder. */
  list(path: string): readonly string[];
  /** The whole of a small file; null where there is none. */
  readAll(path: string): Uint8Array | null;
  /** Null where there is no such file. */
  openToRead(path: string): ReadableFile | null;
  /** Opens a file that is there. */
  openToWrite(path: string): WritableFile;
  /** Makes an empty file. @throws with code EEXIST where there is one */
  create(path: string): WritableFile;
  /** Makes a file that has its content from the first moment on; false where there is one of that name. */
  createWhole(path: string, content: Uint8Array): boolean;
  rename(from: string, to: string): Promise<void>;
  /** Takes a file or a whole folder away. */
  remove(path: string): Promise<void>;
  syncFolder(path: string): Promise<void>;
  /** Calls back when something in a folder has changed, until the returned function is called. */
  watch(path: string, onChange: () => void): () => void;
}

export interface ReadableFile {
  /** Present size in bytes. */
  size(): number;
  /** Reads at a place; the count of bytes read, 0 at the end. */
  read(target: Uint8Array, position: number): number;
  /** What anybody has written of it by now is on the disk. */
  sync(): Promise<void>;
  close(): void;
}

export interface WritableFile extends ReadableFile {
  /** Writes all of the bytes, or fails; what was written of them by then is not known. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** As `write`, and then the disk has these bytes; what was written before them it may not have. */
  writeSynced(bytes: Uint8Array, position: number): Promise<void>;
  truncate(size: number): Promise<void>;
}
