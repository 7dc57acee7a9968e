import type { SessionSettings } from '../functions/value.ts';
import type { Memory } from '../memory/memory.ts';
import type { OperatorState } from '../memory/operator-state.ts';
import type { WallClock } from './wall-clock.ts';

/** What an operator is made with. */
export interface OperatorContext {
  readonly memory: Memory;
  /** Where it gets what it keeps from one batch to the next. */
  readonly state: OperatorState;
  readonly session: SessionSettings;
  /** Rows of an output batch at most. */
  readonly batchRows: number;
  /** Conversions between instants and the session zone's wall clock, for TIMESTAMP_LTZ windows. */
  readonly zone: WallClock;
  /** Whether somebody behind asks which row a row was made of. */
  readonly keepsOrigins?: boolean;
  /** Whether rows that are dropped for being late are noted for who keeps them. */
  readonly keepsLateRows?: boolean;
  /** The same of rows that cannot be computed; else the first fails the job. */
  readonly keepsFailedRows?: boolean;
}
