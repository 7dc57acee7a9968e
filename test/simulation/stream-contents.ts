import { recordData } from '../../src/streams/segment-format.ts';
import { shardId } from '../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';
import type { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';
import type { Setting } from './planned-query.ts';
import { type StreamName, streamNames, streamsFolder, writtenStream } from './records.ts';
import type { WrittenRow } from './sink-store.ts';

/** How many rows the query reads. */
export function rowCount({ plan }: Setting, disk: SimulatedDisk): number {
  const idsOf = idsIn(disk);
  return plan.reads.reduce((sum, name) => sum + (idsOf.get(name)?.length ?? 0), 0);
}

export function idsIn(disk: SimulatedDisk): ReadonlyMap<StreamName, readonly number[]> {
  const store = storeOn(disk);
  return new Map(
    streamNames.map((name) => {
      const ids = textsIn(store, name).map((text) => (JSON.parse(text) as { readonly id: number }).id);
      return [name, ids];
    }),
  );
}

/** What a job has written into a stream, as changes. */
export function writtenIn(disk: SimulatedDisk, isUpdating: boolean): readonly WrittenRow[] {
  const texts = textsIn(storeOn(disk), writtenStream);
  if (!isUpdating) return texts.map((text) => ({ kind: '+I', text }));
  return texts.flatMap((text) => {
    const { before, after } = JSON.parse(text) as { readonly before: unknown; readonly after: unknown };
    const rows: WrittenRow[] = [];
    if (before !== null) rows.push({ kind: '-U', text: JSON.stringify(before) });
    if (after !== null) rows.push({ kind: '+U', text: JSON.stringify(after) });
    return rows;
  });
}

function storeOn(disk: SimulatedDisk): StreamStore {
  const random = new Random(0);
  const environment = new SimulatedMachine({
    files: disk.copy(random),
    random,
    time: { nowMs: Date.UTC(2025, 0, 1) },
    pid: 2,
    alive: new Set(),
  });
  return new StreamStore(streamsFolder, {}, environment);
}

function textsIn(store: StreamStore, name: string): readonly string[] {
  const stream = store.stream(name);
  const texts: string[] = [];
  for (const { index } of stream.metadata.shards) {
    const cursor = stream.cursor(shardId(index), { type: 'TRIM_HORIZON' });
    for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
      for (const { frame, from, to } of read.frames) {
        for (let record = from; record < to; record++) texts.push(recordData(frame, record).toString());
      }
    }
    cursor.close();
  }
  return texts;
}
