import { crc32 } from 'node:zlib';
import { evenRanges, type HashKeyRange, parseHashKey } from './hash-keys.ts';
import type { SequenceShard } from './sequence-number.ts';
import { StreamError } from './stream-error.ts';

/** What a stream is, beside its records: one small file that is replaced as a whole. */
export interface StreamMetadata {
  readonly name: string;
  readonly createdMs: number;
  readonly retentionHours: number;
  /** Records that came before are not readable, also when the retention is raised again. */
  readonly horizonFloorMs: number;
  /** Shards are numbered upward for ever. */
  readonly nextShardIndex: number;
  readonly shards: readonly ShardMetadata[];
}

export interface ShardMetadata extends SequenceShard, HashKeyRange {
  /** Indexes of the shards it came from: none, one (a split), or two (a merge, the lower first). */
  readonly parents: readonly number[];
  /** Null while the shard is open. */
  readonly closed: { readonly atMs: number; readonly lastRecordIndex: number } | null;
}

export const retentionHoursMin = 24;
export const retentionHoursMax = 8760;
/** Kinesis' default for an account is 10,000 as well. */
export const shardsMax = 10_000;

export function shardId(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}

/** `shardId-000000000003`; as in Kinesis also `shardId-3` and `3`. */
export function parseShardId(text: string): number {
  const digits = /^(?:shardId-)?0*(\d{1,12})$/.exec(text);
  if (digits === null) {
    throw new StreamError(
      'ValidationException',
      `value '${text}' at 'shardId' failed to satisfy constraint: a shard id`,
    );
  }
  return Number(digits[1]);
}

/** @throws StreamError InvalidArgumentException */
export function checkRetention(hours: number): void {
  if (Number.isInteger(hours) && hours >= retentionHoursMin && hours <= retentionHoursMax) return;
  throw new StreamError(
    'InvalidArgumentException',
    `a retention of ${hours} hours is not between ${retentionHoursMin} and ${retentionHoursMax}`,
  );
}

export function newStream(
  name: string,
  shardCount: number,
  nowMs: number,
  retentionHours = retentionHoursMin,
): StreamMetadata {
  const createdSeconds = Math.floor(nowMs / 1000);
  return {
    name,
    createdMs: nowMs,
    retentionHours,
    horizonFloorMs: 0,
    nextShardIndex: shardCount,
    shards: evenRanges(shardCount).map((range, index) => ({
      ...range,
      index,
      createdSeconds,
      parents: [],
      closed: null,
    })),
  };
}

/** Where a shard ends when it is closed now. */
export interface ShardEnd {
  readonly shard: ShardMetadata;
  readonly lastRecordIndex: number;
}

/** The metadata with one shard closed and its two children open. */
export function withSplit(
  metadata: StreamMetadata,
  { shard, lastRecordIndex }: ShardEnd,
  newStartingHashKey: bigint,
  nowMs: number,
): StreamMetadata {
  const { startingHashKey, endingHashKey } = shard;
  if (newStartingHashKey <= startingHashKey + 1n || newStartingHashKey >= endingHashKey) {
    throw new StreamError(
      'InvalidArgumentException',
      `NewStartingHashKey ${newStartingHashKey} is not within ${shardId(shard.index)}: expected more than ${startingHashKey + 1n} and less than ${endingHashKey}`,
    );
  }
  return withChildren(metadata, [{ shard, lastRecordIndex }], nowMs, [
    { startingHashKey, endingHashKey: newStartingHashKey - 1n },
    { startingHashKey: newStartingHashKey, endingHashKey },
  ]);
}

/** The metadata with two adjacent shards closed and their child open. */
export function withMerge(metadata: StreamMetadata, first: ShardEnd, second: ShardEnd, nowMs: number): StreamMetadata {
  const [low, high] = first.shard.startingHashKey < second.shard.startingHashKey ? [first, second] : [second, first];
  if (low.shard.endingHashKey + 1n !== high.shard.startingHashKey) {
    throw new StreamError(
      'InvalidArgumentException',
      `${shardId(first.shard.index)} and ${shardId(second.shard.index)} are not adjacent`,
    );
  }
  return withChildren(metadata, [low, high], nowMs, [
    { startingHashKey: low.shard.startingHashKey, endingHashKey: high.shard.endingHashKey },
  ]);
}

function withChildren(
  metadata: StreamMetadata,
  parents: readonly ShardEnd[],
  nowMs: number,
  ranges: readonly HashKeyRange[],
): StreamMetadata {
  // A child is later than its parents by its sequence numbers too, which hold whole seconds.
  const createdSeconds = Math.max(Math.floor(nowMs / 1000), ...parents.map(({ shard }) => shard.createdSeconds + 1));
  const ends = new Map(parents.map(({ shard, lastRecordIndex }) => [shard.index, lastRecordIndex]));
  const kept = metadata.shards.map((shard): ShardMetadata => {
    const lastRecordIndex = ends.get(shard.index);
    return lastRecordIndex === undefined ? shard : { ...shard, closed: { atMs: nowMs, lastRecordIndex } };
  });
  const children = ranges.map(
    (range, at): ShardMetadata => ({
      ...range,
      index: metadata.nextShardIndex + at,
      createdSeconds,
      parents: parents.map(({ shard }) => shard.index),
      closed: null,
    }),
  );
  return {
    ...metadata,
    nextShardIndex: metadata.nextShardIndex + children.length,
    shards: [...kept, ...children],
  };
}

/** Before this time nothing is readable. */
export function horizonMs({ retentionHours, horizonFloorMs }: StreamMetadata, nowMs: number): number {
  return Math.max(horizonFloorMs, nowMs - retentionHours * 3_600_000);
}

/** The metadata's file: JSON, and a line with its checksum. */
export function writeMetadata(metadata: StreamMetadata): Uint8Array {
  const json = JSON.stringify(
    { format: 1, ...metadata },
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    1,
  );
  return Buffer.from(`${json}\n${crc32(json).toString(16).padStart(8, '0')}\n`);
}

/** @throws StreamError where the bytes are not what was written */
export function readMetadata(bytes: Uint8Array, file: string): StreamMetadata {
  const text = Buffer.from(bytes).toString('utf8');
  const jsonEnd = text.lastIndexOf('\n', text.length - 2);
  const json = text.slice(0, Math.max(0, jsonEnd));
  if (crc32(json).toString(16).padStart(8, '0') !== text.slice(jsonEnd + 1).trimEnd()) {
    throw new StreamError('InternalFailureException', `${file} is damaged: its checksum does not fit`);
  }
  const parsed = JSON.parse(json) as StoredMetadata;
  if (parsed.format !== 1) {
    throw new StreamError(
      'InternalFailureException',
      `${file} has format ${parsed.format}, which this version does not know`,
    );
  }
  const { name, createdMs, retentionHours, horizonFloorMs, nextShardIndex } = parsed;
  return {
    name,
    createdMs,
    retentionHours,
    horizonFloorMs,
    nextShardIndex,
    shards: parsed.shards.map((shard) => ({
      ...shard,
      startingHashKey: parseHashKey(shard.startingHashKey, 'startingHashKey'),
      endingHashKey: parseHashKey(shard.endingHashKey, 'endingHashKey'),
    })),
  };
}

interface StoredMetadata extends Omit<StreamMetadata, 'shards'> {
  readonly format: number;
  readonly shards: readonly (Omit<ShardMetadata, keyof HashKeyRange> & {
    readonly startingHashKey: string;
    readonly endingHashKey: string;
  })[];
}
