import { timestampUnitsPerSecond } from '../types/physical.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type I32, type I64, i32, i64, select } from '../wasm/code.ts';
import type { ExpressionWriter, HostValue, Value } from './value.ts';

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

/** The same of a value in JavaScript's hands; of binary and nested ones, which Java tells by their place, 0. */
export function hostHash(value: Exclude<HostValue, null>, type: SqlType): number {
  switch (type.kind) {
    case 'BOOLEAN':
      return value === true ? 1231 : 1237;
    case 'FLOAT':
      return new Int32Array(new Float32Array([Number(value)]).buffer)[0] ?? 0;
    case 'DOUBLE':
      return foldedLong(new BigInt64Array(new Float64Array([Number(value)]).buffer)[0] ?? 0n);
    case 'DECIMAL':
      return decimalHash(value as bigint, type.scale);
    case 'CHAR':
    case 'VARCHAR':
      return murmur(new TextEncoder().encode(String(value)));
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const perMs = BigInt(timestampUnitsPerSecond(type.precision) / 1000);
      const count = BigInt(value as bigint);
      const rest = ((count % perMs) + perMs) % perMs;
      const nanos = Number((rest * 1_000_000n) / perMs);
      return (Math.imul(31, foldedLong((count - rest) / perMs)) + nanos) | 0;
    }
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return foldedLong(BigInt(value as bigint));
    default:
      return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
  }
}

function foldedLong(value: bigint): number {
  return Number(BigInt.asIntN(32, value ^ (BigInt.asUintN(64, value) >> 32n)));
}

/** BigDecimal: its unscaled digits by words of 32 bits, and its scale. */
function decimalHash(unscaled: bigint, scale: number): number {
  let magnitude = unscaled < 0n ? -unscaled : unscaled;
  const words: number[] = [];
  for (; magnitude > 0n; magnitude >>= 32n) words.unshift(Number(BigInt.asIntN(32, magnitude)));
  const hash = words.reduce((sum, word) => (Math.imul(31, sum) + word) | 0, 0);
  return (Math.imul(31, unscaled < 0n ? -hash : hash) + scale) | 0;
}

/** As `javaHashBytes` of `kernels/multiset.ts`. */
function murmur(bytes: Uint8Array): number {
  const words = bytes.length & ~3;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let hash = 42;
  const mix = (word: number): void => {
    const first = Math.imul(word, 0xcc9e2d51);
    const second = Math.imul((first << 15) | (first >>> 17), 0x1b873593) ^ hash;
    hash = (Math.imul((second << 13) | (second >>> 19), 5) + 0xe6546b64) | 0;
  };
  for (let at = 0; at < words; at += 4) mix(view.getInt32(at, true));
  for (let at = words; at < bytes.length; at++) mix(view.getInt8(at));
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
