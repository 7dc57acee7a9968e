import { KeptRows } from '../../src/connectors/kept/kept-rows.ts';
import { recordData } from '../../src/streams/segment-format.ts';
import { shardId } from '../../src/streams/stream-metadata.ts';
import { StreamStore } from '../../src/streams/stream-store.ts';
import { Random } from '../support/streams/random.ts';
import type { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { SimulatedMachine } from '../support/streams/simulated-machine.ts';
import type { Setting } from './planned-query.ts';
import { filesFolder, type StreamName, streamNames, streamsFolder, writtenStream } from './records.ts';
import type { Stores, WrittenRow } from './sink-store.ts';

const nowMs = Date.UTC(2025, 0, 1);

/** How many rows the query reads: none of a record that is cut. */
export function rowCount({ plan }: Setting, disk: SimulatedDisk): number {
  const ids = idsIn(disk, true);
  return plan.reads.reduce((sum, name) => sum + (ids.get(name)?.length ?? 0), 0);
}

/** `isWhole`: of the records that are not cut. */
export function idsIn(disk: SimulatedDisk, isWhole = false): ReadonlyMap<StreamName, readonly number[]> {
  const store = storeOn(disk);
  return new Map(
    streamNames.map((name) => {
      const ids = textsIn(store, name)
        .filter((text) => !isWhole || text.endsWith('}'))
        .map(idOf);
      return [name, ids];
    }),
  );
}

function idOf(text: string): number {
  return Number(/^{"id":(\d+)/.exec(text)?.[1]);
}

/** What a job has written into a stream, or into files that are seen, as changes. */
export function writtenIn(
  sink: 'stream' | 'files',
  { disk, stores, isUpdating }: { readonly disk: SimulatedDisk; readonly stores: Stores; readonly isUpdating: boolean },
): readonly WrittenRow[] {
  const texts = sink === 'stream' ? textsIn(storeOn(disk), writtenStream) : linesIn(disk, stores.runs);
  if (!isUpdating) return texts.map((text) => ({ kind: '+I', text }));
  return texts.flatMap((text) => {
    const { before, after } = JSON.parse(text) as { readonly before: unknown; readonly after: unknown };
    const rows: WrittenRow[] = [];
    if (before !== null) rows.push({ kind: '-U', text: JSON.stringify(before) });
    if (after !== null) rows.push({ kind: '+U', text: JSON.stringify(after) });
    return rows;
  });
}

/** The numbers of the rows that were late; those of the second stream are negative. */
export async function lateIdsIn(setting: Setting, disk: SimulatedDisk): Promise<readonly number[]> {
  const texts = await keptIn(setting, disk);
  return texts.flatMap((text) => {
    const [table, kind, , , , , , , , raw] = JSON.parse(text) as readonly unknown[];
    const id = idOf(String(raw));
    return kind === 'late' ? (table === 'events' ? id : -1 - id) : [];
  });
}

/**
 * What was kept of the tables that a query reads: each row with the operator that lost it, and why. What tells one run of
 * a job from another is left out.
 */
export async function keptIn({ plan }: Setting, disk: SimulatedDisk): Promise<readonly string[]> {
  const rows = new KeptRows(streamsFolder, environmentOn(disk));
  const texts: string[] = [];
  for (const table of plan.tables) {
    for (const kind of ['late', 'errors'] as const) {
      for (const { operator, shard, offset, shown, row, late, error, raw } of await rows.records(table, kind, nowMs)) {
        const bytes = raw === null ? null : Buffer.from(raw).toString();
        const facts = [table.path.name, kind, operator, shard, offset, row, shown, late, error?.code ?? null, bytes];
        texts.push(JSON.stringify(facts));
      }
    }
  }
  return texts.sort();
}

/** In the order in which the files were begun; `runs` are those who have shown some, and gets what is new. */
function linesIn(disk: SimulatedDisk, runs: string[]): readonly string[] {
  const names = disk.list(filesFolder).filter((name) => !name.startsWith('.'));
  const parts = names.map((name) => {
    const [, run = '', number = ''] = /^part-(.*)-0-(\d+)$/.exec(name) ?? [];
    if (!runs.includes(run)) runs.push(run);
    return { name, run: runs.indexOf(run), number: Number(number) };
  });
  const texts = parts
    .toSorted((a, b) => a.run - b.run || a.number - b.number)
    .map(({ name }) => name)
    .map((name) => Buffer.from(disk.readAll(`${filesFolder}/${name}`) ?? []).toString());
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
}

function storeOn(disk: SimulatedDisk): StreamStore {
  return new StreamStore(streamsFolder, {}, environmentOn(disk));
}

function environmentOn(disk: SimulatedDisk): SimulatedMachine {
  const random = new Random(0);
  return new SimulatedMachine({ files: disk.copy(random), random, time: { nowMs }, pid: 2, alive: new Set() });
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
