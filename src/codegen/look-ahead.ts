import type { Step } from '../physical/graph.ts';
import { physicalOf } from '../types/physical.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type I32, i32, type Local, select } from '../wasm/code.ts';
import { scaled } from './batch-scope.ts';
import { type CodeWriter, type RowScope, withType } from './expression-writer.ts';
import { type TableCursor, writeHash } from './key-table.ts';

/** What so many rows lead to fits the second-level cache beside the batch. A power of two. */
const rowsAhead = 256;

/** A table with fewer slots is in the caches anyway. */
const slotsMin = 1 << 16;

const lineBytes = 64;

/** A column of the row behind the steps, and the type under which a table has it. */
interface AheadKey {
  readonly column: number;
  readonly type: SqlType;
}

/** The way of a row to what it needs of a keyed table. */
export interface AheadPath {
  readonly table: TableCursor;
  readonly rowBytes: number;
  readonly keys: readonly AheadKey[];
}

/**
 * Reads what the next rows will look for in the state, before the first of them does.
 *
 * In a table that is larger than the caches a row waits for its slot, then for its place, and the next row begins behind it.
 * Here one loop reads the slots of many rows, and another their places, so that the processor waits for many at once.
 * Nothing comes of it but that they are in the cache: for a row that a filter drops, or another key's slot, it was in vain.
 */
export function writeLookAhead(
  writer: CodeWriter,
  rows: { readonly scope: RowScope; readonly count: Local<'i32'> },
  steps: readonly Step[],
  { table, rowBytes, keys }: AheadPath,
): void {
  const { f, row } = writer;
  const columns = keys.map((key) => inputColumn(steps, key));
  if (columns.includes(null)) return;
  const found = { offset: writer.module.own(4 * rowsAhead), isPassing: true };
  const isLarge = i32.geU(table.mask, i32.const(slotsMin - 1));
  f.if(i32.and(isLarge, i32.eqz(i32.and(row, i32.const(rowsAhead - 1)))), () => {
    const from = f.local('i32', row);
    const left = f.local('i32', i32.sub(rows.count, from));
    const most = i32.const(rowsAhead);
    const end = f.local('i32', i32.add(from, select(i32.ltU(left, most), left, most)));
    const cell = i32.shl(i32.sub(row, from), i32.const(2));
    const each = (read: () => I32): void => {
      f.set(row, from);
      f.while(i32.ltU(row, end), () => {
        f.do(i32.store(cell, read(), found));
        f.set(row, i32.add(row, i32.const(1)));
      });
    };
    each(() => {
      const values = keys.map(({ type }, at) => withType(rows.scope.column(columns[at] as number), type));
      const slot = i32.and(writeHash(writer, values), table.mask);
      return i32.load(i32.add(table.index, i32.shl(slot, i32.const(2))));
    });
    each(() => {
      const entry = f.local('i32', i32.load(cell, found));
      // An empty slot leads to the first row.
      const number = i32.sub(entry, i32.ne(entry, i32.const(0)));
      return whole(f.local('i32', i32.add(table.rows, scaled(number, rowBytes))), rowBytes);
    });
    f.set(row, from);
  });
}

/** Reads a row in all lines that it lies in. */
function whole(row: Local<'i32'>, bytes: number): I32 {
  let read = i32.load(row);
  for (let offset = lineBytes; offset < bytes; offset += lineBytes) read = i32.or(read, i32.load(row, { offset }));
  return read;
}

/**
 * The input's column that a column behind the steps is; null where it is computed, or a row may become several. A text would
 * be hashed twice, and in a row that a filter drops it need not be one.
 */
function inputColumn(steps: readonly Step[], { column, type }: AheadKey): number | null {
  if (physicalOf(type) === 'bytes') return null;
  let at = column;
  for (const step of steps.toReversed()) {
    if (step.kind === 'project') {
      const expression = step.expressions[at];
      if (expression?.kind !== 'column') return null;
      at = expression.index;
    } else if (step.kind !== 'filter' && step.kind !== 'watermark' && step.kind !== 'drop-update-before') return null;
  }
  return at;
}
