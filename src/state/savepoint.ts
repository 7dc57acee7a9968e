import { basename, dirname, join } from 'node:path';
import type { Memory } from '../memory/memory.ts';
import type { StreamEnvironment, StreamFiles } from '../streams/stream-environment.ts';
import { StreamError } from '../streams/stream-error.ts';
import { StreamLock } from '../streams/stream-lock.ts';
import { eachPage, epochsIn, manifestNameOf, pagesNameOf, storeManifest, wasKilled } from './checkpoint-files.ts';
import { type Manifest, manifestId, type PageFile, readManifest, requireLayout } from './manifest.ts';
import { PageBlock, packedBlock, pageBytes } from './page-blob.ts';
import { reserveState } from './state-pages.ts';

/** A file in the folder of a job, of which a savepoint has what its sinks hold. */
export const heldMarkName = 'held-for-savepoint';

/** A checkpoint that a job may begin from, found by its path. */
export interface FoundCheckpoint {
  readonly folder: string;
  readonly manifest: Manifest;
  /** See `manifestId`. */
  readonly id: string;
}

/**
 * The newest checkpoint of a folder, or the one whose manifest is named: a savepoint, or what a job has kept. Null: there
 * is none.
 * @throws DamagedManifest, OtherRelease
 */
export function findCheckpoint(files: StreamFiles, path: string): FoundCheckpoint | null {
  const isManifest = /^chk-\d+\.json$/.test(basename(path));
  const epoch = isManifest ? null : epochsIn(files, path).at(-1);
  if (epoch === undefined) return null;
  const [folder, name] = epoch === null ? [dirname(path), basename(path)] : [path, manifestNameOf(epoch)];
  const bytes = files.readAll(join(folder, name));
  return bytes === null ? null : { folder, manifest: readManifest(bytes), id: manifestId(bytes) };
}

/**
 * Puts the pages of a checkpoint of another folder into a new memory. All of them count as changed: the next checkpoint
 * of the job has them.
 * @throws DamagedPages, OtherRelease, StateConflict
 */
export function loadCheckpoint(files: StreamFiles, { folder, manifest }: FoundCheckpoint, memory: Memory): void {
  requireLayout(manifest);
  reserveState(memory, manifest.regions);
  const { u8, kernels } = memory;
  for (const file of manifest.pages) {
    eachPage(files, folder, file, (page, bytes, from) => {
      u8.set(bytes.subarray(from, from + pageBytes), page * pageBytes);
      kernels.pageMark(page);
    });
  }
}

/**
 * A savepoint of a job that does not run, of its newest checkpoint; the folder that it is in: `path`, or a new one `among`
 * others.
 * @throws StreamError where the job runs, nothing is there to copy, or something is in the folder already
 */
export async function savepointOf(
  environment: StreamEnvironment,
  jobFolder: string,
  { path, among }: { readonly path: string | null; readonly among: string },
): Promise<string> {
  const { files } = environment;
  const isKilled = wasKilled(files, jobFolder);
  const lock = await StreamLock.take(environment, jobFolder, `the state of the job in "${jobFolder}"`);
  try {
    const found = findCheckpoint(files, jobFolder);
    if (found === null)
      throw new StreamError(
        'ResourceNotFoundException',
        `there is no checkpoint in "${jobFolder}" to make a savepoint of`,
      );
    const isShown = found.manifest.isLast && !isKilled;
    const holds = !isShown && Object.values(found.manifest.sinks).some((token) => token !== null);
    if (holds) files.createWhole(join(jobFolder, heldMarkName), new Uint8Array());
    return await savepointIn(files, found, { path, among }, isShown);
  } finally {
    await lock.release();
  }
}

/**
 * Copies a checkpoint into the folder `path`, or a new one `among` others; the folder. `isShown`: see `makeSavepoint`.
 * @throws StreamError where something is in the folder already; DamagedPages
 */
export async function savepointIn(
  files: StreamFiles,
  found: Pick<FoundCheckpoint, 'folder' | 'manifest'>,
  { path, among }: { readonly path: string | null; readonly among: string },
  isShown: boolean,
): Promise<string> {
  const target = path ?? unusedFolder(files, join(among, savepointName(found.manifest)));
  if (files.list(target).length > 0)
    throw new StreamError('ResourceInUseException', `there is something in "${target}" already`, {
      help: 'a savepoint has a folder of its own',
    });
  try {
    await makeSavepoint(files, found, target, isShown);
  } catch (error) {
    // Half of it would keep the room that is missing, and stand in the way of another.
    for (const name of files.list(target)) await files.remove(join(target, name)).catch(() => {});
    throw error;
  }
  return target;
}

/** `sums-000019` */
function savepointName({ job, epoch }: Manifest): string {
  const readable = (job.name ?? job.folder).replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60);
  return `${readable}-${String(epoch).padStart(6, '0')}`;
}

function unusedFolder(files: StreamFiles, wanted: string): string {
  for (let number = 1; ; number++) {
    const path = number === 1 ? wanted : `${wanted}-${number}`;
    if (files.list(path).length === 0) return path;
  }
}

/**
 * Copies a checkpoint into a folder of its own, where nothing cleans it: its pages, each once, packed into one file, and
 * the manifest last. `isShown`: the sinks have shown all that it holds, and begin anew from it.
 *
 * ```
 * chk-000007.json   as of any checkpoint
 * pages-000007      packed blocks (page-blob.ts)
 * ```
 * @throws DamagedPages
 */
async function makeSavepoint(
  files: StreamFiles,
  { folder, manifest }: Pick<FoundCheckpoint, 'folder' | 'manifest'>,
  target: string,
  isShown: boolean,
): Promise<void> {
  await files.makeFolder(target);
  const pages = await copyPages(files, folder, manifest, target);
  await files.syncFolder(target);
  const sinks = isShown ? {} : manifest.sinks;
  await storeManifest(files, target, { ...manifest, isLast: isShown, pages: [pages], sinks });
  await files.syncFolder(dirname(target));
}

async function copyPages(
  files: StreamFiles,
  folder: string,
  { pages, epoch }: Manifest,
  target: string,
): Promise<PageFile> {
  // Of a page the newest copy counts.
  const newest = new Map<number, PageFile>();
  for (const file of pages) eachPage(files, folder, file, (page) => newest.set(page, file));
  const name = pagesNameOf(epoch);
  await files.remove(join(target, name));
  const written = files.create(join(target, name));
  let bytes = 0;
  try {
    const block = new PageBlock();
    const blocks: Uint8Array[] = [];
    const flush = async (): Promise<void> => {
      for (const each of blocks.splice(0)) {
        await written.write(each, bytes);
        bytes += each.length;
      }
    };
    for (const file of pages) {
      eachPage(files, folder, file, (page, from, at) => {
        if (newest.get(page) !== file) return;
        block.add(page, 1, from, at);
        if (block.room > 0) return;
        blocks.push(packedBlock(block.take()));
      });
      await flush();
    }
    if (!block.isEmpty) blocks.push(packedBlock(block.take()));
    await flush();
    await written.sync();
  } finally {
    written.close();
  }
  return { name, bytes };
}
