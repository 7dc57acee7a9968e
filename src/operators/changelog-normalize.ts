import { type Ages, ageFields } from '../codegen/ages.ts';
import { type CodeWriter, withType } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import {
  keysEqual,
  openTable,
  readKey,
  type TableCursor,
  tableCursor,
  writeFind,
  writeFindOrAdd,
  writeHash,
  writeKeys,
} from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import type { QueryModule } from '../codegen/query-module.ts';
import { keyFields, StateLayout } from '../codegen/state-layout.ts';
import { eraseTableRow } from '../codegen/table-rows.ts';
import type { Value } from '../functions/value.ts';
import { changeKind } from '../memory/batch.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type I32, i32, type Local, select } from '../wasm/code.ts';
import { CompiledOperator } from './compiled-operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { type Held, table } from './state-size.ts';
import { agesOf } from './time-to-live.ts';

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
export class ChangelogNormalize extends CompiledOperator {
  readonly #keyCount: number;
  /** Columns as they stand in the state: those of the key first. */
  readonly #order: readonly number[];
  readonly #types: readonly SqlType[];
  readonly #layout: StateLayout;
  readonly #table: number;
  readonly #ages: Ages | null;

  constructor(node: PhysicalOperator, { keys, stateTtlMs }: DeduplicateWork, context: OperatorContext) {
    super(node, context);
    this.#keyCount = keys.length;
    this.#types = node.stepSchema.map(({ type }) => type);
    this.#order = [...keys, ...this.#types.keys().filter((column) => !keys.includes(column))];
    this.#layout = new StateLayout([
      ...keyFields(this.#order.map((column) => this.#type(column))),
      ...(stateTtlMs > 0 ? ageFields : []),
    ]);
    this.#table = context.state.table('rows', this.#layout);
    this.#ages = agesOf(context, stateTtlMs, this.#table, this.#layout);
  }

  protected override get held(): readonly Held[] {
    return [table(this.#table)];
  }

  protected override get ages(): Ages | null {
    return this.#ages;
  }

  protected override writeExpired(writer: CodeWriter, row: Local<'i32'>): void {
    this.#ages?.remove(writer, row);
    eraseTableRow(writer, writer.f.local('i32', i32.const(this.#table)), this.#layout, row);
  }

  override close(): void {
    this.#ages?.close();
    this.context.memory.kernels.tableDrop(this.#table);
    super.close();
  }

  #type(column: number): SqlType {
    const found = this.#types[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found;
  }

  protected override end(_module: QueryModule, output: OutputWriter): PipelineEnd<State> {
    return {
      open: (writer) => {
        const cursor = tableCursor(writer);
        openTable(writer, cursor, i32.const(this.#table));
        return { cursor, count: output.open(writer) };
      },
      row: (writer, row, state) => this.#writeRow(writer, row, state, output),
      close: (writer, { count }) => output.close(writer, count),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, { cursor, count }: State, output: OutputWriter): void {
    const { f } = writer;
    const kind = f.local('i32', row.kind);
    f.brIf(row.next, i32.eq(kind, i32.const(changeKind.updateBefore)));
    const isGone = f.local('i32', i32.eq(kind, i32.const(changeKind.delete)));
    const values = this.#order.map((column) => withType(row.scope.column(column), this.#type(column)));
    const keys = values.slice(0, this.#keyCount);
    const hash = writeHash(writer, keys);
    const known = f.local('i32', writeFind(writer, cursor, this.#layout, keys, hash));
    // With a time to live an equal row is sent again: what comes behind must keep it alive.
    if (this.#ages === null) {
      f.if(known, () => {
        const isSame = keysEqual(writer, this.#layout, known, values);
        f.brIf(row.next, i32.and(i32.eqz(isGone), isSame));
      });
    }
    const send = (sent: readonly Value[], sentKind: I32): void =>
      f.block((next) => {
        const scope = { column: (index: number): Value => sent[this.#order.indexOf(index)] as Value };
        const whole = { scope, kind: f.local('i32', sentKind), watermark: row.watermark, next };
        writeStepsAfter(writer, this.node.after, whole, (_, after) => output.write(writer, count, after));
      });
    f.if(known, () => {
      const stored = this.#order.map((column, at) =>
        keptValue(writer, readKey(writer, this.#layout, known, at, this.#type(column))),
      );
      if (this.node.changes.updateBefore) {
        send(stored, select(isGone, i32.const(changeKind.delete), i32.const(changeKind.updateBefore)));
      } else f.if(isGone, () => send(stored, i32.const(changeKind.delete)));
      this.#ages?.remove(writer, known);
      eraseTableRow(writer, cursor.table, this.#layout, known);
      openTable(writer, cursor, cursor.table);
    });
    f.brIf(row.next, isGone);
    const added = writeFindOrAdd(writer, cursor, this.#layout, keys, hash);
    writeKeys(writer, cursor.table, this.#layout, added, values.slice(this.#keyCount), this.#keyCount);
    this.#ages?.write(writer, added);
    send(values, select(known, i32.const(changeKind.updateAfter), i32.const(changeKind.insert)));
  }
}

interface State {
  readonly cursor: TableCursor;
  readonly count: Local<'i32'>;
}
