import type { Value } from '../functions/value.ts';
import { type KeyOrder, sortKeyBytesMax, sortKeyFlags, sortKeyKernel } from '../memory/sort-key.ts';
import type { Physical } from '../types/physical.ts';
import { type I32, type I64, i32, i64, type Local, select } from '../wasm/code.ts';
import type { CodeWriter } from './expression-writer.ts';

/** A column of a key, and how it is ordered. */
export interface KeyColumn {
  readonly value: Value;
  readonly order: KeyOrder;
}

/** Bytes in memory, from `start` to before `end`. */
export interface ByteRange {
  readonly start: Local<'i32'>;
  readonly end: Local<'i32'>;
}

export const ascending: KeyOrder = { descending: false, nullsLast: false };

/** Writes columns as one memcomparable key (see memory/sort-key.ts), into memory that lives as long as the batch. */
export function writeSortKey(writer: CodeWriter, columns: readonly KeyColumn[]): ByteRange {
  const { f } = writer;
  // The kernels write up to 8 bytes beyond what they take.
  const start = writer.scratch(
    columns.reduce<I32>((sum, { value }) => i32.add(sum, room(writer, value)), i32.const(8)),
  );
  const end = f.local('i32', start);
  for (const { value, order } of columns) {
    const flags = i32.const(sortKeyFlags(order));
    const append = (): void =>
      f.set(end, writer.kernel(sortKeyKernel[value.physical], 'i32', end, ...widened(value), flags));
    if (value.isNull === null) append();
    else f.if(value.isNull, () => f.set(end, writer.kernel('sortKeyNull', 'i32', end, flags)), append);
  }
  return { start, end };
}

/** How two values of one type compare in an order: below 0 where the first comes first, 0 where they are equal. */
export function writeCompare(writer: CodeWriter, a: Value, b: Value, order: KeyOrder): I32 {
  const { f } = writer;
  if (!wholeNumbers.has(a.physical)) {
    const keys = [a, b].map((value) => writeSortKey(writer, [{ value, order }]));
    const ranges = keys.flatMap(({ start, end }) => [start, i32.sub(end, start)]);
    return writer.kernel('bytesCompare', 'i32', ...ranges);
  }
  const [left, right] = [a, b].map((value) => f.local('i64', widened(value)[0] as I64)) as [Local<'i64'>, Local<'i64'>];
  const [first, second] = order.descending ? [right, left] : [left, right];
  const compared = i32.sub(i64.gtS(first, second), i64.ltS(first, second));
  if (a.isNull === null && b.isNull === null) return compared;
  const nulls = [writer.isNull(a), writer.isNull(b)] as const;
  const byNulls = order.nullsLast ? i32.sub(nulls[0], nulls[1]) : i32.sub(nulls[1], nulls[0]);
  return select(i32.or(nulls[0], nulls[1]), byNulls, compared);
}

const wholeNumbers: ReadonlySet<Physical> = new Set(['bool', 'i8', 'i16', 'i32', 'i64']);

function room(writer: CodeWriter, value: Value): I32 {
  if (value.physical !== 'bytes') return i32.const(sortKeyBytesMax[value.physical] + 1);
  const [, length] = writer.bytes(value);
  const text = i32.add(i32.shl(length, i32.const(1)), i32.const(4));
  return value.isNull === null ? text : i32.add(i32.mul(text, i32.eqz(value.isNull)), i32.const(1));
}

/** Whole numbers go to their kernel as i64. */
function widened(value: Value) {
  const [first] = value.parts;
  if (first?.type === 'i32' && value.physical !== 'bytes') return [i64.extendI32S(first as Local<'i32'>)];
  return value.parts;
}
