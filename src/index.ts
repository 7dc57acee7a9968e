/** What a program imports. */
export { type Diagnostic, DiagnosticError } from './diagnostics/diagnostic.ts';
export { SourceText } from './diagnostics/source-text.ts';
export { Engine, type EngineOptions } from './engine.ts';
export type { Batch } from './memory/batch.ts';
export { Memory } from './memory/memory.ts';
export type { NestedValue } from './memory/nested.ts';
export { type Clock, ManualClock, systemClock } from './runtime/clock.ts';
export type { JobProgress, JobSummary } from './runtime/job.ts';
export { jsonText, rowTexts } from './session/result-text.ts';
export type { AnswerHeader, ResultRow, StatementEvent } from './session/statement-event.ts';
export { type Column, columnTypeText, type Schema } from './types/column.ts';
export type { SqlType } from './types/sql-type.ts';
