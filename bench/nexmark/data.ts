import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNexmarkFiles } from '../../queries/nexmark/generator/write-files.ts';
import { flinkTools } from './flink.ts';

/** Where the events of a run lie. */
export interface NexmarkData {
  /** As `queries/nexmark/setup.sql` reads them: events/ and side-input.csv. */
  readonly folder: string;
  /** As Flink's runner reads them; the same bytes. Null where there is none. */
  readonly flinkFolder: string | null;
}

/** So many events at 10,000 a second, in one file; made only where they are not there yet. */
export function nexmarkData(events: number): NexmarkData {
  const parent = join(tmpdir(), 'tidemark-bench');
  mkdirSync(parent, { recursive: true });
  const tools = flinkTools();
  if (tools === null) {
    const folder = made(join(parent, `nexmark-${events}`), (part) =>
      writeNexmarkFiles({ folder: part, events, rate: 10_000, shards: 1 }),
    );
    return { folder, flinkFolder: null };
  }
  const folder = made(join(parent, `nexmark-flink-${events}`), (part) => {
    const shards = ['--split', '2', '--by', 'event'];
    execFileSync(process.execPath, [tools.generator, '--events', String(events), '--out', part, ...shards]);
    mkdirSync(join(part, 'events'));
    linkSync(join(part, 'events.jsonl'), join(part, 'events/shard-0.jsonl'));
    linkSync(join(part, 'side_input.csv'), join(part, 'side-input.csv'));
  });
  return { folder, flinkFolder: folder };
}

/** A folder that is there only whole. */
function made(folder: string, make: (part: string) => void): string {
  if (existsSync(folder)) return folder;
  make(`${folder}.part`);
  renameSync(`${folder}.part`, folder);
  return folder;
}
