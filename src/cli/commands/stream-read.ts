import { type Frame, recordData, recordKey } from '../../streams/segment-format.ts';
import { sequenceNumber } from '../../streams/sequence-number.ts';
import type { ShardCursor } from '../../streams/shard-cursor.ts';
import type { StartPosition, Stream } from '../../streams/stream.ts';
import { type ShardMetadata, shardId } from '../../streams/stream-metadata.ts';
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

/** Without watches (some file systems have none) it is looked this often for more. */
const lookAgainMs = 1000;

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

interface OpenShard {
  readonly shard: ShardMetadata;
  readonly cursor: ShardCursor;
  hasEnded: boolean;
}

class Reader {
  readonly #stream: Stream;
  readonly #position: StartPosition;
  readonly #options: ReadOptions;
  readonly #out: Terminal;
  readonly #shards = new Map<number, OpenShard>();
  #left: number;
  #isStopped = false;
  #wake: () => void = () => {};

  constructor(stream: Stream, position: StartPosition, options: ReadOptions, out: Terminal) {
    this.#stream = stream;
    this.#position = position;
    this.#options = options;
    this.#out = out;
    this.#left = options.limit;
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  async run(): Promise<void> {
    const { shard, follow } = this.#options;
    let hasNews = true;
    const stopListening = this.#stream.subscribe(() => {
      hasNews = true;
      this.#wake();
    });
    const first = shard === undefined ? this.#first() : [this.#stream.shard(shard)];
    for (const each of first) this.#open(each, this.#position);
    try {
      while (!this.#isStopped && this.#left > 0) {
        hasNews = false;
        await this.#readAll();
        if (follow !== true) return;
        if (shard === undefined) this.#openChildren();
        else if ([...this.#shards.values()].every(({ hasEnded }) => hasEnded)) return;
        if (!hasNews && !this.#isStopped) await this.#news();
        this.#stream.refresh();
      }
    } finally {
      stopListening();
      for (const { cursor } of this.#shards.values()) cursor.close();
    }
  }

  /** Shards that are there at the start, parents first: they have lower numbers. */
  #first(): readonly ShardMetadata[] {
    const { shards } = this.#stream.metadata;
    return this.#position.type === 'LATEST' ? shards.filter(({ closed }) => closed === null) : shards;
  }

  #open(shard: ShardMetadata, position: StartPosition): void {
    this.#shards.set(shard.index, {
      shard,
      cursor: this.#stream.cursor(shardId(shard.index), position),
      hasEnded: false,
    });
  }

  #openChildren(): void {
    for (const shard of this.#stream.metadata.shards) {
      const isChild = shard.parents.some((parent) => this.#shards.has(parent));
      if (isChild && !this.#shards.has(shard.index)) this.#open(shard, { type: 'TRIM_HORIZON' });
    }
  }

  async #readAll(): Promise<void> {
    for (const open of this.#shards.values()) {
      const isWaiting = open.shard.parents.some((parent) => this.#shards.get(parent)?.hasEnded === false);
      if (!open.hasEnded && !isWaiting) await this.#readShard(open);
    }
  }

  async #readShard(open: OpenShard): Promise<void> {
    while (!this.#isStopped && this.#left > 0) {
      const result = open.cursor.read();
      open.hasEnded = result.kind === 'end';
      if (result.kind !== 'frames') return;
      for (const { frame, from, to } of result.frames) {
        const end = Math.min(to, from + this.#left);
        for (let record = from; record < end; record++) this.#write(open.shard, frame, record);
        this.#left -= end - from;
      }
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

  #news(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, lookAgainMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
