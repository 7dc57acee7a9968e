import type { Value } from '../functions/value.ts';
import { tableLayout } from '../memory/kernels.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type F32, type F64, type I32, type I64, i32, i64, ifElse, type Local } from '../wasm/code.ts';
import { scaled } from './batch-scope.ts';
import type { CodeWriter } from './expression-writer.ts';
import { loadParts, storeParts } from './memory-value.ts';
import type { StateLayout } from './state-layout.ts';

/** A keyed table as the loop sees it: its address, and its header's fields in locals. */
export interface TableCursor {
  readonly table: Local<'i32'>;
  readonly index: Local<'i32'>;
  readonly mask: Local<'i32'>;
  readonly rows: Local<'i32'>;
}

export function tableCursor(writer: CodeWriter): TableCursor {
  const { f } = writer;
  return { table: f.local('i32'), index: f.local('i32'), mask: f.local('i32'), rows: f.local('i32') };
}

/** Points the cursor at a table, or reads its header again after the table has grown. */
export function openTable(writer: CodeWriter, cursor: TableCursor, table: I32): void {
  const { f } = writer;
  if (table !== cursor.table) f.set(cursor.table, table);
  f.set(cursor.index, i32.load(cursor.table, { offset: tableLayout.index }));
  f.set(cursor.mask, i32.load(cursor.table, { offset: tableLayout.mask }));
  f.set(cursor.rows, i32.load(cursor.table, { offset: tableLayout.rows }));
}

/** A u32 hash of key values, never 0. NULLs hash alike whatever their parts hold. */
export function writeHash(writer: CodeWriter, keys: readonly Value[]): Local<'i32'> {
  const { f } = writer;
  const hash = f.local('i32', i32.const(0));
  for (const [at, key] of keys.entries()) {
    const own = hashOf(writer, key);
    const seen = key.isNull === null ? own : i32.and(own, i32.sub(key.isNull, i32.const(1)));
    f.set(hash, at === 0 ? seen : i32.add(i32.mul(i32.rotl(hash, i32.const(13)), i32.const(0x9e37_79b1)), seen));
  }
  f.set(hash, i32.or(hash, i32.eqz(hash)));
  return hash;
}

/** Fibonacci hashing: the low bits, which number the slots, are from the product's middle. */
function hashOf(writer: CodeWriter, key: Value): I32 {
  const { f } = writer;
  switch (key.physical) {
    case 'bool':
    case 'i8':
    case 'i16':
    case 'i32':
      return folded32(writer.i32(key));
    case 'f32':
      return folded32(i32.reinterpretF32(writer.f32(key)));
    case 'i64':
      return folded64(writer, writer.i64(key));
    case 'f64':
      return folded64(writer, i64.reinterpretF64(writer.f64(key)));
    case 'i128': {
      const [low, high] = writer.i128(key);
      return folded64(writer, i64.add(low, i64.mul(high, i64.const(0x9e37_79b9_7f4a_7c55n))));
    }
    case 'bytes': {
      const [address, length] = writer.bytes(key);
      const hash = writer.kernel('bytesHash', 'i32', address, length);
      // The parts of a NULL may point anywhere.
      return f.local('i32', key.isNull === null ? hash : ifElse(key.isNull, i32.const(0), hash));
    }
  }
}

const factor = i64.const(0x9e37_79b9_7f4a_7c15n);

function folded32(value: I32): I32 {
  return i32.wrapI64(i64.shrU(i64.mul(i64.extendI32U(value), factor), i64.const(32n)));
}

/** The product's top is put into its middle, which is nothing but zeros for a DOUBLE that is a whole number. */
function folded64(writer: CodeWriter, value: I64): I32 {
  const product = writer.f.local('i64', i64.mul(value, factor));
  return i32.wrapI64(i64.shrU(i64.xor(product, i64.shrU(product, i64.const(20n))), i64.const(32n)));
}

/** Do the row's keys, from the one at `first` on, equal these values? NULL equals NULL, as in GROUP BY; -0.0 and NaN by their bits. */
export function keysEqual(
  writer: CodeWriter,
  layout: StateLayout,
  row: Local<'i32'>,
  keys: readonly Value[],
  first = 0,
): I32 {
  const tests = keys.map((key, index) => {
    const at = first + index;
    const { physical, offset } = layout.field(`key${at}`);
    const stored = loadParts(physical, row, offset);
    const equal = partsEqual(writer, key, stored);
    if (!key.type.nullable) return equal;
    const storedNull = i32.load8U(row, { offset: layout.field(`key${at}.null`).offset });
    const isNull = writer.isNull(key);
    return i32.and(i32.eq(storedNull, isNull), ifElse(isNull, i32.const(1), equal));
  });
  return tests.slice(1).reduce<I32>((all, next) => i32.and(all, next), tests[0] ?? i32.const(1));
}

function partsEqual(writer: CodeWriter, key: Value, stored: ReturnType<typeof loadParts>): I32 {
  const [first, second] = stored;
  switch (key.physical) {
    case 'bool':
    case 'i8':
    case 'i16':
    case 'i32':
      return i32.eq(writer.i32(key), first as I32);
    case 'i64':
      return i64.eq(writer.i64(key), first as I64);
    case 'f32':
      return i32.eq(i32.reinterpretF32(writer.f32(key)), i32.reinterpretF32(first as F32));
    case 'f64':
      return i64.eq(i64.reinterpretF64(writer.f64(key)), i64.reinterpretF64(first as F64));
    case 'i128': {
      const [low, high] = writer.i128(key);
      return i32.and(i64.eq(low, first as typeof low), i64.eq(high, second as typeof high));
    }
    case 'bytes': {
      const [address, length] = writer.bytes(key);
      return ifElse(
        i32.eq(length, second as I32),
        writer.kernel('bytesEqual', 'i32', address, first as I32, length),
        i32.const(0),
      );
    }
  }
}

/**
 * Finds the row of a key, or adds a zeroed one and stores the key in it (text is copied into the table's heap).
 * `added` runs for a new row. The cursor must be open; it is refreshed when the table grows. With `into` the row is put
 * there, and its pages are the caller's to mark.
 */
export function writeFindOrAdd(
  writer: CodeWriter,
  cursor: TableCursor,
  layout: StateLayout,
  keys: readonly Value[],
  hash: Local<'i32'>,
  added?: (row: Local<'i32'>) => void,
  into: Local<'i32'> | null = null,
): Local<'i32'> {
  const { f } = writer;
  const row = into ?? f.local('i32');
  const slot = f.local('i32', i32.and(hash, cursor.mask));
  const entry = f.local('i32');
  f.block((found) => {
    f.loop((again) => {
      f.set(entry, i32.load(i32.add(cursor.index, i32.shl(slot, i32.const(2)))));
      f.if(i32.eqz(entry), () => {
        f.set(row, writer.kernel('tableInsert', 'i32', cursor.table, hash));
        f.made(row, layout.rowBytes);
        openTable(writer, cursor, cursor.table);
        writeKeys(writer, cursor.table, layout, row, keys);
        added?.(row);
        f.br(found);
      });
      f.set(row, i32.add(cursor.rows, scaled(i32.sub(entry, i32.const(1)), layout.rowBytes)));
      f.brIf(found, i32.and(i32.eq(i32.load(row), hash), keysEqual(writer, layout, row, keys)));
      f.set(slot, i32.and(i32.add(slot, i32.const(1)), cursor.mask));
      f.br(again);
    });
  });
  if (into === null) f.mark(row, layout.rowBytes);
  return row;
}

/** As `writeFindOrAdd`, but gives row 0 for a key that is not there. */
export function writeFind(
  writer: CodeWriter,
  cursor: TableCursor,
  layout: StateLayout,
  keys: readonly Value[],
  hash: Local<'i32'>,
): Local<'i32'> {
  const { f } = writer;
  const row = f.local('i32');
  const slot = f.local('i32', i32.and(hash, cursor.mask));
  const entry = f.local('i32');
  f.block((done) => {
    f.loop((again) => {
      f.set(entry, i32.load(i32.add(cursor.index, i32.shl(slot, i32.const(2)))));
      f.set(row, i32.const(0));
      f.brIf(done, i32.eqz(entry));
      f.set(row, i32.add(cursor.rows, scaled(i32.sub(entry, i32.const(1)), layout.rowBytes)));
      f.brIf(done, i32.and(i32.eq(i32.load(row), hash), keysEqual(writer, layout, row, keys)));
      f.set(slot, i32.and(i32.add(slot, i32.const(1)), cursor.mask));
      f.br(again);
    });
  });
  return row;
}

/** Stores values in a row that holds none, from the key at `first` on. */
export function writeKeys(
  writer: CodeWriter,
  table: Local<'i32'>,
  layout: StateLayout,
  row: Local<'i32'>,
  keys: readonly Value[],
  first = 0,
): void {
  const { f } = writer;
  for (const [index, key] of keys.entries()) {
    const at = first + index;
    const { physical, offset } = layout.field(`key${at}`);
    const store = (): void => {
      if (physical !== 'bytes') {
        f.do(...storeParts(physical, row, key.parts, offset));
        return;
      }
      const [address, length] = writer.bytes(key);
      f.do(...storeParts(physical, row, [writer.kernel('heapPut', 'i32', table, address, length), length], offset));
    };
    if (key.type.nullable) {
      const isNull = writer.isNull(key);
      f.do(i32.store8(row, isNull, { offset: layout.field(`key${at}.null`).offset }));
      f.if(i32.eqz(isNull), store);
    } else store();
  }
}

/** As `writeKeys` in a row that holds others; a text stays in its room where it fits. */
export function rewriteKeys(
  writer: CodeWriter,
  table: Local<'i32'>,
  layout: StateLayout,
  row: Local<'i32'>,
  keys: readonly Value[],
  first: number,
): void {
  const { f } = writer;
  for (const [index, key] of keys.entries()) {
    const { physical, offset } = layout.field(`key${first + index}`);
    const store = (): void => {
      if (physical !== 'bytes') f.do(...storeParts(physical, row, key.parts, offset));
      else f.do(writer.kernel('textAssign', 'void', table, i32.add(row, i32.const(offset)), ...writer.bytes(key)));
    };
    if (key.type.nullable) {
      const isNull = writer.isNull(key);
      f.do(i32.store8(row, isNull, { offset: layout.field(`key${first + index}.null`).offset }));
      f.if(i32.eqz(isNull), store);
    } else store();
  }
}

/** A key's value in a row. */
export function readKey(writer: CodeWriter, layout: StateLayout, row: Local<'i32'>, at: number, type: SqlType): Value {
  const { physical, offset } = layout.field(`key${at}`);
  const isNull = type.nullable ? i32.load8U(row, { offset: layout.field(`key${at}.null`).offset }) : null;
  return writer.value(type, isNull, ...loadParts(physical, row, offset));
}
