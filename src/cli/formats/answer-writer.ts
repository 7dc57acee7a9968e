import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { AnswerHeader, ResultRow } from '../../session/statement-event.ts';

/** Writes answers to standard output in one of the formats of `--format`. */
export interface AnswerWriter {
  /** A statement answers: what its rows look like. */
  begin(header: AnswerHeader): void;
  rows(rows: readonly ResultRow[]): void;
  /** The answer is complete. */
  end(): void;
  /** The statement was refused, or failed while it ran; standard error has the picture. */
  refused(diagnostics: readonly Diagnostic[]): void;
}

export type WriteText = (text: string) => void;
