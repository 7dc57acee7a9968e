import type { OptionValues } from '../../../src/catalog/options.ts';
import { optionValues } from '../../../src/catalog/read-options.ts';
import type { TableOption } from '../../../src/catalog/table.ts';
import { SourceText } from '../../../src/diagnostics/source-text.ts';
import type { Decoder, Format } from '../../../src/formats/format.ts';
import { changeKindText } from '../../../src/memory/batch.ts';
import { columnReaders, kindReader } from '../../../src/memory/batch-reader.ts';
import { Memory } from '../../../src/memory/memory.ts';
import { decodeNested, type NestedValue } from '../../../src/memory/nested.ts';
import type { ScanColumn, ScanFilter } from '../../../src/plan/logical.ts';
import type { SqlType } from '../../../src/types/sql-type.ts';

/** One memory for a test file. */
export const memory = Memory.create();

export function optionsOf(format: Format, given: Readonly<Record<string, string>> = {}): OptionValues {
  const source = new SourceText('test', '');
  const span = { source, start: 0, end: 0 };
  const options = new Map<string, TableOption>(
    Object.entries(given).map(([name, value]) => [name, { value, keySpan: span, valueSpan: span }]),
  );
  return optionValues(options, format.options);
}

export function scanColumns(types: Readonly<Record<string, SqlType>>): ScanColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, type, path: name.split('/'), metadata: false }));
}

export interface DecodeSetup {
  readonly format: Format;
  readonly types: Readonly<Record<string, SqlType>>;
  readonly tableTypes?: Readonly<Record<string, SqlType>>;
  readonly options?: Readonly<Record<string, string>>;
  readonly rowsMax?: number;
  readonly filter?: ScanFilter | null;
}

export function decoderOf({
  format,
  types,
  tableTypes = types,
  options = {},
  rowsMax = 1024,
  filter = null,
}: DecodeSetup): Decoder {
  return format.decoder({
    memory,
    options: optionsOf(format, options),
    tableColumns: Object.entries(tableTypes).map(([name, type]) => ({ name, type })),
    columns: scanColumns(types),
    filter,
    timeZone: 'UTC',
    rowsMax,
  });
}

export type Row = readonly NestedValue[];

/**
 * The rows that a decoder gives for a text, cut into chunks of the given sizes (the last repeated). With change kinds
 * other than inserts, a row starts with its kind.
 */
export function decodeRows(
  decoder: Decoder,
  text: string | Uint8Array,
  { chunks = [1 << 30], kinds = false }: { chunks?: readonly number[]; kinds?: boolean } = {},
): { rows: Row[]; starts: number[] } {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const rows: Row[] = [];
  const starts: number[] = [];
  const room = memory.alloc(bytes.length + 64);
  let used = 0;
  let have = 0;
  let turn = 0;
  try {
    for (;;) {
      const size = Math.max(1, chunks[Math.min(turn++, chunks.length - 1)] ?? 1);
      have = Math.min(bytes.length, have + size);
      const atEnd = have === bytes.length;
      for (;;) {
        memory.u8.set(bytes.subarray(used, have), room);
        const length = have - used;
        const { batch, next } = decoder.decode(room, room + length, atEnd);
        const readers = columnReaders(memory, batch);
        const kindOf = kindReader(memory, batch);
        for (let row = 0; row < batch.rowCount; row++) {
          const values = batch.schema.map(({ type }, column) => asNested(type, readers[column]?.(row) ?? null));
          rows.push(kinds ? [changeKindText[kindOf(row)] ?? '', ...values] : values);
          starts.push(used + decoder.recordAddress(row) - room);
        }
        used += next - room;
        if (used === have && batch.rowCount === 0) break;
        if (next === room && batch.rowCount === 0) break;
      }
      if (atEnd) return { rows, starts };
    }
  } finally {
    memory.free(room);
  }
}

function asNested(type: SqlType, value: ReturnType<ReturnType<typeof columnReaders>[number]>): NestedValue {
  const isNested = type.kind === 'ROW' || type.kind === 'ARRAY' || type.kind === 'MAP' || type.kind === 'MULTISET';
  return isNested && value instanceof Uint8Array ? decodeNested(type, value) : value;
}
