/** What a program imports. */
export type { ProgramRow } from './connectors/program/program-table.ts';
export type { Code } from './diagnostics/codes.ts';
export { type Diagnostic, DiagnosticError, type Note, type Severity } from './diagnostics/diagnostic.ts';
export { renderDiagnostic } from './diagnostics/render.ts';
export { SourceText, type Span } from './diagnostics/source-text.ts';
export { Engine, type EngineOptions, type RunOptions } from './engine.ts';
export { BackgroundJob, type JobReading } from './library/background-job.ts';
export {
  DataStream,
  type ShardDescription,
  type StreamDescription,
  type StreamReading,
  type StreamReadOptions,
} from './library/data-stream.ts';
export type { TableDeclaration, WatermarkDeclaration } from './library/declaration.ts';
export {
  type Accumulator,
  type AggregateFunctionDefinition,
  type AnyAggregateFunction,
  type AnyFunction,
  type AnyScalarFunction,
  type AnyTableFunction,
  type ArgumentsOf,
  aggregateFunction,
  type FunctionParameters,
  type ScalarFunctionDefinition,
  scalarFunction,
  type TableFunctionDefinition,
  tableFunction,
} from './library/function-types.ts';
export type { LookupAnswer, LookupTableCache, LookupTableDeclaration } from './library/lookup-table.ts';
export { PushTable } from './library/push-table.ts';
export { type Change, type ChangeBatch, Query } from './library/query.ts';
export type { RowSource, Subscribable } from './library/row-sources.ts';
export type { Columns, InputOf, InputRow, OutputRow, ValueOf } from './library/row-types.ts';
export { type NewRecord, PartialPutError, type PutOptions, type PutResult } from './library/stream-put.ts';
export { StreamRecord } from './library/stream-record.ts';
export { Streams } from './library/streams.ts';
export { Tidemark, type TidemarkOptions } from './library/tidemark.ts';
export type { NestedValue } from './memory/nested.ts';
export { type Clock, ManualClock, systemClock } from './runtime/clock.ts';
export type { JobMetrics, JobProgress, JobSummary } from './runtime/job.ts';
export type { KeptCount } from './runtime/row-keeper.ts';
export { jsonText, rowTexts } from './session/result-text.ts';
export type { AnswerHeader, ChangeKindText, ResultRow, StatementEvent } from './session/statement-event.ts';
export { DamagedSegmentError, StreamError, type StreamErrorName } from './streams/stream-error.ts';
export { type Column, columnTypeText, type Schema } from './types/column.ts';
export type { SqlType } from './types/sql-type.ts';
