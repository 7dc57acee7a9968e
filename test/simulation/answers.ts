import { Random } from '../support/streams/random.ts';
import type { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import type { Setting } from './planned-query.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { SimulatedTime } from './simulated-time.ts';
import { SinkStore, type WrittenRow } from './sink-store.ts';
import { rowCount, writtenIn } from './stream-contents.ts';
import { calmLife } from './world.ts';
import { Wrong } from './wrong.ts';

/** A run that goes on for so long does not come to its end. */
const stepsMax = 5000;

const answers = new Map<string, Promise<readonly WrittenRow[]>>();

/** What the query answers in a run without faults, and without checkpoints, over the same records. */
export function answerOf(setting: Setting, disk: SimulatedDisk): Promise<readonly WrittenRow[]> {
  const { world } = setting;
  if (world.feed === 'live') return calmAnswer(setting, disk);
  const key = `${world.query} ${world.sink} ${world.data}`;
  const known = answers.get(key) ?? calmAnswer(setting, disk);
  answers.set(key, known);
  return known;
}

async function calmAnswer(setting: Setting, disk: SimulatedDisk): Promise<readonly WrittenRow[]> {
  const random = new Random(1);
  const time = new SimulatedTime(random, 1);
  const store = new SinkStore();
  const copy = disk.copy(random);
  // The job in question has written there already.
  const rowsBefore = rowsOf(setting, store, copy).length;
  const process = new SimulatedProcess({ setting, time, pid: 1, life: calmLife, disk: copy, random, store });
  let ended: { error: unknown } | null = null;
  process.run(false).then(
    () => {
      ended = { error: null };
    },
    (error: unknown) => {
      ended = { error };
    },
  );
  const count = setting.world.feed === 'live' ? rowCount(setting, copy) : -1;
  let isStopped = false;
  for (let step = 0; ended === null; step++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (ended !== null) break;
    if (!isStopped && process.job?.progress().events === count) {
      isStopped = true;
      process.stop();
      continue;
    }
    if (step > stepsMax || !time.step()) throw new Wrong('the run without faults does not come to its end');
  }
  const { error } = ended as { error: unknown };
  if (error !== null) throw error;
  return rowsOf(setting, store, copy).slice(rowsBefore);
}

export function compare(
  { plan: { query }, world }: Setting,
  expected: readonly WrittenRow[],
  found: readonly WrittenRow[],
): void {
  const isByBatches = query.isUpdating === true || query.isOrderedByBatches === true;
  const isOrdered = world.feed === 'before' && (!isByBatches || world.batchRows === 1);
  const texts = (rows: readonly WrittenRow[]): string[] => {
    if (isOrdered) return rows.map(({ kind, text }) => `${kind} ${text}`);
    return query.isUpdating === true ? remaining(rows) : rows.map(({ text }) => text).sort();
  };
  const [a, b] = [texts(expected), texts(found)];
  const at = a.findIndex((text, index) => text !== b[index]);
  if (at < 0 && a.length === b.length) return;
  const place = at < 0 ? a.length : at;
  throw new Wrong(
    [
      `row ${place} of ${a.length} (found ${b.length}) is another`,
      ...a.slice(Math.max(0, place - 3), place + 5).map((text) => `  expected ${text}`),
      ...b.slice(Math.max(0, place - 3), place + 5).map((text) => `  found    ${text}`),
    ].join('\n'),
  );
}

/** The rows that remain. A row that is taken back must be there. */
function remaining(rows: readonly WrittenRow[]): string[] {
  const counts = new Map<string, number>();
  for (const { kind, text } of rows) {
    const count = (counts.get(text) ?? 0) + (kind === '+I' || kind === '+U' ? 1 : -1);
    if (count < 0) throw new Wrong(`${kind} ${text} takes back what is not there`);
    counts.set(text, count);
  }
  return [...counts].flatMap(([text, count]) => Array.from({ length: count }, () => text)).sort();
}

/** What everybody sees of what a job has written. */
export function rowsOf({ world, plan }: Setting, store: SinkStore, disk: SimulatedDisk): readonly WrittenRow[] {
  return world.sink === 'program' ? store.rows : writtenIn(disk, plan.query.isUpdating === true);
}
