import { decodeNested, encodeNested, type NestedValue } from '../../memory/nested.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { textForm } from '../../types/text-form.ts';
import type { ExpressionWriter, HostValue, Value } from '../value.ts';

/** ROW, ARRAY, MAP and MULTISET to text, and to nested types of the same shape whose parts differ in their nullability. */
export function nestedCast(w: ExpressionWriter, value: Value, type: SqlType, timeZone: string): Value {
  const from = value.type;
  return w.host(
    ([encoded]) => {
      const decoded = decode(encoded ?? null, from);
      if (type.kind === 'CHAR' || type.kind === 'VARCHAR') return textForm(decoded, from, timeZone);
      return encodeNested(type, decoded);
    },
    [value],
    type,
  );
}

function decode(value: HostValue, type: SqlType): NestedValue {
  if (!(value instanceof Uint8Array)) return value as NestedValue;
  return type.kind === 'VARIANT'
    ? Buffer.from(value).toString('utf8')
    : decodeNested(type as Parameters<typeof decodeNested>[0], value);
}
