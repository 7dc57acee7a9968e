import { shardId } from '../../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../../src/streams/stream-store.ts';
import { Random } from '../streams/random.ts';

/**
 * Puts, splits and merges for ever, and says of each record where it is once it is acknowledged: `shard number text`.
 * The texts begin with what the caller gives, so that those of several lives differ.
 */
const [, , folder = '', seed = '0', prefix = ''] = process.argv;
const random = new Random(Number(seed));
const stream = new StreamStore(folder, { segmentBytesMax: 20_000 }).stream('s');
await stream.startWriting();

let count = 0;
for (;;) {
  const puts = Array.from({ length: 1 + random.int(4) }, async () => {
    const entries = Array.from({ length: 1 + random.int(30) }, () => ({
      data: Buffer.from(`${prefix}-${count++}-${'x'.repeat(random.int(100))}`),
      partitionKey: `key ${random.int(20)}`,
    }));
    const { records } = await stream.putRecords(entries);
    const lines = records.map((record, at) =>
      'errorCode' in record ? '' : `${record.shardId} ${record.sequenceNumber} ${entries[at]?.data.toString()}\n`,
    );
    process.stdout.write(lines.join(''));
  });
  await Promise.all([...puts, random.chance(0.1) ? reshard() : null]);
}

async function reshard(): Promise<void> {
  const open = stream.metadata.shards
    .filter(({ closed }) => closed === null)
    .sort((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1));
  const at = random.int(open.length);
  const [shard, next] = [open[at], open[at + 1]];
  if (shard === undefined) return;
  if (next !== undefined && open.length > 3) {
    await stream.mergeShards(shardId(shard.index), shardId(next.index));
  } else {
    await stream.splitShard(shardId(shard.index), (shard.startingHashKey + shard.endingHashKey) / 2n);
  }
}
