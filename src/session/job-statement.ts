import { DiagnosticError, fail, unsupported } from '../diagnostics/diagnostic.ts';
import type { Statement, StopJob, Text } from '../sql/ast.ts';
import { TIMESTAMP_LTZ } from '../types/sql-type.ts';
import type { SessionContext } from './session-context.ts';
import type { SessionJob } from './session-jobs.ts';
import { answerTexts, type TextAnswer } from './text-answer.ts';

/**
 * Executes SHOW JOBS, DESCRIBE JOB and STOP JOB; `'other'` for another statement.
 * @throws DiagnosticError B052 for a job that does not run, W001 for a savepoint
 */
export async function executeJobStatement(
  statement: Statement,
  { jobs }: SessionContext,
): Promise<TextAnswer | null | 'other'> {
  if (statement.kind === 'show' && statement.object === 'JOBS') return jobTexts(jobs.list());
  if (statement.kind === 'describe' && statement.object === 'JOB' && 'value' in statement.name) {
    return jobTexts([jobNamed(statement.name, jobs)]);
  }
  if (statement.kind !== 'stopJob') return 'other';
  await stopJob(statement, jobs);
  return null;
}

async function stopJob({ id, withSavepoint, span }: StopJob, jobs: SessionContext['jobs']): Promise<void> {
  if (withSavepoint) {
    throw new DiagnosticError([
      unsupported('W001', span, 'STOP JOB ... WITH SAVEPOINT', { help: "write STOP JOB '...' without it" }),
    ]);
  }
  const job = jobNamed(id, jobs);
  if (!job.isRunning) fail('B052', id.span, `job '${job.id}' does not run: it is ${job.status}`);
  await job.stop();
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
