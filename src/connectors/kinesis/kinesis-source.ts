import { fail } from '../../diagnostics/diagnostic.ts';
import type { DecoderRequest, Format } from '../../formats/format.ts';
import { formatNamed } from '../../formats/index.ts';
import type { SavedValue } from '../../memory/operator-state.ts';
import type { ScanColumn } from '../../plan/logical.ts';
import type { StartPosition, Stream } from '../../streams/stream.ts';
import { type ShardMetadata, shardId } from '../../streams/stream-metadata.ts';
import type { ShardReader, Source, SourceRequest } from '../connector.ts';
import { initialTimestampMs } from './initial-timestamp.ts';
import { KinesisShard } from './kinesis-shard.ts';
import { failAtStream, type OpenedStream, openStream, streamPlace } from './stream-of-table.ts';

/** What a checkpoint holds of the source. */
type SavedShards = {
  /** Tells a stream from another of its name; the first checkpoints had it not. */
  readonly createdMs?: number;
  readonly firstLater: number;
  readonly shards: readonly { readonly index: number; readonly next: number | null; readonly end: number | null }[];
};

/** The shards of an embedded stream. Those that a split or merge opens are read when all of their parents has been. */
export class KinesisSource implements Source {
  readonly bounded: boolean;
  readonly #request: SourceRequest;
  readonly #format: Format;
  readonly #position: StartPosition;
  readonly #decoded: readonly ScanColumn[];
  readonly #decoderRequests = new Map<string, DecoderRequest>();
  #opened: OpenedStream | null = null;
  #wake: () => void = () => {};
  #stopListening: () => void = () => {};
  /** By index. */
  readonly #shards = new Map<number, KinesisShard>();
  /** Those that have ended since the shards were last asked for. */
  readonly #ended: number[] = [];
  /** Shards from this index on appeared after the start: they are read from their beginning. */
  #firstLater = 0;
  /** Of a bounded source: what there was at the start. */
  #ends: ReadonlyMap<number, number> | null = null;
  /** Of a restart: the shards that were known, and where each goes on. */
  #saved: SavedShards | null = null;
  readonly #lost = new Set<string>();

  constructor(request: SourceRequest) {
    this.#request = request;
    const { options, columns } = request;
    const format = formatNamed(options.string('format') ?? '');
    if (format === null) throw new Error('the format was not checked');
    this.#format = format;
    this.bounded = options.string('source.end.position') === 'LATEST';
    this.#position = positionOf(request);
    this.#decoded = columns.filter(({ metadata }) => !metadata);
    // What is wrong with the options or types is told before anything is opened.
    streamPlace(request);
    this.#decoder(1, false).close();
  }

  listen(wake: () => void): void {
    this.#wake = wake;
  }

  save(positions: ReadonlyMap<ShardReader, SavedValue>): SavedValue {
    const saved: SavedShards = {
      createdMs: this.#opened?.stream.metadata.createdMs ?? 0,
      firstLater: this.#firstLater,
      shards: [...this.#shards].map(([index, reader]) => ({
        index,
        next: (positions.get(reader) ?? null) as number | null,
        end: this.#ends?.get(index) ?? null,
      })),
    };
    return saved;
  }

  async settle(): Promise<void> {
    await this.#opened?.stream.settle();
    for (const shard of this.#shards.values()) await shard.settle();
  }

  get lost(): ReadonlySet<string> {
    return this.#lost;
  }

  resume(saved: SavedValue): void {
    this.#saved = saved as SavedShards;
  }

  async open(): Promise<void> {
    const { options } = this.#request;
    const opened = openStream(this.#request);
    this.#opened = opened;
    const { stream } = opened;
    this.#stopListening = stream.subscribe(() => this.#wake());
    stream.refresh();
    try {
      if (this.#saved === null) this.#begin(stream, this.#position);
      else this.#goOn(stream, this.#saved);
    } catch (error) {
      failAtStream('F013', error, options.span('stream.arn'));
    }
  }

  async shards(): Promise<readonly ShardReader[]> {
    const shards = this.#opened?.stream.metadata.shards ?? [];
    for (const shard of shards) {
      if (shard.index < this.#firstLater || this.bounded) continue;
      this.#firstLater = shard.index + 1;
      this.#add(shard, { type: 'TRIM_HORIZON' });
    }
    // Only now: a child names its parents, also the one at whose end it is asked for.
    for (const index of this.#ended.splice(0)) this.#shards.delete(index);
    return [...this.#shards.values()];
  }

  async close(): Promise<void> {
    this.#stopListening();
    for (const shard of this.#shards.values()) await shard.close();
    for (const request of this.#decoderRequests.values()) this.#format.release?.(request);
    this.#decoderRequests.clear();
    await this.#opened?.release();
    this.#opened = null;
  }

  #begin(stream: Stream, position: StartPosition): void {
    const { shards, nextShardIndex } = stream.metadata;
    this.#firstLater = nextShardIndex;
    const first = shards.filter((shard) => isFrom(shard, position));
    if (this.bounded) this.#ends = new Map(first.map((shard) => [shard.index, stream.presentEnd(shard)]));
    // Where LATEST is, is settled now, and not when a shard is first read.
    for (const shard of first) this.#add(shard, position.type === 'LATEST' ? stream.presentEnd(shard) : position);
  }

  /** Each shard from where it was. @throws DiagnosticError F013 where the records that come next are gone */
  #goOn(stream: Stream, saved: SavedShards): void {
    const { name, createdMs, shards } = stream.metadata;
    if (saved.createdMs !== undefined && saved.createdMs !== createdMs) {
      this.#miss(
        saved.shards.map(({ index }) => index),
        `stream "${name}" is another than before the restart: it was made on ${new Date(createdMs).toISOString()}`,
      );
      this.#begin(stream, { type: 'TRIM_HORIZON' });
      return;
    }
    this.#firstLater = saved.firstLater;
    if (this.bounded)
      this.#ends = new Map(saved.shards.flatMap(({ index, end }) => (end === null ? [] : [[index, end]])));
    for (const { index, next } of saved.shards) {
      const shard = shards.find((each) => each.index === index);
      if (shard === undefined) {
        this.#miss([index], `${shardId(index)} of stream "${name}" is gone, with what was not read of it`);
        continue;
      }
      const oldest = next === null ? 0 : stream.oldest(shard);
      if (next !== null && next < oldest) {
        const count = (oldest - next).toLocaleString('en');
        this.#miss([index], `of ${shardId(index)} of stream "${name}" the next ${count} records are gone`);
        this.#add(shard, oldest);
      } else this.#add(shard, next ?? this.#positionIn(shard));
    }
  }

  /** Records are gone that the job had not read. */
  #miss(indexes: readonly number[], message: string): void {
    const { options } = this.#request;
    if (options.string('tidemark.on-data-loss') !== 'skip') {
      fail('F013', options.span('stream.arn'), message, {
        help: "start the job anew; or go on with the oldest records that are left: 'tidemark.on-data-loss' = 'skip' in the table's options",
      });
    }
    for (const index of indexes) this.#lost.add(shardId(index));
  }

  #positionIn(shard: ShardMetadata): StartPosition | number {
    return this.#position.type === 'LATEST' ? (this.#opened?.stream.presentEnd(shard) ?? 1) : this.#position;
  }

  #add(shard: ShardMetadata, from: StartPosition | number): void {
    const opened = this.#opened;
    if (opened === null) return;
    const { stream } = opened;
    const { memory, table, columns, rowsMax, options } = this.#request;
    const end = this.#ends?.get(shard.index);
    const reader = new KinesisShard({
      memory,
      table,
      shard,
      columns,
      rowsMax,
      parents: shard.parents.flatMap((parent) => this.#shards.get(parent) ?? []),
      fromIndex: typeof from === 'number' ? from : null,
      openCursor: () =>
        typeof from === 'number' ? stream.cursorAt(shard, from, end) : stream.cursor(shardId(shard.index), from, end),
      schema: columns.map(({ name, type, timeAttribute }) => ({ name, type, timeAttribute })),
      lineFeeds: this.#format.lineFeeds,
      makeDecoder: (rows, isWholeRecord) => this.#decoder(rows, isWholeRecord),
      isWatched: () => !stream.isWrittenHere,
      hasChildren: () => stream.metadata.shards.some(({ parents }) => parents.includes(shard.index)),
      span: options.span('stream.arn'),
      onMalformed: this.#request.onMalformed ?? null,
      onEnd: () => this.#ended.push(shard.index),
    });
    this.#shards.set(shard.index, reader);
  }

  #decoder(rowsMax: number, isWholeRecord: boolean) {
    const key = `${rowsMax} ${isWholeRecord}`;
    let request = this.#decoderRequests.get(key);
    if (request === undefined) {
      const { memory, options, tableColumns, columns, filter, timeZone } = this.#request;
      request = {
        memory,
        options: options.under(`${this.#format.name}.`),
        tableColumns,
        columns: this.#decoded,
        filter: this.#decoded.length === columns.length ? filter : null,
        timeZone,
        rowsMax,
        isWholeRecord,
      };
      this.#decoderRequests.set(key, request);
    }
    return this.#format.decoder(request);
  }
}

/** Whether a shard that is there at the start is read. */
function isFrom({ closed }: ShardMetadata, position: StartPosition): boolean {
  if (closed === null) return true;
  return position.type === 'AT_TIMESTAMP' ? closed.atMs >= position.timestampMs : position.type !== 'LATEST';
}

function positionOf({ options }: SourceRequest): StartPosition {
  switch (options.string('source.init.position')) {
    case 'TRIM_HORIZON':
      return { type: 'TRIM_HORIZON' };
    case 'AT_TIMESTAMP': {
      const text = options.string('source.init.timestamp');
      if (text !== undefined) return { type: 'AT_TIMESTAMP', timestampMs: initialTimestampMs(options, text) };
      return fail('O002', options.span('source.init.position'), "AT_TIMESTAMP needs 'source.init.timestamp' too");
    }
    default:
      return { type: 'LATEST' };
  }
}
