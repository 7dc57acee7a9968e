import type { CodeWriter } from '../codegen/expression-writer.ts';
import { openTable, type TableCursor, tableCursor } from '../codegen/key-table.ts';
import { floorMultiple } from '../codegen/window-time.ts';
import type { Memory } from '../memory/memory.ts';
import { f64, i32, i64, type Local } from '../wasm/code.ts';
import { call, type FunctionRef } from '../wasm/function-builder.ts';
import type { WindowSlices } from './window-slices.ts';

/** As many as disorder spreads rows over. A power of two. */
const entries = 64;
/** i64 start; i64 late from; u32 store; padding. */
const entryBytes = 24;

export const sliceCacheBytes = entries * entryBytes;

/** No slice starts here. */
const noSlice = -(2n ** 63n);

const i64Max = 2n ** 63n - 1n;

const noWindowStore = 0xffff_ffff;

/** In the place of a store's address: the slice is in no window. */
export const noWindow = i32.const(noWindowStore | 0);

/** The slice of the row at hand, in locals. */
export interface CurrentSlice {
  readonly start: Local<'i64'>;
  readonly end: Local<'i64'>;
  readonly lateFrom: Local<'i64'>;
  readonly store: Local<'i32'>;
  readonly cursor: TableCursor;
}

/** No slice is at hand yet. */
export function openSlice(writer: CodeWriter): CurrentSlice {
  const { f } = writer;
  return {
    start: f.local('i64', i64.const(0n)),
    end: f.local('i64', i64.const(0n)),
    lateFrom: f.local('i64'),
    store: f.local('i32'),
    cursor: tableCursor(writer),
  };
}

/** The slices that emitted code finds without a call: by their start, where each keeps its groups and when it is late. */
export class SliceCache {
  readonly #memory: Memory;
  readonly #address: number;
  readonly #slices: WindowSlices;

  /** `address`: of `sliceCacheBytes`. */
  constructor(memory: Memory, address: number, slices: WindowSlices) {
    this.#memory = memory;
    this.#address = address;
    this.#slices = slices;
  }

  /** `store`: 0 where it has none yet. `lateFrom`: null where it is in no window. */
  put(start: number, store: number, lateFrom: number | null): void {
    const entry = this.#entry(start);
    const { i64: longs, u32 } = this.#memory;
    longs[entry >> 3] = BigInt(start);
    longs[(entry + 8) >> 3] = lateFrom === null ? 0n : toI64(lateFrom);
    u32[(entry + 16) >> 2] = lateFrom === null ? noWindowStore : store;
  }

  putStore(start: number, store: number): void {
    this.#memory.u32[(this.#entry(start) + 16) >> 2] = store;
  }

  forget(): void {
    const { i64: longs } = this.#memory;
    for (let at = 0; at < entries; at++) longs[(this.#address + at * entryBytes) >> 3] = noSlice;
  }

  /** Makes the slice of `at` the current one; `load` puts one that is not in the cache. */
  writeSwitch(writer: CodeWriter, current: CurrentSlice, at: Local<'i64'>, load: FunctionRef<'void'>): void {
    const { f } = writer;
    const slice = BigInt(this.#slices.sliceMs);
    const offset = BigInt(this.#slices.offsetMs);
    const { quotient, multiple } = floorMultiple(f, i64.sub(at, i64.const(offset)), slice);
    f.set(current.start, i64.add(multiple, i64.const(offset)));
    f.set(current.end, i64.add(current.start, i64.const(slice)));
    const number = i32.and(i32.wrapI64(quotient), i32.const(entries - 1));
    const entry = f.local('i32', i32.add(i32.const(this.#address), i32.mul(number, i32.const(entryBytes))));
    f.if(i64.ne(i64.load(entry), current.start), () => f.do(call(load, f64.convertI64S(current.start))));
    f.set(current.lateFrom, i64.load(entry, { offset: 8 }));
    f.set(current.store, i32.load(entry, { offset: 16 }));
    f.if(i32.and(i32.ne(current.store, i32.const(0)), i32.ne(current.store, noWindow)), () =>
      openTable(writer, current.cursor, i32.load(current.store)),
    );
  }

  #entry(start: number): number {
    const number = Math.floor((start - this.#slices.offsetMs) / this.#slices.sliceMs);
    return this.#address + (((number % entries) + entries) % entries) * entryBytes;
  }
}

/** Milliseconds as i64; the infinities are its ends. */
export function toI64(ms: number): bigint {
  if (ms === Number.POSITIVE_INFINITY) return i64Max;
  return ms === Number.NEGATIVE_INFINITY ? noSlice : BigInt(ms);
}
