import { parseHashKey } from '../../streams/hash-keys.ts';
import type { Durability } from '../../streams/shard-log.ts';
import type { Stream } from '../../streams/stream.ts';
import { StreamError } from '../../streams/stream-error.ts';
import { type ShardMetadata, shardId } from '../../streams/stream-metadata.ts';
import { StreamStore } from '../../streams/stream-store.ts';
import { exitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

export interface StoreOptions {
  /** The folder of the streams. */
  readonly endpoint: string;
  readonly durability?: Durability;
}

/** Does something with the streams; the code to exit with. What a stream refuses is told. */
export async function withStreams(
  options: StoreOptions,
  err: Terminal,
  work: (store: StreamStore) => Promise<number>,
): Promise<number> {
  const { endpoint, durability } = options;
  const store = new StreamStore(endpoint, durability === undefined ? {} : { durability });
  try {
    return await work(store);
  } catch (thrown) {
    if (!(thrown instanceof StreamError)) throw thrown;
    err.write(`error: ${thrown.message}\n${thrown.help === null ? '' : `(${thrown.help})\n`}`);
    return exitCode.failed;
  } finally {
    await store.close();
  }
}

/** Opens a stream to write, and tells of unfinished writes that were cut off. */
export async function openToWrite(store: StreamStore, name: string, err: Terminal): Promise<Stream> {
  const stream = store.stream(name);
  for (const { segment, offset, bytes } of await stream.startWriting()) {
    err.write(
      `cut off an unfinished write of ${count(bytes, 'byte')}, which nobody was told of, at byte ${offset} of ${segment}\n`,
    );
  }
  return stream;
}

/** `tidemark stream create` */
export function create(
  name: string,
  options: StoreOptions & { readonly shards: number; readonly retention: number },
  out: Terminal,
  err: Terminal,
): Promise<number> {
  return withStreams(options, err, async (store) => {
    await store.createStream(name, options.shards, options.retention);
    out.write(`created stream ${name} with ${count(options.shards, 'shard')}: ${arnOf(name)}\n`);
    return exitCode.ok;
  });
}

/** `tidemark stream list` */
export function list(options: StoreOptions, out: Terminal, err: Terminal): Promise<number> {
  return withStreams(options, err, async (store) => {
    for (const name of store.listStreams()) out.write(`${name}\n`);
    return exitCode.ok;
  });
}

/** `tidemark stream describe` */
export function describe(name: string, options: StoreOptions, out: Terminal, err: Terminal): Promise<number> {
  return withStreams(options, err, async (store) => {
    const stream = store.stream(name);
    const { createdMs, retentionHours, shards } = stream.metadata;
    const open = shards.filter(({ closed }) => closed === null).length;
    const { bold, dim } = out.colors;
    out.write(`${bold(name)}   ${arnOf(name)}\n`);
    out.write(
      `created ${new Date(createdMs).toISOString()}   retention ${retentionHours} h   ${count(open, 'open shard')}\n\n`,
    );
    const rows = shards.map((shard) => [
      shardId(shard.index),
      shard.closed === null ? 'open' : 'closed',
      (stream.presentEnd(shard) - 1).toLocaleString('en'),
      String(shard.startingHashKey),
      String(shard.endingHashKey),
      shard.parents.map(shardId).join(' ') || '-',
    ]);
    const head = ['shard', 'state', 'records put', 'first hash key', 'last hash key', 'parents'];
    const widths = head.map((text, at) => Math.max(text.length, ...rows.map((row) => row[at]?.length ?? 0)));
    const isNumber = (at: number) => at >= 2 && at <= 4;
    const line = (cells: readonly string[]) =>
      cells
        .map((text, at) => (isNumber(at) ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)))
        .join('  ')
        .trimEnd();
    out.write(`${dim(line(head))}\n`);
    for (const row of rows) out.write(`${line(row)}\n`);
    return exitCode.ok;
  });
}

/** `tidemark stream split` */
export function split(
  name: string,
  shard: string,
  options: StoreOptions & { readonly at?: string },
  out: Terminal,
  err: Terminal,
): Promise<number> {
  return withStreams(options, err, async (store) => {
    const stream = await openToWrite(store, name, err);
    const { startingHashKey, endingHashKey } = stream.shard(shard);
    const middle = startingHashKey + (endingHashKey - startingHashKey) / 2n + 1n;
    await stream.splitShard(shard, options.at === undefined ? middle : parseHashKey(options.at, 'newStartingHashKey'));
    out.write(`split ${shardId(stream.shard(shard).index)} into ${childrenOf(stream, stream.shard(shard))}\n`);
    return exitCode.ok;
  });
}

/** `tidemark stream merge` */
export function merge(
  name: string,
  [shard, adjacent]: readonly [string, string],
  options: StoreOptions,
  out: Terminal,
  err: Terminal,
): Promise<number> {
  return withStreams(options, err, async (store) => {
    const stream = await openToWrite(store, name, err);
    await stream.mergeShards(shard, adjacent);
    const [one, other] = [stream.shard(shard), stream.shard(adjacent)];
    out.write(`merged ${shardId(one.index)} and ${shardId(other.index)} into ${childrenOf(stream, one)}\n`);
    return exitCode.ok;
  });
}

/** `tidemark stream delete` */
export function remove(name: string, options: StoreOptions, out: Terminal, err: Terminal): Promise<number> {
  return withStreams(options, err, async (store) => {
    await store.deleteStream(name);
    out.write(`deleted stream ${name}\n`);
    return exitCode.ok;
  });
}

function childrenOf(stream: Stream, { index }: ShardMetadata): string {
  const children = stream.metadata.shards.filter(({ parents }) => parents.includes(index));
  return children.map((child) => shardId(child.index)).join(' and ');
}

/** Any region and account will do: an embedded stream has none. */
function arnOf(name: string): string {
  return `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`;
}

/** `1 record`, `12,000 records` */
export function count(value: number, noun: string): string {
  return `${value.toLocaleString('en')} ${noun}${value === 1 ? '' : 's'}`;
}
