import { asideEnding } from '../../state/checkpoint-folder.ts';
import { DamagedManifest, type JobScript, type Manifest, OtherRelease } from '../../state/manifest.ts';
import { findCheckpoint } from '../../state/savepoint.ts';
import { machine } from '../../streams/machine.ts';
import { exitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { type JobsOptions, jobNamed, runsText } from './jobs.ts';
import { runAgain } from './run.ts';

export interface ResumeOptions extends JobsOptions {
  /** A savepoint. */
  readonly from?: string;
  readonly allowNonRestoredState?: boolean;
}

/** `tidemark jobs resume` */
export async function resume(name: string, options: ResumeOptions, out: Terminal, err: Terminal): Promise<number> {
  const { dir, from } = options;
  const found = from === undefined ? stored(name, dir) : savepoint(name, from, dir);
  if (typeof found === 'string') {
    err.write(found);
    return exitCode.failed;
  }
  const settings = { ...sessionSettings(found.settings), 'execution.checkpointing.dir': dir };
  return runAgain({ ...found, settings }, options, out, err);
}

/** What runs a job that has state again; or what to tell of it. */
function stored(name: string, dir: string): JobScript | string {
  const job = jobNamed(name, dir);
  if (typeof job === 'string') return job;
  if (job.owner !== null) return `error: ${runsText(job)}\n(stop it there: tidemark jobs stop ${job.name})\n`;
  if (asideEnding.test(job.folder)) {
    const base = job.name.replace(asideEnding, '');
    return `error: "${job.name}" is state that was put aside\n(to go back to it: tidemark jobs resume ${base} --from ${job.path})\n`;
  }
  if (job.manifest !== null) return { ...job.manifest.job, folder: job.folder };
  const [newest] = job.unreadable;
  const reason = newest === undefined ? 'it has made no checkpoint' : `${newest.name}: ${newest.reason}`;
  return `error: the job "${job.name}" has nothing to go on from: ${reason}\n(run its script again)\n`;
}

/** A savepoint's job, under its own name or another. */
function savepoint(name: string, from: string, dir: string): JobScript | string {
  let manifest: Manifest | undefined;
  try {
    manifest = findCheckpoint(machine.files, from)?.manifest;
  } catch (error) {
    if (!(error instanceof DamagedManifest || error instanceof OtherRelease)) throw error;
    return `error: the savepoint in "${from}" cannot be used: ${error.message}\n`;
  }
  if (manifest === undefined) return `error: there is no savepoint in "${from}"\n`;
  const { job } = manifest;
  const known = jobNamed(name, dir);
  if (typeof known !== 'string') {
    if (known.owner !== null) return `error: ${runsText(known)}\n(stop it there: tidemark jobs stop ${known.name})\n`;
    if (known.folder === job.folder) return job;
  }
  if (name === (job.name ?? job.folder)) return job;
  return { ...job, name, folder: '', settings: { ...job.settings, 'pipeline.name': name } };
}

/** Without what is of the session that the job first ran in. */
function sessionSettings(settings: JobScript['settings']): JobScript['settings'] {
  const isOfSession = (key: string): boolean =>
    key.startsWith('execution.state-recovery.') || key.startsWith('table.catalog-store.');
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !isOfSession(key)));
}
