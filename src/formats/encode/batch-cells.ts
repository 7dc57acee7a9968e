import { type Batch, descriptor } from '../../memory/batch.ts';
import type { Memory } from '../../memory/memory.ts';
import { type Physical, physicalOf, physicalWidth } from '../../types/physical.ts';

/**
 * A column of a batch, value by value, without making values: `at(row)` is the address of the value as it stands in a
 * native column, 0 for NULL.
 */
export type CellAddress = (row: number) => number;

/** The columns at some positions, in either encoding; valid as long as the batch. */
export function cellAddresses(
  memory: Memory,
  batch: Batch,
  columns: readonly number[],
  /** 16 bytes for a value that stands in another form. */
  scratch: number,
): CellAddress[] {
  const { u8, u32 } = memory;
  return columns.map((column) => {
    const type = batch.schema[column]?.type;
    if (type === undefined || type.kind === 'NULL') return () => 0;
    const physical = physicalOf(type);
    const at = (batch.address + descriptor.columns + column * descriptor.columnBytes) >>> 2;
    const values = u32[at] ?? 0;
    const validity = u32[at + 1] ?? 0;
    const offsets = u32[at + 2] ?? 0;
    if (batch.encoding === 'arrow') return arrowCell(memory, { physical, values, validity, offsets, scratch });
    const width = physicalWidth[physical];
    if (validity === 0) return (row) => values + row * width;
    return (row) => (u8[validity + row] === 0 ? 0 : values + row * width);
  });
}

interface ArrowColumn {
  readonly physical: Physical;
  readonly values: number;
  readonly validity: number;
  readonly offsets: number;
  readonly scratch: number;
}

function arrowCell({ u8, u32 }: Memory, { physical, values, validity, offsets, scratch }: ArrowColumn): CellAddress {
  const bit = (address: number, row: number): number => ((u8[address + (row >>> 3)] ?? 0) >> (row & 7)) & 1;
  const width = physicalWidth[physical];
  return (row) => {
    if (validity !== 0 && bit(validity, row) === 0) return 0;
    if (physical === 'bool') {
      u8[scratch] = bit(values, row);
      return scratch;
    }
    if (physical === 'bytes') {
      const from = u32[(offsets >>> 2) + row] ?? 0;
      u32[scratch >>> 2] = values + from;
      u32[(scratch >>> 2) + 1] = (u32[(offsets >>> 2) + row + 1] ?? 0) - from;
      return scratch;
    }
    return values + row * width;
  };
}
