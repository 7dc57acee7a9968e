import { type Diagnostic, DiagnosticError, warning } from '../diagnostics/diagnostic.ts';
import type { PhysicalGraph } from '../physical/graph.ts';
import type { Job } from '../runtime/job.ts';
import { type RestartStrategy, restartStrategy } from '../runtime/restart-strategy.ts';
import { isTrackedJob } from './job-state.ts';
import type { SessionContext } from './session-context.ts';

/** What is to become of a job that has failed. */
export type Verdict =
  /** It runs again behind a wait; the warning says why. */
  | { readonly kind: 'restart'; readonly delayMs: number; readonly warning: Diagnostic }
  | { readonly kind: 'fail'; readonly error: unknown };

/**
 * Failures of one row: the row is read again behind a restart, and fails again. Flink tries for ever; a person who waits
 * for an answer wants to be told.
 */
const rowCodes: ReadonlySet<string> = new Set(['F001', 'F010', 'F011', 'F012', 'F015', 'F017']);

/** Whether and when a job runs again, as the settings have it. */
export function jobRestarts(graph: PhysicalGraph, context: SessionContext): JobRestarts {
  const { settings } = context.session;
  const hasCheckpoints = isTrackedJob(graph, context) && !context.restartsAtCheckpoints;
  const random01 = (): number => (context.stateEnvironment.random32() >>> 0) / 2 ** 32;
  const strategy = restartStrategy(settings, { hasCheckpoints, random01 });
  if (hasCheckpoints) return new JobRestarts(strategy, null);
  const isExpected = strategy.name !== 'none';
  return new JobRestarts(
    strategy,
    isExpected ? 'it does not run again: without checkpoints it would write rows twice' : '',
  );
}

/** Decides after each failure of one job whether it runs again. */
export class JobRestarts {
  readonly #strategy: RestartStrategy;
  /** Why the job never runs again, in words; null: it may, `''`: nobody expects it. */
  readonly #obstacle: string | null;
  #count = 0;
  /** What the last failure said. */
  #last: string | null = null;

  constructor(strategy: RestartStrategy, obstacle: string | null) {
    this.#strategy = strategy;
    this.#obstacle = obstacle;
  }

  /** How often it has run again. */
  get count(): number {
    return this.#count;
  }

  /** `job`: which has failed; null: it could not be made. */
  after(error: unknown, job: Job | null, failedMs: number): Verdict {
    // What is wrong from the start is told at once.
    if (this.#count === 0 && job?.hasBegun !== true) return { kind: 'fail', error };
    // The same rows would need the same memory.
    if (hasCode(error, 'F023')) return failed(error, keptCheckpoint(job));
    const obstacle = this.#obstacle ?? readOnce(job);
    if (obstacle !== null) return failed(error, obstacle);
    const told = textOf(error);
    if (told === this.#last && isOfRow(error))
      return failed(error, 'the job ran again from its last checkpoint, and failed at the same place');
    const delayMs = this.#strategy.next(failedMs);
    if (delayMs === null) return failed(error, this.#exhausted());
    this.#last = told;
    this.#count++;
    return { kind: 'restart', delayMs, warning: this.#warning(error, delayMs, job) };
  }

  #exhausted(): string {
    if (this.#strategy.name === 'none') return '';
    return `the job ran again ${times(this.#count)}: 'restart-strategy.type' = '${this.#strategy.name}' allows no more`;
  }

  #warning(error: unknown, delayMs: number, job: Job | null): Diagnostic {
    const cause = error instanceof DiagnosticError ? error.diagnostics[0] : undefined;
    const epoch = job?.checkpointEpoch ?? null;
    const from = epoch === null ? 'from its start, as it has no checkpoint yet' : `from its checkpoint ${epoch}`;
    const message = `attempt ${this.#count}: the job has failed, and runs again in ${delayMs / 1000} s ${from}`;
    return warning('F022', cause?.span ?? null, message, {
      notes: [cause === undefined ? String(error) : `${cause.code}: ${cause.message}`, ...(cause?.notes ?? [])],
      help: cause?.help ?? undefined,
    });
  }
}

/** Rows that cannot be read a second time would be lost. */
function readOnce(job: Job | null): string | null {
  const table = job?.sourceReadOnce ?? null;
  return table === null ? null : `it does not run again: what was read of "${table}" cannot be read a second time`;
}

/** Whether the same row would fail again: it cannot be computed, or what failed is the engine, and not the world around it. */
function isOfRow(error: unknown): boolean {
  if (error instanceof DiagnosticError) return error.diagnostics.some(({ code }) => rowCodes.has(code));
  return (error as NodeJS.ErrnoException).code === undefined;
}

function hasCode(error: unknown, code: Diagnostic['code']): boolean {
  return error instanceof DiagnosticError && error.diagnostics.some((each) => each.code === code);
}

function keptCheckpoint(job: Job | null): string {
  const epoch = job?.checkpointEpoch ?? null;
  return epoch === null ? '' : `its checkpoint ${epoch} is kept: it goes on from there when it is run again with more`;
}

function textOf(error: unknown): string {
  if (!(error instanceof DiagnosticError)) return String(error);
  return error.diagnostics
    .flatMap(({ code, message, notes }) => [code, message, ...notes.map((note) => note.message)])
    .join('\n');
}

/** The failure with a word on why it is the last. */
function failed(error: unknown, reason: string): Verdict {
  if (!(error instanceof DiagnosticError) || reason === '') return { kind: 'fail', error };
  const [first, ...others] = error.diagnostics;
  if (first === undefined) return { kind: 'fail', error };
  const told = { ...first, notes: [...first.notes, { message: reason, span: null }] };
  return { kind: 'fail', error: new DiagnosticError([told, ...others], error.cause) };
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
