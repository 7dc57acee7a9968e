import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNexmarkFiles } from '../../queries/nexmark/generator/write-files.ts';

/** The folder of so many Nexmark events, of 334 bytes on average, in one file; made only where it is not there yet. */
export function nexmarkFiles(events: number): string {
  const folder = join(tmpdir(), 'tidemark-bench', `nexmark-${events}`);
  if (existsSync(folder)) return folder;
  mkdirSync(join(folder, '..'), { recursive: true });
  writeNexmarkFiles({ folder: `${folder}.part`, events, rate: 10_000, shards: 1 });
  renameSync(`${folder}.part`, folder);
  return folder;
}
