import { resolve } from 'node:path';
import { systemClock } from '../../runtime/clock.ts';
import { savepointOf } from '../../state/savepoint.ts';
import {
  askForSavepoint,
  forgetSavepoint,
  type SavepointAnswer,
  savepointAnswer,
} from '../../state/savepoint-request.ts';
import type { StoredJob } from '../../state/stored-jobs.ts';
import { defaultSavepointsFolder } from '../../streams/default-folder.ts';
import { machine } from '../../streams/machine.ts';
import { StreamLock } from '../../streams/stream-lock.ts';
import { exitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { type JobsOptions, runsText, withJob } from './jobs.ts';

export interface SavepointOptions extends JobsOptions {
  /** Seconds. */
  readonly timeout: number;
}

/** Looks for the answer this often. */
const lookEveryMs = 25;

/** `tidemark jobs savepoint`: of a job that runs its process makes it; of another it is made here. */
export function savepoint(
  name: string,
  path: string | null,
  options: SavepointOptions,
  out: Terminal,
  err: Terminal,
): Promise<number> {
  return withJob(name, options.dir, err, async (job) => {
    if (job.owner === null) {
      const made = await savepointOf(machine, job.path, { path, among: defaultSavepointsFolder });
      out.write(`${job.name} does not run\nsavepoint ${made}\n`);
      return exitCode.ok;
    }
    const answer = await answerOf(job, path, options.timeout);
    if (answer !== null && 'path' in answer) {
      out.write(`savepoint ${path ?? shown(answer.path)}\n`);
      return exitCode.ok;
    }
    err.write(
      answer === null
        ? `error: ${runsText(job)}, which has made no savepoint within ${options.timeout} s\n` +
            '(it may wait for a sink; --timeout waits longer)\n'
        : `error: the savepoint of "${job.name}" was not made: ${answer.refusal}\n`,
    );
    return exitCode.failed;
  });
}

/** Asks the job's process, and waits for its answer; null: none in time, or the job has ended. */
async function answerOf({ path: folder, owner }: StoredJob, path: string | null, timeout: number) {
  if (owner === null) return null;
  const id = machine.random32().toString(16);
  const request = { id, path: path === null ? null : resolve(path), among: resolve(defaultSavepointsFolder) };
  await askForSavepoint(machine, folder, owner, request);
  const never = new AbortController().signal;
  let answer: SavepointAnswer | null = null;
  for (let waitedMs = 0; waitedMs < timeout * 1000 && answer === null; waitedMs += lookEveryMs) {
    if (StreamLock.owner(machine, folder) === null) break;
    await systemClock.wait(lookEveryMs, never);
    answer = savepointAnswer(machine, folder, id);
  }
  await forgetSavepoint(machine, folder);
  return answer;
}

/** As it is seen from here. */
function shown(path: string): string {
  const from = `${resolve('.')}/`;
  return path.startsWith(from) ? path.slice(from.length) : path;
}
