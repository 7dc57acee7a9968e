import { physicalOf, timestampUnitsPerSecond } from '../../types/physical.ts';
import { f32, f64, i32, i64, type Local } from '../../wasm/code.ts';
import { call, type FunctionBuilder, type FunctionRef, type Label } from '../../wasm/function-builder.ts';
import type { BlockLayout } from '../column-block.ts';
import { type FieldNode, fieldKinds } from '../field-tree.ts';
import { decoderOption } from '../record-struct.ts';
import { type RememberedTime, rememberedTime, type TimestampForm, timestamp } from './emit-timestamp.ts';
import {
  findQuote,
  isNumberByte,
  literal,
  pointNumber,
  skipWholeNumber,
  type ValueContext,
  valueContext,
  wholeNumber,
} from './emit-value.ts';
import type { TemplateValue, ValueForm } from './template.ts';
import { lengthsMax, templateMemory } from './template-memory.ts';

/** Where values go, and what is done with those that are not plain. */
export interface ValueTarget {
  readonly layout: BlockLayout;
  /** Bits of `decoderOption`. */
  readonly options: number;
  /** A record with an object where a template has NULL is taken for one of another form, which may be learnt. */
  readonly learnsGroups: boolean;
  /** Address of the `templateMemory`. */
  readonly memory: number;
}

export interface ValueKernels {
  readonly field: FunctionRef<'i32'>;
  readonly skip: FunctionRef<'i32'>;
  readonly day: FunctionRef<'i32'>;
}

export interface RecordLocals {
  readonly struct: Local<'i32'>;
  readonly base: Local<'i32'>;
  readonly p: Local<'i32'>;
  /** Behind the last record. */
  readonly limit: Local<'i32'>;
  readonly row: Local<'i32'>;
}

/**
 * What tells that a value's plain form has ended where its code says so: the closing quote; no byte that a number goes on
 * with; or nothing, since it can end nowhere else.
 */
type Ending = 'quote' | 'number' | 'certain';

const nullWord = 0x6c6c756e;
const quote = 0x22;

/** Writes the code that reads one value into its column, or over it, and compares the bytes behind it. */
export class ValueWriter {
  readonly #f: FunctionBuilder;
  readonly #target: ValueTarget;
  readonly #kernels: ValueKernels;
  readonly #locals: RecordLocals;
  readonly #context: ValueContext;
  /** `base + row * width`, by width, for the widths that columns have. */
  readonly #places = new Map<number, Local<'i32'>>();
  readonly #times = new Map<FieldNode, RememberedTime>();
  /** Numbers whose lengths are kept. */
  #lengths = 0;

  constructor(f: FunctionBuilder, target: ValueTarget, kernels: ValueKernels, locals: RecordLocals) {
    this.#f = f;
    this.#target = target;
    this.#kernels = kernels;
    this.#locals = locals;
    this.#context = valueContext(f, locals, target.memory);
    for (const width of [1, 2, 4, 8, 16]) this.#places.set(width, f.local('i32'));
  }

  /** Before the loop over records: what a field keeps from one to the next. */
  prepare(field: FieldNode): void {
    const isTime = field.kind === fieldKinds.timestamp || field.kind === fieldKinds.timestampLtz;
    if (isTime && !this.#times.has(field))
      this.#times.set(field, rememberedTime(this.#f, this.#timeForm(field).separator));
  }

  startRow(): void {
    const { base, row } = this.#locals;
    for (const [width, place] of this.#places) {
      this.#f.set(place, i32.add(base, i32.shl(row, i32.const(Math.log2(width)))));
    }
  }

  freshRow(): void {
    const { base, row } = this.#locals;
    for (const { validity } of this.#target.layout.columns) {
      if (validity !== 0) this.#f.do(i32.store8(i32.add(base, row), i32.const(1), { offset: validity }));
    }
  }

  place(width: number): Local<'i32'> {
    const place = this.#places.get(width);
    if (place === undefined) throw new Error(`no column is ${width} bytes wide`);
    return place;
  }

  /**
   * Reads the value at `p`, which is left behind it, and compares the bytes that follow. These tell at once whether a
   * plain value ended there; only when they are others is it asked whether the value goes on, for the kernels to read,
   * or the record has another form.
   */
  value(value: TemplateValue, miss: Label): void {
    const f = this.#f;
    const { p } = this.#locals;
    const { behind } = value;
    const ending = endingOf(value);
    if (ending === null) {
      this.#slow(value, miss);
      return;
    }
    f.block((done) => {
      f.block((slow) => {
        f.block((unlike) => {
          this.#plain(value, slow);
          if (ending === 'number') this.#guessEnd();
          const { end } = this.#context;
          const closing = ending === 'quote' ? [quote] : [];
          literal(f, end, Uint8Array.from([...closing, ...behind]), ending === 'certain' ? miss : unlike);
          f.set(p, i32.add(end, i32.const(closing.length)));
          f.br(done);
        });
        const byte = i32.load8U(this.#context.end);
        if (ending === 'quote') f.brIf(miss, i32.eq(byte, i32.const(quote)));
        if (ending === 'number') f.brIf(miss, i32.eqz(isNumberByte(byte)));
      });
      this.#slow(value, miss);
    });
  }

  /**
   * A number most often is as long as it was last time. With that taken for its end where it is the same, the processor
   * goes on with what follows before it has found the digits' end.
   */
  #guessEnd(): void {
    if (this.#lengths === lengthsMax) return;
    const f = this.#f;
    const { p } = this.#locals;
    const { end, found } = this.#context;
    const last = { offset: this.#target.memory + templateMemory.lengths + 4 * this.#lengths++ };
    f.set(found, i32.load(i32.const(0), last));
    f.if(
      i32.eq(i32.sub(end, p), found),
      () => f.set(end, i32.add(p, found)),
      () => f.do(i32.store(i32.const(0), i32.sub(end, p), last)),
    );
  }

  /** A value that is not plain, and the bytes behind it. */
  #slow({ field, behind }: TemplateValue, miss: Label): void {
    const f = this.#f;
    const { p, struct, row } = this.#locals;
    const { skip, field: read } = this.#kernels;
    const byKernel = (): void => {
      if (field !== null && isGroup(field) && this.#target.learnsGroups) {
        f.br(miss);
        return;
      }
      f.set(p, field === null ? call(skip, p) : call(read, struct, i32.const(field.address), p, row));
      f.brIf(miss, i32.eqz(p));
    };
    if (field === null || field.alias !== null) byKernel();
    else {
      const isNull = i32.eq(i32.load(p), i32.const(nullWord));
      const takeNull = (): void => {
        this.storeNull(field, miss);
        f.set(p, i32.add(p, i32.const(4)));
      };
      f.if(isNull, takeNull, byKernel);
    }
    literal(f, p, behind, miss);
  }

  /** NULL for all columns of a field; one that is NOT NULL is for the general way to refuse. */
  storeNull(field: FieldNode, miss: Label): void {
    if (field.column !== null) {
      const column = this.#target.layout.columns[field.column];
      if (column === undefined || column.validity === 0) {
        this.#f.br(miss);
        return;
      }
      this.#storeZero(field, column.values);
      this.#f.do(
        i32.store8(this.place(1), i32.const(0), { offset: column.validity }),
        i32.store(this.#locals.base, i32.const(1), { offset: column.nullSeen }),
      );
    } else {
      for (const child of field.children) this.storeNull(child, miss);
    }
    if (field.alias !== null) this.storeNull(field.alias, miss);
  }

  #storeZero(field: FieldNode, offset: number): void {
    const physical = field.type === null ? 'i64' : physicalOf(field.type);
    switch (physical) {
      case 'bool':
      case 'i8':
        this.#f.do(i32.store8(this.place(1), i32.const(0), { offset }));
        break;
      case 'i16':
        this.#f.do(i32.store16(this.place(2), i32.const(0), { offset }));
        break;
      case 'i32':
      case 'f32':
        this.#f.do(i32.store(this.place(4), i32.const(0), { offset }));
        break;
      case 'i64':
      case 'f64':
      case 'bytes':
        this.#f.do(i64.store(this.place(8), i64.const(0n), { offset }));
        break;
      case 'i128':
        this.#f.do(
          i64.store(this.place(16), i64.const(0n), { offset }),
          i64.store(this.place(16), i64.const(0n), { offset: offset + 8 }),
        );
        break;
    }
  }

  /** The plain form of a value, up to its end; to `slow` for all else. */
  #plain({ field, form }: TemplateValue, slow: Label): void {
    if (field === null) {
      this.#over(form, slow);
      return;
    }
    const column = field.column === null ? undefined : this.#target.layout.columns[field.column];
    const offset = { offset: column?.values ?? 0 };
    switch (field.kind) {
      case fieldKinds.tinyint:
      case fieldKinds.smallint:
      case fieldKinds.int:
      case fieldKinds.bigint:
        this.#whole(field.kind, offset, slow);
        break;
      case fieldKinds.float:
      case fieldKinds.double:
        this.#point(field.kind, offset, slow);
        break;
      case fieldKinds.boolean:
        this.#boolean(offset, slow);
        break;
      case fieldKinds.text:
        this.#text(offset, slow);
        break;
      default:
        timestamp(this.#context, slow, this.#time(field), this.#timeForm(field));
        this.#f.do(i64.store(this.place(8), this.#context.value, offset));
    }
  }

  /** Over a value that nothing reads. */
  #over(form: ValueForm, slow: Label): void {
    const f = this.#f;
    const { p } = this.#locals;
    switch (form) {
      case 'string':
        findQuote(this.#context, slow);
        break;
      case 'number':
        skipWholeNumber(this.#context, slow);
        break;
      case 'other':
        f.brIf(slow, i32.ne(i32.load(p), i32.const(nullWord)));
        f.set(this.#context.end, i32.add(p, i32.const(4)));
        break;
    }
  }

  #whole(kind: number, offset: Offset, slow: Label): void {
    const f = this.#f;
    const { value } = this.#context;
    wholeNumber(this.#context, slow);
    const most = kind === fieldKinds.tinyint ? 127n : kind === fieldKinds.smallint ? 32_767n : 2_147_483_647n;
    if (kind !== fieldKinds.bigint) f.brIf(slow, i64.gtU(value, i64.const(most)));
    switch (kind) {
      case fieldKinds.tinyint:
        f.do(i32.store8(this.place(1), i32.wrapI64(value), offset));
        break;
      case fieldKinds.smallint:
        f.do(i32.store16(this.place(2), i32.wrapI64(value), offset));
        break;
      case fieldKinds.int:
        f.do(i32.store(this.place(4), i32.wrapI64(value), offset));
        break;
      default:
        f.do(i64.store(this.place(8), value, offset));
    }
  }

  #point(kind: number, offset: Offset, slow: Label): void {
    const f = this.#f;
    const { value, count, memory } = this.#context;
    pointNumber(this.#context, slow);
    const power = i64.load(i32.wrapI64(count), { offset: memory + templateMemory.powers });
    // Both are exact, so their quotient is rounded once. (Clinger 1990)
    if (kind === fieldKinds.double) {
      f.do(f64.store(this.place(8), f64.div(f64.convertI64S(value), f64.convertI64S(power)), offset));
      return;
    }
    // A FLOAT would be rounded twice, but for numbers of up to 24 bits.
    f.brIf(slow, i64.gtU(value, i64.const(0xffffffn)));
    f.do(f32.store(this.place(4), f32.div(f32.convertI64S(value), f32.convertI64S(power)), offset));
  }

  #boolean(offset: Offset, slow: Label): void {
    const f = this.#f;
    const { p } = this.#locals;
    const { end } = this.#context;
    f.if(
      i32.eq(i32.load(p), i32.const(0x65757274)),
      () => {
        f.do(i32.store8(this.place(1), i32.const(1), offset));
        f.set(end, i32.add(p, i32.const(4)));
      },
      () => {
        f.brIf(slow, i32.ne(i32.load(p, { offset: 1 }), i32.const(0x65736c61)));
        f.brIf(slow, i32.ne(i32.load8U(p), i32.const(0x66)));
        f.do(i32.store8(this.place(1), i32.const(0), offset));
        f.set(end, i32.add(p, i32.const(5)));
      },
    );
  }

  #text(offset: Offset, slow: Label): void {
    const { end } = this.#context;
    findQuote(this.#context, slow);
    // Address and length in one store.
    const from = i32.add(this.#locals.p, i32.const(1));
    const view = i64.or(i64.extendI32U(from), i64.shl(i64.extendI32U(i32.sub(end, from)), i64.const(32n)));
    this.#f.do(i64.store(this.place(8), view, offset));
  }

  #timeForm(field: FieldNode): TimestampForm {
    const precision = precisionOf(field);
    const isIso = (this.#target.options & decoderOption.iso) !== 0;
    const isZulu = field.kind === fieldKinds.timestampLtz;
    return {
      separator: isIso ? 0x54 : 0x20,
      isZulu,
      isStrict: isIso && !isZulu,
      unitsPerSecond: timestampUnitsPerSecond(precision),
      keepsMillis: precision >= 3,
      dayOf: (address, strict) => call(this.#kernels.day, address, strict),
    };
  }

  #time(field: FieldNode): RememberedTime {
    const time = this.#times.get(field);
    if (time === undefined) throw new Error(`no time is kept for ${field.key}`);
    return time;
  }
}

interface Offset {
  readonly offset: number;
}

function isGroup({ kind, alias }: FieldNode): boolean {
  return kind === fieldKinds.group && alias === null;
}

function precisionOf({ type }: FieldNode): number {
  return type !== null && 'precision' in type ? type.precision : 9;
}

/** Null for a value that has no plain form. */
function endingOf({ field, form }: TemplateValue): Ending | null {
  if (field === null) return form === 'string' ? 'quote' : form === 'number' ? 'number' : 'certain';
  if (field.alias !== null) return null;
  switch (field.kind) {
    case fieldKinds.tinyint:
    case fieldKinds.smallint:
    case fieldKinds.int:
    case fieldKinds.bigint:
    case fieldKinds.float:
    case fieldKinds.double:
      return 'number';
    case fieldKinds.boolean:
      return 'certain';
    case fieldKinds.text:
      return 'quote';
    case fieldKinds.timestamp:
    case fieldKinds.timestampLtz:
      return precisionOf(field) > 6 ? null : 'quote';
    default:
      return null;
  }
}
