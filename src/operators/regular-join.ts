import { ComputedColumns } from '../codegen/batch-scope.ts';
import { CodeWriter, type RowScope, withType } from '../codegen/expression-writer.ts';
import { JoinSide, type SideCursor, type StoredRow } from '../codegen/join-side.ts';
import { writeHash } from '../codegen/key-table.ts';
import type { OutputWriter } from '../codegen/output-writer.ts';
import { type PipelineEnd, type PipelineRow, writeStepsAfter } from '../codegen/pipeline.ts';
import { type QueryModule, status } from '../codegen/query-module.ts';
import type { Value } from '../functions/value.ts';
import { type Batch, changeKind } from '../memory/batch.ts';
import type { InputRows, PhysicalOperator, Work } from '../physical/graph.ts';
import { isAppendOnly, type JoinType, type RegularMethod, showsRight } from '../plan/logical.ts';
import { BOOLEAN, type SqlType, withNullable } from '../types/sql-type.ts';
import { type I32, i32, type Local, select } from '../wasm/code.ts';
import { baseCells, CompiledOperator } from './compiled-operator.ts';
import type { Output } from './operator.ts';
import type { OperatorContext } from './operator-context.ts';
import { type Held, table } from './state-size.ts';

type JoinWork = Extract<Work, { readonly kind: 'join' }>;

const cells = { now: baseCells.bytes, bytes: baseCells.bytes + 8 } as const;

/**
 * A join whose results follow every change of both inputs.
 *
 * Input: any changes. Output: a pair for each two rows that meet, with the change of the row that came (an outer join sends
 * +I and -D). A row of an outer side without a partner is sent with NULLs beside it, taken back by its first partner and
 * sent again when its last one goes. Semi and anti joins send left rows with and without a partner, a mark join all with
 * BOOLEAN. A NULL key meets nothing. Nothing is late here.
 * State: the rows of both sides, for ever or until they were not written for the state's TTL. Cost: O(1) a row, and per row
 * of the other side with its key.
 *
 * ```
 * a LEFT JOIN b    left    a1                          a2
 *                  right            b1                               -b1
 *                  sent    +I a1 -  -D a1 - +I a1 b1   +I a2 b1      -D a1 b1 -D a2 b1 +I a1 - +I a2 -
 * ```
 */
export class RegularJoin extends CompiledOperator {
  readonly #work: JoinWork;
  readonly #types: readonly [readonly SqlType[], readonly SqlType[]];
  readonly #keyTypes: readonly SqlType[];
  readonly #sides: readonly [JoinSide, JoinSide];
  readonly #updating: readonly [boolean, boolean];
  readonly #replaces: readonly [boolean, boolean];
  readonly #ttlMs: number;
  #sweepAtMs: number | null = null;

  constructor(node: PhysicalOperator, work: JoinWork, { stateTtlMs }: RegularMethod, context: OperatorContext) {
    super(node, context, cells.bytes);
    const right = node.right ?? node;
    this.#work = work;
    this.#types = [node, right].map(({ stepSchema }) => stepSchema.map(({ type }) => type)) as [SqlType[], SqlType[]];
    this.#updating = [!isAppendOnly(node.inputChanges), !isAppendOnly(right.inputChanges)];
    this.#replaces = [comesAlone(node), comesAlone(right)];
    this.#keyTypes = work.keys.map((key) =>
      withNullable(key.left.type, key.nullsMeet && (key.left.type.nullable || key.right.type.nullable)),
    );
    const ttls = [stateTtlMs.left, stateTtlMs.right] as const;
    const counts = [countsPartners(work.type, 0), countsPartners(work.type, 1)] as const;
    const uniqueKeys = [work.uniqueKeys.left, work.uniqueKeys.right] as const;
    this.#sides = [0, 1].map(
      (at) =>
        new JoinSide(context.state.part(at === 0 ? 'left' : 'right'), {
          types: this.#types[at as 0 | 1],
          keyTypes: this.#keyTypes,
          uniqueKey: uniqueKeys[at as 0 | 1],
          updating: this.#updating[at as 0 | 1],
          countsPartners: counts[at as 0 | 1],
          ttlMs: ttls[at as 0 | 1],
          nowAddress: this.cells + cells.now,
        }),
    ) as unknown as [JoinSide, JoinSide];
    // A row is gone at the latest when it is twice as old as it may be.
    this.#ttlMs = Math.min(...ttls.map((ms) => (ms === 0 ? Number.POSITIVE_INFINITY : ms)));
    context.state.keeps(
      'sweepAt',
      () => this.#sweepAtMs,
      (sweepAtMs: number | null) => {
        this.#sweepAtMs = sweepAtMs;
      },
    );
  }

  override get processingTimerMs(): number | null {
    return this.#sweepAtMs;
  }

  override process(batch: Batch, out: Output, input: number): void {
    if (Number.isFinite(this.#ttlMs)) {
      const nowMs = this.context.session.processingTimeMs();
      this.setCell(cells.now, BigInt(Math.floor(nowMs)));
      this.#sweepAtMs ??= nowMs + this.#ttlMs;
    }
    super.process(batch, out, input);
  }

  override onProcessingTime(nowMs: number, out: Output): void {
    this.setCell(cells.now, BigInt(Math.floor(nowMs)));
    this.call(this.anyCompiled(), 'expire');
    super.onProcessingTime(nowMs, out);
    const isEmpty = this.#sides.every((side) => side.rowCount === 0);
    this.#sweepAtMs = isEmpty ? null : nowMs + this.#ttlMs;
  }

  protected override get held(): readonly Held[] {
    return this.#sides.flatMap(({ tables }) => tables.map(table));
  }

  override close(): void {
    for (const side of this.#sides) side.close();
    super.close();
  }

  protected override end(_module: QueryModule, output: OutputWriter, input: number): PipelineEnd<State> {
    const at = input === 0 ? 0 : 1;
    return {
      open: (writer) => ({
        own: this.#sides[at].open(writer),
        other: this.#sides[(1 - at) as 0 | 1].open(writer),
        count: output.open(writer),
      }),
      row: (writer, row, state) => {
        const code = new RowCode(this.#shape(), at, writer, row, (sent) =>
          this.#send(writer, row, state, output, sent),
        );
        code.write(state);
      },
      close: (writer, { count }) => output.close(writer, count),
    };
  }

  protected override writeFunctions(module: QueryModule): void {
    const { builder: f } = module.builder.function([], 'i32', 'expire');
    const writer = new CodeWriter(module, f, this.node.span);
    for (const side of this.#sides) side.expire(writer);
    f.return(i32.const(status.ok));
  }

  #shape(): JoinShape {
    return {
      work: this.#work,
      types: this.#types,
      keyTypes: this.#keyTypes,
      sides: this.#sides,
      updating: this.#updating,
      replaces: this.#replaces,
    };
  }

  #send(writer: CodeWriter, row: PipelineRow, { count }: State, output: OutputWriter, sent: Sent): void {
    writer.f.block((next) => {
      const whole = { ...sent, watermark: row.watermark, next };
      writeStepsAfter(writer, this.node.after, whole, (_, after) => output.write(writer, count, after));
    });
  }
}

interface State {
  readonly own: SideCursor;
  readonly other: SideCursor;
  readonly count: Local<'i32'>;
}

interface Sent {
  readonly scope: RowScope;
  readonly kind: I32;
}

interface JoinShape {
  readonly work: JoinWork;
  readonly types: readonly [readonly SqlType[], readonly SqlType[]];
  readonly keyTypes: readonly SqlType[];
  readonly sides: readonly [JoinSide, JoinSide];
  readonly updating: readonly [boolean, boolean];
  /** Whether an update comes without the row that it replaces: it has the same partners. */
  readonly replaces: readonly [boolean, boolean];
}

function comesAlone({ inputChanges, steps }: InputRows): boolean {
  const { updateAfter, updateBefore } = inputChanges;
  return updateAfter && (!updateBefore || steps.some(({ kind }) => kind === 'drop-update-before'));
}

/** Whether the rows of a side must know how many partners they have. */
function countsPartners(type: JoinType, side: 0 | 1): boolean {
  return isPadded(type, side) || (side === 0 && !showsRight(type));
}

/** Whether the rows of a side are sent without a partner, beside NULLs. */
function isPadded(type: JoinType, side: 0 | 1): boolean {
  return type === 'full' || type === (side === 0 ? 'left' : 'right');
}

/** The code for a row of one side: what it sends, and what is kept of it. */
class RowCode {
  readonly #shape: JoinShape;
  readonly #at: 0 | 1;
  readonly #other: 0 | 1;
  readonly #writer: CodeWriter;
  readonly #row: PipelineRow;
  readonly #send: (sent: Sent) => void;
  /** 1 where the row is taken back; null where none is. */
  readonly #isRetraction: Local<'i32'> | null;
  /** 1 where the row takes the place of one that is known, and so of its partners; null where none does. */
  #isReplacement: Local<'i32'> | null = null;

  constructor(shape: JoinShape, at: 0 | 1, writer: CodeWriter, row: PipelineRow, send: (sent: Sent) => void) {
    this.#shape = shape;
    this.#at = at;
    this.#other = at === 0 ? 1 : 0;
    this.#writer = writer;
    this.#row = row;
    this.#send = send;
    this.#isRetraction = shape.updating[at] ? writer.f.local('i32', i32.and(row.kind, i32.const(1))) : null;
  }

  write({ own, other }: State): void {
    const { f } = this.#writer;
    const { work, sides, replaces } = this.#shape;
    const keys = this.#keys();
    const hash = writeHash(this.#writer, keys);
    if (replaces[this.#at])
      this.#isReplacement = f.local('i32', sides[this.#at].has(this.#writer, own, keys, hash, this.#row.scope));
    const group = sides[this.#other].find(this.#writer, other, keys, hash);
    const partners = f.local('i32', i32.const(0));
    if (showsRight(work.type)) this.#pairs(other, group, partners);
    else if (this.#at === 0) this.#leftRow(other, group, partners);
    else this.#rightRow(other, group);
    const side = sides[this.#at];
    const counted = countsPartners(work.type, this.#at) ? partners : null;
    this.#whether(
      () => side.add(this.#writer, own, keys, hash, this.#row.scope, counted),
      () => side.retract(this.#writer, own, keys, hash, this.#row.scope),
    );
  }

  /** The row's join keys. A row with a NULL among them meets nothing and is not kept: the code goes on to the next. */
  #keys(): readonly Value[] {
    const { f } = this.#writer;
    const { work, keyTypes } = this.#shape;
    const values = work.keys.map((key) => this.#writer.write(this.#at === 0 ? key.left : key.right, this.#row.scope));
    const nulls = values.flatMap(({ isNull }, at) =>
      isNull === null || work.keys[at]?.nullsMeet === true ? [] : [isNull],
    );
    if (nulls.length > 0) {
      f.if(
        nulls.slice(1).reduce<I32>((any, next) => i32.or(any, next), nulls[0] as I32),
        () => {
          this.#alone();
          f.br(this.#row.next);
        },
      );
    }
    return values.map((value, at) => withType(value, keyTypes[at] as SqlType));
  }

  /** What a row sends that has no partner. */
  #alone(): void {
    const { type } = this.#shape.work;
    if (isPadded(type, this.#at)) this.#send({ scope: this.#padded(this.#row.scope, this.#at), kind: this.#ownKind() });
    else if (this.#at === 0 && type === 'anti') this.#send({ scope: this.#row.scope, kind: this.#row.kind });
    else if (this.#at === 0 && type === 'mark') this.#send(this.#marked(this.#row.scope, i32.const(0), this.#row.kind));
  }

  /** Inner and outer joins: the pairs, and the rows beside NULLs that come and go with them. */
  #pairs(other: SideCursor, group: Local<'i32'>, partners: Local<'i32'>): void {
    const { f } = this.#writer;
    const { type } = this.#shape.work;
    const [isOuter, isOtherOuter] = [isPadded(type, this.#at), isPadded(type, this.#other)];
    const kind = f.local('i32', this.#pairKind(isOuter, isOtherOuter));
    if (isOtherOuter) this.#whether(() => this.#unlessReplaced(() => this.#takePadding(other, group)));
    this.#eachPartner(other, group, (stored, pair) => {
      if (isOuter) f.set(partners, i32.add(partners, stored.times ?? i32.const(1)));
      this.#repeat(stored, () => this.#send({ scope: pair, kind }));
    });
    if (isOuter) f.if(i32.eqz(partners), () => this.#alone());
    if (isOtherOuter) this.#whether(null, () => this.#givePadding(other, group));
  }

  /** What a new row does to those of the other side, and one that takes the place of another has done. */
  #unlessReplaced(work: () => void): void {
    if (this.#isReplacement === null) work();
    else this.#writer.f.if(i32.eqz(this.#isReplacement), work);
  }

  /** As in Flink: pairs of an outer join come with +I; they go with -D where the row's own side is padded. */
  #pairKind(isOuter: boolean, isOtherOuter: boolean): I32 {
    const { kind } = this.#row;
    if (!isOuter && !isOtherOuter) return kind;
    if (this.#isRetraction === null) return i32.const(changeKind.insert);
    const gone = isOuter ? i32.const(changeKind.delete) : kind;
    return select(this.#isRetraction, gone, i32.const(changeKind.insert));
  }

  #ownKind(): I32 {
    if (this.#isRetraction === null) return i32.const(changeKind.insert);
    return select(this.#isRetraction, i32.const(changeKind.delete), i32.const(changeKind.insert));
  }

  /** Takes back the other side's rows beside NULLs whose first partner this row is. */
  #takePadding(other: SideCursor, group: Local<'i32'>): void {
    const { f } = this.#writer;
    this.#eachPartner(other, group, (stored) => {
      f.if(i32.eqz(stored.partners()), () =>
        this.#repeat(stored, () =>
          this.#send({ scope: this.#padded(stored.scope, this.#other), kind: i32.const(changeKind.delete) }),
        ),
      );
      stored.setPartners(i32.add(stored.partners(), i32.const(1)));
    });
  }

  /** Sends the other side's rows beside NULLs whose last partner this row was. */
  #givePadding(other: SideCursor, group: Local<'i32'>): void {
    const { f } = this.#writer;
    this.#eachPartner(other, group, (stored) => {
      f.if(i32.eq(stored.partners(), i32.const(1)), () =>
        this.#repeat(stored, () =>
          this.#send({ scope: this.#padded(stored.scope, this.#other), kind: i32.const(changeKind.insert) }),
        ),
      );
      stored.setPartners(i32.sub(stored.partners(), i32.const(1)));
    });
  }

  /** Semi, anti and mark joins: a left row. Where right rows never go, it need not know more than one. */
  #leftRow(other: SideCursor, group: Local<'i32'>, partners: Local<'i32'>): void {
    const { f } = this.#writer;
    const { work, updating } = this.#shape;
    this.#eachPartner(other, group, (stored) => {
      f.set(partners, i32.add(partners, stored.times ?? i32.const(1)));
      if (!updating[1]) f.br(stored.leave);
    });
    const { scope, kind } = this.#row;
    const has = i32.ne(partners, i32.const(0));
    if (work.type === 'mark') this.#send(this.#marked(scope, has, kind));
    else f.if(work.type === 'semi' ? has : i32.eqz(partners), () => this.#send({ scope, kind }));
  }

  /** Semi, anti and mark joins: a right row, which may be the first or the last partner of left rows. */
  #rightRow(other: SideCursor, group: Local<'i32'>): void {
    const { f } = this.#writer;
    const { type } = this.#shape.work;
    const wasAlone = this.#isRetraction ?? i32.const(0);
    const isIgnored = this.#isReplacement === null ? null : i32.and(this.#isReplacement, i32.eqz(wasAlone));
    const changed = (stored: StoredRow): void => {
      const { scope } = stored;
      this.#repeat(stored, () => {
        if (type === 'semi') this.#send({ scope, kind: this.#row.kind });
        else if (type === 'anti') this.#send({ scope, kind: this.#antiKind() });
        else {
          this.#send(this.#marked(scope, wasAlone, i32.const(changeKind.delete)));
          this.#send(this.#marked(scope, i32.eqz(wasAlone), i32.const(changeKind.insert)));
        }
      });
    };
    if (isIgnored !== null) f.if(isIgnored, () => f.set(group, i32.const(0)));
    this.#eachPartner(other, group, (stored) => {
      // The first partner finds none, the last one itself.
      const before = f.local('i32', stored.partners());
      f.if(i32.eq(before, wasAlone), () => changed(stored));
      const change = i32.sub(i32.const(1), i32.shl(wasAlone, i32.const(1)));
      stored.setPartners(i32.add(before, change));
    });
  }

  #antiKind(): I32 {
    if (this.#isRetraction === null) return i32.const(changeKind.delete);
    return select(this.#isRetraction, i32.const(changeKind.insert), i32.const(changeKind.delete));
  }

  /** Runs `body` for the rows of the other side that meet this one. */
  #eachPartner(other: SideCursor, group: Local<'i32'>, body: (stored: StoredRow, pair: RowScope) => void): void {
    const { f } = this.#writer;
    const { work, sides } = this.#shape;
    sides[this.#other].each(this.#writer, other, group, (stored) => {
      const pair =
        this.#at === 0 ? this.#pair(this.#row.scope, stored.scope) : this.#pair(stored.scope, this.#row.scope);
      if (work.condition !== null) {
        const holds = this.#writer.isTrue(this.#writer.write(work.condition, pair));
        f.brIf(stored.next, i32.eqz(holds));
      }
      body(stored, pair);
    });
  }

  #repeat({ times }: StoredRow, body: () => void): void {
    if (times === null) {
      body();
      return;
    }
    const { f } = this.#writer;
    const left = f.local('i32', times);
    f.while(left, () => {
      body();
      f.set(left, i32.sub(left, i32.const(1)));
    });
  }

  #pair(left: RowScope, right: RowScope): RowScope {
    const leftCount = this.#shape.types[0].length;
    return new ComputedColumns(this.#writer.f, (index) =>
      index < leftCount ? left.column(index) : right.column(index - leftCount),
    );
  }

  /** A row of a side beside NULLs. */
  #padded(scope: RowScope, side: 0 | 1): RowScope {
    const [left, right] = this.#shape.types;
    return new ComputedColumns(this.#writer.f, (index) => {
      const isLeft = index < left.length;
      const at = isLeft ? index : index - left.length;
      if (isLeft === (side === 0)) return scope.column(at);
      return this.#writer.nullValue((isLeft ? left : right)[at] as SqlType);
    });
  }

  #marked(scope: RowScope, mark: I32, kind: I32): Sent {
    const leftCount = this.#shape.types[0].length;
    const marked = new ComputedColumns(this.#writer.f, (index) =>
      index < leftCount ? scope.column(index) : this.#writer.value(BOOLEAN(false), null, mark),
    );
    return { scope: marked, kind };
  }

  /** One thing for a row that comes, another for one that is taken back. */
  #whether(comes: (() => void) | null, goes?: () => void): void {
    const { f } = this.#writer;
    if (this.#isRetraction === null) comes?.();
    else if (comes === null) f.if(this.#isRetraction, goes ?? (() => {}));
    else f.if(i32.eqz(this.#isRetraction), comes, goes);
  }
}
