import type { Ages } from '../codegen/ages.ts';
import type { CodeWriter } from '../codegen/expression-writer.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import type { QueryModule } from '../codegen/query-module.ts';
import { eraseTableRow } from '../codegen/table-rows.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import type { Local } from '../wasm/code.ts';
import { baseCells, CompiledOperator } from './compiled-operator.ts';
import { KeptRows } from './kept-rows.ts';
import type { OperatorContext } from './operator-context.ts';
import { type OpenFrames, OverFrames, type OverWork, precedingOf } from './over-frames.ts';
import type { Held } from './state-size.ts';

/**
 * OVER by processing time, but for frames of an interval: each row is sent as it comes, with the aggregates over the
 * rows of its partition that came before it, and itself.
 *
 * Input and output: +I. Nothing is late. State: the accumulators of each partition and the rows of a bounded
 * frame, for ever or until no row came to it for the time to live. Cost: O(1) a row, where the aggregates take a row back in O(1).
 *
 * ```
 * SUM(v), ROWS 1 PRECEDING     rows   a1  b5  a2  a3
 *                              sent   1   5   3   5
 * ```
 */
export class OverArrival extends CompiledOperator {
  readonly #frames: OverFrames;
  readonly #precedingRows: number | null;
  readonly #kept: KeptRows;

  constructor(node: PhysicalOperator, work: OverWork, context: OperatorContext) {
    super(node, context, baseCells.bytes);
    const types = node.stepSchema.map(({ type }) => type);
    this.#precedingRows = precedingOf(work);
    this.#frames = new OverFrames(context, work, types, {
      taking: this.#precedingRows !== null,
      stateTtlMs: work.stateTtlMs,
    });
    this.#kept = new KeptRows(context.state.part('kept'), types);
  }

  protected override get held(): readonly Held[] {
    return [...this.#frames.held, ...this.#kept.held];
  }

  protected override get ages(): Ages | null {
    return this.#frames.ages;
  }

  protected override writeExpired(writer: CodeWriter, row: Local<'i32'>): void {
    const place = this.#frames.placeOf(writer, row);
    this.#kept.rows.eraseAll(writer, this.#kept.open(writer), this.#frames.chain(place));
    this.#frames.erase(writer, place);
  }

  override close(): void {
    this.#frames.close();
    this.#kept.close();
    super.close();
  }

  protected override end(_module: QueryModule, output: OutputWriter): PipelineEnd<State> {
    return {
      open: (writer) => ({
        frames: this.#frames.open(writer),
        table: this.#kept.open(writer),
        count: output.open(writer),
      }),
      row: (writer, row, state) => this.#writeRow(writer, row, state, output),
      close: (writer, { count }) => output.close(writer, count),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, { frames, table, count }: State, output: OutputWriter): void {
    const place = this.#frames.find(writer, frames, row.scope);
    if (this.#precedingRows !== null) {
      const { rows } = this.#kept;
      // The output shows the rows of the batch, never those of a frame: they can go at once.
      const gone = (_: unknown, left: Local<'i32'>): void => eraseTableRow(writer, table, rows.layout, left);
      this.#frames.leaveRows(writer, place, { kept: this.#kept, table, gone }, this.#precedingRows);
      const number = writer.f.local('i32', rows.number(table, this.#kept.keep(writer, table, row.scope).row));
      rows.append(writer, table, this.#frames.chain(place), number);
    }
    this.#frames.enter(writer, place, row.scope);
    const scope = this.#frames.withResults(writer, row.scope, place);
    writeStepsAfter(writer, this.node.after, { ...row, scope }, (_, sent) => output.write(writer, count, sent));
  }
}

interface State {
  readonly frames: OpenFrames;
  readonly table: Local<'i32'>;
  readonly count: Local<'i32'>;
}
