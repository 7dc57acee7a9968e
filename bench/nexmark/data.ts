import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { nexmarkFiles } from '../json/nexmark-files.ts';
import { madeOnce } from '../made-once.ts';
import { flinkTools } from './flink.ts';

/** Where the events of a run lie. */
export interface NexmarkData {
  /** As `queries/nexmark/setup.sql` reads them: events/ and side-input.csv. */
  readonly folder: string;
  /** As Flink's runner reads them; the same bytes. Null where there is none. */
  readonly flinkFolder: string | null;
}

/** So many events at 10,000 a second, in one file. */
export function nexmarkData(events: number): NexmarkData {
  const tools = flinkTools();
  if (tools === null) return { folder: nexmarkFiles(events), flinkFolder: null };
  const folder = madeOnce(`nexmark-flink-${events}`, (part) => {
    const shards = ['--split', '2', '--by', 'event'];
    execFileSync(process.execPath, [tools.generator, '--events', String(events), '--out', part, ...shards]);
    mkdirSync(join(part, 'events'));
    linkSync(join(part, 'events.jsonl'), join(part, 'events/shard-0.jsonl'));
    linkSync(join(part, 'side_input.csv'), join(part, 'side-input.csv'));
  });
  return { folder, flinkFolder: folder };
}
