import { type CodeWriter, withType } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import { rewriteKeys, writeFindOrAdd, writeHash, writeKeys } from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import type { PipelineRow } from '../codegen/pipeline.ts';
import { writeCompare } from '../codegen/sort-key.ts';
import type { Value } from '../functions/value.ts';
import { changeKind } from '../memory/batch.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import type { SortKey } from '../plan/logical.ts';
import { i32, type Local } from '../wasm/code.ts';
import type { OperatorContext } from './operator-context.ts';
import { type OpenRows, RowOfKey } from './row-of-key.ts';

/** Which row of a key is kept. */
export interface TopRowSettings {
  readonly keys: readonly number[];
  readonly order: readonly SortKey[];
  /** Of rows that are equal in the order, the one that came later is first. */
  readonly laterFirst: boolean;
  readonly stateTtlMs: number;
}

/**
 * The first row of each key in an order, kept up to date: a Top-1, or the first or last row by its time.
 *
 * Input: +I. Output: +I for a new key, -U and +U when a row comes before the one that is known. Nothing is late here.
 * State: the row of each key, for ever, or until it was not written for the time to live. Cost: O(1) a row, as a row
 * that is overtaken never comes back.
 *
 * ```
 * the highest     rows   a5      b7              a6     c7
 *                 sent   +I a5   -U a5   +U b7
 * ```
 */
export class TopRow extends RowOfKey {
  readonly #settings: TopRowSettings;

  constructor(node: PhysicalOperator, settings: TopRowSettings, context: OperatorContext) {
    super(node, settings.keys, settings.stateTtlMs, context);
    this.#settings = settings;
  }

  protected override writeRow(writer: CodeWriter, row: PipelineRow, rows: OpenRows, output: OutputWriter): void {
    const { f } = writer;
    const { cursor } = rows;
    const values = this.valuesOf(row);
    const [keys, others] = [values.slice(0, this.keyCount), values.slice(this.keyCount)];
    const isNew = f.local('i32', i32.const(0));
    const known = writeFindOrAdd(writer, cursor, this.layout, keys, writeHash(writer, keys), (added) => {
      f.set(isNew, i32.const(1));
      writeKeys(writer, cursor.table, this.layout, added, others, this.keyCount);
    });
    // Sent are the row at hand and copies: the texts of the state are overwritten before the batch goes.
    const send = (sent: readonly Value[], kind: number): void =>
      this.send(writer, { row, rows, output }, sent, i32.const(kind));
    const written = (): void => this.ages?.write(writer, known);
    f.if(
      isNew,
      () => {
        written();
        send(values, changeKind.insert);
      },
      () => {
        this.#writeStays(writer, row, known);
        if (this.node.changes.updateBefore) {
          const old = this.storedRow(writer, known).map((value) => keptValue(writer, value));
          send(old, changeKind.updateBefore);
        }
        rewriteKeys(writer, cursor.table, this.layout, known, others, this.keyCount);
        written();
        send(values, changeKind.updateAfter);
      },
    );
  }

  /** Goes on to the next row where the one at hand comes behind the one that is known. */
  #writeStays(writer: CodeWriter, row: PipelineRow, known: Local<'i32'>): void {
    const { f } = writer;
    const { order, laterFirst } = this.#settings;
    const compared = f.local('i32', i32.const(0));
    for (const { column, descending, nullsFirst } of order) {
      const values = [
        withType(row.scope.column(column), this.typeOf(column)),
        this.stored(writer, known, column),
      ] as const;
      const by = { descending, nullsLast: !nullsFirst };
      f.if(i32.eqz(compared), () => f.set(compared, writeCompare(writer, ...values, by)));
    }
    f.brIf(row.next, i32.gtS(compared, i32.const(laterFirst ? 0 : -1)));
  }
}
