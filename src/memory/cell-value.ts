import type { Physical } from '../types/physical.ts';

/**
 * A value outside the memory, by its physical class: boolean; number (i8 i16 i32 f32 f64); bigint (i64; i128: unscaled
 * DECIMAL, ns of a TIMESTAMP); string (CHAR, VARCHAR); Uint8Array (BINARY, VARBINARY, VARIANT and encoded nested
 * values: see `nested.ts`).
 */
export type CellValue = boolean | number | bigint | string | Uint8Array | null;

/** The classes whose values have one width. */
export type FixedPhysical = Exclude<Physical, 'bytes'>;

/** Reads a value as it stands in a column. */
export const readFixed: Readonly<Record<FixedPhysical, (view: DataView, at: number) => CellValue>> = {
  bool: (view, at) => view.getUint8(at) !== 0,
  i8: (view, at) => view.getInt8(at),
  i16: (view, at) => view.getInt16(at, true),
  i32: (view, at) => view.getInt32(at, true),
  i64: (view, at) => view.getBigInt64(at, true),
  i128: (view, at) => (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true),
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
};

/** Writes a value as it stands in a column. @throws Error when it is of another class */
export const writeFixed: Readonly<Record<FixedPhysical, (view: DataView, at: number, value: CellValue) => void>> = {
  bool: (view, at, value) => view.setUint8(at, Number(asBigInt(value))),
  i8: (view, at, value) => view.setInt8(at, Number(asBigInt(value))),
  i16: (view, at, value) => view.setInt16(at, Number(asBigInt(value)), true),
  i32: (view, at, value) => view.setInt32(at, Number(asBigInt(value)), true),
  i64: (view, at, value) => view.setBigInt64(at, asBigInt(value), true),
  i128: (view, at, value) => {
    const whole = asBigInt(value);
    view.setBigUint64(at, BigInt.asUintN(64, whole), true);
    view.setBigInt64(at + 8, BigInt.asIntN(64, whole >> 64n), true);
  },
  f32: (view, at, value) => view.setFloat32(at, Number(value), true),
  f64: (view, at, value) => view.setFloat64(at, Number(value), true),
};

function asBigInt(value: CellValue): bigint {
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return BigInt(value);
  throw new Error(`not a whole number: ${String(value)}`);
}
