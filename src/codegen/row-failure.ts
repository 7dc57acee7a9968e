import type { Span } from '../diagnostics/source-text.ts';
import type { ProgramFunctionError } from '../functions/program/program-error.ts';
import type { SqlType } from '../types/sql-type.ts';

/** A place in the emitted code that can stop at a row: what to say, and which values the record then holds. */
export interface FailureSite {
  readonly span: Span;
  /** `{0}`, `{1}` stand for the shown values. */
  readonly message: string;
  readonly shown: readonly SqlType[];
}

/** A row that could not be computed. The runtime adds shard and offset of the row and makes it an F001 diagnostic. */
export class RowFailure extends Error {
  readonly span: Span;
  /** In the batch that was being processed; null where the failure is of no row: of a group's result. */
  readonly rowIndex: number | null;
  /** What a function of the program's threw, where that is what failed. */
  override readonly cause: ProgramFunctionError | null;

  constructor(message: string, span: Span, rowIndex: number | null, cause: ProgramFunctionError | null = null) {
    super(message);
    this.cause = cause;
    this.span = span;
    this.rowIndex = rowIndex;
  }
}
