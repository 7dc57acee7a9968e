import { encodeNested, type NestedValue } from '../../memory/nested.ts';
import type { SqlType } from '../../types/sql-type.ts';

/** A text that is equal for equal values of a type only. */
export function valueKey(type: SqlType, value: NestedValue): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('latin1')}`;
  if (Array.isArray(value)) return `x${Buffer.from(encodeNested(type, value)).toString('latin1')}`;
  return `=${String(value)}`;
}

/** Types whose values have an order. BOOLEAN has none here, as in Flink. */
export function isOrdered(type: SqlType): boolean {
  return !['BOOLEAN', 'ARRAY', 'MAP', 'MULTISET', 'ROW', 'VARIANT', 'NULL'].includes(type.kind);
}

/** The order of two values that are not NULL: text by its UTF-8 bytes, NaN above all numbers. */
export function compareValues(a: NestedValue, b: NestedValue): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
