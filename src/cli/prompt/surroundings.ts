import { readdirSync } from 'node:fs';
import { defaultStreamsFolder } from '../../streams/default-folder.ts';
import { StreamStore } from '../../streams/stream-store.ts';
import type { Surroundings } from './completion/option-candidates.ts';

/** Streams and files as the machine has them; what cannot be read is not completed. */
export const machineSurroundings: Surroundings = {
  streams: (folder) => orNone(() => new StreamStore(folder ?? defaultStreamsFolder).listStreams()),
  files: (path) => orNone(() => filesFrom(path)),
};

/** Names that go on from a path, as it is written: `queries/cl` to `queries/clickstream/`. Hidden ones must be begun. */
function filesFrom(path: string): string[] {
  const start = path.slice(path.lastIndexOf('/') + 1);
  const folder = path.slice(0, path.length - start.length);
  return readdirSync(folder === '' ? '.' : folder, { withFileTypes: true })
    .filter(({ name }) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort();
}

function orNone(names: () => string[]): string[] {
  try {
    return names();
  } catch {
    return [];
  }
}
