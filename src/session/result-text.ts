import type { NestedValue } from '../memory/nested.ts';
import type { SqlType } from '../types/sql-type.ts';
import { textForm } from '../types/text-form.ts';
import type { AnswerHeader, ResultRow } from './statement-event.ts';

/** A function that gives a row's values in the text form of Flink's SQL client; NULL is null. */
export function rowTexts({ columns, timeZone }: AnswerHeader): (row: ResultRow) => readonly (string | null)[] {
  const types = columns.map(({ type }) => type);
  return ({ values }) =>
    types.map((type, at) => {
      const value = values[at] ?? null;
      return value === null ? null : textForm(value, type, timeZone);
    });
}

/**
 * A value as JSON text: numbers with all their digits, times in their text form, binary as base64, ROW and MAP as
 * objects. JSON has no NaN and no infinity: they are texts.
 */
export function jsonText(value: NestedValue, type: SqlType, timeZone: string): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return String(value);
    case 'DECIMAL':
      return textForm(value, type, timeZone);
    case 'FLOAT':
    case 'DOUBLE':
      return Number.isFinite(value) ? textForm(value, type, timeZone) : JSON.stringify(textForm(value, type, timeZone));
    case 'BINARY':
    case 'VARBINARY':
      return JSON.stringify(Buffer.from(value as Uint8Array).toString('base64'));
    case 'ARRAY':
      return `[${list(value)
        .map((element) => jsonText(element, type.element, timeZone))
        .join(',')}]`;
    case 'ROW': {
      const fields = list(value);
      return `{${type.fields.map((field, at) => `${JSON.stringify(field.name)}:${jsonText(fields[at] ?? null, field.type, timeZone)}`).join(',')}}`;
    }
    case 'MAP':
      return `{${list(value)
        .map((entry) => {
          const [key = null, held = null] = list(entry);
          return `${JSON.stringify(key === null ? 'null' : textForm(key, type.key, timeZone))}:${jsonText(held, type.value, timeZone)}`;
        })
        .join(',')}}`;
    case 'MULTISET':
      return `{${list(value)
        .map((entry) => {
          const [element = null, count = null] = list(entry);
          return `${JSON.stringify(element === null ? 'null' : textForm(element, type.element, timeZone))}:${String(count)}`;
        })
        .join(',')}}`;
    default:
      return JSON.stringify(textForm(value, type, timeZone));
  }
}

function list(value: NestedValue): readonly NestedValue[] {
  if (!Array.isArray(value)) throw new Error('not a nested value');
  return value as readonly NestedValue[];
}
