import { fail } from '../diagnostics/diagnostic.ts';
import type { Statement, StopJob, Text } from '../sql/ast.ts';
import { savepointOf } from '../state/savepoint.ts';
import { StreamError } from '../streams/stream-error.ts';
import { TIMESTAMP_LTZ } from '../types/sql-type.ts';
import { savepointsFolder } from './job-state.ts';
import type { SessionContext } from './session-context.ts';
import type { SessionJob } from './session-jobs.ts';
import { answerTexts, type TextAnswer } from './text-answer.ts';

/**
 * Executes SHOW JOBS, DESCRIBE JOB and STOP JOB; `'other'` for another statement.
 * @throws DiagnosticError B052 for a job that does not run, or has no checkpoints for a savepoint
 */
export async function executeJobStatement(
  statement: Statement,
  context: SessionContext,
): Promise<TextAnswer | null | 'other'> {
  const { jobs } = context;
  if (statement.kind === 'show' && statement.object === 'JOBS') return jobTexts(jobs.list());
  if (statement.kind === 'describe' && statement.object === 'JOB' && 'value' in statement.name) {
    return jobTexts([jobNamed(statement.name, jobs)]);
  }
  if (statement.kind !== 'stopJob') return 'other';
  return stopJob(statement, context);
}

async function stopJob({ id, withSavepoint, withDrain }: StopJob, context: SessionContext): Promise<TextAnswer | null> {
  const job = jobNamed(id, context.jobs);
  if (!job.isRunning) fail('B052', id.span, `job '${job.id}' does not run: it is ${job.status}`);
  const { stateFolder } = job;
  if (!withSavepoint) {
    await job.stop();
    return null;
  }
  if (stateFolder === null)
    return fail('B052', id.span, `job '${job.id}' makes no checkpoints, and so no savepoint`, {
      help: "SET 'execution.checkpointing.interval' = '1 min' before it is started",
    });
  await job.stop({ drains: withDrain });
  try {
    const to = { path: null, among: savepointsFolder(context) };
    return answerTexts(['savepoint path'], [[await savepointOf(context.stateEnvironment, stateFolder, to)]]);
  } catch (error) {
    // The file system's own words have a code.
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof StreamError) && code === undefined) throw error;
    return fail('F014', id.span, `the savepoint of job '${job.id}' was not made: ${message}`);
  }
}

function jobNamed(id: Text, jobs: SessionContext['jobs']): SessionJob {
  const running = jobs.list().filter(({ isRunning }) => isRunning);
  const help = running.length === 0 ? 'no job runs' : `there run: ${running.map((job) => job.id).join(', ')}`;
  return jobs.get(id.value) ?? fail('B052', id.span, `there is no job '${id.value}'`, { help });
}

/** Flink's columns. */
function jobTexts(jobs: readonly SessionJob[]): TextAnswer {
  return answerTexts(
    ['job id', 'job name', 'status', ['start time', TIMESTAMP_LTZ(3)]],
    jobs.map(({ id, name, status, startMs }) => [id, name, status, String(Math.trunc(startMs))]),
  );
}
