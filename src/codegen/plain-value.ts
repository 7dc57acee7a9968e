import type { HostValue } from '../functions/scalar-function.ts';
import type { Arena } from '../memory/arena.ts';
import type { Memory } from '../memory/memory.ts';
import { physicalOf } from '../types/physical.ts';
import type { SqlType } from '../types/sql-type.ts';

/** Where a plain value has its null flag (u32) and its first byte; 24 bytes in all, 8-byte aligned. */
export const plainValue = { isNull: 0, value: 8, bytes: 24 } as const;

/** Reads a value that emitted code put down for JavaScript. Text is decoded, an i128 is one bigint. */
export function readPlainValue(memory: Memory, address: number, type: SqlType): HostValue {
  const { u32, i32, i64 } = memory;
  if (u32[address >> 2] !== 0 || type.kind === 'NULL') return null;
  const at = address + plainValue.value;
  switch (physicalOf(type)) {
    case 'bool':
      return i32[at >> 2] !== 0;
    case 'i8':
    case 'i16':
    case 'i32':
      return i32[at >> 2] ?? 0;
    case 'i64':
      return i64[at >> 3] ?? 0n;
    case 'i128':
      return ((i64[(at >> 3) + 1] ?? 0n) << 64n) | BigInt.asUintN(64, i64[at >> 3] ?? 0n);
    case 'f32':
      return memory.f32[at >> 2] ?? 0;
    case 'f64':
      return memory.f64[at >> 3] ?? 0;
    case 'bytes': {
      const from = u32[at >> 2] ?? 0;
      const length = u32[(at >> 2) + 1] ?? 0;
      if (type.kind === 'CHAR' || type.kind === 'VARCHAR') return memory.text(from, length);
      return memory.u8.slice(from, from + length);
    }
  }
}

/** Puts a value down where emitted code reads it; bytes go to `room`. */
export function writePlainValue(
  memory: Memory,
  address: number,
  type: SqlType,
  value: HostValue,
  room: Pick<Arena, 'alloc'>,
): void {
  if (value === null) {
    memory.u32[address >> 2] = 1;
    return;
  }
  const at = address + plainValue.value;
  const physical = physicalOf(type);
  if (physical === 'bytes') {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    if (!(bytes instanceof Uint8Array)) throw new Error(`expected text or bytes, got ${typeof value}`);
    const to = room.alloc(bytes.length);
    memory.u8.set(bytes, to);
    memory.u32[at >> 2] = to;
    memory.u32[(at >> 2) + 1] = bytes.length;
  } else if (physical === 'i64' || physical === 'i128') {
    const whole = BigInt(value as bigint | number);
    memory.i64[at >> 3] = BigInt.asIntN(64, whole);
    if (physical === 'i128') memory.i64[(at >> 3) + 1] = whole >> 64n;
  } else if (physical === 'f32') {
    memory.f32[at >> 2] = Number(value);
  } else if (physical === 'f64') {
    memory.f64[at >> 3] = Number(value);
  } else {
    memory.i32[at >> 2] = Number(value);
  }
  memory.u32[address >> 2] = 0;
}
