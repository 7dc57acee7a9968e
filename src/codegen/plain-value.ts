import type { HostValue } from '../functions/scalar-function.ts';
import type { Arena } from '../memory/arena.ts';
import type { Memory } from '../memory/memory.ts';
import { type Physical, physicalOf } from '../types/physical.ts';
import type { SqlType } from '../types/sql-type.ts';

/** Where a plain value has its null flag (u32) and its first byte; 24 bytes in all, 8-byte aligned. */
export const plainValue = { isNull: 0, value: 8, bytes: 24 } as const;

/** Reads a value at an address; `view` is the memory's, asked for once by who reads several. */
export type PlainReader = (memory: Memory, view: DataView, address: number) => HostValue;

/** Puts a value down at an address; bytes go to `room`. */
export type PlainWriter = (
  memory: Memory,
  view: DataView,
  address: number,
  value: HostValue,
  room: Pick<Arena, 'alloc'>,
) => void;

/** Reads a value that emitted code put down for JavaScript. Text is decoded, an i128 is one bigint. */
export function readPlainValue(memory: Memory, address: number, type: SqlType): HostValue {
  return plainReader(type)(memory, memory.view, address);
}

/** What `readPlainValue` does for a type. */
export function plainReader(type: SqlType): PlainReader {
  if (type.kind === 'NULL') return () => null;
  const isText = type.kind === 'CHAR' || type.kind === 'VARCHAR';
  const present = isText ? readers.text : readers[physicalOf(type)];
  return (memory, view, address) =>
    view.getUint32(address, true) === 0 ? present(memory, view, address + plainValue.value) : null;
}

const readWhole: PlainReader = (_memory, view, at) => view.getInt32(at, true);

const readers: Readonly<Record<Physical | 'text', PlainReader>> = {
  bool: (_memory, view, at) => view.getInt32(at, true) !== 0,
  i8: readWhole,
  i16: readWhole,
  i32: readWhole,
  i64: (_memory, view, at) => view.getBigInt64(at, true),
  i128: (_memory, view, at) => (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true),
  f32: (_memory, view, at) => view.getFloat32(at, true),
  f64: (_memory, view, at) => view.getFloat64(at, true),
  text: (memory, view, at) => memory.text(view.getUint32(at, true), view.getUint32(at + 4, true)),
  bytes: (memory, view, at) => memory.copyOut(view.getUint32(at, true), view.getUint32(at + 4, true)),
};

/** Puts values of a type down where emitted code reads them. */
export function plainWriter(type: SqlType): PlainWriter {
  const present = writers[physicalOf(type)];
  return (memory, view, address, value, room) => {
    if (value !== null) present(memory, view, address + plainValue.value, value, room);
    view.setUint32(address, value === null ? 1 : 0, true);
  };
}

const writeWhole: PlainWriter = (_memory, view, at, value) => view.setInt32(at, Number(value), true);

const writers: Readonly<Record<Physical, PlainWriter>> = {
  bool: writeWhole,
  i8: writeWhole,
  i16: writeWhole,
  i32: writeWhole,
  i64: (_memory, view, at, value) => view.setBigInt64(at, BigInt(value as bigint | number), true),
  i128: (_memory, view, at, value) => {
    const whole = BigInt(value as bigint | number);
    view.setBigInt64(at, BigInt.asIntN(64, whole), true);
    view.setBigInt64(at + 8, whole >> 64n, true);
  },
  f32: (_memory, view, at, value) => view.setFloat32(at, Number(value), true),
  f64: (_memory, view, at, value) => view.setFloat64(at, Number(value), true),
  bytes: (memory, view, at, value, room) => {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    if (!(bytes instanceof Uint8Array)) throw new Error(`expected text or bytes, got ${typeof value}`);
    const to = room.alloc(bytes.length);
    // The memory may have grown for it; a view from before holds nevertheless.
    memory.u8.set(bytes, to);
    view.setUint32(at, to, true);
    view.setUint32(at + 4, bytes.length, true);
  },
};
