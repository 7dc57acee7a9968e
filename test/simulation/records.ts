import { sharedStreams } from '../../src/streams/shared-streams.ts';
import type { Stream } from '../../src/streams/stream.ts';
import type { StreamEnvironment } from '../../src/streams/stream-environment.ts';
import { shardId } from '../../src/streams/stream-metadata.ts';
import { Random } from '../support/streams/random.ts';
import { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';

/** Where the streams of a world are. */
export const streamsFolder = '/disk/streams';

export const streamNames = ['events', 'others'] as const;

/** Where a job writes, if it writes into a stream: of one shard, so that its rows have an order. */
export const writtenStream = 'written';

/** Where it writes, if it writes files. */
export const filesFolder = '/disk/written';

export type StreamName = (typeof streamNames)[number];

/** What a producer does. */
export type Action =
  | { readonly kind: 'put'; readonly stream: StreamName; readonly records: readonly PutText[] }
  | { readonly kind: 'split' | 'merge'; readonly stream: StreamName };

/** What records are like. */
export interface RecordKind {
  readonly disorderMs: number;
  /** `cut`: some end too early, which is wrong for each query. `any`: what is wrong hangs on what a query reads as well. */
  readonly damage: 'none' | 'cut' | 'any';
}

export interface PutText {
  readonly id: number;
  readonly text: string;
  readonly key: string;
}

const startMs = Date.UTC(2024, 0, 1);

const names = ['ann', 'bob', 'a name that is longer than what is kept in place, to be kept elsewhere', 'été', ''];

/** What a producer does in its life: puts of some rows with disorder, up to `disorderMs`, and changes of shards. */
export function actionsOf(data: number, { disorderMs, damage }: RecordKind): readonly Action[] {
  const random = new Random(data * 7919 + disorderMs);
  const damaging = new Random(data);
  const actions: Action[] = [];
  const rows = 12 + random.int(36);
  const ids = { events: 0, others: 0 };
  const isResharded = random.chance(0.4);
  while (ids.events < rows) {
    if (isResharded && random.chance(0.1)) {
      actions.push({ kind: random.chance(0.6) ? 'split' : 'merge', stream: random.pick(streamNames) });
      continue;
    }
    const stream = random.chance(0.65) ? 'events' : 'others';
    const records = Array.from({ length: 1 + random.int(5) }, () => {
      const id = ids[stream]++;
      // Of two rows of a stream no two have the same time.
      const ms = Math.floor((id * 900 - random.int(disorderMs)) / 100) * 100 + id;
      const ts = new Date(startMs + ms).toISOString().replace('T', ' ').replace('Z', '');
      const row = { id, ts, k: random.int(4), v: random.int(10), name: random.pick(names) };
      const text = JSON.stringify(row);
      return { id, text: damaged(text, damage, damaging), key: String(random.int(1000)) };
    });
    actions.push({ kind: 'put', stream, records });
  }
  return actions;
}

function damaged(text: string, damage: RecordKind['damage'], random: Random): string {
  if (damage === 'none' || !random.chance(0.12)) return text;
  const cut = text.slice(0, -1 - random.int(5));
  if (damage === 'cut') return cut;
  return random.pick([cut, text.replace('"ts":"2024', '"ts":"20 24'), text.replace(/"v":\d/, '"v":"many"')]);
}

/** A row in each open shard, so late that all windows are closed. */
export function closingRecords(stream: Stream): readonly (PutText & { readonly explicitHashKey: string })[] {
  const open = stream.metadata.shards.filter(({ closed }) => closed === null);
  return open.map(({ index, startingHashKey }) => ({
    id: 10_000 + index,
    text: JSON.stringify({
      id: 10_000 + index,
      ts: `2024-01-01 01:00:${String(10 + (index % 50))}.000`,
      k: 99,
      v: 0,
      name: 'end',
    }),
    key: 'end',
    explicitHashKey: startingHashKey.toString(),
  }));
}

/** Does one action; the ids of records that were acknowledged. */
export async function act(stream: Stream, action: Action, random: Random): Promise<readonly number[]> {
  const open = stream.metadata.shards.filter(({ closed }) => closed === null);
  switch (action.kind) {
    case 'put':
      return putTexts(stream, action.records);
    case 'split': {
      const { index, startingHashKey, endingHashKey } = random.pick(open);
      await stream.splitShard(shardId(index), (startingHashKey + endingHashKey) / 2n);
      return [];
    }
    case 'merge': {
      const sorted = open.toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1));
      const at = random.int(Math.max(1, sorted.length - 1));
      const [low, high] = [sorted[at], sorted[at + 1]];
      if (low !== undefined && high !== undefined) await stream.mergeShards(shardId(low.index), shardId(high.index));
      return [];
    }
  }
}

export async function putTexts(
  stream: Stream,
  records: readonly (PutText & { readonly explicitHashKey?: string })[],
): Promise<readonly number[]> {
  const entries = records.map(({ text, key, explicitHashKey }) => ({
    data: Buffer.from(text),
    partitionKey: key,
    explicitHashKey,
  }));
  const result = await stream.putRecords(entries);
  return [...result.records].flatMap((record, at) => ('errorCode' in record ? [] : (records[at]?.id ?? [])));
}

const disks = new Map<string, Promise<SimulatedDisk>>();

/** A disk with the streams of a world; `isFilled`: with all that its producer does. To be copied. */
export function diskWith(data: number, kind: RecordKind, isFilled: boolean): Promise<SimulatedDisk> {
  const key = `${data} ${kind.disorderMs} ${kind.damage} ${isFilled}`;
  const known = disks.get(key) ?? makeDisk(data, kind, isFilled);
  disks.set(key, known);
  return known;
}

async function makeDisk(data: number, kind: RecordKind, isFilled: boolean): Promise<SimulatedDisk> {
  const random = new Random(data);
  const disk = new SimulatedDisk(random);
  const time = { nowMs: Date.UTC(2025, 0, 1) };
  const environment: StreamEnvironment = new SimulatedMachine({
    files: disk,
    random,
    time,
    pid: 1,
    alive: new Set([1]),
  });
  const { store, release } = sharedStreams(streamsFolder, environment);
  for (const name of streamNames) await store.createStream(name, 1 + random.int(3), 24 * 365);
  await store.createStream(writtenStream, 1, 24 * 365);
  for (const action of isFilled ? actionsOf(data, kind) : []) {
    time.nowMs += random.int(200);
    await act(store.stream(action.stream), action, random);
  }
  await release();
  return disk;
}
