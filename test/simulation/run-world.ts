import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import type { JobSummary } from '../../src/runtime/job.ts';
import { Random } from '../support/streams/random.ts';
import type { Fault, Operation, SimulatedDisk } from '../support/streams/simulated-disk.ts';
import { answerOf, compare, rowsOf } from './answers.ts';
import { feeds, planOf, type Setting } from './planned-query.ts';
import { Producer } from './producer.ts';
import { diskWith } from './records.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { SimulatedTime } from './simulated-time.ts';
import { SinkStore } from './sink-store.ts';
import { idsIn, rowCount } from './stream-contents.ts';
import { calmLife, type Life, type World } from './world.ts';
import { Wrong } from './wrong.ts';

/** A run that goes on for so long does not come to its end. */
const stepsMax = 5000;

const patienceSteps = 2000;

/** How a life has ended. */
type Outcome =
  | { readonly kind: 'ended'; readonly summary: JobSummary }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'dead' };

/** Runs a world to its end. @throws Error for what must not happen */
export async function runWorld(world: World): Promise<void> {
  const setting = { world, plan: await planOf(world) };
  const { disorderMs } = feeds[world.feed];
  const random = new Random(world.seed);
  const time = new SimulatedTime(random, world.lookMaxMs);
  const store = new SinkStore();
  const producer = world.feed === 'live' ? new Producer(setting, random, time) : null;
  const filled = await diskWith(world.data, disorderMs, world.feed === 'before');
  let disk = filled.copy(random);
  for (const [at, life] of [...world.lives, calmLife, calmLife, calmLife].entries()) {
    const isCalm = at >= world.lives.length;
    disk = disk.afterKill(faultsOf(life, random));
    const outcome = await live(setting, { life, disk, random, time, store, producer, pid: 10 + at, isCalm });
    if (outcome.kind === 'ended' && outcome.summary.outcome === 'finished') break;
    if (outcome.kind === 'ended' && isCalm) break;
    if (outcome.kind === 'failed') {
      if (isCalm) throw outcome.error;
      checkFailure(outcome.error);
    }
    if (outcome.kind === 'dead') disk = life.end?.how === 'power' ? disk.afterCrash() : disk.afterKill();
    // It was over when the process ended: to run the job again would be to begin it again.
    const isSeen = world.sink === 'program' ? store.hasFinished : rowsOf(setting, store, disk).length > 0;
    if (isSeen && !disk.paths().some((path) => /chk-\d+\.json$/.test(path))) break;
  }
  if (store.broken.length > 0) throw new Wrong(store.broken.join('\n'));
  const expected = await answerOf(setting, disk);
  compare(setting, expected, rowsOf(setting, store, disk));
  if (producer !== null) checkAcknowledged(producer, disk);
}

/** One life of a process, up to its end. */
async function live(
  setting: Setting,
  parts: {
    readonly life: Life;
    readonly disk: SimulatedDisk;
    readonly random: Random;
    readonly time: SimulatedTime;
    readonly store: SinkStore;
    readonly producer: Producer | null;
    readonly pid: number;
    readonly isCalm: boolean;
  },
): Promise<Outcome> {
  const { life, disk, random, time, producer, pid } = parts;
  const process = new SimulatedProcess({ ...parts, setting });
  let outcome: Outcome | null = null;
  let isProducing = false;
  process.run().then(
    (summary) => {
      outcome = { kind: 'ended', summary };
    },
    (error: unknown) => {
      outcome = { kind: 'failed', error };
    },
  );
  let producerError: { error: unknown } | null = null;
  if (producer !== null && !producer.isDone) {
    isProducing = true;
    producer.begin();
    producer
      .run(process.environment, pid, random.pick([1, 10, 100]))
      .catch((error: unknown) => {
        producerError = { error };
      })
      .finally(() => {
        isProducing = false;
      });
  }
  let isStopping = false;
  const stop = (): void => {
    isStopping = true;
    process.stop();
  };
  for (let step = 0; ; step++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (disk.hasCrashed) {
      time.end(pid);
      return { kind: 'dead' };
    }
    if (producer?.isStuck === true) disk.crash();
    if (producerError !== null) throw (producerError as { error: unknown }).error;
    if (outcome !== null && !isProducing) {
      process.check();
      return outcome;
    }
    if (life.end?.behind === 'steps' && life.end.count === step) {
      if (life.end.how === 'stop') stop();
      else disk.crash();
      continue;
    }
    if (life.jumpMs !== 0 && life.jumpAtStep === step) time.wallMs += life.jumpMs;
    const isFed = !isStopping && producer?.isDone === true && outcome === null && step % 8 === 0;
    if (isFed && process.job?.progress().events === rowCount(setting, disk)) {
      stop();
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
