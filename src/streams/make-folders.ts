import { basename, dirname } from 'node:path';
import type { StreamFiles } from './stream-environment.ts';

/** Makes a folder and those above it that are missing. `isDurable`: their names are on the disk then. */
export async function makeFolders(files: StreamFiles, folder: string, isDurable: boolean): Promise<void> {
  const missing: string[] = [];
  for (let at = folder; dirname(at) !== at && !files.list(dirname(at)).includes(basename(at)); at = dirname(at))
    missing.push(at);
  // One by one: to make all at once never ends where a parent refuses with "not there", as /proc does.
  for (const path of missing.reverse()) {
    await files.makeFolder(path);
    if (isDurable) await files.syncFolder(dirname(path));
  }
  // Where a file is in its place, it is told here.
  await files.makeFolder(folder);
}
