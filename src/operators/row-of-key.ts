import { type Ages, ageFields } from '../codegen/ages.ts';
import { type CodeWriter, withType } from '../codegen/expression-writer.ts';
import { openTable, readKey, type TableCursor, tableCursor } from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import type { QueryModule } from '../codegen/query-module.ts';
import { keyFields, StateLayout } from '../codegen/state-layout.ts';
import { eraseTableRow } from '../codegen/table-rows.ts';
import type { Value } from '../functions/value.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type I32, i32, type Local } from '../wasm/code.ts';
import { CompiledOperator } from './compiled-operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { type Held, table } from './state-size.ts';
import { agesOf } from './time-to-live.ts';

/** The table of rows while a function runs, and the rows that wait in the output batch. */
export interface OpenRows {
  readonly cursor: TableCursor;
  readonly count: Local<'i32'>;
}

/** What operators share that keep one row a key, with all its columns: for ever, or until its time to live is over. */
export abstract class RowOfKey extends CompiledOperator {
  protected readonly layout: StateLayout;
  protected readonly keyCount: number;
  /** Columns as they stand in the state: those of the key first. */
  readonly #order: readonly number[];
  readonly #types: readonly SqlType[];
  readonly #table: number;
  readonly #ages: Ages | null;

  constructor(node: PhysicalOperator, keys: readonly number[], stateTtlMs: number, context: OperatorContext) {
    super(node, context);
    this.keyCount = keys.length;
    this.#types = node.stepSchema.map(({ type }) => type);
    this.#order = [...keys, ...this.#types.keys().filter((column) => !keys.includes(column))];
    this.layout = new StateLayout([
      ...keyFields(this.#order.map((column) => this.typeOf(column))),
      ...(stateTtlMs > 0 ? ageFields : []),
    ]);
    this.#table = context.state.table('rows', this.layout);
    this.#ages = agesOf(context, stateTtlMs, this.#table, this.layout);
  }

  /** What a row does. */
  protected abstract writeRow(writer: CodeWriter, row: PipelineRow, rows: OpenRows, output: OutputWriter): void;

  protected typeOf(column: number): SqlType {
    const found = this.#types[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found;
  }

  /** The columns of the row at hand, in the order of the state. */
  protected valuesOf(row: PipelineRow): readonly Value[] {
    return this.#order.map((column) => withType(row.scope.column(column), this.typeOf(column)));
  }

  /** A column of a row of the state. */
  protected stored(writer: CodeWriter, known: Local<'i32'>, column: number): Value {
    return readKey(writer, this.layout, known, this.#order.indexOf(column), this.typeOf(column));
  }

  /** All columns of a row of the state, in its order. */
  protected storedRow(writer: CodeWriter, known: Local<'i32'>): readonly Value[] {
    return this.#order.map((column) => this.stored(writer, known, column));
  }

  /** Sends values in the order of the state. */
  protected send(
    writer: CodeWriter,
    { row, rows, output }: { readonly row: PipelineRow; readonly rows: OpenRows; readonly output: OutputWriter },
    sent: readonly Value[],
    kind: I32,
  ): void {
    const { f } = writer;
    f.block((next) => {
      const scope = { column: (index: number): Value => sent[this.#order.indexOf(index)] as Value };
      const whole = { scope, kind: f.local('i32', kind), watermark: row.watermark, next };
      writeStepsAfter(writer, this.node.after, whole, (_, after) => output.write(writer, rows.count, after));
    });
  }

  protected override get ages(): Ages | null {
    return this.#ages;
  }

  protected override get held(): readonly Held[] {
    return [table(this.#table)];
  }

  protected override writeExpired(writer: CodeWriter, row: Local<'i32'>): void {
    this.ages?.remove(writer, row);
    eraseTableRow(writer, writer.f.local('i32', i32.const(this.#table)), this.layout, row);
  }

  override close(): void {
    this.ages?.close();
    this.context.memory.kernels.tableDrop(this.#table);
    super.close();
  }

  protected override end(_module: QueryModule, output: OutputWriter): PipelineEnd<OpenRows> {
    return {
      open: (writer) => {
        const cursor = tableCursor(writer);
        openTable(writer, cursor, i32.const(this.#table));
        return { cursor, count: output.open(writer) };
      },
      ahead: ({ cursor }) => {
        const keys = this.#order.slice(0, this.keyCount).map((column) => ({ column, type: this.typeOf(column) }));
        return { table: cursor, rowBytes: this.layout.rowBytes, keys };
      },
      row: (writer, row, rows) => this.writeRow(writer, row, rows, output),
      close: (writer, { count }) => output.close(writer, count),
    };
  }
}
