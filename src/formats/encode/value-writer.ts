import type { Memory } from '../../memory/memory.ts';
import { arraySlotsAt, rowLayout } from '../../memory/nested.ts';
import { physicalOf, physicalWidth } from '../../types/physical.ts';
import type { RowType, SqlType } from '../../types/sql-type.ts';
import type { ByteSink } from './byte-sink.ts';
import { decimalPlainText, decimalShortText } from './number-text.ts';

/** Writes the value at an address; the bytes of text and nested values stand at `base` plus the address it holds. */
export type ValueWriter = (at: number, base: number) => void;

export interface WriterContext {
  readonly memory: Memory;
  readonly out: ByteSink;
  /** 64 bytes. */
  readonly scratch: number;
  readonly isIso: boolean;
  /** Decimals without an exponent, with all their digits. */
  readonly plainDecimals: boolean;
  /** Writes text that starts at an address of the memory. */
  readonly text: (address: number, length: number) => void;
  /** Around what is neither a number nor a word; null where the caller sees to it. */
  readonly quote: number | null;
}

interface TextKernels {
  floatFormatF32(address: number, value: number): number;
  floatFormatF64(address: number, value: number): number;
  dateFormat(days: number, address: number): number;
  timeFormat(millis: number, precision: number, address: number): number;
  timestampFormat(value: bigint, precision: number, address: number): number;
  timestampFormatNanos(low: bigint, high: bigint, precision: number, address: number): number;
}

/** The writer of a type that is not nested. */
export function scalarWriter(type: SqlType, context: WriterContext): ValueWriter {
  const { memory, out, scratch, quote } = context;
  const kernels = memory.exports as unknown as TextKernels;
  /** Text in the scratch memory, ASCII. */
  const written = (length: number): void => {
    if (quote !== null) out.byte(quote);
    out.bytes(memory.u8, scratch, scratch + length);
    if (quote !== null) out.byte(quote);
  };
  switch (type.kind) {
    case 'BOOLEAN':
      return (at) => out.ascii(memory.u8[at] === 0 ? 'false' : 'true');
    case 'TINYINT':
      return (at) => out.ascii(String(((memory.u8[at] ?? 0) << 24) >> 24));
    case 'SMALLINT':
      return (at) => out.ascii(String(memory.view.getInt16(at, true)));
    case 'INT':
    case 'INTERVAL_YEAR_MONTH':
      return (at) => out.ascii(String(memory.view.getInt32(at, true)));
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return (at) => out.ascii(String(memory.view.getBigInt64(at, true)));
    case 'FLOAT':
    case 'DOUBLE': {
      const isFloat = type.kind === 'FLOAT';
      return (at) => {
        const value = isFloat ? memory.view.getFloat32(at, true) : memory.view.getFloat64(at, true);
        const length = isFloat ? kernels.floatFormatF32(scratch, value) : kernels.floatFormatF64(scratch, value);
        if (Number.isFinite(value)) out.bytes(memory.u8, scratch, scratch + length);
        else written(length);
      };
    }
    case 'DECIMAL': {
      const textOf = context.plainDecimals ? decimalPlainText : decimalShortText;
      return (at) => {
        const its = memory.view;
        const unscaled = (its.getBigInt64(at + 8, true) << 64n) | its.getBigUint64(at, true);
        out.ascii(textOf(unscaled, type.scale));
      };
    }
    case 'CHAR':
    case 'VARCHAR':
      return (at, base) => {
        const its = memory.view;
        context.text(base + its.getUint32(at, true), its.getUint32(at + 4, true));
      };
    case 'BINARY':
    case 'VARBINARY':
      return (at, base) => {
        const its = memory.view;
        const text = memory.bytes.toString(
          'base64',
          ...rangeOf(base + its.getUint32(at, true), its.getUint32(at + 4, true)),
        );
        if (quote !== null) out.byte(quote);
        out.ascii(text);
        if (quote !== null) out.byte(quote);
      };
    case 'DATE':
      return (at) => written(kernels.dateFormat(memory.view.getInt32(at, true), scratch));
    case 'TIME':
      return (at) => written(kernels.timeFormat(memory.view.getInt32(at, true), 0, scratch));
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const { precision } = type;
      const isZulu = type.kind === 'TIMESTAMP_LTZ';
      return (at) => {
        const its = memory.view;
        const length =
          precision > 6
            ? kernels.timestampFormatNanos(its.getBigInt64(at, true), its.getBigInt64(at + 8, true), precision, scratch)
            : kernels.timestampFormat(its.getBigInt64(at, true), precision, scratch);
        written(trimTime(memory.u8, { at: scratch, length, precision, isIso: context.isIso, isZulu }));
      };
    }
    default:
      throw new Error(`no text for ${type.kind}`);
  }
}

function rangeOf(address: number, length: number): [number, number] {
  return [address, address + length];
}

/** Cuts trailing zeros off the fraction, and sets the `T` and `Z` of the standard. Gives the new length. */
function trimTime(
  bytes: Uint8Array,
  {
    at,
    length,
    precision,
    isIso,
    isZulu,
  }: { at: number; length: number; precision: number; isIso: boolean; isZulu: boolean },
): number {
  let end = at + length;
  const clock = precision === 0 ? end - 8 : end - precision - 9;
  if (isIso) bytes[clock - 1] = 0x54;
  if (precision > 0) {
    while (bytes[end - 1] === 0x30) end--;
    if (bytes[end - 1] === 0x2e) end--;
  }
  if (isZulu) bytes[end++] = 0x5a;
  return end - at;
}

/** Where the parts of an encoded ROW, ARRAY or MAP stand: see memory/nested.ts. */
export interface NestedAccess {
  readonly memory: Memory;
}

/** Calls `each` for the fields of a ROW with the address of the value, 0 for NULL. */
export function forFields(
  { memory }: NestedAccess,
  type: RowType,
  row: number,
  each: (index: number, at: number) => void,
): void {
  const { slots } = rowLayout(type);
  for (let index = 0; index < type.fields.length; index++) {
    const isNull = (((memory.u8[row + (index >>> 3)] ?? 0) >> (index & 7)) & 1) === 1;
    each(index, isNull ? 0 : row + (slots[index] ?? 0));
  }
}

/** Calls `each` for the elements of an ARRAY. */
export function forElements(
  { memory }: NestedAccess,
  element: SqlType,
  array: number,
  each: (index: number, at: number) => void,
): void {
  const count = arrayCount(memory, array);
  const width = physicalWidth[physicalOf(element)];
  const slots = array + arraySlotsAt(count);
  for (let index = 0; index < count; index++) {
    const isNull = (((memory.u8[array + 4 + (index >>> 3)] ?? 0) >> (index & 7)) & 1) === 1;
    each(index, isNull ? 0 : slots + index * width);
  }
}

export function arrayCount(memory: Memory, array: number): number {
  return memory.view.getUint32(array, true);
}

/** The two arrays of a MAP or MULTISET. */
export function mapArrays(memory: Memory, map: number): { readonly keys: number; readonly values: number } {
  const keyBytes = memory.view.getUint32(map, true);
  return { keys: map + 4, values: map + 4 + keyBytes };
}

/** The address and length that a slot of bytes holds. */
export function bytesAt(
  memory: Memory,
  at: number,
  base: number,
): { readonly address: number; readonly length: number } {
  const view = memory.view;
  return { address: base + view.getUint32(at, true), length: view.getUint32(at + 4, true) };
}
