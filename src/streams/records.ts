import { recordData, recordKey } from './segment-format.ts';
import { sequenceNumber } from './sequence-number.ts';
import type { StartPosition, Stream } from './stream.ts';
import type { StreamClock } from './stream-environment.ts';
import { StreamError } from './stream-error.ts';
import { parseShardId, shardId } from './stream-metadata.ts';

/** A record as it is read. */
export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly approximateArrivalMs: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

export interface GetRecordsResult {
  readonly records: readonly StreamRecord[];
  /** Null at the end of a closed shard. */
  readonly nextShardIterator: string | null;
  readonly millisBehindLatest: number;
  /** At the end of a closed shard: those that go on. */
  readonly childShards: readonly { readonly shardId: string; readonly parentShards: readonly string[] }[];
}

/** Kinesis' limits of one answer. */
const recordsMax = 10_000;
const answerBytesMax = 10 * 1024 * 1024;
const iteratorLifeMs = 300_000;

interface IteratorParts {
  readonly created: number;
  readonly shard: number;
  readonly next: number;
  readonly issuedMs: number;
}

/** A place in a shard, as an opaque text that is good for five minutes. */
export function getShardIterator(stream: Stream, clock: StreamClock, shard: string, position: StartPosition): string {
  const cursor = stream.cursor(shard, position);
  let next = cursor.nextIndex;
  if (position.type === 'AT_TIMESTAMP' || position.type === 'TRIM_HORIZON') {
    // The first record since then; none yet: the one that comes.
    const read = cursor.read();
    const [first] = read.kind === 'frames' ? read.frames : [];
    next = first === undefined ? cursor.nextIndex : first.frame.firstIndex + first.from;
  }
  cursor.close();
  const { createdMs } = stream.metadata;
  return write({ created: createdMs, shard: parseShardId(shard), next, issuedMs: clock.nowMs() });
}

/**
 * The records from an iterator on.
 * @throws StreamError ExpiredIteratorException, InvalidArgumentException
 */
export function getRecords(stream: Stream, clock: StreamClock, iterator: string, limit = recordsMax): GetRecordsResult {
  if (!Number.isInteger(limit) || limit < 1 || limit > recordsMax) {
    throw new StreamError(
      'ValidationException',
      `value '${limit}' at 'limit' failed to satisfy constraint: 1 to ${recordsMax}`,
    );
  }
  const { created, shard: index, next, issuedMs } = parse(iterator);
  const nowMs = clock.nowMs();
  if (created !== stream.metadata.createdMs) {
    throw new StreamError('InvalidArgumentException', `the shard iterator is not of stream "${stream.name}"`);
  }
  if (nowMs - issuedMs > iteratorLifeMs) {
    throw new StreamError('ExpiredIteratorException', 'the shard iterator is older than five minutes');
  }
  stream.refresh();
  const shard = stream.shard(shardId(index));
  const cursor = stream.cursorAt(shard, next);
  const records: StreamRecord[] = [];
  let bytes = 0;
  let nextIndex = next;
  let end: 'more' | 'idle' | 'end' = 'more';
  reading: while (end === 'more') {
    const read = cursor.read();
    if (read.kind !== 'frames') {
      end = read.kind;
      nextIndex = cursor.nextIndex;
      break;
    }
    for (const { frame, from, to } of read.frames) {
      for (let record = from; record < to; record++) {
        const data = Uint8Array.from(recordData(frame, record));
        const partitionKey = recordKey(frame, record);
        bytes += data.length + partitionKey.length;
        if (records.length === limit || (bytes > answerBytesMax && records.length > 0)) break reading;
        nextIndex = frame.firstIndex + record;
        records.push({
          sequenceNumber: sequenceNumber(shard, nextIndex, frame.arrivalMs),
          approximateArrivalMs: frame.arrivalMs,
          partitionKey,
          data,
        });
        nextIndex++;
      }
    }
  }
  cursor.close();
  const children = stream.metadata.shards.filter(({ parents }) => parents.includes(index));
  const last = records.at(-1);
  return {
    records,
    nextShardIterator: end === 'end' ? null : write({ created, shard: index, next: nextIndex, issuedMs: nowMs }),
    millisBehindLatest: end === 'more' && last !== undefined ? Math.max(0, nowMs - last.approximateArrivalMs) : 0,
    childShards:
      end === 'end'
        ? children.map((child) => ({ shardId: shardId(child.index), parentShards: child.parents.map(shardId) }))
        : [],
  };
}

function write({ created, shard, next, issuedMs }: IteratorParts): string {
  return Buffer.from(`${created}:${shard}:${next}:${issuedMs}`).toString('base64');
}

function parse(iterator: string): IteratorParts {
  const text = Buffer.from(iterator, 'base64').toString('latin1');
  const parts = /^(\d{1,15}):(\d{1,10}):(\d{1,15}):(\d{1,15})$/.exec(text);
  if (parts === null) throw new StreamError('InvalidArgumentException', 'the shard iterator is none of this service');
  const [created = 0, shard = 0, next = 0, issuedMs = 0] = parts.slice(1).map(Number);
  return { created, shard, next, issuedMs };
}
