import type { Span } from '../diagnostics/source-text.ts';
import type { Value } from '../functions/value.ts';
import { type ColumnEncoding, changeKind, descriptor, shardTime } from '../memory/batch.ts';
import type { Step } from '../physical/graph.ts';
import type { AggregateCall, Expression } from '../plan/expression.ts';
import type { Schema } from '../types/column.ts';
import { BIGINT, TIMESTAMP, withNullable } from '../types/sql-type.ts';
import { type I32, type I64, i32, i64, type Local, select } from '../wasm/code.ts';
import type { Label } from '../wasm/function-builder.ts';
import { batchScope, ComputedColumns } from './batch-scope.ts';
import { CodeWriter, type RowScope } from './expression-writer.ts';
import { type AheadPath, writeLookAhead } from './look-ahead.ts';
import { type QueryModule, status } from './query-module.ts';
import type { RowFailure } from './row-failure.ts';
import { writeUnnest } from './unnest.ts';
import { floorMultiple, isUtc, localWallClock } from './window-time.ts';

/** A row as it comes out of the steps. */
export interface PipelineRow {
  readonly scope: RowScope;
  /** The change's kind (0 +I, 1 -U, 2 +U, 3 -D); the constant 0 for an append-only input. */
  readonly kind: I32;
  /** The watermark in force before the row, in ms. */
  readonly watermark: I64;
  /** A branch here goes on to the next row. */
  readonly next: Label;
  /** The row's event time in ms, where a watermark step of this pipeline has computed it. */
  readonly time?: I64;
}

export interface PipelineInput {
  readonly schema: Schema;
  readonly encoding: ColumnEncoding;
  /** Whether rows carry kinds other than +I. */
  readonly updating: boolean;
}

/** What the code knows beside the batch. */
export interface PipelineContext {
  /** Where the operator keeps the watermark of the last `onWatermark`, as i64 ms. */
  readonly watermarkAddress: number;
  /** Who takes rows that cannot be computed; null: the first ends the function. */
  readonly failures?: KeptFailures | null;
}

/**
 * Rows that cannot be computed are told of, and passed over. That they leave no trace in the state, all that the row's
 * columns can fail at is computed before the operator sees it; what fails later still ends the function.
 */
export interface KeptFailures {
  readonly note: (failure: RowFailure) => void;
  /** Of the rows behind the steps. */
  readonly columnCount: number;
  /** Their arguments are computed by the operator: they are tried beforehand. */
  readonly aggregates: readonly AggregateCall[];
  /** The operator has no state that a failing row could leave half done. */
  readonly isStateless: boolean;
}

/** What a pipeline ends in; `State` is what its code keeps in locals while the function runs. */
export interface PipelineEnd<State> {
  /** At the function's start. */
  open(writer: CodeWriter): State;
  /** What each row will look for in the state; null where it is not looked ahead. */
  ahead?(state: State): AheadPath | null;
  /** For each row that comes through the steps. */
  row(writer: CodeWriter, row: PipelineRow, state: State): void;
  /** Behind the loop. */
  close?(writer: CodeWriter, state: State): void;
}

/** Writes `process(batch) -> status`: the loop over the rows of a batch, the steps, and what they end in. */
export function writePipeline<State>(
  module: QueryModule,
  input: PipelineInput,
  steps: readonly Step[],
  context: PipelineContext,
  span: Span,
  end: PipelineEnd<State>,
): void {
  const { builder: f } = module.builder.function(['i32'], 'i32', 'process');
  const writer = new CodeWriter(module, f, span);
  const batch = f.param(0, 'i32');
  const rowCount = f.hoisted(i32.load(batch, { offset: descriptor.rowCount }));
  const kinds = input.updating ? f.hoisted(i32.load(batch, { offset: descriptor.kinds })) : null;
  const marks = watermarkMarks(writer, batch, steps, context);
  const state = end.open(writer);
  const { failures } = context;
  const note =
    failures == null ? null : module.callback('rowFailed', [], 'void', () => failures.note(module.failure()));
  const take = (_: CodeWriter, row: PipelineRow): void => {
    if (failures != null) {
      writeTrial(writer, row.scope, failures);
      if (!failures.isStateless) writer.passOver = null;
    }
    end.row(writer, row, state);
  };
  const ahead = end.ahead?.(state) ?? null;
  const batchRow = (): RowScope => batchScope(writer, batch, input.schema, input.encoding);
  writer.hasRow = true;
  f.while(i32.ltU(writer.row, rowCount), () => {
    if (ahead !== null) writeLookAhead(writer, { scope: batchRow(), count: rowCount }, steps, ahead);
    f.block((next) => {
      const scope = batchRow();
      const kind = kinds === null ? i32.const(0) : f.local('i32', rowKind(kinds, writer.row));
      const watermark = marks.before();
      writer.rowWatermark = watermark;
      writer.passOver = note === null ? null : { note, next };
      writeSteps(writer, steps, { scope, kind, watermark, next }, marks, take);
      writer.passOver = null;
    });
    f.set(writer.row, i32.add(writer.row, i32.const(1)));
  });
  writer.hasRow = false;
  marks.finish();
  end.close?.(writer, state);
  f.return(i32.const(status.ok));
}

/** With more columns they are computed where they are used alone: a function has 50,000 locals at most. */
const triedColumnsMax = 1000;

/** Computes all that a row can fail at. */
function writeTrial(writer: CodeWriter, scope: RowScope, { columnCount, aggregates }: KeptFailures): void {
  for (let column = 0; column < Math.min(columnCount, triedColumnsMax); column++) scope.column(column);
  for (const { args, filter } of aggregates) {
    const tryAll = (): void => {
      for (const arg of args) writer.write(arg, scope);
    };
    if (filter === null) tryAll();
    else writer.f.if(writer.isTrue(writer.write(filter, scope)), () => writer.f.scope(tryAll));
  }
}

function rowKind(kinds: Local<'i32'>, row: Local<'i32'>): I32 {
  // Address 0 holds no kinds: row 0 of memory is always zero there, so it is read as +I.
  return i32.load8U(i32.add(kinds, select(kinds, row, i32.const(0))));
}

/** How a row's watermark is known: by a watermark step of this pipeline, or from the batch. */
interface Marks {
  /** The watermark before the row at hand. */
  before(): I64;
  /** Takes in the watermark of the row at hand. */
  advance(candidate: I64): void;
  finish(): void;
}

const noWatermark = -(2n ** 63n);

function watermarkMarks(
  writer: CodeWriter,
  batch: Local<'i32'>,
  steps: readonly Step[],
  context: PipelineContext,
): Marks {
  const { f } = writer;
  if (steps.some((step) => step.kind === 'watermark')) {
    const shard = f.hoisted(i32.load(batch, { offset: descriptor.shard }));
    const running = f.hoisted(i64.load(shard, { offset: shardTime.before }));
    const others = f.hoisted(i64.load(shard, { offset: shardTime.others }));
    return {
      before: () => {
        const before = f.local('i64', running);
        f.set(before, select(i64.ltS(running, others), running, others));
        return before;
      },
      advance: (candidate) => f.set(running, select(i64.gtS(candidate, running), candidate, running)),
      finish: () => f.do(i64.store(shard, running, { offset: shardTime.after })),
    };
  }
  const marks = f.hoisted(i32.load(batch, { offset: descriptor.watermarks }));
  const current = f.hoisted(i64.load(i32.const(context.watermarkAddress)));
  const noMark = i32.const(context.watermarkAddress);
  return {
    // An expression and no local: few pipelines ask for it.
    before: () => {
      const mark = i64.load(select(marks, i32.add(marks, i32.shl(writer.row, i32.const(3))), noMark));
      return select(i64.gtS(mark, current), mark, current);
    },
    advance: () => {
      throw new Error('no watermark step here');
    },
    finish: () => {},
  };
}

/** Writes steps over a row that is at hand, without the loop: for rows that an operator sends. */
export function writeStepsAfter(
  writer: CodeWriter,
  steps: readonly Step[],
  row: PipelineRow,
  body: (writer: CodeWriter, row: PipelineRow) => void,
): void {
  writer.rowWatermark = row.watermark;
  writeSteps(writer, steps, row, null, body);
}

function writeSteps(
  writer: CodeWriter,
  steps: readonly Step[],
  row: PipelineRow,
  marks: Marks | null,
  body: (writer: CodeWriter, row: PipelineRow) => void,
): void {
  const { f } = writer;
  const [step, ...rest] = steps;
  // What fails of one of several rows that a row became is that one.
  if (writer.passOver !== null) writer.passOver = { ...writer.passOver, next: row.next };
  if (step === undefined) {
    body(writer, row);
    return;
  }
  switch (step.kind) {
    case 'watermark': {
      // The row's own watermark counts behind it, and also when a later step drops it.
      const time = row.scope.column(step.timeColumn);
      if (time.isNull !== null) {
        f.if(time.isNull, () => writer.failAt(step.span, 'the event time is NULL, and each row needs one'));
      }
      const watermark = writer.write(step.expression, row.scope);
      const ms = milliseconds(writer, watermark);
      // The watermark starts at 1970: an earlier one never counts.
      const counts = i64.gtS(ms, i64.const(0n));
      const valid = watermark.isNull === null ? counts : i32.and(counts, i32.eqz(watermark.isNull));
      marks?.advance(select(valid, ms, i64.const(noWatermark)));
      writeSteps(writer, rest, { ...row, time: writer.i64(time) }, marks, body);
      return;
    }
    case 'filter':
      f.brIf(row.next, i32.eqz(writer.isTrue(writer.write(step.condition, row.scope))));
      writeSteps(writer, rest, row, marks, body);
      return;
    case 'drop-update-before':
      f.brIf(row.next, i32.eq(row.kind, i32.const(changeKind.updateBefore)));
      writeSteps(writer, rest, row, marks, body);
      return;
    case 'project':
      writeSteps(writer, rest, { ...row, scope: projected(writer, step.expressions, row.scope) }, marks, body);
      return;
    case 'repeat': {
      const left = f.local('i64', writer.i64(row.scope.column(step.countColumn)));
      f.while(i64.gtS(left, i64.const(0n)), () => {
        f.set(left, i64.sub(left, i64.const(1n)));
        f.block((next) => writeSteps(writer, rest, { ...row, next }, marks, body));
      });
      return;
    }
    case 'expand':
      for (const set of step.sets) {
        f.block((next) => {
          const scope = expanded(writer, row.scope, step.keys, set, step.columnCount);
          writeSteps(writer, rest, { ...row, scope, next }, marks, body);
        });
      }
      return;
    case 'unnest':
      writeUnnest(writer, step, row.scope, (scope, next) =>
        writeSteps(writer, rest, { ...row, scope, next }, marks, body),
      );
      return;
    case 'window':
      writeWindowStep(writer, step, row, (windowed) => writeSteps(writer, rest, windowed, marks, body));
      return;
  }
}

/** The watermark of a time in ms, whatever the time's precision. */
function milliseconds(writer: CodeWriter, time: Value): I64 {
  if (time.physical !== 'i64') throw new Error('a watermark has at most millisecond precision');
  const precision = time.type.kind === 'TIMESTAMP' || time.type.kind === 'TIMESTAMP_LTZ' ? time.type.precision : 3;
  if (precision <= 3) return writer.i64(time);
  return writer.f.local('i64', floorMultiple(writer.f, writer.i64(time), 1000n).quotient);
}

function projected(writer: CodeWriter, expressions: readonly Expression[], scope: RowScope): RowScope {
  return new ComputedColumns(writer.f, (index) => {
    const expression = expressions[index];
    if (expression === undefined) throw new Error(`no column ${index} among ${expressions.length}`);
    return writer.write(expression, scope);
  });
}

function expanded(
  writer: CodeWriter,
  scope: RowScope,
  keys: readonly number[],
  set: { readonly keep: readonly number[]; readonly id: number },
  columnCount: number,
): RowScope {
  return new ComputedColumns(writer.f, (index) => {
    if (index === columnCount) return writer.value(BIGINT(false), null, i64.const(BigInt(set.id)));
    const value = scope.column(index);
    if (!keys.includes(index)) return value;
    if (!set.keep.includes(index)) return writer.nullValue(value.type);
    return { ...value, type: withNullable(value.type, true) };
  });
}

/** Appends window_start, window_end and window_time; rows of several windows go on once for each, earliest first. */
function writeWindowStep(
  writer: CodeWriter,
  step: Extract<Step, { readonly kind: 'window' }>,
  row: PipelineRow,
  then: (row: PipelineRow) => void,
): void {
  const { f } = writer;
  const { window } = step;
  if (window.kind === 'session') throw new Error('a session window without aggregation is an operator of its own');
  const time = row.scope.column(step.timeColumn);
  if (time.isNull !== null) {
    if (step.needsTime === true) f.if(time.isNull, () => writer.fail('the event time of a windowed row is NULL'));
    else f.brIf(row.next, time.isNull);
  }
  const local = localWallClock(writer, time);
  const offset = BigInt(window.offsetMs);
  const size = BigInt(window.sizeMs);
  const withWindow = (start: Local<'i64'>, end: Local<'i64'>, next: Label): void => {
    const scope = new ComputedColumns(f, (index) => {
      if (index < step.columnCount) return row.scope.column(index);
      const type = TIMESTAMP(3, false);
      if (index === step.columnCount) return writer.value(type, null, start);
      if (index === step.columnCount + 1) return writer.value(type, null, end);
      return windowTimeValue(writer, time, end);
    });
    then({ ...row, scope, next });
  };
  if (window.kind === 'tumble') {
    const start = f.local('i64', floorMultiple(f, i64.sub(local, i64.const(offset)), size).multiple);
    f.set(start, i64.add(start, i64.const(offset)));
    const end = f.local('i64', i64.add(start, i64.const(size)));
    withWindow(start, end, row.next);
    return;
  }
  const from = i64.sub(local, i64.const(offset));
  const start = f.local('i64');
  const end = f.local('i64');
  if (window.kind === 'hop') {
    // The newest window first, then one slide earlier each, while the row is before its end.
    const slide = BigInt(window.slideMs);
    f.set(start, i64.add(floorMultiple(f, from, slide).multiple, i64.const(offset)));
    f.while(i64.gtS(start, i64.sub(local, i64.const(size))), () => {
      f.set(end, i64.add(start, i64.const(size)));
      f.block((next) => withWindow(start, end, next));
      f.set(start, i64.sub(start, i64.const(slide)));
    });
    return;
  }
  // CUMULATE: ends one step later each, up to the size's end.
  const width = BigInt(window.stepMs);
  f.set(start, i64.add(floorMultiple(f, from, size).multiple, i64.const(offset)));
  f.set(end, i64.add(floorMultiple(f, from, width).multiple, i64.const(width + offset)));
  f.while(i64.leS(end, i64.add(start, i64.const(size))), () => {
    f.block((next) => withWindow(start, end, next));
    f.set(end, i64.add(end, i64.const(width)));
  });
}

/** window_time: the window's last millisecond, as a time attribute of the input's kind. */
function windowTimeValue(writer: CodeWriter, time: Value, end: Local<'i64'>): Value {
  const wall = i64.sub(end, i64.const(1n));
  const isInstant = time.type.kind === 'TIMESTAMP_LTZ' && !isUtc(writer.session.timeZone);
  const last = isInstant ? writer.kernel('zoneToUtc', 'i64', writer.zone, wall) : wall;
  return writer.value(
    { ...TIMESTAMP(3, false), kind: time.type.kind === 'TIMESTAMP_LTZ' ? 'TIMESTAMP_LTZ' : 'TIMESTAMP' },
    null,
    last,
  );
}
