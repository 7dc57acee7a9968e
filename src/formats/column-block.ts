import { type Batch, descriptor, descriptorBytes } from '../memory/batch.ts';
import type { Memory } from '../memory/memory.ts';
import type { Schema } from '../types/column.ts';
import { physicalOf, physicalWidth } from '../types/physical.ts';

/** Where a column's buffers stand in a block, as offsets from its start; `validity` 0 for a NOT NULL column. */
export interface BlockColumn {
  readonly values: number;
  readonly validity: number;
  /** A u32 that is not 0 when some value is NULL. */
  readonly nullSeen: number;
}

/** The places in a block. Offsets, so that one program serves the blocks of all shards. */
export interface BlockLayout {
  readonly schema: Schema;
  readonly capacity: number;
  readonly columns: readonly BlockColumn[];
  /** A u32 a row: the address at which its record starts. */
  readonly records: number;
  /** A change kind a row; 0 where all rows are inserts. */
  readonly kinds: number;
  readonly bytes: number;
}

export function blockLayout(schema: Schema, { capacity, kinds }: { capacity: number; kinds: boolean }): BlockLayout {
  let end = descriptorBytes(schema.length);
  const place = (bytes: number): number => {
    const at = (end + 15) & ~15;
    end = at + bytes;
    return at;
  };
  const nullSeen = place(schema.length * 4);
  const columns = schema.map(({ type }, index) => ({
    values: place(capacity * physicalWidth[physicalOf(type)]),
    // One more: the row behind the last is made ready too.
    validity: type.nullable ? place(capacity + 1) : 0,
    nullSeen: nullSeen + index * 4,
  }));
  return {
    schema,
    capacity,
    columns,
    records: place(capacity * 4),
    kinds: kinds ? place(capacity) : 0,
    bytes: end + 64,
  };
}

interface BlockKernels {
  validityFill(address: number, length: number): void;
}

/** The columns that a decoder fills, in one piece of memory: the same for every batch of a shard. */
export class ColumnBlock {
  readonly layout: BlockLayout;
  readonly address: number;
  readonly #memory: Memory;
  readonly #kernels: BlockKernels;

  constructor(memory: Memory, layout: BlockLayout) {
    this.#memory = memory;
    this.#kernels = memory.exports as unknown as BlockKernels;
    this.layout = layout;
    this.address = memory.alloc(layout.bytes);
    memory.u8.fill(0, this.address, this.address + descriptorBytes(layout.schema.length));
    for (const { validity, nullSeen } of layout.columns) {
      memory.u32[(this.address + nullSeen) >>> 2] = 0;
      if (validity !== 0) this.#kernels.validityFill(this.address + validity, layout.capacity + 1);
    }
    if (layout.kinds !== 0) memory.u32[(this.address + descriptor.kinds) >>> 2] = this.address + layout.kinds;
  }

  /** Before a batch: no value is NULL. Only where the batch before had NULLs is there something to do. */
  start(): void {
    const { u32 } = this.#memory;
    for (const { validity, nullSeen } of this.layout.columns) {
      const seenAt = (this.address + nullSeen) >>> 2;
      if (u32[seenAt] === 0) continue;
      u32[seenAt] = 0;
      if (validity !== 0) this.#kernels.validityFill(this.address + validity, this.layout.capacity + 1);
    }
  }

  /** The first rows as a batch, valid until the next `start`. */
  batch(rowCount: number): Batch {
    const { u32 } = this.#memory;
    const { schema, columns } = this.layout;
    u32[(this.address + descriptor.rowCount) >>> 2] = rowCount;
    u32[(this.address + descriptor.shard) >>> 2] = 0;
    let at = (this.address + descriptor.columns) >>> 2;
    for (const { values, validity, nullSeen } of columns) {
      u32[at] = this.address + values;
      const hasNulls = validity !== 0 && u32[(this.address + nullSeen) >>> 2] !== 0;
      u32[at + 1] = hasNulls ? this.address + validity : 0;
      at += descriptor.columnBytes >> 2;
    }
    return { schema, rowCount, address: this.address, encoding: 'native' };
  }

  recordAddress(rowIndex: number): number {
    return this.#memory.u32[(this.address + this.layout.records + rowIndex * 4) >>> 2] ?? 0;
  }

  close(): void {
    this.#memory.free(this.address);
  }
}
