import { DiagnosticError, unsupported } from '../diagnostics/diagnostic.ts';
import { changeKind } from '../memory/batch.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { type AttachedWindow, isAppendOnly } from '../plan/logical.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { constantRank, RankedRows } from './ranked-rows.ts';

/**
 * ROW_NUMBER() <= N per window and partition: final rows, sent when the watermark passes the window's end.
 *
 * Input: +I; a row of a closed window is late, dropped and counted. Output: +I, windows in the order of their ends,
 * rows in the order of their ranks. State: the first N rows of each open window and partition.
 *
 * ```
 * the highest, windows of 10     rows   a5@1 b7@3 .  c6@12
 *                                sent               b7 of [0,10)
 * ```
 */
export class WindowTopN extends RankedRows {
  /** Partitions by their window's end, in the order in which they came. */
  readonly #ends = new Map<number, number[]>();
  #known = new Set<number>();

  static of(
    node: PhysicalOperator,
    work: Extract<Work, { readonly kind: 'top-n' }>,
    window: AttachedWindow,
    context: OperatorContext,
  ): WindowTopN {
    const { partition, order, rankStart, outputRank } = work;
    const end = constantRank(work.rankEnd, node);
    checkWindow(node, window);
    return new WindowTopN(
      node,
      { partition, order, start: rankStart, end, outputRank, laterFirst: false, windowEnd: window.endColumn },
      context,
    );
  }

  static ofDeduplication(
    node: PhysicalOperator,
    work: Extract<Work, { readonly kind: 'deduplicate' }>,
    window: AttachedWindow,
    context: OperatorContext,
  ): WindowTopN {
    const { keys, keep, timeColumn } = work;
    checkWindow(node, window);
    const order = [{ column: timeColumn, descending: keep === 'last', nullsFirst: true }];
    return new WindowTopN(
      node,
      {
        partition: keys,
        order,
        start: 1,
        end: 1,
        outputRank: false,
        laterFirst: keep === 'last',
        windowEnd: window.endColumn,
      },
      context,
    );
  }

  protected override changed(
    partition: number,
    _change: 1 | -1,
    _rowNumber: number,
    _position: number,
    windowEndMs: number,
  ): void {
    if (this.#known.has(partition)) return;
    this.#known.add(partition);
    const partitions = this.#ends.get(windowEndMs);
    if (partitions === undefined) this.#ends.set(windowEndMs, [partition]);
    else partitions.push(partition);
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    const due = [...this.#ends.keys()].filter((end) => end - 1 <= watermarkMs).sort((a, b) => a - b);
    const { start, end } = this.settings;
    this.sendTo(out);
    for (const windowEnd of due) {
      for (const partition of this.#ends.get(windowEnd) ?? []) {
        const rows = this.first(partition, end);
        for (let rank = start; rank <= rows.length; rank++) this.sendRow(changeKind.insert, rows[rank - 1] ?? 0, rank);
        this.drop(partition);
        this.#known.delete(partition);
      }
      this.#ends.delete(windowEnd);
    }
    if (due.length > 0) this.flush(this.anyCompiled(), out);
    super.onWatermark(watermarkMs, out);
  }
}

function checkWindow(node: PhysicalOperator, window: AttachedWindow): void {
  if (!isAppendOnly(node.inputChanges))
    throw new DiagnosticError([unsupported('W002', node.span, 'a window Top-N over an updating input')]);
  if (window.time === 'processing')
    throw new DiagnosticError([unsupported('W002', node.span, 'a window Top-N by processing time')]);
}
