import { recordData } from '../../src/streams/segment-format.ts';
import { shardId } from '../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';
import type { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';
import type { Setting } from './planned-query.ts';
import { type StreamName, streamNames, streamsFolder } from './records.ts';

/** How many rows the query reads. */
export function rowCount({ plan }: Setting, disk: SimulatedDisk): number {
  const idsOf = idsIn(disk);
  return plan.reads.reduce((sum, name) => sum + (idsOf.get(name)?.length ?? 0), 0);
}

export function idsIn(disk: SimulatedDisk): ReadonlyMap<StreamName, readonly number[]> {
  const random = new Random(0);
  const environment = new SimulatedMachine({
    files: disk.copy(random),
    random,
    time: { nowMs: Date.UTC(2025, 0, 1) },
    pid: 2,
    alive: new Set(),
  });
  const store = new StreamStore(streamsFolder, {}, environment);
  return new Map(
    streamNames.map((name) => {
      const stream = store.stream(name);
      const ids: number[] = [];
      for (const { index } of stream.metadata.shards) {
        const cursor = stream.cursor(shardId(index), { type: 'TRIM_HORIZON' });
        for (let read = cursor.read(); read.kind === 'frames'; read = cursor.read()) {
          for (const { frame, from, to } of read.frames) {
            for (let record = from; record < to; record++)
              ids.push((JSON.parse(recordData(frame, record).toString()) as { readonly id: number }).id);
          }
        }
        cursor.close();
      }
      return [name, ids];
    }),
  );
}
