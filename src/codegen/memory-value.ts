import type { Physical } from '../types/physical.ts';
import { type Code, f32, f64, type I32, i32, i64, type ValueType } from '../wasm/code.ts';

/** The parts of a value of a physical class that stands at `address + offset`. */
export function loadParts(physical: Physical, address: I32, offset = 0): readonly Code<ValueType>[] {
  switch (physical) {
    case 'bool':
      return [i32.load8U(address, { offset })];
    case 'i8':
      return [i32.load8S(address, { offset })];
    case 'i16':
      return [i32.load16S(address, { offset })];
    case 'i32':
      return [i32.load(address, { offset })];
    case 'i64':
      return [i64.load(address, { offset })];
    case 'i128':
      return [i64.load(address, { offset }), i64.load(address, { offset: offset + 8 })];
    case 'f32':
      return [f32.load(address, { offset })];
    case 'f64':
      return [f64.load(address, { offset })];
    case 'bytes':
      return [i32.load(address, { offset }), i32.load(address, { offset: offset + 4 })];
  }
}

/** Stores the parts of a value at `address + offset`; text as its address and length. `isPassing`: in a batch. */
export function storeParts(
  physical: Physical,
  address: I32,
  parts: readonly Code<ValueType>[],
  offset = 0,
  isPassing = false,
): readonly Code<'void'>[] {
  const [first, second] = parts as readonly [Code<ValueType>, Code<ValueType> | undefined];
  switch (physical) {
    case 'bool':
    case 'i8':
      return [i32.store8(address, first as Code<'i32'>, { offset, isPassing })];
    case 'i16':
      return [i32.store16(address, first as Code<'i32'>, { offset, isPassing })];
    case 'i32':
      return [i32.store(address, first as Code<'i32'>, { offset, isPassing })];
    case 'i64':
      return [i64.store(address, first as Code<'i64'>, { offset, isPassing })];
    case 'i128':
      return [
        i64.store(address, first as Code<'i64'>, { offset, isPassing }),
        i64.store(address, second as Code<'i64'>, { offset: offset + 8, isPassing }),
      ];
    case 'f32':
      return [f32.store(address, first as Code<'f32'>, { offset, isPassing })];
    case 'f64':
      return [f64.store(address, first as Code<'f64'>, { offset, isPassing })];
    case 'bytes':
      return [
        i32.store(address, first as Code<'i32'>, { offset, isPassing }),
        i32.store(address, second as Code<'i32'>, { offset: offset + 4, isPassing }),
      ];
  }
}

/** The parts of zero bytes. */
export function zeroParts(physical: Physical): readonly Code<ValueType>[] {
  switch (physical) {
    case 'i64':
      return [i64.const(0n)];
    case 'i128':
      return [i64.const(0n), i64.const(0n)];
    case 'f32':
      return [f32.const(0)];
    case 'f64':
      return [f64.const(0)];
    case 'bytes':
      return [i32.const(0), i32.const(0)];
    default:
      return [i32.const(0)];
  }
}
