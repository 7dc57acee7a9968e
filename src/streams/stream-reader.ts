import type { FrameSlice, ShardCursor } from './shard-cursor.ts';
import type { StartPosition, Stream } from './stream.ts';
import { type ShardMetadata, shardId } from './stream-metadata.ts';

/** What is read of a stream. */
export interface ReadPlan {
  readonly position: StartPosition;
  /** The one shard that is read; null: all, and their children. */
  readonly shard: string | null;
  /** Whether it goes on with what comes; else it ends with what there is at the start. */
  readonly follow: boolean;
}

/** Waits so long, or until the signal is aborted. */
type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** Records of one shard; valid until the next ones are asked for. */
export interface ShardRecords extends FrameSlice {
  readonly shard: ShardMetadata;
}

interface OpenShard {
  readonly shard: ShardMetadata;
  readonly cursor: ShardCursor;
  hasEnded: boolean;
}

/** Without watches (some file systems have none) it is looked this often for more. */
const lookAgainMs = 1000;

/**
 * Reads a stream's shards in turn, parents before their children. State: a cursor a shard; nothing is read ahead.
 * @throws StreamError for a shard or a position that is none, DamagedSegmentError for what is not what was written
 */
export async function* readStream(
  stream: Stream,
  { position, shard: only, follow }: ReadPlan,
  wait: Wait,
  signal: AbortSignal,
): AsyncGenerator<ShardRecords> {
  const open = new Map<number, OpenShard>();
  let news = new AbortController();
  const stopListening = stream.subscribe(() => news.abort());
  const add = (shard: ShardMetadata, from: StartPosition): void => {
    const cursor = stream.cursor(shardId(shard.index), from, follow ? undefined : stream.presentEnd(shard));
    open.set(shard.index, { shard, cursor, hasEnded: false });
  };
  stream.refresh();
  try {
    for (const shard of only === null ? firstShards(stream, position) : [stream.shard(only)]) add(shard, position);
    while (open.size > 0 && !signal.aborted) {
      // What comes from here on is not missed.
      news = new AbortController();
      let hasNews = false;
      for (const each of open.values()) {
        if (each.shard.parents.some((parent) => open.has(parent))) continue;
        // Shards that grow have turns, so that none is left behind; others are read one behind the other.
        let isOn = true;
        while (isOn) {
          const read = each.cursor.read();
          hasNews ||= read.kind !== 'idle';
          each.hasEnded = read.kind === 'end';
          for (const slice of read.kind === 'frames' ? read.frames : []) {
            yield { shard: each.shard, ...slice };
            if (signal.aborted) return;
          }
          isOn = read.kind === 'frames' && !follow;
        }
      }
      stream.refresh();
      if (follow && only === null) for (const shard of newChildren(stream, open)) add(shard, { type: 'TRIM_HORIZON' });
      for (const [index, { hasEnded }] of open) if (hasEnded) open.delete(index);
      if (!hasNews) await wait(lookAgainMs, AbortSignal.any([signal, news.signal]));
    }
  } finally {
    stopListening();
    for (const { cursor } of open.values()) cursor.close();
  }
}

/** Those that are there at the start, parents first: they have lower numbers. */
function firstShards({ metadata: { shards } }: Stream, { type }: StartPosition): readonly ShardMetadata[] {
  return type === 'LATEST' ? shards.filter(({ closed }) => closed === null) : shards;
}

function newChildren({ metadata: { shards } }: Stream, open: ReadonlyMap<number, OpenShard>): readonly ShardMetadata[] {
  return shards.filter(({ index, parents }) => !open.has(index) && parents.some((parent) => open.has(parent)));
}
