import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PutEntry } from '../../../src/streams/put-request.ts';
import type { StreamStore } from '../../../src/streams/stream-store.ts';

/** As `setup.sql` beside this file names it. */
export const streamName = 'clickstream-example';
export const shardCount = 4;

/** Kinesis' limit. */
const recordsAtOnce = 500;

const folder = fileURLToPath(new URL('../hits/', import.meta.url));

/**
 * Makes the stream anew and puts the hits on it, by address: those of an address lie in one shard, in their order.
 * The number of hits. @throws StreamError
 */
export async function putHits(store: StreamStore): Promise<number> {
  if (store.listStreams().includes(streamName)) await store.deleteStream(streamName);
  const stream = await store.createStream(streamName, shardCount);
  const entries = inOrder().map((line): PutEntry => {
    const { ip } = JSON.parse(line) as { readonly ip: string };
    return { data: Buffer.from(line), partitionKey: ip };
  });
  for (let from = 0; from < entries.length; from += recordsAtOnce) {
    const { failedRecordCount } = await stream.putRecords(entries.slice(from, from + recordsAtOnce));
    if (failedRecordCount > 0) throw new Error(`${failedRecordCount} hits could not be put`);
  }
  return entries.length;
}

/**
 * The lines of the files as a site would log them: each file in its own order, and of the files always the one whose next
 * hit is the earliest. One file after the other would put days behind each other that belong together, and every hit but
 * those of the first file would come too late.
 */
function inOrder(): string[] {
  const files = readdirSync(folder)
    .sort()
    .map((name) =>
      readFileSync(folder + name, 'utf8')
        .trimEnd()
        .split('\n'),
    );
  const queues = files.map((lines) => ({ lines, times: lines.map(timeOf), next: 0 }));
  const merged: string[] = [];
  for (;;) {
    let earliest: (typeof queues)[number] | undefined;
    for (const queue of queues) {
      const time = queue.times[queue.next];
      const best = earliest?.times[earliest.next];
      if (time !== undefined && (best === undefined || time < best)) earliest = queue;
    }
    const line = earliest?.lines[earliest.next];
    if (earliest === undefined || line === undefined) return merged;
    merged.push(line);
    earliest.next++;
  }
}

function timeOf(line: string): string {
  return (JSON.parse(line) as { readonly event_time: string }).event_time;
}
