import { decodeNested, encodeNested, type NestedValue } from '../../memory/nested.ts';
import { INT, type MultisetType, type SqlType } from '../../types/sql-type.ts';
import type { HostValue } from '../value.ts';

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

/** Types that `<`, GREATEST and ARRAY_MAX order; BOOLEAN is one here: FALSE is below TRUE. */
export function hasOrder(type: SqlType): boolean {
  return type.kind === 'BOOLEAN' || isOrdered(type);
}

/** Types with a MAP or MULTISET in them, whose entries have no order of their own. */
export function hasEntries(type: SqlType): boolean {
  switch (type.kind) {
    case 'MAP':
    case 'MULTISET':
      return true;
    case 'ARRAY':
      return hasEntries(type.element);
    case 'ROW':
      return type.fields.some((field) => hasEntries(field.type));
    default:
      return false;
  }
}

/** Whether two encoded values of types that differ in nullability only are equal, in whatever order their entries stand. */
export function sameEntries(
  a: HostValue | undefined,
  b: HostValue | undefined,
  aType: SqlType,
  bType: SqlType,
): boolean {
  const canonical = (value: HostValue | undefined, type: SqlType): string =>
    entryKey(type, decodeNested(type as Parameters<typeof decodeNested>[0], value as Uint8Array));
  return canonical(a, aType) === canonical(b, bType);
}

/** As `valueKey`, with the entries in an order of their own. */
function entryKey(type: SqlType, value: NestedValue): string {
  if (value === null || !Array.isArray(value) || !hasEntries(type)) return valueKey(type, value);
  const items = value as readonly NestedValue[];
  switch (type.kind) {
    case 'ARRAY':
      return `[${items.map((item) => JSON.stringify(entryKey(type.element, item))).join()}]`;
    case 'ROW':
      return `(${items.map((item, at) => JSON.stringify(entryKey(type.fields[at]!.type, item))).join()})`;
    default: {
      const [key, held] = type.kind === 'MAP' ? [type.key, type.value] : [(type as MultisetType).element, INT(false)];
      const entries = items.map((entry) => {
        const [k = null, v = null] = entry as readonly NestedValue[];
        return JSON.stringify([entryKey(key, k), entryKey(held, v)]);
      });
      return `{${entries.sort().join()}}`;
    }
  }
}

/** The order of two values that are not NULL: text by its UTF-8 bytes, NaN above all numbers. */
export function compareValues(a: NestedValue, b: NestedValue): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
