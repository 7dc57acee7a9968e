import { type Batch, changeKindText } from '../memory/batch.ts';
import { columnReaders, kindReader } from '../memory/batch-reader.ts';
import type { Memory } from '../memory/memory.ts';
import { decodeNested, type NestedValue } from '../memory/nested.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { ResultRow } from './statement-event.ts';

/** A batch's rows as JavaScript values, copied out of the memory: for a screen and for tests, not on the way to a sink. */
export function resultRows(memory: Memory, batch: Batch): ResultRow[] {
  const kindOf = kindReader(memory, batch);
  const readers = columnReaders(memory, batch);
  return Array.from({ length: batch.rowCount }, (_, rowIndex) => ({
    kind: changeKindText[kindOf(rowIndex)] ?? '+I',
    values: readers.map((read, column) => plain(read(rowIndex), batch.schema[column]?.type)),
  }));
}

function plain(value: ReturnType<ReturnType<typeof columnReaders>[number]>, type: SqlType | undefined): NestedValue {
  if (!(value instanceof Uint8Array) || type === undefined) return value;
  switch (type.kind) {
    case 'ROW':
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
      return decodeNested(type, value);
    default:
      return value;
  }
}
