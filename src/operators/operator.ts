import type { Batch } from '../memory/batch.ts';
import type { CellValue } from '../memory/cell-value.ts';
import type { OperatorState } from '../memory/operator-state.ts';
import type { FailedRows } from './failed-rows.ts';
import type { LateRowList } from './late-row-list.ts';
import type { StateSize } from './state-size.ts';

/**
 * A running operator: a synchronous state machine over batches. It knows nothing of RxJS, clocks, promises or I/O;
 * a test of it is a list of calls.
 *
 * Watermarks and times are milliseconds since 1970; the end of a bounded input is a watermark of +Infinity.
 * Watermarks never go back: the caller merges several shards and inputs by minimum.
 */
export interface Operator {
  /** Takes the rows of one input. The batch is borrowed: what is kept is copied. Output goes to `out` before it returns. */
  process(batch: Batch, out: Output, input: number): void;
  /** Event time has come to `watermarkMs`; what is due is sent before the watermark itself is passed on. */
  onWatermark(watermarkMs: number, out: Output): void;
  /** Processing time has come to `nowMs`; only called where `processingTimerMs` asked for it. */
  onProcessingTime?(nowMs: number, out: Output): void;
  /** When `onProcessingTime` wants to be called; null: not at all. */
  readonly processingTimerMs?: number | null;
  /** Whether rows wait for what is outside of the job: watermarks and ends wait behind them. */
  readonly isAsking?: boolean;
  /** The keys whose rows the operator waits for, each once; null: none. It is given them on its second input. */
  takeKeys?(): readonly (readonly CellValue[])[] | null;
  /** All rows of the keys that were taken have come. */
  onAnswers?(out: Output): void;
  /** Rows may leave so much behind the watermark: the one that is passed on stays behind it. */
  readonly watermarkDelayMs?: number;
  /** Which row of the batch at hand a row was made of that is being sent; null: of none, or it is not known. */
  originOf?(rowIndex: number): number | null;
  /** Where it notes the late rows of a batch, if somebody keeps them. */
  readonly lateRows?: LateRowList | null;
  /** Where it tells of rows that cannot be computed, if somebody keeps them. */
  readonly failedRows?: FailedRows | null;
  /** A snapshot is about to be made: what waits for more rows, and is in no state, is sent. */
  onBarrier?(out: Output): void;
  /** Counters for the summary and metrics; read at any time. */
  readonly metrics: OperatorMetrics;
  /** What it holds just now; not asked for when it is closed. */
  readonly stateSize: StateSize;
  /** Gives the state's memory back. */
  close(): void;
}

/** Where an operator's rows go. Each call lends a batch until it returns. */
export interface Output {
  batch(batch: Batch): void;
}

export interface OperatorMetrics {
  rowsIn: number;
  rowsOut: number;
  /** Rows dropped since their windows were closed. */
  lateRows: number;
  /** Rows left out since their event time is NULL (window functions without aggregation). */
  nullTimeRows: number;
}

export function newMetrics(): OperatorMetrics {
  return { rowsIn: 0, rowsOut: 0, lateRows: 0, nullTimeRows: 0 };
}

/** The counters go on after a restart. */
export function keepMetrics(state: OperatorState, metrics: OperatorMetrics): void {
  state.keeps(
    'metrics',
    () => ({ ...metrics }),
    (saved) => void Object.assign(metrics, saved),
  );
}
