import { Random } from '../support/streams/random.ts';
import type { SimulatedDisk } from '../support/streams/simulated-disk.ts';
import type { Setting } from './planned-query.ts';
import { filesFolder, streamsFolder } from './records.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { SimulatedTime } from './simulated-time.ts';
import { Stores, type WrittenRow } from './sink-store.ts';
import { keptIn, rowCount, writtenIn } from './stream-contents.ts';
import { calmLife } from './world.ts';
import { Wrong } from './wrong.ts';

/** A run that goes on for so long does not come to its end. */
const stepsMax = 5000;

/** What has become of a job's rows. */
export interface Answer {
  readonly rows: readonly WrittenRow[];
  /** Of the query that is added. */
  readonly added: readonly WrittenRow[];
  /** Those that came late, or could not be read or computed. */
  readonly kept: readonly string[];
}

const answers = new Map<string, Promise<Answer>>();

/** What the query answers in a run without faults, and without checkpoints, over the same records. */
export function answerOf(setting: Setting, disk: SimulatedDisk): Promise<Answer> {
  const { world } = setting;
  if (world.feed === 'live') return calmAnswer(setting, disk);
  const added = world.added?.fromLife === 0 ? `${world.added.query} ${world.added.place}` : '';
  const key = `${world.query} ${world.sink} ${world.data} ${world.keeps} ${added}`;
  const known = answers.get(key) ?? calmAnswer(setting, disk);
  answers.set(key, known);
  return known;
}

async function calmAnswer(setting: Setting, disk: SimulatedDisk): Promise<Answer> {
  const random = new Random(1);
  const time = new SimulatedTime(random, 1);
  const stores = new Stores();
  const copy = disk.copy(random);
  // The job in question has written there already. Its files are of another run.
  await copy.remove(filesFolder);
  const rowsBefore = rowsOf(setting, stores, copy).length;
  await copy.remove(`${streamsFolder}/.kept`);
  const parts = { setting, time, pid: 1, life: calmLife, disk: copy, random, stores, from: null };
  const process = new SimulatedProcess(parts);
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
  let quietSteps = setting.plan.query.lags === true ? 64 : 0;
  for (let step = 0; ended === null; step++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (ended !== null) break;
    if (!isStopped && process.job?.progress().events === count && quietSteps-- <= 0) {
      isStopped = true;
      if (setting.world.drains) process.drain();
      else process.stop();
      continue;
    }
    if (step > stepsMax || !time.step()) throw new Wrong('the run without faults does not come to its end');
  }
  const { error } = ended as { error: unknown };
  if (error !== null) throw error;
  return {
    rows: rowsOf(setting, stores, copy).slice(rowsBefore),
    added: stores.added.rows,
    kept: await keptIn(setting, copy),
  };
}

export function compare(
  { plan: { query }, world }: Setting,
  expected: readonly WrittenRow[],
  found: readonly WrittenRow[],
  /** Rows were read again: a process was killed, or the job ran again. */
  isReadAgain: boolean,
): void {
  const isByBatches = query.isUpdating === true || query.isOrderedByBatches === true;
  const isByTime = query.isByTime === true || world.sink === 'upsert';
  // A query that is added may read times that the job's own does not ask for: shards have other turns then.
  const isAsPlanned = world.added === null || world.added.fromLife === 0;
  const isOrdered = world.feed === 'before' && isAsPlanned && !isByTime && (!isByBatches || world.batchRows === 1);
  const texts = (rows: readonly WrittenRow[]): string[] => {
    if (isOrdered) return rows.map(({ kind, text }) => `${kind} ${text}`);
    return query.isUpdating === true ? remaining(rows) : rows.map(({ text }) => text).sort();
  };
  const [a, b] = [texts(expected), texts(found)];
  // A sink that shows rows at once is not told behind a crash what it has of a batch that is read again in another one.
  if (isReadAgain && world.sink === 'upsert' && query.mayReturn === true && world.batchRows > 1) {
    const keysOf = (list: readonly string[]): readonly string[] =>
      list.map((text) => text.split(',', 1)[0] ?? '').sort();
    const keys = new Set(keysOf(a));
    compareTexts(
      'key',
      keysOf(a),
      keysOf(b).filter((key) => keys.has(key)),
    );
    return;
  }
  compareTexts('row', a, b);
}

/** What the query that was added has written: each row once; all there are, if it was there from the start. */
export function compareAdded({ world }: Setting, expected: readonly WrittenRow[], found: readonly WrittenRow[]): void {
  if (world.added === null) return;
  // What closes time may have been put twice.
  const texts = found.map(({ text }) => text).filter((text) => !/^\[100\d\d,/.test(text));
  texts.sort();
  const twice = texts.find((text, at) => text === texts[at + 1]);
  if (twice !== undefined) throw new Wrong(`the added query has written ${twice} twice`);
  if (world.added.fromLife > 0) return;
  const all = (rows: readonly WrittenRow[]): readonly string[] => rows.map(({ text }) => text).sort();
  compareTexts('added row', all(expected), all(found));
}

/** @throws Wrong at the first that differs */
export function compareTexts(what: string, a: readonly string[], b: readonly string[]): void {
  const at = a.findIndex((text, index) => text !== b[index]);
  if (at < 0 && a.length === b.length) return;
  const place = at < 0 ? a.length : at;
  throw new Wrong(
    [
      `${what} ${place} of ${a.length} (found ${b.length}) is another`,
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
export function rowsOf({ world, plan }: Setting, stores: Stores, disk: SimulatedDisk): readonly WrittenRow[] {
  if (world.sink === 'upsert') return stores.keyed.rows;
  return world.sink === 'program'
    ? stores.written.rows
    : writtenIn(world.sink, { disk, stores, isUpdating: plan.query.isUpdating === true });
}
