import type { Code } from './codes.ts';
import type { Span } from './source-text.ts';
import { placeOf } from './source-text.ts';

/** What went wrong and where, with what to do about it. Rendered by `render.ts`. */
export interface Diagnostic {
  /** Says the kind of mistake; never changes its meaning. */
  readonly code: Code;
  /** Whether the statement was stopped by it. */
  readonly severity: Severity;
  /** Lower case, no full stop; quotes what the user wrote. */
  readonly message: string;
  /** Null where there is no text to point at: an option of the command line, a broken file. */
  readonly span: Span | null;
  /** Said beside the caret. */
  readonly label: string | null;
  /** Other places and facts, in the order of their telling. */
  readonly notes: readonly Note[];
  /** What to do; null where nothing better than the message is known. */
  readonly help: string | null;
}

/** An error stops the statement, a warning does not. */
export type Severity = 'error' | 'warning';

/** A fact beside the error; with a span it is shown with its own line and underline. */
export interface Note {
  /** Lower case, no full stop. */
  readonly message: string;
  /** Null where it is about no place in the text. */
  readonly span: Span | null;
}

/** The parts of a diagnostic that may be left out. */
export interface DiagnosticDetails {
  readonly label?: string | undefined;
  readonly notes?: readonly (Note | string)[] | undefined;
  readonly help?: string | undefined;
}

/** `error('B003', node.span, 'unknown column "usr_id"', { help: 'did you mean "user_id"?' })` */
export function error(code: Code, span: Span | null, message: string, details: DiagnosticDetails = {}): Diagnostic {
  return diagnostic('error', code, span, message, details);
}

/** As `error`, for what does not stop the statement. */
export function warning(code: Code, span: Span | null, message: string, details: DiagnosticDetails = {}): Diagnostic {
  return diagnostic('warning', code, span, message, details);
}

/** Legal SQL that is not executed yet: `unsupported('W001', node.span, 'MATCH_RECOGNIZE')`. */
export function unsupported(
  code: Code,
  span: Span | null,
  feature: string,
  details: DiagnosticDetails = {},
): Diagnostic {
  return diagnostic('error', code, span, `${feature} is not supported yet`, details);
}

/** One or more diagnostics on their way to the user. Nothing else is thrown for a user's mistake. */
export class DiagnosticError extends Error {
  /** At least one, in the order of the text. */
  readonly diagnostics: readonly Diagnostic[];

  /** @internal `cause`: what code of the program's threw, where that is what went wrong. */
  constructor(diagnostics: readonly Diagnostic[], cause?: unknown) {
    super(diagnostics.map(summary).join('\n'), cause === undefined ? {} : { cause });
    this.name = 'DiagnosticError';
    this.diagnostics = diagnostics;
  }
}

/** Throws one error. @throws DiagnosticError always */
export function fail(code: Code, span: Span | null, message: string, details: DiagnosticDetails = {}): never {
  throw new DiagnosticError([error(code, span, message, details)]);
}

/** Does something, and gives what it refuses without a place this one. */
export function placedAt<T>(span: Span | null, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof DiagnosticError)) throw thrown;
    throw new DiagnosticError(thrown.diagnostics.map((each) => (each.span === null ? { ...each, span } : each)));
  }
}

/** One line without the picture: `fraud.sql:2:46: error[B003]: unknown column "usr_id"`. */
export function summary(diagnostic: Diagnostic): string {
  const place = diagnostic.span === null ? '' : `${placeOf(diagnostic.span)}: `;
  return `${place}${diagnostic.severity}[${diagnostic.code}]: ${diagnostic.message}`;
}

function diagnostic(
  severity: Severity,
  code: Code,
  span: Span | null,
  message: string,
  details: DiagnosticDetails,
): Diagnostic {
  return {
    code,
    severity,
    message,
    span,
    label: details.label ?? null,
    notes: (details.notes ?? []).map((note) => (typeof note === 'string' ? { message: note, span: null } : note)),
    help: details.help ?? null,
  };
}
