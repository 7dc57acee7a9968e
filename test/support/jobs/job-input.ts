import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamStore } from '../../../src/streams/stream-store.ts';
import { Random } from '../streams/random.ts';

/** Where the streams are that jobs read, in the folder in which they run. */
export const inputStreams = 'input';

/** Makes the tables' files, and streams of the same: some disorder, keys that come often and keys that come once. */
export async function writeInput(folder: string, store: StreamStore, rows: number, seed: number): Promise<void> {
  const random = new Random(seed);
  for (const table of ['events', 'others']) {
    await mkdir(join(folder, table), { recursive: true });
    const shards = [0, 1].map((shard) => linesOf(shard, rows, random));
    for (const [shard, lines] of shards.entries())
      await writeFile(join(folder, table, `${shard}.json`), `${lines.join('\n')}\n`);
    await putLines(store, table, shards);
  }
}

function linesOf(shard: number, rows: number, random: Random): string[] {
  return Array.from({ length: rows }, (_, row) => {
    const ms = Date.UTC(2024, 0, 1) + row * 10 - random.int(900);
    const ts = new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
    const k = random.int(random.chance(0.5) ? 10 : 200);
    const name = `name ${random.int(300)} ${'x'.repeat(random.int(40))}`;
    return JSON.stringify({ id: row * 2 + shard, ts, k, v: random.int(100), name });
  });
}

/** Makes a stream with a shard of each list of lines, in their order. */
export async function putLines(
  store: StreamStore,
  name: string,
  shards: readonly (readonly string[])[],
): Promise<void> {
  const stream = await store.createStream(name, shards.length);
  for (const [at, lines] of shards.entries()) {
    const explicitHashKey = stream.metadata.shards[at]?.startingHashKey.toString();
    for (let from = 0; from < lines.length; from += 500) {
      const entries = lines
        .slice(from, from + 500)
        .map((line) => ({ data: Buffer.from(line), partitionKey: 'k', explicitHashKey }));
      const { failure } = await stream.putRecords(entries, 'system');
      if (failure !== null) throw failure;
    }
  }
  await stream.close();
}

/** The options of a table over a stream that jobs read, to its present end. */
export function inputStreamOptions(name: string): string {
  return [
    "'connector' = 'kinesis'",
    `'stream.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/${name}'`,
    "'aws.region' = 'us-east-1'",
    `'aws.endpoint' = '${inputStreams}'`,
    "'source.init.position' = 'TRIM_HORIZON'",
    "'source.end.position' = 'LATEST'",
    "'format' = 'json'",
  ].join(', ');
}
