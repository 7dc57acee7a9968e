import { CodeWriter } from '../codegen/expression-writer.ts';
import { type ChainsCursor, KeyedChains } from '../codegen/keyed-chains.ts';
import { OutputWriter } from '../codegen/output-writer.ts';
import type { PipelineEnd, PipelineRow } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import { type Batch, changeKind } from '../memory/batch.ts';
import { BatchBuilder } from '../memory/batch-builder.ts';
import { columnReaders } from '../memory/batch-reader.ts';
import { type CellJson, cellJson, cellValue } from '../memory/cell-json.ts';
import type { CellValue } from '../memory/cell-value.ts';
import type { PhysicalOperator } from '../physical/graph.ts';
import type { LookupMethod } from '../plan/logical.ts';
import { withNullable } from '../types/sql-type.ts';
import { type I32, i32, i64, type Local } from '../wasm/code.ts';
import { baseCells, type Compiled, CompiledOperator } from './compiled-operator.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { isPadded, type JoinWork, Pairing } from './pairing.ts';
import { type Held, queue, table } from './state-size.ts';

/** i64 how often keys have been asked for, from 1 on; i64 rows that have waited; i64 processing time; u32 rows that were sent. */
const cells = {
  asked: baseCells.bytes,
  arrivals: baseCells.bytes + 8,
  now: baseCells.bytes + 16,
  sent: baseCells.bytes + 24,
  bytes: baseCells.bytes + 32,
} as const;

/** Left rows wait in the first chain of their key, the rows that were found for it stand in the second. */
const waiting = 0;
const answers = 1;

/** No time is as long. */
const unbounded = 2n ** 62n;

/**
 * `FOR SYSTEM_TIME AS OF` a processing time: each left row with the rows of its key in a table that is looked up.
 *
 * Input: any changes on the left; on the right the rows of the keys that were asked for, or of the whole table. Output: the
 * left rows with their kinds, in the order in which they came: at once where the rows of the key are known, else when those
 * of all keys that were asked for have come. Without a row inner joins drop the left one, left ones pad it. A result does
 * not change when the table does. Nothing is late here.
 * State: the left rows that wait, which are those of a batch of the source; the rows of a table that is read whole, or of
 * the keys that are cached.
 * Cost: O(1) and per row of its key; a key is asked for once for all rows that wait together.
 *
 * ```
 * o JOIN d      left    o1 k=a     o2 k=b             o3 k=a (cached)
 *               asks    a          b
 *               right                     a1 b1 b2
 *               sent                      o1 a1, o2 b1, o2 b2    o3 a1
 * ```
 */
export class LookupJoin extends CompiledOperator {
  readonly #work: JoinWork;
  readonly #method: LookupMethod;
  readonly #chains: KeyedChains;
  /** Left rows that wait, by their arrival. */
  readonly #order: number;
  /** Cached keys by when they came, or were seen last. */
  readonly #cached: number;
  /** Keys to ask for, as the code writes them. */
  readonly #asking: BatchBuilder;
  readonly #askWriters = new Map<QueryModule, OutputWriter>();
  #keys: (readonly CellValue[])[] = [];
  /** Those that were asked for last, until all have come. */
  #asked: readonly (readonly CellValue[])[] = [];
  /** Of a table that is read whole: whether it has been asked for, and has come. */
  #whole: 'unread' | 'asked' | 'read' = 'unread';

  constructor(node: PhysicalOperator, work: JoinWork, method: LookupMethod, context: OperatorContext) {
    super(node, context, cells.bytes);
    this.#work = work;
    this.#method = method;
    const keyTypes = Pairing.keyTypes(work);
    this.#chains = new KeyedChains(context.state.part('chains'), {
      keyTypes,
      keyFields: [
        { name: 'asked', physical: 'i64' },
        { name: 'cachedAt', physical: 'i64' },
        { name: 'seenAt', physical: 'i64' },
        { name: 'isCached', physical: 'bool' },
      ],
      chains: [
        {
          types: Pairing.columnTypes(node, 0),
          fields: [
            { name: 'kind', physical: 'bool' },
            { name: 'sent', physical: 'i32' },
          ],
        },
        { types: Pairing.columnTypes(node, 1), fields: [] },
      ],
    });
    this.#order = context.state.queue('order');
    this.#cached = context.state.queue('cached');
    const asked = keyTypes.map((type, at) => ({ name: `key${at}`, type: withNullable(type, false) }));
    this.#asking = new BatchBuilder(context.memory, asked, { capacity: context.batchRows });
    if (!this.isRestored) this.setCell(cells.asked, 1n);
    // A job that is stopped does not wait for a table: it asks again when it goes on.
    context.state.keeps(
      'unanswered',
      () => [...this.#asked, ...this.#keys].map((key) => key.map(cellJson)),
      (keys: readonly (readonly CellJson[])[]) => {
        this.#keys = keys.map((key) => key.map(cellValue));
      },
    );
    context.state.keeps(
      'started',
      () => this.#whole === 'read',
      (isRead: boolean) => {
        if (isRead) this.#whole = 'read';
      },
    );
  }

  override process(batch: Batch, out: Output, input = 0): void {
    this.setCell(cells.now, BigInt(this.context.session.processingTimeMs()));
    if (input === 0 && !this.isAsking) this.#evict();
    super.process(batch, out, input);
  }

  /** Whether rows wait for what was asked for, or the table has not been read yet. */
  get isAsking(): boolean {
    if (this.#method.isWhole) return this.#whole !== 'read';
    return this.context.memory.kernels.queueCount(this.#order) > 0;
  }

  takeKeys(): readonly (readonly CellValue[])[] | null {
    if (this.#method.isWhole) {
      if (this.#whole !== 'unread') return null;
      this.#whole = 'asked';
      return [];
    }
    if (this.#keys.length === 0) return null;
    this.#asked = this.#keys;
    this.#keys = [];
    return this.#asked;
  }

  onAnswers(out: Output): void {
    if (this.#method.isWhole) this.#whole = 'read';
    this.#asked = [];
    const compiled = this.anyCompiled();
    compiled.module.scratch.reset();
    this.sendTo(out);
    this.call(compiled, 'answer');
    this.flush(compiled, out);
    // What was sent pointed into the rows.
    this.call(compiled, 'forget');
    this.trim();
  }

  protected override get held(): readonly Held[] {
    return [...this.#chains.tables.map(table), queue(this.#order), queue(this.#cached)];
  }

  override close(): void {
    const { kernels } = this.context.memory;
    kernels.queueDrop(this.#order);
    kernels.queueDrop(this.#cached);
    this.#asking.close();
    this.#chains.close();
    super.close();
  }

  protected override afterRows({ module }: Compiled): void {
    const writer = this.#askWriters.get(module);
    if (writer !== undefined) this.#ask(writer.take());
  }

  /** Reads the keys that the code has written. */
  #ask(rowCount: number): void {
    if (rowCount === 0) return;
    const readers = columnReaders(this.context.memory, this.#asking.batch(rowCount));
    for (let row = 0; row < rowCount; row++) this.#keys.push(readers.map((read) => read(row)));
  }

  /** Lets go of keys that were cached too long, or are too many. */
  #evict(): void {
    const { cache } = this.#method;
    const { kernels } = this.context.memory;
    const count = kernels.queueCount(this.#cached);
    if (cache === null || count === 0) return;
    const isOver = cache.keysMax !== null && count > cache.keysMax;
    const oldest = BigInt(this.context.session.processingTimeMs()) - ttlOf(this.#method);
    if (isOver || kernels.queueFirst(this.#cached) <= oldest) this.call(this.anyCompiled(), 'evict');
  }

  protected override end(module: QueryModule, output: OutputWriter, input: number): PipelineEnd<State> {
    const pairing = new Pairing(this.node, this.#work, output);
    const asks = input === 0 && !this.#method.isWhole;
    const asking = asks ? new OutputWriter(module, this.#asking, (rowCount) => this.#ask(rowCount), 'flushKeys') : null;
    if (asking !== null) this.#askWriters.set(module, asking);
    return {
      open: (writer) => ({
        cursor: this.#chains.open(writer),
        count: output.open(writer),
        asked: asking?.open(writer) ?? writer.f.local('i32', i32.const(0)),
      }),
      row: (writer, row, state) => {
        if (input === 1) this.#writeAnswer(writer, row, state, pairing);
        else if (asking === null) this.#writeKnown(writer, row, state, pairing);
        else this.#writeAsking(writer, row, state, pairing, asking);
      },
      close: (writer, { count, asked }) => {
        output.close(writer, count);
        asking?.close(writer, asked);
      },
    };
  }

  /** A left row of a table that is read whole: it waits for that, and then for nothing. */
  #writeKnown(writer: CodeWriter, row: PipelineRow, state: State, pairing: Pairing): void {
    const { f } = writer;
    const key = pairing.key(writer, 0, row.scope);
    if (key.hasNull !== null && !isPadded(this.#work.type, 0)) f.brIf(row.next, key.hasNull);
    // Keys are asked for the second time once the table has come.
    const isRead = i64.gtS(i64.load(i32.const(this.cells + cells.asked)), i64.const(1n));
    f.if(
      isRead,
      () => {
        const found = this.#chains.find(writer, state.cursor, key.values);
        this.#sendRow(writer, state, pairing, { own: row.scope, kind: row.kind, key: found }, row.watermark);
      },
      () => this.#wait(writer, row, state, this.#chains.findOrAdd(writer, state.cursor, key.values)),
    );
  }

  /** A left row whose key is asked for, unless its rows are known. */
  #writeAsking(writer: CodeWriter, row: PipelineRow, state: State, pairing: Pairing, asking: OutputWriter): void {
    const { f } = writer;
    const { cursor } = state;
    const key = pairing.key(writer, 0, row.scope);
    if (key.hasNull !== null && !isPadded(this.#work.type, 0)) f.brIf(row.next, key.hasNull);
    const own = this.#chains.findOrAdd(writer, cursor, key.values);
    this.#writeStale(writer, cursor, own);
    const asked = { offset: this.#chains.keyField('asked') };
    const turn = f.local('i64', i64.load(i32.const(this.cells + cells.asked)));
    const before = f.local('i64', i64.load(own, asked));
    const isNew = f.local('i32', i64.eqz(before));
    // NULL equals nothing: nobody is asked.
    if (key.hasNull !== null) f.set(isNew, i32.and(isNew, i32.eqz(key.hasNull)));
    f.if(isNew, () => {
      f.do(i64.store(own, turn, asked));
      f.set(before, turn);
      const scope = { column: (at: number) => present(key.values[at]) };
      asking.write(writer, state.asked, { scope, kind: i32.const(0), watermark: row.watermark });
    });
    f.do(i64.store(own, i64.load(i32.const(this.cells + cells.now)), { offset: this.#chains.keyField('seenAt') }));
    const isKnown = i64.ltS(before, turn);
    const isFirst = i32.eqz(writer.kernel('queueCount', 'i32', i32.const(this.#order)));
    f.if(
      i32.and(isKnown, isFirst),
      () => {
        this.#sendRow(writer, state, pairing, { own: row.scope, kind: row.kind, key: own }, row.watermark);
        if (key.hasNull !== null) f.if(key.hasNull, () => this.#chains.eraseKeyIfEmpty(writer, cursor, own));
      },
      () => this.#wait(writer, row, state, own),
    );
  }

  /** What was found too long ago is asked for again. */
  #writeStale(writer: CodeWriter, cursor: ChainsCursor, key: Local<'i32'>): void {
    const { f } = writer;
    const chains = this.#chains;
    const { cache } = this.#method;
    if (cache === null || (cache.afterWriteMs === null && cache.afterAccessMs === null)) return;
    const isIdle = i32.eqz(i32.load(key, { offset: chains.keyField(`first${waiting}`) }));
    const isCached = i32.load8U(key, { offset: chains.keyField('isCached') });
    f.if(i32.and(i32.and(isCached, isIdle), this.#isOld(key)), () => {
      chains.each(writer, cursor, answers, key, (row) => chains.erase(writer, cursor, answers, row));
      f.do(i64.store(key, i64.const(0n), { offset: chains.keyField('asked') }));
    });
  }

  /** Whether a cached key has been there, or has not been seen, for longer than it may. */
  #isOld(key: Local<'i32'>): I32 {
    const { cache } = this.#method;
    const now = i64.load(i32.const(this.cells + cells.now));
    const isPast = (field: 'cachedAt' | 'seenAt', ms: number | null | undefined): I32 => {
      if (ms === null || ms === undefined) return i32.const(0);
      return i64.leS(i64.load(key, { offset: this.#chains.keyField(field) }), i64.sub(now, i64.const(BigInt(ms))));
    };
    return i32.or(isPast('cachedAt', cache?.afterWriteMs), isPast('seenAt', cache?.afterAccessMs));
  }

  #wait(writer: CodeWriter, row: PipelineRow, { cursor }: State, key: Local<'i32'>): void {
    const { f } = writer;
    const kept = this.#chains.append(writer, cursor, waiting, key, row.scope);
    const arrivals = i32.const(this.cells + cells.arrivals);
    const arrival = f.local('i64', i64.add(i64.load(arrivals), i64.const(1n)));
    f.do(
      i64.store(arrivals, arrival),
      i32.store8(kept, row.kind, { offset: this.#chains.rowField(waiting, 'kind') }),
      writer.kernel(
        'queuePush',
        'void',
        i32.const(this.#order),
        arrival,
        this.#chains.rowNumber(cursor, waiting, kept),
      ),
    );
  }

  /** A row of the table: of a key that is asked for now, or of any where it is read whole. */
  #writeAnswer(writer: CodeWriter, row: PipelineRow, { cursor }: State, pairing: Pairing): void {
    const { f } = writer;
    const key = pairing.key(writer, 1, row.scope);
    if (key.hasNull !== null) f.brIf(row.next, key.hasNull);
    if (this.#method.isWhole) {
      f.brIf(row.next, i32.ne(row.kind, i32.const(changeKind.insert)));
      const own = this.#chains.findOrAdd(writer, cursor, key.values);
      this.#chains.append(writer, cursor, answers, own, row.scope);
      return;
    }
    const own = this.#chains.find(writer, cursor, key.values);
    f.brIf(row.next, i32.eqz(own));
    const asked = i64.load(own, { offset: this.#chains.keyField('asked') });
    f.brIf(row.next, i64.ne(asked, i64.load(i32.const(this.cells + cells.asked))));
    this.#chains.append(writer, cursor, answers, own, row.scope);
  }

  /** Sends a left row with the rows of its key; 0 for a key that has none. */
  #sendRow(
    writer: CodeWriter,
    { cursor, count }: Pick<State, 'cursor' | 'count'>,
    pairing: Pairing,
    { own, kind, key }: { readonly own: PipelineRow['scope']; readonly kind: I32; readonly key: Local<'i32'> },
    watermark: PipelineRow['watermark'],
  ): void {
    const { f } = writer;
    const sent = { kind: f.local('i32', kind), watermark };
    const hasMet = f.local('i32', i32.const(0));
    f.if(key, () =>
      this.#chains.each(writer, cursor, answers, key, (found, { next }) => {
        const columns = this.#chains.columns(writer, answers, found);
        if (this.#work.condition !== null) f.brIf(next, i32.eqz(pairing.isMet(writer, own, columns)));
        f.set(hasMet, i32.const(1));
        pairing.send(writer, count, own, columns, sent);
      }),
    );
    if (isPadded(this.#work.type, 0)) f.if(i32.eqz(hasMet), () => pairing.send(writer, count, own, null, sent));
  }

  protected override writeFunctions(module: QueryModule, output: OutputWriter): void {
    this.#writeAnswered(module, output);
    this.#writeForget(module);
    if (this.#method.cache !== null) this.#writeEvict(module);
  }

  /** `answer()`: sends the rows that wait; they stand in a list from then on. */
  #writeAnswered(module: QueryModule, output: OutputWriter): void {
    const { builder: f } = module.builder.function([], 'i32', 'answer');
    const writer = new CodeWriter(module, f, this.node.span);
    const pairing = new Pairing(this.node, this.#work, output);
    const cursor = this.#chains.open(writer);
    const count = output.open(writer);
    const order = i32.const(this.#order);
    const [asked, list] = [i32.const(this.cells + cells.asked), i32.const(this.cells + cells.sent)];
    const watermark = f.local('i64', i64.load(i32.const(this.cells + baseCells.watermark)));
    f.do(i64.store(asked, i64.add(i64.load(asked), i64.const(1n))), i32.store(list, i32.const(0)));
    f.while(writer.kernel('queueCount', 'i32', order), () => {
      const number = f.local('i32', writer.kernel('queuePop', 'i32', order));
      const row = f.local('i32', this.#chains.rowAt(cursor, waiting, number));
      f.do(i32.store(row, i32.load(list), { offset: this.#chains.rowField(waiting, 'sent') }), i32.store(list, number));
      const left = {
        own: this.#chains.columns(writer, waiting, row),
        kind: i32.load8U(row, { offset: this.#chains.rowField(waiting, 'kind') }),
        key: this.#chains.keyOf(writer, cursor, waiting, row),
      };
      this.#sendRow(writer, { cursor, count }, pairing, left, watermark);
    });
    output.close(writer, count);
    f.return(i32.const(status.ok));
  }

  /** `forget()`: drops the left rows of the list, and what was found for keys that are not cached. */
  #writeForget(module: QueryModule): void {
    const { builder: f } = module.builder.function([], 'i32', 'forget');
    const writer = new CodeWriter(module, f, this.node.span);
    const chains = this.#chains;
    const cursor = chains.open(writer);
    const number = f.local('i32', i32.load(i32.const(this.cells + cells.sent)));
    f.while(number, () => {
      const row = f.local('i32', chains.rowAt(cursor, waiting, number));
      f.set(number, i32.load(row, { offset: chains.rowField(waiting, 'sent') }));
      const key = chains.keyOf(writer, cursor, waiting, row);
      chains.erase(writer, cursor, waiting, row);
      f.if(i32.eqz(i32.load(key, { offset: chains.keyField(`first${waiting}`) })), () =>
        this.#writeSettle(writer, cursor, key),
      );
    });
    f.return(i32.const(status.ok));
  }

  /** No row of a key waits any more: it is cached, or forgotten. */
  #writeSettle(writer: CodeWriter, cursor: ChainsCursor, key: Local<'i32'>): void {
    const { f } = writer;
    const chains = this.#chains;
    const { cache, isWhole } = this.#method;
    if (isWhole) {
      chains.eraseKeyIfEmpty(writer, cursor, key);
      return;
    }
    if (cache === null) {
      this.#eraseKey(writer, cursor, key);
      return;
    }
    const isCached = { offset: chains.keyField('isCached') };
    const asked = { offset: chains.keyField('asked') };
    const turn = i64.load(i32.const(this.cells + cells.asked));
    const isFresh = i64.eq(i64.add(i64.load(key, asked), i64.const(1n)), turn);
    const isFound = i32.ne(i32.load(key, { offset: chains.keyField(`first${answers}`) }), i32.const(0));
    f.if(
      cache.keepsMissing ? i64.ne(i64.load(key, asked), i64.const(0n)) : isFound,
      () => {
        const now = f.local('i64', i64.load(i32.const(this.cells + cells.now)));
        f.if(isFresh, () => {
          for (const name of ['cachedAt', 'seenAt']) f.do(i64.store(key, now, { offset: chains.keyField(name) }));
        });
        f.if(i32.eqz(i32.load8U(key, isCached)), () =>
          f.do(
            i32.store8(key, i32.const(1), isCached),
            writer.kernel('queuePush', 'void', i32.const(this.#cached), now, chains.keyNumber(cursor, key)),
          ),
        );
      },
      () =>
        f.if(
          i32.load8U(key, isCached),
          // It goes when its time among the others has come.
          () => f.do(i64.store(key, i64.const(0n), asked)),
          () => this.#eraseKey(writer, cursor, key),
        ),
    );
  }

  #eraseKey(writer: CodeWriter, cursor: ChainsCursor, key: Local<'i32'>): void {
    this.#chains.each(writer, cursor, answers, key, (row) => this.#chains.erase(writer, cursor, answers, row));
    this.#chains.eraseKeyIfEmpty(writer, cursor, key);
  }

  /** `evict()`: keys that are too old, then the longest unseen while there are too many. No row waits. */
  #writeEvict(module: QueryModule): void {
    const { builder: f } = module.builder.function([], 'i32', 'evict');
    const writer = new CodeWriter(module, f, this.node.span);
    const { cache } = this.#method;
    const cursor = this.#chains.open(writer);
    const queue = i32.const(this.#cached);
    const keysMax = i32.const(Math.min(cache?.keysMax ?? 0x7fff_ffff, 0x7fff_ffff));
    const oldest = f.local('i64', i64.sub(i64.load(i32.const(this.cells + cells.now)), i64.const(ttlOf(this.#method))));
    f.block((done) => {
      f.loop((again) => {
        const count = f.local('i32', writer.kernel('queueCount', 'i32', queue));
        const first = f.local('i64', writer.kernel('queueFirst', 'i64', queue));
        f.brIf(done, i32.eqz(count));
        f.brIf(done, i32.and(i32.leU(count, keysMax), i64.gtS(first, oldest)));
        const number = f.local('i32', writer.kernel('queuePop', 'i32', queue));
        const key = f.local('i32', this.#chains.keyAt(cursor, number));
        const seen = f.local('i64', i64.load(key, { offset: this.#chains.keyField('seenAt') }));
        // One that was seen since goes behind the others.
        f.if(
          i32.and(i32.eqz(this.#isOld(key)), i64.gtS(seen, first)),
          () => f.do(writer.kernel('queuePush', 'void', queue, seen, number)),
          () => this.#eraseKey(writer, cursor, key),
        );
        f.br(again);
      });
    });
    f.return(i32.const(status.ok));
  }
}

/** The least time, in ms, after which a cached key may be too old. */
function ttlOf({ cache }: LookupMethod): bigint {
  const ttlMs = Math.min(
    cache?.afterWriteMs ?? Number.POSITIVE_INFINITY,
    cache?.afterAccessMs ?? Number.POSITIVE_INFINITY,
  );
  return Number.isFinite(ttlMs) ? BigInt(ttlMs) : unbounded;
}

interface State {
  readonly cursor: ChainsCursor;
  readonly count: Local<'i32'>;
  /** Keys that were written. */
  readonly asked: Local<'i32'>;
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a key has a value');
  return value;
}
