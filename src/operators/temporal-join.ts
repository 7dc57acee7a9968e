import { CodeWriter } from '../codegen/expression-writer.ts';
import { type ChainsCursor, KeyedChains } from '../codegen/keyed-chains.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import type { PipelineEnd, PipelineRow } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import { changeKind } from '../memory/batch.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import type { TemporalMethod } from '../plan/logical.ts';
import { type I64, i32, i64, type Local } from '../wasm/code.ts';
import { baseCells, CompiledOperator, watermarkI64 } from './compiled-operator.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { isPadded, type JoinWork, Pairing } from './pairing.ts';
import { type Held, queue, table } from './state-size.ts';

const cells = { arrivals: baseCells.bytes, due: baseCells.bytes + 8, bytes: baseCells.bytes + 16 } as const;

/** Left rows wait in the first chain of their key, versions stand in the second, the oldest first. */
const waiting = 0;
const versions = 1;

/** The last time at which a row can be due; the highest i64 means that none waits. */
const lastDue = 2n ** 63n - 2n;

/**
 * `FOR SYSTEM_TIME AS OF` an event time: each left row with the version of its key that was in force at its time.
 *
 * Input: any changes on both sides; on the right, +I and +U begin a version at their time (or replace the one that began
 * then), -D ends it, -U is not looked at. Output: the left rows with their kinds, when the watermark of both sides has come
 * to their time, in the order in which they came. Without a version inner joins drop the row, left ones pad it. A late left
 * row meets a version only if that is still in force at the watermark.
 * State: left rows until their time; of each key the version in force at the watermark and the later ones.
 * Cost: O(1) a row that comes in order, and per version of its key behind the watermark.
 *
 * ```
 * o JOIN r     left     o1@4           o2@9            w 9
 *              right           r1@2           r2@5            w 9
 *              sent                                                 o1 r1, o2 r2
 * ```
 */
export class TemporalJoin extends CompiledOperator {
  readonly #work: JoinWork;
  readonly #method: TemporalMethod;
  readonly #chains: KeyedChains;
  /** Left rows by their times. */
  readonly #queue: number;
  /** Those that are due, by their arrival. */
  readonly #order: number;

  constructor(node: PhysicalOperator, work: JoinWork, method: TemporalMethod, context: OperatorContext) {
    super(node, context, cells.bytes);
    this.#work = work;
    this.#method = method;
    this.#chains = new KeyedChains(context.state.part('chains'), {
      keyTypes: Pairing.keyTypes(work),
      chains: [
        {
          types: Pairing.columnTypes(node, 0),
          fields: [
            { name: 'time', physical: 'i64' },
            { name: 'arrival', physical: 'i64' },
            { name: 'nextDue', physical: 'i32' },
            { name: 'kind', physical: 'bool' },
          ],
        },
        {
          types: Pairing.columnTypes(node, 1),
          fields: [
            { name: 'time', physical: 'i64' },
            { name: 'isEnd', physical: 'bool' },
          ],
        },
      ],
    });
    this.#queue = context.state.queue('due');
    this.#order = context.state.queue('order');
  }

  override onWatermark(watermarkMs: number, out: Output): void {
    const { kernels } = this.context.memory;
    const reached = watermarkI64(watermarkMs);
    const limit = reached < lastDue ? reached : lastDue;
    const isDue = kernels.queueFirst(this.#queue) <= limit;
    const compiled = isDue ? this.anyCompiled() : null;
    if (compiled !== null) {
      compiled.module.scratch.reset();
      this.sendTo(out);
      this.call(compiled, 'meet', limit);
      this.flush(compiled, out);
    }
    super.onWatermark(watermarkMs, out);
    // What was sent pointed into the rows.
    if (compiled !== null) this.call(compiled, 'forget');
    this.trim();
  }

  override close(): void {
    const { kernels } = this.context.memory;
    kernels.queueDrop(this.#queue);
    kernels.queueDrop(this.#order);
    this.#chains.close();
    super.close();
  }

  protected override get held(): readonly Held[] {
    return [...this.#chains.tables.map(table), queue(this.#queue), queue(this.#order)];
  }

  protected override end(_module: QueryModule, output: OutputWriter, input: number): PipelineEnd<ChainsCursor> {
    const pairing = new Pairing(this.node, this.#work, output);
    return {
      open: (writer) => this.#chains.open(writer),
      row: (writer, row, cursor) => {
        if (input === 0) this.#writeLeft(writer, row, cursor, pairing);
        else this.#writeVersion(writer, row, cursor, pairing);
      },
    };
  }

  #writeLeft(writer: CodeWriter, row: PipelineRow, cursor: ChainsCursor, pairing: Pairing): void {
    const { f } = writer;
    const key = pairing.key(writer, 0, row.scope);
    if (key.hasNull !== null && !isPadded(this.#work.type, 0)) f.brIf(row.next, key.hasNull);
    const time = row.scope.column(this.#method.leftTime);
    const kind = f.local('i32', row.kind);
    const own = this.#chains.findOrAdd(writer, cursor, key.values);
    const kept = this.#chains.append(writer, cursor, waiting, own, row.scope);
    const at = (name: string): { readonly offset: number } => ({ offset: this.#chains.rowField(waiting, name) });
    const arrivals = i32.const(this.cells + cells.arrivals);
    const arrival = f.local('i64', i64.add(i64.load(arrivals), i64.const(1n)));
    f.do(
      i64.store(arrivals, arrival),
      i64.store(kept, writer.i64(time), at('time')),
      i64.store(kept, arrival, at('arrival')),
      i32.store8(kept, kind, at('kind')),
    );
    const number = this.#chains.rowNumber(cursor, waiting, kept);
    f.do(writer.kernel('queuePush', 'void', i32.const(this.#queue), writer.i64(time), number));
  }

  #writeVersion(writer: CodeWriter, row: PipelineRow, cursor: ChainsCursor, pairing: Pairing): void {
    const { f } = writer;
    const chains = this.#chains;
    const kind = f.local('i32', row.kind);
    f.brIf(row.next, i32.eq(kind, i32.const(changeKind.updateBefore)));
    const key = pairing.key(writer, 1, row.scope);
    if (key.hasNull !== null) f.brIf(row.next, key.hasNull);
    const time = writer.i64(row.scope.column(this.#method.rightTime));
    const own = chains.findOrAdd(writer, cursor, key.values);
    // The newest that does not begin later; versions come nearly in order.
    const before = f.local('i32', i32.load(own, { offset: chains.keyField(`last${versions}`) }));
    const behind = f.local('i32', i32.const(0));
    const replaced = f.local('i32', i32.const(0));
    f.while(before, (leave) => {
      const version = f.local('i32', chains.rowAt(cursor, versions, before));
      const begins = f.local('i64', i64.load(version, { offset: chains.rowField(versions, 'time') }));
      f.if(i64.eq(begins, time), () => f.set(replaced, before));
      f.brIf(leave, i64.leS(begins, time));
      f.set(behind, before);
      f.set(before, i32.load(version, { offset: chains.rowField(versions, 'previous') }));
    });
    const begin = (version: Local<'i32'>): void => {
      const isEnd = i32.eq(kind, i32.const(changeKind.delete));
      f.do(
        i64.store(version, time, { offset: chains.rowField(versions, 'time') }),
        i32.store8(version, isEnd, { offset: chains.rowField(versions, 'isEnd') }),
      );
    };
    f.if(
      behind,
      () => begin(chains.insertBefore(writer, cursor, versions, own, behind, row.scope)),
      () => begin(chains.append(writer, cursor, versions, own, row.scope)),
    );
    f.if(replaced, () => {
      const old = f.local('i32', chains.rowAt(cursor, versions, replaced));
      chains.erase(writer, cursor, versions, old);
    });
    this.#writeTrim(writer, cursor, own);
  }

  /** Forgets the versions of a key that are not in force at the watermark any more. */
  #writeTrim(writer: CodeWriter, cursor: ChainsCursor, key: Local<'i32'>): void {
    const { f } = writer;
    const watermark = f.local('i64', this.#watermark());
    this.#chains.each(writer, cursor, versions, key, (version, { leave }) => {
      f.brIf(leave, i32.eqz(this.#isOver(writer, cursor, version, watermark)));
      this.#chains.erase(writer, cursor, versions, version);
    });
  }

  /** Whether a later version began at or before the watermark. */
  #isOver(writer: CodeWriter, cursor: ChainsCursor, version: Local<'i32'>, watermark: I64): Local<'i32'> {
    const { f } = writer;
    const isOver = f.local('i32', i32.const(0));
    const next = f.local('i32', i32.load(version, { offset: this.#chains.rowField(versions, 'next') }));
    f.if(next, () => {
      const later = f.local('i32', this.#chains.rowAt(cursor, versions, next));
      f.set(isOver, i64.leS(i64.load(later, { offset: this.#chains.rowField(versions, 'time') }), watermark));
    });
    return isOver;
  }

  #watermark(): I64 {
    return i64.load(i32.const(this.cells + baseCells.watermark));
  }

  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    this.#writeMeet(module, output);
    this.#writeForget(module);
  }

  /** `meet(limit)`: sends the left rows that are due; they stand in a list from then on. */
  #writeMeet(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function(['i64'], 'i32', 'meet');
    const writer = new CodeWriter(module, f, this.node.span);
    const pairing = new Pairing(this.node, this.#work, output);
    const cursor = this.#chains.open(writer);
    const count = output.open(writer);
    const limit = f.param(0, 'i64');
    const [queue, order] = [i32.const(this.#queue), i32.const(this.#order)];
    const numberAt = (number: Local<'i32'>): Local<'i32'> =>
      f.local('i32', this.#chains.rowAt(cursor, waiting, number));
    const offset = (name: string): { readonly offset: number } => ({ offset: this.#chains.rowField(waiting, name) });
    f.while(i64.leS(writer.kernel('queueFirst', 'i64', queue), limit), () => {
      const number = f.local('i32', writer.kernel('queuePop', 'i32', queue));
      const arrival = i64.load(numberAt(number), offset('arrival'));
      f.do(writer.kernel('queuePush', 'void', order, arrival, number));
    });
    const list = i32.const(this.cells + cells.due);
    f.do(i32.store(list, i32.const(0)));
    f.while(writer.kernel('queueCount', 'i32', order), () => {
      const number = f.local('i32', writer.kernel('queuePop', 'i32', order));
      const row = numberAt(number);
      f.do(i32.store(row, i32.load(list), offset('nextDue')), i32.store(list, number));
      this.#sendRow(writer, cursor, count, pairing, row);
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }

  #sendRow(writer: CodeWriter, cursor: ChainsCursor, count: Local<'i32'>, pairing: Pairing, row: Local<'i32'>): void {
    const { f } = writer;
    const chains = this.#chains;
    const watermark = f.local('i64', this.#watermark());
    const sent = { kind: i32.load8U(row, { offset: chains.rowField(waiting, 'kind') }), watermark };
    const time = f.local('i64', i64.load(row, { offset: chains.rowField(waiting, 'time') }));
    const key = chains.keyOf(writer, cursor, waiting, row);
    const found = f.local('i32', i32.const(0));
    chains.each(writer, cursor, versions, key, (version, { leave }) => {
      f.brIf(leave, i64.gtS(i64.load(version, { offset: chains.rowField(versions, 'time') }), time));
      f.set(found, version);
    });
    const own = chains.columns(writer, waiting, row);
    const hasMet = f.local('i32', i32.const(0));
    f.if(found, () => {
      const isEnd = i32.load8U(found, { offset: chains.rowField(versions, 'isEnd') });
      f.set(hasMet, i32.eqz(i32.or(isEnd, this.#isOver(writer, cursor, found, watermark))));
    });
    f.if(hasMet, () => {
      const version = chains.columns(writer, versions, found);
      if (this.#work.condition !== null) f.set(hasMet, pairing.isMet(writer, own, version));
      f.if(hasMet, () => pairing.send(writer, count, own, version, sent));
    });
    if (isPadded(this.#work.type, 0)) f.if(i32.eqz(hasMet), () => pairing.send(writer, count, own, null, sent));
  }

  /** `forget()`: drops the left rows of the list, and the versions that they were the last to look at. */
  #writeForget(module: QueryModule): void {
    const { builder: f } = module.builder.function([], 'i32', 'forget');
    const writer = new CodeWriter(module, f, this.node.span);
    const cursor = this.#chains.open(writer);
    const number = f.local('i32', i32.load(i32.const(this.cells + cells.due)));
    f.while(number, () => {
      const row = f.local('i32', this.#chains.rowAt(cursor, waiting, number));
      f.set(number, i32.load(row, { offset: this.#chains.rowField(waiting, 'nextDue') }));
      const key = this.#chains.keyOf(writer, cursor, waiting, row);
      this.#chains.erase(writer, cursor, waiting, row);
      this.#writeTrim(writer, cursor, key);
      this.#chains.eraseKeyIfEmpty(writer, cursor, key);
    });
    f.return(i32.const(status.ok));
  }
}
