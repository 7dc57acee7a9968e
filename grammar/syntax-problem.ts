/**
 * A fault that a rule finds itself, where no token is wrong but their sum is: `BETWEEN` without `AND`.
 * It ends the statement; `src/sql` makes a diagnostic of it.
 */
export class SyntaxProblem extends Error {
  readonly code: SyntaxCode;
  /** Offsets `[start, end)` in the text. */
  readonly start: number;
  readonly end: number;
  readonly help: string | null;

  constructor(code: SyntaxCode, place: Place, message: string, help: string | null = null) {
    super(message);
    this.name = 'SyntaxProblem';
    this.code = code;
    this.start = place.start;
    this.end = place.end;
    this.help = help;
  }
}

export type SyntaxCode = 'P001' | 'P006' | 'P007' | 'P008' | 'P010' | 'P011' | 'P012';

interface Place {
  readonly start: number;
  readonly end: number;
}
