import { tableLayout } from '../memory/kernels.ts';
import { type I32, i32, type Local } from '../wasm/code.ts';
import type { CodeWriter } from './expression-writer.ts';
import type { StateLayout } from './state-layout.ts';

/** Runs `body` for each row of a table that is not erased, in the order of insertion. */
export function eachTableRow(
  writer: CodeWriter,
  table: Local<'i32'>,
  rowBytes: number,
  body: (row: Local<'i32'>, number: Local<'i32'>) => void,
): void {
  const { f } = writer;
  const row = f.local('i32', i32.load(table, { offset: tableLayout.rows }));
  const count = f.local('i32', i32.load(table, { offset: tableLayout.count }));
  const number = f.local('i32', i32.const(0));
  f.while(i32.ltU(number, count), () => {
    f.if(i32.load(row), () => body(row, number));
    f.set(row, i32.add(row, i32.const(rowBytes)));
    f.set(number, i32.add(number, i32.const(1)));
  });
}

/** Erases a row of a keyed table, and gives back what its texts hold. */
export function eraseTableRow(writer: CodeWriter, table: Local<'i32'>, layout: StateLayout, row: Local<'i32'>): void {
  const { f } = writer;
  for (const offset of layout.textOffsets())
    f.do(writer.kernel('textFree', 'void', table, i32.add(row, i32.const(offset))));
  f.do(writer.kernel('tableErase', 'void', table, row));
}

/** The number of a row at an address: it stays when the table grows. */
export function rowNumber(row: I32, rows: I32, rowBytes: number): I32 {
  return i32.divU(i32.sub(row, rows), i32.const(rowBytes));
}
