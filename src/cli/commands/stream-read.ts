import { systemClock } from '../../runtime/clock.ts';
import { type Frame, recordData, recordKey } from '../../streams/segment-format.ts';
import { sequenceNumber } from '../../streams/sequence-number.ts';
import type { StartPosition, Stream } from '../../streams/stream.ts';
import { type ShardMetadata, shardId } from '../../streams/stream-metadata.ts';
import { type ReadPlan, readStream } from '../../streams/stream-reader.ts';
import { exitCode } from '../exit-codes.ts';
import { Interrupts } from '../interrupts.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { type StoreOptions, withStreams } from './stream.ts';

export interface ReadOptions extends StoreOptions {
  readonly shard?: string;
  readonly from: string;
  readonly follow?: boolean;
  readonly limit: number;
  readonly format: 'data' | 'json';
}

/** `tidemark stream read`: shard by shard, parents before their children; with `--follow` for ever. */
export function read(name: string, options: ReadOptions, out: Terminal, err: Terminal): Promise<number> {
  const position = positionOf(options);
  return withStreams(options, err, async (store) => {
    const reader = new Reader(store.stream(name), position, options, out);
    const interrupts = new Interrupts(() => reader.stop());
    try {
      await reader.run();
    } finally {
      interrupts.close();
    }
    return interrupts.code ?? exitCode.ok;
  });
}

function positionOf({ from, shard }: ReadOptions): StartPosition {
  const upper = from.toUpperCase();
  if (upper === 'TRIM_HORIZON' || upper === 'LATEST') return { type: upper };
  if (/^\d{40,}$/.test(from)) {
    if (shard === undefined) throw new UsageError('a sequence number is one of a shard', 'name it: --shard ID');
    return { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: from };
  }
  const timestampMs = Date.parse(from);
  if (!Number.isNaN(timestampMs)) return { type: 'AT_TIMESTAMP', timestampMs };
  throw new UsageError(
    `"${from}" is no position`,
    'there are: TRIM_HORIZON, LATEST, a time such as 2024-05-01T12:00:00Z, a sequence number',
  );
}

class Reader {
  readonly #stream: Stream;
  readonly #plan: ReadPlan;
  readonly #options: ReadOptions;
  readonly #out: Terminal;
  readonly #stop = new AbortController();
  #left: number;

  constructor(stream: Stream, position: StartPosition, options: ReadOptions, out: Terminal) {
    this.#stream = stream;
    this.#plan = { position, shard: options.shard ?? null, follow: options.follow === true };
    this.#options = options;
    this.#out = out;
    this.#left = options.limit;
  }

  stop(): void {
    this.#stop.abort();
  }

  async run(): Promise<void> {
    if (this.#left <= 0) return;
    for await (const { shard, frame, from, to } of readStream(
      this.#stream,
      this.#plan,
      systemClock.wait,
      this.#stop.signal,
    )) {
      const end = Math.min(to, from + this.#left);
      for (let record = from; record < end; record++) this.#write(shard, frame, record);
      this.#left -= end - from;
      if (this.#left <= 0) return;
      await this.#out.drained();
    }
  }

  #write(shard: ShardMetadata, frame: Frame, record: number): void {
    const data = recordData(frame, record).toString();
    if (this.#options.format === 'data') {
      this.#out.write(`${data}\n`);
      return;
    }
    const line = {
      shardId: shardId(shard.index),
      sequenceNumber: sequenceNumber(shard, frame.firstIndex + record, frame.arrivalMs),
      approximateArrivalTimestamp: new Date(frame.arrivalMs).toISOString(),
      partitionKey: recordKey(frame, record),
      data,
    };
    this.#out.write(`${JSON.stringify(line)}\n`);
  }
}
