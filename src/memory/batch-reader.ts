import { physicalOf, physicalWidth } from '../types/physical.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type Batch, type ColumnEncoding, descriptor } from './batch.ts';
import { type CellValue, readFixed } from './cell-value.ts';
import type { Memory } from './memory.ts';

/** Gives the value of a row. */
export type ColumnReader = (rowIndex: number) => CellValue;

/** Where a column's buffers are; see `batch.ts`. */
export interface ColumnAddresses {
  readonly values: number;
  /** 0: no value is NULL. */
  readonly validity: number;
  readonly offsets: number;
}

export function columnAddresses(memory: Memory, batch: Batch, column: number): ColumnAddresses {
  const at = (batch.address + descriptor.columns + column * descriptor.columnBytes) >> 2;
  const words = memory.u32;
  const wordAt = (offset: number): number => words[at + (offset >> 2)] ?? 0;
  return {
    values: wordAt(descriptor.values),
    validity: wordAt(descriptor.validity),
    offsets: wordAt(descriptor.offsets),
  };
}

/** Change kinds of a batch's rows by row index: 0 +I, 1 -U, 2 +U, 3 -D. */
export function kindReader(memory: Memory, batch: Batch): (rowIndex: number) => number {
  const kinds = memory.u32[(batch.address + descriptor.kinds) >>> 2] ?? 0;
  if (kinds === 0) return () => 0;
  const { u8 } = memory;
  return (rowIndex) => u8[kinds + rowIndex] ?? 0;
}

/** Readers of all columns. As the batch, they are valid during the call that lends it. */
export function columnReaders(memory: Memory, batch: Batch): ColumnReader[] {
  return batch.schema.map((_, column) => columnReader(memory, batch, column));
}

/** A reader of one column's values, of either encoding; bytes are copies. For results, tests and host functions: not for hot loops. */
export function columnReader(memory: Memory, batch: Batch, column: number): ColumnReader {
  const type = batch.schema[column]?.type;
  if (type === undefined) throw new Error(`no column ${column} among ${batch.schema.length}`);
  if (type.kind === 'NULL') return () => null;
  const addresses = columnAddresses(memory, batch, column);
  const present = presentReader(memory, type, addresses, batch.encoding);
  const { validity } = addresses;
  if (validity === 0) return present;
  const { u8 } = memory;
  return batch.encoding === 'arrow'
    ? (row) => (((u8[validity + (row >>> 3)] ?? 0) >> (row & 7)) & 1 ? present(row) : null)
    : (row) => (u8[validity + row] !== 0 ? present(row) : null);
}

function presentReader(
  memory: Memory,
  type: SqlType,
  addresses: ColumnAddresses,
  encoding: ColumnEncoding,
): ColumnReader {
  const physical = physicalOf(type);
  const { values } = addresses;
  if (physical === 'bytes') return bytesReader(memory, type, addresses, encoding);
  if (physical === 'bool' && encoding === 'arrow') {
    const { u8 } = memory;
    return (row) => (((u8[values + (row >>> 3)] ?? 0) >> (row & 7)) & 1) === 1;
  }
  const view = memory.view;
  const width = physicalWidth[physical];
  const read = readFixed[physical];
  return (row) => read(view, values + row * width);
}

function bytesReader(
  memory: Memory,
  type: SqlType,
  addresses: ColumnAddresses,
  encoding: ColumnEncoding,
): ColumnReader {
  const { values, offsets } = addresses;
  const isText = type.kind === 'CHAR' || type.kind === 'VARCHAR';
  const take = (address: number, length: number): CellValue =>
    isText ? memory.text(address, length) : memory.copyOut(address, length);
  const view = memory.view;
  if (encoding === 'native') {
    return (row) => take(view.getUint32(values + row * 8, true), view.getUint32(values + row * 8 + 4, true));
  }
  return (row) => {
    const from = view.getInt32(offsets + row * 4, true);
    return take(values + from, view.getInt32(offsets + row * 4 + 4, true) - from);
  };
}
