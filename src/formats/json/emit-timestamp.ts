import { type Code, type I32, type I64, i32, i64, type Local } from '../../wasm/code.ts';
import type { FunctionBuilder, Label } from '../../wasm/function-builder.ts';
import type { ValueContext } from './emit-value.ts';

/**
 * The minute and the day that a time column met last, in locals: the next row most often has the same minute, and if
 * not, the same day.
 */
export interface RememberedTime {
  /** The first eight bytes of its text: `yyyy-MM-` and a digit more. */
  readonly low: Local<'i64'>;
  /** The next eight: up to the minute. */
  readonly high: Local<'i64'>;
  /** Where the minute and the day begin, in units of the column. */
  readonly minuteStart: Local<'i64'>;
  readonly dayStart: Local<'i64'>;
}

/** At first the minute that time began with. */
export function rememberedTime(f: FunctionBuilder, separator: number): RememberedTime {
  const text = Buffer.from(`1970-01-01${String.fromCharCode(separator)}00:00`);
  return {
    low: f.local('i64', i64.const(text.readBigInt64LE(0))),
    high: f.local('i64', i64.const(text.readBigInt64LE(8))),
    minuteStart: f.local('i64', i64.const(0n)),
    dayStart: f.local('i64', i64.const(0n)),
  };
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
  /** Gives the days since 1970 of a text, the least i32 for none. */
  readonly dayOf: (address: I32, strict: I32) => Code<'i32'>;
}

/**
 * `"yyyy-MM-dd HH:mm:ss[.fff]"` into `value`. `end` is left behind the clock, or its Z, where the closing quote is for the
 * caller to see. To `slow` for another form.
 */
export function timestamp(c: ValueContext, slow: Label, time: RememberedTime, form: TimestampForm): void {
  const { f, p, low, high } = c;
  f.brIf(slow, i32.ne(i32.load8U(p), i32.const(0x22)));
  f.set(low, i64.load(p, { offset: 1 }));
  f.set(high, i64.load(p, { offset: 9 }));
  f.block((done) => {
    if (form.keepsMillis) {
      f.block((other) => {
        f.brIf(other, i64.ne(i64.or(i64.xor(low, time.low), i64.xor(high, time.high)), i64.const(0n)));
        secondsAndMillis(c, other, time, form);
        f.br(done);
      });
    }
    dayAndClock(c, slow, time, form);
    fraction(c, slow, form);
  });
}

/** `:ss.fff` behind the minute that is remembered, in eight bytes with the Z or the quote; to `other` for another form. */
function secondsAndMillis(
  { f, p, end, digits, value }: ValueContext,
  other: Label,
  { minuteStart }: RememberedTime,
  { isZulu, unitsPerSecond }: TimestampForm,
): void {
  // Digits become 0 to 9, what stands between them 0.
  f.set(digits, i64.xor(i64.load(p, { offset: 17 }), i64.const(isZulu ? 0x5a3030302e30303an : 0x003030302e30303an)));
  // The second's first digit is 5 at most.
  const tooHigh = i64.add(digits, i64.const(0x0006060600060a00n));
  const refused = BigInt.asIntN(64, isZulu ? 0xfff0f0f0fff0f0ffn : 0x00f0f0f0fff0f0ffn);
  f.brIf(other, i64.ne(i64.and(i64.or(digits, tooHigh), i64.const(refused)), i64.const(0n)));
  // The second, the first digit of the fraction, and the other two, each in 16 bits; then ms at bit 32.
  f.set(digits, i64.shrU(digits, i64.const(8n)));
  f.set(digits, i64.add(i64.mul(digits, i64.const(10n)), i64.shrU(digits, i64.const(8n))));
  f.set(digits, i64.mul(i64.and(digits, i64.const(0x00ff00ff00ffn)), i64.const((1000n << 32n) + (100n << 16n) + 1n)));
  const millis = i64.and(i64.shrU(digits, i64.const(32n)), i64.const(0xffffn));
  f.set(value, i64.add(minuteStart, units(millis, unitsPerSecond / 1000)));
  f.set(end, i32.add(p, i32.const(isZulu ? 25 : 24)));
}

/** `yyyy-MM-dd HH:mm:ss`: its minute is remembered from now on. */
function dayAndClock(c: ValueContext, slow: Label, time: RememberedTime, form: TimestampForm): void {
  const { f, p, low, high, digits, value, count, found } = c;
  const second = BigInt(form.unitsPerSecond);
  f.set(count, time.dayStart);
  // Of the bytes from the ninth on, the day of the month and the separator.
  const isOtherDay = i64.ne(i64.and(i64.xor(high, time.high), i64.const(0xffffffn)), i64.const(0n));
  f.if(i32.or(i64.ne(low, time.low), isOtherDay), () => {
    f.brIf(slow, i32.ne(i32.load8U(p, { offset: 11 }), i32.const(form.separator)));
    f.set(found, form.dayOf(i32.add(p, i32.const(1)), i32.const(form.isStrict ? 1 : 0)));
    f.brIf(slow, i32.eq(found, i32.const(-2147483648)));
    f.set(count, i64.mul(i64.extendI32S(found), i64.const(86_400n * second)));
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
  f.set(time.low, low);
  f.set(time.high, high);
  f.set(time.dayStart, count);
  const minutes = i64.add(i64.mul(part(0n), i64.const(60n)), part(24n));
  f.set(time.minuteStart, i64.add(count, i64.mul(minutes, i64.const(60n * second))));
  f.set(value, i64.add(time.minuteStart, i64.mul(part(48n), i64.const(second))));
}

/** What stands behind the seconds: nothing, or three digits of a fraction. */
function fraction({ f, p, end, value, found }: ValueContext, slow: Label, form: TimestampForm): void {
  const { isZulu, keepsMillis, unitsPerSecond } = form;
  const isLast = (offset: number): I32 => i32.eq(i32.load8U(p, { offset }), i32.const(isZulu ? 0x5a : 0x22));
  const behind = (offset: number): I32 => i32.add(p, i32.const(offset + (isZulu ? 1 : 0)));
  f.if(
    isLast(20),
    () => f.set(end, behind(20)),
    () => {
      if (!keepsMillis) {
        f.br(slow);
        return;
      }
      f.brIf(slow, i32.ne(i32.load8U(p, { offset: 20 }), i32.const(0x2e)));
      f.set(found, i32.sub(i32.load(p, { offset: 21 }), i32.const(0x303030)));
      f.brIf(slow, i32.and(i32.or(found, i32.add(found, i32.const(0x060606))), i32.const(0xf0f0f0)));
      f.brIf(slow, i32.eqz(isLast(24)));
      const digit = (shift: number, scale: number): I32 =>
        i32.mul(i32.and(i32.shrU(found, i32.const(shift)), i32.const(15)), i32.const(scale));
      const millis = i32.add(i32.add(digit(0, 100), digit(8, 10)), digit(16, 1));
      f.set(value, i64.add(value, units(i64.extendI32U(millis), unitsPerSecond / 1000)));
      f.set(end, behind(24));
    },
  );
}

function units(millis: I64, unitsPerMilli: number): I64 {
  return unitsPerMilli === 1 ? millis : i64.mul(millis, i64.const(BigInt(unitsPerMilli)));
}
