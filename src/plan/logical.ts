import type { Table } from '../catalog/table.ts';
import type { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-text.ts';
import type { Column, Schema } from '../types/column.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { AggregateCall, Expression, LiteralValue } from './expression.ts';

/**
 * The typed logical plan: an immutable tree. Each node states its schema, with the time attributes, and the kinds of
 * changes it sends. Built by `bind/`, rewritten by `rules/`, printed by `print.ts`.
 */
export type LogicalNode =
  | LogicalScan
  | LogicalValues
  | LogicalWatermark
  | LogicalFilter
  | LogicalProject
  | LogicalExpand
  | LogicalUnnest
  | LogicalWindow
  | LogicalWindowAggregate
  | LogicalAggregate
  | LogicalTopN
  | LogicalDeduplicate
  | LogicalOver
  | LogicalSort
  | LogicalLimit
  | LogicalMatch
  | LogicalUnion
  | LogicalRepeat
  | LogicalJoin;

interface NodeBase {
  readonly schema: Schema;
  readonly changes: Changes;
  /** The clause that made this node. */
  readonly span: Span;
}

/** The kinds of changes a node sends: `I` always; an append-only result has only that. */
export interface Changes {
  readonly updateBefore: boolean;
  readonly updateAfter: boolean;
  readonly delete: boolean;
}

export const appendOnly: Changes = { updateBefore: false, updateAfter: false, delete: false };
export const allChanges: Changes = { updateBefore: true, updateAfter: true, delete: true };

export function isAppendOnly(changes: Changes): boolean {
  return !changes.updateBefore && !changes.updateAfter && !changes.delete;
}

/** `[I,UB,UA,D]`, as EXPLAIN CHANGELOG_MODE prints it. */
export function changesText(changes: Changes): string {
  const kinds = ['I'];
  if (changes.updateBefore) kinds.push('UB');
  if (changes.updateAfter) kinds.push('UA');
  if (changes.delete) kinds.push('D');
  return `[${kinds.join(',')}]`;
}

/** Reads the physical and metadata columns of a table that the query needs. Its schema is `columns`, in that order. */
export interface LogicalScan extends NodeBase {
  readonly kind: 'scan';
  readonly table: Table;
  readonly columns: readonly ScanColumn[];
  /** What a decoder may leave unread, by a filter above. */
  readonly filter: ScanFilter | null;
}

/**
 * Columns that nobody looks at in rows that do not pass a filter. A decoder that sees early that a row does not pass
 * may put anything there. The row itself is still sent: its time counts for the watermark, and the filter stays in the
 * plan.
 */
export interface ScanFilter {
  /** All must be TRUE in a row that passes. */
  readonly terms: readonly ScanTerm[];
  readonly unread: readonly number[];
}

/** A column of the scan beside a constant. */
export interface ScanTerm {
  readonly column: number;
  readonly operator: ScanOperator;
  /** In the column's own physical class. */
  readonly value: NonNullable<LiteralValue>;
}

export type ScanOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export interface ScanColumn extends Column {
  /** Field names from the row's top: `['bid', 'price']` after nested projection push-down; a metadata key alone. */
  readonly path: readonly string[];
  readonly metadata: boolean;
}

/** Constant rows. */
export interface LogicalValues extends NodeBase {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expression[])[];
}

/** Declares event time: the watermark is the highest value of `expression` seen in the shard; NULL leaves it as it was. */
export interface LogicalWatermark extends NodeBase {
  readonly kind: 'watermark';
  readonly input: LogicalNode;
  /** The event time column in the schema. */
  readonly timeColumn: number;
  readonly expression: Expression;
}

export interface LogicalFilter extends NodeBase {
  readonly kind: 'filter';
  readonly input: LogicalNode;
  readonly condition: Expression;
}

export interface LogicalProject extends NodeBase {
  readonly kind: 'project';
  readonly input: LogicalNode;
  /** One a column of the schema. A bare column reference keeps its time attribute. */
  readonly expressions: readonly Expression[];
}

/** Each row once per grouping set, with the keys outside the set NULL and the set's number appended (BIGINT). */
export interface LogicalExpand extends NodeBase {
  readonly kind: 'expand';
  readonly input: LogicalNode;
  /** The columns that some set leaves out. */
  readonly keys: readonly number[];
  /** Per set, which of `keys` stay; with the value of GROUPING_ID that the set has. */
  readonly sets: readonly { readonly keep: readonly number[]; readonly id: number }[];
}

/**
 * Each row once for each element of a collection of its own. Schema: the input's columns, then those of the element (a
 * row's fields, a map's key and value, else the element), then its number from 1 (INT) `withOrdinality`.
 */
export interface LogicalUnnest extends NodeBase {
  readonly kind: 'unnest';
  readonly input: LogicalNode;
  /** An ARRAY, MAP or MULTISET. Without elements where it is NULL. */
  readonly collection: Expression;
  readonly withOrdinality: boolean;
  /** LEFT JOIN: a row of which no element is left goes on once, with NULLs. */
  readonly isOuter: boolean;
  /** Of an outer one, which elements count: over the schema. */
  readonly condition: Expression | null;
}

/** How rows get windows. Times in milliseconds. */
export type WindowKind =
  | { readonly kind: 'tumble'; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: 'hop'; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
  | { readonly kind: 'cumulate'; readonly sizeMs: number; readonly stepMs: number; readonly offsetMs: number }
  | { readonly kind: 'session'; readonly gapMs: number; readonly partition: readonly number[] };

export interface WindowTime {
  readonly window: WindowKind;
  /** The time attribute in the input; a TIMESTAMP_LTZ is cut into windows on the session zone's wall clock. */
  readonly timeColumn: number;
  readonly time: 'event' | 'processing';
}

/** The time that is cut into sessions. */
export type SessionTime = WindowTime & { readonly window: Extract<WindowKind, { readonly kind: 'session' }> };

/**
 * A window table function without aggregation: the input's columns, then window_start, window_end, window_time.
 * TUMBLE, HOP and CUMULATE pass rows on at once; SESSION when the session closes.
 */
export interface LogicalWindow extends NodeBase, WindowTime {
  readonly kind: 'window';
  readonly input: LogicalNode;
}

/**
 * Aggregates per window and key, sent once when the watermark passes the window's end.
 * Schema: keys, aggregates, then `windowColumns`.
 */
export interface LogicalWindowAggregate extends NodeBase {
  readonly kind: 'window-aggregate';
  readonly input: LogicalNode;
  readonly window: AttachedWindow | ({ readonly kind: 'assign' } & WindowTime);
  /** Columns of the input, window columns not among them. */
  readonly keys: readonly number[];
  readonly aggregates: readonly AggregateCall[];
  readonly windowColumns: readonly WindowColumn[];
  /** Legacy group windows (`GROUP BY TUMBLE(ts, ...)`) may hop by a slide that does not divide the size. */
  readonly legacy: boolean;
  /** Null: a window is sent once, at its end. */
  readonly emit: WindowEmit | null;
}

/** When a group window is sent besides at its end: how long changes wait, by the clock; 0: not at all; null: for its end. */
export interface WindowEmit {
  readonly earlyMs: number | null;
  readonly lateMs: number | null;
  /** How long after its end a window takes rows, by event time. */
  readonly latenessMs: number;
}

/** The rows come with their windows from a window function below (window Top-N, a second aggregation by window_start and window_end). */
export interface AttachedWindow {
  readonly kind: 'attached';
  /** Null where the query dropped that column: then it follows from the other and the window's size. */
  readonly startColumn: number | null;
  readonly endColumn: number;
  readonly window: WindowKind;
  readonly time: 'event' | 'processing';
}

export type WindowColumn = 'start' | 'end' | 'time';

/** GROUP BY without a window: an updating result. Schema: keys, then aggregates. Without keys one global row. */
export interface LogicalAggregate extends NodeBase {
  readonly kind: 'aggregate';
  readonly input: LogicalNode;
  readonly keys: readonly number[];
  readonly aggregates: readonly AggregateCall[];
  /** `table.exec.state.ttl` or a STATE_TTL hint; 0: kept for ever. */
  readonly stateTtlMs: number;
  readonly miniBatch: MiniBatch | null;
}

/** `table.exec.mini-batch.*`: results are sent when so many rows have come, or so long after the first of them. */
export interface MiniBatch {
  readonly sizeRows: number;
  readonly latencyMs: number;
  /** With two, rows are bundled into one partial result a key, and those count again. */
  readonly phases: 1 | 2;
}

export interface SortKey {
  readonly column: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/**
 * ROW_NUMBER() ... <= N. Schema: the input's columns, then the rank (BIGINT) when `outputRank`.
 * With `window`, per window and final (+I at the window's end); else updating.
 */
export interface LogicalTopN extends NodeBase {
  readonly kind: 'top-n';
  readonly input: LogicalNode;
  readonly partition: readonly number[];
  readonly order: readonly SortKey[];
  readonly rankStart: number;
  /** A constant, or a column of the input (`rn <= n`). */
  readonly rankEnd: number | { readonly column: number };
  readonly outputRank: boolean;
  readonly window: AttachedWindow | null;
  /** `table.exec.state.ttl`; 0: kept for ever. A window ends by itself. */
  readonly stateTtlMs: number;
  /** While a query is bound: no condition is known yet that bounds the rank (`rank-bounds.ts`). */
  readonly waiting?: WaitingRank;
}

/** A rank that a condition further up may bound. */
export interface WaitingRank {
  readonly name: 'ROW_NUMBER' | 'RANK' | 'DENSE_RANK';
  /** The same rows where none does; or what is wrong then. */
  readonly otherwise: LogicalNode | DiagnosticError;
}

/** ROW_NUMBER() = 1 over a time attribute: the first or last row of each key. */
export interface LogicalDeduplicate extends NodeBase {
  readonly kind: 'deduplicate';
  readonly input: LogicalNode;
  readonly keys: readonly number[];
  readonly timeColumn: number;
  readonly time: 'event' | 'processing';
  /** `current`: the row of a key as the changes of the input leave it. */
  readonly keep: 'first' | 'last' | 'current';
  readonly window: AttachedWindow | null;
  /** `table.exec.state.ttl`; 0: kept for ever. A window ends by itself. */
  readonly stateTtlMs: number;
}

/**
 * Aggregates over the rows before each row, and the row itself. Schema: the input's columns, then the results.
 * Ordered by a time attribute: +I, once a row; by another column: each row that comes changes those behind it.
 */
export interface LogicalOver extends NodeBase {
  readonly kind: 'over';
  readonly input: LogicalNode;
  readonly partition: readonly number[];
  readonly orderColumn: number;
  /** Null for an order that is no time. */
  readonly time: 'event' | 'processing' | null;
  readonly frame: OverFrame;
  readonly aggregates: readonly AggregateCall[];
  /** `table.exec.state.ttl`; 0: kept for ever. A frame of an interval ends by itself. */
  readonly stateTtlMs: number;
}

/** How far a frame reaches back from the current row, where it ends; null: to the start. */
export type OverFrame =
  | { readonly unit: 'rows'; readonly precedingRows: number | null }
  /** With all rows that are equal in the order. */
  | { readonly unit: 'range'; readonly precedingMs: number | null };

/** ORDER BY a time attribute, and then perhaps other columns: rows leave when the watermark has come to their time. */
export interface LogicalSort extends NodeBase {
  readonly kind: 'sort';
  readonly input: LogicalNode;
  /** The time attribute first. */
  readonly order: readonly SortKey[];
  readonly time: 'event' | 'processing';
}

/** The first rows in arrival order. */
export interface LogicalLimit extends NodeBase {
  readonly kind: 'limit';
  readonly input: LogicalNode;
  readonly offset: number;
  readonly fetch: number;
  /** `table.exec.state.ttl`, for the rows of an updating input; 0: kept for ever. */
  readonly stateTtlMs: number;
}

/**
 * MATCH_RECOGNIZE: rows of a partition, in the order of time, that a pattern takes. One row a match: the partition's
 * columns, then the measures. Sent when the row that ends the match is due.
 *
 * Conditions and measures are over `references`: a column there is what it names of the match so far.
 */
export interface LogicalMatch extends NodeBase {
  readonly kind: 'match';
  readonly input: LogicalNode;
  readonly partition: readonly number[];
  /** The time attribute, ascending; then what orders rows of one time. */
  readonly order: readonly SortKey[];
  readonly time: 'event' | 'processing';
  readonly pattern: readonly PatternElement[];
  readonly skip: MatchSkip;
  /** From the first row of a match to its last less than this; null: any. */
  readonly withinMs: number | null;
  readonly references: readonly MatchReference[];
  readonly measures: readonly Expression[];
}

/** A variable of a pattern: one row after the other, as many as it says. */
export interface PatternElement {
  readonly name: string;
  /** What a row must be, over the references, the row being the variable's last; null: any row. */
  readonly condition: Expression | null;
  readonly min: number;
  readonly max: number | null;
  /** Takes rows as long as it can, and gives none back. */
  readonly isGreedy: boolean;
}

/** Where the next match may start. */
export interface MatchSkip {
  readonly to: 'next row' | 'past last row' | 'first' | 'last';
  /** Of `first` and `last`: the place of the variable in the pattern. */
  readonly variable: number;
  readonly span: Span;
}

/** What a condition or a measure reads. `variables` are places in the pattern; null: rows of any. */
export type MatchReference =
  /** A column of the first or last row that the variables took, or of the row so many before it (behind the first). */
  | {
      readonly kind: 'column';
      readonly variables: readonly number[] | null;
      readonly from: 'first' | 'last';
      readonly offset: number;
      readonly column: number;
      readonly type: SqlType;
    }
  /** Over the rows of the variables. */
  | { readonly kind: 'aggregate'; readonly variables: readonly number[] | null; readonly call: AggregateCall }
  /** MATCH_ROWTIME: when the match was complete. */
  | { readonly kind: 'time'; readonly type: SqlType };

/** Each row as often as a column of it says (BIGINT NOT NULL). */
export interface LogicalRepeat extends NodeBase {
  readonly kind: 'repeat';
  readonly input: LogicalNode;
  readonly countColumn: number;
}

/** UNION ALL. */
export interface LogicalUnion extends NodeBase {
  readonly kind: 'union';
  readonly inputs: readonly LogicalNode[];
}

/**
 * Pairs of rows. Schema: the left columns, then the right ones, those of a padded side nullable; `semi` and `anti` the left
 * ones alone, `mark` the left ones and whether there is a partner (BOOLEAN NOT NULL).
 */
export interface LogicalJoin extends NodeBase {
  readonly kind: 'join';
  readonly left: LogicalNode;
  readonly right: LogicalNode;
  readonly type: JoinType;
  /** Equalities that all must hold. None: each row meets each. */
  readonly keys: readonly JoinKey[];
  /** What else must be TRUE of a pair, over the left columns and the right ones behind them. */
  readonly condition: Expression | null;
  readonly method: JoinMethod;
}

/** `mark`: every left row, with whether it has a partner. */
export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | 'mark';

/** Whether a join's result has the right columns. */
export function showsRight(type: JoinType): boolean {
  return type !== 'semi' && type !== 'anti' && type !== 'mark';
}

/** `left = right`, of one type but for nullability. */
export interface JoinKey {
  /** Over the left columns. */
  readonly left: Expression;
  /** Over the right columns. */
  readonly right: Expression;
  /** IS NOT DISTINCT FROM: NULL meets NULL. */
  readonly nullsMeet: boolean;
}

/** How rows find each other, and how long they are kept: chosen by `bind/choose-join.ts`. */
export type JoinMethod = RegularMethod | IntervalMethod | WindowMethod | TemporalMethod | LookupMethod;

/** Rows of both sides are kept, for ever or as long as `stateTtlMs` says (0: for ever); results follow all changes. */
export interface RegularMethod {
  readonly kind: 'regular';
  readonly stateTtlMs: { readonly left: number; readonly right: number };
}

/**
 * Rows of which `left - right` of the times is within `[lowerMs, upperMs]`; each is kept until its partners' time has
 * passed. By processing time the rows' times are those of their coming.
 */
export interface IntervalMethod {
  readonly kind: 'interval';
  readonly time: 'event' | 'processing';
  /** Columns of the sides. */
  readonly leftTime: number;
  readonly rightTime: number;
  readonly lowerMs: number;
  readonly upperMs: number;
}

/** Rows of the same window, which is among the keys; sent when it closes. */
export interface WindowMethod {
  readonly kind: 'window';
  readonly window: WindowKind;
  /** Columns of the sides. */
  readonly leftEnd: number;
  readonly rightEnd: number;
  /** The windows are cut by the session zone's wall clock. */
  readonly isLocal: boolean;
}

/** FOR SYSTEM_TIME AS OF: each left row with the version of its key at its time. */
export interface TemporalMethod {
  readonly kind: 'temporal';
  /** Columns of the sides. */
  readonly leftTime: number;
  readonly rightTime: number;
}

/** FOR SYSTEM_TIME AS OF a processing time: each left row with the rows that its key has in a table just then. */
export interface LookupMethod {
  readonly kind: 'lookup';
  /** All rows of the table are read before the first left row; else it is asked for those of a key. */
  readonly isWhole: boolean;
  readonly cache: LookupCache | null;
  /** For keys without rows. */
  readonly retry: LookupRetry | null;
  /** Keys that are asked for at a time. */
  readonly capacity: number;
  readonly timeoutMs: number;
}

/** How long the rows of a key are kept; null: however many, and for ever. */
export interface LookupCache {
  readonly keysMax: number | null;
  readonly afterWriteMs: number | null;
  readonly afterAccessMs: number | null;
  /** Also keys without rows. */
  readonly keepsMissing: boolean;
}

/** A key without rows is asked for again so often, each time after so long. */
export interface LookupRetry {
  readonly delayMs: number;
  readonly attempts: number;
}

/** How a table is looked up. */
export interface TableLookup {
  /** The columns that it is asked by; null: it is read whole, and found by any. */
  readonly keys: readonly string[] | null;
  readonly cache: LookupCache | null;
}

/** What a sink takes: inserts only; every change; or every change without the row that an update replaces. */
export type AcceptedChanges = 'append' | 'all' | 'upsert';

/** A statement that runs: a query whose rows go to the screen, or to a table. */
export interface LogicalSink {
  readonly input: LogicalNode;
  /** Null: the rows answer the statement. */
  readonly table: Table | null;
  readonly accepts: AcceptedChanges;
  /** The primary key of the table, as columns of the input. */
  readonly key: readonly number[] | null;
  /** `table.exec.sink.upsert-materialize`, for a sink that takes upserts. */
  readonly materialize: 'AUTO' | 'NONE' | 'FORCE';
  /** `table.exec.state.ttl`, for what is kept before the sink; 0: for ever. */
  readonly stateTtlMs: number;
  readonly span: Span;
}
