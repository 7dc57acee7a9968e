import { type Code, type I32, type I64, i32, i64, type Local, v128 } from '../../wasm/code.ts';
import type { FunctionBuilder, Label } from '../../wasm/function-builder.ts';

/** What the value emitters share: the function in work, the place in the record, and scratch locals. */
export interface ValueContext {
  readonly f: FunctionBuilder;
  /** Where the value starts; the emitters leave it behind the value. */
  readonly p: Local<'i32'>;
  /** Address of 10^0 .. 10^7 as i64s. */
  readonly powers: number;
  readonly word: Local<'i64'>;
  readonly digits: Local<'i64'>;
  readonly marks: Local<'i64'>;
  readonly value: Local<'i64'>;
  readonly fraction: Local<'i64'>;
  readonly count: Local<'i64'>;
  readonly length: Local<'i32'>;
  readonly scan: Local<'i32'>;
  readonly found: Local<'i32'>;
  readonly bytes: Local<'v128'>;
}

export function valueContext(f: FunctionBuilder, p: Local<'i32'>, powers: number): ValueContext {
  return {
    f,
    p,
    powers,
    word: f.local('i64'),
    digits: f.local('i64'),
    marks: f.local('i64'),
    value: f.local('i64'),
    fraction: f.local('i64'),
    count: f.local('i64'),
    length: f.local('i32'),
    scan: f.local('i32'),
    found: f.local('i32'),
    bytes: f.local('v128'),
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

/** Loads eight bytes at `p + offset` and marks those that are no digits by their high bits. */
function markDigits(c: ValueContext, offset: number): void {
  const { f, p, word, digits, marks } = c;
  f.set(word, i64.load(p, { offset }));
  f.set(digits, i64.xor(word, i64.const(zeros)));
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

/**
 * A whole number of up to 15 digits into `value`, its length into `length`. To `slow` for all else: a sign, a leading
 * zero, more digits, another value. What follows the digits is for the next literal to refuse.
 */
export function wholeNumber(c: ValueContext, slow: Label): void {
  const { f, p, word, digits, marks, value, count, length, fraction } = c;
  markDigits(c, 0);
  f.if(
    i64.eqz(marks),
    () => {
      f.brIf(slow, i32.eq(i32.load8U(p), i32.const(0x30)));
      f.set(value, eightDigits(digits, fraction, f));
      markDigits(c, 8);
      f.brIf(slow, i64.eqz(marks));
      f.set(count, digitBits(c));
      f.if(i64.ne(count, i64.const(0n)), () => {
        f.set(digits, cutDigits(c));
        const rest = eightDigits(digits, fraction, f);
        f.set(value, i64.add(i64.mul(value, i64.load(i32.wrapI64(count), { offset: c.powers })), rest));
      });
      f.set(length, i32.add(i32.const(8), i32.wrapI64(i64.shrU(count, i64.const(3n)))));
    },
    () => {
      f.set(count, digitBits(c));
      f.brIf(slow, i64.eqz(count));
      f.brIf(slow, i32.and(i64.gtU(count, i64.const(8n)), i64.eq(i64.and(word, i64.const(0xffn)), i64.const(0x30n))));
      f.set(digits, cutDigits(c));
      f.set(value, eightDigits(digits, fraction, f));
      f.set(length, i32.wrapI64(i64.shrU(count, i64.const(3n))));
    },
  );
}

/** As `wholeNumber`, for a number that nothing reads: its length alone. */
export function skipWholeNumber(c: ValueContext, slow: Label): void {
  const { f, word, marks, count, length } = c;
  markDigits(c, 0);
  f.brIf(slow, i64.eqz(marks));
  f.set(count, digitBits(c));
  f.brIf(slow, i64.eqz(count));
  f.brIf(slow, i32.and(i64.gtU(count, i64.const(8n)), i64.eq(i64.and(word, i64.const(0xffn)), i64.const(0x30n))));
  f.set(length, i32.wrapI64(i64.shrU(count, i64.const(3n))));
}

/**
 * A number `d{1,7}[.d{1,7}]` into `value` (digits without the point) and `count` (8 times the digits behind it), its
 * length into `length`. To `slow` for all else.
 */
export function pointNumber(c: ValueContext, slow: Label): void {
  const { f, p, digits, marks, value, count, length, fraction, scan } = c;
  skipWholeNumber(c, slow);
  f.set(digits, cutDigits(c));
  f.set(value, eightDigits(digits, fraction, f));
  f.set(count, i64.const(0n));
  f.set(scan, i32.add(p, length));
  f.if(i32.eq(i32.load8U(scan), i32.const(0x2e)), () => {
    f.set(c.word, i64.load(scan, { offset: 1 }));
    f.set(digits, i64.xor(c.word, i64.const(zeros)));
    f.set(
      marks,
      i64.and(
        i64.or(i64.add(digits, i64.const(0x7676767676767676n)), digits),
        i64.const(BigInt.asIntN(64, 0x8080808080808080n)),
      ),
    );
    f.brIf(slow, i64.eqz(marks));
    f.set(count, digitBits(c));
    f.brIf(slow, i64.eqz(count));
    f.set(digits, cutDigits(c));
    const rest = eightDigits(digits, fraction, f);
    f.set(value, i64.add(i64.mul(value, i64.load(i32.wrapI64(count), { offset: c.powers })), rest));
    f.set(length, i32.add(i32.add(length, i32.const(1)), i32.wrapI64(i64.shrU(count, i64.const(3n)))));
  });
  // An exponent is for the general way.
  f.brIf(slow, i32.eq(i32.or(i32.load8U(i32.add(p, length)), i32.const(0x20)), i32.const(0x65)));
}

/**
 * Sets `scan` to the closing quote of the string at `p`. To `slow` for what is no string, and for one with an escape, a
 * control character or a byte that is not ASCII. A record's line feed is a control character: no scan goes beyond it.
 * Rounds of 32 and 64 bytes were tried, to guess the end right more often, and gave nothing.
 */
export function findQuote(c: ValueContext, slow: Label): void {
  const { f, p, scan, found, bytes } = c;
  f.brIf(slow, i32.ne(i32.load8U(p), i32.const(0x22)));
  f.set(scan, i32.add(p, i32.const(1)));
  f.block((leave) => {
    f.loop((again) => {
      f.set(bytes, v128.load(scan));
      // With its second bit turned, a quote is the greatest of what ends a text: the others are control characters and,
      // as signed bytes, all that is not ASCII.
      f.set(
        found,
        v128.bitmask8(
          v128.or(v128.ltS8(v128.xor(bytes, v128.const8(0x02)), v128.const8(0x21)), v128.eq8(bytes, v128.const8(0x5c))),
        ),
      );
      f.brIf(leave, found);
      f.set(scan, i32.add(scan, i32.const(16)));
      f.br(again);
    });
  });
  f.set(scan, i32.add(scan, i32.ctz(found)));
  f.brIf(slow, i32.ne(i32.load8U(scan), i32.const(0x22)));
}

/** The day that a time column met last, in locals: most rows have it again. */
export interface RememberedDay {
  /** The first eight bytes of its text, and the next two with the separator. */
  readonly low: Local<'i64'>;
  readonly high: Local<'i32'>;
  /** In units of the column. */
  readonly start: Local<'i64'>;
}

export interface TimestampForm {
  /** 0x20 or 0x54. */
  readonly separator: number;
  /** A `Z` behind the clock. */
  readonly isZulu: boolean;
  /** The day must exist. */
  readonly isStrict: boolean;
  readonly unitsPerSecond: number;
  /** Fractions of three digits are kept as they are. */
  readonly keepsMillis: boolean;
}

/**
 * `"yyyy-MM-dd HH:mm:ss[.fff]"` into `value`; `p` is left at the text's end. To `slow` (with `p` as it was) for another
 * form. `dayOf` gives the days since 1970 of a text, the least i32 for none.
 */
export function timestamp(
  c: ValueContext,
  slow: Label,
  day: RememberedDay,
  form: TimestampForm,
  dayOf: (address: I32, strict: I32) => Code<'i32'>,
): void {
  const { f, p, word, digits, value, found, length } = c;
  f.brIf(slow, i32.ne(i32.load8U(p), i32.const(0x22)));
  // Bytes 9 to 11 behind the quote: the day of the month and the separator.
  f.set(word, i64.load(p, { offset: 1 }));
  f.set(found, i32.and(i32.load(p, { offset: 9 }), i32.const(0xffffff)));
  f.if(i32.or(i64.ne(word, day.low), i32.ne(found, day.high)), () => {
    f.brIf(slow, i32.ne(i32.shrU(found, i32.const(16)), i32.const(form.separator)));
    f.set(length, dayOf(i32.add(p, i32.const(1)), i32.const(form.isStrict ? 1 : 0)));
    f.brIf(slow, i32.eq(length, i32.const(-2147483648)));
    f.set(day.low, word);
    f.set(day.high, found);
    f.set(day.start, i64.mul(i64.extendI32S(length), i64.const(86_400n * BigInt(form.unitsPerSecond))));
  });
  // HH:mm:ss: digits at bytes 0 1 3 4 6 7, colons at 2 and 5.
  f.set(digits, i64.sub(i64.load(p, { offset: 12 }), i64.const(0x30303a30303a3030n)));
  f.brIf(
    slow,
    i64.ne(
      i64.or(
        i64.and(
          i64.or(digits, i64.add(digits, i64.const(0x0606000606000606n))),
          i64.const(BigInt.asIntN(64, 0xf0f0f0f0f0f0f0f0n)),
        ),
        i64.and(digits, i64.const(0x0000ff0000ff0000n)),
      ),
      i64.const(0n),
    ),
  );
  // Bytes 0, 3 and 6 become 10 a + b.
  f.set(digits, i64.add(i64.mul(digits, i64.const(10n)), i64.shrU(digits, i64.const(8n))));
  const part = (shift: bigint): I64 => i64.and(i64.shrU(digits, i64.const(shift)), i64.const(0xffn));
  f.brIf(
    slow,
    i32.or(
      i64.gtU(part(0n), i64.const(23n)),
      i32.or(i64.gtU(part(24n), i64.const(59n)), i64.gtU(part(48n), i64.const(59n))),
    ),
  );
  f.set(
    value,
    i64.add(
      day.start,
      i64.mul(
        i64.add(i64.add(i64.mul(part(0n), i64.const(3600n)), i64.mul(part(24n), i64.const(60n))), part(48n)),
        i64.const(BigInt(form.unitsPerSecond)),
      ),
    ),
  );
  // The end: ["] or ["Z] reversed in memory order, with three digits of a fraction before it.
  const ending = form.isZulu ? 0x225a : 0x22;
  const endBytes = form.isZulu ? 2 : 1;
  const end = (offset: number): I32 => (form.isZulu ? i32.load16U(p, { offset }) : i32.load8U(p, { offset }));
  f.if(
    i32.eq(end(20), i32.const(ending)),
    () => f.set(length, i32.const(20 + endBytes)),
    () => {
      f.brIf(slow, i32.ne(i32.load8U(p, { offset: 20 }), i32.const(0x2e)));
      if (!form.keepsMillis) {
        f.br(slow);
        return;
      }
      f.set(found, i32.sub(i32.load(p, { offset: 21 }), i32.const(0x303030)));
      f.brIf(slow, i32.and(i32.or(found, i32.add(found, i32.const(0x060606))), i32.const(0xf0f0f0)));
      f.brIf(slow, i32.ne(end(24), i32.const(ending)));
      const digit = (shift: number, scale: number): I32 =>
        i32.mul(i32.and(i32.shrU(found, i32.const(shift)), i32.const(15)), i32.const(scale));
      const millis = i32.add(i32.add(digit(0, 100), digit(8, 10)), digit(16, 1));
      f.set(value, i64.add(value, i64.mul(i64.extendI32U(millis), i64.const(BigInt(form.unitsPerSecond / 1000)))));
      f.set(length, i32.const(24 + endBytes));
    },
  );
  f.set(p, i32.add(p, length));
}
