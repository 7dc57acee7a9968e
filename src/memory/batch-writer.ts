import type { Column, Schema } from '../types/column.ts';
import { physicalOf, physicalWidth } from '../types/physical.ts';
import type { Arena } from './arena.ts';
import { type Batch, descriptor, descriptorBytes } from './batch.ts';
import type { ColumnAddresses } from './batch-reader.ts';
import { type CellValue, writeFixed } from './cell-value.ts';
import type { Memory } from './memory.ts';

export interface WriteBatchOptions {
  /** A change kind a row; left out: all rows are inserts. */
  readonly kinds?: readonly number[];
}

/**
 * Writes rows that come from outside the memory (a program's values, a test's) into a native batch in the arena; it is
 * valid until the arena is reset. @throws Error when a value is not of its column's class
 */
export function writeBatch(
  memory: Memory,
  arena: Arena,
  schema: Schema,
  rows: readonly (readonly CellValue[])[],
  options: WriteBatchOptions = {},
): Batch {
  const columns = schema.map((column, index) =>
    writeColumn(
      memory,
      arena,
      column,
      rows.map((row) => row[index] ?? null),
    ),
  );
  let kinds = 0;
  if (options.kinds !== undefined) {
    kinds = arena.alloc(rows.length);
    memory.u8.set(options.kinds, kinds);
  }
  const address = writeDescriptor(memory, arena, { rowCount: rows.length, kinds, columns });
  return { schema, rowCount: rows.length, address, encoding: 'native' };
}

/** Writes a batch's descriptor and gives its address. */
export function writeDescriptor(
  memory: Memory,
  arena: Arena,
  batch: { readonly rowCount: number; readonly kinds: number; readonly columns: readonly ColumnAddresses[] },
): number {
  const bytes = descriptorBytes(batch.columns.length);
  const address = arena.alloc(bytes);
  const words = memory.u32.subarray(address >>> 2, (address + bytes) >>> 2);
  words.fill(0);
  words[descriptor.rowCount >> 2] = batch.rowCount;
  words[descriptor.kinds >> 2] = batch.kinds;
  for (const [index, { values, validity, offsets }] of batch.columns.entries()) {
    const at = (descriptor.columns + index * descriptor.columnBytes) >> 2;
    words[at + (descriptor.values >> 2)] = values;
    words[at + (descriptor.validity >> 2)] = validity;
    words[at + (descriptor.offsets >> 2)] = offsets;
  }
  return address;
}

/** Writes a native column and gives its addresses. */
export function writeColumn(
  memory: Memory,
  arena: Arena,
  { name, type }: Column,
  cells: readonly CellValue[],
): ColumnAddresses {
  const physical = physicalOf(type);
  const width = physicalWidth[physical];
  const values = arena.alloc(cells.length * width);
  memory.u8.fill(0, values, values + cells.length * width);
  const hasNulls = cells.includes(null);
  if (hasNulls && !type.nullable) throw new Error(`NULL in column ${name}, which is NOT NULL`);
  const validity = hasNulls ? arena.alloc(cells.length) : 0;
  if (hasNulls) {
    memory.u8.set(
      cells.map((cell) => (cell === null ? 0 : 1)),
      validity,
    );
  }
  if (physical === 'bytes') {
    writeTexts(memory, arena, values, name, cells);
  } else {
    const view = memory.view;
    const write = writeFixed[physical];
    for (const [index, cell] of cells.entries()) if (cell !== null) write(view, values + index * width, cell);
  }
  return { values, validity, offsets: 0 };
}

function writeTexts(memory: Memory, arena: Arena, views: number, name: string, cells: readonly CellValue[]): void {
  for (const [index, cell] of cells.entries()) {
    if (cell === null) continue;
    const bytes = typeof cell === 'string' ? Buffer.from(cell) : cell;
    if (!(bytes instanceof Uint8Array)) throw new Error(`not a text or bytes in column ${name}: ${String(cell)}`);
    const stored = arena.alloc(bytes.length);
    memory.u8.set(bytes, stored);
    memory.u32[(views >>> 2) + index * 2] = stored;
    memory.u32[(views >>> 2) + index * 2 + 1] = bytes.length;
  }
}
