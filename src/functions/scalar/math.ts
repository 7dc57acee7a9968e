import { BIGINT, DECIMAL, DOUBLE, type SqlType, STRING } from '../../types/sql-type.ts';
import { f32, f64, i32, i64, select } from '../../wasm/code.ts';
import { isNumeric } from '../coercion.ts';
import { decimalResult } from '../decimal-value.ts';
import { double, int, numeric, parameter } from '../parameters.ts';
import type { ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { Value } from '../value.ts';
import { temporalCeilOverloads, temporalFloorOverloads } from './temporal-floor.ts';

/** A function of DOUBLEs that JavaScript's Math has. */
function ofDoubles(
  name: string,
  count: number,
  evaluate: (...args: number[]) => number,
  sql: string,
  result: string,
  aliases: readonly string[] = [],
): ScalarFunction {
  return {
    name,
    aliases,
    category: 'arithmetic',
    summary: `${name} in double precision.`,
    overloads: [
      {
        params: Array.from({ length: count }, (_, at) => double(`x${at + 1}`)),
        returns: () => DOUBLE(false),
        code: { kind: 'host', evaluate: (args) => evaluate(...args.map(Number)) },
      },
    ],
    examples: [{ sql, result }],
  };
}

const abs: ScalarFunction = {
  name: 'ABS',
  category: 'arithmetic',
  summary: 'The value without its sign.',
  overloads: [
    {
      params: [numeric('value')],
      returns: ([value]) => value as SqlType,
      code: {
        kind: 'wasm',
        write: (w, [value], type) => {
          const a = value as Value;
          switch (a.physical) {
            case 'f32':
              return w.value(type, null, f32.abs(w.f32(a)));
            case 'f64':
              return w.value(type, null, f64.abs(w.f64(a)));
            case 'i64': {
              const x = w.i64(a);
              return w.value(type, null, select(i64.ltS(x, i64.const(0n)), i64.sub(i64.const(0n), x), x));
            }
            case 'i128': {
              const [low, high] = w.i128(a);
              const sign = w.f.local('i64', i64.shrS(high, i64.const(63n)));
              // Two's complement: flip the bits and add one where it is negative.
              const flipped = w.f.local('i64', i64.sub(i64.xor(low, sign), sign));
              const carry = i64.and(i64.extendI32U(i64.eqz(flipped)), i64.and(sign, i64.const(1n)));
              return w.value(type, null, flipped, i64.add(i64.xor(high, sign), carry));
            }
            default: {
              const x = w.i32(a);
              return w.value(type, null, select(i32.ltS(x, i32.const(0)), i32.sub(i32.const(0), x), x));
            }
          }
        },
      },
    },
  ],
  examples: [{ sql: 'ABS(-3)', result: '3' }],
};

/** FLOOR and CEIL of numbers; a DECIMAL loses its fraction and its scale. */
function toWhole(
  name: 'FLOOR' | 'CEIL',
  temporal: readonly ScalarOverload[],
  sql: string,
  result: string,
  aliases: readonly string[],
): ScalarFunction {
  const overload: ScalarOverload = {
    params: [numeric('value')],
    returns: ([value]) =>
      value?.kind === 'DECIMAL' ? DECIMAL(value.precision, 0, false) : ({ ...value, nullable: false } as SqlType),
    code: {
      kind: 'wasm',
      write: (w, [value], type) => {
        const a = value as Value;
        if (a.physical === 'f32') return w.value(type, null, (name === 'FLOOR' ? f32.floor : f32.ceil)(w.f32(a)));
        if (a.physical === 'f64') return w.value(type, null, (name === 'FLOOR' ? f64.floor : f64.ceil)(w.f64(a)));
        if (a.type.kind !== 'DECIMAL') return { ...a, type };
        const { scale, precision } = a.type;
        // The cut leaves the scale as it was; the digits behind the point, now 0, are taken off.
        const mode = i32.const(name === 'FLOOR' ? -1 : 1);
        w.f.drop(w.kernel('decimalCut', 'i32', ...w.i128(a), i32.const(scale), mode, i32.const(38), w.resultAddress));
        const cut = [i64.load(w.resultAddress), i64.load(w.resultAddress, { offset: 8 })] as const;
        const [low, high] = cut.map((half) => w.f.local('i64', half));
        if (low === undefined || high === undefined) throw new Error('an i128 has two halves');
        return decimalResult(
          w,
          { ...type, nullable: true } as SqlType,
          w.kernel(
            'decimalRescale',
            'i32',
            low,
            high,
            i32.const(0),
            i32.const(0),
            i32.const(precision),
            w.resultAddress,
          ),
        );
      },
    },
  };
  return {
    name,
    aliases,
    category: 'arithmetic',
    summary: `${name} of a number, or of a time to a unit.`,
    overloads: [overload, ...temporal],
    examples: [{ sql, result }],
  };
}

const sign: ScalarFunction = {
  name: 'SIGN',
  category: 'arithmetic',
  summary: '-1, 0 or 1 in the type of the value.',
  overloads: [
    {
      params: [double('value')],
      returns: () => DOUBLE(false),
      code: { kind: 'host', evaluate: ([value]) => Math.sign(Number(value)) },
    },
  ],
  examples: [{ sql: 'SIGN(CAST(-3 AS DOUBLE))', result: '-1.0' }],
};

/** Half away from zero, as Java's HALF_UP. */
const round: ScalarFunction = {
  name: 'ROUND',
  category: 'arithmetic',
  summary: 'The value rounded half up to so many digits behind the point.',
  overloads: [
    {
      params: [
        parameter('value', 'NUMERIC', (type) => isNumeric(type)),
        { ...int('digits'), optional: true, literal: true },
      ],
      returns: ([value], literals) => roundType(value as SqlType, Number(literals?.[1] ?? 0)),
      code: {
        kind: 'host',
        evaluate: ([value, digits], { argTypes, type }) =>
          rounded(value ?? null, Number(digits ?? 0), argTypes[0] as SqlType, type),
      },
    },
  ],
  examples: [{ sql: 'ROUND(2.345, 2)', result: '2.35' }],
};

function roundType(type: SqlType, digits: number): SqlType {
  if (type.kind !== 'DECIMAL' || digits >= type.scale) return type;
  const { precision, scale } = type;
  if (digits < 0) return DECIMAL(Math.min(38, 1 + precision - scale), 0, type.nullable);
  return DECIMAL(1 + precision - scale + digits, digits, type.nullable);
}

function rounded(value: unknown, digits: number, from: SqlType, to: SqlType): bigint | number {
  if (from.kind === 'DECIMAL' && to.kind === 'DECIMAL') {
    const unscaled = value as bigint;
    const drop = from.scale - digits;
    if (drop <= 0) return unscaled;
    const step = 10n ** BigInt(drop);
    const half = unscaled < 0n ? -step / 2n : step / 2n;
    const quotient = (unscaled + half) / step;
    return digits < 0 ? quotient * 10n ** BigInt(-digits) : quotient;
  }
  if (typeof value === 'bigint') {
    if (digits >= 0) return value;
    const step = 10n ** BigInt(-digits);
    return ((value + (value < 0n ? -step / 2n : step / 2n)) / step) * step;
  }
  const number = Number(value);
  if (!Number.isFinite(number)) return number;
  const [mantissa, exponent = '0'] = Math.abs(number).toString().split('e');
  const shifted = Math.round(Number(`${mantissa}e${Number(exponent) + digits}`));
  const [whole, power = '0'] = shifted.toString().split('e');
  return Math.sign(number) * Number(`${whole}e${Number(power) - digits}`);
}

const constants: readonly ScalarFunction[] = [
  ofDoubles('PI', 0, () => Math.PI, 'PI()', '3.141592653589793'),
  ofDoubles('E', 0, () => Math.E, 'E()', '2.718281828459045'),
];

const bin: ScalarFunction = {
  name: 'BIN',
  category: 'arithmetic',
  summary: 'A whole number in binary digits.',
  overloads: [
    {
      params: [
        parameter('value', 'INTEGER', (type) =>
          ['TINYINT', 'SMALLINT', 'INT', 'BIGINT'].includes(type.kind) ? BIGINT(type.nullable) : null,
        ),
      ],
      returns: () => STRING(false),
      code: { kind: 'host', evaluate: ([value]) => BigInt.asUintN(64, BigInt(value as bigint)).toString(2) },
    },
  ],
  examples: [{ sql: 'BIN(5)', result: '101' }],
};

const random: ScalarFunction = {
  name: 'RAND',
  category: 'arithmetic',
  deterministic: false,
  summary: 'A random DOUBLE in [0, 1).',
  overloads: [
    {
      params: [],
      returns: () => DOUBLE(false),
      code: { kind: 'host', evaluate: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32 },
    },
  ],
  examples: [],
};

const uuid: ScalarFunction = {
  name: 'UUID',
  category: 'string',
  deterministic: false,
  summary: 'A random UUID.',
  overloads: [
    { params: [], returns: () => STRING(false), code: { kind: 'host', evaluate: () => crypto.randomUUID() } },
  ],
  examples: [],
};

export const mathFunctions: readonly ScalarFunction[] = [
  abs,
  toWhole('FLOOR', temporalFloorOverloads, 'FLOOR(2.7)', '2', []),
  toWhole('CEIL', temporalCeilOverloads, 'CEIL(2.2)', '3', ['CEILING']),
  sign,
  round,
  bin,
  random,
  uuid,
  ...constants,
  ofDoubles('POWER', 2, (x, y) => x ** y, 'POWER(2, 3)', '8.0'),
  ofDoubles('SQRT', 1, Math.sqrt, 'SQRT(4)', '2.0'),
  ofDoubles('LN', 1, Math.log, 'LN(1)', '0.0'),
  ofDoubles('LOG10', 1, Math.log10, 'LOG10(100)', '2.0'),
  ofDoubles('LOG2', 1, Math.log2, 'LOG2(8)', '3.0'),
  ofDoubles('EXP', 1, Math.exp, 'EXP(0)', '1.0'),
  ofDoubles('SIN', 1, Math.sin, 'SIN(0)', '0.0'),
  ofDoubles('COS', 1, Math.cos, 'COS(0)', '1.0'),
  ofDoubles('TAN', 1, Math.tan, 'TAN(0)', '0.0'),
  ofDoubles('COT', 1, (x) => 1 / Math.tan(x), 'COT(PI() / 4)', '1.0000000000000002'),
  ofDoubles('ASIN', 1, Math.asin, 'ASIN(0)', '0.0'),
  ofDoubles('ACOS', 1, Math.acos, 'ACOS(1)', '0.0'),
  ofDoubles('ATAN', 1, Math.atan, 'ATAN(0)', '0.0'),
  ofDoubles('ATAN2', 2, Math.atan2, 'ATAN2(0, 1)', '0.0'),
  ofDoubles('SINH', 1, Math.sinh, 'SINH(0)', '0.0'),
  ofDoubles('COSH', 1, Math.cosh, 'COSH(0)', '1.0'),
  ofDoubles('TANH', 1, Math.tanh, 'TANH(0)', '0.0'),
  ofDoubles('DEGREES', 1, (x) => (x * 180) / Math.PI, 'DEGREES(PI())', '180.0'),
  ofDoubles('RADIANS', 1, (x) => (x / 180) * Math.PI, 'RADIANS(180)', '3.141592653589793'),
];
