import { writeNexmarkFiles } from '../../queries/nexmark/generator/write-files.ts';
import { madeOnce } from '../made-once.ts';

/** The folder of so many Nexmark events, of 334 bytes on average, in one file. */
export function nexmarkFiles(events: number): string {
  return madeOnce(`nexmark-${events}`, (part) => writeNexmarkFiles({ folder: part, events, rate: 10_000, shards: 1 }));
}
