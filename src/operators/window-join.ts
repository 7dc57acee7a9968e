import { CodeWriter, type RowScope } from '../codegen/expression-writer.ts';
import { type ChainsCursor, KeyedChains } from '../codegen/keyed-chains.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import type { PipelineEnd, PipelineRow } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import { showsRight, type WindowMethod } from '../plan/logical.ts';
import { type I64, i32, i64, type Local } from '../wasm/code.ts';
import { call, type FunctionRef } from '../wasm/function-builder.ts';
import { baseCells, CompiledOperator, watermarkI64 } from './compiled-operator.ts';
import { writeLateRow } from './late-row-list.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { isPadded, type JoinWork, Pairing, type Side, sides } from './pairing.ts';
import { type Held, queue, table } from './state-size.ts';
import { utcClock, type WallClock } from './wall-clock.ts';

const cells = { due: baseCells.bytes, bytes: baseCells.bytes + 8 } as const;

/** The last time at which a window can close; the highest i64 means that none waits. */
const lastClosing = 2n ** 63n - 2n;

/**
 * A join of rows of the same window: final pairs, sent when the watermark passes the window's end.
 *
 * Input: +I; a row of a closed window is late, dropped and counted. Output: +I, windows in the order of their ends; then the
 * rows of an outer side that met none, with NULLs beside them. Semi and anti joins send left rows with and without a partner.
 * State: the rows of the open windows. Cost: O(1) a row, and per pair of rows with one key when a window closes.
 *
 * ```
 * a LEFT JOIN b, windows of 10, by id    left    1a@1  2b@2               w 9
 *                                        right              1x@3  1y@4
 *                                        sent                             1a 1x, 1a 1y, 2b -
 * ```
 */
export class WindowJoin extends CompiledOperator {
  readonly #work: JoinWork;
  readonly #method: WindowMethod;
  readonly #clock: WallClock;
  readonly #chains: KeyedChains;
  /** Keys, which hold their window, by its last instant. */
  readonly #queue: number;

  constructor(node: PhysicalOperator, work: JoinWork, method: WindowMethod, context: OperatorContext) {
    super(node, context, cells.bytes);
    this.#work = work;
    this.#method = method;
    this.#clock = method.isLocal ? context.zone : utcClock;
    this.#chains = new KeyedChains(context.state.part('chains'), {
      keyTypes: Pairing.keyTypes(work),
      keyFields: [{ name: 'nextDue', physical: 'i32' }],
      chains: sides.map((side) => ({
        types: Pairing.columnTypes(node, side),
        fields: side === 1 && isPadded(work.type, 1) ? [{ name: 'hasMet', physical: 'bool' }] : [],
      })),
    });
    this.#queue = context.state.queue('due');
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    const { kernels } = this.context.memory;
    const reached = watermarkI64(watermarkMs);
    const limit = reached < lastClosing ? reached : lastClosing;
    if (kernels.queueFirst(this.#queue) <= limit) {
      const compiled = this.anyCompiled();
      this.sendTo(out);
      this.call(compiled, 'close', limit);
      this.flush(compiled, out);
      // What was sent pointed into the rows.
      this.call(compiled, 'forget');
    }
    super.onWatermark(watermarkMs, out);
  }

  override close(): void {
    this.context.memory.kernels.queueDrop(this.#queue);
    this.#chains.close();
    super.close();
  }

  protected override get held(): readonly Held[] {
    return [...this.#chains.tables.map(table), queue(this.#queue)];
  }

  protected override end(module: QueryModule, output: OutputWriter, input: number): PipelineEnd<State> {
    const pairing = new Pairing(this.node, this.#work, output);
    const closesAt = module.callback('closesAt', ['i64'], 'f64', (localMs: bigint) =>
      this.#clock.closesAt(Number(localMs)),
    );
    return {
      open: (writer) => ({ cursor: this.#chains.open(writer), count: output.open(writer) }),
      row: (writer, row, state) => this.#writeRow(writer, row, state, pairing, input === 0 ? 0 : 1, closesAt),
      close: (writer, { count }) => output.close(writer, count),
    };
  }

  #writeRow(
    writer: CodeWriter,
    row: PipelineRow,
    { cursor, count }: State,
    pairing: Pairing,
    side: Side,
    closesAt: FunctionRef<'f64'>,
  ): void {
    const { f } = writer;
    const end = row.scope.column(side === 0 ? this.#method.leftEnd : this.#method.rightEnd);
    const key = pairing.key(writer, side, row.scope);
    if (end.isNull !== null) {
      // A row without a window waits for none.
      f.if(end.isNull, () => {
        if (sendsUnmet(this.#work, side)) this.#sendUnmet(writer, count, pairing, side, row.scope, row.watermark);
        f.br(row.next);
      });
    }
    if (key.hasNull !== null && !sendsUnmet(this.#work, side)) f.brIf(row.next, key.hasNull);
    const own = f.local('i32', this.#chains.find(writer, cursor, key.values));
    f.if(i32.eqz(own), () => {
      const last = f.local('i64', i64.sub(this.#closing(writer, writer.i64(end), closesAt), i64.const(1n)));
      const watermark = f.local('i64', i64.load(i32.const(this.cells + baseCells.watermark)));
      f.if(i64.geS(watermark, last), () => {
        writeLateRow(writer, this.cells + baseCells.lateRows, this.lateRows, { ...row, watermark });
        f.br(row.next);
      });
      f.set(own, this.#chains.findOrAdd(writer, cursor, key.values));
      const number = this.#chains.keyNumber(cursor, own);
      f.do(writer.kernel('queuePush', 'void', i32.const(this.#queue), last, number));
    });
    this.#chains.append(writer, cursor, side, own, row.scope);
  }

  /** The instant at which a window is over; on a zone's clock that is not the time that it shows. */
  #closing(writer: CodeWriter, end: Local<'i64'>, closesAt: FunctionRef<'f64'>): I64 {
    if (this.#clock === utcClock) return end;
    return i64.truncSatF64S(writer.f.local('f64', call(closesAt, end)));
  }

  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    this.#writeClose(module, output);
    this.#writeForget(module);
  }

  /** `close(limit)`: sends the pairs of the windows that are over; their keys stand in a list from then on. */
  #writeClose(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function(['i64'], 'i32', 'close');
    const writer = new CodeWriter(module, f, this.node.span);
    const pairing = new Pairing(this.node, this.#work, output);
    const state: State = { cursor: this.#chains.open(writer), count: output.open(writer) };
    const list = i32.const(this.cells + cells.due);
    const nextDue = this.#chains.keyField('nextDue');
    const watermark = f.local('i64', i64.load(i32.const(this.cells + baseCells.watermark)));
    const limit = f.param(0, 'i64');
    f.do(i32.store(list, i32.const(0)));
    f.while(i64.leS(writer.kernel('queueFirst', 'i64', i32.const(this.#queue)), limit), () => {
      const number = f.local('i32', writer.kernel('queuePop', 'i32', i32.const(this.#queue)));
      const key = f.local('i32', this.#chains.keyAt(state.cursor, number));
      f.do(i32.store(key, i32.load(list), { offset: nextDue }), i32.store(list, number));
      this.#sendWindow(writer, state, pairing, key, watermark);
    });
    output.close(writer, state.count);
    f.return(i32.const(status.ok));
  }

  /** The rows of one window and key. */
  #sendWindow(writer: CodeWriter, { cursor, count }: State, pairing: Pairing, key: Local<'i32'>, watermark: I64): void {
    const { f } = writer;
    const { type } = this.#work;
    const sent = { kind: i32.const(0), watermark };
    const canMeet = this.#canMeet(writer, key);
    const hasMet = f.local('i32', i32.const(0));
    this.#chains.each(writer, cursor, 0, key, (left) => {
      const own = this.#chains.columns(writer, 0, left);
      f.set(hasMet, i32.const(0));
      f.if(canMeet, () =>
        this.#chains.each(writer, cursor, 1, key, (right, { next, leave }) => {
          const other = this.#chains.columns(writer, 1, right);
          if (this.#work.condition !== null) f.brIf(next, i32.eqz(pairing.isMet(writer, own, other)));
          f.set(hasMet, i32.const(1));
          if (!showsRight(type)) {
            f.br(leave);
            return;
          }
          if (isPadded(type, 1)) f.do(i32.store8(right, hasMet, { offset: this.#chains.rowField(1, 'hasMet') }));
          pairing.send(writer, count, own, other, sent);
        }),
      );
      if (type === 'semi') f.if(hasMet, () => pairing.send(writer, count, own, null, sent));
      else if (sendsUnmet(this.#work, 0)) {
        f.if(i32.eqz(hasMet), () => this.#sendUnmet(writer, count, pairing, 0, own, watermark));
      }
    });
    if (!sendsUnmet(this.#work, 1)) return;
    this.#chains.each(writer, cursor, 1, key, (right) => {
      const isMet = i32.load8U(right, { offset: this.#chains.rowField(1, 'hasMet') });
      const columns = this.#chains.columns(writer, 1, right);
      f.if(i32.eqz(isMet), () => this.#sendUnmet(writer, count, pairing, 1, columns, watermark));
    });
  }

  /** A key with a NULL in what must be equal has rows, and no pairs. */
  #canMeet(writer: CodeWriter, key: Local<'i32'>): Local<'i32'> {
    const { f } = writer;
    const canMeet = f.local('i32', i32.const(1));
    for (const [at, type] of Pairing.keyTypes(this.#work).entries()) {
      if (!type.nullable || this.#work.keys[at]?.nullsMeet === true) continue;
      const isNull = i32.load8U(key, { offset: this.#chains.keyField(`key${at}.null`) });
      f.set(canMeet, i32.and(canMeet, i32.eqz(isNull)));
    }
    return canMeet;
  }

  #sendUnmet(
    writer: CodeWriter,
    count: Local<'i32'>,
    pairing: Pairing,
    side: Side,
    columns: RowScope,
    watermark: I64,
  ): void {
    pairing.sendFrom(writer, count, side, columns, null, { kind: i32.const(0), watermark });
  }

  /** `forget()`: drops the keys of the list and their rows. */
  #writeForget(module: QueryModule): void {
    const { builder: f } = module.builder.function([], 'i32', 'forget');
    const writer = new CodeWriter(module, f, this.node.span);
    const cursor = this.#chains.open(writer);
    const number = f.local('i32', i32.load(i32.const(this.cells + cells.due)));
    f.while(number, () => {
      const key = f.local('i32', this.#chains.keyAt(cursor, number));
      f.set(number, i32.load(key, { offset: this.#chains.keyField('nextDue') }));
      for (const side of sides) {
        this.#chains.each(writer, cursor, side, key, (row) => this.#chains.erase(writer, cursor, side, row));
      }
      this.#chains.eraseKeyIfEmpty(writer, cursor, key);
    });
    f.return(i32.const(status.ok));
  }
}

interface State {
  readonly cursor: ChainsCursor;
  readonly count: Local<'i32'>;
}

/** Whether rows of a side that met none are sent. */
function sendsUnmet({ type }: JoinWork, side: Side): boolean {
  return isPadded(type, side) || (type === 'anti' && side === 0);
}
