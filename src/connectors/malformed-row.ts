import type { Table } from '../catalog/table.ts';
import { DiagnosticError, error } from '../diagnostics/diagnostic.ts';
import { placeOf, SourceText } from '../diagnostics/source-text.ts';
import type { DecodeFailure } from '../formats/format.ts';
import type { Memory } from '../memory/memory.ts';
import { typeText } from '../types/sql-type.ts';
import type { MalformedRecord, SourceRecord } from './connector.ts';

/** Where the bytes that were decoded stand. */
export interface MalformedRowPlace {
  readonly memory: Memory;
  readonly table: Table;
  /** As errors call the file or shard. */
  readonly shard: string;
  /** From 1. */
  readonly line: number;
  /** What else tells the record: `the record starts at byte 1,204`. */
  readonly note: string;
}

/** What is kept of a malformed record. */
export function malformedRecord(
  { column, details: { code, message } }: DecodeFailure,
  table: Table,
  record: SourceRecord,
  line: number | null,
): MalformedRecord {
  const declared = table.columns.find(({ name }) => name === column);
  return { record, code, message, place: declared === undefined ? null : placeOf(declared.span), column, line };
}

/** Of a long record, so many bytes around the field are shown. */
const shownBytesMax = 160;

/** The error of a malformed row: the record with the field underlined, and where its column was declared. */
export function malformedRow(failure: DecodeFailure, place: MalformedRowPlace): DiagnosticError {
  const { memory, table, shard, line, note } = place;
  const { record } = failure;
  const field = failure.field ?? record;
  const from =
    record.to - record.from <= shownBytesMax ? record.from : Math.max(record.from, field.from - shownBytesMax / 2);
  const to = Math.max(from, Math.min(record.to, from + shownBytesMax));
  const before = from > record.from ? '...' : '';
  const after = to < record.to ? '...' : '';
  const text = before + memory.text(from, to - from).replaceAll('\n', ' ') + after;
  const start = before.length + memory.text(from, Math.max(0, Math.min(field.from, to) - from)).length;
  const width = memory.text(field.from, Math.max(0, Math.min(field.to, to) - field.from)).length;
  const source = new SourceText(shard, text, line);
  const span = { source, start, end: Math.min(text.length, start + Math.max(1, width)) };
  const notes = [note];
  const column = table.columns.find(({ name }) => name === failure.column);
  if (column !== undefined && column.kind !== 'computed') {
    notes.push(`column ${column.name} ${typeText(column.type)}, declared at ${placeOf(column.span)}`);
  }
  const { code, message, help } = failure.details;
  return new DiagnosticError([error(code, span, message, { notes, help: help ?? undefined })]);
}
