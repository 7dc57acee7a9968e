import type { SqlType } from '../../types/sql-type.ts';
import { type F64, f32, f64, type I32, type I64, i32, i64 } from '../../wasm/code.ts';
import { writeDecimal, writeDecimalOfDouble } from '../decimal-value.ts';
import type { ExpressionWriter, Value } from '../value.ts';

/**
 * Numbers and BOOLEAN to numbers and BOOLEAN, as Java converts primitives: narrowing integers wrap; floats lose their
 * fraction and stop at the bounds of INT and BIGINT (TINYINT and SMALLINT go through INT and wrap); a DECIMAL loses its
 * fraction and wraps. A DECIMAL that does not fit is NULL.
 */
export function writeNumber(w: ExpressionWriter, value: Value, type: SqlType): Value {
  switch (type.kind) {
    case 'BOOLEAN':
      return w.value(type, null, isNotZero(w, value));
    case 'TINYINT':
      return w.value(type, null, i32.extend8S(asInt(w, value)));
    case 'SMALLINT':
      return w.value(type, null, i32.extend16S(asInt(w, value)));
    case 'INT':
      return w.value(type, null, asInt(w, value));
    case 'BIGINT':
      return w.value(type, null, asLong(w, value));
    case 'FLOAT':
      return w.value(type, null, asFloat(w, value));
    case 'DOUBLE':
      return w.value(type, null, asDouble(w, value));
    case 'DECIMAL': {
      if (value.physical !== 'f32' && value.physical !== 'f64') return writeDecimal(w, value, type);
      return writeDecimalOfDouble(w, asDouble(w, value), type, value);
    }
    default:
      throw new Error(`no number: ${type.kind}`);
  }
}

function isNotZero(w: ExpressionWriter, value: Value): I32 {
  switch (value.physical) {
    case 'i64':
      return i64.ne(w.i64(value), i64.const(0n));
    case 'f32':
      return f32.ne(w.f32(value), f32.const(0));
    case 'f64':
      return f64.ne(w.f64(value), f64.const(0));
    case 'i128': {
      const [low, high] = w.i128(value);
      return i64.ne(i64.or(low, high), i64.const(0n));
    }
    default:
      return i32.ne(w.i32(value), i32.const(0));
  }
}

function asInt(w: ExpressionWriter, value: Value): I32 {
  switch (value.physical) {
    case 'f32':
      return i32.truncSatF32S(w.f32(value));
    case 'f64':
      return i32.truncSatF64S(w.f64(value));
    case 'i64':
    case 'i128':
      return i32.wrapI64(asLong(w, value));
    default:
      return w.i32(value);
  }
}

/** A number as a BIGINT. */
export function asLong(w: ExpressionWriter, value: Value): I64 {
  switch (value.physical) {
    case 'i64':
      return w.i64(value);
    case 'f32':
      return i64.truncSatF32S(w.f32(value));
    case 'f64':
      return i64.truncSatF64S(w.f64(value));
    case 'i128':
      return w.kernel('decimalToI64', 'i64', ...w.i128(value), i32.const(scaleOf(value)));
    default:
      return i64.extendI32S(w.i32(value));
  }
}

function asFloat(w: ExpressionWriter, value: Value) {
  switch (value.physical) {
    case 'f32':
      return w.f32(value);
    case 'i64':
      return f32.convertI64S(w.i64(value));
    case 'f64':
    case 'i128':
      return f32.demoteF64(asDouble(w, value));
    default:
      return f32.convertI32S(w.i32(value));
  }
}

/** A number as a DOUBLE. */
export function asDouble(w: ExpressionWriter, value: Value): F64 {
  switch (value.physical) {
    case 'f64':
      return w.f64(value);
    case 'f32':
      return f64.promoteF32(w.f32(value));
    case 'i64':
      return f64.convertI64S(w.i64(value));
    case 'i128':
      return decimalToDouble(w, value);
    default:
      return f64.convertI32S(w.i32(value));
  }
}

/** Of up to 18 digits Flink divides a double by a power of ten, which rounds twice where there are more than 53 bits. */
function decimalToDouble(w: ExpressionWriter, value: Value): F64 {
  const scale = scaleOf(value);
  const [low, high] = w.i128(value);
  if (value.type.kind !== 'DECIMAL' || value.type.precision > 18) {
    return w.kernel('decimalToF64', 'f64', low, high, i32.const(scale));
  }
  const unscaled = f64.convertI64S(low);
  return scale === 0 ? unscaled : f64.div(unscaled, f64.const(10 ** scale));
}

function scaleOf(value: Value): number {
  return value.type.kind === 'DECIMAL' ? value.type.scale : 0;
}
