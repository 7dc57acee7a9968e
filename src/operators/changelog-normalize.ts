import type { CodeWriter } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import { keysEqual, openTable, writeFind, writeFindOrAdd, writeHash, writeKeys } from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import type { PipelineRow } from '../codegen/pipeline.ts';
import { eraseTableRow } from '../codegen/table-rows.ts';
import type { Value } from '../functions/value.ts';
import { changeKind } from '../memory/batch.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { type I32, i32, select } from '../wasm/code.ts';
import type { OperatorContext } from './operator-context.ts';
import { type OpenRows, RowOfKey } from './row-of-key.ts';

type DeduplicateWork = Extract<Work, { readonly kind: 'deduplicate' }>;

/**
 * The changes of a source by its primary key: what came twice is sent once, and the old row of a change is the one that
 * was sent before.
 *
 * Input: any changes; -U is not looked at. Output: +I for a new key, -U and +U when its row changes, -D with the row
 * that is known. A row that is there already, and the deletion of one that is not, is dropped. Nothing is late here.
 * State: the row of each key, until it is deleted or its time to live is over. Cost: O(1) a row.
 *
 * ```
 * by id    rows   +I 1,a   +I 1,a   -U 1,x   +U 1,b          -D 1,z   -D 1,z
 *          sent   +I 1,a                     -U 1,a +U 1,b   -D 1,b
 * ```
 */
export class ChangelogNormalize extends RowOfKey {
  constructor(node: PhysicalOperator, { keys, stateTtlMs }: DeduplicateWork, context: OperatorContext) {
    super(node, keys, stateTtlMs, context);
  }

  protected override writeRow(writer: CodeWriter, row: PipelineRow, rows: OpenRows, output: OutputWriter): void {
    const { f } = writer;
    const { cursor } = rows;
    const kind = f.local('i32', row.kind);
    f.brIf(row.next, i32.eq(kind, i32.const(changeKind.updateBefore)));
    const isGone = f.local('i32', i32.eq(kind, i32.const(changeKind.delete)));
    const values = this.valuesOf(row);
    const keys = values.slice(0, this.keyCount);
    const hash = writeHash(writer, keys);
    const known = f.local('i32', writeFind(writer, cursor, this.layout, keys, hash));
    // With a time to live an equal row is sent again: what comes behind must keep it alive.
    if (this.ages === null) {
      f.if(known, () => {
        const isSame = keysEqual(writer, this.layout, known, values);
        f.brIf(row.next, i32.and(i32.eqz(isGone), isSame));
      });
    }
    const send = (sent: readonly Value[], sentKind: I32): void =>
      this.send(writer, { row, rows, output }, sent, sentKind);
    f.if(known, () => {
      const stored = this.storedRow(writer, known).map((value) => keptValue(writer, value));
      if (this.node.changes.updateBefore) {
        send(stored, select(isGone, i32.const(changeKind.delete), i32.const(changeKind.updateBefore)));
      } else f.if(isGone, () => send(stored, i32.const(changeKind.delete)));
      this.ages?.remove(writer, known);
      eraseTableRow(writer, cursor.table, this.layout, known);
      openTable(writer, cursor, cursor.table);
    });
    f.brIf(row.next, isGone);
    const added = writeFindOrAdd(writer, cursor, this.layout, keys, hash);
    writeKeys(writer, cursor.table, this.layout, added, values.slice(this.keyCount), this.keyCount);
    this.ages?.write(writer, added);
    send(values, select(known, i32.const(changeKind.updateAfter), i32.const(changeKind.insert)));
  }
}
