import { AggregateState } from '../codegen/aggregate-state.ts';
import { ComputedColumns } from '../codegen/batch-scope.ts';
import type { CodeWriter } from '../codegen/expression-writer.ts';
import { keptValue } from '../codegen/kept-value.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { writeStepsAfter } from '../codegen/pipeline.ts';
import { fail } from '../diagnostics/diagnostic.ts';
import type { PhysicalOperator, Work } from '../physical/graph.ts';
import { isAppendOnly, type SessionTime } from '../plan/logical.ts';
import { TIMESTAMP } from '../types/sql-type.ts';
import { i32, i64, type Local } from '../wasm/code.ts';
import { baseCells } from './compiled-operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { checkRetraction } from './retraction.ts';
import { type EndedSession, SessionWindows, sessionFields } from './session-windows.ts';

/** Aggregation work whose windows are sessions. */
export type SessionWork = Extract<Work, { readonly kind: 'window-aggregate' }> & {
  readonly window: { readonly kind: 'assign' } & SessionTime;
};

/**
 * Aggregates per session of a key: rows at most a gap apart, sent when the watermark passes the last row by the gap.
 *
 * Input: any changes; a row is late when the session that it would be in, with what it touches, has ended. Output: +I,
 * in the order of the sessions' ends.
 * State: a row of accumulators a session (see session-windows.ts, also for the cost).
 *
 * ```
 * gap 5      rows      1  4     8         20
 *            sessions  [1 ........ 13)    [20 .. 25)      a row exactly a gap behind still joins
 * ```
 */
export class SessionAggregate extends SessionWindows<AggregateState> {
  readonly #work: SessionWork;

  /** @throws DiagnosticError W004 for an aggregate that sessions cannot merge */
  constructor(node: PhysicalOperator, work: SessionWork, context: OperatorContext) {
    super(node, context, { time: work.window, partition: work.keys, content: accumulators(node, work) });
    this.#work = work;
  }

  protected override writeNoTime(writer: CodeWriter): void {
    writer.fail('the event time of a windowed row is NULL');
  }

  /** A session's row of the result; what it shows of texts is copied, for they go with the session. */
  protected override writeResult(
    writer: CodeWriter,
    { place, start, end, lastMs, key }: EndedSession,
    count: Local<'i32'>,
    output: OutputWriter,
  ): void {
    const { f } = writer;
    const { keys, aggregates, windowColumns } = this.#work;
    f.block((next) => {
      const empty = this.content.isEmpty(place.row);
      if (empty !== null) f.brIf(next, empty);
      const scope = new ComputedColumns(f, (index) => {
        if (index < keys.length) return keptValue(writer, key(index));
        if (index < keys.length + aggregates.length)
          return keptValue(writer, this.content.result(writer, place, index - keys.length));
        const column = windowColumns[index - keys.length - aggregates.length];
        const time = column === 'start' ? start : column === 'end' ? end : lastMs;
        return writer.value(this.node.workSchema[index]?.type ?? TIMESTAMP(3, false), null, time);
      });
      const watermark = i64.load(i32.const(this.cells + baseCells.watermark));
      const sent = { scope, kind: i32.const(0), watermark, next };
      writeStepsAfter(writer, this.node.after, sent, (_, ready) => output.write(writer, count, ready));
    });
  }
}

function accumulators(node: PhysicalOperator, work: SessionWork): AggregateState {
  const updating = !isAppendOnly(node.inputChanges);
  if (updating) checkRetraction(work.aggregates);
  const state = new AggregateState([], work.aggregates, { updating, chained: true, extra: sessionFields });
  const unmergeable = state.unmergeable();
  if (unmergeable !== null)
    fail('B011', unmergeable.span, `${unmergeable.name} cannot be in a session: sessions that meet cannot be merged`, {
      help: unmergeable.overload.isProgram === true ? 'give it "merge"' : undefined,
    });
  return state;
}
