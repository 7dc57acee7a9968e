import type { Table } from '../catalog/table.ts';
import type { Span } from '../diagnostics/source-text.ts';
import type { AggregateCall, Expression } from '../plan/expression.ts';
import type {
  AttachedWindow,
  Changes,
  JoinKey,
  JoinMethod,
  JoinType,
  LogicalScan,
  LogicalUnnest,
  LookupMethod,
  MatchReference,
  MatchSkip,
  MiniBatch,
  OverFrame,
  PatternElement,
  SessionTime,
  SortKey,
  WindowColumn,
  WindowEmit,
  WindowTime,
} from '../plan/logical.ts';
import type { RankInput } from '../plan/rank-input.ts';
import type { Schema } from '../types/column.ts';
import type { SqlType } from '../types/sql-type.ts';

/**
 * The physical plan: a graph of sources, operators and sinks with stable ids. The last thing that is data.
 *
 * What happens to a row between two of them (watermark, filter, project, expand, window assignment) is a list of
 * steps at the front of the operator that takes it, compiled with that operator into one WebAssembly function.
 */
export interface PhysicalGraph {
  readonly sources: readonly PhysicalSource[];
  /** Tables that an operator looks up: its second input. */
  readonly lookups: readonly PhysicalLookup[];
  /** Inputs come before the operators that read them. */
  readonly operators: readonly PhysicalOperator[];
  readonly sinks: readonly PhysicalSink[];
}

/** Reads a table once, for all that ask for it. */
export interface PhysicalSource {
  readonly id: string;
  readonly scan: LogicalScan;
  /** Whether some pipeline behind it computes a watermark: then its batches carry `shard` times. */
  readonly hasWatermark: boolean;
}

export interface PhysicalLookup {
  readonly id: string;
  readonly scan: LogicalScan;
  readonly method: LookupMethod;
}

/** The rows of an input, and what happens to them before the work sees them. */
export interface InputRows {
  /** As they come, before `steps`. */
  readonly inputSchema: Schema;
  readonly inputChanges: Changes;
  readonly steps: readonly Step[];
  /** Behind `steps`: what the work sees. */
  readonly stepSchema: Schema;
}

export interface PhysicalOperator extends InputRows {
  readonly id: string;
  /**
   * Ids of sources or operators; two for a join, more only for `union` and `multi-join`, none for `values` (which sends its rows at the first
   * watermark).
   */
  readonly inputs: readonly string[];
  /** The right input of a join alone; the left one, and the only one of other work, is the operator's own. */
  readonly right?: InputRows;
  /** Of a join of several inputs, those behind the right one. */
  readonly further?: readonly InputRows[];
  readonly work: Work;
  /** What happens to the rows that the work sends, before they leave: filters and projections. */
  readonly after: readonly Step[];
  /** Of the rows as the work sends them, before `after`. */
  readonly workSchema: Schema;
  readonly schema: Schema;
  readonly changes: Changes;
  /** Whether an operator behind this one drops late rows: then batches that leave carry a watermark a row. */
  readonly marksWatermarks: boolean;
  /** Its rows come over a union, and the watermark that a row has with it is that of its own way: others may be behind. */
  readonly isUnited?: boolean;
  readonly span: Span;
}

export interface PhysicalSink {
  readonly id: string;
  readonly input: string;
  readonly schema: Schema;
  readonly changes: Changes;
  /** Null: the rows answer the statement. */
  readonly table: Table | null;
  readonly span: Span;
}

/**
 * What happens to each row, in order. Column numbers are of the step's input; `columnCount` is how many that has.
 */
export type Step =
  | { readonly kind: 'watermark'; readonly timeColumn: number; readonly expression: Expression; readonly span: Span }
  | { readonly kind: 'filter'; readonly condition: Expression }
  /** Drops -U: nobody behind it needs the row that an update replaces. */
  | { readonly kind: 'drop-update-before' }
  | { readonly kind: 'project'; readonly expressions: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly countColumn: number }
  | {
      readonly kind: 'expand';
      readonly keys: readonly number[];
      readonly sets: readonly { readonly keep: readonly number[]; readonly id: number }[];
      readonly columnCount: number;
    }
  /** Appends the columns of an element, and its number; a row goes on once for each element. */
  | ({ readonly kind: 'unnest'; readonly columnCount: number; readonly columns: readonly SqlType[] } & Pick<
      LogicalUnnest,
      'collection' | 'withOrdinality' | 'isOuter' | 'condition'
    >)
  /**
   * TUMBLE, HOP, CUMULATE without aggregation: appends start, end, time; a row of several windows goes on several times,
   * one without a time in none, unless it fails.
   */
  | ({ readonly kind: 'window'; readonly columnCount: number; readonly needsTime?: boolean } & WindowTime);

/** What an operator does with the rows that come through its steps. Column numbers are of the last step's output. */
export type Work =
  /** Passes them on. */
  | { readonly kind: 'collect' }
  | { readonly kind: 'values'; readonly rows: readonly (readonly Expression[])[] }
  | {
      readonly kind: 'window-aggregate';
      readonly window: AttachedWindow | ({ readonly kind: 'assign' } & WindowTime);
      readonly keys: readonly number[];
      readonly aggregates: readonly AggregateCall[];
      readonly windowColumns: readonly WindowColumn[];
      readonly legacy: boolean;
      readonly emit: WindowEmit | null;
    }
  | { readonly kind: 'session-window'; readonly window: SessionTime }
  | {
      readonly kind: 'aggregate';
      readonly keys: readonly number[];
      readonly aggregates: readonly AggregateCall[];
      readonly stateTtlMs: number;
      readonly miniBatch: MiniBatch | null;
    }
  | {
      readonly kind: 'top-n';
      readonly partition: readonly number[];
      readonly order: readonly SortKey[];
      readonly rankStart: number;
      readonly rankEnd: number | { readonly column: number };
      readonly input: RankInput;
      readonly outputRank: boolean;
      readonly window: AttachedWindow | null;
      readonly stateTtlMs: number;
    }
  | {
      readonly kind: 'deduplicate';
      readonly keys: readonly number[];
      readonly timeColumn: number;
      readonly time: 'event' | 'processing';
      readonly keep: 'first' | 'last' | 'current';
      readonly window: AttachedWindow | null;
      readonly stateTtlMs: number;
    }
  | {
      readonly kind: 'over';
      readonly partition: readonly number[];
      readonly orderColumn: number;
      readonly time: 'event' | 'processing' | null;
      readonly frame: OverFrame;
      readonly aggregates: readonly AggregateCall[];
      readonly stateTtlMs: number;
    }
  | { readonly kind: 'sort'; readonly order: readonly SortKey[]; readonly time: 'event' | 'processing' }
  /** Rows in the order of time that a pattern takes; see `LogicalMatch`. */
  | {
      readonly kind: 'match';
      readonly partition: readonly number[];
      readonly order: readonly SortKey[];
      readonly time: 'event' | 'processing';
      readonly pattern: readonly PatternElement[];
      readonly skip: MatchSkip;
      readonly withinMs: number | null;
      readonly references: readonly MatchReference[];
      readonly measures: readonly Expression[];
    }
  | { readonly kind: 'limit'; readonly offset: number; readonly fetch: number; readonly stateTtlMs: number }
  | { readonly kind: 'union' }
  | {
      readonly kind: 'join';
      readonly type: JoinType;
      readonly keys: readonly JoinKey[];
      readonly condition: Expression | null;
      readonly method: JoinMethod;
      /** Of each side, the smallest set of columns that no two of its rows share; null where none is known. */
      readonly uniqueKeys: { readonly left: readonly number[] | null; readonly right: readonly number[] | null };
    }
  /** An inner join of several inputs that only grow: of each, the values that must be equal in all, over its columns. */
  | { readonly kind: 'multi-join'; readonly keys: readonly (readonly Expression[])[] }
  /** Keeps the rows of each key of a sink, and sends the last of those that are there. */
  | { readonly kind: 'upsert-materialize'; readonly keys: readonly number[]; readonly stateTtlMs: number };
