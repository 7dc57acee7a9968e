import { createInterface } from 'node:readline/promises';
import { didYouMean } from '../../diagnostics/candidates.ts';
import { savedSource } from '../../runtime/source-run.ts';
import type { Manifest } from '../../state/manifest.ts';
import { dropJob, type StoredJob, storedJobs } from '../../state/stored-jobs.ts';
import { machine } from '../../streams/machine.ts';
import { StreamError } from '../../streams/stream-error.ts';
import { cutToWidth } from '../display-width.ts';
import { exitCode } from '../exit-codes.ts';
import { ageText, bytesText } from '../quantities.ts';
import { whole } from '../summary-line.ts';
import type { Terminal } from '../terminal.ts';
import { textColumns } from '../text-columns.ts';
import { UsageError } from '../usage-error.ts';

export interface JobsOptions {
  /** The folder of the jobs. */
  readonly dir: string;
}

/** `tidemark jobs list` */
export function list({ dir, json }: JobsOptions & { readonly json?: boolean }, out: Terminal): number {
  const jobs = storedJobs(machine, dir);
  if (json === true) {
    for (const job of jobs) out.write(`${JSON.stringify(jsonOf(job))}\n`);
    return exitCode.ok;
  }
  const { dim } = out.colors;
  if (jobs.length === 0) {
    out.write(
      `no job has state in ${dir}\n${dim("a job makes checkpoints where 'execution.checkpointing.interval' is set")}\n`,
    );
    return exitCode.ok;
  }
  const nowMs = machine.clock.nowMs();
  const rows = jobs.map((job) => [
    job.name,
    stateText(job),
    job.manifest === null ? '-' : String(job.manifest.epoch),
    job.manifest === null ? '-' : ageText(nowMs - job.manifest.atMs),
    bytesText(bytesOf(job)),
    job.manifest === null ? '-' : whole(rowsOf(job.manifest)),
    job.manifest === null ? '-' : firstLine(job.manifest.job.statement),
  ]);
  const head = ['name', 'state', 'checkpoint', 'age', 'size', 'rows', 'statement'];
  const [first = '', ...lines] = textColumns(head, rows, ['checkpoint', 'age', 'size', 'rows']);
  out.write(`${dim(first)}\n`);
  for (const line of lines) out.write(`${out.isTerminal ? cutToWidth(line, out.columns - 1) : line}\n`);
  return exitCode.ok;
}

/** `tidemark jobs drop` */
export async function drop(
  name: string,
  { dir, yes }: JobsOptions & { readonly yes?: boolean },
  out: Terminal,
  err: Terminal,
): Promise<number> {
  return withJob(name, dir, err, async (job) => {
    if (job.owner !== null) {
      err.write(`error: ${runsText(job)}\n(stop it first: tidemark jobs stop ${job.name})\n`);
      return exitCode.failed;
    }
    if (yes !== true && !(await isWanted(job))) {
      err.write('nothing was dropped\n');
      return exitCode.failed;
    }
    await dropJob(machine, job, () => discardHeld(job, err));
    out.write(`dropped the state of ${job.name}: it starts anew when it is run again\n`);
    return exitCode.ok;
  });
}

/** What its sinks hold goes too; where that cannot be, a stream takes it away by itself in a year, and files stay hidden. */
async function discardHeld({ manifest, path }: StoredJob, err: Terminal): Promise<void> {
  if (manifest === null) return;
  const { Engine } = await import('../../engine.ts');
  const engine = new Engine();
  try {
    await engine.discardHeld(manifest, path);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    err.write(`warning: rows that its sinks held and nobody has seen stay where they are: ${thrown.message}\n`);
  } finally {
    engine.close();
  }
}

async function isWanted(job: StoredJob): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('nobody can be asked whether to drop it', 'say --yes');
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const at = job.manifest === null ? '' : `, checkpoint ${job.manifest.epoch}`;
  try {
    const answer = await asking.question(`drop the state of ${job.name}${at}, ${bytesText(bytesOf(job))}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
}

/** Does something with a job; the code to exit with. What cannot be done is told. */
export async function withJob(
  name: string,
  dir: string,
  err: Terminal,
  work: (job: StoredJob) => number | Promise<number>,
): Promise<number> {
  const job = jobNamed(name, dir);
  if (typeof job === 'string') {
    err.write(job);
    return exitCode.failed;
  }
  try {
    return await work(job);
  } catch (thrown) {
    if (!(thrown instanceof StreamError)) throw thrown;
    err.write(`error: ${thrown.message}\n${thrown.help === null ? '' : `(${thrown.help})\n`}`);
    return exitCode.failed;
  }
}

/** A job by its name, its folder, or the beginning of either where only one begins so; or what to tell of it. */
export function jobNamed(name: string, dir: string): StoredJob | string {
  const jobs = storedJobs(machine, dir);
  const exact = jobs.find((job) => job.name === name || job.folder === name);
  if (exact !== undefined) return exact;
  const begun = jobs.filter((job) => job.name.startsWith(name) || job.folder.startsWith(name));
  const [only] = begun;
  if (only !== undefined && begun.length === 1) return only;
  const names = (begun.length > 0 ? begun : jobs).map((job) => job.name);
  const help =
    begun.length > 1
      ? `several begin so: ${names.join(', ')}`
      : (didYouMean(name, names) ??
        (names.length === 0 ? `no job has state in ${dir}` : `there are: ${names.join(', ')}`));
  return `error: there is no job "${name}"\n(${help})\n`;
}

export function runsText({ name, owner }: StoredJob): string {
  return `the job "${name}" runs in process ${owner?.pid ?? '?'}`;
}

/** `running (4711)`, `stopped`, `damaged`; one that was killed before its first checkpoint is `empty`. */
export function stateText({ owner, manifest, unreadable }: StoredJob): string {
  if (owner !== null) return `running (${owner.pid})`;
  if (unreadable.length > 0) return 'damaged';
  return manifest === null ? 'empty' : 'stopped';
}

export function bytesOf({ files }: StoredJob): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Keys, groups and rows that its operators keep. */
export function rowsOf({ operators }: Manifest): number {
  return Object.values(operators).reduce((sum, { size }) => sum + size.rows, 0);
}

/** Rows that were read. */
export function eventsOf({ sources }: Manifest): number {
  return Object.values(sources).reduce<number>((sum, saved) => sum + savedSource(saved).rows, 0);
}

/** Without the names that every statement has. */
export function shortNames(statement: string): string {
  return statement.replaceAll('`default_catalog`.`default_database`.', '');
}

function firstLine(statement: string): string {
  const [line = '', ...rest] = shortNames(statement).trim().split('\n');
  return rest.length === 0 ? line : `${line} ...`;
}

function jsonOf(job: StoredJob): object {
  const { name, folder, owner, manifest, unreadable } = job;
  return {
    name,
    folder,
    state: stateText(job).replace(/ .*/, ''),
    pid: owner?.pid ?? null,
    checkpoint: manifest?.epoch ?? null,
    madeAt: manifest === null ? null : new Date(manifest.atMs).toISOString(),
    release: manifest?.release ?? null,
    bytes: bytesOf(job),
    rows: manifest === null ? null : rowsOf(manifest),
    events: manifest === null ? null : eventsOf(manifest),
    statement: manifest?.job.statement ?? null,
    unreadable,
  };
}
