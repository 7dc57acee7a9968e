import { type Ages, ageFields } from '../codegen/ages.ts';
import { scaled } from '../codegen/batch-scope.ts';
import { type CodeWriter, type RowScope, withType } from '../codegen/expression-writer.ts';
import { openTable, type TableCursor, tableCursor, writeFindOrAdd, writeHash } from '../codegen/key-table.ts';
import type { PipelineEnd, PipelineRow } from '../codegen/pipeline.ts';
import { ascending } from '../codegen/sort-key.ts';
import { keyFields, StateLayout } from '../codegen/state-layout.ts';
import { eraseTableRow } from '../codegen/table-rows.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type I64, i32, i64, type Local } from '../wasm/code.ts';
import { type DueRow, DueRows, dueCells } from './due-rows.ts';
import type { OperatorContext } from './operator-context.ts';
import { type Held, table } from './state-size.ts';
import { agesOf } from './time-to-live.ts';

type DeduplicateWork = Extract<Work, { readonly kind: 'deduplicate' }>;

/**
 * The first row of each key by event time: sent once, when the watermark has come to its time; of equal times the one
 * that came first.
 *
 * Input and output: +I. Late is a row behind the watermark: it is dropped and counted.
 * State: the keys, for ever or as long as the state's time to live; the row of a key until it is sent. Cost: O(1) a row, O(log waiting keys) for one that is
 * the first so far.
 *
 * ```
 * a delay of 3     rows        a5  a4  b7  a2 (late)   a9
 *                  watermark   2   2   4               6
 *                  sent                a4
 * ```
 */
export class FirstRow extends DueRows {
  readonly #keys: readonly number[];
  readonly #types: readonly SqlType[];
  readonly #timeColumn: number;
  readonly #layout: StateLayout;
  /** The table of keys. */
  readonly #table: number;
  readonly #ages: Ages | null;

  constructor(node: PhysicalOperator, work: DeduplicateWork, context: OperatorContext) {
    // A row knows its key.
    super(node, context, { time: 'event', cellBytes: dueCells, extra: [{ name: 'key', physical: 'i32' }] });
    this.#keys = work.keys;
    this.#timeColumn = work.timeColumn;
    this.#types = node.stepSchema.map(({ type }) => type);
    this.#layout = new StateLayout([
      ...keyFields(work.keys.map((key) => this.#type(key))),
      { name: 'time', physical: 'i64' },
      // Of the row that waits: 0 when one was sent.
      { name: 'entry', physical: 'i32' },
      ...(work.stateTtlMs > 0 ? ageFields : []),
    ]);
    this.#table = context.state.table('keys', this.#layout);
    this.#ages = agesOf(context, work.stateTtlMs, this.#table, this.#layout);
  }

  override close(): void {
    this.#ages?.close();
    this.context.memory.kernels.tableDrop(this.#table);
    super.close();
  }

  protected override get held(): readonly Held[] {
    return [...super.held, table(this.#table)];
  }

  protected override get ages(): Ages | null {
    return this.#ages;
  }

  /** A key goes unless its row still waits. */
  protected override writeExpired(writer: CodeWriter, key: Local<'i32'>): void {
    const ages = this.#ages;
    if (ages === null) return;
    const keys = writer.f.local('i32', i32.const(this.#table));
    writer.f.if(
      i32.load(key, { offset: this.#layout.field('entry').offset }),
      () => ages.write(writer, key),
      () => {
        ages.remove(writer, key);
        eraseTableRow(writer, keys, this.#layout, key);
      },
    );
  }

  #type(column: number): SqlType {
    const found = this.#types[column];
    if (found === undefined) throw new Error(`no column ${column}`);
    return found;
  }

  protected override end(): PipelineEnd<Places> {
    return {
      open: (writer) => {
        const keys = tableCursor(writer);
        openTable(writer, keys, i32.const(this.#table));
        return { keys, table: this.waiting.open(writer) };
      },
      row: (writer, row, places) => this.#writeRow(writer, row, places),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, { keys, table }: Places): void {
    const { f } = writer;
    const timeValue = row.scope.column(this.#timeColumn);
    if (timeValue.isNull !== null)
      f.if(timeValue.isNull, () => writer.fail('the event time of a deduplicated row is NULL'));
    const time = writer.i64(timeValue);
    this.writeDropLate(writer, i64.ltS(time, row.watermark), row);
    const values = this.#keys.map((key) => withType(row.scope.column(key), this.#type(key)));
    const isNew = f.local('i32', i32.const(0));
    const key = writeFindOrAdd(writer, keys, this.#layout, values, writeHash(writer, values), () =>
      f.set(isNew, i32.const(1)),
    );
    const at = { time: this.#layout.field('time').offset, entry: this.#layout.field('entry').offset };
    const entry = f.local('i32', i32.load(key, { offset: at.entry }));
    f.if(i32.eqz(isNew), () => {
      // Sent already, or not before the row that waits.
      f.brIf(row.next, i32.eqz(entry));
      f.brIf(row.next, i64.geS(time, i64.load(key, { offset: at.time })));
      const { rows } = this.waiting;
      const other = f.local('i32', rows.at(table, this.waiting.numberOf(writer, entry)));
      this.waiting.remove(writer, entry);
      eraseTableRow(writer, table, rows.layout, other);
    });
    const added = this.waiting.add(writer, table, row.scope, [{ value: timeValue, order: ascending }]);
    const keyNumber = i32.divU(i32.sub(key, keys.rows), i32.const(this.#layout.rowBytes));
    f.do(i32.store(added.row, keyNumber, { offset: this.waiting.rows.offset('key') }));
    f.do(i64.store(key, time, { offset: at.time }), i32.store(key, added.entry, { offset: at.entry }));
    this.#ages?.write(writer, key);
  }

  protected override timeOf(writer: CodeWriter, _row: Local<'i32'>, scope: RowScope): I64 {
    return writer.i64(scope.column(this.#timeColumn));
  }

  protected override writeDue(writer: CodeWriter, due: DueRow): void {
    const { f } = writer;
    this.waiting.remove(writer, due.entry);
    due.send(due.scope);
    const keyRows = i32.load(i32.const(this.#table), { offset: tableLayout.rows });
    const keyNumber = i32.load(due.row, { offset: this.waiting.rows.offset('key') });
    const key = i32.add(keyRows, scaled(keyNumber, this.#layout.rowBytes));
    f.do(i32.store(key, i32.const(0), { offset: this.#layout.field('entry').offset }));
    this.waiting.spend(writer, due.table, due.number);
  }
}

interface Places {
  readonly keys: TableCursor;
  readonly table: Local<'i32'>;
}
