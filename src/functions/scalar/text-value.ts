import { type SqlType, withNullable } from '../../types/sql-type.ts';
import { type Code, type I32, i32, i64, ifElse, type Local } from '../../wasm/code.ts';
import type { ExpressionWriter, Value } from '../value.ts';

/** A view that a kernel gave (address in the low half, length in the high half), as a value. Never NULL. */
export function viewValue(w: ExpressionWriter, type: SqlType, view: Code<'i64'>): Value {
  const packed = w.f.local('i64', view);
  return w.value(withNullable(type, false), null, i32.wrapI64(packed), i32.wrapI64(i64.shrU(packed, i64.const(32n))));
}

/** A new text of `length` bytes that `write` puts at the address it is given. Never NULL. */
export function newText(
  w: ExpressionWriter,
  type: SqlType,
  length: I32,
  write: (to: Local<'i32'>, length: Local<'i32'>) => void,
): Value {
  const bytes = w.f.local('i32', length);
  const to = w.scratch(bytes);
  write(to, bytes);
  return w.value(withNullable(type, false), null, to, bytes);
}

/** Words of 8 bytes that are compared in place; a longer constant is compared by the kernel. */
const wordsMax = 4;

/** Whether these bytes stand at an address, where there are at least as many. Loads up to 7 bytes beyond them. */
export function standsAt(w: ExpressionWriter, bytes: Uint8Array, address: I32): I32 {
  if (bytes.length === 0) return i32.const(1);
  if (bytes.length > 8 * wordsMax) {
    return w.kernel('bytesEqual', 'i32', address, w.constant(bytes), i32.const(bytes.length));
  }
  const words: I32[] = [];
  for (let offset = 0; offset < bytes.length; offset += 8) {
    const part = Buffer.alloc(8);
    part.set(bytes.subarray(offset, offset + 8));
    const bits = BigInt(8 * Math.min(8, bytes.length - offset));
    const there = i64.load(address, { offset });
    const masked = bits === 64n ? there : i64.and(there, i64.const((1n << bits) - 1n));
    words.push(i64.eq(masked, i64.const(part.readBigInt64LE())));
  }
  // Mostly the first word says it.
  const [first, ...others] = words as [I32, ...I32[]];
  const rest = others.reduce<I32 | null>((all, next) => (all === null ? next : i32.and(all, next)), null);
  return rest === null ? first : ifElse(first, rest, i32.const(0));
}

/** A length that was computed with 64 bits; stops the row where it is more than a text can hold. */
export function checkedLength(w: ExpressionWriter, length: Code<'i64'>): Local<'i32'> {
  const wide = w.f.local('i64', length);
  w.f.if(i64.gtS(wide, i64.const(0x4000_0000n)), () => w.fail('the text would be longer than 1 GiB'));
  return w.f.local('i32', i32.wrapI64(wide));
}

/** The same value, known not to be NULL. */
export function sure(value: Value): Value {
  return { ...value, isNull: null };
}

/** A literal argument as text. @throws when the argument is no text literal: the parameter says that it must be */
export function literalText(value: Value): string {
  if (typeof value.constant !== 'string') throw new Error('the argument is not a text literal');
  return value.constant;
}
