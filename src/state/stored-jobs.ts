import { join } from 'node:path';
import type { ProcessIdentity, StreamEnvironment, StreamFiles } from '../streams/stream-environment.ts';
import { StreamLock } from '../streams/stream-lock.ts';
import { eachPage, epochsIn, manifestIn, manifestNameOf } from './checkpoint-files.ts';
import { asideEnding, type UnreadableCheckpoint } from './checkpoint-folder.ts';
import { DamagedManifest, type Manifest, OtherRelease, type PageFile } from './manifest.ts';
import { DamagedPages } from './page-reader.ts';
import { heldMarkName } from './savepoint.ts';

/** What is known of a job by its folder. */
export interface StoredJob {
  /** `pipeline.name`; without one the folder's. */
  readonly name: string;
  /** Of its folder among the others. */
  readonly folder: string;
  readonly path: string;
  /** Who runs it; null: nobody does. */
  readonly owner: ProcessIdentity | null;
  /** Of the newest checkpoint whose manifest can be read, and whose files are there. */
  readonly manifest: Manifest | null;
  /** Newer ones that cannot be used. */
  readonly unreadable: readonly UnreadableCheckpoint[];
  readonly files: readonly StoredFile[];
}

export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
}

/** The jobs that have a folder in this one, by their names. */
export function storedJobs(environment: StreamEnvironment, jobsFolder: string): readonly StoredJob[] {
  const jobs = environment.files.list(jobsFolder).flatMap((name) => storedJob(environment, jobsFolder, name) ?? []);
  return jobs.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Null where nothing in the folder is of a job. */
function storedJob(environment: StreamEnvironment, jobsFolder: string, folder: string): StoredJob | null {
  const { files } = environment;
  const path = join(jobsFolder, folder);
  const owner = StreamLock.owner(environment, path);
  const names = files.list(path);
  const isJob = owner !== null || names.some((name) => /^(chk|pages)-\d/.test(name));
  if (!isJob) return null;
  const unreadable: UnreadableCheckpoint[] = [];
  let manifest: Manifest | null = null;
  for (const epoch of epochsIn(files, path).toReversed()) {
    try {
      const found = manifestIn(files, path, epoch);
      requireFiles(files, path, found.pages);
      manifest = found;
      break;
    } catch (error) {
      if (!(error instanceof DamagedManifest || error instanceof DamagedPages || error instanceof OtherRelease))
        throw error;
      unreadable.push({ name: manifestNameOf(epoch), reason: error.message });
    }
  }
  const stored = names.flatMap((name) => {
    const bytes = sizeOf(files, join(path, name));
    return bytes === null ? [] : [{ name, bytes }];
  });
  const [aside = ''] = asideEnding.exec(folder) ?? [];
  const name = manifest?.job.name == null ? folder : manifest.job.name + aside;
  return { name, folder, path, owner, manifest, unreadable, files: stored };
}

function requireFiles(files: StreamFiles, path: string, pages: readonly PageFile[]): void {
  for (const { name, bytes } of pages) {
    const size = sizeOf(files, join(path, name));
    if (size === null) throw new DamagedPages(`"${name}" is missing`);
    if (size < bytes) throw new DamagedPages(`"${name}" is cut at byte ${size} of ${bytes}`);
  }
}

/** Null: it is gone. */
function sizeOf(files: StreamFiles, path: string): number | null {
  const file = files.openToRead(path);
  try {
    return file?.size() ?? null;
  } finally {
    file?.close();
  }
}

/** A file of a checkpoint after all of it was read. */
export interface CheckedFile extends StoredFile {
  /** Null: its checksums are right. */
  readonly damage: string | null;
}

/** Reads every file of a job's checkpoints, and compares their checksums. */
export function checkFiles({ files }: StreamEnvironment, { path, files: stored }: StoredJob): readonly CheckedFile[] {
  const named = new Map<string, PageFile>();
  const damages = new Map<string, string>();
  for (const epoch of epochsIn(files, path)) {
    try {
      for (const file of manifestIn(files, path, epoch).pages) named.set(file.name, file);
    } catch (error) {
      if (!(error instanceof DamagedManifest || error instanceof OtherRelease)) throw error;
      damages.set(manifestNameOf(epoch), error.message);
    }
  }
  for (const file of named.values()) {
    try {
      eachPage(files, path, file, () => {});
    } catch (error) {
      if (!(error instanceof DamagedPages)) throw error;
      damages.set(file.name, error.message);
    }
  }
  const missing = [...named.values()].filter(({ name }) => !stored.some((file) => file.name === name));
  return [...stored, ...missing.map(({ name }) => ({ name, bytes: 0 }))]
    .filter(({ name }) => named.has(name) || /^chk-\d+\.json$/.test(name))
    .map((file) => ({ ...file, damage: damages.get(file.name) ?? null }));
}

/**
 * Takes a job's state away for good. The caller holds no lock; a job that runs is refused. `discard`: takes away what its
 * sinks hold, which is called unless a savepoint has it too.
 * @throws StreamError
 */
export async function dropJob(
  environment: StreamEnvironment,
  { path, name }: StoredJob,
  discard: () => Promise<void>,
): Promise<void> {
  const { files } = environment;
  const lock = await StreamLock.take(environment, path, `the state of the job "${name}"`);
  try {
    // Manifests go first: what is left of a drop that was broken off is no job's, and none names what is gone.
    for (const epoch of epochsIn(files, path)) await files.remove(join(path, manifestNameOf(epoch)));
    await files.syncFolder(path);
    if (files.readAll(join(path, heldMarkName)) === null) await discard();
    await files.remove(path);
  } finally {
    await lock.release();
  }
}
