import { dirname, join } from 'node:path';
import type { StreamFiles } from './stream-environment.ts';
import { readMetadata, type StreamMetadata, writeMetadata } from './stream-metadata.ts';

const fileName = 'stream.json';

/** What is stored of a stream; null where the folder holds none. @throws StreamError where it is damaged */
export function loadMetadata(files: StreamFiles, folder: string): StreamMetadata | null {
  const path = join(folder, fileName);
  const bytes = files.readAll(path);
  return bytes === null ? null : readMetadata(bytes, path);
}

/** What `storeMetadata` may leave behind. */
export interface StoreFailure {
  /** The new metadata may be there after all: nothing may be built on the old. */
  isInDoubt: boolean;
}

/** Replaces what is stored, as a whole: whoever looks sees the old or the new. */
export async function storeMetadata(
  files: StreamFiles,
  folder: string,
  metadata: StreamMetadata,
  failure: StoreFailure,
): Promise<void> {
  const path = join(folder, fileName);
  const next = `${path}.next`;
  await files.remove(next);
  const file = files.create(next);
  try {
    await file.write(writeMetadata(metadata), 0);
    await file.sync();
  } finally {
    file.close();
  }
  failure.isInDoubt = true;
  await files.rename(next, path);
  await files.syncFolder(folder);
  failure.isInDoubt = false;
}

/** The folder of a stream is durable once its parents know of it. */
export async function makeStreamFolder(files: StreamFiles, folder: string): Promise<void> {
  await files.makeFolder(folder);
  await files.syncFolder(dirname(folder));
}
