import type { Code } from '../../diagnostics/codes.ts';
import type { Memory } from '../../memory/memory.ts';
import { typeText } from '../../types/sql-type.ts';
import type { FieldLayout } from '../field-tree.ts';
import { DecodeFailure } from '../format.ts';
import { jsonProblem, recordStruct } from '../record-struct.ts';

export interface FailureContext {
  readonly memory: Memory;
  readonly layout: FieldLayout;
  /** Of the decoder's struct. */
  readonly struct: number;
  /** `json`, `debezium-json`: the prefix of the option that the help names. */
  readonly format: string;
}

/** What the struct says of the record that failed. */
export function jsonFailure({ memory, layout, struct, format }: FailureContext): DecodeFailure {
  const word = (offset: number): number => memory.u32[(struct + offset) >>> 2] ?? 0;
  const record = { from: word(recordStruct.recordFrom), to: word(recordStruct.recordTo) };
  if (memory.u8[record.to - 1] === 13 && record.to > record.from) record.to--;
  const node = layout.node(word(recordStruct.problemField));
  const field = { from: word(recordStruct.problemFrom), to: Math.min(word(recordStruct.problemTo), record.to) };
  if (field.to <= field.from) field.to = field.from + 1;
  const text = memory.text(field.from, Math.min(field.to - field.from, 200));
  const name = node === null || node.path.length === 0 ? null : node.path.join('.');
  const said = name === null ? '' : `"${name}"`;
  const type = node?.type == null ? 'ROW' : typeText({ ...node.type, nullable: true });
  const skip = `to skip such rows: '${format}.ignore-parse-errors' = 'true'; they are counted`;
  const column = node?.path[0] ?? null;
  const make = (message: string, help: string | null = skip, code: Code = 'F010'): DecodeFailure =>
    new DecodeFailure({ record, field, column, details: { code, message, help } });
  switch (word(recordStruct.problem)) {
    case jsonProblem.value:
      return make(`could not read ${said} as ${type}: ${shortened(text)}`, skip, 'F012');
    case jsonProblem.missing:
      return make(`${said} is missing`, `'${format}.fail-on-missing-field' = 'false' makes it NULL`, 'F011');
    case jsonProblem.null:
      return make(`${said} is NULL or missing, but its column is declared NOT NULL`, skip, 'F011');
    case jsonProblem.notObject:
      return make(`a record must be a JSON object, or an array of objects: ${shortened(text)}`);
    case jsonProblem.tooDeep:
      return make('JSON is nested more than 1,000 deep');
    case jsonProblem.notUtf8:
      return make(`invalid UTF-8: byte 0x${(memory.u8[field.from] ?? 0).toString(16).padStart(2, '0')}`);
    case jsonProblem.corruptChange:
      return make(`not a ${format} change: its operation or its row is missing`);
    case jsonProblem.unknownChange:
      return make(`unknown operation ${shortened(text)} in a ${format} change`);
    case jsonProblem.noBeforeUpdate:
      return make('the "before" field of an update is null', replicaIdentity);
    case jsonProblem.noBeforeDelete:
      return make('the "before" field of a deletion is null', replicaIdentity);
    default: {
      const isEnd = memory.u8[field.from] === 10;
      return make(isEnd ? 'malformed JSON: the record ends too early' : `malformed JSON at ${shortened(text)}`);
    }
  }
}

const replicaIdentity = 'a Postgres table must have REPLICA IDENTITY FULL for Debezium to tell of old rows';

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
