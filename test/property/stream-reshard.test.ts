import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SharedStreams, sharedStreams } from '../../src/streams/shared-streams.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { shardId } from '../../src/streams/stream-metadata.ts';
import { LiveQuery } from '../support/streams/live-query.ts';
import { Random } from '../support/streams/random.ts';

const runs = process.env.TIDEMARK_FUZZ_RUNS === undefined ? 8 : Number(process.env.TIDEMARK_FUZZ_RUNS) / 2000;

let folder = '';
let shared: SharedStreams;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-reshard-'));
  shared = sharedStreams(folder);
});
afterAll(async () => {
  await shared.release();
  rmSync(folder, { recursive: true, force: true });
});

const windowMs = 50;

/** Records with a number that is their time too, so that any record that is read before its turn makes others late. */
function sql(name: string, query: string, options = ''): string {
  return `CREATE TABLE t (k STRING, n BIGINT, ts AS TO_TIMESTAMP_LTZ(n, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kinesis',
    'stream.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/${name}', 'aws.endpoint' = '${folder}',
    'format' = 'json', 'source.init.position' = 'TRIM_HORIZON'${options});
    ${query}`;
}

const windows = `SELECT COUNT(*), MIN(n), MAX(n) FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '0.050' SECOND)
  GROUP BY window_start, window_end;`;

/** The rows of the windows over the numbers from 0 on, as many as there are. */
function expectedWindows(count: number): string[][] {
  return Array.from({ length: Math.ceil(count / windowMs) }, (_, at) => {
    const last = Math.min(count, (at + 1) * windowMs) - 1;
    return [`${last - at * windowMs + 1}`, `${at * windowMs}`, `${last}`];
  });
}

/** Puts so many records while the stream is split and merged at random; gives how many. */
async function feed(stream: Stream, random: Random): Promise<number> {
  let count = 0;
  for (let step = 0; step < 30; step++) {
    const entries = Array.from({ length: 1 + random.int(30) }, () => {
      const k = `key ${random.int(12)}`;
      return { data: Buffer.from(JSON.stringify({ k, n: count++ })), partitionKey: k };
    });
    await stream.putRecords(entries);
    const open = stream.metadata.shards
      .filter(({ closed }) => closed === null)
      .sort((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1));
    if (random.chance(0.25) && open.length < 6) {
      const { index, startingHashKey, endingHashKey } = random.pick(open);
      await stream.splitShard(shardId(index), (startingHashKey + endingHashKey) / 2n);
    } else if (random.chance(0.25) && open.length > 1) {
      const at = random.int(open.length - 1);
      await stream.mergeShards(shardId(open[at]?.index ?? 0), shardId(open[at + 1]?.index ?? 0));
    }
    // Sometimes the readers get a turn between, sometimes several changes meet them at once.
    if (random.chance(0.4)) await new Promise((resolve) => setTimeout(resolve, random.int(4)));
  }
  return count;
}

describe('a reader during random splits and merges', () => {
  test.each(Array.from({ length: runs }, (_, seed) => seed))(
    'sees every record once, parents first, and none is late: seed %i',
    async (seed) => {
      const random = new Random(seed);
      const stream = await shared.store.createStream(`s${seed}`, 1 + random.int(3));
      const rows = new LiveQuery(sql(stream.name, 'SELECT k, n FROM t;'));
      // Batch by batch there are many moments at which a change may meet it.
      const live = new LiveQuery(sql(stream.name, windows), { 'tidemark.batch-size': random.pick(['1', '8192']) });
      const count = await feed(stream, random);
      await rows.until(count);
      await rows.cancel();
      await live.cancel();
      const numbers = rows.rows.map(([, n]) => Number(n));
      expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n));
      // Of one key in the order of its putting, over all the shards that it went through.
      const last = new Map<string, number>();
      for (const [k = '', n] of rows.rows) {
        expect(Number(n)).toBeGreaterThan(last.get(k) ?? -1);
        last.set(k, Number(n));
      }
      // Windows that closed while the stream was split and merged had all their rows.
      expect(live.summary?.lateRows).toBe(0);
      expect(live.rows).toEqual(expectedWindows(count).slice(0, live.rows.length));

      const again = new LiveQuery(sql(stream.name, windows, ", 'source.end.position' = 'LATEST'"));
      await again.end();
      expect(again.rows).toEqual(expectedWindows(count));
      expect(again.summary).toMatchObject({ lateRows: 0, events: count, shards: stream.metadata.shards.length });
    },
  );
});
