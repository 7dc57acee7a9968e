import { CodeWriter } from '../codegen/expression-writer.ts';
import { type ChainsCursor, KeyedChains } from '../codegen/keyed-chains.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import type { PipelineEnd, PipelineRow } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import type { Batch } from '../memory/batch.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import type { IntervalMethod } from '../plan/logical.ts';
import { type I32, type I64, i32, i64, type Local, select } from '../wasm/code.ts';
import { baseCells, CompiledOperator, watermarkI64 } from './compiled-operator.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { isPadded, type JoinWork, otherSide, Pairing, type Side, sides } from './pairing.ts';
import { type Held, queue, table } from './state-size.ts';

const cells = { now: baseCells.bytes, bytes: baseCells.bytes + 8 } as const;

const i64Max = 2n ** 63n - 1n;

/**
 * A join of rows whose times are at most so far apart: `left.time - right.time` within `[lower, upper]`.
 *
 * Input: +I. Output: +I, a pair as soon as its second row comes. A row of an outer side that met none is sent with NULLs
 * once no partner can come any more. Late rows are not dropped: they meet what is still kept. The output's watermark stays
 * behind the input's by more than a row may be held or a partner may be older, so that both times stay event times.
 * By processing time a row's time is that of its coming; what waits at the end of the input is not sent.
 * State: a row until the watermark has passed the latest time of its partners. Cost: O(1) a row that comes in order, and per
 * kept row of the other side with its key.
 *
 * ```
 * a LEFT JOIN b ON b.t BETWEEN a.t AND a.t + 5
 *     left        a@1            a@2               w 8
 *     right             b@3              w 8
 *     sent              a@1 b@3                    a@2 -   (2 + 5 < 8)
 * ```
 */
export class IntervalJoin extends CompiledOperator {
  /** The watermark that is sent on stays behind by so much. */
  readonly watermarkDelayMs: number;
  readonly #work: JoinWork;
  readonly #method: IntervalMethod;
  readonly #chains: KeyedChains;
  /** Of each side, when its rows are forgotten. */
  readonly #queues: readonly [number, number];
  /** How long after its own time the partners of a side's row may be. */
  readonly #reachMs: readonly [number, number];
  /** No two times are so far apart. */
  readonly #isNever: boolean;

  constructor(node: PhysicalOperator, work: JoinWork, method: IntervalMethod, context: OperatorContext) {
    super(node, context, cells.bytes);
    this.#work = work;
    this.#method = method;
    this.#reachMs = [-method.lowerMs, method.upperMs];
    this.#isNever = method.lowerMs > method.upperMs;
    const isHeld = !this.#isNever && method.time === 'event';
    this.watermarkDelayMs = isHeld ? Math.max(...this.#reachMs) + 1 : 0;
    this.#chains = new KeyedChains(context.state.part('chains'), {
      keyTypes: Pairing.keyTypes(work),
      chains: sides.map((side) => ({
        types: Pairing.columnTypes(node, side),
        fields: [
          { name: 'time', physical: 'i64' },
          { name: 'hasMet', physical: 'bool' },
        ],
      })),
    });
    this.#queues = [context.state.queue('left'), context.state.queue('right')];
  }

  override process(batch: Batch, out: Output, input: number): void {
    this.setCell(cells.now, BigInt(this.context.session.processingTimeMs()));
    super.process(batch, out, input);
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    if (this.#method.time === 'event') this.#expire(watermarkI64(watermarkMs), out);
    super.onWatermark(watermarkMs, out);
  }

  override get processingTimerMs(): number | null {
    if (this.#method.time === 'event') return null;
    const { kernels } = this.context.memory;
    const first = this.#queues.map((queue) => kernels.queueFirst(queue)).reduce((a, b) => (a < b ? a : b));
    return first === i64Max ? null : Number(first) + 1;
  }

  override onProcessingTime(nowMs: number, out: Output): void {
    this.#expire(BigInt(nowMs), out);
  }

  override close(): void {
    for (const queue of this.#queues) this.context.memory.kernels.queueDrop(queue);
    this.#chains.close();
    super.close();
  }

  /** Forgets the rows whose partners would all be at or behind `time`. */
  #expire(time: bigint, out: Output): void {
    const { kernels } = this.context.memory;
    if (this.#queues.every((queue) => kernels.queueFirst(queue) >= time)) return;
    const compiled = this.anyCompiled();
    compiled.module.scratch.reset();
    this.sendTo(out);
    this.call(compiled, 'expire', time);
    this.flush(compiled, out);
  }

  protected override get held(): readonly Held[] {
    return [...this.#chains.tables.map(table), ...this.#queues.map(queue)];
  }

  protected override end(_module: QueryModule, output: OutputWriter, input: number): PipelineEnd<State> {
    const pairing = new Pairing(this.node, this.#work, output);
    return {
      open: (writer) => ({ cursor: this.#chains.open(writer), count: output.open(writer) }),
      row: (writer, row, state) => this.#writeRow(writer, row, state, pairing, input === 0 ? 0 : 1),
      close: (writer, { count }) => output.close(writer, count),
    };
  }

  #writeRow(writer: CodeWriter, row: PipelineRow, state: State, pairing: Pairing, side: Side): void {
    const { f } = writer;
    const { cursor, count } = state;
    const isOuter = isPadded(this.#work.type, side);
    const sent = { kind: i32.const(0), watermark: row.watermark };
    const pad = (): void => pairing.sendFrom(writer, count, side, row.scope, null, sent);
    if (this.#isNever) {
      if (isOuter) pad();
      return;
    }
    const { time, isNull } = this.#timeOf(writer, row, side);
    const key = pairing.key(writer, side, row.scope);
    const meetsNone = either(isNull, key.hasNull);
    if (!isOuter && meetsNone !== null) f.brIf(row.next, meetsNone);
    const hasMet = f.local('i32', i32.const(0));
    const meet = (): void => this.#meet(writer, row, state, pairing, { side, time, key: key.values, hasMet });
    if (isOuter && meetsNone !== null) f.if(i32.eqz(meetsNone), meet);
    else meet();
    const until = f.local('i64', i64.add(time, i64.const(BigInt(this.#reachMs[side]))));
    // As long as it would stay, had it come before: by the clock no row of its partners' instant comes any more.
    const now = this.#now(writer);
    const waits = this.#method.time === 'event' ? i64.leS(now, until) : i64.ltS(now, until);
    // A row without a time has no place in time: it goes at once.
    f.if(
      isNull === null ? waits : i32.and(waits, i32.eqz(isNull)),
      () => {
        const own = this.#chains.findOrAdd(writer, cursor, key.values);
        const kept = this.#chains.append(writer, cursor, side, own, row.scope);
        f.do(
          i64.store(kept, time, { offset: this.#chains.rowField(side, 'time') }),
          i32.store8(kept, hasMet, { offset: this.#chains.rowField(side, 'hasMet') }),
          writer.kernel(
            'queuePush',
            'void',
            i32.const(this.#queues[side]),
            until,
            this.#chains.rowNumber(cursor, side, kept),
          ),
        );
      },
      isOuter ? () => f.if(i32.eqz(hasMet), pad) : undefined,
    );
  }

  /** Sends the row with each kept row of the other side that it meets. */
  #meet(
    writer: CodeWriter,
    row: PipelineRow,
    { cursor, count }: State,
    pairing: Pairing,
    own: {
      readonly side: Side;
      readonly time: Local<'i64'>;
      readonly key: Parameters<KeyedChains['find']>[2];
      readonly hasMet: Local<'i32'>;
    },
  ): void {
    const { f } = writer;
    const { side } = own;
    const other = otherSide(side);
    const met = this.#chains.find(writer, cursor, own.key);
    f.if(met, () => {
      const first = f.local('i64', i64.sub(own.time, i64.const(BigInt(this.#reachMs[other]))));
      const last = f.local('i64', i64.add(own.time, i64.const(BigInt(this.#reachMs[side]))));
      this.#chains.each(writer, cursor, other, met, (kept, { next }) => {
        const time = f.local('i64', i64.load(kept, { offset: this.#chains.rowField(other, 'time') }));
        f.brIf(next, i32.or(i64.ltS(time, first), i64.gtS(time, last)));
        const columns = this.#chains.columns(writer, other, kept);
        const [left, right] = side === 0 ? [row.scope, columns] : [columns, row.scope];
        if (this.#work.condition !== null) f.brIf(next, i32.eqz(pairing.isMet(writer, left, right)));
        f.set(own.hasMet, i32.const(1));
        if (isPadded(this.#work.type, other)) {
          f.do(i32.store8(kept, i32.const(1), { offset: this.#chains.rowField(other, 'hasMet') }));
        }
        pairing.send(writer, count, left, right, { kind: i32.const(0), watermark: row.watermark });
      });
    });
  }

  #timeOf(
    writer: CodeWriter,
    row: PipelineRow,
    side: Side,
  ): { readonly time: Local<'i64'>; readonly isNull: Local<'i32'> | null } {
    const { time, leftTime, rightTime } = this.#method;
    if (time === 'processing') {
      return { time: writer.f.local('i64', i64.load(i32.const(this.cells + cells.now))), isNull: null };
    }
    const value = row.scope.column(side === 0 ? leftTime : rightTime);
    return { time: writer.i64(value), isNull: value.isNull };
  }

  /** How far time has come. The watermark starts at 1970: what ends by then is over. */
  #now(writer: CodeWriter): I64 {
    if (this.#method.time === 'processing') return i64.load(i32.const(this.cells + cells.now));
    const watermark = writer.f.local('i64', i64.load(i32.const(this.cells + baseCells.watermark)));
    return select(i64.gtS(watermark, i64.const(0n)), watermark, i64.const(1n));
  }

  /** `expire(time)`: forgets rows in the order of their times; the outer ones that met none are sent. */
  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function(['i64'], 'i32', 'expire');
    const writer = new CodeWriter(module, f, this.node.span);
    const pairing = new Pairing(this.node, this.#work, output);
    const cursor = this.#chains.open(writer);
    const count = output.open(writer);
    const watermark = f.local('i64', i64.load(i32.const(this.cells + baseCells.watermark)));
    const first = (side: Side): I64 => writer.kernel('queueFirst', 'i64', i32.const(this.#queues[side]));
    f.block((done) => {
      f.loop((again) => {
        const left = f.local('i64', first(0));
        const right = f.local('i64', first(1));
        const isRight = f.local('i32', i64.ltS(right, left));
        f.brIf(done, i64.geS(select(isRight, right, left), f.param(0, 'i64')));
        const forget = (side: Side): void => this.#writeForget(writer, { cursor, count }, pairing, side, watermark);
        f.if(
          isRight,
          () => forget(1),
          () => forget(0),
        );
        f.br(again);
      });
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }

  #writeForget(writer: CodeWriter, { cursor, count }: State, pairing: Pairing, side: Side, watermark: I64): void {
    const { f } = writer;
    const number = f.local('i32', writer.kernel('queuePop', 'i32', i32.const(this.#queues[side])));
    const row = f.local('i32', this.#chains.rowAt(cursor, side, number));
    if (isPadded(this.#work.type, side)) {
      const hasMet = i32.load8U(row, { offset: this.#chains.rowField(side, 'hasMet') });
      f.if(i32.eqz(hasMet), () => {
        const columns = this.#chains.keptColumns(writer, side, row);
        pairing.sendFrom(writer, count, side, columns, null, { kind: i32.const(0), watermark });
      });
    }
    const key = this.#chains.keyOf(writer, cursor, side, row);
    this.#chains.erase(writer, cursor, side, row);
    this.#chains.eraseKeyIfEmpty(writer, cursor, key);
  }
}

interface State {
  readonly cursor: ChainsCursor;
  readonly count: Local<'i32'>;
}

function either(a: I32 | null, b: I32 | null): I32 | null {
  if (a === null) return b;
  return b === null ? a : i32.or(a, b);
}
