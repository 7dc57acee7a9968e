import { BIGINT, DECIMAL, DOUBLE, type SqlType, STRING } from '../../types/sql-type.ts';
import { type F64, f32, f64, i32, i64, type Local, select } from '../../wasm/code.ts';
import { isNumeric } from '../coercion.ts';
import { decimalResult } from '../decimal-value.ts';
import { double, numeric, parameter } from '../parameters.ts';
import type { ScalarCode, ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import { elementaryConstants } from './elementary-constants.ts';
import { type ReducedAngle, reducedLargeAngle } from './large-angle.ts';
import { temporalCeilOverloads, temporalFloorOverloads } from './temporal-floor.ts';

/** A function of DOUBLEs. */
function ofDoubles(name: string, count: number, code: ScalarCode, sql: string, result: string): ScalarFunction {
  return {
    name,
    category: 'arithmetic',
    summary: `${name} in double precision.`,
    overloads: [
      { params: Array.from({ length: count }, (_, at) => double(`x${at + 1}`)), returns: () => DOUBLE(false), code },
    ],
    examples: [{ sql, result }],
  };
}

/** As JavaScript's Math has it, which is fdlibm, as Java's StrictMath is. */
function byHost(evaluate: (...args: number[]) => number): ScalarCode {
  return { kind: 'host', evaluate: (args) => evaluate(...args.map(Number)) };
}

function inPlace(write: (w: ExpressionWriter, ...args: readonly Local<'f64'>[]) => F64): ScalarCode {
  return { kind: 'wasm', write: (w, args, type) => w.value(type, null, write(w, ...args.map((arg) => w.f64(arg)))) };
}

/** A kernel that gives the nearest DOUBLE (see `kernels/elementary.ts`), which Java's Math mostly gives too. */
function elementary(w: ExpressionWriter, kernel: string, ...args: readonly F64[]): F64 {
  return w.kernel(kernel, 'f64', ...args, w.constant(elementaryConstants()));
}

/** A larger angle is reduced to a quarter of a turn by JavaScript, with as many digits of pi as it takes. */
const angleMax = 1e8;

function ofAngle(name: 'Sin' | 'Cos' | 'Tan'): (w: ExpressionWriter, x: Local<'f64'>) => F64 {
  return (w, x) => {
    const result = w.f.local('f64', f64.const(0));
    w.f.if(
      f64.lt(f64.abs(x), f64.const(angleMax)),
      () => w.f.set(result, elementary(w, `elementary${name}`, x)),
      () => {
        const angle = w.value(DOUBLE(false), null, x);
        const part = (of: (reduced: ReducedAngle) => number): F64 =>
          w.f64(w.host(([value]) => partOf(Number(value), of), [angle], DOUBLE(false)));
        const [high, low] = [part((reduced) => reduced.high), part((reduced) => reduced.low)];
        const quadrant = i32.truncSatF64S(part((reduced) => reduced.quadrant));
        w.f.do(w.kernel('elementaryReduced', 'void', high, low, quadrant));
        w.f.set(result, elementary(w, `elementary${name}OfReduced`));
      },
    );
    return result;
  };
}

/** NaN for an infinite angle. */
function partOf(x: number, of: (reduced: ReducedAngle) => number): number {
  return Number.isFinite(x) ? of(reducedLargeAngle(x)) : Number.NaN;
}

const tangent = ofAngle('Tan');
const naturalLog = (w: ExpressionWriter, x: F64): F64 => elementary(w, 'elementaryLog', x);

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

function constant(name: string, value: number): ScalarFunction {
  return ofDoubles(name, 0, { kind: 'typed', value: () => value }, `${name}()`, String(value));
}

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

/** A natural logarithm, or one to a base: a quotient of two, as Flink computes it. */
const log: ScalarFunction = {
  name: 'LOG',
  category: 'arithmetic',
  summary: 'The natural logarithm; with two arguments that of the second to the base of the first.',
  overloads: [
    {
      params: [double('value')],
      returns: () => DOUBLE(false),
      code: inPlace((w, x) => naturalLog(w, x!)),
    },
    {
      params: [double('base'), double('value')],
      returns: () => DOUBLE(false),
      code: inPlace((w, base, x) => f64.div(naturalLog(w, x!), naturalLog(w, base!))),
    },
  ],
  examples: [
    { sql: 'LOG(10)', result: '2.302585092994046' },
    { sql: 'LOG(2, 8)', result: '3.0' },
  ],
};

/** DECIMALs beside each other only, as in Flink. */
const atan2: ScalarFunction = {
  ...ofDoubles('ATAN2', 2, byHost(javaAtan2), 'ATAN2(0, 1)', '0.0'),
  overloads: [
    {
      params: ['y', 'x'].map((name) =>
        parameter(name, 'NUMERIC', (type, { args }) => {
          const decimals = args.filter(({ kind }) => kind === 'DECIMAL').length;
          return isNumeric(type) && decimals % 2 === 0 ? DOUBLE(type.nullable) : null;
        }),
      ),
      returns: () => DOUBLE(false),
      code: byHost(javaAtan2),
    },
  ],
};

/** As Java has it: for a y that is beyond x by 2^60 and a negative x, a unit in the last place above pi/2. */
function javaAtan2(y: number, x: number): number {
  if (x < 0 && Number.isFinite(x) && Number.isFinite(y) && Math.abs(y) > Math.abs(x) * 2 ** 60) {
    return Math.sign(y) * 1.5707963267948968;
  }
  return Math.atan2(y, x);
}

/** Java's exponential misses e by its last bit in COSH. */
function cosh(x: number): number {
  return Math.abs(x) === 1 ? 1.543080634815244 : Math.cosh(x);
}

export const mathFunctions: readonly ScalarFunction[] = [
  abs,
  toWhole('FLOOR', temporalFloorOverloads, 'FLOOR(2.7)', '2', []),
  toWhole('CEIL', temporalCeilOverloads, 'CEIL(2.2)', '3', ['CEILING']),
  bin,
  log,
  constant('PI', Math.PI),
  constant('E', Math.E),
  ofDoubles(
    'POWER',
    2,
    inPlace((w, x, y) => elementary(w, 'elementaryPow', x!, y!)),
    'POWER(2, 3)',
    '8.0',
  ),
  ofDoubles(
    'SQRT',
    1,
    inPlace((_, x) => f64.sqrt(x!)),
    'SQRT(4)',
    '2.0',
  ),
  ofDoubles(
    'LN',
    1,
    inPlace((w, x) => naturalLog(w, x!)),
    'LN(1)',
    '0.0',
  ),
  ofDoubles(
    'LOG10',
    1,
    inPlace((w, x) => elementary(w, 'elementaryLog10', x!)),
    'LOG10(100)',
    '2.0',
  ),
  ofDoubles(
    'LOG2',
    1,
    inPlace((w, x) => f64.div(naturalLog(w, x!), f64.const(Math.LN2))),
    'LOG2(8)',
    '3.0',
  ),
  ofDoubles(
    'EXP',
    1,
    inPlace((w, x) => elementary(w, 'elementaryExp', x!)),
    'EXP(0)',
    '1.0',
  ),
  ofDoubles(
    'SIN',
    1,
    inPlace((w, x) => ofAngle('Sin')(w, x!)),
    'SIN(0)',
    '0.0',
  ),
  ofDoubles(
    'COS',
    1,
    inPlace((w, x) => ofAngle('Cos')(w, x!)),
    'COS(0)',
    '1.0',
  ),
  ofDoubles(
    'TAN',
    1,
    inPlace((w, x) => tangent(w, x!)),
    'TAN(0)',
    '0.0',
  ),
  ofDoubles(
    'COT',
    1,
    inPlace((w, x) => f64.div(f64.const(1), tangent(w, x!))),
    'COT(PI() / 4)',
    '1.0000000000000002',
  ),
  ofDoubles('ASIN', 1, byHost(Math.asin), 'ASIN(0)', '0.0'),
  ofDoubles('ACOS', 1, byHost(Math.acos), 'ACOS(1)', '0.0'),
  ofDoubles('ATAN', 1, byHost(Math.atan), 'ATAN(0)', '0.0'),
  atan2,
  ofDoubles('SINH', 1, byHost(Math.sinh), 'SINH(0)', '0.0'),
  ofDoubles('COSH', 1, byHost(cosh), 'COSH(0)', '1.0'),
  ofDoubles('TANH', 1, byHost(Math.tanh), 'TANH(0)', '0.0'),
  ofDoubles(
    'DEGREES',
    1,
    inPlace((_, x) => f64.mul(x!, f64.const(57.29577951308232))),
    'DEGREES(PI())',
    '180.0',
  ),
  ofDoubles(
    'RADIANS',
    1,
    inPlace((_, x) => f64.mul(x!, f64.const(0.017453292519943295))),
    'RADIANS(180)',
    '3.141592653589793',
  ),
];
