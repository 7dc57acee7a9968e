import type { GroupPlace, StorePart } from '../codegen/aggregate-state.ts';
import { ComputedColumns } from '../codegen/batch-scope.ts';
import { CodeWriter, type RowScope } from '../codegen/expression-writer.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import type { RowChain } from '../codegen/row-store.ts';
import { StateLayout } from '../codegen/state-layout.ts';
import { eraseTableRow } from '../codegen/table-rows.ts';
import type { OperatorState } from '../memory/operator-state.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import type { SessionTime } from '../plan/logical.ts';
import { type SqlType, TIMESTAMP } from '../types/sql-type.ts';
import { type I32, i32, i64, type Local } from '../wasm/code.ts';
import { baseCells, type Compiled } from './compiled-operator.ts';
import { KeptRows } from './kept-rows.ts';
import type { OperatorContext } from './operator-context.ts';
import { type EndedSession, type SessionContent, SessionWindows, sessionFields } from './session-windows.ts';
import type { Held } from './state-size.ts';

/**
 * SESSION without aggregation: the rows of each session with its start, end and time, sent when it has ended.
 *
 * Input and output: any changes. A row is late when the session that it would be in, with what it touches, has ended; one
 * without a time is left out. Sessions leave in the order of their ends, the rows of each as they came.
 * State: the rows of open sessions (see session-windows.ts, also for the cost).
 *
 * ```
 * gap 5      rows   a@1  b@4   c@8     d@20
 *            sent                      a b c of [1,13)
 * ```
 */
export class SessionRows extends SessionWindows<RowsOfSessions> {
  static of(node: PhysicalOperator, time: SessionTime, context: OperatorContext): SessionRows {
    const content = new RowsOfSessions(
      context.state.part('content'),
      node.stepSchema.map(({ type }) => type),
    );
    return new SessionRows(node, context, { time, partition: time.window.partition, content });
  }

  protected override get held(): readonly Held[] {
    return [...super.held, ...this.content.kept.held];
  }

  override close(): void {
    this.content.kept.close();
    super.close();
  }

  protected override afterSent(compiled: Compiled): void {
    this.call(compiled, 'sweep');
  }

  protected override writeNoTime(writer: CodeWriter, row: PipelineRow): void {
    writer.f.br(row.next);
  }

  protected override writeResult(
    writer: CodeWriter,
    { place, start, end, lastMs }: EndedSession,
    count: Local<'i32'>,
    output: OutputWriter,
  ): void {
    const { f } = writer;
    const { kept } = this.content;
    const last = f.local('i64', lastMs);
    const table = kept.open(writer);
    const chain = this.content.chain(place.row);
    const number = f.local('i32', i32.load(chain.first));
    const row = f.local('i32');
    const columns = this.node.stepSchema.length;
    f.while(number, () => {
      f.set(row, kept.rows.at(table, number));
      f.block((next) => {
        const stored = kept.rows.scope(writer, row);
        const scope = new ComputedColumns(f, (index) => {
          if (index < columns) return stored.column(index);
          const time = [start, end, last][index - columns] ?? last;
          return writer.value(this.node.workSchema[index]?.type ?? TIMESTAMP(3, false), null, time);
        });
        const watermark = i64.load(i32.const(this.cells + baseCells.watermark));
        const kind = f.local('i32', i32.load8U(row, { offset: kept.rows.offset('kind') }));
        writeStepsAfter(writer, this.node.after, { scope, kind, watermark, next }, (_, ready) =>
          output.write(writer, count, ready),
        );
      });
      f.set(number, kept.rows.next(row));
    });
    kept.spendAll(writer, table, chain);
  }

  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    super.writeFunctions(module, output);
    const { builder: f } = module.builder.function([], 'i32', 'sweep');
    const writer = new CodeWriter(module, f, this.node.span);
    this.content.kept.sweep(writer, this.content.kept.open(writer));
    f.return(i32.const(status.ok));
  }
}

/** The rows of each session, as a chain in the order in which they came. */
class RowsOfSessions implements SessionContent {
  readonly layout: StateLayout;
  readonly storeParts: readonly StorePart[];
  readonly kept: KeptRows;

  constructor(state: OperatorState, types: readonly SqlType[]) {
    this.layout = new StateLayout([
      ...sessionFields,
      { name: 'first row', physical: 'i32' },
      { name: 'last row', physical: 'i32' },
    ]);
    this.storeParts = [{ kind: 'table', rowBytes: this.layout.rowBytes, layout: this.layout.text }];
    this.kept = new KeptRows(state, types, [
      { name: 'arrival', physical: 'i64' },
      { name: 'kind', physical: 'i8' },
    ]);
  }

  chain(session: Local<'i32'>): RowChain {
    const at = (name: string): I32 => i32.add(session, i32.const(this.layout.field(name).offset));
    return { first: at('first row'), last: at('last row') };
  }

  update(writer: CodeWriter, place: GroupPlace, scope: RowScope, kind: I32): void {
    const { f } = writer;
    const table = this.kept.open(writer);
    const { row, arrival } = this.kept.keep(writer, table, scope);
    f.do(i64.store(row, arrival, { offset: this.kept.rows.offset('arrival') }));
    f.do(i32.store8(row, kind, { offset: this.kept.rows.offset('kind') }));
    this.kept.rows.append(writer, table, this.chain(place.row), f.local('i32', this.kept.rows.number(table, row)));
  }

  mergeRow(writer: CodeWriter, place: GroupPlace, from: Local<'i32'>): void {
    this.kept.rows.mergeAll(writer, this.kept.open(writer), this.chain(place.row), this.chain(from), 'arrival');
  }

  erase(writer: CodeWriter, place: GroupPlace): void {
    eraseTableRow(writer, place.table, this.layout, place.row);
  }
}
