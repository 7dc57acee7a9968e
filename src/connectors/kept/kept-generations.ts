import { putRecordsMax } from '../../streams/put-request.ts';
import { recordData } from '../../streams/segment-format.ts';
import type { Stream } from '../../streams/stream.ts';
import { StreamError } from '../../streams/stream-error.ts';
import { shardId } from '../../streams/stream-metadata.ts';
import type { StreamStore } from '../../streams/stream-store.ts';
import type { KeptBounds } from './kept-options.ts';

/** The size is bounded by letting the oldest stream go, so the last quarter of what was allowed may be gone already. */
const generationsMax = 4;

/** Of a put, and of a record, with room for what is said of them. */
const putBytesMax = 8 * 1024 * 1024;

interface Generation {
  readonly number: number;
  readonly stream: Stream;
  bytes: number;
  lastMs: number;
}

/**
 * Records in embedded streams of one shard each, `NAME.1`, `NAME.2`, ...: the newest is written, and the oldest is taken
 * away when there is too much or it is too old. A stream that another process writes is left alone: the next is begun.
 */
export class KeptGenerations {
  readonly #store: StreamStore;
  readonly #name: string;
  readonly #bounds: KeptBounds;
  #all: Generation[] | null = null;

  constructor(store: StreamStore, name: string, bounds: KeptBounds) {
    this.#store = store;
    this.#name = name;
    this.#bounds = bounds;
  }

  /** @throws StreamError where the folder cannot be written */
  async put(records: readonly Uint8Array[], nowMs: number): Promise<void> {
    this.#all ??= this.#found();
    let from = 0;
    while (from < records.length) {
      let to = from;
      let bytes = 0;
      while (to < records.length && to - from < putRecordsMax) {
        const next = records[to]?.length ?? 0;
        if (to > from && bytes + next > putBytesMax) break;
        bytes += next;
        to++;
      }
      const generation = await this.#writable(nowMs);
      const entries = records.slice(from, to).map((data) => ({ data, partitionKey: '0' }));
      const put = await generation.stream.putRecords(entries);
      for (const record of put.records) if ('errorCode' in record) throw record.cause;
      generation.bytes += bytes;
      generation.lastMs = nowMs;
      from = to;
      await this.#bound(nowMs);
    }
  }

  /** The records that are there, oldest first. */
  *records(): Generator<Uint8Array> {
    for (const { stream } of this.#found()) yield* recordsOf(stream);
  }

  #found(): Generation[] {
    const prefix = `${this.#name}.`;
    return this.#store
      .listStreams()
      .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
      .map((name) => this.#generation(Number(name.slice(prefix.length)), this.#store.stream(name)))
      .sort((a, b) => a.number - b.number);
  }

  #generation(number: number, stream: Stream): Generation {
    let bytes = 0;
    for (const record of recordsOf(stream)) bytes += record.length;
    return { number, stream, bytes, lastMs: bytes === 0 ? stream.metadata.createdMs : lastArrivalMs(stream) };
  }

  async #writable(nowMs: number): Promise<Generation> {
    const all = this.#all ?? [];
    const newest = all.at(-1);
    const isFull = newest !== undefined && newest.bytes >= this.#bounds.bytesMax / generationsMax;
    if (newest !== undefined && !isFull && (await takesWrites(newest.stream))) return newest;
    for (let number = (newest?.number ?? 0) + 1; ; number++) {
      try {
        const hours = retentionHours(this.#bounds.ageMaxMs);
        const stream = await this.#store.createStream(`${this.#name}.${number}`, 1, hours);
        const made = { number, stream, bytes: 0, lastMs: nowMs };
        all.push(made);
        return made;
      } catch (error) {
        if (!(error instanceof StreamError) || error.name !== 'ResourceInUseException') throw error;
      }
    }
  }

  async #bound(nowMs: number): Promise<void> {
    const all = this.#all ?? [];
    const total = () => all.reduce((sum, { bytes }) => sum + bytes, 0);
    while (all.length > 1) {
      const [oldest] = all;
      if (oldest === undefined) return;
      const isOld = nowMs - oldest.lastMs > this.#bounds.ageMaxMs;
      if (!isOld && total() <= this.#bounds.bytesMax) return;
      all.shift();
      try {
        await this.#store.deleteStream(`${this.#name}.${oldest.number}`);
      } catch (error) {
        // Another process writes it still, or has taken it away.
        if (!(error instanceof StreamError)) throw error;
      }
    }
  }
}

async function takesWrites(stream: Stream): Promise<boolean> {
  try {
    await stream.startWriting();
    return true;
  } catch (error) {
    if (error instanceof StreamError && error.name === 'ResourceInUseException') return false;
    throw error;
  }
}

/** Kinesis' bounds of a retention: a day to a year. */
function retentionHours(ageMs: number): number {
  return Math.max(24, Math.min(8760, Math.ceil(ageMs / 3_600_000)));
}

function* recordsOf(stream: Stream): Generator<Uint8Array> {
  stream.refresh();
  for (const shard of stream.metadata.shards) {
    const cursor = stream.cursor(shardId(shard.index), { type: 'TRIM_HORIZON' }, stream.presentEnd(shard));
    try {
      for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
        for (const { frame, from, to } of read.frames) {
          for (let record = from; record < to; record++) yield Uint8Array.from(recordData(frame, record));
        }
      }
    } finally {
      cursor.close();
    }
  }
}

function lastArrivalMs(stream: Stream): number {
  let lastMs = stream.metadata.createdMs;
  for (const shard of stream.metadata.shards) {
    const cursor = stream.cursor(shardId(shard.index), { type: 'TRIM_HORIZON' }, stream.presentEnd(shard));
    for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
      for (const { frame } of read.frames) lastMs = Math.max(lastMs, frame.arrivalMs);
    }
    cursor.close();
  }
  return lastMs;
}
