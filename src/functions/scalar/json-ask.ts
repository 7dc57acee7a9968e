import { type SqlType, STRING, withNullable } from '../../types/sql-type.ts';
import { character, parameter } from '../parameters.ts';
import type { HostValue, Parameter } from '../scalar-function.ts';
import { type JsonPath, jsonPath, PathError, readPath } from './json-path.ts';
import { type Json, JsonError, parseJson, writeJson } from './json-text.ts';

/**
 * Questions to JSON text. The clauses of SQL arrive as further arguments, literals, `''` where they are not written:
 *
 * - `JSON_EXISTS` (input, path, on error: TRUE FALSE UNKNOWN ERROR)
 * - `JSON_VALUE` (input, path, on empty: NULL ERROR DEFAULT, default on empty, on error: the same, default on error,
 *   RETURNING: a NULL of the type)
 * - `JSON_QUERY` (input, path, wrapper: WITHOUT, CONDITIONAL, UNCONDITIONAL, on empty: NULL ERROR EMPTY ARRAY EMPTY
 *   OBJECT, on error: the same, RETURNING: a NULL of the type)
 *
 * A path may say `lax` (what is missing is empty) or `strict` (it is an error); without a word it is strict, as in Flink.
 * A NULL input gives NULL.
 */

/** What the path found in the text. */
export type Answer =
  | { readonly mode: 'lax' | 'strict'; readonly value: Json }
  | { readonly mode: 'strict'; readonly problem: string };

export function ask(input: HostValue | undefined, pathText: HostValue | undefined): Answer {
  const match = /^\s*(lax|strict)\s+(.+)$/is.exec(String(pathText));
  const mode = match?.[1]?.toLowerCase() === 'lax' ? 'lax' : 'strict';
  try {
    const path = jsonPath(match?.[2] ?? String(pathText));
    try {
      return { mode, value: readPath(path, parseJson(String(input))) };
    } catch (error) {
      if (mode === 'strict' || !(error instanceof JsonError || error instanceof PathError)) throw error;
      return { mode, value: path.isDefinite || error instanceof JsonError ? null : [] };
    }
  } catch (error) {
    if (error instanceof JsonError || error instanceof PathError) return { mode: 'strict', problem: error.message };
    throw error;
  }
}

export const input = character('input');
export const path = character('path');
export const clause = (name: string): Parameter => character(name, { optional: true, literal: true });

/** A NULL of the type that is asked for, or `''`. */
export const returning = (
  isKnown: (type: SqlType, clauses: readonly (HostValue | undefined)[]) => boolean,
): Parameter =>
  parameter('returning', 'TYPE', (type, { literals }) => !isWritten(type) || isKnown(type, literals), {
    optional: true,
  });

export function returnedType(type: SqlType | undefined): SqlType {
  return type !== undefined && isWritten(type) ? withNullable(type, true) : STRING();
}

function isWritten(type: SqlType): boolean {
  return !(type.kind === 'CHAR' && type.length === 0);
}

export function scalarText(value: Json): string {
  return typeof value === 'string' ? value : writeJson(value);
}

/** Names and indexes for the kernel: an i32 length and the name's bytes, or -1 - index. Null for other paths. */
export function plainSteps(text: string): Uint8Array | null {
  const written = text.replace(/^\s*(lax|strict)\s+/i, '');
  let found: JsonPath;
  try {
    found = jsonPath(written);
  } catch (error) {
    if (error instanceof PathError) return null;
    throw error;
  }
  const parts: Buffer[] = [];
  for (const step of found.steps) {
    const head = Buffer.alloc(4);
    if (step.kind === 'members' && step.names.length === 1) {
      const name = Buffer.from(step.names[0]!, 'utf8');
      head.writeInt32LE(name.length);
      parts.push(head, name);
    } else if (step.kind === 'indexes' && step.indexes.length === 1 && step.indexes[0]! >= 0) {
      head.writeInt32LE(-1 - step.indexes[0]!);
      parts.push(head);
    } else return null;
  }
  return found.call === null ? Buffer.concat(parts) : null;
}
