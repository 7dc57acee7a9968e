import type { Span } from '../diagnostics/source-text.ts';
import { writeCast } from '../functions/cast/write-cast.ts';
import { assignField } from '../functions/scalar/nested-item.ts';
import type { HostCall, HostValue } from '../functions/scalar-function.ts';
import type { ExpressionWriter, HostOptions, SessionSettings, Value } from '../functions/value.ts';
import { arenaLayout } from '../memory/kernels.ts';
import { rowLayout } from '../memory/nested.ts';
import type {
  CallExpression,
  CastExpression,
  Expression,
  FieldExpression,
  LiteralExpression,
} from '../plan/expression.ts';
import { physicalOf } from '../types/physical.ts';
import { type SqlType, withNullable } from '../types/sql-type.ts';
import { type Code, f32, f64, type I32, type I64, i32, i64, type Local, type ValueType } from '../wasm/code.ts';
import { call, type FunctionBuilder, type FunctionRef, type Label } from '../wasm/function-builder.ts';
import { ComputedExpressions } from './computed-expressions.ts';
import { loadPlain, putPlain } from './plain-code.ts';
import { plainValue } from './plain-value.ts';
import { failureRecord, noRow, type QueryModule, status } from './query-module.ts';
import { partTypes, zeroPart } from './value-parts.ts';

/** The columns of the row at hand, computed on first use. */
export interface RowScope {
  column(index: number): Value;
}

/** The same value under a type that differs in nullability: a value that cannot be NULL loses its flag. */
export function withType(value: Value, type: SqlType): Value {
  return { ...value, type, isNull: type.nullable ? value.isNull : null };
}

/** Writes bound expressions into one function. Every function with the shape `(...) -> status` can hold one. */
export class CodeWriter implements ExpressionWriter {
  readonly f: FunctionBuilder;
  readonly module: QueryModule;
  readonly session: SessionSettings;
  /** The number of the row at hand, for a failure; set by the loop. */
  readonly row: Local<'i32'>;
  /** Whether there is a row at hand: not where results are made of what was kept. */
  hasRow = false;
  readonly #computed: ComputedExpressions;
  #span: Span;
  /** Where a failure goes instead of ending the function: the innermost TRY_CAST. */
  #recover: { readonly label: Label; readonly failed: Local<'i32'> } | null = null;

  constructor(module: QueryModule, f: FunctionBuilder, span: Span) {
    this.module = module;
    this.f = f;
    this.session = module.session;
    this.row = f.local('i32');
    this.#computed = new ComputedExpressions(f);
    this.#span = span;
  }

  get resultAddress(): I32 {
    return i32.const(this.module.resultAddress);
  }

  /** Written before the function ends with a failure: what is in locals goes where it belongs. */
  onFailure: (() => void) | null = null;

  /** Where a row that fails is told of, and where its successor begins; null: it ends the function. */
  passOver: { readonly note: FunctionRef<'void'>; readonly next: Label } | null = null;

  /** Set by the pipeline for each row. */
  rowWatermark: I64 = i64.const(-(2n ** 63n));

  get zone(): I32 {
    return i32.const(this.session.zoneAddress);
  }

  /** Computes an expression over a row, unless it was computed for that row already. */
  write(expression: Expression, scope: RowScope): Value {
    if (expression.kind === 'column' || expression.kind === 'literal') return this.#write(expression, scope);
    const known = this.#computed.find(expression, scope);
    if (known !== null) return known;
    const outer = this.#span;
    this.#span = expression.span;
    const value = this.#write(expression, scope);
    this.#span = outer;
    this.#computed.keep(expression, scope, value);
    return value;
  }

  /** Runs `body`, whose failures are at this place. */
  at<T>(span: Span, body: () => T): T {
    const outer = this.#span;
    this.#span = span;
    const written = body();
    this.#span = outer;
    return written;
  }

  /** 1 where the condition is TRUE: not for FALSE and NULL. */
  isTrue(condition: Value): I32 {
    const truth = this.i32(condition);
    return condition.isNull === null ? truth : i32.and(truth, i32.eqz(condition.isNull));
  }

  i32(value: Value): Local<'i32'> {
    return this.#part(value, 'i32');
  }

  i64(value: Value): Local<'i64'> {
    return this.#part(value, 'i64');
  }

  f32(value: Value): Local<'f32'> {
    return this.#part(value, 'f32');
  }

  f64(value: Value): Local<'f64'> {
    return this.#part(value, 'f64');
  }

  i128(value: Value): readonly [Local<'i64'>, Local<'i64'>] {
    const [low, high] = value.parts;
    if (low?.type !== 'i64' || high?.type !== 'i64') throw new Error(`${value.physical} is no i128`);
    return [low as Local<'i64'>, high as Local<'i64'>];
  }

  bytes(value: Value): readonly [Local<'i32'>, Local<'i32'>] {
    const [address, length] = value.parts;
    if (address?.type !== 'i32' || length?.type !== 'i32') throw new Error(`${value.physical} is no text`);
    return [address as Local<'i32'>, length as Local<'i32'>];
  }

  value(type: SqlType, isNull: I32 | null, ...parts: readonly Code<ValueType>[]): Value {
    const physical = physicalOf(type);
    const types = partTypes(physical);
    if (types.length !== parts.length || types.some((wanted, at) => parts[at]?.type !== wanted)) {
      throw new Error(`a ${physical} has parts ${types.join(', ')}, got ${parts.map((part) => part.type).join(', ')}`);
    }
    const nullLocal = isNull === null ? null : this.f.local('i32', isNull);
    return { type, physical, isNull: nullLocal, parts: parts.map((part) => this.f.local(part.type, part)) };
  }

  nullValue(type: SqlType): Value {
    const value = this.variable(withNullable(type, true));
    return value;
  }

  variable(type: SqlType): Value {
    const physical = physicalOf(type);
    const parts = partTypes(physical).map((part) => this.f.local(part, zeroPart[part] as Code<typeof part>));
    return { type, physical, isNull: type.nullable ? this.f.local('i32', i32.const(1)) : null, parts };
  }

  assign(target: Value, source: Value): void {
    for (const [at, part] of target.parts.entries()) {
      const from = source.parts[at];
      if (from === undefined || from.type !== part.type)
        throw new Error(`cannot assign ${source.physical} to ${target.physical}`);
      this.f.set(part, from);
    }
    if (target.isNull !== null) this.f.set(target.isNull, source.isNull ?? i32.const(0));
    else if (source.isNull !== null) {
      // A DECIMAL that did not fit its type is NULL, though the type says otherwise.
      this.f.if(source.isNull, () => this.fail('a number does not fit its type, which is NOT NULL'));
    }
  }

  isNull(value: Value): I32 {
    return value.isNull ?? i32.const(0);
  }

  kernel<R extends ValueType | 'void'>(name: string, result: R, ...args: readonly Code<ValueType>[]): Code<R> {
    const params = args.map((arg) => arg.type);
    return call(this.module.builder.imported('kernels', name, params, result), ...args);
  }

  scratch(length: I32): Local<'i32'> {
    const { f } = this;
    const arena = i32.const(this.module.scratch.address);
    const bytes = f.local('i32', length);
    const piece = f.local('i32', i32.load(arena, { offset: arenaLayout.next }));
    const end = f.local('i32', i32.add(piece, bytes));
    const full = i32.or(i32.gtU(end, i32.load(arena, { offset: arenaLayout.end })), i32.ltU(end, piece));
    f.if(
      i32.or(full, i32.eqz(piece)),
      () => f.set(piece, this.kernel('arenaAlloc', 'i32', arena, bytes)),
      () => f.do(i32.store(arena, i32.and(i32.add(end, i32.const(15)), i32.const(-16)), { offset: arenaLayout.next })),
    );
    return piece;
  }

  constant(bytes: Uint8Array): I32 {
    return i32.const(this.module.constant(bytes));
  }

  host(
    evaluate: (args: readonly HostValue[], call: HostCall) => HostValue,
    args: readonly Value[],
    type: SqlType,
    options: HostOptions = {},
  ): Value {
    const shape = { argTypes: args.map((arg) => arg.type), type, timeZone: this.session.timeZone };
    const { ref, address } = this.module.host(evaluate, shape, options);
    for (const [at, arg] of args.entries()) putPlain(this, address + at * plainValue.bytes, arg);
    this.f.if(call(ref), () => {
      if (this.#recover === null)
        this.#stop(this.module.failureSite({ span: this.#span, message: '{host}', shown: [] }), []);
      else this.fail('');
    });
    return loadPlain(this, address + args.length * plainValue.bytes, type);
  }

  attempt(type: SqlType, compute: () => Value): Value {
    const { f } = this;
    const failed = f.local('i32', i32.const(0));
    const result = this.variable(withNullable(type, true));
    f.block((label) => {
      const outer = this.#recover;
      this.#recover = { label, failed };
      this.assign(result, compute());
      this.#recover = outer;
    });
    if (result.isNull !== null) f.set(result.isNull, i32.or(result.isNull, failed));
    return result;
  }

  fail(message: string, ...shown: readonly Value[]): void {
    if (this.#recover !== null) {
      this.f.set(this.#recover.failed, i32.const(1));
      this.f.br(this.#recover.label);
      return;
    }
    this.#stop(this.module.failureSite({ span: this.#span, message, shown: shown.map(({ type }) => type) }), shown);
  }

  /** As `fail`, about another place than the expression at hand; never caught. */
  failAt(span: Span, message: string): void {
    this.#stop(this.module.failureSite({ span, message, shown: [] }), []);
  }

  #stop(site: number, shown: readonly Value[]): void {
    const { f } = this;
    const record = i32.const(this.module.failureAddress);
    f.do(
      i32.store(record, i32.const(site), { offset: failureRecord.site }),
      i32.store(record, this.hasRow ? this.row : i32.const(noRow), { offset: failureRecord.row }),
    );
    for (const [at, value] of shown.slice(0, 2).entries()) {
      putPlain(this, this.module.failureAddress + failureRecord.shown + at * failureRecord.shownBytes, value);
    }
    if (this.passOver !== null) {
      f.do(call(this.passOver.note));
      f.br(this.passOver.next);
      return;
    }
    this.onFailure?.();
    f.return(i32.const(status.failed));
  }

  #write(expression: Expression, scope: RowScope): Value {
    switch (expression.kind) {
      case 'column':
        return scope.column(expression.index);
      case 'literal':
        return { ...this.#literal(expression), constant: expression.value };
      case 'call':
        return this.#call(expression, scope);
      case 'cast':
        return this.#cast(expression, scope);
      case 'field':
        return this.#field(expression, scope);
    }
  }

  #literal({ value, type }: LiteralExpression): Value {
    if (value === null) return this.nullValue(type);
    switch (physicalOf(type)) {
      case 'bool':
        return this.value(type, null, i32.const(value === true || value === 1 ? 1 : 0));
      case 'i8':
      case 'i16':
      case 'i32':
        return this.value(type, null, i32.const(Number(value)));
      case 'i64':
        return this.value(type, null, i64.const(BigInt(value as bigint | number)));
      case 'i128': {
        const whole = BigInt(value as bigint | number);
        return this.value(type, null, i64.const(BigInt.asIntN(64, whole)), i64.const(whole >> 64n));
      }
      case 'f32':
        return this.value(type, null, f32.const(Number(value)));
      case 'f64':
        return this.value(type, null, f64.const(Number(value)));
      case 'bytes': {
        const bytes = value instanceof Uint8Array ? value : new TextEncoder().encode(String(value));
        return this.value(type, null, this.constant(bytes), i32.const(bytes.length));
      }
    }
  }

  #call(expression: CallExpression, scope: RowScope): Value {
    const { code } = expression.overload;
    if (code.kind === 'lazy') {
      return code.write(
        this,
        expression.args.map((arg) => Object.assign(() => this.write(arg, scope), { isCheap: isCheap(arg) })),
        expression.type,
      );
    }
    if (code.kind === 'typed') {
      const literals = expression.args.map((arg) => (arg.kind === 'literal' ? arg.value : undefined));
      const value = code.value(
        expression.args.map((arg) => arg.type),
        literals,
      );
      return this.#literal({ kind: 'literal', value, type: expression.type, span: expression.span });
    }
    const args = expression.args.map((arg) => this.write(arg, scope));
    const compute = (values: readonly Value[]): Value =>
      code.kind === 'wasm'
        ? code.write(this, values, expression.type)
        : this.host(code.evaluate, values, expression.type);
    const nulls =
      (expression.overload.nulls ?? 'propagate') === 'propagate' ? args.flatMap(({ isNull }) => isNull ?? []) : [];
    if (nulls.length === 0) return compute(args);
    const { f } = this;
    const isNull = nulls.slice(1).reduce<I32>((any, next) => i32.or(any, next), nulls[0] as I32);
    const result = this.variable(withNullable(expression.type, true));
    f.if(i32.eqz(isNull), () => this.assign(result, compute(args.map((arg) => ({ ...arg, isNull: null })))));
    return result;
  }

  #cast(expression: CastExpression, scope: RowScope): Value {
    const convert = (value: Value): Value =>
      writeCast(this, value, expression.type, { safe: false, timeZone: this.session.timeZone });
    if (!expression.safe && this.session.legacyCasts !== true)
      return this.#unlessNull(this.write(expression.input, scope), expression.type, convert);
    // Only the conversion itself is safe: an error in the input still fails.
    const input = this.write(expression.input, scope);
    return this.attempt(expression.type, () => this.#unlessNull(input, expression.type, convert));
  }

  #unlessNull(input: Value, type: SqlType, compute: (value: Value) => Value): Value {
    if (input.isNull === null) return compute(input);
    const result = this.variable(withNullable(type, true));
    this.f.if(i32.eqz(input.isNull), () => this.assign(result, compute({ ...input, isNull: null })));
    return result;
  }

  #field(expression: FieldExpression, scope: RowScope): Value {
    const input = this.write(expression.input, scope);
    return this.#unlessNull(input, expression.type, (row) => {
      const [address] = this.bytes(row);
      const rowType = expression.input.type;
      if (rowType.kind !== 'ROW') throw new Error(`a field of ${rowType.kind}`);
      const result = this.variable(withNullable(expression.type, true));
      const slotAt = rowLayout(rowType).slots[expression.index] ?? 0;
      assignField(this, result, address, { index: expression.index, slotAt });
      return result;
    });
  }

  #part<T extends ValueType>(value: Value, type: T): Local<T> {
    const part = value.parts[0];
    if (value.parts.length !== 1 || part?.type !== type)
      throw new Error(`${value.physical} has no single part ${type}`);
    return part as Local<T>;
  }
}

/** Operators that cost about as much as a branch that is guessed wrong, and cannot fail. */
const cheapOperators: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=', 'NOT', 'IS NULL', 'IS NOT NULL']);

/** Whether an expression may be computed where it is not asked for: it takes a few instructions, and never fails. */
function isCheap(expression: Expression): boolean {
  if (expression.kind === 'column' || expression.kind === 'literal') return true;
  if (expression.kind !== 'call' || !cheapOperators.has(expression.name)) return false;
  return expression.args.every(({ kind, type }) => {
    const isNumber = physicalOf(type) !== 'bytes' && type.kind !== 'NULL';
    return isNumber && (kind === 'column' || kind === 'literal');
  });
}
