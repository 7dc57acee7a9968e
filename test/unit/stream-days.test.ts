import { expect, test } from 'vitest';
import { recordData } from '../../src/streams/segment-format.ts';
import type { ShardCursor } from '../../src/streams/shard-cursor.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { type ShardMetadata, shardId } from '../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';
import { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';

const hourMs = 3_600_000;
const recordsAnHour = 40;

/** Follows a stream through splits and merges: a shard is read when its parents have ended. */
class Follower {
  readonly #stream: Stream;
  readonly #open = new Map<number, ShardCursor>();
  readonly #seen = new Set<number>();
  count = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Cursors that it holds. */
  get cursors(): number {
    return this.#open.size;
  }

  read(): void {
    for (let more = true; more; ) {
      for (const shard of this.#stream.metadata.shards) this.#begin(shard);
      more = [...this.#open].map(([index, cursor]) => this.#readShard(index, cursor)).includes(true);
    }
  }

  #begin({ index, parents }: ShardMetadata): void {
    if (this.#seen.has(index) || parents.some((parent) => this.#open.has(parent))) return;
    this.#seen.add(index);
    this.#open.set(index, this.#stream.cursor(shardId(index), { type: 'TRIM_HORIZON' }));
  }

  /** Whether the shard has ended, so that others may begin. */
  #readShard(index: number, cursor: ShardCursor): boolean {
    for (;;) {
      const read = cursor.read();
      if (read.kind === 'idle') return false;
      if (read.kind === 'end') {
        this.#open.delete(index);
        return true;
      }
      for (const { frame, from, to } of read.frames) {
        for (let record = from; record < to; record++) {
          expect(recordData(frame, record).toString()).toMatch(/^record \d+$/);
          this.count++;
        }
      }
    }
  }
}

test('a stream that is written, read, split and merged for weeks stays as large as it was after a day', async () => {
  const random = new Random(11);
  const files = new SimulatedDisk(random);
  const time = { nowMs: 1_700_000_000_000 };
  const environment = new SimulatedMachine({ files, random, time, pid: 1, alive: new Set([1]) });
  const store = new StreamStore('/s', { segmentBytesMax: 1000 }, environment);
  const stream = await store.createStream('s', 2);
  const follower = new Follower(stream);
  let put = 0;
  const days: { files: number; shards: number; cursors: number }[] = [];
  for (let hour = 1; hour <= 21 * 24; hour++) {
    const entries = Array.from({ length: recordsAnHour }, () => {
      put++;
      return { data: Buffer.from(`record ${put}`), partitionKey: `key ${put}` };
    });
    await stream.putRecords(entries);
    follower.read();
    if (hour % 6 === 0) await reshard(stream);
    time.nowMs += hourMs;
    if (hour % 24 === 0) {
      const { shards } = stream.metadata;
      days.push({ files: files.paths().length, shards: shards.length, cursors: follower.cursors });
    }
  }
  follower.read();
  expect(follower.count).toBe(put);
  const [, second, ...later] = days;
  for (const day of later) {
    expect(day.files).toBeLessThanOrEqual((second?.files ?? 0) * 1.2);
    expect(day.shards).toBeLessThanOrEqual((second?.shards ?? 0) + 2);
    expect(day.cursors).toBeLessThanOrEqual(3);
  }
  await store.close();
});

/** Two open shards become three, and three two. */
async function reshard(stream: Stream): Promise<void> {
  const open = stream.metadata.shards
    .filter(({ closed }) => closed === null)
    .sort((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1));
  const [first, second] = open;
  if (first === undefined || second === undefined) throw new Error('two shards are open, or three');
  const middle = (first.startingHashKey + first.endingHashKey) / 2n;
  if (open.length > 2) await stream.mergeShards(shardId(first.index), shardId(second.index));
  else await stream.splitShard(shardId(first.index), middle);
}
