import { type Ages, ageFields } from '../codegen/ages.ts';
import { type CodeWriter, withType } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import {
  openTable,
  readKey,
  rewriteKeys,
  type TableCursor,
  tableCursor,
  writeFindOrAdd,
  writeHash,
  writeKeys,
} from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import type { QueryModule } from '../codegen/query-module.ts';
import { writeCompare } from '../codegen/sort-key.ts';
import { keyFields, StateLayout } from '../codegen/state-layout.ts';
import { eraseTableRow } from '../codegen/table-rows.ts';
import type { Value } from '../functions/value.ts';
import { changeKind } from '../memory/batch.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import type { SortKey } from '../plan/logical.ts';
import type { SqlType } from '../types/sql-type.ts';
import { i32, type Local } from '../wasm/code.ts';
import { CompiledOperator } from './compiled-operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { type Held, table } from './state-size.ts';
import { agesOf } from './time-to-live.ts';

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
export class TopRow extends CompiledOperator {
  readonly #settings: TopRowSettings;
  /** Columns as they stand in the state: those of the key first. */
  readonly #columns: readonly number[];
  readonly #types: readonly SqlType[];
  readonly #layout: StateLayout;
  readonly #table: number;
  readonly #ages: Ages | null;

  constructor(node: PhysicalOperator, settings: TopRowSettings, context: OperatorContext) {
    super(node, context);
    const { keys, stateTtlMs } = settings;
    this.#settings = settings;
    this.#types = node.stepSchema.map(({ type }) => type);
    this.#columns = [...keys, ...this.#types.keys().filter((column) => !keys.includes(column))];
    this.#layout = new StateLayout([
      ...keyFields(this.#columns.map((column) => this.#type(column))),
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
    const keyCount = this.#settings.keys.length;
    const values = this.#columns.map((column) => withType(row.scope.column(column), this.#type(column)));
    const [keys, others] = [values.slice(0, keyCount), values.slice(keyCount)];
    const isNew = f.local('i32', i32.const(0));
    const known = writeFindOrAdd(writer, cursor, this.#layout, keys, writeHash(writer, keys), (added) => {
      f.set(isNew, i32.const(1));
      writeKeys(writer, cursor.table, this.#layout, added, others, keyCount);
    });
    // Sent are the row at hand and copies: the texts of the state are overwritten before the batch goes.
    const send = (sent: readonly Value[], kind: number): void =>
      f.block((next) => {
        const scope = { column: (index: number): Value => sent[this.#columns.indexOf(index)] as Value };
        const whole = { scope, kind: i32.const(kind), watermark: row.watermark, next };
        writeStepsAfter(writer, this.node.after, whole, (_, after) => output.write(writer, count, after));
      });
    const written = (): void => this.#ages?.write(writer, known);
    f.if(
      isNew,
      () => {
        written();
        send(values, changeKind.insert);
      },
      () => {
        const stored = (column: number): Value =>
          readKey(writer, this.#layout, known, this.#columns.indexOf(column), this.#type(column));
        this.#writeStays(writer, row, stored);
        if (this.node.changes.updateBefore) {
          const old = this.#columns.map((column) => keptValue(writer, stored(column)));
          send(old, changeKind.updateBefore);
        }
        rewriteKeys(writer, cursor.table, this.#layout, known, others, keyCount);
        written();
        send(values, changeKind.updateAfter);
      },
    );
  }

  /** Goes on to the next row where the one at hand comes behind the one that is known. */
  #writeStays(writer: CodeWriter, row: PipelineRow, stored: (column: number) => Value): void {
    const { f } = writer;
    const { order, laterFirst } = this.#settings;
    const compared = f.local('i32', i32.const(0));
    for (const { column, descending, nullsFirst } of order) {
      const values = [withType(row.scope.column(column), this.#type(column)), stored(column)] as const;
      const by = { descending, nullsLast: !nullsFirst };
      f.if(i32.eqz(compared), () => f.set(compared, writeCompare(writer, ...values, by)));
    }
    f.brIf(row.next, i32.gtS(compared, i32.const(laterFirst ? 0 : -1)));
  }
}

interface State {
  readonly cursor: TableCursor;
  readonly count: Local<'i32'>;
}
