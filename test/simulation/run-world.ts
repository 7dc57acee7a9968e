import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import type { JobSummary } from '../../src/runtime/job.ts';
import { Random } from '../support/streams/random.ts';
import type { Fault, Operation, SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { answerOf, compare, compareAdded, compareTexts, rowsOf } from './answers.ts';
import { checkEachRow } from './each-row.ts';
import { planOf, recordsOf, type Setting } from './planned-query.ts';
import { Producer } from './producer.ts';
import { diskWith } from './records.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { SimulatedTime } from './simulated-time.ts';
import { Stores } from './sink-store.ts';
import { idsIn, keptIn, lateIdsIn, rowCount } from './stream-contents.ts';
import { calmLife, type Life, type World } from './world.ts';
import { Wrong } from './wrong.ts';

/** A run that goes on for so long does not come to its end. */
const stepsMax = 5000;

const patienceSteps = 2000;

/** How a life has ended. */
type Outcome =
  | { readonly kind: 'ended'; readonly summary: JobSummary; readonly savepoint: string | null }
  /** `drainedEvents`: what the last attempt of a job that was drained had read; null: it was not. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly drainedEvents: number | null }
  | { readonly kind: 'dead' };

/** Runs a world to its end. @throws Error for what must not happen */
export async function runWorld(world: World): Promise<void> {
  // Without the query that comes later; what it reads is read by the job's own as well.
  const setting = { world, plan: await planOf(world, 0) };
  const random = new Random(world.seed);
  const time = new SimulatedTime(random, world.lookMaxMs);
  const stores = new Stores();
  const producer = world.feed === 'live' ? new Producer(setting, random, time) : null;
  const filled = await diskWith(world.data, recordsOf(world), world.feed === 'before');
  let disk = filled.copy(random);
  let from: string | null = null;
  let rowsBefore = 0;
  let isReadAgain = false;
  for (const [at, life] of [...world.lives, calmLife, calmLife, calmLife].entries()) {
    const isCalm = at >= world.lives.length;
    disk = disk.afterKill(faultsOf(life, random));
    const inLife = { world, plan: await planOf(world, at) };
    const outcome = await live(inLife, { life, disk, random, time, stores, from, producer, pid: 10 + at, isCalm });
    if (outcome.kind !== 'ended' || outcome.summary.restarts > 0) isReadAgain = true;
    if (outcome.kind === 'ended' && outcome.summary.outcome === 'finished') break;
    // A drain that has failed is done by the attempt that follows, where that begins: what it has not read is late for the next.
    if (outcome.kind === 'ended' && world.drains && outcome.summary.restarts > 0) {
      if (outcome.summary.events < rowCount(inLife, disk)) return;
    }
    if (outcome.kind === 'ended' && isCalm) break;
    if (outcome.kind === 'failed') {
      if (isCalm) throw outcome.error;
      checkFailure(outcome.error);
      // As above, and what came behind the drain has failed as well.
      if (outcome.drainedEvents !== null && outcome.drainedEvents < rowCount(inLife, disk)) return;
    }
    if (outcome.kind === 'dead') disk = life.end?.how === 'power' ? disk.afterCrash() : disk.afterKill();
    if (outcome.kind === 'ended' && outcome.savepoint !== null) {
      from = outcome.savepoint;
      // What was told is on the disk.
      disk = disk.afterCrash();
      rowsBefore = rowsOf(setting, stores, disk).length;
      stores.written.hasFinished = stores.keyed.hasFinished = false;
      continue;
    }
    // It was over when the process ended: to run the job again would be to begin it again.
    const hasFinished = stores.written.hasFinished || stores.keyed.hasFinished;
    const isOnDisk = world.sink === 'stream' || world.sink === 'files';
    const isSeen = isOnDisk ? rowsOf(setting, stores, disk).length > rowsBefore : hasFinished;
    if (isSeen && !disk.paths().some((path) => /^\/disk\/jobs\/[^/.]+\/chk-\d+\.json$/.test(path))) {
      // What is seen may be what the savepoint held, of a job that has no checkpoint of its own yet: nobody can tell.
      if (from !== null && outcome.kind !== 'ended') return;
      break;
    }
  }
  if (stores.broken.length > 0) throw new Wrong(stores.broken.join('\n'));
  if (world.idleMs > 0) {
    checkEachRow(setting, rowsOf(setting, stores, disk), await lateIdsIn(setting, disk), disk);
    return;
  }
  const expected = await answerOf(setting, disk);
  compare(setting, expected.rows, rowsOf(setting, stores, disk), isReadAgain);
  compareAdded(setting, expected.added, stores.added.rows);
  if (isKeptWhole(world)) compareTexts('kept row', expected.kept, await keptIn(setting, disk));
  if (producer !== null) checkAcknowledged(producer, disk);
}

/** A disk that takes no more has rows kept in memory alone; a query that is added has late rows of its own. */
function isKeptWhole({ lives, added }: World): boolean {
  const isWell = lives.every(({ fileErrors, full }) => fileErrors === null && full === null);
  return isWell && (added === null || added.fromLife === 0);
}

/** One life of a process, up to its end. */
async function live(
  setting: Setting,
  parts: {
    readonly life: Life;
    readonly disk: SimulatedDisk;
    readonly random: Random;
    readonly time: SimulatedTime;
    readonly stores: Stores;
    readonly from: string | null;
    readonly producer: Producer | null;
    readonly pid: number;
    readonly isCalm: boolean;
  },
): Promise<Outcome> {
  const { life, disk, random, time, producer, pid } = parts;
  const process = new SimulatedProcess({ ...parts, setting });
  let outcome: Outcome | null = null;
  let isProducing = false;
  let isSaving = false;
  let isStopping = false;
  process.run().then(
    (summary) => {
      outcome = { kind: 'ended', summary, savepoint: null };
    },
    (error: unknown) => {
      const isDrained = isStopping && setting.world.drains;
      outcome = { kind: 'failed', error, drainedEvents: isDrained ? (process.job?.progress().events ?? 0) : null };
    },
  );
  let otherError: { error: unknown } | null = null;
  if (producer !== null && !producer.isDone) {
    isProducing = true;
    producer.begin();
    producer
      .run(process.environment, pid, random.pick([1, 10, 100]))
      .catch((error: unknown) => {
        otherError = { error };
      })
      .finally(() => {
        isProducing = false;
      });
  }
  const stop = (): void => {
    isStopping = true;
    process.stop();
  };
  const save = (): void => {
    isSaving = true;
    process
      .stopWithSavepoint()
      .catch((error: unknown) => {
        otherError = { error };
      })
      .finally(() => {
        isSaving = false;
      });
  };
  let count = -1;
  let quietTimes = setting.plan.query.lags === true ? 8 : 0;
  for (let step = 0; ; step++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (disk.hasCrashed) {
      time.end(pid);
      return { kind: 'dead' };
    }
    if (producer?.isStuck === true) disk.crash();
    if (otherError !== null) throw (otherError as { error: unknown }).error;
    if (outcome !== null && !isProducing && !isSaving) {
      process.check();
      const ended = outcome as Outcome;
      return ended.kind === 'ended' ? { ...ended, savepoint: process.savepoint } : ended;
    }
    if (life.end?.behind === 'steps' && life.end.count === step) {
      if (life.end.how === 'stop') stop();
      else if (life.end.how === 'savepoint') save();
      else disk.crash();
      continue;
    }
    if (life.jumpMs !== 0 && life.jumpAtStep === step) time.wallMs += life.jumpMs;
    const isFed = !isStopping && producer?.isDone === true && outcome === null && step % 8 === 0;
    // What was put is there: nothing of it goes any more.
    if (isFed && count < 0) count = rowCount(setting, disk);
    if (isFed && process.job?.progress().events === count && quietTimes-- <= 0) {
      if (setting.world.drains) {
        isStopping = true;
        process.drain();
      } else {
        stop();
      }
      continue;
    }
    // What its files have done to it may be past mending: a person would begin another.
    if (!parts.isCalm && step > patienceSteps) disk.crash();
    if (step > stepsMax) throw new Wrong('the job does not come to its end');
    if (!time.step()) throw new Wrong('everybody waits for ever');
  }
}

function faultsOf({ end, fileErrors, full }: Life, random: Random): (operation: Operation) => Fault {
  let operations = 0;
  return ({ kind }) => {
    const at = operations++;
    if (end?.behind === 'operations' && end.count === at) return 'crash';
    if (
      full !== null &&
      at >= full.from &&
      at < full.to &&
      (kind === 'write' || kind === 'create' || kind === 'folder')
    )
      return 'no space';
    if (fileErrors !== null && at >= fileErrors.from && at < fileErrors.to && random.chance(fileErrors.rate))
      return 'error';
    return 'none';
  };
}

/** What stops a job must say what it is. */
function checkFailure(error: unknown): void {
  if (error instanceof DiagnosticError) return;
  throw error;
}

function checkAcknowledged({ acknowledged }: Producer, disk: SimulatedDisk): void {
  const ids = idsIn(disk);
  for (const { stream, id } of acknowledged) {
    const count = ids.get(stream)?.filter((each) => each === id).length ?? 0;
    if (count !== 1) throw new Wrong(`record ${id} of "${stream}" is there ${count} times`);
  }
}
