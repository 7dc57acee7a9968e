import type { CodeWriter, RowScope } from '../codegen/expression-writer.ts';
import type { PipelineEnd, PipelineRow } from '../codegen/pipeline.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import type { SortKey } from '../plan/logical.ts';
import { type I64, i32, i64, type Local } from '../wasm/code.ts';
import { watermarkI64 } from './compiled-operator.ts';
import { type DueRow, DueRows, dueCells } from './due-rows.ts';
import type { OperatorContext } from './operator-context.ts';

type SortWork = Extract<Work, { readonly kind: 'sort' }>;

/** i64 the time of the last row that was sent. */
const cells = { sentMs: dueCells, bytes: dueCells + 8 } as const;

/**
 * ORDER BY a time attribute, and then perhaps other columns: rows leave in that order when the watermark has come to
 * their time, equal ones as they came.
 *
 * Input and output: +I. Late is a row at or before the last time that was sent: it is dropped and counted. By processing
 * time the rows of one millisecond are put in order; none is late.
 * State: the rows that wait. Cost: O(log n) a row, n the rows that wait.
 *
 * ```
 * ORDER BY ts, a delay of 2     rows        4  1  3  7      2 (late)
 *                               watermark   2  2  2  5
 *                               sent           1     3 4
 * ```
 */
export class TemporalSort extends DueRows {
  readonly #order: readonly SortKey[];
  readonly #timeColumn: number;

  constructor(node: PhysicalOperator, work: SortWork, context: OperatorContext) {
    super(node, context, { time: work.time, cellBytes: cells.bytes });
    const [time, ...others] = work.order;
    if (time === undefined) throw new Error('a sort has a time');
    this.#timeColumn = time.column;
    this.#order = work.time === 'event' ? work.order : others;
    if (!this.isRestored) this.setCell(cells.sentMs, watermarkI64(Number.NEGATIVE_INFINITY));
  }

  protected override end(): PipelineEnd<Local<'i32'>> {
    return {
      open: (writer) => this.waiting.open(writer),
      row: (writer, row, table) => this.#writeRow(writer, row, table),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, table: Local<'i32'>): void {
    if (this.clockMs === null) {
      const time = row.scope.column(this.#timeColumn);
      if (time.isNull !== null) writer.f.if(time.isNull, () => writer.fail('the event time of a sorted row is NULL'));
      this.writeDropLate(writer, i64.leS(writer.i64(time), i64.load(this.#sentMs)), row);
    }
    const keys = this.#order.map(({ column, descending, nullsFirst }) => ({
      value: row.scope.column(column),
      order: { descending, nullsLast: !nullsFirst },
    }));
    this.waiting.add(writer, table, row.scope, keys);
  }

  get #sentMs(): ReturnType<typeof i32.const> {
    return i32.const(this.cells + cells.sentMs);
  }

  protected override timeOf(writer: CodeWriter, _row: Local<'i32'>, scope: RowScope): I64 | null {
    return this.clockMs === null ? writer.i64(scope.column(this.#timeColumn)) : null;
  }

  protected override writeDue(writer: CodeWriter, due: DueRow): void {
    if (due.time !== null) writer.f.do(i64.store(this.#sentMs, due.time));
    this.waiting.remove(writer, due.entry);
    due.send(due.scope);
    this.waiting.spend(writer, due.table, due.number);
  }
}
