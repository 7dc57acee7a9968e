import { timestampUnitsPerSecond } from '../types/physical.ts';
import { type I32, type I64, i32, i64, select } from '../wasm/code.ts';
import type { ExpressionWriter, Value } from './value.ts';

/**
 * `hashCode` of the Java object that a value is within Flink: it says in which order a multiset shows its elements.
 * Nested and binary values, whose order there is of chance, hash to 0.
 */
export function javaHash(w: ExpressionWriter, value: Value): I32 {
  const { type } = value;
  switch (type.kind) {
    case 'BOOLEAN':
      return select(w.i32(value), i32.const(1231), i32.const(1237));
    case 'FLOAT':
      return i32.reinterpretF32(w.f32(value));
    case 'DOUBLE':
      return folded(w, i64.reinterpretF64(w.f64(value)));
    case 'DECIMAL':
      return w.kernel('javaHashDecimal', 'i32', ...w.i128(value), i32.const(type.scale));
    case 'CHAR':
    case 'VARCHAR':
      return w.kernel('javaHashBytes', 'i32', ...w.bytes(value));
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return timestampHash(w, value, timestampUnitsPerSecond(type.precision));
    case 'BINARY':
    case 'VARBINARY':
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
    case 'ROW':
    case 'VARIANT':
      return i32.const(0);
    default:
      return value.physical === 'i64' ? folded(w, w.i64(value)) : w.i32(value);
  }
}

/** Of a long: its halves, one over the other. */
function folded(w: ExpressionWriter, bits: I64): I32 {
  const word = w.f.local('i64', bits);
  return i32.wrapI64(i64.xor(word, i64.shrU(word, i64.const(32n))));
}

/** Of the milliseconds, then of the nanoseconds within one. */
function timestampHash(w: ExpressionWriter, value: Value, unitsPerSecond: number): I32 {
  const { f } = w;
  const perMs = BigInt(unitsPerSecond / 1000);
  const ms = f.local('i64');
  const nanos = f.local('i64', i64.const(0n));
  if (value.physical === 'i128') {
    f.set(ms, w.kernel('nanosToMillis', 'i64', ...w.i128(value)));
    f.set(nanos, i64.extendI32S(w.kernel('nanosOfMilli', 'i32', ...w.i128(value))));
  } else {
    const count = w.i64(value);
    const rest = f.local('i64', i64.remS(count, i64.const(perMs)));
    f.set(rest, select(i64.ltS(rest, i64.const(0n)), i64.add(rest, i64.const(perMs)), rest));
    f.set(ms, i64.divS(i64.sub(count, rest), i64.const(perMs)));
    f.set(nanos, i64.mul(rest, i64.const(1_000_000n / perMs)));
  }
  const high = i32.wrapI64(i64.shrS(ms, i64.const(32n)));
  return i32.add(i32.mul(i32.xor(i32.wrapI64(ms), high), i32.const(31)), i32.wrapI64(nanos));
}
