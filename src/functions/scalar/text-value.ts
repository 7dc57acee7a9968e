import { type SqlType, withNullable } from '../../types/sql-type.ts';
import { type Code, type I32, i32, i64, type Local } from '../../wasm/code.ts';
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
