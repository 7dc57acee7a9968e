import { physicalOf, physicalWidth } from '../types/physical.ts';
import { type Batch, descriptor, descriptorBytes } from './batch.ts';
import type { Memory } from './memory.ts';

/**
 * Rows `[from, to)` of a batch as a batch of its own, without copying values: a descriptor whose addresses point into
 * the other's columns. Only Arrow's bits, when `from` is no multiple of 8, are copied. One slice is valid at a time.
 */
export class BatchSlice {
  readonly #memory: Memory;
  readonly #address: number;
  readonly #columnCount: number;
  /** Shifted bits, per column: validity, then a boolean's values. */
  readonly #bits: { address: number; bytes: number }[] = [];

  constructor(memory: Memory, columnCount: number) {
    this.#memory = memory;
    this.#columnCount = columnCount;
    this.#address = memory.alloc(descriptorBytes(columnCount));
  }

  of(batch: Batch, from: number, to: number): Batch {
    const { u32 } = this.#memory;
    const source = batch.address >> 2;
    const target = this.#address >> 2;
    u32[target] = to - from;
    const kinds = u32[source + (descriptor.kinds >> 2)] ?? 0;
    u32[target + (descriptor.kinds >> 2)] = kinds === 0 ? 0 : kinds + from;
    const watermarks = u32[source + (descriptor.watermarks >> 2)] ?? 0;
    u32[target + (descriptor.watermarks >> 2)] = watermarks === 0 ? 0 : watermarks + from * 8;
    u32[target + (descriptor.shard >> 2)] = u32[source + (descriptor.shard >> 2)] ?? 0;
    for (let column = 0; column < this.#columnCount; column++) this.#column(batch, column, from, to);
    return { ...batch, rowCount: to - from, address: this.#address };
  }

  close(): void {
    for (const { address } of this.#bits) if (address !== 0) this.#memory.free(address);
    this.#memory.free(this.#address);
  }

  #column(batch: Batch, column: number, from: number, to: number): void {
    const at = (descriptor.columns + column * descriptor.columnBytes) >> 2;
    const source = (batch.address >> 2) + at;
    const target = (this.#address >> 2) + at;
    const words = this.#memory.u32;
    const values = words[source] ?? 0;
    const validity = words[source + (descriptor.validity >> 2)] ?? 0;
    const offsets = words[source + (descriptor.offsets >> 2)] ?? 0;
    const type = batch.schema[column]?.type;
    if (type === undefined) throw new Error(`no column ${column} among ${batch.schema.length}`);
    const physical = physicalOf(type);
    let slicedValues = values + from * physicalWidth[physical];
    let slicedValidity = validity === 0 ? 0 : validity + from;
    let slicedOffsets = 0;
    if (batch.encoding === 'arrow') {
      slicedValidity = validity === 0 ? 0 : this.#bitsFrom(column * 2, validity, from, to);
      if (physical === 'bool') slicedValues = this.#bitsFrom(column * 2 + 1, values, from, to);
      if (physical === 'bytes') {
        slicedValues = values;
        slicedOffsets = offsets + from * 4;
      }
    }
    // Taken again: shifting bits may have made the memory grow.
    const { u32 } = this.#memory;
    u32[target] = slicedValues;
    u32[target + (descriptor.validity >> 2)] = slicedValidity;
    u32[target + (descriptor.offsets >> 2)] = slicedOffsets;
  }

  /** The address of bits that start with bit `from` of others. */
  #bitsFrom(slot: number, address: number, from: number, to: number): number {
    const shift = from & 7;
    if (shift === 0) return address + (from >> 3);
    const bytes = (to - from + 7) >> 3;
    let held = this.#bits[slot];
    if (held === undefined || held.bytes < bytes) {
      if (held !== undefined && held.address !== 0) this.#memory.free(held.address);
      held = { address: this.#memory.alloc(bytes), bytes };
      this.#bits[slot] = held;
      for (let empty = 0; empty < slot; empty++) this.#bits[empty] ??= { address: 0, bytes: 0 };
    }
    const { u8 } = this.#memory;
    const last = address + ((to - 1) >> 3);
    for (let index = 0; index < bytes; index++) {
      const low = address + (from >> 3) + index;
      u8[held.address + index] = ((u8[low] ?? 0) >> shift) | (low < last ? (u8[low + 1] ?? 0) << (8 - shift) : 0);
    }
    return held.address;
  }
}
