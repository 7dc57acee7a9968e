import { changeKind } from '../memory/batch.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { isAppendOnly } from '../plan/logical.ts';
import type { OperatorContext } from './operator-context.ts';
import { constantRank, RankedRows } from './ranked-rows.ts';

/**
 * ROW_NUMBER() <= N per partition, kept up to date: the live leaderboard. Also the first or last row of a key.
 *
 * Input: any changes. Output with the rank: -U and +U for every rank whose row changes, +I for a new last rank, -D for
 * one that is gone. Without it: +I and -D of the rows that come into the ranks and leave them; for the last row of a
 * key -U and +U. Nothing is late here.
 *
 * ```
 * the 2 highest     rows   a5       b7                          c6
 *                   sent   +I a5 1  -U a5 1 +U b7 1 +I a5 2     -U a5 2 +U c6 2
 * ```
 */
export class TopN extends RankedRows {
  /** A single row replaces the one before it. */
  #replaces = false;

  static of(node: PhysicalOperator, work: Extract<Work, { readonly kind: 'top-n' }>, context: OperatorContext): TopN {
    const { partition, order, rankStart, outputRank } = work;
    const end = constantRank(work.rankEnd, node);
    const settings = { partition, order, start: rankStart, end, outputRank, laterFirst: false, windowEnd: null };
    const topN = new TopN(node, settings, context);
    topN.#replaces = rankStart === 1 && end === 1 && isAppendOnly(node.inputChanges);
    return topN;
  }

  static ofDeduplication(
    node: PhysicalOperator,
    work: Extract<Work, { readonly kind: 'deduplicate' }>,
    context: OperatorContext,
  ): TopN {
    const { keys, keep, time, timeColumn } = work;
    const order = time === 'processing' ? [] : [{ column: timeColumn, descending: keep === 'last', nullsFirst: true }];
    const settings = {
      partition: keys,
      order,
      start: 1,
      end: 1,
      outputRank: false,
      laterFirst: keep === 'last',
      windowEnd: null,
    };
    const topN = new TopN(node, settings, context);
    topN.#replaces = isAppendOnly(node.inputChanges);
    return topN;
  }

  /**
   * The last of the rows of a sink's key that are there: +I for the first, +U for one that comes behind it or is left when
   * the last is taken back, -D when none is left.
   */
  static ofSink(node: PhysicalOperator, keys: readonly number[], context: OperatorContext): TopN {
    const settings = {
      partition: keys,
      order: [],
      start: 1,
      end: 1,
      outputRank: false,
      laterFirst: true,
      windowEnd: null,
    };
    const topN = new TopN(node, settings, context);
    topN.#replaces = true;
    return topN;
  }

  protected override changed(partition: number, change: 1 | -1, rowNumber: number, position: number): void {
    if (position === 0) return;
    const { start, end, outputRank } = this.settings;
    // The ranks as they are now; before, the row was not there, or was.
    const now = this.first(partition, end + 1);
    const before = change > 0 ? now.toSpliced(position - 1, 1) : now.toSpliced(position - 1, 0, rowNumber);
    if (outputRank) this.#sendRanks(before, now, Math.max(position, start), end);
    else this.#sendRows(before, now, start, end);
  }

  /** Every rank from the changed one on whose row is another. */
  #sendRanks(before: readonly number[], now: readonly number[], from: number, end: number): void {
    for (let rank = from; rank <= end; rank++) {
      const [old, row] = [before[rank - 1], now[rank - 1]];
      if (old !== undefined && row !== undefined) {
        if (this.node.changes.updateBefore) this.sendRow(changeKind.updateBefore, old, rank);
        this.sendRow(changeKind.updateAfter, row, rank);
      } else if (old !== undefined) this.sendRow(changeKind.delete, old, rank);
      else if (row !== undefined) this.sendRow(changeKind.insert, row, rank);
      else return;
    }
  }

  /** The row that left the ranks, then the one that came in. */
  #sendRows(before: readonly number[], now: readonly number[], start: number, end: number): void {
    const [old, current] = [before.slice(start - 1, end), now.slice(start - 1, end)];
    const gone = old.find((row) => !current.includes(row));
    const come = current.find((row) => !old.includes(row));
    const replaces = this.#replaces && gone !== undefined && come !== undefined;
    if (gone !== undefined && !replaces) this.sendRow(changeKind.delete, gone, 0);
    else if (gone !== undefined && this.node.changes.updateBefore) this.sendRow(changeKind.updateBefore, gone, 0);
    if (come !== undefined) this.sendRow(replaces ? changeKind.updateAfter : changeKind.insert, come, 0);
  }
}
