import type { Ages } from '../codegen/ages.ts';
import { ComputedColumns } from '../codegen/batch-scope.ts';
import type { CodeWriter } from '../codegen/expression-writer.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import type { QueryModule } from '../codegen/query-module.ts';
import { changeKind } from '../memory/batch.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { isAppendOnly } from '../plan/logical.ts';
import type { RankInput } from '../plan/rank-input.ts';
import { BIGINT } from '../types/sql-type.ts';
import { type I32, i32, i64, type Local } from '../wasm/code.ts';
import { baseCells, CompiledOperator } from './compiled-operator.ts';
import type { Operator } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { type OpenRanks, RankedRows, type RankPartition, type RankSettings } from './ranked-rows.ts';
import { Ranking } from './ranking.ts';
import type { Held } from './state-size.ts';
import { TopRow } from './top-row.ts';

/**
 * ROW_NUMBER() <= N per partition, kept up to date: the live leaderboard. Over an updating input also the first or last
 * row of a key, and LIMIT.
 *
 * Input: any changes. Output with the rank, or where the ranks start above 1: -U and +U for every rank whose row changes,
 * +I for a new last rank, -D for one that is gone. Without it: -D and +I of the rows that leave the ranks and come into
 * them; -U and +U where one row takes the place of another, or gets better. Nothing is late here.
 * State: the first N rows of each partition, and all rows where some may be taken back; for ever, or until they were not
 * written for the time to live: then they go unseen. Cost: O(log rows) a row, and the
 * ranks that move.
 *
 * ```
 * the 2 highest     rows   a5       b7                          c6
 *                   sent   +I a5 1  -U a5 1 +U b7 1 +I a5 2     -U a5 2 +U c6 2
 * ```
 */
export class TopN extends CompiledOperator {
  readonly #settings: RankSettings;
  readonly #input: RankInput;
  readonly #ranked: RankedRows;
  /** The columns by which a row is found again. */
  readonly #key: readonly number[];

  constructor(node: PhysicalOperator, settings: RankSettings, input: RankInput, context: OperatorContext) {
    super(node, context, baseCells.bytes);
    this.#settings = settings;
    this.#input = input;
    const types = node.stepSchema.map(({ type }) => type);
    this.#ranked = new RankedRows(context, types, settings, input.kind === 'inserts' ? 'inserts' : 'changes');
    // A processing time is another each time it is asked for.
    const stable = node.stepSchema.flatMap(({ timeAttribute }, at) => (timeAttribute === 'proctime' ? [] : [at]));
    this.#key = input.kind === 'better' ? input.key : stable;
  }

  static of(
    node: PhysicalOperator,
    work: Extract<Work, { readonly kind: 'top-n' }>,
    context: OperatorContext,
  ): Operator {
    const { partition, order, rankStart, rankEnd, outputRank, input, stateTtlMs } = work;
    if (input.kind === 'inserts' && rankStart === 1 && rankEnd === 1 && !outputRank)
      return new TopRow(node, { keys: partition, order, laterFirst: false, stateTtlMs }, context);
    const ttl = { ms: stateTtlMs, of: 'row' } as const;
    return new TopN(
      node,
      { partition, order, start: rankStart, end: rankEnd, outputRank, laterFirst: false, ttl },
      input,
      context,
    );
  }

  static ofDeduplication(
    node: PhysicalOperator,
    work: Extract<Work, { readonly kind: 'deduplicate' }>,
    context: OperatorContext,
  ): Operator {
    const { keys, keep, time, timeColumn, stateTtlMs } = work;
    const laterFirst = keep === 'last';
    const order = time === 'processing' ? [] : [{ column: timeColumn, descending: laterFirst, nullsFirst: true }];
    if (isAppendOnly(node.inputChanges)) return new TopRow(node, { keys, order, laterFirst, stateTtlMs }, context);
    const ttl = { ms: stateTtlMs, of: 'row' } as const;
    const settings = { partition: keys, order, start: 1, end: 1, outputRank: false, laterFirst, ttl };
    return new TopN(node, settings, { kind: 'changes' }, context);
  }

  static ofLimit(
    node: PhysicalOperator,
    work: Extract<Work, { readonly kind: 'limit' }>,
    context: OperatorContext,
  ): TopN {
    const { offset, fetch, stateTtlMs } = work;
    const ttl = { ms: stateTtlMs, of: 'partition' } as const;
    const settings = { partition: [], order: [], start: offset + 1, end: offset + fetch, outputRank: false };
    return new TopN(node, { ...settings, laterFirst: false, ttl }, plainInput(node), context);
  }

  /**
   * The last of the rows of a sink's key that are there: +I for the first, +U for one that comes behind it or is left when
   * the last is taken back, -D when none is left.
   */
  static ofSink(
    node: PhysicalOperator,
    { keys, stateTtlMs }: Extract<Work, { readonly kind: 'upsert-materialize' }>,
    context: OperatorContext,
  ): TopN {
    const ttl = { ms: stateTtlMs, of: 'partition' } as const;
    const settings = { partition: keys, order: [], start: 1, end: 1, outputRank: false, laterFirst: true };
    return new TopN(node, { ...settings, replaces: true, ttl }, { kind: 'changes' }, context);
  }

  protected override get held(): readonly Held[] {
    return this.#ranked.held;
  }

  protected override get ages(): Ages | null {
    return this.#ranked.ages;
  }

  protected override writeExpired(writer: CodeWriter, row: Local<'i32'>): void {
    this.#ranked.expire(writer, row);
  }

  protected override writeSweep(writer: CodeWriter): void {
    this.#ranked.open(writer);
  }

  override close(): void {
    this.#ranked.close();
    super.close();
  }

  protected override end(_module: QueryModule, output: OutputWriter): PipelineEnd<State> {
    return {
      open: (writer) => ({ ranks: this.#ranked.open(writer), count: output.open(writer) }),
      row: (writer, row, state) => this.#writeRow(writer, row, state, output),
      close: (writer, { count }) => output.close(writer, count),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, { ranks, count }: State, output: OutputWriter): void {
    const { f } = writer;
    const isRetraction = this.#input.kind === 'inserts' ? null : f.local('i32', i32.and(row.kind, i32.const(1)));
    // What a better row replaces is known.
    if (this.#input.kind === 'better' && isRetraction !== null) f.brIf(row.next, isRetraction);
    const partition = this.#ranked.partition(writer, ranks, row.scope);
    const ranking = new Ranking({
      writer,
      row,
      partition,
      ranked: this.#ranked,
      settings: this.#settings,
      input: this.#input,
      key: this.#key,
      send: (number, kind, rank) => this.#send(writer, { number, kind, rank, partition, row, count }, output),
    });
    if (this.#input.kind !== 'changes' || isRetraction === null) ranking.add();
    else
      f.if(
        isRetraction,
        () => ranking.takeBack(),
        () => ranking.add(),
      );
  }

  #send(writer: CodeWriter, sent: Sent, output: OutputWriter): void {
    // Nobody needs the row that an update replaces.
    if (sent.kind === changeKind.updateBefore && !this.node.changes.updateBefore) return;
    const { f } = writer;
    const { number, kind, rank, partition, row, count } = sent;
    f.block((next) => {
      const stored = f.local('i32', this.#ranked.kept.rows.at(partition.table, number));
      const columns = this.#ranked.kept.rows.scope(writer, stored);
      const scope = new ComputedColumns(f, (index) =>
        index < this.node.stepSchema.length
          ? columns.column(index)
          : writer.value(BIGINT(false), null, i64.extendI32U(rank)),
      );
      const ready = { scope, kind: i32.const(kind), watermark: row.watermark, next };
      writeStepsAfter(writer, this.node.after, ready, (_, written) => output.write(writer, count, written));
    });
  }
}

interface State {
  readonly ranks: OpenRanks;
  readonly count: Local<'i32'>;
}

interface Sent {
  readonly number: Local<'i32'>;
  readonly kind: number;
  readonly rank: I32;
  readonly partition: RankPartition;
  readonly row: PipelineRow;
  readonly count: Local<'i32'>;
}

function plainInput(node: PhysicalOperator): RankInput {
  return isAppendOnly(node.inputChanges) ? { kind: 'inserts' } : { kind: 'changes' };
}
