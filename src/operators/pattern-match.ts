import { ComputedColumns, scaled } from '../codegen/batch-scope.ts';
import { CodeWriter, type RowScope, withType } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import { openTable, readKey, type TableCursor, tableCursor, writeFindOrAdd, writeHash } from '../codegen/key-table.ts';
import { type Due, MatchConditions } from '../codegen/match-conditions.ts';
import { MatchState } from '../codegen/match-state.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import { ascending, type KeyColumn, writeSortKey } from '../codegen/sort-key.ts';
import { keyFields, StateLayout } from '../codegen/state-layout.ts';
import { eraseTableRow, rowNumber } from '../codegen/table-rows.ts';
import type { Batch } from '../memory/batch.ts';
import { patternsLayout, tableLayout } from '../memory/kernels.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import type { MatchSkip } from '../plan/logical.ts';
import { patternAutomaton } from '../plan/pattern-automaton.ts';
import { matchesBegunMax, patternSharing } from '../plan/pattern-sharing.ts';
import { BIGINT, type SqlType } from '../types/sql-type.ts';
import { type I32, type I64, i32, i64, type Local } from '../wasm/code.ts';
import type { Label } from '../wasm/function-builder.ts';
import { baseCells, CompiledOperator, watermarkI64 } from './compiled-operator.ts';
import { GroupStores } from './group-store.ts';
import { writeLateRow } from './late-row-list.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { type Held, type StateSize, sizeOf, table } from './state-size.ts';
import { storeAutomaton } from './stored-automaton.ts';

type MatchWork = Extract<Work, { readonly kind: 'match' }>;

/** i64 processing time; u32 whether `advance` has left something due. */
const cells = {
  now: baseCells.bytes,
  hasMore: baseCells.bytes + 8,
  bytes: baseCells.bytes + 16,
} as const;

const skips: Record<MatchSkip['to'], number> = { 'next row': 0, 'past last row': 1, first: 2, last: 3 };

/** What a call of `advance` takes up at most: then the texts that conditions made are free again. */
const stepsMax = 4096;

/**
 * MATCH_RECOGNIZE: the rows of a partition go through an automaton in the order of time; a row for each match.
 *
 * Input: +I; a row at or behind the watermark is late, dropped and counted. Output: +I, in the order of the rows that
 * complete the matches; a match waits while one that began before it may still become one. By processing time rows are
 * taken up as they come.
 *
 * State: rows that wait for the watermark, in a queue and a B+ tree; of each partition the matches begun, and the rows
 * that they took. A match begun goes when a row breaks it, when a match skips it, or when WITHIN has passed; a partition
 * without any and without rows goes whole. Without WITHIN a match begun that no row breaks stays.
 * Cost: O(1) for a row in the order of time, else O(log waiting). Where matches begun go on together (see
 * plan/pattern-sharing.ts) a row costs O(states), and each match that it ends O(1); where matches also skip past
 * their last row and WITHIN is not set, only the first of a state is kept. Else a row costs O(1) for each match begun in
 * its partition: up to one for each row and way since the oldest, and at most 2^20. Each match costs its rows; conditions
 * and measures walk n rows for LAST(x, n), and the match for FIRST(x, n) beyond its first row and for aggregates that
 * keep texts.
 *
 * ```
 * A B+ C, past the last row     rows      a1  b2  b3  c4      a5  c6
 *                               runs      A   AB  ABB -       A   -
 *                               sent                  a1 c4
 * ```
 */
export class PatternMatch extends CompiledOperator {
  readonly #work: MatchWork;
  readonly #state: MatchState;
  readonly #keyTypes: readonly SqlType[];
  readonly #keyLayout: StateLayout;
  /** The table of partitions. */
  readonly #keys: number;
  readonly #automaton: number;
  /** See kernels/patterns.ts. */
  readonly #matcher: number;
  /** Whether matches begun go on together. */
  readonly #isShared: boolean;
  readonly #stores: readonly { readonly stores: GroupStores; readonly store: number }[];

  constructor(node: PhysicalOperator, work: MatchWork, context: OperatorContext) {
    super(node, context, cells.bytes);
    this.#work = work;
    this.#state = new MatchState(work.references, node.stepSchema);
    this.#keyTypes = work.partition.map((column) => this.#type(column));
    this.#keyLayout = new StateLayout([
      ...keyFields(this.#keyTypes),
      { name: 'block', physical: 'i32' },
      { name: 'waiting', physical: 'i32' },
    ]);
    const { memory, state } = context;
    const { kernels } = memory;
    this.#keys = state.table('keys', this.#keyLayout);
    const automaton = patternAutomaton(work.pattern);
    this.#automaton = storeAutomaton(memory, automaton);
    // A job whose state has runs, of a release that knew no groups, goes on with them.
    this.#isShared = patternSharing(work).kind === 'together' && !state.has('matcher');
    this.#matcher = state.structure(this.#isShared ? 'groups' : 'matcher', `rows of ${this.#state.text}`, () =>
      kernels.patternsNew(this.#automaton, automaton.start, work.pattern.length),
    );
    memory.touch(this.#matcher, patternsLayout.bytes);
    memory.u32[(this.#matcher + patternsLayout.states) >>> 2] = this.#automaton;
    memory.u32[(this.#matcher + patternsLayout.skip) >>> 2] = skips[work.skip.to];
    memory.u32[(this.#matcher + patternsLayout.skipVariable) >>> 2] = work.skip.variable;
    memory.i64[(this.#matcher + patternsLayout.withinMs) >>> 3] = BigInt(work.withinMs ?? 0);
    memory.u32[(this.#matcher + patternsLayout.groups) >>> 2] = this.#isShared ? 1 : 0;
    this.#stores = this.#state.walked.map(({ state: walked, parts }, at) => {
      const stores = new GroupStores(state.part(`walked${at}`), parts);
      const store = stores.lasting();
      if (stores.rowCount(store) === 0) kernels.tableInsert(stores.table(store), 1);
      this.#state.placeStore(walked, store);
      return { stores, store };
    });
  }

  override process(batch: Batch, out: Output): void {
    if (this.#work.time === 'event') {
      super.process(batch, out);
      return;
    }
    const nowMs = this.context.session.processingTimeMs();
    this.setCell(cells.now, BigInt(nowMs));
    // What else orders rows orders those of one millisecond, which is over when the next has come.
    const isSorted = this.#work.order.length > 1;
    if (isSorted) this.#advance(nowMs - 1, out);
    super.process(batch, out);
    if (!isSorted) this.#advance(nowMs, out);
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    // What is sent comes before the watermark. The end of the input ends all times.
    if (this.#work.time === 'event' || watermarkMs === Number.POSITIVE_INFINITY) this.#advance(watermarkMs, out);
    super.onWatermark(watermarkMs, out);
  }

  protected override trim(): void {
    super.trim();
    this.context.memory.kernels.patternsTrim(this.#matcher);
  }

  override get stateSize(): StateSize {
    const { kernels } = this.context.memory;
    const { bytes, rows } = sizeOf(this.context.memory, [table(this.#keys)]);
    return {
      bytes: bytes + (kernels.patternsBytes(this.#matcher) >>> 0),
      rows: rows + (kernels.patternsRows(this.#matcher) >>> 0),
    };
  }

  protected override get held(): readonly Held[] {
    // What is due names partitions by their numbers.
    const isIdle = this.context.memory.kernels.patternsDue(this.#matcher) === Number.POSITIVE_INFINITY;
    return isIdle ? [table(this.#keys)] : [];
  }

  override get processingTimerMs(): number | null {
    if (this.#work.time === 'event') return null;
    const due = this.context.memory.kernels.patternsDue(this.#matcher);
    return due === Number.POSITIVE_INFINITY ? null : due + 1;
  }

  override onProcessingTime(nowMs: number, out: Output): void {
    if (this.#work.time === 'processing') this.#advance(nowMs - 1, out);
  }

  /** Of partitions and aggregates; the runs are not counted. */
  override close(): void {
    const { memory } = this.context;
    const { kernels, u32 } = memory;
    const field = (offset: number): number => u32[(this.#keys + offset) >>> 2] ?? 0;
    const { offset } = this.#keyLayout.field('block');
    const [rows, count] = [field(tableLayout.rows), field(tableLayout.count)];
    kernels.patternsDrop(this.#matcher, rows, count, this.#keyLayout.rowBytes, offset);
    kernels.tableDrop(this.#keys);
    memory.free(this.#automaton);
    for (const { stores, store } of this.#stores) {
      stores.give(store);
      stores.close();
    }
    super.close();
  }

  #type(column: number): SqlType {
    const found = this.node.stepSchema[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found.type;
  }

  #advance(untilMs: number, out: Output): void {
    const { memory } = this.context;
    if (memory.kernels.patternsDue(this.#matcher) > untilMs) return;
    const compiled = this.anyCompiled();
    this.sendTo(out);
    do {
      compiled.module.scratch.reset();
      this.call(compiled, 'advance', watermarkI64(untilMs));
      this.flush(compiled, out);
    } while (memory.u32[(this.cells + cells.hasMore) >>> 2] === 1);
  }

  // Rows come ------------------------------------------------------------------------------------------------------

  protected override end(): PipelineEnd<TableCursor> {
    return {
      open: (writer) => {
        const keys = tableCursor(writer);
        openTable(writer, keys, i32.const(this.#keys));
        return keys;
      },
      row: (writer, row, keys) => this.#writeRow(writer, row, keys),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, keys: TableCursor): void {
    const { f } = writer;
    const time = this.#writeTime(writer, row);
    if (this.#work.time === 'event') {
      f.if(i64.leS(time, row.watermark), () => {
        writeLateRow(writer, this.cells + baseCells.lateRows, this.lateRows, row);
        f.br(row.next);
      });
    }
    const values = this.#work.partition.map((column, at) =>
      withType(row.scope.column(column), this.#keyTypes[at] as SqlType),
    );
    const keyRow =
      values.length === 0
        ? writeFindOrAdd(writer, keys, this.#keyLayout, [], f.local('i32', i32.const(1)))
        : writeFindOrAdd(writer, keys, this.#keyLayout, values, writeHash(writer, values));
    this.#addWaiting(writer, keyRow, 1);
    const partition = rowNumber(keyRow, keys.rows, this.#keyLayout.rowBytes);
    const stored = this.#state.writeRow(writer, i32.const(this.#matcher), row.scope, { partition, time });
    const isSorted = i32.const(this.#work.order.length > 1 ? 1 : 0);
    const isQueued = writer.kernel('patternArrive', 'i32', i32.const(this.#matcher), stored, isSorted);
    f.if(i32.eqz(isQueued), () => this.#writeWait(writer, row, stored, time));
  }

  /** A row that must be sorted in among those that wait. */
  #writeWait(writer: CodeWriter, row: PipelineRow, stored: Local<'i32'>, time: Local<'i64'>): void {
    const { f } = writer;
    const whole = (value: I64): KeyColumn => ({ value: writer.value(BIGINT(false), null, value), order: ascending });
    const others = this.#work.order.slice(1).map(({ column, descending, nullsFirst }): KeyColumn => {
      return { value: row.scope.column(column), order: { descending, nullsLast: !nullsFirst } };
    });
    const arrival = i64.load(stored, { offset: patternsLayout.row.sequence });
    const { start, end } = writeSortKey(writer, [whole(time), ...others, whole(arrival)]);
    f.do(writer.kernel('patternWait', 'void', i32.const(this.#matcher), start, i32.sub(end, start), stored));
  }

  #writeTime(writer: CodeWriter, row: PipelineRow): Local<'i64'> {
    const { f } = writer;
    const [key] = this.#work.order;
    if (this.#work.time === 'processing' || key === undefined)
      return f.local('i64', i64.load(i32.const(this.cells + cells.now)));
    const time = row.scope.column(key.column);
    if (time.isNull !== null) f.if(time.isNull, () => writer.fail('the event time of a row for a pattern is NULL'));
    return writer.i64(time);
  }

  #addWaiting(writer: CodeWriter, keyRow: Local<'i32'>, count: number): void {
    const { offset } = this.#keyLayout.field('waiting');
    writer.f.do(i32.store(keyRow, i32.add(i32.load(keyRow, { offset }), i32.const(count)), { offset }));
  }

  // Rows are due ---------------------------------------------------------------------------------------------------

  /** `advance(until)`: takes up what is due, in the order of time, as far as one call goes. */
  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function(['i64'], 'i32', 'advance');
    const writer = new CodeWriter(module, f, this.node.span);
    const until = f.param(0, 'i64');
    const matcher = f.local('i32', i32.const(this.#matcher));
    const keys = f.local('i32', i32.const(this.#keys));
    const left = f.local('i32', i32.const(stepsMax));
    const hasMore = i32.const(this.cells + cells.hasMore);
    const count = output.open(writer);
    f.do(i32.store(hasMore, i32.const(0)));
    f.block((done) => {
      f.loop((again) => {
        f.if(i32.eqz(left), () => {
          f.do(i32.store(hasMore, i32.const(1)));
          f.br(done);
        });
        f.set(left, i32.sub(left, i32.const(1)));
        const due = this.#writeDue(writer, matcher, until, done);
        const rows = i32.load(keys, { offset: tableLayout.rows });
        const keyRow = f.local('i32', i32.add(rows, scaled(due.partition, this.#keyLayout.rowBytes)));
        // A deadline may outlive its partition.
        f.brIf(again, i32.eqz(i32.load(keyRow)));
        const slot = f.local('i32', i32.add(keyRow, i32.const(this.#keyLayout.field('block').offset)));
        f.if(
          due.row,
          () => {
            this.#addWaiting(writer, keyRow, -1);
            this.#writeRuns(writer, matcher, slot, due);
          },
          () => f.do(writer.kernel(this.#isShared ? 'groupsExpire' : 'patternExpire', 'void', matcher, slot)),
        );
        this.#writeMatches(writer, { matcher, keyRow, due }, count, output);
        const isAlive = writer.kernel('patternClose', 'i32', matcher, due.partition, due.time);
        const idle = i32.or(isAlive, i32.load(keyRow, { offset: this.#keyLayout.field('waiting').offset }));
        f.if(i32.eqz(idle), () => eraseTableRow(writer, keys, this.#keyLayout, keyRow));
        f.br(again);
      });
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }

  /** What is due first: a run that has had its time, or a row. */
  #writeDue(writer: CodeWriter, matcher: Local<'i32'>, until: Local<'i64'>, done: Label): Due {
    const { f } = writer;
    const row = f.local('i32', i32.const(0));
    const partition = f.local('i32', i32.const(0));
    const time = f.local('i64', i64.const(0n));
    if (this.#work.withinMs !== null) {
      f.set(partition, writer.kernel('patternTimeout', 'i32', matcher, until));
      f.set(time, i64.load(matcher, { offset: patternsLayout.deadline }));
    }
    f.if(
      partition,
      () => f.set(partition, i32.sub(partition, i32.const(1))),
      () => {
        f.set(row, writer.kernel('patternNext', 'i32', matcher, until));
        f.brIf(done, i32.eqz(row));
        f.set(partition, i32.load(row, { offset: patternsLayout.row.partition }));
        f.set(time, i64.load(row, { offset: patternsLayout.row.time }));
      },
    );
    return { row, partition, time };
  }

  /** Moves each run or group of the partition by the row. */
  #writeRuns(writer: CodeWriter, matcher: Local<'i32'>, slot: Local<'i32'>, due: Due): void {
    const { f } = writer;
    const { run, group } = patternsLayout;
    const isShared = this.#isShared;
    const row = new MatchConditions(writer, this.#work.pattern, this.#state, { matcher, due, isShared });
    const runs = f.local('i32', writer.kernel(isShared ? 'groupsOpen' : 'patternOpen', 'i32', matcher, slot));
    const before = f.local('i32', i32.load(matcher, { offset: patternsLayout.before }));
    const index = f.local('i32', i32.const(0));
    f.while(i32.ltU(index, runs), () => {
      const each = f.local('i32', i32.add(before, scaled(index, patternsLayout.runBytes)));
      const held = row.writeHeld(
        f.local('i32', i32.load(each, { offset: isShared ? group.last : run.node })),
        f.local('i32', i32.load(each, { offset: isShared ? group.state : run.state })),
        i32.const(this.#automaton),
      );
      f.do(writer.kernel(isShared ? 'groupsMove' : 'patternMove', 'void', matcher, index, held));
      f.set(index, i32.add(index, i32.const(1)));
    });
  }

  /** Sends the matches that are due. */
  #writeMatches(
    writer: CodeWriter,
    { matcher, keyRow, due }: { matcher: Local<'i32'>; keyRow: Local<'i32'>; due: Due },
    count: Local<'i32'>,
    output: OutputWriter,
  ): void {
    const { f } = writer;
    f.block((none) => {
      f.loop((again) => {
        const node = this.#writeMatch(writer, matcher, none);
        f.block((next) => {
          const scope = this.#resultScope(writer, keyRow, { node, time: due.time }, matcher);
          const watermark = i64.load(i32.const(this.cells + baseCells.watermark));
          const sent = { scope, kind: i32.const(0), watermark, next };
          writeStepsAfter(writer, this.node.after, sent, (_, ready) => output.write(writer, count, ready));
        });
        f.do(writer.kernel('patternRelease', 'void', matcher, node));
        if (this.#isShared) this.#state.writeInHand(writer, matcher, i32.const(0));
        f.br(again);
      });
    });
    this.#writeFailures(writer, matcher);
  }

  /** The last node of the next match that is due. */
  #writeMatch(writer: CodeWriter, matcher: Local<'i32'>, none: Label): Local<'i32'> {
    const { f } = writer;
    const found = f.local('i32', writer.kernel(this.#isShared ? 'groupsMatch' : 'patternMatch', 'i32', matcher));
    f.brIf(none, i32.eqz(found));
    if (!this.#isShared) return found;
    const node = this.#state.writeNodes(writer, matcher, found, this.#work.pattern.length);
    f.do(writer.kernel('groupsSent', 'void', matcher));
    return node;
  }

  /** The partition's columns, then the measures; texts are copied, for they go with the rows. */
  #resultScope(
    writer: CodeWriter,
    keyRow: Local<'i32'>,
    place: { readonly node: Local<'i32'>; readonly time: Local<'i64'> },
    matcher: I32,
  ): RowScope {
    const { partition, measures } = this.#work;
    const match = this.#state.scope(writer, place, matcher);
    return new ComputedColumns(writer.f, (index) => {
      const key = this.#keyTypes[index];
      if (key !== undefined) return keptValue(writer, readKey(writer, this.#keyLayout, keyRow, index, key));
      const measure = measures[index - partition.length];
      if (measure === undefined) throw new Error(`no measure ${index - partition.length}`);
      return keptValue(writer, writer.write(measure, match));
    });
  }

  #writeFailures(writer: CodeWriter, matcher: Local<'i32'>): void {
    const { f } = writer;
    const { skip, pattern } = this.#work;
    const name = pattern[skip.variable]?.name ?? '';
    const failures = [
      `the match has no row of "${name}" to skip to`,
      `the next match would start at the row "${name}" that this one started at, and so for ever`,
      `a partition has more than ${matchesBegunMax} matches begun: bound them by WITHIN, or by conditions that end them`,
    ];
    const failure = f.local('i32', i32.load(matcher, { offset: patternsLayout.failure }));
    f.if(failure, () => {
      for (const [at, message] of failures.entries()) {
        const span = at === 2 ? this.node.span : skip.span;
        f.if(i32.eq(failure, i32.const(at + 1)), () => writer.failAt(span, message));
      }
    });
  }
}
