import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-text.ts';
import type { NestedValue } from '../memory/nested.ts';
import type { Changes } from '../plan/logical.ts';
import type { JobProgress, JobSummary } from '../runtime/job.ts';
import type { Manifest } from '../state/manifest.ts';
import type { Schema } from '../types/column.ts';
import type { RowOrder } from './row-order.ts';

/** What happens while a script runs, in order. A statement that is refused is the last. */
export type StatementEvent =
  /** A statement begins. */
  | { readonly kind: 'statement'; readonly index: number; readonly span: Span }
  /** The statement answers with rows: what they look like. */
  | { readonly kind: 'answer'; readonly header: AnswerHeader }
  | { readonly kind: 'rows'; readonly rows: readonly ResultRow[] }
  /** A job begins with what was there of it before. */
  | { readonly kind: 'begun'; readonly begun: JobBegin }
  /** Where a running job stands, about twice a second. */
  | { readonly kind: 'progress'; readonly progress: JobProgress }
  /** A job has come to its end, or was stopped. */
  | { readonly kind: 'summary'; readonly summary: JobSummary }
  /** The statement has been executed, its answer is complete. */
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly stage: RefusalStage; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'warnings'; readonly diagnostics: readonly Diagnostic[] };

/** How a job begins that has been there before. */
export interface JobBegin {
  readonly name: string;
  /** The checkpoint that it goes on from, and its folder; null: it starts anew. */
  readonly from: { readonly path: string; readonly manifest: Manifest } | null;
  /** The folder into which the state was put that it had; null: it had none, or goes on from it. */
  readonly putAside: string | null;
}

/** `runtime`: refused at a row, or by a file, after the job has begun. */
export type RefusalStage = 'parse' | 'bind' | 'runtime';

/** What the rows of an answer look like. */
export interface AnswerHeader {
  /** Names and types, in order. */
  readonly columns: Schema;
  /** The kinds of changes that rows may have. */
  readonly changes: Changes;
  /** The zone in which TIMESTAMP_LTZ is shown. */
  readonly timeZone: string;
  /** The answer is one text of several lines: a plan, a statement. */
  readonly isText?: boolean | undefined;
  /** How the rows of a ranking stand, for who shows them as a table; null or left out: in the order of their coming. */
  readonly order?: RowOrder | null | undefined;
}

/** A row of an answer, outside the memory; its values are read with the types of the header's columns. */
export interface ResultRow {
  /** What has become of the row. */
  readonly kind: ChangeKindText;
  /** By column; `rowTexts` makes texts of them. */
  readonly values: readonly NestedValue[];
}

/** A row has come (`+I`) or is gone (`-D`), or it was replaced: before (`-U`) and after (`+U`). */
export type ChangeKindText = '+I' | '-U' | '+U' | '-D';
