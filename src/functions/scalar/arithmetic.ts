import { physicalOf } from '../../types/physical.ts';
import { DECIMAL, type DecimalType, type SqlType, withNullable } from '../../types/sql-type.ts';
import { f32, f64, i32, i64 } from '../../wasm/code.ts';
import { writeNumber } from '../cast/number.ts';
import { asDecimal, isExactNumeric, isInteger, isNumeric } from '../coercion.ts';
import { decimalQuotient, decimalResult, exactHalves, writeShortDecimal } from '../decimal-value.ts';
import { parameter } from '../parameters.ts';
import type { ScalarFunction, ScalarOverload } from '../scalar-function.ts';
import type { ExpressionWriter, Value } from '../value.ts';
import {
  temporalMinusOverloads,
  temporalNegateOverloads,
  temporalPlusOverloads,
  temporalTimesOverloads,
} from './temporal-arithmetic.ts';

type Operator = '+' | '-' | '*' | '/' | '%';

const ranks = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT'];
const numeric = (name: string) => parameter(name, 'NUMERIC', isNumeric);

/**
 * The result's type (flink-sql.md, 3.2 and 3.3): the wider of two integers; a DECIMAL by the rules of SQL Server; with
 * FLOAT or DOUBLE that type, of both the left one.
 */
export function arithmeticType(operator: Operator, a: SqlType, b: SqlType): SqlType {
  const approximate = [a, b].find(({ kind }) => kind === 'DOUBLE' || kind === 'FLOAT');
  if (approximate !== undefined) {
    const both = [a, b].every(({ kind }) => kind === 'DOUBLE' || kind === 'FLOAT');
    const withDecimal = [a, b].some(({ kind }) => kind === 'DECIMAL');
    if (both) return { kind: a.kind as 'DOUBLE', nullable: false };
    return { kind: withDecimal ? 'DOUBLE' : (approximate.kind as 'DOUBLE'), nullable: false };
  }
  if (a.kind !== 'DECIMAL' && b.kind !== 'DECIMAL') {
    const wider = ranks.indexOf(a.kind) >= ranks.indexOf(b.kind) ? a.kind : b.kind;
    return { kind: (operator === '%' ? b.kind : wider) as 'INT', nullable: false };
  }
  // A rest of whole numbers has the divisor's type.
  if (operator === '%' && b.kind !== 'DECIMAL' && asDecimal(a).scale === 0) return withNullable(b, false);
  return decimalType(operator, asDecimal(a), asDecimal(b));
}

function decimalType(operator: Operator, a: DecimalType, b: DecimalType): DecimalType {
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale);
  switch (operator) {
    case '+':
    case '-': {
      const scale = Math.max(a.scale, b.scale);
      return adjusted(whole + scale + 1, scale);
    }
    case '*':
      return adjusted(a.precision + b.precision + 1, a.scale + b.scale);
    case '/': {
      const scale = Math.max(6, a.scale + b.precision + 1);
      return adjusted(a.precision - a.scale + b.scale + scale, scale);
    }
    case '%': {
      if (a.scale === 0 && b.scale === 0) return { ...b, nullable: false };
      const scale = Math.max(a.scale, b.scale);
      return adjusted(Math.min(a.precision - a.scale, b.precision - b.scale) + scale, scale);
    }
  }
}

/** At most 38 digits, of which 6 behind the point are kept. */
function adjusted(precision: number, scale: number): DecimalType {
  if (precision <= 38) return DECIMAL(precision, scale, false);
  const digits = precision - scale;
  return DECIMAL(38, Math.max(38 - digits, Math.min(scale, 6)), false);
}

export function writeArithmetic(w: ExpressionWriter, operator: Operator, a: Value, b: Value, type: SqlType): Value {
  if (isInteger(type) && a.type.kind === 'DECIMAL') {
    const [low] = w.i128(writeDecimalArithmetic(w, operator, a, b, asDecimal(type)));
    return w.value(type, null, type.kind === 'BIGINT' ? low : i32.wrapI64(low));
  }
  switch (physicalOf(type)) {
    case 'f32':
    case 'f64':
      return writeFloat(w, operator, a, b, type);
    case 'i128':
      return writeDecimalArithmetic(w, operator, a, b, type as DecimalType);
    case 'i64':
      return writeLong(w, operator, a, b, type);
    default:
      if (b.physical === 'i64' || a.physical === 'i64')
        return writeNumber(w, writeLong(w, operator, a, b, { kind: 'BIGINT', nullable: false }), type);
      return writeInt(w, operator, a, b, type);
  }
}

function writeInt(w: ExpressionWriter, operator: Operator, a: Value, b: Value, type: SqlType): Value {
  const [x, y] = [w.i32(a), w.i32(b)];
  if (operator === '/' || operator === '%') {
    w.f.if(i32.eqz(y), () => w.fail('division by zero'));
    // Java wraps what WebAssembly traps at: the smallest value by -1.
    const minusOne = i32.eq(y, i32.const(-1));
    const result = w.f.local('i32', operator === '/' ? i32.sub(i32.const(0), x) : i32.const(0));
    w.f.if(i32.eqz(minusOne), () => w.f.set(result, operator === '/' ? i32.divS(x, y) : i32.remS(x, y)));
    return w.value(type, null, wrapped(type, result));
  }
  const code = { '+': i32.add, '-': i32.sub, '*': i32.mul }[operator](x, y);
  return w.value(type, null, wrapped(type, code));
}

function wrapped(type: SqlType, value: ReturnType<typeof i32.const>): ReturnType<typeof i32.const> {
  if (type.kind === 'TINYINT') return i32.extend8S(value);
  return type.kind === 'SMALLINT' ? i32.extend16S(value) : value;
}

function writeLong(w: ExpressionWriter, operator: Operator, a: Value, b: Value, type: SqlType): Value {
  const wide = (value: Value) =>
    value.physical === 'i64' ? w.i64(value) : w.f.local('i64', i64.extendI32S(w.i32(value)));
  const [x, y] = [wide(a), wide(b)];
  if (operator === '/' || operator === '%') {
    w.f.if(i64.eqz(y), () => w.fail('division by zero'));
    const result = w.f.local('i64', operator === '/' ? i64.sub(i64.const(0n), x) : i64.const(0n));
    w.f.if(i64.ne(y, i64.const(-1n)), () => w.f.set(result, operator === '/' ? i64.divS(x, y) : i64.remS(x, y)));
    return w.value(type, null, result);
  }
  return w.value(type, null, { '+': i64.add, '-': i64.sub, '*': i64.mul }[operator](x, y));
}

function writeFloat(w: ExpressionWriter, operator: Operator, a: Value, b: Value, type: SqlType): Value {
  const [x, y] = [writeNumber(w, a, withNullable(type, false)), writeNumber(w, b, withNullable(type, false))];
  if (operator === '%') throw new Error('% takes exact numbers');
  if (type.kind === 'FLOAT') {
    const code = { '+': f32.add, '-': f32.sub, '*': f32.mul, '/': f32.div }[operator](w.f32(x), w.f32(y));
    return w.value(type, null, code);
  }
  return w.value(type, null, { '+': f64.add, '-': f64.sub, '*': f64.mul, '/': f64.div }[operator](w.f64(x), w.f64(y)));
}

function writeDecimalArithmetic(w: ExpressionWriter, operator: Operator, a: Value, b: Value, type: DecimalType): Value {
  if (operator === '+' || operator === '-' || operator === '*') {
    const short = writeShortDecimal(w, operator, a, b, type);
    if (short !== null) return short;
  }
  const [x, y] = [exactHalves(w, a), exactHalves(w, b)];
  const precision = i32.const(type.precision);
  const nullableType = { ...type, nullable: true };
  switch (operator) {
    case '+':
    case '-': {
      const scale = Math.max(x.scale, y.scale);
      const [low, high] = y.halves;
      // a - b is a + (-b).
      const negative =
        operator === '-'
          ? [
              i64.sub(i64.const(0n), low),
              i64.sub(i64.sub(i64.const(0n), high), i64.extendI32U(i64.ne(low, i64.const(0n)))),
            ]
          : [low, high];
      const status = w.kernel(
        'decimalAdd',
        'i32',
        ...x.halves,
        i32.const(scale - x.scale),
        ...negative,
        i32.const(scale - y.scale),
        i32.const(scale - type.scale),
        precision,
        w.resultAddress,
      );
      return decimalResult(w, nullableType, status);
    }
    case '*': {
      const drop = i32.const(x.scale + y.scale - type.scale);
      return decimalResult(
        w,
        nullableType,
        w.kernel('decimalMultiply', 'i32', ...x.halves, ...y.halves, drop, precision, w.resultAddress),
      );
    }
    case '/': {
      const shift = i32.const(type.scale - x.scale + y.scale);
      return decimalQuotient(
        w,
        nullableType,
        w.kernel('decimalDivide', 'i32', ...x.halves, ...y.halves, shift, precision, w.resultAddress),
      );
    }
    case '%': {
      const scale = Math.max(x.scale, y.scale);
      const status = w.kernel(
        'decimalModulo',
        'i32',
        ...x.halves,
        i32.const(scale - x.scale),
        ...y.halves,
        i32.const(scale - y.scale),
        precision,
        w.resultAddress,
      );
      return decimalQuotient(w, nullableType, status);
    }
  }
}

function arithmetic(
  operator: Operator,
  temporal: readonly ScalarOverload[],
  summary: string,
  sql: string,
  result: string,
): ScalarFunction {
  const family = operator === '%' ? (name: string) => parameter(name, 'EXACT_NUMERIC', isExactNumeric) : numeric;
  const overload: ScalarOverload = {
    params: [family('a'), family('b')],
    returns: ([a, b]) => {
      const type = arithmeticType(operator, a as SqlType, b as SqlType);
      // A DECIMAL that has too many digits is NULL.
      return type.kind === 'DECIMAL' ? { ...type, nullable: [a, b].some((arg) => arg?.nullable) } : type;
    },
    code: { kind: 'wasm', write: (w, [a, b], type) => writeArithmetic(w, operator, a as Value, b as Value, type) },
  };
  return {
    name: operator,
    category: 'arithmetic',
    summary,
    overloads: [overload, ...temporal],
    examples: [{ sql, result }],
  };
}

/** `-`: the difference of two, the opposite of one. */
const negateOverload: ScalarOverload = {
  params: [numeric('a')],
  returns: ([a]) => ({ ...(a as SqlType), nullable: false }) as SqlType,
  code: {
    kind: 'wasm',
    write: (w, [value], type) => {
      const a = value as Value;
      switch (a.physical) {
        case 'f32':
          return w.value(type, null, f32.neg(w.f32(a)));
        case 'f64':
          return w.value(type, null, f64.neg(w.f64(a)));
        case 'i64':
          return w.value(type, null, i64.sub(i64.const(0n), w.i64(a)));
        case 'i128': {
          const [low, high] = w.i128(a);
          const borrow = i64.extendI32U(i64.ne(low, i64.const(0n)));
          return w.value(type, null, i64.sub(i64.const(0n), low), i64.sub(i64.sub(i64.const(0n), high), borrow));
        }
        default:
          return w.value(type, null, wrapped(type, i32.sub(i32.const(0), w.i32(a))));
      }
    },
  },
};

const minus = arithmetic(
  '-',
  temporalMinusOverloads,
  'The difference of two numbers, of a time and an interval; the opposite of one.',
  '3 - 1',
  '2',
);

export const arithmeticFunctions: readonly ScalarFunction[] = [
  arithmetic('+', temporalPlusOverloads, 'The sum of two numbers, of a time and an interval.', '1 + 2', '3'),
  { ...minus, overloads: [...minus.overloads, negateOverload, ...temporalNegateOverloads] },
  arithmetic('*', temporalTimesOverloads, 'The product of two numbers, of a number and an interval.', '2 * 3', '6'),
  arithmetic('/', [], 'The quotient; of integers cut toward zero.', '7 / 2', '3'),
  arithmetic('%', [], "The remainder, with the dividend's sign.", '7 % 3', '1'),
  { ...arithmetic('%', [], "The remainder, with the dividend's sign.", 'MOD(7, 3)', '1'), name: 'MOD' },
];
