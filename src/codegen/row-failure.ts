import type { Span } from '../diagnostics/source-text.ts';
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
  /** In the batch that was being processed. */
  readonly rowIndex: number;

  constructor(message: string, span: Span, rowIndex: number) {
    super(message);
    this.span = span;
    this.rowIndex = rowIndex;
  }
}
