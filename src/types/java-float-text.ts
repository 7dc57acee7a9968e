/** Java's Double.toString and Float.toString: `1.0`, `1.0E10` from 10^7 and `1.0E-4` below 10^-3. */
export function javaFloatText(value: number, single: boolean): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const sign = value < 0 ? '-' : '';
  const { digits, pointAt } = javaDigits(value, single);
  if (pointAt > 7 || pointAt <= -3) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${pointAt - 1}`;
  if (pointAt <= 0) return `${sign}0.${'0'.repeat(-pointAt)}${digits}`;
  return `${sign}${digits.slice(0, pointAt).padEnd(pointAt, '0')}.${digits.slice(pointAt) || '0'}`;
}

/** Significant digits and the place of the point: 0.ddd * 10^pointAt. */
interface Digits {
  readonly digits: string;
  readonly pointAt: number;
}

const view = new DataView(new ArrayBuffer(8));

/**
 * The digits of Java's Double.toString (or Float.toString, `single`) up to JDK 18, which Flink 2.2 runs on. The same
 * as `kernels/java-digits.ts`, for where there is no memory. The value is neither zero, infinite nor NaN.
 */
function javaDigits(value: number, single: boolean): Digits {
  const { f, exponent, ownBits } = single ? partsOfFloat(value) : partsOfDouble(value);
  let tailZeros = 0;
  while (((f >> BigInt(tailZeros)) & 1n) === 0n) tailZeros++;
  const bits = 53 - tailZeros;
  const behind = Math.max(0, bits - exponent - 1);
  if (behind === 0 && exponent <= 62) {
    return wholeDigits(
      exponent >= 52 ? f << BigInt(exponent - 52) : f >> BigInt(52 - exponent),
      exponent - ownBits - 1,
    );
  }
  view.setBigUint64(0, 0x3ff0000000000000n | (f & 0xfffffffffffffn));
  const mantissa = view.getFloat64(0);
  const k = Math.floor((mantissa - 1.5) * 0.289529654 + 0.176091259 + exponent * 0.301029995663981);
  const b5 = Math.max(0, -k);
  const s5 = Math.max(0, k);
  let b2 = b5 + behind + exponent;
  let s2 = s5 + behind;
  let m2 = b2 - ownBits;
  b2 -= bits - 1;
  const common = Math.min(b2, s2);
  b2 -= common;
  s2 -= common;
  m2 -= common + (bits === 1 ? 1 : 0);
  if (m2 < 0) {
    b2 -= m2;
    s2 -= m2;
    m2 = 0;
  }
  const most = Math.max(bits + b2 + fiveBits(b5), s2 + 1 + fiveBits(s5 + 1));
  return fractionDigits({
    k,
    b: (f >> BigInt(tailZeros)) * 5n ** BigInt(b5) * 2n ** BigInt(b2),
    s: 5n ** BigInt(s5) * 2n ** BigInt(s2),
    half: 5n ** BigInt(b5) * 2n ** BigInt(m2),
    width: most < 32 ? 32 : most < 64 ? 64 : null,
  });
}

/** The significand with bit 52 set, the exponent of its first bit, and how many bits are the number's own. */
function partsOfDouble(value: number) {
  view.setFloat64(0, value);
  const fraction = view.getBigUint64(0) & 0xfffffffffffffn;
  const exponent = (view.getUint16(0) >> 4) & 0x7ff;
  if (exponent !== 0) return { f: fraction | 0x10000000000000n, exponent: exponent - 1023, ownBits: 53 };
  const length = fraction.toString(2).length;
  return { f: fraction << BigInt(53 - length), exponent: length - 53 - 1022, ownBits: length };
}

function partsOfFloat(value: number) {
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const fraction = bits & 0x7fffff;
  const exponent = (bits >>> 23) & 0xff;
  if (exponent !== 0) return { f: BigInt(fraction | 0x800000) << 29n, exponent: exponent - 127, ownBits: 24 };
  const length = 32 - Math.clz32(fraction);
  return { f: BigInt(fraction) << BigInt(53 - length), exponent: length - 24 - 126, ownBits: length };
}

function fiveBits(power: number): number {
  return power === 0 ? 0 : power < 27 ? (5n ** BigInt(power)).toString(2).length : power * 3;
}

/** Digits that 2^n holds beyond a number's precision, n 0..63. */
const insignificantDigits = '0000111222333344455566667778889999aaabbbccccdddeeeffffggghhhiiij'
  .split('')
  .map((digit) => Number.parseInt(digit, 20));

function wholeDigits(value: bigint, excessBits: number): Digits {
  const dropped = excessBits > 1 ? (insignificantDigits[excessBits] ?? 0) : 0;
  const unit = 10n ** BigInt(dropped);
  const kept = value / unit + (dropped > 0 && value % unit >= unit / 2n ? 1n : 0n);
  const digits = kept.toString();
  return { digits: digits.replace(/0+$/, ''), pointAt: digits.length + dropped };
}

function fractionDigits(start: {
  readonly k: number;
  readonly b: bigint;
  readonly s: bigint;
  readonly half: bigint;
  /** Bits of Java's arithmetic: an M, and a sum with it, may leave them. Null where they do not. */
  readonly width: 32 | 64 | null;
}): Digits {
  const { s, width } = start;
  const tens = s * 10n;
  const wrapped = (value: bigint): bigint => (width === null ? value : BigInt.asIntN(width, value));
  let { b, k: power } = start;
  let m = wrapped(start.half);
  let digits = 0n;
  let count = 0;
  // A sum that is just ten stops the digits only among the wide numbers.
  const isHigh = (): boolean => (width === null ? b + m >= tens : wrapped(b + m) > tens);
  let q = b / s;
  b = 10n * (b % s);
  m = wrapped(m * 10n);
  let low = b < m;
  let high = isHigh();
  if (q === 0n && !high) {
    power--;
  } else {
    digits = q;
    count = 1;
  }
  // The form with an exponent has two digits at least.
  if (power < -3 || power >= 8) {
    low = false;
    high = false;
  }
  while (!low && !high) {
    q = b / s;
    b = 10n * (b % s);
    m = wrapped(m * 10n);
    // An M that became negative is beyond all others.
    low = m <= 0n || b < m;
    high = m <= 0n || isHigh();
    digits = digits * 10n + q;
    count++;
  }
  const rest = wrapped(2n * b - tens);
  if (high && (!low || rest > 0n || (rest === 0n && digits % 2n === 1n))) digits++;
  const text = digits.toString();
  return { digits: text.replace(/0+$/, ''), pointAt: power + 1 + text.length - count };
}
