import { DiagnosticError, error } from '../diagnostics/diagnostic.ts';

/** What the file system refuses while checkpoints are written, as an error about their folder; another as it is. */
export function checkpointFailure(failure: unknown, what: string, folder: string): unknown {
  const { code, message } = failure as NodeJS.ErrnoException;
  if (!(failure instanceof Error) || code === undefined || failure instanceof DiagnosticError) return failure;
  return new DiagnosticError([
    error('F025', null, `${what}: ${reasonOf(code, message, folder)}`, {
      help: "make room, or SET 'execution.checkpointing.dir' to another folder",
    }),
  ]);
}

function reasonOf(code: string, message: string, folder: string): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `no space is left in "${folder}"`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `no permission to write in "${folder}"`;
    default:
      return message;
  }
}
