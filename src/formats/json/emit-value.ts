import { type I32, type I64, i32, i64, type Local, type V128, v128 } from '../../wasm/code.ts';
import type { FunctionBuilder, Label } from '../../wasm/function-builder.ts';
import { templateMemory } from './template-memory.ts';

/** What the value emitters share: the function in work, the place in the record, and scratch locals. */
export interface ValueContext {
  readonly f: FunctionBuilder;
  /** Where the value starts; the emitters leave it there. */
  readonly p: Local<'i32'>;
  /** Where the emitters say that the value ends. */
  readonly end: Local<'i32'>;
  /** Behind the last record. */
  readonly limit: Local<'i32'>;
  /** Address of the `templateMemory`. */
  readonly memory: number;
  readonly low: Local<'i64'>;
  readonly high: Local<'i64'>;
  readonly digits: Local<'i64'>;
  readonly marks: Local<'i64'>;
  readonly value: Local<'i64'>;
  readonly fraction: Local<'i64'>;
  readonly count: Local<'i64'>;
  readonly found: Local<'i32'>;
  readonly bytes: Local<'v128'>;
  readonly turnedBit: Local<'v128'>;
  readonly textStops: Local<'v128'>;
  readonly backslash: Local<'v128'>;
}

export function valueContext(
  f: FunctionBuilder,
  { p, limit }: { readonly p: Local<'i32'>; readonly limit: Local<'i32'> },
  memory: number,
): ValueContext {
  const vector = (offset: number): Local<'v128'> => f.hoisted(v128.load(i32.const(memory), { offset }));
  return {
    f,
    p,
    end: f.local('i32'),
    limit,
    memory,
    low: f.local('i64'),
    high: f.local('i64'),
    digits: f.local('i64'),
    marks: f.local('i64'),
    value: f.local('i64'),
    fraction: f.local('i64'),
    count: f.local('i64'),
    found: f.local('i32'),
    bytes: f.local('v128'),
    turnedBit: vector(templateMemory.turnedBit),
    textStops: vector(templateMemory.textStops),
    backslash: vector(templateMemory.backslash),
  };
}

const zeros = 0x3030303030303030n;

/**
 * The number of eight digits, the first in the low byte; leading zero bytes are leading zeros.
 * Source: D. Lemire, "Quickly parsing eight digits" (2018).
 */
function eightDigits(digits: I64, scratch: Local<'i64'>, f: FunctionBuilder): I64 {
  // Pairs: each even byte becomes 10 a + b.
  f.set(scratch, i64.add(i64.mul(digits, i64.const(10n)), i64.shrU(digits, i64.const(8n))));
  const mask = i64.const(0x000000ff000000ffn);
  return i64.shrU(
    i64.add(
      i64.mul(i64.and(scratch, mask), i64.const(100n + (1_000_000n << 32n))),
      i64.mul(i64.and(i64.shrU(scratch, i64.const(16n)), mask), i64.const(1n + (10_000n << 32n))),
    ),
    i64.const(32n),
  );
}

/** Loads eight bytes at `address + offset` and marks those that are no digits by their high bits. */
function markDigits({ f, digits, marks }: ValueContext, address: I32, offset: number): void {
  f.set(digits, i64.xor(i64.load(address, { offset }), i64.const(zeros)));
  f.set(
    marks,
    i64.and(
      i64.or(i64.add(digits, i64.const(0x7676767676767676n)), digits),
      i64.const(BigInt.asIntN(64, 0x8080808080808080n)),
    ),
  );
}

/** Bits of the digits before the first mark: 8 a digit. */
function digitBits(c: ValueContext): I64 {
  return i64.and(i64.ctz(c.marks), i64.const(0x38n));
}

/** `digits` with what follows them cut off, moved to the top. */
function cutDigits(c: ValueContext): I64 {
  return i64.shl(c.digits, i64.sub(i64.const(64n), c.count));
}

/** `value` with so many more digits behind it as `count` says. */
function appendDigits(c: ValueContext): void {
  const { f, digits, value, count, fraction } = c;
  f.set(digits, cutDigits(c));
  const rest = eightDigits(digits, fraction, f);
  const power = i64.load(i32.wrapI64(count), { offset: c.memory + templateMemory.powers });
  f.set(value, i64.add(i64.mul(value, power), rest));
}

function bytesOf(count: I64): I32 {
  return i32.wrapI64(i64.shrU(count, i64.const(3n)));
}

/** Whether a 0 and another digit begin `digits`: in the two highest bytes they are less than 10. */
function hasLeadingZero({ digits }: ValueContext): I32 {
  const swapped = i32.rotl(i32.shl(i32.wrapI64(digits), i32.const(16)), i32.const(8));
  return i32.ltU(swapped, i32.const(10));
}

/**
 * A whole number of up to 15 digits into `value`. To `slow` for all else: a sign, a leading zero, more digits, another
 * value. Whether the number goes on behind the digits is for the caller to see (`isNumberByte`).
 */
export function wholeNumber(c: ValueContext, slow: Label): void {
  const { f, p, end, digits, marks, value, count, fraction } = c;
  markDigits(c, p, 0);
  f.brIf(slow, hasLeadingZero(c));
  f.if(
    i64.eqz(marks),
    () => {
      f.set(value, eightDigits(digits, fraction, f));
      markDigits(c, p, 8);
      f.brIf(slow, i64.eqz(marks));
      f.set(count, digitBits(c));
      f.if(i64.ne(count, i64.const(0n)), () => appendDigits(c));
      f.set(end, i32.add(i32.add(p, i32.const(8)), bytesOf(count)));
    },
    () => {
      f.set(count, digitBits(c));
      f.brIf(slow, i64.eqz(count));
      f.set(digits, cutDigits(c));
      f.set(value, eightDigits(digits, fraction, f));
      f.set(end, i32.add(p, bytesOf(count)));
    },
  );
}

/** As `wholeNumber`, for one of up to seven digits that nothing reads: its end alone. */
export function skipWholeNumber(c: ValueContext, slow: Label): void {
  const { f, p, end, marks, count } = c;
  markDigits(c, p, 0);
  f.brIf(slow, hasLeadingZero(c));
  f.brIf(slow, i64.eqz(marks));
  f.set(count, digitBits(c));
  f.brIf(slow, i64.eqz(count));
  f.set(end, i32.add(p, bytesOf(count)));
}

/**
 * A number `d{1,7}[.d{1,7}]` into `value` (digits without the point) and `count` (8 times the digits behind it). To
 * `slow` for all else; an exponent is for the caller to see (`isNumberByte`).
 */
export function pointNumber(c: ValueContext, slow: Label): void {
  const { f, end, digits, marks, value, count, fraction } = c;
  skipWholeNumber(c, slow);
  f.set(digits, cutDigits(c));
  f.set(value, eightDigits(digits, fraction, f));
  f.set(count, i64.const(0n));
  f.if(i32.eq(i32.load8U(end), i32.const(0x2e)), () => {
    markDigits(c, end, 1);
    f.brIf(slow, i64.eqz(marks));
    f.set(count, digitBits(c));
    f.brIf(slow, i64.eqz(count));
    appendDigits(c);
    f.set(end, i32.add(i32.add(end, i32.const(1)), bytesOf(count)));
  });
}

/** Whether a byte goes on with a number: a point or an exponent; digits have been taken. */
export function isNumberByte(byte: I32): I32 {
  return i32.or(i32.eq(byte, i32.const(0x2e)), i32.eq(i32.or(byte, i32.const(0x20)), i32.const(0x65)));
}

/**
 * Sets `end` to the first byte of the string at `p` that is not plain: its closing quote, or an escape, a control
 * character or a byte that is not ASCII, which is for the caller to see. A record's line feed is a control character: no
 * scan goes beyond it. To `slow` for what is no string.
 */
export function findQuote(c: ValueContext, slow: Label): void {
  const { f, p, end, limit, found, marks, bytes } = c;
  f.brIf(slow, i32.ne(i32.load8U(p), i32.const(0x22)));
  f.set(end, i32.add(p, i32.const(1)));
  const look = (offset: number): I32 => {
    f.set(bytes, v128.load(end, { offset }));
    return v128.bitmask8(textStops(c));
  };
  f.block((leave) => {
    f.block((leaveNear) => {
      f.loop((again) => {
        f.set(found, look(0));
        f.brIf(leaveNear, found);
        f.set(end, i32.add(end, i32.const(16)));
        f.brIf(again, i32.gtU(i32.add(end, i32.const(64)), limit));
        // Where a longer text ends is not to be foreseen: in 64 bytes there is no branch.
        f.loop((farther) => {
          for (const at of [0, 16, 32, 48]) {
            const here = i64.shl(i64.extendI32U(look(at)), i64.const(BigInt(at)));
            f.set(marks, at === 0 ? here : i64.or(marks, here));
          }
          f.set(end, i32.add(end, i32.wrapI64(i64.ctz(marks))));
          f.brIf(leave, i64.ne(marks, i64.const(0n)));
          f.brIf(farther, i32.leU(i32.add(end, i32.const(64)), limit));
        });
        f.br(again);
      });
    });
    f.set(end, i32.add(end, i32.ctz(found)));
  });
}

/**
 * Marks of the `bytes` that end a plain text. With its second bit turned, a quote is the greatest of them but for the
 * backslash: the others are control characters and, as signed bytes, all that is not ASCII.
 */
function textStops({ bytes, turnedBit, textStops: stops, backslash }: ValueContext): V128 {
  return v128.or(v128.ltS8(v128.xor(bytes, turnedBit), stops), v128.eq8(bytes, backslash));
}

/** Compares the bytes at an address with constants, eight at a time; to `miss` when they are others. */
export function literal(f: FunctionBuilder, address: Local<'i32'>, bytes: Uint8Array, miss: Label): void {
  const view = Buffer.from(bytes);
  const eight = (offset: number): void =>
    f.brIf(miss, i64.ne(i64.load(address, { offset }), i64.const(view.readBigInt64LE(offset))));
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) eight(at);
  const rest = bytes.length - at;
  if (rest > 0 && bytes.length >= 8) eight(bytes.length - 8);
  else if (rest > 0) {
    const padded = Buffer.alloc(8);
    view.copy(padded);
    const mask = (1n << BigInt(rest * 8)) - 1n;
    f.brIf(miss, i64.ne(i64.and(i64.load(address), i64.const(mask)), i64.const(padded.readBigInt64LE())));
  }
}
