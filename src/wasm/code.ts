import type { ByteWriter, StoreTracker } from './byte-writer.ts';

/**
 * Typed WebAssembly expressions: `i32.add(row, i32.const(1))` is a value that writes its own instructions.
 *
 * An expression is written where it is used, each time it is used: bind it to a `Local` to compute it once.
 * Statements (stores) are `Code<'void'>`. Source: WebAssembly Core Specification 2.0, section 5.4.
 */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** An expression of type T, or a statement (`void`). */
export interface Code<T extends ValueType | 'void' = ValueType | 'void'> {
  readonly type: T;
  readonly isConstant?: true;
  write(out: ByteWriter): void;
}

export type I32 = Code<'i32'>;
export type I64 = Code<'i64'>;
export type F32 = Code<'f32'>;
export type F64 = Code<'f64'>;
export type V128 = Code<'v128'>;

/** A local variable or parameter; as an expression it is its value. */
export class Local<T extends ValueType = ValueType> implements Code<T> {
  readonly type: T;
  readonly index: number;

  constructor(type: T, index: number) {
    this.type = type;
    this.index = index;
  }

  write(out: ByteWriter): void {
    out.byte(0x20);
    out.u32(this.index);
  }
}

/** A mutable global; as an expression it is its value. */
export class Global<T extends ValueType = ValueType> implements Code<T> {
  readonly type: T;
  readonly index: number;

  constructor(type: T, index: number) {
    this.type = type;
    this.index = index;
  }

  write(out: ByteWriter): void {
    out.byte(0x23);
    out.u32(this.index);
  }
}

interface At {
  /** An immediate offset added to a load's or store's address, in bytes. */
  readonly offset?: number;
}

interface StoreAt extends At {
  /** The place is of no state: of a batch, say, which no snapshot holds. So is every constant address. */
  readonly isPassing?: boolean;
}

type Unary<A extends ValueType, R extends ValueType> = (a: Code<A>) => Code<R>;
type Binary<A extends ValueType, R extends ValueType> = (a: Code<A>, b: Code<A>) => Code<R>;
type Load<R extends ValueType> = (address: I32, at?: At) => Code<R>;
type Store<A extends ValueType> = (address: I32, value: Code<A>, at?: StoreAt) => Code<'void'>;

function code<T extends ValueType | 'void'>(type: T, write: (out: ByteWriter) => void): Code<T> {
  return { type, write };
}

function unary<A extends ValueType, R extends ValueType>(result: R, ...opcode: number[]): Unary<A, R> {
  return (a) =>
    code(result, (out) => {
      a.write(out);
      out.bytes(opcode);
    });
}

function binary<A extends ValueType, R extends ValueType>(result: R, ...opcode: number[]): Binary<A, R> {
  return (a, b) =>
    code(result, (out) => {
      a.write(out);
      b.write(out);
      out.bytes(opcode);
    });
}

// Alignment is a hint only; 0 (any) is always valid.
function load<R extends ValueType>(result: R, ...opcode: number[]): Load<R> {
  return (address, at) =>
    code(result, (out) => {
      address.write(out);
      out.bytes(opcode);
      out.u32(0);
      out.u32(at?.offset ?? 0);
    });
}

function store<A extends ValueType>(width: number, ...opcode: number[]): Store<A> {
  return (address, value, at) =>
    code('void', (out) => {
      if (out.tracker !== null && at?.isPassing !== true && address.isConstant !== true) {
        const offset = at?.offset ?? 0;
        const isMarked = address instanceof Local && out.isMarked(address.index, offset + width);
        if (!isMarked) writeTouch(out, out.tracker, address, offset, width);
      }
      address.write(out);
      value.write(out);
      out.bytes(opcode);
      out.u32(0);
      out.u32(at?.offset ?? 0);
    });
}

/** Marks the page that is about to change, unless it is: `if (marks[address >> shift] != 1) touch(address, width)`. */
function writeTouch(out: ByteWriter, tracker: StoreTracker, address: I32, offset: number, width: number): void {
  const at = offset === 0 ? address : i32.add(address, i32.const(offset));
  const mark = i32.load8U(i32.shrU(at, i32.const(tracker.pageShift)), { offset: tracker.marks });
  i32.ne(mark, i32.const(1)).write(out);
  out.bytes([0x04, 0x40]);
  at.write(out);
  i32.const(width).write(out);
  out.byte(0x10);
  out.relocated(tracker.touch);
  out.byte(0x0b);
}

/** Marks the pages in which so many bytes from an address on begin and end; fewer than a page. */
export function markPages(address: I32, bytes: number): Code<'void'> {
  return code('void', (out) => {
    const { tracker } = out;
    if (tracker === null) return;
    const markOf = (at: I32): I32 => i32.load8U(i32.shrU(at, i32.const(tracker.pageShift)), { offset: tracker.marks });
    const last = i32.add(address, i32.const(bytes - 1));
    // A page that has changed is marked 1, so of two such marks the bits are 1.
    i32.ne(i32.and(markOf(address), markOf(last)), i32.const(1)).write(out);
    out.bytes([0x04, 0x40]);
    address.write(out);
    i32.const(bytes).write(out);
    out.byte(0x10);
    out.relocated(tracker.touch);
    out.byte(0x0b);
  });
}

/** `condition ? a : b`, both evaluated. */
export function select<T extends 'i32' | 'i64' | 'f32' | 'f64'>(condition: I32, a: Code<T>, b: Code<T>): Code<T> {
  return code(a.type, (out) => {
    a.write(out);
    b.write(out);
    condition.write(out);
    out.byte(0x1b);
  });
}

const BLOCK_TYPE: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** `condition ? a : b`, only the taken side evaluated. */
export function ifElse<T extends ValueType>(condition: I32, a: Code<T>, b: Code<T>): Code<T> {
  return code(a.type, (out) => {
    condition.write(out);
    out.byte(0x04);
    out.byte(BLOCK_TYPE[a.type]);
    a.write(out);
    out.byte(0x05);
    b.write(out);
    out.byte(0x0b);
  });
}

/** Copies `length` bytes; the ranges may overlap. */
export function memoryCopy(to: I32, from: I32, length: I32): Code<'void'> {
  return code('void', (out) => {
    to.write(out);
    from.write(out);
    length.write(out);
    out.bytes([0xfc, 10, 0, 0]);
  });
}

export const i32 = {
  const: (value: number): I32 => ({
    type: 'i32',
    isConstant: true,
    write(out) {
      out.byte(0x41);
      out.i32(value);
    },
  }),
  load: load('i32', 0x28),
  load8S: load('i32', 0x2c),
  load8U: load('i32', 0x2d),
  load16S: load('i32', 0x2e),
  load16U: load('i32', 0x2f),
  store: store<'i32'>(4, 0x36),
  store8: store<'i32'>(1, 0x3a),
  store16: store<'i32'>(2, 0x3b),
  eqz: unary<'i32', 'i32'>('i32', 0x45),
  eq: binary<'i32', 'i32'>('i32', 0x46),
  ne: binary<'i32', 'i32'>('i32', 0x47),
  ltS: binary<'i32', 'i32'>('i32', 0x48),
  ltU: binary<'i32', 'i32'>('i32', 0x49),
  gtS: binary<'i32', 'i32'>('i32', 0x4a),
  gtU: binary<'i32', 'i32'>('i32', 0x4b),
  leS: binary<'i32', 'i32'>('i32', 0x4c),
  leU: binary<'i32', 'i32'>('i32', 0x4d),
  geS: binary<'i32', 'i32'>('i32', 0x4e),
  geU: binary<'i32', 'i32'>('i32', 0x4f),
  clz: unary<'i32', 'i32'>('i32', 0x67),
  ctz: unary<'i32', 'i32'>('i32', 0x68),
  popcnt: unary<'i32', 'i32'>('i32', 0x69),
  add: binary<'i32', 'i32'>('i32', 0x6a),
  sub: binary<'i32', 'i32'>('i32', 0x6b),
  mul: binary<'i32', 'i32'>('i32', 0x6c),
  divS: binary<'i32', 'i32'>('i32', 0x6d),
  divU: binary<'i32', 'i32'>('i32', 0x6e),
  remS: binary<'i32', 'i32'>('i32', 0x6f),
  remU: binary<'i32', 'i32'>('i32', 0x70),
  and: binary<'i32', 'i32'>('i32', 0x71),
  or: binary<'i32', 'i32'>('i32', 0x72),
  xor: binary<'i32', 'i32'>('i32', 0x73),
  shl: binary<'i32', 'i32'>('i32', 0x74),
  shrS: binary<'i32', 'i32'>('i32', 0x75),
  shrU: binary<'i32', 'i32'>('i32', 0x76),
  rotl: binary<'i32', 'i32'>('i32', 0x77),
  wrapI64: unary<'i64', 'i32'>('i32', 0xa7),
  extend8S: unary<'i32', 'i32'>('i32', 0xc0),
  extend16S: unary<'i32', 'i32'>('i32', 0xc1),
  truncSatF32S: unary<'f32', 'i32'>('i32', 0xfc, 0),
  truncSatF64S: unary<'f64', 'i32'>('i32', 0xfc, 2),
  reinterpretF32: unary<'f32', 'i32'>('i32', 0xbc),
} as const;

export const i64 = {
  const: (value: bigint): I64 =>
    code('i64', (out) => {
      out.byte(0x42);
      out.i64(value);
    }),
  load: load('i64', 0x29),
  load8S: load('i64', 0x30),
  load8U: load('i64', 0x31),
  load16S: load('i64', 0x32),
  load16U: load('i64', 0x33),
  load32S: load('i64', 0x34),
  load32U: load('i64', 0x35),
  store: store<'i64'>(8, 0x37),
  store32: store<'i64'>(4, 0x3e),
  eqz: unary<'i64', 'i32'>('i32', 0x50),
  eq: binary<'i64', 'i32'>('i32', 0x51),
  ne: binary<'i64', 'i32'>('i32', 0x52),
  ltS: binary<'i64', 'i32'>('i32', 0x53),
  ltU: binary<'i64', 'i32'>('i32', 0x54),
  gtS: binary<'i64', 'i32'>('i32', 0x55),
  gtU: binary<'i64', 'i32'>('i32', 0x56),
  leS: binary<'i64', 'i32'>('i32', 0x57),
  leU: binary<'i64', 'i32'>('i32', 0x58),
  geS: binary<'i64', 'i32'>('i32', 0x59),
  geU: binary<'i64', 'i32'>('i32', 0x5a),
  clz: unary<'i64', 'i64'>('i64', 0x79),
  ctz: unary<'i64', 'i64'>('i64', 0x7a),
  popcnt: unary<'i64', 'i64'>('i64', 0x7b),
  add: binary<'i64', 'i64'>('i64', 0x7c),
  sub: binary<'i64', 'i64'>('i64', 0x7d),
  mul: binary<'i64', 'i64'>('i64', 0x7e),
  divS: binary<'i64', 'i64'>('i64', 0x7f),
  divU: binary<'i64', 'i64'>('i64', 0x80),
  remS: binary<'i64', 'i64'>('i64', 0x81),
  remU: binary<'i64', 'i64'>('i64', 0x82),
  and: binary<'i64', 'i64'>('i64', 0x83),
  or: binary<'i64', 'i64'>('i64', 0x84),
  xor: binary<'i64', 'i64'>('i64', 0x85),
  shl: binary<'i64', 'i64'>('i64', 0x86),
  shrS: binary<'i64', 'i64'>('i64', 0x87),
  shrU: binary<'i64', 'i64'>('i64', 0x88),
  rotl: binary<'i64', 'i64'>('i64', 0x89),
  extendI32S: unary<'i32', 'i64'>('i64', 0xac),
  extendI32U: unary<'i32', 'i64'>('i64', 0xad),
  extend8S: unary<'i64', 'i64'>('i64', 0xc2),
  extend16S: unary<'i64', 'i64'>('i64', 0xc3),
  extend32S: unary<'i64', 'i64'>('i64', 0xc4),
  truncSatF32S: unary<'f32', 'i64'>('i64', 0xfc, 4),
  truncSatF64S: unary<'f64', 'i64'>('i64', 0xfc, 6),
  reinterpretF64: unary<'f64', 'i64'>('i64', 0xbd),
} as const;

export const f32 = {
  const: (value: number): F32 =>
    code('f32', (out) => {
      out.byte(0x43);
      out.f32(value);
    }),
  load: load('f32', 0x2a),
  store: store<'f32'>(4, 0x38),
  eq: binary<'f32', 'i32'>('i32', 0x5b),
  ne: binary<'f32', 'i32'>('i32', 0x5c),
  lt: binary<'f32', 'i32'>('i32', 0x5d),
  gt: binary<'f32', 'i32'>('i32', 0x5e),
  le: binary<'f32', 'i32'>('i32', 0x5f),
  ge: binary<'f32', 'i32'>('i32', 0x60),
  abs: unary<'f32', 'f32'>('f32', 0x8b),
  neg: unary<'f32', 'f32'>('f32', 0x8c),
  ceil: unary<'f32', 'f32'>('f32', 0x8d),
  floor: unary<'f32', 'f32'>('f32', 0x8e),
  trunc: unary<'f32', 'f32'>('f32', 0x8f),
  nearest: unary<'f32', 'f32'>('f32', 0x90),
  sqrt: unary<'f32', 'f32'>('f32', 0x91),
  add: binary<'f32', 'f32'>('f32', 0x92),
  sub: binary<'f32', 'f32'>('f32', 0x93),
  mul: binary<'f32', 'f32'>('f32', 0x94),
  div: binary<'f32', 'f32'>('f32', 0x95),
  min: binary<'f32', 'f32'>('f32', 0x96),
  max: binary<'f32', 'f32'>('f32', 0x97),
  copysign: binary<'f32', 'f32'>('f32', 0x98),
  convertI32S: unary<'i32', 'f32'>('f32', 0xb2),
  convertI64S: unary<'i64', 'f32'>('f32', 0xb4),
  demoteF64: unary<'f64', 'f32'>('f32', 0xb6),
  reinterpretI32: unary<'i32', 'f32'>('f32', 0xbe),
} as const;

export const f64 = {
  const: (value: number): F64 =>
    code('f64', (out) => {
      out.byte(0x44);
      out.f64(value);
    }),
  load: load('f64', 0x2b),
  store: store<'f64'>(8, 0x39),
  eq: binary<'f64', 'i32'>('i32', 0x61),
  ne: binary<'f64', 'i32'>('i32', 0x62),
  lt: binary<'f64', 'i32'>('i32', 0x63),
  gt: binary<'f64', 'i32'>('i32', 0x64),
  le: binary<'f64', 'i32'>('i32', 0x65),
  ge: binary<'f64', 'i32'>('i32', 0x66),
  abs: unary<'f64', 'f64'>('f64', 0x99),
  neg: unary<'f64', 'f64'>('f64', 0x9a),
  ceil: unary<'f64', 'f64'>('f64', 0x9b),
  floor: unary<'f64', 'f64'>('f64', 0x9c),
  trunc: unary<'f64', 'f64'>('f64', 0x9d),
  nearest: unary<'f64', 'f64'>('f64', 0x9e),
  sqrt: unary<'f64', 'f64'>('f64', 0x9f),
  add: binary<'f64', 'f64'>('f64', 0xa0),
  sub: binary<'f64', 'f64'>('f64', 0xa1),
  mul: binary<'f64', 'f64'>('f64', 0xa2),
  div: binary<'f64', 'f64'>('f64', 0xa3),
  min: binary<'f64', 'f64'>('f64', 0xa4),
  max: binary<'f64', 'f64'>('f64', 0xa5),
  copysign: binary<'f64', 'f64'>('f64', 0xa6),
  convertI32S: unary<'i32', 'f64'>('f64', 0xb7),
  convertI32U: unary<'i32', 'f64'>('f64', 0xb8),
  convertI64S: unary<'i64', 'f64'>('f64', 0xb9),
  convertI64U: unary<'i64', 'f64'>('f64', 0xba),
  promoteF32: unary<'f32', 'f64'>('f64', 0xbb),
  reinterpretI64: unary<'i64', 'f64'>('f64', 0xbf),
} as const;

/** The SIMD instructions that byte scanning needs. */
export const v128 = {
  load: load('v128', 0xfd, 0),
  store: store<'v128'>(16, 0xfd, 11),
  any: unary<'v128', 'i32'>('i32', 0xfd, 0x53),
  and: binary<'v128', 'v128'>('v128', 0xfd, 0x4e),
  or: binary<'v128', 'v128'>('v128', 0xfd, 0x50),
  xor: binary<'v128', 'v128'>('v128', 0xfd, 0x51),
  splat8: unary<'i32', 'v128'>('v128', 0xfd, 0x0f),
  eq8: binary<'v128', 'v128'>('v128', 0xfd, 0x23),
  ltS8: binary<'v128', 'v128'>('v128', 0xfd, 0x25),
  ltU8: binary<'v128', 'v128'>('v128', 0xfd, 0x26),
  gtU8: binary<'v128', 'v128'>('v128', 0xfd, 0x28),
  all8: unary<'v128', 'i32'>('i32', 0xfd, 0x63),
  bitmask8: unary<'v128', 'i32'>('i32', 0xfd, 0x64),
  /** Sixteen times the same byte, as a constant. */
  const8: (byte: number): V128 =>
    code('v128', (out) => {
      out.bytes([0xfd, 12]);
      for (let lane = 0; lane < 16; lane++) out.byte(byte);
    }),
} as const;
