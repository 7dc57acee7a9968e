import { systemClock } from '../../runtime/clock.ts';
import { savepointOf } from '../../state/savepoint.ts';
import { askToStop, takeBackRequest } from '../../state/stop-request.ts';
import type { StoredJob } from '../../state/stored-jobs.ts';
import { defaultSavepointsFolder } from '../../streams/default-folder.ts';
import { machine } from '../../streams/machine.ts';
import { StreamLock } from '../../streams/stream-lock.ts';
import { exitCode } from '../exit-codes.ts';
import { ageText } from '../quantities.ts';
import { count } from '../summary-line.ts';
import type { Terminal } from '../terminal.ts';
import { eventsOf, type JobsOptions, jobNamed, runsText, withJob } from './jobs.ts';

export interface StopOptions extends JobsOptions {
  readonly drain?: boolean;
  /** The folder of a savepoint; true: one among the others. */
  readonly savepoint?: string | true;
  /** Seconds. */
  readonly timeout: number;
}

/** Looks whether the job has ended this often. */
const lookEveryMs = 25;

/** `tidemark jobs stop` */
export function stop(name: string, options: StopOptions, out: Terminal, err: Terminal): Promise<number> {
  return withJob(name, options.dir, err, async (job) => {
    if (job.owner !== null && !(await isStopped(job, options))) {
      err.write(
        `error: ${runsText(job)}, which has not stopped it within ${options.timeout} s\n` +
          '(it may wait for a sink; --timeout waits longer, and ctrl-c stops it where it runs)\n',
      );
      return exitCode.failed;
    }
    const now = jobNamed(job.folder, options.dir);
    const { manifest } = typeof now === 'string' ? { manifest: null } : now;
    if (manifest === null) {
      out.write(
        job.owner === null ? `${job.name} does not run\n` : `${job.name} has come to its end: nothing is left of it\n`,
      );
      return exitCode.ok;
    }
    const at = `checkpoint ${manifest.epoch}, ${count(eventsOf(manifest), 'event')} in`;
    if (job.owner !== null) out.write(`stopped ${job.name} at ${at}\n`);
    else out.write(`${job.name} does not run: ${at}, ${ageText(machine.clock.nowMs() - manifest.atMs)} old\n`);
    const { savepoint } = options;
    if (savepoint !== undefined) {
      const path = savepoint === true ? null : savepoint;
      const made = await savepointOf(machine, job.path, { path, among: defaultSavepointsFolder });
      out.write(`savepoint ${made}\n`);
    }
    return exitCode.ok;
  });
}

/** Asks the job's process, and waits until it has given the state back. False: not in time; the request is taken back. */
async function isStopped({ path, owner }: StoredJob, { drain, timeout }: StopOptions): Promise<boolean> {
  if (owner === null) return true;
  await askToStop(machine, path, owner, { drains: drain === true });
  const never = new AbortController().signal;
  for (let waitedMs = 0; waitedMs < timeout * 1000; waitedMs += lookEveryMs) {
    const now = StreamLock.owner(machine, path);
    if (now === null || now.pid !== owner.pid || now.started !== owner.started) return true;
    await systemClock.wait(lookEveryMs, never);
  }
  await takeBackRequest(machine, path);
  return false;
}
