import type { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { compareTexts } from './answers.ts';
import type { Setting } from './planned-query.ts';
import type { WrittenRow } from './sink-store.ts';
import { idsIn } from './stream-contents.ts';
import { Wrong } from './wrong.ts';

/**
 * Which rows are late hangs on how fast they came, where shards are left out that have none for a while. But each row is
 * written or late, once, and those that are written are in the order of time.
 */
export function checkEachRow(
  { world, plan }: Setting,
  found: readonly WrittenRow[],
  lateIds: readonly number[],
  disk: SimulatedDisk,
): void {
  const rows = found.map(({ text }) => Object.values(JSON.parse(text) as Readonly<Record<string, unknown>>));
  const ids = rows.map(([id]) => Number(id));
  const all = [...idsIn(disk, true)].flatMap(([name, each]) => each.map((id) => (name === 'events' ? id : -1 - id)));
  const numbers = (list: readonly number[]): readonly string[] => list.toSorted((a, b) => a - b).map(String);
  // What a disk that fails could not take is kept in memory alone.
  const isWell = world.lives.every(({ fileErrors, full }) => fileErrors === null && full === null);
  if (isWell) compareTexts('row, written or late', numbers(all), numbers([...ids, ...lateIds]));
  const countOf = (list: readonly number[], id: number): number => list.filter((each) => each === id).length;
  // What closes time may have been put twice.
  const extra = ids.find((id) => countOf(ids, id) > countOf(all, id));
  if (extra !== undefined) throw new Wrong(`row ${extra} is written more often than it was put`);
  const times = rows.map(([, time]) => String(time));
  const at = times.findIndex((time, index) => index > 0 && time < (times[index - 1] ?? ''));
  if (at >= 0)
    throw new Wrong(`row ${ids[at]} of ${times[at]} is written behind ${times[at - 1]} (${plan.query.name})`);
}
