import type { Code } from '../diagnostics/codes.ts';
import type { Memory } from '../memory/memory.ts';
import { typeText } from '../types/sql-type.ts';
import type { FieldLayout, FieldNode } from './field-tree.ts';
import { DecodeFailure } from './format.ts';
import { recordProblem, recordStruct } from './record-struct.ts';

export interface FailureContext {
  readonly memory: Memory;
  readonly layout: FieldLayout;
  /** Of the decoder's struct. */
  readonly struct: number;
  /** `json`, `csv`: the prefix of the option that the help names. */
  readonly format: string;
}

/** A record that failed, as the struct tells of it. */
export interface FailedRecord {
  readonly problem: number;
  readonly node: FieldNode | null;
  /** The field's name in quotes; empty where the whole record is meant. */
  readonly said: string;
  /** What stands there, shortened. */
  readonly shown: string;
  readonly firstByte: number;
  readonly make: (message: string, help?: string | null, code?: Code) => DecodeFailure;
}

export function failedRecord({ memory, layout, struct, format }: FailureContext): FailedRecord {
  const word = (offset: number): number => memory.u32[(struct + offset) >>> 2] ?? 0;
  const record = { from: word(recordStruct.recordFrom), to: word(recordStruct.recordTo) };
  if (memory.u8[record.to - 1] === 13 && record.to > record.from) record.to--;
  const node = layout.node(word(recordStruct.problemField));
  const field = { from: word(recordStruct.problemFrom), to: Math.min(word(recordStruct.problemTo), record.to) };
  const text = memory.text(field.from, Math.max(0, Math.min(field.to - field.from, 200)));
  if (field.to <= field.from) field.to = field.from + 1;
  const name = node === null || node.path.length === 0 ? null : node.path.join('.');
  const column = node?.path[0] ?? null;
  const skip = `to skip such rows: '${format}.ignore-parse-errors' = 'true'; they are counted`;
  return {
    problem: word(recordStruct.problem),
    node,
    said: name === null ? '' : `"${name}"`,
    shown: shortened(text),
    firstByte: memory.u8[field.from] ?? 0,
    make: (message, help = skip, code = 'F010') =>
      new DecodeFailure({ record, field, column, details: { code, message, help } }),
  };
}

/** The failures that all text formats have; null for another. */
export function commonFailure({ problem, node, said, shown, firstByte, make }: FailedRecord): DecodeFailure | null {
  switch (problem) {
    case recordProblem.value: {
      const type = node?.type == null ? 'ROW' : typeText({ ...node.type, nullable: true });
      return make(`could not read ${said} as ${type}: ${shown}`, undefined, 'F012');
    }
    case recordProblem.null:
      return make(`${said} is NULL or missing, but its column is declared NOT NULL`, undefined, 'F011');
    case recordProblem.notUtf8:
      return make(`invalid UTF-8: byte 0x${firstByte.toString(16).padStart(2, '0')}`);
    default:
      return null;
  }
}

/** What stands there in one visible line: a control character as its escape, nothing as two quotes. */
function shortened(text: string): string {
  if (text === '') return '""';
  const visible = text.replace(/\p{Cc}/gu, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return visible.length <= 60 ? visible : `${visible.slice(0, 57)}...`;
}
