import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedStreams } from '../src/streams/shared-streams.ts';
import type { Stream } from '../src/streams/stream.ts';

/** A stream of its own in a folder that goes afterwards. */
export async function withStream<T>(work: (folder: string, stream: Stream) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  const shared = sharedStreams(folder);
  try {
    return await work(folder, await shared.store.createStream('events', 1));
  } finally {
    await shared.release();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The stream as the table `events`, from its oldest record on. */
export function eventsTable(folder: string): string {
  return `CREATE TABLE events (k INT, ts BIGINT, t AS TO_TIMESTAMP_LTZ(ts, 3), WATERMARK FOR t AS t - INTERVAL '0.001' SECOND) WITH ('connector' = 'kinesis',
    'stream.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/events', 'aws.endpoint' = '${folder}', 'format' = 'json',
    'source.init.position' = 'TRIM_HORIZON');`;
}
