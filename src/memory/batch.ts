import type { Schema } from '../types/column.ts';
import { physicalOf, physicalWidth } from '../types/physical.ts';

/**
 * A record batch: columns in the linear memory, borrowed during the synchronous call that carries it.
 *
 * The columns' addresses stand in a descriptor in memory too, so that a pipeline takes one pointer:
 *
 * ```
 * offset 0   u32 rowCount
 *        4   u32 kinds        0 (all rows +I) or the address of a byte a row: 0 +I, 1 -U, 2 +U, 3 -D
 *        8   u32 watermarks   0 (no row is behind the watermark) or the address of an i64 a row: the
 *                             watermark before that row, in ms
 *       12   u32 shard         0 or the address of the shard's time (`ShardTime`), in batches fresh from a source
 *       16   per column: u32 values, u32 validity, u32 offsets, u32 reserved
 * ```
 *
 * Encodings of a column:
 * - `native`: values as in `types/physical.ts` (text: u32 address, u32 length a row); validity a byte a row
 *   (1 = there), or address 0 where no value is NULL.
 * - `arrow`: Apache Arrow's: booleans and validity as bits (validity 0: none NULL), text as i32 offsets + bytes
 *   (`values` the bytes, `offsets` the offsets).
 */
export interface Batch {
  readonly schema: Schema;
  readonly rowCount: number;
  /** Address of the descriptor. */
  readonly address: number;
  readonly encoding: ColumnEncoding;
}

export type ColumnEncoding = 'native' | 'arrow';

export const descriptor = {
  rowCount: 0,
  kinds: 4,
  watermarks: 8,
  shard: 12,
  columns: 16,
  columnBytes: 16,
  values: 0,
  validity: 4,
  offsets: 8,
} as const;

/**
 * What a pipeline must know of the shard its rows come from, in memory: i64s, milliseconds. The watermark in force
 * before a row is min(running, others), where `running` starts as `before` and takes in each row's watermark
 * behind it; the pipeline leaves it in `after`. Every pipeline over one source computes the same `after`.
 */
export const shardTime = { before: 0, others: 8, after: 16, bytes: 24 } as const;

/** Bytes of a descriptor of so many columns. */
export function descriptorBytes(columnCount: number): number {
  return descriptor.columns + columnCount * descriptor.columnBytes;
}

/** Change kinds in a batch, in Flink's order of RowKind. */
export const changeKind = { insert: 0, updateBefore: 1, updateAfter: 2, delete: 3 } as const;

/** As Flink prints them. */
export const changeKindText = ['+I', '-U', '+U', '-D'] as const;

/** Rows of a width up to 2 KB make full batches. */
const batchBytesMax = 16 * 1024 * 1024;

/** The rows of a batch: at most `rowsMax`, and fewer of a wide row. */
export function boundedRows(schema: Schema, rowsMax: number): number {
  const rowBytes = schema.reduce((sum, { type }) => sum + physicalWidth[physicalOf(type)] + 1, 0);
  return Math.max(1, Math.min(rowsMax, Math.floor(batchBytesMax / Math.max(1, rowBytes))));
}
