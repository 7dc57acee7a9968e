import { ByteWriter, type Relocated, type StoreTracker } from './byte-writer.ts';
import { type Code, type I32, i32, Local, markPages, type ValueType } from './code.ts';

/** The place a branch goes to: the end of a block, or the start of a loop. */
export interface Label {
  readonly depth: number;
}

/** A function of the module or an import, as it is called. */
export interface FunctionRef<R extends ValueType | 'void' = ValueType | 'void'> extends Relocated {
  readonly params: readonly ValueType[];
  readonly result: R;
}

const VALUE_TYPE: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const EMPTY_BLOCK = 0x40;

/** The byte that names a value type in the binary format. */
export function valueTypeByte(type: ValueType): number {
  return VALUE_TYPE[type];
}

/** A call as an expression (or statement, where it has no result). */
export function call<R extends ValueType | 'void'>(
  callee: FunctionRef<R>,
  ...args: readonly Code<ValueType>[]
): Code<R> {
  if (args.length !== callee.params.length) {
    throw new Error(`a call takes ${callee.params.length} arguments, got ${args.length}`);
  }
  return {
    type: callee.result,
    write(out) {
      for (const arg of args) arg.write(out);
      out.byte(0x10);
      out.relocated(callee);
    },
  };
}

/** Sets a local, as a statement. */
export function setLocal<T extends ValueType>(target: Local<T>, value: Code<T>): Code<'void'> {
  return {
    type: 'void',
    write(out) {
      value.write(out);
      out.byte(0x21);
      out.u32(target.index);
    },
  };
}

/**
 * Writes the body of one function, statement by statement.
 *
 * Structured control flow follows the nesting of the callbacks:
 * `f.while(i32.ltS(i, n), () => { ...; f.set(i, i32.add(i, i32.const(1))) })`.
 */
export class FunctionBuilder {
  readonly params: readonly Local[];
  readonly result: ValueType | 'void';
  readonly #prologue = new ByteWriter();
  readonly #body: ByteWriter;
  readonly #locals: ValueType[] = [];
  /** Locals of regions that are closed: they may hold something else now. */
  readonly #free = new Map<ValueType, Local[]>();
  /** Those that the open regions have set, the innermost last. */
  readonly #regionLocals: Local[][] = [[]];
  #depth = 0;
  #regionCount = 0;
  readonly #openRegions: number[] = [0];
  /** Rows whose pages are marked, by the local that holds their address, until it is set again. */
  readonly #marked = new Map<number, { readonly bytes: number; readonly region: number; readonly loop: number }>();
  readonly #openLoops: number[] = [0];
  #loopCount = 0;

  constructor(params: readonly ValueType[], result: ValueType | 'void', tracker: StoreTracker | null = null) {
    this.#body = new ByteWriter(tracker, (local, end) => this.#isMarked(local, end));
    this.params = params.map((type, index) => new Local(type, index));
    this.result = result;
  }

  /** The parameter at a position, with its type checked. */
  param<T extends ValueType>(index: number, type: T): Local<T> {
    const found = this.params[index];
    if (found === undefined || found.type !== type) throw new Error(`no parameter ${index} of type ${type}`);
    return found as Local<T>;
  }

  /**
   * The innermost open block, branch or loop. What is computed in a region holds for all code after it within that
   * region, and nowhere once it is closed (`isOpen`): so a computed value can be reused safely.
   */
  get region(): number {
    return this.#openRegions[this.#openRegions.length - 1] ?? 0;
  }

  isOpen(region: number): boolean {
    return this.#openRegions.includes(region);
  }

  /** A new local, zero at first; or one of the open region set to `initial`, which a closed region may have used before. */
  local<T extends ValueType>(type: T, initial?: Code<T>): Local<T> {
    if (initial === undefined) return this.#newLocal(type);
    const local = (this.#free.get(type)?.pop() as Local<T> | undefined) ?? this.#newLocal(type);
    this.#regionLocals.at(-1)?.push(local);
    this.set(local, initial);
    return local;
  }

  /** A local computed once, at the function's start, from parameters, constants and other such locals. */
  hoisted<T extends ValueType>(value: Code<T>): Local<T> {
    const local = this.#newLocal(value.type);
    value.write(this.#prologue);
    this.#prologue.byte(0x21);
    this.#prologue.u32(local.index);
    return local;
  }

  set<T extends ValueType>(target: Local<T>, value: Code<T>): void {
    this.#marked.delete(target.index);
    this.do(setLocal(target, value));
  }

  setGlobal<T extends ValueType>(target: { readonly type: T; readonly index: number }, value: Code<T>): void {
    value.write(this.#body);
    this.#body.byte(0x24);
    this.#body.u32(target.index);
  }

  /** Runs statements (stores, calls without a result). */
  do(...statements: readonly Code<'void'>[]): void {
    for (const statement of statements) statement.write(this.#body);
  }

  /** Evaluates an expression for its effect. */
  drop(value: Code<ValueType>): void {
    value.write(this.#body);
    this.#body.byte(0x1a);
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    condition.write(this.#body);
    this.#body.bytes([0x04, EMPTY_BLOCK]);
    this.#depth++;
    this.#within(then);
    if (otherwise !== undefined) {
      this.#body.byte(0x05);
      this.#within(otherwise);
    }
    this.#depth--;
    this.#body.byte(0x0b);
  }

  /** A block; a branch to its label leaves it. */
  block(body: (leave: Label) => void): void {
    this.#nest(0x02, body);
  }

  /** A region without instructions of its own: for its locals alone. */
  scope(body: () => void): void {
    this.#within(body);
  }

  /** A loop; a branch to its label starts the next round, falling off its end leaves it. */
  loop(body: (again: Label) => void): void {
    this.#openLoops.push(++this.#loopCount);
    this.#nest(0x03, body);
    this.#openLoops.pop();
  }

  /**
   * A row of the state is about to change: its pages are marked once, and not at each store to it. That holds until the
   * local is set, and within the same region and loop; snapshots are only made between calls.
   */
  mark(row: Local<'i32'>, bytes: number): void {
    if (this.#body.tracker === null || bytes > 1 << this.#body.tracker.pageShift) return;
    this.do(markPages(row, bytes));
    this.#marked.set(row.index, { bytes, region: this.region, loop: this.#loop });
  }

  /** As `mark`, of a row that has just been made: who made it has marked its pages. */
  made(row: Local<'i32'>, bytes: number): void {
    if (this.#body.tracker === null || bytes > 1 << this.#body.tracker.pageShift) return;
    this.#marked.set(row.index, { bytes, region: this.region, loop: this.#loop });
  }

  get #loop(): number {
    return this.#openLoops.at(-1) ?? 0;
  }

  #isMarked(local: number, end: number): boolean {
    const marked = this.#marked.get(local);
    return marked !== undefined && end <= marked.bytes && marked.loop === this.#loop && this.isOpen(marked.region);
  }

  while(condition: I32, body: (leave: Label, again: Label) => void): void {
    this.block((leave) => {
      this.loop((again) => {
        this.brIf(leave, i32.eqz(condition));
        body(leave, again);
        this.br(again);
      });
    });
  }

  br(label: Label): void {
    this.#body.byte(0x0c);
    this.#body.u32(this.#depth - label.depth);
  }

  brIf(label: Label, condition: I32): void {
    condition.write(this.#body);
    this.#body.byte(0x0d);
    this.#body.u32(this.#depth - label.depth);
  }

  /** Branches to `labels[selector]`, or to `otherwise` when the selector is beyond them. */
  brTable(selector: I32, labels: readonly Label[], otherwise: Label): void {
    selector.write(this.#body);
    this.#body.byte(0x0e);
    this.#body.u32(labels.length);
    for (const label of labels) this.#body.u32(this.#depth - label.depth);
    this.#body.u32(this.#depth - otherwise.depth);
  }

  return(value?: Code<ValueType>): void {
    value?.write(this.#body);
    this.#body.byte(0x0f);
  }

  unreachable(): void {
    this.#body.byte(0x00);
  }

  /** The body in the binary format: local declarations, instructions, end. */
  toBody(indexOf: (target: Relocated) => number): ByteWriter {
    this.#prologue.relocate(indexOf);
    this.#body.relocate(indexOf);
    const out = new ByteWriter();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    out.u32(runs.length);
    for (const run of runs) {
      out.u32(run.count);
      out.byte(VALUE_TYPE[run.type]);
    }
    out.bytes(this.#prologue.toBytes());
    out.bytes(this.#body.toBytes());
    out.byte(0x0b);
    return out;
  }

  #nest(opcode: number, body: (label: Label) => void): void {
    this.#body.bytes([opcode, EMPTY_BLOCK]);
    this.#depth++;
    const label = { depth: this.#depth };
    this.#within(() => body(label));
    this.#depth--;
    this.#body.byte(0x0b);
  }

  #newLocal<T extends ValueType>(type: T): Local<T> {
    const local = new Local(type, this.params.length + this.#locals.length);
    this.#locals.push(type);
    return local;
  }

  #within(body: () => void): void {
    this.#openRegions.push(++this.#regionCount);
    this.#regionLocals.push([]);
    body();
    this.#openRegions.pop();
    for (const local of this.#regionLocals.pop() ?? []) {
      const free = this.#free.get(local.type);
      if (free === undefined) this.#free.set(local.type, [local]);
      else free.push(local);
    }
  }
}
