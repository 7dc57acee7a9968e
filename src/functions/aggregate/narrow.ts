import { physicalOf } from '../../types/physical.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { type Code, type I64, i32, type ValueType } from '../../wasm/code.ts';

/** A 64-bit whole number as the part of a narrower type; it wraps, as Java's casts do. */
export function narrowed(value: I64, type: SqlType): Code<ValueType> {
  switch (physicalOf(type)) {
    case 'i8':
      return i32.extend8S(i32.wrapI64(value));
    case 'i16':
      return i32.extend16S(i32.wrapI64(value));
    case 'i32':
      return i32.wrapI64(value);
    default:
      return value;
  }
}
