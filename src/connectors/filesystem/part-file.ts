import { basename, join } from 'node:path';
import type { StreamFiles, WritableFile } from '../../streams/stream-environment.ts';

/** A part file as a checkpoint knows it. */
export type SavedPart = {
  readonly folder: string;
  readonly name: string;
  readonly bytes: number;
  readonly openedMs: number;
  readonly lastWriteMs: number;
};

/** Does work on files, one behind the other; `bytes`: so many wait for it. */
export type FileWork = (work: () => Promise<void>, bytes?: number) => void;

/** So much is collected before it is written. */
const blockBytes = 256 << 10;

/**
 * A file in work: under a hidden name until it is shown, so that no reader sees half of it. It takes rows at once; what is
 * done on the disk comes behind, in its order.
 *
 * ```
 * write ─► block ─► file `.part-0.inprogress` ── complete ─► ── show ─► `part-0`
 * ```
 */
export class PartFile {
  readonly folder: string;
  readonly name: string;
  readonly openedMs: number;
  lastWriteMs: number;
  /** Those that wait to be written are counted. */
  bytes: number;
  readonly #later: FileWork;
  /** Null: not open yet, or no more. */
  #file: WritableFile | null = null;
  /** Those that are in the file, or on their way there. */
  #sent: number;
  #block = Buffer.alloc(0);
  #filled = 0;

  private constructor({ folder, name, bytes, openedMs, lastWriteMs }: SavedPart, later: FileWork) {
    this.folder = folder;
    this.name = name;
    this.bytes = bytes;
    this.openedMs = openedMs;
    this.lastWriteMs = lastWriteMs;
    this.#later = later;
    this.#sent = bytes;
  }

  /** Its folder is there by the time that the work is done. */
  static create(files: StreamFiles, later: FileWork, place: Pick<SavedPart, 'folder' | 'name' | 'openedMs'>): PartFile {
    const part = new PartFile({ ...place, bytes: 0, lastWriteMs: place.openedMs }, later);
    later(async () => {
      part.#file = files.create(hiddenPath(part));
    });
    return part;
  }

  /** Goes on with a file of a checkpoint: what came behind it is cut off. */
  static resume(files: StreamFiles, later: FileWork, saved: SavedPart): PartFile {
    const part = new PartFile(saved, later);
    later(async () => {
      part.#file = files.openToWrite(hiddenPath(part));
      await part.#file.truncate(saved.bytes);
    });
    return part;
  }

  get saved(): SavedPart {
    const { folder, name, bytes, openedMs, lastWriteMs } = this;
    return { folder, name, bytes, openedMs, lastWriteMs };
  }

  /** Takes a copy. */
  write(bytes: Uint8Array, nowMs: number): void {
    this.bytes += bytes.length;
    this.lastWriteMs = nowMs;
    for (let from = 0; from < bytes.length; ) {
      if (this.#filled === this.#block.length) this.#nextBlock();
      const part = bytes.subarray(from, from + this.#block.length - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
    }
  }

  /** The file has all that was written to it, by the time that the work is done. */
  flush(): void {
    if (this.#filled === 0) return;
    const [block, at] = [this.#block.subarray(0, this.#filled), this.#sent];
    this.#sent += block.length;
    this.#block = Buffer.alloc(0);
    this.#filled = 0;
    this.#later(async () => this.#file?.write(block, at), block.length);
  }

  /** Nothing more is written; the file stays hidden. */
  complete(): void {
    this.flush();
    this.#later(async () => this.close());
  }

  /** What waits to be written is not wanted. */
  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  #nextBlock(): void {
    this.flush();
    this.#block = Buffer.allocUnsafeSlow(blockBytes);
  }
}

/** Where a file is until it is shown. */
export function hiddenPath({ folder, name }: Pick<SavedPart, 'folder' | 'name'>): string {
  return join(folder, `.${name}.inprogress`);
}

/** Makes complete files visible; some of them may be so already. */
export async function showParts(files: StreamFiles, parts: readonly SavedPart[]): Promise<void> {
  const hidden = new Map(
    [...new Set(parts.map(({ folder }) => folder))].map((each) => [each, new Set(files.list(each))]),
  );
  for (const part of parts) {
    const { folder, name } = part;
    const path = hiddenPath(part);
    if (hidden.get(folder)?.has(basename(path)) === true) await files.rename(path, join(folder, name));
  }
}

/** Paths of the hidden files of a run, in a folder and in those of its partitions. */
export function hiddenParts(files: StreamFiles, folder: string, run: string): string[] {
  return files.list(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name.startsWith(`.part-${run}-`) && name.endsWith('.inprogress')) return [path];
    return name.includes('=') ? hiddenParts(files, path, run) : [];
  });
}

/** What was written to a file is on the disk. */
export async function syncFile(files: StreamFiles, path: string): Promise<void> {
  const file = files.openToRead(path);
  if (file === null) throw Object.assign(new Error(`there is no "${path}"`), { code: 'ENOENT' });
  try {
    await file.sync();
  } finally {
    file.close();
  }
}
