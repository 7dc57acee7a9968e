import { join } from 'node:path';
import type { StreamFiles } from '../streams/stream-environment.ts';
import { DamagedManifest, type Manifest, manifestBytes, type PageFile, readManifest } from './manifest.ts';
import { DamagedPages, readPages } from './page-reader.ts';

const manifestName = /^chk-(\d+)\.json$/;

export function manifestNameOf(epoch: number): string {
  return `chk-${String(epoch).padStart(6, '0')}.json`;
}

export function pagesNameOf(epoch: number): string {
  return `pages-${String(epoch).padStart(6, '0')}`;
}

/** The epochs of the checkpoints in a folder, oldest first. */
export function epochsIn(files: StreamFiles, folder: string): number[] {
  return files
    .list(folder)
    .flatMap((name) => manifestName.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Whether a process that ran the job was killed: it has left its lock, and perhaps not shown what its last checkpoint holds. */
export function wasKilled(files: StreamFiles, folder: string): boolean {
  return files.readAll(join(folder, 'lock')) !== null;
}

/** @throws DamagedManifest */
export function manifestIn(files: StreamFiles, folder: string, epoch: number): Manifest {
  const bytes = files.readAll(join(folder, manifestNameOf(epoch)));
  if (bytes === null) throw new DamagedManifest('it is gone');
  return readManifest(bytes);
}

/** The manifest gets its name when it is whole and on the disk. */
export async function storeManifest(files: StreamFiles, folder: string, manifest: Manifest): Promise<void> {
  const path = join(folder, manifestNameOf(manifest.epoch));
  const next = `${path}.next`;
  await files.remove(next);
  const file = files.create(next);
  try {
    await file.write(manifestBytes(manifest), 0);
    await file.sync();
  } finally {
    file.close();
  }
  await files.rename(next, path);
  await files.syncFolder(folder);
}

/** Reads the pages of a file; `take` is given each page's number, and where it begins in the bytes. @throws DamagedPages */
export function eachPage(
  files: StreamFiles,
  folder: string,
  { name, bytes }: PageFile,
  take: (page: number, bytes: Uint8Array, from: number) => void,
): void {
  const file = files.openToRead(join(folder, name));
  if (file === null) throw new DamagedPages(`"${name}" is missing`);
  try {
    if (file.size() < bytes) throw new DamagedPages(`"${name}" is cut at byte ${file.size()} of ${bytes}`);
    readPages((target, position) => file.read(target, position), bytes, take);
  } catch (error) {
    throw error instanceof DamagedPages ? new DamagedPages(`"${name}": ${error.message}`) : error;
  } finally {
    file.close();
  }
}
