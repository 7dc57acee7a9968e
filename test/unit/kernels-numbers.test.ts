import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Memory } from '../../src/memory/memory.ts';
import { javaFloatText } from '../../src/types/java-float-text.ts';

// The kernels of numbers against BigInt and JavaScript's own conversions, which round correctly.
const memory = Memory.create();
const at = memory.alloc(256);
const result = memory.alloc(16);
type Kernel = (...args: (number | bigint)[]) => number;
const kernels = memory.exports as unknown as Readonly<Record<string, Kernel>>;

function kernel(name: string, ...args: (number | bigint)[]): number {
  const found = kernels[name];
  if (found === undefined) throw new Error(`no kernel ${name}`);
  return found(...args);
}

function halves(value: bigint): [bigint, bigint] {
  return [BigInt.asIntN(64, value), BigInt.asIntN(64, value >> 64n)];
}

function result128(): bigint {
  const view = new DataView(memory.wasm.buffer);
  return view.getBigUint64(result, true) | (view.getBigInt64(result + 8, true) << 64n);
}

function putText(text: string): number {
  const bytes = new TextEncoder().encode(text);
  memory.u8.set(bytes, at);
  return bytes.length;
}

function getText(length: number): string {
  return new TextDecoder().decode(memory.u8.slice(at, at + length));
}

const pow = (n: number): bigint => 10n ** BigInt(n);
const abs = (n: bigint): bigint => (n < 0n ? -n : n);

/** n / d, half away from zero. */
function halfUp(n: bigint, d: bigint): bigint {
  const q = (2n * abs(n) + abs(d)) / (2n * abs(d));
  return n < 0n !== d < 0n ? -q : q;
}

/** Decimals of every length of digits, not only long ones. */
const decimal = fc
  .tuple(fc.integer({ min: 0, max: 38 }), fc.bigInt({ min: -(pow(38) - 1n), max: pow(38) - 1n }))
  .map(([drop, value]) => value / pow(drop));

function check(status: number, exact: bigint, precision: number): void {
  if (abs(exact) >= pow(precision)) expect(status).toBe(0);
  else {
    expect(status).toBe(1);
    expect(result128()).toBe(exact);
  }
}

describe('decimals', () => {
  const scale = fc.integer({ min: 0, max: 38 });
  const precision = fc.integer({ min: 1, max: 38 });

  test('addition is exact and rounds half up once', () => {
    fc.assert(
      fc.property(
        decimal,
        decimal,
        scale,
        fc.boolean(),
        fc.integer({ min: 0, max: 20 }),
        precision,
        (a, b, up, left, drop, digits) => {
          const aUp = left ? up : 0;
          const bUp = left ? 0 : up;
          const status = kernel('decimalAdd', ...halves(a), aUp, ...halves(b), bUp, drop, digits, result);
          check(status, halfUp(a * pow(aUp) + b * pow(bUp), pow(drop)), digits);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('multiplication is exact and rounds half up once', () => {
    fc.assert(
      fc.property(decimal, decimal, fc.integer({ min: 0, max: 76 }), precision, (a, b, drop, digits) => {
        check(
          kernel('decimalMultiply', ...halves(a), ...halves(b), drop, digits, result),
          halfUp(a * b, pow(drop)),
          digits,
        );
      }),
      { numRuns: 3000 },
    );
  });

  test('division rounds half up', () => {
    fc.assert(
      fc.property(decimal, decimal, fc.integer({ min: 0, max: 76 }), precision, (a, b, shift, digits) => {
        const status = kernel('decimalDivide', ...halves(a), ...halves(b), shift, digits, result);
        if (b === 0n) expect(status).toBe(2);
        else check(status, halfUp(a * pow(shift), b), digits);
      }),
      { numRuns: 5000 },
    );
  });

  test('the remainder has the sign of the dividend', () => {
    fc.assert(
      fc.property(decimal, decimal, scale, fc.boolean(), (a, b, up, left) => {
        const aUp = left ? up : 0;
        const bUp = left ? 0 : up;
        const status = kernel('decimalModulo', ...halves(a), aUp, ...halves(b), bUp, 38, result);
        if (b === 0n) expect(status).toBe(2);
        else check(status, (a * pow(aUp)) % (b * pow(bUp)), 38);
      }),
      { numRuns: 3000 },
    );
  });

  test('comparison aligns the scales', () => {
    fc.assert(
      fc.property(decimal, decimal, scale, scale, (a, b, aUp, bUp) => {
        const difference = a * pow(aUp) - b * pow(bUp);
        expect(kernel('decimalCompare', ...halves(a), aUp, ...halves(b), bUp)).toBe(
          difference < 0n ? -1 : difference > 0n ? 1 : 0,
        );
        expect(kernel('decimalCompare', ...halves(a), aUp, ...halves(a), aUp)).toBe(0);
      }),
    );
  });

  test('rescaling, cutting, floor and ceiling', () => {
    fc.assert(
      fc.property(decimal, scale, precision, (a, digits, most) => {
        check(kernel('decimalRescale', ...halves(a), 0, digits, most, result), halfUp(a, pow(digits)), most);
        check(kernel('decimalRescale', ...halves(a), digits, 0, most, result), a * pow(digits), most);
        const cut = a / pow(digits);
        const rest = a % pow(digits);
        check(kernel('decimalCut', ...halves(a), digits, 0, most, result), cut, most);
        check(kernel('decimalCut', ...halves(a), digits, -1, most, result), rest < 0n ? cut - 1n : cut, most);
        check(kernel('decimalCut', ...halves(a), digits, 1, most, result), rest > 0n ? cut + 1n : cut, most);
      }),
      { numRuns: 2000 },
    );
  });

  test('text goes there and back', () => {
    fc.assert(
      fc.property(decimal, scale, (a, digits) => {
        const length = kernel('decimalFormat', ...halves(a), digits, at);
        const plain = abs(a)
          .toString()
          .padStart(digits + 1, '0');
        const point = plain.length - digits;
        const text = (a < 0n ? '-' : '') + plain.slice(0, point) + (digits > 0 ? `.${plain.slice(point)}` : '');
        expect(getText(length)).toBe(text);
        check(kernel('decimalParse', at, length, 38, digits, result), a, 38);
      }),
      { numRuns: 2000 },
    );
  });

  test('text with more digits than the scale rounds half up', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -pow(60), max: pow(60) }),
        fc.integer({ min: 0, max: 60 }),
        scale,
        precision,
        (digits, places, to, most) => {
          const plain = abs(digits)
            .toString()
            .padStart(places + 1, '0');
          const point = plain.length - places;
          const length = putText(`${digits < 0n ? '-' : ''}${plain.slice(0, point)}.${plain.slice(point)}`);
          check(kernel('decimalParse', at, length, most, to, result), halfUp(digits * pow(to), pow(places)), most);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['1e2', 5, 2, 10000n],
    ['1E-2', 5, 2, 1n],
    ['.5', 5, 2, 50n],
    ['5.', 5, 2, 500n],
    ['+5', 5, 2, 500n],
    ['-0', 5, 2, 0n],
    ['1e-400', 5, 2, 0n],
    ['0e99999999', 5, 2, 0n],
  ])('%s as DECIMAL(%i, %i)', (text, precision, scale, unscaled) => {
    expect(kernel('decimalParse', at, putText(text), precision, scale, result)).toBe(1);
    expect(result128()).toBe(unscaled);
  });

  test.each([
    ['1000', 0],
    ['1e400', 0],
    ['', 2],
    ['-', 2],
    ['.', 2],
    ['e', 2],
    ['1e', 2],
    ['1x', 2],
    ['1.2.3', 2],
    ['NaN', 2],
  ])('%s is no DECIMAL(5, 2)', (text, status) => {
    expect(kernel('decimalParse', at, putText(text), 5, 2, result)).toBe(status);
  });

  test('to and from doubles as through text', () => {
    fc.assert(
      fc.property(decimal, scale, fc.double({ noNaN: true }), (a, digits, x) => {
        const toF64 = memory.exports.decimalToF64 as (low: bigint, high: bigint, scale: number) => number;
        expect(toF64(...halves(a), digits)).toBe(Number(`${a}e-${digits}`));
        if (!Number.isFinite(x)) {
          expect(kernel('decimalFromF64', x, 38, digits, result)).toBe(2);
          return;
        }
        const [mantissa = '0', exponent = '0'] = javaFloatText(x, false).split('E');
        const [whole = '0', fraction = ''] = mantissa.split('.');
        const power = Number(exponent) - fraction.length + digits;
        const unscaled = BigInt(whole + fraction);
        const exact = power >= 0 ? unscaled * pow(Math.min(power, 400)) : halfUp(unscaled, pow(Math.min(-power, 400)));
        check(kernel('decimalFromF64', x, 38, digits, result), exact, 38);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('whole numbers', () => {
  test('text goes there and back', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.integer({ min: 0, max: 63 }),
        (value, shift) => {
          const n = value >> BigInt(shift);
          const length = kernel('numberFormatI64', at, n);
          expect(getText(length)).toBe(n.toString());
          expect(kernel('numberParseI64', at, length, result)).toBe(1);
          expect(BigInt.asIntN(64, result128())).toBe(n);
        },
      ),
    );
  });

  test.each([
    ['9223372036854775808', 2],
    ['-9223372036854775809', 2],
    ['99999999999999999999', 2],
    ['-9223372036854775808', 1],
    ['0000000000000000000000000001', 1],
    ['', 0],
    ['-', 0],
    ['1.5', 0],
    ['1e3', 0],
    ['99999999999999999999x', 0],
  ])('%s: status %i', (text, status) => {
    expect(kernel('numberParseI64', at, putText(text), result)).toBe(status);
  });

  test.each([
    [' 12 ', 1, 12n],
    ['1.9', 1, 1n],
    ['-1.9', 1, -1n],
    ['1.', 1, 1n],
    ['.5', 1, 0n],
    ['-2147483648', 1, -2147483648n],
    ['2147483648', 4, null],
    ['99999999999999999999999', 4, null],
    ['', 2, null],
    ['   ', 2, null],
    ['-', 3, null],
    ['1 2', 0, null],
    ['1.x', 0, null],
    ['\t1', 0, null],
  ])('CAST of "%s" to INT: status %i', (text, status, value) => {
    expect(kernel('numberCastI64', at, putText(text), -2147483648n, 2147483647n, result)).toBe(status);
    if (value !== null) expect(BigInt.asIntN(64, result128())).toBe(value);
  });
});

const anyDouble = fc.oneof(
  fc.double(),
  fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((bits) => new Float64Array(new BigUint64Array([bits]).buffer)[0] ?? 0),
  fc
    .tuple(fc.integer({ min: -99999, max: 99999 }), fc.integer({ min: -30, max: 30 }))
    .map(([n, e]) => Number(`${n}e${e}`)),
);

describe('floats', () => {
  test('a DOUBLE is written so that it reads back, the same with and without memory', () => {
    fc.assert(
      fc.property(anyDouble, (x) => {
        const length = kernel('floatFormatF64', at, x);
        expect(getText(length)).toBe(javaFloatText(x, false));
        if (Number.isFinite(x)) {
          expect(kernel('numberParseF64', at, length, result)).toBe(1);
          expect(memory.f64[result / 8]).toBe(x);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  test('a FLOAT is written so that it reads back, the same with and without memory', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (x) => {
        const text = getText(kernel('floatFormatF32', at, x));
        expect(text).toBe(javaFloatText(x, true));
        expect(Math.fround(Number(text))).toBe(x);
      }),
      { numRuns: 20_000 },
    );
  });

  // The digests are of the texts that Java 17 made of the same 20,000 numbers, a line each.
  test('20,000 DOUBLEs and FLOATs are written as Java writes them', () => {
    let state = 1n;
    const bits = new DataView(new ArrayBuffer(8));
    const next = (): bigint => {
      state = BigInt.asIntN(64, state * 6364136223846793005n + 1442695040888963407n);
      bits.setBigInt64(0, state);
      return state;
    };
    const doubles = createHash('sha256');
    for (let at20k = 0; at20k < 20_000; at20k++) {
      const drawn = next();
      const kinds = [bits.getFloat64(0), Number(drawn >> 40n) / 1000, Number(drawn >> 2n)];
      doubles.update(`${getText(kernel('floatFormatF64', at, kinds[at20k % 3]!))}\n`);
    }
    expect(doubles.digest('hex')).toBe('ded345d741adfbcf9acb8b61e00322594384755ee974aa72658767794718e9a4');
    const floats = createHash('sha256');
    for (let at20k = 0; at20k < 20_000; at20k++) {
      next();
      const drawn = bits.getInt32(0);
      const kinds = [bits.getFloat32(0), Math.fround((drawn >> 12) / 100), Math.fround(drawn)];
      floats.update(`${getText(kernel('floatFormatF32', at, kinds[at20k % 3]!))}\n`);
    }
    expect(floats.digest('hex')).toBe('274af01734c77317b6508eb9010bff5c44ecb1f2afd0eb3766247f9e69a84cf8');
  });

  test.each([
    [4.9e-324, '4.9E-324'],
    [1e-323, '1.0E-323'],
    [2e23, '1.9999999999999998E23'],
    [1.7976931348623157e308, '1.7976931348623157E308'],
    [2.2250738585072014e-308, '2.2250738585072014E-308'],
    [9007199254740992, '9.007199254740992E15'],
    [72057594037927936, '7.2057594037927936E16'],
    [1e23, '9.999999999999999E22'],
    [9999999, '9999999.0'],
    [0.001, '0.001'],
    [0.0001, '1.0E-4'],
    [100, '100.0'],
  ])('%d is written %s', (x, text) => {
    expect(getText(kernel('floatFormatF64', at, x))).toBe(text);
  });

  test('a DOUBLE is rounded and cut by the digits of its text', () => {
    const round = memory.exports.roundF64 as (value: number, places: number, cut: number) => number;
    const value = fc.oneof(
      anyDouble,
      fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 1000),
    );
    fc.assert(
      fc.property(value, fc.integer({ min: -20, max: 20 }), fc.boolean(), (x, places, cut) => {
        fc.pre(Number.isFinite(x) && x !== 0);
        const [mantissa = '', exponent = '0'] = javaFloatText(Math.abs(x), false).split('E');
        const [whole = '', fraction = ''] = mantissa.split('.');
        const power = Number(exponent) - fraction.length + places;
        const unscaled = BigInt(whole + fraction);
        const unit = pow(Math.min(Math.max(-power, 0), 400));
        const kept = power >= 0 ? null : cut ? unscaled / unit : halfUp(unscaled, unit);
        const rounded = kept === null ? Math.abs(x) : Number(`${kept}e${-places}`);
        expect(round(x, places, cut ? 1 : 0)).toBe(rounded === 0 ? 0 : Math.sign(x) * rounded);
      }),
      { numRuns: 10_000 },
    );
  });

  test('text of any length is read to the nearest DOUBLE and FLOAT', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        digits,
        fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 40 }),
        fc.integer({ min: -400, max: 400 }),
        (whole, fraction, power) => {
          const text = `${whole}.${fraction}e${power}`;
          expect(kernel('numberParseF64', at, putText(text), result)).toBe(1);
          expect(memory.f64[result / 8]).toBe(Number(text));
        },
      ),
      { numRuns: 10_000 },
    );
  });

  test('the text of a point between two DOUBLEs goes to the even one, and just beside it to the nearer', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n - 2n }),
        fc.integer({ min: -1130, max: 900 }),
        (mantissa, power) => {
          // (2 m + 1) * 2^(power - 1), written out exactly.
          const odd = 2n * mantissa + 1n;
          const text = power >= 1 ? `${odd << BigInt(power - 1)}` : `${odd * 5n ** BigInt(1 - power)}e${power - 1}`;
          for (const beside of [text, text.replace('e', '.0001e'), text.replace(/5(e|$)/, '4$1')]) {
            const place = memory.alloc(beside.length);
            memory.u8.set(new TextEncoder().encode(beside), place);
            expect(kernel('numberParseF64', place, beside.length, result)).toBe(1);
            expect(memory.f64[result / 8]).toBe(Number(beside));
            memory.free(place);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a FLOAT is rounded once', () => {
    const read = (text: string): number => {
      expect(kernel('numberParseF32', at, putText(text), result)).toBe(1);
      return memory.f32[result / 4] ?? Number.NaN;
    };
    // Halfway between two floats, and a little above: a double in between would lose the little.
    expect(read('1.00000005960464477539062500000000000001')).toBe(Math.fround(1.0000001192092896));
    expect(read('1.000000059604644775390625')).toBe(1);
    expect(read('1.000000178813934326171875')).toBe(Math.fround(1.0000002384185791));
    expect(read('1e-45')).toBe(1.401298464324817e-45);
    expect(read('7.006492321624085e-46')).toBe(0);
    expect(read('7.006492321624086e-46')).toBe(1.401298464324817e-45);
    expect(read('3.4028236e38')).toBe(Number.POSITIVE_INFINITY);
    expect(read('3.4028235e38')).toBe(3.4028234663852886e38);
    expect(read('0.1')).toBe(Math.fround(0.1));
  });

  test.each([
    [' 1.5 ', 1, 1.5],
    ['1.5d', 1, 1.5],
    ['1.5F', 1, 1.5],
    ['NaN', 1, Number.NaN],
    ['-Infinity', 1, Number.NEGATIVE_INFINITY],
    ['+Infinity', 1, Number.POSITIVE_INFINITY],
    ['0x1p3', 1, 8],
    ['0x1.8p-1', 1, 0.75],
    ['-0X.8P1f', 1, -1],
    ['0x1.fffffffffffff8p0', 1, 2],
    ['1e400', 1, Number.POSITIVE_INFINITY],
    ['-0', 1, -0],
    ['nan', 0, 0],
    ['INF', 0, 0],
    ['x', 0, 0],
    ['1,5', 0, 0],
    ['d', 0, 0],
    ['0x', 0, 0],
    ['0x1', 0, 0],
    ['1e', 0, 0],
    ['', 2, 0],
    ['  ', 2, 0],
  ])('CAST of "%s" to DOUBLE: status %i', (text, status, value) => {
    expect(kernel('numberCastF64', at, putText(text), 1, result)).toBe(status);
    if (status === 1) expect(memory.f64[result / 8]).toBe(value);
  });
});
