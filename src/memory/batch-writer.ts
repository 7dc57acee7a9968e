import type { Schema } from '../types/column.ts';
import { physicalOf, physicalWidth } from '../types/physical.ts';
import type { Arena } from './arena.ts';
import { type Batch, descriptor, descriptorBytes } from './batch.ts';
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
  const address = arena.alloc(descriptorBytes(schema.length));
  const buffers = schema.map(({ type }) => ({
    values: arena.alloc(rows.length * physicalWidth[physicalOf(type)]),
    validity: type.nullable ? arena.alloc(rows.length) : 0,
  }));
  let kinds = 0;
  if (options.kinds !== undefined) {
    kinds = arena.alloc(rows.length);
    memory.u8.set(options.kinds, kinds);
  }
  memory.u8.fill(0, address, address + descriptorBytes(schema.length));
  memory.u32[address >>> 2] = rows.length;
  memory.u32[(address + descriptor.kinds) >>> 2] = kinds;
  for (const [column, { values, validity }] of buffers.entries()) {
    const at = address + descriptor.columns + column * descriptor.columnBytes;
    memory.u32[(at + descriptor.values) >>> 2] = values;
    memory.u32[(at + descriptor.validity) >>> 2] = validity;
    writeColumn(memory, arena, schema, rows, { column, values, validity });
  }
  return { schema, rowCount: rows.length, address, encoding: 'native' };
}

function writeColumn(
  memory: Memory,
  arena: Arena,
  schema: Schema,
  rows: readonly (readonly CellValue[])[],
  { column, values, validity }: { column: number; values: number; validity: number },
): void {
  const { name, type } = schema[column]!;
  const physical = physicalOf(type);
  const width = physicalWidth[physical];
  for (const [index, row] of rows.entries()) {
    const value = row[column] ?? null;
    const at = values + index * width;
    if (validity !== 0) memory.u8[validity + index] = value === null ? 0 : 1;
    if (value === null) {
      if (validity === 0) throw new Error(`NULL in column ${name}, which is NOT NULL`);
      memory.u8.fill(0, at, at + width);
    } else if (physical === 'bytes') {
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      if (!(bytes instanceof Uint8Array)) throw new Error(`not a text or bytes in column ${name}: ${String(value)}`);
      const stored = arena.alloc(bytes.length);
      memory.u8.set(bytes, stored);
      memory.u32[at >>> 2] = stored;
      memory.u32[(at >>> 2) + 1] = bytes.length;
    } else {
      writeFixed[physical](new DataView(memory.wasm.buffer), at, value);
    }
  }
}
