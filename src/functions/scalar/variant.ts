import type { SqlType } from '../../types/sql-type.ts';
import { boolean, character } from '../parameters.ts';
import type { HostValue, ScalarFunction } from '../scalar-function.ts';
import { isJsonArray, isJsonNumber, isJsonObject, type Json, JsonError, parseJson, writeJson } from './json-text.ts';

/**
 * VARIANT: any JSON value. It stands in memory as its JSON text in UTF-8, compact, members sorted by name, decimals
 * without trailing zeros; so equal variants have equal bytes, and printing one is copying it.
 */
const variant = (nullable: boolean): SqlType => ({ kind: 'VARIANT', nullable });

/** Numbers as Flink's variant prints them: an exponent makes a DOUBLE, a fraction loses its zeros. */
function normalized(value: Json): Json {
  if (isJsonArray(value)) return value.map(normalized);
  if (isJsonObject(value)) return new Map([...value].map(([name, member]) => [name, normalized(member)]));
  if (typeof value !== 'object' || value === null || !isJsonNumber(value)) return value;
  const { number } = value;
  if (/E/.test(number)) {
    const double = Number(number);
    return { number: Number.isInteger(double) && Math.abs(double) < 1e7 ? `${double}.0` : String(double) };
  }
  return { number: number.includes('.') ? number.replace(/\.?0+$/, '') : number };
}

function parsed(text: HostValue | undefined, allowDuplicates: HostValue | undefined): Uint8Array {
  const value = parseJson(String(text), { duplicates: allowDuplicates === true ? 'last' : 'refuse' });
  return Buffer.from(writeJson(normalized(value)), 'utf8');
}

const params = [character('json'), boolean('allowDuplicateKeys', { optional: true })];

export const parseJsonFunction: ScalarFunction = {
  name: 'PARSE_JSON',
  category: 'json',
  summary: 'The variant that a JSON text holds; a text that is no JSON, or names a member twice, is an error.',
  examples: [{ sql: `PARSE_JSON('{"z": 1, "a": 2}')`, result: '{"a":2,"z":1}' }],
  overloads: [
    {
      params,
      returns: () => variant(false),
      code: { kind: 'host', evaluate: ([text, allowDuplicates]) => parsed(text, allowDuplicates) },
    },
  ],
};

export const tryParseJsonFunction: ScalarFunction = {
  name: 'TRY_PARSE_JSON',
  category: 'json',
  summary: 'As PARSE_JSON, but NULL where that is an error.',
  examples: [
    { sql: `TRY_PARSE_JSON('{"a": 1}')`, result: '{"a":1}' },
    { sql: "TRY_PARSE_JSON('oops')", result: null },
  ],
  overloads: [
    {
      params,
      returns: () => variant(true),
      code: {
        kind: 'host',
        evaluate: ([text, allowDuplicates]) => {
          try {
            return parsed(text, allowDuplicates);
          } catch (error) {
            if (error instanceof JsonError) return null;
            throw error;
          }
        },
      },
    },
  ],
};

export const variantFunctions: readonly ScalarFunction[] = [parseJsonFunction, tryParseJsonFunction];
