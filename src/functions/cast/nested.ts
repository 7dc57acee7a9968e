import { decodeNested, encodeNested, type NestedValue } from '../../memory/nested.ts';
import { isNested, type SqlType, sameType } from '../../types/sql-type.ts';
import { type TextFormOptions, textForm } from '../../types/text-form.ts';
import type { ExpressionWriter, HostValue, Value } from '../value.ts';

/** Casts one value that is not nested. @throws Error where it cannot be cast */
type Convert = (value: HostValue) => HostValue;

/** ROW, ARRAY, MAP and MULTISET to text, and part by part to nested types of the same shape. */
export function nestedCast(w: ExpressionWriter, value: Value, type: SqlType, timeZone: string): Value {
  const from = value.type;
  if (type.kind === 'CHAR' || type.kind === 'VARCHAR') {
    const form = textFormOf(w);
    return w.host(([encoded]) => textForm(decode(encoded ?? null, from), from, timeZone, form), [value], type);
  }
  const convert = partConverter(w, from, type, timeZone);
  return w.host(([encoded]) => encodeNested(type, convert(decode(encoded ?? null, from))), [value], type);
}

function textFormOf(w: ExpressionWriter): TextFormOptions {
  return { bytes: 'text', legacy: w.session.legacyCasts === true };
}

function decode(value: HostValue, type: SqlType): NestedValue {
  if (!(value instanceof Uint8Array)) return value as NestedValue;
  return type.kind === 'VARIANT'
    ? Buffer.from(value).toString('utf8')
    : decodeNested(type as Parameters<typeof decodeNested>[0], value);
}

/** A part of one type to its type in the result; NULL stays NULL. The code of each pair of plain types is written once. */
function partConverter(
  w: ExpressionWriter,
  from: SqlType,
  to: SqlType,
  timeZone: string,
): (value: NestedValue) => NestedValue {
  const part = (a: SqlType, b: SqlType) => partConverter(w, a, b, timeZone);
  if (sameType(from, to)) return (value) => value;
  if (to.kind === 'CHAR' || to.kind === 'VARCHAR') {
    if (isNested(from)) {
      const form = textFormOf(w);
      const cut = plainConverter(w, { kind: 'VARCHAR', length: 2_147_483_647, nullable: false }, to);
      return (value) => (value === null ? null : cut(textForm(value, from, timeZone, form)));
    }
  } else if (from.kind === 'ARRAY' && to.kind === 'ARRAY') {
    const element = part(from.element, to.element);
    return (value) => (value === null ? null : list(value).map(element));
  } else if (from.kind === 'MAP' && to.kind === 'MAP') {
    const [key, held] = [part(from.key, to.key), part(from.value, to.value)];
    return (value) => (value === null ? null : pairs(value).map(([k, v]) => [key(k), held(v)]));
  } else if (from.kind === 'MULTISET' && to.kind === 'MULTISET') {
    const element = part(from.element, to.element);
    return (value) => (value === null ? null : pairs(value).map(([each, count]) => [element(each), count]));
  } else if (from.kind === 'ROW' && to.kind === 'ROW') {
    const fields = from.fields.map((field, at) => part(field.type, to.fields[at]!.type));
    return (value) => (value === null ? null : list(value).map((field, at) => fields[at]!(field)));
  }
  return plainConverter(w, from, to);
}

function plainConverter(w: ExpressionWriter, from: SqlType, to: SqlType): (value: NestedValue) => NestedValue {
  const convert: Convert = w.converter(from, to);
  return (value) => (value === null ? null : (convert(value as HostValue) as NestedValue));
}

function list(value: NestedValue): readonly NestedValue[] {
  if (!Array.isArray(value)) throw new Error('not a nested value');
  return value as readonly NestedValue[];
}

function pairs(value: NestedValue): readonly (readonly [NestedValue, NestedValue])[] {
  return list(value).map((entry) => {
    const [key = null, held = null] = list(entry);
    return [key, held];
  });
}
